//! Answers that may replace what is known of an interview, and answers that may not.

use heymilo_sync::{records::WorkspaceId, store::snapshots::Scope, sync::Replay};
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use crate::support::{app::TestApp, lists::Lists};

const DATA: &str = "interviews/int_1/data";
const DOUBTED: &str = "heymilo_sync.snapshots where not is_applied";

fn interview(status: &str) -> Value {
    json!({
        "interview_id": "int_1", "posting_id": "pos_1", "candidate_id": "cand_1",
        "name": "Ada Example", "email": "ada@example.com", "status": status, "score": 80.5,
        "data": { "status": "theirs" },
    })
}

fn completed() -> Value {
    let mut interview = interview("completed");
    let turn =
        json!({ "speaker": "Agent", "text": "Well?", "timestamp": 1, "timestamp_str": "00:01" });
    interview["web_interview"] = json!({
        "interview_id": "int_1", "match_score": 70, "transcript": [turn],
        "scorecard": [{
            "question_id": "q", "question_text": "Well?", "score": 7, "rank": 1,
            "evaluation_summary": "Fine.", "evaluation_criteria": "None.", "transcript": [turn],
        }],
    });
    interview
}

/// A completed interview in the tables, with its answer.
async fn world() -> (Lists, TestApp, Value) {
    world_with([]).await
}

async fn world_with<const N: usize>(settings: [(&str, &str); N]) -> (Lists, TestApp, Value) {
    let heymilo = Lists::start().await;
    let app = TestApp::start_with(&heymilo.address(), settings).await;
    heymilo.set(&[(DATA, completed())]).await;
    fetch(&app).await;
    let tables = app.tables().await;
    assert_eq!(tables["scorecard_questions"].as_array().unwrap().len(), 1);
    (heymilo, app, tables)
}

/// Has a delivery enqueue the interview, and fetches it once.
async fn fetch(app: &TestApp) {
    app.deliver(json!({ "interview_id": "int_1" })).await;
    app.let_time_pass().await;
    app.work().await;
}

#[tokio::test]
async fn an_answer_that_is_no_interview_replaces_nothing() {
    let (heymilo, app, tables) = world().await;
    let mut filling = completed();
    filling["new"] = filling_the_memory();
    for odd in [
        json!({ "data": filling }),
        json!({ "data": {} }),
        json!({ "data": null }),
        json!({ "data": { "status": "ok" } }),
        json!({ "data": {}, "error": { "code": "internal" } }),
        json!({ "data": completed(), "error": { "code": "internal" } }),
        json!({ "data": { "interview_id": "int_2", "posting_id": "pos_1", "status": "completed" } }),
        json!({ "data": [completed()] }),
        json!({ "interview_id": "int_1" }),
        json!("interview number one, and nothing else"),
    ] {
        heymilo.set(&[]).await;
        heymilo.answers(DATA, ResponseTemplate::new(200).set_body_json(&odd)).await;

        fetch(&app).await;

        let odd: String = odd.to_string().chars().take(40).collect();
        assert_eq!(app.tables().await, tables, "{odd}");
        let troubled = "heymilo_sync.jobs where attempt = 1 and last_error like '%answer%'";
        assert_eq!(app.count(troubled).await, 1, "{odd}");
    }
}

#[tokio::test]
async fn answer_about_another_interview_is_not_kept() {
    let (heymilo, app, _) = world().await;
    let before = app.count("heymilo_sync.snapshots").await;
    let of_another = json!({ "data": {
        "interview_id": "int_2", "posting_id": "pos_1", "status": "completed",
        "email": "ada@example.com",
    } });
    heymilo.set(&[]).await;
    heymilo.answers(DATA, ResponseTemplate::new(200).set_body_json(&of_another)).await;

    fetch(&app).await;

    assert_eq!(app.count("heymilo_sync.jobs where last_error like '%answer%'").await, 1);
    assert_eq!(app.count("heymilo_sync.snapshots").await, before);
}

/// Lists that would take more than 64 MiB when parsed.
fn filling_the_memory() -> Value {
    vec![[0]; 400_000].into()
}

