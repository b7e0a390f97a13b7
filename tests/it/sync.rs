//! The main task: a notification or the clock leads to rows.

use axum::http::StatusCode;
use serde_json::{Value, json};
use tokio::join;

use crate::support::{app::TestApp, lists::Lists, odd::OddHeyMilo, simulated::Simulated};

fn finished(id: &str) -> Value {
    json!({
        "interview_id": id,
        "posting_id": "pos_1",
        "name": "Ada Example",
        "email": "ada@example.com",
        "status": "completed",
        "score": 80.5,
        "web_interview": { "interview_id": id, "match_score": 81, "highlights": ["calm"] },
    })
}

#[tokio::test]
async fn a_webhook_becomes_rows() {
    let world = Simulated::start().await;
    let posting = &world.heymilo.posting_ids()[0];
    world.heymilo.put_interview(posting, finished("int_1"));

    let status = world.deliver(json!({ "data": { "interview_id": "int_1" } })).await;
    world.drain().await;

    assert_eq!(status, StatusCode::ACCEPTED);
    let score: Option<f64> = world
        .value("select match_score from heymilo.web_interviews where interview_id = 'int_1'")
        .await;
    assert_eq!(score, Some(81.0));
}

#[tokio::test]
async fn a_poll_becomes_rows() {
    let world = Simulated::start().await;

    let report = world.poll().await;
    let fetched = world.drain().await;

    assert!(report.enqueued > 0);
    assert_eq!(fetched, report.enqueued);
    assert_eq!(world.count("heymilo.postings").await, 3);
    assert_eq!(world.count("heymilo.interviews").await, world.heymilo.interview_ids().len() as i64);
    for table in ["questions", "candidates", "workflow_steps", "transcript_entries"] {
        assert!(world.count(&format!("heymilo.{table}")).await > 0, "{table} is empty");
    }
    assert_eq!(world.count("heymilo_sync.notices").await, 0);
}

#[tokio::test]
async fn a_replayed_delivery_is_kept_and_fetched_once() {
    let world = Simulated::start().await;
    let id = &world.heymilo.interview_ids()[0];

    for _ in 0..3 {
        assert_eq!(world.deliver(json!({ "interview_id": id })).await, StatusCode::ACCEPTED);
    }

    assert_eq!(world.count("heymilo_sync.inbox").await, 3);
    assert_eq!(world.drain().await, 1);
}

#[tokio::test]
async fn a_changed_interview_replaces_its_rows_and_leaves_a_trace() {
    let world = Simulated::start().await;
    let posting = &world.heymilo.posting_ids()[0];
    world.heymilo.put_interview(posting, finished("int_1"));
    world.deliver(json!({ "interview_id": "int_1" })).await;
    world.drain().await;

    world.heymilo.edit_interview("int_1", |data| {
        data["score"] = json!(91);
        data["web_interview"]["highlights"] = json!(["calm", "precise"]);
    });
    world.deliver(json!({ "interview_id": "int_1" })).await;
    world.drain().await;

    let highlights: Vec<String> =
        world.value("select highlights from heymilo.web_interviews").await;
    assert_eq!(highlights, ["calm", "precise"]);
    let change: Value = world
        .value(
            "select jsonb_build_array(old_value, new_value) from heymilo.interview_changes
             where field = 'score' and not first_observation",
        )
        .await;
    assert_eq!(change, json!(["80.5", "91"]));
    let versions: i64 =
        world.value("select count(*) from heymilo_sync.snapshots where kind = 'interview'").await;
    assert_eq!(versions, 2);
}

#[tokio::test]
async fn a_delivery_during_a_fetch_causes_another_fetch() {
    let (heymilo, address) = OddHeyMilo::start(finished("int_1")).await;
    let app = TestApp::start(&address).await;
    app.deliver(json!({ "interview_id": "int_1" })).await;

    let arrival = async {
        heymilo.asked().await;
        app.deliver(json!({ "interview_id": "int_1" })).await;
        heymilo.release();
        heymilo.asked().await;
        heymilo.release();
    };
    let (fetches, ()) = join!(app.work(), arrival);

    assert_eq!(fetches, 2);
    assert_eq!(app.work().await, 0);
}

