//! Decides about a job whose interview could not be fetched, read or written.

use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::time;
use tracing::{debug, error, warn};

use super::Scheduler;
use crate::{
    crash, heymilo,
    metrics::Job as Done,
    store::{self, jobs::Job},
    sync::{
        Error, Result, Workspace, connection,
        error::{blames_the_rows, without_values},
        gone::{self, Fate},
        interview::{self, Prepared},
        schedule,
    },
};

/// Attempts, within one or two minutes, for an interview that only deliveries name, or for an
/// endless answer. The interview may not be visible yet, and a proxy may have sent the answer.
const A_FEW_ATTEMPTS: i32 = 6;
/// Attempts when HeyMilo refuses a known interview or sends nonsense. They outlast most outages of
/// a quarter of an hour.
const MAX_ATTEMPTS: i32 = 10;

/// How long the database may take to settle a failed job.
const SETTLE_TIMEOUT: Duration = Duration::from_secs(5);

/// The reason for setting aside a job that was marked too often.
pub(super) const POISON_JOB: &str = "the process died each time it worked on this interview";

/// The database may refuse rows with an error that blames neither an outage nor the rows. After
/// five attempts the interview is set aside.
const MAX_REFUSALS: i32 = 5;

impl Scheduler {
    /// Decides about a job whose interview HeyMilo says not to exist.
    pub(super) async fn settle_not_found(&self, job: &Job, at: DateTime<Utc>) -> Result<bool> {
        match gone::interview(&self.workspace, job, at).await? {
            Fate::Gone => {
                self.workspace.counts.done(Done::Gone);
                Ok(true)
            }
            Fate::Doubtful => {
                self.retry(job, heymilo::Error::NotFound.into()).await?;
                Ok(true)
            }
            Fate::Unknown => self.settle_failure(job, heymilo::Error::NotFound.into()).await,
        }
    }

    /// Decides about a job whose rows the database refuses although it works.
    pub(super) async fn settle_refusal(
        &self,
        refused: &Prepared,
        error: &sqlx::Error,
    ) -> Result<()> {
        let (job, reason) = (&refused.job, without_values(error));
        if !blames_the_rows(error) && job.attempt < MAX_REFUSALS {
            let delay = schedule::retry_delay(job.attempt);
            return self.postpone(job, delay, &reason).await;
        }
        interview::keep_refused(&self.workspace, refused).await?;
        self.give_up(job, &reason).await
    }

    /// Retries jobs later whose answers the database did not write in time. Their attempts count,
    /// so that an answer that always takes too long is fetched less and less often.
    pub(super) async fn settle_late(&self, jobs: &[&Job]) -> Result<()> {
        for job in jobs {
            let delay = schedule::retry_delay(job.attempt);
            let postponed = self.postpone(job, delay, "the database did not write it in time");
            within_time(postponed).await?;
        }
        Ok(())
    }

    /// Decides about a job whose interview could not be fetched or read. Returns false when no real
    /// attempt was made, and then the job stays due.
    pub(super) async fn settle_failure(&self, job: &Job, error: Error) -> Result<bool> {
        let attempts = match &error {
            Error::HeyMilo(heymilo::Error::RateLimited { .. }) => {
                debug!(interview.id = %job.interview_id, "rate limited, will try again");
                return Ok(false);
            }
            Error::HeyMilo(refusal @ heymilo::Error::Unauthorized { .. }) => {
                connection::refused(&self.workspace, refusal).await?;
                return Ok(false);
            }
            Error::HeyMilo(refusal) if says_no(refusal) && self.missed(job, &error).await? => {
                return Ok(true);
            }
            Error::HeyMilo(heymilo::Error::TooLarge { .. }) => A_FEW_ATTEMPTS,
            Error::HeyMilo(heymilo::Error::Id) => 0,
            // A transient error is retried without limit, because nothing else would ask again.
            error if error.is_transient() => i32::MAX,
            _ => MAX_ATTEMPTS,
        };

        if job.attempt >= attempts {
            self.give_up(job, &error.in_full()).await?;
        } else {
            self.retry(job, error).await?;
        }

        Ok(true)
    }

    /// Retries a job, each time after a longer delay.
    async fn retry(&self, job: &Job, error: Error) -> Result<()> {
        let asked_for = error.retry_after().unwrap_or_default().min(schedule::LONGEST_RETRY);
        let delay = schedule::retry_delay(job.attempt).max(asked_for);
        self.postpone(job, delay, &error.in_full()).await
    }

    async fn postpone(&self, job: &Job, delay: Duration, reason: &str) -> Result<()> {
        warn!(
            interview.id = %job.interview_id,
            job.attempt = job.attempt,
            error = reason,
            "interview fetch failed, retrying in {} s",
            delay.as_secs()
        );
        self.workspace.counts.done(Done::Retried);
        let mut tx = self.workspace.owner.begin().await?;
        store::jobs::retry(&mut *tx, &self.workspace.id, job, delay, reason).await?;
        tx.commit().await?;
        crash::point("job-postponed");
        Ok(())
    }

    /// Counts a miss when only deliveries name the job's interview. Returns whether that is the
    /// case.
    async fn missed(&self, job: &Job, error: &Error) -> Result<bool> {
        let Workspace { id, owner, .. } = &self.workspace;
        let retry_in = (job.attempt < A_FEW_ATTEMPTS).then(|| schedule::retry_delay(job.attempt));
        let reason = error.in_full();
        let mut tx = owner.begin().await?;
        let missed = store::jobs::miss(&mut tx, id, job, retry_in, &reason).await?;
        tx.commit().await?;
        if missed {
            self.workspace.counts.done(Done::Unknown);
            debug!(
                interview.id = %job.interview_id,
                job.attempt = job.attempt,
                retry_in_s = retry_in.map(|delay| delay.as_secs()),
                "HeyMilo knows no such interview, only a delivery named it"
            );
        }
        Ok(missed)
    }

    /// Sets a job aside.
    pub(super) async fn give_up(&self, job: &Job, reason: &str) -> Result<()> {
        self.workspace.counts.done(Done::Failed);
        error!(
            interview.id = %job.interview_id,
            job.attempt = job.attempt,
            error = reason,
            "interview failed; the next webhook or full scan retries it"
        );
        let mut tx = self.workspace.owner.begin().await?;
        store::jobs::fail(&mut *tx, &self.workspace.id, job, reason).await?;
        tx.commit().await?;
        crash::point("job-failed");
        Ok(())
    }
}

/// Runs database work with a timeout of `SETTLE_TIMEOUT`.
pub(super) async fn within_time<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    let done = time::timeout(SETTLE_TIMEOUT, work).await;
    done.unwrap_or(Err(sqlx::Error::PoolTimedOut.into()))
}

/// Whether the answer says that there is no such interview, or that HeyMilo will not show it. A
/// proxy may send such an answer too, so it counts only for an interview that nothing but
/// deliveries names.
fn says_no(error: &heymilo::Error) -> bool {
    match error {
        heymilo::Error::NotFound => true,
        heymilo::Error::Status { status, .. } => *status == 404 || !error.is_transient(),
        _ => false,
    }
}
