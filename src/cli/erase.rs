//! `heymilo-sync erase`: a person is removed for good.

use std::{
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, ensure};
use clap::{ArgGroup, Args};

use super::person::{Who, actor};
use crate::{
    app,
    config::{Config, Workspace},
    receipts,
    sync::{Cause, Removal, Remover},
};

#[derive(Debug, Args)]
#[command(group(
    ArgGroup::new("whom").required(true).args(["candidate", "email", "interview", "again"])
))]
pub struct Arguments {
    #[command(flatten)]
    who: Option<Who>,
    /// After a backup was restored: everything that this file of receipts names.
    #[arg(long, value_name = "FILE")]
    again: Option<PathBuf>,
    /// Who asks for it, for the receipt; the user of this command when not given.
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    /// Only show what would be removed. Takes no lock.
    #[arg(long)]
    dry_run: bool,
}

/// Erases a person from every workspace of the settings, and prints the receipts.
pub async fn run(config: &Config, arguments: Arguments) -> anyhow::Result<()> {
    let Arguments { who, again: file, by, dry_run } = arguments;
    let by = actor(by);
    Box::pin(app::with_database(&config.database, async |database| {
        app::prepare(database, &config.database).await?;
        app::check_erasure_key(config, &database.pool).await?;
        for workspace in &config.workspaces {
            let remover = app::remover(config, database.pool.clone(), workspace.id());
            let causes = match &file {
                Some(file) => again(&remover, workspace, file, by.as_deref()).await?,
                None => {
                    let named = who.as_ref().map(Who::named).unwrap_or_default();
                    vec![Cause::Asked { named, by: by.clone() }]
                }
            };
            for cause in &causes {
                let erased =
                    if dry_run { remover.preview(cause).await } else { remover.remove(cause).await };
                let erased = erased.with_context(|| {
                    format!("erasing from {}; nothing is gone from its tables", workspace.name)
                })?;
                tell(&workspace.name, &erased, dry_run)?;
            }
            if !dry_run {
                remover.note_receipts().await.context(
                    "it is erased, and the file of receipts could not be written: mend that (erasures.file), \
                     then run `heymilo-sync erasures export FILE`",
                )?;
            }
        }
        if config.erasures.key.is_none() && !dry_run {
            writeln!(
                io::stderr(),
                "note: HEYMILO_ERASURE_KEY is not set, so a reader of the database can guess whose the digests \
                 are, and the file of receipts is of use to this database alone"
            )?;
        }
        Ok(())
    }))
    .await
}

/// What a file of receipts names that the restored database does not know to be removed.
async fn again(
    remover: &Remover,
    workspace: &Workspace,
    file: &Path,
    by: Option<&str>,
) -> anyhow::Result<Vec<Cause>> {
    ensure!(file.exists(), "there is no file {}", file.display());
    let causes = remover.again(receipts::read(file)?, by).await?;
    if causes.is_empty() {
        writeln!(
            io::stdout(),
            "{} knows every receipt of {}: nothing to erase again",
            workspace.name,
            file.display()
        )?;
    }
    Ok(causes)
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
    } else {
        writeln!(
            out,
            "{interviews} interviews and {people} people {would}erased from {workspace}"
        )?;
    }
    if let Some(receipt) = receipt {
        writeln!(out, "receipt {receipt} in heymilo_sync.privacy_log")?;
    }
    Ok(())
}
