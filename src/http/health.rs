//! Whether the daemon is alive, and whether it can keep deliveries.

use std::time::Duration;

use axum::{Json, extract, http::StatusCode};
use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgPool;
use tokio::time;

use super::AppState;
use crate::{
    spool::{State, Status},
    store,
};

const OK: &str = "ok";
const AWAY: &str = "cannot be reached";

/// How long the database may take to answer, because an orchestrator does not wait longer.
const DATABASE_TIMEOUT: Duration = Duration::from_millis(500);

/// The answer of `/readyz`.
#[derive(Debug, Serialize)]
pub struct Readiness {
    database: &'static str,
    spool: Spool,
    /// The state of HeyMilo's API for each workspace. Deliveries are kept in any case.
    workspaces: Vec<Api>,
}

/// The deliveries on this machine's disk that wait for the database.
#[derive(Debug, Serialize)]
struct Spool {
    state: &'static str,
    waiting: usize,
    bytes: u64,
    aside_bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    oldest: Option<DateTime<Utc>>,
}

#[derive(Debug, Serialize)]
struct Api {
    workspace: String,
    api_key: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<DateTime<Utc>>,
}

/// Answers while the process runs.
pub async fn alive() -> &'static str {
    std::future::ready("ok\n").await
}

/// Ready when a delivery can be kept: in the database, or in the spool while the database is away.
/// A database with other migrations is an error, because only an operator can correct it.
pub async fn ready(extract::State(app): extract::State<AppState>) -> (StatusCode, Json<Readiness>) {
    let asked = async {
        let database = database(&app.db).await;
        (database, if database == OK { workspaces(&app.db).await } else { Vec::new() })
    };
    let (database, workspaces) = match app.intake.is_away() {
        true => (AWAY, Vec::new()),
        false => time::timeout(DATABASE_TIMEOUT, asked).await.unwrap_or((AWAY, Vec::new())),
    };
    let spool = app.intake.spool();
    let can_wait = database == AWAY && spool.state == State::Writable;
    let status =
        if database == OK || can_wait { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(Readiness { database, spool: spool.into(), workspaces }))
}

/// Whether the database answers and has this program's migrations.
async fn database(db: &PgPool) -> &'static str {
    match store::migrations::is_current(db).await {
        Ok(true) => OK,
        Ok(false) => "its migrations are not those of this program",
        Err(_) => AWAY,
    }
}

async fn workspaces(db: &PgPool) -> Vec<Api> {
    let connections = store::connections::all(db).await.unwrap_or_default();
    connections
        .into_iter()
        .map(|connection| {
            let (api_key, since) = match (connection.refused_at, connection.other_workspace_at) {
                (Some(since), _) => ("refused", Some(since)),
                (None, Some(since)) => ("of another workspace", Some(since)),
                (None, None) => ("accepted", None),
            };
            Api { workspace: connection.workspace_id.to_string(), api_key, since }
        })
        .collect()
}

impl From<Status> for Spool {
    fn from(Status { state, waiting, bytes, aside_bytes, oldest }: Status) -> Self {
        Self { state: state.as_str(), waiting, bytes, aside_bytes, oldest }
    }
}
