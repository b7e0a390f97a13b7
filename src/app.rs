//! Puts the rooms together and runs them until told to stop.

use std::{collections::HashMap, convert::Infallible, sync::Arc, time::Duration};

use anyhow::{Context as _, bail};
use secrecy::ExposeSecret as _;
use sqlx::{PgPool, migrate::MigrateError, postgres::PgConnectOptions};
use tokio::{
    net::TcpListener,
    sync::Notify,
    task::JoinSet,
    time::{self, Instant},
};
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, info, warn};

use crate::{
    config::{self, Config},
    heymilo,
    http::{self, Doors, Places, Receiver},
    postgres,
    records::WorkspaceId,
    store::{self, bell::Bell, database},
    sync::{self, Errand, InHand, Poll, Registrations, SharedBudget, Worker, Workspace},
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
    config: Config,
    db: PgPool,
    mirrors: Vec<Mirror>,
    in_hand: InHand,
}

/// One workspace being copied. Trouble with it is its own: no other shares its key, its budget, its
/// workers or its poll.
pub struct Mirror {
    settings: config::Workspace,
    workspace: Workspace,
    workers: Arc<Notify>,
    poll: Arc<Notify>,
}

impl Daemon {
    /// Puts the daemon together on a migrated database.
    pub fn new(config: Config, db: PgPool) -> anyhow::Result<Self> {
        config.require_api_keys()?;
        let mirrors = config
            .workspaces
            .iter()
            .map(|settings| Mirror::new(settings, &config.heymilo, db.clone()))
            .collect::<anyhow::Result<_>>()?;
        let in_hand = InHand::new(config.worker.max_in_flight_bytes);
        Ok(Self { config, db, mirrors, in_hand })
    }

    /// The workspaces being copied.
    pub fn mirrors(&self) -> &[Mirror] {
        &self.mirrors
    }

    /// The steps of fetching, for those who drive them one by one.
    pub fn worker(&self, mirror: &Mirror) -> Worker {
        let mut settings = self.config.worker.clone();
        settings.concurrency = settings.concurrency.div_ceil(WORKERS);
        let (recheck, gone) = (self.config.recheck.clone(), self.config.poll.gone);
        let (workspace, wake) = (mirror.workspace.clone(), mirror.workers.clone());
        Worker::new(workspace, settings, recheck, gone, self.in_hand.clone(), wake)
    }

    /// The steps of discovery, for those who drive them one by one.
    pub fn poll(&self, mirror: &Mirror) -> Poll {
        Poll::new(
            mirror.workspace.clone(),
            self.config.poll.clone(),
            self.config.worker.lease,
            registrations(&self.config.webhooks, &mirror.settings),
            mirror.poll.clone(),
            mirror.workers.clone(),
        )
    }

    /// Begins work that finishes, for commands.
    pub async fn errand(&self, mirror: &Mirror) -> sync::Result<Errand> {
        let (poll, worker) = (self.poll(mirror), self.worker(mirror));
        Errand::begin(mirror.workspace.clone(), poll, worker).await
    }

    /// The doors.
    pub fn router(&self) -> axum::Router {
        let webhooks = &self.config.webhooks;
        let receivers = self.mirrors.iter().filter_map(Mirror::receiver);
        http::router(Doors {
            db: self.db.clone(),
            receivers: receivers.collect(),
            places: Arc::new(Places::new(&webhooks.interview_id_at, &webhooks.posting_id_at)),
            max_body_bytes: webhooks.max_body_bytes,
        })
    }

    /// Whom to wake when something is due in a workspace.
    fn workers(&self) -> HashMap<WorkspaceId, Arc<Notify>> {
        let workers = |mirror: &Mirror| (mirror.workspace.id.clone(), mirror.workers.clone());
        self.mirrors.iter().map(workers).collect()
    }

