//! PgBouncer in front of a server of a test's own.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    net::TcpListener,
    os::unix::{
        fs::{MetadataExt as _, chown},
        process::CommandExt as _,
    },
    path::Path,
    process::{Child, Command, Stdio},
    thread,
};

use sqlx::postgres::PgConnectOptions;
use tempfile::TempDir;

/// Its place on Debian, which is not in every user's path.
const DEBIAN: &str = "/usr/sbin/pgbouncer";

/// A pooler in its package's configuration.
pub struct Bouncer {
    child: Child,
    port: u16,
    _directory: TempDir,
}

impl Bouncer {
    /// Starts it in front of a server that listens at a socket. It accepts connections when this
    /// returns.
    pub fn before(server: &PgConnectOptions, pool_mode: &str) -> Self {
        let socket = server.get_socket().unwrap();
        let owner = fs::metadata(socket).unwrap();
        let directory = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let settings = format!(
            "[databases]\n* = host={} port={} user={}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
             listen_port = {port}\nunix_socket_dir =\nauth_type = any\npool_mode = {pool_mode}\n",
            socket.display(),
            server.get_port(),
            server.get_username(),
        );
        let file = directory.path().join("pgbouncer.ini");
        fs::write(&file, settings).unwrap();
        for path in [directory.path(), &file] {
            chown(path, Some(owner.uid()), Some(owner.gid())).unwrap();
        }

        let program = if Path::new(DEBIAN).exists() { DEBIAN } else { "pgbouncer" };
        let mut bouncer = Command::new(program);
        bouncer.arg(&file).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        // It refuses to run as root, and other accounts cannot enter the socket's directory.
        if fs::metadata("/proc/self").map_or(0, |process| process.uid()) != owner.uid() {
            bouncer.uid(owner.uid()).gid(owner.gid());
        }
        let mut child = bouncer.spawn().unwrap_or_else(|error| panic!("{program}: {error}"));
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
        let is_ready = log.any(|line| line.unwrap().contains("process up"));
        assert!(is_ready, "PgBouncer ended before it was ready");
        // It would stop writing if its output were closed.
        thread::spawn(move || log.for_each(drop));
        Self { child, port, _directory: directory }
    }

    /// The database's address behind it.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://app@127.0.0.1:{}/{database}", self.port)
    }
}

impl Drop for Bouncer {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
