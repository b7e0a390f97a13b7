//! The text of `--help`: the commands in groups, with examples.

use clap::{Command, CommandFactory as _};

use super::Cli;

/// The commands by purpose.
pub const GROUPS: [(&str, &[&str]); 5] = [
    ("Try it", &["demo", "simulate"]),
    ("Run it", &["run", "migrate", "config", "roles", "healthcheck"]),
    ("Look at it", &["status", "doctor", "failed", "verify", "snapshot", "files"]),
    ("Have it fetch", &["sync", "backfill", "webhooks", "replay"]),
    (
        "People and the shell",
        &["erase", "erasures", "hold", "dossier", "report", "completions", "man"],
    ),
];

/// Examples with their purpose.
pub const EXAMPLES: [(&str, &str); 6] = [
    ("heymilo-sync demo", "see it work, without a key"),
    ("heymilo-sync doctor", "try the settings before the first start"),
    ("heymilo-sync run", "keep the tables up to date"),
    ("heymilo-sync status", "see how it stands, and what to do"),
    ("heymilo-sync verify --deep 100", "compare the tables with HeyMilo"),
    ("heymilo-sync sync", "copy once and end, for cron"),
];

const TEMPLATE: &str = "\
{about-with-newline}
{usage-heading} {usage}{after-help}

Options:
{options}
";

/// The command line with its help in groups.
pub fn command() -> Command {
    let command = Cli::command();
    let text = in_groups(&command);
    command.help_template(TEMPLATE).after_help(text)
}

fn in_groups(command: &Command) -> String {
    let mut text = String::new();

    for (title, names) in GROUPS {
        text += &format!("{title}:\n");
        for name in names {
            let about = command.find_subcommand(name).and_then(Command::get_about);
            let about = about.map(ToString::to_string).unwrap_or_default();
            text += &format!("  {name:<12} {about}\n");
        }
        text.push('\n');
    }
    text += "Examples:\n";
    for (example, purpose) in EXAMPLES {
        text += &format!("  {example:<32} {purpose}\n");
    }

    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_command_is_in_one_group() {
        let grouped = GROUPS.iter().flat_map(|(_, names)| names.iter().copied());
        let mut found: Vec<&str> = grouped.collect();
        let command = Cli::command();
        let expected: BTreeSet<&str> = command.get_subcommands().map(Command::get_name).collect();

        found.sort_unstable();
        assert_eq!(found, expected.into_iter().collect::<Vec<_>>());
    }
}
