//! Whether the daemon lives, and whether it can take deliveries.

use axum::{Json, extract::State, http::StatusCode};
use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgPool;

use crate::store;

/// What `/readyz` answers.
#[derive(Debug, Serialize)]
pub struct Readiness {
    database: &'static str,
    /// How HeyMilo's API answers, workspace by workspace. Deliveries are kept all the same.
    workspaces: Vec<Api>,
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

/// Ready when the database answers and is migrated: then a delivery can be kept.
pub async fn ready(State(db): State<PgPool>) -> (StatusCode, Json<Readiness>) {
    let database = match store::database::is_current(&db).await {
        Ok(true) => "ok",
        Ok(false) => "its migrations are not those of this program",
        Err(_) => "cannot be reached",
    };
    if database != "ok" {
        let readiness = Readiness { database, workspaces: Vec::new() };
        return (StatusCode::SERVICE_UNAVAILABLE, Json(readiness));
    }
    let connections = store::connections::all(&db).await.unwrap_or_default();
    let workspaces = connections
        .into_iter()
        .map(|connection| Api {
            workspace: connection.workspace_id.to_string(),
            api_key: if connection.refused_at.is_some() { "refused" } else { "accepted" },
            since: connection.refused_at,
        })
        .collect();
    (StatusCode::OK, Json(Readiness { database, workspaces }))
}
