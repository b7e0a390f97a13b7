//! The program as an operator meets it: what it says, and when it stops.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    net::TcpListener,
    process::{Child, Command, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
    time::{Duration, Instant},
};

use heymilo_sync::simulator::Simulator;
use sqlx::{ConnectOptions as _, PgPool};

use crate::support::{database::database, simulated};

/// More than any of these tests needs; without it a failure would hang.
const PATIENCE: Duration = Duration::from_secs(30);

/// The program with an empty environment and these variables.
fn program<const N: usize>(command: &str, environment: [(&str, &str); N]) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_heymilo-sync"));
    program.arg(command).env_clear().env("HOME", "/nonexistent").envs(environment);
    program.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    program
}

/// Runs it to its end. Returns whether it succeeded, and all it said.
fn run(mut program: Command) -> (bool, String) {
    let output = program.output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

fn url(db: &PgPool) -> String {
    db.connect_options().to_url_lossy().to_string()
}

/// A daemon that runs until it is dropped.
struct Running {
    child: Child,
    log: Receiver<String>,
    said: String,
    address: String,
}

impl Running {
    /// Starts a daemon on a port of its own.
    fn start(db: &PgPool, base_url: &str) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let address = format!("127.0.0.1:{port}");
        let mut child = program(
            "run",
            [
                ("DATABASE_URL", &url(db)),
                ("HEYMILO_API_KEY", "simulated"),
                ("HEYMILO_WEBHOOK_TOKEN", "token-of-the-tests"),
                ("HEYMILO_SYNC__HEYMILO__BASE_URL", base_url),
                ("HEYMILO_SYNC__HTTP__LISTEN", &address),
            ],
        )
        .spawn()
        .unwrap();
        let (sender, log) = mpsc::channel();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Self { child, log, said: String::new(), address }
    }

    /// Waits until it says this.
    fn says(&mut self, words: &str) {
        let end = Instant::now() + PATIENCE;
        while !self.said.contains(words) {
            let left = end.saturating_duration_since(Instant::now());
            let line = self.log.recv_timeout(left);
            let line = line.unwrap_or_else(|_| panic!("{words:?} not said:\n{}", self.said));
            self.said += &format!("{line}\n");
        }
    }

    fn get(&self, path: &str) -> (u16, String) {
        use std::io::Write as _;

        let mut stream = std::net::TcpStream::connect(&self.address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        (answer[9..12].parse().unwrap(), answer)
    }

    /// Asks it to stop, as an orchestrator does. Returns whether it ended well.
    fn terminate(mut self) -> bool {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        self.child.wait().unwrap().success()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

#[test]
fn without_a_key_it_says_what_to_set() {
    let (success, said) = run(program("run", []));

    assert!(!success);
    assert!(said.contains("HEYMILO_API_KEY"), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
}

#[test]
fn an_unknown_setting_stops_the_start() {
    let (success, said) = run(program("run", [("HEYMILO_SYNC__WORKER__SPEED", "9")]));

    assert!(!success);
    assert!(said.contains("speed"), "{said}");
}

#[test]
fn a_database_that_is_away_is_waited_for_and_then_named() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (success, said) = run(program(
        "run",
        [
            ("DATABASE_URL", &format!("postgres://heymilo:hunter2@{nobody}/heymilo")),
            ("HEYMILO_API_KEY", "simulated"),
            ("HEYMILO_SYNC__DATABASE__CONNECT_TIMEOUT", "1s"),
        ],
    ));

    assert!(!success);
    assert!(said.contains("waiting for it"), "{said}");
    assert!(said.contains("DATABASE_URL"), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
}

#[tokio::test]
async fn a_database_that_is_newer_is_refused() {
    let db = database().await;
    sqlx::query(
        "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
         values (99990101000000, 'of the future', true, '', 0)",
    )
    .execute(&db)
    .await
    .unwrap();

    let environment = [("DATABASE_URL", &*url(&db)), ("HEYMILO_API_KEY", "simulated")];
    let (success, said) = run(program("run", environment));

    assert!(!success);
    assert!(said.contains("newer heymilo-sync"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_runs_until_it_is_asked_to_stop() {
    let db = database().await;
    let (_, base_url) = simulated::heymilo().await;
    let mut daemon = Running::start(&db, &base_url);

    daemon.says("interview synced");

    assert_eq!(daemon.get("/healthz").0, 200);
    assert_eq!(daemon.get("/readyz").0, 200);
    assert!(daemon.terminate());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_key_is_said_once_and_the_daemon_stays_up() {
    let db = database().await;
    let (heymilo, base_url) = simulated::heymilo().await;
    let heymilo: Simulator = heymilo;
    heymilo.refuse_keys(true);
    let mut daemon = Running::start(&db, &base_url);

    daemon.says("HeyMilo refuses the API key");

    let (status, answer) = daemon.get("/readyz");
    assert_eq!(status, 200);
    assert!(answer.contains(r#""api_key":"refused""#), "{answer}");
    assert_eq!(daemon.said.matches("refuses").count(), 1, "{}", daemon.said);
    assert!(!daemon.said.contains("simulated"), "{}", daemon.said);
    assert!(daemon.terminate());
}