#[tokio::test]
async fn an_evaluating_interview_is_looked_at_again_until_it_is_finished() {
    let world = Simulated::start().await;
    let posting = &world.heymilo.posting_ids()[0];
    world.heymilo.put_interview(posting, finished("int_1"));
    world.heymilo.edit_interview("int_1", |data| {
        data["status"] = json!("evaluating");
        data["score"] = Value::Null;
    });
    world.deliver(json!({ "interview_id": "int_1" })).await;
    world.drain().await;
    assert_eq!(world.count("heymilo_sync.jobs").await, 1);

    world.heymilo.edit_interview("int_1", |data| {
        data["status"] = json!("completed");
        data["score"] = json!(77);
    });
    world.let_time_pass().await;
    world.drain().await;

    let score: Option<f64> =
        world.value("select score from heymilo.interviews where interview_id = 'int_1'").await;
    assert_eq!(score, Some(77.0));
    assert_eq!(world.count("heymilo_sync.jobs").await, 0);
}

#[tokio::test]
async fn a_decision_reaches_the_tables_without_a_fetch() {
    let world = Simulated::start().await;
    let posting = &world.heymilo.posting_ids()[0];
    world.heymilo.put_interview(posting, finished("int_1"));
    world.sync().await;

    world.heymilo.edit_candidate("int_1", |row| row["shortlisted"] = json!(true));
    world.forget_cursors().await;
    let report = world.poll().await;

    assert_eq!((report.candidates, report.enqueued), (1, 0));
    let shortlisted: Option<bool> = world
        .value("select shortlisted from heymilo.interviews where interview_id = 'int_1'")
        .await;
    assert_eq!(shortlisted, Some(true));
}

#[tokio::test]
async fn a_change_of_the_list_that_touches_results_is_fetched() {
    let world = Simulated::start().await;
    let posting = &world.heymilo.posting_ids()[0];
    world.heymilo.put_interview(posting, finished("int_1"));
    world.sync().await;

    world.heymilo.edit_interview("int_1", |data| data["score"] = json!(12));
    world.forget_cursors().await;
    let report = world.poll().await;
    world.drain().await;

    assert_eq!((report.candidates, report.enqueued), (1, 1));
    let score: Option<f64> =
        world.value("select score from heymilo.interviews where interview_id = 'int_1'").await;
    assert_eq!(score, Some(12.0));
}

#[tokio::test]
async fn an_interview_that_is_taken_again_starts_anew() {
    let world = Simulated::start().await;
    let posting = &world.heymilo.posting_ids()[0];
    world.heymilo.put_interview(posting, finished("int_1"));
    world.sync().await;

    world.heymilo.edit_interview("int_1", |data| {
        data["status"] = json!("not_ready");
        data["score"] = Value::Null;
        data["web_interview"] = Value::Null;
    });
    world.heymilo.edit_candidate("int_1", |row| {
        row["status"] = json!("in_progress");
        row["score"] = Value::Null;
    });
    world.sync().await;

    let standing: Value = world
        .value(
            "select jsonb_build_array(status, score, results_ready) from heymilo.interviews
             where interview_id = 'int_1'",
        )
        .await;
    assert_eq!(standing, json!(["in_progress", null, false]));
}

