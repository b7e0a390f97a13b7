//! The request budgets: one per workspace, kept here because all replicas share the key.
//!
//! Whoever takes permits holds the lock of the workspace's row meanwhile.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgExecutor, postgres::types::PgInterval};

use super::{
    Result,
    jobs::{SUSPECT_FROM, Turn},
};
use crate::records::WorkspaceId;

/// How a workspace's requests are paced.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Budget {
    /// The requests a minute that HeyMilo told last.
    pub told_limit: Option<i32>,
    /// When the next evenly spread request is due. `None` before the first.
    pub next_at: Option<DateTime<Utc>>,
    /// Until when nobody may ask.
    pub paused_until: Option<DateTime<Utc>>,
}

/// The requests of the last window.
#[derive(Debug, Clone, Copy)]
pub struct Usage {
    /// The present, by the clock of the database.
    pub now: DateTime<Utc>,
    /// How many were permitted.
    pub used: i64,
    /// How many of them for the class that was asked about.
    pub used_by_class: i64,
    /// When the oldest of them were permitted.
    pub oldest: Option<DateTime<Utc>>,
    /// How many were permitted in the window before a request that left some time ago, or since.
    pub used_since: i64,
}

/// Permits to be noted as taken.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Taken {
    /// When.
    pub at: DateTime<Utc>,
    /// What for.
    pub class: &'static str,
    /// How many.
    pub requests: i32,
}

/// What a worker would use permits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Demand {
    /// How many jobs are due, as far as they were counted.
    pub jobs: i64,
    /// The priority of the most urgent: 0 before 1 before 2; 3 for an unknown suspect. `None` when there is none.
    pub priority: Option<i16>,
    /// Whether unknown ones are due besides, which are counted by `jobs::unknown_due`.
    pub is_unknown_due: bool,
}

/// Counts up to `most` jobs that `jobs::claim` would claim now with the same arguments, unknown ones
/// apart: a suspect alone.
pub async fn demand(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    most: usize,
    lease: Duration,
    turn: Turn,
    news_wait: Duration,
) -> Result<Demand> {
    sqlx::query_as!(
        Demand,
        r#"
        with suspect as (
            select jobs.priority
            from heymilo_sync.jobs
            where jobs.workspace_id = $1
              and jobs.lost_leases > 0
              and jobs.lost_leases + (jobs.lease_token is not null)::integer >= $4
              and jobs.due_at <= case when jobs.lease_token is null then now()
                                      else now() - $3::interval * power(2, jobs.lost_leases) end
              and jobs.failed_at is null
            limit 1
        ),
        due as (
            select oldest.priority
            from unnest($5::smallint[]) as urgency (priority)
            cross join lateral (
                select jobs.priority
                from heymilo_sync.jobs
                where jobs.workspace_id = $1
                  and jobs.priority = urgency.priority
                  and jobs.due_at <= now()
                  and (jobs.priority > 0 or jobs.enqueued_at <= now() - $6::interval)
                  and jobs.failed_at is null
                  and jobs.lost_leases + (jobs.lease_token is not null)::integer < $4
                limit $2
            ) as oldest
            where urgency.priority < 3
              and not exists (select from suspect)
            limit $2
        )
        select count(*) as "jobs!",
               min(chosen.priority) as priority,
               exists (
                   select from heymilo_sync.jobs
                   where jobs.workspace_id = $1
                     and jobs.priority = 3
                     and jobs.due_at <= now()
                     and jobs.failed_at is null
               ) as "is_unknown_due!"
        from (select priority from suspect union all select priority from due) as chosen
        "#,
        workspace_id.as_str(),
        i64::try_from(most).unwrap_or(i64::MAX),
        interval(lease)?,
        SUSPECT_FROM,
        turn.priorities(),
        interval(news_wait)?,
    )
    .fetch_one(db)
    .await
}

