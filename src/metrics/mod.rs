//! The counters of this process for Prometheus. Label values are our own words, tables and
//! workspaces.
#![doc = include_str!("README.md")]

mod words;

use std::{fmt, sync::Arc, sync::atomic::AtomicU64, time::Duration, time::SystemTime};

use prometheus_client::{
    encoding::prometheus_text,
    metrics::{
        counter::Counter,
        family::Family,
        gauge::{ConstGauge, Gauge},
        histogram::Histogram,
        info::Info,
    },
    registry::{Metric, Registry},
};

pub use prometheus_text::CONTENT_TYPE;
pub use words::{Answer, Delivery, Job, Stage};

/// Labels with their values.
pub type Labels = Vec<(&'static str, String)>;

const PREFIX: &str = "heymilo_sync";
/// From the time of a commit to a time that looks like a hang, in seconds.
const DURATIONS: [f64; 14] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];
/// From an immediate update to four hours, in seconds.
const FRESHNESS: [f64; 14] =
    [0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 14400.0];

/// The counters of a process. Clones share them.
#[derive(Debug, Clone)]
pub struct Metrics(Arc<Families>);

#[derive(Debug)]
struct Families {
    registry: Registry,
    deliveries: Family<Labels, Counter>,
    requests: Family<Labels, Counter>,
    jobs: Family<Labels, Counter>,
    rows: Family<Labels, Counter>,
    answers: Family<Labels, Counter>,
    stages: Family<Labels, Histogram>,
    freshness: Family<Labels, Histogram>,
    inbox: Family<Labels, Gauge>,
    inbox_limit: Family<Labels, Gauge>,
}

/// The counters of one workspace. Clones share them.
#[derive(Debug, Clone)]
pub struct Counts {
    metrics: Metrics,
    workspace: Arc<str>,
}

/// A gauge that was read for one scrape.
#[derive(Debug)]
pub struct Reading {
    /// Its name, without the common prefix.
    pub name: &'static str,
    /// Its meaning.
    pub help: &'static str,
    /// Its values.
    pub values: Vec<(Labels, f64)>,
}

impl Reading {
    /// A gauge without labels.
    pub fn one(name: &'static str, help: &'static str, value: f64) -> Self {
        Self { name, help, values: vec![(Labels::new(), value)] }
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let mut all = Registry::with_prefix(PREFIX);
        all.register("build", "The program that runs", Info::new(version()));
        let started = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default().as_secs_f64();
        let start = ConstGauge::new(started);
        all.register("start_timestamp_seconds", "When the process started", start);

        let counters = Family::default;
        let durations =
            || Family::new_with_constructor((|| Histogram::new(DURATIONS)) as fn() -> _);
        let freshness =
            || Family::new_with_constructor((|| Histogram::new(FRESHNESS)) as fn() -> _);
        let deliveries = registered(
            &mut all,
            "deliveries",
            "Deliveries of webhooks by what became of them",
            counters(),
        );

        let requests = registered(
            &mut all,
            "api_requests",
            "Requests to HeyMilo's API by how they ended",
            counters(),
        );

        let jobs = registered(&mut all, "jobs_done", "Jobs by what became of them", counters());
        let rows = registered(
            &mut all,
            "rows_written",
            "Rows that workers and poll wrote to the analysts' tables",
            counters(),
        );

        let answers = registered(
            &mut all,
            "http_requests",
            "Requests to the daemon's listeners by status",
            counters(),
        );

        let stages = registered(
            &mut all,
            "stage_duration_seconds",
            "How long the stages from a delivery to rows take",
            durations(),
        );

        let freshness = registered(
            &mut all,
            "freshness_seconds",
            "From when a change of an interview became known until its rows were committed",
            freshness(),
        );

        let inbox = registered(
            &mut all,
            "inbox_bytes",
            "How large the contents of the deliveries that are kept are together",
            Family::default(),
        );

        let inbox_limit = registered(
            &mut all,
            "inbox_limit_bytes",
            "How large they may be (retention.inbox_bytes)",
            Family::default(),
        );

        for stage in Stage::ALL {
            drop(stages.get_or_create(&vec![("stage", stage.as_str().to_owned())]));
        }

        let registry = all;
        Self(Arc::new(Families {
            registry,
            deliveries,
            requests,
            jobs,
            rows,
            answers,
            stages,
            freshness,
            inbox,
            inbox_limit,
        }))
    }
}

