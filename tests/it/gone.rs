//! Interviews that HeyMilo does not have any longer are distinguished from unlisted ones, and are
//! marked.

use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use crate::support::{app::TestApp, lists::Lists, simulated::Simulated};

/// An interview with results whose person took part only once.
async fn any_interview(world: &Simulated) -> String {
    world
        .value(
            "select min(interview_id) from heymilo.interviews
             join heymilo.web_interviews using (workspace_id, interview_id)
             group by candidate_id having count(*) = 1 limit 1",
        )
        .await
}

async fn is_deleted(app: &TestApp, id: &str) -> bool {
    let query = format!(
        "select deleted_at is not null from heymilo.interviews where interview_id = '{id}'"
    );
    app.value(&query).await
}

#[tokio::test]
async fn an_interview_that_is_gone_is_marked_and_its_rows_stay() {
    let world = Simulated::start().await;
    world.sync().await;
    let id = any_interview(&world).await;
    let shown = world.count("heymilo_bi.interview_facts").await;
    let results = world.count("heymilo.web_interviews").await;

    world.heymilo.remove_interview(&id);
    world.full_scan_is_due().await;
    let report = world.poll().await;
    let asked = world.drain().await;

    assert_eq!((report.candidates, report.enqueued, asked), (0, 1, 1));
    assert!(is_deleted(&world, &id).await);
    assert_eq!(world.count("heymilo.interviews where deleted_at is not null").await, 1);
    assert_eq!(world.count("heymilo_bi.interview_facts").await, shown - 1);
    assert_eq!(world.count("heymilo.web_interviews").await, results);
    let change: Value = world
        .value(
            "select jsonb_build_array(interview_id, old_value, new_value)
             from heymilo.interview_changes where field = 'deleted'",
        )
        .await;
    assert_eq!(change, json!([id, null, "true"]));
}

#[tokio::test]
async fn what_is_known_to_be_gone_is_not_asked_for_again() {
    let world = Simulated::start().await;
    world.sync().await;
    world.heymilo.remove_interview(&any_interview(&world).await);
    world.full_scan_is_due().await;
    world.poll().await;
    world.drain().await;

    world.full_scan_is_due().await;
    let report = world.poll().await;

    assert_eq!((report.lists, report.enqueued), (3, 0));
}

#[tokio::test]
async fn ten_seconds_of_404_remove_no_interview() {
    let world = Simulated::start().await;
    world.sync().await;
    let id = any_interview(&world).await;

    world.heymilo.remove_interview(&id);
    world.deliver(json!({ "interview_id": id })).await;

    for _ in 0..12 {
        world.let_time_pass().await;
        assert!(world.work().await > 0);
        assert!(!is_deleted(&world, &id).await, "answers of the same minutes are not believed");
    }
    let waiting = format!("heymilo_sync.jobs where failed_at is null and interview_id = '{id}'");
    assert_eq!(world.count(&waiting).await, 1);

    world.age("1 hour").await;

    assert!(world.work().await > 0);
    assert!(is_deleted(&world, &id).await);
}

#[tokio::test]
async fn an_interview_that_comes_back_is_there_again() {
    let world = Simulated::start().await;
    let posting = &world.heymilo.posting_ids()[0];
    let data = json!({
        "interview_id": "int_1", "posting_id": posting, "name": "Ada Example",
        "email": "ada@example.com", "status": "completed", "score": 80.5,
    });
    for by_list in [true, false] {
        world.heymilo.put_interview(posting, data.clone());
        world.sync().await;
        world.heymilo.remove_interview("int_1");
        world.full_scan_is_due().await;
        world.poll().await;
        world.drain().await;
        assert!(is_deleted(&world, "int_1").await);

        // The interview is unchanged.
        world.heymilo.put_interview(posting, data.clone());
        if by_list {
            world.lists_are_due().await;
            world.poll().await;
        } else {
            world.deliver(json!({ "interview_id": "int_1" })).await;
            world.drain().await;
        }

        assert!(!is_deleted(&world, "int_1").await, "by the list: {by_list}");
    }
    let changes = "heymilo.interview_changes where field = 'deleted' and new_value is null";
    assert_eq!(world.count(changes).await, 2);
}

#[tokio::test]
async fn an_interview_that_its_list_shows_is_not_taken_for_gone() {
    let heymilo = Lists::start().await;
    let row = json!({
        "interview_id": "int_1", "posting_id": "pos_1", "name": "Ada Example",
        "email": "ada@example.com", "status": "in_progress", "created_at": 1_770_000_000,
    });
    heymilo
        .set(&[
            ("postings", json!([{ "id": "pos_1", "title": "Clerk" }])),
            ("postings/pos_1/questions", json!([])),
            ("postings/pos_1/candidates", json!([row])),
        ])
        .await;
    let app = TestApp::start(&heymilo.address()).await;

    app.poll().await;
    app.drain().await;

    assert_eq!(heymilo.asked_for("interviews/int_1/data").await, 1);
    assert!(!is_deleted(&app, "int_1").await);
}

