//! `heymilo-sync migrate`: applies the migrations of this program.

use std::io::{self, Write as _};

use anyhow::Context as _;
use clap::Args;

use super::logging;
use crate::{
    app,
    config::{self, Config},
    store::access,
};

#[derive(Debug, Args)]
pub struct Arguments {
    /// Grant this role of a daemon that does not migrate its rights, as config/daemon-role.sql
    /// does.
    #[arg(long, value_name = "ROLE")]
    daemon_role: Option<String>,
}

/// Migrates the database, also when the settings say that the daemon does not migrate.
pub async fn run(config: &Config, arguments: &Arguments) -> anyhow::Result<()> {
    logging::start_beside_progress(&config.log)?;
    let settings = config::Database { migrate: true, ..config.database.clone() };
    app::with_database(&settings, async |database| {
        app::migrate(&database.pool, &settings).await?;
        if let Some(role) = &arguments.daemon_role {
            access::let_work(&database.pool, role)
                .await
                .with_context(|| format!("granting role {role:?} what the daemon needs"))?;
        }
        writeln!(io::stdout(), "the database is up to date")?;
        Ok(())
    })
    .await
}
