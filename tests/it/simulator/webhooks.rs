//! Webhooks are registered, delivered and retried.

use std::time::Duration;

use axum::{Json, Router, http::StatusCode, routing::post};
use heymilo_sync::simulator::Options;
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::mpsc::unbounded_channel};
use tokio_util::sync::CancellationToken;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

use super::api::{Api, DAY, WEBHOOK, WEBHOOKS, options, texts};

#[tokio::test]
async fn webhooks_are_registered_listed_and_deactivated() {
    let api = Api::new(options());
    let posting = &api.simulator.posting_ids()[0];

    let id = api.register(posting, "interview_completed", "http://127.0.0.1:9/hook").await;
    let former = json!({ "posting_id": posting, "event_type": "report_available", "url": "http://127.0.0.1:9" });
    let (status, _, body) = api.ask("POST", WEBHOOKS, former).await;
    api.contract.check("post", WEBHOOKS, status, &body);
    assert_eq!(api.all(WEBHOOKS, "", "webhook_id", 1).await.len(), 2);

    let (status, _, body) = api.ask("DELETE", &format!("{WEBHOOKS}/{id}"), Value::Null).await;
    api.contract.check("delete", WEBHOOK, status, &body);
    assert_eq!(api.get(WEBHOOK, &id, "").await.1["data"]["is_active"], false);
    assert_eq!(api.all(WEBHOOKS, "", "webhook_id", 20).await.len(), 1);

    let unknown = json!({ "posting_id": "nothing", "event_type": "x", "webhook_url": "http://x" });
    assert_eq!(api.ask("POST", WEBHOOKS, unknown).await.0, StatusCode::NOT_FOUND);
    assert_eq!(api.ask("POST", WEBHOOKS, json!({})).await.0, StatusCode::UNPROCESSABLE_ENTITY);
}

/// A receiver that refuses the first delivery.
async fn receiver() -> MockServer {
    let receiver = MockServer::start().await;
    let refusal = Mock::given(any()).respond_with(ResponseTemplate::new(503));
    refusal.up_to_n_times(1).mount(&receiver).await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200)).mount(&receiver).await;
    receiver
}

async fn received(receiver: &MockServer) -> Vec<Value> {
    let requests = receiver.received_requests().await.unwrap();
    requests.iter().map(|request| request.body_json().unwrap()).collect()
}

#[tokio::test]
async fn webhooks_tell_what_happened_and_are_retried() {
    let (api, receiver) = (Api::new(options()), receiver().await);
    let posting = &api.simulator.posting_ids()[0];
    for event in
        ["candidate_ingested", "interview_started", "interview_completed", "report_available"]
    {
        api.register(posting, event, &receiver.uri()).await;
    }

    api.simulator.advance(DAY);
    let first = api.simulator.deliver_due().await;
    let attempts = received(&receiver).await;
    assert_eq!(attempts.len(), first + 1);
    assert_eq!(texts(&attempts, "event_type").len(), 4);
    assert!(attempts.iter().all(|body| body["data"]["posting_id"] == *posting));

    api.simulator.advance(Duration::from_secs(5));
    assert!(api.simulator.deliver_due().await > 0);
    let events = received(&receiver).await;
    let refused = &events[0]["event_id"];
    assert_eq!(events.iter().filter(|body| body["event_id"] == *refused).count(), 2);
    assert_eq!(texts(&events, "event_id").len(), events.len() - 1);
}

#[tokio::test]
async fn a_completed_interview_is_still_being_evaluated() {
    let (api, receiver) = (Api::new(options()), receiver().await);
    let posting = &api.simulator.posting_ids()[0];
    api.register(posting, "interview_completed", &receiver.uri()).await;
    api.register(posting, "report_available", &receiver.uri()).await;

    api.simulator.advance(DAY);
    api.simulator.deliver_due().await;

    for body in received(&receiver).await {
        let (status, score) = (&body["data"]["status"], &body["data"]["score"]);
        if body["event_type"] == "interview_completed" {
            assert_eq!((status, score.is_null()), (&json!("evaluating"), true));
        } else {
            assert_eq!((status, score.is_null()), (&json!("completed"), false));
        }
    }
}

#[tokio::test]
async fn a_receiver_that_is_away_delays_no_other() {
    let (api, receiver) = (Api::new(options()), receiver().await);
    let posting = &api.simulator.posting_ids()[0];
    api.register(posting, "candidate_ingested", "http://127.0.0.1:1/away").await;
    api.register(posting, "candidate_ingested", &receiver.uri()).await;

    api.simulator.advance(DAY);
    let taken = api.simulator.deliver_due().await;

    assert!(taken > 0);
    assert_eq!(received(&receiver).await.len(), taken + 1);
}

#[tokio::test]
async fn no_webhook_covers_the_time_before_the_registration() {
    let (api, receiver) = (Api::new(options()), receiver().await);
    let posting = &api.simulator.posting_ids()[0];

    api.simulator.advance(DAY);
    api.register(posting, "candidate_ingested", &receiver.uri()).await;

    assert_eq!(api.simulator.deliver_due().await, 0);
    assert!(received(&receiver).await.is_empty());
}

#[tokio::test]
async fn a_served_world_answers_and_delivers_until_it_is_stopped() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let (deliveries, mut delivered) = unbounded_channel();
    let hook = post(async move |Json(body): Json<Value>| {
        // The test may have ended.
        let _ = deliveries.send(body);
    });
    let receiver = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", receiver.local_addr().unwrap());
    let receiving = axum::serve(receiver, Router::new().route("/hook", hook)).into_future();
    tokio::spawn(receiving);
    let api = Api::new(Options { speed: 3_600.0, ..options() });
    for posting in api.simulator.posting_ids() {
        api.register(&posting, "candidate_ingested", &url).await;
    }

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let shutdown = CancellationToken::new();
    let serving = tokio::spawn(api.simulator.clone().serve(listener, shutdown.clone()));
    let health = reqwest::get(format!("http://{address}/health")).await.unwrap();
    let delivery = delivered.recv().await.unwrap();
    shutdown.cancel();

    assert_eq!(health.status(), 200);
    assert_eq!(delivery["event_type"], "candidate_ingested");
    serving.await.unwrap().unwrap();
}