#[tokio::test]
async fn a_row_that_would_fill_the_memory_hides_no_other_and_is_kept() {
    let heymilo = Lists::start().await;
    let app = TestApp::start(&heymilo.address()).await;
    let row = |id: &str| json!({ "interview_id": id, "posting_id": "pos_1", "status": "invited" });
    let mut filling = row("int_2");
    filling["new"] = filling_the_memory();
    heymilo
        .set(&[
            ("postings", json!([{ "id": "pos_1", "title": "Clerk", "status": "active" }])),
            ("postings/pos_1/candidates", json!([row("int_1"), filling, row("int_3")])),
            ("postings/pos_1/questions", json!([])),
        ])
        .await;

    app.poll().await;

    assert_eq!(app.count("heymilo.interviews").await, 2);
    assert_eq!(app.count("heymilo_sync.snapshots where kind = 'unusable'").await, 1);
    assert_eq!(app.count("heymilo_sync.cursors where failed_at is not null").await, 0);
}

#[tokio::test]
async fn an_interview_without_its_envelope_is_written() {
    let (heymilo, app, _) = world().await;
    let mut bare = completed();
    bare["score"] = json!(91);
    heymilo.set(&[]).await;
    heymilo.answers(DATA, ResponseTemplate::new(200).set_body_json(&bare)).await;

    fetch(&app).await;

    let written = "heymilo.interviews where score = 91 and data ->> 'status' = 'theirs'";
    assert_eq!(app.count(written).await, 1);
    assert_eq!(app.count("heymilo.transcript_entries").await, 1);
}

#[tokio::test]
async fn results_that_are_not_ready_leave_earlier_ones() {
    let (heymilo, app, tables) = world().await;
    heymilo.set(&[(DATA, interview("not_ready"))]).await;

    fetch(&app).await;

    let after = app.tables().await;
    for table in ["web_interviews", "scorecard_questions", "transcript_entries"] {
        assert_eq!(after[table], tables[table], "{table}");
    }
    assert_eq!(
        app.count("heymilo.interviews where status = 'completed' and score = 80.5").await,
        1
    );

    let mut again = completed();
    again["web_interview"]["match_score"] = json!(75);
    heymilo.set(&[(DATA, again)]).await;
    fetch(&app).await;
    assert_eq!(app.count("heymilo.web_interviews where match_score = 75").await, 1);

    assert_replay_changes_nothing(&app).await;
}

async fn assert_replay_changes_nothing(app: &TestApp) {
    let before = app.tables().await;
    let workspace = WorkspaceId::new("default").unwrap();
    let mut replay = Replay::new(app.db.clone(), workspace, Scope::default());
    while replay.step().await.unwrap().is_some() {}
    assert_eq!(app.tables().await, before, "a replay writes the same");
}

#[tokio::test]
async fn an_answer_whose_rows_stand_outlasts_its_retention() {
    let (heymilo, app, _) = world_with([("HEYMILO_SYNC__RETENTION__VERSIONS", "90d")]).await;
    heymilo.set(&[(DATA, interview("not_ready"))]).await;
    fetch(&app).await;
    app.age("100 days").await;

    app.expire().await;

    assert_eq!(app.count("heymilo_sync.snapshots where kind = 'interview'").await, 2);
    assert_replay_changes_nothing(&app).await;
}

#[tokio::test]
async fn the_loss_of_all_results_is_confirmed_before_it_is_believed() {
    let (heymilo, app, tables) = world().await;
    heymilo.set(&[(DATA, interview("completed"))]).await;

    for _ in 0..3 {
        fetch(&app).await;
        assert_eq!(app.tables().await, tables, "answers of the same minutes are not believed");
    }
    assert_eq!(app.count(DOUBTED).await, 1, "each answer is kept once");
    assert_replay_changes_nothing(&app).await;

    app.age("10 minutes").await;
    fetch(&app).await;

    assert_eq!(app.count("heymilo.web_interviews").await, 0);
    assert_eq!(app.count("heymilo.interviews where status = 'completed'").await, 1);
    assert_eq!(app.count("heymilo_sync.jobs").await, 0);
    assert_replay_changes_nothing(&app).await;
}

/// Makes the lists due, and reads them.
async fn poll(app: &TestApp) {
    app.execute("update heymilo_sync.cursors set due_at = now(), hastened_at = now()").await;
    app.poll().await;
}

