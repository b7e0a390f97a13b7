//! The demo as a newcomer sees it.

use std::{
    fs::{self, Permissions},
    io::{BufRead as _, BufReader},
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Child, Command},
    thread,
    time::Duration,
};

use tempfile::TempDir;

use crate::support::{
    daemon::{Running, program},
    waiting::becomes_true,
};

/// Longer than a second start takes.
const WAIT_LIMIT: Duration = Duration::from_secs(120);

/// A demo that ends with its test.
struct Demo {
    process: Child,
    /// The output before the hints on what to try.
    said: Vec<String>,
}

impl Demo {
    /// Starts it on a directory, and waits until its first copy is complete.
    fn start(directory: &Path) -> Self {
        let mut demo = program("demo", [in_directory(directory)]);
        demo.env("HEYMILO_SYNC__SPOOL__DIRECTORY", directory.join("spool"));
        let mut process = demo.spawn().unwrap();
        let mut lines =
            BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok);
        let said = lines.by_ref().take_while(|line| !line.contains("Try in SQL")).collect();
        thread::spawn(move || lines.count());
        Self { process, said }
    }

    /// The output after these words.
    fn said_of(&self, what: &str) -> &str {
        let line = self.said.iter().find_map(|line| line.trim().strip_prefix(what));
        line.unwrap_or_else(|| panic!("{what}: {:?}", self.said)).trim()
    }

    fn terminate(mut self) {
        Command::new("kill").arg(self.process.id().to_string()).status().unwrap();
        assert!(self.process.wait().unwrap().success());
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        self.process.kill().ok();
    }
}

fn in_directory(directory: &Path) -> (&str, &str) {
    ("HEYMILO_SYNC__DATABASE__DIRECTORY", directory.to_str().unwrap())
}

/// Runs a command beside the demo. Returns its exit code and its output.
fn beside_demo(directory: &Path, command: &str) -> (Option<i32>, String) {
    let mut program = program("--demo", [in_directory(directory)]);
    let output = program.args(command.split(' ')).output().unwrap();
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    (output.status.code(), said)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_is_healthy_at_each_start_and_commands_work_beside_it() {
    let directory = TempDir::new().unwrap();
    // The account that runs Postgres must be able to enter.
    fs::set_permissions(directory.path(), Permissions::from_mode(0o755)).unwrap();

    let first = Demo::start(directory.path());
    let page = first.said_of("Status page").trim_start_matches("http://").to_owned();
    assert_eq!(Running::get(&page, "/readyz").0, 200);
    let is_copied = |line: &String| line.contains("interviews copied in") && line.ends_with(" s.");
    assert!(first.said.iter().any(is_copied), "{:?}", first.said);
    let (code, said) = beside_demo(directory.path(), "status");
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("\ndefault\n") && said.contains(" of 18000\n"), "{said}");
    let keeps_files = async || {
        let (_, files) = beside_demo(directory.path(), "files list");
        ["audio", "resume"].iter().all(|kind| files.contains(&format!("{kind:<6}  kept")))
    };
    assert!(becomes_true(WAIT_LIMIT, keeps_files).await);
    for command in ["verify", "doctor", "files verify"] {
        let (code, said) = beside_demo(directory.path(), command);
        assert_eq!(code, Some(0), "{command}: {said}");
    }
    first.terminate();

    // It owns its workspace again, and continues where it was.
    let second = Demo::start(directory.path());
    let is_healthy = async || beside_demo(directory.path(), "status").0 == Some(0);
    let was_healthy = becomes_true(WAIT_LIMIT, is_healthy).await;
    assert!(was_healthy, "{}", beside_demo(directory.path(), "status").1);
    second.terminate();
}
