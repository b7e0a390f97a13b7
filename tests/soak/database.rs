//! A private Postgres that is restarted and paused at intervals.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt as _,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use heymilo_sync::postgres::{Options, Server};
use sqlx::{ConnectOptions as _, PgPool, postgres::PgPoolOptions};
use tokio::{sync::Mutex, time};

use super::paused::Paused;

/// How long it stays away after each stop.
const AWAY: Duration = Duration::from_secs(3);
const START_TIMEOUT: Duration = Duration::from_secs(60);

/// The server, and a pool of our own on it.
pub struct Database {
    pub pool: PgPool,
    url: String,
    options: Options,
    server: Arc<Mutex<Option<Server>>>,
    restarts: Arc<AtomicUsize>,
}

impl Database {
    /// Starts it with its data below `directory`. Its commits are durable.
    pub async fn start(directory: &Path) -> Self {
        // When this process runs as root, another account runs the server and must be able to
        // enter.
        fs::set_permissions(directory, Permissions::from_mode(0o755)).unwrap();
        let options = Options {
            bin_dir: None,
            base_dir: directory.join("postgres"),
            durable: true,
            start_timeout: START_TIMEOUT,
        };
        let server = Server::start(&options).await.unwrap();
        let connect = server.connect_options();
        let pool = PgPoolOptions::new()
            .max_connections(2)
            .acquire_timeout(Duration::from_secs(2))
            .connect_lazy_with(connect.clone());
        Self {
            pool,
            url: connect.to_url_lossy().to_string().replace("&statement-cache-capacity=100", ""),
            options,
            server: Arc::new(Mutex::new(Some(server))),
            restarts: Arc::default(),
        }
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The number of restarts.
    pub fn restarts(&self) -> usize {
        self.restarts.load(Ordering::Relaxed)
    }

    /// Begins a restart without waiting for it.
    pub fn restart_beside(&self) {
        let (server, options) = (self.server.clone(), self.options.clone());
        self.restarts.fetch_add(1, Ordering::Relaxed);
        tokio::spawn(async move {
            let mut server = server.lock().await;
            server.take().unwrap().stop().await.unwrap();
            time::sleep(AWAY).await;
            *server = Some(Server::start(&options).await.unwrap());
        });
    }

    /// Pauses all its processes for `how_long`, without waiting. No restart happens meanwhile.
    pub fn pause_beside(&self, how_long: Duration) {
        let (server, data) = (self.server.clone(), self.options.base_dir.join("data"));
        tokio::spawn(async move {
            let _server = server.lock().await;
            let _paused = Paused::server_of(&data);
            time::sleep(how_long).await;
        });
    }

    /// Waits until no restart and no pause is under way.
    pub async fn is_up(&self) {
        drop(self.server.lock().await);
    }

    /// Stops it for good.
    pub async fn stop(&self) {
        self.pool.close().await;
        if let Some(server) = self.server.lock().await.take() {
            server.stop().await.unwrap();
        }
    }
}
