//! Puts the modules together, and runs them until the process is asked to stop.
#![doc = include_str!("README.md")]

mod database;
mod erasures;
mod files;
mod listeners;
mod outside;
mod reach;
mod signals;
mod tunnel;
mod workspace;

use std::{collections::HashMap, future::Future, path::PathBuf, sync::Arc, time::Duration};

use anyhow::Context as _;
use futures_util::future::join_all;
use sqlx::PgPool;
use tokio::{task::JoinSet, time};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

pub use database::{
    Database, check_answer, migrate, prepare, require_tables, with_daemons_database, with_database,
};
pub use erasures::{check_key as check_erasure_key, receipts_file, remover, tombstones};
pub use files::open as open_files;
pub use listeners::Listeners;
pub use outside::{Outside, is_private, look as look_from_outside};
pub use reach::explain as explain_database;
pub use signals::stop_on_signal;
pub use workspace::{WorkspaceRuntime, registrations};

use crate::{
    config::{self, Config},
    files::Files,
    http::{self, AppState, Places, Reader, Watch},
    intake::Intake,
    metrics::Metrics,
    postgres,
    records::WorkspaceId,
    spool::Spool,
    status::{StatusReader, WorkspaceSettings},
    store::{self, notifications::Listener},
    sync::{
        Contender, Contents, Downloader, Engine, Figures, InFlight, Indexer, Poll, Retention,
        Scheduler, Workspace,
    },
    wake::Wake,
};

/// The wait before listening for notifications again.
const RECONNECT_INTERVAL: Duration = Duration::from_secs(2);
/// How long releasing the workspaces may take after `shutdown.grace`. A workspace that was not
/// released is free once its heartbeat expires.
const RELEASE_TIMEOUT: Duration = Duration::from_millis(300);

/// A daemon that is ready to run.
pub struct Daemon {
    config: Config,
    files: Option<Files>,
    db: PgPool,
    workspaces: Vec<WorkspaceRuntime>,
    in_flight: InFlight,
    intake: Intake,
    metrics: Metrics,
}

impl Daemon {
    /// Builds the daemon on a migrated database.
    pub fn new(config: Config, db: PgPool) -> anyhow::Result<Self> {
        Self::with(config, db, &Contender::new(true))
    }

    /// Builds what a command needs. The command hands its workspaces over to a waiting daemon.
    pub fn for_commands(config: Config, db: PgPool) -> anyhow::Result<Self> {
        Self::with(config, db, &Contender::new(false))
    }

    fn with(config: Config, db: PgPool, contender: &Contender) -> anyhow::Result<Self> {
        config.require_api_keys()?;
        let metrics = Metrics::default();
        let workspaces = config
            .workspaces
            .iter()
            .map(|settings| {
                WorkspaceRuntime::new(settings, &config, db.clone(), &metrics, contender)
            })
            .collect::<anyhow::Result<_>>()?;
        let in_flight = InFlight::new(config.worker.max_in_flight_bytes);
        let spool = Spool::new(spool_directory(&config), config.spool.max_bytes);
        let intake = Intake::new(
            db.clone(),
            spool,
            config.limits.spool_after,
            config.limits.unknown_waiting,
            tombstones(&config),
        );
        let files = files::open(&config.files)?;

        Ok(Self { config, files, db, workspaces, in_flight, intake, metrics })
    }

    /// The intake. Tests use it to replay the spool step by step.
    pub fn intake(&self) -> &Intake {
        &self.intake
    }

    /// The workspaces that are being copied.
    pub fn workspaces(&self) -> &[WorkspaceRuntime] {
        &self.workspaces
    }

    /// The engine of a workspace.
    pub fn engine(&self, runtime: &WorkspaceRuntime) -> Engine {
        let (workspace, config) = (runtime.workspace.clone(), &self.config);
        let registrations = registrations(&config.webhooks, &runtime.settings);
        let overlap = config.limits.overlap;
        let poll = Poll::new(workspace.clone(), config.poll.clone(), overlap, registrations);
        let concurrency = config.worker.concurrency;
        let scheduler = Scheduler::new(workspace.clone(), concurrency, self.in_flight.clone());
        Engine::new(workspace, poll, scheduler)
    }

    /// The indexer. Tests drive its steps.
    pub fn indexer(&self) -> Indexer {
        Indexer::new(self.db.clone(), self.metrics.clone())
    }

    /// The computation of dashboard figures. Tests drive its steps.
    pub fn figures(&self) -> Figures {
        Figures::new(self.db.clone(), self.metrics.clone())
    }

    /// The removal of old data. Tests drive its steps.
    pub fn retention(&self, runtime: &WorkspaceRuntime) -> Retention {
        let WorkspaceRuntime { workspace, .. } = runtime;
        let spool = spool_directory(&self.config);
        Retention::new(
            self.db.clone(),
            workspace.id.clone(),
            &spool,
            remover(&self.config, self.db.clone(), workspace.id.clone()),
            self.config.retention.clone(),
        )
    }

