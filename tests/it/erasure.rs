//! Erased people are gone from every table, stay away, and other people lose nothing.

mod addresses;
mod races;
mod review;

use std::fs;

use axum::http::Method;
use heymilo_sync::{
    records::WorkspaceId,
    store::{erasures::Named, owners, snapshots::Scope},
    sync::{Cause, Replay},
};
use serde_json::{Value, json};
use sqlx::AssertSqlSafe;

use crate::support::{
    app::{TOKEN, TestApp},
    leftovers::leftovers,
    odd::OddHeyMilo,
    program::program,
    simulated::Simulated,
};

const NAME: &str = "Adaline Quibberon";
const EMAIL: &str = "Adaline.Q@example.com";
const PERSON: &str = "cand_quibberon";
const FIRST: &str = "int_quibberon_1";
const SECOND: &str = "int_quibberon_2";
/// A sentence that no other candidate said.
const SAID: &str = "I repaired the lighthouse of Portzic";
/// Words that must not be found anywhere.
const WORDS: [&str; 6] = [NAME, EMAIL, PERSON, FIRST, SECOND, "portzic"];

fn named() -> Named {
    Named { candidate_id: Some(PERSON.to_owned()), ..Named::default() }
}

fn by_email(email: &str) -> Named {
    Named { email: Some(email.to_owned()), ..Named::default() }
}

fn by_interview(id: &str) -> Named {
    Named { interview_id: Some(id.to_owned()), ..Named::default() }
}

fn interview(id: &str) -> Value {
    let turn = |text| json!({ "speaker": "Candidate", "text": text, "timestamp": 1, "timestamp_str": "00:01" });
    json!({
        "interview_id": id, "posting_id": "pos", "candidate_id": PERSON, "name": NAME,
        "email": EMAIL, "status": "completed", "score": 80.5, "odd_field": NAME,
        "web_interview": {
            "interview_id": id, "match_score": "oddly", "transcript": [turn(SAID)],
            "scorecard": [],
        },
    })
}

/// A workspace in which the person took part twice, and webhooks named the person.
async fn world() -> Simulated {
    let world = Simulated::start().await;
    for (posting, id) in world.heymilo.posting_ids().iter().zip([FIRST, SECOND]) {
        world.heymilo.put_interview(posting, interview(id));
    }
    world.sync().await;
    for id in [FIRST, SECOND] {
        world.deliver(json!({ "interview_id": id, "name": NAME })).await;
        world.heymilo.edit_interview(id, |data| data["score"] = json!(91));
    }
    world.drain().await;
    world.index().await;
    // A delivery without a known field, and one that waits for another look.
    world.deliver(json!({ "somebody": { "email": EMAIL.to_uppercase() } })).await;
    world.deliver(json!({ "interview_id": SECOND })).await;
    world
}

async fn found(app: &TestApp) -> Vec<String> {
    leftovers(&app.db, &WORDS).await
}

/// Everything in which HeyMilo can bring the person back, and a replay.
async fn try_to_bring_back(world: &Simulated) {
    for id in [FIRST, SECOND] {
        world.heymilo.edit_interview(id, |data| data["score"] = json!(99));
        world.heymilo.edit_candidate(id, |row| row["score"] = json!(99));
    }
    world.sync().await;
    world.deliver(json!({ "interview_id": FIRST, "name": NAME, "email": EMAIL })).await;
    world.deliver(json!({ "unknown": { "of": PERSON, "name": NAME } })).await;
    let query = format!("/webhooks/heymilo/{TOKEN}?interview_id={SECOND}&name=Adaline+Quibberon");
    world.send(Method::GET, &query, "").await;
    world.let_time_pass().await;
    world.drain().await;
    let workspace = WorkspaceId::new("default").unwrap();
    let mut replay = Replay::new(world.db.clone(), workspace, Scope::default());
    replay.postings().await.unwrap();
    while replay.step().await.unwrap().is_some() {}
    world.index().await;
}

#[tokio::test]
async fn nothing_of_an_erased_person_is_left_in_any_table() {
    let world = world().await;
    let before = found(&world).await;
    for place in ["snapshots.body", "inbox.body", "search_documents.document", "candidates.name"] {
        assert!(before.iter().any(|found| found.contains(place)), "{place}: {before:#?}");
    }

    let erased = world.erase(named(), false).await;

    assert_eq!(found(&world).await, [""; 0]);
    assert_eq!((erased.interviews, erased.people), (2, 1));
    assert_eq!(erased.removed["heymilo.interviews"], 2);
    assert_eq!(erased.removed["heymilo_sync.inbox"], 4);
}

