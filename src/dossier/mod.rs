//! Everything that is kept about one person, as a file for a request for access or the explanation
//! of a decision. The same database gives the same bytes.

mod content;
mod gather;
mod html;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;

pub use gather::{Error, Keeping, Request, gather};
pub use html::page;

/// The version of the format. It rises when a field changes its meaning or is removed.
const FORMAT: &str = "heymilo-sync dossier 1";

/// The dossier.
#[derive(Debug, Serialize)]
pub struct Dossier {
    format: &'static str,
    workspace: String,
    /// The time of interest. `None` for now.
    as_of: Option<DateTime<Utc>>,
    person: Person,
    interviews: Vec<Interview>,
    /// HeyMilo's answers that name the person and could not be read.
    unread_answers: Vec<Value>,
    deliveries: Vec<Delivery>,
    /// The number of rows about the person in each table.
    rows: BTreeMap<String, u64>,
}

#[derive(Debug, Serialize)]
struct Person {
    candidate_ids: Vec<String>,
    names: Vec<String>,
    email_addresses: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Interview {
    interview_id: String,
    posting_id: Option<String>,
    posting_title: Option<String>,
    first_seen_at: DateTime<Utc>,
    /// Since when HeyMilo does not have the interview.
    gone_since: Option<DateTime<Utc>>,
    /// The decisions of recruiters, as first observed.
    decisions: Vec<Event>,
    /// The AI's results.
    results: LastAnswer,
    /// The row in the candidates list, with the decisions of recruiters.
    list_row: LastAnswer,
    timeline: Vec<Event>,
    sources: Vec<Source>,
    /// Recordings and resumes.
    files: Vec<File>,
    kept_until: Vec<KeptUntil>,
}

/// HeyMilo's answer.
#[derive(Debug, Serialize)]
struct LastAnswer {
    state: State,
    received_at: Option<DateTime<Utc>>,
    last_seen_at: Option<DateTime<Utc>>,
    sha256: Option<String>,
    /// The content without the signatures of links.
    content: Value,
}

/// Whether HeyMilo said so at the time of interest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    /// An answer before that time and one after it agree.
    Known,
    /// The last answer before that time. No later answer confirms it.
    NotConfirmed,
    /// No answer from before that time is kept.
    NotKnown,
}

#[derive(Debug, Clone, Serialize)]
struct Event {
    what: String,
    from: Option<String>,
    to: Option<String>,
    /// When the answer that shows it was received.
    first_seen_at: DateTime<Utc>,
    /// When it happened, if HeyMilo says so.
    happened_at: Option<DateTime<Utc>>,
    /// It is the first observation, so it may be older.
    may_be_older: bool,
}

#[derive(Debug, Serialize)]
struct Source {
    kind: &'static str,
    version: i32,
    received_at: DateTime<Utc>,
    last_seen_at: DateTime<Utc>,
    sha256: String,
    /// When the conversations were taken out.
    redacted_at: Option<DateTime<Utc>>,
    /// Whether the tables follow it.
    is_applied: bool,
}

/// A recording or a resume. The dossier lists it without its content.
#[derive(Debug, Serialize)]
struct File {
    kind: String,
    /// The database's word for its state.
    state: String,
    sha256: Option<String>,
    bytes: Option<i64>,
    media_type: Option<String>,
    first_seen_at: DateTime<Utc>,
    kept_at: Option<DateTime<Utc>>,
    /// `None` when there is no limit, or the file is not kept.
    kept_until: Option<DateTime<Utc>>,
}

#[derive(Debug, Serialize)]
struct Delivery {
    received_at: DateTime<Utc>,
    content: Value,
}

#[derive(Debug, Serialize)]
struct KeptUntil {
    what: &'static str,
    setting: &'static str,
    /// `None` for no limit.
    until: Option<DateTime<Utc>>,
}

impl Dossier {
    /// The dossier as JSON.
    pub fn to_json(&self) -> serde_json::Result<String> {
        serde_json::to_string_pretty(self)
    }
}
