//! Lists that fail, end oddly or change while they are read. They delay nothing else, and no
//! interview is lost.

use serde_json::{Value, json};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{path, query_param, query_param_is_missing},
};

use crate::support::{app::TestApp, held::HeldList, simulated::Simulated};

/// The candidates list that the next poll reads.
const CURSOR: &str = "heymilo_sync.cursors where list = 'candidates'";

fn rows(ids: &[&str], has_more: bool) -> ResponseTemplate {
    let row = |id: &&str| {
        json!({ "interview_id": id, "posting_id": "pos_1", "status": "in_progress",
                "name": "Ada Example", "email": "ada@example.com" })
    };
    let rows: Vec<Value> = ids.iter().map(row).collect();
    let pagination = json!({ "has_more": has_more });
    ResponseTemplate::new(200).set_body_json(json!({ "data": rows, "pagination": pagination }))
}

/// Sets up a HeyMilo with one posting, whose candidates list has these pages: the first one, and
/// those after an interview.
async fn serve(heymilo: &MockServer, pages: &[(Option<&str>, ResponseTemplate)]) {
    heymilo.reset().await;
    let list = |items: Value| json!({ "data": items, "pagination": { "has_more": false } });
    for (at, items) in [
        ("workspaces", json!([])),
        ("postings", json!([{ "id": "pos_1", "title": "Clerk", "status": "active" }])),
        ("postings/pos_1/questions", json!([])),
    ] {
        Mock::given(path(format!("/api/v2/{at}")))
            .respond_with(ResponseTemplate::new(200).set_body_json(list(items)))
            .mount(heymilo)
            .await;
    }
    for (after, page) in pages {
        let candidates = Mock::given(path("/api/v2/postings/pos_1/candidates"));
        let candidates = match after {
            None => candidates.and(query_param_is_missing("starting_after")),
            Some(after) => candidates.and(query_param("starting_after", *after)),
        };
        candidates.respond_with(page.clone()).mount(heymilo).await;
    }
}

async fn listed(app: &TestApp) -> Value {
    app.value("select jsonb_agg(interview_id order by interview_id) from heymilo.interviews").await
}

#[tokio::test]
async fn one_failure_puts_no_list_off() {
    let heymilo = MockServer::start().await;
    serve(&heymilo, &[(None, rows(&["int_1"], false))]).await;
    for at in ["postings", "postings/pos_1/candidates"] {
        Mock::given(path(format!("/api/v2/{at}")))
            .respond_with(ResponseTemplate::new(503))
            .up_to_n_times(1)
            .with_priority(1)
            .mount(&heymilo)
            .await;
    }
    let app = TestApp::start(&heymilo.uri()).await;

    let report = app.poll().await;

    assert_eq!((report.lists, report.postponed, report.candidates), (3, 0, 1));
}

#[tokio::test]
async fn a_list_that_is_refused_is_asked_for_again_with_the_next_poll() {
    let heymilo = MockServer::start().await;
    serve(&heymilo, &[(None, ResponseTemplate::new(400))]).await;
    let app = TestApp::start(&heymilo.uri()).await;

    assert_eq!(app.poll().await.postponed, 1);

    let soon = format!("select due_at < now() + interval '10 minutes' from {CURSOR}");
    assert!(app.value::<bool>(&soon).await);
}

#[tokio::test]
async fn a_place_that_leads_nowhere_starts_the_list_anew() {
    let without_cursor = json!({ "data": [7], "pagination": { "has_more": true } });
    for fault in [
        ResponseTemplate::new(500),
        ResponseTemplate::new(409),
        ResponseTemplate::new(200).set_body_bytes(vec![b' '; 2_000_000]),
        ResponseTemplate::new(200).set_body_json(without_cursor),
    ] {
        let heymilo = MockServer::start().await;
        let fails = (Some("int_1"), fault);
        serve(&heymilo, &[(None, rows(&["int_1"], true)), fails.clone()]).await;
        let max_body = ("limits.answer_bytes", "1000000");
        let app = TestApp::start_with(&heymilo.uri(), [max_body]).await;
        app.poll().await;
        assert_eq!(app.count(&format!("{CURSOR} and page_after = 'int_1'")).await, 1);

        serve(&heymilo, &[(None, rows(&["int_2", "int_1"], true)), fails]).await;
        app.lists_are_due().await;
        app.poll().await;

        assert_eq!(listed(&app).await, json!(["int_1", "int_2"]));
    }
}

#[tokio::test]
async fn a_place_that_vanishes_between_two_pages_starts_the_list_anew() {
    let heymilo = MockServer::start().await;
    let pages = [(None, rows(&["int_1"], true)), (Some("int_1"), rows(&["int_2"], false))];
    serve(&heymilo, &pages).await;
    Mock::given(query_param("starting_after", "int_1"))
        .respond_with(ResponseTemplate::new(422))
        .up_to_n_times(1)
        .with_priority(1)
        .mount(&heymilo)
        .await;
    let app = TestApp::start(&heymilo.uri()).await;

    let report = app.poll().await;

    assert_eq!((report.lists, report.postponed), (3, 0));
    assert_eq!(listed(&app).await, json!(["int_1", "int_2"]));
}

