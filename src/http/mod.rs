//! The listeners. One accepts webhooks, and the other shows operators the status and takes their
//! requests.
#![doc = include_str!("README.md")]

mod admission;
mod api;
mod bodies;
mod buttons;
mod connections;
mod files;
mod health;
mod hint;
mod limits;
mod multipart;
mod networks;
mod operations;
mod page;
mod probe;
mod reader;
mod readings;
mod server;
mod unknown_paths;
mod unpack;
mod watch;
mod webhooks;

use std::sync::Arc;

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request, State},
    http::StatusCode,
    middleware::{Next, from_fn_with_state},
    response::Response,
    routing::{any, get, post},
};
use governor::{Quota, clock::DefaultClock};
use secrecy::SecretString;
use sqlx::PgPool;

use admission::Admission;
pub use hint::{Hint, Places};
pub use limits::Limits;
use networks::Networks;
pub use probe::ask;
pub use reader::Reader;
pub use server::serve;
pub use watch::Watch;

use crate::{
    files::Files,
    intake::Intake,
    metrics::{Counts, Metrics},
    records::WorkspaceId,
    status::StatusReader,
    wake::Wake,
};

/// The state that the handlers share.
#[derive(Debug, Clone)]
pub struct AppState {
    /// The database.
    pub db: PgPool,
    /// Keeps deliveries.
    pub intake: Intake,
    /// The workspaces whose deliveries are accepted. May be empty.
    pub receivers: Arc<[Receiver]>,
    /// Reads the bodies of deliveries.
    pub reader: Reader,
    /// The file store. `None` when files are not kept.
    pub files: Option<Files>,
    /// The figures for monitoring.
    pub watch: Arc<Watch>,
    /// The status for operators.
    pub status_reader: StatusReader,
}

/// A workspace whose deliveries are accepted at an address that ends with its token.
#[derive(Debug, Clone)]
pub struct Receiver {
    /// The workspace.
    pub workspace_id: WorkspaceId,
    /// The last part of the address.
    pub token: SecretString,
    /// Wakes the engine when a job becomes due.
    pub wake: Wake,
    /// The workspace's counters.
    pub counts: Counts,
}

/// The public routes: deliveries, and whether the process is alive.
pub fn public(app: AppState, limits: &Limits) -> Router {
    let admission = Arc::new(Admission::new(&app.receivers, app.reader.max_body_bytes(), limits));
    let quota = Quota::per_minute(limits.unknown_paths_per_minute);
    let unknown_paths = Networks::new(quota, DefaultClock::default());
    let metrics = app.watch.metrics().clone();
    // `admission` has read the body, up to its limit.
    let webhooks = any(webhooks::receive)
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn_with_state(admission, admission::admit));
    Router::new()
        .route("/healthz", get(health::alive))
        .route("/{*path}", webhooks)
        .fallback(nothing_here)
        .with_state(app)
        .layer(from_fn_with_state(Arc::new(unknown_paths), unknown_paths::refuse))
        .layer(from_fn_with_state((metrics, "public"), count))
}

/// The routes for operators, who must send the token if one is set.
pub fn operations(app: AppState, token: Option<SecretString>) -> Router {
    let metrics = app.watch.metrics().clone();

    Router::new()
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(watch::scrape))
        .route("/", get(page::show))
        .route("/figures", get(page::figures))
        .route("/interview", get(page::interview))
        .route("/files/{workspace}/{interview}/{kind}", get(files::serve))
        .route("/interview/sync", post(page::sync))
        .route("/posting", get(page::posting))
        .route("/failed", get(page::failed))
        .route("/failed/retry", post(page::retry_all))
        .route("/lists/read", post(page::read_lists))
        .nest("/api/v1", api())
        .fallback(no_page)
        .with_state(app)
        .layer(from_fn_with_state(Arc::new(operations::Guard::new(token)), operations::guard))
        .layer(from_fn_with_state((metrics, "operations"), count))
}

/// Counts the answers of a listener.
async fn count(
    State((metrics, listener)): State<(Metrics, &'static str)>,
    request: Request,
    next: Next,
) -> Response {
    let answer = next.run(request).await;
    metrics.answered(listener, answer.status().as_u16());
    answer
}

/// The API: the page's figures and buttons for tools.
fn api() -> Router<AppState> {
    Router::new()
        .route("/openapi.json", get(api::openapi))
        .route("/status", get(api::status))
        .route("/workspaces/{workspace}/failed", get(api::failed))
        .route("/workspaces/{workspace}/failed/retry", post(api::retry_all))
        .route("/workspaces/{workspace}/interviews/{interview}", get(api::interview))
        .route("/workspaces/{workspace}/interviews/{interview}/sync", post(api::sync))
}

async fn no_page() -> (StatusCode, &'static str) {
    std::future::ready((StatusCode::NOT_FOUND, "There is no such page: the status is at /\n")).await
}

async fn nothing_here() -> StatusCode {
    std::future::ready(StatusCode::NOT_FOUND).await
}
