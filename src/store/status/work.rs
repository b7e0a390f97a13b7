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
    /// Can be claimed, because there is news of them.
    pub due: i64,
    /// Can be claimed after all others: a backfill, or interviews that only deliveries name.
    pub unhurried: i64,
    /// A worker holds them.
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

/// Counts the jobs. What only deliveries name and HeyMilo does not know is no failure.
pub(super) async fn read(db: &mut PgConnection, id: &WorkspaceId) -> Result<Work> {
    let counted = sqlx::query!(
        r#"
        select count(*) filter (where is_open and not is_held and is_due and priority < 2) as "due!",
               count(*) filter (where is_open and not is_held and is_due and priority >= 2)
                   as "unhurried!",
               count(*) filter (where is_open and is_held) as "running!",
               count(*) filter (where is_open and not is_held and not is_due) as "waiting!",
               count(*) filter (where not is_open) as "failed!",
               count(*) filter (
                   where is_open and attempt >= $2 and last_error is not null
                     and (priority < 3 or missed_at is null)
               ) as "troubled!",
               min(due_at) filter (where is_open and not is_held and is_due and priority < 2)
                   as oldest_due_at
        from (
            select priority,
                   attempt,
                   last_error,
                   missed_at,
                   due_at,
                   failed_at is null as is_open,
                   lease_token is not null and due_at > now() as is_held,
                   due_at <= now() as is_due
            from heymilo_sync.jobs
            where workspace_id = $1
              and (failed_at is null or missed_at is distinct from failed_at)
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
        running: counted.running,
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
                   then attempt >= $2 and (priority < 3 or missed_at is null)
                   else missed_at is distinct from failed_at end
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