    /// Serves, polls and works until `shutdown` is cancelled, then finishes what is in hand.
    pub async fn run(
        self,
        listener: TcpListener,
        shutdown: CancellationToken,
    ) -> anyhow::Result<()> {
        info!(
            address = %listener.local_addr()?,
            workspaces = self.mirrors.len(),
            "heymilo-sync is running"
        );
        let mut tasks = JoinSet::new();
        for mirror in &self.mirrors {
            if mirror.settings.webhook_token.is_none() {
                warn!(
                    workspace.id = %mirror.workspace.id,
                    "webhooks are refused: set HEYMILO_WEBHOOK_TOKEN to take them; polling goes on"
                );
            }
            for _ in 0..WORKERS {
                let (worker, shutdown) = (self.worker(mirror), shutdown.clone());
                tasks.spawn(async move { worker.run(shutdown).await });
            }
            let (poll, shutdown) = (self.poll(mirror), shutdown.clone());
            tasks.spawn(async move { poll.run(shutdown).await });
        }
        tasks.spawn(hear(self.db.clone(), self.workers(), shutdown.clone()));
        let serve = async {
            let stopped = shutdown.clone().cancelled_owned();
            let served = axum::serve(listener, self.router()).with_graceful_shutdown(stopped).await;
            shutdown.cancel();
            served.context("serving webhooks")
        };
        let (served, worked) = tokio::join!(serve, all(&mut tasks, &shutdown));
        served.and(worked)
    }
}

/// Wakes workers for what other processes make due.
async fn hear(db: PgPool, workers: HashMap<WorkspaceId, Arc<Notify>>, shutdown: CancellationToken) {
    while !shutdown.is_cancelled() {
        let listen = async {
            let mut bell = Bell::listen(&db).await?;
            loop {
                let workspace_id = bell.heard().await?;
                if let Some(workers) = workers.get(&workspace_id) {
                    workers.notify_one();
                }
            }
        };
        let lost: store::Result<Infallible> = tokio::select! {
            () = shutdown.cancelled() => return,
            lost = listen => lost,
        };
        debug!(lost = lost.is_err(), "bell not heard for a while; workers look for themselves");
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = time::sleep(RECONNECT) => {}
        }
    }
}

/// Waits for all tasks. When one of them breaks, all are stopped: half a daemon looks healthy and
/// is not.
async fn all(tasks: &mut JoinSet<()>, shutdown: &CancellationToken) -> anyhow::Result<()> {
    let mut broken = Ok(());
    while let Some(ended) = tasks.join_next().await {
        if let Err(error) = ended {
            shutdown.cancel();
            broken = Err(error).context("a part of the daemon broke; please report this");
        }
    }
    broken
}

impl Mirror {
    fn new(
        settings: &config::Workspace,
        heymilo: &config::HeyMilo,
        db: PgPool,
    ) -> anyhow::Result<Self> {
        let api_key = settings.api_key.clone().context("a workspace without a key")?;
        let limit = heymilo.requests_per_minute;
        let budget = SharedBudget::new(settings.id(), db.clone(), limit);
        let heymilo = heymilo::Client::new(heymilo::Settings {
            base_url: heymilo.base_url.clone(),
            api_key,
            budget: Arc::new(budget),
            timeout: heymilo.timeout,
            max_body_bytes: heymilo.max_body_bytes,
        })
        .context("setting up the connection to HeyMilo")?;
        Ok(Self {
            settings: settings.clone(),
            workspace: Workspace { id: settings.id(), db, heymilo },
            workers: Arc::default(),
            poll: Arc::default(),
        })
    }

    fn receiver(&self) -> Option<Receiver> {
        Some(Receiver {
            workspace_id: self.workspace.id.clone(),
            token: self.settings.webhook_token.clone()?,
            workers: self.workers.clone(),
            poll: self.poll.clone(),
        })
    }
}

/// What to keep registered. `None` when HeyMilo cannot reach the daemon.
pub fn registrations(
    settings: &config::Webhooks,
    workspace: &config::Workspace,
) -> Option<Registrations> {
    let (public_url, token) = (settings.public_url.as_ref()?, workspace.webhook_token.as_ref()?);
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
