//! The cost of the views and of the cookbook's queries on 10,000 interviews: `cargo bench --bench
//! analysts`.
//!
//! The daemon fills a private Postgres from a simulated HeyMilo. The benchmark prints how long each
//! view and query takes, and which big tables it scans. Then it prints how often each index was
//! used, also by the daemon. It fails when a view or query takes too long, or when an index is
//! never used.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a program for a person at a terminal"
)]

#[allow(dead_code, reason = "the tests ask more of it")]
#[path = "../tests/it/support/cookbook.rs"]
mod cookbook;

use std::{
    collections::{BTreeSet, HashMap},
    fs::Permissions,
    os::unix::fs::PermissionsExt as _,
    time::{Duration, Instant},
};

use futures_util::TryStreamExt as _;
use heymilo_sync::{
    app::{self, Daemon},
    config::Config,
    postgres,
    simulator::{Options, Simulator},
    store::{database, erasures::Named, migrations},
    sync::{Cause, Remover},
};
use serde_json::Value;
use sqlx::{AssertSqlSafe, PgPool, postgres::PgPoolCopyExt as _};
use tokio::{net::TcpListener, time};

const INTERVIEWS: usize = 10_000;
/// A table of more rows is big.
const BIG: f64 = 10_000.0;
/// The limit for every view.
const LIMIT: Duration = Duration::from_secs(1);
/// The limit for every search.
const SEARCH_LIMIT: Duration = Duration::from_millis(50);

#[tokio::main]
async fn main() {
    // When this process runs as root, another account runs the server and must be able to enter.
    let open = Permissions::from_mode(0o755);
    let directory = tempfile::Builder::new().permissions(open).tempdir().unwrap();
    let server = postgres::Server::start(&postgres::Options {
        bin_dir: None,
        base_dir: directory.path().join("postgres"),
        durable: false,
        start_timeout: Duration::from_secs(60),
    })
    .await
    .unwrap();
    let db = database::pool(server.connect_options(), 8);
    migrations::migrate(&db).await.unwrap();
    let began = Instant::now();
    let (config, daemon) = fill(&db).await;
    println!("{INTERVIEWS} interviews written in {:.0?}", began.elapsed());

    let sizes = sizes(&db).await;
    let mut questions: Vec<(String, String)> = views(&db).await;
    questions
        .extend(cookbook::questions().into_iter().map(|question| (question.title, question.sql)));
    println!("\n{:>9}  {:>7}  question", "time", "rows");
    let mut slow = 0;
    for (name, sql) in questions {
        slow += usize::from(measure(&db, &name, &sql, &sizes).await > LIMIT);
    }
    println!("\n{slow} of them take longer than {LIMIT:?}");
    let mut slow_searches = 0;
    println!("\n{:>9}  {:>7}  search", "time", "found");
    for words in searches(&db).await {
        slow_searches += usize::from(measure_search(&db, &words).await > SEARCH_LIMIT);
    }
    println!("\n{slow_searches} of them take longer than {SEARCH_LIMIT:?}");
    operate(&config, &daemon, &db).await;
    // Postgres adds a connection's counts when the connection ends.
    db.close().await;
    let db = database::pool(server.connect_options(), 1);
    while others(&db).await > 0 {
        time::sleep(Duration::from_millis(10)).await;
    }
    println!("\n{:>9}  index", "used");
    let uses = uses(&db).await;
    for (name, used) in &uses {
        println!("{used:>9}  {name}");
    }
    let unused = uses.iter().filter(|(_, used)| *used == 0).count();
    println!("\n{unused} of them are of no use");
    db.close().await;
    server.stop().await.unwrap();
    if slow + slow_searches + unused > 0 {
        std::process::exit(1);
    }
}

