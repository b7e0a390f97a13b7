//! Work that finishes, for commands: make it due, and watch it being done.
//!
//! A command runs an engine of its own. When no other process owns the workspace, that engine does the work;
//! otherwise the owner does. What is due is in the tables, so a command that is interrupted is gone on with.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use chrono::{DateTime, Utc};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::{Engine, Error, Result, Verify, Workspace, connection, first_copy, identity, postings};
use crate::{
    heymilo,
    records::{InterviewId, PostingId, Urgency},
    store::{
        self,
        backfills::{self, Range},
        backlog::{Standing, Troubles},
        bell,
        connections::Trouble,
        cursors::{List, Pending},
        database::within,
    },
};

/// How often to look how far the work has come.
const LOOK_INTERVAL: Duration = Duration::from_millis(100);
/// How long the database may take to tell.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A command in one workspace.
pub struct Command {
    engine: Engine,
    began_at: DateTime<Utc>,
    /// Whether it made every list due.
    is_discovering: AtomicBool,
}

/// How far the work has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// The lists, when the command made them due.
    pub lists: Pending,
    /// Interviews that are still due.
    pub left: usize,
    /// Interviews that were fetched, as far as this process did it.
    pub fetched: usize,
}

/// What a backfill has to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backfill {
    /// So many interviews were made due.
    Begun(usize),
    /// An earlier one was interrupted: so many interviews are left of it, and none was added.
    Resumed(usize),
}

impl Command {
    /// Begins a command whose engine runs.
    pub async fn begin(engine: Engine) -> Result<Self> {
        let began_at = store::database::now(&engine.workspace().db).await?;
        Ok(Self { engine, began_at, is_discovering: AtomicBool::new(false) })
    }

    /// Asks HeyMilo whether the key is right, unless another process owns the workspace and knows it.
    pub async fn check_key(&self) -> Result<()> {
        let workspace = self.workspace();
        match workspace.owner.hold(check_key(workspace)).await {
            Err(Error::OwnedElsewhere) => Ok(()),
            checked => checked,
        }
    }

    /// Does some work that makes requests, once the key is known to be right. `None` when `stop` was cancelled.
    pub async fn with_requests<T>(
        &self,
        stop: &CancellationToken,
        work: impl Future<Output = Result<T>>,
    ) -> Result<Option<T>> {
        let workspace = self.workspace();
        let checked = async {
            check_key(workspace).await?;
            work.await.map(Some)
        };
        let unless_stopped = async {
            tokio::select! {
                () = stop.cancelled() => Ok(None),
                done = checked => done,
            }
        };
        workspace.owner.with_requests(unless_stopped).await
    }

    /// The engine that does the work when no other process owns the workspace.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The workspace the command is about.
    pub fn workspace(&self) -> &Workspace {
        self.engine.workspace()
    }

    /// Makes every list due, from its very beginning.
    pub async fn discover(&self) -> Result<()> {
        let Workspace { id, db, wake, .. } = self.workspace();
        store::cursors::add(db, id, List::Postings, None).await?;
        store::cursors::restart_all(db, id).await?;
        self.is_discovering.store(true, Ordering::Relaxed);
        wake.lists();
        Ok(())
    }

    /// Asks HeyMilo for the postings that candidates can still be invited to.
    pub async fn live_postings(&self) -> Result<Vec<PostingId>> {
        postings::list_live(self.workspace()).await
    }

    /// Makes one interview due, before all others.
    pub async fn ask_for(&self, interview_id: &InterviewId) -> Result<()> {
        let Workspace { id, db, wake, .. } = self.workspace();
        store::jobs::enqueue(db, id, &[interview_id.as_str()], Urgency::Command).await?;
        bell::ring(db, id).await?;
        wake.jobs();
        Ok(())
    }

    /// Whether the tables have a posting.
    pub async fn knows_posting(&self, posting_id: &PostingId) -> Result<bool> {
        let Workspace { id, db, .. } = self.workspace();
        Ok(store::verify::postings(db, id).await?.iter().any(|known| known == posting_id.as_str()))
    }

