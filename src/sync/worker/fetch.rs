//! Asks for an interview and reads the answer.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use tokio::{sync::OwnedSemaphorePermit, time::Instant};
use tracing::{Instrument as _, Span, info_span};

use super::Worker;
use crate::{
    heymilo::{self, Permit},
    metrics::Stage,
    normalize::{Answer, Unreadable},
    store::jobs::Job,
    sync::{Workspace, in_hand::Weight, interview::Prepared, told},
};

/// What HeyMilo answered, and what it takes until that is written.
pub(super) struct Fetch {
    pub answer: Answered,
    pub at: DateTime<Utc>,
    pub held: (Weight, OwnedSemaphorePermit),
}

/// What became of a request.
pub(super) enum Answered {
    Read(Box<Prepared>),
    Unreadable(Job, Bytes, Unreadable),
    Failed(Job, heymilo::Error),
}

impl Fetch {
    /// The job that asked for it.
    pub fn job(&self) -> &Job {
        match &self.answer {
            Answered::Read(prepared) => &prepared.job,
            Answered::Unreadable(job, ..) | Answered::Failed(job, _) => job,
        }
    }
}

impl Worker {
    /// Asks for an interview and reads the answer: by tasks of their own, so that nobody waits for it
    /// in the middle of a transaction.
    pub(super) async fn fetch(
        self,
        job: Job,
        permit: Permit,
        place: OwnedSemaphorePermit,
    ) -> Fetch {
        let Workspace { heymilo, counts, .. } = &self.workspace;
        let (began, span) = (Instant::now(), told::span(&self.workspace, &job));
        let asked = heymilo.interview_data(permit, job.interview_id.as_str());
        let answer = asked.instrument(info_span!(parent: &span, "fetch")).await;
        counts.took(Stage::Fetch, began.elapsed());
        let weight = self.in_hand.weigh(answer.as_ref().map_or(0, Bytes::len));
        let (held, at) = ((weight, place), Utc::now());
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
