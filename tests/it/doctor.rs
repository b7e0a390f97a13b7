//! `heymilo-sync doctor` reports what is wrong, each with its remedy.

use std::fs;

use sqlx::{ConnectOptions as _, Executor as _, postgres::PgConnectOptions};

use crate::support::{
    daemon::{address, free_addresses, program, run, url},
    database::database,
    private::PrivatePostgres,
    program::program_with,
    role::Role,
    simulated,
};

const ALONE: (&str, &str) = ("HEYMILO_SYNC__WEBHOOKS__PUBLIC_URL", "");

/// Runs it on a machine without a daemon.
async fn doctor(database: &str, base_url: &str, settings: &[(&str, &str)]) -> (bool, String) {
    let [_, unused] = free_addresses();
    let listen = ("HEYMILO_SYNC__OPERATIONS__LISTEN", &*unused);
    let settings: Vec<_> = [listen, ALONE].iter().chain(settings).copied().collect();
    program_with(database, base_url, &["doctor"], &settings).await
}

/// The result of one check, with its remedy.
fn said_of<'a>(said: &'a str, what: &str) -> &'a str {
    let start = said.find(&format!("  {what}  ")).unwrap_or_else(|| panic!("{what}: {said}"));
    let start = said[..start].rfind('\n').map_or(0, |end| end + 1);
    let rest = &said[start..];
    let next = rest.match_indices('\n').find(|(at, _)| !rest[at + 1..].starts_with("   "));
    &rest[..next.unwrap().0]
}

