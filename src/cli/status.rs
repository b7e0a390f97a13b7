//! `heymilo-sync status`: prints the status, read from the database itself.

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use clap::{
    Args,
    builder::styling::{AnsiColor, Style},
};

use crate::{
    app::{self, Database},
    config::Config,
    spool,
    status::{Report, State, Workspace, lasting},
    store::status::ReplicationSlot,
};

#[derive(Debug, Args)]
pub struct Arguments {
    /// Print all figures as JSON, like the operations API.
    #[arg(long)]
    json: bool,
}

/// The exit code when the status cannot be read.
pub const CANNOT_TELL: u8 = 3;
/// The exit code during the first copy.
const COPYING: u8 = 4;

/// Prints the status. The exit code is 0 for healthy, 1 for degraded and 2 for down. It is 3 when
/// the status cannot be read, and 4 during the first copy. It works without a running daemon.
pub async fn run(config: &Config, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let database = Database::attach(&config.database).await?;
    app::check_answer(&database).await?;
    // A user who may not read the spool gets no findings about it.
    let spool = spool::look(&app::spool_directory(config), config.spool.max_bytes).ok();
    let status_reader = app::status_reader(config, database.pool.clone());
    let report = status_reader.read(spool.map(Into::into)).await;
    // A count that goes on would delay the end.
    drop(status_reader);
    database.close().await?;

    if arguments.json {
        let json = serde_json::to_string_pretty(&report).context("writing the figures")?;
        writeln!(anstream::stdout(), "{json}")?;
    } else {
        print(&report)?;
    }
    Ok(ExitCode::from(match report.state {
        State::Healthy => 0,
        State::Degraded => 1,
        State::Down => 2,
        State::Copying => COPYING,
    }))
}

fn print(report: &Report) -> anyhow::Result<()> {
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
        heading(&mut out, &workspace.workspace_id)?;
        rows(&mut out, &figures(workspace, report.read_at))?;
        rows(&mut out, &particulars(workspace))?;
    }
    heading(&mut out, "this machine")?;
    rows(&mut out, &machine(report))
}

fn heading(out: &mut impl io::Write, name: &str) -> anyhow::Result<()> {
    let bold = Style::new().bold();
    Ok(writeln!(out, "\n{bold}{name}{bold:#}")?)
}

type Row = (String, String);

fn row(name: impl Into<String>, value: impl Into<String>) -> Row {
    (name.into(), value.into())
}

fn rows(out: &mut impl io::Write, rows: &[Row]) -> anyhow::Result<()> {
    for (name, value) in rows {
        writeln!(out, "  {name:<24}{value:>24}")?;
    }
    Ok(())
}

