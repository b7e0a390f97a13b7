//! The daemon as a process that is killed and started again.

use std::{
    fs::OpenOptions,
    net::TcpListener,
    path::{Path, PathBuf},
    process::Stdio,
};

use tokio::process::{Child, Command};

const TOKEN: &str = "token-of-the-soak";

/// A daemon that can be killed.
pub struct Daemon {
    directory: PathBuf,
    api: String,
    database: String,
    address: String,
    child: Child,
    pub kills: usize,
}

impl Daemon {
    /// Starts it. Its output goes to `daemon.log` in `directory`.
    pub async fn start(directory: &Path, api: &str, database: &str) -> Self {
        // No other process gets a port at once that was just given.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let address = format!("127.0.0.1:{port}");
        let mut program = program(directory, api, database, &address);
        let child = program.arg("run").spawn().unwrap();
        let (api, database) = (api.to_owned(), database.to_owned());
        Self { directory: directory.to_owned(), api, database, address, child, kills: 0 }
    }

    /// The address of its webhooks.
    pub fn webhook(&self) -> String {
        format!("http://{}/webhooks/heymilo/{TOKEN}", self.address)
    }

    /// Ends it as a power cut would.
    pub async fn kill(&mut self) {
        self.child.kill().await.unwrap();
    }

    /// Kills it, and starts its successor.
    pub async fn kill_and_start(&mut self) {
        self.kill().await;
        self.kills += 1;
        self.child = self.command().arg("run").spawn().unwrap();
    }

    /// Whether `verify` finds no difference between the tables and the API.
    pub async fn verify(&self, interviews: usize) -> bool {
        let deep = interviews.to_string();
        let status = self.command().args(["verify", "--deep", &deep]).status().await;
        status.unwrap().success()
    }

    fn command(&self) -> Command {
        program(&self.directory, &self.api, &self.database, &self.address)
    }
}

fn program(directory: &Path, api: &str, database: &str, address: &str) -> Command {
    let log = directory.join("daemon.log");
    let log = OpenOptions::new().create(true).append(true).open(log).unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_heymilo-sync"));
    program
        .env_clear()
        .env("HOME", directory)
        .env("DATABASE_URL", database)
        .env("HEYMILO_API_KEY", "simulated")
        .env("HEYMILO_WEBHOOK_TOKEN", TOKEN)
        .env("HEYMILO_SYNC__HEYMILO__BASE_URL", api)
        .env("HEYMILO_SYNC__HEYMILO__REQUESTS_PER_MINUTE", "60000")
        .env("HEYMILO_SYNC__HEYMILO__TIMEOUT", "3s")
        .env("HEYMILO_SYNC__HTTP__LISTEN", address)
        .env("HEYMILO_SYNC__SPOOL__DIRECTORY", directory.join("spool"))
        .env("HEYMILO_SYNC__OPERATIONS__LISTEN", "127.0.0.1:0")
        // Deliveries are identified by numbers in their bodies.
        .env("HEYMILO_SYNC__RETENTION__DROP_ANSWERED", "false")
        .env("HEYMILO_SYNC__POLL__INTERVAL", "10s")
        .env("HEYMILO_SYNC__POLL__FULL_INTERVAL", "30s")
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .kill_on_drop(true);

    program
}
