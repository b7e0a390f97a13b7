//! Whether the daemon lives, and whether it can take deliveries.

use std::time::Duration;

use axum::{Json, extract, http::StatusCode};
use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgPool;
use tokio::time;

use super::Doors;
use crate::{
    spool::{State, Status},
    store,
};

const OK: &str = "ok";
const AWAY: &str = "cannot be reached";

/// How long the database may take to answer: who asks is not patient.
const PATIENCE: Duration = Duration::from_millis(500);

/// What `/readyz` answers.
#[derive(Debug, Serialize)]
pub struct Readiness {
    database: &'static str,
    spool: Spool,
    /// How HeyMilo's API answers, workspace by workspace. Deliveries are kept all the same.
    workspaces: Vec<Api>,
}

/// What waits on this machine's disk for the database.
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

/// Answers as long as the process does.
pub async fn alive() -> &'static str {
    std::future::ready("ok\n").await
}

/// Ready when a delivery can be kept: in the database, or in the spool while that is away. A database
/// with other migrations will not mend itself: whoever deploys has to hear of it.
pub async fn ready(extract::State(doors): extract::State<Doors>) -> (StatusCode, Json<Readiness>) {
    let asked = async {
        let database = database(&doors.db).await;
        (database, if database == OK { workspaces(&doors.db).await } else { Vec::new() })
    };
    let (database, workspaces) = match doors.intake.is_away() {
        true => (AWAY, Vec::new()),
        false => time::timeout(PATIENCE, asked).await.unwrap_or((AWAY, Vec::new())),
    };
    let spool = doors.intake.spool();
    let can_wait = database == AWAY && spool.state == State::Writable;
    let status =
        if database == OK || can_wait { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(Readiness { database, spool: spool.into(), workspaces }))
}

/// Whether the database answers and is migrated.
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
