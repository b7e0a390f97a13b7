//! `heymilo-sync completions` and `man`: completions for a shell, and the manual page.

use std::io::{self, Write as _};

use anyhow::Context as _;
use clap::{Args, Command};
use clap_complete::Shell;
use clap_mangen::Man;

use super::help;

#[derive(Debug, Args)]
pub struct Arguments {
    /// The shell. Put the output where the shell looks for completions.
    shell: Shell,
}

/// Prints the completions for a shell.
pub fn completions(arguments: &Arguments, mut command: Command) -> anyhow::Result<()> {
    let mut text = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, "heymilo-sync", &mut text);
    Ok(io::stdout().write_all(&text)?)
}

/// Prints the manual page, and below it the pages of the commands.
pub fn man(mut command: Command) -> anyhow::Result<()> {
    command.build();
    let mut text = Vec::new();
    let page = Man::new(command.clone());
    page.render(&mut text).context("writing the manual")?;
    for command in command.get_subcommands().filter(|command| command.get_name() != "help") {
        writeln!(text, ".SH \"{}\"", command.get_name().to_uppercase())?;
        let page = Man::new(command.clone());
        page.render_synopsis_section(&mut text)?;
        page.render_description_section(&mut text)?;
        page.render_options_section(&mut text)?;
    }
    render_rest(&mut text).context("writing the manual")?;
    Ok(io::stdout().write_all(&text)?)
}

/// The sections beside the commands: examples, exit status, environment and files.
const EXIT_STATUS: [(&str, &str); 6] = [
    ("0", "It was done; of status: healthy."),
    ("1", "It failed, or something was found; of status: degraded."),
    ("2", "Of status: nothing new reaches the tables."),
    ("3", "Of status: the state cannot be read; of dossier: the person was removed."),
    ("4", "Of status: the first copy is under way; of erase: a legal hold keeps the person."),
    ("64", "The command line was not understood."),
];
const ENVIRONMENT: [(&str, &str); 6] = [
    ("HEYMILO_API_KEY", "The API key of the workspace. HEYMILO_API_KEY_<NAME> for each of many."),
    ("HEYMILO_WEBHOOK_TOKEN", "The last part of the webhook's address. _<NAME> likewise."),
    ("HEYMILO_OPERATIONS_TOKEN", "The password of the operators' page."),
    ("DATABASE_URL", "The database. Without it run and demo use a private Postgres."),
    ("HEYMILO_SYNC_CONFIG", "A file of settings, as --config names it."),
    (
        "HEYMILO_SYNC__<SECTION>__<KEY>",
        "Any setting: HEYMILO_SYNC__POLL__INTERVAL=2m. Secrets may also be named by a file, in \
         the variable with _FILE at its end.",
    ),
];
const FILES: [(&str, &str); 3] = [
    (
        "~/.local/share/heymilo-sync",
        "The private Postgres, when no database is named (database.directory).",
    ),
    ("~/.local/share/heymilo-sync/demo", "The same of the demo, and its settings."),
    (
        "~/.local/share/heymilo-sync/spool",
        "Deliveries that wait for the database (spool.directory).",
    ),
];

fn render_rest(text: &mut Vec<u8>) -> io::Result<()> {
    let sections = [
        ("EXAMPLES", &help::EXAMPLES[..]),
        ("EXIT STATUS", &EXIT_STATUS),
        ("ENVIRONMENT", &ENVIRONMENT),
        ("FILES", &FILES),
    ];
    for (title, entries) in sections {
        writeln!(text, ".SH \"{title}\"")?;
        for (name, meaning) in entries {
            writeln!(text, ".TP\n\\fB{}\\fR\n{meaning}", name.replace('-', "\\-"))?;
        }
    }
    Ok(())
}
