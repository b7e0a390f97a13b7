//! The two listeners and their limits. Any peer may connect to the public one.

use std::{net::SocketAddr, time::Duration};

use axum::{
    body::{Body, Bytes},
    http::{Method, StatusCode, header},
};
use futures_util::{future::join_all, stream};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{interval, timeout},
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use crate::support::app::{TOKEN, TestApp};

/// These tests ask no HeyMilo.
const CLOSED_PORT: &str = "http://127.0.0.1:9";
/// More than any of these tests needs. Without it, a failure would hang.
const WAIT_LIMIT: Duration = Duration::from_secs(30);
const SHORT_IDLE: (&str, &str) = ("limits.idle_timeout", "200ms");
const SHORT_BODY: (&str, &str) = ("limits.body_timeout", "200ms");

/// A body of which nothing ever arrives.
fn endless() -> Body {
    Body::from_stream(stream::pending::<Result<Bytes, std::io::Error>>())
}

/// A connection to the public listener.
async fn connect<const N: usize>(settings: [(&str, &str); N]) -> (TcpStream, SocketAddr) {
    let app = TestApp::start_with(CLOSED_PORT, settings).await;
    let (address, _) = app.serve(CancellationToken::new()).await;
    (TcpStream::connect(address).await.unwrap(), address)
}

/// Everything that is sent until the other side closes the connection.
async fn until_closed(stream: &mut TcpStream) -> String {
    let mut said = Vec::new();
    // A reset connection is closed too.
    timeout(WAIT_LIMIT, stream.read_to_end(&mut said)).await.expect("it is closed").ok();
    String::from_utf8(said).unwrap()
}

/// Sends a few bytes at intervals. Returns everything that is sent until the other side closes.
async fn drip_until_closed(mut stream: TcpStream) -> String {
    let (mut reader, mut writer) = stream.split();
    let drip = async {
        let mut beat = interval(Duration::from_millis(20));
        while writer.write_all(b" ").await.is_ok() {
            beat.tick().await;
        }
        std::future::pending::<()>().await;
    };
    let mut said = Vec::new();
    tokio::select! {
        () = drip => {}
        closed = timeout(WAIT_LIMIT, reader.read_to_end(&mut said)) => {
            closed.expect("it is closed").ok();
        }
    }
    String::from_utf8(said).unwrap()
}

/// The head of a delivery whose body is not sent yet.
fn delivery(length: usize) -> String {
    format!(
        "POST /webhooks/heymilo/{TOKEN} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\
         content-length: {length}\r\n\r\n"
    )
}

