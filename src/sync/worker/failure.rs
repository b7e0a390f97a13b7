//! What becomes of a job whose interview could not be fetched, read or written.

use tracing::{debug, error, warn};

use super::Worker;
use crate::{
    heymilo,
    metrics::Job as Done,
    store::{self, jobs::Job},
    sync::{Error, Result, Workspace, connection, schedule},
};

/// An interview that webhooks name may not be visible yet, and an answer without an end be that of
/// something on the way: after so many tries it is HeyMilo's own.
const A_FEW_ATTEMPTS: i32 = 3;

impl Worker {
    /// Decides what becomes of a job whose interview could not be fetched or read.
    pub(super) async fn settle_failure(&self, job: &Job, error: Error) -> Result<()> {
        let Workspace { id, db, .. } = &self.workspace;
        let attempts = match &error {
            Error::HeyMilo(heymilo::Error::RateLimited { .. }) => {
                debug!(interview.id = %job.interview_id, "rate limited, will try again");
                return Ok(store::jobs::release(db, id, &[job]).await?);
            }
            Error::HeyMilo(heymilo::Error::Unauthorized) => {
                connection::refused(&self.workspace).await?;
                return Ok(store::jobs::release(db, id, &[job]).await?);
            }
            Error::HeyMilo(heymilo::Error::NotFound | heymilo::Error::Status { .. })
                if !error.is_transient() && self.missed(job, &error).await? =>
            {
                return Ok(());
            }
            Error::HeyMilo(heymilo::Error::NotFound | heymilo::Error::TooLarge { .. }) => {
                A_FEW_ATTEMPTS
            }
            // What will pass is waited for, however long it takes: nobody else would ask again.
            error if error.is_transient() => i32::MAX,
            _ => 0,
        };
        if job.attempt >= attempts {
            return self.give_up(job, &error.in_full()).await;
        }
        let delay = schedule::retry_delay(&self.settings, job.attempt);
        warn!(
            interview.id = %job.interview_id,
            job.attempt = job.attempt,
            retry_in_s = delay.as_secs(),
            error = error.in_full(),
            "interview not synced, will retry"
        );
        self.workspace.counts.done(Done::Retried);
        Ok(store::jobs::retry(db, id, job, delay, &error.in_full()).await?)
    }

    /// Settles a job of which only deliveries told. Returns whether it is one.
    async fn missed(&self, job: &Job, error: &Error) -> Result<bool> {
        let Workspace { id, db, .. } = &self.workspace;
        let retry_in = (job.attempt < A_FEW_ATTEMPTS)
            .then(|| schedule::retry_delay(&self.settings, job.attempt));
        let mut connection = db.acquire().await?;
        let reason = error.in_full();
        let missed = store::jobs::miss(&mut connection, id, job, retry_in, &reason).await?;
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
            "interview not synced, set aside until there is news of it"
        );
        Ok(store::jobs::fail(&self.workspace.db, &self.workspace.id, job, reason).await?)
    }
}
