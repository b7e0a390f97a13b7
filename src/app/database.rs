//! Opens, migrates and closes the database of the settings.

use std::{
    io::{self, Write as _},
    path::PathBuf,
    slice,
    time::Duration,
};

use anyhow::{Context as _, anyhow, ensure};
use sqlx::{Connection as _, PgConnection, PgPool, postgres::PgConnectOptions};
use tokio::time::{self, Instant};
use tokio_util::task::AbortOnDropHandle;
use tracing::{info, warn};

use super::{
    reach::{self, RECONNECT_INTERVAL},
    tunnel::{self, Tunnel},
};
use crate::{
    config, postgres,
    store::{database, migrations, sessions},
};

/// How long the first question to the server may take, before the daemon listens.
const FIRST_LOOK_TIMEOUT: Duration = Duration::from_secs(1);
/// How long the embedded Postgres may take to start.
const EMBEDDED_START_TIMEOUT: Duration = Duration::from_secs(60);
/// How long connections may take to close. The end of the process closes them too.
const CLOSE_TIMEOUT: Duration = Duration::from_millis(300);

/// The database, and the embedded server if this process runs it.
#[derive(Debug)]
pub struct Database {
    /// The pool.
    pub pool: PgPool,
    name: String,
    server: Option<postgres::Server>,
    /// Moves the pool from a failed host to another one.
    _choice: Option<AbortOnDropHandle<()>>,
    _tunnels: Vec<Tunnel>,
}

impl Database {
    /// Opens the database of the settings, or starts the embedded Postgres if one exists. A command
    /// must not create an empty one, because it would find nothing there.
    async fn open(settings: &config::Database) -> anyhow::Result<Self> {
        let directory = directory(settings);
        ensure!(
            settings.url.is_some() || postgres::exists(&directory),
            "no DATABASE_URL is set, and {} holds no embedded database: set DATABASE_URL to the address of \
             the daemon's database, or database.directory to where its embedded one is",
            directory.display()
        );
        match Self::open_or_create(settings).await {
            // A daemon or the demo runs the server.
            Err(error) if is_in_use(&error) => Self::attach(settings).await,
            opened => opened,
        }
    }

    /// The same, but creates the embedded database if there is none.
    async fn open_or_create(settings: &config::Database) -> anyhow::Result<Self> {
        match named(settings)? {
            Some(hosts) => Ok(Self::on(hosts, settings).await),
            None => {
                let server = start_embedded(settings).await?;
                let options = server.connect_options();
                Ok(Self::embedded(options, settings.max_connections, Some(server)))
            }
        }
    }

    /// Opens the database of the settings without preparing it. Without settings, it uses the
    /// embedded Postgres of a running daemon, and starts none.
    pub async fn attach(settings: &config::Database) -> anyhow::Result<Self> {
        match named(settings)? {
            Some(hosts) => Ok(Self::on(hosts, settings).await),
            None => {
                let options = postgres::attach(&directory(settings));
                Ok(Self::embedded(options, settings.max_connections, None))
            }
        }
    }

    async fn on(mut hosts: Vec<PgConnectOptions>, settings: &config::Database) -> Self {
        let name = name(&hosts);
        let (mut tunnels, mut allowed) = (Vec::new(), None);
        for host in &mut hosts {
            let mut looked = first_look(host).await;
            if let Err(error) = &looked
                && tunnel::is_needed(error, host)
                && let Ok((tunnel, through)) = tunnel::open(host).await
            {
                tunnels.push(tunnel);
                *host = through;
                looked = first_look(host).await;
            }
            allowed = allowed.or(looked.ok());
        }

        let connections = connections(allowed, settings.max_connections);
        let pool = database::pool_of(hosts.clone(), connections);
        let choice = if hosts.len() > 1 {
            database::choose_host(&pool, &hosts).await;
            let choice = tokio::spawn(keep_choosing(pool.clone(), hosts));
            Some(AbortOnDropHandle::new(choice))
        } else {
            None
        };
        Self { pool, name, server: None, _choice: choice, _tunnels: tunnels }
    }

    fn embedded(options: PgConnectOptions, most: u32, server: Option<postgres::Server>) -> Self {
        let name = name(slice::from_ref(&options));
        let pool = database::pool(options, most);
        Self { pool, name, server, _choice: None, _tunnels: Vec::new() }
    }

    /// The database's name for the operator, without its password.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The command that opens the embedded Postgres. `None` when it is not embedded.
    pub fn psql_command(&self) -> Option<String> {
        self.server.as_ref().map(postgres::Server::psql_command)
    }

    /// Closes the pool and stops the embedded Postgres.
    pub async fn close(self) -> anyhow::Result<()> {
        // A connection that hangs never returns to the pool.
        time::timeout(CLOSE_TIMEOUT, self.pool.close()).await.ok();
        match self.server {
            Some(server) => server.stop().await.context("stopping the embedded Postgres"),
            None => Ok(()),
        }
    }
}

/// Whether another process runs the embedded Postgres.
fn is_in_use(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref::<postgres::Error>(), Some(postgres::Error::Locked(_)))
}

