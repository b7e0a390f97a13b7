//! `GET /metrics`: the counters of this process, and the state from the database.

use std::time::Duration;

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
};
use sqlx::PgPool;
use tokio::{
    sync::Mutex,
    time::{Instant, timeout},
};

use super::{AppState, readings};
use crate::{
    metrics::{self, Metrics},
    records::WorkspaceId,
    store::gauges::{self, Counted, Gauges},
};

/// How long the database may take. Prometheus gives up after ten seconds.
const DATABASE_TIMEOUT: Duration = Duration::from_secs(4);
/// How long an answer of the database is used again, because several systems may scrape.
const REUSE_INTERVAL: Duration = Duration::from_secs(3);
/// The same for counts that read every notice and file.
const RECOUNT_INTERVAL: Duration = Duration::from_secs(60);

/// The figures for monitoring.
#[derive(Debug)]
pub struct Watch {
    db: PgPool,
    metrics: Metrics,
    workspaces: Vec<WorkspaceId>,
    /// Concurrent scrapes wait for the same answer.
    last: Mutex<Last>,
}

/// The last answers of the database, with their times.
#[derive(Debug, Default)]
struct Last {
    gauges: Option<(Instant, Option<Gauges>)>,
    counted: Option<(Instant, Counted)>,
}

impl Watch {
    /// Watches these workspaces.
    pub fn new(db: PgPool, metrics: Metrics, workspaces: Vec<WorkspaceId>) -> Self {
        Self { db, metrics, workspaces, last: Mutex::default() }
    }

    /// The counters of this process.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Reads what is older than its interval from the database.
    async fn ask(&self, last: &mut Last, is_away: bool) {
        if last.gauges.as_ref().is_none_or(|(at, _)| at.elapsed() >= REUSE_INTERVAL) {
            let read = timeout(DATABASE_TIMEOUT, gauges::read(&self.db, &self.workspaces));
            let gauges = if is_away { None } else { read.await.ok().and_then(Result::ok) };
            last.gauges = Some((Instant::now(), gauges));
        }
        let is_up = last.gauges.as_ref().is_some_and(|(_, gauges)| gauges.is_some());
        if is_up && last.counted.as_ref().is_none_or(|(at, _)| at.elapsed() >= RECOUNT_INTERVAL) {
            let read = timeout(DATABASE_TIMEOUT, gauges::counted(&self.db, &self.workspaces)).await;
            // Unknown counts are left out until the next read.
            let counted = read.ok().and_then(Result::ok).unwrap_or_default();
            last.counted = Some((Instant::now(), counted));
        }
    }
}

/// Answers in Prometheus' text format. While the database is away, its figures are left out.
pub async fn scrape(State(app): State<AppState>) -> impl IntoResponse {
    let Watch { db, metrics, last, .. } = &*app.watch;
    let mut readings = readings::of_the_pool(db);
    readings.extend(readings::of_the_spool(&app.intake.spool()));
    let mut last = last.lock().await;
    app.watch.ask(&mut last, app.intake.is_away()).await;
    let gauges = last.gauges.as_ref().and_then(|(_, gauges)| gauges.as_ref());
    readings.extend(readings::of_the_database(gauges));
    if let (Some(_), Some((_, counted))) = (gauges, &last.counted) {
        readings.push(readings::of_the_notices(&counted.notice_counts));
        readings.extend(readings::of_the_files(&counted.files));
    }
    match metrics.expose(readings) {
        Ok(text) => ([(header::CONTENT_TYPE, metrics::CONTENT_TYPE)], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
