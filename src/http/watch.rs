//! `GET /metrics`: what this process has counted, and how the database says that all stands.

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

use super::{Doors, readings};
use crate::{
    metrics::{self, Metrics},
    records::WorkspaceId,
    store::vitals::{self, Vitals},
};

/// How long the database may take. Prometheus gives up after ten seconds.
const PATIENCE: Duration = Duration::from_secs(4);
/// For how long what the database said is told again: many may watch.
const FRESH: Duration = Duration::from_secs(3);

/// What is told to those who watch.
#[derive(Debug)]
pub struct Watch {
    db: PgPool,
    metrics: Metrics,
    workspaces: Vec<WorkspaceId>,
    requests_per_minute: u32,
    /// What the database said last, and when. Who comes meanwhile waits for the same answer.
    last: Mutex<Option<(Instant, Option<Vitals>)>>,
}

impl Watch {
    /// Watches these workspaces, which may make so many requests a minute each.
    pub fn new(
        db: PgPool,
        metrics: Metrics,
        workspaces: Vec<WorkspaceId>,
        requests_per_minute: u32,
    ) -> Self {
        Self { db, metrics, workspaces, requests_per_minute, last: Mutex::default() }
    }

    /// What is counted.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// How the database says that all stands; `None` when it does not answer.
    async fn ask(&self) -> Option<Vitals> {
        timeout(PATIENCE, vitals::read(&self.db, &self.workspaces)).await.ok()?.ok()
    }
}

/// Answers in Prometheus' text format. While the database is away, what it would say is left out.
pub async fn scrape(State(doors): State<Doors>) -> impl IntoResponse {
    let Watch { db, metrics, requests_per_minute, last, .. } = &*doors.watch;
    let mut readings = readings::of_the_pool(db);
    readings.extend(readings::of_the_spool(&doors.intake.spool()));
    let mut last = last.lock().await;
    if last.as_ref().is_none_or(|(at, _)| at.elapsed() >= FRESH) {
        let answer = if doors.intake.is_away() { None } else { doors.watch.ask().await };
        *last = Some((Instant::now(), answer));
    }
    let vitals = last.as_ref().and_then(|(_, vitals)| vitals.as_ref());
    readings.extend(readings::of_the_database(vitals, *requests_per_minute));
    match metrics.expose(readings) {
        Ok(text) => ([(header::CONTENT_TYPE, metrics::CONTENT_TYPE)], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
