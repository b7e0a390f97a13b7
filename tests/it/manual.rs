//! The texts of the commands about themselves.

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

/// The program's output without any settings.
fn print(arguments: &[&str]) -> String {
    let mut program = Command::new(env!("CARGO_BIN_EXE_heymilo-sync"));
    let output = program.args(arguments).env_clear().output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The commands, as the help lists them.
fn commands() -> Vec<String> {
    let help = print(&["--help"]);
    let (_, groups) = help.split_once("Try it:\n").unwrap();
    let (groups, _) = groups.split_once("Examples:\n").unwrap();
    let commands = groups.lines().filter(|line| line.starts_with("  "));
    commands.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

#[test]
fn completions_of_every_shell_know_all_commands() {
    let commands = commands();
    assert!(commands.len() > 15, "{commands:?}");

    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let completions = print(&["completions", shell]);
        for command in &commands {
            assert!(completions.contains(command), "{shell} does not know {command}");
        }
    }
}

#[test]
fn bash_reads_its_completions() {
    let completions = print(&["completions", "bash"]);

    let mut bash = Command::new("bash").arg("-n").stdin(Stdio::piped()).spawn().unwrap();
    bash.stdin.take().unwrap().write_all(completions.as_bytes()).unwrap();

    assert!(bash.wait().unwrap().success());
}

#[test]
fn the_manual_has_examples_exit_status_environment_and_files() {
    let page = print(&["man"]);

    for section in ["EXAMPLES", "EXIT STATUS", "ENVIRONMENT", "FILES"] {
        let (_, rest) = page.rsplit_once(&format!(".SH \"{section}\"\n")).expect(section);
        let entries = rest.split(".SH").next().unwrap().matches(".TP").count();
        assert!(entries >= 3, "{section}");
    }
}

#[test]
fn every_command_stands_in_the_help_once() {
    let mut commands = commands();
    let number = commands.len();
    commands.sort();
    commands.dedup();
    assert_eq!(commands.len(), number);
    assert!(commands.iter().any(|command| command == "erase"), "{commands:?}");
}

#[test]
fn the_page_of_operations_has_every_command() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/operations.md");
    let page = std::fs::read_to_string(path).unwrap();
    let (_, table) = page.split_once("| command | what it does |").unwrap();
    let (table, _) = table.split_once("\n\n").unwrap();
    for command in commands().iter().filter(|command| *command != "help") {
        let (own, further) = (format!("`heymilo-sync {command}"), format!("`{command}`"));
        assert!(table.contains(&own) || table.contains(&further), "{command}");
    }
}

#[test]
fn output_that_its_reader_has_closed_ends_quietly() {
    let program = env!("CARGO_BIN_EXE_heymilo-sync");
    let piped = format!("'{program}' man | head -n 1");
    let output = Command::new("bash").args(["-c", &piped]).env_clear().output().unwrap();

    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn the_manual_has_every_command() {
    let page = print(&["man"]);

    assert!(page.contains(".TH heymilo-sync 1"), "{page}");
    for command in commands().iter().filter(|command| *command != "help") {
        assert!(page.contains(&format!(".SH \"{}\"", command.to_uppercase())), "{command}: {page}");
    }
}

#[test]
fn a_command_line_that_is_not_understood_is_no_state_of_the_daemon() {
    for arguments in [&["status", "--jsn"][..], &["statsu"], &[]] {
        let mut program = Command::new(env!("CARGO_BIN_EXE_heymilo-sync"));
        let output = program.args(arguments).env_clear().output().unwrap();
        assert_eq!(output.status.code(), Some(64), "{arguments:?}");
        assert!(String::from_utf8(output.stderr).unwrap().contains("Usage: heymilo-sync"));
    }
}

/// A number with its unit, such as 20 ms.
fn figures(text: &str) -> Vec<String> {
    const UNITS: [&str; 9] = ["s", "ms", "seconds", "minutes", "hours", "MiB", "%", "/s", "times"];
    let words: Vec<&str> = text.split_whitespace().collect();
    let pairs =
        words.windows(2).map(|pair| (pair[0], pair[1].trim_end_matches([',', '.', ':', ')'])));
    let figures = pairs.filter(|(number, unit)| {
        number.starts_with(|sign: char| sign.is_ascii_digit()) && UNITS.contains(unit)
    });
    figures.map(|(number, unit)| format!("{number} {unit}")).collect()
}

#[test]
fn figures_of_the_readme_stand_in_the_page_of_the_performance() {
    assert_eq!(figures("in 20 ms, or 1.5 minutes."), ["20 ms", "1.5 minutes"]);
    let performance = include_str!("../../docs/performance.md");

    for figure in figures(include_str!("../../README.md")) {
        assert!(performance.contains(&figure), "docs/performance.md does not have {figure}");
    }
}
