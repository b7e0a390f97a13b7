//! What the figures mean. Pure: no clock, no database.

use std::{cmp::Reverse, fmt};

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Kind, Spool, Workspace};
use crate::{
    spool,
    store::{
        database::PASSING,
        status::{Blocker, Database},
    },
};

/// A database that takes longer to answer anything is slow, in milliseconds.
const SLOW_MS: u64 = 250;
/// One that takes longer for all figures is slow too, in milliseconds.
const SLOW_FIGURES_MS: u64 = 3000;
/// So long may news wait to be fetched.
const BACKLOG: TimeDelta = TimeDelta::minutes(5);
/// So long may a list be due.
const OVERDUE: TimeDelta = TimeDelta::minutes(15);
/// A delivery may wait on disk this long while the database answers.
const SPOOL_STUCK: TimeDelta = TimeDelta::minutes(10);
/// So many interviews must have gone on without a delivery to conclude that none arrive.
const UNANNOUNCED: i64 = 3;
/// So far may the search be behind, in seconds.
const SEARCH_LAG_S: f64 = 600.0;
/// Differences that keep a value from its column.
pub const LOSSES: [&str; 7] =
    ["wrong_type", "missing_field", "out_of_range", "too_deep", "no_id", "deadly", "refused"];

/// How well it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// All is well.
    Healthy,
    /// The tables are kept fresh, but not all of them, or not as they should.
    Degraded,
    /// Nothing new reaches the tables.
    Down,
}

impl State {
    /// What it means, in a sentence.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Healthy => "All is well.",
            Self::Degraded => {
                "The tables are kept fresh, but not all of them, or not as they should."
            }
            Self::Down => "Nothing new reaches the tables.",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Down => "down",
        })
    }
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Finding {
    /// How bad it is.
    pub state: State,
    /// What kind of thing it is.
    pub kind: Kind,
    /// The workspace it is about. Absent when it is about all.
    pub workspace_id: Option<String>,
    /// What was found.
    pub what: String,
    /// What to do about it.
    pub remedy: &'static str,
}

/// Finds what there is to find, the worst first. A database that did not tell may have told why, by
/// its code.
pub(super) fn of(
    now: DateTime<Utc>,
    database: &Result<Database, Option<String>>,
    workspaces: &[Workspace],
    spool: Option<&Spool>,
) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut add = |workspace: Option<&Workspace>, (state, kind, what): Found| {
        let workspace_id = workspace.map(|workspace| workspace.workspace_id.clone());
        found.push(Finding { state, kind, workspace_id, what, remedy: kind.remedy() });
    };
    of_database(database).into_iter().for_each(|of| add(None, of));
    database.iter().flat_map(blocked).for_each(|of| add(None, of));
    let stuck_before = database.as_ref().ok().map(|_| now - SPOOL_STUCK);
    spool.into_iter().flat_map(|spool| of_spool(spool, stuck_before)).for_each(|of| add(None, of));
    for workspace in workspaces {
        let mut add = |of| add(Some(workspace), of);
        match cause(workspace, now) {
            // What follows from a cause is not told beside it.
            Some(cause) => add(cause),
            None => delays(workspace, now).into_iter().for_each(&mut add),
        }
        contents(workspace).into_iter().for_each(add);
    }
    // Stable: what is equally bad stays in the order of the causes.
    found.sort_by_key(|finding| Reverse(finding.state));
    found
}

type Found = (State, Kind, String);

fn of_database(database: &Result<Database, Option<String>>) -> Option<Found> {
    let database = match database {
        Ok(database) => database,
        Err(Some(code)) if !PASSING.contains(&&**code) => {
            let what = format!("The database does not tell the figures (SQLSTATE {code})");
            return Some((State::Down, Kind::DatabaseRefuses, what));
        }
        Err(_) => {
            let what = "The database does not answer".to_owned();
            return Some((State::Down, Kind::DatabaseAway, what));
        }
    };
    let what = match database.figures_in_ms {
        _ if database.answered_in_ms > SLOW_MS => {
            format!("The database took {} ms to answer", database.answered_in_ms)
        }
        None => "The database answers, but not with the figures in time".to_owned(),
        Some(took) if took > SLOW_FIGURES_MS => {
            format!("The database took {took} ms for the figures")
        }
        Some(_) => return None,
    };
    Some((State::Degraded, Kind::DatabaseSlow, what))
}

fn blocked(database: &Database) -> impl Iterator<Item = Found> {
    database.blockers.iter().map(|Blocker { pid, role, application, waited_s }| {
        let what = format!(
            "Session {pid} of the database ({role} {application:?}) holds a lock that has been waited for \
             {waited_s:.0} s"
        );
        (State::Degraded, Kind::Blocked, what)
    })
}

