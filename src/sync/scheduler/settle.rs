//! Writes fetched answers and decides about failed requests.

use std::time::Duration;

use tokio::time::{self, Instant};
use tracing::{Span, info_span};

use super::{
    Scheduler,
    failure::within_time,
    fetch::{Answered, Fetch},
};
use crate::{
    crash, heymilo,
    metrics::Stage,
    normalize::Unreadable,
    records::InterviewId,
    store::{
        database::{is_passing, is_too_slow},
        jobs::Job,
    },
    sync::{
        Error, Result,
        interview::{self, Outcome, Prepared},
        outcome,
    },
};

/// The most interviews in one transaction. More would gain little and cost more after a failure.
pub(super) const MAX_WRITE_BATCH: usize = 32;
/// How long the database may take to write a batch of small answers. Each MiB adds to it. The
/// server ends a silent transaction sooner.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
const WRITE_TIMEOUT_PER_MIB: Duration = Duration::from_secs(5);

/// The outcome of a batch.
pub(super) struct Settled {
    /// The jobs, and whether each was settled. An unsettled job is still due.
    pub jobs: Vec<(InterviewId, bool)>,
    /// Why some jobs were not settled.
    pub failure: Option<Error>,
}

impl Scheduler {
    /// Writes answers together, and decides about failures job by job.
    pub(super) async fn settle(self, batch: Vec<Fetch>) -> Settled {
        crash::point("job-fetched");
        let mut settled = Settled { jobs: Vec::with_capacity(batch.len()), failure: None };
        let mut prepared = Vec::with_capacity(batch.len());

        // Held until all answers are written.
        let mut all_held = Vec::with_capacity(batch.len());
        for Fetch { answer, at, held } in batch {
            all_held.push(held);
            let (done, job) = match answer {
                Answered::Read(read) => {
                    prepared.push(*read);
                    continue;
                }
                Answered::Unreadable(job, body, unreadable) => {
                    let kept = async {
                        // The answer is about another interview, so an erasure of its person would
                        // not find it here.
                        if !matches!(unreadable, Unreadable::OtherInterview) {
                            interview::keep_unreadable(&self.workspace, &job, &body, at).await?;
                        }
                        self.settle_failure(&job, unreadable.into()).await
                    };
                    (within_time(kept).await, job)
                }
                Answered::Failed(job, heymilo::Error::NotFound) => {
                    (within_time(self.settle_not_found(&job, at)).await, job)
                }
                Answered::Failed(job, error) => {
                    (within_time(self.settle_failure(&job, error.into())).await, job)
                }
            };
            settled.note(job.interview_id, done);
        }

        if !prepared.is_empty() {
            self.settle_prepared(&prepared, &mut settled).await;
        }
        settled
    }

    async fn settle_prepared(&self, prepared: &[Prepared], settled: &mut Settled) {
        let bytes: usize = prepared.iter().map(Prepared::size).sum();
        let limit =
            WRITE_TIMEOUT + WRITE_TIMEOUT_PER_MIB * u32::try_from(bytes >> 20).unwrap_or(u32::MAX);
        let written = match time::timeout(limit, self.write(prepared)).await {
            Ok(written) => written,
            // A connection that hangs would hold these jobs for ever.
            Err(_) => {
                let jobs: Vec<&Job> = prepared.iter().map(|prepared| &prepared.job).collect();
                self.settle_late(&jobs).await
            }
        };
        let is_written = written.is_ok();
        for prepared in prepared {
            settled.jobs.push((prepared.job.interview_id.clone(), is_written));
        }
        settled.failure = settled.failure.take().or(written.err());
    }

    /// Writes interviews together. When the rows of one are refused, it writes them one by one, so
    /// that only the refused one is left out.
    async fn write(&self, prepared: &[Prepared]) -> Result<()> {
        let batch: Vec<&Prepared> = prepared.iter().collect();
        let began = Instant::now();
        // One transaction writes all answers, and each answer's trace shows it.
        let spans = batch.iter().map(|prepared| info_span!(parent: &prepared.span, "write"));
        let _writing: Vec<Span> = spans.collect();

        match interview::write(&self.workspace, &batch).await {
            Ok(outcomes) => {
                self.workspace.counts.took(Stage::Write, began.elapsed());
                for (prepared, outcome) in batch.iter().zip(outcomes) {
                    if prepared.job.is_speculative() && outcome == Outcome::Written {
                        self.workspace.share.refund();
                    }
                    outcome::report(&self.workspace, &prepared.job, &prepared.span, outcome);
                }
                Ok(())
            }
            Err(error) if is_passing(&error) && !is_too_slow(&error) => Err(error.into()),
            Err(error) => match batch[..] {
                [alone] => self.settle_refusal(alone, &error).await,
                _ => {
                    for alone in prepared {
                        Box::pin(self.write(std::slice::from_ref(alone))).await?;
                    }
                    Ok(())
                }
            },
        }
    }
}

impl Settled {
    fn note(&mut self, interview_id: InterviewId, done: Result<bool>) {
        self.jobs.push((interview_id, *done.as_ref().unwrap_or(&false)));
        self.failure = self.failure.take().or(done.err());
    }
}
