//! Shared code of commands that make requests to HeyMilo and end.

use anyhow::{Context as _, anyhow, bail, ensure};
use tokio_util::sync::CancellationToken;

use super::{logging, progress::Progress};
use crate::{
    app::{self, Daemon},
    config::Config,
    heymilo,
    sync::{Command, Error},
};

/// The databases that a command accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tables {
    /// Only a database that was set up before.
    Existing,
    /// Also an empty database, which the command sets up.
    OrNew,
}

/// The work of the engine beside a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// The same work as a daemon's.
    Everything,
    /// It fetches due interviews and reads no list.
    Fetches,
}

/// Runs `work` with a command for each workspace on a migrated database. An engine runs beside it,
/// in case no daemon owns the workspace.
pub async fn run(
    config: Config,
    tables: Tables,
    engines: Work,
    work: impl AsyncFn(&Command, &CancellationToken) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    each(config, tables, async |command, stop| {
        Box::pin(unless_stopped(stop, command.check_key())).await?;
        let end = CancellationToken::new();
        let engine = match engines {
            Work::Everything => command.engine().clone(),
            Work::Fetches => command.engine().clone().without_lists(),
        };
        let running = engine.run(&end);
        tokio::pin!(running);
        let done = tokio::select! {
            done = work(command, stop) => done,
            () = &mut running => bail!("the engine ended: please report this"),
        };
        end.cancel();
        running.await;
        done
    })
    .await
}

/// Runs `work` with a command for each workspace on a migrated database. `work` only makes
/// requests: as the owner, or with a loan from the daemon that owns the workspace.
pub async fn ask(
    config: Config,
    work: impl AsyncFn(&Command, &CancellationToken) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    each(config, Tables::Existing, async |command, stop| {
        let asked = command.with_requests(stop, async { Ok(work(command, stop).await) });
        asked.await.map_err(explain)?.unwrap_or_else(|| bail!("stopped"))
    })
    .await
}

async fn each(
    config: Config,
    tables: Tables,
    work: impl AsyncFn(&Command, &CancellationToken) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    logging::start_beside_progress(&config.log)?;
    config.require_api_keys()?;
    let shutdown = CancellationToken::new();
    app::stop_on_signal(shutdown.clone(), config.shutdown.grace)?;

    app::with_database(&config.database.clone(), async |database| {
        match tables {
            Tables::Existing => app::prepare(database, &config.database).await?,
            Tables::OrNew => app::migrate(&database.pool, &config.database).await?,
        }
        app::check_erasure_key(&config, &database.pool).await?;
        let daemon = Daemon::for_commands(config, database.pool.clone())?;
        for runtime in daemon.workspaces() {
            let command = Command::begin(daemon.engine(runtime)).await?;
            Box::pin(work(&command, &shutdown)).await?;
        }
        // No daemon may be running to compute them.
        daemon.figures().finish().await.context("computing the figures of dashboards")
    })
    .await
}

/// Waits until nothing is left to do. Returns the number of interviews fetched.
pub async fn drain(command: &Command, shutdown: &CancellationToken) -> anyhow::Result<usize> {
    let mut progress = Progress::new("interviews fetched");
    let (mut watched, mut left_before) = (0_usize, 0_usize);

    loop {
        let now = command.progress().await.map_err(explain)?;
        // Fetches of another process show in the number that is left.
        watched += left_before.saturating_sub(now.left);
        left_before = now.left;
        let done = if now.fetched > 0 { now.fetched } else { watched };
        progress.update(done, now.left);
        let is_done = now.left == 0 && now.lists.left == 0;
        ensure!(
            is_done || !shutdown.is_cancelled(),
            "stopped after {done} interviews, {} are left: run the command again, or the daemon, to go on \
             with them",
            now.left
        );
        if is_done {
            return Ok(done);
        }
    }
}

/// Fails with the number of errors since the command began.
pub async fn report_troubles(command: &Command) -> anyhow::Result<()> {
    let troubles = command.troubles().await.context("counting what went wrong")?;
    let (failed, waiting) = (troubles.failed, troubles.waiting);
    ensure!(
        failed + waiting == 0,
        "{} interviews were not fetched: {failed} are set aside, {waiting} will be tried again by \
         the daemon or the next run; heymilo_sync.jobs.last_error says why",
        failed + waiting
    );
    Ok(())
}

/// Adds the remedy to an error, where one is known.
pub fn explain(error: Error) -> anyhow::Error {
    match error {
        Error::HeyMilo(refusal @ heymilo::Error::Unauthorized { .. }) => {
            anyhow!("{refusal}: set it to a valid key of this workspace")
        }
        Error::HeyMilo(error) => {
            anyhow!(error).context("HeyMilo did not answer as expected: run the command again")
        }
        error => error.into(),
    }
}

/// Runs a request that may take long, unless the process is asked to stop.
pub async fn unless_stopped<T>(
    shutdown: &CancellationToken,
    request: impl Future<Output = Result<T, Error>>,
) -> anyhow::Result<T> {
    tokio::select! {
        () = shutdown.cancelled() => bail!("stopped, the data so far is kept: run the command again to continue"),
        done = request => done.map_err(explain),
    }
}
