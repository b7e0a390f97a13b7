//! An interview that kills whoever works on it holds up no other, and is given up in the end.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Path, State},
    routing::get,
};
use serde_json::json;
use tokio::{
    net::TcpListener,
    sync::{Notify, watch},
};

use crate::support::app::TestApp;

const INNOCENT: usize = 20;

/// A HeyMilo with one interview whose answer nobody survives.
#[derive(Clone)]
struct Deadly {
    is_deadly: watch::Sender<bool>,
    asked: Arc<Notify>,
}

impl Deadly {
    async fn start() -> (Self, String) {
        let deadly = Self { is_deadly: watch::Sender::new(true), asked: Arc::default() };
        let router = Router::new()
            .route("/api/v2/interviews/{id}/data", get(answer))
            .with_state(deadly.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        (deadly, address)
    }
}

async fn answer(State(deadly): State<Deadly>, Path(id): Path<String>) -> String {
    if id == "int_deadly" && *deadly.is_deadly.borrow() {
        deadly.asked.notify_one();
        std::future::pending::<()>().await;
    }
    json!({ "data": { "interview_id": id, "posting_id": "pos_1", "status": "completed" } })
        .to_string()
}

/// A process that works until nothing is due. Returns whether it died before, with the jobs that it
/// had in hand: a future that is dropped does nothing more, as a process that is killed.
async fn live(app: &TestApp, deadly: &Deadly) -> bool {
    tokio::select! {
        _ = app.drain() => false,
        () = deadly.asked.notified() => true,
    }
}

async fn deliver(app: &TestApp, ids: impl Iterator<Item = String>) {
    let named: Vec<_> = ids.map(|id| json!({ "interview_id": id })).collect();
    app.deliver(json!(named)).await;
}

/// Lets every lease end, and every job be due that waits.
async fn let_days_pass(app: &TestApp) {
    app.execute("update heymilo_sync.jobs set due_at = due_at - interval '3 days'").await;
}

#[tokio::test]
async fn what_kills_every_worker_is_set_aside_and_only_news_revives_it() {
    let (deadly, address) = Deadly::start().await;
    let app = TestApp::start(&address).await;
    let innocent = (0..INNOCENT).map(|n| format!("int_{n:02}"));
    deliver(&app, innocent.chain(["int_deadly".to_owned()])).await;

    let mut in_hand = Vec::new();
    while live(&app, &deadly).await {
        let held = "heymilo_sync.jobs where lease_token is not null and due_at > now()";
        in_hand.push(app.count(held).await);
        let_days_pass(&app).await;
    }

    // From the second lost lease on it was claimed alone.
    assert_eq!(in_hand.len(), 5);
    assert_eq!(in_hand[2..], [1, 1, 1]);
    assert_eq!(app.count("heymilo.interviews").await, INNOCENT as i64);
    let failed: (String, String) = (
        app.value("select interview_id from heymilo_sync.jobs where failed_at is not null").await,
        app.value("select last_error from heymilo_sync.jobs").await,
    );
    assert_eq!(failed.0, "int_deadly");
    assert!(failed.1.contains("died"), "{}", failed.1);

    deadly.is_deadly.send_replace(false);
    let_days_pass(&app).await;
    assert_eq!(app.drain().await, 0);
    deliver(&app, ["int_deadly".to_owned()].into_iter()).await;
    assert!(!live(&app, &deadly).await);
    assert_eq!(app.count("heymilo.interviews").await, INNOCENT as i64 + 1);
    assert_eq!(app.count("heymilo_sync.jobs").await, 0);
}

#[tokio::test]
async fn what_kills_again_after_news_is_revived_alone() {
    let (deadly, address) = Deadly::start().await;
    let app = TestApp::start(&address).await;
    deliver(&app, ["int_deadly".to_owned()].into_iter()).await;
    while live(&app, &deadly).await {
        let_days_pass(&app).await;
    }

    deliver(&app, ["int_deadly".to_owned(), "int_1".to_owned()].into_iter()).await;
    let mut deaths = 0;
    while live(&app, &deadly).await {
        deaths += 1;
        let held: i64 = app.count("heymilo_sync.jobs where lease_token is not null").await;
        assert_eq!(held, 1);
        let_days_pass(&app).await;
    }

    assert_eq!(deaths, 3);
    assert_eq!(app.count("heymilo.interviews").await, 1);
    assert_eq!(app.count("heymilo_sync.jobs where failed_at is not null").await, 1);
}

#[tokio::test]
async fn processes_that_die_again_and_again_set_no_innocent_interview_aside() {
    let (_, address) = Deadly::start().await;
    let app = TestApp::start(&address).await;
    deliver(&app, (0..INNOCENT).map(|n| format!("int_{n:02}"))).await;

    // One dies with everything in its hands, those after it with what they claimed last.
    let mut deaths = 0;
    while app.count("heymilo_sync.jobs where failed_at is null").await > 0 {
        for _ in 0..2 {
            deaths += usize::from(!app.claim().await.is_empty());
            let_days_pass(&app).await;
        }
        for _ in 0..5 {
            app.work().await;
        }
    }

    assert!(deaths > 5, "{deaths}");
    assert_eq!(app.count("heymilo_sync.jobs").await, 0);
    assert_eq!(app.count("heymilo.interviews").await, INNOCENT as i64);
}

#[tokio::test]
async fn a_suspect_waits_longer_each_time_and_nobody_waits_for_it() {
    let app = TestApp::start("http://127.0.0.1:9").await;
    deliver(&app, ["int_suspect".to_owned()].into_iter()).await;
    // The lease of these claims is a minute.
    for (lost, minutes) in [(1, 2), (2, 4), (3, 8), (4, 16)] {
        let left = |seconds: i32| {
            format!(
                "update heymilo_sync.jobs
                 set lease_token = 1, lost_leases = {lost},
                     due_at = now() - interval '{minutes} minutes {seconds} seconds'
                 where interview_id = 'int_suspect'"
            )
        };
        app.execute(&left(-5)).await;
        deliver(&app, ["int_other".to_owned()].into_iter()).await;
        let others = app.claim().await;
        assert_eq!(others.len(), 1);
        assert_eq!(others[0].interview_id.as_str(), "int_other");
        app.execute("delete from heymilo_sync.jobs where interview_id = 'int_other'").await;

        app.execute(&left(0)).await;
        let claimed = app.claim().await;
        assert_eq!(claimed[0].interview_id.as_str(), "int_suspect");
        assert_eq!(claimed[0].lost_leases, lost + 1);
    }
}

#[tokio::test]
async fn a_suspect_that_still_waits_takes_no_permits() {
    let app = TestApp::start("http://127.0.0.1:9").await;
    deliver(&app, ["int_suspect".to_owned()].into_iter()).await;
    for priority in 0..4 {
        let left = format!(
            "update heymilo_sync.jobs
             set priority = {priority}, lease_token = 1, lost_leases = 1, due_at = now()"
        );
        app.execute(&left).await;
        assert_eq!(app.work().await, 0);
        assert_eq!(app.count("heymilo_sync.permits").await, 0, "{priority}");

        let_days_pass(&app).await;
        assert_eq!(app.work().await, 1);
        app.execute("delete from heymilo_sync.permits").await;
    }
}

#[tokio::test]
async fn a_job_that_was_handled_is_no_suspect_any_more() {
    let app = TestApp::start("http://127.0.0.1:9").await;
    deliver(&app, ["int_1".to_owned()].into_iter()).await;
    for _ in 0..4 {
        assert_eq!(app.claim().await.len(), 1);
        let_days_pass(&app).await;
    }

    // HeyMilo cannot be reached: the job is tried again later.
    app.work().await;

    assert_eq!(app.value::<i32>("select lost_leases from heymilo_sync.jobs").await, 0);
}