    /// The dropping of deliveries' contents. Tests drive its steps.
    pub fn contents(&self, runtime: &WorkspaceRuntime) -> Contents {
        let Workspace { id, counts, .. } = &runtime.workspace;
        Contents::new(self.db.clone(), id.clone(), counts.clone(), &self.config.retention)
    }

    /// The file store. `None` when files are not kept.
    pub fn files(&self) -> Option<&Files> {
        self.files.as_ref()
    }

    /// The downloader of recordings and resumes, for tests that drive its steps. `None` when no
    /// files are kept.
    pub fn downloader(&self, runtime: &WorkspaceRuntime) -> anyhow::Result<Option<Downloader>> {
        files::downloader(&self.config.files, self.files.as_ref(), runtime.workspace.clone())
    }

    /// The public routes.
    pub fn router(&self) -> axum::Router {
        http::public(self.app_state(), &self.limits())
    }

    fn app_state(&self) -> AppState {
        let webhooks = &self.config.webhooks;
        let places = Places::new(&webhooks.interview_id_at, &webhooks.posting_id_at);
        AppState {
            db: self.db.clone(),
            intake: self.intake.clone(),
            receivers: self.workspaces.iter().filter_map(WorkspaceRuntime::receiver).collect(),
            reader: Reader::new(places, self.config.limits.delivery_bytes),
            files: self.files.clone(),
            watch: Arc::new(Watch::new(
                self.db.clone(),
                self.metrics.clone(),
                self.workspaces.iter().map(|runtime| runtime.workspace.id.clone()).collect(),
            )),
            status_reader: status_reader(&self.config, self.db.clone()),
        }
    }

    /// The limits of the public listener.
    pub fn limits(&self) -> http::Limits {
        listeners::limits(&self.config)
    }

    /// The routes for operators.
    pub fn operations_router(&self) -> axum::Router {
        http::operations(self.app_state(), self.config.operations.token.clone())
    }

    /// The wakers of each workspace's engine.
    fn wakes(&self) -> HashMap<WorkspaceId, Wake> {
        let wake = |WorkspaceRuntime { workspace, .. }: &WorkspaceRuntime| {
            (workspace.id.clone(), workspace.wake.clone())
        };
        self.workspaces.iter().map(wake).collect()
    }

    /// Writes the settings of dashboards to where the views read them: time zone, dimensions and
    /// candidates' groups.
    pub async fn set_up_reporting(&self) -> store::Result<()> {
        let config = &self.config;
        store::reporting::set_time_zone(&self.db, &config.reporting.time_zone).await?;
        let (attributes, groups): (Vec<_>, Vec<_>) =
            config.demographics.clone().into_iter().unzip();
        let (dimensions, paths): (Vec<_>, Vec<_>) = config.dimensions.clone().into_iter().unzip();
        for runtime in &self.workspaces {
            let id = &runtime.workspace.id;
            store::demographics::replace(&self.db, id, &attributes, &groups).await?;
            store::reporting::map_dimensions(&self.db, id, &dimensions, &paths).await?;
        }
        Ok(())
    }

    /// Serves at once, and works when the database is prepared, until `shutdown` is cancelled. It
    /// then finishes the work in flight, or drops it when that takes too long.
    ///
    /// Deliveries that arrive before the database is prepared are kept in the spool.
    pub async fn run(
        self,
        listeners: Listeners,
        prepare: impl Future<Output = anyhow::Result<()>>,
        shutdown: CancellationToken,
    ) -> anyhow::Result<()> {
        let addresses = [listeners.public.local_addr()?, listeners.operations.local_addr()?];
        let limits = self.limits();
        let (router, operations) = (self.router(), self.operations_router());
        let work = async {
            let prepared = tokio::select! {
                () = shutdown.cancelled() => return Ok(()),
                prepared = self.prepare(prepare) => prepared,
            };
            if let Err(error) = prepared {
                shutdown.cancel();
                return Err(error);
            }
            let [public, operations] = addresses;
            info!(
                address = %public,
                %operations,
                workspaces = self.workspaces.len(),
                "heymilo-sync is running"
            );
            all(&mut self.begin(&shutdown)?, &shutdown).await
        };

        let finished = async {
            let ((), (), worked) = tokio::join!(
                http::serve(listeners.public, router, &limits, shutdown.clone()),
                http::serve(listeners.operations, operations, &limits, shutdown.clone()),
                work,
            );
            self.intake.finish().await;
            worked
        };

        tokio::select! {
            worked = finished => worked,
            () = self.grace_is_over(&shutdown) => {
                warn!("work unfinished after shutdown.grace, the next daemon does it");
                Ok(())
            }
        }
    }