#[tokio::test(flavor = "multi_thread")]
async fn where_all_is_well_nothing_is_bad() {
    let db = database().await;
    let (_, base_url) = simulated::heymilo().await;

    let (success, said) = doctor(&url(&db), &base_url, &[]).await;

    assert!(success, "{said}");
    for what in [
        "settings",
        "spool",
        "database",
        "encryption",
        "connections",
        "clock",
        "migrations",
        "privileges",
        "readers",
        "delivery",
        "erasure",
    ] {
        assert!(said_of(&said, what).starts_with("ok "), "{what}: {said}");
    }
    assert!(said_of(&said, "key of default").starts_with("ok "), "{said}");
    assert!(said_of(&said, "webhook URL").contains("-> set HEYMILO_SYNC__WEBHOOKS__PUBLIC_URL"));
    assert_eq!(said.lines().last(), Some("everything that the daemon needs works"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_key_is_bad() {
    let db = database().await;
    let (heymilo, base_url) = simulated::heymilo().await;
    heymilo.refuse_keys(true);

    let (success, said) = doctor(&url(&db), &base_url, &[]).await;

    assert!(!success);
    let key = said_of(&said, "key of default");
    assert!(key.starts_with("bad ") && key.contains("-> set HEYMILO_API_KEY"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_away_is_bad_and_the_rest_is_looked_at_all_the_same() {
    let [unused, _] = free_addresses();
    let database = format!("postgres://heymilo:hunter2@{unused}/heymilo");

    let (success, said) = doctor(&database, "http://127.0.0.1:9", &[]).await;

    assert!(!success);
    let found = said_of(&said, "database");
    assert!(found.starts_with("bad ") && found.contains("DATABASE_URL"), "{said}");
    assert!(said_of(&said, "key of default").starts_with("bad "), "{said}");
    assert!(said.lines().last().unwrap().starts_with("2 things do not work"), "{said}");
    assert!(said_of(&said, "spool").starts_with("ok "), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
}

#[test]
fn a_private_postgres_that_does_not_run_is_not_started_to_be_looked_at() {
    let directory = tempfile::tempdir().unwrap();
    let [unused, _] = free_addresses();
    let environment = [
        ("HEYMILO_API_KEY", "simulated"),
        ("HEYMILO_SYNC__DATABASE__DIRECTORY", directory.path().to_str().unwrap()),
        ("HEYMILO_SYNC__OPERATIONS__LISTEN", &unused),
        ("HEYMILO_SYNC__HEYMILO__BASE_URL", "http://127.0.0.1:9"),
    ];

    let (success, said) = run(program("doctor", environment));

    assert!(!success, "no HeyMilo answers: {said}");
    assert!(said_of(&said, "database").contains("does not run"), "{said}");
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spool_that_is_not_there_is_only_looked_for() {
    let directory = tempfile::tempdir().unwrap();
    let spool = directory.path().join("spool");
    let settings = [("HEYMILO_SYNC__SPOOL__DIRECTORY", spool.to_str().unwrap())];
    let [unused, _] = free_addresses();

    let database = format!("postgres://{unused}/heymilo");
    let (_, said) = doctor(&database, "http://127.0.0.1:9", &settings).await;

    assert!(said_of(&said, "spool").contains("the daemon makes it"), "{said}");
    assert!(!spool.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_of_long_ago_is_noted() {
    let db = database().await;
    let (_, base_url) = simulated::heymilo().await;
    sqlx::query(
        "insert into heymilo_sync.inbox (workspace_id, receipt_id, received_at, method, body,
                                        interview_ids)
         values ('default', gen_random_uuid(), now() - interval '1 year', 'POST', '', '{}')",
    )
    .execute(&db)
    .await
    .unwrap();

    let (_, said) = doctor(&url(&db), &base_url, &[]).await;

    let deliveries = said_of(&said, "deliveries");
    assert!(deliveries.starts_with("note ") && deliveries.contains("365 days ago"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_without_rights_learns_what_it_lacks() {
    let db = database().await;
    let role = Role::create(&db, "other_program").await;
    let (_, base_url) = simulated::heymilo().await;

    let (success, said) = doctor(&role.url(), &base_url, &[]).await;
    role.grant_the_daemons_rights(&db).await;
    let (_, granted) = doctor(&role.url(), &base_url, &[]).await;
    let migrated = ("HEYMILO_SYNC__DATABASE__MIGRATE", "false");
    let (is_enough, served) = doctor(&role.url(), &base_url, &[migrated]).await;

    assert!(!success);
    assert!(said_of(&said, "privileges").contains("config/daemon-role.sql"), "{said}");
    assert!(said_of(&granted, "privileges").contains("cannot migrate"), "{granted}");
    assert!(is_enough, "{served}");
    assert!(said_of(&served, "privileges").starts_with("ok "), "{served}");
    role.remove(&db).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_heymilo_cannot_reach_and_a_spool_without_a_place_are_bad() {
    let db = database().await;
    let (_, base_url) = simulated::heymilo().await;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    fs::write(&file, "").unwrap();

    let settings = [
        ("HEYMILO_SYNC__WEBHOOKS__PUBLIC_URL", "https://10.1.2.3"),
        ("HEYMILO_SYNC__SPOOL__DIRECTORY", file.to_str().unwrap()),
    ];
    let (synced, said) = program_with(&url(&db), &base_url, &["sync"], &[ALONE]).await;
    assert!(synced, "{said}");
    let (success, said) = doctor(&url(&db), &base_url, &settings).await;

    assert!(!success);
    for what in ["webhook URL", "spool"] {
        let found = said_of(&said, what);
        assert!(
            found.starts_with("bad ") && found.contains("\n") && found.contains("-> "),
            "{said}"
        );
    }
    let registrations = said_of(&said, "registrations");
    assert!(registrations.contains(" are missing and 0 are stale"), "{said}");
    assert!(!registrations.contains(" 0 are missing"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn colours_are_for_those_who_want_them() {
    let [unused, _] = free_addresses();
    let database = format!("postgres://{unused}/heymilo");
    let look = async |settings: &[(&str, &str)]| {
        doctor(&database, "http://127.0.0.1:9", settings).await.1.contains("\u{1b}[")
    };

    assert!(!look(&[]).await);
    assert!(look(&[("CLICOLOR_FORCE", "1")]).await);
    assert!(!look(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_database_is_tried_and_left_empty() {
    let postgres = PrivatePostgres::start().await;
    let (_, base_url) = simulated::heymilo().await;
    postgres.execute("create database tried").await;
    let tried = PgConnectOptions::clone(&postgres.pool().connect_options()).database("tried");

    let (success, said) = doctor(&address(&tried), &base_url, &[]).await;

    assert!(success, "{said}");
    let migrations = said_of(&said, "migrations");
    assert!(migrations.contains("tried and rolled back"), "{said}");
    assert!(said_of(&said, "key of default").starts_with("ok "), "{said}");
    let made = "select count(*) from pg_namespace where nspname like 'heymilo%'";
    let made: i64 =
        sqlx::query_scalar(made).fetch_one(&mut tried.connect().await.unwrap()).await.unwrap();
    assert_eq!(made, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn row_security_that_hides_rows_is_bad() {
    let db = database().await;
    let (_, base_url) = simulated::heymilo().await;
    db.execute("alter table heymilo.interviews enable row level security").await.unwrap();

    let (success, said) = doctor(&url(&db), &base_url, &[]).await;
    db.execute("select heymilo_sync.open_row_security()").await.unwrap();
    let (is_open, opened) = doctor(&url(&db), &base_url, &[]).await;

    assert!(!success);
    assert!(said_of(&said, "readers").contains("heymilo.interviews"), "{said}");
    assert!(is_open, "{opened}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_key_of_the_erasures_is_noted_and_is_not_bad() {
    let db = database().await;
    let (_, base_url) = simulated::heymilo().await;

    let (without, said) = doctor(&url(&db), &base_url, &[]).await;
    let key = [("HEYMILO_ERASURE_KEY", "a-secret-of-the-tests-which-nobody-guesses")];
    let (with, said_with) = doctor(&url(&db), &base_url, &key).await;

    assert!(without && with, "{said}{said_with}");
    let missing = said_of(&said, "erasures");
    assert!(missing.contains("a reader of the database can guess who was erased"), "{said}");
    assert!(missing.contains("-> set it to a secret such as that of `openssl rand -hex 32`"));
    assert!(said_of(&said_with, "erasures").starts_with("ok "), "{said_with}");
    assert!(!said_with.contains("a-secret-of-the-tests"), "{said_with}");
}
