//! Builds search documents after interviews were written, so that writing does not wait for it.

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

/// How long to rest at least, before looking again.
const REST: Duration = Duration::from_secs(3);
/// To see what is due, all interviews are compared with their documents: the more there are, the
/// longer the rest, so that no more than one part in so many of the time is spent on it.
const REST_FOR_WORK: u32 = 50;
/// Documents that are found to be due at once.
const FIND_TOGETHER: i64 = 500;
/// Documents in one transaction.
const BUILD_TOGETHER: usize = 20;
/// While interviews wait to be written, documents rest for so many times as long as they took: they
/// take a core of the server's, and can wait.
const YIELDED: u32 = 4;
/// How long the database may take for any of it: a connection that hangs may never answer.
const PATIENCE: Duration = Duration::from_secs(10 * 60);

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

    /// Builds what is due until `shutdown` is cancelled.
    pub async fn run(&self, shutdown: CancellationToken) {
        let work = async {
            loop {
                let began = Instant::now();
                let rest = match self.step().await {
                    Ok(0) => REST.max(began.elapsed() * REST_FOR_WORK),
                    Ok(_) => {
                        self.metrics.took(Stage::Index, began.elapsed());
                        REST
                    }
                    Err(error) => {
                        warn!(error = error.in_full(), "search documents not built, will retry");
                        REST
                    }
                };
                time::sleep(rest).await;
            }
        };
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = work => {}
        }
    }

    /// Builds all documents that are due now. Returns how many; none where another daemon is at it.
    pub async fn step(&self) -> Result<usize> {
        within(PATIENCE, store::search::forget(&self.db)).await?;
        let mut built = 0;
        loop {
            let due = within(PATIENCE, store::search::due(&self.db, FIND_TOGETHER)).await?;
            if due.is_empty() {
                return Ok(built);
            }
            for batch in due.chunks(BUILD_TOGETHER) {
                let began = Instant::now();
                if !within(PATIENCE, self.build(batch)).await? {
                    return Ok(built);
                }
                built += batch.len();
                if within(PATIENCE, store::backlog::is_any_due(&self.db)).await? {
                    time::sleep(began.elapsed() * YIELDED).await;
                }
            }
        }
    }

    /// Builds documents in one transaction. Returns whether nobody else does.
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
