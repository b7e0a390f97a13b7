//! The outcomes of interviews and their steps, computed by the database from their rows.

use sqlx::PgExecutor;

use super::Result;
use crate::records::WorkspaceId;

/// Updates the outcomes of interviews from their other rows, and makes the figures of their
/// postings due.
pub async fn write(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    interview_ids: &[&str],
) -> Result<()> {
    if interview_ids.is_empty() {
        return Ok(());
    }
    sqlx::query_scalar!(
        r#"select heymilo_sync.write_outcomes($1, $2) as "written: ()""#,
        workspace_id.as_str(),
        interview_ids as _,
    )
    .execute(db)
    .await?;

    Ok(())
}