#[tokio::test]
async fn an_erased_person_does_not_come_back_by_poll_webhook_or_replay() {
    let world = world().await;
    world.erase(named(), false).await;

    try_to_bring_back(&world).await;

    assert_eq!(found(&world).await, [""; 0]);
    assert_eq!(world.count("heymilo_sync.jobs where failed_at is not null").await, 0);
}

#[tokio::test]
async fn a_later_interview_of_an_erased_person_does_not_come() {
    let world = world().await;
    world.erase(named(), false).await;

    let posting = &world.heymilo.posting_ids()[2];
    world.heymilo.put_interview(posting, interview("int_later"));
    world.sync().await;
    world.deliver(json!({ "interview_id": "int_later" })).await;
    world.drain().await;

    assert_eq!(found(&world).await, [""; 0]);
    assert_eq!(world.count("heymilo.interviews where interview_id = 'int_later'").await, 0);
    assert_eq!(world.count("heymilo_sync.snapshots where subject_id = 'int_later'").await, 0);
}

#[tokio::test]
async fn other_people_lose_no_row() {
    let others = Simulated::start().await;
    others.sync().await;
    let before = without_times(others.tables().await);
    let world = world().await;

    world.erase(named(), false).await;

    let after = without_times(world.tables().await);
    for (table, rows) in before.as_object().unwrap() {
        assert!(after[table] == *rows, "{table}: {rows:#}\nnow {:#}", after[table]);
    }
    assert_eq!(
        world.count("heymilo_sync.snapshots").await,
        others.count("heymilo_sync.snapshots").await
    );
}

/// Rows of two daemons differ in their times and in the signatures of links.
fn without_times(mut tables: Value) -> Value {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                fields.retain(|name, _| {
                    !name.ends_with("_at") && !name.ends_with("_url") && name != "image"
                });
                fields.values_mut().for_each(strip);
            }
            Value::Array(items) => {
                items.iter_mut().for_each(strip);
                items.sort_by_key(ToString::to_string);
            }
            _ => {}
        }
    }
    strip(&mut tables);
    tables
}

#[tokio::test]
async fn a_dry_run_tells_the_same_and_changes_nothing() {
    let world = world().await;
    let before = (found(&world).await, world.tables().await);

    let rehearsed = world.erase(named(), true).await;

    assert_eq!((found(&world).await, world.tables().await), before);
    assert_eq!(world.count("heymilo_sync.privacy_log").await, 0);
    assert_eq!(rehearsed.receipt, None);
    assert_eq!(world.erase(named(), false).await.removed, rehearsed.removed);
}

#[tokio::test]
async fn an_erasure_leaves_a_receipt_without_the_person() {
    let world = world().await;

    let erased = world.erase(named(), false).await;

    let receipt: Value = world.value("select to_jsonb(e) from heymilo_sync.privacy_log e").await;
    assert_eq!(receipt["entry_id"], json!(erased.receipt));
    assert_eq!(receipt["done_by"], "the tests");
    assert_eq!(receipt["action"], "removed");
    assert_eq!(receipt["reason"], "asked");
    assert_eq!(receipt["asked_for"], "candidate");
    assert_eq!(receipt["interviews"], 2);
    assert_eq!(receipt["removed"], json!(erased.removed));
}

#[tokio::test]
async fn everybody_with_the_address_is_erased_whatever_its_case() {
    let world = world().await;
    let mut other = interview("int_other");
    other["candidate_id"] = json!("cand_other");
    other["email"] = json!(EMAIL.to_lowercase());
    world.heymilo.put_interview(&world.heymilo.posting_ids()[2], other);
    world.sync().await;

    let erased = world.erase(by_email(&EMAIL.to_uppercase()), false).await;

    assert_eq!((erased.interviews, erased.people), (3, 2));
    assert_eq!(found(&world).await, [""; 0]);
    assert!(world.erase(by_email("nobody@example.com"), false).await.removed.is_empty());
}

#[tokio::test]
async fn one_interview_can_be_erased_without_its_person() {
    let world = world().await;

    let erased = world.erase(by_interview(FIRST), false).await;

    assert_eq!((erased.interviews, erased.people), (1, 0));
    try_to_bring_back(&world).await;
    let left = found(&world).await;
    assert!(left.iter().all(|found| !found.starts_with(FIRST)), "{left:#?}");
    assert!(left.contains(&format!("{NAME} in heymilo.candidates.name")));
    let erased = world.erase(by_interview(SECOND), false).await;
    assert_eq!((erased.interviews, erased.people), (1, 1));
    assert_eq!(found(&world).await, [""; 0]);
}