#[tokio::test]
async fn an_empty_page_that_promises_more_takes_no_interview_for_gone() {
    let heymilo = MockServer::start().await;
    serve(&heymilo, &[(None, rows(&["int_1", "int_2"], false))]).await;
    let app = TestApp::start(&heymilo.uri()).await;
    app.poll().await;

    let pages = [(None, rows(&["int_2"], true)), (Some("int_2"), rows(&[], true))];
    serve(&heymilo, &pages).await;
    app.full_scan_is_due().await;
    let report = app.poll().await;

    assert_eq!((report.lists, report.postponed, report.enqueued), (1, 0, 0));
    assert_eq!(app.count(&format!("{CURSOR} and page_after is not null")).await, 0);
}

#[tokio::test]
async fn a_list_overrides_no_results_that_were_received_since_it_was_asked_for() {
    let (heymilo, address) = HeldList::start(200).await;
    let app = TestApp::start(&address).await;
    let results = async {
        heymilo.asked().await;
        app.deliver(json!({ "interview_id": "int_1" })).await;
        app.drain().await;
        heymilo.release();
    };

    tokio::join!(app.poll(), results);

    let status: String = app.value("select status from heymilo.interviews").await;
    assert_eq!(status, "completed");
}

#[tokio::test]
async fn a_posting_that_changes_during_its_list_has_it_read_again() {
    for (status, within) in [(200, "31 seconds"), (400, "0 seconds")] {
        let (heymilo, address) = HeldList::start(status).await;
        let app = TestApp::start(&address).await;
        let arrival = async {
            heymilo.asked().await;
            app.deliver(json!({ "posting_id": "pos_1" })).await;
            heymilo.release();
        };

        tokio::join!(app.poll(), arrival);

        let soon = format!(
            "select least(due_at, hastened_at) <= now() + interval '{within}' from {CURSOR}"
        );
        assert!(app.value::<bool>(&soon).await, "{status}");
    }
}

#[tokio::test]
async fn a_full_scan_makes_due_what_was_set_aside() {
    let world = Simulated::start().await;
    world.sync().await;
    world
        .execute(
            "insert into heymilo_sync.jobs (workspace_id, interview_id, urgency, marks, failed_at)
             select workspace_id, interview_id, 'change', (row_number() over () - 1), now()
             from (select workspace_id, interview_id from heymilo.interviews
                   where status = 'completed' order by interview_id limit 2) as finished",
        )
        .await;

    world.lists_are_due().await;
    assert_eq!(world.poll().await.enqueued, 0);
    world.full_scan_is_due().await;
    assert_eq!(world.poll().await.enqueued, 1);

    // A poison job waits for a delivery or a list.
    let set_aside = "heymilo_sync.jobs where marks = 1 and failed_at is not null";
    assert_eq!(world.count(set_aside).await, 1);
}

#[tokio::test]
async fn page_that_ended_each_process_is_set_aside_and_the_others_are_read() {
    let world = Simulated::with_a_long_list([]).await;
    world.poll().await;
    let on_the_page = "select starts.after from heymilo_sync.cursors,
                       lateral (select interview_id as after from heymilo.interviews
                                order by invited_at desc, interview_id offset 199 limit 1) as starts
                       limit 1";
    let after = world.value::<String>(on_the_page).await;
    world.execute("delete from heymilo_sync.snapshots where kind = 'candidate'").await;
    world.execute("delete from heymilo.interviews").await;
    world
        .execute(&format!(
            "update heymilo_sync.cursors
             set marks = 3, due_at = now(), scanned_at = null,
                 page_after = '{after}', run_began_at = now()
             where list = 'candidates'"
        ))
        .await;

    world.poll().await;

    // Of the five pages, the first two are skipped, the third is set aside, and the last two are
    // read.
    assert_eq!(world.count("heymilo_sync.snapshots where kind = 'unusable'").await, 100);
    assert_eq!(world.count("heymilo_sync.notices where problem = 'poison'").await, 100);
    assert_eq!(world.count("heymilo.interviews").await, 150);
    let rests = "heymilo_sync.cursors where marks = 0 and due_at > now() + interval '1 hour'
                 and list = 'candidates' and page_after is null";
    assert_eq!(world.count(rests).await, 1);

    world.full_scan_is_due().await;
    world.poll().await;
    assert_eq!(world.count("heymilo.interviews").await, 450);
}

#[tokio::test]
async fn list_of_questions_that_ended_each_process_waits_for_the_next_full_scan() {
    let world = Simulated::start().await;
    world.poll().await;
    world.lists_are_due().await;
    let all = world.poll().await.lists;
    let poison = &world.heymilo.posting_ids()[0];
    world
        .execute(&format!(
            "update heymilo_sync.cursors set marks = 3, due_at = now()
             where list = 'questions' and posting_id = '{poison}'"
        ))
        .await;

    world.lists_are_due().await;
    assert_eq!(world.poll().await.lists, all - 1);

    let set_aside = format!(
        "heymilo_sync.cursors
         where failed_at is not null and due_at > now() and posting_id = '{poison}'"
    );
    assert_eq!(world.count(&set_aside).await, 1);
}
