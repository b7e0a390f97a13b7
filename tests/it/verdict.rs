//! The status is true: late or missing data causes a finding, and healthy data causes none.

use std::time::Duration;

use heymilo_sync::{
    records::WorkspaceId,
    status::{Kind, Report, State, StatusReader, WorkspaceSettings},
    store::status::long_transactions,
    sync::{Difference, Drift},
};
use serde_json::{Value, json};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

use crate::support::{
    daemon::{program, url},
    inspecting::{authority, inspecting_proxy},
    private::PrivatePostgres,
    simulated::{self, Simulated},
};

/// A workspace that was copied completely, with a running daemon.
async fn copied() -> Simulated {
    let world = Simulated::start().await;
    world.sync().await;
    world.own().await;
    world.poll().await;
    while world.index().await > 0 {}
    world
}

async fn report(world: &Simulated) -> Report {
    let settings = WorkspaceSettings {
        id: WorkspaceId::new("default").unwrap(),
        takes_deliveries: true,
        requests_per_minute: 300,
        is_searchable: true,
        inbox_limit: 1 << 30,
        key_variable: "HEYMILO_API_KEY".to_owned(),
    };
    StatusReader::new(world.db.clone(), [settings].into()).read(None).await
}

async fn found(world: &Simulated) -> (State, Vec<Kind>) {
    let report = report(world).await;
    (report.state, report.findings.iter().map(|finding| finding.kind).collect())
}

/// Compares all lists and all results. Returns the differences, and the number not compared yet.
async fn verify(world: &Simulated) -> (Vec<Difference>, usize) {
    let verify = world.command().await.verify(false);
    let (postings, mut differences) = verify.postings().await.unwrap();
    for posting_id in &postings {
        differences.extend(verify.candidates(posting_id).await.unwrap());
    }
    differences.extend(verify.results().await.unwrap());
    (differences, verify.not_yet())
}

fn archived_posting(world: &Simulated) -> impl Future<Output = String> {
    world.value(
        "select coalesce(min(posting_id) filter (where archived or status = 'archived'), min(posting_id))
         from heymilo.postings",
    )
}

fn interview(id: &str, posting: &str) -> Value {
    json!({ "interview_id": id, "posting_id": posting, "name": "Ada Example", "email": "ada@example.com",
            "status": "completed", "score": 50 })
}

#[tokio::test]
async fn a_webhook_for_a_new_interview_is_no_difference() {
    let world = copied().await;
    let postings = [world.heymilo.posting_ids()[0].clone(), archived_posting(&world).await];
    for (posting, id) in postings.iter().zip(["int_new", "int_of_archive"]) {
        world.heymilo.put_interview(posting, interview(id, posting));
        world.deliver(json!({ "interview_id": id })).await;
    }
    world.drain().await;

    assert_eq!(found(&world).await, (State::Healthy, vec![]));
    assert_eq!(verify(&world).await, (vec![], 2));
}

#[tokio::test]
async fn an_invitation_since_the_last_poll_is_not_compared_yet() {
    let world = copied().await;
    let posting = &world.heymilo.posting_ids()[0];
    world.heymilo.put_interview(posting, interview("int_new", posting));
    let invited_at = chrono::Utc::now().timestamp() + 1;
    world.heymilo.edit_candidate("int_new", |row| row["created_at"] = json!(invited_at));

    assert_eq!(found(&world).await, (State::Healthy, vec![]));
    assert_eq!(verify(&world).await, (vec![], 1));
    world.lists_are_due().await;
    world.poll().await;
    assert_eq!(verify(&world).await, (vec![], 1), "it waits to be fetched");
    world.drain().await;
    assert_eq!(verify(&world).await, (vec![], 0));
}

