//! The statements of a replay beyond the usual writes: they clear the tables.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::{Result, results, rows};
use crate::records::{AgentSummary, PostingId, WorkflowStep, WorkflowStepChange, WorkspaceId};

/// A mark that a subject is gone. Only the tables hold it, because no snapshot does.
#[derive(Debug)]
pub struct Deletion {
    subject_id: String,
    deleted_at: Option<DateTime<Utc>>,
}

/// Deletes what snapshots say about interviews. Returns what they do not say.
pub async fn clear_interviews(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    interview_ids: &[String],
) -> Result<Vec<Deletion>> {
    let ids: Vec<&str> = interview_ids.iter().map(String::as_str).collect();
    results::delete(db, workspace_id, &ids).await?;
    rows::delete::<AgentSummary>(db, workspace_id, &ids).await?;
    rows::delete::<WorkflowStep>(db, workspace_id, &ids).await?;
    rows::delete::<WorkflowStepChange>(db, workspace_id, &ids).await?;
    // Other changes, such as an interview's end at HeyMilo, are in no answer.
    sqlx::query!(
        r#"
        delete from heymilo.interview_changes
        where interview_id = any($2)
          and workspace_id = $1
          and field in ('status', 'score', 'shortlisted', 'dismissed')
        "#,
        workspace_id.as_str(),
        interview_ids,
    )
    .execute(&mut *db)
    .await?;

    sqlx::query_as!(
        Deletion,
        r#"
        delete from heymilo.interviews
        where interview_id = any($2)
          -- No index begins with this, as in `standings::read`.
          and workspace_id || '' = $1
        returning interview_id as subject_id, deleted_at
        "#,
        workspace_id.as_str(),
        interview_ids,
    )
    .fetch_all(db)
    .await
}

/// Marks the interviews as gone that were marked before.
pub async fn mark_interviews(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    deletions: &[Deletion],
) -> Result<()> {
    let deleted: Vec<&Deletion> =
        deletions.iter().filter(|deletion| deletion.deleted_at.is_some()).collect();
    if deleted.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        r#"
        update heymilo.interviews
        set deleted_at = gone.deleted_at,
            synced_at  = greatest(interviews.synced_at, gone.deleted_at)
        from unnest($2::text[], $3::timestamptz[]) as gone (interview_id, deleted_at)
        where interviews.interview_id = any($2)
          and interviews.interview_id = gone.interview_id
          and interviews.workspace_id || '' = $1
        "#,
        workspace_id.as_str(),
        &deleted.iter().map(|deletion| deletion.subject_id.as_str()).collect::<Vec<_>>() as _,
        &deleted.iter().map(|deletion| deletion.deleted_at).collect::<Vec<_>>() as _,
    )
    .execute(db)
    .await?;

    Ok(())
}

/// Deletes a posting. Returns what snapshots do not say about it.
pub async fn clear_posting(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    posting_id: &PostingId,
) -> Result<Option<Deletion>> {
    sqlx::query_as!(
        Deletion,
        r#"
        delete from heymilo.postings
        where workspace_id = $1
          and posting_id = $2
        returning posting_id as subject_id, deleted_at
        "#,
        workspace_id.as_str(),
        posting_id.as_str(),
    )
    .fetch_optional(db)
    .await
}

/// Marks a posting as gone if it was marked before.
pub async fn mark_posting(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    deletion: &Deletion,
) -> Result<()> {
    sqlx::query!(
        r#"
        update heymilo.postings
        set deleted_at = $3,
            synced_at  = greatest(synced_at, $3)
        where workspace_id = $1
          and posting_id = $2
        "#,
        workspace_id.as_str(),
        deletion.subject_id,
        deletion.deleted_at,
    )
    .execute(db)
    .await?;

    Ok(())
}
