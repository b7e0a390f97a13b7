//! Secrets and personal data stay out of the log, at any log level.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use heymilo_sync::simulator::{Options, Simulator};
use serde_json::{Value, json};
use sqlx::{Executor as _, PgPool};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use crate::support::{database::database, role, role::Role, waiting::becomes_true};

const API_KEY: &str = "key-of-the-workspace";
const TOKEN: &str = "token-of-the-webhook";
const WRONG_TOKEN: &str = "a-wrong-token";
const OPERATIONS_TOKEN: &str = "token-of-operators";
/// More than the test needs. Without it, a failure would hang.
const WAIT_LIMIT: Duration = Duration::from_secs(60);

/// The daemon and the commands beside it. All write their output to files.
struct Program {
    settings: Vec<(&'static str, String)>,
    said: TempDir,
    public: String,
    operations: String,
}

impl Program {
    async fn new(database_url: String, base_url: String) -> Self {
        let [public, operations] =
            [TcpListener::bind("127.0.0.1:0").await, TcpListener::bind("127.0.0.1:0").await]
                .map(|listener| listener.unwrap().local_addr().unwrap().to_string());
        let settings = vec![
            ("DATABASE_URL", database_url),
            ("HEYMILO_API_KEY", API_KEY.to_owned()),
            ("HEYMILO_WEBHOOK_TOKEN", TOKEN.to_owned()),
            ("HEYMILO_OPERATIONS_TOKEN", OPERATIONS_TOKEN.to_owned()),
            ("HEYMILO_SYNC__DATABASE__MIGRATE", "false".to_owned()),
            ("HEYMILO_SYNC__HEYMILO__BASE_URL", base_url),
            ("HEYMILO_SYNC__HEYMILO__REQUESTS_PER_MINUTE", "100000".to_owned()),
            ("HEYMILO_SYNC__HTTP__LISTEN", public.clone()),
            ("HEYMILO_SYNC__OPERATIONS__LISTEN", operations.clone()),
            ("HEYMILO_SYNC__LOG__FILTER", "trace".to_owned()),
        ];
        Self { settings, said: tempfile::tempdir().unwrap(), public, operations }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.said.path().join(name)
    }

