//! Interviews that are fetched again although no list and no delivery asks for it. HeyMilo changes
//! some results after the final status, and no list shows such a change.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::PgExecutor;

use super::{Result, database};
use crate::records::WorkspaceId;

/// A recorded run.
#[derive(Debug)]
pub struct Run {
    /// When the previous run began, by the database's clock. `None` for the first run.
    pub previous: Option<DateTime<Utc>>,
    /// When this run begins.
    pub now: DateTime<Utc>,
    /// The interview that the refresh has reached. Empty between two rounds.
    pub last_interview_id: String,
    /// Whether a round is under way, or the last one began a day ago or earlier.
    pub may_refresh: bool,
}

/// Records a run, unless one began less than `interval` ago.
pub async fn begin(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    interval: Duration,
) -> Result<Option<Run>> {
    sqlx::query_as!(
        Run,
        r#"
        with previous as (
            select began_at
            from heymilo_sync.refreshes
            where workspace_id = $1
        )
        insert into heymilo_sync.refreshes as known (workspace_id, began_at, last_interview_id)
        values ($1, now(), '')
        on conflict (workspace_id) do update
            set began_at = excluded.began_at
            where known.began_at <= now() - $2::interval
        returning (select began_at from previous) as previous, began_at as now, last_interview_id,
                  last_interview_id <> ''
                      or coalesce(round_began_at <= now() - interval '1 day', true) as "may_refresh!"
        "#,
        workspace_id.as_str(),
        database::interval(interval)?,
    )
    .fetch_optional(db)
    .await
}

/// The interviews that became final after `after` and until `until`, in the order of their ids. One
/// that was final when first received counts when it had ended less than a day before.
pub async fn became_final(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    after: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"
        select distinct interview_id
        from heymilo.interview_changes
        join heymilo.interviews using (workspace_id, interview_id)
        where workspace_id = $1
          and observed_at > $2
          and observed_at <= $3
          and field = 'status'
          and new_value in ('completed', 'shortlisted', 'dismissed', 'knocked_out')
          and (not first_observation
               or greatest(interviewed_at, interviews.last_activity_at) > observed_at - interval '1 day')
          and fetched_at is not null
          and deleted_at is null
        order by interview_id
        "#,
        workspace_id.as_str(),
        after,
        until,
    )
    .fetch_all(db)
    .await
}

/// The next `most` interviews after one, in the order of their ids. Their results did not change
/// for a day, and they have no job.
pub async fn next(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    after: &str,
    most: i64,
) -> Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"
        select interviews.interview_id
        from heymilo.interviews
        left join heymilo_sync.jobs
          on jobs.interview_id = interviews.interview_id
         and jobs.workspace_id = $1
        where interviews.workspace_id = $1
          and interviews.interview_id > $2
          and interviews.fetched_at < now() - interval '1 day'
          and interviews.deleted_at is null
          and jobs.interview_id is null
        order by interviews.interview_id
        limit $3
        "#,
        workspace_id.as_str(),
        after,
        most,
    )
    .fetch_all(db)
    .await
}

/// Whether every job of the refresh was tried.
pub async fn is_done(db: impl PgExecutor<'_>, workspace_id: &WorkspaceId) -> Result<bool> {
    sqlx::query_scalar!(
        r#"
        select not exists (
            select
            from heymilo_sync.jobs
            where workspace_id = $1
              and urgency = 'refresh'
              and failed_at is null
              and attempt = 0
        ) as "is_done!"
        "#,
        workspace_id.as_str(),
    )
    .fetch_one(db)
    .await
}

/// Records the interview that the refresh has reached.
pub async fn advance(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    last_interview_id: &str,
) -> Result<()> {
    sqlx::query!(
        r#"
        update heymilo_sync.refreshes
        set last_interview_id = $2,
            round_began_at    = case when last_interview_id = '' then now() else round_began_at end
        where workspace_id = $1
        "#,
        workspace_id.as_str(),
        last_interview_id,
    )
    .execute(db)
    .await?;

    Ok(())
}
