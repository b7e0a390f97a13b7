//! The meaning of the figures. Pure: no clock, no database.

mod machine;
mod workspace;

use std::{cmp::Reverse, fmt};

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Kind, Spool, Workspace};
use crate::{spool, store::status::Database};

/// Differences that leave a column empty.
pub const LOSSES: [&str; 7] =
    ["wrong_type", "missing_field", "out_of_range", "too_deep", "no_id", "poison", "refused"];

/// The state of the sync.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// There is no finding.
    Healthy,
    /// The first copy is under way.
    Copying,
    /// The tables are kept fresh, but not all of them, or with errors.
    Degraded,
    /// Nothing new reaches the tables.
    Down,
}

impl State {
    /// The state in a sentence.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Healthy => "All is well.",
            Self::Copying => "The first copy is under way: the tables are not complete yet.",
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
            Self::Copying => "copying",
            Self::Degraded => "degraded",
            Self::Down => "down",
        })
    }
}

/// A finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Finding {
    /// Its severity.
    pub state: State,
    /// Its kind.
    pub kind: Kind,
    /// The workspace. Null when it concerns all.
    pub workspace_id: Option<String>,
    /// The finding in words.
    pub what: String,
    /// Its remedy.
    pub remedy: String,
}

/// A finding without its workspace.
type Found = (State, Kind, String);

/// All findings, the worst first. A database without an answer may have given its error code.
pub(super) fn of(
    now: DateTime<Utc>,
    database: &Result<Database, Option<String>>,
    workspaces: &[Workspace],
    spool: Option<&Spool>,
) -> Vec<Finding> {
    let of_all = machine::of_database(database)
        .into_iter()
        .chain(spool.into_iter().flat_map(|spool| machine::of_spool(spool, now, database.is_ok())));
    let mut found: Vec<Finding> = of_all
        .map(|(state, kind, what)| {
            let remedy = format!("{}{}", kind.remedy(), safety(kind, spool));
            Finding { state, kind, workspace_id: None, what, remedy }
        })
        .collect();

    for workspace in workspaces {
        let of_it = workspace::of(workspace, now).into_iter().map(|(state, kind, what)| Finding {
            state,
            kind,
            workspace_id: Some(workspace.workspace_id.clone()),
            what,
            remedy: kind.remedy().replace("HEYMILO_API_KEY", &workspace.key_variable),
        });
        found.extend(of_it);
    }
    // The sort is stable, so findings of the same state stay in the order of the causes.
    found.sort_by_key(|finding| Reverse(finding.state));
    found
}

/// Where deliveries are kept while the database does not accept them.
fn safety(kind: Kind, spool: Option<&Spool>) -> &'static str {
    let keeps_none = matches!(kind, Kind::DatabaseAway | Kind::DatabaseRefuses);
    match spool {
        Some(spool) if keeps_none && spool.state == spool::State::Writable.as_str() => {
            " No delivery is lost meanwhile: a running daemon keeps each on disk and goes on by itself."
        }
        Some(_) if keeps_none => {
            " Deliveries are refused until then. The poll finds the same changes."
        }
        _ => "",
    }
}

/// A number with the singular or the plural.
fn count(number: i64, one: &str, several: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { several })
}

/// A duration in words.
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
