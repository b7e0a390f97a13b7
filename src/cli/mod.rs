//! The commands.

mod backfill;
mod command;
mod config;
mod demo;
mod doctor;
mod dossier;
mod erase;
mod erasures;
mod error_text;
mod failed;
mod files;
mod healthcheck;
mod help;
mod hold;
mod logging;
mod manual;
mod migrate;
mod person;
mod progress;
mod replay;
mod report;
mod review;
mod roles;
mod run;
mod scope;
mod simulate;
mod simulated;
mod snapshot;
mod status;
mod sync;
mod verify;
mod webhooks;

use std::{
    env,
    io::{self, Write as _},
    path::PathBuf,
    process::ExitCode,
};

use clap::{FromArgMatches as _, Parser, Subcommand};

use crate::config::Config;

/// The exit code for an invalid command line: `EX_USAGE` of sysexits.h. The usual 2 means *down*
/// for `status`.
const USAGE: u8 = 64;

/// Keeps a complete and current Postgres copy of a HeyMilo workspace.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
struct Cli {
    /// A file of settings in TOML. It names only the settings that differ from the defaults.
    #[arg(long, global = true, value_name = "FILE", env = "HEYMILO_SYNC_CONFIG")]
    config: Option<PathBuf>,

    /// Use the demo that runs on this machine, instead of the settings' database and HeyMilo.
    #[arg(long, global = true, conflicts_with = "config")]
    demo: bool,

    /// Use only this workspace of the settings.
    #[arg(long, global = true, value_name = "NAME")]
    workspace: Option<String>,

    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the daemon: accept webhooks, poll, and keep the tables fresh.
    Run(run::Arguments),
    /// Run everything on this machine with a simulated HeyMilo, without any set-up.
    Demo,
    /// Serve only a simulated HeyMilo.
    Simulate(simulate::Arguments),
    /// Print the settings in force, secrets hidden.
    Config,
    /// Apply the migrations of this program, with a role that owns the tables.
    Migrate(migrate::Arguments),
    /// Print the status, with the remedy for each finding.
    ///
    /// The exit code is 0 for healthy, 1 for degraded and 2 for down. It is 3 when the status
    /// cannot be read, and 4 during the first copy.
    Status(status::Arguments),
    /// Show or retry the interviews that could not be fetched.
    Failed(failed::Arguments),
    /// List, read or verify kept recordings and resumes.
    Files(files::Arguments),
    /// Ask the daemon on this machine whether it is ready, for the container's health check.
    Healthcheck,
    /// Check everything that the daemon needs, and print the remedies. Exit code 1 when a check
    /// fails.
    Doctor,
    /// Print HeyMilo's newest answer about an interview, exactly as received.
    Snapshot(snapshot::Arguments),
    /// Read every list, fetch new and changed interviews, and end. For cron, or for one interview.
    Sync(sync::Arguments),
    /// Fetch known interviews again.
    Backfill(backfill::Arguments),
    /// Compare the tables with HeyMilo. The exit code is 1 when they differ.
    Verify(verify::Arguments),
    /// Show, make or remove the webhook registrations at HeyMilo.
    Webhooks(webhooks::Arguments),
    /// Rebuild the tables with their history from the kept answers, without the API.
    Replay(replay::Arguments),
    /// Remove a person for good, and everything that arrives about them later. Exit code 4 when a
    /// legal hold keeps them.
    Erase(erase::Arguments),
    /// Print everything that is kept about a person. Exit code 3 when they were removed.
    Dossier(dossier::Arguments),
    /// Keep a person from retention and erasure for a legal reason.
    Hold(hold::Arguments),
    /// Write all receipts of erasures to a file, or let a person come back.
    Erasures(erasures::Arguments),
    /// Print a report: adverse impact by group, or retention.
    Report(report::Arguments),
    /// Print the SQL that creates the reader roles, for a database administrator.
    Roles,
    /// Print completions for a shell.
    Completions(manual::Arguments),
    /// Print the manual page: heymilo-sync man | man -l -
    Man,
}

/// Runs the command of the command line. Prints errors with all causes on standard error.
pub async fn main() -> ExitCode {
    let cli =
        match help::command().try_get_matches().and_then(|found| Cli::from_arg_matches(&found)) {
            Ok(cli) => cli,
            Err(error) => {
                error.print().ok();
                return if error.use_stderr() { ExitCode::from(USAGE) } else { ExitCode::SUCCESS };
            }
        };
    // A script must not take "cannot be read" for a state.
    let failure = match cli.command {
        Command::Status(_) => ExitCode::from(status::CANNOT_TELL),
        _ => ExitCode::FAILURE,
    };

    match Box::pin(run(cli)).await {
        Ok(code) => code,
        // The reader of the output closed it, as in `heymilo-sync status | head`.
        Err(error) if error_text::is_of_a_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            // Standard error may be closed, and then the message is lost.
            writeln!(io::stderr(), "heymilo-sync: {}", error_text::in_one_line(&error)).ok();
            failure
        }
    }
}

async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    match &cli.command {
        // These commands need no settings.
        Command::Completions(arguments) => {
            return manual::completions(arguments, help::command()).map(|()| ExitCode::SUCCESS);
        }
        Command::Man => return manual::man(help::command()).map(|()| ExitCode::SUCCESS),
        _ => {}
    }

    let mut config = match cli.demo {
        true => demo::beside::load(env::vars().collect())?,
        false => Config::load(cli.config.as_deref(), env::vars())?,
    };
    if let Some(name) = &cli.workspace {
        config.keep_only(name)?;
    }

    let done = match cli.command {
        Command::Status(arguments) => return status::run(&config, &arguments).await,
        Command::Doctor => return doctor::run(config).await,
        Command::Dossier(arguments) => return dossier::run(&config, arguments).await,
        Command::Files(arguments) => return files::run(&config, arguments).await,
        Command::Failed(arguments) => failed::run(&config, &arguments).await,
        Command::Run(arguments) => run::run(config, arguments).await,
        Command::Demo => demo::run(config).await,
        Command::Simulate(arguments) => simulate::run(&config, arguments).await,
        Command::Config => config::run(&config),
        Command::Migrate(arguments) => migrate::run(&config, &arguments).await,
        Command::Hold(arguments) => hold::run(&config, arguments).await,
        Command::Healthcheck => healthcheck::run(&config).await,
        Command::Snapshot(arguments) => snapshot::run(&config, &arguments).await,
        Command::Sync(arguments) => sync::run(config, arguments).await,
        Command::Backfill(arguments) => backfill::run(config, arguments).await,
        Command::Verify(arguments) => verify::run(config, arguments).await,
        Command::Webhooks(arguments) => webhooks::run(config, arguments).await,
        Command::Replay(arguments) => replay::run(&config, arguments).await,
        Command::Erase(arguments) => return erase::run(&config, arguments).await,
        Command::Erasures(arguments) => erasures::run(&config, arguments).await,
        Command::Report(arguments) => report::run(&config, arguments).await,
        Command::Roles => roles::run(),
        Command::Completions(_) | Command::Man => Ok(()),
    };

    done.map(|()| ExitCode::SUCCESS)
}
