//! Records the result of reading a list.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgExecutor;

use super::{Due, List, Run};
use crate::{
    records::{PostingId, WorkspaceId},
    store::{Result, database::interval, inbox::HASTENED_INTERVAL},
};

/// The result of reading a list to its end.
#[derive(Debug)]
pub struct Finished {
    /// The list's due time before the reading. Another value now means that the list was made due
    /// meanwhile.
    pub due_at: DateTime<Utc>,
    /// The hastened time before the reading, for the same comparison.
    pub hastened_at: Option<DateTime<Utc>>,
    /// When the reading began, if it was a full scan.
    pub scanned_at: Option<DateTime<Utc>>,
    /// The number of pages, if known.
    pub pages: Option<i32>,
    /// The posting's counts from before the reading, if they were asked for.
    pub stats: Option<Value>,
    /// When the reading began and the counts were asked for.
    pub began_at: DateTime<Utc>,
    /// The time until the list is due again.
    pub next: Duration,
}

/// Records that a list has been read up to `after` and goes on. Changes nothing when another
/// reading has reached the end since `run` began.
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
            marks       = 0,
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

/// Records that HeyMilo has a posting that its list of postings leaves out.
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

/// Records that a list has been read to its end. A list that was made due meanwhile stays due:
/// soon, or now for a full scan.
pub async fn finish(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    list: List,
    posting_id: &str,
    finished: &Finished,
) -> Result<()> {
    let next = interval(finished.next)?;
    sqlx::query!(
        r#"
        update heymilo_sync.cursors
        set asked_at     = $9,
            polled_at    = now(),
            due_at       = case when due_at = $4 then now() + $5
                                when scanned_at is null then due_at
                                else greatest(due_at, now() + $10::interval) end,
            hastened_at  = case when hastened_at is distinct from $11
                                then greatest(hastened_at, now() + $10::interval) end,
            failed_at    = null,
            marks       = 0,
            looks        = case when $6::timestamptz is null then looks + 1 else 0 end,
            scanned_at     = coalesce($6, scanned_at),
            pages        = coalesce($7, pages),
            stats        = coalesce($8, stats),
            stats_at     = case when $8::jsonb is null then stats_at else $9 end,
            stats_until  = case when $8::jsonb is null then stats_until else now() end,
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
        finished.scanned_at,
        finished.pages,
        finished.stats,
        finished.began_at,
        interval(HASTENED_INTERVAL)?,
        finished.hastened_at,
    )
    .execute(db)
    .await?;

    Ok(())
}

/// Records whether HeyMilo's counts of a posting and the tables differ.
pub async fn compare(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    posting_id: &str,
) -> Result<()> {
    sqlx::query!(
        r#"
        update heymilo_sync.cursors
        set differs_since = compared.since
        from (
            select coalesce(bool_or(candidates_difference <> 0 or completed_difference <> 0), false) as differs,
                   min(now()) filter (where candidates_difference <> 0 or completed_difference <> 0) as since
            from heymilo_bi.reconciliation
            where workspace_id = $1
              and posting_id = $2
        ) as compared
        where workspace_id = $1
          and list = 'candidates'
          and posting_id = $2
          and (cursors.differs_since is not null) <> compared.differs
        "#,
        workspace_id.as_str(),
        posting_id,
    )
    .execute(db)
    .await?;

    Ok(())
}

/// Postpones a list that could not be read. A list that was made due meanwhile stays due.
pub async fn postpone(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    due: &Due,
    delay: Duration,
) -> Result<()> {
    let delay = interval(delay)?;
    sqlx::query!(
        r#"
        update heymilo_sync.cursors
        set due_at      = case when due_at = $5 then now() + $4 else due_at end,
            hastened_at = case when hastened_at is distinct from $6 then hastened_at end,
            failed_at   = now(),
            marks      = 0
        where workspace_id = $1
          and list = $2
          and posting_id = $3
        "#,
        workspace_id.as_str(),
        due.list.as_str(),
        due.posting_id,
        delay,
        due.due_at,
        due.hastened_at,
    )
    .execute(db)
    .await?;

    Ok(())
}
