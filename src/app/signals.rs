//! How the process is asked to stop.

use anyhow::Context as _;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

/// Cancels the token when the process is asked to stop: Ctrl-C or SIGTERM. A second time ends it
/// at once.
pub fn stop_on_signal(shutdown: CancellationToken) -> anyhow::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt()).context("listening for Ctrl-C")?;
    let mut terminate = signal(SignalKind::terminate()).context("listening for SIGTERM")?;
    let mut stop = async move || {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    };
    tokio::spawn(async move {
        stop().await;
        info!("stopping; once more to stop at once");
        shutdown.cancel();
        stop().await;
        error!("stopped at once");
        std::process::exit(130);
    });
    Ok(())
}
