//! Deliveries as they arrived.

use chrono::{DateTime, Utc};
use sqlx::PgExecutor;

use super::Result;
use crate::records::WorkspaceId;

/// A webhook delivery, and what was recognised in it.
#[derive(Debug)]
pub struct Delivery<'a> {
    /// When it arrived.
    pub received_at: DateTime<Utc>,
    /// GET or POST.
    pub method: &'a str,
    /// The query string, as received.
    pub query: Option<&'a str>,
    /// What the sender says the body is.
    pub content_type: Option<&'a str>,
    /// The body, byte for byte.
    pub body: &'a [u8],
    /// The interviews it names.
    pub interview_ids: &'a [&'a str],
    /// The posting it names, when it names no interview.
    pub posting_id: Option<&'a str>,
}

/// Keeps a delivery. Returns its number.
pub async fn insert(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    delivery: &Delivery<'_>,
) -> Result<i64> {
    sqlx::query_scalar!(
        r#"
        insert into heymilo_sync.inbox
            (workspace_id, received_at, method, query, content_type, body, interview_ids,
             posting_id)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
        returning delivery_id
        "#,
        workspace_id.as_str(),
        delivery.received_at,
        delivery.method,
        delivery.query,
        delivery.content_type,
        delivery.body,
        delivery.interview_ids as _,
        delivery.posting_id,
    )
    .fetch_one(db)
    .await
}
