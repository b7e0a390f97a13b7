//! The embedded server as the rest of the program sees it: started, connected to, stopped.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use directories::ProjectDirs;
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use tokio::task;

use super::{
    Error, Result,
    account::is_root,
    cluster::{Cluster, DATABASE, PORT},
    watchdog::Watchdog,
};

const USER: &str = "postgres";

/// How to run the server.
#[derive(Debug, Clone)]
pub struct Options {
    /// The directory with `initdb`, `pg_ctl` and `postgres`; searched for when not given.
    pub bin_dir: Option<PathBuf>,
    /// The directory to keep everything in: `data/`, `run/`, `postgres.log` and `lock`.
    pub base_dir: PathBuf,
    /// Whether what is committed survives a power cut; tests do without and are faster.
    pub durable: bool,
    /// How long the server may take until it answers.
    pub start_timeout: Duration,
}

impl Options {
    /// Names the directory to use when none is chosen: the user's data directory, or root's under `/var/lib`.
    pub fn default_base_dir() -> PathBuf {
        let system = PathBuf::from("/var/lib/heymilo-sync");
        if is_root() {
            // Root's own home is closed to the account that the server runs as.
            return system;
        }
        ProjectDirs::from("", "", "heymilo-sync")
            .map_or(system, |directories| directories.data_dir().to_path_buf())
    }
}

/// A running server. Dropping it has the server stopped without waiting for it.
#[derive(Debug)]
pub struct Server {
    cluster: Cluster,
    watchdog: Watchdog,
}

impl Server {
    /// Starts the server and waits until it answers; the first start creates the database.
    pub async fn start(options: &Options) -> Result<Self> {
        let options = options.clone();
        let start = move || {
            let cluster = Cluster::open(&options)?;
            let watchdog = Watchdog::spawn(&cluster)?;
            cluster.start(&options)?;
            Ok(Self { cluster, watchdog })
        };
        task::spawn_blocking(start).await.expect("starting does not panic")
    }

    /// Tells how to connect to the database.
    pub fn connect_options(&self) -> PgConnectOptions {
        connect_options(&self.cluster.run())
    }

    /// Gives the line with which a person enters the database from a shell.
    pub fn psql_command(&self) -> String {
        format!("psql -h {} -U {USER} {DATABASE}", quoted(&self.cluster.run()))
    }

    /// Stops the server and waits until it is down.
    pub async fn stop(self) -> Result<()> {
        let Self { cluster, watchdog } = self;
        let stop = move || watchdog.stop();
        let status = task::spawn_blocking(stop).await.expect("stopping does not panic")?;
        if status.success() {
            return Ok(());
        }
        let message =
            format!("the server had ended before, or goes on; see {}", cluster.log().display());
        Err(Error::Failed { program: "pg_ctl", message })
    }
}

/// Whether a server's data is in a directory.
pub fn exists(base_dir: &Path) -> bool {
    base_dir.join("data").exists()
}

/// Tells how to connect to the server that another process runs in this directory.
pub fn attach(base_dir: &Path) -> PgConnectOptions {
    connect_options(&base_dir.join("run"))
}

fn connect_options(run: &Path) -> PgConnectOptions {
    // What PGSSLMODE asks for is meant for servers on the network.
    PgConnectOptions::new_without_pgpass()
        .socket(run)
        .port(PORT)
        .username(USER)
        .database(DATABASE)
        .ssl_mode(PgSslMode::Disable)
}

fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_one_word_in_a_shell() {
        assert_eq!(quoted(Path::new("/srv/it's here/run")), r"'/srv/it'\''s here/run'");
    }
}
