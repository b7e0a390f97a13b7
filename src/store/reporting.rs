//! How dashboards count, from the settings.

use sqlx::{PgConnection, PgPool};

use super::Result;
use crate::records::WorkspaceId;

/// Writes the time zone in which weeks begin. A change makes all figures due.
pub async fn set_time_zone(db: &PgPool, time_zone: &str) -> Result<()> {
    let mut tx = db.begin().await?;
    let changed = sqlx::query!(
        r#"
        update heymilo_sync.reporting
        set time_zone = $1
        where time_zone <> $1
        "#,
        time_zone,
    )
    .execute(&mut *tx)
    .await?;

    if changed.rows_affected() > 0 {
        make_all_due(&mut tx).await?;
    }
    tx.commit().await
}

/// Writes where interviews and postings hold their dimensions, in place of earlier settings. A
/// change is applied to the existing interviews.
pub async fn map_dimensions(
    db: &PgPool,
    workspace_id: &WorkspaceId,
    dimensions: &[String],
    paths: &[String],
) -> Result<()> {
    let mut tx = db.begin().await?;
    let gone = sqlx::query!(
        r#"
        delete from heymilo_sync.dimensions
        where workspace_id = $1
          and not dimension = any ($2)
        "#,
        workspace_id.as_str(),
        dimensions,
    )
    .execute(&mut *tx)
    .await?;
    let changed = sqlx::query!(
        r#"
        insert into heymilo_sync.dimensions as known (workspace_id, dimension, path)
        select $1, dimension, path
        from unnest($2::text[], $3::text[]) as mapped (dimension, path)
        on conflict (workspace_id, dimension) do update
            set path = excluded.path
            where known.path <> excluded.path
        "#,
        workspace_id.as_str(),
        dimensions,
        paths,
    )
    .execute(&mut *tx)
    .await?;

    if gone.rows_affected() + changed.rows_affected() > 0 {
        sqlx::query_scalar!(
            r#"select heymilo_sync.map_dimensions($1) as "mapped: ()""#,
            workspace_id.as_str(),
        )
        .execute(&mut *tx)
        .await?;
        make_all_due(&mut tx).await?;
    }
    tx.commit().await
}

/// Makes the figures of all postings due.
pub async fn make_all_due(db: &mut PgConnection) -> Result<()> {
    sqlx::query_scalar!(r#"select heymilo_sync.make_all_figures_due() as "due: ()""#)
        .execute(db)
        .await?;

    Ok(())
}
