//! The state of HeyMilo's API for each workspace, for monitoring.

use chrono::{DateTime, Utc};
use sqlx::PgExecutor;

use super::Result;
use crate::records::WorkspaceId;

/// The state of the API for one workspace.
#[derive(Debug)]
pub struct Connection {
    /// The workspace.
    pub workspace_id: WorkspaceId,
    /// Since when its key is refused. `None` while it is accepted.
    pub refused_at: Option<DateTime<Utc>>,
    /// Since when the key is found to belong to another workspace. `None` while the key is right.
    pub other_workspace_at: Option<DateTime<Utc>>,
    /// Since when the API does not answer at all. `None` while it answers.
    pub down_at: Option<DateTime<Utc>>,
}

/// Records that the key was accepted, at most once a minute while nothing changes. Returns whether
/// the key was refused until now.
pub async fn accepted(db: impl PgExecutor<'_>, workspace_id: &WorkspaceId) -> Result<bool> {
    sqlx::query_scalar!(
        r#"
        with noted as (
            insert into heymilo_sync.connections as known (workspace_id, succeeded_at)
            values ($1, now())
            on conflict (workspace_id) do update
                set succeeded_at       = excluded.succeeded_at,
                    refused_at         = null,
                    refused_because    = null,
                    other_workspace_at = null,
                    down_at            = null,
                    down_because       = null
                where known.refused_at is not null
                   or known.other_workspace_at is not null
                   or known.down_at is not null
                   or known.succeeded_at is null
                   or known.succeeded_at < now() - interval '1 minute'
        )
        select exists (
            select from heymilo_sync.connections
            where workspace_id = $1
              and refused_at is not null
        ) as "was_refused!"
        "#,
        workspace_id.as_str(),
    )
    .fetch_one(db)
    .await
}

/// Records that the key was refused, with HeyMilo's reason. Returns whether that was not recorded
/// yet.
pub async fn refused(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    because: &str,
) -> Result<bool> {
    let noted = sqlx::query!(
        r#"
        insert into heymilo_sync.connections as known (workspace_id, refused_at, refused_because)
        values ($1, now(), $2)
        on conflict (workspace_id) do update
            set refused_at      = excluded.refused_at,
                refused_because = excluded.refused_because
            where known.refused_at is null
        "#,
        workspace_id.as_str(),
        because,
    )
    .execute(db)
    .await?;

    Ok(noted.rows_affected() == 1)
}

/// Records that the key is of another workspace. Returns whether that was not recorded yet.
pub async fn other_workspace(db: impl PgExecutor<'_>, workspace_id: &WorkspaceId) -> Result<bool> {
    let noted = sqlx::query!(
        r#"
        insert into heymilo_sync.connections as known (workspace_id, other_workspace_at)
        values ($1, now())
        on conflict (workspace_id) do update
            set other_workspace_at = excluded.other_workspace_at
            where known.other_workspace_at is null
        "#,
        workspace_id.as_str(),
    )
    .execute(db)
    .await?;

    Ok(noted.rows_affected() == 1)
}

/// Records that HeyMilo does not say which workspace the key is of. Returns whether that was not
/// recorded yet.
pub async fn unidentified(db: impl PgExecutor<'_>, workspace_id: &WorkspaceId) -> Result<bool> {
    let noted = sqlx::query!(
        r#"
        insert into heymilo_sync.connections as known (workspace_id, unidentified_at)
        values ($1, now())
        on conflict (workspace_id) do update
            set unidentified_at = excluded.unidentified_at
            where known.unidentified_at is null
        "#,
        workspace_id.as_str(),
    )
    .execute(db)
    .await?;

    Ok(noted.rows_affected() == 1)
}

/// Records that HeyMilo says which workspace the key is of.
pub async fn identified(db: impl PgExecutor<'_>, workspace_id: &WorkspaceId) -> Result<()> {
    sqlx::query!(
        r#"
        update heymilo_sync.connections
        set unidentified_at = null
        where workspace_id = $1
          and unidentified_at is not null
        "#,
        workspace_id.as_str(),
    )
    .execute(db)
    .await?;

    Ok(())
}

/// Records that the API does not answer, and why. Returns whether that was not recorded yet.
pub async fn down(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    because: &str,
) -> Result<bool> {
    let noted = sqlx::query!(
        r#"
        insert into heymilo_sync.connections as known (workspace_id, down_at, down_because)
        values ($1, now(), $2)
        on conflict (workspace_id) do update
            set down_at      = excluded.down_at,
                down_because = excluded.down_because
            where known.down_at is null
        "#,
        workspace_id.as_str(),
        because,
    )
    .execute(db)
    .await?;

    Ok(noted.rows_affected() == 1)
}

/// Records that the API answers again. Returns whether it did not answer before.
pub async fn back(db: impl PgExecutor<'_>, workspace_id: &WorkspaceId) -> Result<bool> {
    let noted = sqlx::query!(
        r#"
        update heymilo_sync.connections
        set down_at      = null,
            down_because = null
        where workspace_id = $1
          and down_at is not null
        "#,
        workspace_id.as_str(),
    )
    .execute(db)
    .await?;

    Ok(noted.rows_affected() == 1)
}

/// Clears the errors of an earlier process, whose key and address may have been others.
pub async fn forget_troubles(db: impl PgExecutor<'_>, workspace_id: &WorkspaceId) -> Result<()> {
    sqlx::query!(
        r#"
        update heymilo_sync.connections
        set refused_at         = null,
            refused_because    = null,
            other_workspace_at = null,
            down_at            = null,
            down_because       = null
        where workspace_id = $1
          and coalesce(refused_at, other_workspace_at, down_at) is not null
        "#,
        workspace_id.as_str(),
    )
    .execute(db)
    .await?;

    Ok(())
}

/// Whether a workspace's key is refused.
pub async fn is_refused(db: impl PgExecutor<'_>, workspace_id: &WorkspaceId) -> Result<bool> {
    sqlx::query_scalar!(
        r#"
        select exists (
            select from heymilo_sync.connections
            where workspace_id = $1
              and refused_at is not null
        ) as "is_refused!"
        "#,
        workspace_id.as_str(),
    )
    .fetch_one(db)
    .await
}

/// The state of the API for each workspace.
pub async fn all(db: impl PgExecutor<'_>) -> Result<Vec<Connection>> {
    sqlx::query_as!(
        Connection,
        r#"
        select workspace_id as "workspace_id: WorkspaceId", refused_at, other_workspace_at,
               down_at
        from heymilo_sync.connections
        order by workspace_id
        "#,
    )
    .fetch_all(db)
    .await
}

/// Whether commands can expect requests from the owner.
#[derive(Debug)]
pub struct Trouble {
    /// Whether the key is refused, or of another workspace.
    pub is_refused: bool,
    /// Whether the API does not answer at all.
    pub is_down: bool,
}

/// The errors of a workspace's API.
pub async fn trouble(db: impl PgExecutor<'_>, workspace_id: &WorkspaceId) -> Result<Trouble> {
    sqlx::query_as!(
        Trouble,
        r#"
        select coalesce(bool_or(refused_at is not null or other_workspace_at is not null), false)
                   as "is_refused!",
               coalesce(bool_or(down_at is not null), false) as "is_down!"
        from heymilo_sync.connections
        where workspace_id = $1
        "#,
        workspace_id.as_str(),
    )
    .fetch_one(db)
    .await
}
