//! The doors: webhooks come in, health is told. Store first, answer, work later.

mod health;
mod hint;
mod webhooks;

use std::sync::Arc;

use axum::{
    Router,
    extract::{DefaultBodyLimit, FromRef},
    http::StatusCode,
    routing::{any, get},
};
use secrecy::SecretString;
use sqlx::PgPool;
use tokio::sync::Notify;

pub use hint::{Hint, Places};

use crate::records::WorkspaceId;

/// What the doors need.
#[derive(Debug, Clone)]
pub struct Doors {
    /// The database.
    pub db: PgPool,
    /// Whose deliveries are taken. Empty: none are.
    pub receivers: Arc<[Receiver]>,
    /// Where a delivery may name its interview.
    pub places: Arc<Places>,
    /// Larger deliveries are refused.
    pub max_body_bytes: usize,
}

/// A workspace whose deliveries are taken at an address that ends with its token.
#[derive(Debug, Clone)]
pub struct Receiver {
    /// The workspace.
    pub workspace_id: WorkspaceId,
    /// The last part of the address.
    pub token: SecretString,
    /// Rung when an interview became due.
    pub workers: Arc<Notify>,
    /// Rung when a list became due.
    pub poll: Arc<Notify>,
}

impl FromRef<Doors> for PgPool {
    fn from_ref(doors: &Doors) -> Self {
        doors.db.clone()
    }
}

/// Builds the routes.
pub fn router(doors: Doors) -> Router {
    let limit = DefaultBodyLimit::max(doors.max_body_bytes);
    Router::new()
        .route("/webhooks/heymilo/{token}", any(webhooks::receive).layer(limit))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .fallback(|| std::future::ready(StatusCode::NOT_FOUND))
        .with_state(doors)
}
