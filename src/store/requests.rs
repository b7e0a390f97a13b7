//! Open requests to erase a person, and when they are due.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgExecutor};

use super::{Result, database::interval, erasures::Named};
use crate::records::WorkspaceId;

/// A request that is not done.
#[derive(Debug)]
pub struct Request {
    /// Its number.
    pub request_id: i64,
    /// When it was made.
    pub requested_at: DateTime<Utc>,
    /// When it must be done.
    pub due_at: DateTime<Utc>,
    /// The person who recorded it.
    pub requested_by: String,
    /// How the person is named: candidate, email or interview.
    pub asked_for: String,
    /// The id or address.
    pub subject: String,
    /// Whether the due time has passed.
    pub is_overdue: bool,
}

impl Request {
    /// How the person is named.
    pub fn named(&self) -> Named {
        Named::of_kind(&self.asked_for, &self.subject)
    }
}

/// Adds a request to the ledger and to the privacy log. Returns its number and its due time, which
/// is given as a time or as a duration from now.
pub async fn add(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    named: &Named,
    by: Option<&str>,
    due_at: Option<DateTime<Utc>>,
    due_after: Duration,
) -> Result<(i64, DateTime<Utc>)> {
    let request = sqlx::query!(
        r#"
        with request as (
            insert into heymilo_sync.erasure_requests
                (workspace_id, due_at, requested_by, asked_for, subject)
            values ($1, coalesce($4, now() + $5::interval), coalesce($2, session_user::text), $3, $6)
            returning *
        ),
        logged as (
            insert into heymilo_sync.privacy_log
                (workspace_id, done_by, action, asked_for, request_id, due_at)
            select workspace_id, requested_by, 'requested', asked_for, request_id, due_at
            from request
        )
        select request_id, due_at from request
        "#,
        workspace_id.as_str(),
        by,
        named.kind(),
        due_at,
        interval(due_after)?,
        named.subject(),
    )
    .fetch_one(db)
    .await?;

    Ok((request.request_id, request.due_at))
}

/// The open requests, the first due first.
pub async fn open(db: impl PgExecutor<'_>, workspace_id: &WorkspaceId) -> Result<Vec<Request>> {
    sqlx::query_as!(
        Request,
        r#"
        select request_id, requested_at, due_at, requested_by, asked_for, subject as "subject!",
               due_at < now() as "is_overdue!"
        from heymilo_sync.erasure_requests
        where workspace_id = $1
          and done_at is null
        order by due_at, request_id
        "#,
        workspace_id.as_str(),
    )
    .fetch_all(db)
    .await
}

/// Closes requests with the receipt of their removal. The names of the people are cleared.
pub async fn close(db: impl PgExecutor<'_>, request_ids: &[i64], entry_id: i64) -> Result<()> {
    sqlx::query!(
        r#"
        update heymilo_sync.erasure_requests
        set subject  = null,
            done_at  = now(),
            entry_id = $2
        where request_id = any($1)
        "#,
        request_ids,
        entry_id,
    )
    .execute(db)
    .await?;

    Ok(())
}

/// The number of overdue requests.
pub async fn overdue(db: impl PgExecutor<'_>, workspace_id: &WorkspaceId) -> Result<i64> {
    sqlx::query_scalar!(
        r#"
        select count(*) as "overdue!"
        from heymilo_sync.erasure_requests
        where workspace_id = $1
          and done_at is null
          and due_at < now()
        "#,
        workspace_id.as_str(),
    )
    .fetch_one(db)
    .await
}
