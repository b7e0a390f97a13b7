//! Finds and marks the interviews and postings that HeyMilo does not have any longer.

use std::{collections::HashSet, time::Duration};

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgExecutor};

use super::{Result, database::interval};
use crate::records::{InterviewId, PostingId, WorkspaceId};

/// The given interviews that are marked as gone.
pub async fn among(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    interview_ids: &[&str],
) -> Result<HashSet<InterviewId>> {
    let deleted = sqlx::query_scalar!(
        r#"
        select interview_id as "interview_id: InterviewId"
        from heymilo.interviews
        where interview_id = any($2)
          and workspace_id = $1
          and deleted_at is not null
        "#,
        workspace_id.as_str(),
        interview_ids as _,
    )
    .fetch_all(db)
    .await?;

    Ok(deleted.into_iter().collect())
}

/// The interviews of a posting that its list showed before `began_at`, and that are not among those
/// it showed since.
///
/// All times are by our own clock. The list's invitation times are HeyMilo's.
pub async fn unlisted(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    posting_id: &PostingId,
    listed: &[&str],
    began_at: DateTime<Utc>,
) -> Result<Vec<InterviewId>> {
    sqlx::query_scalar!(
        r#"
        select interview_id as "interview_id: InterviewId"
        from heymilo.interviews
        where workspace_id = $1
          and posting_id = $2
          and listed_at < $4
          and deleted_at is null
          and not exists (
              select from unnest($3::text[]) as listed (interview_id)
              where listed.interview_id = interviews.interview_id
          )
        order by interview_id collate "C"
        "#,
        workspace_id.as_str(),
        posting_id.as_str(),
        listed as _,
        began_at,
    )
    .fetch_all(db)
    .await
}

/// Marks an interview as gone.
pub async fn mark(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    interview_id: &InterviewId,
    deleted_at: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        r#"
        update heymilo.interviews
        set deleted_at = $3,
            synced_at  = greatest(synced_at, $3)
        where interview_id = $2
          and workspace_id = $1
        "#,
        workspace_id.as_str(),
        interview_id.as_str(),
        deleted_at,
    )
    .execute(db)
    .await?;

    Ok(())
}

/// Records that HeyMilo was asked again for a marked interview and still does not have it.
pub async fn confirm(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    interview_id: &InterviewId,
    confirmed_at: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        r#"
        insert into heymilo_sync.gone_confirmations (workspace_id, interview_id, confirmed_at)
        values ($1, $2, $3)
        on conflict (interview_id, workspace_id) do update
            set confirmed_at = excluded.confirmed_at
        "#,
        workspace_id.as_str(),
        interview_id.as_str(),
        confirmed_at,
    )
    .execute(db)
    .await?;

    Ok(())
}

/// Up to `most` interviews that were marked `grace` ago and that HeyMilo must be asked for again.
pub async fn unconfirmed(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    grace: Duration,
    most: i64,
) -> Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"
        select interviews.interview_id
        from heymilo.interviews
        left join heymilo_sync.gone_confirmations as confirmed
          on confirmed.interview_id = interviews.interview_id
         and confirmed.workspace_id = $1
         and confirmed.confirmed_at >= interviews.deleted_at + $2::interval
        left join heymilo_sync.jobs
          on jobs.interview_id = interviews.interview_id
         and jobs.workspace_id = $1
         and jobs.failed_at is null
        left join heymilo_sync.held_interviews as held
          on held.interview_id = interviews.interview_id
         and held.workspace_id = $1
        where interviews.workspace_id = $1
          and interviews.deleted_at < now() - $2::interval
          and confirmed.interview_id is null
          and jobs.interview_id is null
          and held.interview_id is null
        order by interviews.interview_id collate "C"
        limit $3
        "#,
        workspace_id.as_str(),
        interval(grace)?,
        most,
    )
    .fetch_all(db)
    .await
}

/// Up to `most` marked interviews that HeyMilo did not have `grace` later either.
pub async fn confirmed(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    grace: Duration,
    most: i64,
) -> Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"
        select interviews.interview_id
        from heymilo.interviews
        join heymilo_sync.gone_confirmations as confirmed
          on confirmed.interview_id = interviews.interview_id
         and confirmed.workspace_id = $1
         and confirmed.confirmed_at >= interviews.deleted_at + $2::interval
        left join heymilo_sync.held_interviews as held
          on held.interview_id = interviews.interview_id
         and held.workspace_id = $1
        where interviews.workspace_id = $1
          and held.interview_id is null
        order by interviews.interview_id collate "C"
        limit $3
        "#,
        workspace_id.as_str(),
        interval(grace)?,
        most,
    )
    .fetch_all(db)
    .await
}

/// The given postings that are marked as gone.
pub async fn among_postings(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    posting_ids: &[&str],
) -> Result<HashSet<PostingId>> {
    let deleted = sqlx::query_scalar!(
        r#"
        select posting_id as "posting_id: PostingId"
        from heymilo.postings
        where workspace_id = $1
          and posting_id = any($2)
          and deleted_at is not null
        "#,
        workspace_id.as_str(),
        posting_ids as _,
    )
    .fetch_all(db)
    .await?;

    Ok(deleted.into_iter().collect())
}

/// The known postings that are not listed, without those that HeyMilo confirmed within
/// `confirmed_for`.
pub async fn unlisted_postings(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    listed: &[&str],
    confirmed_for: Duration,
) -> Result<Vec<PostingId>> {
    let confirmed_for = interval(confirmed_for)?;

    sqlx::query_scalar!(
        r#"
        select posting_id as "posting_id: PostingId"
        from heymilo.postings
        where workspace_id = $1
          and posting_id <> all($2)
          and deleted_at is null
          and not exists (
              select from heymilo_sync.cursors
              where cursors.workspace_id = $1
                and cursors.posting_id = postings.posting_id
                and cursors.list = 'candidates'
                and cursors.confirmed_at > now() - $3::interval
          )
        order by posting_id
        "#,
        workspace_id.as_str(),
        listed as _,
        confirmed_for,
    )
    .fetch_all(db)
    .await
}

/// Marks a posting as gone. Its lists are not polled any longer.
pub async fn mark_posting(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    posting_id: &PostingId,
    deleted_at: DateTime<Utc>,
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
        posting_id.as_str(),
        deleted_at,
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        r#"
        delete from heymilo_sync.cursors
        where workspace_id = $1
          and posting_id = $2
        "#,
        workspace_id.as_str(),
        posting_id.as_str(),
    )
    .execute(db)
    .await?;

    Ok(())
}
