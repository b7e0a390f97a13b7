//! Removes what is older than the settings allow, in small batches.

use std::{
    path::{Path, PathBuf},
    slice,
    time::Duration,
};

use sqlx::{PgConnection, PgPool};
use tokio::time::{self, Instant};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{Cause, Error, Remover, Result, error::blames_the_rows, replay};
use crate::{
    config::Retention as Settings,
    normalize,
    records::{Urgency, WorkspaceId},
    spool::aside,
    store::{
        self,
        retention_runs::{FILES, GONE, INBOX, INTERVIEWS, TRANSCRIPTS, VERSIONS},
        snapshots::{Kind, Version},
    },
};

/// How often the daemon removes what is too old.
const INTERVAL: Duration = Duration::from_secs(24 * 60 * 60);
/// How long one run may take. A database connection that hangs may never answer.
const RUN_TIMEOUT: Duration = Duration::from_secs(12 * 60 * 60);
/// How often the daemon removes what HeyMilo does not have any longer.
const GONE_INTERVAL: Duration = Duration::from_secs(60 * 60);
/// The most interviews that HeyMilo is asked for again in one run.
const ASKED: i64 = 300;
/// Interviews in one transaction that takes conversations out. No other process writes meanwhile.
const MAX_INTERVIEWS: i64 = 20;
/// Deliveries in one statement.
const MAX_DELIVERIES: i64 = 1000;
/// Recordings and resumes in one statement.
const MAX_FILES: i64 = 1000;
/// Replaced answers in one statement.
const MAX_VERSIONS: i64 = 1000;

/// The settings of one workspace for how long things are kept.
#[derive(Debug, Clone)]
pub struct Retention {
    db: PgPool,
    workspace_id: WorkspaceId,
    spool: PathBuf,
    remover: Remover,
    settings: Settings,
}

/// The numbers of what was removed.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Expired {
    /// Deliveries.
    pub deliveries: u64,
    /// Interviews whose conversations were removed.
    pub conversations: usize,
    /// Interviews that were removed as a whole, and answers that never became an interview.
    pub interviews: usize,
    /// Gone interviews.
    pub gone: usize,
    /// Files that this machine's spool had set aside.
    pub files: usize,
    /// Recordings and resumes.
    pub recordings: u64,
    /// Answers that newer ones replaced.
    pub versions: u64,
}

impl Retention {
    /// Makes the daily task of one workspace. `spool` is this machine's spool directory.
    pub fn new(
        db: PgPool,
        workspace_id: WorkspaceId,
        spool: &Path,
        remover: Remover,
        settings: Settings,
    ) -> Self {
        Self { db, workspace_id, spool: spool.to_owned(), remover, settings }
    }

    /// Runs once a day until `shutdown` is cancelled, and every hour for gone interviews. Several
    /// daemons may run it, because each row is removed once.
    pub async fn run(&self, shutdown: CancellationToken) {
        let mut days = time::interval(INTERVAL);
        let mut hours = time::interval_at(Instant::now() + GONE_INTERVAL, GONE_INTERVAL);
        loop {
            let is_day = tokio::select! {
                () = shutdown.cancelled() => return,
                _ = days.tick() => true,
                _ = hours.tick() => false,
            };
            let look = async { if is_day { self.step().await } else { self.gone().await } };
            // Each batch is a transaction, so a cancelled run leaves no batch half removed.
            tokio::select! {
                () = shutdown.cancelled() => return,
                expired = time::timeout(RUN_TIMEOUT, look) => {
                    self.log(expired.unwrap_or(Err(sqlx::Error::PoolTimedOut.into())));
                }
            }
        }
    }

    async fn gone(&self) -> Result<Expired> {
        let mut expired = Expired::default();
        self.remove_gone(&mut expired).await?;
        self.note_runs(&expired, &[GONE]).await?;
        self.note_receipts().await?;
        Ok(expired)
    }

    async fn note_receipts(&self) -> Result<()> {
        self.remover.note_receipts().await?;
        let forgotten = self.remover.forgotten_receipts().await?;
        if forgotten > 0 {
            warn!(
                workspace.id = %self.workspace_id,
                receipts = forgotten,
                "the database does not know receipts of the file (erasures.file): after a restore, run \
                 heymilo-sync erase --again FILE"
            );
        }
        Ok(())
    }

