//! A directory with a database cluster, and the PostgreSQL programs that work on it.

use std::{
    fs::{self, DirBuilder, File, TryLockError},
    io::Write as _,
    os::unix::{
        fs::{DirBuilderExt as _, OpenOptionsExt as _},
        net::UnixStream,
    },
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use super::{Error, Options, Result, account::Account, binaries::Binaries};

/// The name of the database, made together with the cluster.
pub(super) const DATABASE: &str = "heymilo";

/// The number in the socket's name. The server does not listen on the network.
pub(super) const PORT: u16 = 5432;

/// The shortest limit of the supported systems (macOS: 104 bytes with the closing zero).
const MAX_SOCKET_PATH_BYTES: usize = 103;

/// A killed predecessor holds the lock until its watchdog has stopped its server.
const LOCK_TIMEOUT: Duration = Duration::from_secs(3);

/// A cluster whose directory this process has locked.
#[derive(Debug)]
pub(super) struct Cluster {
    base: PathBuf,
    lock: File,
    account: Account,
    binaries: Binaries,
}

impl Cluster {
    /// Locks the directory and creates what is missing in it.
    pub(super) fn open(options: &Options) -> Result<Self> {
        let base = &options.base_dir;
        fs::create_dir_all(base).map_err(Error::at(base))?;
        let base = fs::canonicalize(base).map_err(Error::at(base))?;
        let socket = base.join(format!("run/.s.PGSQL.{PORT}"));
        if socket.as_os_str().len() > MAX_SOCKET_PATH_BYTES {
            return Err(Error::PathTooLong(socket));
        }

        let lock = lock(&base)?;
        let account = Account::choose(&base.join("data"))?;
        let binaries = Binaries::find(options.bin_dir.as_deref(), &base.join("data"))?;
        let cluster = Self { base, lock, account, binaries };
        cluster.create_private_directory(&cluster.run())?;
        if !cluster.data().exists() {
            cluster.initialize(options.durable)?;
        }
        Ok(cluster)
    }

    /// Gives the directory with the data.
    pub(super) fn data(&self) -> PathBuf {
        self.base.join("data")
    }

    /// Gives the directory with the socket.
    pub(super) fn run(&self) -> PathBuf {
        self.base.join("run")
    }

    /// Gives the server's log.
    pub(super) fn log(&self) -> PathBuf {
        self.base.join("postgres.log")
    }

    /// Gives another handle of the lock: the directory stays locked until all are closed.
    pub(super) fn share_lock(&self) -> Result<File> {
        self.lock.try_clone().map_err(Error::at(&self.base))
    }

    /// Gives the path of one of PostgreSQL's programs.
    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.binaries.program(name)
    }

    /// Prepares a program to run as the server's account.
    pub(super) fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        // The account may not be allowed to enter our directory, and our locale may not exist.
        command.current_dir("/").env("LC_ALL", "C").stdin(Stdio::null());
        self.account.lend_to(&mut command);
        command
    }

    /// Starts the server and waits until it answers. Stops a server that a crash left behind.
    pub(super) fn start(&self, options: &Options) -> Result<()> {
        if UnixStream::connect(self.run().join(format!(".s.PGSQL.{PORT}"))).is_ok() {
            self.control(&["stop", "-m", "fast"])?;
        }
        // The path of the socket is relative to the data, so that nothing needs quoting. To compile a
        // statement of this program takes longer than to run it.
        let mut settings =
            format!("-k ../run -p {PORT} -c listen_addresses= -c max_connections=300 -c jit=off");
        if !options.durable {
            settings += " -c fsync=off -c synchronous_commit=off -c full_page_writes=off";
        }
        let timeout = options.start_timeout.as_secs().max(1).to_string();
        let log = self.log();
        self.control(&["start", "-t", &timeout, "-o", &settings, "-l", &log.to_string_lossy()])
    }

    fn control(&self, arguments: &[&str]) -> Result<()> {
        let program = self.program("pg_ctl");
        let log = self.open_log()?;
        let said_before = log.metadata().map_or(0, |metadata| metadata.len());

        let mut command = self.command(&program);
        command.args(arguments).args(["-s", "-w", "-D"]).arg(self.data());
        // The server would keep a pipe open, and reading it would last as long as the server runs.
        let status =
            command.stdout(Stdio::null()).stderr(log).status().map_err(Error::at(program))?;
        if status.success() {
            return Ok(());
        }
        let mut said = fs::read(self.log()).map_err(Error::at(self.log()))?;
        let message = said.split_off(said.len().min(said_before as usize));
        Err(failed("pg_ctl", &message))
    }

    /// Creates the cluster under another name and renames it, so that a crash leaves none or a
    /// complete one.
    fn initialize(&self, durable: bool) -> Result<()> {
        let unfinished = self.base.join("data.new");
        if unfinished.exists() {
            fs::remove_dir_all(&unfinished).map_err(Error::at(&unfinished))?;
        }
        self.create_private_directory(&unfinished)?;
        // Some systems lack C.UTF-8. C sorts the same way, but knows only the case of ASCII
        // letters.
        self.initdb(&unfinished, "C.UTF-8", durable)
            .or_else(|_| self.initdb(&unfinished, "C", durable))?;
        self.create_database(&unfinished)?;
        fs::rename(&unfinished, self.data()).map_err(Error::at(self.data()))
    }

    fn initdb(&self, data: &Path, locale: &str, durable: bool) -> Result<()> {
        let mut command = self.command(self.program("initdb"));
        command.args(["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale", locale]);
        command.args((!durable).then_some("--no-sync")).arg("-D").arg(data);
        let output = command.output().map_err(Error::at(self.program("initdb")))?;
        succeeded("initdb", &output)
    }

    /// Creates the database with a server that accepts no connections and ends at once.
    fn create_database(&self, data: &Path) -> Result<()> {
        let program = self.program("postgres");
        let mut command = self.command(&program);
        command.args(["--single", "-c", "exit_on_error=on", "-D"]).arg(data).arg("postgres");
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(Error::at(&program))?;
        let mut stdin = child.stdin.take().expect("standard input is piped");
        // A server that ended early gives the reason on its standard error.
        let _ = writeln!(stdin, "create database {DATABASE}");
        drop(stdin);
        let output = child.wait_with_output().map_err(Error::at(&program))?;
        succeeded("postgres", &output)
    }

    fn create_private_directory(&self, path: &Path) -> Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(Error::at(path))?;
        self.account.own(path).map_err(Error::at(path))
    }

    fn open_log(&self) -> Result<File> {
        let path = self.log();
        // PostgreSQL's messages about failed statements may name people.
        let log = File::options().create(true).append(true).mode(0o600).open(&path);
        let log = log.map_err(Error::at(&path))?;
        self.account.own(&path).map_err(Error::at(&path))?;
        Ok(log)
    }
}

fn lock(base: &Path) -> Result<File> {
    let path = base.join("lock");
    let file = File::options().create(true).append(true).open(&path).map_err(Error::at(&path))?;
    let since = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(error)) => return Err(Error::at(path)(error)),
            Err(TryLockError::WouldBlock) if since.elapsed() > LOCK_TIMEOUT => {
                return Err(Error::Locked(base.to_path_buf()));
            }
            Err(TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(20)),
        }
    }
}

fn succeeded(program: &'static str, output: &Output) -> Result<()> {
    if output.status.success() { Ok(()) } else { Err(failed(program, &output.stderr)) }
}

fn failed(program: &'static str, said: &[u8]) -> Error {
    Error::Failed { program, message: String::from_utf8_lossy(said).trim().to_owned() }
}