/// The hosts of the settings, in their order. `None` when they name no database.
fn named(settings: &config::Database) -> anyhow::Result<Option<Vec<PgConnectOptions>>> {
    let Some(addresses) = settings.addresses()? else { return Ok(None) };
    // The cause is left out, because it could quote the password.
    let hosts = addresses.iter().map(|address| {
        address.parse().ok().context("database.url (DATABASE_URL) is not a database's address")
    });
    hosts.collect::<anyhow::Result<_>>().map(Some)
}

/// The database's name, and its hosts.
fn name(hosts: &[PgConnectOptions]) -> String {
    let database = hosts[0].get_database().unwrap_or(hosts[0].get_username());
    let hosts = hosts.iter().map(|host| match host.get_socket() {
        Some(directory) => directory.display().to_string(),
        None => format!("{}:{}", host.get_host(), host.get_port()),
    });
    format!("{database} at {}", hosts.collect::<Vec<_>>().join(", "))
}

/// Asks a host how many connections it allows. A host that does not answer yet is waited for later.
async fn first_look(host: &PgConnectOptions) -> Result<u32, sqlx::Error> {
    let asked = async {
        let mut connection = PgConnection::connect_with(host).await?;
        let allowed = sessions::allowed(&mut connection).await?;
        connection.close().await?;
        Ok(allowed)
    };
    time::timeout(FIRST_LOOK_TIMEOUT, asked).await.unwrap_or(Err(sqlx::Error::PoolTimedOut))
}

/// The size of the pool: at most what the server allows, less one connection for an operator's
/// commands.
fn connections(allowed: Option<u32>, wanted: u32) -> u32 {
    const MIN_CONNECTIONS: u32 = 2;
    let Some(allowed) = allowed else { return wanted };
    let connections = wanted.min(allowed.saturating_sub(1)).max(MIN_CONNECTIONS);
    if connections < wanted {
        warn!(
            allowed,
            connections,
            "the database allows fewer connections than database.max_connections; working with these"
        );
    }
    connections
}

/// Moves the pool to another host while its own does not answer or cannot be written.
async fn keep_choosing(pool: PgPool, hosts: Vec<PgConnectOptions>) {
    loop {
        time::sleep(RECONNECT_INTERVAL).await;
        if !database::is_writable(&pool).await {
            database::choose_host(&pool, &hosts).await;
        }
    }
}

/// The data directory of the embedded Postgres.
fn directory(settings: &config::Database) -> PathBuf {
    settings.directory.clone().unwrap_or_else(postgres::Options::default_base_dir)
}

async fn start_embedded(settings: &config::Database) -> anyhow::Result<postgres::Server> {
    let options = postgres::Options {
        bin_dir: None,
        base_dir: directory(settings),
        durable: true,
        start_timeout: EMBEDDED_START_TIMEOUT,
    };
    info!(
        directory = %options.base_dir.display(),
        "no DATABASE_URL is set: starting the embedded Postgres"
    );
    postgres::Server::start(&options).await.context("starting the embedded Postgres")
}

/// Prepares a database for a command that works on existing data, and logs its name. A command must
/// not set up an empty database, because it would find nothing there.
pub async fn prepare(database: &Database, settings: &config::Database) -> anyhow::Result<()> {
    reach::wait_for(&database.pool, settings.connect_timeout).await?;
    require_tables(database).await?;
    writeln!(io::stderr(), "database: {}", database.name()).ok();
    migrate(&database.pool, settings).await
}

/// Fails when the database refuses or was never set up. The caller handles a database that is away.
pub async fn check_answer(opened: &Database) -> anyhow::Result<()> {
    match database::reach(&opened.pool).await {
        Ok(()) => require_tables(opened).await,
        Err(error) if reach::is_worth_waiting(&error) => Ok(()),
        Err(error) => Err(anyhow!(reach::explain(&error))),
    }
}

/// Fails when the database was never set up.
pub async fn require_tables(database: &Database) -> anyhow::Result<()> {
    let is_set_up = migrations::is_set_up(&database.pool).await;
    ensure!(
        is_set_up.context("looking whether the database is set up")?,
        "the database {} is not set up yet: run `heymilo-sync sync` or the daemon on it, or set DATABASE_URL \
         to the address of the daemon's database",
        database.name()
    );
    Ok(())
}

/// Migrates the database, and waits for it as long as the settings allow. When another role
/// migrates, only checks that it is migrated.
pub async fn migrate(db: &PgPool, settings: &config::Database) -> anyhow::Result<()> {
    let began = Instant::now();
    reach::wait_for(db, settings.connect_timeout).await?;
    if !settings.migrate {
        return wait_for_migrations(db, began + settings.connect_timeout).await;
    }
    Ok(migrations::migrate(db).await?)
}

/// Waits until another role has migrated the database, because its job may have started at the same
/// time.
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
        time::sleep(RECONNECT_INTERVAL).await;
    }
}

/// Runs `work` with the database of the settings, and always closes it.
pub async fn with_database<T>(
    settings: &config::Database,
    work: impl AsyncFnOnce(&Database) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let database = Database::open(settings).await?;
    Box::pin(closing(database, work)).await
}

/// The same for a daemon, which creates its embedded database if there is none.
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
