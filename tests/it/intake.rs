//! Deliveries are written together, and each of them is kept.

use std::{fs, time::Duration};

use axum::http::{Method, StatusCode};
use futures_util::{StreamExt as _, future::join_all, stream::FuturesUnordered};
use serde_json::json;
use tokio::time;

use crate::support::app::{TOKEN, TestApp};

/// These tests ask no HeyMilo.
const CLOSED_PORT: &str = "http://127.0.0.1:9";

/// Whether a writer waits for the inbox's lock.
const SOMEBODY_WAITS: &str = "select exists (
    select from pg_locks
    join pg_database on pg_database.oid = pg_locks.database
    where not granted
      and relation = 'heymilo_sync.inbox'::regclass
      and datname = current_database()
)";

async fn deliver(app: &TestApp, number: usize) -> StatusCode {
    app.deliver(json!({ "interview_id": format!("int_{number}") })).await
}

#[tokio::test]
async fn a_delivery_that_the_database_refuses_holds_no_other_up_and_is_set_aside() {
    let app = TestApp::start(CLOSED_PORT).await;
    app.execute(
        "alter table heymilo_sync.inbox add constraint odd check (body <> '{\"odd\":1}'::bytea)",
    )
    .await;

    let (odd, even) =
        tokio::join!(app.deliver(json!({ "odd": 1 })), app.deliver(json!({ "even": 2 })));

    assert_eq!((odd, even), (StatusCode::ACCEPTED, StatusCode::ACCEPTED));
    assert_eq!(app.count("heymilo_sync.inbox").await, 1);
    app.intake().replay().await.unwrap();
    let files = fs::read_dir(app.spool()).unwrap().map(|entry| entry.unwrap().path());
    let aside = files.filter(|path| path.extension().is_some_and(|found| found == "aside"));
    assert_eq!(aside.count(), 1);
    assert_eq!(app.intake().spool().waiting, 0);
    assert_eq!(app.deliver(json!({ "even": 4 })).await, StatusCode::ACCEPTED);
    assert_eq!(app.count("heymilo_sync.inbox").await, 2);
}

#[tokio::test]
async fn a_delivery_is_kept_although_its_sender_went_away() {
    let app = TestApp::start(CLOSED_PORT).await;
    let mut tx = app.db.begin().await.unwrap();
    sqlx::query("lock table heymilo_sync.inbox").execute(&mut *tx).await.unwrap();

    let gone = time::timeout(Duration::from_millis(50), deliver(&app, 1)).await;
    assert!(gone.is_err());
    tx.commit().await.unwrap();
    app.intake().finish().await;

    assert_eq!(app.count("heymilo_sync.inbox").await, 1);
}

#[tokio::test]
async fn deliveries_that_come_together_are_written_together() {
    let app = TestApp::start(CLOSED_PORT).await;
    let mut tx = app.db.begin().await.unwrap();
    sqlx::query("lock table heymilo_sync.inbox").execute(&mut *tx).await.unwrap();

    let all = join_all((0..50).map(|number| deliver(&app, number)));
    let (statuses, ()) = tokio::join!(all, async {
        // All of them wait for the lock, or for another one that does.
        app.until_true(SOMEBODY_WAITS).await;
        tx.commit().await.unwrap();
    });

    assert!(statuses.iter().all(|status| *status == StatusCode::ACCEPTED));
    let transactions: i64 =
        app.value("select count(distinct xmin::text) from heymilo_sync.inbox").await;
    assert!(transactions <= 4, "{transactions} transactions");
    assert_eq!(app.count("heymilo_sync.jobs").await, 50);
}

#[tokio::test]
async fn too_many_deliveries_at_once_are_to_come_again() {
    let spool_after = [("limits.spool_after", "60s")];
    let app = TestApp::start_with(CLOSED_PORT, spool_after).await;
    let mut tx = app.db.begin().await.unwrap();
    sqlx::query("lock table heymilo_sync.inbox").execute(&mut *tx).await.unwrap();
    let path = format!("/webhooks/heymilo/{TOKEN}");
    let send = |bytes| app.send(Method::POST, &path, vec![b' '; bytes]);
    let large = || send(1 << 20);

    // Only the refused deliveries are answered before the lock is released.
    let mut all: FuturesUnordered<_> = (0..24).map(|_| large()).collect();
    let refused: Vec<StatusCode> = all.by_ref().take(9).collect().await;
    let ordinary = send(2);
    let (ordinary, committed) = tokio::join!(ordinary, tx.commit());
    committed.unwrap();
    let kept: Vec<StatusCode> = all.collect().await;

    assert_eq!(refused, [StatusCode::SERVICE_UNAVAILABLE; 9]);
    assert_eq!(ordinary, StatusCode::ACCEPTED);
    assert_eq!(kept, [StatusCode::ACCEPTED; 15]);
    assert_eq!(large().await, StatusCode::ACCEPTED);
}
