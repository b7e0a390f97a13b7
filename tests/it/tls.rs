//! TLS to the database follows the address' parameters. TLS to HeyMilo works through a proxy that
//! inspects it.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    net::TcpListener,
    os::unix::{
        fs::{MetadataExt as _, PermissionsExt as _, chown},
        process::CommandExt as _,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use heymilo_sync::postgres::{Options, Server};
use rcgen::{CertificateParams, CertifiedIssuer, KeyPair};
use sqlx::{ConnectOptions as _, Connection as _};
use tempfile::TempDir;

use crate::support::{
    daemon,
    database::database,
    inspecting::{authority, inspecting_proxy},
    program::program_with,
    simulated,
};

/// The wait for the database is short.
const SHORT_CONNECT_TIMEOUT: [(&str, &str); 1] =
    [("HEYMILO_SYNC__DATABASE__CONNECT_TIMEOUT", "1s")];

/// A Postgres of the test's own that listens on this machine.
struct Postgres {
    directory: TempDir,
    child: Child,
    port: u16,
}

impl Postgres {
    /// Starts it with these settings. It accepts connections when this returns.
    fn start(directory: TempDir, bin: &Path, settings: &[&str]) -> Self {
        let data = directory.path().join("data");
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut postgres = Command::new(bin.join("postgres"));
        postgres.arg("-D").arg(&data).args(["-k", "../run", "-p", &port.to_string()]);
        postgres.args(["-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"]).args(settings);
        let owner = fs::metadata(&data).unwrap();
        if fs::metadata("/proc/self").map_or(0, |process| process.uid()) != owner.uid() {
            postgres.uid(owner.uid()).gid(owner.gid());
        }
        postgres.args(["-c", "lc_messages=C"]);
        postgres.current_dir("/").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = postgres.spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
        let is_ready = log.any(|line| line.unwrap().contains("ready to accept connections"));
        assert!(is_ready, "Postgres ended before it was ready");
        // The output must be read on, or the server could not write more.
        thread::spawn(move || log.for_each(drop));
        Self { directory, child, port }
    }

    fn address(&self, host: &str, parameters: &str) -> String {
        let host = if host == "postgres" { "127.0.0.1" } else { host };
        format!("postgres://postgres@{host}:{}/heymilo?{parameters}", self.port)
    }

    /// Ends it. Returns its directory.
    fn stop(mut self) -> TempDir {
        self.interrupt();
        std::mem::replace(&mut self.directory, tempfile::tempdir().unwrap())
    }

    fn interrupt(&mut self) {
        Command::new("kill").args(["-INT", &self.child.id().to_string()]).status().ok();
        self.child.wait().ok();
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // When the server has ended and was waited for, its process number may belong to another
        // process.
        if matches!(self.child.try_wait(), Ok(None)) {
            self.interrupt();
        }
    }
}

/// An empty cluster, and the directory of the server's programs.
async fn cluster() -> (TempDir, PathBuf) {
    let open = fs::Permissions::from_mode(0o755);
    let directory = tempfile::Builder::new().prefix("tls-").permissions(open).tempdir().unwrap();
    let server = Server::start(&Options {
        bin_dir: None,
        base_dir: directory.path().to_owned(),
        durable: false,
        start_timeout: Duration::from_secs(30),
    })
    .await
    .unwrap();
    let mut connection = server.connect_options().connect().await.unwrap();
    let bin: String = sqlx::query_scalar("select setting from pg_config where name = 'BINDIR'")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    server.stop().await.unwrap();
    (directory, bin.into())
}

/// Gives the server a certificate for `localhost`, by this authority.
fn certify(data: &Path, authority: &CertifiedIssuer<'static, KeyPair>) {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(["localhost".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, authority).unwrap();
    install(data, &certificate.pem(), &key.serialize_pem());
}

fn install(data: &Path, certificate: &str, key: &str) {
    let owner = fs::metadata(data).unwrap();
    for (name, text) in [("server.crt", certificate), ("server.key", key)] {
        let path = data.join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        chown(&path, Some(owner.uid()), Some(owner.gid())).unwrap();
    }
}

async fn migrate(url: &str) -> (bool, String) {
    program_with(url, "http://127.0.0.1:9", &["migrate"], &SHORT_CONNECT_TIMEOUT).await
}

#[tokio::test]
async fn the_database_is_trusted_only_with_the_right_certificate() {
    let (directory, bin) = cluster().await;
    let (right, wrong) = (authority(), authority());
    certify(&directory.path().join("data"), &right);
    let roots = tempfile::tempdir().unwrap();
    let root = |name: &str, text: String| {
        let path = roots.path().join(name);
        fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let (right, wrong) = (root("right.pem", right.pem()), root("wrong.pem", wrong.pem()));

    let postgres = Postgres::start(directory, &bin, &["-c", "ssl=on"]);
    let verified = |root: &str| format!("sslmode=verify-full&sslrootcert={root}");
    let (success, said) = migrate(&postgres.address("localhost", &verified(&right))).await;
    assert!(success, "{said}");
    let (success, said) = migrate(&postgres.address("localhost", &verified(&wrong))).await;
    assert!(!success && said.contains("certificate"), "{said}");
    let (success, said) = migrate(&postgres.address("127.0.0.1", &verified(&right))).await;
    assert!(!success && said.contains("certificate"), "of another host: {said}");
    let required = |root: &str| format!("sslmode=require&sslrootcert={root}");
    let (success, said) = migrate(&postgres.address("127.0.0.1", &required(&right))).await;
    assert!(success, "{said}");
    let (success, said) = migrate(&postgres.address("localhost", &required(&wrong))).await;
    assert!(!success && said.contains("certificate"), "{said}");
    assert!(!said.contains("waiting for it"), "{said}");
    let (success, said) = migrate(&postgres.address("localhost", "sslrootcert=system")).await;
    assert!(!success && said.contains("certificate"), "{said}");
    let (success, said) = migrate(&postgres.address("localhost", "sslmode=verify-full")).await;
    assert!(!success && said.contains("certificate"), "not among the system's roots: {said}");
    let directory = postgres.stop();

    let postgres = Postgres::start(directory, &bin, &[]);
    for mode in ["sslmode=require", &verified(&right)] {
        let (success, said) = migrate(&postgres.address("localhost", mode)).await;
        assert!(!success && said.contains("TLS"), "{mode}, of a server without: {said}");
    }
    let (success, said) = migrate(&postgres.address("localhost", "sslmode=prefer")).await;
    assert!(success, "{said}");
}

#[tokio::test]
async fn a_certificate_of_version_1_is_no_obstacle_where_none_is_verified() {
    let (directory, bin) = cluster().await;
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tls");
    let read = |name: &str| fs::read_to_string(fixtures.join(name)).unwrap();
    install(&directory.path().join("data"), &read("version-1.crt"), &read("version-1.key"));
    let postgres = Postgres::start(directory, &bin, &["-c", "ssl=on"]);

    for mode in ["", "sslmode=prefer", "sslmode=require"] {
        let (success, said) = migrate(&postgres.address("localhost", mode)).await;
        assert!(success, "{mode}: {said}");
    }
    let (_, said) = program_with(
        &postgres.address("localhost", "sslmode=require"),
        "http://127.0.0.1:9",
        &["doctor"],
        &SHORT_CONNECT_TIMEOUT,
    )
    .await;
    assert!(said.contains("TLSv1.3, certificate not verified"), "{said}");
    let (success, said) = migrate(&postgres.address("localhost", "sslmode=verify-full")).await;
    assert!(!success && said.contains("certificate"), "{said}");
}

#[tokio::test]
async fn what_waiting_cannot_change_fails_at_once() {
    let (directory, bin) = cluster().await;
    let rules = directory.path().join("data/hba.conf");
    fs::write(&rules, "local all all trust\nhost all all all scram-sha-256\n").unwrap();
    fs::set_permissions(&rules, fs::Permissions::from_mode(0o644)).unwrap();
    let rules = format!("hba_file={}", rules.display());
    let postgres = Postgres::start(directory, &bin, &["-c", &rules]);
    let at = |user: &str, database: &str| {
        format!("postgres://{user}@127.0.0.1:{}/{database}", postgres.port)
    };
    let socket = postgres.directory.path().join("run").display().to_string();
    let by_socket = |database: &str| {
        format!("postgres://postgres@/{database}?host={socket}&port={}", postgres.port)
    };

    for (address, sentence) in [
        (at("postgres:wrong", "heymilo"), "password authentication failed"),
        (by_socket("nowhere"), "database \"nowhere\" does not exist"),
    ] {
        let (success, said) = migrate(&address).await;
        assert!(!success && said.contains(sentence), "{said}");
        assert!(!said.contains("waiting for it") && !said.contains("does not answer"), "{said}");
    }
}

#[tokio::test]
async fn the_second_host_is_used_while_the_first_does_not_answer() {
    let (directory, bin) = cluster().await;
    let postgres = Postgres::start(directory, &bin, &[]);
    let [unused, _] = daemon::free_addresses();

    let address = format!("postgres://postgres@{unused},127.0.0.1:{}/heymilo", postgres.port);

    let (success, said) = migrate(&address).await;
    assert!(success, "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_authority_before_heymilo_is_trusted_where_a_setting_names_it() {
    let (_heymilo, address) = simulated::heymilo().await;
    let ours = authority();
    let proxy = inspecting_proxy(&address, &ours).await;
    let (db, directory) = (database().await, tempfile::tempdir().unwrap());
    let pem = directory.path().join("ca.pem");
    fs::write(&pem, ours.pem()).unwrap();
    let sync = async |settings: &[(&str, &str)]| {
        program_with(&daemon::url(&db), &proxy, &["sync"], settings).await
    };

    let (success, said) = sync(&[]).await;
    assert!(!success, "{said}");
    let doctor = program_with(&daemon::url(&db), &proxy, &["doctor"], &[]).await.1;
    assert!(doctor.contains("set heymilo.ca_file to the certificate of its authority"), "{doctor}");

    let named = ("HEYMILO_SYNC__HEYMILO__CA_FILE", pem.to_str().unwrap());
    let (success, said) = sync(&[named]).await;
    assert!(success, "{said}");
}
