//! The workspaces.

use chrono::{DateTime, Utc};
use sqlx::PgExecutor;

use super::Result;
use crate::records::{Workspace, WorkspaceId};

/// The stored description of a workspace.
pub async fn get(db: impl PgExecutor<'_>, workspace_id: &WorkspaceId) -> Result<Option<Workspace>> {
    sqlx::query_as!(
        Workspace,
        r#"
        select heymilo_workspace_id, title, extra
        from heymilo.workspaces
        where workspace_id = $1
        "#,
        workspace_id.as_str(),
    )
    .fetch_optional(db)
    .await
}

/// Whether the tables hold postings of a workspace, and none of these.
pub async fn holds_only_others(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    posting_ids: &[String],
) -> Result<bool> {
    sqlx::query_scalar!(
        r#"
        select exists (
            select from heymilo.postings
            where workspace_id = $1
        ) and not exists (
            select from heymilo.postings
            where workspace_id = $1
              and posting_id = any($2)
        ) as "holds_only_others!"
        "#,
        workspace_id.as_str(),
        posting_ids,
    )
    .fetch_one(db)
    .await
}

/// Writes HeyMilo's description of a workspace.
pub async fn upsert(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    workspace: &Workspace,
    observed_at: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        r#"
        insert into heymilo.workspaces
            (workspace_id, heymilo_workspace_id, title, extra, first_synced_at, synced_at)
        values ($1, $2, $3, $4, $5, $5)
        on conflict (workspace_id) do update
            set heymilo_workspace_id = excluded.heymilo_workspace_id,
                title                = excluded.title,
                extra                = excluded.extra,
                synced_at            = excluded.synced_at
        "#,
        workspace_id.as_str(),
        workspace.heymilo_workspace_id,
        workspace.title,
        workspace.extra,
        observed_at,
    )
    .execute(db)
    .await?;

    Ok(())
}
