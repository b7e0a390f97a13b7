//! The people whom an address, an id or an item without a name means, and those whom it does not.

use std::fs;

use axum::http::Method;
use heymilo_sync::store::erasures::Named;
use serde_json::{Value, json};

use super::{EMAIL, FIRST, PERSON, SECOND, by_email, by_interview, found, interview, named, world};
use crate::support::{
    app::{TOKEN, TestApp},
    odd::OddHeyMilo,
    program::program,
    simulated::Simulated,
};

#[tokio::test]
async fn a_later_delivery_that_names_the_address_alone_keeps_no_content() {
    let world = world().await;
    world.erase(by_email(EMAIL), false).await;

    world.deliver(json!({ "who": { "email": EMAIL.to_uppercase() } })).await;

    assert_eq!(found(&world).await, [""; 0]);
}

#[tokio::test]
async fn an_address_that_only_ends_alike_is_another_persons() {
    let world = world().await;
    world.deliver(json!({ "email": format!("x{EMAIL}") })).await;
    let before = world.count("heymilo_sync.inbox").await;

    let erased = world.erase(by_email(EMAIL), false).await;

    let left = world.count("heymilo_sync.inbox where octet_length(body) > 0").await;
    assert_eq!(left, 1);
    assert_eq!(erased.removed["heymilo_sync.inbox"], u64::try_from(before - 1).unwrap());
}

#[tokio::test]
async fn an_address_known_only_from_the_erased_interview_goes_too() {
    let world = Simulated::start().await;
    let posting = &world.heymilo.posting_ids()[0];
    let mut other = interview(FIRST);
    other["email"] = json!("another@example.com");
    world.heymilo.put_interview(posting, other);
    world.sync().await;
    world.heymilo.put_interview(posting, interview(SECOND));
    world.sync().await;
    let address = format!("select email from heymilo.candidates where candidate_id = '{PERSON}'");
    assert_eq!(world.value::<String>(&address).await, EMAIL);

    world.erase(by_interview(SECOND), false).await;

    assert_eq!(world.value::<String>(&address).await, "another@example.com");
    let left = found(&world).await;
    assert!(!left.iter().any(|found| found.contains(EMAIL)), "{left:?}");
}

#[tokio::test]
async fn a_blank_address_erases_no_person_and_no_delivery() {
    let world = world().await;
    let mut blank = interview("int_blank");
    blank["candidate_id"] = json!("cand_blank");
    blank["email"] = json!("");
    world.heymilo.put_interview(&world.heymilo.posting_ids()[2], blank);
    world.sync().await;
    world
        .execute("update heymilo.candidates set email = ' ' where candidate_id = 'cand_blank'")
        .await;
    let before = (found(&world).await, world.count("heymilo_sync.inbox").await);

    world.erase(by_email(" "), false).await;
    world
        .erase(Named { candidate_id: Some("cand_blank".to_owned()), ..Named::default() }, false)
        .await;
    world.deliver(json!({ "": "", "somebody": "else" })).await;

    let kept = world.count("heymilo_sync.inbox where octet_length(body) > 0").await;
    assert_eq!((found(&world).await, kept - 1), before);
    for blank in ["", " "] {
        for named in ["--email", "--candidate"] {
            let (erased, output) =
                program(&world.db, &world.address, &["erase", "--yes", named, blank]).await;
            assert!(!erased && output.contains("must not be empty"), "{output}");
        }
    }
}

#[tokio::test]
async fn a_short_id_is_no_number_elsewhere() {
    let world = world().await;
    let before = found(&world).await;
    world.deliver(json!({ "score": 5, "of": 7 })).await;
    world.deliver(json!({ "candidate_id": 5 })).await;
    let five = Named { candidate_id: Some("5".to_owned()), ..Named::default() };

    let erased = world.erase(five, false).await;
    world.deliver(json!({ "score": 5, "of": 7 })).await;
    world.deliver(json!({ "candidate_id": 5 })).await;

    assert_eq!(erased.removed["heymilo_sync.inbox"], 1);
    assert_eq!(found(&world).await, before);
    let scores = "heymilo_sync.inbox where body = '{\"of\":7,\"score\":5}'";
    assert_eq!(world.count(scores).await, 2);
}

