//! Puts the rooms together and runs them until told to stop.

mod database;
mod listeners;
mod mirror;
mod outside;
mod signals;

use std::{
    collections::HashMap, convert::Infallible, future::Future, iter::repeat_n, path::PathBuf,
    sync::Arc, time::Duration,
};

use anyhow::Context as _;
use sqlx::PgPool;
use tokio::{task::JoinSet, time};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

pub use database::{Database, migrate, with_database};
pub use listeners::Listeners;
pub use mirror::{Mirror, registrations};
pub use outside::{Outside, is_private, look as look_from_outside};
pub use signals::stop_on_signal;

use crate::{
    config::{self, Config},
    http::{self, Doors, Places, Watch},
    intake::Intake,
    metrics::Metrics,
    postgres,
    records::WorkspaceId,
    spool::Spool,
    status::{Lookout, Watched},
    store::{self, bell::Bell},
    sync::{self, Errand, InHand, Indexer, Poll, Retention, Worker},
    wake::Wake,
};

/// How long to wait before listening to the bell again.
const RECONNECT: Duration = Duration::from_secs(2);
/// How long giving back may take, when it is time to stop.
const GIVE_BACK: Duration = Duration::from_secs(2);

/// The daemon, ready to run.
pub struct Daemon {
    config: Config,
    db: PgPool,
    mirrors: Vec<Mirror>,
    in_hand: InHand,
    /// Tells workers to give back what they have in hand.
    abandon: CancellationToken,
    intake: Intake,
    metrics: Metrics,
}

impl Daemon {
    /// Puts the daemon together on a migrated database.
    pub fn new(config: Config, db: PgPool) -> anyhow::Result<Self> {
        config.require_api_keys()?;
        let metrics = Metrics::default();
        let mirrors = config
            .workspaces
            .iter()
            .map(|settings| Mirror::new(settings, &config, db.clone(), &metrics))
            .collect::<anyhow::Result<_>>()?;
        let in_hand = InHand::new(config.worker.max_in_flight_bytes);
        let spool = Spool::new(spool_directory(&config), config.spool.max_bytes);
        let intake =
            Intake::new(db.clone(), spool, config.spool.after, config.webhooks.unknown_waiting);
        let abandon = CancellationToken::new();
        Ok(Self { config, db, mirrors, in_hand, abandon, intake, metrics })
    }

    /// What keeps deliveries, for those who replay its spool step by step.
    pub fn intake(&self) -> &Intake {
        &self.intake
    }

    /// The workspaces being copied.
    pub fn mirrors(&self) -> &[Mirror] {
        &self.mirrors
    }

    /// The steps of fetching, for those who drive them one by one.
    pub fn worker(&self, mirror: &Mirror) -> Worker {
        let settings = self.config.worker.clone();
        let (recheck, gone) = (self.config.recheck.clone(), self.config.poll.gone);
        let workspace = mirror.workspace.clone();
        let (in_hand, abandon) = (self.in_hand.clone(), self.abandon.clone());
        Worker::new(workspace, settings, recheck, gone, in_hand, abandon)
    }

    /// The steps of discovery, for those who drive them one by one.
    pub fn poll(&self, mirror: &Mirror) -> Poll {
        Poll::new(
            mirror.workspace.clone(),
            self.config.poll.clone(),
            self.config.worker.lease,
            registrations(&self.config.webhooks, &mirror.settings),
            mirror.poll.clone(),
        )
    }

    /// Begins work that finishes, for commands.
    pub async fn errand(&self, mirror: &Mirror) -> sync::Result<Errand> {
        let (poll, worker) = (self.poll(mirror), self.worker(mirror));
        Errand::begin(mirror.workspace.clone(), poll, worker).await
    }

    /// The steps of building search documents, for those who drive them one by one.
    pub fn indexer(&self) -> Indexer {
        Indexer::new(self.db.clone(), self.metrics.clone())
    }

    /// The steps of removing what is old, for those who drive them one by one.
    pub fn retention(&self, mirror: &Mirror) -> Retention {
        let Mirror { workspace, .. } = mirror;
        let spool = spool_directory(&self.config);
        Retention::new(self.db.clone(), workspace.id.clone(), &spool, self.config.retention.clone())
    }

    /// The doors for everybody.
    pub fn router(&self) -> axum::Router {
        http::public(self.doors(), &self.limits())
    }

    fn doors(&self) -> Doors {
        let webhooks = &self.config.webhooks;
        Doors {
            db: self.db.clone(),
            intake: self.intake.clone(),
            receivers: self.mirrors.iter().filter_map(Mirror::receiver).collect(),
            places: Arc::new(Places::new(&webhooks.interview_id_at, &webhooks.posting_id_at)),
            max_body_bytes: webhooks.max_body_bytes,
            watch: Arc::new(Watch::new(
                self.db.clone(),
                self.metrics.clone(),
                self.mirrors.iter().map(|mirror| mirror.workspace.id.clone()).collect(),
                self.config.heymilo.requests_per_minute,
            )),
            lookout: lookout(&self.config, self.db.clone()),
        }
    }

    /// What the doors let come in.
    pub fn limits(&self) -> http::Limits {
        listeners::limits(&self.config.http)
    }