    fn log(&self, expired: Result<Expired>) {
        match expired {
            Ok(expired) if expired == Expired::default() => {}
            Ok(Expired {
                deliveries,
                conversations,
                interviews,
                gone,
                files,
                recordings,
                versions,
            }) => info!(
                workspace.id = %self.workspace_id,
                deliveries, conversations, interviews, gone, files, recordings, versions,
                "removed what is older than its retention"
            ),
            Err(error) => warn!(
                workspace.id = %self.workspace_id,
                error = error.in_full(),
                "removal of what is older than its retention failed, the next look goes on"
            ),
        }
    }

    /// Removes everything that is too old now. An error in one kind does not stop the others.
    pub async fn step(&self) -> Result<Expired> {
        let mut expired = Expired::default();
        let steps = [
            (INBOX, self.expire_deliveries(&mut expired).await),
            (GONE, self.remove_gone(&mut expired).await),
            (INTERVIEWS, self.expire_interviews(&mut expired).await),
            (FILES, self.expire_files(&mut expired).await),
            (VERSIONS, self.expire_versions(&mut expired).await),
            (TRANSCRIPTS, self.expire_conversations(&mut expired).await),
        ];

        let done: Vec<_> =
            steps.iter().filter(|(_, step)| step.is_ok()).map(|(setting, _)| *setting).collect();
        let noted = [self.note_runs(&expired, &done).await, self.note_receipts().await];
        steps.into_iter().map(|(_, step)| step).chain(noted).collect::<Result<Vec<()>>>()?;
        Ok(expired)
    }

    /// Records for the report that these settings were applied, and how much was removed.
    async fn note_runs(&self, expired: &Expired, done: &[&str]) -> Result<()> {
        let Settings { inbox, transcripts, interviews, files, versions, gone_grace, .. } =
            &self.settings;
        let whole = |number: usize| number as u64;
        let runs = [
            (INBOX, inbox, expired.deliveries),
            (GONE, gone_grace, whole(expired.gone)),
            (INTERVIEWS, interviews, whole(expired.interviews)),
            (FILES, files, expired.recordings),
            (VERSIONS, versions, expired.versions),
            (TRANSCRIPTS, transcripts, whole(expired.conversations)),
        ];

        for (setting, kept_for, removed) in runs {
            // A kind that failed midway has removed something too.
            if kept_for.limit().is_some() && (done.contains(&setting) || removed > 0) {
                store::retention_runs::note(&self.db, &self.workspace_id, setting, removed).await?;
            }
        }
        Ok(())
    }

    async fn expire_deliveries(&self, expired: &mut Expired) -> Result<()> {
        let Some(age) = self.settings.inbox.limit() else { return Ok(()) };
        let (db, id) = (&self.db, &self.workspace_id);
        while let removed @ 1.. =
            store::retention::remove_deliveries(db, id, age, MAX_DELIVERIES).await?
        {
            expired.deliveries += removed;
        }
        let files = aside::older_than(&self.spool, age)?;
        aside::remove(&files)?;
        expired.files = files.len();
        Ok(())
    }

    async fn expire_interviews(&self, expired: &mut Expired) -> Result<()> {
        let Some(age) = self.settings.interviews.limit() else { return Ok(()) };
        while let removed @ 1.. = self.remover.remove(&Cause::Expired { age }).await?.interviews {
            expired.interviews += removed;
        }
        Ok(())
    }

    /// Removes gone interviews, once the grace period is over and HeyMilo was asked again.
    async fn remove_gone(&self, expired: &mut Expired) -> Result<()> {
        let Some(grace) = self.settings.gone_grace.limit() else { return Ok(()) };
        let (db, id) = (&self.db, &self.workspace_id);
        while let removed @ 1.. = self.remover.remove(&Cause::Gone { grace }).await?.interviews {
            expired.gone += removed;
        }
        let due = store::deletions::unconfirmed(db, id, grace, ASKED).await?;
        let due: Vec<&str> = due.iter().map(String::as_str).collect();
        store::jobs::enqueue(db, id, &due, Urgency::Look).await?;
        Ok(())
    }

