//! Puts the rooms together and runs them until told to stop.

use std::{sync::Arc, time::Duration};

use anyhow::{Context as _, bail};
use secrecy::ExposeSecret as _;
use sqlx::{PgPool, migrate::MigrateError, postgres::PgConnectOptions};
use tokio::{
    net::TcpListener,
    sync::Notify,
    time::{self, Instant},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{error, info, warn};

use crate::{
    config::{self, Config},
    heymilo,
    http::{self, Doors, Places, Receiver},
    postgres,
    store::database,
    sync::{self, Errand, Poll, Registrations, Worker, Workspace},
};

/// Worker loops: while one writes, another fetches.
const WORKERS: usize = 2;
/// How long to wait between tries to reach the database at the start.
const RECONNECT: Duration = Duration::from_secs(2);
/// How long the embedded Postgres may take to start.
const EMBEDDED_START: Duration = Duration::from_secs(60);

/// The database, and the embedded server when it is ours.
#[derive(Debug)]
pub struct Database {
    /// The pool.
    pub pool: PgPool,
    server: Option<postgres::Server>,
}

impl Database {
    /// Opens the database of the settings, or starts the embedded Postgres when they name none.
    pub async fn open(settings: &config::Database) -> anyhow::Result<Self> {
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

    /// How a person gets into the embedded Postgres. `None` when it is not embedded.
    pub fn psql_command(&self) -> Option<String> {
        self.server.as_ref().map(postgres::Server::psql_command)
    }

    /// Closes the pool and stops the embedded Postgres.
    pub async fn close(self) -> anyhow::Result<()> {
        self.pool.close().await;
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

async fn start_embedded(settings: &config::Database) -> anyhow::Result<postgres::Server> {
    let options = postgres::Options {
        bin_dir: None,
        base_dir: settings.directory.clone().unwrap_or_else(postgres::Options::default_base_dir),
        durable: true,
        start_timeout: EMBEDDED_START,
    };
    info!(
        directory = %options.base_dir.display(),
        "no DATABASE_URL is set: starting the embedded Postgres"
    );
    postgres::Server::start(&options).await.context("starting the embedded Postgres")
}

/// Migrates the database, waiting for it as long as the settings say.
pub async fn migrate(db: &PgPool, patience: Duration) -> anyhow::Result<()> {
    wait_for(db, patience).await?;
    match database::migrate(db).await {
        Ok(()) => Ok(()),
        Err(MigrateError::VersionMissing(version)) => bail!(
            "the database was migrated by a newer heymilo-sync (migration {version} is not known \
             here): start that version instead"
        ),
        Err(MigrateError::VersionMismatch(version)) => bail!(
            "migration {version} was applied with another content than this program has: the \
             database belongs to a different build of heymilo-sync"
        ),
        Err(error) => Err(error).context("migrating the database"),
    }
}

async fn wait_for(db: &PgPool, patience: Duration) -> anyhow::Result<()> {
    let started = Instant::now();
    while let Err(error) = database::reach(db).await {
        if !database::is_away(&error) || started.elapsed() >= patience {
            return Err(error).context(
                "the database does not answer: check that it runs, and that DATABASE_URL is right",
            );
        }
        warn!(
            waited_s = started.elapsed().as_secs(),
            limit_s = patience.as_secs(),
            "the database does not answer, waiting for it"
        );
        time::sleep(RECONNECT).await;
    }
    Ok(())
}

/// The daemon, ready to run.
pub struct Daemon {
    workspace: Workspace,
    config: Config,
    workers: Arc<Notify>,
    poll: Arc<Notify>,
}

impl Daemon {
    /// Puts the daemon together on a migrated database.
    pub fn new(config: Config, db: PgPool) -> anyhow::Result<Self> {
        let api_key = config.require_api_key()?.clone();
        let heymilo = heymilo::Client::new(heymilo::Settings {
            base_url: config.heymilo.base_url.clone(),
            api_key,
            requests_per_minute: config.heymilo.requests_per_minute,
            timeout: config.heymilo.timeout,
            max_body_bytes: config.heymilo.max_body_bytes,
        })
        .context("setting up the connection to HeyMilo")?;
        let workspace = Workspace { id: config.workspace_id(), db, heymilo };
        Ok(Self { workspace, config, workers: Arc::default(), poll: Arc::default() })
    }

    /// The steps of fetching, for those who drive them one by one.
    pub fn worker(&self) -> Worker {
        let mut settings = self.config.worker.clone();
        settings.concurrency = settings.concurrency.div_ceil(WORKERS);
        let recheck = self.config.recheck.clone();
        Worker::new(self.workspace.clone(), settings, recheck, self.workers.clone())
    }

    /// The steps of discovery, for those who drive them one by one.
    pub fn poll(&self) -> Poll {
        Poll::new(
            self.workspace.clone(),
            self.config.poll.clone(),
            registrations(&self.config.webhooks),
            self.poll.clone(),
            self.workers.clone(),
        )
    }

    /// Begins work that finishes, for commands.
    pub async fn errand(&self) -> sync::Result<Errand> {
        Errand::begin(self.workspace.clone(), self.poll(), self.worker()).await
    }

    /// The doors.
    pub fn router(&self) -> axum::Router {
        let webhooks = &self.config.webhooks;
        let receivers = webhooks.token.iter().map(|token| Receiver {
            workspace_id: self.workspace.id.clone(),
            token: token.clone(),
        });
        http::router(Doors {
            db: self.workspace.db.clone(),
            receivers: receivers.collect(),
            places: Arc::new(Places::new(&webhooks.interview_id_at, &webhooks.posting_id_at)),
            max_body_bytes: webhooks.max_body_bytes,
            workers: self.workers.clone(),
            poll: self.poll.clone(),
        })
    }

    /// Serves, polls and works until `shutdown` is cancelled, then finishes what is in hand.
    pub async fn run(
        self,
        listener: TcpListener,
        shutdown: CancellationToken,
    ) -> anyhow::Result<()> {
        info!(
            workspace.id = %self.workspace.id,
            address = %listener.local_addr()?,
            webhooks = self.config.webhooks.token.is_some(),
            "heymilo-sync is running"
        );
        if self.config.webhooks.token.is_none() {
            warn!("webhooks are refused: set HEYMILO_WEBHOOK_TOKEN to take them; polling goes on");
        }
        let tasks = TaskTracker::new();
        for _ in 0..WORKERS {
            let (worker, shutdown) = (self.worker(), shutdown.clone());
            tasks.spawn(async move { worker.run(shutdown).await });
        }
        let (poll, polling) = (self.poll(), shutdown.clone());
        tasks.spawn(async move { poll.run(polling).await });
        let served = axum::serve(listener, self.router())
            .with_graceful_shutdown(shutdown.clone().cancelled_owned())
            .await;
        shutdown.cancel();
        tasks.close();
        tasks.wait().await;
        served.context("serving webhooks")
    }
}

/// What to keep registered. `None` when HeyMilo cannot reach the daemon.
pub fn registrations(settings: &config::Webhooks) -> Option<Registrations> {
    let (public_url, token) = (settings.public_url.as_ref()?, settings.token.as_ref()?);
    Some(Registrations::new(public_url, token, settings.event_types.clone()))
}

/// Binds the listener of the settings.
pub async fn listen(settings: &config::Http) -> anyhow::Result<TcpListener> {
    TcpListener::bind(settings.listen)
        .await
        .with_context(|| format!("listening on {} (http.listen)", settings.listen))
}

/// Cancels the token when the process is asked to stop: Ctrl-C or SIGTERM. A second time ends it
/// at once.
pub fn stop_on_signal(shutdown: CancellationToken) -> anyhow::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut interrupt = signal(SignalKind::interrupt()).context("listening for Ctrl-C")?;
    let mut terminate = signal(SignalKind::terminate()).context("listening for SIGTERM")?;
    let mut stop = async move || {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    };
    tokio::spawn(async move {
        stop().await;
        info!("stopping; once more to stop at once");
        shutdown.cancel();
        stop().await;
        error!("stopped at once");
        std::process::exit(130);
    });
    Ok(())
}

/// Runs `work` and always closes the database afterwards.
pub async fn with_database<T>(
    settings: &config::Database,
    work: impl AsyncFnOnce(&Database) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let database = Database::open(settings).await?;
    let done = work(&database).await;
    let closed = database.close().await;
    let done = done?;
    closed.map(|()| done)
}