    fn spawn(&self, arguments: &[&str], name: &str) -> Child {
        let said = File::create(self.file(name)).unwrap();
        Command::new(env!("CARGO_BIN_EXE_heymilo-sync"))
            .args(arguments)
            .env_clear()
            .envs(self.settings.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(said.try_clone().unwrap())
            .stderr(said)
            .spawn()
            .unwrap()
    }

    /// Runs a command to its end, successful or not.
    async fn run(&self, arguments: &[&str]) {
        let mut child = self.spawn(arguments, &arguments.join("-"));
        tokio::task::spawn_blocking(move || child.wait()).await.unwrap().unwrap();
    }

    /// The output of all processes.
    fn said(&self) -> String {
        let files = fs::read_dir(self.said.path()).unwrap();
        files.map(|file| fs::read_to_string(file.unwrap().path()).unwrap()).collect()
    }

    /// Sends a request. Returns the status.
    async fn send(&self, address: &str, head: &str, body: &str) -> u16 {
        self.ask(address, head, body).await[9..12].parse().unwrap()
    }

    /// Sends a request. Returns the whole answer.
    async fn ask(&self, address: &str, head: &str, body: &str) -> String {
        let mut stream = loop {
            // A daemon that was just started may not listen yet.
            if let Ok(stream) = TcpStream::connect(address).await {
                break stream;
            }
            tokio::task::yield_now().await;
        };
        let length = body.len();
        let request = format!(
            "{head}\r\nhost: test\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    async fn deliver(&self, token: &str, body: &Value) -> u16 {
        let head = format!("POST /webhooks/heymilo/{token}?query=of-the-delivery HTTP/1.1");
        self.send(&self.public, &head, &body.to_string()).await
    }

    async fn operate(&self, token: &str) -> u16 {
        let head = format!("GET /readyz HTTP/1.1\r\nauthorization: Bearer {token}");
        self.send(&self.operations, &head, "").await
    }

    /// Writes the metrics to a file of their own.
    async fn scrape(&self, name: &str) {
        let head = format!("GET /metrics HTTP/1.1\r\nauthorization: Bearer {OPERATIONS_TOKEN}");
        fs::write(self.file(name), self.ask(&self.operations, &head, "").await).unwrap();
    }
}

/// A process that is killed when the test fails.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// Stops a daemon as an orchestrator does.
fn terminate(daemon: &mut Running) {
    let stop = Command::new("kill").args(["-TERM", &daemon.0.id().to_string()]).status();
    assert!(stop.unwrap().success());
    daemon.0.wait().unwrap();
}

async fn until(what: &str, so: impl AsyncFn() -> bool) {
    assert!(becomes_true(WAIT_LIMIT, so).await, "{what}: not so");
}

/// Every value of the analysts' tables that concerns a person: addresses, numbers, names, prose.
async fn personal(db: &PgPool) -> BTreeSet<String> {
    let rows: Vec<Value> = sqlx::query_scalar(
        "select to_jsonb(t) from heymilo.candidates t
         union all select to_jsonb(t) from heymilo.transcript_entries t
         union all select to_jsonb(t) from heymilo.scorecard_questions t
         union all select to_jsonb(t) from heymilo.sms_messages t
         union all select to_jsonb(t) from heymilo.form_answers t
         union all select to_jsonb(t) from heymilo.interviews t",
    )
    .fetch_all(db)
    .await
    .unwrap();
    let mut found = BTreeSet::new();
    for value in rows.iter().filter_map(Value::as_object).flat_map(|row| row.values()) {
        if let Some(text) = value.as_str()
            && text.len() >= 6
            && (text.contains([' ', '@']) || text.starts_with('+'))
        {
            found.insert(text.to_owned());
        }
    }
    found
}

/// The arguments of a process, as every user of the machine can see them.
fn arguments(process: &Child) -> String {
    let output = Command::new("ps").args(["-o", "args=", "-p", &process.id().to_string()]).output();
    String::from_utf8(output.unwrap().stdout).unwrap()
}

/// Refuses the rows of the next interview, with a message that quotes them.
const REFUSE_ROWS: &str = "
    create function refuse() returns trigger language plpgsql as $$
    begin raise exception 'refused: %', to_jsonb(new) using errcode = '23514'; end $$;
    create trigger refuse before insert or update on heymilo.interviews
        for each row execute function refuse()";

/// Makes a bit of everything happen to a daemon.
async fn live(program: &Program, db: &PgPool, heymilo: &Simulator) {
    let said = |words: &'static str| async move || program.said().contains(words);
    until("it syncs", said("interview synced")).await;
    let id = &heymilo.interview_ids()[0];
    let body = json!({ "interview_id": id, "candidate": { "email": "somebody@example.com" } });
    assert_eq!(program.deliver(TOKEN, &body).await, 202);
    assert_eq!(program.deliver(TOKEN, &json!({ "interview_id": "made-up" })).await, 202);
    assert_eq!(program.deliver(WRONG_TOKEN, &body).await, 404);
    assert_eq!(program.operate(OPERATIONS_TOKEN).await, 200);
    assert_eq!(program.operate(WRONG_TOKEN).await, 200);

    heymilo.refuse_keys(true);
    assert_eq!(program.deliver(TOKEN, &body).await, 202);
    until("the key is refused", said("refuses the API key")).await;
    heymilo.refuse_keys(false);
    db.execute("update heymilo_sync.connections set refused_at = null").await.unwrap();

    db.execute("alter table heymilo_sync.inbox rename to away").await.unwrap();
    assert_eq!(program.deliver(TOKEN, &body).await, 202, "it waits on disk");
    db.execute("alter table heymilo_sync.away rename to inbox").await.unwrap();

    db.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid()",
    )
    .await
    .unwrap();
    until("it is ready again", async || program.operate(OPERATIONS_TOKEN).await == 200).await;
    let answers = async || {
        program.scrape("metrics").await;
        program.said().contains("heymilo_sync_database_up 1")
    };
    until("the database answers a scrape", answers).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_says_a_secret_or_tells_of_a_person() {
    let db = database().await;
    let role = Role::create(&db, "daemon").await;
    role.grant_the_daemons_rights(&db).await;
    let options = Options {
        postings: 3,
        candidates: 60,
        speed: 0.0,
        api_key: API_KEY.to_owned(),
        requests_per_minute: None,
        ..Options::default()
    };
    let heymilo = Simulator::new(options);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let router = heymilo.router();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let program = Program::new(role.url(), address).await;

    let mut daemon = Running(program.spawn(&["run"], "run"));
    live(&program, &db, &heymilo).await;
    let arguments = arguments(&daemon.0);
    // A refused key is tried again after a minute, or by another process.
    terminate(&mut daemon);
    let mut daemon = Running(program.spawn(&["run"], "run-again"));
    until("it answers", async || program.operate(OPERATIONS_TOKEN).await == 200).await;
    db.execute(REFUSE_ROWS).await.unwrap();
    db.execute("delete from heymilo_sync.snapshots where kind = 'interview'").await.unwrap();
    program.run(&["backfill"]).await;
    program.run(&["replay"]).await;
    program.run(&["verify", "--deep", "5"]).await;
    program.run(&["status"]).await;
    program.run(&["failed", "list"]).await;
    db.execute("drop trigger refuse on heymilo.interviews").await.unwrap();
    for command in [
        &["config"][..],
        &["doctor"],
        &["verify", "--deep", "5"],
        &["replay"],
        &["sync"],
        &["status", "--json"],
        &["webhooks", "list"],
        &["failed", "show", &heymilo.interview_ids()[0]],
        &["erase", "--interview", &heymilo.interview_ids()[0], "--dry-run"],
    ] {
        program.run(command).await;
    }
    terminate(&mut daemon);

    let said = program.said();
    for words in [
        "delivery kept",
        "DEBUG",
        "refused",
        "(hidden)",
        "23514",
        "heymilo_sync_jobs{",
        "heymilo_sync_jobs_done_total",
    ] {
        assert!(said.contains(words), "{words:?} is not said, so this proves too little");
    }
    assert!(!said.contains("db.statement"), "a library tells details");
    let secrets = [API_KEY, TOKEN, WRONG_TOKEN, OPERATIONS_TOKEN, role::PASSWORD];
    let fragments = ["somebody@example.com", "of-the-delivery"];
    let people = personal(&db).await;
    assert!(people.len() > 300, "only {} values", people.len());
    for secret in secrets.into_iter().chain(fragments).chain(people.iter().map(String::as_str)) {
        if let Some(line) = said.lines().find(|line| line.contains(secret)) {
            panic!("{secret:?} is in: {line}");
        }
        assert!(!arguments.contains(secret), "{secret:?} is in the arguments");
    }
    role.remove(&db).await;
}