fn version() -> Labels {
    vec![("version", env!("CARGO_PKG_VERSION").to_owned())]
}

fn registered<M: Metric + Clone>(registry: &mut Registry, name: &str, help: &str, metric: M) -> M {
    registry.register(name, help, metric.clone());
    metric
}

impl Metrics {
    /// The counters of one workspace. Each exists from now on.
    pub fn of(&self, workspace: &str) -> Counts {
        let counts = Counts { metrics: self.clone(), workspace: workspace.into() };
        let Families { deliveries, requests, jobs, freshness, .. } = &*self.0;
        for word in Delivery::ALL {
            deliveries.get_or_create(&counts.labels("outcome", word.as_str())).inc_by(0);
        }
        for word in Answer::ALL {
            requests.get_or_create(&counts.labels("outcome", word.as_str())).inc_by(0);
        }
        for word in Job::ALL {
            jobs.get_or_create(&counts.labels("outcome", word.as_str())).inc_by(0);
        }
        drop(freshness.get_or_create(&vec![("workspace", workspace.to_owned())]));
        counts
    }

    /// Records how long a stage took.
    pub fn took(&self, stage: Stage, duration: Duration) {
        let labels = vec![("stage", stage.as_str().to_owned())];
        self.0.stages.get_or_create(&labels).observe(duration.as_secs_f64());
    }

    /// Counts an answer of one of our listeners.
    pub fn answered(&self, listener: &'static str, status: u16) {
        let labels = vec![("listener", listener.to_owned()), ("status", status.to_string())];
        self.0.answers.get_or_create(&labels).inc();
    }

    /// Writes all counters and the given gauges in Prometheus' text format.
    pub fn expose(&self, readings: Vec<Reading>) -> Result<String, fmt::Error> {
        let mut read = Registry::with_prefix(PREFIX);
        for Reading { name, help, values } in readings {
            let gauges = Family::<Labels, Gauge<f64, AtomicU64>>::default();
            for (labels, value) in values {
                gauges.get_or_create(&labels).set(value);
            }
            read.register(name, help, gauges);
        }
        let mut text = String::new();
        prometheus_text::encode(&mut text, &self.0.registry)?;
        prometheus_text::encode(&mut text, &read)?;
        Ok(text)
    }
}

impl Counts {
    /// Counts a delivery.
    pub fn delivered(&self, outcome: Delivery) {
        let labels = self.labels("outcome", outcome.as_str());
        self.metrics.0.deliveries.get_or_create(&labels).inc();
    }

    /// Counts a request to the API.
    pub fn requested(&self, outcome: Answer) {
        let labels = self.labels("outcome", outcome.as_str());
        self.metrics.0.requests.get_or_create(&labels).inc();
    }

    /// Counts a job.
    pub fn done(&self, outcome: Job) {
        let labels = self.labels("outcome", outcome.as_str());
        self.metrics.0.jobs.get_or_create(&labels).inc();
    }

    /// Counts rows that were written to a table.
    pub fn wrote(&self, table: &'static str, rows: usize) {
        let labels = self.labels("table", table);
        self.metrics.0.rows.get_or_create(&labels).inc_by(rows as u64);
    }

    /// Records the size of the contents of the kept deliveries together.
    pub fn has_inbox(&self, bytes: i64) {
        self.metrics.0.inbox.get_or_create(&self.workspace()).set(bytes);
    }

    /// Records their largest allowed size.
    pub fn allow_inbox(&self, bytes: u64) {
        let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        self.metrics.0.inbox_limit.get_or_create(&self.workspace()).set(bytes);
        drop(self.metrics.0.inbox.get_or_create(&self.workspace()));
    }

    /// Records how long a change of an interview waited until it was in the tables.
    pub fn fresh_after(&self, duration: Duration) {
        self.metrics.0.freshness.get_or_create(&self.workspace()).observe(duration.as_secs_f64());
    }

    /// Records how long a stage took.
    pub fn took(&self, stage: Stage, duration: Duration) {
        self.metrics.took(stage, duration);
    }

    fn workspace(&self) -> Labels {
        vec![("workspace", self.workspace.as_ref().to_owned())]
    }

    fn labels(&self, name: &'static str, word: &str) -> Labels {
        vec![("workspace", self.workspace.as_ref().to_owned()), (name, word.to_owned())]
    }
}
