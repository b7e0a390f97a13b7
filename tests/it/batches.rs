//! The rows do not depend on how answers are batched.

use chrono::{DateTime, TimeDelta, Utc};
use heymilo_sync::{
    records::{Candidate, WorkspaceId},
    store::{people, snapshots::Scope},
};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::{
    replay,
    support::{app::TestApp, database::database, lists::Lists},
};

/// Random answers about three people in the order of time. Some name the people, some do not.
fn answers(random: &mut fastrand::Rng) -> Vec<(Candidate, DateTime<Utc>)> {
    let mut at = DateTime::UNIX_EPOCH;
    (0..random.usize(1..12))
        .map(|_| {
            at += TimeDelta::seconds(random.i64(0..3));
            let word = |random: &mut fastrand::Rng| {
                ["Ada", "Grace"].get(random.usize(0..4)).map(|word| (*word).to_owned())
            };
            let candidate = Candidate {
                candidate_id: Some(format!("cand_{}", random.u8(0..3))),
                name: word(random),
                email: word(random),
            };
            (candidate, at)
        })
        .collect()
}

async fn write(db: &PgPool, workspace: &str, batches: &[&[(Candidate, DateTime<Utc>)]]) {
    let workspace = WorkspaceId::new(workspace).unwrap();
    let mut connection = db.acquire().await.unwrap();
    for batch in batches {
        let named = batch.iter().map(|(candidate, at)| (candidate, *at));
        people::upsert(&mut connection, &workspace, named).await.unwrap();
    }
}

async fn rows(db: &PgPool, workspace: &str) -> Value {
    sqlx::query_scalar(
        "select coalesce(jsonb_agg(to_jsonb(c) - 'workspace_id' order by candidate_id), '[]')
         from heymilo.candidates c where workspace_id = $1",
    )
    .bind(workspace)
    .fetch_one(db)
    .await
    .unwrap()
}

#[tokio::test]
async fn people_are_the_same_in_any_batches() {
    let db = database().await;
    for seed in 0..150 {
        let mut random = fastrand::Rng::with_seed(seed);
        let answers = answers(&mut random);
        let (alone, batched) = (format!("alone-{seed}"), format!("batched-{seed}"));

        write(&db, &alone, &answers.chunks(1).collect::<Vec<_>>()).await;
        write(&db, &batched, &answers.chunks(random.usize(2..6)).collect::<Vec<_>>()).await;

        assert_eq!(rows(&db, &batched).await, rows(&db, &alone).await, "seed {seed}");
    }
}

const INTERVIEWS: [&str; 5] = ["int_1", "int_2", "int_3", "int_4", "int_5"];

/// One of the words, or none.
fn any(random: &mut fastrand::Rng, words: &[&str]) -> Value {
    words.get(random.usize(0..=words.len())).map_or(Value::Null, |word| json!(word))
}

/// Leaves a field out at random.
fn may_lack(random: &mut fastrand::Rng, object: &mut Value, field: &str) {
    if random.u8(0..3) == 0 {
        object.as_object_mut().unwrap().remove(field);
    }
}

/// A random answer about an interview.
fn answer(random: &mut fastrand::Rng, id: &str) -> Value {
    let statuses = ["in_progress", "evaluating", "completed", "knocked_out", "not_ready"];
    let steps: Vec<Value> = (0..random.usize(0..4))
        .map(|step| {
            let mut step = json!({
                "step_id": format!("step_{step}"), "order": step, "started": random.bool(),
                "completed": random.bool(), "knocked_out": random.bool(),
                "status": any(random, &["not_started", "in_progress", "completed"]),
            });
            may_lack(random, &mut step, "knocked_out");
            step
        })
        .collect();

    let questions: Vec<Value> = (0..random.usize(0..4))
        .map(|question| {
            let mut question = json!({
                "question_id": format!("q_{question}"), "score": random.u8(1..10),
                "score_weight": random.u8(1..10), "not_scored": random.bool(), "rank": question,
            });
            may_lack(random, &mut question, "score_weight");
            may_lack(random, &mut question, "not_scored");
            question
        })
        .collect();

    let mut answer = json!({
        "interview_id": id, "posting_id": "pos_1", "status": statuses[random.usize(0..5)],
        // Of a person's two interviews, the last answered one names the person, in a batch any of
        // them.
        "candidate_id": format!("cand_of_{id}"),
        "name": any(random, &["Ada Example", "Grace Example"]),
        "email": any(random, &["ada@example.com", "grace@example.com"]),
        "score": random.u8(0..100),
        "workflow": { "steps": steps, "all_complete": random.bool() },
        "web_interview": { "interview_id": id, "match_score": random.u8(0..100), "scorecard": questions },
    });

    may_lack(random, &mut answer, "web_interview");
    may_lack(random, &mut answer, "workflow");
    answer
}