/// While the database answers, no delivery that waits is from before `stuck_before`.
fn of_spool(spool: &Spool, stuck_before: Option<DateTime<Utc>>) -> Vec<Found> {
    let mut found = Vec::new();
    if spool.state != spool::State::Writable.as_str() {
        let what = format!("No delivery could wait on disk: the spool is {}", spool.state);
        found.push((State::Degraded, Kind::SpoolBlocked, what));
    }
    let is_stuck = |oldest_at| stuck_before.is_some_and(|before| oldest_at < before);
    if spool.oldest_at.is_some_and(is_stuck) {
        let what = format!(
            "Deliveries waiting on disk although the database answers: {}, the oldest for more \
             than {}",
            spool.waiting,
            lasting(SPOOL_STUCK)
        );
        found.push((State::Degraded, Kind::SpoolStuck, what));
    } else if spool.waiting > 0 {
        let what = format!("Deliveries waiting on disk for the database: {}", spool.waiting);
        found.push((State::Degraded, Kind::SpoolInUse, what));
    }
    if spool.aside_bytes > 0 {
        let what = format!("Deliveries were set aside: {} bytes", spool.aside_bytes);
        found.push((State::Degraded, Kind::SpoolAside, what));
    }
    found
}

/// What keeps everything from going on.
fn cause(Workspace { figures, .. }: &Workspace, now: DateTime<Utc>) -> Option<Found> {
    let api = &figures.api;
    if !figures.freshness.is_owned {
        // What is noted of the API is as old as the last daemon.
        Some((State::Down, Kind::NoDaemon, "No daemon is at work".to_owned()))
    } else if let Some(since) = api.key_refused_at {
        let what = format!("HeyMilo has refused the API key for {}", lasting(now - since));
        Some((State::Down, Kind::KeyRefused, what))
    } else if let Some(since) = api.other_workspace_at {
        let what =
            format!("The API key has been of another workspace for {}", lasting(now - since));
        Some((State::Down, Kind::OtherWorkspace, what))
    } else if let Some(since) = api.down_at {
        let what = format!("HeyMilo's API has not answered for {}", lasting(now - since));
        Some((State::Down, Kind::ApiDown, what))
    } else {
        None
    }
}

/// What goes on, but too slowly.
fn delays(workspace: &Workspace, now: DateTime<Utc>) -> Vec<Found> {
    let Workspace { figures, census, .. } = workspace;
    let mut found = Vec::new();
    let oldest_due = figures.work.oldest_due_at.map(|at| now - at);
    if let Some(oldest) = oldest_due.filter(|age| *age > BACKLOG) {
        let due = figures.work.due;
        let mut what =
            format!("Interviews waiting to be fetched: {due}, the oldest for {}", lasting(oldest));
        if let Some(until) = figures.budget.paused_until {
            what += &format!("; HeyMilo allows no request for {}", lasting(until - now));
        }
        found.push((State::Degraded, Kind::Backlog, what));
    }
    let lists_due = figures.freshness.lists_due_since.map(|at| now - at);
    if let Some(age) = lists_due.filter(|age| *age > OVERDUE) {
        let what = format!("HeyMilo's lists have not been read, although due for {}", lasting(age));
        found.push((State::Degraded, Kind::ListsOverdue, what));
    }
    if workspace.takes_deliveries && census.unannounced >= UNANNOUNCED {
        let last = figures.freshness.last_delivery_at.map(|at| now - at);
        let since = last.map_or_else(|| "ever".to_owned(), |age| format!("for {}", lasting(age)));
        let what = format!(
            "No webhook has arrived {since}, but {} interviews went on since",
            census.unannounced
        );
        found.push((State::Degraded, Kind::WebhooksMissing, what));
    }
    if workspace.is_searchable && census.search_lag_s > SEARCH_LAG_S {
        let what = format!("The search is {:.0} min behind", census.search_lag_s / 60.0);
        found.push((State::Degraded, Kind::SearchBehind, what));
    }
    found
}

/// What is wrong with single interviews, fields, registrations or counts.
fn contents(Workspace { figures, census, .. }: &Workspace) -> Vec<Found> {
    let mut found = Vec::new();
    let work = &figures.work;
    if work.failed > 0 {
        let what = format!("Interviews given up: {}", work.failed);
        found.push((State::Degraded, Kind::InterviewsFailed, what));
    }
    // An API that is down fails for all of them.
    if work.troubled > 0 && figures.api.down_at.is_none() {
        let what = format!("Interviews tried many times in vain: {}", work.troubled);
        found.push((State::Degraded, Kind::InterviewsTroubled, what));
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
    let lost = census.notices.iter().filter(|notices| LOSSES.contains(&&*notices.problem)).count();
    if lost > 0 {
        let what = format!("Places where HeyMilo's answers are not as expected: {lost}");
        found.push((State::Degraded, Kind::SchemaDrift, what));
    }
    let is_new = |problem: &str| problem == "unknown_field";
    let new = census.notices.iter().filter(|notices| is_new(&notices.problem)).count();
    if new > 0 {
        let what = format!("Fields that HeyMilo sends and that have no column yet: {new}");
        found.push((State::Healthy, Kind::NewFields, what));
    }
    // While anything waits to be fetched, ours may lag.
    let is_settled = work.due + work.unhurried + work.running == 0;
    let differing = census.coverage.iter().filter(|posting| !posting.agrees()).count();
    if is_settled && differing > 0 {
        let what = format!("Postings of which HeyMilo counts otherwise: {differing}");
        found.push((State::Degraded, Kind::CountsDiffer, what));
    }
    found
}

/// A length of time as people say it.
pub fn lasting(time: TimeDelta) -> String {
    let seconds = time.num_seconds().max(0);
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds / 60),
        7200..172_800 => format!("{} h", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests;