    async fn expire_files(&self, expired: &mut Expired) -> Result<()> {
        let Some(age) = self.settings.files.limit() else { return Ok(()) };
        let (db, id) = (&self.db, &self.workspace_id);
        while let removed @ 1.. = store::files::expire(db, id, age, MAX_FILES).await? {
            expired.recordings += removed;
        }
        Ok(())
    }

    async fn expire_versions(&self, expired: &mut Expired) -> Result<()> {
        let Some(age) = self.settings.versions.limit() else { return Ok(()) };
        let (db, id) = (&self.db, &self.workspace_id);
        while let removed @ 1.. =
            store::retention::remove_versions(db, id, age, MAX_VERSIONS).await?
        {
            expired.versions += removed;
        }
        Ok(())
    }

    async fn expire_conversations(&self, expired: &mut Expired) -> Result<()> {
        let Some(age) = self.settings.transcripts.limit() else { return Ok(()) };
        while let removed @ 1.. = self.remove_conversations(age).await? {
            expired.conversations += removed;
        }
        while let removed @ 1.. = self.remove_unread(age).await? {
            expired.conversations += removed;
        }
        Ok(())
    }

    /// Removes results that cannot be parsed, because they cannot be redacted.
    async fn remove_unread(&self, age: Duration) -> Result<usize> {
        let (db, id, kinds) = (&self.db, &self.workspace_id, [Kind::Interview]);
        Ok(store::retention::remove_unwritten(db, id, &kinds, age, MAX_INTERVIEWS).await?.len())
    }

    /// Takes conversations that are too old out of HeyMilo's answers and out of the rows.
    async fn remove_conversations(&self, age: Duration) -> Result<usize> {
        let (db, id) = (&self.db, &self.workspace_id);
        let expired = store::retention::unredacted(db, id, age, MAX_INTERVIEWS).await?;
        match self.redact_interviews(&expired).await {
            Err(Error::Database(error)) if blames_the_rows(&error) => {
                for alone in &expired {
                    self.redact_alone(alone).await?;
                }
            }
            redacted => redacted?,
        }
        Ok(expired.len())
    }

    /// Redacts one interview whose rows the database may refuse. Its existing rows then lose their
    /// conversations.
    async fn redact_alone(&self, interview_id: &String) -> Result<()> {
        let id = &self.workspace_id;
        let one = slice::from_ref(interview_id);
        match self.redact_interviews(one).await {
            Err(Error::Database(error)) if blames_the_rows(&error) => {
                let mut tx = self.db.begin().await?;
                store::owners::exclude(&mut tx, &self.workspace_id).await?;
                redact_all(&mut tx, id, one).await?;
                store::retention::remove_conversations(&mut tx, id, interview_id).await?;
                tx.commit().await?;
                Ok(())
            }
            redacted => redacted,
        }
    }

    /// Takes the conversations out of the answers and rebuilds the rows from these, so that no
    /// replay brings them back.
    async fn redact_interviews(&self, interview_ids: &[String]) -> Result<()> {
        if interview_ids.is_empty() {
            return Ok(());
        }
        let id = &self.workspace_id;
        let mut tx = self.db.begin().await?;
        store::owners::exclude(&mut tx, &self.workspace_id).await?;
        redact_all(&mut tx, id, interview_ids).await?;
        replay::write_interviews(&mut tx, id, interview_ids).await?;
        tx.commit().await?;
        Ok(())
    }
}

/// Keeps every version of the answers without its conversations, and drops their search documents.
async fn redact_all(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    interview_ids: &[String],
) -> store::Result<()> {
    let kinds = [Kind::Interview, Kind::Candidate];
    for version in store::snapshots::versions(&mut *db, workspace_id, &kinds, interview_ids).await?
    {
        redact(db, workspace_id, &version).await?;
    }
    store::search::remove(db, workspace_id, interview_ids).await
}

async fn redact(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    version: &Version,
) -> store::Result<()> {
    for kept in store::snapshots::read(&mut *db, workspace_id, version.kind, &[version]).await? {
        let body = match version.kind {
            Kind::Candidate => normalize::row_without_conversations(&kept.body),
            _ => normalize::without_conversations(&version.subject_id, &kept.body),
        };
        store::retention::redact(&mut *db, workspace_id, version, &body).await?;
    }
    Ok(())
}
