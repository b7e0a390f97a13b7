//! The jobs of a workspace, and their errors.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgConnection;
use utoipa::ToSchema;

use crate::{
    records::WorkspaceId,
    store::{Result, failures::TROUBLED_ATTEMPTS},
};

/// The most reasons that are returned.
const MAX_FAILURES: i64 = 20;

/// The jobs of a workspace.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub struct Work {
    /// Jobs that are due because of a delivery, a changed list row or a look.
    pub due: i64,
    /// Jobs that are due after all others: first copies, backfills, and interviews that only
    /// deliveries name.
    pub unhurried: i64,
    /// Due jobs that are in flight.
    pub running: i64,
    /// Jobs that wait for another look or another attempt.
    pub waiting: i64,
    /// Jobs that were set aside.
    pub failed: i64,
    /// Jobs that failed many times and will be retried.
    pub troubled: i64,
    /// Since when the oldest due job is due. Null when no job is due.
    pub oldest_due_at: Option<DateTime<Utc>>,
    /// The reasons of failed and troubled jobs, the most frequent first.
    pub failures: Vec<Failure>,
}

/// Interviews with the same error.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Failure {
    /// The error.
    pub reason: String,
    /// Whether the jobs were set aside, or are retried.
    pub is_final: bool,
    /// The number of interviews.
    pub interviews: i64,
}

/// Counts the jobs. An interview that only deliveries name and that HeyMilo does not know is not a
/// failure.
pub(super) async fn read(db: &mut PgConnection, id: &WorkspaceId) -> Result<Work> {
    let counted = sqlx::query!(
        r#"
        select count(*) filter (where is_due and is_hurried) as "due!",
               count(*) filter (where is_due and not is_hurried) as "unhurried!",
               count(*) filter (where state = 'open' and not is_due) as "waiting!",
               count(*) filter (where state = 'failed') as "failed!",
               count(*) filter (
                   where state = 'open' and attempt >= $2 and last_error is not null
                     and (is_known or missed_at is null)
               ) as "troubled!",
               min(waiting_since) filter (where is_due and is_hurried) as oldest_due_at,
               (
                   select in_flight
                   from heymilo_sync.heartbeats
                   where workspace_id = $1
                     and alive_until > now()
               ) as in_flight
        from (
            select jobs.state,
                   jobs.attempt,
                   jobs.last_error,
                   jobs.is_known,
                   jobs.missed_at,
                   heymilo_sync.is_due(jobs) as is_due,
                   jobs.urgency < 'first_copy' and jobs.is_known as is_hurried,
                   greatest(jobs.due_at, jobs.enqueued_at) as waiting_since
            from heymilo_sync.jobs
            where jobs.workspace_id = $1
        ) as jobs
        "#,
        id.as_str(),
        TROUBLED_ATTEMPTS,
    )
    .fetch_one(&mut *db)
    .await?;

    Ok(Work {
        due: counted.due,
        unhurried: counted.unhurried,
        running: counted.in_flight.map_or(0, i64::from),
        waiting: counted.waiting,
        failed: counted.failed,
        troubled: counted.troubled,
        oldest_due_at: counted.oldest_due_at,
        failures: failures(db, id).await?,
    })
}

async fn failures(db: &mut PgConnection, id: &WorkspaceId) -> Result<Vec<Failure>> {
    sqlx::query_as!(
        Failure,
        r#"
        select last_error as "reason!",
               failed_at is not null as "is_final!",
               count(*) as "interviews!"
        from heymilo_sync.jobs
        where workspace_id = $1
          and last_error is not null
          and case when failed_at is null
                   then attempt >= $2 and (is_known or missed_at is null)
                   else state = 'failed' end
        group by 1, 2
        order by 3 desc, 1, 2
        limit $3
        "#,
        id.as_str(),
        TROUBLED_ATTEMPTS,
        MAX_FAILURES,
    )
    .fetch_all(db)
    .await
}
