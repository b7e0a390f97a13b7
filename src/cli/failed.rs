//! `heymilo-sync failed`: shows and retries interviews that could not be fetched.

use std::io::{self, Write as _};

use anyhow::{Context as _, ensure};
use clap::{Args, Subcommand};
use sqlx::PgPool;

use super::scope;
use crate::{
    app::{self, Database},
    config::{Config, Workspace},
    records::InterviewId,
    store::failures::{self, Failure},
};

/// The most interviews that are listed for a workspace.
const MAX_LISTED: i64 = 10_000;
const AWAY: &str = "the database does not do as asked: check that it runs and is migrated, and that \
                    DATABASE_URL is right";

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Show the interviews that were set aside, and those that keep failing.
    List,
    /// Show the state of an interview.
    Show {
        /// HeyMilo's id of the interview.
        #[arg(value_name = "ID", value_parser = scope::interview_id)]
        interview: InterviewId,
    },
    /// Make failed interviews due now. The daemon fetches them.
    Retry(Retry),
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Retry {
    /// HeyMilo's ids of the interviews.
    #[arg(value_name = "ID", value_parser = scope::interview_id)]
    interviews: Vec<InterviewId>,
    /// All failed interviews.
    #[arg(long)]
    all: bool,
}

/// Shows or retries interviews in every workspace of the settings.
pub async fn run(config: &Config, arguments: &Arguments) -> anyhow::Result<()> {
    let database = Database::attach(&config.database).await?;
    app::require_tables(&database).await?;
    let done = act(&database.pool, config, &arguments.action).await;
    database.close().await?;
    done
}

async fn act(db: &PgPool, config: &Config, action: &Action) -> anyhow::Result<()> {
    match action {
        Action::List => list(db, &config.workspaces).await,
        Action::Show { interview } => show(db, config.only_workspace()?, interview).await,
        Action::Retry(Retry { all: true, .. }) => retry_all(db, &config.workspaces).await,
        Action::Retry(Retry { interviews, .. }) => {
            retry(db, config.only_workspace()?, interviews).await
        }
    }
}

async fn list(db: &PgPool, workspaces: &[Workspace]) -> anyhow::Result<()> {
    let mut out = Vec::new();

    for workspace in workspaces {
        let failed = failures::list(db, &workspace.id(), None, MAX_LISTED).await.context(AWAY)?;
        let longest = failed.iter().map(|failure| failure.interview_id.len()).max();
        let width = longest.unwrap_or_default();
        for failure in failed {
            let Failure { interview_id, reason, attempts, .. } = &failure;
            let fate = match failure.failed_at {
                Some(at) => format!("given up {}", at.format("%Y-%m-%d %H:%M:%SZ")),
                None => "tried on".to_owned(),
            };
            writeln!(
                out,
                "{}  {interview_id:<width$}  {fate:<29}  {attempts:>3} attempts  {reason}",
                workspace.name
            )?;
        }
    }
    if out.is_empty() {
        writeln!(out, "no interview failed")?;
    }

    Ok(io::stdout().write_all(&out)?)
}

async fn show(db: &PgPool, workspace: &Workspace, id: &InterviewId) -> anyhow::Result<()> {
    let found = failures::look_up(db, &workspace.id(), id).await.context(AWAY)?;
    let found = found.with_context(|| {
        format!("neither a list nor a delivery has named interview {id}: is the id right?")
    })?;
    let shown = toml::to_string(&found).context("writing what is known")?;
    Ok(io::stdout().write_all(shown.as_bytes())?)
}

async fn retry(db: &PgPool, workspace: &Workspace, ids: &[InterviewId]) -> anyhow::Result<()> {
    for id in ids {
        let mut tx = db.begin().await.context(AWAY)?;
        let is_known = failures::retry(&mut tx, &workspace.id(), id).await.context(AWAY)?;
        tx.commit().await.context(AWAY)?;
        ensure!(
            is_known,
            "neither a list nor a delivery has named interview {id}; `heymilo-sync sync \
             --interview {id}` asks HeyMilo for it"
        );
        writeln!(io::stdout(), "interview {id} is due")?;
    }
    Ok(())
}

async fn retry_all(db: &PgPool, workspaces: &[Workspace]) -> anyhow::Result<()> {
    for workspace in workspaces {
        let mut tx = db.begin().await.context(AWAY)?;
        let due = failures::retry_all(&mut tx, &workspace.id(), None).await.context(AWAY)?;
        tx.commit().await.context(AWAY)?;
        writeln!(io::stdout(), "{}: {due} interviews are due", workspace.name)?;
    }
    Ok(())
}
