//! Removes what is older than the settings let it be, in small batches.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use sqlx::{PgConnection, PgPool};
use tokio::time;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{Error, Result, replay};
use crate::{
    config::Retention as Settings,
    normalize,
    records::WorkspaceId,
    spool::aside,
    store::{
        self,
        snapshots::{Kind, Version},
    },
};

/// How often to look.
const INTERVAL: Duration = Duration::from_secs(24 * 60 * 60);
/// Interviews in one transaction: nobody else writes any meanwhile.
const INTERVIEWS: i64 = 20;
/// Deliveries in one statement.
const DELIVERIES: i64 = 1000;

/// What is kept for a limited time in one workspace.
#[derive(Debug, Clone)]
pub struct Retention {
    db: PgPool,
    workspace_id: WorkspaceId,
    spool: PathBuf,
    settings: Settings,
}

/// What was removed.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Expired {
    /// Deliveries.
    pub deliveries: u64,
    /// Interviews whose conversations were removed.
    pub conversations: usize,
    /// Interviews that were removed as a whole, and answers that never became any.
    pub interviews: usize,
    /// Files that this machine's spool had set aside.
    pub files: usize,
}

impl Retention {
    /// Makes the daily task of one workspace. `spool` is where this machine's spool is.
    pub fn new(db: PgPool, workspace_id: WorkspaceId, spool: &Path, settings: Settings) -> Self {
        Self { db, workspace_id, spool: spool.to_owned(), settings }
    }

    /// Looks once a day until `shutdown` is cancelled. Several daemons may: what one of them has
    /// removed is not there for the others.
    pub async fn run(&self, shutdown: CancellationToken) {
        let mut days = time::interval(INTERVAL);
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return,
                _ = days.tick() => {}
            }
            // Each batch is a transaction: nothing is half removed.
            tokio::select! {
                () = shutdown.cancelled() => return,
                expired = self.step() => self.tell(expired),
            }
        }
    }

    fn tell(&self, expired: Result<Expired>) {
        match expired {
            Ok(expired) if expired == Expired::default() => {}
            Ok(Expired { deliveries, conversations, interviews, files }) => info!(
                workspace.id = %self.workspace_id,
                deliveries, conversations, interviews, files,
                "removed what was kept long enough"
            ),
            Err(error) => warn!(
                workspace.id = %self.workspace_id,
                error = error.in_full(),
                "not all was removed that was kept long enough, will go on tomorrow"
            ),
        }
    }

    /// Removes all that is too old now.
    pub async fn step(&self) -> Result<Expired> {
        let Self { db, workspace_id: id, settings, .. } = self;
        let mut expired = Expired::default();
        if let Some(age) = settings.interviews.limit() {
            while let removed @ 1.. = self.remove_interviews(age).await? {
                expired.interviews += removed;
            }
            while let removed @ 1.. = self.bury_unwritten(age).await? {
                expired.interviews += removed;
            }
        }
        if let Some(age) = settings.transcripts.limit() {
            while let removed @ 1.. = self.remove_conversations(age).await? {
                expired.conversations += removed;
            }
            while let removed @ 1.. = self.remove_unread(age).await? {
                expired.conversations += removed;
            }
        }
        if let Some(age) = settings.inbox.limit() {
            let files = aside::older_than(&self.spool, age)?;
            aside::remove(&files)?;
            expired.files = files.len();
            while let removed @ 1.. =
                store::retention::remove_deliveries(db, id, age, DELIVERIES).await?
            {
                expired.deliveries += removed;
            }
        }
        Ok(expired)
    }

    /// Removes interviews as if they had never been. HeyMilo still has them, so they are buried.
    async fn remove_interviews(&self, age: Duration) -> Result<usize> {
        let id = &self.workspace_id;
        let mut tx = self.db.begin().await?;
        store::replay::lock(&mut tx).await?;
        let expired = store::retention::interviews(&mut *tx, id, age, INTERVIEWS).await?;
        if !expired.is_empty() {
            store::traces::remove(&mut tx, id, &expired).await?;
            store::erasures::remove_jobs(&mut tx, id, &expired).await?;
            store::tombstones::bury(&mut *tx, id, &expired, None).await?;
        }
        tx.commit().await?;
        Ok(expired.len())
    }

    /// Removes answers that never became an interview's rows, for good.
    async fn bury_unwritten(&self, age: Duration) -> Result<usize> {
        let (id, kinds) = (&self.workspace_id, [Kind::Interview, Kind::Candidate, Kind::Stray]);
        let mut tx = self.db.begin().await?;
        store::replay::lock(&mut tx).await?;
        let expired =
            store::retention::remove_unwritten(&mut *tx, id, &kinds, age, INTERVIEWS).await?;
        store::erasures::remove_jobs(&mut tx, id, &expired).await?;
        store::tombstones::bury(&mut *tx, id, &expired, None).await?;
        tx.commit().await?;
        Ok(expired.len())
    }

    /// Removes results that could not be read: nobody can take the conversations out of them.
    async fn remove_unread(&self, age: Duration) -> Result<usize> {
        let (db, id, kinds) = (&self.db, &self.workspace_id, [Kind::Interview]);
        Ok(store::retention::remove_unwritten(db, id, &kinds, age, INTERVIEWS).await?.len())
    }

    /// Takes the conversations out of HeyMilo's answers, then builds the rows anew from these, so
    /// that no replay can tell more.
    async fn remove_conversations(&self, age: Duration) -> Result<usize> {
        let id = &self.workspace_id;
        let mut tx = self.db.begin().await?;
        store::replay::lock(&mut tx).await?;
        let expired = store::retention::unredacted(&mut *tx, id, age, INTERVIEWS).await?;
        if !expired.is_empty() {
            let kind = [Kind::Interview];
            for version in store::snapshots::versions(&mut *tx, id, &kind, &expired).await? {
                redact(&mut tx, id, &version).await?;
            }
            replay::write_interviews(&mut tx, id, &expired).await?;
            store::search::remove(&mut *tx, id, &expired).await?;
        }
        tx.commit().await.map_err(Error::from)?;
        Ok(expired.len())
    }
}

async fn redact(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    version: &Version,
) -> store::Result<()> {
    for kept in store::snapshots::read(&mut *db, workspace_id, Kind::Interview, &[version]).await? {
        let body = normalize::without_conversations(&kept.body);
        store::retention::redact(&mut *db, workspace_id, version, &body).await?;
    }
    Ok(())
}
