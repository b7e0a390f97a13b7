//! `heymilo-sync snapshot`: prints an answer as it was received.

use std::io::{self, Write as _};

use anyhow::Context as _;
use clap::Args;

use crate::{
    app,
    config::Config,
    store::{self, snapshots::Kind},
};

#[derive(Debug, Args)]
pub struct Arguments {
    /// HeyMilo's id of the interview.
    interview_id: String,
}

/// Prints the newest answer about the interview, byte for byte.
pub async fn run(config: &Config, arguments: &Arguments) -> anyhow::Result<()> {
    let workspace_id = config.only_workspace()?.id();
    let body = app::with_database(&config.database, async |database| {
        app::prepare(database, &config.database).await?;
        let id = &arguments.interview_id;
        store::snapshots::newest(&database.pool, &workspace_id, Kind::Interview, id)
            .await
            .context("reading the snapshot")
    })
    .await?
    .with_context(|| {
        format!(
            "workspace {workspace_id} has no snapshot of interview {:?}: is the id right, and was \
             the interview fetched already?",
            arguments.interview_id
        )
    })?;
    io::stdout().write_all(&body)?;
    Ok(())
}
