//! Interviews that only deliveries name: no list has shown them, and whoever knows the webhook's
//! address may make them up. What is asked about them in vain is bounded, and so are their jobs.

use std::time::Duration;

use sqlx::{PgConnection, PgExecutor};

use super::{Job, SUSPECT_FROM, interval};
use crate::{records::WorkspaceId, store::Result};

/// How long an interview that HeyMilo does not know is not asked for again because of deliveries.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(15 * 60);

/// How much of a key's budget may be spent in vain.
#[derive(Debug, Clone, Copy)]
pub struct Allowance {
    /// The key's requests a minute, unless HeyMilo tells of fewer.
    pub requests_per_minute: u32,
    /// How many percent of them for interviews that turn out not to exist.
    pub unknown_percent: u32,
}

/// Makes interviews due that a delivery names. Unknown ones wait, about `most_waiting` of them;
/// those beyond, and those that HeyMilo did not know just now, are left to the poll.
///
/// Ids must be sorted and distinct, so that concurrent callers cannot deadlock. Each has the span that
/// its job goes on with, where there is one.
pub async fn enqueue_named(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    interview_ids: &[&str],
    traceparents: &[Option<&str>],
    most_waiting: u32,
) -> Result<()> {
    // A job that waits already keeps its time and its attempts, or they could be had again and
    // again. What is known by now goes the usual way.
    sqlx::query!(
        r#"
        with named as (
            select named.interview_id,
                   named.traceparent,
                   jobs.interview_id is not null as is_waiting,
                   coalesce(jobs.priority < 3, false)
                       or exists (
                           select from heymilo.interviews
                           where interviews.interview_id = named.interview_id
                             and interviews.workspace_id = $1
                       ) as is_known
            from unnest($2::text[], $5::text[]) as named (interview_id, traceparent)
            -- One by one, by the key: a join could read all jobs.
            left join lateral (
                select jobs.interview_id, jobs.priority
                from heymilo_sync.jobs
                where jobs.workspace_id = $1
                  and jobs.interview_id = named.interview_id
                limit 1
            ) as jobs on true
        ),
        ranked as (
            select interview_id,
                   traceparent,
                   is_waiting,
                   is_known,
                   row_number() over (
                       partition by is_known or is_waiting order by interview_id
                   ) as place
            from named
        ),
        waiting as (
            select count(*) as places
            from heymilo_sync.jobs
            where workspace_id = $1
              and priority = 3
              and failed_at is null
        )
        insert into heymilo_sync.jobs (workspace_id, interview_id, reason, priority, traceparent)
        select $1, interview_id, 'webhook', case when is_known then 0 else 3 end, traceparent
        from ranked
        where is_known
           or is_waiting
           or place <= $3 - (select places from waiting)
        order by interview_id collate "C"
        on conflict (workspace_id, interview_id) do update
            set reason      = excluded.reason,
                priority    = least(jobs.priority, excluded.priority),
                generation  = jobs.generation + 1,
                traceparent = excluded.traceparent,
                failed_at   = null,
                attempt     = case when excluded.priority = 3 and jobs.failed_at is null
                                   then jobs.attempt else 0 end,
                looks       = case when excluded.priority = 3 and jobs.failed_at is null
                                   then jobs.looks else 0 end,
                enqueued_at = case when excluded.priority = 3 and jobs.failed_at is null
                                   then jobs.enqueued_at else now() end,
                due_at      = case when excluded.priority = 3 and jobs.failed_at is null
                                     or jobs.lease_token is not null and jobs.due_at > now()
                                   then jobs.due_at else least(jobs.due_at, now()) end
            where excluded.priority = 0
               or jobs.failed_at is null
               or jobs.failed_at is distinct from jobs.missed_at
               or jobs.missed_at < now() - $4::interval
        "#,
        workspace_id.as_str(),
        interview_ids as _,
        i64::from(most_waiting),
        interval(FORGOTTEN_AFTER)?,
        traceparents as _,
    )
    .execute(db)
    .await?;

    Ok(())
}

/// Counts up to `most` unknown interviews that are due and may be asked for now: as many requests
/// of the last minute as the allowance has were in vain, or may still be.
pub async fn unknown_due(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    most: usize,
    allowance: Allowance,
) -> Result<usize> {
    // More attempts than five in a minute are not made in vain.
    let due = sqlx::query_scalar!(
        r#"
        with due as (
            select count(*) as jobs
            from (
                select from heymilo_sync.jobs
                where workspace_id = $1
                  and priority = 3
                  and due_at <= now()
                  and failed_at is null
                  -- Suspects are claimed without being counted.
                  and lost_leases + (lease_token is not null)::integer < $5
                limit $2
            ) as due
        ),
        spent as (
            select coalesce(sum(least(attempt, 5)), 0) as requests
            from heymilo_sync.jobs
            where workspace_id = $1
              and priority = 3
              and (
                  missed_at > now() - interval '1 minute'
                  or (lease_token is not null and due_at > now())
              )
        ),
        told as (
            select min(told_limit) as requests
            from heymilo_sync.budgets
            where workspace_id = $1
        )
        select least(
            due.jobs,
            greatest(least($3, told.requests)::bigint * $4 / 100, 1) - spent.requests
        ) as "due!"
        from due, spent, told
        "#,
        workspace_id.as_str(),
        i64::try_from(most).unwrap_or(i64::MAX),
        i32::try_from(allowance.requests_per_minute).unwrap_or(i32::MAX),
        i64::from(allowance.unknown_percent),
        SUSPECT_FROM,
    )
    .fetch_one(db)
    .await?;

    Ok(usize::try_from(due).unwrap_or_default())
}

/// Notes that HeyMilo knows no such interview, when only deliveries named it: it is tried again
/// after `retry_in`, or remembered for a while. Returns whether it was so.
pub async fn miss(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    job: &Job,
    retry_in: Option<Duration>,
    error: &str,
) -> Result<bool> {
    let missed = sqlx::query!(
        r#"
        update heymilo_sync.jobs
        set lease_token = null,
            last_error  = $4,
            missed_at   = now(),
            due_at      = now() + coalesce($5::interval, '0'),
            failed_at   = case when $5::interval is null then now() end
        where workspace_id = $1
          and interview_id = $2
          and lease_token = $3
          and priority = 3
        "#,
        workspace_id.as_str(),
        job.interview_id.as_str(),
        job.lease_token,
        error,
        retry_in.map(interval).transpose()?,
    )
    .execute(&mut *db)
    .await?;
    if missed.rows_affected() == 0 {
        return Ok(false);
    }

    sqlx::query!(
        r#"
        delete from heymilo_sync.jobs
        where workspace_id = $1
          and priority = 3
          and failed_at = missed_at
          and missed_at < now() - $2::interval
        "#,
        workspace_id.as_str(),
        interval(FORGOTTEN_AFTER)?,
    )
    .execute(db)
    .await?;

    Ok(true)
}
