//! A server of a test's own, which the test may stop, pause and damage.

use std::{
    fs::{self, Permissions},
    os::unix::{
        fs::{MetadataExt as _, PermissionsExt as _, chown},
        process::CommandExt as _,
    },
    path::PathBuf,
    process::Command,
    time::Duration,
};

use heymilo_sync::{
    postgres::{Options, Server},
    store::{database, migrations::migrate},
};
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Executor as _, PgConnection, PgPool,
    postgres::{PgConnectOptions, PgSslMode},
};
use tempfile::TempDir;
use tokio::task::spawn_blocking;

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
        let postgres = Self::empty().await;
        let pool = postgres.pool();
        migrate(&pool).await.unwrap();
        pool.close().await;
        postgres
    }

    /// Starts it with a database that is not migrated.
    pub async fn empty() -> Self {
        Self::serve(directory()).await
    }

    /// Starts a standby of it: it follows all changes, and can only be read.
    pub async fn standby(&self) -> Self {
        let directory = directory();
        let data = directory.path().join("data");
        let account = fs::metadata(self.directory.path().join("data")).unwrap();
        fs::create_dir(&data).unwrap();
        chown(&data, Some(account.uid()), Some(account.gid())).unwrap();
        fs::set_permissions(&data, Permissions::from_mode(0o700)).unwrap();

        let mut copy = Command::new("pg_basebackup");
        copy.args(["--write-recovery-conf", "--checkpoint=fast", "--username=postgres", "--host"]);
        copy.arg(self.options.get_socket().expect("it listens at a socket"));
        copy.arg("--pgdata").arg(&data).current_dir("/").uid(account.uid()).gid(account.gid());
        let copied = spawn_blocking(move || copy.output().unwrap()).await.unwrap();
        assert!(copied.status.success(), "{}", String::from_utf8_lossy(&copied.stderr));

        Self::serve(directory).await
    }

    async fn serve(directory: TempDir) -> Self {
        let server = Server::start(&options(&directory)).await.unwrap();
        let options = server.connect_options();
        Self { paused: None, directory, server: Some(server), options }
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

    /// How libpq's programs reach it.
    pub fn address(&self) -> String {
        let socket = self.options.get_socket().expect("it listens at a socket").display();
        format!("host={socket} port=5432 user=postgres dbname=heymilo")
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

fn directory() -> TempDir {
    // The account that the server runs as when we are root must be able to pass.
    let open = Permissions::from_mode(0o755);
    tempfile::Builder::new().prefix("heymilo-sync-").permissions(open).tempdir().unwrap()
}

fn options(directory: &TempDir) -> Options {
    let base_dir: PathBuf = directory.path().to_owned();
    Options { bin_dir: None, base_dir, durable: false, start_timeout: Duration::from_secs(60) }
}