fn ago(at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> String {
    at.map_or("never".to_owned(), |at| format!("{} ago", lasting(now - at)))
}

/// The figures of the page's first row of boxes.
fn figures(workspace: &Workspace, now: DateTime<Utc>) -> Vec<Row> {
    let Workspace { figures, counts, .. } = workspace;
    let (fresh, work, api) = (&figures.freshness, &figures.work, &figures.api);
    let oldest = work.oldest_due_at.map_or(String::new(), |at| format!(", {}", lasting(now - at)));
    let took = figures.latency.as_ref().map_or("none in this hour".to_owned(), |took| {
        format!("p50 {:.2} s, p99 {:.2} s", took.p50_ms / 1e3, took.p99_ms / 1e3)
    });

    let paused = figures.budget.paused_until;
    let as_of = |at| match figures.first_copy {
        Some(_) => "not complete yet".to_owned(),
        None => ago(at, now),
    };

    let mut rows = vec![
        row("tables as of", as_of(fresh.as_of)),
        row("everything as of", as_of(fresh.complete_as_of)),
        row("last delivery", ago(fresh.last_delivery_at, now)),
        row("last poll", ago(fresh.last_poll_at, now)),
        row("last answer of the API", ago(api.answered_at, now)),
        row("webhook to rows", took),
        row("due", format!("{}{oldest}", work.due)),
        row("due, no hurry", work.unhurried.to_string()),
        row("running", work.running.to_string()),
        row("waiting for later", work.waiting.to_string()),
        row("in trouble", work.troubled.to_string()),
        row("given up", work.failed.to_string()),
        row(
            "requests, last minute",
            format!("{} of {}", figures.budget.used, workspace.requests_per_minute),
        ),
        row("paused", paused.map_or("no".to_owned(), |at| format!("for {}", lasting(at - now)))),
    ];

    if workspace.is_searchable {
        rows.push(row("search behind", format!("{:.0} s", counts.search_lag_s)));
    }

    if let Some(files) = &counts.files {
        let kept = format!("{}, {} MiB", files.kept, files.bytes >> 20);
        let oldest =
            files.oldest_waiting_at.map_or(String::new(), |at| format!(", {}", lasting(now - at)));
        rows.push(row("files kept", kept));
        rows.push(row("files waiting", format!("{}{oldest}", files.waiting)));
        rows.push(row("files not kept", files.not_kept().to_string()));
    }

    if let Some(there) = &figures.registrations {
        let registered = format!("{} of {}", there.registered, there.wanted);
        rows.push(row("webhooks registered", registered));
    }
    rows
}

/// Why interviews failed, which postings differ, and where answers differ.
fn particulars(Workspace { figures, counts, .. }: &Workspace) -> Vec<Row> {
    let mut rows = Vec::new();
    for failure in &figures.work.failures {
        let fate = if failure.is_final { "given up" } else { "tried on" };
        rows.push(row(format!("{fate}: {}", failure.interviews), format!("  {}", failure.reason)));
    }

    let agreeing = counts.coverage.iter().filter(|posting| posting.agrees()).count();
    rows.push(row("postings that agree", format!("{agreeing} of {}", counts.coverage.len())));
    let uncompared: i64 = counts.coverage.iter().map(|posting| posting.not_compared_yet).sum();
    rows.push(row("not compared yet", uncompared.to_string()));
    let without = counts.without_results;
    rows.push(row("results not fetched yet", without.not_yet.to_string()));
    rows.push(row("results missing", without.missing.to_string()));

    for posting in counts.coverage.iter().filter(|posting| !posting.agrees()) {
        let theirs = |count: Option<i64>| count.map_or("?".to_owned(), |count| count.to_string());
        let compared = format!(
            "candidates {} of {}, completed {} of {}",
            posting.our_candidates,
            theirs(posting.heymilo_candidates),
            posting.our_completed,
            theirs(posting.heymilo_completed)
        );
        let name = posting.posting_title.as_deref().or(posting.posting_id.as_deref());
        rows.push(row(format!("  {}", name.unwrap_or("not known")), format!("  {compared}")));
    }

    rows.push(row("notices", counts.notices.len().to_string()));
    for notice in &counts.notices {
        let place = format!("  {} at {} {}", notice.problem, notice.kind, notice.path);
        rows.push(row(place, format!("  {} answers", notice.answers)));
    }

    rows
}

fn machine(report: &Report) -> Vec<Row> {
    let mut rows = vec![row("heymilo-sync", report.version)];
    if let Some(database) = &report.database {
        rows.push(row("PostgreSQL", &*database.version));
        rows.push(row("migration", database.migration.unwrap_or_default().to_string()));
        rows.push(row("database answers in", format!("{} ms", database.answered_in_ms)));
        rows.extend(database.slots.iter().map(subscriber));
    }
    match &report.spool {
        Some(spool) => {
            rows.push(row("spool", spool.state));
            rows.push(row("deliveries in it", spool.waiting.to_string()));
            rows.push(row("set aside", format!("{} KiB", spool.aside_bytes / 1024)));
        }
        None => rows.push(row("spool", "cannot be read")),
    }
    rows
}

/// Who follows the tables by a replication slot, and how far behind.
fn subscriber(slot: &ReplicationSlot) -> Row {
    let ReplicationSlot { name, is_active, behind_bytes, kept_bytes, .. } = slot;
    let state = match is_active {
        _ if slot.is_lost => "lost",
        true => "reads",
        false => "away",
    };
    let figures = format!(
        "  {state}, {} MiB behind, {} MiB of log kept",
        behind_bytes >> 20,
        kept_bytes >> 20
    );
    row(format!("subscriber {name}"), figures)
}

fn color(state: State) -> Style {
    let color = match state {
        State::Healthy => AnsiColor::Green,
        State::Copying => AnsiColor::Blue,
        State::Degraded => AnsiColor::Yellow,
        State::Down => AnsiColor::Red,
    };
    color.on_default().bold()
}
