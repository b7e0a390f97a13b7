//! Records the result of work on a job.

use std::{collections::HashSet, time::Duration};

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgExecutor};

use super::{Job, LOSS_CONFIRMED_AFTER, MAX_MARKS};
use crate::{
    records::{InterviewId, WorkspaceId},
    store::{Result, database::interval, inbox::UNKNOWN_FORGOTTEN_AFTER},
};

/// Another look at an interview that may change without notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// The number of looks in a row, this one included, that found it unfinished.
    pub number: i32,
    /// The wait before the look.
    pub delay: Duration,
}

/// Completes jobs whose interviews are written. A job with a look waits for it. A job that was
/// enqueued during the fetch is due at once.
pub async fn complete(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    jobs: &[(&Job, Option<Look>)],
) -> Result<()> {
    let mut all: Vec<&str> = jobs.iter().map(|(job, _)| job.interview_id.as_str()).collect();
    if all.len() > 1 {
        // Deliveries lock jobs in the same order.
        all.sort_unstable();
        lock(db, workspace_id, &all).await?;
    }
    let finished: Vec<&Job> =
        jobs.iter().filter(|(_, look)| look.is_none()).map(|(job, _)| *job).collect();
    let removed = remove(db, workspace_id, &finished).await?;
    for (job, look) in jobs.iter().filter(|(job, _)| !removed.contains(&job.interview_id)) {
        let look = look.unwrap_or(Look { number: 0, delay: Duration::ZERO });
        wait(db, workspace_id, job, look).await?;
    }
    Ok(())
}

/// Locks jobs in the order of their ids, one by one.
async fn lock(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    interview_ids: &[&str],
) -> Result<()> {
    sqlx::query!(
        r#"
        select locked.interview_id
        from unnest($2::text[]) as asked (interview_id)
        cross join lateral (
            select jobs.interview_id
            from heymilo_sync.jobs
            where jobs.workspace_id = $1
              and jobs.interview_id = asked.interview_id
            for update
        ) as locked
        "#,
        workspace_id.as_str(),
        interview_ids as _,
    )
    .fetch_all(db)
    .await?;

    Ok(())
}

/// Removes jobs, unless they were enqueued again during the fetch. Returns the removed ones.
///
/// Looks jobs up one by one. Before the first `analyze`, a join could read all jobs of the
/// workspace.
async fn remove(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    jobs: &[&Job],
) -> Result<HashSet<InterviewId>> {
    if jobs.is_empty() {
        return Ok(HashSet::new());
    }
    let removed = sqlx::query_scalar!(
        r#"
        delete from heymilo_sync.jobs
        where jobs.ctid = any(array(
            select locked.ctid
            from unnest($2::text[], $3::bigint[]) as done (interview_id, generation)
            cross join lateral (
                select jobs.ctid
                from heymilo_sync.jobs
                where jobs.workspace_id = $1
                  and jobs.interview_id = done.interview_id
                  and jobs.generation = done.generation
                for update
            ) as locked
        ))
        returning jobs.interview_id as "interview_id: InterviewId"
        "#,
        workspace_id.as_str(),
        &jobs.iter().map(|job| job.interview_id.as_str()).collect::<Vec<_>>() as _,
        &jobs.iter().map(|job| job.generation).collect::<Vec<_>>(),
    )
    .fetch_all(db)
    .await?;

    Ok(removed.into_iter().collect())
}

/// Lets a job wait for its next look. A job that was enqueued during the fetch is due at once.
async fn wait(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    job: &Job,
    look: Look,
) -> Result<()> {
    sqlx::query!(
        r#"
        update heymilo_sync.jobs
        set attempt       = 0,
            marks        = 0,
            is_known      = true,
            last_error    = null,
            missing_since = null,
            loss_since    = null,
            event_types   = case when generation = $3 then '{}' else event_types end,
            traceparent   = case when generation = $3 then null else traceparent end,
            urgency       = case when generation = $3 then 'look' else urgency end,
            repeats       = case when generation = $3 then 0 else repeats end,
            looks         = case when generation = $3 then $4 else 0 end,
            due_at        = case when generation = $3 then now() + $5 else greatest(due_at, now()) end
        where workspace_id = $1
          and interview_id = $2
        "#,
        workspace_id.as_str(),
        job.interview_id.as_str(),
        job.generation,
        look.number,
        interval(look.delay)?,
    )
    .execute(db)
    .await?;

    Ok(())
}

