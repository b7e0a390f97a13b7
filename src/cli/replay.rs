//! `heymilo-sync replay`: rebuilds the tables from kept answers.

use std::io::{self, Write as _};

use anyhow::{Context as _, ensure};
use chrono::{DateTime, Utc};
use clap::Args;
use tokio_util::sync::CancellationToken;

use super::{logging, progress::Progress, scope};
use crate::{
    app,
    config::Config,
    records::PostingId,
    store::{self, snapshots::Scope},
    sync::{Replay, Replayed},
};

#[derive(Debug, Args)]
pub struct Arguments {
    /// Only subjects of which a new answer arrived on this day or time, or later.
    #[arg(long, value_name = "TIME", value_parser = scope::time)]
    since: Option<DateTime<Utc>>,
    /// Only this posting and its interviews.
    #[arg(long, value_name = "ID", value_parser = scope::posting_id)]
    posting: Option<PostingId>,
}

/// Rebuilds the tables from the snapshots, with their history and without requests to HeyMilo.
pub async fn run(config: &Config, arguments: Arguments) -> anyhow::Result<()> {
    logging::start_beside_progress(&config.log)?;
    let shutdown = CancellationToken::new();
    app::stop_on_signal(shutdown.clone(), config.shutdown.grace)?;
    let scope = Scope { since: arguments.since, posting_id: arguments.posting };
    let replayed = app::with_database(&config.database, async |database| {
        app::prepare(database, &config.database).await?;
        let mut replayed = Replayed::default();
        for workspace in &config.workspaces {
            let replay = Replay::new(database.pool.clone(), workspace.id(), scope.clone());
            replayed += rebuild(replay, &shutdown).await?;
        }
        // No daemon may be running to compute them.
        while store::figures::write_due(&database.pool)
            .await
            .context("computing the figures of dashboards")?
        {}
        Ok(replayed)
    })
    .await?;

    print(replayed)
}

async fn rebuild(mut replay: Replay, shutdown: &CancellationToken) -> anyhow::Result<Replayed> {
    let interviews = replay.interviews().await.context("counting the interviews")?;
    let interviews = usize::try_from(interviews).unwrap_or_default();
    let mut progress = Progress::new("interviews rebuilt");
    let mut replayed = replay.postings().await.context("rebuilding the postings")?;
    let mut done = 0;
    progress.update(done, interviews);
    while let Some(more) = replay.step().await.context("rebuilding interviews")? {
        done += more.rebuilt + more.refused;
        replayed += more;
        progress.update(done, interviews.saturating_sub(done));
        ensure!(
            !shutdown.is_cancelled(),
            "stopped after {done} of {interviews} interviews; each is either rebuilt or as it was: \
             run the command again to rebuild them all"
        );
    }
    Ok(replayed)
}

fn print(replayed: Replayed) -> anyhow::Result<()> {
    let Replayed { rebuilt, unreadable, refused } = replayed;
    writeln!(
        io::stdout(),
        "{rebuilt} interviews and lists of postings rebuilt, {unreadable} unreadable snapshots \
         passed over"
    )?;
    ensure!(
        refused == 0,
        "{refused} interviews or lists were left as they were, because the database refuses their rows; the \
         warnings above name them"
    );
    Ok(())
}
