//! `heymilo-sync erase`: a person is removed for good.

use std::{
    env,
    io::{self, Write as _},
};

use anyhow::Context as _;
use clap::Args;

use super::scope;
use crate::{
    app,
    config::Config,
    records::InterviewId,
    store::erasures::Named,
    sync::{Cause, Removal, Remover},
};

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    who: Who,
    /// Who asks for it, for the receipt; the user of this command when not given.
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    /// Only show what would be removed.
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Who {
    /// The person with this id, with all their interviews.
    #[arg(long, value_name = "ID", value_parser = scope::word)]
    candidate: Option<String>,
    /// Everybody with this e-mail address, with all their interviews.
    #[arg(long, value_name = "ADDRESS", value_parser = scope::word)]
    email: Option<String>,
    /// This interview alone; the person too when it is their only one.
    #[arg(long, value_name = "ID", value_parser = scope::interview_id)]
    interview: Option<InterviewId>,
}

/// Erases a person from every workspace of the settings, and prints the receipts.
pub async fn run(config: &Config, arguments: Arguments) -> anyhow::Result<()> {
    let Arguments { who, by, dry_run } = arguments;
    let named = Named {
        candidate_id: who.candidate,
        email: who.email,
        interview_id: who.interview.map(|id| id.to_string()),
    };
    let by = by.or_else(|| env::var("USER").ok()).filter(|by| !by.is_empty());
    let cause = Cause::Asked { named, by };
    let spool = app::spool_directory(config);
    app::with_database(&config.database, async |database| {
        app::prepare(database, &config.database).await?;
        for workspace in &config.workspaces {
            let (db, id) = (database.pool.clone(), workspace.id());
            let remover = Remover::new(db, id, &spool, app::tombstones(config));
            let erased =
                if dry_run { remover.preview(&cause).await } else { remover.remove(&cause).await };
            let erased = erased.with_context(|| {
                format!("erasing from {}; nothing is gone from its tables", workspace.name)
            })?;
            tell(&workspace.name, &erased, dry_run)?;
        }
        Ok(())
    })
    .await
}

fn tell(workspace: &str, erased: &Removal, dry_run: bool) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    let Removal { receipt, interviews, people, removed, .. } = erased;
    let would = if dry_run { "would be " } else { "" };
    for (table, rows) in removed {
        writeln!(out, "{rows:>7} {would}removed  {table}")?;
    }
    if removed.is_empty() {
        let is = if dry_run { "would be" } else { "is" };
        writeln!(out, "nothing found in {workspace}; the person {is} kept away from now on")?;
        return Ok(());
    }
    writeln!(out, "{interviews} interviews and {people} people {would}erased from {workspace}")?;
    if let Some(receipt) = receipt {
        writeln!(out, "receipt {receipt} in heymilo_sync.privacy_log")?;
    }
    Ok(())
}
