//! Addresses as operators have them.

use super::*;

fn refusal(address: &str) -> String {
    format!("{:#}", plain(address, None).unwrap_err())
}

#[test]
fn addresses_are_read_as_libpq_reads_them() {
    for (address, plainly) in [
        ("postgres://app:pw@db/heymilo", "postgres://app:pw@db:5432/heymilo?"),
        ("postgresql://db", "postgres://db:5432/?"),
        ("\"postgres://app:pw@db:1/heymilo\"", "postgres://app:pw@db:1/heymilo?"),
        (" 'postgres://app:pw@db/heymilo'\n", "postgres://app:pw@db:5432/heymilo?"),
        ("postgres://a:p%40w@[::1]:6/h?connect_timeout=9", "postgres://a:p%40w@[::1]:6/h?"),
        ("postgres://app@[fe80::1]/h", "postgres://app@[fe80::1]:5432/h?"),
        (
            "postgres://app:pw@/heymilo?host=/cloudsql/a:b:c&sslmode=require",
            "postgres://app:pw@localhost:5432/heymilo?sslmode=disable&host=/cloudsql/a:b:c",
        ),
        (
            "postgres://app:pw@%2Frun%2Fpostgresql:6432/heymilo",
            "postgres://app:pw@localhost:6432/heymilo?sslmode=disable&host=%2Frun%2Fpostgresql",
        ),
        (
            "postgres://db/heymilo?user=app&password=a+b",
            "postgres://db:5432/heymilo?&user=app&password=a%2Bb",
        ),
        ("postgres://db/h?statement-cache-capacity=100", "postgres://db:5432/h?"),
        ("postgres://db/h?sslmode=allow", "postgres://db:5432/h?sslmode=prefer"),
        ("postgres://db/h?sslrootcert=system", "postgres://db:5432/h?sslmode=verify-full"),
    ] {
        assert_eq!(plain(address, None).unwrap(), [plainly], "{address}");
    }
}

#[test]
fn each_host_has_an_address_of_its_own() {
    let address = "postgres://app@one:1,two/h?port=7&target_session_attrs=read-write";
    assert_eq!(
        plain(address, None).unwrap(),
        ["postgres://app@one:1/h?", "postgres://app@two:7/h?"]
    );
}

#[test]
fn roots_make_require_verify() {
    let roots = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&roots, "-----BEGIN CERTIFICATE-----").unwrap();
    let path = roots.path().display();

    let address = format!("postgres://db/h?sslmode=require&sslrootcert={path}");

    let plainly = format!("postgres://db:5432/h?sslmode=verify-ca&sslrootcert={path}");
    assert_eq!(plain(&address, None).unwrap(), [plainly]);
}

#[test]
fn each_mistake_has_a_sentence_and_repeats_no_secret() {
    for (address, sentence) in [
        ("host=db password=geheim", "is not the address of a database"),
        ("mysql://app:geheim@db/h", "not the address of a PostgreSQL"),
        ("postgresql+psycopg2://app:geheim@db/h", "names a driver"),
        ("jdbc:postgresql://db/h?password=geheim", "names a driver"),
        ("\u{feff}postgres://app:geheim@db/h", "byte order mark"),
        ("postgres://app:ge#heim@db/h", "%23"),
        ("postgres://app:ge?heim@db/h", "%3F"),
        ("postgres://app:ge?he=im@db/h", "%3F"),
        ("postgres://app:ge/heim@db/h", "%2F"),
        ("postgres://app:ge@heim@db/h", "%40"),
        ("postgres://app:gehe@im?geheim=@db/h", "%3F"),
        ("postgres://app:geheim%@db/h", "%25"),
        ("postgres://app:geheim%4@db/h", "%25"),
        ("postgres://app:geheim", "is not a number"),
        ("postgres://app:geheim@db:70000/h", "is not a number"),
        ("postgres://app:geheim@/h", "names no host"),
        ("postgres://app:geheim@db/h?sslmod=require", "unknown parameter sslmod"),
        ("postgres://app:geheim@db/h?sslmode=no-verify", "sslmode=require"),
        ("postgres://app:geheim@db/h?sslmode=on", "must be one of"),
        ("postgres://app@db/h?sslpassword=geheim", "a key without a password"),
        ("postgres://app:geheim@db/h?ssl=true", "sslmode=require"),
        ("postgres://app:geheim@db/h?pgbouncer=true", "recognises a pooler"),
        ("postgres://app:geheim@db/h?channel_binding=require", "verify-full"),
        ("postgres://app:geheim@db/h?target_session_attrs=standby", "read-write"),
        ("postgres://app:geheim@db/h?sslmode=require&sslrootcert=system", "verify-full"),
        ("postgres://app:geheim@db/h?sslrootcert=/nowhere/ca.pem", "/nowhere/ca.pem"),
        ("postgres://app:geheim@db/h?sslcert=/nowhere/a.pem", "together"),
        (
            "postgres://app:geheim@db/h?sslcert=/nowhere/a.pem&sslkey=/nowhere/a.key",
            "cannot be read",
        ),
    ] {
        let refusal = refusal(address);
        assert!(refusal.contains(sentence), "{address}: {refusal}");
        assert!(!refusal.contains("geheim"), "{address}: {refusal}");
    }
}

#[test]
fn a_file_without_a_certificate_is_named() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let address = format!("postgres://db/h?sslrootcert={}", file.path().display());

    assert!(refusal(&address).contains("holds no certificate"));
}

#[test]
fn a_password_of_its_own_is_added_as_it_is() {
    let added = plain("postgres://app@db/h", Some("p#w?1/@:%ä")).unwrap();
    assert_eq!(added, ["postgres://app:p%23w%3F1%2F%40%3A%25%C3%A4@db:5432/h?"]);

    for address in ["postgres://app:pw@db/h", "postgres://db/h"] {
        assert!(plain(address, Some("pw")).unwrap_err().to_string().contains("DATABASE_PASSWORD"));
    }
}
