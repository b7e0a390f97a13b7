//! Interviews that are due to be fetched: at most one job each, held under a lease.

use std::time::Duration;

use sqlx::{PgConnection, PgExecutor, postgres::types::PgInterval};

use super::Result;
use crate::records::{InterviewId, WorkspaceId};

/// Why an interview is due, most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// A delivery named it.
    Webhook,
    /// The poll found it changed.
    Poll,
}

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

impl Reason {
    fn as_str(self) -> &'static str {
        match self {
            Self::Webhook => "webhook",
            Self::Poll => "poll",
        }
    }

    fn priority(self) -> i16 {
        match self {
            Self::Webhook => 0,
            Self::Poll => 1,
        }
    }
}

/// A claimed job: the right to write one interview until the lease ends.
#[derive(Debug, Clone)]
pub struct Job {
    /// The interview to fetch.
    pub interview_id: InterviewId,
    /// What made it due, for the log.
    pub reason: String,
    /// Tells whether news arrived while we worked.
    pub generation: i64,
    /// How often it was tried since it was made due, this time included.
    pub attempt: i32,
    /// How many looks in a row found the interview unfinished.
    pub looks: i32,
    /// Proves that the lease is still ours.
    pub lease_token: i64,
}

/// Makes interviews due now. A job that is being worked on is due again when it completes.
///
/// Ids must be sorted and distinct, so that concurrent callers cannot deadlock.
pub async fn enqueue(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    interview_ids: &[&str],
    reason: Reason,
) -> Result<()> {
    sqlx::query!(
        r#"
        insert into heymilo_sync.jobs (workspace_id, interview_id, reason, priority)
        select $1, interview_id, $3, $4
        from unnest($2::text[]) as due (interview_id)
        on conflict (workspace_id, interview_id) do update
            set reason      = case when excluded.priority <= jobs.priority
                                   then excluded.reason else jobs.reason end,
                priority    = least(jobs.priority, excluded.priority),
                generation  = jobs.generation + 1,
                attempt     = 0,
                looks       = 0,
                failed_at   = null,
                enqueued_at = now(),
                due_at      = case when jobs.lease_token is not null and jobs.due_at > now()
                                   then jobs.due_at else now() end
        "#,
        workspace_id.as_str(),
        interview_ids as _,
        reason.as_str(),
        reason.priority(),
    )
    .execute(db)
    .await?;

    Ok(())
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

/// Another look at an interview that is not finished yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// How many looks in a row will have found it unfinished.
    pub number: i32,
    /// How long to wait for it.
    pub delay: Duration,
}

/// Completes a job whose fetch is stored. With `look` the interview is looked at again; when news
/// arrived meanwhile it is due at once.
pub async fn complete(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    job: &Job,
    look: Option<Look>,
) -> Result<()> {
    let deleted = match look {
        Some(_) => 0,
        None => sqlx::query!(
            r#"
            delete from heymilo_sync.jobs
            where workspace_id = $1
              and interview_id = $2
              and lease_token = $3
              and generation = $4
            "#,
            workspace_id.as_str(),
            job.interview_id.as_str(),
            job.lease_token,
            job.generation,
        )
        .execute(&mut *db)
        .await?
        .rows_affected(),
    };
    if deleted == 0 {
        let look = look.unwrap_or(Look { number: 0, delay: Duration::ZERO });
        wait(db, workspace_id, job, look).await?;
    }
    Ok(())
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
        set lease_token = null,
            attempt     = 0,
            last_error  = null,
            reason      = case when generation = $4 then 'recheck' else reason end,
            priority    = case when generation = $4 then 1 else priority end,
            looks       = case when generation = $4 then $5 else 0 end,
            due_at      = case when generation = $4 then now() + $6 else now() end
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
            last_error  = $5,
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

/// Gives jobs back that were not tried after all: no attempt is counted.
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
            attempt     = greatest(jobs.attempt - 1, 0),
            due_at      = now()
        from unnest($2::text[], $3::bigint[]) as held (interview_id, lease_token)
        where jobs.workspace_id = $1
          and jobs.interview_id = held.interview_id
          and jobs.lease_token = held.lease_token
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
/// meanwhile revives it at once.
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
    )
    .execute(db)
    .await?;

    Ok(())
}

fn keys<'a>(jobs: &[&'a Job]) -> (Vec<&'a str>, Vec<i64>) {
    jobs.iter().map(|job| (job.interview_id.as_str(), job.lease_token)).unzip()
}

fn interval(duration: Duration) -> Result<PgInterval> {
    let microseconds = i64::try_from(duration.as_micros())
        .map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
    Ok(PgInterval { months: 0, days: 0, microseconds })
}
