//! Who holds a job, and for how long.

use std::time::Duration;

use sqlx::{PgConnection, PgExecutor, PgPool};

use super::{
    Allowance, GONE_CONFIRMED_AFTER, Job, LOSS_CONFIRMED_AFTER, SUSPECT_FROM, interval, keys,
    unknown_due,
};
use crate::{
    records::{InterviewId, WorkspaceId},
    store::{Result, budgets, database::begin_repeatable},
};

/// Whose turn it is to be claimed first, so that the less urgent do not starve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Everybody's, by urgency: webhooks, unknown ones after the others, what the poll found,
    /// backfill.
    MostUrgent,
    /// What deliveries name, and nothing else.
    News,
    /// What the poll found.
    Poll,
    /// Backfill.
    Backfill,
}

impl Turn {
    /// The priorities in the order in which they are claimed.
    pub(in crate::store) fn priorities(self) -> &'static [i16] {
        match self {
            Self::MostUrgent => &[0, 3, 1, 2],
            Self::News => &[0, 3],
            Self::Poll => &[1, 0, 3, 2],
            Self::Backfill => &[2, 0, 3, 1],
        }
    }
}

/// Claims up to `most` due jobs for `lease`, those whose turn it is and the oldest first, skipping
/// those that other workers hold; unknown interviews as far as the allowance goes, and what deliveries
/// named `news_wait` ago or earlier.
///
/// A job that was claimed and not settled when its lease ended has lost it. Suspects are claimed
/// alone and before the others, each later than the time before. Of the others each priority is asked
/// for on its own, so that the index hands out its oldest due jobs without reading those that wait
/// for a later time.
pub async fn claim(
    db: &PgPool,
    workspace_id: &WorkspaceId,
    most: usize,
    lease: Duration,
    turn: Turn,
    news_wait: Duration,
    allowance: Allowance,
) -> Result<Vec<Job>> {
    // A claim need not wait for the disk: one that the server forgets is made again.
    let mut tx = begin_repeatable(db).await?;
    // That no unknown one is due is by far the most usual, and seen by the way.
    let mut jobs = claim_with(&mut tx, workspace_id, most, lease, turn, news_wait, None).await?;
    if jobs.is_empty() {
        let mut unknown = unknown_due(&mut *tx, workspace_id, most, allowance).await?;
        if unknown > 0 {
            // With the lock, what replicas claim at the same time is counted, too.
            budgets::lock(&mut tx, workspace_id).await?;
            unknown = unknown_due(&mut *tx, workspace_id, most, allowance).await?;
        }
        let unknown = Some(unknown);
        jobs = claim_with(&mut tx, workspace_id, most, lease, turn, news_wait, unknown).await?;
    }
    tx.commit().await?;
    Ok(jobs)
}

/// Claims jobs, up to `unknown` of them unknown. `None` claims none at all, unless a suspect, while an
/// unknown one is due.
async fn claim_with(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    most: usize,
    lease: Duration,
    turn: Turn,
    news_wait: Duration,
    unknown: Option<usize>,
) -> Result<Vec<Job>> {
    sqlx::query_as!(
        Job,
        r#"
        with suspect as (
            select jobs.ctid
            from heymilo_sync.jobs
            where jobs.workspace_id = $1
              and jobs.lost_leases > 0
              and jobs.lost_leases + (jobs.lease_token is not null)::integer >= $6
              and jobs.due_at <= case when jobs.lease_token is null then now()
                                      else now() - $3::interval * power(2, jobs.lost_leases) end
              and jobs.failed_at is null
            order by jobs.due_at
            limit 1
            for update skip locked
        ),
        due as (
            select oldest.ctid
            from unnest($4::smallint[]) as urgency (priority)
            cross join lateral (
                select jobs.ctid
                from heymilo_sync.jobs
                where jobs.workspace_id = $1
                  and jobs.priority = urgency.priority
                  and jobs.due_at <= now()
                  and (jobs.priority > 0 or jobs.enqueued_at <= now() - $7::interval)
                  and jobs.failed_at is null
                  and jobs.lost_leases + (jobs.lease_token is not null)::integer < $6
                order by jobs.due_at
                limit case when urgency.priority = 3 then $5::bigint else $2::bigint end
                for update skip locked
            ) as oldest
            where not exists (select from suspect)
              and (
                  $5::bigint is not null
                  or not exists (
                      select from heymilo_sync.jobs
                      where jobs.workspace_id = $1
                        and jobs.priority = 3
                        and jobs.due_at <= now()
                        and jobs.failed_at is null
                  )
              )
            limit $2
        )
        update heymilo_sync.jobs
        set attempt     = jobs.attempt + 1,
            lost_leases = jobs.lost_leases + (jobs.lease_token is not null)::integer,
            -- The random part tells it from one that a server forgot when it crashed.
            lease_token = (nextval('heymilo_sync.lease_tokens') << 20) + floor(random() * 1048576)::bigint,
            due_at      = now() + $3
        where jobs.ctid = any(array(
            select ctid from suspect
            union all
            select ctid from due
        ))
        returning jobs.interview_id as "interview_id: InterviewId", jobs.reason, jobs.generation,
                  jobs.attempt, jobs.looks, jobs.lost_leases, jobs.enqueued_at, jobs.traceparent,
                  coalesce(jobs.missing_since <= now() - $8::interval, false)
                      as "is_long_missing!",
                  coalesce(jobs.loss_since <= now() - $9::interval, false)
                      as "is_loss_confirmed!",
                  jobs.lease_token as "lease_token!"
        "#,
        workspace_id.as_str(),
        i64::try_from(most).unwrap_or(i64::MAX),
        interval(lease)?,
        turn.priorities(),
        unknown.map(|unknown| i64::try_from(unknown).unwrap_or(i64::MAX)),
        SUSPECT_FROM,
        interval(news_wait)?,
        interval(GONE_CONFIRMED_AFTER)?,
        interval(LOSS_CONFIRMED_AFTER)?,
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
        from (
            select jobs.interview_id
            from heymilo_sync.jobs
            join unnest($2::text[], $3::bigint[]) as asked (interview_id, lease_token)
              using (interview_id, lease_token)
            where jobs.workspace_id = $1
              and jobs.interview_id = any($2)
            order by jobs.interview_id collate "C"
            for update of jobs
        ) as held
        where jobs.workspace_id = $1
          and jobs.interview_id = held.interview_id
          and jobs.interview_id = any($2)
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
        select locked.interview_id as "interview_id!: InterviewId"
        from (
            select *
            from unnest($2::text[], $3::bigint[]) as held (interview_id, lease_token)
            order by interview_id collate "C"
        ) as held
        cross join lateral (
            select jobs.interview_id
            from heymilo_sync.jobs
            where jobs.workspace_id = $1
              and jobs.interview_id = held.interview_id
              and jobs.lease_token = held.lease_token
            for update
        ) as locked
        "#,
        workspace_id.as_str(),
        &interview_ids as _,
        &lease_tokens,
    )
    .fetch_all(db)
    .await
}
