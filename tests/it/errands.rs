//! Commands that finish: what they do, and what they leave when they are interrupted.

use std::time::Duration;

use heymilo_sync::{
    records::{InterviewId, PostingId},
    simulator::Simulator,
    store::{backlog::Troubles, interviews::Range},
    sync::{Backfill, Errand},
};
use serde_json::json;
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;
use wiremock::ResponseTemplate;

use crate::support::{
    app::{Running, TestApp},
    database::database,
    lists::Lists,
    program::program,
    simulated,
    simulated::Simulated,
};

/// Works until nothing is due at once.
async fn drain(errand: &Errand) -> usize {
    let mut done = 0;
    loop {
        match errand.step(&CancellationToken::new()).await.unwrap() {
            0 => return done,
            worked => done += worked,
        }
    }
}

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

    let errand = world.errand().await;
    let report = errand.discover().await.unwrap();

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
    assert!(said.contains("set HEYMILO_API_KEY to a valid key"), "{said}");
}

#[tokio::test]
async fn what_went_wrong_is_counted() {
    let world = Simulated::start().await;
    let errand = world.errand().await;

    errand.ask_for(&InterviewId::new("int_nobody").unwrap()).await.unwrap();
    drain(&errand).await;

    assert_eq!(errand.troubles().await.unwrap(), Troubles { failed: 0, waiting: 1 });
}

#[tokio::test]
async fn a_backfill_fetches_the_range_again_and_nothing_else() {
    let world = Simulated::start().await;
    world.sync().await;
    world.execute("delete from heymilo_sync.jobs").await;
    let posting = world.heymilo.posting_ids()[0].clone();
    let of_posting = format!("heymilo.interviews where posting_id = '{posting}'");
    let asked = world.heymilo.requests().len();

    let errand = world.errand().await;
    let range = Range { posting_id: PostingId::new(&posting), ..Range::default() };
    let begun = errand.backfill(&range).await.unwrap();
    let fetched = drain(&errand).await;

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
    world.errand().await.backfill(&Range::default()).await.unwrap();
    let last: String = world.value("select max(interview_id) from heymilo.interviews").await;

    world.deliver(json!({ "interview_id": last })).await;
    world.work().await;

    let unfetched =
        format!("heymilo.interviews where interview_id = '{last}' and fetched_at is null");
    assert_eq!(world.count(&unfetched).await, 0);
    assert!(world.count("heymilo_sync.jobs where reason = 'backfill'").await > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backfill_of_5000_interviews_interrupted_twice_ends_complete() {
    let (heymilo, address) = simulated::heymilo_of(5000).await;
    let app = TestApp::start(&address).await;
    app.poll().await;
    app.execute("delete from heymilo_sync.jobs").await;
    let interviews = heymilo.interview_ids().len();
    let known = heymilo.requests().len();

    let errand = app.errand().await;
    let range = Range::default();
    assert_eq!(errand.backfill(&range).await.unwrap(), Backfill::Begun(interviews));
    for _ in 0..2 {
        work_and_die(&heymilo, &errand, interviews / 3).await;
        // The leases of the dead end.
        app.execute("update heymilo_sync.jobs set due_at = now() where lease_token > 0").await;
        let resumed = app.errand().await.backfill(&range).await.unwrap();
        assert!(matches!(resumed, Backfill::Resumed(left) if left < interviews), "{resumed:?}");
    }
    drain(&errand).await;
    // A claim that was under way when its worker died may have come through since.
    app.execute("update heymilo_sync.jobs set due_at = now() where lease_token > 0").await;
    drain(&errand).await;

    assert_eq!(app.count("heymilo.interviews where fetched_at is null").await, 0);
    assert_eq!(app.count("heymilo_sync.jobs where reason = 'backfill'").await, 0);
    let again = heymilo.requests().len() - known - interviews;
    assert!(again < 100, "{again} requests for nothing");
}

/// Fetches so many interviews, then dies in the middle of fetching some more.
async fn work_and_die(heymilo: &Simulator, errand: &Errand, interviews: usize) {
    let shutdown = CancellationToken::new();
    let mut done = 0;
    while done < interviews {
        done += errand.step(&shutdown).await.unwrap();
    }
    let asked = heymilo.requests().len();
    let dying = async {
        while heymilo.requests().len() == asked {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        _ = errand.step(&shutdown) => panic!("the step was not interrupted"),
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
        "insert into heymilo_sync.jobs (workspace_id, interview_id, reason, priority)
         select 'default', 'slow_' || number, 'backfill', 2 from generate_series(1, 20) as number",
    )
    .await;

    let others = TestApp::on(app.db.clone(), &heymilo.address(), &settings);
    let daemon = Running::start(others).await;
    // As many as may be under way, except those that are kept for deliveries.
    app.until_true("select count(*) = 6 from heymilo_sync.jobs where lease_token is not null")
        .await;
    daemon.deliver(json!({ "interview_id": "int_1" })).await;

    app.until_true("select exists (select from heymilo.interviews where score = 80)").await;
    assert_eq!(app.count("heymilo_sync.jobs where lease_token is not null").await, 6);
}