/// Copies everything, and again after two simulated days, so that there are changes.
async fn fill(db: &PgPool) -> (Config, Daemon) {
    let simulator = Simulator::new(Options {
        postings: 20,
        candidates: INTERVIEWS,
        arrivals_per_day: 0.0,
        speed: 0.0,
        requests_per_minute: None,
        ..Options::default()
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let router = simulator.router();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });

    let environment = [
        ("HEYMILO_API_KEY", "simulated"),
        ("HEYMILO_SYNC__HEYMILO__BASE_URL", &address),
        ("HEYMILO_SYNC__HEYMILO__REQUESTS_PER_MINUTE", "10000000"),
        ("HEYMILO_SYNC__WORKER__CONCURRENCY", "40"),
        ("HEYMILO_SYNC__DEMOGRAPHICS__SEX", "data.eeo_gender"),
        ("HEYMILO_SYNC__DEMOGRAPHICS__RACE", "data.eeo_race"),
        ("HEYMILO_SYNC__RETENTION__TRANSCRIPTS", "36500d"),
    ];
    let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let config = Config::load(None, environment).unwrap();
    let daemon = Daemon::new(config.clone(), db.clone()).unwrap();
    daemon.set_up_reporting().await.unwrap();
    let runtime = &daemon.workspaces()[0];
    let engine = daemon.engine(runtime);
    for days in [2, 0] {
        sqlx::query("update heymilo_sync.cursors set due_at = now()").execute(db).await.unwrap();
        engine.poll().await.unwrap();
        while engine.fetch().await.unwrap() > 0 {}
        simulator.advance(Duration::from_secs(days * 24 * 3600));
    }
    while daemon.indexer().step().await.unwrap() > 0 {}
    age(db).await;
    sqlx::query("vacuum analyze").execute(db).await.unwrap();
    (config, daemon)
}

/// Spreads the interviews over a quarter of a year, each with some deliveries.
async fn age(db: &PgPool) {
    sqlx::raw_sql(
        "update heymilo_sync.snapshots
         set written_at = now() - interval '90 days' * (1 - aged.share)
         from (
             select workspace_id, kind, subject_id, version,
                    percent_rank() over (order by written_at) as share
             from heymilo_sync.snapshots
         ) as aged
         where (snapshots.workspace_id, snapshots.kind, snapshots.subject_id, snapshots.version)
             = (aged.workspace_id, aged.kind, aged.subject_id, aged.version);

         insert into heymilo_sync.inbox
             (receipt_id, workspace_id, received_at, method, body, interview_ids)
         select gen_random_uuid(), workspace_id, now() - interval '90 days' * random(), 'POST', '',
                array[interview_id]
         from heymilo.interviews
         cross join generate_series(1, 5)",
    )
    .execute(db)
    .await
    .unwrap();
}

/// Does the daemon's and the operator's other work: reads the status, applies retention, and
/// previews an erasure.
async fn operate(config: &Config, daemon: &Daemon, db: &PgPool) {
    app::status_reader(config, db.clone()).read(None).await;
    let runtime = &daemon.workspaces()[0];
    daemon.retention(runtime).step().await.unwrap();
    let candidate_id = "select min(candidate_id) from heymilo.interviews";
    let candidate_id: String = sqlx::query_scalar(candidate_id).fetch_one(db).await.unwrap();
    let person = Named { candidate_id: Some(candidate_id), ..Named::default() };
    let workspace = runtime.workspace();
    let (id, tombstones) = (workspace.id.clone(), workspace.tombstones.clone());
    let remover =
        Remover::new(db.clone(), id, "/nonexistent".into(), "/nonexistent".into(), tombstones);
    remover.preview(&Cause::Asked { named: person, by: None }).await.unwrap();
}

/// The number of other connections.
async fn others(db: &PgPool) -> i64 {
    sqlx::query_scalar(
        "select count(*) from pg_stat_activity
         where backend_type = 'client backend' and pid <> pg_backend_pid()",
    )
    .fetch_one(db)
    .await
    .unwrap()
}

/// How often each index that is not a table's key was used.
async fn uses(db: &PgPool) -> Vec<(String, i64)> {
    sqlx::query_as(
        "select format('%s.%s', schemaname, indexrelname), idx_scan
         from pg_stat_user_indexes
         where schemaname like 'heymilo%'
           and not exists (select from pg_constraint where conindid = indexrelid)
         order by idx_scan, indexrelname",
    )
    .fetch_all(db)
    .await
    .unwrap()
}

