//! The status document.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Finding, Spool, State, WorkspaceSettings, findings};
use crate::store::status::{self, Database, WorkspaceCounts};

/// The status.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Report {
    /// The worst state of all findings.
    pub state: State,
    /// The state in a sentence.
    pub sentence: String,
    /// The findings, the worst first.
    pub findings: Vec<Finding>,
    /// When the figures were read.
    pub read_at: DateTime<Utc>,
    /// Version of the program that read them.
    pub version: &'static str,
    /// Null when the database does not answer. There are no workspaces then either.
    pub database: Option<Database>,
    /// Null when there is no spool on this machine.
    pub spool: Option<Spool>,
    /// The workspaces that are being copied. Empty when their figures did not arrive in time.
    pub workspaces: Vec<Workspace>,
}

/// The status of one workspace.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Workspace {
    /// Its name.
    pub workspace_id: String,
    /// Whether deliveries are accepted for it.
    pub takes_deliveries: bool,
    /// The requests a minute that may be sent: as in the settings, or fewer if HeyMilo said so.
    pub requests_per_minute: u32,
    /// Whether transcripts can be searched.
    pub is_searchable: bool,
    /// The most bytes of deliveries in the inbox.
    pub inbox_limit: i64,
    /// The variable that holds its API key.
    #[serde(skip)]
    pub key_variable: String,
    /// Figures that change from one moment to the next.
    #[serde(flatten)]
    pub figures: status::Workspace,
    /// Figures that are counted once a minute.
    #[serde(flatten)]
    pub counts: WorkspaceCounts,
}

impl Workspace {
    pub(super) fn new(
        settings: &WorkspaceSettings,
        figures: status::Workspace,
        counts: WorkspaceCounts,
    ) -> Self {
        let limit = figures.budget.limit.and_then(|limit| u32::try_from(limit).ok());
        Self {
            workspace_id: settings.id.to_string(),
            takes_deliveries: settings.takes_deliveries,
            requests_per_minute: limit.unwrap_or(settings.requests_per_minute),
            is_searchable: settings.is_searchable,
            inbox_limit: settings.inbox_limit,
            key_variable: settings.key_variable.clone(),
            figures,
            counts,
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
