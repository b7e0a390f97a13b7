//! How far the poll has read: one cursor per list that is read again and again.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::{PgExecutor, postgres::types::PgInterval};

use super::Result;
use crate::records::{PostingId, WorkspaceId};

/// The lists that are polled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum List {
    /// The workspace's postings.
    Postings,
    /// A posting's questions.
    Questions,
    /// A posting's candidates.
    Candidates,
}

impl List {
    /// The word for it in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Postings => "postings",
            Self::Questions => "questions",
            Self::Candidates => "candidates",
        }
    }
}

/// A list that is due to be read.
#[derive(Debug)]
pub struct Due {
    /// The posting whose list it is; empty for the list of postings.
    pub posting_id: String,
    /// When it was last read from its very beginning.
    pub swept_at: Option<DateTime<Utc>>,
}

/// The lists of a kind that are due, longest waiting first.
pub async fn due(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    list: List,
) -> Result<Vec<Due>> {
    sqlx::query_as!(
        Due,
        r#"
        select posting_id, swept_at
        from heymilo_sync.cursors
        where workspace_id = $1
          and list = $2
          and due_at <= now()
        order by due_at, posting_id
        "#,
        workspace_id.as_str(),
        list.as_str(),
    )
    .fetch_all(db)
    .await
}

/// Makes a list due now, whether or not it was known.
pub async fn make_due(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    list: List,
    posting_id: Option<&PostingId>,
) -> Result<()> {
    sqlx::query!(
        r#"
        insert into heymilo_sync.cursors (workspace_id, list, posting_id)
        values ($1, $2, $3)
        on conflict (workspace_id, list, posting_id) do update
            set due_at = now()
        "#,
        workspace_id.as_str(),
        list.as_str(),
        posting_id.map_or("", PostingId::as_str),
    )
    .execute(db)
    .await?;

    Ok(())
}

/// Makes a list due now, from its very beginning.
pub async fn restart(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    list: List,
    posting_id: &PostingId,
) -> Result<()> {
    sqlx::query!(
        r#"
        insert into heymilo_sync.cursors (workspace_id, list, posting_id)
        values ($1, $2, $3)
        on conflict (workspace_id, list, posting_id) do update
            set due_at   = now(),
                swept_at = null
        "#,
        workspace_id.as_str(),
        list.as_str(),
        posting_id.as_str(),
    )
    .execute(db)
    .await?;

    Ok(())
}

/// Makes every list that is known due now, from its very beginning.
pub async fn restart_all(db: impl PgExecutor<'_>, workspace_id: &WorkspaceId) -> Result<()> {
    sqlx::query!(
        r#"
        update heymilo_sync.cursors
        set due_at   = now(),
            swept_at = null
        where workspace_id = $1
        "#,
        workspace_id.as_str(),
    )
    .execute(db)
    .await?;

    Ok(())
}

/// Makes a list due now if it is known. Returns whether it is.
pub async fn hasten(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    list: List,
    posting_id: &PostingId,
) -> Result<bool> {
    let known = sqlx::query!(
        r#"
        update heymilo_sync.cursors
        set due_at = now()
        where workspace_id = $1
          and list = $2
          and posting_id = $3
        "#,
        workspace_id.as_str(),
        list.as_str(),
        posting_id.as_str(),
    )
    .execute(db)
    .await?;

    Ok(known.rows_affected() == 1)
}

/// Makes sure that the poll knows a list; a list it knew keeps its time.
pub async fn add(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    list: List,
    posting_id: Option<&PostingId>,
) -> Result<()> {
    sqlx::query!(
        r#"
        insert into heymilo_sync.cursors (workspace_id, list, posting_id)
        values ($1, $2, $3)
        on conflict (workspace_id, list, posting_id) do nothing
        "#,
        workspace_id.as_str(),
        list.as_str(),
        posting_id.map_or("", PostingId::as_str),
    )
    .execute(db)
    .await?;

    Ok(())
}

/// Notes that a list that was begun at `began_at` has been read, and when it is due again. A list
/// that was made due meanwhile stays due.
pub async fn finish(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    list: List,
    posting_id: &str,
    began_at: DateTime<Utc>,
    swept: bool,
    next: Duration,
) -> Result<()> {
    let next = PgInterval::try_from(next).map_err(sqlx::Error::Encode)?;
    sqlx::query!(
        r#"
        update heymilo_sync.cursors
        set polled_at = now(),
            swept_at  = case when $4 then now() else swept_at end,
            due_at    = case when due_at > $5 then due_at else now() + $6 end
        where workspace_id = $1
          and list = $2
          and posting_id = $3
        "#,
        workspace_id.as_str(),
        list.as_str(),
        posting_id,
        swept,
        began_at,
        next,
    )
    .execute(db)
    .await?;

    Ok(())
}

/// Puts a list off, because it could not be read.
pub async fn postpone(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    list: List,
    posting_id: &str,
    delay: Duration,
) -> Result<()> {
    let delay = PgInterval::try_from(delay).map_err(sqlx::Error::Encode)?;
    sqlx::query!(
        r#"
        update heymilo_sync.cursors
        set due_at = now() + $4
        where workspace_id = $1
          and list = $2
          and posting_id = $3
        "#,
        workspace_id.as_str(),
        list.as_str(),
        posting_id,
        delay,
    )
    .execute(db)
    .await?;

    Ok(())
}

/// The earliest time at which any list of the workspace is due.
pub async fn next_due_at(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
) -> Result<Option<DateTime<Utc>>> {
    sqlx::query_scalar!(
        r#"select min(due_at) from heymilo_sync.cursors where workspace_id = $1"#,
        workspace_id.as_str(),
    )
    .fetch_one(db)
    .await
}
