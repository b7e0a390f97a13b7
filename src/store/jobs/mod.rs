//! Interviews that are due to be fetched: at most one job each, held under a lease.

mod lease;
mod settle;
mod unknown;

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::{PgExecutor, postgres::types::PgInterval};

pub use lease::{Turn, claim, lock_held, renew};
pub use settle::{Look, complete, doubt, fail, note_missing, release, retry};
pub use unknown::{Allowance, enqueue_named, miss, unknown_due};

use super::Result;
use crate::records::{InterviewId, WorkspaceId};

/// From so many leases lost in a row a job is suspected of killing whoever works on it, and claimed
/// alone, so that no other is lost along with it.
pub(super) const SUSPECT_FROM: i32 = 2;

/// How long what deliveries name is left to those who are there for nothing else.
pub const NEWS_WAIT: Duration = Duration::from_secs(1);

/// A 404 for a known interview is believed when HeyMilo still answers so this long after the first.
const GONE_CONFIRMED_AFTER: Duration = Duration::from_secs(60 * 60);
/// An answer that takes away all results is believed when another one says so this long after the first.
const LOSS_CONFIRMED_AFTER: Duration = Duration::from_secs(10 * 60);

/// Why an interview is due, most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// A person asked for it.
    Command,
    /// The poll found it changed.
    Poll,
    /// It became final a while ago: results may have changed that no list tells.
    Look,
    /// Its posting's list does not show it any more.
    Sweep,
    /// A list showed it for the first time.
    FirstCopy,
    /// A person asked for everything again.
    Backfill,
    /// The rolling refresh fetches it.
    Refresh,
}

impl Reason {
    /// The word for it in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Command => "command",
            Self::Poll => "poll",
            Self::Look => "look",
            Self::Sweep => "sweep",
            Self::FirstCopy => "first copy",
            Self::Backfill => "backfill",
            Self::Refresh => "refresh",
        }
    }

    fn priority(self) -> i16 {
        match self {
            Self::Command => 0,
            Self::Poll | Self::Look | Self::Sweep => 1,
            Self::FirstCopy | Self::Backfill | Self::Refresh => 2,
        }
    }
}

/// A claimed job: the right to write one interview until the lease ends.
#[derive(Debug, Clone)]
pub struct Job {
    /// The interview to fetch.
    pub interview_id: InterviewId,
    /// What made it due, for the log.
    pub reason: String,
    /// Tells whether news arrived while we worked.
    pub generation: i64,
    /// How often it was tried since it was made due, this time included.
    pub attempt: i32,
    /// How many looks in a row found the interview unfinished.
    pub looks: i32,
    /// How many claims in a row before this one ended without a word.
    pub lost_leases: i32,
    /// Whether HeyMilo first said [`GONE_CONFIRMED_AFTER`] ago or earlier that the interview does not exist.
    pub is_long_missing: bool,
    /// Whether an answer took away all results [`LOSS_CONFIRMED_AFTER`] ago or earlier, and none has brought
    /// any since.
    pub is_loss_confirmed: bool,
    /// When news last made it due.
    pub enqueued_at: DateTime<Utc>,
    /// The span of the delivery that made it due, as W3C writes it.
    pub traceparent: Option<String>,
    /// Proves that the lease is still ours.
    pub lease_token: i64,
}

impl Job {
    /// Whether it is suspected of killing whoever works on it: then it was claimed alone.
    pub fn is_suspect(&self) -> bool {
        self.lost_leases >= SUSPECT_FROM
    }

    /// Whether somebody told of it, and it is not only looked at or fetched once more.
    pub fn is_news(&self) -> bool {
        matches!(self.reason.as_str(), "webhook" | "command" | "poll" | "sweep")
    }
}

/// Makes interviews due now. A job that is being worked on is due again when it completes.
///
/// Ids must be sorted and distinct, so that concurrent callers cannot deadlock.
pub async fn enqueue(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    interview_ids: &[&str],
    reason: Reason,
) -> Result<()> {
    sqlx::query!(
        r#"
        insert into heymilo_sync.jobs (workspace_id, interview_id, reason, priority)
        select $1, interview_id, $3, $4
        from unnest($2::text[]) as due (interview_id)
        on conflict (workspace_id, interview_id) do update
            set reason      = case when excluded.priority <= jobs.priority
                                   then excluded.reason else jobs.reason end,
                priority    = least(jobs.priority, excluded.priority),
                generation  = jobs.generation + 1,
                traceparent = case when jobs.failed_at is null then jobs.traceparent end,
                attempt     = 0,
                looks       = 0,
                failed_at   = null,
                enqueued_at = now(),
                due_at      = case when jobs.lease_token is not null and jobs.due_at > now()
                                   then jobs.due_at else least(jobs.due_at, now()) end
        "#,
        workspace_id.as_str(),
        interview_ids as _,
        reason.as_str(),
        reason.priority(),
    )
    .execute(db)
    .await?;

    Ok(())
}

/// Ids and lease tokens, as two columns. Nobody can tell before the first `analyze` how few ids or how
/// many jobs of a workspace there are, and a join may read all of these. What every batch asks, to lock
/// its jobs and to remove them, therefore looks them up one by one in a subquery, which `for update`
/// keeps from being joined; other statements name the ids once more, as a condition on the table.
fn keys<'a>(jobs: &[&'a Job]) -> (Vec<&'a str>, Vec<i64>) {
    jobs.iter().map(|job| (job.interview_id.as_str(), job.lease_token)).unzip()
}

fn interval(duration: Duration) -> Result<PgInterval> {
    let microseconds = i64::try_from(duration.as_micros())
        .map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
    Ok(PgInterval { months: 0, days: 0, microseconds })
}
