//! Interviews that are due to be fetched: at most one job each.
//!
//! A job has no lease. The owner of the workspace reads what is due, keeps what it has in hand in memory, and
//! settles each job in the transaction that writes the interview. docs/jobs.md shows the states.

mod due;
mod enqueue;
mod settle;

use std::time::Duration;

use chrono::{DateTime, Utc};

pub use due::{Marks, due, mark};
pub use enqueue::{FirstCopy, enqueue, enqueue_first_copies, enqueue_unlisted};
pub use settle::{Look, complete, doubt, fail, miss, note_missing, note_repeats, retry};

use crate::records::{InterviewId, Urgency};

/// A job that was marked so often before the process died over it is set aside.
pub const MAX_DEATHS: i32 = 3;

/// A 404 for a known interview is believed when HeyMilo still answers so this long after the first.
const GONE_CONFIRMED_AFTER: Duration = Duration::from_secs(60 * 60);
/// An answer that takes away all results is believed when another one says so this long after the first.
pub(super) const LOSS_CONFIRMED_AFTER: Duration = Duration::from_secs(10 * 60);

/// A job that is due.
#[derive(Debug, Clone)]
pub struct Job {
    /// The interview to fetch.
    pub interview_id: InterviewId,
    /// What made it due.
    pub urgency: Urgency,
    /// Tells whether it was made due again during the fetch.
    pub generation: i64,
    /// Which attempt this is since it was made due.
    pub attempt: i32,
    /// How many looks in a row found the interview unfinished.
    pub looks: i32,
    /// How often it was marked before this attempt, and not settled.
    pub deaths: i32,
    /// How many deliveries in a row led to an unchanged answer before this one.
    pub repeats: i32,
    /// The event types of the deliveries that made it due.
    pub event_types: Vec<String>,
    /// False while only deliveries name the interview.
    pub is_known: bool,
    /// Whether the whole list of its posting did not show it.
    pub is_unlisted: bool,
    /// Whether HeyMilo first said [`GONE_CONFIRMED_AFTER`] ago or earlier that the interview does not exist.
    pub is_long_missing: bool,
    /// Whether an answer took away all results [`LOSS_CONFIRMED_AFTER`] ago or earlier, and none has brought
    /// any since.
    pub is_loss_confirmed: bool,
    /// When it was made due.
    pub enqueued_at: DateTime<Utc>,
    /// From when it may be worked on.
    pub due_at: DateTime<Utc>,
    /// How long ago it was made due, in seconds.
    pub waited_s: f64,
    /// The span of the delivery that made it due, as W3C writes it.
    pub traceparent: Option<String>,
}

impl Job {
    /// Whether only a delivery asks for it that may well be in vain: HeyMilo did not know the interview, or
    /// the last delivery led to an unchanged answer.
    pub fn is_speculative(&self) -> bool {
        !self.is_known || self.repeats > 0
    }
}
