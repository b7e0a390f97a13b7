//! Gone interviews are hidden at once and removed after the grace, in the same way as erasures.

use std::time::Duration;

use chrono::Utc;
use heymilo_sync::{
    records::{Candidate, WorkspaceId},
    store::{
        people,
        snapshots::{self, Kind, Snapshot},
    },
};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::support::{
    leftovers::{leftovers, shown},
    simulated::Simulated,
};

const SECONDS: (&str, &str) = ("HEYMILO_SYNC__RETENTION__GONE_GRACE", "2s");
const FOREVER: (&str, &str) = ("HEYMILO_SYNC__RETENTION__GONE_GRACE", "forever");
const KEPT: (&str, &str) = ("HEYMILO_SYNC__RETENTION__DROP_ANSWERED", "false");

const NAME: &str = "Adaline Quibberon";
const EMAIL: &str = "Adaline.Q@example.com";
const PERSON: &str = "cand_quibberon";
const INTERVIEW: &str = "int_quibberon_1";
const SAID: &str = "I repaired the lighthouse of Portzic";
const WORDS: [&str; 5] = [NAME, EMAIL, PERSON, INTERVIEW, "portzic"];

fn interview(world: &Simulated) -> Value {
    let turn = json!({ "speaker": "Candidate", "text": SAID, "timestamp": 1 });
    json!({
        "interview_id": INTERVIEW, "posting_id": world.heymilo.posting_ids()[0], "candidate_id": PERSON, "name": NAME,
        "email": EMAIL, "status": "completed", "score": 80.5, "odd_field": NAME,
        "web_interview": { "interview_id": INTERVIEW, "transcript": [turn], "scorecard": [] },
    })
}

fn delivery() -> Value {
    json!({ "interview_id": INTERVIEW, "name": NAME, "email": EMAIL })
}

/// A workspace with the person, whom webhooks named.
async fn world<const N: usize>(settings: [(&str, &str); N]) -> Simulated {
    let world = Simulated::with(settings).await;
    world.heymilo.put_interview(&world.heymilo.posting_ids()[0], interview(&world));
    world.sync().await;
    world.deliver(delivery()).await;
    world.deliver(json!({ "about": { "email": EMAIL.to_uppercase() } })).await;
    world.drain().await;
    world.index().await;
    world
}

/// HeyMilo does not have the interview any longer, and the full scan finds that.
async fn goes(world: &Simulated) {
    world.heymilo.remove_interview(INTERVIEW);
    world.full_scan_is_due().await;
    world.poll().await;
    world.drain().await;
}

/// The grace is over, and HeyMilo is asked again.
async fn is_confirmed(world: &Simulated) {
    world.age("1 minute").await;
    world.expire().await;
    world.drain().await;
}

#[tokio::test]
async fn a_gone_person_is_hidden_from_every_view_at_once() {
    let world = world([]).await;
    let before = shown(&world.db, &WORDS).await;
    for view in ["heymilo_bi.interview_facts", "heymilo_analyst.candidates", "heymilo.transcripts"]
    {
        assert!(before.iter().any(|found| found.contains(view)), "{view}: {before:#?}");
    }
    assert!(before.iter().any(|found| found.contains("heymilo_analyst.transcript_entries")));

    goes(&world).await;

    assert_eq!(shown(&world.db, &WORDS).await, [""; 0]);
    assert_ne!(leftovers(&world.db, &WORDS).await, [""; 0]);
    let found: i64 = world
        .value("select count(*) from heymilo.search_transcripts('portzic', null, null, 10)")
        .await;
    assert_eq!(found, 0);
}

#[tokio::test]
async fn a_gone_person_is_nowhere_after_the_grace() {
    let world = world([SECONDS, KEPT]).await;
    let people = world.count("heymilo.candidates").await;
    goes(&world).await;

    is_confirmed(&world).await;
    let expired = world.expire().await;

    assert_eq!(expired.gone, 1);
    assert_eq!(leftovers(&world.db, &WORDS).await, [""; 0]);
    assert_eq!(world.count("heymilo.candidates").await, people - 1);
    let receipt: Value = world.value("select to_jsonb(e) from heymilo_sync.privacy_log e").await;
    assert_eq!((&receipt["reason"], &receipt["done_by"]), (&json!("gone"), &json!("heymilo-sync")));
    assert_eq!((&receipt["interviews"], &receipt["people"]), (&json!(1), &json!(1)));
    assert_eq!(receipt["removed"]["heymilo_sync.inbox"], 2);
    assert_eq!(world.count("heymilo_sync.removed_interviews").await, 0);

    world.deliver(delivery()).await;
    world.drain().await;
    assert_eq!(leftovers(&world.db, &WORDS).await, [""; 0]);
    assert_eq!(world.count("heymilo_sync.inbox where content_bytes = 0").await, 1);
}

#[tokio::test]
async fn a_gone_person_stays_until_heymilo_was_asked_again() {
    let world = world([SECONDS]).await;
    goes(&world).await;
    world.age("1 minute").await;

    let due = format!("heymilo_sync.jobs where interview_id = '{INTERVIEW}'");
    for _ in 0..2 {
        assert_eq!(world.expire().await.gone, 0);
        assert_eq!(world.count(&due).await, 1);
    }

    world.drain().await;
    assert_eq!(world.expire().await.gone, 1);
}

