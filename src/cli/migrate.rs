//! `heymilo-sync migrate`: the tables, brought up to this program.

use std::io::{self, Write as _};

use super::logging;
use crate::{
    app,
    config::{self, Config},
};

/// Migrates the database, whatever the settings say of the daemon.
pub async fn run(config: &Config) -> anyhow::Result<()> {
    logging::start_beside_progress(&config.log)?;
    let settings = config::Database { migrate: true, ..config.database.clone() };
    app::with_database(&settings, async |database| {
        app::migrate(&database.pool, &settings).await?;
        writeln!(io::stdout(), "the database is up to date")?;
        Ok(())
    })
    .await
}
