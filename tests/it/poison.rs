//! An interview that ends the process that works on it delays no other, and is set aside in the
//! end.

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

/// A HeyMilo with one interview whose answer ends each process.
#[derive(Clone)]
struct PoisonServer {
    is_poison: watch::Sender<bool>,
    asked: Arc<Notify>,
}

impl PoisonServer {
    async fn start() -> (Self, String) {
        let server = Self { is_poison: watch::Sender::new(true), asked: Arc::default() };
        let router = Router::new()
            .route("/api/v2/interviews/{id}/data", get(answer))
            .with_state(server.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        (server, address)
    }
}

async fn answer(State(server): State<PoisonServer>, Path(id): Path<String>) -> String {
    if id == "int_poison" && *server.is_poison.borrow() {
        server.asked.notify_one();
        std::future::pending::<()>().await;
    }
    json!({ "data": { "interview_id": id, "posting_id": "pos_1", "status": "completed" } })
        .to_string()
}

/// A process that takes the workspace and works until nothing is due. Returns whether it died
/// before, with the jobs in flight. A dropped future does nothing more, like a killed process.
async fn live(app: &TestApp, address: &str, server: &PoisonServer) -> bool {
    app.execute("update heymilo_sync.heartbeats set alive_until = now()").await;
    let process = app.replica(address);
    tokio::select! {
        _ = process.drain() => false,
        () = server.asked.notified() => true,
    }
}

async fn deliver(app: &TestApp, ids: impl Iterator<Item = String>) {
    let named: Vec<_> = ids.map(|id| json!({ "interview_id": id })).collect();
    app.deliver(json!(named)).await;
}

const MARKED: &str = "heymilo_sync.jobs where marks > 0";

#[tokio::test]
async fn a_job_that_kills_each_process_is_set_aside_after_three_marks() {
    let (server, address) = PoisonServer::start().await;
    let app = TestApp::start(&address).await;
    let innocent = (0..INNOCENT).map(|n| format!("int_{n:02}"));
    deliver(&app, innocent.chain(["int_poison".to_owned()])).await;

    let mut deaths = 0;
    while live(&app, &address, &server).await {
        deaths += 1;
    }

    // The first process marked nothing.
    assert_eq!(deaths, 4);
    assert_eq!(app.count("heymilo.interviews").await, INNOCENT as i64);
    let failed: (String, String) = (
        app.value("select interview_id from heymilo_sync.jobs where state = 'failed'").await,
        app.value("select last_error from heymilo_sync.jobs").await,
    );
    assert_eq!(failed.0, "int_poison");
    assert!(failed.1.contains("died"), "{}", failed.1);

    server.is_poison.send_replace(false);
    assert!(!live(&app, &address, &server).await);
    assert_eq!(app.count("heymilo.interviews").await, INNOCENT as i64);
    app.execute("update heymilo_sync.jobs set marks = 0").await;
    deliver(&app, ["int_poison".to_owned()].into_iter()).await;
    assert!(!live(&app, &address, &server).await);
    assert_eq!(app.count("heymilo.interviews").await, INNOCENT as i64 + 1);
    assert_eq!(app.count("heymilo_sync.jobs").await, 0);
}

#[tokio::test]
async fn a_marked_job_is_worked_on_alone() {
    let (server, address) = PoisonServer::start().await;
    let app = TestApp::start(&address).await;
    deliver(&app, ["int_poison".to_owned()].into_iter()).await;
    assert!(live(&app, &address, &server).await);
    assert!(live(&app, &address, &server).await);
    assert_eq!(app.count(MARKED).await, 1);

    // While it is in flight, no other is fetched.
    deliver(&app, (0..INNOCENT).map(|n| format!("int_{n:02}"))).await;
    app.execute("update heymilo_sync.jobs set due_at = now() where interview_id <> 'int_poison'")
        .await;
    assert!(live(&app, &address, &server).await);

    assert_eq!(app.value::<i32>("select max(marks) from heymilo_sync.jobs").await, 2);
}

#[tokio::test]
async fn processes_that_die_again_and_again_set_no_innocent_interview_aside() {
    let (server, address) = PoisonServer::start().await;
    let app = TestApp::start(&address).await;
    deliver(&app, (0..INNOCENT).map(|n| format!("int_{n:02}"))).await;

    // Two of three processes die right after they read the due jobs.
    for _ in 0..2 {
        app.execute("update heymilo_sync.heartbeats set alive_until = now()").await;
        let process = app.replica(&address);
        process.own().await;
        app.execute("update heymilo_sync.jobs set marks = marks + 1").await;
    }
    assert!(!live(&app, &address, &server).await);

    assert_eq!(app.count("heymilo_sync.jobs").await, 0);
    assert_eq!(app.count("heymilo.interviews").await, INNOCENT as i64);
}

#[tokio::test]
async fn nothing_is_marked_after_a_clean_stop() {
    let (server, address) = PoisonServer::start().await;
    let app = TestApp::start(&address).await;
    app.own().await;
    app.disown().await;
    deliver(&app, ["int_poison".to_owned()].into_iter()).await;

    let process = app.replica(&address);
    tokio::select! {
        _ = process.drain() => panic!("its interview is a poison job"),
        () = server.asked.notified() => {}
    }

    assert_eq!(app.count(MARKED).await, 0);
}
