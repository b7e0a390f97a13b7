//! The webhooks' address.

use axum::http::{Method, StatusCode, header};
use serde_json::json;

use crate::support::{
    app::{TOKEN, TestApp},
    simulated::Simulated,
};

/// These tests ask no HeyMilo.
const CLOSED_PORT: &str = "http://127.0.0.1:9";

fn address() -> String {
    format!("/webhooks/heymilo/{TOKEN}")
}

#[tokio::test]
async fn a_wrong_token_is_not_found_and_leaves_nothing() {
    let app = TestApp::start(CLOSED_PORT).await;

    for path in ["/webhooks/heymilo/wrong", "/webhooks/heymilo/", "/webhooks/heymilo"] {
        let status = app.send(Method::POST, path, r#"{"interview_id": "int_1"}"#).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
    }

    assert_eq!(app.count("heymilo_sync.inbox").await, 0);
}

#[tokio::test]
async fn a_body_over_the_limit_is_too_large() {
    let app = TestApp::start(CLOSED_PORT).await;

    let fits = app.send(Method::POST, &address(), vec![b' '; 1 << 20]).await;
    let too_large = app.send(Method::POST, &address(), vec![b' '; (1 << 20) + 1]).await;

    assert_eq!(fits, StatusCode::ACCEPTED);
    assert_eq!(too_large, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn other_methods_are_not_allowed() {
    let app = TestApp::start(CLOSED_PORT).await;

    for method in [Method::PUT, Method::DELETE, Method::PATCH] {
        let answer = app.ask(method.clone(), &address(), "").await;
        assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED, "{method}");
        assert_eq!(answer.headers()[header::ALLOW], "GET, HEAD, OPTIONS, POST");
    }
}

#[tokio::test]
async fn head_and_options_tell_whether_the_address_is_right() {
    let app = TestApp::start(CLOSED_PORT).await;

    let options = app.ask(Method::OPTIONS, &address(), "").await;
    assert_eq!(options.status(), StatusCode::NO_CONTENT);
    assert_eq!(options.headers()[header::ALLOW], "GET, HEAD, OPTIONS, POST");
    assert_eq!(app.send(Method::HEAD, &address(), "").await, StatusCode::OK);

    let wrong = format!("{}x", address());
    for method in [Method::HEAD, Method::OPTIONS, Method::PUT] {
        assert_eq!(app.send(method, &wrong, "").await, StatusCode::NOT_FOUND);
    }
    assert_eq!(app.count("heymilo_sync.inbox").await, 0);
}

#[tokio::test]
async fn further_slashes_in_the_address_do_not_matter() {
    let app = TestApp::start(CLOSED_PORT).await;

    for path in [
        format!("/webhooks/heymilo/{TOKEN}/"),
        format!("/webhooks//heymilo/{TOKEN}"),
        format!("//webhooks/heymilo//{TOKEN}//?a=1"),
    ] {
        assert_eq!(app.send(Method::POST, &path, "{}").await, StatusCode::ACCEPTED, "{path}");
    }
    for path in [format!("/webhooks/heymilo/{TOKEN}/x"), format!("/x/webhooks/heymilo/{TOKEN}")] {
        assert_eq!(app.send(Method::POST, &path, "{}").await, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn any_body_is_kept_as_it_was_received() {
    let app = TestApp::start(CLOSED_PORT).await;
    let body = b"\xff\x00 not JSON at all";

    let status = app.send(Method::POST, &format!("{}?a=1&b=%20", address()), &body[..]).await;

    assert_eq!(status, StatusCode::ACCEPTED);
    let kept: Vec<u8> = app.value("select body from heymilo_sync.inbox").await;
    assert_eq!(kept, body);
    let query: String = app.value("select query from heymilo_sync.inbox").await;
    assert_eq!(query, "a=1&b=%20");
    assert_eq!(app.count("heymilo_sync.jobs").await, 0);
}

#[tokio::test]
async fn a_get_delivers_as_well() {
    let app = TestApp::start(CLOSED_PORT).await;

    let path = format!("{}?interview_id=int_1", address());
    let status = app.send(Method::GET, &path, "").await;

    assert_eq!(status, StatusCode::ACCEPTED);
    let due: String = app.value("select interview_id from heymilo_sync.jobs").await;
    assert_eq!(due, "int_1");
}

#[tokio::test]
async fn a_delivery_that_names_only_a_posting_starts_a_look_at_it() {
    let world = Simulated::start().await;
    world.sync().await;
    let posting = world.heymilo.posting_ids()[0].clone();
    assert_eq!(world.poll().await.lists, 0);
    world.execute("update heymilo_sync.cursors set polled_at = now() - interval '1 minute'").await;

    world.deliver(json!({ "event": "posting_changed", "posting_id": posting })).await;

    assert_eq!(world.poll().await.lists, 1);
}

#[tokio::test]
async fn a_delivery_that_names_nothing_known_starts_a_look_at_all_live_lists() {
    let world = Simulated::start().await;
    world.sync().await;
    let postings = world.heymilo.posting_ids();
    let archive = "update heymilo.postings set status = 'archived' where posting_id";
    world.execute(&format!("{archive} = '{}'", postings[0])).await;
    let live = postings.len() - 1;

    for vague in [
        json!({ "candidate_id": "cand_1" }),
        json!({ "event": "candidate_ingested", "id": "evt_1" }),
        json!({ "posting": { "id": "not known yet" } }),
        json!("done"),
    ] {
        let polled = "update heymilo_sync.cursors set polled_at = now() - interval '1 minute'";
        world.execute(polled).await;
        assert_eq!(world.poll().await.lists, 0);

        world.deliver(vague.clone()).await;

        assert_eq!(world.poll().await.lists, 1 + live, "{vague}");
    }
}

#[tokio::test]
async fn an_id_of_who_knows_what_is_clear_when_it_is_that_of_a_known_interview() {
    let world = Simulated::start().await;
    world.sync().await;
    let id = world.heymilo.interview_ids()[0].clone();
    world.execute("update heymilo_sync.cursors set polled_at = now() - interval '1 minute'").await;

    world.deliver(json!({ "id": "evt_1", "data": { "id": id, "posting_id": "pos_1" } })).await;

    assert_eq!((world.poll().await.lists, world.drain().await), (0, 1));
}
