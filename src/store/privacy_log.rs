//! The log of what was done under data protection. Rows are only added, each with the hash of all before it.

use sqlx::{PgExecutor, types::Json};

use super::{Result, traces::Removed};
use crate::records::WorkspaceId;

/// A receipt: what was removed, never of whom.
#[derive(Debug)]
pub struct Receipt<'a> {
    /// Who did it; the database's user when it is not known.
    pub by: Option<&'a str>,
    /// Why, in the database's word.
    pub reason: &'a str,
    /// How the person was named, in the database's word.
    pub asked_for: Option<&'a str>,
    /// How many interviews.
    pub interviews: usize,
    /// How many people.
    pub people: u64,
    /// How many rows of each table.
    pub removed: &'a Removed,
}

/// Keeps a receipt. Returns its number.
pub async fn keep_receipt(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    receipt: &Receipt<'_>,
) -> Result<i64> {
    sqlx::query_scalar!(
        r#"
        insert into heymilo_sync.privacy_log
            (workspace_id, done_by, action, reason, asked_for, interviews, people, removed)
        values ($1, coalesce($2, session_user::text), 'removed', $3, $4, $5, $6, $7)
        returning entry_id
        "#,
        workspace_id.as_str(),
        receipt.by,
        receipt.reason,
        receipt.asked_for,
        i64::try_from(receipt.interviews).unwrap_or(i64::MAX),
        i64::try_from(receipt.people).unwrap_or(i64::MAX),
        Json(receipt.removed) as _,
    )
    .fetch_one(db)
    .await
}
