//! `heymilo-sync dossier`: prints everything that is kept about a person.

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use clap::{Args, ValueEnum};

use super::{
    person::{self, Who, actor},
    scope,
};
use crate::{
    app,
    config::Config,
    dossier::{self, Dossier, Error, Keeping, Request},
    store::{self, privacy_log::Entry},
};

/// The exit code when the person was removed.
const REMOVED: u8 = 3;

#[derive(Debug, Args)]
#[command(group(person::required()))]
pub struct Arguments {
    #[command(flatten)]
    who: Who,
    /// What HeyMilo said at this time, as far as known.
    #[arg(long, value_name = "TIME", value_parser = scope::time)]
    as_of: Option<DateTime<Utc>>,
    /// Format of the output.
    #[arg(long, value_enum, default_value = "json")]
    format: Format,
    /// Name of the person who asks for it, for the log. Default: the user of this command.
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// For programs.
    Json,
    /// For the person.
    Html,
}

/// Prints the file, and logs that it was made.
pub async fn run(config: &Config, arguments: Arguments) -> anyhow::Result<ExitCode> {
    let Arguments { who, as_of, format, by } = arguments;
    let (id, by) = (config.only_workspace()?.id(), actor(by));
    let request = Request {
        named: who.named(),
        as_of,
        keeping: keeping(config),
        files_kept_for: config.retention.files.limit(),
    };
    let tombstones = app::tombstones(config);
    let made = Box::pin(app::with_database(&config.database, async |database| {
        app::check_erasure_key(config, &database.pool).await?;
        let mut tx = database.pool.begin().await?;
        let made = dossier::gather(&mut tx, &id, &tombstones, &request).await;
        let entry = Entry {
            by: by.as_deref(),
            action: "dossier",
            asked_for: Some(request.named.kind()),
            ..Entry::default()
        };
        store::privacy_log::add(&mut *tx, &id, &entry).await.context("writing the privacy log")?;
        tx.commit().await?;
        anyhow::Ok(made)
    }))
    .await?;

    match made {
        Ok(made) => {
            io::stdout().write_all(written(&made, format)?.as_bytes())?;
            Ok(ExitCode::SUCCESS)
        }
        Err(error @ Error::Removed) => {
            writeln!(io::stderr(), "heymilo-sync: {error}")?;
            Ok(ExitCode::from(REMOVED))
        }
        Err(error) => Err(error.into()),
    }
}

fn written(made: &Dossier, format: Format) -> anyhow::Result<String> {
    Ok(match format {
        Format::Json => made.to_json()? + "\n",
        Format::Html => dossier::page(made),
    })
}

/// The settings of how long things are kept.
fn keeping(config: &Config) -> Vec<Keeping> {
    let retention = &config.retention;
    let kept = [
        ("What was said and written", "retention.transcripts", retention.transcripts),
        ("The interview with everything", "retention.interviews", retention.interviews),
    ];
    kept.map(|(what, setting, kept_for)| Keeping { what, setting, kept_for: kept_for.limit() })
        .into()
}