    async fn prepare(
        &self,
        prepare: impl Future<Output = anyhow::Result<()>>,
    ) -> anyhow::Result<()> {
        Box::pin(prepare).await?;
        check_erasure_key(&self.config, &self.db).await?;
        self.set_up_reporting().await.context("writing the settings of dashboards")
    }

    /// Starts all background tasks.
    fn begin(&self, shutdown: &CancellationToken) -> anyhow::Result<JoinSet<()>> {
        let mut tasks = JoinSet::new();
        for runtime in &self.workspaces {
            if runtime.settings.webhook_token.is_none() {
                warn!(
                    workspace.id = %runtime.workspace.id,
                    "webhooks are refused: set HEYMILO_WEBHOOK_TOKEN to take them; polling goes on"
                );
            }
            let (engine, stopped) = (self.engine(runtime), shutdown.clone());
            tasks.spawn(async move { Box::pin(engine.run(&stopped)).await });
            let (retention, stopped) = (self.retention(runtime), shutdown.clone());
            tasks.spawn(async move { retention.run(stopped).await });
            let (contents, stopped) = (self.contents(runtime), shutdown.clone());
            tasks.spawn(async move { contents.run(stopped).await });
            if let Some(downloader) = self.downloader(runtime)? {
                let stopped = shutdown.clone();
                tasks.spawn(async move { downloader.run(stopped).await });
            }
        }

        if self.config.search.enabled {
            let (indexer, stopped) = (self.indexer(), shutdown.clone());
            tasks.spawn(async move { indexer.run(stopped).await });
        }
        let (figures, stopped) = (self.figures(), shutdown.clone());
        tasks.spawn(async move { figures.run(stopped).await });

        let (intake, stopped) = (self.intake.clone(), shutdown.clone());
        tasks.spawn(async move { intake.run(stopped).await });
        tasks.spawn(wake_on_notifications(self.db.clone(), self.wakes(), shutdown.clone()));
        Ok(tasks)
    }

    /// Waits for the work in flight after `shutdown`, as long as the settings allow. Unfinished
    /// work stays due, and only the workspaces are released.
    async fn grace_is_over(&self, shutdown: &CancellationToken) {
        shutdown.cancelled().await;
        time::sleep(self.config.shutdown.grace).await;
        let released =
            join_all(self.workspaces.iter().map(|runtime| runtime.workspace.owner.release()));
        time::timeout(RELEASE_TIMEOUT, released).await.ok();
    }
}

/// Builds the status reader for the workspaces of the settings.
pub fn status_reader(config: &Config, db: PgPool) -> StatusReader {
    let settings = |workspace: &config::Workspace| WorkspaceSettings {
        id: workspace.id(),
        takes_deliveries: workspace.webhook_token.is_some(),
        requests_per_minute: config.heymilo.requests_per_minute,
        is_searchable: config.search.enabled,
        inbox_limit: i64::try_from(config.retention.inbox_bytes).unwrap_or(i64::MAX),
        key_variable: config.key_variable(workspace),
    };
    StatusReader::new(db, config.workspaces.iter().map(settings).collect())
}

/// This machine's spool directory: from the settings, or beside the data of the embedded Postgres.
pub fn spool_directory(config: &Config) -> PathBuf {
    let beside = || {
        let directory = config.database.directory.clone();
        directory.unwrap_or_else(postgres::Options::default_base_dir).join("spool")
    };
    config.spool.directory.clone().unwrap_or_else(beside)
}

/// Wakes engines when other processes enqueue jobs.
async fn wake_on_notifications(
    db: PgPool,
    wakes: HashMap<WorkspaceId, Wake>,
    shutdown: CancellationToken,
) {
    while !shutdown.is_cancelled() {
        let listen = async {
            let Some(mut listener) = Listener::listen(&db).await? else { return Ok(()) };
            loop {
                let notification = listener.recv().await?;
                if let Some(wake) =
                    wakes.get(&notification.workspace_id).filter(|_| !notification.is_own)
                {
                    wake.jobs();
                }
            }
        };

        let lost: store::Result<()> = tokio::select! {
            () = shutdown.cancelled() => return,
            lost = listen => lost,
        };

        if lost.is_ok() {
            info!("the database sends no notifications here, the owner looks every 2 s");
            return;
        }
        debug!("notifications interrupted, the owner looks every 2 s meanwhile");

        tokio::select! {
            () = shutdown.cancelled() => {}
            () = time::sleep(RECONNECT_INTERVAL) => {}
        }
    }
}

/// Waits for all tasks. When one of them panics, it stops all, because half a daemon looks healthy
/// and is not.
async fn all(tasks: &mut JoinSet<()>, shutdown: &CancellationToken) -> anyhow::Result<()> {
    let mut broken = Ok(());
    while let Some(ended) = tasks.join_next().await {
        if let Err(error) = ended {
            shutdown.cancel();
            broken = Err(error).context("a part of the daemon panicked: please report this");
        }
    }
    broken
}
