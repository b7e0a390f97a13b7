//! `heymilo-sync report`: reports for the people who are responsible for the data.

use std::io::{self, Write as _};

use anyhow::{Context as _, ensure};
use chrono::{DateTime, Utc};
use clap::{Args, Subcommand, ValueEnum};

use super::scope;
use crate::{
    app,
    config::{Config, KeptFor},
    records::PostingId,
    reports::{
        adverse_impact,
        retention::{self, Setting},
    },
    store::{
        adverse_impact::Sample,
        retention_runs::{
            ANSWERED, FILES, GONE, INBOX, INBOX_BYTES, INTERVIEWS, TRANSCRIPTS, VERSIONS,
        },
    },
};

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Selection and scoring rates by group: a monitoring aid, not a bias audit.
    AdverseImpact(Impact),
    /// How long each kind of data is kept, what retention removed, and the oldest that is left.
    Retention {
        /// Format of the output.
        #[arg(long, value_enum, default_value = "html")]
        format: Format,
    },
}

#[derive(Debug, Args)]
struct Impact {
    /// Start of the period of invitations.
    #[arg(long, value_name = "TIME", value_parser = scope::time)]
    from: DateTime<Utc>,
    /// End of the period of invitations, not included.
    #[arg(long, value_name = "TIME", value_parser = scope::time)]
    to: DateTime<Utc>,
    /// Only this posting.
    #[arg(long, value_name = "ID", value_parser = scope::posting_id)]
    posting: Option<PostingId>,
    /// Format of the output.
    #[arg(long, value_enum, default_value = "html")]
    format: Format,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// For people.
    Html,
    /// For spreadsheets.
    Csv,
}

/// Prints a report about one workspace.
pub async fn run(config: &Config, arguments: Arguments) -> anyhow::Result<()> {
    let id = config.only_workspace()?.id();
    let text = Box::pin(app::with_database(&config.database, async |database| {
        app::require_tables(database).await?;
        let mut tx = database.pool.begin().await?;
        match arguments.what {
            What::AdverseImpact(Impact { from, to, posting, format }) => {
                ensure!(from < to, "--from must be before --to");
                let posting_id = posting.map(|posting| posting.to_string());
                let sample = Sample { from, to, posting_id };
                let made = adverse_impact::gather(&mut tx, &id, sample, Utc::now()).await?;
                anyhow::Ok(match format {
                    Format::Html => adverse_impact::page(&made),
                    Format::Csv => adverse_impact::rows(&made),
                })
            }
            What::Retention { format } => {
                let made = retention::gather(&mut tx, &id, settings(config), Utc::now());
                let made = made.await.context("reading what is kept")?;
                Ok(match format {
                    Format::Html => retention::page(&made),
                    Format::Csv => retention::rows(&made),
                })
            }
        }
    }))
    .await?;

    Ok(io::stdout().write_all(text.as_bytes())?)
}

/// The settings of retention in force.
fn settings(config: &Config) -> Vec<Setting> {
    let retention = &config.retention;
    let kept = |kept_for: KeptFor| kept_for.to_string();
    let values = [
        (INBOX, kept(retention.inbox)),
        (ANSWERED, retention.drop_answered.to_string()),
        (INBOX_BYTES, retention.inbox_bytes.to_string()),
        (TRANSCRIPTS, kept(retention.transcripts)),
        (INTERVIEWS, kept(retention.interviews)),
        (FILES, kept(retention.files)),
        (VERSIONS, kept(retention.versions)),
        (GONE, kept(retention.gone_grace)),
    ];
    values.map(|(name, value)| Setting { name, value }).into()
}
