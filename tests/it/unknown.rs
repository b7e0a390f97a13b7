//! A sender who knows the webhook's address: invented interviews cost few requests, and delay no
//! real ones.

use axum::http::StatusCode;
use serde_json::json;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

use crate::support::{app::TestApp, simulated::Simulated};

/// A limit of which ten percent are thirty.
const LIMIT: (&str, &str) = ("HEYMILO_SYNC__HEYMILO__REQUESTS_PER_MINUTE", "300");
/// A rate limit of which only ten requests may change nothing.
const HARDLY_ANY: [(&str, &str); 2] =
    [("HEYMILO_SYNC__HEYMILO__REQUESTS_PER_MINUTE", "1000"), ("limits.unchanged_percent", "1")];

/// Delivers this range of interviews that do not exist.
async fn deliver_made_up(app: &TestApp, ids: std::ops::Range<usize>) {
    let ids: Vec<_> = ids.map(|id| format!("made-up-{id}")).collect();
    for ids in ids.chunks(250) {
        let status = app.deliver(json!({ "interview_id": ids })).await;
        assert_eq!(status, StatusCode::ACCEPTED);
    }
}

/// How often HeyMilo was asked for an interview that it does not have.
fn asked_in_vain(world: &Simulated) -> usize {
    world.heymilo.requests().iter().filter(|request| request.status == 404).count()
}

#[tokio::test]
async fn ten_thousand_made_up_interviews_hold_no_real_one_up_and_fill_no_table() {
    let world = Simulated::with([LIMIT]).await;
    let known = world.heymilo.interview_ids();
    world.poll().await;
    let waiting_before = world.count("heymilo_sync.jobs").await;

    deliver_made_up(&world, 0..10_000).await;
    assert_eq!(world.count("heymilo_sync.inbox").await, 40);
    assert!(world.count("heymilo_sync.jobs").await <= waiting_before + 1_000);

    world.deliver(json!({ "interview_id": known[0] })).await;
    world.work().await;
    let fetched: i64 = world
        .value(&format!(
            "select count(*) from heymilo_sync.snapshots
             where kind = 'interview' and subject_id = '{}'",
            known[0]
        ))
        .await;
    assert_eq!(fetched, 1, "it was not held up");

    world.drain().await;
    world.let_time_pass().await;
    world.drain().await;
    assert_eq!(asked_in_vain(&world), 30, "ten percent of a minute's 300");
}

#[tokio::test]
async fn new_interviews_that_deliveries_name_first_are_fetched_at_once() {
    let world = Simulated::with(HARDLY_ANY).await;
    let ids = world.heymilo.interview_ids();

    world.deliver(json!({ "interview_id": ids })).await;
    world.drain().await;

    assert_eq!(world.count("heymilo.interviews").await, i64::try_from(ids.len()).unwrap());
}

#[tokio::test]
async fn what_heymilo_refuses_or_fails_to_answer_is_asked_in_vain_too() {
    for status in [400, 403, 422, 500] {
        let heymilo = MockServer::start().await;
        Mock::given(any()).respond_with(ResponseTemplate::new(status)).mount(&heymilo).await;
        let outage = ("limits.outage_interval", "1ms");
        let app = TestApp::start_with(&heymilo.uri(), [LIMIT, outage]).await;

        for _ in 0..3 {
            deliver_made_up(&app, 0..100).await;
            app.drain().await;
            app.let_time_pass().await;
        }

        let asked = heymilo.received_requests().await.unwrap().len();
        assert!((10..=30).contains(&asked), "{asked} requests were answered {status}");
    }
}