#[tokio::test]
async fn what_comes_back_within_the_grace_loses_nothing() {
    let world = world([SECONDS]).await;
    let before = world.tables().await["transcript_entries"].clone();
    goes(&world).await;
    world.heymilo.put_interview(&world.heymilo.posting_ids()[0], interview(&world));

    is_confirmed(&world).await;
    let expired = world.expire().await;

    assert_eq!(expired.gone, 0);
    assert_eq!(world.tables().await["transcript_entries"], before);
    assert_eq!(world.count("heymilo.interviews where deleted_at is not null").await, 0);
    assert!(shown(&world.db, &WORDS).await.iter().any(|found| found.contains("heymilo_analyst")));
}

#[tokio::test]
async fn what_comes_back_after_the_grace_is_written_anew() {
    let world = world([SECONDS]).await;
    goes(&world).await;
    is_confirmed(&world).await;
    assert_eq!(world.expire().await.gone, 1);

    world.heymilo.put_interview(&world.heymilo.posting_ids()[0], interview(&world));
    world.sync().await;
    world.deliver(delivery()).await;

    assert_eq!(
        world.count("heymilo.web_interviews where interview_id = 'int_quibberon_1'").await,
        1
    );
    assert_eq!(world.count("heymilo_sync.tombstones").await, 0);
    assert_eq!(world.count("heymilo_sync.inbox where content_bytes > 0").await, 1);
}

#[tokio::test]
async fn a_gone_person_who_is_erased_does_not_come_back() {
    let world = world([SECONDS]).await;
    goes(&world).await;
    is_confirmed(&world).await;
    world.expire().await;

    let named = heymilo_sync::store::erasures::Named {
        email: Some(EMAIL.to_owned()),
        ..Default::default()
    };
    world.erase(named, false).await;
    world.heymilo.put_interview(&world.heymilo.posting_ids()[0], interview(&world));
    world.sync().await;

    assert_eq!(leftovers(&world.db, &WORDS).await, [""; 0]);
}

#[tokio::test]
async fn a_gone_interview_is_kept_where_the_settings_say_forever() {
    let world = world([FOREVER]).await;
    goes(&world).await;
    world.age("10 years").await;

    let expired = world.expire().await;
    world.drain().await;

    assert_eq!(expired.gone, 0);
    assert_eq!(world.count("heymilo.interviews where deleted_at is not null").await, 1);
    assert_eq!(shown(&world.db, &WORDS).await, [""; 0]);
}

#[tokio::test]
async fn a_removal_misses_nothing_that_is_being_written_of_its_person() {
    let world = Simulated::with([SECONDS]).await;
    let postings = world.heymilo.posting_ids();
    for (posting, id) in postings.iter().zip(["int_stays", "int_goes"]) {
        let data = json!({ "interview_id": id, "posting_id": posting, "candidate_id": "cand",
                           "status": "completed",
                           "name": "Ada Example", "email": format!("{id}@example.com") });
        world.heymilo.put_interview(posting, data);
    }
    world.sync().await;
    world.heymilo.remove_interview("int_goes");
    world.deliver(json!({ "interview_id": "int_goes" })).await;
    // A single answer does not count.
    world.drain().await;
    world.age("1 hour").await;
    world.drain().await;
    is_confirmed(&world).await;
    // Another process has written a new answer about the other interview, without a commit yet.
    let (workspace, now) = (WorkspaceId::new("default").unwrap(), Utc::now());
    let named = Candidate {
        candidate_id: Some("cand".to_owned()),
        name: Some("Ada Example".to_owned()),
        email: Some("new@example.com".to_owned()),
    };
    let answer = json!({ "data": { "interview_id": "int_stays", "posting_id": postings[0],
                                   "candidate_id": "cand", "status": "completed", "name": "Ada Example", "email": "new@example.com" } });
    let answer = answer.to_string();
    let snapshot = Snapshot {
        subject_id: "int_stays",
        posting_id: None,
        fingerprint: b"new",
        results_fingerprint: None,
        body: answer.as_bytes(),
        fetched_at: now,
        is_redacted: false,
        is_applied: true,
    };
    let mut writer = world.db.begin().await.unwrap();
    snapshots::insert(&mut writer, &workspace, Kind::Interview, &[snapshot]).await.unwrap();
    people::upsert(&mut writer, &workspace, [(&named, now)].into_iter()).await.unwrap();

    let committing = async {
        let waits = "select exists (select from pg_locks where not granted
                     and locktype = 'transactionid') and $1 is not null";
        timeout(Duration::from_secs(20), world.until(waits, now)).await.unwrap();
        writer.commit().await.unwrap();
    };
    tokio::join!(world.expire(), committing);

    let left = "select email from heymilo.candidates where candidate_id = 'cand'";
    assert_eq!(world.value::<String>(left).await, "new@example.com");
    assert_eq!(world.count("heymilo.interviews where interview_id = 'int_goes'").await, 0);
}
