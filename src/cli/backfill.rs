//! `heymilo-sync backfill`: fetches known interviews again.

use std::io::{self, Write as _};

use anyhow::ensure;
use chrono::{DateTime, Utc};
use clap::Args;
use tokio_util::sync::CancellationToken;

use super::{
    command::{self, Tables, Work},
    scope,
};
use crate::{
    config::Config,
    records::PostingId,
    store::backfills::Range,
    sync::{Backfill, Command},
};

#[derive(Debug, Args)]
pub struct Arguments {
    /// Only the interviews of this posting.
    #[arg(long, value_name = "ID", value_parser = scope::posting_id)]
    posting: Option<PostingId>,
    /// Only interviews invited on this day or at this time, or later.
    #[arg(long, value_name = "TIME", value_parser = scope::time)]
    since: Option<DateTime<Utc>>,
    /// Only interviews invited before this day or time.
    #[arg(long, value_name = "TIME", value_parser = scope::time)]
    until: Option<DateTime<Utc>>,
}

/// Fetches the interviews of the range again, after everything that is more urgent.
pub async fn run(config: Config, arguments: Arguments) -> anyhow::Result<()> {
    let Arguments { posting, since, until } = arguments;
    let range = Range { posting_id: posting, since, until };
    let tables = Tables::Existing;
    command::run(config, tables, Work::Everything, async |command, shutdown| {
        backfill(command, &range, shutdown).await
    })
    .await
}

async fn backfill(
    command: &Command,
    range: &Range,
    shutdown: &CancellationToken,
) -> anyhow::Result<()> {
    if let Some(posting_id) = &range.posting_id {
        let is_known = command.knows_posting(posting_id).await.map_err(command::explain)?;
        ensure!(is_known, "no list has shown posting {posting_id}: is the id right?");
    }
    let begun = command::unless_stopped(shutdown, command.backfill(range)).await?;
    // On standard error, like all progress.
    match begun {
        Backfill::Begun(due) => writeln!(io::stderr(), "{due} interviews to fetch again"),
        Backfill::Resumed(left) => {
            writeln!(io::stderr(), "going on with {left} interviews left of an earlier backfill")
        }
    }?;
    let fetched = command::drain(command, shutdown).await?;
    writeln!(io::stdout(), "{fetched} interviews fetched")?;

    command::report_troubles(command).await
}
