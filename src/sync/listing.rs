//! How far a posting's list of candidates must be read: not at all, from the oldest unfinished
//! invitation on, from its very beginning, or on from where it was interrupted.

use chrono::{DateTime, Utc};
use serde::Deserialize as _;
use serde_json::Value;

use super::{
    Error, Result, Workspace,
    candidates::{self, Read},
    gone,
};
use crate::{
    config::Poll as Settings,
    heymilo::{self, wire::PostingStats},
    records::PostingId,
    store::{
        self,
        cursors::{Due, Run},
    },
};

/// A list of more pages than this is worth a request that tells whether to read it.
const MANY_PAGES: i32 = 3;

/// What reading a list came to, and what its cursor shall remember.
#[derive(Debug, Default)]
pub struct Reading {
    /// What was found.
    pub read: Read,
    /// When the reading began, if it was of the whole list.
    pub swept_at: Option<DateTime<Utc>>,
    /// How many pages there were, if all were read at once.
    pub pages: Option<i32>,
    /// The posting's counts from before the reading, if they were asked for.
    pub stats: Option<Value>,
}

/// Reads a posting's candidates.
pub async fn read(
    workspace: &Workspace,
    settings: &Settings,
    due: &Due,
    began_at: DateTime<Utc>,
) -> Result<Reading> {
    let posting_id = PostingId::from(due.posting_id.clone());
    if let Some(run) = due.interrupted() {
        match resume(workspace, &posting_id, &run).await {
            Err(Error::HeyMilo(error)) if is_about_the_cursor(&error) => {}
            resumed => return resumed,
        }
    }
    let full = due.swept_at.is_none_or(|swept_at| {
        (began_at - swept_at).to_std().unwrap_or_default() >= settings.full_interval
    });
    let is_long = due.pages.is_some_and(|pages| pages > MANY_PAGES);
    let counts = if full || is_long { counts(workspace, due).await } else { None };
    let stats = counts.as_ref().and_then(|counts| serde_json::to_value(counts).ok());
    let reading = match &counts {
        _ if full => sweep(workspace, &posting_id, began_at).await?,
        Some(counts) if nothing_moved(workspace, settings, &posting_id, due, counts).await? => {
            Reading::default()
        }
        _ => read_recent(workspace, settings, &posting_id, began_at).await?,
    };
    Ok(Reading { stats, ..reading })
}

/// Goes on where the list was interrupted. What the pages before showed is forgotten, so that
/// nobody can be said to be missing: the next sweep that is not interrupted will.
async fn resume(workspace: &Workspace, posting_id: &PostingId, run: &Run) -> Result<Reading> {
    let read = candidates::read(workspace, posting_id, run).await?;
    let swept_at = run.since.is_none().then_some(run.began_at);
    Ok(Reading { read, swept_at, ..Reading::default() })
}

/// Reads the whole list, and makes due whom it does not show any more.
async fn sweep(
    workspace: &Workspace,
    posting_id: &PostingId,
    began_at: DateTime<Utc>,
) -> Result<Reading> {
    let run = Run { began_at, since: None, after: None };
    let mut read = candidates::read(workspace, posting_id, &run).await?;
    read.enqueued += gone::ask_for_unlisted(workspace, posting_id, &read.listed, began_at).await?;
    let pages = Some(read.pages);
    Ok(Reading { read, swept_at: Some(began_at), pages, stats: None })
}

/// Reads the list from the oldest unfinished invitation on; all of it when none is known.
async fn read_recent(
    workspace: &Workspace,
    settings: &Settings,
    posting_id: &PostingId,
    began_at: DateTime<Utc>,
) -> Result<Reading> {
    let Workspace { id, db, .. } = workspace;
    let unfinished_for = settings.unfinished_for;
    let oldest =
        store::interviews::oldest_open_invitation(db, id, posting_id, unfinished_for).await?;
    let Some(oldest) = oldest else { return sweep(workspace, posting_id, began_at).await };
    let run = Run { began_at, since: Some(oldest - settings.overlap), after: None };
    let read = candidates::read(workspace, posting_id, &run).await?;
    let pages = Some(read.pages);
    Ok(Reading { read, pages, ..Reading::default() })
}

/// HeyMilo's counts of a posting: asked for where they may save the requests for a long list, and
/// at each full look, for analysts to hold ours against. A failure to get them is none: the list
/// itself is read.
async fn counts(workspace: &Workspace, due: &Due) -> Option<PostingStats> {
    let stats = workspace.heymilo.posting_stats(&due.posting_id).await.ok()?;
    // Counts that do not count people would always be the same.
    (stats.total_candidates.is_some() && stats.completed_interviews.is_some()).then_some(stats)
}

/// Whether the list need not be read: the counts are those from before it was last read, and
/// nobody of the posting is under way. What counts do not tell, such as a recruiter's decision, is
/// left to the sweep.
async fn nothing_moved(
    workspace: &Workspace,
    settings: &Settings,
    posting_id: &PostingId,
    due: &Due,
    stats: &PostingStats,
) -> Result<bool> {
    let known = due.stats.as_ref().and_then(|known| PostingStats::deserialize(known).ok());
    if known.as_ref() != Some(stats) {
        return Ok(false);
    }
    let Workspace { id, db, .. } = workspace;
    let unfinished_for = settings.unfinished_for;
    Ok(!store::interviews::any_open(db, id, posting_id, unfinished_for).await?)
}

/// Whether HeyMilo may have refused the place where the list was interrupted, because the
/// interview that marks it is gone.
fn is_about_the_cursor(error: &heymilo::Error) -> bool {
    match error {
        heymilo::Error::NotFound => true,
        heymilo::Error::Status { status, .. } => matches!(status.as_u16(), 400 | 422),
        _ => false,
    }
}
