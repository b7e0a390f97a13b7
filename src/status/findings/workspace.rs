//! Findings about one workspace.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Found, Kind, LOSSES, State, Workspace, count, lasting};
use crate::store::first_copies::FirstCopy;

/// How long a change may wait to be fetched.
pub(super) const MAX_BACKLOG_AGE: TimeDelta = TimeDelta::minutes(5);
/// How long a list may be due.
pub(super) const MAX_OVERDUE: TimeDelta = TimeDelta::minutes(15);
/// How soon the lists of a new workspace must be read.
pub(super) const FIRST_LIST_TIMEOUT: TimeDelta = TimeDelta::minutes(5);
/// How long interviews may be in flight without one of them being written.
pub(super) const MAX_HELD: TimeDelta = TimeDelta::minutes(10);
/// How often commands must update a workspace without a daemon: once a day, with two hours for
/// cron.
pub(super) const SYNC_INTERVAL: TimeDelta = TimeDelta::hours(26);
/// This many interviews must change without a delivery before deliveries count as missing.
pub(super) const UNANNOUNCED: i64 = 3;
/// How far search may be behind, in seconds.
const SEARCH_LAG_S: f64 = 600.0;
/// How long a recording or resume may wait to be downloaded.
pub(super) const MAX_FILE_WAIT: TimeDelta = TimeDelta::hours(6);
/// The inbox may hold this percentage of its limit.
const INBOX_PERCENT: i64 = 90;

/// All findings about a workspace, in the order of the causes.
pub(super) fn of(workspace: &Workspace, now: DateTime<Utc>) -> Vec<Found> {
    let mut found = Vec::new();
    match (cause(workspace, now), &workspace.figures.first_copy) {
        // The consequences of a cause are not listed beside it.
        (Some(cause), _) => found.push(cause),
        (None, Some(first_copy)) => found.extend(copying(workspace, first_copy, now)),
        (None, None) => found.extend(delays(workspace, now)),
    }
    found.extend(failures(workspace));
    if workspace.figures.first_copy.is_none() {
        found.extend(contents(workspace));
    }
    found.extend(answers(workspace));
    found.extend(files(workspace, now));
    found
}

/// The finding that stops everything else.
fn cause(Workspace { figures, .. }: &Workspace, now: DateTime<Utc>) -> Option<Found> {
    let (api, fresh) = (&figures.api, &figures.freshness);

    if !fresh.is_owned && !fresh.is_synced_by_command {
        // The last daemon's notes about the API are as old as that daemon.
        Some((State::Down, Kind::NoDaemon, "No daemon is at work".to_owned()))
    } else if let Some(since) = api.key_refused_at {
        let mut what = format!("HeyMilo has refused the API key for {}", lasting(now - since));
        if let Some(because) = &api.refused_because {
            what += &format!(" ({because})");
        }
        Some((State::Down, Kind::KeyRefused, what))
    } else if let Some(since) = api.other_workspace_at {
        let what =
            format!("The API key has been of another workspace for {}", lasting(now - since));
        Some((State::Down, Kind::OtherWorkspace, what))
    } else if let Some(since) = api.down_at {
        let mut what = format!("HeyMilo's API has not answered for {}", lasting(now - since));
        if let Some(because) = &api.down_because {
            what += &format!(" ({because})");
        }
        Some((State::Down, Kind::ApiDown, what))
    } else {
        None
    }
}

/// The progress of the first copy, and whether it began at all.
fn copying(
    Workspace { figures, requests_per_minute, .. }: &Workspace,
    first_copy: &FirstCopy,
    now: DateTime<Utc>,
) -> Option<Found> {
    let fresh = &figures.freshness;
    let began_at = fresh.owned_since.filter(|_| fresh.is_owned);
    let is_late = began_at.is_none_or(|at| now - at > FIRST_LIST_TIMEOUT);

    if fresh.last_poll_at.is_none() && is_late {
        let what = "No list of HeyMilo has ever been read".to_owned();
        return Some((State::Degraded, Kind::NeverRead, what));
    }
    if !fresh.is_owned {
        let what = format!("The first copy was not finished: {}", first_copy.in_words());
        return Some((State::Degraded, Kind::FirstCopyUnfinished, what));
    }
    let mut what = format!("First copy: {}", first_copy.in_words());
    if let Some(left) = first_copy.time_left(*requests_per_minute) {
        what += &format!(", about {left} left");
    }

    Some((State::Copying, Kind::FirstCopy, what))
}

