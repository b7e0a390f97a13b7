//! An API that is down or answers nonsense: no job is set aside, and few requests are sent.

use std::time::Duration;

use axum::http::StatusCode;
use serde_json::{Value, json};
use tokio::time;
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{any, header_exists},
};

use crate::support::{
    app::TestApp,
    closed_port::ClosedPort,
    daemon::Running,
    database::database,
    faulty::{Fault, Faulty},
    simulated,
    waiting::becomes_true,
};

/// Longer than an outage in these tests.
const WAIT_LIMIT: Duration = Duration::from_secs(60);
/// Short, so that a hanging request ends soon.
const TIMEOUT: (&str, &str) = ("HEYMILO_SYNC__HEYMILO__TIMEOUT", "300ms");
/// Small, so that the limit is reached soon. An interview of the simulator fits.
const MAX_BODY: (&str, &str) = ("limits.answer_bytes", "1000000");
/// How often an API that is down is asked.
const INTERVAL: (&str, &str) = ("limits.outage_interval", "200ms");

fn answer(status: &str, headers: &str, body: &str) -> Fault {
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n{headers}\r\n");
    Fault::Answer([head.as_bytes(), body.as_bytes()].concat())
}

/// A fetch meets the fault, waits, and succeeds afterwards: the interview is in the tables.
async fn passes(fault: Fault) {
    let (heymilo, address) = simulated::heymilo().await;
    let faulty = Faulty::before(&address).await;
    let app = TestApp::start_with(&faulty.address, [TIMEOUT, MAX_BODY]).await;
    let id = &heymilo.interview_ids()[0];
    app.deliver(json!({ "interview_id": id })).await;

    faulty.breaks(fault);
    assert_eq!(app.work().await, 1);

    assert_eq!(waiting(&app).await, json!([{ "attempt": 1, "failed_at": null }]));
    assert_eq!(app.count("heymilo.interviews").await, 0);

    faulty.heals();
    app.let_time_pass().await;
    app.drain().await;

    let known: String = app.value("select interview_id from heymilo.interviews").await;
    assert_eq!(known, *id);
    assert_eq!(app.count("heymilo_sync.jobs where last_error is not null").await, 0);
}

async fn waiting(app: &TestApp) -> Value {
    app.value(
        "select jsonb_agg(jsonb_build_object('attempt', attempt, 'failed_at', failed_at))
         from heymilo_sync.jobs where last_error is not null",
    )
    .await
}

#[tokio::test]
async fn a_refused_connection_passes() {
    let (heymilo, address) = simulated::heymilo().await;
    let closed_port = ClosedPort::hold();
    let app = TestApp::start_with(&format!("http://{closed_port}"), [TIMEOUT]).await;
    app.deliver(json!({ "interview_id": heymilo.interview_ids()[0] })).await;

    app.work().await;
    assert_eq!(waiting(&app).await, json!([{ "attempt": 1, "failed_at": null }]));

    let opened = closed_port.to_string();
    drop(closed_port);
    Faulty::listen(&opened, &address).await;
    app.let_time_pass().await;
    app.drain().await;
    assert_eq!(app.count("heymilo.interviews").await, 1);
}

#[tokio::test]
async fn a_name_that_is_not_found_passes() {
    let (heymilo, address) = simulated::heymilo().await;
    let app = TestApp::start_with("https://heymilo.invalid", [TIMEOUT]).await;
    app.deliver(json!({ "interview_id": heymilo.interview_ids()[0] })).await;

    app.work().await;
    assert_eq!(waiting(&app).await, json!([{ "attempt": 1, "failed_at": null }]));

    let found = app.replica(&address);
    found.let_time_pass().await;
    found.drain().await;
    assert_eq!(app.count("heymilo.interviews").await, 1);
}

#[tokio::test]
async fn silence_passes() {
    passes(Fault::Hang(Vec::new())).await;
}

#[tokio::test]
async fn a_body_that_stops_in_the_middle_passes() {
    let begun = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"data\": {\"interview_id\": ";
    passes(Fault::Hang(begun.to_vec())).await;
    passes(Fault::Answer(begun.to_vec())).await;
}

#[tokio::test]
async fn a_reset_connection_passes() {
    passes(Fault::Reset(Vec::new())).await;
    let begun = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"data\": {";
    passes(Fault::Reset(begun.to_vec())).await;
}

#[tokio::test]
async fn an_error_in_html_passes() {
    for status in ["500 Internal", "502 Bad Gateway", "503 Unavailable", "504 Timeout"] {
        passes(answer(status, "Content-Type: text/html\r\n", "<html>sorry</html>")).await;
    }
}

#[tokio::test]
async fn a_success_in_html_passes() {
    passes(answer("200 OK", "Content-Type: text/html\r\n", "<html>login</html>")).await;
}

#[tokio::test]
async fn an_empty_success_passes() {
    passes(answer("200 OK", "", "")).await;
    passes(answer("204 No Content", "", "")).await;
}