#[tokio::test]
async fn an_interview_that_was_never_fetched_may_only_not_be_visible_yet() {
    let heymilo = Lists::start().await;
    let row = json!({
        "interview_id": "int_1", "posting_id": "pos_1", "name": "Ada Example",
        "email": "ada@example.com", "status": "pending", "created_at": 1_770_000_000,
    });
    heymilo
        .set(&[
            ("postings", json!([{ "id": "pos_1", "title": "Clerk" }])),
            ("postings/pos_1/questions", json!([])),
            ("postings/pos_1/candidates", json!([row])),
        ])
        .await;
    let app = TestApp::start(&heymilo.address()).await;
    app.poll().await;

    app.deliver(json!({ "interview_id": "int_1" })).await;
    app.drain().await;

    assert_eq!(heymilo.asked_for("interviews/int_1/data").await, 1);
    assert!(!is_deleted(&app, "int_1").await);
    assert_eq!(app.count("heymilo_sync.jobs where failed_at is null").await, 1);
}

async fn posting_is_deleted(app: &TestApp) -> bool {
    app.value("select deleted_at is not null from heymilo.postings where posting_id = 'pos_2'")
        .await
}

#[tokio::test]
async fn a_posting_that_is_gone_takes_its_lists_and_interviews_along_until_it_comes_back() {
    let heymilo = Lists::start().await;
    let row = json!({
        "interview_id": "int_1", "posting_id": "pos_2", "name": "Ada Example",
        "email": "ada@example.com", "status": "pending", "created_at": 1_770_000_000,
    });
    let both = [
        (
            "postings",
            json!([{ "id": "pos_1", "title": "Clerk" }, { "id": "pos_2", "title": "Cook" }]),
        ),
        ("postings/pos_1/questions", json!([])),
        ("postings/pos_1/candidates", json!([])),
        ("postings/pos_2/questions", json!([])),
        ("postings/pos_2/candidates", json!([row])),
    ];
    heymilo.set(&both).await;
    let app = TestApp::start(&heymilo.address()).await;
    app.poll().await;
    app.drain().await;

    let mut one = both.clone();
    one[0].1 = json!([{ "id": "pos_1", "title": "Clerk" }]);
    heymilo.set(&one[..3]).await;
    app.lists_are_due().await;
    app.poll().await;
    app.drain().await;

    assert!(posting_is_deleted(&app).await);
    assert!(is_deleted(&app, "int_1").await);
    assert_eq!(app.count("heymilo_sync.cursors where posting_id = 'pos_2'").await, 0);

    heymilo.set(&both).await;
    app.lists_are_due().await;
    app.poll().await;

    assert!(!posting_is_deleted(&app).await);
    assert!(!is_deleted(&app, "int_1").await);
    assert_eq!(app.count("heymilo_sync.cursors where posting_id = 'pos_2'").await, 2);
}

#[tokio::test]
async fn a_posting_that_is_only_not_listed_stays_and_is_asked_for_once() {
    let heymilo = Lists::start().await;
    let posting = json!({ "id": "pos_2", "title": "Cook" });
    let lists = [
        ("postings", json!([posting])),
        ("postings/pos_2/questions", json!([])),
        ("postings/pos_2/candidates", json!([])),
    ];
    heymilo.set(&lists).await;
    let app = TestApp::start(&heymilo.address()).await;
    app.poll().await;

    let mut hidden = lists.clone();
    hidden[0] = ("postings/pos_2", posting);
    heymilo.set(&[&hidden[..], &[("postings", json!([]))]].concat()).await;
    for _ in 0..2 {
        app.lists_are_due().await;
        app.poll().await;
    }

    assert!(!posting_is_deleted(&app).await);
    assert_eq!(heymilo.asked_for("postings/pos_2").await, 1);
}

#[tokio::test]
async fn an_answer_about_an_unlisted_posting_is_written() {
    let heymilo = Lists::start().await;
    let posting = |status: &str| json!({ "id": "pos_2", "title": "Cook", "status": status });
    let lists = [("postings/pos_2/questions", json!([])), ("postings/pos_2/candidates", json!([]))];
    heymilo.set(&[&lists[..], &[("postings", json!([posting("active")]))]].concat()).await;
    let app = TestApp::start(&heymilo.address()).await;
    app.poll().await;

    let archived = [("postings", json!([])), ("postings/pos_2", posting("archived"))];
    heymilo.set(&[&lists[..], &archived].concat()).await;
    app.lists_are_due().await;
    app.poll().await;

    let status: String = app.value("select status from heymilo.postings").await;
    assert_eq!(status, "archived");
}

#[tokio::test]
async fn a_posting_that_cannot_be_asked_for_does_not_hold_up_the_list() {
    let heymilo = Lists::start().await;
    let posting = |id: &str| json!({ "id": id, "title": id, "status": "active" });
    heymilo.set(&[("postings", json!([posting("pos_1"), posting("pos_2")]))]).await;
    let app = TestApp::start(&heymilo.address()).await;
    app.poll().await;
    app.execute("delete from heymilo_sync.cursors where list <> 'postings'").await;

    heymilo.set(&[("postings", json!([]))]).await;
    heymilo.answers("postings/pos_1", ResponseTemplate::new(400)).await;
    app.lists_are_due().await;
    let report = app.poll().await;

    assert_eq!((report.lists, report.postponed), (1, 0));
    assert!(posting_is_deleted(&app).await, "the next one is asked for all the same");
}
