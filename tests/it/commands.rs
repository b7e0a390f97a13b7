//! Commands that end: their work, and what they leave when they are interrupted.

use std::time::Duration;

use heymilo_sync::{
    records::{InterviewId, PostingId},
    simulator::Simulator,
    store::{backfills::Range, backlog::Troubles},
    sync::Backfill,
};
use serde_json::json;
use sqlx::PgPool;
use wiremock::ResponseTemplate;

use crate::support::{
    app::{Running, TestApp},
    database::database,
    lists::Lists,
    program::program,
    simulated,
    simulated::Simulated,
};

async fn count(db: &PgPool, rows: &str) -> i64 {
    let query = format!("select count(*) from {rows}");
    sqlx::query_scalar(sqlx::AssertSqlSafe(query)).fetch_one(db).await.unwrap()
}

#[tokio::test]
async fn sync_brings_everything_and_ends() {
    let db = database().await;
    let (heymilo, address) = simulated::heymilo().await;

    let (success, said) = program(&db, &address, &["sync"]).await;

    assert!(success, "{said}");
    assert!(said.contains("interviews fetched"), "{said}");
    let interviews = count(&db, "heymilo.interviews").await;
    assert_eq!(interviews, heymilo.interview_ids().len() as i64);
    assert_eq!(count(&db, "heymilo_sync.jobs where due_at <= now()").await, 0);
}

#[tokio::test]
async fn sync_sees_what_the_short_look_would_not() {
    let world = Simulated::start().await;
    world.sync().await;
    let id: String = world.value("select min(interview_id) from heymilo.interviews").await;
    world.heymilo.edit_candidate(&id, |row| row["shortlisted"] = json!(true));

    world.command().await.discover().await.unwrap();
    let report = world.poll().await;

    assert_eq!((report.candidates, report.postponed), (1, 0));
    assert_eq!(world.count("heymilo_sync.cursors where due_at <= now()").await, 0);
}

#[tokio::test]
async fn sync_of_an_interview_fetches_it_alone() {
    let db = database().await;
    let (heymilo, address) = simulated::heymilo().await;
    let id = &heymilo.interview_ids()[0];

    let (success, said) = program(&db, &address, &["sync", "--interview", id]).await;

    assert!(success, "{said}");
    assert_eq!(count(&db, "heymilo.interviews where fetched_at is not null").await, 1);
}

#[tokio::test]
async fn sync_of_an_interview_that_does_not_exist_says_so() {
    let db = database().await;
    let (_, address) = simulated::heymilo().await;

    let (success, said) = program(&db, &address, &["sync", "--interview", "int_nobody"]).await;

    assert!(!success);
    assert!(said.contains("int_nobody was not fetched"), "{said}");
}

#[tokio::test]
async fn a_refused_key_ends_a_command_with_what_to_do() {
    let db = database().await;
    let (heymilo, address) = simulated::heymilo().await;
    heymilo.refuse_keys(true);

    let (success, said) = program(&db, &address, &["sync"]).await;

    assert!(!success);
    assert!(said.contains("refuses the API key of HEYMILO_API_KEY"), "{said}");
    assert!(said.contains("set it to a valid key of this workspace"), "{said}");
}

#[tokio::test]
async fn a_backfill_of_a_posting_that_no_list_showed_fails() {
    let db = database().await;
    let (_heymilo, address) = simulated::heymilo().await;

    let (success, said) = program(&db, &address, &["backfill", "--posting", "NOPE"]).await;

    assert!(!success);
    assert!(said.contains("no list has shown posting NOPE"), "{said}");
}

#[tokio::test]
async fn an_erasure_by_a_script_asks_nothing_and_takes_no_nonsense() {
    let db = database().await;
    let (_heymilo, address) = simulated::heymilo().await;

    let (success, said) = program(&db, &address, &["erase", "--email", "a@example.com"]).await;
    assert!(success && !said.contains("Type yes"), "{said}");

    let (success, said) = program(&db, &address, &["erase", "--email", "nonsense"]).await;
    assert!(!success && said.contains("not an e-mail address"), "{said}");
}

#[tokio::test]
async fn what_went_wrong_is_counted() {
    let world = Simulated::start().await;
    let command = world.command().await;

    command.ask_for(&InterviewId::new("int_nobody").unwrap()).await.unwrap();
    world.drain().await;

    assert_eq!(command.troubles().await.unwrap(), Troubles { failed: 0, waiting: 1 });
}

#[tokio::test]
async fn a_backfill_fetches_the_range_again_and_nothing_else() {
    let world = Simulated::start().await;
    world.sync().await;
    world.execute("delete from heymilo_sync.jobs").await;
    let posting = world.heymilo.posting_ids()[0].clone();
    let of_posting = format!("heymilo.interviews where posting_id = '{posting}'");
    let asked = world.heymilo.requests().len();

    let command = world.command().await;
    let range = Range { posting_id: PostingId::new(&posting), ..Range::default() };
    let begun = command.backfill(&range).await.unwrap();
    let fetched = world.drain().await;

    assert_eq!(fetched as i64, world.count(&of_posting).await);
    assert_eq!(begun, Backfill::Begun(fetched));
    let requests = world.heymilo.requests().split_off(asked);
    let fetches = requests.iter().filter(|request| request.path.contains("/interviews/"));
    assert_eq!(fetches.count(), fetched);
}

