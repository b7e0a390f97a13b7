//! What is due, and what goes wrong.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgConnection;
use utoipa::ToSchema;

use crate::{
    records::WorkspaceId,
    store::{Result, failures::MANY_ATTEMPTS},
};

/// Most reasons that are told.
const MOST_FAILURES: i64 = 20;

/// The jobs of a workspace.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub struct Work {
    /// Are due, because of a delivery, a changed list row or a second look.
    pub due: i64,
    /// Are due after all others: first copies, a backfill, or interviews that only deliveries name.
    pub unhurried: i64,
    /// Of those that are due: are being fetched or written.
    pub running: i64,
    /// Wait for a later time: another look, or another attempt.
    pub waiting: i64,
    /// Were given up.
    pub failed: i64,
    /// Were tried many times in vain, and will be tried again.
    pub troubled: i64,
    /// Since when the oldest of the due ones waits. Absent when none does.
    pub oldest_due_at: Option<DateTime<Utc>>,
    /// Why they failed or are in trouble, the most frequent reason first.
    pub failures: Vec<Failure>,
}

/// The same reason of many interviews.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Failure {
    /// What went wrong.
    pub reason: String,
    /// Whether they were given up, or are tried on.
    pub is_final: bool,
    /// Of how many.
    pub interviews: i64,
}

/// Counts the jobs. An interview that only deliveries name and HeyMilo does not know is no failure.
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
                   select in_hand
                   from heymilo_sync.heartbeats
                   where workspace_id = $1
                     and alive_until > now()
               ) as in_hand
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
        MANY_ATTEMPTS,
    )
    .fetch_one(&mut *db)
    .await?;

    Ok(Work {
        due: counted.due,
        unhurried: counted.unhurried,
        running: counted.in_hand.map_or(0, i64::from),
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
        MANY_ATTEMPTS,
        MOST_FAILURES,
    )
    .fetch_all(db)
    .await
}