/// Records that deliveries led to an unchanged answer, so that the next ones of the same event
/// types wait.
pub async fn note_repeats(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    jobs: &[&Job],
    answered_at: DateTime<Utc>,
) -> Result<()> {
    let separator = "\n";
    let types: Vec<String> = jobs.iter().map(|job| job.event_types.join(separator)).collect();
    sqlx::query!(
        r#"
        insert into heymilo_sync.repeats as known
            (workspace_id, interview_id, repeats, answered_at, event_types)
        select $1, interview_id, repeats + 1, $4, string_to_array(event_types, E'\n')
        from unnest($2::text[], $3::integer[], $5::text[]) as repeated (interview_id, repeats, event_types)
        on conflict (workspace_id, interview_id) do update
            set repeats     = excluded.repeats,
                answered_at = excluded.answered_at,
                event_types = case when excluded.repeats > 1
                                   then array(select unnest(known.event_types)
                                              union select unnest(excluded.event_types))
                                   else excluded.event_types end
        "#,
        workspace_id.as_str(),
        &jobs.iter().map(|job| job.interview_id.as_str()).collect::<Vec<_>>() as _,
        &jobs.iter().map(|job| job.repeats).collect::<Vec<_>>(),
        answered_at,
        &types,
    )
    .execute(db)
    .await?;

    Ok(())
}

/// Retries a job after `delay`, or at once when it was enqueued during the fetch.
pub async fn retry(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    job: &Job,
    delay: Duration,
    error: &str,
) -> Result<()> {
    sqlx::query!(
        r#"
        update heymilo_sync.jobs
        set attempt    = case when generation = $3 then $6 else attempt end,
            marks     = 0,
            last_error = $4,
            due_at     = case when generation = $3 then now() + $5 else now() end
        where workspace_id = $1
          and interview_id = $2
        "#,
        workspace_id.as_str(),
        job.interview_id.as_str(),
        job.generation,
        error,
        interval(delay)?,
        job.attempt,
    )
    .execute(db)
    .await?;

    Ok(())
}

/// Retries a job after [`LOSS_CONFIRMED_AFTER`], because its answer holds none of the earlier
/// results. A second answer must confirm that. No attempt is counted.
pub async fn doubt(db: impl PgExecutor<'_>, workspace_id: &WorkspaceId, job: &Job) -> Result<()> {
    sqlx::query!(
        r#"
        update heymilo_sync.jobs
        set attempt    = 0,
            marks     = 0,
            last_error = 'the answer takes away all results; a second one is to confirm it',
            loss_since = coalesce(loss_since, now()),
            due_at     = case when generation = $3 then now() + $4 else now() end
        where workspace_id = $1
          and interview_id = $2
        "#,
        workspace_id.as_str(),
        job.interview_id.as_str(),
        job.generation,
        interval(LOSS_CONFIRMED_AFTER)?,
    )
    .execute(db)
    .await?;

    Ok(())
}

/// Records that HeyMilo answers 404 for a known interview.
pub async fn note_missing(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    job: &Job,
) -> Result<()> {
    sqlx::query!(
        r#"
        update heymilo_sync.jobs
        set missing_since = coalesce(missing_since, now())
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

/// Sets a job aside. It stays failed until a delivery or a list enqueues it. A job that was
/// enqueued during the fetch is due at once. A poison job keeps a mark, so that it is worked on
/// alone.
pub async fn fail(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    job: &Job,
    error: &str,
) -> Result<()> {
    sqlx::query!(
        r#"
        update heymilo_sync.jobs
        set attempt    = $5,
            last_error = $4,
            marks     = case when marks >= $6 then 1 else 0 end,
            due_at     = now(),
            failed_at  = case when generation = $3 then now() end
        where workspace_id = $1
          and interview_id = $2
        "#,
        workspace_id.as_str(),
        job.interview_id.as_str(),
        job.generation,
        error,
        job.attempt,
        MAX_MARKS,
    )
    .execute(db)
    .await?;

    Ok(())
}

/// Records that HeyMilo does not know an interview that only deliveries name. It is retried after
/// `retry_in`, or set aside as unknown. Returns whether only deliveries name it.
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
        set attempt    = $5,
            marks     = 0,
            last_error = $3,
            missed_at  = now(),
            due_at     = now() + coalesce($4::interval, '0'),
            failed_at  = case when $4::interval is null then now() end
        where workspace_id = $1
          and interview_id = $2
          and not is_known
        "#,
        workspace_id.as_str(),
        job.interview_id.as_str(),
        error,
        retry_in.map(interval).transpose()?,
        job.attempt,
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
          and state = 'unknown'
          and not is_known
          and missed_at < now() - $2::interval
        "#,
        workspace_id.as_str(),
        interval(UNKNOWN_FORGOTTEN_AFTER)?,
    )
    .execute(db)
    .await?;

    Ok(true)
}