#[tokio::test]
async fn everybody_finds_webhooks_and_healthz_only() {
    let app = TestApp::start(CLOSED_PORT).await;

    assert_eq!(app.send(Method::GET, "/healthz", "").await, StatusCode::OK);
    for path in ["/", "/readyz", "/metrics", "/status", "/api", "/webhooks"] {
        assert_eq!(app.send(Method::GET, path, "").await, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn operators_show_their_token_and_probes_learn_yes_or_no() {
    let token = "token-of-operators";
    let app = TestApp::start_with(CLOSED_PORT, [("HEYMILO_OPERATIONS_TOKEN", token)]).await;

    let (status, said) = app.operate("/readyz", Some(token)).await;
    assert_eq!(status, StatusCode::OK);
    assert!(said.contains("database"), "{said}");
    for wrong in [None, Some(""), Some("token-of-operator"), Some(TOKEN)] {
        for probe in ["/readyz", "/healthz"] {
            assert_eq!(app.operate(probe, wrong).await, (StatusCode::OK, String::new()));
        }
        for path in ["/", "/status", "/metrics"] {
            assert_eq!(app.operate(path, wrong).await.0, StatusCode::UNAUTHORIZED, "{path}");
        }
    }
    assert_eq!(app.operate("/status", Some(token)).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_wrong_token_costs_neither_the_body_nor_the_database() {
    let app = TestApp::start(CLOSED_PORT).await;
    app.db.close().await;

    let sent = app.send(Method::POST, "/webhooks/heymilo/wrong", endless());

    let status = timeout(WAIT_LIMIT, sent).await.expect("the body is not waited for");
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn unknown_paths_are_limited_and_deliveries_beside_them_are_not() {
    let app = TestApp::start_with(CLOSED_PORT, [("limits.unknown_paths_per_minute", "3")]).await;

    for _ in 0..3 {
        let status = app.send(Method::POST, "/webhooks/heymilo/wrong", "").await;
        assert_eq!(status, StatusCode::NOT_FOUND);
    }
    let request = axum::http::Request::get("/elsewhere").body(Body::empty()).unwrap();
    let refused = app.router.clone().oneshot(request).await.unwrap();

    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    let wait: u64 = refused.headers()[header::RETRY_AFTER].to_str().unwrap().parse().unwrap();
    assert!((1..=21).contains(&wait), "{wait}");
    assert_eq!(app.deliver(json!({})).await, StatusCode::ACCEPTED);
    assert_eq!(app.send(Method::GET, "/healthz", "").await, StatusCode::OK);
}

#[tokio::test]
async fn a_burst_of_deliveries_is_taken() {
    let app = TestApp::start(CLOSED_PORT).await;

    for _ in 0..400 {
        assert_eq!(app.deliver(json!({})).await, StatusCode::ACCEPTED);
    }
}

#[tokio::test]
async fn too_many_deliveries_are_to_come_again() {
    let app =
        TestApp::start_with(CLOSED_PORT, [("HEYMILO_SYNC__HTTP__DELIVERIES_PER_SECOND", "1")])
            .await;
    app.db.close().await;

    let deliveries = join_all((0..20).map(|_| app.deliver(json!({})))).await;

    let refused =
        deliveries.iter().filter(|status| **status == StatusCode::SERVICE_UNAVAILABLE).count();
    assert!((10..20).contains(&refused), "{refused} were refused");
}

#[tokio::test]
async fn half_sent_bodies_take_no_slot() {
    let app = TestApp::start_with(CLOSED_PORT, [("limits.requests", "1")]).await;
    let address = format!("/webhooks/heymilo/{TOKEN}");
    let mut held = Box::pin(app.send(Method::POST, &address, endless()));
    assert!(futures_util::poll!(&mut held).is_pending());

    assert_eq!(app.deliver(json!({})).await, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn a_delivery_is_to_come_again_when_no_slot_gets_free() {
    let app = TestApp::start_with(CLOSED_PORT, [("limits.requests", "1")]).await;
    let mut lock = app.db.begin().await.unwrap();
    sqlx::query("lock table heymilo_sync.inbox").execute(&mut *lock).await.unwrap();
    let mut held = Box::pin(app.deliver(json!({})));
    assert!(futures_util::poll!(&mut held).is_pending());

    assert_eq!(app.deliver(json!({})).await, StatusCode::SERVICE_UNAVAILABLE);

    lock.rollback().await.unwrap();
    assert_eq!(held.await, StatusCode::ACCEPTED);
    assert_eq!(app.deliver(json!({})).await, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn a_head_that_drips_is_broken_off() {
    let (mut stream, _) = connect([SHORT_IDLE]).await;
    stream.write_all(b"GET /healthz HTTP/1.1\r\nx-slow: ").await.unwrap();

    assert_eq!(drip_until_closed(stream).await, "");
}

#[tokio::test]
async fn a_silent_connection_is_closed_before_and_after_a_request() {
    let (mut stream, address) = connect([SHORT_IDLE]).await;
    assert_eq!(until_closed(&mut stream).await, "");

    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: test\r\n\r\n").await.unwrap();

    let said = until_closed(&mut stream).await;
    assert!(said.starts_with("HTTP/1.1 200"), "{said}");
}

#[tokio::test]
async fn a_body_that_drips_is_broken_off() {
    let (mut stream, _) = connect([SHORT_BODY]).await;
    stream.write_all(delivery(1_000_000).as_bytes()).await.unwrap();

    let said = drip_until_closed(stream).await;
    assert!(said.starts_with("HTTP/1.1 4"), "{said}");
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let (mut stream, _) = connect([]).await;
    let head = format!("GET /healthz HTTP/1.1\r\nx-large: {}\r\n\r\n", "a".repeat(20_000));

    stream.write_all(head.as_bytes()).await.unwrap();

    let said = until_closed(&mut stream).await;
    assert!(said.starts_with("HTTP/1.1 431"), "{said}");
}

#[tokio::test]
async fn beyond_the_connections_the_longest_waiting_one_is_closed() {
    let settings = [("limits.connections", "3")];
    let (mut idle, address) = connect(settings).await;
    idle.write_all(b"GET /healthz HTTP/1.1\r\nhost: test\r\n\r\n").await.unwrap();
    idle.read_u8().await.unwrap();
    let mut half_sent = TcpStream::connect(address).await.unwrap();
    half_sent.write_all(delivery(100).replace("connection", "x").as_bytes()).await.unwrap();
    let mut silent = TcpStream::connect(address).await.unwrap();
    let mut last = TcpStream::connect(address).await.unwrap();
    last.write_all(b"GET /healthz HTTP/1.0\r\n\r\n").await.unwrap();

    assert!(until_closed(&mut last).await.starts_with("HTTP/1.0 200"));
    assert!(until_closed(&mut idle).await.contains("200 OK"));
    assert!(timeout(Duration::from_millis(50), half_sent.read_u8()).await.is_err(), "it is open");
    assert!(timeout(Duration::from_millis(50), silent.read_u8()).await.is_err(), "it is open");
}

#[tokio::test]
async fn a_request_that_has_come_in_is_finished_at_the_end() {
    let app = TestApp::start(CLOSED_PORT).await;
    let shutdown = CancellationToken::new();
    let (address, served) = app.serve(shutdown.clone()).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    let mut idle = TcpStream::connect(address).await.unwrap();
    idle.write_all(b"GET /healthz HTTP/1.1\r\nhost: test\r\n\r\n").await.unwrap();
    idle.read_u8().await.unwrap();
    let head = delivery(2).replace("connection: close", "expect: 100-continue");
    stream.write_all(head.as_bytes()).await.unwrap();
    // The server asks for the body once the head has arrived.
    let mut asked = [0; "HTTP/1.1 100 Continue\r\n\r\n".len()];
    stream.read_exact(&mut asked).await.unwrap();

    shutdown.cancel();
    until_closed(&mut idle).await;
    stream.write_all(b"{}").await.unwrap();

    assert!(until_closed(&mut stream).await.starts_with("HTTP/1.1 202"));
    timeout(WAIT_LIMIT, served).await.expect("it ends").unwrap();
    assert_eq!(app.count("heymilo_sync.inbox").await, 1);
}