#[tokio::test]
async fn truncated_json_passes() {
    passes(answer("200 OK", "", r#"{"data": {"interview_id": "#)).await;
}

#[tokio::test]
async fn a_wrong_encoding_passes() {
    passes(answer("200 OK", "Content-Encoding: gzip\r\n", r#"{"data": {}}"#)).await;
}

#[tokio::test]
async fn a_body_without_an_end_passes() {
    let begun = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"data\": {";
    passes(Fault::Endless(begun.to_vec())).await;
}

#[tokio::test]
async fn a_refusal_without_a_time_passes() {
    passes_without_an_attempt(answer("429 Too Many Requests", "", "")).await;
}

fn refused_key() -> Fault {
    let refused = r#"{"error": {"type": "authentication_error", "code": "invalid_api_key"}}"#;
    answer("401 Unauthorized", "", refused)
}

#[tokio::test]
async fn a_refused_key_passes_once_it_is_accepted() {
    passes_without_an_attempt(refused_key()).await;
}

#[tokio::test]
async fn a_key_that_is_refused_for_an_hour_costs_a_request_a_minute_and_no_attempt() {
    let (heymilo, address) = simulated::heymilo().await;
    let faulty = Faulty::before(&address).await;
    let app = TestApp::start(&faulty.address).await;
    app.deliver(json!({ "interview_id": heymilo.interview_ids()[0] })).await;

    faulty.breaks(refused_key());
    for minutes in 1..=60 {
        app.work().await;
        assert_eq!(faulty.broken(), minutes);
        // This moves only the daemon's clock, and not the database's.
        time::pause();
        time::advance(Duration::from_secs(60)).await;
        time::resume();
    }
    assert_eq!(app.count("heymilo_sync.jobs where attempt = 0 and failed_at is null").await, 1);

    faulty.heals();
    app.drain().await;
    assert_eq!(app.count("heymilo.interviews").await, 1);
}

/// The same for faults that do not concern the interview. Another process finds that they are over.
async fn passes_without_an_attempt(fault: Fault) {
    let (heymilo, address) = simulated::heymilo().await;
    let faulty = Faulty::before(&address).await;
    let app = TestApp::start(&faulty.address).await;
    app.deliver(json!({ "interview_id": heymilo.interview_ids()[0] })).await;

    faulty.breaks(fault);
    app.work().await;
    assert_eq!(app.count("heymilo_sync.jobs where attempt = 0 and failed_at is null").await, 1);

    app.execute("update heymilo_sync.heartbeats set paused_until = null").await;
    app.replica(&address).drain().await;
    assert_eq!(app.count("heymilo.interviews").await, 1);
}

#[tokio::test]
async fn a_redirect_is_never_followed_and_passes() {
    let other = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200)).expect(0).mount(&other).await;
    Mock::given(header_exists("x-api-key"))
        .respond_with(ResponseTemplate::new(200))
        .expect(0)
        .mount(&other)
        .await;

    for status in ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"] {
        passes(answer(status, &format!("Location: {}/\r\n", other.uri()), "")).await;
    }
}

#[tokio::test]
async fn an_interview_larger_than_the_limit_is_set_aside_after_a_few_tries() {
    let (heymilo, address) = simulated::heymilo().await;
    let settings = [("limits.answer_bytes", "100")];
    let app = TestApp::start_with(&address, settings).await;
    app.deliver(json!({ "interview_id": heymilo.interview_ids()[0] })).await;

    assert_eq!(app.exhaust().await, 6);

    assert_eq!(app.count("heymilo_sync.jobs where failed_at is not null").await, 1);
}

#[tokio::test]
async fn an_api_that_is_down_is_asked_once_an_interval_and_found_when_it_is_back() {
    let (heymilo, address) = simulated::heymilo().await;
    let faulty = Faulty::before(&address).await;
    let app = TestApp::start_with(&faulty.address, [TIMEOUT, INTERVAL]).await;
    let ids = &heymilo.interview_ids()[..40];
    let named: Vec<Value> = ids.iter().map(|id| json!({ "interview_id": id })).collect();
    assert_eq!(app.deliver(named.into()).await, StatusCode::ACCEPTED);

    faulty.breaks(answer("503 Unavailable", "", "<html>down</html>"));
    app.work().await;
    let until_noticed = faulty.broken();
    // The requests that are under way at the same time still end.
    assert!((10..=17).contains(&until_noticed), "{until_noticed}");
    assert_eq!(app.count("heymilo_sync.connections where down_at is not null").await, 1);

    app.let_time_pass().await;
    for _ in 0..3 {
        assert_eq!(app.work().await, 1, "one request at a time");
    }
    assert_eq!(faulty.broken(), until_noticed + 3);

    faulty.heals();
    app.let_time_pass().await;
    app.drain().await;
    assert_eq!(app.count("heymilo.interviews").await, 40);
    assert_eq!(app.count("heymilo_sync.connections where down_at is not null").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_tells_an_outage_in_one_line_and_its_end_in_another() {
    let (heymilo, address) = simulated::heymilo().await;
    let (db, faulty) = (database().await, Faulty::before(&address).await);
    faulty.breaks(answer("503 Unavailable", "", ""));
    let interval = ("limits.outage_interval", "20ms");
    let mut daemon = Running::start_with(&db, &faulty.address, &[interval]);
    for id in heymilo.interview_ids() {
        daemon.deliver(&json!({ "interview_id": id }).to_string());
    }

    daemon.says("HeyMilo does not answer");
    let so_far = faulty.broken();
    assert!(becomes_true(WAIT_LIMIT, async || faulty.broken() > so_far + 2).await);
    faulty.heals();
    daemon.says("HeyMilo answers again");
    daemon.signal("TERM");
    daemon.ends();

    let lines: Vec<&str> =
        daemon.said.lines().filter(|line| line.contains("HeyMilo does not answer")).collect();
    assert_eq!(lines.len(), 1, "{lines:?}");
    let cause = format!("because=\"{}: ", faulty.address);
    assert!(lines[0].contains(&cause), "{lines:?}");
}
