//! The commands.

mod backfill;
mod command;
mod config;
mod demo;
mod doctor;
mod dossier;
mod erase;
mod erasures;
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
mod told;
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

/// The command line cannot be understood: `EX_USAGE` of sysexits.h. The usual 2 would be taken for
/// what `status` says with it.
const USAGE: u8 = 64;

/// Keeps a faithful, fresh, queryable Postgres copy of a HeyMilo workspace.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
struct Cli {
    /// A file of settings in TOML; it names only what differs from the defaults.
    #[arg(long, global = true, value_name = "FILE", env = "HEYMILO_SYNC_CONFIG")]
    config: Option<PathBuf>,

    /// Speak to the demo that runs on this machine, instead of the settings' database and HeyMilo.
    #[arg(long, global = true, conflicts_with = "config")]
    demo: bool,

    /// Only this one of the workspaces in the settings.
    #[arg(long, global = true, value_name = "NAME")]
    workspace: Option<String>,

    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the daemon: take webhooks, poll, keep the tables fresh.
    Run(run::Arguments),
    /// Run everything on this machine, with a simulated HeyMilo: nothing to set up.
    Demo,
    /// Serve a simulated HeyMilo alone.
    Simulate(simulate::Arguments),
    /// Print the settings in force, secrets hidden.
    Config,
    /// Bring the database up to this program, with a role that owns the tables.
    Migrate(migrate::Arguments),
    /// Tell how everything stands, and what to do.
    ///
    /// The exit code is 0 when it is healthy, 1 degraded, 2 down, 4 while the first copy is under way, and 3
    /// when the state cannot be read.
    Status(status::Arguments),
    /// Show or retry the interviews that could not be fetched.
    Failed(failed::Arguments),
    /// List, read or verify the recordings and resumes that are kept.
    Files(files::Arguments),
    /// Ask the daemon on this machine whether it is ready: the container's health check.
    Healthcheck,
    /// Look at everything the daemon needs, and say what to do: exit code 1 when something fails.
    Doctor,
    /// Print HeyMilo's newest answer about an interview, exactly as it was received.
    Snapshot(snapshot::Arguments),
    /// Read every list, fetch what is new or changed, and finish: for cron, or for one interview.
    Sync(sync::Arguments),
    /// Fetch interviews again that are known already.
    Backfill(backfill::Arguments),
    /// Compare the tables with HeyMilo; any difference makes the exit code 1.
    Verify(verify::Arguments),
    /// Show, make or remove the webhook registrations at HeyMilo.
    Webhooks(webhooks::Arguments),
    /// Rebuild the tables from the answers that were kept, history included, without the API.
    Replay(replay::Arguments),
    /// Remove a person for good, and what comes of them later: exit code 4 when a legal hold keeps them.
    Erase(erase::Arguments),
    /// Print everything that is kept about a person: exit code 3 when they were removed.
    Dossier(dossier::Arguments),
    /// Keep a person from retention and erasure for a legal reason.
    Hold(hold::Arguments),
    /// Write all receipts of erasures to a file, or let a person come back.
    Erasures(erasures::Arguments),
    /// Print figures: adverse impact by group, or retention.
    Report(report::Arguments),
    /// Print the SQL that makes the readers' roles, for an administrator of the database.
    Roles,
    /// Print the completions for a shell.
    Completions(manual::Arguments),
    /// Print the page of the manual: heymilo-sync man | man -l -
    Man,
}

/// Runs the command that the process was started with. Errors are told on standard error, in full.
pub async fn main() -> ExitCode {
    let cli = match help::command().try_get_matches().and_then(|told| Cli::from_arg_matches(&told))
    {
        Ok(cli) => cli,
        Err(told) => {
            told.print().ok();
            return if told.use_stderr() { ExitCode::from(USAGE) } else { ExitCode::SUCCESS };
        }
    };
    // Who watches the exit code must not take "cannot be told" for a state.
    let failure = match cli.command {
        Command::Status(_) => ExitCode::from(status::CANNOT_TELL),
        _ => ExitCode::FAILURE,
    };
    match Box::pin(run(cli)).await {
        Ok(code) => code,
        // The reader of the output has had enough, as in `heymilo-sync status | head`.
        Err(error) if told::is_of_a_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            // Standard error may be closed; there is nobody left to tell.
            writeln!(io::stderr(), "heymilo-sync: {}", told::in_one_line(&error)).ok();
            failure
        }
    }
}

async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    match &cli.command {
        // These need no settings.
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
