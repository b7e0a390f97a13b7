//! How much is due, and what went wrong: what commands tell about jobs.

use chrono::{DateTime, Utc};
use sqlx::PgExecutor;

use super::{Result, interviews::Range};
use crate::records::{InterviewId, PostingId, WorkspaceId};

/// Counts the jobs that are due at once.
pub async fn due(db: impl PgExecutor<'_>, workspace_id: &WorkspaceId) -> Result<i64> {
    sqlx::query_scalar!(
        r#"
        select count(*) as "count!"
        from heymilo_sync.jobs
        where workspace_id = $1
          and failed_at is null
          and due_at <= now()
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
            cross join unnest('{0, 1, 2, 3}'::smallint[]) as urgency (priority)
            cross join lateral (
                select
                from heymilo_sync.jobs
                where jobs.workspace_id = workspaces.workspace_id
                  and jobs.priority = urgency.priority
                  and jobs.due_at <= now()
                  and jobs.failed_at is null
                limit 1
            ) as due
        ) as "is_any_due!"
        "#,
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
          and jobs.reason = 'backfill'
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
    /// Whether it can be claimed, or somebody holds it.
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
        select failed_at is null
                   and (lease_token is not null or due_at <= now()) as "is_in_progress!",
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
    /// Interviews that could not be fetched, or whose worker died, and will be tried again.
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
                     and missed_at is distinct from failed_at
               ) as "failed!",
               count(*) filter (
                   where failed_at is null
                     and attempt > 0
                     and (priority < 3 or missed_at is null)
                     and case when lease_token is null then last_error is not null
                              else due_at <= now() end
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
