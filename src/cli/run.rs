//! `heymilo-sync run`: the daemon.

use clap::Args;
use tokio_util::sync::CancellationToken;
use tracing::info;
use url::Url;

use super::{logging, simulated};
use crate::{
    app::{self, Daemon, Listeners},
    config::Config,
};

#[derive(Debug, Args)]
pub struct Arguments {
    /// Without an API key, copy the simulated HeyMilo at this address, if one answers.
    #[arg(long, value_name = "URL")]
    or_simulated: Option<Url>,
}

/// Runs the daemon until it is asked to stop.
pub async fn run(mut config: Config, arguments: Arguments) -> anyhow::Result<()> {
    let _spans = logging::start_with_spans(&config.log, &config.traces)?;
    if let Some(api) = arguments.or_simulated {
        simulated::copy_instead(&mut config, api).await?;
    }
    config.require_api_keys()?;
    let shutdown = CancellationToken::new();
    app::stop_on_signal(shutdown.clone(), config.shutdown.grace)?;
    app::with_daemons_database(&config.database.clone(), async |database| {
        if let Some(psql) = database.psql_command() {
            info!("look into the embedded Postgres with: {psql}");
        }
        let listeners = Listeners::bind(&config)?;
        let migrate = app::migrate(&database.pool, &config.database);
        let daemon = Daemon::new(config.clone(), database.pool.clone())?;
        Box::pin(daemon.run(listeners, migrate, shutdown.clone())).await
    })
    .await
}
