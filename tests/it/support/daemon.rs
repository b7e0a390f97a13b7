//! The daemon as a separate process.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    process::{self, Child, Command, ExitStatus, Stdio},
    sync::{
        atomic::{AtomicU32, Ordering},
        mpsc::{self, Receiver, RecvTimeoutError},
    },
    thread,
    time::{Duration, Instant},
};

use sqlx::{ConnectOptions as _, PgPool, postgres::PgConnectOptions};
use tempfile::TempDir;

use super::app::TOKEN;

/// More than any of these tests needs. Without it, a failure would hang.
const WAIT_LIMIT: Duration = Duration::from_secs(30);

/// The ports of [`free_addresses`].
const FIRST_PORT: u32 = 20_000;
const PORTS: u32 = 12_000;

/// The program with an empty environment and these variables.
pub fn program<const N: usize>(command: &str, environment: [(&str, &str); N]) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_heymilo-sync"));
    program.arg(command).env_clear().env("HOME", "/nonexistent");
    for listener in ["HTTP", "OPERATIONS"] {
        program.env(format!("HEYMILO_SYNC__{listener}__LISTEN"), "127.0.0.1:0");
    }
    program.envs(environment);
    program.env("HEYMILO_SYNC__SPOOL__DIRECTORY", concat!(env!("CARGO_TARGET_TMPDIR"), "/spool"));
    program.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    program
}

/// Runs it to its end. Returns whether it succeeded, and its whole output.
pub fn run(mut program: Command) -> (bool, String) {
    let output = program.output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

/// Two addresses that no process listens on. Their ports lie below those that the system gives to
/// connections, so that no connection takes one before the daemon does.
pub fn free_addresses() -> [String; 2] {
    static ASKED: AtomicU32 = AtomicU32::new(0);
    [(); 2].map(|()| {
        loop {
            let next = process::id() * 100 + ASKED.fetch_add(1, Ordering::Relaxed);
            let address = format!("127.0.0.1:{}", FIRST_PORT + next % PORTS);
            if TcpListener::bind(&address).is_ok() {
                return address;
            }
        }
    })
}

/// The address of a database.
pub fn url(db: &PgPool) -> String {
    address(&db.connect_options())
}

/// The address of these options, without the parameter that only the driver knows.
pub fn address(options: &PgConnectOptions) -> String {
    let mut url = options.to_url_lossy();
    let known: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(name, _)| name != "statement-cache-capacity")
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    url.query_pairs_mut().clear().extend_pairs(known);
    url.to_string()
}

/// A daemon that runs until it is dropped.
pub struct Running {
    child: Child,
    _spool: TempDir,
    log: Receiver<String>,
    pub said: String,
    /// The address of webhooks.
    pub public: String,
    /// The address of operators.
    pub operations: String,
}

impl Running {
    /// Starts a daemon on a port of its own.
    pub fn start(db: &PgPool, base_url: &str) -> Self {
        Self::start_with(db, base_url, &[])
    }

    /// Starts it with further variables.
    pub fn start_with(db: &PgPool, base_url: &str, environment: &[(&str, &str)]) -> Self {
        Self::start_as(&[], db, base_url, environment)
    }

    /// Starts it with further arguments and variables.
    pub fn start_as(
        arguments: &[&str],
        db: &PgPool,
        base_url: &str,
        environment: &[(&str, &str)],
    ) -> Self {
        let [public, operations] = free_addresses();
        let spool = TempDir::new().unwrap();
        let mut program = program(
            "run",
            [
                ("HEYMILO_SYNC__SPOOL__DIRECTORY", spool.path().to_str().unwrap()),
                ("DATABASE_URL", &url(db)),
                ("HEYMILO_API_KEY", "simulated"),
                ("HEYMILO_WEBHOOK_TOKEN", TOKEN),
                ("HEYMILO_SYNC__HEYMILO__BASE_URL", base_url),
                ("HEYMILO_SYNC__HTTP__LISTEN", &public),
                ("HEYMILO_SYNC__OPERATIONS__LISTEN", &operations),
            ],
        );
        program.args(arguments).envs(environment.iter().copied());
        let mut child = program.spawn().unwrap();
        let (sender, log) = mpsc::channel();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Self { child, _spool: spool, log, said: String::new(), public, operations }
    }

    /// Waits until its log has these words.
    pub fn says(&mut self, words: &str) {
        let end = Instant::now() + WAIT_LIMIT;
        while !self.said.contains(words) {
            let left = end.saturating_duration_since(Instant::now());
            let line = self.log.recv_timeout(left);
            let line = line.unwrap_or_else(|_| panic!("{words:?} not said:\n{}", self.said));
            self.said += &format!("{line}\n");
        }
    }

    /// Requests a page from an address. Returns its status and the whole answer.
    pub fn get(address: &str, path: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        (status(&answer), answer)
    }

    /// Delivers JSON. Returns the status, or `None` when the daemon died meanwhile.
    pub fn deliver(&self, body: &str) -> Option<u16> {
        let mut delivery = self.begin_delivery(body.len())?;
        delivery.write_all(body.as_bytes()).ok()?;
        end_delivery(delivery)
    }

    /// Sends the head of a delivery, without its body.
    pub fn begin_delivery(&self, length: usize) -> Option<TcpStream> {
        let mut stream = TcpStream::connect(&self.public).ok()?;
        write!(
            stream,
            "POST /webhooks/heymilo/{TOKEN} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\
             Content-Length: {length}\r\n\r\n"
        )
        .ok()?;
        Some(stream)
    }

    /// The id of the process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal.
    pub fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &id]).status().unwrap().success());
    }

    /// Waits for its end.
    pub fn ends(&mut self) -> ExitStatus {
        let end = Instant::now() + WAIT_LIMIT;
        loop {
            match self.log.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(line) => self.said += &format!("{line}\n"),
                // The end of its output means its end.
                Err(RecvTimeoutError::Disconnected) => return self.child.wait().unwrap(),
                Err(RecvTimeoutError::Timeout) => panic!("the daemon did not end:\n{}", self.said),
            }
        }
    }

    /// Asks it to stop, as an orchestrator does. Returns whether it succeeded.
    pub fn terminate(mut self) -> bool {
        self.signal("TERM");
        self.ends().success()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Reads the answer to a delivery. Returns its status, if there is an answer.
pub fn end_delivery(mut delivery: TcpStream) -> Option<u16> {
    let mut answer = String::new();
    delivery.read_to_string(&mut answer).ok()?;
    (!answer.is_empty()).then(|| status(&answer))
}

fn status(answer: &str) -> u16 {
    answer[9..12].parse().unwrap()
}
