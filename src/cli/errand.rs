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
    let nothing_to_read = async { Ok(()) };
    let ((), fetched) = drain_beside(errand, shutdown, nothing_to_read).await?;
    Ok(fetched)
}

/// Works while `reading` makes interviews due, and on until nothing is due at once. Returns what was
/// read and how many interviews were fetched.
pub async fn drain_beside<T>(
    errand: &Errand,
    shutdown: &CancellationToken,
    reading: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<(T, usize)> {
    let has_read = CancellationToken::new();
    let reading = async {
        let _told_at_the_end = has_read.clone().drop_guard();
        reading.await
    };
    // Whatever becomes of the one, the other is finished: jobs are in hand, or lists half read.
    let (read, fetched) = tokio::join!(reading, work_off(errand, shutdown, &has_read));
    Ok((read?, fetched?))
}

/// Works until `has_read`, and nothing is due at once any more.
async fn work_off(
    errand: &Errand,
    shutdown: &CancellationToken,
    has_read: &CancellationToken,
) -> anyhow::Result<usize> {
    let mut progress = Progress::new("interviews fetched");
    let mut done = 0;
    loop {
        progress.tell(done, errand.due().await.map_err(explain)?);
        // Asked first: what is made due after a step that finds nothing must be found by another.
        let all_is_due = has_read.is_cancelled();
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
        if worked > 0 {
            continue;
        }
        if all_is_due {
            return Ok(done);
        }
        tokio::select! {
            () = has_read.cancelled() => {}
            () = errand.more_is_due() => {}
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
