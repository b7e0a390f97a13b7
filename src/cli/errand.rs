//! What commands that ask HeyMilo and finish have in common.

use anyhow::{Context as _, anyhow, bail, ensure};
use tokio_util::sync::CancellationToken;

use super::{logging, progress::Progress};
use crate::{
    app::{self, Daemon},
    config::Config,
    heymilo,
    sync::{Errand, Error},
};

/// Runs `work` with an errand for each workspace on a migrated database.
pub async fn run(
    config: Config,
    work: impl AsyncFn(&Errand, &CancellationToken) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    logging::start_beside_progress(&config.log)?;
    config.require_api_keys()?;
    let shutdown = CancellationToken::new();
    app::stop_on_signal(shutdown.clone())?;
    app::with_database(&config.database.clone(), async |database| {
        app::migrate(&database.pool, &config.database).await?;
        let daemon = Daemon::new(config, database.pool.clone())?;
        for mirror in daemon.mirrors() {
            let errand = daemon.errand(mirror).await.map_err(explain)?;
            Box::pin(work(&errand, &shutdown)).await?;
        }
        Ok(())
    })
    .await
}

/// Works until nothing is due at once. Returns how many interviews were fetched.
pub async fn drain(errand: &Errand, shutdown: &CancellationToken) -> anyhow::Result<usize> {
    let mut progress = Progress::new("interviews fetched");
    let mut done = 0;
    loop {
        progress.tell(done, errand.due().await.map_err(explain)?);
        let worked = errand.step(shutdown).await.map_err(explain)?;
        done += worked;
        if shutdown.is_cancelled() {
            let left = errand.due().await.map_err(explain)?;
            ensure!(
                left == 0,
                "stopped after {done} interviews, {left} are left: run the command again, or the \
                 daemon, to go on with them"
            );
        }
        if worked == 0 {
            return Ok(done);
        }
    }
}

/// Fails with the count of what went wrong since the errand began.
pub async fn report_troubles(errand: &Errand) -> anyhow::Result<()> {
    let troubles = errand.troubles().await.context("counting what went wrong")?;
    let (failed, waiting) = (troubles.failed, troubles.waiting);
    ensure!(
        failed + waiting == 0,
        "{} interviews were not fetched: {failed} are set aside, {waiting} will be tried again by \
         the daemon or the next run; heymilo_sync.jobs.last_error says why",
        failed + waiting
    );
    Ok(())
}

/// Says what to do about an error, where that is known.
pub fn explain(error: Error) -> anyhow::Error {
    match error {
        Error::HeyMilo(heymilo::Error::Unauthorized) => anyhow!(
            "HeyMilo refuses the API key: set HEYMILO_API_KEY to a valid key of this workspace"
        ),
        Error::HeyMilo(error) => {
            anyhow!(error).context("HeyMilo did not answer as expected; run the command again")
        }
        error => error.into(),
    }
}

/// Runs a request that may take long, unless asked to stop.
pub async fn unless_stopped<T>(
    shutdown: &CancellationToken,
    request: impl Future<Output = Result<T, Error>>,
) -> anyhow::Result<T> {
    tokio::select! {
        () = shutdown.cancelled() => bail!("stopped; what was read is kept, run it again to go on"),
        done = request => done.map_err(explain),
    }
}
