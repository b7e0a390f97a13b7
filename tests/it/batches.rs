//! However answers are batched, the rows are the same.

use chrono::{DateTime, TimeDelta, Utc};
use heymilo_sync::{
    records::{Candidate, WorkspaceId},
    store::people,
};
use serde_json::Value;
use sqlx::PgPool;

use crate::support::database::database;

/// Random answers about three people, in the order of time; some name them, some do not.
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
