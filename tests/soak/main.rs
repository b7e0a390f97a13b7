//! Everything goes wrong at once for some minutes, while webhooks arrive at a steady rate. The API
//! fails a tenth of its requests. Postgres is restarted every minute and once paused for half a
//! minute. The daemon is killed every half minute. Then everything recovers, and the tables must
//! equal HeyMilo's. Prints the figures.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a program for developers: it prints, and what it cannot go on without ends it"
)]

mod api;
mod database;
mod deliveries;
#[path = "../it/support/faithful.rs"]
mod faithful;
mod outcome;
#[path = "../it/support/paused.rs"]
mod paused;
mod process;
mod stalls;

use std::{pin::pin, process::ExitCode, sync::Arc, time::Duration};

use clap::Parser;
use futures_util::FutureExt as _;
use tokio::time::{self, Instant};

use api::Api;
use database::Database;
use deliveries::Deliveries;
use process::Daemon;
use stalls::Stalls;

/// The simulated time that passes in a second.
const PACE: Duration = Duration::from_secs(300);

/// The faults and their duration.
#[derive(Debug, Parser)]
struct Plan {
    /// How long the faults last, in seconds.
    #[arg(long, default_value_t = 600)]
    seconds: u64,
    /// Webhooks a second.
    #[arg(long, default_value_t = 200)]
    rate: u32,
    /// Candidates at the start.
    #[arg(long, default_value_t = 500)]
    candidates: usize,
    /// The seconds between two kills of the daemon.
    #[arg(long, default_value_t = 30)]
    kill_every: u64,
    /// The seconds between two restarts of Postgres.
    #[arg(long, default_value_t = 60)]
    restart_every: u64,
    /// The seconds for which Postgres is paused in the middle.
    #[arg(long, default_value_t = 30)]
    pause: u64,
}

/// All parts of the test.
struct Soak {
    api: Api,
    database: Database,
    daemon: Daemon,
    deliveries: Deliveries,
    stalls: Arc<Stalls>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let plan = Plan::parse();
    let directory = tempfile::Builder::new().prefix("heymilo-soak-").tempdir().unwrap();
    let mut soak = Soak::start(&plan, directory.path()).await;

    soak.suffer(&plan).await;
    let outcome = soak.recover(&plan).await;

    outcome.print(&plan);
    soak.daemon.kill().await;
    soak.database.stop().await;
    if outcome.is_good() {
        return ExitCode::SUCCESS;
    }
    println!("what the daemon said: {}", directory.keep().join("daemon.log").display());
    ExitCode::FAILURE
}

impl Soak {
    async fn start(plan: &Plan, directory: &std::path::Path) -> Self {
        let api = Api::start(plan.candidates).await;
        let database = Database::start(directory).await;
        let daemon = Daemon::start(directory, &api.address, database.url()).await;
        let stalls = Arc::new(Stalls::default());
        let deliveries = Deliveries::new(daemon.webhook(), stalls.clone());
        Self { api, database, daemon, deliveries, stalls }
    }

    /// Causes faults for as long as the plan says.
    async fn suffer(&mut self, plan: &Plan) {
        let end = Instant::now() + Duration::from_secs(plan.seconds);
        let every = |seconds| {
            let period = Duration::from_secs(seconds);
            time::interval_at(Instant::now() + period, period)
        };
        let (mut kills, mut restarts) = (every(plan.kill_every), every(plan.restart_every));

        let pause = time::sleep(Duration::from_secs(plan.seconds / 2));
        let mut pause = pin!(pause.fuse());
        let (mut seconds, mut looks) = (every(1), time::interval(stalls::INTERVAL));
        let deliver = self.deliveries.clone().send(plan.rate, self.api.heymilo.clone(), end);
        let sending = tokio::spawn(deliver);

        loop {
            tokio::select! {
                () = time::sleep_until(end) => break,
                _ = kills.tick() => self.daemon.kill_and_start().await,
                _ = restarts.tick() => self.database.restart_beside(),
                () = &mut pause => {
                    self.database.pause_beside(Duration::from_secs(plan.pause));
                }
                _ = seconds.tick() => self.api.grow_older(PACE),
                _ = looks.tick() => self.stalls.look(&self.database.pool).await,
            }
        }

        sending.await.unwrap();
    }
}
