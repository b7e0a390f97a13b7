//! The vendor's JSON around the data: envelopes, registrations, statistics. Read leniently; fields
//! that are not named here are passed over.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// One page of a list, its items as received.
#[derive(Debug)]
pub struct Page {
    /// The items.
    pub items: Vec<Box<RawValue>>,
    /// How many items the whole list has, where HeyMilo tells.
    pub total_count: Option<i64>,
    /// Where the next page begins: the id of the last item. `None` on the last page.
    pub next: Option<String>,
}

/// `{"data": [...], "pagination": {...}}`
#[derive(Debug, Deserialize)]
pub(super) struct ListEnvelope {
    pub data: Vec<Box<RawValue>>,
    #[serde(default)]
    pub pagination: Pagination,
}

/// What a list says about its pages.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Pagination {
    #[serde(default)]
    pub has_more: bool,
    #[serde(default)]
    pub total_count: Option<i64>,
}

/// `{"data": {...}, "meta": {...}}`
#[derive(Debug, Deserialize)]
pub(super) struct Envelope<T> {
    pub data: T,
}

/// `{"error": {"code": ..., ...}}`
#[derive(Debug, Deserialize)]
pub(super) struct ErrorEnvelope {
    pub error: ErrorBody,
}

/// The part of an error that may be told on.
#[derive(Debug, Deserialize)]
pub(super) struct ErrorBody {
    #[serde(default)]
    pub code: Option<String>,
}

/// Numbers about a posting.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct PostingStats {
    /// Everybody who was invited.
    pub total_candidates: i64,
    /// Those who finished.
    pub completed_interviews: i64,
}

/// A webhook registration: one posting, one event type, one address.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Webhook {
    /// HeyMilo's id of the registration.
    pub webhook_id: String,
    /// The posting whose events are delivered.
    pub posting_id: String,
    /// Where they are delivered to; an earlier revision of the contract says `url`.
    #[serde(alias = "url")]
    pub webhook_url: String,
    /// Which events.
    pub event_type: String,
}

/// A registration to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewWebhook {
    /// The posting whose events shall be delivered.
    pub posting_id: String,
    /// Where they shall be delivered to.
    pub webhook_url: String,
    /// Which events.
    pub event_type: String,
}
