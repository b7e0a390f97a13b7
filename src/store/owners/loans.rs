//! Requests that commands borrow from a live owner.

use std::time::Duration;

use sqlx::PgExecutor;

use super::Process;
use crate::{records::WorkspaceId, store::Result};

/// Asks the owner for a loan of requests, or extends it. Returns how long the loan lasts. `None`
/// until the owner grants it.
pub async fn borrow(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    process: &Process,
    requests_per_minute: i32,
) -> Result<Option<Duration>> {
    let left = sqlx::query_scalar!(
        r#"
        insert into heymilo_sync.loans as known (workspace_id, borrower, requests_per_minute, until)
        values ($1, $2, $3, clock_timestamp() + interval '15 seconds')
        on conflict (workspace_id, borrower) do update
            set until = excluded.until
        returning extract(epoch from granted_until - clock_timestamp())::float8
        "#,
        workspace_id.as_str(),
        process.name,
        requests_per_minute,
    )
    .fetch_one(db)
    .await?;

    Ok(left.filter(|left| *left > 0.0).and_then(|left| Duration::try_from_secs_f64(left).ok()))
}

/// Returns a loan. The row stays for a minute, in which its requests still count.
pub async fn repay(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    process: &Process,
) -> Result<()> {
    sqlx::query!(
        r#"
        with old as (
            delete from heymilo_sync.loans
            where workspace_id = $1
              and until < now() - interval '1 minute'
        )
        update heymilo_sync.loans
        set until         = now(),
            granted_until = least(granted_until, now())
        where workspace_id = $1
          and borrower = $2
        "#,
        workspace_id.as_str(),
        process.name,
    )
    .execute(db)
    .await?;

    Ok(())
}
