//! Observed changes. Written once, never deleted by a later sync.

use sqlx::PgConnection;

use super::{Result, rows};
use crate::records::{InterviewChange, WorkflowStepChange, WorkspaceId};

/// Adds observed changes, each with the id of its interview.
pub async fn insert(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    changes: &[(&str, &InterviewChange)],
    step_changes: &[(&str, &WorkflowStepChange)],
) -> Result<()> {
    rows::insert(db, workspace_id, changes).await?;
    rows::insert(db, workspace_id, step_changes).await
}