#[tokio::test]
async fn a_difference_is_reported_after_a_second_count() {
    let world = copied().await;
    world
        .execute(
            "with gone as (
                 delete from heymilo.interviews
                 where interview_id in (select min(interview_id) from heymilo_bi.interview_facts
                                        where status = 'completed')
                 returning interview_id
             )
             delete from heymilo.interview_outcomes where interview_id in (select * from gone)",
        )
        .await;
    assert_eq!(found(&world).await, (State::Healthy, vec![]), "nothing has noted it");

    world.lists_are_due().await;
    world.poll().await;
    assert_eq!(found(&world).await, (State::Healthy, vec![]), "HeyMilo has counted once");

    world.lists_are_due().await;
    world.poll().await;
    let report = report(&world).await;
    assert_eq!(report.sentence, "1 posting has different candidate counts in HeyMilo.");
    assert_eq!(report.state, State::Degraded);
}

#[tokio::test]
async fn a_first_copy_is_copying_until_it_is_complete() {
    let world = Simulated::start().await;
    world.own().await;
    let freshness = "select as_of is null and complete_as_of is null from heymilo_bi.freshness";
    assert_eq!(found(&world).await, (State::Copying, vec![Kind::FirstCopy]));

    world.poll().await;
    let left = world.count("heymilo_sync.jobs where urgency = 'first_copy'").await;
    let all = world.count("heymilo.interviews").await;
    assert!(left > 0);
    let what = format!("First copy: {} of {all} interviews, about a minute left.", all - left);
    assert_eq!(report(&world).await.sentence, what);
    assert!(world.value::<bool>(freshness).await, "it claims nothing");
    let (_, scraped) = world.operate("/metrics", None).await;
    let gauges = format!("heymilo_sync_first_copy_left{{workspace=\"default\"}} {left}.0\n");
    assert!(scraped.contains(&gauges), "{scraped}");

    world.drain().await;
    world.poll().await;
    assert_eq!(world.count("heymilo_sync.first_copies").await, 1);
    assert!(!world.value::<bool>(freshness).await);
    assert_eq!(found(&world).await.0, State::Healthy);

    // Later lists do not count as a first copy.
    world.execute("update heymilo_sync.cursors set scanned_at = null").await;
    assert_eq!(found(&world).await.0, State::Healthy);
}

#[tokio::test]
async fn a_workspace_that_was_never_read_is_not_healthy() {
    let world = Simulated::start().await;
    assert_eq!(found(&world).await, (State::Down, vec![Kind::NoDaemon]));

    world.own().await;
    world.execute("update heymilo_sync.owners set taken_at = now() - interval '6 minutes'").await;

    assert_eq!(found(&world).await, (State::Degraded, vec![Kind::NeverRead]));
}

#[tokio::test]
async fn finished_interviews_without_results_are_missing_or_not_yet() {
    let world = copied().await;
    let finished = "fetched_at is not null and status = 'completed'";
    world
        .execute(&format!("update heymilo.interviews set fetched_at = null where {finished}"))
        .await;
    let missing: i64 = world.count("heymilo_sync.without_results").await;
    assert!(missing > 1);

    assert_eq!(found(&world).await, (State::Degraded, vec![Kind::ResultsMissing]));
    let (differences, _) = verify(&world).await;
    assert_eq!(differences.len() as i64, missing);
    assert!(differences.iter().all(|difference| difference.drift == Drift::NoResults));

    world
        .execute(
            "insert into heymilo_sync.jobs (workspace_id, interview_id, urgency)
             select workspace_id, interview_id, 'change' from heymilo_sync.without_results",
        )
        .await;
    assert_eq!(verify(&world).await, (vec![], usize::try_from(missing).unwrap()));
    assert_eq!(found(&world).await.0, State::Healthy);
}

