//! The metrics for Prometheus, and what they leave out.

use std::convert::Infallible;

use axum::{
    body::Body,
    http::{Method, StatusCode},
};
use futures_util::{future::join_all, poll, stream};
use serde_json::json;
use tokio::task;

use crate::support::{
    app::{TOKEN, TestApp},
    odd::OddHeyMilo,
    scrape::Scrape,
    simulated::Simulated,
};

/// These tests ask no HeyMilo.
const CLOSED_PORT: &str = "http://127.0.0.1:9";
const DEFAULT: &str = r#"workspace="default""#;

#[tokio::test]
async fn a_scrape_tells_what_became_of_deliveries_jobs_and_requests() {
    let simulated = Simulated::start().await;
    simulated.sync().await;
    let known = "select min(subject_id) from heymilo_sync.snapshots where kind = 'interview'";
    let id: String = simulated.value(known).await;
    assert_eq!(simulated.deliver(json!({ "interview_id": id })).await, StatusCode::ACCEPTED);
    simulated.drain().await;

    let scrape = Scrape::of(&simulated.app).await;

    assert_eq!(scrape.value(&format!(r#"deliveries_total{{{DEFAULT},outcome="committed"}}"#)), 1.0);
    assert_eq!(scrape.value(&format!(r#"jobs_done_total{{{DEFAULT},outcome="unchanged"}}"#)), 1.0);
    let written = scrape.value(&format!(r#"jobs_done_total{{{DEFAULT},outcome="written"}}"#));
    let fetched = "heymilo_sync.snapshots where kind = 'interview'";
    assert_eq!(written, simulated.count(fetched).await as f64);
    assert!(scrape.value(&format!(r#"api_requests_total{{{DEFAULT},outcome="ok"}}"#)) > written);
    for table in ["transcript_entries", "scorecard_questions", "form_answers"] {
        let rows = scrape.value(&format!(r#"rows_written_total{{{DEFAULT},table="{table}"}}"#));
        assert_eq!(rows, simulated.count(&format!("heymilo.{table}")).await as f64, "{table}");
    }
    for stage in ["keep", "due", "fetch", "normalize", "write", "list"] {
        let series = format!(r#"stage_duration_seconds_count{{stage="{stage}"}}"#);
        assert!(scrape.value(&series) > 0.0, "{stage}");
    }
}

#[tokio::test]
async fn freshness_is_of_changes_and_not_of_first_copies() {
    let simulated = Simulated::start().await;
    let freshness = format!("freshness_seconds_count{{{DEFAULT}}}");
    simulated.sync().await;
    assert_eq!(Scrape::of(&simulated.app).await.value(&freshness), 0.0);
    let known = "select min(interview_id) from heymilo.interviews where status = 'completed'";
    let id: String = simulated.value(known).await;

    simulated.heymilo.edit_interview(&id, |data| data["score"] = json!(12.5));
    simulated.deliver(json!({ "interview_id": id })).await;
    simulated.drain().await;

    assert_eq!(Scrape::of(&simulated.app).await.value(&freshness), 1.0);
}

#[tokio::test]
async fn a_scrape_tells_how_all_stands() {
    let simulated = Simulated::start().await;
    simulated.sync().await;
    let jobs = "update heymilo_sync.jobs set due_at = now() + interval '1 hour'";
    simulated.execute(jobs).await;
    simulated
        .execute(
            "insert into heymilo_sync.jobs
                 (workspace_id, interview_id, urgency, is_known, due_at, enqueued_at, failed_at)
             values ('default', 'a', 'delivery', true, now() - interval '10 minutes',
                     now() - interval '10 minutes', null),
                    ('default', 'b', 'backfill', true, now() - interval '1 hour', now(), now()),
                    ('default', 'c', 'delivery', false, now(), now(), null)",
        )
        .await;
    let waiting = simulated.count("heymilo_sync.jobs where due_at > now()").await as f64;
    // More connections than a scrape uses, and all of them returned to the pool.
    let connections = join_all((0..4).map(|_| simulated.db.acquire())).await;
    drop(connections);
    while simulated.db.num_idle() < 4 {
        task::yield_now().await;
    }

    let scrape = Scrape::of(&simulated.app).await;

    let jobs = |urgency: &str, state: &str| {
        scrape.value(&format!(r#"jobs{{{DEFAULT},urgency="{urgency}",state="{state}"}}"#))
    };
    assert_eq!(jobs("look", "waiting"), waiting);
    assert_eq!((jobs("delivery", "due"), jobs("unknown", "due")), (1.0, 1.0));
    assert_eq!((jobs("backfill", "failed"), jobs("backfill", "due")), (1.0, 0.0));
    let age = |urgency: &str| {
        scrape.value(&format!(r#"jobs_oldest_due_age_seconds{{{DEFAULT},urgency="{urgency}"}}"#))
    };
    assert!((600.0..660.0).contains(&age("delivery")), "{}", scrape.text);
    assert_eq!(age("backfill"), 0.0);
    assert!(scrape.value(&format!("last_poll_timestamp_seconds{{{DEFAULT}}}")) > 1.7e9);
    assert_eq!(scrape.get(&format!("last_delivery_timestamp_seconds{{{DEFAULT}}}")), None);
    assert_eq!(scrape.value(&format!("budget_limit{{{DEFAULT}}}")), 1_000_000.0);
    assert!(scrape.value(&format!(r#"budget_used{{{DEFAULT},urgency="list"}}"#)) > 0.0);
    assert_eq!(scrape.value("database_up"), 1.0);
    assert!(scrape.value(r#"database_connections{state="idle"}"#) > 0.0);
}

#[tokio::test]
async fn a_refused_key_and_new_fields_are_reported() {
    let (heymilo, address) =
        OddHeyMilo::start(json!({ "interview_id": "int_1", "new_field": true })).await;
    let app = TestApp::start(&address).await;
    app.deliver(json!({ "interview_id": "int_1" })).await;
    heymilo.release();
    app.drain().await;
    app.execute(
        "insert into heymilo_sync.connections (workspace_id, refused_at)
         values ('default', now()) on conflict (workspace_id) do update set refused_at = now()",
    )
    .await;

    let scrape = Scrape::of(&app).await;

    assert_eq!(scrape.value(&format!("api_key_refused{{{DEFAULT}}}")), 1.0);
    assert_eq!(scrape.value(&format!("api_down{{{DEFAULT}}}")), 0.0);
    let places =
        |problem: &str| scrape.value(&format!(r#"notice_places{{{DEFAULT},problem="{problem}"}}"#));
    assert_eq!((places("unknown_field"), places("too_deep")), (1.0, 0.0));
}

#[tokio::test]
async fn without_the_database_a_scrape_still_tells_what_the_process_knows() {
    let app = TestApp::start(CLOSED_PORT).await;
    app.db.close().await;
    assert_eq!(app.deliver(json!({ "interview_id": "int_1" })).await, StatusCode::ACCEPTED);

    let scrape = Scrape::of(&app).await;

    assert_eq!(scrape.value("database_up"), 0.0);
    assert_eq!(scrape.value(&format!(r#"deliveries_total{{{DEFAULT},outcome="spooled"}}"#)), 1.0);
    assert_eq!(scrape.value("spool_deliveries"), 1.0);
    assert_eq!(scrape.value(r#"spool_state{state="writable"}"#), 1.0);
    assert_eq!(scrape.value(r#"spool_state{state="unwritable"}"#), 0.0);
    assert!(scrape.value("spool_bytes") > 0.0);
    assert!(!scrape.text.contains("heymilo_sync_jobs{"), "{}", scrape.text);
}

#[tokio::test]
async fn a_database_that_does_not_answer_holds_no_scrape_up() {
    let app = TestApp::start(CLOSED_PORT).await;
    let mut tx = app.db.begin().await.unwrap();
    sqlx::query("lock table heymilo_sync.jobs").execute(&mut *tx).await.unwrap();

    let scrape = Scrape::of(&app).await;

    assert_eq!(scrape.value("database_up"), 0.0);
    assert_eq!(scrape.value("spool_deliveries"), 0.0);
}

#[tokio::test]
async fn notices_that_take_long_to_count_leave_out_only_themselves() {
    let app = TestApp::start(CLOSED_PORT).await;
    let mut tx = app.db.begin().await.unwrap();
    sqlx::query("lock table heymilo_sync.notices").execute(&mut *tx).await.unwrap();

    let scrape = Scrape::of(&app).await;

    assert_eq!(scrape.value("database_up"), 1.0);
    assert_eq!(scrape.value(&format!(r#"jobs{{{DEFAULT},urgency="delivery",state="due"}}"#)), 0.0);
    assert!(!scrape.text.contains("heymilo_sync_notice_places{"), "{}", scrape.text);
}

#[tokio::test]
async fn deliveries_that_are_turned_away_are_counted() {
    let settings = [
        ("HEYMILO_SYNC__HTTP__DELIVERIES_PER_SECOND", "2"),
        ("limits.requests", "1"),
        ("limits.delivery_bytes", "100"),
    ];
    let app = TestApp::start_with(CLOSED_PORT, settings).await;
    let large = json!({ "interview_id": "x".repeat(200) });
    let endless = Body::from_stream(stream::pending::<Result<String, Infallible>>());
    let address = format!("/webhooks/heymilo/{TOKEN}");

    assert_eq!(app.deliver(large).await, StatusCode::PAYLOAD_TOO_LARGE);
    let mut held = Box::pin(app.send(Method::POST, &address, endless));
    assert!(poll!(&mut held).is_pending());
    assert_eq!(app.deliver(json!({})).await, StatusCode::SERVICE_UNAVAILABLE, "no place");
    drop(held);
    assert_eq!(app.deliver(json!({})).await, StatusCode::SERVICE_UNAVAILABLE, "the third");

    let scrape = Scrape::of(&app).await;
    let outcome =
        |word: &str| scrape.value(&format!(r#"deliveries_total{{{DEFAULT},outcome="{word}"}}"#));
    assert_eq!((outcome("too_large"), outcome("limited"), outcome("refused")), (1.0, 2.0, 0.0));
}

#[tokio::test]
async fn what_comes_from_outside_makes_no_series() {
    let app = TestApp::start(CLOSED_PORT).await;
    let knock = async |number: usize| {
        let id = format!("made-up-{number}");
        app.deliver(json!({ "interview_id": id, "posting_id": id, "event_type": id })).await;
        app.send(Method::POST, &format!("/webhooks/heymilo/{id}"), "").await;
        app.send(Method::GET, &format!("/{id}"), "").await;
    };
    knock(0).await;
    let before = Scrape::of(&app).await;

    for number in 1..20 {
        knock(number).await;
    }

    let after = Scrape::of(&app).await;
    // The second scrape counts the first.
    let new: Vec<_> = after.series().difference(&before.series()).copied().collect();
    let ours = [r#"heymilo_sync_http_requests_total{listener="operations",status="200"}"#];
    assert!(
        new.iter().all(|series| ours.contains(series) || is_a_delivery_time(series)),
        "{new:?}"
    );
    assert!(!after.text.contains("made-up"));
}

/// The database's answer is used again for a moment, so the first delivery shows only later.
fn is_a_delivery_time(series: &str) -> bool {
    series.starts_with("heymilo_sync_last_delivery_timestamp_seconds")
}
