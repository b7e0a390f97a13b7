//! Where HeyMilo's answers hold the attributes for `heymilo_demographics`.

use sqlx::PgPool;

use super::{Result, reporting};
use crate::records::WorkspaceId;

/// Writes the attributes of a workspace with their paths, in place of earlier settings. A change
/// makes all figures due.
pub async fn replace(
    db: &PgPool,
    workspace_id: &WorkspaceId,
    attributes: &[String],
    paths: &[String],
) -> Result<()> {
    let mut tx = db.begin().await?;
    let gone = sqlx::query!(
        r#"
        delete from heymilo_sync.demographic_attributes
        where workspace_id = $1
          and not attribute = any ($2)
        "#,
        workspace_id.as_str(),
        attributes,
    )
    .execute(&mut *tx)
    .await?;
    let changed = sqlx::query!(
        r#"
        insert into heymilo_sync.demographic_attributes as known (workspace_id, attribute, path)
        select $1, attribute, path
        from unnest($2::text[], $3::text[]) as mapped (attribute, path)
        on conflict (workspace_id, attribute) do update
            set path = excluded.path
            where known.path <> excluded.path
        "#,
        workspace_id.as_str(),
        attributes,
        paths,
    )
    .execute(&mut *tx)
    .await?;

    if gone.rows_affected() + changed.rows_affected() > 0 {
        reporting::make_all_due(&mut tx).await?;
    }
    tx.commit().await
}
