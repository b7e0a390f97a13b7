//! Builds search documents after interviews were written, so that writing does not wait for them.

use std::time::Duration;

use sqlx::PgPool;
use tokio::time::{self, Instant};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::Result;
use crate::{
    metrics::{Metrics, Stage},
    store::{self, database::within, search::Due},
};

/// The shortest wait before the next look.
const IDLE_INTERVAL: Duration = Duration::from_secs(3);
/// Each look compares all interviews with their documents. When nothing is due, the wait is 50
/// times as long as the look, so that looking takes at most 2 % of the time.
const WAIT_PER_WORK: u32 = 50;
/// Due documents read at once.
const FIND_TOGETHER: i64 = 500;
/// Documents in one transaction.
const BUILD_TOGETHER: usize = 20;
/// While interviews wait to be written, the indexer waits four times as long as a transaction took.
/// Documents use a whole core of the server.
const WAIT_PER_TRANSACTION: u32 = 4;
/// How long the database may take for one step. A connection that hangs may never answer.
const STEP_TIMEOUT: Duration = Duration::from_secs(10 * 60);

/// Keeps the search documents up to date, in all workspaces of the database.
#[derive(Debug, Clone)]
pub struct Indexer {
    db: PgPool,
    metrics: Metrics,
}

impl Indexer {
    /// Makes the indexer of a database.
    pub fn new(db: PgPool, metrics: Metrics) -> Self {
        Self { db, metrics }
    }

    /// Builds due documents until `shutdown` is cancelled.
    pub async fn run(&self, shutdown: CancellationToken) {
        let work = async {
            loop {
                let began = Instant::now();
                let wait = match self.step().await {
                    Ok(0) => IDLE_INTERVAL.max(began.elapsed() * WAIT_PER_WORK),
                    Ok(_) => {
                        self.metrics.took(Stage::Index, began.elapsed());
                        IDLE_INTERVAL
                    }
                    Err(error) => {
                        warn!(error = error.in_full(), "search documents not built, will retry");
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

    /// Builds all documents that are due now. Returns their number, or 0 where another daemon is
    /// building them.
    pub async fn step(&self) -> Result<usize> {
        within(STEP_TIMEOUT, store::search::forget(&self.db)).await?;
        let mut built = 0;
        loop {
            let due = within(STEP_TIMEOUT, store::search::due(&self.db, FIND_TOGETHER)).await?;
            if due.is_empty() {
                return Ok(built);
            }
            for batch in due.chunks(BUILD_TOGETHER) {
                let began = Instant::now();
                if !within(STEP_TIMEOUT, self.build(batch)).await? {
                    return Ok(built);
                }
                built += batch.len();
                if within(STEP_TIMEOUT, store::backlog::is_any_due(&self.db)).await? {
                    time::sleep(began.elapsed() * WAIT_PER_TRANSACTION).await;
                }
            }
        }
    }

    /// Builds documents in one transaction. Returns false when another daemon is building them.
    async fn build(&self, due: &[Due]) -> store::Result<bool> {
        let mut tx = store::database::begin_repeatable(&self.db).await?;
        let ours = store::search::lock(&mut *tx).await?;
        if ours {
            store::search::index(&mut tx, due).await?;
        }
        tx.commit().await?;
        Ok(ours)
    }
}