/// Has the interviews fetched for which HeyMilo has answers now.
async fn fetch(app: &TestApp, ids: &[&str]) {
    let due: Vec<_> = ids.iter().map(|id| json!({ "interview_id": id })).collect();
    app.deliver(json!(due)).await;
    app.let_time_pass().await;
    app.work().await;
}

/// The tables without their times.
async fn timeless(app: &TestApp) -> Value {
    let mut tables = app.tables().await;
    for rows in tables.as_object_mut().unwrap().values_mut() {
        let rows = rows.as_array_mut().unwrap();
        for row in rows.iter_mut() {
            row.as_object_mut().unwrap().retain(|name, _| !name.ends_with("_at"));
        }
        rows.sort_by_key(Value::to_string);
    }
    tables
}

#[tokio::test]
async fn all_tables_are_the_same_in_any_batches_and_after_a_replay() {
    let heymilo = Lists::start().await;
    for seed in 0..6 {
        let mut random = fastrand::Rng::with_seed(seed);
        let alone = TestApp::start(&heymilo.address()).await;
        let batched = TestApp::start(&heymilo.address()).await;

        for _ in 0..4 {
            let places = INTERVIEWS.map(|id| format!("interviews/{id}/data"));
            let answers = INTERVIEWS.map(|id| answer(&mut random, id));
            let answers: Vec<_> = places.iter().map(String::as_str).zip(answers).collect();
            heymilo.set(&answers).await;
            for id in &INTERVIEWS {
                fetch(&alone, &[id]).await;
            }
            fetch(&batched, &INTERVIEWS).await;
        }

        let (alone_now, batched_now) = (timeless(&alone).await, timeless(&batched).await);
        for (table, rows) in alone_now.as_object().unwrap() {
            assert_eq!(batched_now[table], *rows, "seed {seed}, {table}");
        }
        let before = batched.tables().await;
        replay::empty(&batched).await;
        replay::replay(&batched, Scope::default()).await;
        replay::assert_equal(&batched, &before).await;
    }
}

#[tokio::test]
async fn an_answer_that_comes_late_fills_in_what_is_not_known() {
    let db = database().await;
    let at = |second| DateTime::UNIX_EPOCH + TimeDelta::seconds(second);
    let named = |name: &str, email: Option<&str>| Candidate {
        candidate_id: Some("cand".to_owned()),
        name: Some(name.to_owned()),
        email: email.map(str::to_owned),
    };
    let first = [(named("Ada", None), at(1))];
    let late = [(named("Ada", Some("ada@example.com")), at(2))];
    let last = [(named("Ada Example", None), at(3))];

    write(&db, "default", &[&first, &last, &late]).await;

    let row = &rows(&db, "default").await[0];
    assert_eq!((&row["name"], &row["email"]), (&"Ada Example".into(), &"ada@example.com".into()));
}

#[tokio::test]
async fn a_nameless_answer_takes_no_name_from_an_older_one() {
    let db = database().await;
    let named = |name: Option<&str>| Candidate {
        candidate_id: Some("cand".to_owned()),
        name: name.map(str::to_owned),
        email: None,
    };
    let at = DateTime::UNIX_EPOCH;
    let batch = [(named(Some("Ada")), at), (named(None), at + TimeDelta::seconds(1))];

    write(&db, "default", &[&batch]).await;

    assert_eq!(rows(&db, "default").await[0]["name"], "Ada");
}
