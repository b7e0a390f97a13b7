//! Processes that wait for a workspace.

use sqlx::PgExecutor;

use super::Process;
use crate::{records::WorkspaceId, store::Result};

/// Records that a process waits for a workspace.
pub async fn wait(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    process: &Process,
    owned: i32,
    is_refused: bool,
) -> Result<()> {
    sqlx::query!(
        r#"
        insert into heymilo_sync.waiting (workspace_id, process, is_daemon, owned, is_refused, until)
        values ($1, $2, $3, $4, $5, now() + interval '5 seconds')
        on conflict (workspace_id, process) do update
            set owned      = excluded.owned,
                is_refused = excluded.is_refused,
                until      = excluded.until
        "#,
        workspace_id.as_str(),
        process.name,
        process.is_daemon,
        owned,
        is_refused,
    )
    .execute(db)
    .await?;

    Ok(())
}

/// Removes a process from those that wait for a workspace.
pub async fn stop_waiting(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    process: &Process,
) -> Result<()> {
    sqlx::query!(
        r#"
        delete from heymilo_sync.waiting
        where workspace_id = $1
          and (process = $2 or until < now() - interval '1 minute')
        "#,
        workspace_id.as_str(),
        process.name,
    )
    .execute(db)
    .await?;

    Ok(())
}
