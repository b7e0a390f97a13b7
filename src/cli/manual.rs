//! `heymilo-sync completions` and `man`: what the commands say about themselves, for a shell and for
//! the manual.

use std::io::{self, Write as _};

use anyhow::Context as _;
use clap::{Args, Command};
use clap_complete::Shell;
use clap_mangen::Man;

#[derive(Debug, Args)]
pub struct Arguments {
    /// The shell; put what is printed where it looks for completions.
    shell: Shell,
}

/// Prints the completions for a shell.
pub fn completions(arguments: &Arguments, mut command: Command) -> anyhow::Result<()> {
    let mut text = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, "heymilo-sync", &mut text);
    Ok(io::stdout().write_all(&text)?)
}

/// Prints the page of the manual, and below it those of the commands.
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
    Ok(io::stdout().write_all(&text)?)
}
