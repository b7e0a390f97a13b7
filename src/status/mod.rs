//! How everything stands and what it means: one document for the page, the API and the command.

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
use utoipa::ToSchema;

pub use findings::{Finding, State, lasting};
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

/// How long the database may take for all figures: who asks wants to hear that it does not answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// Counting all interviews takes its time, and the numbers hardly change.
const CENSUS_INTERVAL: Duration = Duration::from_secs(60);

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
    counted: Arc<Mutex<Option<Counted>>>,
}

/// What was counted in all workspaces, and when.
#[derive(Debug)]
struct Counted {
    at: Instant,
    all: Vec<Census>,
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

    /// Reads how everything stands. The spool is that of the process that asks, if it has one.
    pub async fn look(&self, spool: Option<Spool>) -> Report {
        let read = time::timeout(PATIENCE, self.read()).await;
        match read.unwrap_or(Err(sqlx::Error::PoolTimedOut)) {
            Ok((database, workspaces)) => Report::new(Ok(database), workspaces, spool),
            // What went wrong is logged where it keeps something from being done.
            Err(error) => {
                let code = store::database::sqlstate(&error).map(Cow::into_owned);
                Report::new(Err(code), Vec::new(), spool)
            }
        }
    }

    async fn read(&self) -> store::Result<(store::status::Database, Vec<Workspace>)> {
        let database = store::status::database(&self.db).await?;
        let counted = self.census().await?;
        let mut connection = self.db.acquire().await?;
        let mut workspaces = Vec::with_capacity(counted.len());
        for (watched, census) in self.workspaces.iter().zip(counted) {
            let figures = store::status::workspace(&mut connection, &watched.id).await?;
            workspaces.push(Workspace::new(watched, figures, census));
        }
        Ok((database, workspaces))
    }

    async fn census(&self) -> store::Result<Vec<Census>> {
        let mut counted = self.counted.lock().await;
        if let Some(Counted { at, all }) = &*counted
            && at.elapsed() < CENSUS_INTERVAL
        {
            return Ok(all.clone());
        }
        let mut connection = self.db.acquire().await?;
        let mut all = Vec::with_capacity(self.workspaces.len());
        for watched in &*self.workspaces {
            all.push(census(&mut connection, &watched.id).await?);
        }
        *counted = Some(Counted { at: Instant::now(), all: all.clone() });
        Ok(all)
    }
}
