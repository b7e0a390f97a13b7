//! How far the poll has read: one cursor per list that is read again and again.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::{PgExecutor, postgres::types::PgInterval};

use super::{Result, hints::SOONEST};
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
    /// Since when it is due.
    pub due_at: DateTime<Utc>,
    /// When the reading began that last took in all of it.
    pub swept_at: Option<DateTime<Utc>>,
    /// How many pages it had when it was last read.
    pub pages: Option<i32>,
    /// The posting's counts from before it was last read.
    pub stats: Option<Value>,
    page_after: Option<String>,
    run_since: Option<DateTime<Utc>>,
    run_began_at: Option<DateTime<Utc>>,
}

impl Due {
    /// The reading that was interrupted before the list's end, if one was.
    pub fn interrupted(&self) -> Option<Run> {
        let after = Some(self.page_after.clone()?);
        Some(Run { began_at: self.run_began_at?, since: self.run_since, after })
    }

    /// Whether a run has not come further than where it was interrupted.
    pub fn is_at(&self, run: &Run) -> bool {
        self.page_after == run.after
    }
}

/// One reading of a list from where it begins to its end, however often it is interrupted.
#[derive(Debug)]
pub struct Run {
    /// When it began.
    pub began_at: DateTime<Utc>,
    /// From which invitation on; from the very beginning when `None`.
    pub since: Option<DateTime<Utc>>,
    /// The last item that was read, when it was interrupted.
    pub after: Option<String>,
}

/// What to note about a list that was read.
#[derive(Debug)]
pub struct Finished {
    /// When it was due, by which we see whether it was made due again meanwhile.
    pub due_at: DateTime<Utc>,
    /// When the reading began, if it took in all of the list.
    pub swept_at: Option<DateTime<Utc>>,
    /// How many pages there were, if that is known.
    pub pages: Option<i32>,
    /// The posting's counts from before, if they were asked for.
    pub stats: Option<Value>,
    /// When the reading began, and the counts were asked for.
    pub began_at: DateTime<Utc>,
    /// How long until it is due again.
    pub next: Duration,
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
        select posting_id, due_at, swept_at, pages, stats, page_after, run_since, run_began_at
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
            set due_at     = now(),
                swept_at   = null,
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

/// Makes every list that is known due now, from its very beginning.
pub async fn restart_all(db: impl PgExecutor<'_>, workspace_id: &WorkspaceId) -> Result<()> {
    sqlx::query!(
        r#"
        update heymilo_sync.cursors
        set due_at     = now(),
            swept_at   = null,
            page_after = null
        where workspace_id = $1
        "#,
        workspace_id.as_str(),
    )
    .execute(db)
    .await?;

    Ok(())
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

/// Notes that a list has been read up to `after`, and that there is more; nothing if somebody else
/// has come to its end since `run` began.
pub async fn advance(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    list: List,
    posting_id: &PostingId,
    run: &Run,
    after: &str,
) -> Result<()> {
    sqlx::query!(
        r#"
        update heymilo_sync.cursors
        set page_after   = $4,
            run_since    = $5,
            run_began_at = $6
        where workspace_id = $1
          and list = $2
          and posting_id = $3
          and (polled_at is null or polled_at < $6)
        "#,
        workspace_id.as_str(),
        list.as_str(),
        posting_id.as_str(),
        after,
        run.since,
        run.began_at,
    )
    .execute(db)
    .await?;

    Ok(())
}

/// Notes that HeyMilo has a posting that its list of postings leaves out.
pub async fn confirm(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    posting_id: &PostingId,
) -> Result<()> {
    sqlx::query!(
        r#"
        update heymilo_sync.cursors
        set confirmed_at = now()
        where workspace_id = $1
          and list = 'candidates'
          and posting_id = $2
        "#,
        workspace_id.as_str(),
        posting_id.as_str(),
    )
    .execute(db)
    .await?;

    Ok(())
}

/// Notes that a list has been read to its end. A list that was made due meanwhile stays due: soon,
/// or at once from its very beginning.
pub async fn finish(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    list: List,
    posting_id: &str,
    finished: &Finished,
) -> Result<()> {
    let next = PgInterval::try_from(finished.next).map_err(sqlx::Error::Encode)?;
    sqlx::query!(
        r#"
        update heymilo_sync.cursors
        set polled_at    = now(),
            due_at       = case when due_at = $4 then now() + $5
                                when swept_at is null then due_at
                                else greatest(due_at, now() + $10::interval) end,
            swept_at     = coalesce($6, swept_at),
            pages        = coalesce($7, pages),
            stats        = coalesce($8, stats),
            stats_at     = case when $8::jsonb is null then stats_at else $9 end,
            page_after   = null,
            run_since    = null,
            run_began_at = null
        where workspace_id = $1
          and list = $2
          and posting_id = $3
        "#,
        workspace_id.as_str(),
        list.as_str(),
        posting_id,
        finished.due_at,
        next,
        finished.swept_at,
        finished.pages,
        finished.stats,
        finished.began_at,
        PgInterval::try_from(SOONEST).map_err(sqlx::Error::Encode)?,
    )
    .execute(db)
    .await?;

    Ok(())
}

/// Puts a list off, because it could not be read. A list that was made due meanwhile stays due.
pub async fn postpone(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    list: List,
    due: &Due,
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
          and due_at = $5
        "#,
        workspace_id.as_str(),
        list.as_str(),
        due.posting_id,
        delay,
        due.due_at,
    )
    .execute(db)
    .await?;

    Ok(())
}

/// The time until any list of the workspace is due, by the database's clock. `None` when no list is
/// known.
pub async fn until_due(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
) -> Result<Option<Duration>> {
    let seconds = sqlx::query_scalar!(
        r#"
        select greatest(extract(epoch from min(due_at) - now()), 0)::float8
        from heymilo_sync.cursors
        where workspace_id = $1
        "#,
        workspace_id.as_str(),
    )
    .fetch_one(db)
    .await?;

    Ok(seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()))
}
