//! How far a posting's list of candidates must be read: not at all, from the oldest unfinished
//! invitation on, from its very beginning, or on from where it was interrupted.

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

/// A list of more pages than this is worth a request that tells whether to read it.
const MANY_PAGES: i32 = 3;
/// The shortest look back at unfinished invitations.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// The longest look back is 32 days.
const MAX_DOUBLINGS: u32 = 5;

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
    /// Whether it began in the middle of the list.
    pub is_due_again: bool,
}

/// Reads a posting's candidates.
pub async fn read(
    workspace: &Workspace,
    settings: &Settings,
    due: &Due,
    began_at: DateTime<Utc>,
) -> Result<Reading> {
    let posting_id = PostingId::from(due.posting_id.clone());
    if let Some(mut run) = due.interrupted() {
        match resume(workspace, &posting_id, &mut run).await {
            // It stopped where it began: going on there may never lead anywhere.
            Err(Error::HeyMilo(error)) if due.is_at(&run) && !error.is_of_the_key() => {}
            resumed => return resumed,
        }
    }
    let full = is_full_scan(settings, due, began_at);
    let is_long = due.pages.is_some_and(|pages| pages > MANY_PAGES);
    let is_counted = full || is_long || due.differs;
    let counts = if is_counted { counts(workspace, due).await } else { None };
    let stats = counts.as_ref().and_then(|counts| serde_json::to_value(counts).ok());
    let reading = match &counts {
        _ if full => sweep(workspace, &posting_id, due, began_at).await?,
        Some(counts)
            if is_long && nothing_moved(workspace, settings, &posting_id, due, counts).await? =>
        {
            Reading::default()
        }
        _ => read_recent(workspace, settings, &posting_id, due, began_at).await?,
    };
    Ok(Reading { stats, ..reading })
}

/// Whether a list is to be read from its very beginning.
pub fn is_full_scan(settings: &Settings, due: &Due, now: DateTime<Utc>) -> bool {
    due.interrupted().is_some_and(|run| run.since.is_none())
        || due.swept_at.is_none_or(|swept_at| {
            (now - swept_at).to_std().unwrap_or_default() >= settings.full_interval
        })
}

/// How far back a recent look goes: every second look twice as far as the one before, and so on, so that
/// old invitations are looked at less often.
fn depth(settings: &Settings, looks: i32) -> Duration {
    let doublings = looks.trailing_zeros().min(MAX_DOUBLINGS);
    (DAY * 2_u32.pow(doublings)).min(settings.unfinished_for)
}

/// Goes on where the list was interrupted. What the pages before showed is forgotten, so that
/// nobody can be said to be missing: the next sweep that is not interrupted will.
async fn resume(workspace: &Workspace, posting_id: &PostingId, run: &mut Run) -> Result<Reading> {
    let mut read = candidates::read(workspace, posting_id, run).await?;
    let swept_at = run.since.is_none().then_some(run.began_at);
    if let Some(swept_at) = swept_at {
        read.enqueued += revive_failed(workspace, &read.listed, swept_at).await?;
    }
    // Who came meanwhile may stand on the pages before.
    Ok(Reading { read, swept_at, is_due_again: true, ..Reading::default() })
}

/// Reads the whole list, and makes due whom it does not show any more.
async fn sweep(
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
    Ok(Reading { read, swept_at: Some(began_at), pages, ..Reading::default() })
}

/// Reads the list from the oldest unfinished invitation on.
async fn read_recent(
    workspace: &Workspace,
    settings: &Settings,
    posting_id: &PostingId,
    due: &Due,
    began_at: DateTime<Utc>,
) -> Result<Reading> {
    let Workspace { id, db, .. } = workspace;
    // The first look after a full scan goes back one day.
    let depth = depth(settings, due.looks + 1);
    let invited =
        store::interviews::invitations(db, id, posting_id, depth, settings.unfinished_for).await?;
    let since = invited.oldest_open.unwrap_or(invited.newest) - settings.overlap;
    let read = read_anew(workspace, posting_id, due, began_at, Some(since)).await?;
    let pages = Some(read.pages);
    Ok(Reading { read, pages, ..Reading::default() })
}

/// Reads the list from where it begins; once more when HeyMilo refuses the place of a later page,
/// because the interview that marks it went meanwhile.
async fn read_anew(
    workspace: &Workspace,
    posting_id: &PostingId,
    due: &Due,
    began_at: DateTime<Utc>,
    since: Option<DateTime<Utc>>,
) -> Result<Read> {
    let mut run = Run { began_at, since, after: None, leaves_page_out: due.is_deadly() };
    match candidates::read(workspace, posting_id, &mut run).await {
        Err(Error::HeyMilo(error)) if run.after.is_some() && refuses_the_place(&error) => {
            run.after = None;
            candidates::read(workspace, posting_id, &mut run).await
        }
        read => read,
    }
}

/// Makes due what was set aside before `began_at`: nobody else would ask for it again as long as the
/// list shows it unchanged. Returns how many.
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
    let invited =
        store::interviews::invitations(db, id, posting_id, unfinished_for, unfinished_for).await?;
    Ok(invited.oldest_open.is_none())
}

/// Whether HeyMilo may refuse the place where reading shall go on, because the interview that marks
/// it is gone.
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
        let settings =
            Settings { interval: DAY, full_interval: DAY, unfinished_for: DAY * 30, overlap: DAY };

        let days: Vec<u64> =
            (1..=32).map(|look| depth(&settings, look).as_secs() / DAY.as_secs()).collect();

        assert_eq!(days[..8], [1, 2, 1, 4, 1, 2, 1, 8]);
        assert_eq!((days[15], days[31]), (16, 30));
    }
}
