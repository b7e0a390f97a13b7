//! What becomes of a job that was claimed.

use std::{collections::HashSet, time::Duration};

use sqlx::{PgConnection, PgExecutor};

use super::{Job, LOSS_CONFIRMED_AFTER, SUSPECT_FROM, interval, keys};
use crate::{
    records::{InterviewId, WorkspaceId},
    store::Result,
};

/// Another look at an interview that is not finished yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// How many looks in a row will have found it unfinished.
    pub number: i32,
    /// How long to wait for it.
    pub delay: Duration,
}

/// Completes jobs that are locked and whose fetches are stored. With a look the interview is looked at
/// again; when news arrived meanwhile it is due at once.
pub async fn complete(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    jobs: &[(&Job, Option<Look>)],
) -> Result<()> {
    let finished: Vec<&Job> =
        jobs.iter().filter(|(_, look)| look.is_none()).map(|(job, _)| *job).collect();
    let removed = remove(db, workspace_id, &finished).await?;
    for (job, look) in jobs.iter().filter(|(job, _)| !removed.contains(&job.interview_id)) {
        let look = look.unwrap_or(Look { number: 0, delay: Duration::ZERO });
        wait(db, workspace_id, job, look).await?;
    }
    Ok(())
}

/// Removes jobs that are locked, unless news arrived meanwhile. Returns those that are gone.
async fn remove(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    jobs: &[&Job],
) -> Result<HashSet<InterviewId>> {
    if jobs.is_empty() {
        return Ok(HashSet::new());
    }
    let (interview_ids, lease_tokens) = keys(jobs);
    let removed = sqlx::query_scalar!(
        r#"
        delete from heymilo_sync.jobs
        where jobs.ctid = any(array(
            select locked.ctid
            from unnest($2::text[], $3::bigint[], $4::bigint[])
                as done (interview_id, lease_token, generation)
            cross join lateral (
                select jobs.ctid
                from heymilo_sync.jobs
                where jobs.workspace_id = $1
                  and jobs.interview_id = done.interview_id
                  and jobs.lease_token = done.lease_token
                  and jobs.generation = done.generation
                for update
            ) as locked
        ))
        returning jobs.interview_id as "interview_id: InterviewId"
        "#,
        workspace_id.as_str(),
        &interview_ids as _,
        &lease_tokens,
        &jobs.iter().map(|job| job.generation).collect::<Vec<_>>(),
    )
    .fetch_all(db)
    .await?;

    Ok(removed.into_iter().collect())
}

/// Lets a job wait for its next look, or makes it due at once when news arrived meanwhile.
async fn wait(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    job: &Job,
    look: Look,
) -> Result<()> {
    sqlx::query!(
        r#"
        update heymilo_sync.jobs
        set lease_token   = null,
            lost_leases   = 0,
            attempt       = 0,
            last_error    = null,
            missing_since = null,
            loss_since    = null,
            reason        = case when generation = $4 then 'recheck' else reason end,
            traceparent   = case when generation = $4 then null else traceparent end,
            priority      = case when generation = $4 then 1 else priority end,
            looks         = case when generation = $4 then $5 else 0 end,
            due_at        = case when generation = $4 then now() + $6 else now() end
        where workspace_id = $1
          and interview_id = $2
          and lease_token = $3
        "#,
        workspace_id.as_str(),
        job.interview_id.as_str(),
        job.lease_token,
        job.generation,
        look.number,
        interval(look.delay)?,
    )
    .execute(db)
    .await?;

    Ok(())
}

/// Lets a job be tried again after `delay`, at once when news arrived meanwhile.
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
        set lease_token = null,
            lost_leases = 0,
            last_error  = $5,
            -- What a stranger made up is counted, whatever HeyMilo says of it.
            missed_at   = case when priority = 3 then now() else missed_at end,
            due_at      = case when generation = $4 then now() + $6 else now() end
        where workspace_id = $1
          and interview_id = $2
          and lease_token = $3
        "#,
        workspace_id.as_str(),
        job.interview_id.as_str(),
        job.lease_token,
        job.generation,
        error,
        interval(delay)?,
    )
    .execute(db)
    .await?;

    Ok(())
}

/// Lets a job be tried again after [`LOSS_CONFIRMED_AFTER`], because its answer takes away all results that
/// were told before and a second one is to confirm it. No attempt is counted.
pub async fn doubt(db: impl PgExecutor<'_>, workspace_id: &WorkspaceId, job: &Job) -> Result<()> {
    sqlx::query!(
        r#"
        update heymilo_sync.jobs
        set lease_token = null,
            lost_leases = 0,
            attempt     = 0,
            last_error  = 'the answer takes away all results; a second one is to confirm it',
            loss_since  = coalesce(loss_since, now()),
            due_at      = case when generation = $4 then now() + $5 else now() end
        where workspace_id = $1
          and interview_id = $2
          and lease_token = $3
        "#,
        workspace_id.as_str(),
        job.interview_id.as_str(),
        job.lease_token,
        job.generation,
        interval(LOSS_CONFIRMED_AFTER)?,
    )
    .execute(db)
    .await?;

    Ok(())
}

/// Notes that HeyMilo says that a known interview does not exist.
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
          and lease_token = $3
        "#,
        workspace_id.as_str(),
        job.interview_id.as_str(),
        job.lease_token,
    )
    .execute(db)
    .await?;

    Ok(())
}

/// Gives jobs back that were not tried after all: no attempt is counted. Locks them in the order in
/// which all others do.
pub async fn release(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    jobs: &[&Job],
) -> Result<()> {
    let (interview_ids, lease_tokens) = keys(jobs);
    sqlx::query!(
        r#"
        update heymilo_sync.jobs
        set lease_token = null,
            lost_leases = 0,
            attempt     = greatest(jobs.attempt - 1, 0),
            due_at      = now()
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
    )
    .execute(db)
    .await?;

    Ok(())
}

/// Gives a job up: it stays visible as failed until any news revives it. News that arrived
/// meanwhile revives it at once. A suspect stays one, so that it is revived alone.
pub async fn fail(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    job: &Job,
    error: &str,
) -> Result<()> {
    sqlx::query!(
        r#"
        update heymilo_sync.jobs
        set lease_token = null,
            lost_leases = least(lost_leases, $6),
            last_error  = $5,
            due_at      = now(),
            failed_at   = case when generation = $4 then now() end
        where workspace_id = $1
          and interview_id = $2
          and lease_token = $3
        "#,
        workspace_id.as_str(),
        job.interview_id.as_str(),
        job.lease_token,
        job.generation,
        error,
        SUSPECT_FROM,
    )
    .execute(db)
    .await?;

    Ok(())
}
