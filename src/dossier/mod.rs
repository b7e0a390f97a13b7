//! Everything that is kept about one person, as a file for them: a request for access, or the explanation of
//! a decision. The same database gives the same bytes.

mod content;
mod gather;
mod html;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;

pub use gather::{Error, Keeping, Request, gather};
pub use html::page;

/// The form of the file. Rises when a field changes its meaning or goes.
const FORMAT: &str = "heymilo-sync dossier 1";

/// The file.
#[derive(Debug, Serialize)]
pub struct Dossier {
    format: &'static str,
    workspace: String,
    /// The time that it is asked for. `None` for now.
    as_of: Option<DateTime<Utc>>,
    person: Person,
    interviews: Vec<Interview>,
    /// HeyMilo's answers that name the person and could not be read.
    unread_answers: Vec<Value>,
    deliveries: Vec<Delivery>,
    /// How many rows of each table are about the person.
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
    /// HeyMilo has it no more since then.
    gone_since: Option<DateTime<Utc>>,
    /// People's decisions, as they were first seen.
    decisions: Vec<Event>,
    /// The AI's results.
    results: Told,
    /// The row in the list of candidates, with people's decisions.
    list_row: Told,
    timeline: Vec<Event>,
    sources: Vec<Source>,
    /// Recordings and resumes.
    files: Vec<File>,
    kept_until: Vec<KeptUntil>,
}

/// What HeyMilo said.
#[derive(Debug, Serialize)]
struct Told {
    state: State,
    received_at: Option<DateTime<Utc>>,
    last_seen_at: Option<DateTime<Utc>>,
    sha256: Option<String>,
    /// Without the signatures of links.
    content: Value,
}

/// Whether HeyMilo said so at the time that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    /// An answer from before and one from after that time say the same.
    Known,
    /// The last answer before that time says so. No later answer confirms it.
    NotConfirmed,
    /// No answer from before that time is kept.
    NotKnown,
}

#[derive(Debug, Clone, Serialize)]
struct Event {
    what: String,
    from: Option<String>,
    to: Option<String>,
    /// When HeyMilo's answer that shows it was received.
    first_seen_at: DateTime<Utc>,
    /// When it happened, where HeyMilo tells.
    happened_at: Option<DateTime<Utc>>,
    /// It was so when it was first looked at, and may have been so before.
    may_be_older: bool,
}

#[derive(Debug, Serialize)]
struct Source {
    kind: &'static str,
    version: i32,
    received_at: DateTime<Utc>,
    last_seen_at: DateTime<Utc>,
    sha256: String,
    /// The conversations were taken out of it then.
    redacted_at: Option<DateTime<Utc>>,
    /// Whether the tables follow it.
    is_applied: bool,
}

/// A recording or a resume, which the file names and does not hold.
#[derive(Debug, Serialize)]
struct File {
    kind: String,
    /// Whether it is kept, in the database's word.
    state: String,
    sha256: Option<String>,
    bytes: Option<i64>,
    media_type: Option<String>,
    first_seen_at: DateTime<Utc>,
    kept_at: Option<DateTime<Utc>>,
    /// `None`: without end, or it is not kept.
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
    /// `None`: without end.
    until: Option<DateTime<Utc>>,
}

impl Dossier {
    /// The file as JSON.
    pub fn to_json(&self) -> serde_json::Result<String> {
        serde_json::to_string_pretty(self)
    }
}
