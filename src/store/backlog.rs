//! The number of due jobs and of errors, for commands.

use chrono::{DateTime, Utc};
use sqlx::PgExecutor;

use super::{Result, backfills::Range};
use crate::records::{InterviewId, PostingId, Urgency, WorkspaceId};

/// Counts the jobs that are due now, including jobs in flight. It leaves out deliveries that may
/// change nothing: they have a share of the rate limit, and no command waits for them.
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

/// Counts the interviews of the range that a backfill has not fetched yet.
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

/// The state of a job.
#[derive(Debug)]
pub struct Standing {
    /// Whether the job is due or in flight.
    pub is_in_progress: bool,
    /// Whether the job was set aside.
    pub is_failed: bool,
    /// The last error.
    pub last_error: Option<String>,
}

/// The state of an interview's job. `None` when there is no job.
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

/// The errors of a workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Troubles {
    /// Interviews that were set aside.
    pub failed: i64,
    /// Interviews that could not be fetched and will be retried.
    pub waiting: i64,
}

/// Counts the jobs set aside since `since`, and the jobs that wait for a retry. An interview that
/// only deliveries name and that HeyMilo does not know is not an error.
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
