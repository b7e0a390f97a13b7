//! A daemon under test, whose parts are driven step by step.

use std::{
    future::ready,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::connect_info::MockConnectInfo,
    http::{HeaderMap, Method, Request, StatusCode},
    response::Response,
};
use chrono::{DateTime, Utc};
use heymilo_sync::{
    app::{Daemon, Listeners},
    config::Config,
    files::Files,
    http::serve,
    intake::Intake,
    records::WorkspaceId,
    store::{contents::Scope, erasures::Named, owners::HEARTBEAT_TTL, snapshots},
    sync::{self, Cause, Command, Downloader, Engine, Expired, Removal, Remover, Report},
};
use serde_json::Value;
use sqlx::{AssertSqlSafe, PgPool};
use tempfile::TempDir;
use tokio::{
    net::TcpListener,
    task::JoinHandle,
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use super::{database::database, limits, waiting::becomes_true};

/// Longer than any condition that tests wait for.
const WAIT_LIMIT: Duration = Duration::from_secs(180);
/// The token in the webhooks' address.
pub const TOKEN: &str = "token-of-the-tests";

/// A daemon on a database of its own.
pub struct TestApp {
    pub db: PgPool,
    pub router: Router,
    engine: Engine,
    daemon: Daemon,
    spool: TempDir,
}

impl TestApp {
    /// Starts a daemon that copies the HeyMilo at `base_url`.
    pub async fn start(base_url: &str) -> Self {
        Self::start_with(base_url, []).await
    }

    /// Starts it with further settings, named as in the environment.
    pub async fn start_with<const N: usize>(base_url: &str, settings: [(&str, &str); N]) -> Self {
        Self::on(database().await, base_url, &settings)
    }

    /// Starts another daemon on the same database.
    pub fn replica(&self, base_url: &str) -> Self {
        Self::on(self.db.clone(), base_url, &[])
    }

    /// Starts another daemon on the same database with further settings.
    pub fn replica_with(&self, base_url: &str, settings: &[(&str, &str)]) -> Self {
        Self::on(self.db.clone(), base_url, settings)
    }

    /// Starts it on this database.
    pub fn start_on<const N: usize>(
        db: PgPool,
        base_url: &str,
        settings: [(&str, &str); N],
    ) -> Self {
        Self::on(db, base_url, &settings)
    }

    /// Puts a daemon on a database, for tests that drive its steps.
    pub fn on(db: PgPool, base_url: &str, settings: &[(&str, &str)]) -> Self {
        let spool = TempDir::new().unwrap();
        let defaults = [
            ("HEYMILO_SYNC__SPOOL__DIRECTORY", spool.path().to_str().unwrap()),
            ("HEYMILO_API_KEY", "simulated"),
            ("HEYMILO_WEBHOOK_TOKEN", TOKEN),
            ("HEYMILO_SYNC__HEYMILO__BASE_URL", base_url),
            ("HEYMILO_SYNC__HEYMILO__REQUESTS_PER_MINUTE", "1000000"),
        ];
        let limit = |(name, _): &&(&str, &str)| name.starts_with("limits.");
        let environment = defaults.iter().chain(settings).filter(|setting| !limit(setting));
        let environment = environment.map(|(name, value)| ((*name).into(), (*value).into()));
        let mut config = Config::load(None, environment).unwrap();
        for (name, value) in settings.iter().filter(limit) {
            limits::set(&mut config.limits, &name["limits.".len()..], value);
        }
        let daemon = Daemon::new(config, db.clone()).unwrap();
        let engine = daemon.engine(&daemon.workspaces()[0]);
        let router = with_an_address(daemon.router());
        Self { db, router, engine, daemon, spool }
    }

    /// Delivers JSON to the webhook's address.
    pub async fn deliver(&self, body: Value) -> StatusCode {
        self.send(Method::POST, &format!("/webhooks/heymilo/{TOKEN}"), body.to_string()).await
    }

    /// Sends a request to the public router.
    pub async fn send(&self, method: Method, path: &str, body: impl Into<Body>) -> StatusCode {
        self.ask(method, path, body).await.status()
    }

    /// Delivers a body with these headers.
    pub async fn deliver_packed(&self, headers: &[(&str, &str)], body: Vec<u8>) -> StatusCode {
        let mut request =
            Request::builder().method(Method::POST).uri(format!("/webhooks/heymilo/{TOKEN}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body)).unwrap();
        self.router.clone().oneshot(request).await.unwrap().status()
    }

    /// Sends a request to the public router, and returns the whole answer.
    pub async fn ask(&self, method: Method, path: &str, body: impl Into<Body>) -> Response {
        ask(&self.router, method, path, body.into()).await
    }

    /// The intake of its deliveries.
    pub fn intake(&self) -> &Intake {
        self.daemon.intake()
    }

    /// The directory of its spool.
    pub fn spool(&self) -> &Path {
        self.spool.path()
    }

    /// Sends a request to the operators' address. Returns the status and the answer.
    pub async fn operate(&self, path: &str, token: Option<&str>) -> (StatusCode, String) {
        let token = token.map(|token| format!("Bearer {token}"));
        let headers: Vec<_> = token.iter().map(|token| ("authorization", &**token)).collect();
        self.operate_as(Method::GET, path, &headers).await
    }

    /// Sends a request to the operators' address, with these headers.
    pub async fn operate_as(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
    ) -> (StatusCode, String) {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::empty()).unwrap();
        let response = self.daemon.operations_router().oneshot(request).await.unwrap();
        let status = response.status();
        let said = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, String::from_utf8(said.into()).unwrap())
    }

    /// The headers of an answer at the operators' address.
    pub async fn headers(&self, path: &str) -> HeaderMap {
        let request = Request::builder().uri(path).body(Body::empty()).unwrap();
        let response = self.daemon.operations_router().oneshot(request).await.unwrap();
        response.headers().clone()
    }

    /// Serves the public router at an address of its own until `shutdown`.
    pub async fn serve(&self, shutdown: CancellationToken) -> (SocketAddr, JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (router, limits) = (self.daemon.router(), self.daemon.limits());
        let served = tokio::spawn(async move { serve(listener, router, &limits, shutdown).await });
        (address, served)
    }

    /// The downloader of recordings and resumes.
    fn downloader(&self) -> Downloader {
        self.daemon
            .downloader(&self.daemon.workspaces()[0])
            .unwrap()
            .expect("the settings want files")
    }

    /// Downloads the due recordings and resumes. Returns their number.
    pub async fn download(&self) -> usize {
        self.downloader().step().await.unwrap()
    }

    /// Removes the contents that belong to no file, and those of downloads whose process died.
    pub async fn remove_files_of_none(&self) {
        self.downloader().remove_unclaimed().await.unwrap();
        self.downloader().remove_unfinished().await.unwrap();
    }

    /// Records links that were received before files were kept.
    pub async fn note_earlier_files(&self) {
        self.downloader().note_earlier().await.unwrap();
    }

    /// The file store.
    pub fn files(&self) -> Files {
        self.daemon.files().cloned().expect("the settings want files")
    }

    /// Reads every list that is due.
    pub async fn poll(&self) -> Report {
        as_owner(async || self.try_poll().await).await
    }

    /// Reads every list that is due, or fails.
    pub async fn try_poll(&self) -> sync::Result<Report> {
        self.engine.poll().await
    }

    /// The engine of its workspace.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Owns the workspace for an hour, as a daemon would.
    pub async fn own(&self) {
        let workspace = self.engine.workspace();
        assert!(workspace.owner.take().await.unwrap());
        workspace.heymilo.limiter().allow_until(Instant::now() + Duration::from_secs(3600));
        self.execute("update heymilo_sync.heartbeats set alive_until = now() + interval '1 hour'")
            .await;
    }

    /// Releases the workspace.
    pub async fn disown(&self) {
        self.engine.workspace().owner.release().await;
    }

    /// Writes the settings of dashboards, as each start does.
    pub async fn set_up_reporting(&self) {
        self.daemon.set_up_reporting().await.unwrap();
    }

    /// Begins a command.
    pub async fn command(&self) -> Command {
        Command::begin(self.engine.clone()).await.unwrap()
    }

    /// Makes every list due for a full scan.
    pub async fn forget_cursors(&self) {
        self.execute("delete from heymilo_sync.cursors").await;
        self.execute(
            "insert into heymilo_sync.cursors (workspace_id, list, posting_id)
             select workspace_id, list, posting_id
             from heymilo.postings
             cross join (values ('questions'), ('candidates')) as lists (list)",
        )
        .await;
    }

    /// Makes every list due, as the next poll would find it.
    pub async fn lists_are_due(&self) {
        self.execute("update heymilo_sync.cursors set due_at = now()").await;
    }

    /// Makes every candidates list due for a full scan.
    pub async fn full_scan_is_due(&self) {
        self.execute(
            "update heymilo_sync.cursors
             set due_at = now(), scanned_at = scanned_at - interval '1 year'
             where list = 'candidates'",
        )
        .await;
    }

    /// Does the work that is due now. Returns the number of jobs settled.
    pub async fn work(&self) -> usize {
        as_owner(async || self.try_work().await).await
    }

    /// Does the work that is due now, or fails.
    pub async fn try_work(&self) -> sync::Result<usize> {
        self.engine.fetch().await
    }

    /// Does the work that is due now, and again when that makes more due. Returns the number of
    /// jobs settled.
    pub async fn drain(&self) -> usize {
        let mut ran = 0;
        loop {
            match self.work().await {
                0 => return ran,
                jobs => ran += jobs,
            }
        }
    }

    /// Computes the due figures.
    pub async fn figure(&self) {
        self.daemon.figures().finish().await.unwrap();
    }

    /// Builds the due search documents. Returns their number.
    pub async fn index(&self) -> usize {
        self.daemon.indexer().step().await.unwrap()
    }

    /// Removes what is older than the settings allow.
    pub async fn expire(&self) -> Expired {
        self.daemon.retention(&self.daemon.workspaces()[0]).step().await.unwrap()
    }

    /// Drops the contents of deliveries that may be dropped. Returns their number.
    pub async fn tidy(&self, scope: Option<Scope>) -> usize {
        self.daemon.contents(&self.daemon.workspaces()[0]).step(scope).await.unwrap()
    }

    /// Erases a person, or only counts what would be erased.
    pub async fn erase(&self, named: Named, dry_run: bool) -> Removal {
        let by = Some("the tests".to_owned());
        let (remover, cause) = (self.remover(), Cause::Asked { named, by });
        let erased =
            if dry_run { remover.preview(&cause).await } else { remover.remove(&cause).await };
        remover.note_receipts().await.unwrap();
        erased.unwrap()
    }

    /// The remover of people from its workspace.
    pub fn remover(&self) -> Remover {
        let workspace = self.engine.workspace();
        let (db, id, spool) = (self.db.clone(), workspace.id.clone(), self.spool().to_owned());
        Remover::new(db, id, spool, self.receipts_file(), workspace.tombstones.clone())
    }

    /// Its file of receipts.
    pub fn receipts_file(&self) -> PathBuf {
        self.spool().join("erasures")
    }

    /// Makes everything in the database older, so that waits of an hour or a day are over.
    pub async fn age(&self, by: &str) {
        self.execute(&format!(
            "do $$
             declare
                 aged record;
             begin
                 for aged in
                     select
                         attrelid::regclass as relation,
                         string_agg(format('%1$I = %1$I - interval %2$L', attname, '{by}'), ', ') as columns
                     from pg_attribute
                     join pg_class on pg_class.oid = attrelid
                     where relnamespace in ('heymilo'::regnamespace, 'heymilo_sync'::regnamespace)
                       and relkind = 'r'
                       and atttypid = 'timestamptz'::regtype
                       and relname <> 'privacy_log'
                       and not attisdropped
                     group by attrelid
                 loop
                     execute format('update %s set %s', aged.relation, aged.columns);
                 end loop;
             end
             $$"
        ))
        .await;
    }

    /// Makes waiting jobs due.
    pub async fn let_time_pass(&self) {
        self.execute("update heymilo_sync.jobs set due_at = now()").await;
    }

    /// Lets time pass until no job is retried. Returns the number of attempts.
    pub async fn exhaust(&self) -> usize {
        let mut tries = 0;
        while self.count("heymilo_sync.jobs where failed_at is null").await > 0 {
            self.let_time_pass().await;
            tries += self.work().await;
        }
        tries
    }

    /// Asks until the answer is yes.
    pub async fn until(&self, question: &str, about: DateTime<Utc>) {
        let ask = || sqlx::query_scalar::<_, bool>(AssertSqlSafe(question)).bind(about);
        while !ask().fetch_one(&self.db).await.unwrap() {
            tokio::task::yield_now().await;
        }
    }

    /// Asks until the answer is yes. The database may be away meanwhile.
    pub async fn until_true(&self, question: &str) {
        until_true(&self.db, question).await;
    }

    /// Runs a statement.
    pub async fn execute(&self, statement: &str) {
        sqlx::query(AssertSqlSafe(statement)).execute(&self.db).await.unwrap();
    }

    /// Asks for one value.
    pub async fn value<T>(&self, query: &str) -> T
    where
        T: for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres> + Send + Unpin,
    {
        sqlx::query_scalar(AssertSqlSafe(query)).fetch_one(&self.db).await.unwrap()
    }

    /// HeyMilo's newest answer about an interview, as received.
    pub async fn snapshot(&self, interview_id: &str) -> Vec<u8> {
        let workspace = WorkspaceId::new("default").unwrap();
        let kind = snapshots::Kind::Interview;
        snapshots::newest(&self.db, &workspace, kind, interview_id).await.unwrap().unwrap()
    }

    /// Counts the rows of a table.
    pub async fn count(&self, table: &str) -> i64 {
        self.value(&format!("select count(*) from {table}")).await
    }

    /// The names of the analysts' tables.
    pub async fn table_names(&self) -> Vec<String> {
        sqlx::query_scalar(
            "select table_name::text from information_schema.tables
             where table_schema = 'heymilo' and table_type = 'BASE TABLE' order by 1",
        )
        .fetch_all(&self.db)
        .await
        .unwrap()
    }

    /// All rows of the analysts' tables as JSON, by table.
    pub async fn tables(&self) -> Value {
        let mut tables = serde_json::Map::new();
        for name in self.table_names().await {
            let query = format!(
                "select coalesce(jsonb_agg(to_jsonb(t) order by to_jsonb(t)::text), '[]')
                 from heymilo.{name} t"
            );
            tables.insert(name, self.value(&query).await);
        }
        Value::Object(tables)
    }
}

/// Asks a database until the answer is yes. The database may be away meanwhile.
pub async fn until_true(db: &PgPool, question: &str) {
    let is_so = async || {
        let answer = sqlx::query_scalar(AssertSqlSafe(question)).fetch_one(db);
        answer.await.unwrap_or(false)
    };
    assert!(becomes_true(WAIT_LIMIT, is_so).await, "it does not become true: {question}");
}

/// Does a step once the workspace is free. On a busy machine the release after an earlier step may
/// fail, and then the heartbeat ends after 8 s.
async fn as_owner<T>(step: impl AsyncFn() -> sync::Result<T>) -> T {
    let end = Instant::now() + 2 * HEARTBEAT_TTL;
    loop {
        match step().await {
            Err(sync::Error::OwnedElsewhere) if Instant::now() < end => {
                sleep(Duration::from_millis(100)).await;
            }
            done => return done.unwrap(),
        }
    }
}

/// A router that is driven without a connection. Its requests come from this machine.
pub fn with_an_address(router: Router) -> Router {
    router.layer(MockConnectInfo(SocketAddr::from(([127, 0, 0, 1], 1))))
}

/// A daemon that runs by itself.
pub struct Running {
    router: Router,
    shutdown: CancellationToken,
    ended: JoinHandle<anyhow::Result<()>>,
    _spool: TempDir,
}

impl Running {
    /// Starts a daemon that runs by itself.
    pub async fn start(app: TestApp) -> Self {
        let TestApp { router, daemon, spool, .. } = app;
        let bind = || TcpListener::bind("127.0.0.1:0");
        let (public, operations) = (bind().await.unwrap(), bind().await.unwrap());
        let listeners = Listeners { public, operations };
        let shutdown = CancellationToken::new();
        let ended = tokio::spawn(daemon.run(listeners, ready(Ok(())), shutdown.clone()));
        Self { router, shutdown, ended, _spool: spool }
    }

    /// Delivers JSON to the webhook's address.
    pub async fn deliver(&self, body: Value) -> StatusCode {
        let path = format!("/webhooks/heymilo/{TOKEN}");
        ask(&self.router, Method::POST, &path, body.to_string().into()).await.status()
    }

    /// Asks it to stop, and waits until it has stopped.
    pub async fn stop(self) {
        self.shutdown.cancel();
        self.ended.await.unwrap().unwrap();
    }
}

async fn ask(router: &Router, method: Method, path: &str, body: Body) -> Response {
    let request = Request::builder().method(method).uri(path).body(body).unwrap();
    router.clone().oneshot(request).await.unwrap()
}