/// Locks the workspace's budget until the transaction ends.
pub async fn lock(db: &mut PgConnection, workspace_id: &WorkspaceId) -> Result<Budget> {
    loop {
        let budget = sqlx::query_as!(
            Budget,
            r#"
            select told_limit, next_at, paused_until
            from heymilo_sync.budgets
            where workspace_id = $1
            for update
            "#,
            workspace_id.as_str(),
        )
        .fetch_optional(&mut *db)
        .await?;
        if let Some(budget) = budget {
            return Ok(budget);
        }
        sqlx::query!(
            r#"insert into heymilo_sync.budgets (workspace_id) values ($1) on conflict do nothing"#,
            workspace_id.as_str(),
        )
        .execute(&mut *db)
        .await?;
    }
}

/// Counts the permits of the last `window`; to be asked while the budget is locked, so that the
/// present is later than everything that is counted.
pub async fn usage(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    class: &str,
    window: Duration,
    age: Duration,
) -> Result<Usage> {
    // Times in the future are those of a clock that was put back; they count for a while only.
    sqlx::query_as!(
        Usage,
        r#"
        with present as materialized (
            select clock_timestamp() as at
        ),
        counted as (
            select permits.requests,
                   permits.class,
                   permits.taken_at,
                   permits.taken_at > present.at - $3::interval as recent
            from present
            join heymilo_sync.permits
              on permits.workspace_id = $1
             and permits.taken_at > present.at - $3::interval - $4::interval
             and permits.taken_at < present.at + $3::interval
        )
        select (select at from present) as "now!",
               coalesce(sum(requests) filter (where recent), 0) as "used!",
               coalesce(sum(requests) filter (where recent and class = $2), 0) as "used_by_class!",
               min(taken_at) filter (where recent) as oldest,
               coalesce(sum(requests), 0) as "used_since!"
        from counted
        "#,
        workspace_id.as_str(),
        class,
        interval(window)?,
        interval(age)?,
    )
    .fetch_one(db)
    .await
}

/// Writes the locked budget and notes permits as taken.
pub async fn update(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    budget: &Budget,
    taken: &[Taken],
) -> Result<()> {
    let at: Vec<_> = taken.iter().map(|taken| taken.at).collect();
    let classes: Vec<_> = taken.iter().map(|taken| taken.class).collect();
    let requests: Vec<_> = taken.iter().map(|taken| taken.requests).collect();
    sqlx::query!(
        r#"
        with forgotten as (
            delete from heymilo_sync.permits
            where workspace_id = $1
              -- Asked once, and not for each row.
              and taken_at <= (select clock_timestamp()) - interval '2 minutes'
        ),
        noted as (
            insert into heymilo_sync.permits (workspace_id, taken_at, class, requests)
            select $1, taken.at, taken.class, taken.requests
            from unnest($5::timestamptz[], $6::text[], $7::integer[])
              as taken (at, class, requests)
        )
        update heymilo_sync.budgets
        set told_limit   = $2,
            next_at      = $3,
            paused_until = $4
        where workspace_id = $1
        "#,
        workspace_id.as_str(),
        budget.told_limit,
        budget.next_at,
        budget.paused_until,
        &at,
        &classes as _,
        &requests,
    )
    .execute(db)
    .await?;

    Ok(())
}

/// Lets nobody take permits for so long from now on. A longer pause stays.
pub async fn pause(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    wait: Duration,
) -> Result<()> {
    sqlx::query!(
        r#"
        insert into heymilo_sync.budgets as known (workspace_id, paused_until)
        values ($1, clock_timestamp() + $2::interval)
        on conflict (workspace_id) do update
            set paused_until = greatest(known.paused_until, excluded.paused_until)
        "#,
        workspace_id.as_str(),
        interval(wait)?,
    )
    .execute(db)
    .await?;

    Ok(())
}

/// In whole microseconds, as Postgres counts.
fn interval(duration: Duration) -> Result<PgInterval> {
    let microseconds = i64::try_from(duration.as_micros())
        .map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
    Ok(PgInterval { months: 0, days: 0, microseconds })
}