#[tokio::test]
async fn a_file_that_the_spool_set_aside_is_erased_when_it_names_the_person() {
    let app = TestApp::start("http://127.0.0.1:9").await;
    let [theirs, other] = ["theirs.aside", "other.aside"].map(|name| app.spool().join(name));
    fs::write(&theirs, format!("\u{0}\u{1}{{\"email\": \"{EMAIL}\"}}")).unwrap();
    fs::write(&other, "{\"email\": \"bob@example.com\"}").unwrap();

    let shown = app.erase(by_email(EMAIL), true).await;
    assert!(theirs.exists());
    let erased = app.erase(by_email(EMAIL), false).await;

    assert_eq!(shown.removed, erased.removed);
    assert_eq!(erased.removed["files of the spool"], 1);
    assert!(erased.receipt.is_some());
    assert!(!theirs.exists() && other.exists());
}

#[tokio::test]
async fn an_interview_in_flight_is_not_written_after_its_erasure() {
    let (odd, address) = OddHeyMilo::start(interview(FIRST)).await;
    let app = TestApp::start(&address).await;
    app.deliver(json!({ "interview_id": FIRST })).await;

    let erasing = async {
        odd.asked().await;
        app.erase(by_interview(FIRST), false).await;
        odd.release();
    };
    tokio::join!(app.drain(), erasing);

    assert_eq!(found(&app).await, [""; 0]);
}

#[tokio::test]
async fn a_job_that_slipped_through_writes_nothing_and_ends() {
    let (odd, address) = OddHeyMilo::start(interview(FIRST)).await;
    let app = TestApp::start(&address).await;
    app.erase(named(), false).await;
    // As if it had been enqueued at the very moment of the erasure.
    app.deliver(json!({ "interview_id": FIRST })).await;
    odd.release();

    assert_eq!(app.drain().await, 1);

    assert_eq!(app.count("heymilo.interviews").await, 0);
    assert_eq!(app.count("heymilo_sync.jobs").await, 0);
    app.execute("truncate heymilo_sync.inbox").await;
    assert_eq!(found(&app).await, [""; 0]);
}

#[tokio::test]
async fn an_erasure_waits_for_who_is_writing_and_erases_that_too() {
    let app = TestApp::start("http://127.0.0.1:9").await;
    let workspace = WorkspaceId::new("default").unwrap();
    let mut writer = app.db.begin().await.unwrap();
    owners::exclude(&mut writer, &workspace).await.unwrap();

    let (remover, cause) = (app.remover(), Cause::Asked { named: named(), by: None });
    let erasing = tokio::spawn(async move { remover.remove(&cause).await.unwrap() });
    let waits = "select exists (select from pg_locks where not granted
                 and locktype = 'transactionid') and $1 is not null";
    app.until(waits, chrono::Utc::now()).await;
    let row = format!(
        "insert into heymilo.interviews
             (workspace_id, interview_id, candidate_id, first_synced_at, synced_at)
         values ('default', '{FIRST}', '{PERSON}', now(), now())"
    );
    sqlx::query(AssertSqlSafe(row)).execute(&mut *writer).await.unwrap();
    writer.commit().await.unwrap();

    assert_eq!(erasing.await.unwrap().interviews, 1);
    assert_eq!(found(&app).await, [""; 0]);
}

#[tokio::test]
async fn the_command_shows_first_and_then_erases() {
    let world = world().await;

    let (shown, output) =
        program(&world.db, &world.address, &["erase", "--email", EMAIL, "--dry-run"]).await;
    assert!(shown, "{output}");
    assert!(output.contains("2 interviews and 1 people would be erased from default"), "{output}");

    let (erased, output) = program(
        &world.db,
        &world.address,
        &["erase", "--yes", "--candidate", PERSON, "--by", "officer"],
    )
    .await;
    assert!(erased, "{output}");
    assert!(output.contains("in heymilo_sync.privacy_log"), "{output}");
    assert_eq!(found(&world).await, [""; 0]);
}

#[tokio::test]
async fn an_interview_that_turns_out_to_be_theirs_goes() {
    let world = Simulated::start().await;
    let posting = &world.heymilo.posting_ids()[0];
    world.heymilo.put_interview(posting, interview(FIRST));
    world.sync().await;
    world.erase(named(), false).await;
    let mut late = interview(SECOND);
    late["candidate_id"] = Value::Null;
    late["email"] = Value::Null;
    world.heymilo.put_interview(posting, late);
    world.sync().await;
    assert_eq!(
        world.count(&format!("heymilo.interviews where interview_id = '{SECOND}'")).await,
        1
    );

    world.heymilo.edit_interview(SECOND, |data| data["candidate_id"] = json!(PERSON));
    world.deliver(json!({ "interview_id": SECOND })).await;
    world.drain().await;

    assert_eq!(found(&world).await, [""; 0]);
}
