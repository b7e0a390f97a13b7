//! The PostgreSQL server of the tests: a given one, a container, or the embedded one. It ends with
//! the run.

use std::{
    env,
    fs::Permissions,
    io::{self, Read, Write},
    mem,
    net::TcpStream,
    os::unix::{fs::PermissionsExt as _, net::UnixStream, process::CommandExt as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use heymilo_sync::postgres::{self, Options, Server};
use sqlx::{ConnectOptions as _, postgres::PgConnectOptions};
use testcontainers_modules::{
    postgres::Postgres,
    testcontainers::{ImageExt as _, TestcontainersError, runners::AsyncRunner as _},
};
use tokio::time;

/// Starts the first available kind of server, and prints which.
pub async fn start() -> PgConnectOptions {
    if let Ok(url) = env::var("TEST_DATABASE_URL") {
        say("tests use the server of TEST_DATABASE_URL");
        return url.parse().expect("TEST_DATABASE_URL is a database URL");
    }
    if engine_answers() {
        match container().await {
            Ok(options) => {
                say("tests use a container of postgres:17");
                return options;
            }
            Err(error) => say(&format!("tests cannot use a container: {error}")),
        }
    }
    match embedded().await {
        Ok(options) => {
            say("tests use the embedded PostgreSQL");
            options
        }
        Err(error) => panic!(
            "tests need a database: set TEST_DATABASE_URL, or start a container engine, or help the \
             embedded server along: {error}"
        ),
    }
}

/// Writes past the test harness, which shows output only of failed tests.
fn say(line: &str) {
    let _ = io::stderr().write_all(format!("{line}\n").as_bytes());
}

/// Checks for a container engine first, because testcontainers panics without one.
fn engine_answers() -> bool {
    let host = env::var("DOCKER_HOST").unwrap_or_else(|_| "unix:///var/run/docker.sock".into());
    let answer = match host.split_once("://") {
        Some(("unix", path)) => UnixStream::connect(path).and_then(ping),
        Some((_, address)) => TcpStream::connect(address).and_then(ping),
        None => return false,
    };
    answer.is_ok_and(|answer| answer.contains("200 OK"))
}

fn ping(mut engine: impl Read + Write) -> io::Result<String> {
    engine.write_all(b"GET /_ping HTTP/1.0\r\n\r\n")?;
    let mut answer = String::new();
    engine.read_to_string(&mut answer)?;
    Ok(answer)
}

async fn container() -> Result<PgConnectOptions, TestcontainersError> {
    let settings = ["-c", "fsync=off", "-c", "max_connections=300"];
    let container = Postgres::default().with_tag("17").with_cmd(settings).start().await?;
    let options = PgConnectOptions::new_without_pgpass()
        .port(container.get_host_port_ipv4(5432).await?)
        .username("postgres")
        .password("postgres")
        .database("postgres");
    // Some engines publish ports on the loopback only, also when this process seems to be in a
    // container.
    let hosts = [container.get_host().await?.to_string(), "localhost".to_owned()];
    let options = hosts.map(|host| options.clone().host(&host));
    when_this_process_ends(r#"exec docker rm --force --volumes "$0""#, container.id());
    mem::forget(container);
    Ok(whichever_connects(&options).await)
}

/// Waits for a server at one of these addresses.
async fn whichever_connects(addresses: &[PgConnectOptions]) -> PgConnectOptions {
    let end = Instant::now() + Duration::from_secs(30);
    loop {
        for address in addresses {
            match address.connect().await {
                Ok(_) => return address.clone(),
                Err(error) => assert!(Instant::now() < end, "the container is not there: {error}"),
            }
        }
        time::sleep(Duration::from_millis(50)).await;
    }
}

/// A directory in memory, if there is one with 2 GiB. To create a database makes a thousand files.
fn fast_place() -> PathBuf {
    const NEEDED_KIB: u64 = 2 << 20;

    let memory = Path::new("/dev/shm");
    let free = Command::new("df").arg("-Pk").arg(memory).output().ok().and_then(|listed| {
        let listed = String::from_utf8(listed.stdout).ok()?;
        listed.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()
    });
    if free.is_some_and(|free: u64| free >= NEEDED_KIB) {
        memory.to_owned()
    } else {
        env::temp_dir()
    }
}

async fn embedded() -> postgres::Result<PgConnectOptions> {
    // When this process runs as root, another account runs the server and must be able to enter.
    let open = Permissions::from_mode(0o755);
    let directory =
        tempfile::Builder::new().prefix("heymilo-sync-").permissions(open).tempdir_in(fast_place());
    let base_dir = directory.expect("the directory is writable").keep();
    // The server's own watchdog stops it. Its files can be removed once it is down.
    when_this_process_ends(
        r#"while [ -e "$0/data/postmaster.pid" ]; do sleep 0.1; done; exec rm -rf "$0""#,
        &base_dir.to_string_lossy(),
    );

    let start_timeout = Duration::from_secs(30);
    let options = Options { bin_dir: None, base_dir, durable: false, start_timeout };
    let server = Server::start(&options).await?;
    let options = server.connect_options().database("postgres");
    mem::forget(server);
    Ok(options)
}

/// Starts a shell that runs the script when its input ends, which happens when this process ends.
fn when_this_process_ends(script: &str, argument: &str) {
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", &format!("read -r _; {script}"), argument]);
    shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
    mem::forget(shell.spawn().expect("there is a shell"));
}
