//! Who holds a job, and for how long.

use std::time::Duration;

use sqlx::{PgConnection, PgExecutor};

use super::{Job, interval, keys};
use crate::{
    records::{InterviewId, WorkspaceId},
    store::Result,
};

/// Whose turn it is to be claimed first, so that the less urgent do not starve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Everybody's, by urgency: webhooks, what the poll found, backfill.
    MostUrgent,
    /// What the poll found.
    Poll,
    /// Backfill.
    Backfill,
}

impl Turn {
    /// The priorities in the order in which they are claimed.
    fn priorities(self) -> [i16; 3] {
        match self {
            Self::MostUrgent => [0, 1, 2],
            Self::Poll => [1, 0, 2],
            Self::Backfill => [2, 0, 1],
        }
    }
}

/// Claims up to `most` due jobs for `lease`, those whose turn it is and the oldest first, skipping
/// those that other workers hold.
pub async fn claim(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    most: usize,
    lease: Duration,
    turn: Turn,
) -> Result<Vec<Job>> {
    // Each priority is asked for on its own, so that the index hands out its oldest due jobs
    // without reading those that wait for a later time.
    sqlx::query_as!(
        Job,
        r#"
        with due as (
            select oldest.interview_id
            from unnest($4::smallint[]) as urgency (priority)
            cross join lateral (
                select jobs.interview_id
                from heymilo_sync.jobs
                where jobs.workspace_id = $1
                  and jobs.priority = urgency.priority
                  and jobs.due_at <= now()
                  and jobs.failed_at is null
                order by jobs.due_at
                limit $2
                for update skip locked
            ) as oldest
            limit $2
        )
        update heymilo_sync.jobs
        set attempt     = jobs.attempt + 1,
            lease_token = nextval('heymilo_sync.lease_tokens'),
            due_at      = now() + $3
        from due
        where jobs.workspace_id = $1
          and jobs.interview_id = due.interview_id
        returning jobs.interview_id as "interview_id: InterviewId",
                  jobs.reason,
                  jobs.generation,
                  jobs.attempt,
                  jobs.looks,
                  jobs.lease_token as "lease_token!"
        "#,
        workspace_id.as_str(),
        i64::try_from(most).unwrap_or(i64::MAX),
        interval(lease)?,
        &turn.priorities() as _,
    )
    .fetch_all(db)
    .await
}

/// Renews the leases of jobs that are still ours. A job that somebody else claimed meanwhile stays
/// theirs.
pub async fn renew(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    jobs: &[&Job],
    lease: Duration,
) -> Result<()> {
    let (interview_ids, lease_tokens) = keys(jobs);
    sqlx::query!(
        r#"
        update heymilo_sync.jobs
        set due_at = now() + $4
        from unnest($2::text[], $3::bigint[]) as held (interview_id, lease_token)
        where jobs.workspace_id = $1
          and jobs.interview_id = held.interview_id
          and jobs.lease_token = held.lease_token
        "#,
        workspace_id.as_str(),
        &interview_ids as _,
        &lease_tokens,
        interval(lease)?,
    )
    .execute(db)
    .await?;

    Ok(())
}

/// Locks those of the jobs whose lease is still ours, until the transaction ends. Nobody can
/// claim them meanwhile.
pub async fn lock_held(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    jobs: &[&Job],
) -> Result<Vec<InterviewId>> {
    let (interview_ids, lease_tokens) = keys(jobs);
    sqlx::query_scalar!(
        r#"
        select jobs.interview_id as "interview_id: InterviewId"
        from heymilo_sync.jobs
        join unnest($2::text[], $3::bigint[]) as held (interview_id, lease_token)
          using (interview_id, lease_token)
        where jobs.workspace_id = $1
        order by jobs.interview_id
        for update of jobs
        "#,
        workspace_id.as_str(),
        &interview_ids as _,
        &lease_tokens,
    )
    .fetch_all(db)
    .await
}