/// Searches for words that few, some and most interviews hold, and for two of them together.
async fn searches(db: &PgPool) -> Vec<String> {
    let words: Vec<(String, i32)> = sqlx::query_as(
        "select word, ndoc
         from ts_stat('select document from heymilo_sync.search_documents')
         where word ~ '^[a-z]{4,}$'
         order by ndoc desc, word",
    )
    .fetch_all(db)
    .await
    .unwrap();
    let at_most = |most: usize| {
        let found = words.iter().find(|(_, documents)| *documents as usize <= most);
        found.or(words.last()).map(|(word, _)| word.clone()).unwrap()
    };
    let [most, some, few] = [INTERVIEWS, INTERVIEWS / 10, INTERVIEWS / 100].map(at_most);
    let next = words[1].0.clone();
    let both = format!("{most} {next}");
    let [either, phrase] = [format!("{most} or {some}"), "\"it took us\"".to_owned()];
    vec![few, some, most, both, either, phrase]
}

/// Prints the cost of a search, the best of five and the median. Returns the best.
async fn measure_search(db: &PgPool, words: &str) -> Duration {
    let mut times = Vec::new();
    for _ in 0..5 {
        let began = Instant::now();
        let search = "select count(turns) from heymilo.search_transcripts($1)";
        sqlx::query(search).bind(words).execute(db).await.unwrap();
        times.push(began.elapsed());
    }
    times.sort_unstable();
    let found: i64 = sqlx::query_scalar(
        "select count(*) from heymilo_sync.search_documents
         where document @@ websearch_to_tsquery('english', $1)",
    )
    .bind(words)
    .fetch_one(db)
    .await
    .unwrap();
    println!(
        "{:>6} ms  {found:>7}  {words} (median {} ms)",
        times[0].as_millis(),
        times[2].as_millis()
    );
    times[0]
}

/// The number of rows of each table.
async fn sizes(db: &PgPool) -> HashMap<String, f64> {
    let sizes: Vec<(String, f32)> = sqlx::query_as(
        "select relname::text, reltuples
         from pg_class
         where relnamespace in ('heymilo'::regnamespace, 'heymilo_sync'::regnamespace)",
    )
    .fetch_all(db)
    .await
    .unwrap();
    sizes.into_iter().map(|(table, rows)| (table, f64::from(rows))).collect()
}

async fn views(db: &PgPool) -> Vec<(String, String)> {
    let names: Vec<String> = sqlx::query_scalar(
        "select table_schema || '.' || table_name
         from information_schema.views
         where table_schema like 'heymilo%'
         order by 1",
    )
    .fetch_all(db)
    .await
    .unwrap();
    names.into_iter().map(|name| (name.clone(), format!("select * from {name}"))).collect()
}

/// Prints the cost of a query. Returns the best time of three.
async fn measure(db: &PgPool, name: &str, sql: &str, sizes: &HashMap<String, f64>) -> Duration {
    let mut best = Duration::MAX;
    let mut rows = 0;
    for _ in 0..3 {
        let began = Instant::now();
        rows = copy(db, sql).await;
        best = best.min(began.elapsed());
    }
    let explain = format!("explain (analyze, buffers, format json) {sql}");
    let plan: Value = sqlx::query_scalar(AssertSqlSafe(explain)).fetch_one(db).await.unwrap();
    let mut scanned = BTreeSet::new();
    scans(&plan[0]["Plan"], sizes, &mut scanned);
    println!("{:>6} ms  {rows:>7}  {name}", best.as_millis());
    if !scanned.is_empty() {
        println!("{:20}reads all of {}", "", scanned.into_iter().collect::<Vec<_>>().join(", "));
    }
    best
}

/// Fetches the whole answer of a query as text, without parsing it. Returns the number of rows.
async fn copy(db: &PgPool, sql: &str) -> usize {
    let rows = db.copy_out_raw(&format!("copy ({sql}) to stdout")).await.unwrap();
    // Postgres sends each row as a message.
    rows.try_fold(0, |count, _| async move { Ok(count + 1) }).await.unwrap()
}

/// Collects the big tables that a plan scans completely.
fn scans(plan: &Value, sizes: &HashMap<String, f64>, scanned: &mut BTreeSet<String>) {
    let table = plan["Relation Name"].as_str().unwrap_or_default();
    let is_big = sizes.get(table).is_some_and(|rows| *rows >= BIG);
    if is_big && plan["Node Type"] == "Seq Scan" {
        scanned.insert(table.to_owned());
    }
    for part in plan["Plans"].as_array().into_iter().flatten() {
        scans(part, sizes, scanned);
    }
}
