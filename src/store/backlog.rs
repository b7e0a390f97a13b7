//! How much is due, and what went wrong: what commands tell about jobs.

use chrono::{DateTime, Utc};
use sqlx::PgExecutor;

use super::{Result, backfills::Range};
use crate::records::{InterviewId, PostingId, Urgency, WorkspaceId};

/// Counts the jobs that are due at once, those in hand included. Deliveries that may well be in vain have a
/// share of the rate limit, and no command waits for them.
pub async fn left(db: impl PgExecutor<'_>, workspace_id: &WorkspaceId) -> Result<i64> {
    sqlx::query_scalar!(
        r#"
        select count(*) as "count!"
        from heymilo_sync.jobs
        where workspace_id = $1
          and heymilo_sync.is_due(jobs)
          and is_known
          and repeats = 0
        "#,
        workspace_id.as_str(),
    )
    .fetch_one(db)
    .await
}

/// Whether any interview waits to be fetched, in any workspace.
pub async fn is_any_due(db: impl PgExecutor<'_>) -> Result<bool> {
    sqlx::query_scalar!(
        r#"
        select exists (
            select
            from heymilo.workspaces
            cross join unnest($1::text[]::heymilo_sync.urgency[]) as asked (urgency)
            cross join lateral (
                select
                from heymilo_sync.jobs
                where jobs.workspace_id = workspaces.workspace_id
                  and jobs.urgency = asked.urgency
                  and heymilo_sync.is_due(jobs)
                limit 1
            ) as due
        ) as "is_any_due!"
        "#,
        &Urgency::ALL.map(Urgency::as_str) as _,
    )
    .fetch_one(db)
    .await
}

/// Counts the interviews of the range that a backfill has still to fetch.
pub async fn backfill(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    range: &Range,
) -> Result<i64> {
    sqlx::query_scalar!(
        r#"
        select count(*) as "count!"
        from heymilo_sync.jobs
        join heymilo.interviews using (interview_id, workspace_id)
        where jobs.workspace_id = $1
          and jobs.urgency = 'backfill'
          and jobs.failed_at is null
          and ($2::text is null or posting_id = $2)
          and ($3::timestamptz is null or coalesce(invited_at, first_synced_at) >= $3)
          and ($4::timestamptz is null or coalesce(invited_at, first_synced_at) < $4)
        "#,
        workspace_id.as_str(),
        range.posting_id.as_ref().map(PostingId::as_str),
        range.since,
        range.until,
    )
    .fetch_one(db)
    .await
}

/// Where a job stands.
#[derive(Debug)]
pub struct Standing {
    /// Whether it is due, or being worked on.
    pub is_in_progress: bool,
    /// Whether it was given up.
    pub is_failed: bool,
    /// What went wrong last.
    pub last_error: Option<String>,
}

/// Where the job of an interview stands; `None` when there is none.
pub async fn standing(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    interview_id: &InterviewId,
) -> Result<Option<Standing>> {
    sqlx::query_as!(
        Standing,
        r#"
        select heymilo_sync.is_due(jobs) as "is_in_progress!",
               failed_at is not null as "is_failed!",
               last_error
        from heymilo_sync.jobs
        where workspace_id = $1
          and interview_id = $2
        "#,
        workspace_id.as_str(),
        interview_id.as_str(),
    )
    .fetch_optional(db)
    .await
}

/// What went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Troubles {
    /// Interviews that were given up.
    pub failed: i64,
    /// Interviews that could not be fetched, and will be tried again.
    pub waiting: i64,
}

/// Counts what was given up since `since`, and what waits for another try. What only deliveries name
/// and HeyMilo does not know is no trouble.
pub async fn troubles(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    since: DateTime<Utc>,
) -> Result<Troubles> {
    sqlx::query_as!(
        Troubles,
        r#"
        select count(*) filter (
                   where failed_at >= $2
                     and state = 'failed'
               ) as "failed!",
               count(*) filter (
                   where failed_at is null
                     and attempt > 0
                     and (is_known or missed_at is null)
                     and last_error is not null
               ) as "waiting!"
        from heymilo_sync.jobs
        where workspace_id = $1
        "#,
        workspace_id.as_str(),
        since,
    )
    .fetch_one(db)
    .await
}