#[tokio::test]
async fn what_heymilo_does_not_know_is_not_asked_for_again_for_a_while() {
    let world = Simulated::start().await;
    let asked = async || {
        for _ in 0..8 {
            world.deliver(json!({ "interview_id": "made-up" })).await;
            world.drain().await;
            world.execute("update heymilo_sync.jobs set due_at = now()").await;
        }
        asked_in_vain(&world)
    };

    assert_eq!(asked().await, 6, "it may only not be visible yet");
    assert_eq!(asked().await, 6);
    let later = "update heymilo_sync.jobs
                 set missed_at = missed_at - interval '16 minutes',
                     failed_at = failed_at - interval '16 minutes'";
    world.execute(later).await;
    assert_eq!(asked().await, 12);

    world.execute(later).await;
    world.deliver(json!({ "interview_id": "another" })).await;
    world.drain().await;
    assert_eq!(world.count("heymilo_sync.jobs").await, 1, "what is forgotten is removed");
}

#[tokio::test]
async fn a_404_that_may_not_be_heymilos_ends_what_only_a_delivery_names() {
    let heymilo = MockServer::start().await;
    let bare = ResponseTemplate::new(404).set_body_json(json!({ "detail": "Not Found" }));
    Mock::given(any()).respond_with(bare).mount(&heymilo).await;
    let app = TestApp::start(&heymilo.uri()).await;

    app.deliver(json!({ "interview_id": "made-up" })).await;

    assert_eq!(app.exhaust().await, 6);
}

#[tokio::test]
async fn a_command_does_not_fail_because_of_made_up_interviews() {
    let world = Simulated::start().await;
    let command = world.command().await;
    deliver_made_up(&world, 0..10).await;

    world.drain().await;
    let troubles = command.troubles().await.unwrap();

    assert!(asked_in_vain(&world) >= 10);
    assert_eq!((troubles.failed, troubles.waiting), (0, 0));
}

#[tokio::test]
async fn what_a_list_shows_is_asked_for_although_it_was_missed_just_now() {
    let world = Simulated::start().await;
    // Every simulated workspace is the same one.
    let twin = Simulated::start().await;
    twin.poll().await;
    let id: String = twin.value("select min(interview_id) from heymilo_sync.jobs").await;
    world
        .execute(&format!(
            "insert into heymilo_sync.jobs
                 (workspace_id, interview_id, urgency, is_known, attempt, missed_at, failed_at)
             values ('default', '{id}', 'delivery', false, 6, now(), now())"
        ))
        .await;
    world.deliver(json!({ "interview_id": id })).await;
    assert_eq!(world.drain().await, 0);

    world.sync().await;

    let results = format!(
        "select count(*) from heymilo_sync.snapshots
         where kind = 'interview' and subject_id = '{id}'"
    );
    let fetched: i64 = world.value(&results).await;
    let waits: i64 = world
        .value(&format!(
            "select count(*) from heymilo_sync.jobs
             where interview_id = '{id}' and failed_at is not null"
        ))
        .await;
    assert_eq!((fetched, waits), (1, 0));
}

#[tokio::test]
async fn a_delivery_during_the_first_fetch_is_fetched_too() {
    let app = TestApp::start("http://127.0.0.1:9").await;
    app.deliver(json!({ "interview_id": "int_1" })).await;
    app.deliver(json!({ "interview_id": "int_1" })).await;

    let generation: i64 = app.value("select generation from heymilo_sync.jobs").await;

    assert_eq!(generation, 2);
}

#[tokio::test]
async fn a_list_is_not_read_again_and_again_because_of_deliveries() {
    let world = Simulated::start().await;
    world.sync().await;
    let posting = world.heymilo.posting_ids()[0].clone();
    let polled_earlier = "update heymilo_sync.cursors set polled_at = now() - interval '1 minute'";

    world.execute(polled_earlier).await;
    let mut lists = 0;
    for _ in 0..10 {
        world.deliver(json!({ "posting_id": posting })).await;
        world.deliver(json!({ "posting_id": "made-up" })).await;
        lists += world.poll().await.lists;
    }

    assert_eq!(lists, 1 + world.heymilo.posting_ids().len(), "each once");
}
