//! The document that tells how everything stands.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Finding, Spool, State, Watched, findings};
use crate::store::status::{self, Census, Database};

/// How everything stands.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Report {
    /// The worst of all that was found.
    pub state: State,
    /// The same in a sentence.
    pub sentence: String,
    /// What was found, the worst first.
    pub findings: Vec<Finding>,
    /// When the figures were read.
    pub read_at: DateTime<Utc>,
    /// Version of the program that read them.
    pub version: &'static str,
    /// Absent when the database does not answer; then there are no workspaces either.
    pub database: Option<Database>,
    /// Absent when there is none on this machine.
    pub spool: Option<Spool>,
    /// The workspaces being copied. None while the database does not tell of them in time.
    pub workspaces: Vec<Workspace>,
}

/// How one workspace stands.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Workspace {
    /// Its name.
    pub workspace_id: String,
    /// Whether deliveries are taken for it.
    pub takes_deliveries: bool,
    /// The requests a minute that may be made: those of the settings, or fewer if HeyMilo said so.
    pub requests_per_minute: u32,
    /// Whether what was said in it can be searched.
    pub is_searchable: bool,
    /// How many bytes of deliveries the inbox may hold.
    pub inbox_limit: i64,
    /// The variable that holds its API key.
    #[serde(skip)]
    pub key_variable: String,
    /// What changes from one moment to the next.
    #[serde(flatten)]
    pub figures: status::Workspace,
    /// What is counted once a minute.
    #[serde(flatten)]
    pub census: Census,
}

impl Workspace {
    pub(super) fn new(watched: &Watched, figures: status::Workspace, census: Census) -> Self {
        let limit = figures.budget.limit.and_then(|limit| u32::try_from(limit).ok());
        Self {
            workspace_id: watched.id.to_string(),
            takes_deliveries: watched.takes_deliveries,
            requests_per_minute: limit.unwrap_or(watched.requests_per_minute),
            is_searchable: watched.is_searchable,
            inbox_limit: watched.inbox_limit,
            key_variable: watched.key_variable.clone(),
            figures,
            census,
        }
    }
}

impl Report {
    pub(super) fn new(
        database: Result<Database, Option<String>>,
        workspaces: Vec<Workspace>,
        spool: Option<Spool>,
    ) -> Self {
        let read_at = database.as_ref().map_or_else(|_| Utc::now(), |database| database.now);
        let findings = findings::of(read_at, &database, &workspaces, spool.as_ref());
        let state = findings.iter().map(|finding| finding.state).max().unwrap_or(State::Healthy);
        let sentence = match (&findings[..], state) {
            (_, State::Healthy) => state.meaning().to_owned(),
            (found, State::Copying) => format!("{}.", found[0].what),
            ([only], _) => format!("{}.", only.what),
            (all, _) => format!("{}. {} findings in all.", all[0].what, all.len()),
        };
        Self {
            state,
            sentence,
            findings,
            read_at,
            version: env!("CARGO_PKG_VERSION"),
            database: database.ok(),
            spool,
            workspaces,
        }
    }
}
