//! Lists that are read sooner, because a delivery made them worth a look.

use std::time::Duration;

use sqlx::{PgExecutor, postgres::types::PgInterval};

use super::Result;
use crate::records::{InterviewId, PostingId, WorkspaceId};

/// A list that was read just now is read again after this, whoever asks for it.
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

/// Makes a posting's candidates due soon. Returns whether the posting is known.
///
/// Not at once when they were read just now: whoever can deliver can ask for it as often as they like.
/// When they are due already, whoever is reading them sees that there was news.
pub async fn hasten(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    posting_id: &PostingId,
) -> Result<bool> {
    let known = sqlx::query!(
        r#"
        update heymilo_sync.cursors
        set due_at = case when due_at <= now() then now()
                          else least(due_at, greatest(now(), polled_at + $3::interval)) end
        where workspace_id = $1
          and list = 'candidates'
          and posting_id = $2
        "#,
        workspace_id.as_str(),
        posting_id.as_str(),
        PgInterval::try_from(SOONEST).map_err(sqlx::Error::Encode)?,
    )
    .execute(db)
    .await?;

    Ok(known.rows_affected() == 1)
}

/// Makes the list of postings and the candidates of each live posting due as soon as that.
pub async fn hasten_all(db: impl PgExecutor<'_>, workspace_id: &WorkspaceId) -> Result<()> {
    // Whoever holds a cursor is about to read it, or has just done so, and is not waited for.
    sqlx::query!(
        r#"
        with later as (
            select cursors.list, cursors.posting_id
            from heymilo_sync.cursors
            where cursors.workspace_id = $1
              and cursors.list in ('postings', 'candidates')
              and (cursors.due_at <= now()
                   or cursors.due_at > greatest(now(), cursors.polled_at + $2::interval))
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
        set due_at = case when cursors.due_at <= now() then now()
                          else greatest(now(), cursors.polled_at + $2::interval) end
        from later
        where cursors.workspace_id = $1
          and cursors.list = later.list
          and cursors.posting_id = later.posting_id
        "#,
        workspace_id.as_str(),
        PgInterval::try_from(SOONEST).map_err(sqlx::Error::Encode)?,
    )
    .execute(db)
    .await?;

    Ok(())
}