#[tokio::test]
async fn items_of_lists_that_tell_nothing_replace_nothing() {
    let (heymilo, app, _) = world().await;
    let question = json!({ "id": "q_1", "posting_id": "pos_1", "modality": "web", "text": "Why?" });
    let posting = json!({ "id": "pos_1", "title": "Clerk", "status": "active" });
    let lists = |posting: &Value, row: &Value, questions: Value| {
        [
            ("postings", json!([posting])),
            ("postings/pos_1/candidates", json!([row])),
            ("postings/pos_1/questions", questions),
        ]
    };
    let good = lists(&posting, &interview("completed"), json!([question]));
    heymilo.set(&good).await;
    poll(&app).await;
    let tables = app.tables().await;
    assert_eq!(tables["questions"].as_array().unwrap().len(), 1);

    let row = json!({ "interview_id": "int_1" });
    let empty = lists(&json!({ "id": "pos_1" }), &row, json!([]));
    heymilo.set(&empty).await;
    poll(&app).await;
    assert_eq!(app.tables().await, tables);
    assert_eq!(app.count("heymilo_sync.snapshots where kind = 'unusable'").await, 2);
    assert_eq!(app.count(DOUBTED).await, 3);
    assert_replay_changes_nothing(&app).await;

    // A good list in between ends the doubt.
    heymilo.set(&good).await;
    poll(&app).await;
    app.age("20 minutes").await;
    heymilo.set(&empty).await;
    for left in [1, 0] {
        poll(&app).await;
        assert_eq!(app.count("heymilo.questions").await, left);
        app.age("20 minutes").await;
    }
}

#[tokio::test]
async fn a_second_answer_confirms_that_a_posting_has_no_questions_any_more() {
    let heymilo = Lists::start().await;
    let app = TestApp::start(&heymilo.address()).await;
    let posting = json!([{ "id": "pos_1", "title": "Clerk", "status": "active" }]);
    let question = json!({ "id": "q_1", "posting_id": "pos_1", "modality": "web", "text": "Why?" });
    for (questions, left, minutes) in
        [(json!([question]), 1, 0), (json!([]), 1, 11), (json!([]), 0, 0)]
    {
        let answers = [("postings", posting.clone()), ("postings/pos_1/questions", questions)];
        heymilo.set(&answers).await;
        poll(&app).await;

        assert_eq!(app.count("heymilo.questions").await, left);
        app.age(&format!("{minutes} minutes")).await;
    }
}

#[tokio::test]
async fn a_loss_after_other_trouble_is_confirmed_too() {
    let (heymilo, app, tables) = world().await;
    for before in [json!({}), interview("not_ready")] {
        heymilo.set(&[(DATA, before)]).await;
        fetch(&app).await;
        heymilo.set(&[(DATA, interview("completed"))]).await;
        fetch(&app).await;

        let after = app.tables().await;
        assert_eq!(after["web_interviews"], tables["web_interviews"]);
        assert_eq!(after["transcript_entries"], tables["transcript_entries"]);
    }
}

#[tokio::test]
async fn a_doubt_ends_with_a_good_answer() {
    let (heymilo, app, _) = world().await;
    let mut under_way = completed();
    under_way["status"] = json!("in_progress");
    heymilo.set(&[(DATA, under_way.clone())]).await;
    fetch(&app).await;
    heymilo.set(&[(DATA, interview("in_progress"))]).await;
    fetch(&app).await;
    heymilo.set(&[(DATA, under_way)]).await;
    fetch(&app).await;
    app.age("10 minutes").await;

    heymilo.set(&[(DATA, interview("in_progress"))]).await;
    fetch(&app).await;

    assert_eq!(app.count("heymilo.web_interviews").await, 1, "the first doubt counts no longer");
}

#[tokio::test]
async fn results_that_come_back_are_there_at_once() {
    let (heymilo, app, tables) = world().await;
    heymilo.set(&[(DATA, interview("completed"))]).await;
    fetch(&app).await;
    heymilo.set(&[(DATA, completed())]).await;

    fetch(&app).await;

    assert_eq!(app.tables().await, tables);
    assert_eq!(app.count("heymilo_sync.jobs where urgency <> 'look'").await, 0);
}
