//! Decides how far a posting's candidates list must be read: not at all, from the oldest unfinished
//! invitation on, from its beginning, or from where the last reading was interrupted.

use std::time::Duration;

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
    records::{InterviewId, PostingId, Urgency},
    store::{
        self,
        cursors::{Due, Run},
    },
};

/// For a list of more pages than this, one request for HeyMilo's counts decides whether to read it.
const MAX_UNCOUNTED_PAGES: i32 = 3;
/// The shortest look-back at unfinished invitations.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// The longest look-back is 32 days.
const MAX_DOUBLINGS: u32 = 5;

/// The result of reading a list, and what its cursor must remember.
#[derive(Debug, Default)]
pub struct Reading {
    /// What was read.
    pub read: Read,
    /// When the reading began, if it was a full scan.
    pub scanned_at: Option<DateTime<Utc>>,
    /// The number of pages, if all were read in one run.
    pub pages: Option<i32>,
    /// The posting's counts from before the reading, if they were asked for.
    pub stats: Option<Value>,
    /// Whether the reading began in the middle of the list.
    pub is_due_again: bool,
}

/// Reads a posting's candidates.
pub async fn read(
    workspace: &Workspace,
    settings: &Settings,
    overlap: Duration,
    due: &Due,
    began_at: DateTime<Utc>,
) -> Result<Reading> {
    let posting_id = PostingId::from(due.posting_id.clone());
    if let Some(mut run) = due.interrupted() {
        match resume(workspace, &posting_id, &mut run).await {
            // The resumed reading failed where it began. It may never get further, so the list is
            // read anew.
            Err(Error::HeyMilo(error)) if due.is_at(&run) && !error.is_of_the_key() => {}
            resumed => return resumed,
        }
    }

    let full = is_full_scan(settings, due, began_at);
    let is_long = due.pages.is_some_and(|pages| pages > MAX_UNCOUNTED_PAGES);
    let is_counted = full || is_long || due.differs;
    let counts = if is_counted { counts(workspace, due).await } else { None };
    let stats = counts.as_ref().and_then(|counts| serde_json::to_value(counts).ok());

    let reading = match &counts {
        _ if full => full_scan(workspace, &posting_id, due, began_at).await?,
        Some(counts)
            if is_long && nothing_moved(workspace, settings, &posting_id, due, counts).await? =>
        {
            Reading::default()
        }
        _ => read_recent(workspace, settings, overlap, &posting_id, due, began_at).await?,
    };

    Ok(Reading { stats, ..reading })
}

/// Whether the list must be read from its beginning.
pub fn is_full_scan(settings: &Settings, due: &Due, now: DateTime<Utc>) -> bool {
    due.interrupted().is_some_and(|run| run.since.is_none())
        || due.scanned_at.is_none_or(|scanned_at| {
            (now - scanned_at).to_std().unwrap_or_default() >= settings.full_interval
        })
}

/// How far back a look reads. Every second look reads twice as far, every fourth four times, and so
/// on, so that old invitations are read less often.
fn depth(settings: &Settings, looks: i32) -> Duration {
    let doublings = looks.trailing_zeros().min(MAX_DOUBLINGS);
    (DAY * 2_u32.pow(doublings)).min(settings.unfinished_for)
}

/// Resumes an interrupted reading. The rows of the earlier pages are not known any longer, so no
/// interview counts as unlisted. The next uninterrupted full scan decides that.
async fn resume(workspace: &Workspace, posting_id: &PostingId, run: &mut Run) -> Result<Reading> {
    let mut read = candidates::read(workspace, posting_id, run).await?;
    let scanned_at = run.since.is_none().then_some(run.began_at);
    if let Some(scanned_at) = scanned_at {
        read.enqueued += revive_failed(workspace, &read.listed, scanned_at).await?;
    }
    // A candidate who was invited meanwhile may stand on the earlier pages.
    Ok(Reading { read, scanned_at, is_due_again: true, ..Reading::default() })
}

