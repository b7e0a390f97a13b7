//! No delivery escapes an erasure, and no erasure delays deliveries.

use axum::http::{Method, StatusCode};
use heymilo_sync::store::tombstones::Reason;
use serde_json::json;

use super::{EMAIL, FIRST, by_email, by_interview, found};
use crate::support::app::{TOKEN, TestApp};

/// These tests ask no HeyMilo.
const CLOSED_PORT: &str = "http://127.0.0.1:9";
/// No delivery goes to the spool because the machine is slow.
const LONG_SPOOL_AFTER: (&str, &str) = ("limits.spool_after", "10m");
const WITH_CONTENT: &str = "heymilo_sync.inbox where content_bytes > 0";
const ONE_WAITS: &str = "select exists (
    select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
)";

#[tokio::test]
async fn a_delivery_that_was_searched_before_an_erasure_commits_is_searched_again() {
    let app = TestApp::start_with(CLOSED_PORT, [LONG_SPOOL_AFTER]).await;
    app.deliver(json!({ "email": "bob@example.com" })).await;
    let mut erasure = app.db.begin().await.unwrap();
    let (workspace, words) = (app.engine().workspace(), [EMAIL.to_owned(), FIRST.to_owned()]);
    let (id, reason) = (&workspace.id, Reason::Asked);
    workspace.tombstones.add(&mut erasure, id, &words, reason, None).await.unwrap();

    let delivering =
        app.deliver(json!({ "email": EMAIL, "interview_id": FIRST, "or": "int_other" }));
    let (status, ()) = tokio::join!(delivering, async {
        app.until_true(ONE_WAITS).await;
        erasure.commit().await.unwrap();
    });

    assert_eq!(status, StatusCode::ACCEPTED);
    assert_eq!(app.count("heymilo_sync.inbox").await, 2);
    assert_eq!(app.count(WITH_CONTENT).await, 1);
    assert_eq!(found(&app).await, [""; 0]);
}

#[tokio::test]
async fn an_erasure_waits_for_a_delivery_that_is_being_written_and_erases_it() {
    let app = TestApp::start_with(CLOSED_PORT, [LONG_SPOOL_AFTER]).await;
    app.deliver(json!({ "interview_id": "int_other" })).await;
    let mut jobs = app.db.begin().await.unwrap();
    sqlx::query("select from heymilo_sync.jobs for update").execute(&mut *jobs).await.unwrap();

    let delivering = app.deliver(json!({ "interview_id": "int_other", "email": EMAIL }));
    let erasing = async {
        app.until_true(ONE_WAITS).await;
        let erasing = app.erase(by_email(EMAIL), false);
        let committing = async {
            let both = ONE_WAITS
                .replace("exists (", "2 = (")
                .replace("select from", "select count(*) from");
            app.until_true(&both).await;
            jobs.commit().await.unwrap();
        };
        tokio::join!(erasing, committing).0
    };
    let (status, erased) = tokio::join!(delivering, erasing);

    assert_eq!(status, StatusCode::ACCEPTED);
    assert_eq!(erased.removed["heymilo_sync.inbox"], 1);
    assert_eq!(found(&app).await, [""; 0]);
}

#[tokio::test]
async fn deliveries_come_in_while_an_erasure_searches() {
    let app = TestApp::start_with(CLOSED_PORT, [LONG_SPOOL_AFTER]).await;
    app.deliver(json!({ "email": EMAIL })).await;
    // The search of the inbox is blocked, as if it took long.
    let mut reading = app.db.begin().await.unwrap();
    sqlx::query("lock table heymilo.candidates").execute(&mut *reading).await.unwrap();

    for dry_run in [true, false] {
        let erasing = app.erase(by_email(EMAIL), dry_run);
        tokio::pin!(erasing);
        let delivering = async {
            app.until_true(ONE_WAITS).await;
            app.deliver(json!({ "email": EMAIL, "while": "searching" })).await
        };
        let status = tokio::select! {
            status = delivering => status,
            _ = &mut erasing => panic!("it searched without reading"),
        };
        assert_eq!(status, StatusCode::ACCEPTED);
        reading.rollback().await.unwrap();
        let erased = erasing.await;
        assert_eq!(erased.removed["heymilo_sync.inbox"], if dry_run { 1 } else { 3 });
        reading = app.db.begin().await.unwrap();
        sqlx::query("lock table heymilo.candidates").execute(&mut *reading).await.unwrap();
    }
    reading.rollback().await.unwrap();
    assert_eq!(app.count("heymilo_sync.inbox").await, 0);
}