/// Forms in which senders write an address.
const WRITTEN: [&str; 8] = [
    "email=adaline.q%40example.com&x=1",
    "text=write+to+Adaline.Q%40Example.com.",
    "{\"email\": \"adaline.q\\u0040example.com\"}",
    "{\"text\": \"Write to\\nadaline.q@example.com\"}",
    "{\"text\": \"It is adaline.q@example.com.\"}",
    "{\"body\": \"{\\\"email\\\": \\\"adaline.q\\\\u0040example.com\\\"}\"}",
    "payload=%7B%22email%22%3A%22adaline.q%5Cu0040example.com%22%7D",
    "<a href='mailto:adaline.q@example.com'>",
];

async fn keep_all_ways(app: &TestApp) {
    for written in WRITTEN {
        app.send(Method::POST, &format!("/webhooks/heymilo/{TOKEN}"), written).await;
    }
    let query = "?who=adaline.q%40example.com";
    app.send(Method::GET, &format!("/webhooks/heymilo/{TOKEN}{query}"), "").await;
}

const WITH_CONTENT: &str = "heymilo_sync.inbox where octet_length(body) > 0 or query is not null";

#[tokio::test]
async fn an_address_is_found_however_a_delivery_writes_it() {
    let app = TestApp::start("http://127.0.0.1:9").await;
    keep_all_ways(&app).await;
    let other = app.spool().join("other.aside");
    for (number, written) in WRITTEN.iter().enumerate() {
        fs::write(app.spool().join(format!("{number}.aside")), format!("\u{1}{written}")).unwrap();
    }
    fs::write(&other, "xadaline.q%40example.com").unwrap();

    let erased = app.erase(by_email(EMAIL), false).await;

    assert_eq!(erased.removed["heymilo_sync.inbox"], 9);
    assert_eq!(erased.removed["files of the spool"], 8);
    assert!(other.exists());
}

#[tokio::test]
async fn a_later_delivery_keeps_no_content_however_it_writes_the_address() {
    let app = TestApp::start("http://127.0.0.1:9").await;
    app.erase(by_email(EMAIL), false).await;
    app.erase(by_email("o'brien@example.com"), false).await;

    keep_all_ways(&app).await;
    app.deliver(json!({ "text": "'o'brien@example.com'" })).await;
    app.deliver(json!({ "email": "O'Brien@example.com" })).await;
    assert_eq!(app.count(WITH_CONTENT).await, 0);

    app.deliver(json!({ "email": "brien@example.com" })).await;
    app.send(Method::POST, &format!("/webhooks/heymilo/{TOKEN}"), "x=%FF%00\\ud800&y=x%40y.z")
        .await;
    assert_eq!(app.count(WITH_CONTENT).await, 2);
}

#[tokio::test]
async fn a_person_erased_by_address_stays_away_without_an_id() {
    let world = Simulated::start().await;
    let posting = &world.heymilo.posting_ids()[0];
    let mut nameless = interview(FIRST);
    nameless["candidate_id"] = Value::Null;
    world.heymilo.put_interview(posting, nameless);
    world.sync().await;
    assert_eq!(world.erase(by_email(EMAIL), false).await.interviews, 1);

    let mut later = interview("int_later");
    later["candidate_id"] = Value::Null;
    world.heymilo.put_interview(posting, later);
    world.sync().await;

    assert_eq!(found(&world).await, [""; 0]);
    assert_eq!(world.count("heymilo.interviews where interview_id = 'int_later'").await, 0);
}

