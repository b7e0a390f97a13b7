//! `heymilo-sync roles`: the readers' roles, for an administrator to make.

use std::io::{self, Write as _};

/// Prints the script. Migrations have done the same where they were allowed to.
pub fn run() -> anyhow::Result<()> {
    io::stdout().write_all(include_bytes!("roles.sql"))?;
    Ok(())
}