/// Findings about slow work.
fn delays(workspace: &Workspace, now: DateTime<Utc>) -> Vec<Found> {
    if !workspace.figures.freshness.is_owned {
        return vec![synced_by_command(workspace, now)];
    }
    let mut found: Vec<Found> = [
        backlog(workspace, now),
        held(workspace, now),
        overdue_lists(workspace, now),
        missing_webhooks(workspace, now),
    ]
    .into_iter()
    .flatten()
    .collect();
    if workspace.is_searchable && workspace.counts.search_lag_s > SEARCH_LAG_S {
        let what = format!("The search is {:.0} min behind", workspace.counts.search_lag_s / 60.0);
        found.push((State::Degraded, Kind::SearchBehind, what));
    }
    found
}

fn synced_by_command(Workspace { figures, .. }: &Workspace, now: DateTime<Utc>) -> Found {
    let age = figures.freshness.last_poll_at.map(|at| now - at);
    let last = age.map_or_else(|| "never".to_owned(), |age| format!("{} ago", lasting(age)));
    if age.is_some_and(|age| age <= SYNC_INTERVAL) {
        let what = format!("No daemon runs. `heymilo-sync sync` read the lists {last}");
        (State::Healthy, Kind::SyncedByCommand, what)
    } else {
        (State::Degraded, Kind::SyncOverdue, format!("The last sync by a command was {last}"))
    }
}

fn backlog(Workspace { figures, .. }: &Workspace, now: DateTime<Utc>) -> Option<Found> {
    let oldest = figures.work.oldest_due_at.map(|at| now - at)?;
    if oldest <= MAX_BACKLOG_AGE {
        return None;
    }
    let due = figures.work.due;
    let mut what =
        format!("Interviews waiting to be fetched: {due}, the oldest for {}", lasting(oldest));
    if let Some(until) = figures.budget.paused_until {
        what += &format!("; HeyMilo allows no request for {}", lasting(until - now));
    }
    Some((State::Degraded, Kind::Backlog, what))
}

fn held(Workspace { figures, .. }: &Workspace, now: DateTime<Utc>) -> Option<Found> {
    let age = figures.freshness.held_since.map(|at| now - at)?;
    if age <= MAX_HELD || figures.budget.paused_until.is_some() {
        return None;
    }
    let running = count(figures.work.running, "interview", "interviews");
    let what = format!("{running} in flight, and none was written for {}", lasting(age));
    Some((State::Degraded, Kind::Stalled, what))
}

fn overdue_lists(Workspace { figures, .. }: &Workspace, now: DateTime<Utc>) -> Option<Found> {
    let age = figures.freshness.lists_due_since.map(|at| now - at)?;
    if age <= MAX_OVERDUE {
        return None;
    }
    let what = format!("HeyMilo's lists have not been read, although due for {}", lasting(age));
    Some((State::Degraded, Kind::ListsOverdue, what))
}

fn missing_webhooks(workspace: &Workspace, now: DateTime<Utc>) -> Option<Found> {
    let unannounced = workspace.counts.unannounced;
    if !workspace.takes_deliveries || unannounced < UNANNOUNCED {
        return None;
    }
    let last = workspace.figures.freshness.last_delivery_at.map(|at| now - at);
    let since = last.map_or_else(|| "ever".to_owned(), |age| format!("for {}", lasting(age)));
    let what =
        format!("No webhook has arrived {since}, but {unannounced} interviews changed since");
    Some((State::Degraded, Kind::WebhooksMissing, what))
}

