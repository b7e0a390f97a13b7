//! The verdict: one document for the page, the API and the command.
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
        status::{Census, census},
    },
};

/// How long the database may take to answer, and then for the figures: who asks wants to hear that
/// they do not come.
const PATIENCE: Duration = Duration::from_secs(5);
/// Counting all interviews takes its time, and the numbers hardly change.
const CENSUS_INTERVAL: Duration = Duration::from_secs(60);
/// How long to wait for new counts where there are older ones.
const CENSUS_PATIENCE: Duration = Duration::from_secs(1);

/// A workspace to be watched.
#[derive(Debug, Clone)]
pub struct Watched {
    /// The workspace.
    pub id: WorkspaceId,
    /// Whether webhooks are taken for it, so that they are to be expected.
    pub takes_deliveries: bool,
    /// The requests a minute that the settings allow.
    pub requests_per_minute: u32,
    /// Whether what was said in it can be searched.
    pub is_searchable: bool,
    /// How many bytes of deliveries the inbox may hold.
    pub inbox_limit: i64,
    /// The variable that holds the workspace's API key.
    pub key_variable: String,
}

/// What waits on this machine's disk for the database.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Spool {
    /// Whether it takes deliveries: ok, full or cannot be written.
    pub state: &'static str,
    /// How many wait.
    pub waiting: usize,
    /// How large it is.
    pub bytes: u64,
    /// How much was set aside for a person to look at.
    pub aside_bytes: u64,
    /// When the oldest that waits was received.
    pub oldest_at: Option<DateTime<Utc>>,
}

impl From<spool::Status> for Spool {
    fn from(status: spool::Status) -> Self {
        let spool::Status { state, waiting, bytes, aside_bytes, oldest } = status;
        Self { state: state.as_str(), waiting, bytes, aside_bytes, oldest_at: oldest }
    }
}

/// Keeps a lookout over workspaces. Clones share what was counted.
#[derive(Debug, Clone)]
pub struct Lookout {
    db: PgPool,
    workspaces: Arc<[Watched]>,
    counted: Arc<Mutex<Counted>>,
}

/// What was counted in all workspaces, and the count that is under way.
#[derive(Debug, Default)]
struct Counted {
    last: Option<(Instant, Vec<Census>)>,
    under_way: Option<AbortOnDropHandle<store::Result<Vec<Census>>>>,
}

impl Lookout {
    /// Watches these.
    pub fn new(db: PgPool, workspaces: Arc<[Watched]>) -> Self {
        Self { db, workspaces, counted: Arc::default() }
    }

    /// The workspaces that are watched.
    pub fn workspaces(&self) -> &[Watched] {
        &self.workspaces
    }

    /// Reads how everything stands. The spool is that of this machine.
    pub async fn look(&self, spool: Option<Spool>) -> Report {
        let answered = time::timeout(PATIENCE, store::status::database(&self.db)).await;
        let mut database = match answered.unwrap_or(Err(sqlx::Error::PoolTimedOut)) {
            Ok(database) => database,
            Err(error) => return Report::new(Err(code(&error)), Vec::new(), spool),
        };
        let began = Instant::now();
        let read = time::timeout(PATIENCE, self.figures()).await;
        // Whoever has just answered is there: what does not come any more is only late.
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
        let counted = self.census().await?;
        let mut connection = self.db.acquire().await?;
        let mut workspaces = Vec::with_capacity(counted.len());
        for (watched, census) in self.workspaces.iter().zip(counted) {
            let figures = store::status::workspace(&mut connection, &watched.id).await?;
            workspaces.push(Workspace::new(watched, figures, census));
        }
        Ok(workspaces)
    }

    /// What was counted last. Nobody who asks ends a count: it goes on by itself, and while it takes
    /// long the one before is told.
    async fn census(&self) -> store::Result<Vec<Census>> {
        let mut counted = self.counted.lock().await;
        if let Some((at, all)) = &counted.last
            && at.elapsed() < CENSUS_INTERVAL
        {
            return Ok(all.clone());
        }
        let known = counted.last.as_ref().map(|(_, all)| all.clone());
        let count = counted.under_way.get_or_insert_with(|| {
            let (db, workspaces) = (self.db.clone(), self.workspaces.clone());
            AbortOnDropHandle::new(tokio::spawn(count(db, workspaces)))
        });
        let patience = if known.is_some() { CENSUS_PATIENCE } else { PATIENCE };
        let Ok(ended) = time::timeout(patience, count).await else {
            return known.ok_or(sqlx::Error::PoolTimedOut);
        };
        counted.under_way = None;
        let all = ended.unwrap_or(Err(sqlx::Error::WorkerCrashed))?;
        counted.last = Some((Instant::now(), all.clone()));
        Ok(all)
    }
}

/// Counts in all workspaces.
async fn count(db: PgPool, workspaces: Arc<[Watched]>) -> store::Result<Vec<Census>> {
    let mut connection = db.acquire().await?;
    let mut all = Vec::with_capacity(workspaces.len());
    for watched in &*workspaces {
        all.push(census(&mut connection, &watched.id).await?);
    }
    Ok(all)
}

/// What the database said went wrong. It is logged where it keeps something from being done.
fn code(error: &sqlx::Error) -> Option<String> {
    store::database::sqlstate(error).map(Cow::into_owned)
}
