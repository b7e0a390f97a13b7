//! The database of the settings, opened, migrated and closed again.

use std::{path::PathBuf, time::Duration};

use anyhow::{Context as _, ensure};
use secrecy::ExposeSecret as _;
use sqlx::{PgPool, postgres::PgConnectOptions};
use tokio::time::{self, Instant};
use tracing::{info, warn};

use crate::{
    config, postgres,
    store::{database, migrations},
};

/// How long to wait between tries to reach the database at the start.
const RECONNECT: Duration = Duration::from_secs(2);
/// How long the embedded Postgres may take to start.
const EMBEDDED_START: Duration = Duration::from_secs(60);
/// How long connections may take to close. The end of the process closes them as well.
const CLOSE_TIMEOUT: Duration = Duration::from_millis(300);

/// The database, and the embedded server when it is ours.
#[derive(Debug)]
pub struct Database {
    /// The pool.
    pub pool: PgPool,
    server: Option<postgres::Server>,
}

impl Database {
    /// Opens the database of the settings, or starts the embedded Postgres when they name none: one that is
    /// there. A command that made an empty one would search that, and find nothing.
    async fn open(settings: &config::Database) -> anyhow::Result<Self> {
        let directory = directory(settings);
        ensure!(
            settings.url.is_some() || postgres::exists(&directory),
            "no DATABASE_URL is set, and {} holds no embedded database: set DATABASE_URL to the address of \
             the daemon's database, or database.directory to where its embedded one is",
            directory.display()
        );
        Self::open_or_create(settings).await
    }

    /// The same, and makes the embedded database when there is none.
    async fn open_or_create(settings: &config::Database) -> anyhow::Result<Self> {
        let (options, server) = match &settings.url {
            Some(url) => (parse(url.expose_secret())?, None),
            None => {
                let server = start_embedded(settings).await?;
                (server.connect_options(), Some(server))
            }
        };
        let pool = database::pool(options, settings.max_connections);
        Ok(Self { pool, server })
    }

    /// Opens the database of the settings as it is: where they name none, the embedded Postgres of a
    /// running daemon, which is not started for it.
    pub fn attach(settings: &config::Database) -> anyhow::Result<Self> {
        let options = match &settings.url {
            Some(url) => parse(url.expose_secret())?,
            None => postgres::attach(&directory(settings)),
        };
        Ok(Self { pool: database::pool(options, settings.max_connections), server: None })
    }

    /// How a person gets into the embedded Postgres. `None` when it is not embedded.
    pub fn psql_command(&self) -> Option<String> {
        self.server.as_ref().map(postgres::Server::psql_command)
    }

    /// Closes the pool and stops the embedded Postgres.
    pub async fn close(self) -> anyhow::Result<()> {
        // A connection that hangs is never given back to the pool.
        time::timeout(CLOSE_TIMEOUT, self.pool.close()).await.ok();
        match self.server {
            Some(server) => server.stop().await.context("stopping the embedded Postgres"),
            None => Ok(()),
        }
    }
}

fn parse(url: &str) -> anyhow::Result<PgConnectOptions> {
    // The cause is left out: it could quote the password.
    url.parse().ok().context(
        "database.url (DATABASE_URL) is not a database's address; it looks like \
         postgres://user:password@host:5432/database",
    )
}

/// Where the embedded Postgres keeps its data.
fn directory(settings: &config::Database) -> PathBuf {
    settings.directory.clone().unwrap_or_else(postgres::Options::default_base_dir)
}

async fn start_embedded(settings: &config::Database) -> anyhow::Result<postgres::Server> {
    let options = postgres::Options {
        bin_dir: None,
        base_dir: directory(settings),
        durable: true,
        start_timeout: EMBEDDED_START,
    };
    info!(
        directory = %options.base_dir.display(),
        "no DATABASE_URL is set: starting the embedded Postgres"
    );
    postgres::Server::start(&options).await.context("starting the embedded Postgres")
}

/// Migrates the database, waiting for it as long as the settings say; or only makes sure that it is
/// migrated, when another role does it.
pub async fn migrate(db: &PgPool, settings: &config::Database) -> anyhow::Result<()> {
    let began = Instant::now();
    wait_for(db, settings.connect_timeout).await?;
    if !settings.migrate {
        return wait_for_migrations(db, began + settings.connect_timeout).await;
    }
    Ok(migrations::migrate(db).await?)
}

/// Waits until another role has migrated the database: its job may have begun when we did.
async fn wait_for_migrations(db: &PgPool, deadline: Instant) -> anyhow::Result<()> {
    loop {
        let is_current = migrations::is_current(db).await.context(
            "looking which migrations the database has; config/daemon-role.sql says what the \
             daemon's role needs",
        )?;
        if is_current {
            return Ok(());
        }
        ensure!(
            Instant::now() < deadline,
            "the database does not have this program's migrations, and database.migrate is false: \
             run `heymilo-sync migrate` with a DATABASE_URL whose role owns the tables"
        );
        warn!("the database does not have this program's migrations yet, waiting for them");
        time::sleep(RECONNECT).await;
    }
}

async fn wait_for(db: &PgPool, patience: Duration) -> anyhow::Result<()> {
    let started = Instant::now();
    let mut is_told = false;
    while let Err(error) = database::reach(db).await {
        if !database::is_away(&error) || started.elapsed() >= patience {
            return Err(error).context(
                "the database does not answer: check that it runs, and that DATABASE_URL is right",
            );
        }
        if !is_told {
            warn!(limit_s = patience.as_secs(), "the database does not answer, waiting for it");
            is_told = true;
        }
        time::sleep(RECONNECT).await;
    }
    Ok(())
}

/// Runs `work` with the database of the settings, and always closes it afterwards.
pub async fn with_database<T>(
    settings: &config::Database,
    work: impl AsyncFnOnce(&Database) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let database = Database::open(settings).await?;
    Box::pin(closing(database, work)).await
}

/// The same for a daemon, which makes its embedded database when there is none.
pub async fn with_daemons_database<T>(
    settings: &config::Database,
    work: impl AsyncFnOnce(&Database) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let database = Database::open_or_create(settings).await?;
    Box::pin(closing(database, work)).await
}

async fn closing<T>(
    database: Database,
    work: impl AsyncFnOnce(&Database) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let done = work(&database).await;
    let closed = database.close().await;
    let done = done?;
    closed.map(|()| done)
}
