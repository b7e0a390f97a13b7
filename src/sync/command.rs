//! Work that ends, for commands: enqueue it and watch its progress.
//!
//! A command runs an engine of its own. When no other process owns the workspace, that engine does
//! the work. Otherwise the owner does it. All due work is in the tables, so an interrupted command
//! can be resumed.

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
        connections::Trouble,
        cursors::{List, Pending},
        database::within,
        notifications,
    },
};

/// How often the command reads its progress.
const LOOK_INTERVAL: Duration = Duration::from_millis(100);
/// How long the database may take to report the progress.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A command in one workspace.
pub struct Command {
    engine: Engine,
    began_at: DateTime<Utc>,
    /// Whether the command made every list due.
    is_discovering: AtomicBool,
}

/// The progress of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// The lists that are still due, when the command made them due.
    pub lists: Pending,
    /// Interviews that are still due.
    pub left: usize,
    /// Interviews that this process fetched.
    pub fetched: usize,
}

/// The work of a backfill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backfill {
    /// This number of interviews was enqueued.
    Begun(usize),
    /// An earlier backfill was interrupted: this number of its interviews is left, and none was
    /// added.
    Resumed(usize),
}

impl Command {
    /// Begins a command whose engine is running.
    pub async fn begin(engine: Engine) -> Result<Self> {
        let began_at = store::database::now(&engine.workspace().db).await?;
        Ok(Self { engine, began_at, is_discovering: AtomicBool::new(false) })
    }

    /// Checks the key with HeyMilo, unless another process owns the workspace and has checked it.
    pub async fn check_key(&self) -> Result<()> {
        let workspace = self.workspace();
        match workspace.owner.hold(check_key(workspace)).await {
            Err(Error::OwnedElsewhere) => Ok(()),
            checked => checked,
        }
    }

    /// Does work that makes requests, after the key was checked. `None` when `stop` was cancelled.
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

    /// The command's workspace.
    pub fn workspace(&self) -> &Workspace {
        self.engine.workspace()
    }

    /// Makes every list due for a full scan.
    pub async fn discover(&self) -> Result<()> {
        let Workspace { id, db, wake, .. } = self.workspace();
        store::cursors::add(db, id, List::Postings, None).await?;
        store::cursors::restart_all(db, id).await?;
        self.is_discovering.store(true, Ordering::Relaxed);
        wake.lists();
        Ok(())
    }

    /// Asks HeyMilo for the postings that still accept candidates.
    pub async fn live_postings(&self) -> Result<Vec<PostingId>> {
        postings::list_live(self.workspace()).await
    }

    /// Enqueues one interview before all others.
    pub async fn ask_for(&self, interview_id: &InterviewId) -> Result<()> {
        let Workspace { id, db, wake, .. } = self.workspace();
        store::jobs::enqueue(db, id, &[interview_id.as_str()], Urgency::Command).await?;
        notifications::notify(db, id).await?;
        wake.jobs();
        Ok(())
    }

    /// Whether the tables have a posting.
    pub async fn knows_posting(&self, posting_id: &PostingId) -> Result<bool> {
        let Workspace { id, db, .. } = self.workspace();
        Ok(store::verify::postings(db, id).await?.iter().any(|known| known == posting_id.as_str()))
    }

    /// Enqueues the known interviews of the range after all others. It enqueues none while
    /// interviews of an earlier backfill are still waiting.
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
            // Small transactions, because deliveries wait for the jobs that a transaction locks.
            let mut tx = store::database::begin_repeatable(db).await?;
            let mut ids = backfills::next(&mut tx, id, range, &after).await?;
            let Some(last) = ids.last() else { break };
            after.clone_from(last);
            // The order in which all other code locks jobs.
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

    /// Waits for `LOOK_INTERVAL`, then returns the progress. Fails when the command cannot go on.
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

    /// Records the completion of the first copy.
    pub async fn note_first_copy(&self) -> Result<()> {
        first_copy::note(self.workspace()).await
    }

    /// Makes a comparison with HeyMilo. With `repair` it also corrects what differs.
    pub fn verify(&self, repair: bool) -> Verify {
        Verify::new(self.workspace().clone(), repair)
    }

    /// The state of an interview's job. `None` when there is no job.
    pub async fn standing(&self, interview_id: &InterviewId) -> Result<Option<Standing>> {
        let Workspace { id, db, .. } = self.workspace();
        Ok(within(TIMEOUT, store::backlog::standing(db, id, interview_id)).await?)
    }

    /// The errors since the command began.
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
