//! An answer about an interview, as records.

use chrono::{DateTime, Utc};

use crate::{
    normalize::Normalized,
    records::{Interview, Results, Standing, Workflow},
};

/// HeyMilo's word for an interview without results.
const NOT_READY: &str = "not_ready";

/// An answer about an interview, in a fetch or in a replay.
#[derive(Debug)]
pub struct Received {
    /// The answer as records.
    pub results: Normalized<Results>,
    /// When the answer was received.
    pub fetched_at: DateTime<Utc>,
}

impl Received {
    /// The id of the interview.
    pub fn id(&self) -> &str {
        self.interview().interview_id.as_str()
    }

    /// The interview.
    pub fn interview(&self) -> &Interview {
        &self.results.records.interview
    }

    /// Whether the candidate has not begun the interview, as far as is known. The list shows when
    /// that changes.
    pub fn is_invitation(&self, before: Option<&Standing>) -> bool {
        let is_pending = |known: &Standing| known.status.as_deref() == Some("pending");
        !self.results_ready()
            && before.is_none_or(is_pending)
            && self.interview().workflow.as_ref().is_some_and(Workflow::is_untouched)
    }

    /// Whether HeyMilo gave results, and did not say that they are not ready.
    pub fn results_ready(&self) -> bool {
        !is_not_ready(&self.results.records)
    }
}

/// Whether the results are not ready. The tables then keep the earlier ones.
pub fn is_not_ready(results: &Results) -> bool {
    results.interview.status.as_deref() == Some(NOT_READY)
}
