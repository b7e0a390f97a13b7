//! Observed changes. Written once, never deleted by a later sync.

use sqlx::PgConnection;

use super::{Result, rows};
use crate::records::{InterviewChange, WorkflowStepChange, WorkspaceId};

/// Adds observed changes, each with the id of its interview. Changes with the same time of
/// observation count as one. An answer that is written late is observed together with the newer one
/// before it.
pub async fn insert(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    changes: &[(&str, &InterviewChange)],
    step_changes: &[(&str, &WorkflowStepChange)],
) -> Result<()> {
    let on_conflict = "
        on conflict (interview_id, workspace_id, observed_at, field) do update
            set new_value  = excluded.new_value,
                changed_at = coalesce(excluded.changed_at, interview_changes.changed_at)";
    rows::insert_or(db, workspace_id, changes, on_conflict).await?;
    let on_conflict = "
        on conflict (interview_id, workspace_id, observed_at, position) do update
            set step_id    = excluded.step_id,
                new_status = excluded.new_status,
                changed_at = coalesce(excluded.changed_at, workflow_step_changes.changed_at)";
    rows::insert_or(db, workspace_id, step_changes, on_conflict).await
}
