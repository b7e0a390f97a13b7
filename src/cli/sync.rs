//! `heymilo-sync sync`: updates everything once, or one interview.

use std::{
    io::{self, Write as _},
    time::Duration,
};

use anyhow::{bail, ensure};
use clap::Args;
use tokio::time;
use tokio_util::sync::CancellationToken;

use super::{
    command::{self, Tables, Work},
    scope,
};
use crate::{config::Config, records::InterviewId, sync::Command};

/// How often to check whether the interview is fetched.
const LOOK_INTERVAL: Duration = Duration::from_millis(100);

#[derive(Debug, Args)]
pub struct Arguments {
    /// Fetch only this interview.
    #[arg(long, value_name = "ID", value_parser = scope::interview_id)]
    interview: Option<InterviewId>,
}

/// Fetches new and changed interviews, and ends.
pub async fn run(config: Config, arguments: Arguments) -> anyhow::Result<()> {
    match arguments.interview {
        Some(id) => {
            let fetch =
                async |command: &Command, stop: &CancellationToken| one(command, &id, stop).await;
            command::run(config, Tables::OrNew, Work::Fetches, fetch).await
        }
        None => command::run(config, Tables::OrNew, Work::Everything, everything).await,
    }
}

async fn everything(command: &Command, shutdown: &CancellationToken) -> anyhow::Result<()> {
    command.discover().await.map_err(command::explain)?;
    let fetched = command::drain(command, shutdown).await?;
    command.note_first_copy().await.map_err(command::explain)?;
    let lists = command.progress().await.map_err(command::explain)?.lists;
    writeln!(io::stdout(), "{} lists read, {fetched} interviews fetched", lists.read)?;
    ensure!(
        lists.failed == 0,
        "{} lists could not be read; the warnings above say why. The daemon or the next run reads \
         them again",
        lists.failed
    );
    command::report_troubles(command).await
}

async fn one(command: &Command, id: &InterviewId, stop: &CancellationToken) -> anyhow::Result<()> {
    command.ask_for(id).await.map_err(command::explain)?;

    loop {
        command.progress().await.map_err(command::explain)?;
        match command.standing(id).await.map_err(command::explain)? {
            Some(job) if job.is_in_progress => {
                ensure!(!stop.is_cancelled(), "stopped; interview {id} stays due");
                time::sleep(LOOK_INTERVAL).await;
            }
            Some(job) if job.is_failed || job.last_error.is_some() => {
                let fate = if job.is_failed {
                    "it is set aside until a delivery or a list makes it due"
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
