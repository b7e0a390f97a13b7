//! Odd answers and errors delay nothing else, and nothing is lost.

use axum::http::StatusCode;
use serde_json::{Value, json};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{method, path},
};

use crate::support::{app::TestApp, simulated::Simulated};

fn answer(body: impl Into<Vec<u8>>) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_raw(body, "application/json")
}

/// A daemon beside a HeyMilo that answers these interviews.
async fn with_interviews<const N: usize>(
    interviews: [(&str, ResponseTemplate); N],
) -> (TestApp, MockServer) {
    let heymilo = MockServer::start().await;
    for (id, answer) in interviews {
        Mock::given(path(format!("/api/v2/interviews/{id}/data")))
            .respond_with(answer)
            .mount(&heymilo)
            .await;
    }
    (TestApp::start(&heymilo.uri()).await, heymilo)
}

fn interview(id: &str) -> Value {
    json!({
        "interview_id": id,
        "posting_id": "pos_1",
        "name": "Ada Example",
        "email": "ada@example.com",
        "status": "completed",
    })
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_is_kept_and_set_aside_when_it_stays_so() {
    let odd = r#"{"data": ["not an interview"], "meta": {}}"#;
    let fine = json!({ "data": interview("int_fine") }).to_string();
    let (app, _heymilo) =
        with_interviews([("int_odd", answer(odd)), ("int_fine", answer(fine))]).await;

    app.deliver(json!([{ "interview_id": "int_odd" }, { "interview_id": "int_fine" }])).await;
    app.drain().await;

    assert_eq!(app.snapshot("int_odd").await, odd.as_bytes());
    assert_eq!(app.exhaust().await, 9, "it was tried ten times");
    let failed: String =
        app.value("select interview_id from heymilo_sync.jobs where failed_at is not null").await;
    assert_eq!(failed, "int_odd");
    let written: String = app.value("select interview_id from heymilo.interviews").await;
    assert_eq!(written, "int_fine");
}

#[tokio::test]
async fn a_field_of_another_type_becomes_null_and_a_notice() {
    let mut data = interview("int_1");
    data["score"] = json!({ "value": 80 });
    data["web_interview"] = json!({
        "interview_id": "int_1",
        "match_score": "81",
        "speech_score": "fluent",
        "scorecard": [{ "question_id": 7, "score": 9, "rank": 1.5, "mood": "calm" }, "odd"],
    });
    let (app, _heymilo) =
        with_interviews([("int_1", answer(json!({ "data": data }).to_string()))]).await;

    app.deliver(json!({ "interview_id": "int_1" })).await;
    app.drain().await;

    let score: Option<f64> = app.value("select score from heymilo.interviews").await;
    assert_eq!(score, None);
    let extra: Value = app.value("select extra from heymilo.interviews").await;
    assert_eq!(extra, json!({ "score": { "value": 80 } }));
    let row: Value =
        app.value("select to_jsonb(q) - 'workspace_id' from heymilo.scorecard_questions q").await;
    assert_eq!(row["question_id"], json!("7"));
    assert_eq!(row["score"], json!(9));
    assert_eq!(row["extra"], json!({ "mood": "calm", "rank": 1.5 }));
    let notices: Value = app
        .value(
            "select jsonb_agg(concat_ws(' ', path, problem, found) order by path, problem)
             from heymilo_sync.notices where problem <> 'missing_field'",
        )
        .await;
    assert_eq!(
        notices,
        json!([
            "score wrong_type an object",
            "web_interview.match_score converted text",
            "web_interview.scorecard[] wrong_type text",
            "web_interview.scorecard[].mood unknown_field text",
            "web_interview.scorecard[].question_id converted a number",
            "web_interview.scorecard[].rank wrong_type a number",
            "web_interview.speech_score wrong_type text",
        ])
    );
}

#[tokio::test]
async fn a_nul_character_and_broken_utf_8_do_not_stop_an_interview() {
    let body = b"{\"data\": {\"interview_id\": \"int_1\", \"status\": \"completed\", \
                 \"posting_id\": \"pos_1\", \
                 \"name\": \"A\\u0000da\", \"email\": \"\xff\", \"data\": {\"k\\u0000\": \"\\u0000\"}}}";
    let (app, _heymilo) = with_interviews([("int_1", answer(&body[..]))]).await;

    app.deliver(json!({ "interview_id": "int_1" })).await;
    app.drain().await;

    let name: String = app.value("select candidate_name from heymilo.interviews").await;
    assert_eq!(name, "A\u{fffd}da");
    let data: Value = app.value("select data from heymilo.interviews").await;
    assert_eq!(data, json!({ "k\u{fffd}": "\u{fffd}" }));
    assert_eq!(app.snapshot("int_1").await, body);
}

#[tokio::test]
async fn an_interview_that_does_not_exist_is_set_aside_after_a_few_tries() {
    let world = Simulated::start().await;
    world.deliver(json!({ "interview_id": "int_nobody" })).await;

    assert_eq!(world.exhaust().await, 6);
}

#[tokio::test]
async fn an_interview_that_a_list_shows_outlasts_a_quarter_of_an_hour_of_nonsense() {
    let error = |status: u16| ResponseTemplate::new(status).set_body_json(json!({ "error": {} }));
    let detail = ResponseTemplate::new(404).set_body_json(json!({ "detail": "Not Found" }));
    let mut odd = vec![answer(r#"{"data": null}"#), answer(r#"{"data": 1}"#), detail];
    odd.extend([400, 402, 404, 409, 410, 422, 423, 425].map(error));
    for nonsense in odd {
        let (app, heymilo) = with_interviews([]).await;
        app.execute("insert into heymilo_sync.jobs values ('default', 'int_1', 'change', 1)").await;
        let at = Mock::given(path("/api/v2/interviews/int_1/data"));
        at.respond_with(nonsense).up_to_n_times(9).mount(&heymilo).await;
        Mock::given(path("/api/v2/interviews/int_1/data"))
            .respond_with(answer(json!({ "data": interview("int_1") }).to_string()))
            .mount(&heymilo)
            .await;

        let mut waits = Vec::new();
        for _ in 0..9 {
            app.let_time_pass().await;
            app.work().await;
            let wait = "select extract(epoch from due_at - now())::float8 from heymilo_sync.jobs";
            waits.push(app.value::<f64>(wait).await);
        }
        app.exhaust().await;

        assert!(waits.iter().sum::<f64>() > 900.0, "{waits:?}");
        assert_eq!(app.count("heymilo.interviews").await, 1);
        assert_eq!(app.count("heymilo_sync.jobs").await, 0);
    }
}

#[tokio::test]
async fn a_server_that_asks_for_patience_is_given_it() {
    let busy = ResponseTemplate::new(503).insert_header("retry-after", "120");
    let (app, _heymilo) = with_interviews([("int_1", busy)]).await;

    app.deliver(json!({ "interview_id": "int_1" })).await;
    app.work().await;

    let waits = "heymilo_sync.jobs where due_at > now() + interval '110 seconds'";
    assert_eq!(app.count(waits).await, 1);
}

#[tokio::test]
async fn a_delivery_revives_an_interview_that_was_set_aside() {
    let world = Simulated::start().await;
    world.deliver(json!({ "interview_id": "int_late" })).await;
    world.execute("update heymilo_sync.jobs set failed_at = now()").await;
    assert_eq!(world.drain().await, 0);

    world.heymilo.put_interview(&world.heymilo.posting_ids()[0], interview("int_late"));
    world.deliver(json!({ "interview_id": "int_late" })).await;
    world.drain().await;

    let written: String = world.value("select interview_id from heymilo.interviews").await;
    assert_eq!(written, "int_late");
}

#[tokio::test]
async fn an_api_that_is_down_costs_attempts_and_loses_nothing() {
    let heymilo = MockServer::start().await;
    Mock::given(path("/api/v2/interviews/int_1/data"))
        .respond_with(ResponseTemplate::new(503).set_body_string("<html>down</html>"))
        .up_to_n_times(1)
        .mount(&heymilo)
        .await;
    Mock::given(path("/api/v2/interviews/int_1/data"))
        .respond_with(answer(json!({ "data": interview("int_1") }).to_string()))
        .mount(&heymilo)
        .await;
    let app = TestApp::start(&heymilo.uri()).await;

    app.deliver(json!({ "interview_id": "int_1" })).await;
    app.drain().await;
    assert_eq!(app.count("heymilo.interviews").await, 0);
    let attempt: i32 = app.value("select attempt from heymilo_sync.jobs").await;
    assert_eq!(attempt, 1);

    app.let_time_pass().await;
    app.drain().await;
    assert_eq!(app.count("heymilo.interviews").await, 1);
    assert_eq!(app.count("heymilo_sync.jobs").await, 0);
}

#[tokio::test]
async fn a_refused_key_costs_no_attempt() {
    let world = Simulated::start().await;
    let id = &world.heymilo.interview_ids()[0];
    world.deliver(json!({ "interview_id": id })).await;
    world.heymilo.refuse_keys(true);

    world.work().await;

    let attempt: i32 = world.value("select attempt from heymilo_sync.jobs").await;
    assert_eq!(attempt, 0);
    assert_eq!(world.count("heymilo_sync.connections where refused_at is not null").await, 1);
}

#[tokio::test]
async fn a_list_that_cannot_be_read_does_not_hold_up_the_others() {
    let heymilo = MockServer::start().await;
    let list = |items: &[Value]| json!({ "data": items, "pagination": { "has_more": false } });
    let posting = |id: &str| json!({ "id": id, "title": id, "status": "active" });
    let row = json!({ "interview_id": "int_1", "posting_id": "pos_2", "name": "Ada Example",
                      "email": "ada@example.com", "status": "pending" });
    for (at, body) in [
        ("workspaces", list(&[])),
        ("postings", list(&[posting("pos_1"), posting("pos_2")])),
        ("postings/pos_1/questions", list(&[])),
        ("postings/pos_2/questions", list(&[])),
        ("postings/pos_2/candidates", list(&[row])),
    ] {
        Mock::given(path(format!("/api/v2/{at}")))
            .respond_with(ResponseTemplate::new(200).set_body_json(body))
            .mount(&heymilo)
            .await;
    }
    let app = TestApp::start(&heymilo.uri()).await;

    let report = app.poll().await;

    assert_eq!((report.lists, report.candidates), (4, 1));
    let due: bool =
        app.value("select due_at > now() from heymilo_sync.cursors where posting_id = 'pos_1' and list = 'candidates'").await;
    assert!(due);
}

#[tokio::test]
async fn the_key_of_another_workspace_mixes_nothing() {
    let world = Simulated::start().await;
    world.sync().await;
    world.execute("update heymilo.workspaces set heymilo_workspace_id = 'ws_other'").await;
    world.execute("update heymilo.postings set posting_id = 'not ' || posting_id").await;
    world.execute("delete from heymilo_sync.cursors").await;
    let before = world.count("heymilo_sync.snapshots").await;

    let error = world.try_poll().await.unwrap_err().to_string();

    assert!(error.contains("ws_other"), "{error}");
    assert_eq!(world.count("heymilo_sync.snapshots").await, before);
}

#[tokio::test]
async fn ready_means_that_a_delivery_can_be_kept() {
    let app = TestApp::start("http://127.0.0.1:9").await;
    assert_eq!(app.operate("/readyz", None).await.0, StatusCode::OK);

    app.execute(
        "delete from heymilo_sync.migrations where version = (select max(version) from heymilo_sync.migrations)",
    )
    .await;
    let (status, _) = app.operate("/readyz", None).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);

    app.db.close().await;
    let (status, _) = app.operate("/readyz", None).await;
    assert_eq!(status, StatusCode::OK, "it can be kept in the spool");
    assert_eq!(app.operate("/healthz", None).await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_long_outage_is_waited_for_and_gives_nothing_up() {
    let heymilo = MockServer::start().await;
    let down = ResponseTemplate::new(500);
    Mock::given(path("/api/v2/interviews/int_1/data"))
        .respond_with(down)
        .up_to_n_times(30)
        .mount(&heymilo)
        .await;
    Mock::given(path("/api/v2/interviews/int_1/data"))
        .respond_with(answer(json!({ "data": interview("int_1") }).to_string()))
        .mount(&heymilo)
        .await;
    let interval = ("limits.outage_interval", "1ms");
    let app = TestApp::start_with(&heymilo.uri(), [interval]).await;
    app.deliver(json!({ "interview_id": "int_1" })).await;

    for _ in 0..31 {
        app.let_time_pass().await;
        app.work().await;
    }

    assert_eq!(app.count("heymilo.interviews").await, 1);
}

#[tokio::test]
async fn a_forbidden_interview_does_not_stop_the_key() {
    let fine = json!({ "data": interview("int_fine") }).to_string();
    let forbidden = ResponseTemplate::new(403);
    let (app, _heymilo) = with_interviews([("int_1", forbidden), ("int_fine", answer(fine))]).await;

    app.deliver(json!([{ "interview_id": "int_1" }, { "interview_id": "int_fine" }])).await;
    app.drain().await;

    assert_eq!(app.count("heymilo.interviews").await, 1);
    assert_eq!(app.count("heymilo_sync.connections where refused_at is not null").await, 0);
}

#[tokio::test]
async fn neither_the_workspace_nor_a_refused_registration_stops_the_poll() {
    let heymilo = MockServer::start().await;
    let list = |items: &[Value]| json!({ "data": items, "pagination": { "has_more": false } });
    let posting = json!({ "id": "pos_1", "title": "One", "status": "active" });
    for (at, body) in [
        ("workspaces", json!({ "data": { "id": "ws_1" } })),
        ("postings", list(&[posting])),
        ("postings/pos_1/questions", list(&[])),
        ("postings/pos_1/candidates", list(&[])),
        ("webhooks", list(&[])),
    ] {
        Mock::given(method("GET"))
            .and(path(format!("/api/v2/{at}")))
            .respond_with(ResponseTemplate::new(200).set_body_json(body))
            .mount(&heymilo)
            .await;
    }
    Mock::given(method("POST"))
        .and(path("/api/v2/webhooks"))
        .respond_with(ResponseTemplate::new(422))
        .expect(4)
        .mount(&heymilo)
        .await;
    let public_url = ("HEYMILO_SYNC__WEBHOOKS__PUBLIC_URL", "https://hooks.example.com");
    let app = TestApp::start_with(&heymilo.uri(), [public_url]).await;

    let report = app.poll().await;

    assert_eq!((report.lists, report.postings), (3, 1));
}
