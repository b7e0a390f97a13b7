//! The status page: each state is recognised from it alone.

mod browser;

use std::time::Duration;

use serde_json::{Value, json};
use sqlx::AssertSqlSafe;

use crate::support::{
    app::TestApp,
    faulty::{Fault, Faulty},
    lists::Lists,
    private::PrivatePostgres,
    simulated::{self, Simulated},
};

/// These tests ask no HeyMilo.
const CLOSED_PORT: &str = "http://127.0.0.1:9";

/// The first part of the page: the status with all findings.
async fn verdict(app: &TestApp) -> (String, Vec<String>) {
    let (status, page) = app.operate("/", None).await;
    assert_eq!(status, 200);
    let (_, verdict) = page.split_once(r#"class="verdict "#).expect("there is a verdict");
    let (state, rest) = verdict.split_once('"').unwrap();
    let (verdict, _) = rest.split_once("</div>").unwrap();
    let found = verdict.split("<strong>").skip(1).map(|found| found.split_once('<').unwrap().0);
    (state.to_owned(), found.map(|found| found.replace("&#39;", "'")).collect())
}

/// Asserts that the page shows this and nothing else.
async fn page_says(app: &TestApp, state: &str, words: &str) {
    let (found_state, found) = verdict(app).await;
    assert_eq!(found_state, state, "{found:?}");
    let [only] = &found[..] else { panic!("one finding, not {found:?}") };
    assert!(only.starts_with(words), "{only:?} does not begin with {words:?}");
}

/// A workspace that was copied completely, with a running daemon and a delivery a moment ago.
async fn all_is_well() -> Simulated {
    let world = Simulated::start().await;
    world.sync().await;
    world.own().await;
    world.poll().await;
    let id = world.heymilo.interview_ids()[0].clone();
    world.deliver(json!({ "interview_id": id })).await;
    world.drain().await;
    while world.index().await > 0 {}
    world
}

#[tokio::test]
async fn all_well() {
    let world = all_is_well().await;

    assert_eq!(verdict(&world).await, ("healthy".to_owned(), vec![]));
    assert!(world.operate("/", None).await.1.contains("All is well."));
}

#[tokio::test]
async fn an_api_that_is_down() {
    let (heymilo, address) = simulated::heymilo().await;
    let faulty = Faulty::before(&address).await;
    let app = TestApp::start(&faulty.address).await;
    app.own().await;
    app.poll().await;
    app.drain().await;
    let named: Vec<Value> =
        heymilo.interview_ids().iter().map(|id| json!({ "interview_id": id })).collect();
    app.deliver(json!(named)).await;

    faulty.breaks(Fault::Answer(b"HTTP/1.1 503 Away\r\nContent-Length: 0\r\n\r\n".to_vec()));
    while app.count("heymilo_sync.connections where down_at is not null").await == 0 {
        assert!(app.work().await > 0, "it is noticed before nothing is due any more");
    }

    page_says(&app, "down", "HeyMilo's API has not answered for").await;
}

#[tokio::test]
async fn a_key_that_is_refused() {
    let world = all_is_well().await;
    world.deliver(json!({ "interview_id": world.heymilo.interview_ids()[1] })).await;

    world.heymilo.refuse_keys(true);
    world.work().await;

    page_says(&world, "down", "HeyMilo has refused the API key for").await;
}

#[tokio::test]
async fn a_key_of_another_workspace() {
    let world = all_is_well().await;

    world.execute("update heymilo_sync.connections set other_workspace_at = now()").await;

    page_says(&world, "down", "The API key has been of another workspace for").await;
    let page = world.operate("/", None).await.1;
    assert!(page.contains("of another workspace, since") && !page.contains("accepted"), "{page}");
    let (_, ready) = world.operate("/readyz", None).await;
    assert!(ready.contains(r#""api_key":"of another workspace""#), "{ready}");
}

#[tokio::test]
async fn a_slow_database() {
    let postgres = PrivatePostgres::start().await;
    let (db, slow) = postgres.slow_pool().await;
    let app = TestApp::start_on(db, CLOSED_PORT, []);
    app.own().await;
    app.execute("insert into heymilo_sync.first_copies values ('default', now())").await;
    assert_eq!(verdict(&app).await, ("healthy".to_owned(), vec![]));

    slow.takes(Duration::from_millis(260));

    page_says(&app, "degraded", "The database took ").await;
    slow.takes(Duration::ZERO);
    for table in ["jobs", "notices"] {
        let mut tx = app.db.begin().await.unwrap();
        let lock = AssertSqlSafe(format!("lock table heymilo_sync.{table}"));
        sqlx::query(lock).execute(&mut *tx).await.unwrap();
        page_says(&app, "degraded", "The database answers, but not with the figures").await;
    }
}

#[tokio::test]
async fn a_database_that_does_not_answer() {
    let mut postgres = PrivatePostgres::start().await;
    let app = TestApp::start_on(postgres.pool(), CLOSED_PORT, []);

    postgres.stop().await;

    page_says(&app, "down", "The database does not answer").await;
    app.deliver(json!({ "interview_id": "int_1" })).await;
    let (state, found) = verdict(&app).await;
    assert_eq!(state, "down");
    assert_eq!(found[1..], ["Deliveries waiting on disk for the database: 1"]);
}

#[tokio::test]
async fn a_database_that_is_not_as_it_should() {
    let world = all_is_well().await;

    world.execute("drop view heymilo_bi.freshness").await;

    page_says(&world, "down", "The database does not tell the figures (SQLSTATE 42P01)").await;
}

#[tokio::test]
async fn a_backlog() {
    let world = all_is_well().await;
    let ids = world.heymilo.interview_ids();
    let named: Vec<Value> = ids.iter().map(|id| json!({ "interview_id": id })).collect();
    world.deliver(json!(named)).await;

    assert_eq!(verdict(&world).await.0, "healthy", "they wait for a moment only");
    world.execute("update heymilo_sync.jobs
             set due_at = now() - interval '17 minutes', enqueued_at = now() - interval '17 minutes'").await;

    let words = format!("Interviews waiting to be fetched: {}, the oldest for 17 min", ids.len());
    page_says(&world, "degraded", &words).await;
}

#[tokio::test]
async fn a_poisoned_interview() {
    let world = all_is_well().await;
    let id = &world.heymilo.interview_ids()[0];
    world.deliver(json!({ "interview_id": id })).await;

    // Each process that had marked it died.
    world
        .execute(
            "update heymilo_sync.jobs
             set marks = 3, due_at = now() - interval '1 hour'
             where urgency = 'delivery'",
        )
        .await;
    world.work().await;

    page_says(&world, "degraded", "Interviews given up: 1").await;
    let page = world.operate("/", None).await.1;
    assert!(page.contains("the process died each time it worked on this interview"), "{page}");
    assert!(page.contains(id));
}

#[tokio::test]
async fn answers_that_are_not_as_expected() {
    let heymilo = Lists::start().await;
    let app = TestApp::start(&heymilo.address()).await;
    let odd = json!({
        "interview_id": "int_1", "posting_id": "pos_1", "status": "completed",
        "score": { "of": 100 },
    });
    heymilo.set(&[("interviews/int_1/data", odd), ("postings", json!([]))]).await;
    app.own().await;
    app.poll().await;
    app.deliver(json!({ "interview_id": "int_1" })).await;
    app.drain().await;
    while app.index().await > 0 {}

    page_says(&app, "degraded", "Places where HeyMilo's answers are not as expected: ").await;
    let page = app.operate("/", None).await.1;
    assert!(page.contains("<code>score</code>"), "{page}");
}

#[tokio::test]
async fn webhooks_that_do_not_arrive() {
    let world = all_is_well().await;
    for before in [
        "heymilo_sync.inbox set received_at = now() - interval '5 hours'",
        "heymilo.workspaces set first_synced_at = now() - interval '9 days'",
        "heymilo.interviews set last_activity_at = now() - interval '9 hours'",
    ] {
        world.execute(&format!("update {before}")).await;
    }
    assert_eq!(verdict(&world).await.0, "healthy", "nothing happened since");

    world
        .execute(
            "update heymilo.interviews set last_activity_at = now() - interval '1 hour'
             where interview_id in (select interview_id from heymilo.interviews limit 4)",
        )
        .await;

    page_says(&world, "degraded", "No webhook has arrived for 5 h, but 4 interviews changed since")
        .await;
}

#[tokio::test]
async fn no_daemon_at_work() {
    let world = all_is_well().await;

    world.disown().await;

    page_says(&world, "down", "No daemon is at work").await;
}

/// The text of the page beside these words.
async fn beside(app: &TestApp, words: &str) -> String {
    let (_, page) = app.operate("/", None).await;
    let (_, rest) = page.split_once(&format!(">{words}</dt><dd>")).expect("it says so");
    rest.split_once("</dd>").unwrap().0.to_owned()
}

#[tokio::test]
async fn latency_and_pauses_are_shown() {
    let world = Simulated::start().await;
    let ids = world.heymilo.interview_ids();
    world
        .deliver(json!(ids.iter().map(|id| json!({ "interview_id": id })).collect::<Vec<_>>()))
        .await;
    world.drain().await;
    assert_eq!(beside(&world, "paused").await, "no");
    // The rows of two deliveries took four seconds, those of all others a tenth.
    for then in [
        "heymilo_sync.inbox set received_at = now() - interval '1 minute'".to_owned(),
        format!(
            "heymilo_sync.snapshots set written_at = received_at
                 + case when subject_id in ('{}', '{}') then interval '4 s' else interval '100 ms' end
             from heymilo_sync.inbox where kind = 'interview'",
            ids[0], ids[1]
        ),
        "heymilo_sync.heartbeats set paused_until = now() + interval '3 minutes 30 s'".to_owned(),
    ] {
        world.execute(&format!("update {then}")).await;
    }

    assert_eq!(beside(&world, "webhook to rows, p50").await, "100 ms");
    assert_eq!(beside(&world, "webhook to rows, p99").await, "4.0 s");
    assert_eq!(beside(&world, "paused").await, "for 3 min");
}

#[tokio::test]
async fn the_page_names_no_person() {
    let world = all_is_well().await;
    let id = &world.heymilo.interview_ids()[0];
    world.execute("update heymilo_sync.jobs set failed_at = now(), last_error = 'x'").await;
    let names: Vec<String> = sqlx::query_scalar(
        "select candidate_name from heymilo.interviews where candidate_name is not null
         union select email from heymilo.candidates where email is not null",
    )
    .fetch_all(&world.db)
    .await
    .unwrap();
    assert!(names.len() > 60, "only {}", names.len());

    let about = format!("/interview?workspace=default&interview={id}");
    let posting = world.heymilo.posting_ids()[0].clone();
    let posting = format!("/posting?workspace=default&posting={posting}");
    let failed = "/failed?workspace=default&reason=x";
    for path in ["/", &about, &posting, failed, "/api/v1/status"] {
        let (status, said) = world.operate(path, None).await;
        assert_eq!(status, 200);
        let named: Vec<_> = names.iter().filter(|name| said.contains(*name)).collect();
        assert!(named.is_empty(), "{path}: {named:?}");
    }
}