#[tokio::test]
async fn a_webhook_overtakes_a_backfill() {
    let world = Simulated::start().await;
    world.poll().await;
    world.execute("delete from heymilo_sync.jobs").await;
    world.command().await.backfill(&Range::default()).await.unwrap();
    let last: String = world.value("select max(interview_id) from heymilo.interviews").await;

    world.deliver(json!({ "interview_id": last })).await;
    let asked = world.heymilo.requests().len();
    world.work().await;

    let requests = world.heymilo.requests().split_off(asked);
    let place = requests.iter().position(|request| request.path.contains(&last)).unwrap();
    assert!(place < 8, "{place}: as many as are made at a time");
    assert!(requests.len() > 8);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backfill_of_5000_interviews_interrupted_twice_ends_complete() {
    let (heymilo, address) = simulated::heymilo_of(5000).await;
    let app = TestApp::start(&address).await;
    app.poll().await;
    app.execute("delete from heymilo_sync.jobs").await;
    let interviews = heymilo.interview_ids().len();
    let known = heymilo.requests().len();

    let range = Range::default();
    let begun = app.command().await.backfill(&range).await.unwrap();
    assert_eq!(begun, Backfill::Begun(interviews));
    for _ in 0..2 {
        work_and_die(&heymilo, &app, interviews / 3).await;
        let resumed = app.command().await.backfill(&range).await.unwrap();
        assert!(matches!(resumed, Backfill::Resumed(left) if left < interviews), "{resumed:?}");
    }
    app.drain().await;

    assert_eq!(app.count("heymilo.interviews where fetched_at is null").await, 0);
    assert_eq!(app.count("heymilo_sync.jobs where urgency = 'backfill'").await, 0);
    let again = heymilo.requests().len() - known - interviews;
    // Each death loses the requests under way (8), the answers that wait and two writes (32 each).
    assert!(again <= 2 * (8 + 3 * 32), "{again} requests for nothing");
}

/// Fetches about `interviews` interviews, then dies in the middle of fetching more.
async fn work_and_die(heymilo: &Simulator, app: &TestApp, interviews: usize) {
    let asked = heymilo.requests().len();
    let dying = async {
        while heymilo.requests().len() < asked + interviews {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        _ = app.work() => panic!("the work was not interrupted"),
        () = dying => {}
    }
}

#[tokio::test]
async fn replay_as_a_command_tells_what_it_did() {
    let world = Simulated::start().await;
    world.sync().await;
    world.execute("truncate heymilo.interviews").await;

    let (success, said) = program(&world.db, "http://127.0.0.1:9", &["replay"]).await;

    assert!(success, "{said}");
    assert!(said.contains("rebuilt"), "{said}");
    let interviews = world.heymilo.interview_ids().len() as i64;
    assert_eq!(world.count("heymilo.interviews").await, interviews);
}

#[tokio::test]
async fn verify_as_a_command_ends_with_1_when_anything_differs() {
    let world = Simulated::start().await;
    let address = world.address.as_str();
    world.sync().await;
    let verify = ["verify", "--deep", "1000"];
    let (success, said) = program(&world.db, address, &verify).await;
    assert!(success, "{said}");

    world.execute("update heymilo.interviews set score = 1 where fetched_at is not null").await;
    let (success, said) = program(&world.db, address, &verify).await;

    assert!(!success);
    assert!(said.contains("rows are not as received: interviews"), "{said}");
    assert!(said.contains("verify --repair"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_waits_for_no_backfill() {
    let heymilo = Lists::start().await;
    let settings = [("HEYMILO_SYNC__HEYMILO__TIMEOUT", "10m")];
    let app = TestApp::start_with(&heymilo.address(), settings).await;
    for number in 1..=20 {
        let never = ResponseTemplate::new(200).set_delay(Duration::from_secs(600));
        heymilo.answers(&format!("interviews/slow_{number}/data"), never).await;
    }
    let named = json!({
        "interview_id": "int_1", "posting_id": "pos_1", "status": "completed", "score": 80,
    });
    let answer = ResponseTemplate::new(200).set_body_json(json!({ "data": named }));
    heymilo.answers("interviews/int_1/data", answer).await;
    app.execute(
        "insert into heymilo_sync.jobs (workspace_id, interview_id, urgency)
         select 'default', 'slow_' || number, 'backfill' from generate_series(1, 20) as number",
    )
    .await;

    let others = TestApp::on(app.db.clone(), &heymilo.address(), &settings);
    let daemon = Running::start(others).await;
    // All slots except those that are kept for deliveries.
    app.until_true("select in_flight = 6 from heymilo_sync.heartbeats").await;
    daemon.deliver(json!({ "interview_id": "int_1" })).await;

    app.until_true("select exists (select from heymilo.interviews where score = 80)").await;
    assert_eq!(app.count("heymilo_sync.jobs where urgency = 'backfill'").await, 20);
}
