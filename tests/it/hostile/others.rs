//! Other odd input than fields: ids, rows that the database refuses, deliveries.

use std::collections::BTreeMap;

use axum::http::{Method, StatusCode};
use heymilo_sync::{store::snapshots::Kind, sync::Drift};
use serde::Deserialize;
use serde_json::{Value, json};
use wiremock::MockServer;

use super::{
    assert_replay_changes_nothing, cases_in, cook, everything, fixture, heymilo, list, notices,
    replay, snapshot,
};
use crate::support::app::{TOKEN, TestApp};

async fn poll(answers: &[(&str, Vec<u8>)]) -> (TestApp, MockServer) {
    let heymilo = heymilo(answers).await;
    let app = TestApp::start(&heymilo.uri()).await;
    app.poll().await;
    (app, heymilo)
}

#[tokio::test]
async fn items_that_name_nothing_are_kept_and_shown_and_the_others_arrive() {
    let long = format!(r#"{{"interview_id": "{}"}}"#, "x".repeat(2_700));
    let rows: [&[u8]; 9] = [
        br#"{"interview_id": "int_1"}"#,
        long.as_bytes(),
        br#"{"interview_id": ""}"#,
        br#"{"interview_id": "a\u0000b"}"#,
        br#"{"interview_id": {"id": "int_3"}}"#,
        br#"{"name": "Ada \ud800"}"#,
        b"{not json}",
        b"[[1]]",
        br#"{"interview_id": "a/b?c=%2e%2e&'\"\\ %00"}"#,
    ];
    let postings: [&[u8]; 3] = [br#"{"id": "pos_1", "title": "One"}"#, b"7", br#"{"id": null}"#];
    let answers = [
        ("postings", list(&postings)),
        ("postings/pos_1/questions", list(&[b"null", br#"{"id": "q_1", "text": "Why?"}"#])),
        ("postings/pos_1/candidates", list(&rows)),
    ];

    let (app, _heymilo) = poll(&answers).await;
    app.forget_cursors().await;
    app.poll().await;

    assert_eq!(app.count("heymilo.interviews").await, 2);
    assert_eq!(app.count("heymilo.postings").await, 1);
    assert_eq!(app.count("heymilo.questions").await, 1);
    let kept = "heymilo_sync.snapshots where kind = 'unusable' and posting_id";
    assert_eq!(app.count(&format!("{kept} = 'pos_1'")).await, 7);
    assert_eq!(app.count(&format!("{kept} is null")).await, 2);
    assert_eq!(notices(&app, "unusable").await, [" no_id"]);
    let name: String = app
        .value("select subject_id from heymilo_sync.snapshots where kind = 'unusable' and body_bytes = 10")
        .await;
    assert_eq!(snapshot(&app, Kind::Unusable, &name).await, b"{not json}");
    assert_replay_changes_nothing(&app).await;
}

#[tokio::test]
async fn an_id_that_is_a_number_is_an_id() {
    let answers = [
        ("postings", list(&[br#"{"id": 7, "title": "One"}"#])),
        ("postings/7/questions", list(&[])),
        ("postings/7/candidates", list(&[br#"{"interview_id": 11, "status": "completed"}"#])),
        ("interviews/11/data", br#"{"data": {"interview_id": 11, "posting_id": "7", "status": "completed", "score": 80}}"#.to_vec()),
    ];

    let (app, _heymilo) = poll(&answers).await;
    app.drain().await;

    let score = "select score from heymilo.interviews where interview_id = '11'";
    assert_eq!(app.value::<Option<f64>>(score).await, Some(80.0));
    assert_replay_changes_nothing(&app).await;
}

#[tokio::test]
async fn rows_that_the_database_refuses_hold_up_no_others() {
    let answers = [
        (
            "postings",
            list(&[br#"{"id": "pos_1", "title": "Bad"}"#, br#"{"id": "pos_2", "title": "Fine"}"#]),
        ),
        ("postings/pos_1/questions", list(&[])),
        ("postings/pos_2/questions", list(&[br#"{"text": "Bad"}"#, br#"{"text": "Fine"}"#])),
        ("postings/pos_1/candidates", list(&[])),
        (
            "postings/pos_2/candidates",
            list(&[
                br#"{"interview_id": "int_1", "name": "Fine", "status": "completed"}"#,
                br#"{"interview_id": "int_2", "name": "Bad", "status": "completed"}"#,
                br#"{"interview_id": "int_3", "name": "Fine", "status": "completed"}"#,
            ]),
        ),
        (
            "interviews/int_1/data",
            br#"{"data": {"name": "Fine", "posting_id": "pos_2", "status": "completed"}}"#.to_vec(),
        ),
        (
            "interviews/int_2/data",
            br#"{"data": {"name": "Better", "posting_id": "pos_2", "status": "completed"}}"#
                .to_vec(),
        ),
        (
            "interviews/int_3/data",
            br#"{"data": {"name": "Bad", "posting_id": "pos_2", "status": "completed"}}"#.to_vec(),
        ),
    ];
    let heymilo = heymilo(&answers).await;
    let app = TestApp::start(&heymilo.uri()).await;
    for (table, column) in
        [("postings", "title"), ("questions", "question_text"), ("interviews", "candidate_name")]
    {
        app.execute(&format!("alter table heymilo.{table} add check ({column} <> 'Bad')")).await;
    }

    let report = app.poll().await;
    app.drain().await;

    assert_eq!((report.postponed, report.candidates, report.enqueued), (0, 3, 3));
    let written: Value = app
        .value(
            "select jsonb_build_array(
                 (select jsonb_agg(title) from heymilo.postings),
                 (select jsonb_agg(question_text) from heymilo.questions),
                 (select jsonb_agg(candidate_name order by interview_id) from heymilo.interviews),
                 (select jsonb_agg(interview_id) from heymilo_sync.jobs where failed_at is not null))",
        )
        .await;
    assert_eq!(written, json!([["Fine"], ["Fine"], ["Fine", "Better", "Fine"], ["int_3"]]));
    for (kind, subject) in [("posting", "pos_1"), ("questions", "pos_2"), ("candidate", "int_2")] {
        let refused = "problem = 'refused' and kind";
        let shown =
            format!("heymilo_sync.notices where {refused} = '{kind}' and subject_id = '{subject}'");
        assert_eq!(app.count(&shown).await, 1, "{kind}");
    }
    assert!(
        snapshot(&app, Kind::Candidate, "int_2").await.starts_with(br#"{"interview_id": "int_2""#)
    );
    assert!(snapshot(&app, Kind::Interview, "int_3").await.starts_with(b"{"));

    // The next full scan skips them, but enqueues the interviews that were set aside. A replay
    // leaves everything unchanged.
    let (before, kept) = (everything(&app).await, app.count("heymilo_sync.snapshots").await);
    app.forget_cursors().await;
    let again = app.poll().await;
    assert_eq!((again.postings, again.candidates, again.enqueued), (0, 0, 1));
    replay(&app).await;
    assert_eq!(app.count("heymilo_sync.snapshots").await, kept);
    assert_eq!(everything(&app).await, before);
    app.own().await;
    let verify = app.command().await.verify(true);
    assert_eq!(verify.interview("int_2").await.unwrap()[0].drift, Drift::Refused);
    assert_eq!(verify.postings().await.unwrap().1[0].drift, Drift::Refused);
}

/// More attempts than a lasting error gets.
const MORE_THAN_IS_TRIED: usize = 12;

/// A whole answer in place of an interview's.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Whole {
    /// With `{{…}}` as recipes.
    body: String,
    becomes: Fate,
}

#[derive(Deserialize, PartialEq)]
enum Fate {
    #[serde(rename = "set aside")]
    SetAside,
    #[serde(rename = "set aside without its bytes")]
    SetAsideUnkept,
    #[serde(rename = "tried again")]
    TriedAgain,
}

#[tokio::test]
async fn what_is_no_interview_at_all_is_set_aside_with_its_bytes_or_tried_again() {
    for name in cases_in("answers") {
        let Whole { body, becomes } = fixture(&format!("answers/{name}.toml"));
        let body = cook(&body);
        let heymilo = heymilo(&[("interviews/int_1/data", body.clone())]).await;
        let app = TestApp::start(&heymilo.uri()).await;
        app.deliver(json!({ "interview_id": "int_1" })).await;

        if becomes != Fate::TriedAgain {
            app.exhaust().await;
            assert_eq!(app.count("heymilo_sync.jobs where failed_at is not null").await, 1);
            assert_eq!(app.count("heymilo_sync.snapshots where is_applied").await, 0, "{name}");
            if becomes == Fate::SetAside {
                assert!(snapshot(&app, Kind::Interview, "int_1").await == body, "{name}");
            } else {
                assert_eq!(app.count("heymilo_sync.snapshots").await, 0, "{name}");
            }
            assert_eq!(replay(&app).await.unreadable, 0, "{name}");
        } else {
            for _ in 0..MORE_THAN_IS_TRIED {
                assert_eq!(app.work().await, 1, "{name}");
                app.let_time_pass().await;
            }
            assert_eq!(app.count("heymilo_sync.jobs where failed_at is null").await, 1, "{name}");
        }
        assert_eq!(app.count("heymilo.interviews").await, 0, "{name}");
    }
}

/// The value in place of an interview's id in a list.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Id {
    json: String,
    asked: Option<String>,
}

#[tokio::test]
async fn an_id_is_asked_for_as_it_is_or_names_nothing() {
    let ids: BTreeMap<String, Vec<Id>> = fixture("ids.toml");
    let ids = &ids["id"];
    let rows: Vec<String> =
        ids.iter().map(|id| format!(r#"{{"interview_id": {}}}"#, id.json)).collect();
    let rows: Vec<&[u8]> = rows.iter().map(String::as_bytes).collect();
    let mut answers = vec![
        ("postings".to_owned(), list(&[br#"{"id": "pos_1", "title": "One"}"#])),
        ("postings/pos_1/questions".to_owned(), list(&[])),
        ("postings/pos_1/candidates".to_owned(), list(&rows)),
    ];
    for id in ids {
        let Some(asked) = &id.asked else { continue };
        let score = format!(
            r#"{{"data": {{"interview_id": {}, "posting_id": "pos_1", "status": "completed",
                          "score": 80}}}}"#,
            id.json
        );
        answers.push((format!("interviews/{asked}/data"), score.into_bytes()));
    }
    let named = answers.len() as i64 - 3;
    let answers: Vec<_> = answers.iter().map(|(at, body)| (&**at, body.clone())).collect();

    let (app, _heymilo) = poll(&answers).await;
    app.execute("update heymilo_sync.jobs set due_at = now()").await;
    app.drain().await;

    assert_eq!(app.count("heymilo.interviews where score = 80").await, named);
    assert_eq!(app.count("heymilo.interviews").await, named);
    let kept = "heymilo_sync.snapshots where kind = 'unusable'";
    assert_eq!(app.count(kept).await, ids.len() as i64 - named);
    assert_replay_changes_nothing(&app).await;
}

#[tokio::test]
async fn a_delivery_of_any_shape_is_kept_and_says_what_it_can() {
    let heymilo = heymilo(&[]).await;
    let app = TestApp::start(&heymilo.uri()).await;
    let recipes = [
        r#"{"interview_id": "int_01", "deep": {{repeat 100000 [}}{{repeat 100000 ]}} }"#,
        r#"{"interview_id": "int_02", "name": "\ud800", "score": 1e999}"#,
        r#"{{hex efbbbf}}{"interview_id": "int_03", "name": "{{hex ff}}"}"#,
        r#"{"interview_id": 4, "a": 1, "a": 2}"#,
        r#"{"name": "{{repeat 900000 x}}", "interview_id": "int_05"}"#,
        r#"[{{list 20000 {"id": #}}}, {"interview_id": "int_06"}]"#,
        r#"{"interview_id": "{{repeat 2700 x}}", "posting_id": "a\u0000b"}"#,
        r#"{"interview_id": "a\u0000b"}"#,
        r#"{"interview_id": 1e400}"#,
        "{{repeat 500000 [}}",
        "{{hex 00ff00}}",
        "",
    ];
    for recipe in recipes {
        let address = format!("/webhooks/heymilo/{TOKEN}");
        assert_eq!(app.send(Method::POST, &address, cook(recipe)).await, StatusCode::ACCEPTED);
        let kept: Vec<u8> = app
            .value("select body from heymilo_sync.inbox order by delivery_id desc limit 1")
            .await;
        assert!(kept == cook(recipe), "{recipe}");
    }

    let due: Vec<String> = app
        .value("select array_agg(interview_id order by interview_id) from heymilo_sync.jobs")
        .await;
    assert_eq!(due, ["1e400", "4", "int_01", "int_02", "int_03", "int_05", "int_06"]);
}