#[tokio::test]
async fn a_sync_by_cron_needs_no_daemon_and_a_daemon_that_went_is_missed() {
    let (_heymilo, address) = simulated::heymilo().await;
    let world = Simulated::start().await;
    let run = async |command: &str| {
        let settings = [
            ("DATABASE_URL", url(&world.db)),
            ("HEYMILO_API_KEY", "simulated".to_owned()),
            ("HEYMILO_SYNC__HEYMILO__BASE_URL", address.clone()),
            ("HEYMILO_SYNC__SEARCH__ENABLED", "false".to_owned()),
        ];
        let mut program = program(command, []);
        program.envs(settings);
        let output = tokio::task::spawn_blocking(move || program.output().unwrap()).await.unwrap();
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        (output.status.code(), said)
    };
    let (code, said) = run("sync").await;
    assert_eq!(code, Some(0), "{said}");

    let (code, said) = run("status").await;
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("No daemon runs. `heymilo-sync sync` read the lists"), "{said}");

    world.execute("update heymilo_sync.owners set daemon_at = now() - interval '1 hour'").await;
    let (code, said) = run("status").await;
    assert_eq!(code, Some(2), "{said}");
}

/// The status after a daemon found that this address does not answer.
async fn outage(world: &Simulated, base_url: &str) -> String {
    world.disown().await;
    let settings = [("limits.outage_interval", "1h")];
    let app = world.replica_with(base_url, &settings);
    let named: Vec<Value> =
        world.heymilo.interview_ids().iter().map(|id| json!({ "interview_id": id })).collect();
    app.deliver(json!(named)).await;
    app.execute("update heymilo_sync.jobs set due_at = now()").await;
    app.own().await;
    while app.count("heymilo_sync.connections where down_at is not null").await == 0 {
        assert!(app.work().await > 0, "it is noticed before nothing is due any more");
    }

    let sentence = report(world).await.sentence;
    app.disown().await;
    sentence
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_is_reported_with_address_and_cause() {
    let world = copied().await;
    let untrusted = inspecting_proxy(&world.address, &authority()).await;
    let (broken, page) = (MockServer::start().await, MockServer::start().await);
    Mock::given(any()).respond_with(ResponseTemplate::new(500)).mount(&broken).await;
    let html = ResponseTemplate::new(200).set_body_raw("<html>Login</html>", "text/html");
    Mock::given(any()).respond_with(html).mount(&page).await;

    for (address, cause) in [
        ("http://127.0.0.1:9", "the connection failed: Connection refused"),
        ("https://heymilo.invalid", "the name cannot be resolved"),
        (&untrusted, "certificate"),
        (&broken.uri(), "HeyMilo answered 500"),
        (&page.uri(), "HTML was answered"),
    ] {
        let sentence = outage(&world, address).await;
        assert!(sentence.contains(address) && sentence.contains(cause), "{sentence}");
    }

    // Another process may have another address or key, so earlier errors are cleared.
    world.own().await;
    assert_eq!(world.count("heymilo_sync.connections where down_at is not null").await, 0);
}

#[tokio::test]
async fn a_refused_key_is_reported_with_heymilos_words() {
    let world = copied().await;
    world.deliver(json!({ "interview_id": world.heymilo.interview_ids()[1] })).await;
    world.heymilo.refuse_keys(true);
    world.work().await;

    let what = report(&world).await.sentence;
    assert!(what.contains("HeyMilo refuses the API key of HEYMILO_API_KEY ("), "{what}");
}

#[tokio::test]
async fn what_keeps_dead_rows_in_the_database_is_found() {
    let postgres = PrivatePostgres::start().await;
    let db = postgres.pool();
    let mut ours = db.acquire().await.unwrap();
    let mut holder = postgres.connect().await;
    sqlx::raw_sql(
        "set application_name = 'a forgotten notebook';
         begin isolation level repeatable read; select count(*) from pg_class",
    )
    .execute(&mut holder)
    .await
    .unwrap();
    let sessions = long_transactions(&mut ours, Duration::ZERO).await.unwrap();
    let names: Vec<&str> = sessions.iter().map(|session| &*session.application).collect();
    assert_eq!(names, ["a forgotten notebook"]);
    assert_eq!(long_transactions(&mut ours, Duration::from_secs(600)).await.unwrap(), []);
}
