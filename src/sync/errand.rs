//! Work that finishes, for commands: discover, make due, work off.
//!
//! What is due is in the tables, so an errand that is interrupted goes on with the next one.

use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::{task::JoinSet, time::Instant};
use tokio_util::sync::CancellationToken;

use super::{
    Error, Poll, Report, Result, Verify, Worker, Workspace, connection, identity, postings,
    worker::PARTS,
};
use crate::{
    heymilo,
    records::{InterviewId, PostingId},
    store::{
        self,
        backlog::{Standing, Troubles},
        interviews::Range,
        jobs::Reason,
    },
};

/// How long a step goes on as long as there is work.
const STINT: Duration = Duration::from_secs(1);

/// An errand in one workspace. A daemon may run beside it: each job is done by one of them.
pub struct Errand {
    workspace: Workspace,
    poll: Poll,
    worker: Worker,
    began_at: DateTime<Utc>,
}

/// What a backfill has to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backfill {
    /// So many interviews were made due.
    Begun(usize),
    /// An earlier one was interrupted: so many interviews are left of it, and none was added.
    Resumed(usize),
}

impl Errand {
    /// Begins an errand by asking HeyMilo whether the key is right.
    pub async fn begin(workspace: Workspace, poll: Poll, worker: Worker) -> Result<Self> {
        match Box::pin(identity::check(&workspace)).await {
            Err(Error::HeyMilo(heymilo::Error::Unauthorized)) => {
                connection::refused(&workspace).await?;
                return Err(heymilo::Error::Unauthorized.into());
            }
            checked => checked?,
        }
        connection::accepted(&workspace).await?;
        let began_at = store::database::now(&workspace.db).await?;
        Ok(Self { workspace, poll, worker, began_at })
    }

    /// Reads every list from its very beginning and makes due what is new or changed.
    pub async fn discover(&self) -> Result<Report> {
        let Workspace { id, db, .. } = &self.workspace;
        store::cursors::restart_all(db, id).await?;
        Box::pin(self.poll.step()).await
    }

    /// The workspace the errand is in.
    pub fn workspace(&self) -> &Workspace {
        &self.workspace
    }

    /// Reads the list of postings. Returns those that candidates can still be invited to.
    pub async fn live_postings(&self) -> Result<Vec<PostingId>> {
        postings::read(&self.workspace).await?;
        Ok(store::postings::live(&self.workspace.db, &self.workspace.id).await?)
    }

    /// Makes one interview due, before all others.
    pub async fn ask_for(&self, interview_id: &InterviewId) -> Result<()> {
        let Workspace { id, db, .. } = &self.workspace;
        let ids = [interview_id.as_str()];
        Ok(store::jobs::enqueue(db, id, &ids, Reason::Command).await?)
    }

    /// Makes the known interviews of the range due, after all others; or none, when some of them
    /// are still waiting for an earlier backfill.
    pub async fn backfill(&self, range: &Range) -> Result<Backfill> {
        let Workspace { id, db, .. } = &self.workspace;
        // All or none: what is left of an interrupted backfill must be all that is left to do.
        let mut tx = db.begin().await?;
        let left = store::backlog::backfill(&mut *tx, id, range).await?;
        if left > 0 {
            return Ok(Backfill::Resumed(usize::try_from(left).unwrap_or_default()));
        }
        let mut enqueued = 0;
        store::interviews::open_range(&mut tx, id, range).await?;
        loop {
            let ids = store::interviews::next_of_range(&mut tx).await?;
            if ids.is_empty() {
                break;
            }
            let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
            store::jobs::enqueue(&mut *tx, id, &ids, Reason::Backfill).await?;
            enqueued += ids.len();
        }
        tx.commit().await?;
        Ok(Backfill::Begun(enqueued))
    }

    /// Does some of what is due, as far as the budget allows. Returns how many jobs that were, 0
    /// when nothing is due at once. Stops waiting for the budget when `shutdown` is cancelled; jobs
    /// in hand are always finished.
    pub async fn step(&self, shutdown: &CancellationToken) -> Result<usize> {
        let mut parts = JoinSet::new();
        for _ in 0..PARTS {
            parts.spawn(work(self.worker.clone(), shutdown.clone()));
        }
        let worked = parts.join_all().await.into_iter().sum::<Result<usize>>()?;
        let Workspace { id, db, .. } = &self.workspace;
        if store::connections::is_refused(db, id).await? {
            return Err(heymilo::Error::Unauthorized.into());
        }
        if self.workspace.heymilo.pacing().is_down() {
            return Err(heymilo::Error::Down.into());
        }
        Ok(worked)
    }

    /// Makes a comparison with HeyMilo; with `repair` it puts right what it finds.
    pub fn verify(&self, repair: bool) -> Verify {
        Verify::new(self.workspace.clone(), repair)
    }

    /// How many jobs are due at once.
    pub async fn due(&self) -> Result<usize> {
        let due = store::backlog::due(&self.workspace.db, &self.workspace.id).await?;
        Ok(usize::try_from(due).unwrap_or_default())
    }

    /// Where the job of an interview stands; `None` when there is none.
    pub async fn standing(&self, interview_id: &InterviewId) -> Result<Option<Standing>> {
        let Workspace { id, db, .. } = &self.workspace;
        Ok(store::backlog::standing(db, id, interview_id).await?)
    }

    /// What went wrong since the errand began.
    pub async fn troubles(&self) -> Result<Troubles> {
        let Workspace { id, db, .. } = &self.workspace;
        Ok(store::backlog::troubles(db, id, self.began_at).await?)
    }
}

/// Works for a while, so that the parts seldom wait for each other.
async fn work(worker: Worker, shutdown: CancellationToken) -> Result<usize> {
    let end = Instant::now() + STINT;
    let mut worked = 0;
    while Instant::now() < end {
        let done = tokio::select! {
            biased;
            () = shutdown.cancelled() => 0,
            mut room = worker.room() => worker.work(&mut room).await?,
        };
        if done == 0 {
            break;
        }
        worked += done;
    }
    Ok(worked)
}