    /// Makes the known interviews of the range due, after all others; or none, when some of them
    /// are still waiting for an earlier backfill.
    pub async fn backfill(&self, range: &Range) -> Result<Backfill> {
        let Workspace { id, db, wake, .. } = self.workspace();
        let left = usize::try_from(store::backlog::backfill(db, id, range).await?);
        let left = left.unwrap_or_default();
        let interrupted = backfills::interrupted(db, id, range).await?;
        let is_resumed = left > 0 || interrupted.is_some();
        if left > 0 && interrupted.is_none() {
            return Ok(Backfill::Resumed(left));
        }

        let (mut enqueued, mut after) = (left, interrupted.unwrap_or_default());
        loop {
            // In small transactions: deliveries wait for the jobs that one of them locks.
            let mut tx = store::database::begin_repeatable(db).await?;
            let mut ids = backfills::next(&mut tx, id, range, &after).await?;
            let Some(last) = ids.last() else { break };
            after.clone_from(last);
            // In the order in which all others lock jobs.
            ids.sort_unstable();
            let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
            store::jobs::enqueue(&mut *tx, id, &ids, Urgency::Backfill).await?;
            backfills::advance(&mut tx, id, range, &after).await?;
            tx.commit().await?;
            enqueued += ids.len();
            wake.jobs();
        }
        backfills::finish(db, id).await?;
        Ok(if is_resumed { Backfill::Resumed(enqueued) } else { Backfill::Begun(enqueued) })
    }

    /// Waits a little, and tells how far the work has come. Fails when it cannot go on.
    pub async fn progress(&self) -> Result<Progress> {
        let Workspace { id, db, heymilo, owner, .. } = self.workspace();
        sleep(LOOK_INTERVAL).await;
        let limiter = heymilo.limiter();
        let trouble = if owner.held().is_some() {
            Trouble { is_refused: limiter.is_refused(), is_down: limiter.is_down() }
        } else {
            within(TIMEOUT, store::connections::trouble(db, id)).await?
        };
        if trouble.is_refused {
            return Err(heymilo.refused().into());
        }
        if trouble.is_down {
            return Err(heymilo::Error::Down.into());
        }
        let left = within(TIMEOUT, store::backlog::left(db, id)).await?;
        let lists = if self.is_discovering.load(Ordering::Relaxed) {
            within(TIMEOUT, store::cursors::pending(db, id, self.began_at)).await?
        } else {
            Pending::default()
        };
        let left = usize::try_from(left).unwrap_or_default();
        Ok(Progress { lists, left, fetched: owner.settled() })
    }

    /// Notes when the first copy is complete.
    pub async fn note_first_copy(&self) -> Result<()> {
        first_copy::note(self.workspace()).await
    }

    /// Makes a comparison with HeyMilo; with `repair` it puts right what it finds.
    pub fn verify(&self, repair: bool) -> Verify {
        Verify::new(self.workspace().clone(), repair)
    }

    /// Where the job of an interview stands; `None` when there is none.
    pub async fn standing(&self, interview_id: &InterviewId) -> Result<Option<Standing>> {
        let Workspace { id, db, .. } = self.workspace();
        Ok(within(TIMEOUT, store::backlog::standing(db, id, interview_id)).await?)
    }

    /// What went wrong since the command began.
    pub async fn troubles(&self) -> Result<Troubles> {
        let Workspace { id, db, .. } = self.workspace();
        Ok(within(TIMEOUT, store::backlog::troubles(db, id, self.began_at)).await?)
    }
}

async fn check_key(workspace: &Workspace) -> Result<()> {
    match Box::pin(identity::check(workspace)).await {
        Err(Error::HeyMilo(refusal @ heymilo::Error::Unauthorized { .. })) => {
            connection::refused(workspace, &refusal).await?;
            Err(refusal.into())
        }
        Err(error) => Err(error),
        Ok(()) => connection::accepted(workspace).await,
    }
}
