//! `heymilo-sync doctor`: checks everything that the daemon needs, and prints the remedies.

mod database;
mod finding;
mod rehearsal;
mod replication;
mod workspace;

use std::{error::Error as _, io::Write as _, path::Path, process::ExitCode};

use self::finding::Finding;
use super::logging;
use crate::{
    app::{self, Daemon, Database, Outside},
    config::Config,
    http, spool,
};

/// Runs the checks one after the other and prints their results. The exit code is 1 when something
/// does not work.
pub async fn run(config: Config) -> anyhow::Result<ExitCode> {
    logging::start_beside_progress(&config.log)?;
    let mut report = Report::default();
    report.print(settings(&config))?;
    report.print(place_of_the_spool(&app::spool_directory(&config)))?;
    report.print(erasure_key(&config))?;
    report.print(daemon(&config).await)?;
    report.print(webhooks(&config).await)?;

    let database = Database::attach(&config.database).await?;
    let (found, is_of_use) = database::look(&database.pool, &config.database).await;
    report.print_all(found)?;
    if config.require_api_keys().is_ok() {
        let daemon = Daemon::for_commands(config.clone(), database.pool.clone())?;
        if is_of_use {
            report.print_all(rehearsal::look(&daemon, &config).await)?;
        }
        for runtime in daemon.workspaces() {
            report.print_all(match is_of_use {
                true => workspace::look(&daemon, runtime, &config).await,
                false => vec![workspace::ask(runtime).await],
            })?;
        }
    }
    database.close().await?;
    report.end()
}

/// The results so far.
#[derive(Debug, Default)]
struct Report {
    bad: usize,
}

impl Report {
    fn print(&mut self, finding: Finding) -> anyhow::Result<()> {
        self.bad += usize::from(finding.is_bad());
        Ok(finding.print(&mut anstream::stdout())?)
    }

    fn print_all(&mut self, findings: Vec<Finding>) -> anyhow::Result<()> {
        findings.into_iter().try_for_each(|finding| self.print(finding))
    }

    /// Prints the summary as the last line.
    fn end(self) -> anyhow::Result<ExitCode> {
        let mut out = anstream::stdout();
        match self.bad {
            0 => writeln!(out, "everything that the daemon needs works")?,
            1 => writeln!(out, "1 thing does not work; the line with -> says what to do")?,
            bad => writeln!(out, "{bad} things do not work; the lines with -> say what to do")?,
        }
        Ok(if self.bad == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// The settings are valid, because this code runs.
fn settings(config: &Config) -> Finding {
    match config.require_api_keys() {
        Ok(()) => {
            let names: Vec<&str> =
                config.workspaces.iter().map(|workspace| workspace.name.as_str()).collect();
            Finding::ok("settings", format!("workspaces: {}", names.join(", ")))
        }
        Err(error) => Finding::bad("settings", "a key is missing", format!("{error:#}")),
    }
}

/// The spool's directory must be usable. It is not created here, because its creator would own it.
fn place_of_the_spool(directory: &Path) -> Finding {
    let place = directory.display();
    match spool::probe(directory) {
        Ok(()) if directory.exists() => Finding::ok("spool", format!("{place} can be written")),
        Ok(()) => Finding::ok("spool", format!("{place} is not there yet: the daemon makes it")),
        Err(error) => Finding::bad(
            "spool",
            format!("{place} cannot be written: {}", error.source().unwrap_or(&error)),
            "mount a volume there that the daemon's user may write, or set spool.directory: without \
             it deliveries are refused while the database is away",
        ),
    }
}

/// The digests of erased people should use a key that no reader of the database can guess.
fn erasure_key(config: &Config) -> Finding {
    match config.erasures.key {
        Some(_) => Finding::ok("erasures", "HEYMILO_ERASURE_KEY is set"),
        None => Finding::note(
            "erasures",
            "HEYMILO_ERASURE_KEY is not set: a reader of the database can guess who was erased",
            "set it to a secret such as that of `openssl rand -hex 32`, for the daemon and for commands",
        ),
    }
}

/// Whether a daemon runs here with these settings.
async fn daemon(config: &Config) -> Finding {
    let operations = &config.operations;
    match http::ask(operations.listen, "/readyz", operations.token.as_ref()).await {
        Ok((status, _)) if status.is_success() => {
            Finding::ok("daemon", format!("ready, at {}", operations.listen))
        }
        Ok((status, said)) => Finding::bad(
            "daemon",
            format!("not ready ({}): {}", status.as_u16(), said.trim()),
            "the lines below say more about the database",
        ),
        Err(_) => Finding::note(
            "daemon",
            format!("none answers at {} (operations.listen)", operations.listen),
            "start it with `heymilo-sync run`",
        ),
    }
}

/// Whether deliveries can arrive, as far as this machine can check.
async fn webhooks(config: &Config) -> Finding {
    let what = "webhook URL";
    let Some(public_url) = &config.webhooks.public_url else {
        return Finding::note(
            what,
            "webhooks.public_url is not set: changes are found by polling alone",
            "set HEYMILO_SYNC__WEBHOOKS__PUBLIC_URL to where HeyMilo reaches this daemon, to learn of \
             changes at once",
        );
    };

    if app::is_private(public_url) {
        return Finding::bad(
            what,
            format!("{public_url} can only be reached from nearby"),
            "set webhooks.public_url to an address on the internet that leads to http.listen",
        );
    }

    if public_url.scheme() != "https" {
        return Finding::note(
            what,
            format!("{public_url} is not encrypted, and the token is a part of the address"),
            "put a proxy with TLS before http.listen",
        );
    }

    match app::look_from_outside(public_url).await {
        Outside::Daemon => {
            Finding::ok(what, format!("{public_url} leads to a daemon, as seen from here"))
        }
        Outside::Other(status) => Finding::bad(
            what,
            format!("/healthz at {public_url} answers {status}, which is not a daemon's answer"),
            "have the proxy pass /webhooks/heymilo/ and /healthz on to http.listen",
        ),
        Outside::Nothing(reason) => Finding::note(
            what,
            format!("{public_url} cannot be reached from here: {reason}"),
            "it may still be reachable for HeyMilo: ask for /healthz there from somewhere else",
        ),
    }
}
