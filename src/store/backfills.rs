//! Backfills: known interviews that an operator has fetched again.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgExecutor};

use super::Result;
use crate::records::{PostingId, WorkspaceId};

/// Interviews enqueued in one transaction. Deliveries about them wait for it.
const BATCH: i64 = 2000;

/// The known interviews that a command is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Range {
    /// Only interviews of this posting.
    pub posting_id: Option<PostingId>,
    /// Only interviews invited at this time or later.
    pub since: Option<DateTime<Utc>>,
    /// Only interviews invited before this time.
    pub until: Option<DateTime<Utc>>,
}

/// The last interview that an interrupted backfill of this range enqueued. `None` when no backfill
/// was interrupted.
pub async fn interrupted(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    range: &Range,
) -> Result<Option<String>> {
    sqlx::query_scalar!(
        r#"
        select last_interview_id
        from heymilo_sync.backfills
        where workspace_id = $1
          and posting_id is not distinct from $2
          and since is not distinct from $3
          and until is not distinct from $4
        "#,
        workspace_id.as_str(),
        range.posting_id.as_ref().map(PostingId::as_str),
        range.since,
        range.until,
    )
    .fetch_optional(db)
    .await
}

/// Up to 2,000 interviews of the range after one, in the order of their ids. An interview without a
/// known invitation counts from its first sync.
pub async fn next(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    range: &Range,
    after: &str,
) -> Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"
        select interview_id
        from heymilo.interviews
        -- No index begins with this: those that begin with the workspace have another order.
        where workspace_id || '' = $1
          and interview_id > $5
          and deleted_at is null
          and ($2::text is null or posting_id = $2)
          and ($3::timestamptz is null or coalesce(invited_at, first_synced_at) >= $3)
          and ($4::timestamptz is null or coalesce(invited_at, first_synced_at) < $4)
        order by interview_id
        limit $6
        "#,
        workspace_id.as_str(),
        range.posting_id.as_ref().map(PostingId::as_str),
        range.since,
        range.until,
        after,
        BATCH,
    )
    .fetch_all(db)
    .await
}

/// Records up to which interview of a range all are enqueued.
pub async fn advance(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    range: &Range,
    last_interview_id: &str,
) -> Result<()> {
    sqlx::query!(
        r#"
        insert into heymilo_sync.backfills (workspace_id, posting_id, since, until, last_interview_id)
        values ($1, $2, $3, $4, $5)
        on conflict (workspace_id) do update
            set posting_id        = excluded.posting_id,
                since             = excluded.since,
                until             = excluded.until,
                last_interview_id = excluded.last_interview_id
        "#,
        workspace_id.as_str(),
        range.posting_id.as_ref().map(PostingId::as_str),
        range.since,
        range.until,
        last_interview_id,
    )
    .execute(db)
    .await?;

    Ok(())
}

/// Records that all interviews of a range are enqueued.
pub async fn finish(db: impl PgExecutor<'_>, workspace_id: &WorkspaceId) -> Result<()> {
    sqlx::query!(
        r#"delete from heymilo_sync.backfills where workspace_id = $1"#,
        workspace_id.as_str(),
    )
    .execute(db)
    .await?;

    Ok(())
}
