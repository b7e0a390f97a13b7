//! The number of webhooks registered at HeyMilo, for monitoring.

use sqlx::PgExecutor;

use super::Result;
use crate::records::WorkspaceId;

/// Records the wanted and the actual number of registrations when one of them changed.
pub async fn note(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    wanted: usize,
    registered: usize,
) -> Result<()> {
    sqlx::query!(
        r#"
        insert into heymilo_sync.registrations (workspace_id, wanted, registered, noted_at)
        select $1, $2, $3, now()
        where not exists (
            select from heymilo_sync.registrations
            where workspace_id = $1
              and wanted = $2
              and registered = $3
        )
        on conflict (workspace_id) do update
            set wanted     = excluded.wanted,
                registered = excluded.registered,
                noted_at   = excluded.noted_at
        "#,
        workspace_id.as_str(),
        i32::try_from(wanted).unwrap_or(i32::MAX),
        i32::try_from(registered).unwrap_or(i32::MAX),
    )
    .execute(db)
    .await?;

    Ok(())
}
