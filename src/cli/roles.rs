//! `heymilo-sync roles`: prints the SQL of the reader roles for an administrator.

use std::io::{self, Write as _};

/// Prints the script. Migrations create the roles themselves where they have the right to.
pub fn run() -> anyhow::Result<()> {
    io::stdout().write_all(include_bytes!("roles.sql"))?;
    Ok(())
}