#[tokio::test]
async fn a_list_that_is_written_after_newer_results_adds_what_it_alone_tells() {
    let world = Simulated::start().await;
    let posting = &world.heymilo.posting_ids()[0];
    let mut unfinished = finished("int_1");
    unfinished["status"] = json!("in_progress");
    unfinished["score"] = Value::Null;
    unfinished["workflow"] = json!({ "steps": [{ "id": "s_1", "status": "in_progress" }] });
    world.heymilo.put_interview(posting, unfinished);
    world.heymilo.edit_candidate("int_1", |row| row["status"] = json!("in_progress"));
    world.heymilo.edit_interview("int_1", |data| data["status"] = json!("not_ready"));
    world.deliver(json!({ "interview_id": "int_1" })).await;
    world.drain().await;
    // As if the list had been read before the results, and its page written after them.
    for (table, time) in [
        ("interviews", "fetched_at"),
        ("interview_changes", "observed_at"),
        ("workflow_step_changes", "observed_at"),
    ] {
        world.execute(&format!("update heymilo.{table} set {time} = {time} + '1 hour'")).await;
    }

    world.sync().await;

    let standing: Value = world
        .value(
            "select jsonb_build_array(status, shortlisted, results_ready) from heymilo.interviews
             where interview_id = 'int_1'",
        )
        .await;
    assert_eq!(standing, json!(["in_progress", false, false]));
    let history: Value = world
        .value(
            "select jsonb_agg(jsonb_build_array(field, old_value, new_value, first_observation)
                              order by field)
             from heymilo.interview_changes where interview_id = 'int_1'",
        )
        .await;
    let first = |field, value| json!([field, null, value, true]);
    let expected = json!([
        first("dismissed", "false"),
        first("shortlisted", "false"),
        first("status", "in_progress")
    ]);
    assert_eq!(history, expected);
}

#[tokio::test]
async fn an_invitation_withdrawn_to_pending_is_fetched_once_more() {
    let world = Simulated::start().await;
    let posting = &world.heymilo.posting_ids()[0];
    world.heymilo.put_interview(posting, finished("int_1"));
    world.sync().await;

    world.heymilo.edit_interview("int_1", |data| {
        data["status"] = json!("pending");
        data["score"] = Value::Null;
        data["name"] = json!("Ada Renamed");
    });
    world.sync().await;

    let standing: Value = world
        .value(
            "select jsonb_build_array(status, score, candidate_name) from heymilo.interviews
             where interview_id = 'int_1'",
        )
        .await;
    assert_eq!(standing, json!(["pending", null, "Ada Renamed"]));
}

#[tokio::test]
async fn a_value_from_results_outlasts_a_list_row_without_it() {
    let heymilo = Lists::start().await;
    let app = TestApp::start(&heymilo.address()).await;
    let results = json!({ "interview_id": "int_1", "posting_id": "pos_1", "status": "completed",
                          "metadata": { "source": "fair" }, "data": { "badge": 7 } });
    for shortlisted in [false, true] {
        let row = json!({ "interview_id": "int_1", "status": "completed",
                          "shortlisted": shortlisted, "metadata": null, "data": {} });
        let answers = [
            ("postings", json!([{ "id": "pos_1", "title": "One" }])),
            ("postings/pos_1/questions", json!([])),
            ("postings/pos_1/candidates", json!([row])),
            ("interviews/int_1/data", results.clone()),
        ];
        heymilo.set(&answers).await;
        app.forget_cursors().await;
        app.poll().await;
        app.drain().await;
    }

    assert_eq!(
        heymilo.asked_for("interviews/int_1/data").await,
        0,
        "a decision does not change it"
    );
    let known: Value = app
        .value("select jsonb_build_array(shortlisted, metadata, data) from heymilo.interviews")
        .await;
    assert_eq!(known, json!([true, { "source": "fair" }, { "badge": 7 }]));
}

#[tokio::test]
async fn an_invitation_without_activity_is_not_fetched_again() {
    let heymilo = Lists::start().await;
    for (started, looks) in [(false, 0), (true, 1)] {
        let app = TestApp::start(&heymilo.address()).await;
        let steps = json!([{ "step_id": "a", "status": "not_started", "started": started }]);
        let results = json!({ "interview_id": "int_1", "posting_id": "pos_1", "status": "not_ready",
                              "workflow": { "steps": steps } });
        heymilo.set(&[("interviews/int_1/data", results)]).await;

        app.deliver(json!({ "event": "candidate_ingested", "interview_id": "int_1" })).await;
        app.drain().await;

        assert_eq!(app.count("heymilo.interviews").await, 1);
        assert_eq!(app.count("heymilo_sync.jobs where due_at > now()").await, looks);
    }
}
