//! A Postgres whose processes are stopped.

use std::{fs, path::Path, process::Command};

/// Its processes, which continue when this is dropped.
pub struct Paused(Vec<String>);

impl Paused {
    /// Stops all processes of the server with this data directory.
    pub fn server_of(data: &Path) -> Self {
        let file = fs::read_to_string(data.join("postmaster.pid")).unwrap();
        let postmaster = file.lines().next().unwrap().to_owned();
        // Before its children are listed, so that it makes no more of them.
        signal("STOP", std::slice::from_ref(&postmaster));
        let children = Command::new("pgrep").args(["-P", &postmaster]).output().unwrap().stdout;
        let children = String::from_utf8(children).unwrap();
        let mut paused: Vec<_> = children.split_whitespace().map(str::to_owned).collect();
        signal("STOP", &paused);
        paused.push(postmaster);
        Self(paused)
    }
}

impl Drop for Paused {
    fn drop(&mut self) {
        signal("CONT", &self.0);
    }
}

fn signal(name: &str, processes: &[String]) {
    if !processes.is_empty() {
        // Some may have ended.
        Command::new("kill").arg(format!("-{name}")).args(processes).status().unwrap();
    }
}
