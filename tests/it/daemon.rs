//! The program as an operator sees it: its output, and when it stops.

use std::{
    io::Write as _,
    time::{Duration, Instant},
};

use heymilo_sync::simulator::Simulator;
use serde_json::{Value, json};
use sqlx::PgPool;
use tempfile::TempDir;

use crate::support::{
    app::TestApp,
    closed_port::ClosedPort,
    daemon::{Running, end_delivery, program, run, url},
    database::database,
    odd::OddHeyMilo,
    private::PrivatePostgres,
    simulated,
};

#[test]
fn without_a_key_it_says_what_to_set() {
    let (success, said) = run(program("run", []));

    assert!(!success);
    assert!(said.contains("HEYMILO_API_KEY"), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
}

#[test]
fn without_a_key_and_a_simulated_heymilo_it_says_what_to_set() {
    let closed_port = ClosedPort::hold();
    let mut program = program("run", []);
    program.args(["--or-simulated", &format!("http://{closed_port}")]);

    let (success, said) = run(program);

    assert!(!success);
    assert!(said.contains("HEYMILO_API_KEY"), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_key_a_simulated_heymilo_is_copied_and_its_deliveries_are_taken() {
    let db = database().await;
    let (_, simulated) = simulated::heymilo().await;
    let without_key = [("HEYMILO_API_KEY", "")];

    let mut daemon =
        Running::start_as(&["--or-simulated", &simulated], &db, "http://127.0.0.1:1", &without_key);

    daemon.says("interview synced");
    assert_eq!(count(&db, "heymilo.workspaces where workspace_id = 'default'").await, 1);
    daemon.says("the password demo-operations-token");
    assert_eq!(Running::get(&daemon.operations, "/").0, 401, "from outside, with the token");
    daemon.says("webhook registrations kept");
    assert!(daemon.terminate());
}

#[tokio::test(flavor = "multi_thread")]
async fn with_json_every_line_of_the_log_is_an_object() {
    let db = database().await;
    let (_, base_url) = simulated::heymilo().await;
    let json = ("HEYMILO_SYNC__LOG__FORMAT", "json");
    let mut daemon = Running::start_with(&db, &base_url, &[json]);

    daemon.says("interview synced");
    daemon.signal("TERM");
    assert!(daemon.ends().success());

    for line in daemon.said.lines() {
        let line: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"));
        for field in ["timestamp", "level", "message"] {
            assert!(line[field].is_string(), "{field}: {line}");
        }
    }
    let synced = daemon.said.lines().find(|line| line.contains("interview synced")).unwrap();
    let synced: Value = serde_json::from_str(synced).unwrap();
    assert!(synced["interview.id"].is_string(), "{synced}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_may_not_migrate_waits_for_the_migration() {
    let db = database().await;
    let (_, base_url) = simulated::heymilo().await;
    sqlx::query("update heymilo_sync.migrations set success = false").execute(&db).await.unwrap();
    let migrate = ("HEYMILO_SYNC__DATABASE__MIGRATE", "false");
    let mut daemon = Running::start_with(&db, &base_url, &[migrate]);

    daemon.says("waiting for them");
    sqlx::query("update heymilo_sync.migrations set success = true").execute(&db).await.unwrap();

    daemon.says("heymilo-sync is running");
    assert!(daemon.terminate());
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_key_a_simulated_heymilo_is_left_alone() {
    let db = database().await;
    let (_, base_url) = simulated::heymilo().await;
    let (_, simulated) = simulated::heymilo().await;

    let mut daemon = Running::start_as(&["--or-simulated", &simulated], &db, &base_url, &[]);

    daemon.says("interview synced");
    assert!(!daemon.said.contains("copying the simulated HeyMilo"), "{}", daemon.said);
    assert!(daemon.terminate());
}

#[test]
fn an_unknown_setting_stops_the_start() {
    let (success, said) = run(program("run", [("HEYMILO_SYNC__WORKER__SPEED", "9")]));

    assert!(!success);
    assert!(said.contains("speed"), "{said}");
}

#[test]
fn a_database_that_is_away_is_waited_for_and_then_named() {
    let closed_port = ClosedPort::hold();
    let (success, said) = run(program(
        "run",
        [
            ("DATABASE_URL", &format!("postgres://heymilo:hunter2@{closed_port}/heymilo")),
            ("HEYMILO_API_KEY", "simulated"),
            ("HEYMILO_SYNC__DATABASE__CONNECT_TIMEOUT", "1s"),
        ],
    ));

    assert!(!success);
    assert!(said.contains("waiting for it"), "{said}");
    assert!(said.contains("DATABASE_URL"), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_starts_without_its_database_keeps_deliveries_in_the_spool() {
    let db = database().await;
    let (_, base_url) = simulated::heymilo().await;
    let closed_port = ClosedPort::hold();
    let directory = TempDir::new().unwrap();
    let spool = ("HEYMILO_SYNC__SPOOL__DIRECTORY", directory.path().to_str().unwrap());
    let away = format!("postgres://{closed_port}/heymilo");

    let mut daemon = Running::start_with(&db, &base_url, &[spool, ("DATABASE_URL", &away)]);
    daemon.says("waiting for it");
    assert_eq!(daemon.deliver("{}"), Some(202));
    assert_eq!(Running::get(&daemon.operations, "/readyz").0, 200);
    assert!(daemon.terminate());

    let successor = Running::start_with(&db, &base_url, &[spool]);
    let app = TestApp::on(db, &base_url, &[]);
    app.until_true("select count(*) = 1 from heymilo_sync.inbox").await;
    assert!(successor.terminate());
}

#[test]
fn colours_of_the_log_are_for_those_who_want_them() {
    let closed_port = ClosedPort::hold();
    let url = format!("postgres://{closed_port}/heymilo");
    let has_colours = |wanted: [(&str, &str); 2]| {
        let environment = [
            ("DATABASE_URL", url.as_str()),
            ("HEYMILO_API_KEY", "simulated"),
            ("HEYMILO_SYNC__DATABASE__CONNECT_TIMEOUT", "1s"),
        ];
        let mut program = program("run", environment);
        program.envs(wanted);
        let (_, said) = run(program);
        assert!(said.contains("waiting for it"), "{said}");
        said.contains("\u{1b}[")
    };

    assert!(!has_colours([("LANG", "C"), ("TERM", "xterm")]));
    assert!(has_colours([("CLICOLOR_FORCE", "1"), ("TERM", "xterm")]));
    assert!(!has_colours([("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
}

#[tokio::test]
async fn a_database_that_is_newer_is_refused() {
    let db = database().await;
    sqlx::query(
        "insert into heymilo_sync.migrations (version, description, success, checksum, execution_time)
         values (99990101000000, 'of the future', true, '', 0)",
    )
    .execute(&db)
    .await
    .unwrap();

    let environment = [("DATABASE_URL", &*url(&db)), ("HEYMILO_API_KEY", "simulated")];
    let (success, said) = run(program("run", environment));

    assert!(!success);
    assert!(said.contains("newer heymilo-sync"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_runs_until_it_is_asked_to_stop() {
    let db = database().await;
    let (_, base_url) = simulated::heymilo().await;
    let mut daemon = Running::start(&db, &base_url);

    daemon.says("interview synced");

    assert_eq!(Running::get(&daemon.public, "/healthz").0, 200);
    assert_eq!(Running::get(&daemon.public, "/readyz").0, 404);
    assert_eq!(Running::get(&daemon.operations, "/readyz").0, 200);
    assert!(daemon.terminate());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_key_is_said_once_and_the_daemon_stays_up() {
    let db = database().await;
    let (heymilo, base_url) = simulated::heymilo().await;
    let heymilo: Simulator = heymilo;
    heymilo.refuse_keys(true);
    let mut daemon = Running::start(&db, &base_url);

    daemon.says("HeyMilo refuses the API key");

    let (status, answer) = Running::get(&daemon.operations, "/readyz");
    assert_eq!(status, 200);
    assert!(answer.contains(r#""api_key":"refused""#), "{answer}");
    assert_eq!(daemon.said.matches("refuses").count(), 1, "{}", daemon.said);
    assert!(!daemon.said.contains("simulated"), "{}", daemon.said);
    assert!(daemon.terminate());
}

/// A daemon that waits for the results of an interview, with this grace.
async fn with_a_fetch_in_flight(grace: &str) -> (Running, OddHeyMilo, PgPool) {
    let db = database().await;
    let (heymilo, base_url) = OddHeyMilo::start(json!({ "interview_id": "int_1" })).await;
    let grace = ("HEYMILO_SYNC__SHUTDOWN__GRACE", grace);
    let mut daemon = Running::start_with(&db, &base_url, &[grace]);
    daemon.says("heymilo-sync is running");
    assert_eq!(daemon.deliver(r#"{"interview_id": "int_1"}"#), Some(202));
    heymilo.asked().await;
    (daemon, heymilo, db)
}

async fn count(db: &PgPool, table: &str) -> i64 {
    let query = sqlx::AssertSqlSafe(format!("select count(*) from {table}"));
    sqlx::query_scalar(query).fetch_one(db).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_in_flight_is_finished_when_it_is_asked_to_stop() {
    let (mut daemon, heymilo, db) = with_a_fetch_in_flight("20s").await;
    daemon.signal("TERM");
    daemon.says("stopping");

    heymilo.release();

    assert!(daemon.ends().success());
    assert_eq!(count(&db, "heymilo.interviews").await, 1);
    assert_eq!(
        count(&db, "heymilo_sync.jobs where failed_at is null and due_at <= now()").await,
        0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_takes_longer_than_the_grace_is_given_back() {
    let (mut daemon, _heymilo, db) = with_a_fetch_in_flight("100ms").await;

    daemon.signal("TERM");

    assert!(daemon.ends().success());
    let given_back = "heymilo_sync.jobs where marks = 0 and attempt = 0 and due_at <= now()";
    assert_eq!(count(&db, given_back).await, 1);
}

/// Asks a daemon with a grace of two seconds to stop, and expects it to end a second later.
fn ends_after_two_seconds_of_grace(mut daemon: Running) {
    let asked = Instant::now();
    daemon.signal("TERM");
    assert!(daemon.ends().success(), "{}", daemon.said);
    // Two more seconds, for a machine on which tests compete.
    assert!(asked.elapsed() < Duration::from_secs(2 + 1 + 2), "{:?}", asked.elapsed());
}

const TWO_SECONDS: (&str, &str) = ("HEYMILO_SYNC__SHUTDOWN__GRACE", "2s");

#[tokio::test(flavor = "multi_thread")]
async fn a_hung_database_does_not_delay_the_end() {
    let postgres = PrivatePostgres::start().await;
    let (db, way) = postgres.slow_pool().await;
    let (_, base_url) = simulated::heymilo().await;
    let mut daemon = Running::start_with(&db, &base_url, &[TWO_SECONDS]);
    daemon.says("interview synced");

    way.takes(Duration::from_secs(3600));

    ends_after_two_seconds_of_grace(daemon);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hung_thread_does_not_delay_the_end() {
    let db = database().await;
    let (_, base_url) = simulated::heymilo().await;
    let away = format!("postgres://{}/heymilo", ClosedPort::hold());
    let hangs = ("FAILPOINTS", "delivery-spooled=sleep(3600000)");
    let environment = [TWO_SECONDS, hangs, ("DATABASE_URL", &away)];
    let mut daemon = Running::start_with(&db, &base_url, &environment);
    daemon.says("waiting for it");
    let mut delivery = daemon.begin_delivery(2).unwrap();
    delivery.write_all(b"{}").unwrap();
    // Requests are answered in their order.
    assert_eq!(Running::get(&daemon.public, "/healthz").0, 200);

    ends_after_two_seconds_of_grace(daemon);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_ends_it_at_once() {
    let (mut daemon, _heymilo, _db) = with_a_fetch_in_flight("20s").await;

    daemon.signal("TERM");
    daemon.says("stopping");
    daemon.signal("TERM");

    assert_eq!(daemon.ends().code(), Some(130));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_requests_are_answered_and_nothing_is_claimed_any_more() {
    let (mut daemon, heymilo, db) = with_a_fetch_in_flight("20s").await;
    let body = br#"{"interview_id": "int_2"}"#;
    let mut delivery = daemon.begin_delivery(body.len()).unwrap();
    // The answered request came later, so the head of the delivery has arrived.
    assert_eq!(Running::get(&daemon.public, "/healthz").0, 200);

    daemon.signal("TERM");
    daemon.says("stopping");
    delivery.write_all(body).unwrap();

    assert_eq!(end_delivery(delivery), Some(202));
    heymilo.release();
    assert!(daemon.ends().success());
    assert_eq!(
        count(&db, "heymilo_sync.jobs where interview_id = 'int_2' and attempt = 0").await,
        1
    );
}