/// Reads the whole list, and enqueues the interviews that it does not show any longer.
async fn full_scan(
    workspace: &Workspace,
    posting_id: &PostingId,
    due: &Due,
    began_at: DateTime<Utc>,
) -> Result<Reading> {
    let mut read = read_anew(workspace, posting_id, due, began_at, None).await?;
    if !read.is_cut_short && !read.is_page_left_out {
        let listed = &read.listed;
        read.enqueued += gone::ask_for_unlisted(workspace, posting_id, listed, began_at).await?;
    }
    read.enqueued += revive_failed(workspace, &read.listed, began_at).await?;
    let pages = Some(read.pages);
    Ok(Reading { read, scanned_at: Some(began_at), pages, ..Reading::default() })
}

/// Reads the list from the oldest unfinished invitation on.
async fn read_recent(
    workspace: &Workspace,
    settings: &Settings,
    overlap: Duration,
    posting_id: &PostingId,
    due: &Due,
    began_at: DateTime<Utc>,
) -> Result<Reading> {
    let Workspace { id, db, .. } = workspace;
    // The first look after a full scan goes back one day.
    let depth = depth(settings, due.looks + 1);
    let invited =
        store::interviews::invitations(db, id, posting_id, depth, settings.unfinished_for).await?;
    let since = invited.oldest_open.unwrap_or(invited.newest) - overlap;
    let read = read_anew(workspace, posting_id, due, began_at, Some(since)).await?;
    let pages = Some(read.pages);
    Ok(Reading { read, pages, ..Reading::default() })
}

/// Reads the list from its beginning. It begins again once when HeyMilo refuses the place of a
/// later page, because the interview that marks the place is gone.
async fn read_anew(
    workspace: &Workspace,
    posting_id: &PostingId,
    due: &Due,
    began_at: DateTime<Utc>,
    since: Option<DateTime<Utc>>,
) -> Result<Read> {
    let mut run = Run { began_at, since, after: None, leaves_page_out: due.is_poison() };
    match candidates::read(workspace, posting_id, &mut run).await {
        Err(Error::HeyMilo(error)) if run.after.is_some() && refuses_the_place(&error) => {
            run.after = None;
            candidates::read(workspace, posting_id, &mut run).await
        }
        read => read,
    }
}

/// Enqueues the listed interviews that were set aside before `began_at`. Nothing else asks for them
/// while the list shows them unchanged. Returns their number.
async fn revive_failed(
    workspace: &Workspace,
    listed: &[InterviewId],
    began_at: DateTime<Utc>,
) -> Result<usize> {
    let Workspace { id, db, .. } = workspace;
    let listed: Vec<&str> = listed.iter().map(InterviewId::as_str).collect();
    let failed = store::failures::among(db, id, &listed, began_at).await?;
    let due: Vec<&str> = failed.iter().map(InterviewId::as_str).collect();
    if !due.is_empty() {
        store::jobs::enqueue(db, id, &due, Urgency::Change).await?;
    }
    Ok(due.len())
}

/// HeyMilo's counts of a posting. They may save the requests for a long list, and after each full
/// scan analysts compare them with ours. When the request fails, the list is read without them.
async fn counts(workspace: &Workspace, due: &Due) -> Option<PostingStats> {
    let stats = workspace.heymilo.posting_stats(&due.posting_id).await.ok()?;
    // Counts without numbers of people would never change.
    (stats.total_candidates.is_some() && stats.completed_interviews.is_some()).then_some(stats)
}

/// Whether the list need not be read: the counts are unchanged since the last reading, and no
/// recent invitation is unfinished. A change that counts do not show, such as a recruiter's
/// decision, waits for the full scan.
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
    let invited =
        store::interviews::invitations(db, id, posting_id, unfinished_for, unfinished_for).await?;
    Ok(invited.oldest_open.is_none())
}

/// Whether HeyMilo refuses the place at which reading would go on. It does so when the interview
/// that marks the place is gone.
fn refuses_the_place(error: &heymilo::Error) -> bool {
    match error {
        heymilo::Error::NotFound => true,
        heymilo::Error::Status { status, .. } => matches!(status.as_u16(), 400 | 404 | 422),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_second_look_goes_back_twice_as_far_up_to_the_setting() {
        let settings = Settings { interval: DAY, full_interval: DAY, unfinished_for: DAY * 30 };

        let days: Vec<u64> =
            (1..=32).map(|look| depth(&settings, look).as_secs() / DAY.as_secs()).collect();

        assert_eq!(days[..8], [1, 2, 1, 4, 1, 2, 1, 8]);
        assert_eq!((days[15], days[31]), (16, 30));
    }
}