/// Findings about failed interviews, lists and registrations.
fn failures(Workspace { figures, .. }: &Workspace) -> Vec<Found> {
    let (work, mut found) = (&figures.work, Vec::new());
    if work.failed > 0 {
        let what = format!("Interviews given up: {}", work.failed);
        found.push((State::Degraded, Kind::InterviewsFailed, what));
    }
    // An API that is down fails for all interviews.
    if work.troubled > 0 && figures.api.down_at.is_none() {
        let what = format!("Interviews tried many times in vain: {}", work.troubled);
        found.push((State::Degraded, Kind::InterviewsTroubled, what));
    }

    if figures.freshness.lists_unread > 0 && figures.api.down_at.is_none() {
        let lists = count(figures.freshness.lists_unread, "list", "lists");
        let what = format!("{lists} of HeyMilo could not be read");
        found.push((State::Degraded, Kind::ListsUnread, what));
    }

    if figures.api.unidentified_at.is_some() {
        let what = "HeyMilo does not tell which workspace the API key is of".to_owned();
        found.push((State::Healthy, Kind::WorkspaceUnidentified, what));
    }

    if let Some(there) = figures.registrations.as_ref()
        && there.registered < there.wanted
    {
        let missing = there.wanted - there.registered;
        let what = format!("Webhook registrations that HeyMilo did not take: {missing}");
        found.push((State::Degraded, Kind::RegistrationsMissing, what));
    }

    if figures.overdue_erasures > 0 {
        let what = format!("Overdue requests to erase a person: {}", figures.overdue_erasures);
        found.push((State::Degraded, Kind::ErasureOverdue, what));
    }
    found
}

/// Whether the tables hold what HeyMilo has, once the first copy is complete.
fn contents(Workspace { counts, .. }: &Workspace) -> Vec<Found> {
    let mut found = Vec::new();
    let missing = counts.without_results.missing;
    if missing > 0 {
        let interviews = count(missing, "finished interview has", "finished interviews have");
        let what = format!("{interviews} no results, and nothing fetches them");
        found.push((State::Degraded, Kind::ResultsMissing, what));
    }
    let differing = counts.coverage.iter().filter(|posting| posting.is_confirmed()).count();
    if differing > 0 {
        let postings = count(differing as i64, "posting has", "postings have");
        let what = format!("{postings} different candidate counts in HeyMilo");
        found.push((State::Degraded, Kind::CountsDiffer, what));
    }
    found
}

/// Findings about HeyMilo's answers and deliveries.
fn answers(Workspace { counts, inbox_limit, .. }: &Workspace) -> Vec<Found> {
    let mut found = Vec::new();
    let lost = counts.notices.iter().filter(|notices| LOSSES.contains(&&*notices.problem)).count();

    if lost > 0 {
        let what = format!("Places where HeyMilo's answers are not as expected: {lost}");
        found.push((State::Degraded, Kind::SchemaDrift, what));
    }
    let is_new = |problem: &str| problem == "unknown_field";
    let new = counts.notices.iter().filter(|notices| is_new(&notices.problem)).count();
    if new > 0 {
        let what = format!("Fields that HeyMilo sends and that have no column yet: {new}");
        found.push((State::Healthy, Kind::NewFields, what));
    }
    let inbox_percent = counts.inbox_bytes.saturating_mul(100) / (*inbox_limit).max(1);
    if inbox_percent >= INBOX_PERCENT {
        let what = format!("The inbox holds {inbox_percent} % of the bytes that it may hold");
        found.push((State::Degraded, Kind::InboxFull, what));
    }
    if counts.repeating > 0 {
        let interviews = count(counts.repeating, "interview was", "interviews were");
        let what = format!("{interviews} fetched again and again for deliveries, and unchanged");
        found.push((State::Healthy, Kind::FetchedUnchanged, what));
    }

    found
}

/// Findings about recordings and resumes that wait or are not kept.
fn files(Workspace { counts, .. }: &Workspace, now: DateTime<Utc>) -> Vec<Found> {
    let Some(files) = &counts.files else { return Vec::new() };
    let mut found = Vec::new();
    if let Some(oldest) = files.oldest_waiting_at.map(|at| now - at)
        && oldest > MAX_FILE_WAIT
    {
        let waiting = count(files.waiting, "recording or resume", "recordings and resumes");
        let what =
            format!("{waiting} not downloaded yet, the oldest waits for {}", lasting(oldest));
        found.push((State::Degraded, Kind::FilesWaiting, what));
    }
    if files.not_kept() > 0 {
        let what = format!("Recordings and resumes that are not kept: {}", files.not_kept());
        found.push((State::Healthy, Kind::FilesNotKept, what));
    }
    found
}
