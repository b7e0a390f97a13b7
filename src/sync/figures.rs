//! Keeps the figures for dashboards up to date after interviews were written.

use std::time::Duration;

use sqlx::PgPool;
use tokio::time::{self, Instant};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::Result;
use crate::{
    metrics::{Metrics, Stage},
    store::{self, database::within},
};

/// The wait after all figures are up to date.
const IDLE_INTERVAL: Duration = Duration::from_secs(2);
/// While postings keep changing, the wait is three times as long as the work. So figures use at
/// most a quarter of one core of the database.
const WAIT_PER_WORK: u32 = 3;
/// How long the figures of one posting may take.
const TIMEOUT: Duration = Duration::from_secs(10 * 60);

/// Computes the figures of postings that changed, in all workspaces of the database.
#[derive(Debug, Clone)]
pub struct Figures {
    db: PgPool,
    metrics: Metrics,
}

impl Figures {
    /// Makes the task for a database.
    pub fn new(db: PgPool, metrics: Metrics) -> Self {
        Self { db, metrics }
    }

    /// Computes what is due until `shutdown` is cancelled.
    pub async fn run(&self, shutdown: CancellationToken) {
        let work = async {
            loop {
                let began = Instant::now();
                let wait = match self.step().await {
                    Ok(true) => began.elapsed() * WAIT_PER_WORK,
                    Ok(false) => IDLE_INTERVAL,
                    Err(error) => {
                        warn!(error = error.in_full(), "figures not computed, will retry");
                        IDLE_INTERVAL
                    }
                };
                time::sleep(wait).await;
            }
        };
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = work => {}
        }
    }

    /// Computes the figures of one posting that is due. Returns whether one was.
    pub async fn step(&self) -> Result<bool> {
        let began = Instant::now();
        let was_due = within(TIMEOUT, store::figures::write_due(&self.db)).await?;
        if was_due {
            self.metrics.took(Stage::Figures, began.elapsed());
        }
        Ok(was_due)
    }

    /// Computes all figures that are due.
    pub async fn finish(&self) -> Result<()> {
        while self.step().await? {}
        Ok(())
    }
}
