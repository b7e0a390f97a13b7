//! A row of a posting's list of candidates.

use std::{borrow::Cow, collections::HashSet};

use chrono::{DateTime, Utc};

use crate::{
    normalize::{self, Answer, Fingerprint, Normalized},
    records::{Candidate, InterviewId, Listing, Standing},
    store::snapshots::Newest,
    sync::rows::id_of,
};

/// A list row that is new or has changed.
pub struct Row<'a> {
    /// The row as received.
    pub body: Cow<'a, [u8]>,
    /// The fingerprint of the whole row.
    pub fingerprint: Fingerprint,
    /// The fingerprint of the part that the interview's results hold as well.
    pub results_fingerprint: Fingerprint,
    /// Whether the candidate has not begun the interview.
    pub is_untouched: bool,
    /// The row as records.
    pub listing: Normalized<Listing>,
    /// Whether its conversations were taken out.
    pub is_redacted: bool,
}

impl<'a> Row<'a> {
    /// Parses a row.
    pub fn new(id: &InterviewId, body: &'a [u8], answer: Answer) -> Self {
        Self {
            body: Cow::Borrowed(body),
            fingerprint: answer.fingerprint(),
            results_fingerprint: normalize::results_fingerprint(&answer),
            is_untouched: normalize::is_untouched(&answer),
            listing: normalize::listing(id, answer),
            is_redacted: false,
        }
    }

    /// Its interview.
    pub fn id(&self) -> &str {
        id_of(&self.listing)
    }

    /// The same row without its conversations. It keeps its fingerprint, so that it still compares
    /// equal to HeyMilo's row.
    pub fn without_conversations(&self) -> Row<'static> {
        let body = normalize::row_without_conversations(&self.body);
        let answer = Answer::item(&body).expect("what was read once can be read again");
        Row {
            listing: normalize::listing(&self.listing.records.interview.interview_id, answer),
            body: Cow::Owned(body),
            is_redacted: true,
            ..*self
        }
    }

    /// When the candidate was invited.
    pub fn invited_at(&self) -> Option<DateTime<Utc>> {
        self.listing.records.invited_at
    }

    /// The candidate.
    pub fn candidate(&self) -> &Candidate {
        &self.listing.records.interview.candidate
    }

    /// Whether the interview's results must be fetched. A change that only the list shows, such as
    /// a recruiter's decision, needs no request. An invitation that the candidate has not begun
    /// needs none either.
    pub fn needs_results(&self, standing: Option<&Standing>, newest: Option<&Newest>) -> bool {
        let old = newest.and_then(|newest| newest.results_fingerprint.as_deref());
        let never_fetched = standing.is_none_or(|standing| standing.results_ready.is_none());
        if self.is_untouched && never_fetched {
            return false;
        }
        match (old, standing) {
            (Some(old), _) => old != self.results_fingerprint.as_bytes(),
            // The first row of an interview whose results a webhook brought already.
            (None, Some(standing)) if standing.results_ready == Some(true) => {
                !self.agrees_with(standing)
            }
            (None, _) => true,
        }
    }

    fn agrees_with(&self, standing: &Standing) -> bool {
        let interview = &self.listing.records.interview;
        let workflow = interview.workflow.as_ref();
        let steps = workflow.map_or(&[][..], |workflow| &workflow.steps);
        let known: HashSet<_> =
            standing.steps.iter().map(|known| (&known.step_id, &known.status)).collect();
        interview.status == standing.status
            && interview.score == standing.score
            && steps.len() == standing.steps.len()
            && steps.iter().all(|step| known.contains(&(&step.step_id, &step.status)))
    }
}