    /// The doors for operators.
    pub fn operations_router(&self) -> axum::Router {
        http::operations(self.doors(), self.config.operations.token.clone())
    }

    /// Whom to wake when something is due in a workspace.
    fn workers(&self) -> HashMap<WorkspaceId, Wake> {
        let workers =
            |Mirror { workspace, .. }: &Mirror| (workspace.id.clone(), workspace.workers.clone());
        self.mirrors.iter().map(workers).collect()
    }

    /// Writes what the settings say about candidates' groups to where the views read it.
    pub async fn map_demographics(&self) -> store::Result<()> {
        let (attributes, paths): (Vec<_>, Vec<_>) =
            self.config.demographics.clone().into_iter().unzip();
        for mirror in &self.mirrors {
            let id = &mirror.workspace.id;
            store::demographics::replace(&self.db, id, &attributes, &paths).await?;
        }
        Ok(())
    }

    /// Serves at once, polls and works when the database has been prepared, until `shutdown` is
    /// cancelled. Then finishes what is in hand, or gives it back when that takes too long.
    ///
    /// Deliveries that come in before the database is prepared are kept in the spool.
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
                workspaces = self.mirrors.len(),
                "heymilo-sync is running"
            );
            all(&mut self.begin(&shutdown), &shutdown).await
        };
        let finished = async {
            let ((), (), worked) = tokio::join!(
                http::serve(listeners.public, router, &limits, shutdown.clone()),
                http::serve(listeners.operations, operations, &limits, shutdown.clone()),
                work,
            );
            worked
        };
        tokio::select! {
            worked = finished => {
                self.intake.finish().await;
                worked
            }
            () = self.grace_is_over(&shutdown) => {
                warn!("not all was finished within shutdown.grace; it will be done by the next daemon");
                Ok(())
            }
        }
    }

    async fn prepare(
        &self,
        prepare: impl Future<Output = anyhow::Result<()>>,
    ) -> anyhow::Result<()> {
        Box::pin(prepare).await?;
        self.map_demographics().await.context("writing the settings of demographics")
    }

    /// Begins all that works by itself.
    fn begin(&self, shutdown: &CancellationToken) -> JoinSet<()> {
        let mut tasks = JoinSet::new();
        for mirror in &self.mirrors {
            if mirror.settings.webhook_token.is_none() {
                warn!(
                    workspace.id = %mirror.workspace.id,
                    "webhooks are refused: set HEYMILO_WEBHOOK_TOKEN to take them; polling goes on"
                );
            }
            // As many as there are places: each may wait for a request that hangs.
            let workers = self.worker(mirror).lanes();
            for worker in workers.iter().flat_map(|lane| repeat_n(lane, lane.most())) {
                let (worker, workspace) = (worker.clone(), mirror.workspace.clone());
                let shutdown = shutdown.clone();
                tasks.spawn(async move {
                    tokio::select! {
                        () = shutdown.cancelled() => return,
                        () = workspace.identified() => {}
                    }
                    worker.run(shutdown).await;
                });
            }
            let (poll, stopped) = (self.poll(mirror), shutdown.clone());
            tasks.spawn(async move { poll.run(stopped).await });
            let (retention, stopped) = (self.retention(mirror), shutdown.clone());
            tasks.spawn(async move { retention.run(stopped).await });
        }
        if self.config.search.enabled {
            let (indexer, stopped) = (self.indexer(), shutdown.clone());
            tasks.spawn(async move { indexer.run(stopped).await });
        }
        let (intake, stopped) = (self.intake.clone(), shutdown.clone());
        tasks.spawn(async move { intake.run(stopped).await });
        tasks.spawn(hear(self.db.clone(), self.workers(), shutdown.clone()));
        tasks
    }

    /// Gives what is in hand the time of the settings after `shutdown`, and then what it takes to
    /// give it back.
    async fn grace_is_over(&self, shutdown: &CancellationToken) {
        shutdown.cancelled().await;
        time::sleep(self.config.shutdown.grace).await;
        self.abandon.cancel();
        time::sleep(GIVE_BACK).await;
    }
}

/// Keeps a lookout over the workspaces of the settings.
pub fn lookout(config: &Config, db: PgPool) -> Lookout {
    let watched = |workspace: &config::Workspace| Watched {
        id: workspace.id(),
        takes_deliveries: workspace.webhook_token.is_some(),
        requests_per_minute: config.heymilo.requests_per_minute,
        is_searchable: config.search.enabled,
    };
    Lookout::new(db, config.workspaces.iter().map(watched).collect())
}

/// Where this machine's spool is: beside the data of the embedded Postgres, unless the settings say
/// where.
pub fn spool_directory(config: &Config) -> PathBuf {
    let beside = || {
        let directory = config.database.directory.clone();
        directory.unwrap_or_else(postgres::Options::default_base_dir).join("spool")
    };
    config.spool.directory.clone().unwrap_or_else(beside)
}

/// Wakes workers for what other processes make due.
async fn hear(db: PgPool, workers: HashMap<WorkspaceId, Wake>, shutdown: CancellationToken) {
    while !shutdown.is_cancelled() {
        let listen = async {
            let mut bell = Bell::listen(&db).await?;
            loop {
                let workspace_id = bell.heard().await?;
                if let Some(workers) = workers.get(&workspace_id) {
                    workers.news();
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
