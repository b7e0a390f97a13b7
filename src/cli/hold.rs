//! `heymilo-sync hold`: keeps people and interviews for a legal reason.

use std::io::{self, Write as _};

use anyhow::ensure;
use clap::{Args, Subcommand};

use super::{
    person::{self, Who, actor},
    scope,
};
use crate::{app, config::Config, store};

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Keep a person or an interview from retention and erasure.
    Add(HoldArguments),
    /// Show the holds in force.
    List,
    /// End a hold.
    Release(HoldArguments),
}

#[derive(Debug, Args)]
#[command(group(person::required()))]
struct HoldArguments {
    #[command(flatten)]
    who: Who,
    /// The reason, such as the number of a case.
    #[arg(long, value_name = "TEXT", value_parser = scope::word)]
    reason: String,
    /// Name of the person who asks for it, for the log. Default: the user of this command.
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
}

/// Adds or releases holds in every workspace of the settings.
pub async fn run(config: &Config, arguments: Arguments) -> anyhow::Result<()> {
    Box::pin(app::with_database(&config.database, async |database| {
        app::prepare(database, &config.database).await?;
        let db = &mut *database.pool.acquire().await?;

        let (mut out, mut released) = (io::stdout(), 0);
        for workspace in &config.workspaces {
            let (id, name) = (workspace.id(), &workspace.name);
            match &arguments.what {
                What::Add(HoldArguments { who, reason, by }) => {
                    let (named, by) = (who.named(), actor(by.clone()));
                    let hold = store::holds::add(db, &id, &named, reason, by.as_deref()).await?;
                    writeln!(out, "hold {hold} in {name}")?;
                }
                What::List => {
                    for hold in store::holds::in_force(&mut *db, &id).await? {
                        let store::holds::Hold { hold_id, asked_for, subject, reason, .. } = &hold;
                        let since = hold.held_at.format("%Y-%m-%d");
                        writeln!(
                            out,
                            "{hold_id:>6}  {name}  {asked_for} {subject}  since {since} by {}: {reason}",
                            hold.held_by
                        )?;
                    }
                }
                What::Release(HoldArguments { who, reason, by }) => {
                    let (named, by) = (who.named(), actor(by.clone()));
                    released += store::holds::release(db, &id, &named, reason, by.as_deref()).await?;
                }
            }
        }

        if matches!(arguments.what, What::Release(_)) {
            ensure!(released > 0, "no hold in force names this person or interview");
            writeln!(out, "{released} holds released")?;
        }
        Ok(())
    }))
    .await
}
