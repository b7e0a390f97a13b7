//! Jobs: interviews that must be fetched, at most one job for each.
//!
//! A job has no lease. The owner of the workspace reads the due jobs and keeps those in flight in
//! memory. It settles each job in the transaction that writes the interview. docs/jobs.md shows the
//! states.

mod due;
mod enqueue;
mod settle;

use std::time::Duration;

use chrono::{DateTime, Utc};

pub use due::{LowWaterMarks, due, mark};
pub use enqueue::{FirstCopy, enqueue, enqueue_first_copies, enqueue_unlisted};
pub use settle::{Look, complete, doubt, fail, miss, note_missing, note_repeats, retry};

use crate::records::{InterviewId, Urgency};

/// A job that was marked this often before the process died is set aside.
pub const MAX_MARKS: i32 = 3;

/// A 404 for a known interview counts when HeyMilo still answers it this long after the first.
const GONE_CONFIRMED_AFTER: Duration = Duration::from_secs(60 * 60);
/// An answer without the earlier results counts when another one confirms it this long after the
/// first.
pub(super) const LOSS_CONFIRMED_AFTER: Duration = Duration::from_secs(10 * 60);

/// A job that is due.
#[derive(Debug, Clone)]
pub struct Job {
    /// The interview to fetch.
    pub interview_id: InterviewId,
    /// The urgency of what enqueued it.
    pub urgency: Urgency,
    /// A higher number after the fetch means that the job was enqueued again meanwhile.
    pub generation: i64,
    /// The number of this attempt since the job was enqueued.
    pub attempt: i32,
    /// The number of looks in a row that found the interview unfinished.
    pub looks: i32,
    /// The number of marks before this attempt.
    pub marks: i32,
    /// The number of deliveries in a row before this one that led to an unchanged answer.
    pub repeats: i32,
    /// The event types of the deliveries that enqueued it.
    pub event_types: Vec<String>,
    /// False while only deliveries name the interview.
    pub is_known: bool,
    /// Whether a full scan of its posting did not show it.
    pub is_unlisted: bool,
    /// Whether HeyMilo first answered 404 [`GONE_CONFIRMED_AFTER`] ago or earlier.
    pub is_long_missing: bool,
    /// Whether an answer first held no results [`LOSS_CONFIRMED_AFTER`] ago or earlier, and no
    /// answer has brought any since.
    pub is_loss_confirmed: bool,
    /// When it was enqueued.
    pub enqueued_at: DateTime<Utc>,
    /// The time from which it may be worked on.
    pub due_at: DateTime<Utc>,
    /// How long ago it was enqueued, in seconds.
    pub waited_s: f64,
    /// The span of the delivery that enqueued it, in W3C format.
    pub traceparent: Option<String>,
}

impl Job {
    /// Whether only a delivery that may change nothing asks for it. HeyMilo did not know the
    /// interview, or the last delivery led to an unchanged answer.
    pub fn is_speculative(&self) -> bool {
        !self.is_known || self.repeats > 0
    }
}
