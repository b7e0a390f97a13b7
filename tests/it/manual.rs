//! What the commands say about themselves.

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

/// What the program prints, without any settings.
fn print(arguments: &[&str]) -> String {
    let mut program = Command::new(env!("CARGO_BIN_EXE_heymilo-sync"));
    let output = program.args(arguments).env_clear().output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The commands, as the help lists them.
fn commands() -> Vec<String> {
    let help = print(&["--help"]);
    let (_, commands) = help.split_once("Commands:\n").unwrap();
    let (commands, _) = commands.split_once("\n\n").unwrap();
    let names = commands.lines().filter(|line| !line.starts_with("   "));
    names.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
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
