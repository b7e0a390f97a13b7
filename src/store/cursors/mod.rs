//! How far the poll has read: one cursor for each list that is read repeatedly.

mod progress;

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgExecutor;

pub use progress::{Finished, advance, compare, confirm, finish, postpone};

use super::{Result, jobs::MAX_MARKS};
use crate::records::{PostingId, Urgency, WorkspaceId};

/// The lists that are polled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum List {
    /// The workspace's postings.
    Postings,
    /// A posting's questions.
    Questions,
    /// A posting's candidates.
    Candidates,
}

impl List {
    /// The database's word for it.
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
    /// Which list.
    pub list: List,
    /// The posting of the list. Empty for the list of postings.
    pub posting_id: String,
    /// Since when it is due.
    pub due_at: DateTime<Utc>,
    /// From when a delivery makes the list due sooner.
    pub hastened_at: Option<DateTime<Utc>>,
    /// Whether only a delivery makes the list due.
    pub is_hastened: bool,
    /// The number of looks since the last full scan.
    pub looks: i32,
    /// How often the list was marked before its next page was read, without getting further.
    pub marks: i32,
    /// When the last full scan began that reached the end of the list.
    pub scanned_at: Option<DateTime<Utc>>,
    /// The number of pages when the list was last read.
    pub pages: Option<i32>,
    /// The posting's counts from before the last reading.
    pub stats: Option<Value>,
    /// Whether these counts and the tables differed at the last reading.
    pub differs: bool,
    page_after: Option<String>,
    run_since: Option<DateTime<Utc>>,
    run_began_at: Option<DateTime<Utc>>,
}

impl Due {
    /// Whether the list's next page ended the process each time.
    pub fn is_poison(&self) -> bool {
        self.marks >= MAX_MARKS
    }

    /// The reading that was interrupted before the end of the list.
    pub fn interrupted(&self) -> Option<Run> {
        let after = Some(self.page_after.clone()?);
        let (began_at, since) = (self.run_began_at?, self.run_since);
        Some(Run { began_at, since, after, leaves_page_out: self.is_poison() })
    }

    /// Whether a run is where it was interrupted.
    pub fn is_at(&self, run: &Run) -> bool {
        self.page_after == run.after
    }
}

/// One reading of a list from its start to its end, with all interruptions.
#[derive(Debug)]
pub struct Run {
    /// When it began.
    pub began_at: DateTime<Utc>,
    /// The earliest invitation to read. `None` for a full scan.
    pub since: Option<DateTime<Utc>>,
    /// The last item that was read.
    pub after: Option<String>,
    /// Whether the next page ended the process each time. Its rows are then kept, and not written
    /// to tables.
    pub leaves_page_out: bool,
}

impl Run {
    /// The urgency of its pages. A look at recent invitations goes before a full scan.
    pub fn urgency(&self) -> Urgency {
        if self.since.is_some() { Urgency::List } else { Urgency::Look }
    }
}

/// The due lists, the longest waiting first.
pub async fn due(db: impl PgExecutor<'_>, workspace_id: &WorkspaceId) -> Result<Vec<Due>> {
    sqlx::query_as!(
        Due,
        r#"
        select list as "list: List", posting_id, due_at, hastened_at, due_at > now() as "is_hastened!",
               looks, marks, scanned_at, pages, stats, differs_since is not null as "differs!",
               page_after, run_since, run_began_at
        from heymilo_sync.cursors
        where workspace_id = $1
          and (due_at <= now() or hastened_at <= now())
        order by least(due_at, hastened_at), posting_id
        "#,
        workspace_id.as_str(),
    )
    .fetch_all(db)
    .await
}

/// Marks a list before it is read, after an unclean takeover.
pub async fn mark(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    list: List,
    posting_id: &str,
) -> Result<()> {
    sqlx::query!(
        r#"
        update heymilo_sync.cursors
        set marks = marks + 1
        where workspace_id = $1
          and list = $2
          and posting_id = $3
        "#,
        workspace_id.as_str(),
        list.as_str(),
        posting_id,
    )
    .execute(db)
    .await?;

    Ok(())
}

/// Makes a list due now. Adds the list when it is not known.
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

/// Makes a list due now, for a full scan.
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
            set due_at     = now(),
                scanned_at   = null,
                page_after = null
        "#,
        workspace_id.as_str(),
        list.as_str(),
        posting_id.as_str(),
    )
    .execute(db)
    .await?;

    Ok(())
}

/// Makes every known list due now, each from where it would be read next.
pub async fn make_all_due(db: impl PgExecutor<'_>, workspace_id: &WorkspaceId) -> Result<u64> {
    let due = sqlx::query!(
        r#"
        update heymilo_sync.cursors
        set due_at = now()
        where workspace_id = $1
        "#,
        workspace_id.as_str(),
    )
    .execute(db)
    .await?;

    Ok(due.rows_affected())
}

/// Makes every known list due now, for a full scan.
pub async fn restart_all(db: impl PgExecutor<'_>, workspace_id: &WorkspaceId) -> Result<()> {
    sqlx::query!(
        r#"
        update heymilo_sync.cursors
        set due_at     = now(),
            scanned_at   = null,
            page_after = null
        where workspace_id = $1
        "#,
        workspace_id.as_str(),
    )
    .execute(db)
    .await?;

    Ok(())
}

/// Adds a list to the poll. A known list keeps its time.
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

/// The progress of the lists that a command made due.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pending {
    /// Lists that have not been read yet.
    pub left: i64,
    /// Lists that were read to their end.
    pub read: i64,
    /// Lists that could not be read.
    pub failed: i64,
}

/// Counts the lists that were read since `since`, and the lists still to be read.
pub async fn pending(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    since: DateTime<Utc>,
) -> Result<Pending> {
    sqlx::query_as!(
        Pending,
        r#"
        select count(*) filter (
                   where coalesce(greatest(polled_at, failed_at) < $2, true)
                      or due_at <= now() and failed_at is null and scanned_at is null
               ) as "left!",
               count(*) filter (where polled_at >= $2) as "read!",
               count(*) filter (where failed_at >= $2) as "failed!"
        from heymilo_sync.cursors
        where workspace_id = $1
        "#,
        workspace_id.as_str(),
        since,
    )
    .fetch_one(db)
    .await
}
