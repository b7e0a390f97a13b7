//! `heymilo-sync erasures`: exports receipts, lists due requests, and lets a person come back.

use std::{
    io::{self, Write as _},
    path::PathBuf,
};

use anyhow::{Context as _, ensure};
use clap::{Args, Subcommand};

use super::person::{self, Who, actor};
use crate::{
    app,
    config::Config,
    receipts,
    store::{self, privacy_log::Entry},
};

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Write a new file with all receipts and digests, for `erase --again` after a restore.
    Export {
        /// The file, which must not exist yet.
        file: PathBuf,
    },
    /// Show the open requests, the first due first.
    Due,
    /// Let an erased person or interview come back with the next sync.
    #[command(group(person::required()))]
    Lift {
        #[command(flatten)]
        who: Who,
        /// Name of the person who asks for it, for the log. Default: the user of this command.
        #[arg(long, value_name = "NAME")]
        by: Option<String>,
    },
}

pub async fn run(config: &Config, arguments: Arguments) -> anyhow::Result<()> {
    Box::pin(app::with_database(&config.database, async |database| {
        app::prepare(database, &config.database).await?;
        let db = &mut *database.pool.acquire().await?;
        match arguments.what {
            What::Export { file } => {
                let records = store::privacy_log::records(&mut *db, &[]).await?;
                receipts::create(&file, &records)?;
                writeln!(io::stdout(), "{} receipts written to {}", records.len(), file.display())?;
            }
            What::Due => due(config, db).await?,
            What::Lift { who, by } => lift(config, db, &who, actor(by)).await?,
        }
        Ok(())
    }))
    .await
}

async fn due(config: &Config, db: &mut sqlx::PgConnection) -> anyhow::Result<()> {
    for workspace in &config.workspaces {
        for request in store::requests::open(&mut *db, &workspace.id()).await? {
            let store::requests::Request { request_id, asked_for, subject, .. } = &request;
            writeln!(
                io::stdout(),
                "{request_id:>6}  {}  {asked_for} {subject}  asked {} by {}, due {}{}",
                workspace.name,
                request.requested_at.format("%Y-%m-%d"),
                request.requested_by,
                request.due_at.format("%Y-%m-%d"),
                if request.is_overdue { ": overdue" } else { "" }
            )?;
        }
    }
    Ok(())
}

async fn lift(
    config: &Config,
    db: &mut sqlx::PgConnection,
    who: &Who,
    by: Option<String>,
) -> anyhow::Result<()> {
    let (named, tombstones) = (who.named(), app::tombstones(config));
    let words = [&named.candidate_id, &named.email, &named.interview_id];

    let mut lifted = false;
    for workspace in &config.workspaces {
        let id = workspace.id();
        for word in words.into_iter().flatten() {
            lifted |= tombstones.lift(db, &id, word).await.context("removing the tombstone")?;
        }
        if lifted {
            let entry = Entry {
                by: by.as_deref(),
                action: "lifted",
                asked_for: Some(named.kind()),
                ..Entry::default()
            };
            store::privacy_log::add(&mut *db, &id, &entry).await?;
        }
    }

    ensure!(lifted, "not erased: no tombstone has this id or address");
    writeln!(
        io::stdout(),
        "lifted; lift the ids of their interviews too. Replace copies of the file of receipts with a new one: \
         heymilo-sync erasures export FILE"
    )?;

    Ok(())
}
