//! The measured program as a separate process.

use std::{
    fs::{self, File},
    net::TcpListener,
    path::PathBuf,
    process::Stdio,
    time::{Duration, Instant},
};

use tokio::{
    process::{Child, Command},
    time,
};

use super::database::{Database, Postgres};

/// The last part of the webhook's address.
const TOKEN: &str = "token-of-the-bench";
/// How often a process is measured.
const LOOK: Duration = Duration::from_millis(20);

/// A process and its use so far.
pub struct Program {
    child: Child,
    pub began: Instant,
    pub used: Used,
    /// The address of deliveries and its path.
    pub public: String,
    pub webhook: String,
    pub operations: String,
}

/// The resources that a process used.
#[derive(Debug, Default, Clone, Copy)]
pub struct Used {
    /// Seconds of a core.
    pub cpu: f64,
    /// The most memory that was resident, in MiB.
    pub peak: f64,
    /// The memory that is resident, in MiB.
    pub resident: f64,
    /// How long it ran, in seconds.
    pub elapsed: f64,
}

impl Program {
    /// Starts a command on a database, with further variables.
    pub fn start(
        postgres: &Postgres,
        database: &Database,
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> Self {
        let [public, operations] = free_addresses();
        let directory = postgres.directory();
        let log = File::options().create(true).append(true).open(directory.join("program.log"));
        let child = Command::new(env!("CARGO_BIN_EXE_heymilo-sync"))
            .args(arguments)
            .env_clear()
            .env("HOME", directory)
            .env("DATABASE_URL", database.url())
            .env("HEYMILO_API_KEY", "bench")
            .env("HEYMILO_WEBHOOK_TOKEN", TOKEN)
            .env("HEYMILO_SYNC__HEYMILO__REQUESTS_PER_MINUTE", "10000000")
            .env("HEYMILO_SYNC__WORKER__CONCURRENCY", "64")
            .env("HEYMILO_SYNC__HTTP__LISTEN", &public)
            .env("HEYMILO_SYNC__HTTP__DELIVERIES_PER_SECOND", "1000000")
            .env("HEYMILO_SYNC__OPERATIONS__LISTEN", &operations)
            .env("HEYMILO_SYNC__SPOOL__DIRECTORY", directory.join("spool"))
            // A line for each interview would be measured too.
            .env("HEYMILO_SYNC__LOG__FILTER", "warn")
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log.unwrap())
            .kill_on_drop(true)
            .spawn()
            .unwrap();

        let webhook = format!("/webhooks/heymilo/{TOKEN}");
        Self { child, began: Instant::now(), used: Used::default(), public, webhook, operations }
    }

    /// Waits for its successful end. Returns its use.
    pub async fn finish(mut self) -> Used {
        loop {
            self.look();
            tokio::select! {
                status = self.child.wait() => {
                    assert!(status.unwrap().success(), "the program failed");
                    self.used.elapsed = self.began.elapsed().as_secs_f64();
                    return self.used;
                }
                () = time::sleep(LOOK) => {}
            }
        }
    }

    /// Waits until the daemon is ready. Returns the seconds that it took.
    pub async fn ready(&self) -> f64 {
        let url = format!("http://{}/readyz", self.operations);
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        loop {
            if client.get(&url).send().await.is_ok_and(|answer| answer.status().is_success()) {
                return self.began.elapsed().as_secs_f64();
            }
            time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Measures its use again.
    pub fn look(&mut self) -> Used {
        let Some(id) = self.child.id() else { return self.used };
        let file = |name| fs::read_to_string(PathBuf::from(format!("/proc/{id}/{name}")));
        let (Ok(status), Ok(stat)) = (file("status"), file("stat")) else { return self.used };
        let mebibytes = |field: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(field))?;
            line.split_whitespace().nth(0)?.parse::<f64>().ok().map(|kib| kib / 1024.0)
        };
        // A process that has just ended has no memory.
        if let (Some(peak), Some(resident)) = (mebibytes("VmHWM:"), mebibytes("VmRSS:")) {
            (self.used.peak, self.used.resident) = (peak, resident);
        }
        // User and system time, in hundredths of a second, after the name in parentheses.
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        let ticks: f64 = fields[11..13].iter().map(|field| field.parse::<f64>().unwrap()).sum();
        self.used.cpu = ticks / 100.0;
        self.used
    }

    /// Stops it cleanly, so that the next program owns the workspace at once.
    pub async fn stop(mut self) {
        let id = self.child.id().expect("the program runs").to_string();
        let signalled = Command::new("kill").args(["-TERM", &id]).status().await;
        assert!(signalled.unwrap().success(), "kill failed");
        assert!(self.child.wait().await.unwrap().success(), "the program failed");
    }
}

fn free_addresses() -> [String; 2] {
    let listeners = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().to_string())
}
