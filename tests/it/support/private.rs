//! A server of a test's own, which the test may stop, pause and damage.

use std::{path::PathBuf, time::Duration};

use heymilo_sync::{
    postgres::{Options, Server},
    store::{database, migrations::migrate},
};
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Executor as _, PgConnection, PgPool,
    postgres::{PgConnectOptions, PgSslMode},
};
use tempfile::TempDir;

use super::{paused::Paused, slow::Slow};

/// A private PostgreSQL server with a migrated database.
pub struct PrivatePostgres {
    /// Dropped first, because a paused server cannot be stopped.
    paused: Option<Paused>,
    directory: TempDir,
    server: Option<Server>,
    options: PgConnectOptions,
}

impl PrivatePostgres {
    /// Starts it.
    pub async fn start() -> Self {
        let directory = tempfile::Builder::new()
            .prefix("heymilo-sync-")
            // When this process runs as root, another account runs the server and must be able to
            // enter.
            .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o755))
            .tempdir()
            .unwrap();
        let server = Server::start(&options(&directory)).await.unwrap();
        let connect = server.connect_options();
        let postgres = Self { paused: None, directory, server: Some(server), options: connect };
        let pool = postgres.pool();
        migrate(&pool).await.unwrap();
        pool.close().await;
        postgres
    }

    /// The pool that the program would open.
    pub fn pool(&self) -> PgPool {
        database::pool(self.options.clone(), 16)
    }

    /// The pool that the program would open as another user.
    pub fn pool_of(&self, user: &str) -> PgPool {
        database::pool(self.options.clone().username(user), 16)
    }

    /// The pool that the program would open, through a relay that can delay answers.
    pub async fn slow_pool(&self) -> (PgPool, Slow) {
        let directory = self.options.get_socket().expect("it listens at a socket");
        let socket = directory.join(format!(".s.PGSQL.{}", self.options.get_port()));
        let (slow, port) = Slow::before(socket.display().to_string()).await;
        let options = PgConnectOptions::new_without_pgpass()
            .host("127.0.0.1")
            .port(port)
            .username(self.options.get_username())
            .database(self.options.get_database().expect("it is named"))
            .ssl_mode(PgSslMode::Disable);
        (database::pool(options, 16), slow)
    }

    /// Connects beside the pool.
    pub async fn connect(&self) -> PgConnection {
        // The connection that makes the server read-only must be able to write.
        let options = self.options.clone().options([("default_transaction_read_only", "off")]);
        options.connect().await.unwrap()
    }

    /// Runs a statement beside the pool.
    pub async fn execute(&self, statement: &str) {
        self.connect().await.execute(AssertSqlSafe(statement)).await.unwrap();
    }

    /// Stops it.
    pub async fn stop(&mut self) {
        self.server.take().expect("it runs").stop().await.unwrap();
    }

    /// Starts it where it was stopped.
    pub async fn start_again(&mut self) {
        self.server = Some(Server::start(&options(&self.directory)).await.unwrap());
    }

    /// Pauses all of its processes.
    pub fn pause(&mut self) {
        self.paused = Some(Paused::server_of(&self.directory.path().join("data")));
    }

    /// Resumes its processes.
    pub fn resume(&mut self) {
        self.paused = None;
    }
}

fn options(directory: &TempDir) -> Options {
    let base_dir: PathBuf = directory.path().to_owned();
    Options { bin_dir: None, base_dir, durable: false, start_timeout: Duration::from_secs(60) }
}
