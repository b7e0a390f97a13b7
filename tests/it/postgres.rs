//! The embedded server, and the databases of the tests.

use std::{
    fs::{self, File, Permissions},
    io::{BufRead as _, BufReader},
    os::unix::{
        fs::{MetadataExt as _, PermissionsExt as _, chown},
        process::CommandExt as _,
    },
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use heymilo_sync::postgres::{Error, Options, Server};
use sqlx::{ConnectOptions as _, Executor as _, PgConnection};
use tempfile::TempDir;

use crate::support::database::database;

const PROGRAM: &str = env!("CARGO_BIN_EXE_heymilo-sync");
const NOBODY: u32 = 65534;

#[tokio::test]
async fn a_server_answers_on_its_socket_and_nowhere_else() {
    let directory = directory();

    let server = Server::start(&options(directory.path())).await.unwrap();

    let (database, addresses): (String, String) =
        sqlx::query_as("select current_database()::text, current_setting('listen_addresses')")
            .fetch_one(&mut connect(&server).await)
            .await
            .unwrap();
    assert_eq!((database.as_str(), addresses.as_str()), ("heymilo", ""));
    let mode = directory.path().join("run").metadata().unwrap().mode();
    assert_eq!(mode & 0o777, 0o700);
    server.stop().await.unwrap();
}

#[tokio::test]
async fn the_next_start_goes_on_with_the_data() {
    let directory = directory();
    let server = Server::start(&options(directory.path())).await.unwrap();
    connect(&server).await.execute("create table kept ()").await.unwrap();
    server.stop().await.unwrap();

    let server = Server::start(&options(directory.path())).await.unwrap();

    connect(&server).await.execute("select from kept").await.unwrap();
    server.stop().await.unwrap();
}

#[tokio::test]
async fn a_directory_in_use_is_refused() {
    let directory = directory();
    let server = Server::start(&options(directory.path())).await.unwrap();

    let refusal = Server::start(&options(directory.path())).await.unwrap_err();

    assert!(matches!(refusal, Error::Locked(_)), "{refusal}");
    connect(&server).await;
    server.stop().await.unwrap();
}

#[tokio::test]
async fn data_of_another_version_is_refused() {
    let directory = directory();
    fs::create_dir(directory.path().join("data")).unwrap();
    fs::write(directory.path().join("data/PG_VERSION"), "9\n").unwrap();

    let refusal = Server::start(&options(directory.path())).await.unwrap_err();

    assert!(matches!(&refusal, Error::Version { needed, .. } if needed == "9"), "{refusal}");
}

#[tokio::test]
async fn a_directory_without_binaries_is_refused() {
    let directory = directory();
    let bin_dir = Some(directory.path().join("none"));

    let refusal =
        Server::start(&Options { bin_dir, ..options(directory.path()) }).await.unwrap_err();

    assert!(matches!(refusal, Error::NoBinaries { .. }), "{refusal}");
}

#[tokio::test]
async fn a_path_too_long_for_a_socket_is_refused() {
    let directory = directory();
    let base_dir = directory.path().join("deep".repeat(25));

    let refusal =
        Server::start(&Options { base_dir, ..options(directory.path()) }).await.unwrap_err();

    assert!(matches!(refusal, Error::PathTooLong(_)), "{refusal}");
}

#[tokio::test]
async fn a_dropped_server_is_stopped() {
    let directory = directory();

    drop(Server::start(&options(directory.path())).await.unwrap());

    wait_for_release(directory.path());
    assert!(!is_running(directory.path()));
}

#[test]
fn a_server_ends_with_its_killed_parent() {
    let directory = directory();
    let mut parent = hold_server(PROGRAM.as_ref(), directory.path(), None);
    assert!(is_running(directory.path()));

    parent.kill().unwrap();

    wait_for_release(directory.path());
    assert!(!is_running(directory.path()));
    parent.wait().unwrap();
}

#[tokio::test]
async fn a_server_left_behind_is_taken_over() {
    let directory = directory();
    let mut parent = hold_server(PROGRAM.as_ref(), directory.path(), None);
    let left_behind = postmaster(directory.path());
    kill_children(&parent);
    parent.kill().unwrap();
    parent.wait().unwrap();
    assert!(is_running(directory.path()));

    let server = Server::start(&options(directory.path())).await.unwrap();

    connect(&server).await;
    assert_ne!(postmaster(directory.path()), left_behind);
    server.stop().await.unwrap();
}

/// When the tests do not run as root, all other tests show the same.
#[tokio::test]
async fn root_goes_on_with_what_an_ordinary_user_began() {
    let directory = directory();
    if directory.path().metadata().unwrap().uid() == 0 {
        // The user may not be allowed to enter the program's directory.
        let binary = directory.path().join("heymilo-sync");
        // A process that another test starts meanwhile would inherit a file that this one writes, and
        // Linux executes no file that is open for writing.
        assert!(Command::new("cp").arg(PROGRAM).arg(&binary).status().unwrap().success());
        chown(directory.path(), Some(NOBODY), Some(NOBODY)).unwrap();
        let mut parent = hold_server(&binary, directory.path(), Some(NOBODY));
        parent.kill().unwrap();
        parent.wait().unwrap();
    }

    let server = Server::start(&options(directory.path())).await.unwrap();

    connect(&server).await;
    let owner = directory.path().metadata().unwrap().uid();
    assert_eq!(directory.path().join("data/postmaster.pid").metadata().unwrap().uid(), owner);
    server.stop().await.unwrap();
}

#[tokio::test]
async fn each_test_has_a_database_of_its_own() {
    let (first, second) = tokio::join!(database(), database());

    first.execute("create table mine ()").await.unwrap();
    second.execute("create table mine ()").await.unwrap();
}

fn directory() -> TempDir {
    // When this process runs as root, another account runs the server and must be able to enter.
    let open = Permissions::from_mode(0o755);
    tempfile::Builder::new().permissions(open).tempdir().unwrap()
}

fn options(directory: &Path) -> Options {
    Options {
        bin_dir: None,
        base_dir: directory.to_path_buf(),
        durable: false,
        start_timeout: Duration::from_secs(30),
    }
}

async fn connect(server: &Server) -> PgConnection {
    server.connect_options().connect().await.unwrap()
}

/// Starts a daemon with an embedded server, and waits until it runs.
fn hold_server(program: &Path, directory: &Path, user: Option<u32>) -> Child {
    let mut command = Command::new(program);
    command.arg("run").env_clear().stderr(Stdio::piped()).envs([
        ("HEYMILO_API_KEY", "nobody-asks-for-it"),
        ("HEYMILO_SYNC__HEYMILO__BASE_URL", "http://127.0.0.1:9"),
        ("HEYMILO_SYNC__HTTP__LISTEN", "127.0.0.1:0"),
        ("HEYMILO_SYNC__OPERATIONS__LISTEN", "127.0.0.1:0"),
    ]);
    command.env("HEYMILO_SYNC__DATABASE__DIRECTORY", directory);
    if let Some(id) = user {
        command.uid(id).gid(id);
    }
    let mut child = command.spawn().unwrap();
    let mut log = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(log.any(|line| line.contains("is running")), "no server is held");
    child
}

/// Kills what would stop the server: its watchdog is a child of this process.
fn kill_children(parent: &Child) {
    let output = Command::new("ps").args(["-A", "-o", "pid=,ppid="]).output().unwrap();
    let parent = parent.id().to_string();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let ids: Vec<_> = line.split_whitespace().collect();
        if ids[1] == parent {
            assert!(Command::new("kill").args(["-9", ids[0]]).status().unwrap().success());
        }
    }
}

/// Waits until neither the process that started the server nor its watchdog exists any longer.
fn wait_for_release(directory: &Path) {
    File::open(directory.join("lock")).unwrap().lock().unwrap();
}

fn is_running(directory: &Path) -> bool {
    directory.join("data/postmaster.pid").exists()
}

fn postmaster(directory: &Path) -> String {
    let file = fs::read_to_string(directory.join("data/postmaster.pid")).unwrap();
    file.lines().next().unwrap().to_owned()
}
