//! `heymilo-sync status`: how everything stands, asked of the database itself.

use std::{io::Write as _, process::ExitCode};

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use clap::{
    Args,
    builder::styling::{AnsiColor, Style},
};

use crate::{
    app::{self, Database},
    config::Config,
    status::{Report, State, Workspace, lasting},
};

#[derive(Debug, Args)]
pub struct Arguments {
    /// Print all figures as JSON, as the operations API does.
    #[arg(long)]
    json: bool,
}

/// Prints how everything stands. The exit code is 0 when all is well, 1 when it is degraded and 2
/// when nothing new reaches the tables. Works whether or not a daemon runs.
pub async fn run(config: &Config, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let database = Database::attach(&config.database)?;
    let report = app::lookout(config, database.pool.clone()).look(None).await;
    database.close().await?;
    if arguments.json {
        let json = serde_json::to_string_pretty(&report).context("writing the figures")?;
        writeln!(anstream::stdout(), "{json}")?;
    } else {
        tell(&report)?;
    }
    Ok(ExitCode::from(match report.state {
        State::Healthy => 0,
        State::Degraded => 1,
        State::Down => 2,
    }))
}

fn tell(report: &Report) -> anyhow::Result<()> {
    let mut out = anstream::stdout().lock();
    let Report { state, sentence, .. } = report;
    let color = color(*state);
    writeln!(out, "{color}{state}{color:#}  {sentence}")?;
    for finding in &report.findings {
        let color = self::color(finding.state);
        let workspace = finding.workspace_id.as_deref().unwrap_or("all");
        writeln!(out, "\n{color}{}{color:#}  ({workspace})\n  {}", finding.what, finding.remedy)?;
    }
    for workspace in &report.workspaces {
        let bold = Style::new().bold();
        writeln!(out, "\n{bold}{}{bold:#}", workspace.workspace_id)?;
        for (name, value) in lines(workspace, report.read_at) {
            writeln!(out, "  {name:<22}{value:>24}")?;
        }
    }
    Ok(())
}

fn lines(workspace: &Workspace, now: DateTime<Utc>) -> Vec<(&'static str, String)> {
    let ago = |at: Option<DateTime<Utc>>| {
        at.map_or("never".to_owned(), |at| format!("{} ago", lasting(now - at)))
    };
    let Workspace { figures, census, .. } = workspace;
    let (fresh, work) = (&figures.freshness, &figures.work);
    let oldest = work.oldest_due_at.map_or(String::new(), |at| format!(", {}", lasting(now - at)));
    let took = figures.latency.as_ref().map_or("none in this hour".to_owned(), |took| {
        format!("p50 {:.2} s, p99 {:.2} s", took.p50_ms / 1e3, took.p99_ms / 1e3)
    });
    let differing = census.coverage.iter().filter(|posting| !posting.agrees()).count();
    vec![
        ("tables as of", ago(fresh.as_of)),
        ("everything as of", ago(fresh.complete_as_of)),
        ("last delivery", ago(fresh.last_delivery_at)),
        ("last poll", ago(fresh.last_poll_at)),
        ("webhook to rows", took),
        ("due", format!("{}{oldest}", work.due)),
        ("due, no hurry", work.unhurried.to_string()),
        ("running", work.running.to_string()),
        ("waiting for later", work.waiting.to_string()),
        ("in trouble", work.troubled.to_string()),
        ("given up", work.failed.to_string()),
        (
            "requests, last minute",
            format!("{} of {}", figures.budget.used, workspace.requests_per_minute),
        ),
        ("postings that differ", format!("{differing} of {}", census.coverage.len())),
        ("kinds of notices", figures.notices.len().to_string()),
    ]
}

fn color(state: State) -> Style {
    let color = match state {
        State::Healthy => AnsiColor::Green,
        State::Degraded => AnsiColor::Yellow,
        State::Down => AnsiColor::Red,
    };
    color.on_default().bold()
}
