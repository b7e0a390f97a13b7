//! Stops the server when this process ends, even when it is killed.

use std::{
    os::unix::process::CommandExt as _,
    process::{Child, ExitStatus, Stdio},
};

use super::{Error, Result, cluster::Cluster};

/// Waits for the end of its input, which comes when the last process that could write to it has
/// ended.
const SCRIPT: &str = r#"read -r _; exec "$0" stop -s -m fast -D "$1" 2>>"$2""#;

/// A shell that outlives this process until the server is stopped.
#[derive(Debug)]
pub(super) struct Watchdog(Child);

impl Watchdog {
    /// Starts a watchdog for the cluster. The server may start afterwards.
    pub(super) fn spawn(cluster: &Cluster) -> Result<Self> {
        let mut shell = cluster.command("/bin/sh");
        shell.arg("-c").arg(SCRIPT).arg(cluster.program("pg_ctl"));
        shell.arg(cluster.data()).arg(cluster.log());
        // The shell also holds the lock, so that no successor starts before the server is down.
        // Nothing is written to it.
        shell.stdin(Stdio::piped()).stdout(cluster.share_lock()?).stderr(Stdio::null());
        // A process group of its own does not receive our Ctrl-C.
        shell.process_group(0).spawn().map(Self).map_err(Error::at("/bin/sh"))
    }

    /// Has the server stopped, and waits until it is.
    pub(super) fn stop(mut self) -> Result<ExitStatus> {
        // `wait` closes the input first.
        self.0.wait().map_err(Error::at("/bin/sh"))
    }
}
