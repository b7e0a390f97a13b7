//! A webhook delivery as it arrived, with the ids recognised in it.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{InterviewId, PostingId, WorkspaceId};

/// A webhook delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Made on arrival, so that the delivery is kept once.
    pub receipt_id: Uuid,
    /// The workspace that it is for.
    pub workspace_id: WorkspaceId,
    /// When it arrived.
    pub received_at: DateTime<Utc>,
    /// GET or POST.
    pub method: String,
    /// The query string, as received.
    pub query: Option<String>,
    /// The content type that the sender gave.
    pub content_type: Option<String>,
    /// The compression that the sender gave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_encoding: Option<String>,
    /// The decompressed body, otherwise byte for byte. The spool writes it after the other fields.
    #[serde(skip)]
    pub body: Bytes,
    /// The interviews that it names, sorted and distinct.
    pub interview_ids: Vec<InterviewId>,
    /// The posting that it names.
    pub posting_id: Option<PostingId>,
    /// Whether it names no interview for certain, so that lists must be read.
    pub is_vague: bool,
    /// Why a part of the body was left out, when it could not be decoded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undecoded: Option<String>,
    /// The type of the event, if a field names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_type: Option<String>,
    /// The span in which it was received, in W3C format. `None` when spans are not exported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
}
