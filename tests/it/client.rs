//! The client against single odd answers.

use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    thread,
    time::Duration,
};

use chrono::DateTime;
use flate2::{Compression, write::GzEncoder};
use futures_util::TryStreamExt as _;
use heymilo_sync::{
    heymilo::{Client, Error, Permit, Settings, pages, wire::NewWebhook},
    metrics::Metrics,
    records::Urgency,
};
use serde_json::{Value, json};
use tokio::time::Instant;
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{
        any, body_json, header, header_exists, method, path, query_param, query_param_is_missing,
    },
};

const MAX_BODY_BYTES: usize = 10_000;

fn client(base_url: &str) -> Client {
    let settings = Settings {
        authorities: Vec::new(),
        base_url: base_url.parse().unwrap(),
        key_variable: "HEYMILO_API_KEY".to_owned(),
        api_key: "key".into(),
        requests_per_minute: 1_000_000,
        timeout: Duration::from_secs(5),
        outage_interval: Duration::from_secs(10),
        max_body_bytes: MAX_BODY_BYTES,
        counts: Metrics::default().of("default"),
    };
    Client::new(settings).unwrap()
}

/// Starts a HeyMilo that gives one answer to every request.
async fn answering(answer: ResponseTemplate) -> (MockServer, Client) {
    let heymilo = MockServer::start().await;
    Mock::given(any()).respond_with(answer).mount(&heymilo).await;
    let client = client(&heymilo.uri());
    (heymilo, client)
}

async fn permit(client: &Client) -> Permit {
    client.limiter().acquire(Urgency::Delivery, Instant::now()).await
}

async fn interview_data(client: &Client) -> Result<Vec<u8>, Error> {
    let permit = permit(client).await;
    client.interview_data(permit, "int_1").await.map(Into::into)
}

/// Fetches an interview from a HeyMilo that gives only this answer.
async fn outcome(answer: ResponseTemplate) -> Result<Vec<u8>, Error> {
    let (_heymilo, client) = answering(answer).await;
    interview_data(&client).await
}

fn refusal(status: u16) -> ResponseTemplate {
    let error = json!({ "type": "t", "code": "some_code", "message": "Ada Example is unknown" });
    ResponseTemplate::new(status).set_body_json(json!({ "error": error }))
}

fn html(status: u16) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_raw("<html>Bad gateway</html>", "text/html")
}

fn gzip(body: &[u8]) -> ResponseTemplate {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(body).unwrap();
    ResponseTemplate::new(200)
        .insert_header("content-encoding", "gzip")
        .set_body_raw(encoder.finish().unwrap(), "application/json")
}

fn page(ids: &[&str], has_more: bool) -> ResponseTemplate {
    let items: Vec<_> = ids.iter().map(|id| json!({ "interview_id": id })).collect();
    let pagination = json!({ "has_more": has_more, "total_count": 3 });
    ResponseTemplate::new(200).set_body_json(json!({ "data": items, "pagination": pagination }))
}

