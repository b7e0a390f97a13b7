//! The status: one document for the page, the API and the command.
#![doc = include_str!("README.md")]

mod findings;
mod kinds;
mod report;

use std::{borrow::Cow, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgPool;
use tokio::{
    sync::Mutex,
    time::{self, Instant},
};
use tokio_util::task::AbortOnDropHandle;
use utoipa::ToSchema;

pub use findings::{Finding, LOSSES, State, lasting};
pub use kinds::Kind;
pub use report::{Report, Workspace};

use crate::{
    records::WorkspaceId,
    spool,
    store::{
        self,
        status::{WorkspaceCounts, workspace_counts},
    },
};

/// How long the database may take to answer, and then to return the figures. The reader must learn
/// when they do not arrive.
const DATABASE_TIMEOUT: Duration = Duration::from_secs(5);
/// How often interviews are counted. A count is slow, and its numbers hardly change.
const COUNT_INTERVAL: Duration = Duration::from_secs(60);
/// How long to wait for new counts when there are older ones.
const RECOUNT_TIMEOUT: Duration = Duration::from_secs(1);

/// A workspace whose status is shown, with what the settings say about it.
#[derive(Debug, Clone)]
pub struct WorkspaceSettings {
    /// The workspace.
    pub id: WorkspaceId,
    /// Whether deliveries are accepted for it, and therefore expected.
    pub takes_deliveries: bool,
    /// The requests a minute that the settings allow.
    pub requests_per_minute: u32,
    /// Whether transcripts can be searched.
    pub is_searchable: bool,
    /// The most bytes of deliveries in the inbox.
    pub inbox_limit: i64,
    /// The variable that holds the workspace's API key.
    pub key_variable: String,
}

/// The deliveries on this machine's disk that wait for the database.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Spool {
    /// Whether the spool accepts deliveries: ok, full or cannot be written.
    pub state: &'static str,
    /// The number of waiting deliveries.
    pub waiting: usize,
    /// Its size in bytes.
    pub bytes: u64,
    /// The bytes that were set aside for an operator to inspect.
    pub aside_bytes: u64,
    /// When the oldest waiting delivery was received.
    pub oldest_at: Option<DateTime<Utc>>,
}

impl From<spool::Status> for Spool {
    fn from(status: spool::Status) -> Self {
        let spool::Status { state, waiting, bytes, aside_bytes, oldest } = status;
        Self { state: state.as_str(), waiting, bytes, aside_bytes, oldest_at: oldest }
    }
}

/// Reads the status of workspaces. Clones share the counts.
#[derive(Debug, Clone)]
pub struct StatusReader {
    db: PgPool,
    workspaces: Arc<[WorkspaceSettings]>,
    counted: Arc<Mutex<Counted>>,
}

/// The counts of all workspaces, and the count that is under way.
#[derive(Debug, Default)]
struct Counted {
    last: Option<(Instant, Vec<WorkspaceCounts>)>,
    under_way: Option<AbortOnDropHandle<store::Result<Vec<WorkspaceCounts>>>>,
}

impl StatusReader {
    /// Shows the status of these workspaces.
    pub fn new(db: PgPool, workspaces: Arc<[WorkspaceSettings]>) -> Self {
        Self { db, workspaces, counted: Arc::default() }
    }

    /// The workspaces whose status is shown.
    pub fn workspaces(&self) -> &[WorkspaceSettings] {
        &self.workspaces
    }

    /// Reads the status. `spool` is this machine's.
    pub async fn read(&self, spool: Option<Spool>) -> Report {
        let answered = time::timeout(DATABASE_TIMEOUT, store::status::database(&self.db)).await;
        let mut database = match answered.unwrap_or(Err(sqlx::Error::PoolTimedOut)) {
            Ok(database) => database,
            Err(error) => return Report::new(Err(code(&error)), Vec::new(), spool),
        };
        let began = Instant::now();
        let read = time::timeout(DATABASE_TIMEOUT, self.figures()).await;
        // The database has just answered, so it is not away: figures that do not arrive are only
        // late.
        match read.unwrap_or(Err(sqlx::Error::PoolTimedOut)) {
            Ok(workspaces) => {
                database.figures_in_ms = Some(store::status::milliseconds(began.elapsed()));
                Report::new(Ok(database), workspaces, spool)
            }
            Err(sqlx::Error::PoolTimedOut) => Report::new(Ok(database), Vec::new(), spool),
            Err(error) => Report::new(Err(code(&error)), Vec::new(), spool),
        }
    }

    async fn figures(&self) -> store::Result<Vec<Workspace>> {
        let counted = self.counts().await?;
        let mut connection = self.db.acquire().await?;
        let mut workspaces = Vec::with_capacity(counted.len());
        for (settings, counts) in self.workspaces.iter().zip(counted) {
            let figures = store::status::workspace(&mut connection, &settings.id).await?;
            workspaces.push(Workspace::new(settings, figures, counts));
        }
        Ok(workspaces)
    }

    /// The last counts. A caller that gives up does not stop a count. While a count takes long, the
    /// earlier one is returned.
    async fn counts(&self) -> store::Result<Vec<WorkspaceCounts>> {
        let mut counted = self.counted.lock().await;

        if let Some((at, all)) = &counted.last
            && at.elapsed() < COUNT_INTERVAL
        {
            return Ok(all.clone());
        }
        let known = counted.last.as_ref().map(|(_, all)| all.clone());
        let count = counted.under_way.get_or_insert_with(|| {
            let (db, workspaces) = (self.db.clone(), self.workspaces.clone());
            AbortOnDropHandle::new(tokio::spawn(count(db, workspaces)))
        });
        let limit = if known.is_some() { RECOUNT_TIMEOUT } else { DATABASE_TIMEOUT };
        let Ok(ended) = time::timeout(limit, count).await else {
            return known.ok_or(sqlx::Error::PoolTimedOut);
        };
        counted.under_way = None;
        let all = ended.unwrap_or(Err(sqlx::Error::WorkerCrashed))?;
        counted.last = Some((Instant::now(), all.clone()));

        Ok(all)
    }
}

/// Counts in all workspaces.
async fn count(
    db: PgPool,
    workspaces: Arc<[WorkspaceSettings]>,
) -> store::Result<Vec<WorkspaceCounts>> {
    let mut connection = db.acquire().await?;
    let mut all = Vec::with_capacity(workspaces.len());
    for settings in &*workspaces {
        all.push(workspace_counts(&mut connection, &settings.id).await?);
    }
    Ok(all)
}

/// The database's error code. The error is logged where it stops work.
fn code(error: &sqlx::Error) -> Option<String> {
    store::database::sqlstate(error).map(Cow::into_owned)
}
