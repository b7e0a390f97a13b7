//! Postings with their steps and questions. Each is replaced as a whole.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgExecutor};

use super::{Result, rows};
use crate::records::{Posting, PostingId, PostingStep, Question, WorkspaceId};

/// Writes a posting and its steps as of `observed_at`. A posting that was marked as gone exists
/// again.
pub async fn replace(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    posting: &Posting,
    observed_at: DateTime<Utc>,
) -> Result<()> {
    let posting_id = posting.posting_id.as_str();
    rows::upsert(db, workspace_id, &[(posting_id, &posting.row)], &posting.unstated, observed_at)
        .await?;
    sqlx::query!(
        r#"
        update heymilo.postings
        set deleted_at = null
        where workspace_id = $1
          and posting_id = $2
          and deleted_at is not null
        "#,
        workspace_id.as_str(),
        posting_id,
    )
    .execute(&mut *db)
    .await?;

    rows::delete::<PostingStep>(db, workspace_id, &[posting_id]).await?;
    let steps: Vec<_> = posting.steps.iter().map(|step| (posting_id, step)).collect();
    rows::insert(db, workspace_id, &steps).await
}

/// Writes all questions of a posting.
pub async fn replace_questions(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    posting_id: &PostingId,
    questions: &[&Question],
) -> Result<()> {
    let posting_id = posting_id.as_str();
    rows::delete::<Question>(db, workspace_id, &[posting_id]).await?;
    let questions: Vec<_> = questions.iter().map(|question| (posting_id, *question)).collect();
    rows::insert(db, workspace_id, &questions).await
}

/// Whether the tables hold questions of a posting.
pub async fn has_questions(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    posting_id: &PostingId,
) -> Result<bool> {
    sqlx::query_scalar!(
        r#"
        select exists (
            select from heymilo.questions where workspace_id = $1 and posting_id = $2
        ) as "exists!"
        "#,
        workspace_id.as_str(),
        posting_id.as_str(),
    )
    .fetch_one(db)
    .await
}

/// Adds one question to a posting.
pub async fn add_question(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    posting_id: &PostingId,
    question: &Question,
) -> Result<()> {
    rows::insert(db, workspace_id, &[(posting_id.as_str(), question)]).await
}

/// Whether a posting is archived, as far as known.
pub async fn is_archived(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    posting_id: &str,
) -> Result<bool> {
    let archived = sqlx::query_scalar!(
        r#"
        select archived or status = 'archived' as archived
        from heymilo.postings
        where workspace_id = $1
          and posting_id = $2
        "#,
        workspace_id.as_str(),
        posting_id,
    )
    .fetch_optional(db)
    .await?;

    Ok(archived.flatten().unwrap_or(false))
}

/// The postings that still accept candidates: neither archived nor gone.
pub async fn live(db: impl PgExecutor<'_>, workspace_id: &WorkspaceId) -> Result<Vec<PostingId>> {
    sqlx::query_scalar!(
        r#"
        select posting_id as "posting_id: PostingId"
        from heymilo.postings
        where workspace_id = $1
          and archived is not true
          and status is distinct from 'archived'
          and deleted_at is null
        order by posting_id
        "#,
        workspace_id.as_str(),
    )
    .fetch_all(db)
    .await
}
