//! Figures for dashboards, computed by the database for the postings that changed.

use sqlx::PgExecutor;

use super::Result;
use crate::records::{PostingId, WorkspaceId};

/// Computes the figures of the posting that has been due longest. Returns false when no posting is
/// due, and while another daemon computes figures.
pub async fn write_due(db: impl PgExecutor<'_>) -> Result<bool> {
    sqlx::query_scalar!(r#"select heymilo_sync.write_due_figures() as "written!""#)
        .fetch_one(db)
        .await
}

/// Makes the figures of the postings of interviews due.
pub async fn make_due(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    interview_ids: &[String],
) -> Result<()> {
    sqlx::query_scalar!(
        r#"select heymilo_sync.make_figures_due($1, $2) as "due: ()""#,
        workspace_id.as_str(),
        interview_ids,
    )
    .execute(db)
    .await?;

    Ok(())
}

/// Makes the figures of a posting due, because its steps changed.
pub async fn make_posting_due(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    posting_id: &PostingId,
) -> Result<()> {
    sqlx::query!(
        r#"
        insert into heymilo_sync.figures_due (workspace_id, posting_id)
        values ($1, $2)
        "#,
        workspace_id.as_str(),
        posting_id.as_str(),
    )
    .execute(db)
    .await?;

    Ok(())
}
