//! Stops the server when we end, even when we are killed and cannot do it ourselves.

use std::{
    os::unix::process::CommandExt as _,
    process::{Child, ExitStatus, Stdio},
};

use super::{Error, Result, cluster::Cluster};

/// Waits for the end of its input, which comes when the last process that could write to it has ended.
const SCRIPT: &str = r#"read -r _; exec "$0" stop -s -m fast -D "$1" 2>>"$2""#;

/// A shell that outlives us by as long as stopping the server takes.
#[derive(Debug)]
pub(super) struct Watchdog(Child);

impl Watchdog {
    /// Sets a watchdog on the cluster; its server may start afterwards.
    pub(super) fn spawn(cluster: &Cluster) -> Result<Self> {
        let mut shell = cluster.command("/bin/sh");
        shell.arg("-c").arg(SCRIPT).arg(cluster.program("pg_ctl"));
        shell.arg(cluster.data()).arg(cluster.log());
        // Holding the lock too, it keeps a successor out until the server is down. Nothing writes to it.
        shell.stdin(Stdio::piped()).stdout(cluster.share_lock()?).stderr(Stdio::null());
        // Ctrl-C in a terminal is meant for us; a group of its own does not receive it.
        shell.process_group(0).spawn().map(Self).map_err(Error::at("/bin/sh"))
    }

    /// Has the server stopped, and waits until it is.
    pub(super) fn stop(mut self) -> Result<ExitStatus> {
        // Waiting closes the input first.
        self.0.wait().map_err(Error::at("/bin/sh"))
    }
}
