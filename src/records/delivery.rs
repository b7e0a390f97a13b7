//! A webhook delivery as it arrived, and what was recognised in it.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{InterviewId, PostingId, WorkspaceId};

/// A webhook delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Given when it was received, so that it is written once.
    pub receipt_id: Uuid,
    /// The workspace it is for.
    pub workspace_id: WorkspaceId,
    /// When it arrived.
    pub received_at: DateTime<Utc>,
    /// GET or POST.
    pub method: String,
    /// The query string, as received.
    pub query: Option<String>,
    /// What the sender says the body is.
    pub content_type: Option<String>,
    /// What the sender calls the body's compression.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_encoding: Option<String>,
    /// The body: unpacked, and otherwise byte for byte. The spool writes it behind the rest.
    #[serde(skip)]
    pub body: Bytes,
    /// The interviews it names, sorted and distinct.
    pub interview_ids: Vec<InterviewId>,
    /// The posting it names.
    pub posting_id: Option<PostingId>,
    /// Whether its posting is worth a look.
    pub is_vague: bool,
    /// What of the body could not be decoded and is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undecoded: Option<String>,
    /// The type of the event, as far as a field tells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_type: Option<String>,
    /// The span in which it was received, as W3C writes it, when spans are sent anywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
}
