//! The contents of deliveries are dropped when nothing needs them, and when the inbox is too large.

use heymilo_sync::store::contents::Scope;
use serde_json::{Value, json};

use crate::support::{app::TestApp, odd::OddHeyMilo, simulated::Simulated};

/// These tests ask no HeyMilo.
const CLOSED_PORT: &str = "http://127.0.0.1:9";
const WITH_CONTENT: &str = "heymilo_sync.inbox where content_bytes > 0";

async fn drop_answered(app: &TestApp) -> usize {
    app.tidy(Some(Scope::LatelyAnswered)).await
}

#[tokio::test]
async fn content_goes_when_every_named_interview_was_answered_after_the_delivery() {
    let world = Simulated::start().await;
    let [one, two] = [0, 1].map(|place| world.heymilo.interview_ids()[place].clone());
    world
        .deliver(json!({ "interviews": [{ "interview_id": one }, { "interview_id": two }], "who": "Ada" }))
        .await;

    assert_eq!(drop_answered(&world).await, 0);
    world.drain().await;
    assert_eq!(drop_answered(&world).await, 1);

    let row: Value = world
        .value(
            "select jsonb_build_array(octet_length(body), query, shape, cardinality(interview_ids))
             from heymilo_sync.inbox",
        )
        .await;
    let shape = json!({ "interviews": [{ "interview_id": "string" }], "who": "string" });
    assert_eq!(row, json!([0, null, shape, 2]));
    assert_eq!(drop_answered(&world).await, 0);
}

#[tokio::test]
async fn content_stays_when_a_second_delivery_is_not_answered_yet() {
    let world = Simulated::start().await;
    let id = world.heymilo.interview_ids()[0].clone();
    world.deliver(json!({ "interview_id": id })).await;
    world.drain().await;

    world.deliver(json!({ "interview_id": id, "event": "again" })).await;

    assert_eq!(drop_answered(&world).await, 0);
    world.let_time_pass().await;
    world.drain().await;
    assert_eq!(drop_answered(&world).await, 2);
}

#[tokio::test]
async fn content_stays_when_the_request_began_before_the_delivery() {
    let id = "int_in_flight";
    let answer = json!({
        "interview_id": id, "posting_id": "pos", "candidate_id": "cand", "status": "completed",
    });
    let (odd, address) = OddHeyMilo::start(answer).await;
    let app = TestApp::start(&address).await;
    app.deliver(json!({ "interview_id": id })).await;

    let delivering = async {
        odd.asked().await;
        app.deliver(json!({ "interview_id": id, "event": "while it is asked for" })).await;
        odd.release();
    };
    tokio::join!(app.work(), delivering);

    assert_eq!(app.count("heymilo.interviews where fetched_at is not null").await, 1);
    assert_eq!(drop_answered(&app).await, 0);
    odd.release();
    app.let_time_pass().await;
    app.work().await;
    assert_eq!(drop_answered(&app).await, 2);
}

#[tokio::test]
async fn content_stays_when_the_answer_is_a_failure() {
    let world = Simulated::start().await;
    let id = world.heymilo.interview_ids()[0].clone();
    world.sync().await;
    world.deliver(json!({ "interview_id": id })).await;
    // As if every attempt had failed, and the refresh had enqueued it again.
    world
        .execute(
            "update heymilo_sync.jobs set urgency = 'look', last_error = 'HeyMilo answered 500'",
        )
        .await;
    world.deliver(json!({ "interview_id": "int_that_heymilo_does_not_know" })).await;
    world.deliver(json!({ "names": "nothing" })).await;

    assert_eq!(drop_answered(&world).await, 0);
    world.let_time_pass().await;
    world.exhaust().await;

    assert_eq!(drop_answered(&world).await, 1);
    assert_eq!(world.count(WITH_CONTENT).await, 2);
}

#[tokio::test]
async fn content_stays_when_the_settings_say_so() {
    let world = Simulated::with([("HEYMILO_SYNC__RETENTION__DROP_ANSWERED", "false")]).await;
    world.deliver(json!({ "interview_id": world.heymilo.interview_ids()[0] })).await;
    world.drain().await;

    assert_eq!(drop_answered(&world).await, 0);
    assert_eq!(world.count(WITH_CONTENT).await, 1);
}

#[tokio::test]
async fn an_inbox_that_is_too_large_loses_answered_contents_then_the_oldest() {
    let settings = [
        ("HEYMILO_SYNC__RETENTION__DROP_ANSWERED", "false"),
        ("HEYMILO_SYNC__RETENTION__INBOX_BYTES", "2500"),
    ];
    let world = Simulated::with(settings).await;
    let id = world.heymilo.interview_ids()[0].clone();
    let text = "x".repeat(950);
    for name in ["first", "second"] {
        world.deliver(json!({ "names": name, "text": text })).await;
    }
    world.deliver(json!({ "interview_id": id, "text": text })).await;
    world.drain().await;
    let kept =
        "select array_agg(coalesce(convert_from(body, 'UTF8')::jsonb ->> 'names', 'answered')
                                 order by delivery_id)
                from heymilo_sync.inbox where content_bytes > 0";

    assert_eq!(world.tidy(None).await, 1);
    assert_eq!(world.value::<Vec<String>>(kept).await, ["first", "second"]);
    for name in ["third", "fourth"] {
        world.deliver(json!({ "names": name, "text": text })).await;
    }
    assert_eq!(world.tidy(None).await, 2);
    assert_eq!(world.value::<Vec<String>>(kept).await, ["third", "fourth"]);

    assert_eq!(world.count("heymilo_sync.inbox").await, 5);
    assert_eq!(world.count("heymilo_sync.inbox where shape is not null").await, 3);
    let named = format!("heymilo_sync.inbox where interview_ids = '{{{id}}}'");
    assert_eq!(world.count(&named).await, 1);
    let scrape = world.operate("/metrics", None).await.1;
    assert!(
        scrape.contains("heymilo_sync_inbox_limit_bytes{workspace=\"default\"} 2500"),
        "{scrape}"
    );
    let size: i64 = world.value("select sum(content_bytes) from heymilo_sync.inbox").await;
    let gauge = format!("heymilo_sync_inbox_bytes{{workspace=\"default\"}} {size}");
    assert!(scrape.contains(&gauge), "{scrape}");
}

#[tokio::test]
async fn contents_of_many_deliveries_are_dropped_in_batches() {
    let app =
        TestApp::start_with(CLOSED_PORT, [("HEYMILO_SYNC__RETENTION__INBOX_BYTES", "1")]).await;
    app.execute(
        "insert into heymilo_sync.inbox (workspace_id, received_at, method, body, interview_ids)
         select 'default', now(), 'POST', '[]', '{}' from generate_series(1, 2500)",
    )
    .await;

    assert_eq!(app.tidy(None).await, 2500);
    assert_eq!(app.count(WITH_CONTENT).await, 0);
}
