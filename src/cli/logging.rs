//! Starts logging, as in the settings.

use std::io;

use anstream::{AutoStream, ColorChoice};
use anyhow::{Context as _, anyhow};
use tracing::{Level, Metadata};
use tracing_subscriber::{
    EnvFilter, Layer as _,
    filter::{FilterExt as _, filter_fn},
    fmt,
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

use crate::{
    config::{Log, LogFormat, Traces},
    spans::Exporter,
};

/// Starts logging to standard error, because commands print their output to standard output.
pub fn start(settings: &Log) -> anyhow::Result<()> {
    start_with(settings, None)
}

/// Starts logging, and the export of spans if the settings ask for it. Spans are sent while the
/// returned value lives.
pub fn start_with_spans(log: &Log, traces: &Traces) -> anyhow::Result<Option<Exporter>> {
    let exporter = traces.endpoint.as_ref().map(Exporter::start).transpose();
    let exporter = exporter.map_err(|error| anyhow!(error)).context("starting the traces")?;
    start_with(log, exporter.as_ref())?;
    Ok(exporter)
}

fn start_with(settings: &Log, spans: Option<&Exporter>) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&settings.filter).context("reading log.filter")?;
    let lines = fmt::layer()
        .with_target(false)
        .with_ansi(AutoStream::choice(&io::stderr()) != ColorChoice::Never)
        .with_writer(io::stderr);
    let lines = match settings.format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    tracing_subscriber::registry()
        .with(lines.with_filter(filter.and(filter_fn(is_discreet))))
        .with(spans.map(|spans| spans.layer().with_filter(filter_fn(is_our_span))))
        .try_init()
        .map_err(|error| anyhow!(error))
        .context("starting the log")
}

/// Whether a line is ours, or a library's above the level of details. A library's details may hold
/// a header with the key or a row with a person, now or in a later version. Lines of sqlx about
/// slow statements and connections are left out, because our own lines report them once for each
/// outage.
fn is_discreet(line: &Metadata<'_>) -> bool {
    let is_quiet = line.target().starts_with("sqlx");
    line.is_event() && (is_ours(line) || *line.level() <= Level::INFO && !is_quiet)
}

fn is_our_span(span: &Metadata<'_>) -> bool {
    span.is_span() && is_ours(span)
}

fn is_ours(metadata: &Metadata<'_>) -> bool {
    metadata.target().starts_with(env!("CARGO_CRATE_NAME"))
}

/// Starts logging for a command with a progress display. Unless the settings ask for more, only
/// errors are logged.
pub fn start_beside_progress(settings: &Log) -> anyhow::Result<()> {
    let mut settings = settings.clone();
    if settings.filter == "info" {
        settings.filter = "warn".to_owned();
    }
    start(&settings)
}
