//! `heymilo-sync config`: prints the settings in force.

use std::io::{self, Write as _};

use crate::config::Config;

/// Prints the settings as TOML, secrets hidden.
pub fn run(config: &Config) -> anyhow::Result<()> {
    io::stdout().write_all(config.to_toml()?.as_bytes())?;
    Ok(())
}
