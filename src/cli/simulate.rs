//! `heymilo-sync simulate`: serves a simulated HeyMilo.

use std::{
    io::{self, Write as _},
    net::SocketAddr,
    time::Duration,
};

use anyhow::Context as _;
use chrono::Utc;
use clap::{Args, builder::PossibleValuesParser};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{logging, simulated::BEGINS_BEFORE};
use crate::{
    app,
    config::Config,
    simulator::{Fault, FileFault, Options, Simulator},
};

#[derive(Debug, Args)]
pub struct Arguments {
    /// The address to serve it at.
    #[arg(long, default_value = "127.0.0.1:8090")]
    listen: SocketAddr,
    /// The same seed makes the same workspace.
    #[arg(long, default_value_t = Options::default().seed)]
    seed: u64,
    /// Number of postings.
    #[arg(long, default_value_t = Options::default().postings)]
    postings: usize,
    /// Number of candidates who were invited before the start.
    #[arg(long, default_value_t = Options::default().candidates)]
    candidates: usize,
    /// Number of further invitations in a simulated day.
    #[arg(long, default_value_t = Options::default().arrivals_per_day)]
    arrivals_per_day: f64,
    /// Number of simulated seconds in a second.
    #[arg(long, default_value_t = 1.0)]
    speed: f64,
    /// Requests a minute for a key. 0 for no limit.
    #[arg(long, default_value_t = 300)]
    requests_per_minute: u32,
    /// The API key that it accepts.
    #[arg(long, default_value_t = Options::default().api_key)]
    api_key: String,
    /// Give wrong or odd answers of this kind, to see how they affect the copy.
    #[arg(long, value_parser = PossibleValuesParser::new(Fault::ALL.map(|(name, _)| name)))]
    fault: Option<String>,
    /// Serve recordings and resumes too, with links that work for this many seconds.
    #[arg(long, value_name = "SECONDS")]
    link_lifetime: Option<u64>,
    /// Serve wrong files of this kind, to see how they are handled.
    #[arg(long, requires = "link_lifetime", value_parser = PossibleValuesParser::new(FileFault::ALL.map(|(name, _)| name)))]
    file_fault: Option<String>,
}

/// Serves until the process is asked to stop.
pub async fn run(config: &Config, arguments: Arguments) -> anyhow::Result<()> {
    logging::start(&config.log)?;
    let shutdown = CancellationToken::new();
    app::stop_on_signal(shutdown.clone(), config.shutdown.grace)?;
    let listener = TcpListener::bind(arguments.listen)
        .await
        .with_context(|| format!("listening on {}", arguments.listen))?;

    writeln!(
        io::stdout(),
        "A simulated HeyMilo at http://{}, API key {}. Ctrl-C stops it.",
        listener.local_addr()?,
        arguments.api_key
    )?;

    let simulator = Simulator::new(Options {
        seed: arguments.seed,
        postings: arguments.postings,
        candidates: arguments.candidates,
        arrivals_per_day: arguments.arrivals_per_day,
        speed: arguments.speed,
        start: (arguments.speed > 1.0).then(|| Utc::now() - BEGINS_BEFORE),
        requests_per_minute: Some(arguments.requests_per_minute).filter(|limit| *limit > 0),
        api_key: arguments.api_key,
        fault: arguments.fault.as_deref().and_then(Fault::named),
        link_lifetime: arguments.link_lifetime.map(Duration::from_secs),
        file_fault: arguments.file_fault.as_deref().and_then(FileFault::named),
        ..Options::default()
    });

    simulator.serve(listener, shutdown).await.context("serving the simulated HeyMilo")
}
