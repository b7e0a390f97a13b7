//! Reports a job: its span, its count and its log line.

use chrono::Utc;
use tracing::{Span, debug, field::Empty, info, info_span, warn};

use super::{Workspace, interview::Outcome};
use crate::{metrics, spans, store::jobs::Job};

/// The span of a job. It continues the span of the delivery that enqueued it.
pub fn span(workspace: &Workspace, job: &Job) -> Span {
    let span = info_span!(
        "job",
        workspace.id = %workspace.id,
        interview.id = %job.interview_id,
        job.urgency = job.urgency.as_str(),
        job.attempt = job.attempt,
        outcome = Empty,
    );
    if let Some(traceparent) = &job.traceparent {
        spans::follow(&span, traceparent);
    }
    span
}

/// Reports the outcome of a job whose interview was fetched.
pub fn report(workspace: &Workspace, job: &Job, span: &Span, outcome: Outcome) {
    let (word, message) = match outcome {
        Outcome::Written => (metrics::Job::Written, "interview synced"),
        Outcome::Unchanged => (metrics::Job::Unchanged, "interview unchanged"),
        Outcome::Doubtful => {
            (metrics::Job::Retried, "interview lost all results, asking again in 10 minutes")
        }
        Outcome::Erased => (metrics::Job::Erased, "interview erased, not written"),
    };

    workspace.counts.done(word);
    span.record("outcome", word.as_str());
    if outcome == Outcome::Written && job.urgency.is_fresh() {
        // The clocks of two machines may differ, so a negative wait counts as zero.
        let waited = Utc::now().signed_duration_since(job.enqueued_at);
        workspace.counts.fresh_after(waited.to_std().unwrap_or_default());
    }

    if outcome == Outcome::Doubtful {
        warn!(interview.id = %job.interview_id, "{message}");
        return;
    }

    if outcome == Outcome::Unchanged {
        debug!(interview.id = %job.interview_id, job.urgency = job.urgency.as_str(), "{message}");
        return;
    }
    info!(
        interview.id = %job.interview_id,
        job.urgency = job.urgency.as_str(),
        job.attempt = job.attempt,
        "{message}"
    );
}
