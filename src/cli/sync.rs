//! `heymilo-sync sync`: everything once, or one interview.

use std::{
    io::{self, Write as _},
    time::Duration,
};

use anyhow::{bail, ensure};
use clap::Args;
use tokio::time;
use tokio_util::sync::CancellationToken;

use super::{errand, scope};
use crate::{config::Config, records::InterviewId, sync::Errand};

/// How often to look whether the daemon has done what it holds.
const LOOK: Duration = Duration::from_millis(500);

#[derive(Debug, Args)]
pub struct Arguments {
    /// Fetch this interview only.
    #[arg(long, value_name = "ID", value_parser = scope::interview_id)]
    interview: Option<InterviewId>,
}

/// Fetches what is new or changed, and finishes.
pub async fn run(config: Config, arguments: Arguments) -> anyhow::Result<()> {
    match arguments.interview {
        Some(id) => {
            errand::run(config, async |errand, shutdown| one(errand, &id, shutdown).await).await
        }
        None => errand::run(config, everything).await,
    }
}

async fn everything(errand: &Errand, shutdown: &CancellationToken) -> anyhow::Result<()> {
    let report = errand::unless_stopped(shutdown, errand.discover()).await?;
    let fetched = errand::drain(errand, shutdown).await?;
    writeln!(
        io::stdout(),
        "{} lists read, {} rows of candidates new or changed, {fetched} interviews fetched",
        report.lists,
        report.candidates
    )?;
    ensure!(
        report.postponed == 0,
        "{} lists could not be read; the warnings above say why. The daemon or the next run reads \
         them again",
        report.postponed
    );
    errand::report_troubles(errand).await
}

async fn one(errand: &Errand, id: &InterviewId, stop: &CancellationToken) -> anyhow::Result<()> {
    errand.ask_for(id).await.map_err(errand::explain)?;
    loop {
        let worked = errand.step(stop).await.map_err(errand::explain)?;
        let standing = errand.standing(id).await.map_err(errand::explain)?;
        match standing {
            Some(job) if job.is_in_progress => {
                ensure!(!stop.is_cancelled(), "stopped; interview {id} stays due");
                if worked == 0 {
                    // A daemon holds it.
                    time::sleep(LOOK).await;
                }
            }
            Some(job) if job.is_failed || job.last_error.is_some() => {
                let fate = if job.is_failed {
                    "it is set aside until there is news of it"
                } else {
                    "the daemon or the next run tries again"
                };
                let reason = job.last_error.unwrap_or_default();
                bail!("interview {id} was not fetched, {fate}: {reason}");
            }
            _ => break,
        }
    }
    writeln!(io::stdout(), "interview {id} fetched")?;
    Ok(())
}
