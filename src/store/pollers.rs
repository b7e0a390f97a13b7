//! Which process polls a workspace.

use std::time::Duration;

use sqlx::{PgExecutor, postgres::types::PgInterval};

use super::Result;
use crate::records::WorkspaceId;

/// Takes or renews the right to poll, for `lease`. Returns whether it is ours; it is not as long
/// as another holder's lease lasts.
pub async fn acquire(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    holder: &str,
    lease: Duration,
) -> Result<bool> {
    let lease = PgInterval::try_from(lease).map_err(sqlx::Error::Encode)?;
    let acquired = sqlx::query!(
        r#"
        insert into heymilo_sync.pollers as known (workspace_id, holder, leased_until)
        values ($1, $2, now() + $3)
        on conflict (workspace_id) do update
            set holder       = excluded.holder,
                leased_until = excluded.leased_until
            where known.holder = excluded.holder
               or known.leased_until <= now()
        "#,
        workspace_id.as_str(),
        holder,
        lease,
    )
    .execute(db)
    .await?;

    Ok(acquired.rows_affected() == 1)
}

/// Gives the right to poll up, so that another process need not wait for the lease to end.
pub async fn release(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    holder: &str,
) -> Result<()> {
    sqlx::query!(
        r#"delete from heymilo_sync.pollers where workspace_id = $1 and holder = $2"#,
        workspace_id.as_str(),
        holder,
    )
    .execute(db)
    .await?;

    Ok(())
}
