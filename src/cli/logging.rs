//! Log lines, as the settings want them.

use std::io::{self, IsTerminal as _};

use anyhow::{Context as _, anyhow};
use tracing::{Level, Metadata};
use tracing_subscriber::{
    EnvFilter, Layer as _, filter::filter_fn, fmt, layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

use crate::config::{Log, LogFormat};

/// Starts logging to standard error; standard output belongs to what commands print.
pub fn start(settings: &Log) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&settings.filter).context("reading log.filter")?;
    let lines = fmt::layer()
        .with_target(false)
        .with_ansi(io::stderr().is_terminal())
        .with_writer(io::stderr);
    let lines = match settings.format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    tracing_subscriber::registry()
        .with(filter)
        .with(lines.with_filter(filter_fn(is_discreet)))
        .try_init()
        .map_err(|error| anyhow!(error))
        .context("starting the log")
}

/// Whether a line is ours, or of a library and not about details: whatever a library takes for a
/// detail, now or in a later version, may be a header with the key or a row with a person.
fn is_discreet(line: &Metadata<'_>) -> bool {
    line.target().starts_with(env!("CARGO_CRATE_NAME")) || *line.level() <= Level::INFO
}

/// Starts logging for a command that tells its progress itself: unless the settings ask for more,
/// only what went wrong is logged.
pub fn start_beside_progress(settings: &Log) -> anyhow::Result<()> {
    let mut settings = settings.clone();
    if settings.filter == "info" {
        settings.filter = "warn".to_owned();
    }
    start(&settings)
}
