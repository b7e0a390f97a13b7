//! Reads the due jobs, without writing anything.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::PgPool;

use super::{GONE_CONFIRMED_AFTER, Job, LOSS_CONFIRMED_AFTER};
use crate::{
    records::{InterviewId, Urgency, WorkspaceId},
    store::{
        Result,
        database::{begin_repeatable, interval},
    },
};

/// A transaction that commits late enqueues jobs with an earlier time. Within a minute before the
/// last mark they are found at once, and all others at the next full look.
const MARGIN: TimeDelta = TimeDelta::minutes(1);
/// How often due jobs are read from the beginning.
const FULL_LOOK_INTERVAL: TimeDelta = TimeDelta::minutes(1);

/// Where the due jobs of each urgency begin. While another transaction is open, Postgres cannot
/// remove the index entries of completed jobs, and a mark skips these.
#[derive(Debug, Clone, Default)]
pub struct LowWaterMarks {
    by_urgency: HashMap<Urgency, DateTime<Utc>>,
    full_look_at: DateTime<Utc>,
}

/// Reads up to `most` due jobs of each urgency in their order, without the jobs in flight.
/// Speculative jobs are left out unless `is_speculative_allowed`.
pub async fn due(
    db: &PgPool,
    workspace_id: &WorkspaceId,
    most: i64,
    in_flight: &[&str],
    is_speculative_allowed: bool,
    low: &mut LowWaterMarks,
) -> Result<Vec<Job>> {
    let now = Utc::now();
    if (now - low.full_look_at).abs() >= FULL_LOOK_INTERVAL {
        *low = LowWaterMarks { by_urgency: HashMap::new(), full_look_at: now };
    }
    let from = Urgency::ALL.map(|urgency| low.by_urgency.get(&urgency).copied());

    // For its way of planning. Nothing is committed.
    let mut tx = begin_repeatable(db).await?;
    let jobs = sqlx::query_as!(
        Job,
        r#"
        select first.interview_id as "interview_id!: InterviewId",
               first.urgency::text as "urgency!: Urgency",
               first.generation as "generation!",
               first.attempt + 1 as "attempt!",
               first.looks as "looks!",
               first.marks as "marks!",
               first.repeats as "repeats!",
               first.event_types as "event_types!",
               first.is_known as "is_known!",
               first.is_unlisted as "is_unlisted!",
               coalesce(first.missing_since <= now() - $6::interval, false) as "is_long_missing!",
               coalesce(first.loss_since <= now() - $7::interval, false) as "is_loss_confirmed!",
               first.enqueued_at as "enqueued_at!",
               first.due_at as "due_at!",
               greatest(extract(epoch from now() - first.enqueued_at), 0)::float8 as "waited_s!",
               first.traceparent
        from unnest($2::text[]::heymilo_sync.urgency[], $3::timestamptz[]) as asked (urgency, from_at)
        cross join lateral (
            select *
            from heymilo_sync.jobs
            where jobs.workspace_id = $1
              and jobs.urgency = asked.urgency
              and jobs.due_at >= coalesce(asked.from_at, '-infinity')
              and heymilo_sync.is_due(jobs)
              and jobs.interview_id <> all($5)
              and ($8 or (jobs.is_known and jobs.repeats = 0))
            order by jobs.due_at
            limit $4
        ) as first
        "#,
        workspace_id.as_str(),
        &Urgency::ALL.map(Urgency::as_str) as _,
        &from as _,
        most,
        in_flight as _,
        interval(GONE_CONFIRMED_AFTER)?,
        interval(LOSS_CONFIRMED_AFTER)?,
        is_speculative_allowed,
    )
    .fetch_all(&mut *tx)
    .await?;

    // Jobs that were left out may be due earlier, and so may first copies of newer invitations.
    let marked = Urgency::ALL.into_iter().filter(|urgency| *urgency != Urgency::FirstCopy);
    for urgency in marked.filter(|_| is_speculative_allowed) {
        let first = jobs.iter().filter(|job| job.urgency == urgency).map(|job| job.due_at).min();
        // A job in flight may become due again, so without a due job the mark stays where it was.
        if let Some(first) = first {
            low.by_urgency.insert(urgency, first - MARGIN);
        }
    }
    Ok(jobs)
}

/// Marks a job before the work, after an unclean takeover. The marks show which job ends the
/// process.
pub async fn mark(db: &PgPool, workspace_id: &WorkspaceId, job: &Job) -> Result<()> {
    sqlx::query!(
        r#"
        update heymilo_sync.jobs
        set marks = marks + 1
        where workspace_id = $1
          and interview_id = $2
        "#,
        workspace_id.as_str(),
        job.interview_id.as_str(),
    )
    .execute(db)
    .await?;

    Ok(())
}