#[tokio::test]
async fn hostile_deliveries_are_searched_after_an_erasure() {
    let app = TestApp::start_with(CLOSED_PORT, [LONG_SPOOL_AFTER]).await;
    app.erase(by_email(EMAIL), false).await;
    app.erase(by_interview(FIRST), false).await;
    let path = format!("/webhooks/heymilo/{TOKEN}");

    for pattern in ["%2525+", "a@a+", "\\", "\\u005c"] {
        let body = pattern.repeat((1 << 18) / pattern.len());
        let named = format!("{body} \"adaline.q%2540example.com\" ");

        for (body, contents) in [(named, 0), (body, 1)] {
            app.execute("truncate heymilo_sync.inbox").await;
            assert_eq!(app.send(Method::POST, &path, body).await, StatusCode::ACCEPTED);
            assert_eq!(app.count("heymilo_sync.inbox").await, 1, "{pattern}");
            assert_eq!(app.count(WITH_CONTENT).await, contents, "{pattern}");
        }
    }
}

#[tokio::test]
async fn a_statement_that_the_daemon_gives_up_ends_in_the_server() {
    let app = TestApp::start_with(CLOSED_PORT, [("limits.spool_after", "200ms")]).await;
    let mut tx = app.db.begin().await.unwrap();
    sqlx::query("lock table heymilo_sync.jobs").execute(&mut *tx).await.unwrap();

    let status = app.deliver(json!({ "interview_id": "int_1" })).await;

    assert_eq!(status, StatusCode::ACCEPTED);
    assert_eq!(app.intake().spool().waiting, 1);
    app.until_true(&ONE_WAITS.replace("exists", "not exists")).await;
    tx.rollback().await.unwrap();
}

#[tokio::test]
async fn a_person_who_may_come_back_is_named_in_deliveries_again() {
    let app = TestApp::start_with(CLOSED_PORT, [LONG_SPOOL_AFTER]).await;
    app.erase(by_email(EMAIL), false).await;
    app.deliver(json!({ "email": EMAIL })).await;
    assert_eq!(app.count(WITH_CONTENT).await, 0);

    let (workspace, mut db) = (app.engine().workspace(), app.db.acquire().await.unwrap());
    assert!(workspace.tombstones.lift(&mut db, &workspace.id, EMAIL).await.unwrap());
    app.deliver(json!({ "email": EMAIL })).await;

    assert_eq!(app.count(WITH_CONTENT).await, 1);
}

#[tokio::test]
async fn a_delivery_that_names_an_erased_person_keeps_nothing_that_its_sender_wrote() {
    let app = TestApp::start_with(CLOSED_PORT, [LONG_SPOOL_AFTER]).await;
    app.erase(by_email(EMAIL), false).await;

    app.deliver(json!({ "interview_id": "int_other", "event_type": format!("{EMAIL} hired") }))
        .await;
    let kind = format!("application/json; by={EMAIL}");
    app.deliver_packed(&[("content-type", &kind)], br#"{"interview_id":"int_other"}"#.to_vec())
        .await;

    assert_eq!(app.count("heymilo_sync.inbox").await, 2);
    assert_eq!(app.count("heymilo_sync.jobs where event_types <> '{\"\"}'").await, 0);
    assert_eq!(app.count("heymilo_sync.inbox where content_type is not null").await, 0);
    assert_eq!(app.count(WITH_CONTENT).await, 0);
}
