//! Asks for an interview and reads the answer.

use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use tokio::time::Instant;
use tracing::{Instrument as _, Span, info_span};

use super::{Scheduler, failure, queue::Waiting};
use crate::{
    crash,
    heymilo::{self, Permit},
    json,
    metrics::Stage,
    normalize::{Answer, Unreadable},
    store::{self, jobs::Job},
    sync::{
        Workspace,
        in_flight::{Exclusivity, ReservedBytes},
        interview::Prepared,
        outcome,
    },
};

/// HeyMilo's answer, with what it holds in memory until it is written.
pub(super) struct Fetch {
    pub answer: Answered,
    pub at: DateTime<Utc>,
    pub held: (ReservedBytes, Exclusivity),
}

/// The outcome of a request.
pub(super) enum Answered {
    Read(Box<Prepared>),
    Unreadable(Job, Bytes, Unreadable),
    Failed(Job, heymilo::Error),
}

impl Scheduler {
    /// Fetches an interview and parses the answer. A job that must be alone waits for the others.
    pub(super) async fn fetch(self, next: Waiting, permit: Permit) -> Fetch {
        let Waiting { job, must_be_marked, must_be_alone, .. } = next;
        let exclusivity = if must_be_alone {
            self.in_flight.exclusive().await
        } else {
            self.in_flight.shared().await
        };

        let Workspace { id, db, heymilo, counts, .. } = &self.workspace;
        if must_be_marked {
            let marked = failure::within_time(async { Ok(store::jobs::mark(db, id, &job).await?) });
            // Without a mark the job is worked on as usual. It is marked after the next unclean
            // takeover.
            marked.await.ok();
        }

        crash::point("job-taken");
        let (began, span) = (Instant::now(), outcome::span(&self.workspace, &job));
        let answer = if heymilo.limiter().is_allowed() {
            let asked = heymilo.interview_data(permit, job.interview_id.as_str());
            asked.instrument(info_span!(parent: &span, "fetch")).await
        } else {
            // The ownership ended while the job waited to be alone.
            Err(heymilo::Error::RateLimited { retry_after: Duration::ZERO })
        };

        counts.took(Stage::Fetch, began.elapsed());
        let memory = |body: &Bytes| body.len() + json::memory(body).min(json::MAX_MEMORY);
        let reserved = self.in_flight.reserve(answer.as_ref().map_or(0, memory));

        let (held, at) = ((reserved, exclusivity), Utc::now());
        let answer = match answer {
            Ok(body) => self.read(job, body, at, span),
            Err(error) => Answered::Failed(job, error),
        };

        Fetch { answer, at, held }
    }

    fn read(&self, job: Job, body: Bytes, at: DateTime<Utc>, span: Span) -> Answered {
        let began = Instant::now();
        let reading = info_span!(parent: &span, "normalize").entered();
        match Answer::about(job.interview_id.as_str(), &body) {
            Ok(answer) => {
                let prepared = Prepared::new(job, body, answer, at, span);
                drop(reading);
                self.workspace.counts.took(Stage::Normalize, began.elapsed());
                Answered::Read(Box::new(prepared))
            }
            Err(unreadable) => Answered::Unreadable(job, body, unreadable),
        }
    }
}
