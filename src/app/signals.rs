//! The signals that stop the process.

use std::{process, time::Duration};

use anyhow::Context as _;
use tokio::{
    signal::unix::{SignalKind, signal},
    time,
};
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

/// How long the process may take to close everything after `shutdown.grace`.
const END_TIMEOUT: Duration = Duration::from_millis(900);

/// Cancels the token when the process receives Ctrl-C or SIGTERM. A second signal ends it at once.
/// Otherwise it ends when its work is finished, and at the latest after `grace` and
/// [`END_TIMEOUT`].
pub fn stop_on_signal(shutdown: CancellationToken, grace: Duration) -> anyhow::Result<()> {
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
        info!("stopping, a second signal ends the process at once");
        shutdown.cancel();
        tokio::select! {
            () = stop() => {
                error!("stopped at once");
                process::exit(130);
            }
            () = time::sleep(grace + END_TIMEOUT) => {
                error!("stopped before all was closed, because shutdown.grace is over");
                process::exit(1);
            }
        }
    });

    Ok(())
}
