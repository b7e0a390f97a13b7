//! Lists that are read sooner, because a delivery made them worth a look.

use std::time::Duration;

use sqlx::PgExecutor;

use super::{Result, database::interval};
use crate::records::{InterviewId, PostingId, WorkspaceId};

/// A delivery does not make a list due that was read in this time.
pub(super) const SOONEST: Duration = Duration::from_secs(30);

/// Those of the interviews that are known.
pub async fn known(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    interview_ids: &[&str],
) -> Result<Vec<InterviewId>> {
    sqlx::query_scalar!(
        r#"
        select interview_id as "interview_id: InterviewId"
        from heymilo.interviews
        where interview_id = any($2)
          and workspace_id = $1
        "#,
        workspace_id.as_str(),
        interview_ids as _,
    )
    .fetch_all(db)
    .await
}

/// Lets a posting's candidates be read sooner. Returns whether the posting is known.
///
/// Not at once when they were read in the last 30 seconds: a sender can ask for it as often as it likes.
/// When they are being read, they are read once more.
pub async fn hasten(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    posting_id: &PostingId,
) -> Result<bool> {
    let known = sqlx::query!(
        r#"
        update heymilo_sync.cursors
        set hastened_at = greatest(now(), polled_at + $3::interval)
        where workspace_id = $1
          and list = 'candidates'
          and posting_id = $2
        "#,
        workspace_id.as_str(),
        posting_id.as_str(),
        interval(SOONEST)?,
    )
    .execute(db)
    .await?;

    Ok(known.rows_affected() == 1)
}

/// Lets the list of postings and the candidates of each live posting be read sooner.
pub async fn hasten_all(db: impl PgExecutor<'_>, workspace_id: &WorkspaceId) -> Result<()> {
    // A cursor that is locked is about to be read, or has just been read, and is not waited for.
    sqlx::query!(
        r#"
        with later as (
            select cursors.list, cursors.posting_id
            from heymilo_sync.cursors
            where cursors.workspace_id = $1
              and cursors.list in ('postings', 'candidates')
              and (cursors.hastened_at is null or cursors.hastened_at <= now())
              and not exists (
                  select from heymilo.postings
                  where postings.workspace_id = $1
                    and postings.posting_id = cursors.posting_id
                    and (postings.archived or postings.status = 'archived'
                         or postings.deleted_at is not null)
              )
            for update of cursors skip locked
        )
        update heymilo_sync.cursors
        set hastened_at = greatest(now(), cursors.polled_at + $2::interval)
        from later
        where cursors.workspace_id = $1
          and cursors.list = later.list
          and cursors.posting_id = later.posting_id
        "#,
        workspace_id.as_str(),
        interval(SOONEST)?,
    )
    .execute(db)
    .await?;

    Ok(())
}