/// A workspace whose list has an item of the person without an interview's id.
async fn world_with_an_item_without_an_id() -> Simulated {
    let world = Simulated::start().await;
    let posting = &world.heymilo.posting_ids()[0];
    world.heymilo.put_interview(posting, interview(FIRST));
    world
        .heymilo
        .edit_candidate(FIRST, |row| _ = row.as_object_mut().unwrap().remove("interview_id"));
    world.sync().await;
    world
}

#[tokio::test]
async fn an_answer_that_could_not_be_read_is_erased_too() {
    let app = TestApp::start("http://127.0.0.1:9").await;
    let body = zstd::encode_all(format!("{{\"email\": \"{EMAIL}\", ...").as_bytes(), 1).unwrap();
    sqlx::query(
        "insert into heymilo_sync.snapshots
         (workspace_id, kind, subject_id, version, posting_id, fingerprint, results_fingerprint,
          body, body_bytes, fetched_at, seen_at)
         values ('default', 'interview', 'int_unread', 1, null, '', null, $1, 200, now(), now())",
    )
    .bind(body)
    .execute(&app.db)
    .await
    .unwrap();

    let erased = app.erase(by_email(EMAIL), false).await;

    assert_eq!(erased.interviews, 1);
    assert_eq!(found(&app).await, [""; 0]);
}

#[tokio::test]
async fn an_item_of_a_list_that_names_no_interview_is_erased_and_stays_away() {
    let world = world_with_an_item_without_an_id().await;
    assert_eq!(world.count("heymilo_sync.snapshots where kind = 'unusable'").await, 1);

    let erased = world.erase(by_email(EMAIL), false).await;

    assert_eq!(erased.removed["heymilo_sync.snapshots"], 1);
    assert_eq!(erased.removed["heymilo_sync.notices"], 1);
    assert!(erased.receipt.is_some());
    world.sync().await;
    assert_eq!(found(&world).await, [""; 0]);
}

#[tokio::test]
async fn an_item_that_names_no_interview_stays_away_when_it_changes() {
    let world = world_with_an_item_without_an_id().await;
    world.erase(by_email(EMAIL), false).await;

    world.heymilo.edit_candidate(FIRST, |row| row["score"] = json!(12));
    world.sync().await;

    assert_eq!(found(&world).await, [""; 0]);
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_stays_away() {
    let broken = Value::String(format!("broken {EMAIL}"));
    let (odd, address) = OddHeyMilo::start(broken).await;
    let app = TestApp::start(&address).await;
    app.erase(by_email(EMAIL), false).await;
    app.deliver(json!({ "interview_id": "int_unread" })).await;
    odd.release();

    app.drain().await;

    assert_eq!(found(&app).await, [""; 0]);
}

#[tokio::test]
async fn who_shares_an_address_with_an_erased_candidate_stays() {
    let world = world().await;
    let mut other = interview("int_sister");
    other["candidate_id"] = json!("cand_sister");
    world.heymilo.put_interview(&world.heymilo.posting_ids()[2], other);
    world.sync().await;
    world.erase(named(), false).await;

    world.heymilo.edit_interview("int_sister", |data| data["score"] = json!(12));
    world.heymilo.edit_candidate("int_sister", |row| row["score"] = json!(12));
    world.sync().await;

    assert_eq!(world.count("heymilo.interviews where candidate_id = 'cand_sister'").await, 1);
}

#[tokio::test]
async fn a_person_who_was_never_there_stays_away() {
    let world = Simulated::start().await;

    let erased = world.erase(by_interview(FIRST), false).await;
    assert_eq!((erased.interviews, erased.people), (0, 0));
    let (_, output) =
        program(&world.db, &world.address, &["erase", "--yes", "--candidate", PERSON]).await;
    assert!(output.contains("nothing found in default"), "{output}");

    assert_eq!(world.count("heymilo_sync.privacy_log where removed = '{}'").await, 2);
    for (posting, id) in world.heymilo.posting_ids().iter().zip([FIRST, SECOND]) {
        world.heymilo.put_interview(posting, interview(id));
    }
    world.sync().await;
    assert_eq!(found(&world).await, [""; 0]);
}