#[tokio::test]
async fn every_request_introduces_itself() {
    let heymilo = MockServer::start().await;
    Mock::given(method("GET"))
        .and(path("/api/v2/workspaces"))
        .and(header("x-api-key", "key"))
        .and(header("accept", "application/json"))
        .and(header("user-agent", concat!("heymilo-sync/", env!("CARGO_PKG_VERSION"))))
        .and(header_exists("accept-encoding"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({ "data": [{ "id": "w" }] })))
        .mount(&heymilo)
        .await;

    let workspaces = client(&heymilo.uri()).workspaces().await.unwrap();

    assert_eq!(workspaces[0], r#"{"id":"w"}"#);
}

#[tokio::test]
async fn a_list_is_walked_to_its_end() {
    let heymilo = MockServer::start().await;
    let candidates = || {
        Mock::given(path("/api/v2/postings/pos_1/candidates"))
            .and(query_param("limit", "100"))
            .and(query_param("created_after", "1700000000"))
    };
    candidates()
        .and(query_param_is_missing("starting_after"))
        .respond_with(page(&["int_1", "int_2"], true))
        .mount(&heymilo)
        .await;
    candidates()
        .and(query_param("starting_after", "int_2"))
        .respond_with(page(&["int_3"], false))
        .mount(&heymilo)
        .await;
    let client = client(&heymilo.uri());
    let since = DateTime::from_timestamp(1_700_000_000, 999_999_999);

    let client = &client;
    let walked: Vec<_> =
        pages(|after| async move { client.candidates("pos_1", since, after.as_deref()).await })
            .map_ok(|page| (page.items.len(), page.next))
            .try_collect()
            .await
            .unwrap();

    assert_eq!(walked, [(2, Some("int_2".to_owned())), (1, None)]);
}

#[tokio::test]
async fn a_list_that_repeats_its_page_is_an_error() {
    let (_heymilo, client) = answering(page(&["int_1"], true)).await;

    let again = client.candidates("pos_1", None, Some("int_1")).await;

    assert!(matches!(again, Err(Error::Shape(_))));
}

#[tokio::test]
async fn a_page_that_fails_is_asked_for_again_at_once() {
    let heymilo = MockServer::start().await;
    for fault in [html(503), ResponseTemplate::new(200).set_body_string("{")] {
        Mock::given(any()).respond_with(fault).up_to_n_times(1).mount(&heymilo).await;
    }
    Mock::given(any()).respond_with(page(&["int_1"], false)).expect(1).mount(&heymilo).await;
    let client = client(&heymilo.uri());

    let page = client.candidates("pos_1", None, None).await.ok().unwrap();

    assert_eq!(page.items.len(), 1);
}

#[tokio::test]
async fn a_page_that_is_refused_is_not_asked_for_again_at_once() {
    for status in [400, 401, 404, 422, 429] {
        let heymilo = MockServer::start().await;
        Mock::given(any()).respond_with(refusal(status)).expect(1).mount(&heymilo).await;

        assert!(client(&heymilo.uri()).candidates("pos_1", None, None).await.is_err());
    }
}

#[tokio::test]
async fn an_id_reaches_heymilo_as_one_segment() {
    let heymilo = MockServer::start().await;
    Mock::given(path("/api/v2/interviews/..%2Fpostings%3Fa=b/data"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({ "data": {} })))
        .expect(1)
        .mount(&heymilo)
        .await;
    let client = client(&heymilo.uri());

    let permit = permit(&client).await;
    client.interview_data(permit, "../postings?a=b").await.unwrap();

    assert!(matches!(client.posting("..").await, Err(Error::Id)));
}

#[tokio::test]
async fn a_body_passes_as_received() {
    let body = b"\xEF\xBB\xBF{ \"data\": {\"name\": \"Ada \xFF\", \"score\": 1.0} }\n".to_vec();
    let answer = ResponseTemplate::new(200).set_body_raw(body.clone(), "application/json");

    assert_eq!(outcome(answer).await.unwrap(), body);
}

#[tokio::test]
async fn a_compressed_body_is_unpacked() {
    assert_eq!(outcome(gzip(br#"{"data": {}}"#)).await.unwrap(), br#"{"data": {}}"#);
}

#[tokio::test]
async fn refusals_are_sorted_by_what_to_do() {
    assert!(matches!(outcome(refusal(401)).await, Err(Error::Unauthorized { .. })));
    assert!(matches!(outcome(html(403)).await, Err(Error::Status { .. })));
    assert!(matches!(outcome(refusal(404)).await, Err(Error::NotFound)));

    let invalid = json!({ "detail": [{ "loc": ["path"], "msg": "ada@example.com", "type": "t" }] });
    let error = outcome(ResponseTemplate::new(422).set_body_json(invalid)).await.unwrap_err();
    assert_eq!(error.to_string(), "HeyMilo answered 422 Unprocessable Entity");
    assert!(!error.is_transient());

    let error = outcome(refusal(409)).await.unwrap_err();
    assert_eq!(error.to_string(), "HeyMilo answered 409 Conflict (some_code)");

    let error = outcome(html(500)).await.unwrap_err();
    assert_eq!(error.to_string(), "HeyMilo answered 500 Internal Server Error");
    assert!(error.is_transient());
}

#[tokio::test]
async fn a_404_that_is_not_from_heymilo_deletes_nothing() {
    let unknown_route = ResponseTemplate::new(404).set_body_json(json!({ "detail": "Not Found" }));

    for answer in [html(404), unknown_route] {
        assert!(matches!(outcome(answer).await, Err(Error::Status { said: None, .. })));
    }
}

#[tokio::test]
async fn a_429_pauses_for_as_long_as_it_says() {
    let named = outcome(refusal(429).insert_header("retry-after", "17")).await;
    let unnamed = outcome(refusal(429)).await;

    let seconds = |outcome: Result<_, _>| match outcome {
        Err(Error::RateLimited { retry_after }) => retry_after.as_secs(),
        _ => panic!("not rate limited"),
    };
    assert_eq!(seconds(named), 17);
    assert_eq!(seconds(unnamed), 10);
}

#[tokio::test]
async fn no_request_is_sent_during_a_pause() {
    let (_heymilo, client) = answering(refusal(429).insert_header("retry-after", "17")).await;
    let _ = interview_data(&client).await;

    let next = tokio::time::timeout(Duration::ZERO, permit(&client)).await;

    assert!(next.is_err());
}

#[tokio::test]
async fn a_success_that_cannot_be_read_is_tried_again() {
    let ok = |body: &str| ResponseTemplate::new(200).set_body_raw(body, "application/json");

    for answer in [html(200), ok(""), ok(r#"{"data": {"na"#), ok("[]"), ok(r#"{"meta": {}}"#)] {
        let error = outcome(answer).await.unwrap_err();
        assert!(matches!(error, Error::Shape(_)), "{error}");
        assert!(error.is_transient());
    }
}

#[tokio::test]
async fn an_answer_cut_on_its_way_is_tried_again() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = client(&format!("http://{}", listener.local_addr().unwrap()));
    let server = thread::spawn(move || {
        let (mut peer, _) = listener.accept().unwrap();
        let _ = peer.read(&mut [0; 4096]).unwrap();
        peer.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"data\"").unwrap();
    });

    let error = interview_data(&client).await.unwrap_err();
    server.join().unwrap();

    assert!(matches!(error, Error::Transport(_)), "{error}");
    assert!(error.is_transient());
}

#[tokio::test]
async fn the_limit_on_bodies_counts_what_is_unpacked() {
    let body = json!({ "data": "a".repeat(MAX_BODY_BYTES) }).to_string();

    let error = outcome(gzip(body.as_bytes())).await.unwrap_err();

    assert_eq!(error.to_string(), "HeyMilo's answer is longer than the limit of 10000 bytes");
    assert!(!error.is_transient());
}

#[tokio::test]
async fn a_redirect_is_not_followed_with_the_key() {
    let elsewhere = MockServer::start().await;
    Mock::given(any()).respond_with(html(200)).expect(0).mount(&elsewhere).await;
    let redirect = ResponseTemplate::new(302).insert_header("location", elsewhere.uri());

    let error = outcome(redirect).await.unwrap_err();

    assert_eq!(error.to_string(), "HeyMilo answered 302 Found");
    assert!(error.is_transient());
}

#[tokio::test]
async fn silence_ends_with_the_timeout() {
    let heymilo = MockServer::start().await;
    let hanging = ResponseTemplate::new(200).set_delay(Duration::from_secs(60));
    Mock::given(any()).respond_with(hanging).mount(&heymilo).await;
    let client = Client::new(Settings {
        authorities: Vec::new(),
        base_url: heymilo.uri().parse().unwrap(),
        key_variable: "HEYMILO_API_KEY".to_owned(),
        api_key: "key".into(),
        requests_per_minute: 1_000_000,
        timeout: Duration::from_millis(50),
        outage_interval: Duration::from_secs(10),
        max_body_bytes: MAX_BODY_BYTES,
        counts: Metrics::default().of("default"),
    })
    .unwrap();

    let error = interview_data(&client).await.unwrap_err();

    assert!(matches!(error, Error::Timeout));
    assert!(error.is_transient());
}

#[tokio::test]
async fn an_error_tells_neither_address_nor_key() {
    let client = client("http://127.0.0.1:1/?token=secret");

    let error = interview_data(&client).await.unwrap_err();

    let text = format!("{error} {error:?}");
    assert!(matches!(error, Error::Transport(_)));
    assert!(!text.contains("secret") && !text.contains("int_1"), "{text}");
}

#[tokio::test]
async fn webhooks_are_registered_listed_and_ended() {
    let heymilo = MockServer::start().await;
    let wanted = json!({
        "posting_id": "pos_1",
        "webhook_url": "https://sync.example.com/webhooks/heymilo",
        "event_type": "report_available",
    });
    let mut registered = wanted.clone();
    registered["webhook_id"] = json!("wh_1");
    registered["is_active"] = json!(true);
    let answer = |status, data: Value| ResponseTemplate::new(status).set_body_json(data);
    let list = json!({ "data": [registered], "pagination": { "has_more": false } });
    Mock::given(method("POST"))
        .and(path("/api/v2/webhooks"))
        .and(body_json(&wanted))
        .respond_with(answer(201, json!({ "data": registered })))
        .mount(&heymilo)
        .await;
    Mock::given(method("GET")).respond_with(answer(200, list)).mount(&heymilo).await;
    Mock::given(method("DELETE"))
        .and(path("/api/v2/webhooks/wh_1"))
        .respond_with(ResponseTemplate::new(204))
        .expect(10)
        .mount(&heymilo)
        .await;
    let client = client(&heymilo.uri());

    let webhook_url = "https://sync.example.com/webhooks/heymilo";
    let new = NewWebhook { posting_id: "pos_1", webhook_url, event_type: "report_available" };
    client.create_webhook(&new).await.unwrap();
    let listed = client.webhooks(None).await.ok().unwrap().items;
    for _ in 0..10 {
        client.delete_webhook(listed[0].webhook_id.as_deref().unwrap()).await.unwrap();
    }

    assert_eq!(listed.len(), 1);
    assert!(!client.limiter().is_down(), "an answer to a change may be empty");
    assert_eq!(listed[0].delivers_to(), Some(webhook_url));
}

#[tokio::test]
async fn a_registration_that_is_ended_without_a_word_is_no_outage() {
    for status in [200, 202, 204] {
        let (_heymilo, client) = answering(ResponseTemplate::new(status)).await;
        for _ in 0..20 {
            client.delete_webhook("wh_1").await.unwrap();
        }
        assert!(!client.limiter().is_down(), "{status}");
    }
}

#[tokio::test]
async fn stats_are_read() {
    let data = json!({ "posting_id": "pos_1", "total_candidates": 3, "completed_interviews": 1 });
    let answer = ResponseTemplate::new(200).set_body_json(json!({ "data": data }));
    let (_heymilo, client) = answering(answer).await;

    let stats = client.posting_stats("pos_1").await.unwrap();

    assert_eq!((stats.total_candidates, stats.completed_interviews), (Some(3), Some(1)));
    assert_eq!(stats.average_interview_score, None);
}
