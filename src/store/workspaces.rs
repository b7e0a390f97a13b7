//! The workspaces.

use chrono::{DateTime, Utc};
use sqlx::PgExecutor;

use super::Result;
use crate::records::{Workspace, WorkspaceId};

/// The id that HeyMilo gave the workspace when it was first seen.
pub async fn heymilo_id(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
) -> Result<Option<String>> {
    let known = sqlx::query_scalar!(
        r#"select heymilo_workspace_id from heymilo.workspaces where workspace_id = $1"#,
        workspace_id.as_str(),
    )
    .fetch_optional(db)
    .await?;

    Ok(known.flatten())
}

/// Writes what HeyMilo tells about a workspace, when it differs from what is known.
pub async fn upsert(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    workspace: &Workspace,
    observed_at: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        r#"
        insert into heymilo.workspaces as known
            (workspace_id, heymilo_workspace_id, title, extra, first_synced_at, synced_at)
        values ($1, $2, $3, $4, $5, $5)
        on conflict (workspace_id) do update
            set heymilo_workspace_id = excluded.heymilo_workspace_id,
                title                = excluded.title,
                extra                = excluded.extra,
                synced_at            = excluded.synced_at
            where (known.heymilo_workspace_id, known.title, known.extra)
                  is distinct from
                  (excluded.heymilo_workspace_id, excluded.title, excluded.extra)
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
