//! Starts, connects to and stops the embedded server.

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
    /// The directory with `initdb`, `pg_ctl` and `postgres`. `None` searches for it.
    pub bin_dir: Option<PathBuf>,
    /// The directory of all files: `data/`, `run/`, `postgres.log` and `lock`.
    pub base_dir: PathBuf,
    /// Whether committed data survives a power cut. Tests switch it off to be faster.
    pub durable: bool,
    /// How long the server may take until it answers.
    pub start_timeout: Duration,
}

impl Options {
    /// The default directory: the user's data directory, or root's under `/var/lib`.
    pub fn default_base_dir() -> PathBuf {
        let system = PathBuf::from("/var/lib/heymilo-sync");
        if is_root() {
            // The account that runs the server cannot enter root's home.
            return system;
        }
        ProjectDirs::from("", "", "heymilo-sync")
            .map_or(system, |directories| directories.data_dir().to_path_buf())
    }
}

/// A running server. Dropping it stops the server without waiting.
#[derive(Debug)]
pub struct Server {
    cluster: Cluster,
    watchdog: Watchdog,
}

impl Server {
    /// Starts the server and waits until it answers. The first start creates the database.
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

    /// The options for connecting to the database.
    pub fn connect_options(&self) -> PgConnectOptions {
        connect_options(&self.cluster.run())
    }

    /// The shell command that opens the database.
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

/// Whether a directory holds a server's data.
pub fn exists(base_dir: &Path) -> bool {
    base_dir.join("data").exists()
}

/// The options for connecting to a server that another process runs in this directory.
pub fn attach(base_dir: &Path) -> PgConnectOptions {
    connect_options(&base_dir.join("run"))
}

fn connect_options(run: &Path) -> PgConnectOptions {
    // PGSSLMODE is meant for servers on the network.
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
