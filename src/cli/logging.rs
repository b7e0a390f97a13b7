//! Log lines, as the settings want them.

use std::io::{self, IsTerminal as _};

use anyhow::{Context as _, anyhow};
use tracing_subscriber::EnvFilter;

use crate::config::{Log, LogFormat};

/// Starts logging to standard error; standard output belongs to what commands print.
pub fn start(settings: &Log) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&settings.filter).context("reading log.filter")?;
    let logging = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_target(false)
        .with_ansi(io::stderr().is_terminal())
        .with_writer(io::stderr);
    let started = match settings.format {
        LogFormat::Text => logging.try_init(),
        LogFormat::Json => logging.json().flatten_event(true).try_init(),
    };
    started.map_err(|error| anyhow!(error)).context("starting the log")
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
