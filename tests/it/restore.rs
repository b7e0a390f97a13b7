//! A restored backup brings no erased person back, and a removal that dies removes everything or
//! nothing.

use std::fs;

use heymilo_sync::store::{database::pool, erasures::Named};
use serde_json::Value;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Executor as _, PgPool};

use crate::support::{
    app::TestApp,
    daemon::url,
    leftovers::leftovers,
    program::program_with,
    simulated::{self, Simulated},
};

const KEY: (&str, &str) = ("HEYMILO_ERASURE_KEY", "a-key-of-the-tests-0123456789abcdef");
const KEPT: (&str, &str) = ("HEYMILO_SYNC__RETENTION__DROP_ANSWERED", "false");

/// A person with all ids and addresses.
struct Person {
    candidate_id: String,
    words: Vec<String>,
}

async fn people(db: &PgPool) -> Vec<Person> {
    let rows: Vec<(String, String, String, Vec<String>)> = sqlx::query_as(
        "select candidates.candidate_id, name, email, array_agg(interview_id)
         from heymilo.candidates join heymilo.interviews using (workspace_id, candidate_id)
         group by candidates.candidate_id, name, email order by 1 limit 20",
    )
    .fetch_all(db)
    .await
    .unwrap();
    let people = rows.into_iter().map(|(candidate_id, name, email, interviews)| Person {
        words: [vec![candidate_id.clone(), name, email], interviews].concat(),
        candidate_id,
    });
    people.collect()
}

/// A copy of a database, like a backup. Closes the connections to it.
async fn copy(db: &PgPool) -> (PgPool, PgPool) {
    let options = (*db.connect_options()).clone();
    let name = options.get_database().unwrap().to_owned();
    db.close().await;
    let mut admin = options.clone().database("postgres").connect().await.unwrap();
    let copy = format!("{name}_copy");
    let create = format!("create database {copy} template {name}");
    admin.execute(AssertSqlSafe(create)).await.unwrap();
    (pool(options.clone(), 5), pool(options.database(&copy), 5))
}

/// A workspace whose people webhooks named, and its copy.
async fn world_and_backup(settings: &[(&str, &str)]) -> (Simulated, TestApp) {
    let (heymilo, address) = simulated::heymilo().await;
    let app = TestApp::on(crate::support::database::database().await, &address, settings);
    let world = Simulated { app, heymilo, address };
    world.sync().await;
    for person in people(&world.db).await {
        let (candidate, interview) = (&person.words[0], &person.words[3]);
        let email = person.words[2].to_uppercase();
        world
            .deliver(serde_json::json!({ "interview_id": interview, "of": candidate, "at": email }))
            .await;
        world.deliver(serde_json::json!({ "text": format!("mail {email}.") })).await;
    }
    world.drain().await;
    world.index().await;
    let (db, backup) = copy(&world.db).await;
    let Simulated { heymilo, address, .. } = world;
    let app = TestApp::on(db, &address, settings);
    let backup = TestApp::on(backup, &address, settings);
    (Simulated { app, heymilo, address }, backup)
}

async fn erase_again(
    app: &TestApp,
    address: &str,
    file: &str,
    settings: &[(&str, &str)],
) -> (bool, String) {
    let url = url(&app.db);
    program_with(url.as_str(), address, &["erase", "--yes", "--again", file], settings).await
}

/// The rows of the tables, without the times at which people were last put together.
async fn rows(app: &TestApp) -> Value {
    app.tables().await
}

async fn is_restored(settings: &[(&str, &str)]) {
    let (world, backup) = world_and_backup(settings).await;
    let people = people(&world.db).await;
    assert_eq!(people.len(), 20);
    for person in &people {
        let named = Named { candidate_id: Some(person.candidate_id.clone()), ..Named::default() };
        world.erase(named, false).await;
    }
    let words: Vec<&str> =
        people.iter().flat_map(|person| &person.words).map(String::as_str).collect();
    assert_eq!(leftovers(&world.db, &words).await, [""; 0]);
    let file = world.receipts_file();
    let text = fs::read_to_string(&file).unwrap().to_lowercase();
    for word in &words {
        assert!(!text.contains(&word.to_lowercase()), "{word}");
    }

    assert_ne!(leftovers(&backup.db, &words).await, [""; 0]);
    let file = file.to_str().unwrap();
    let (done, output) = erase_again(&backup, &world.address, file, settings).await;

    assert!(done, "{output}");
    assert_eq!(leftovers(&backup.db, &words).await, [""; 0]);
    assert_eq!(rows(&backup).await, rows(&world).await);
    let (done, output) = erase_again(&backup, &world.address, file, settings).await;
    assert!(done && output.contains("nothing to erase again"), "{output}");
    let again = Simulated { app: backup, heymilo: world.heymilo, address: world.address };
    again.sync().await;
    assert_eq!(leftovers(&again.db, &words).await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_backup_brings_no_erased_person_back() {
    Box::pin(is_restored(&[KEPT, KEY])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_backup_brings_no_erased_person_back_without_a_key() {
    Box::pin(is_restored(&[KEPT])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exported_file_is_as_good_as_the_one_that_was_kept() {
    let (world, backup) = world_and_backup(&[KEPT, KEY]).await;
    let person = people(&world.db).await.remove(0);
    let words: Vec<&str> = person.words.iter().map(String::as_str).collect();
    let named = Named { candidate_id: Some(person.candidate_id.clone()), ..Named::default() };
    world.erase(named, false).await;
    let file = world.spool().join("exported");
    let (url, file) = (url(&world.db), file.to_str().unwrap());

    let export = ["erasures", "export", file];
    let (done, output) = program_with(url.as_str(), &world.address, &export, &[KEY]).await;
    assert!(done && output.contains("1 receipts written"), "{output}");
    assert_eq!(fs::read(file).unwrap(), fs::read(world.receipts_file()).unwrap());

    let (done, output) = erase_again(&backup, &world.address, file, &[KEY]).await;
    assert!(done, "{output}");
    assert_eq!(leftovers(&backup.db, &words).await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_key_of_the_erasures_nothing_is_written_or_erased_again() {
    let (world, backup) = world_and_backup(&[KEY]).await;
    let person = people(&world.db).await.remove(0);
    let named = Named { candidate_id: Some(person.candidate_id), ..Named::default() };
    world.erase(named, false).await;

    let file = world.receipts_file();
    let (done, output) = erase_again(&backup, &world.address, file.to_str().unwrap(), &[]).await;
    assert!(!done && output.contains("made with another key"), "{output}");

    let url = url(&world.db);
    let other = [("HEYMILO_ERASURE_KEY", "another-key-of-the-tests-0123456789")];
    for settings in [&[][..], &other] {
        let (done, output) = program_with(url.as_str(), &world.address, &["sync"], settings).await;
        assert!(!done && output.contains("set HEYMILO_ERASURE_KEY"), "{output}");
    }
    let (done, output) = program_with(url.as_str(), &world.address, &["sync"], &[KEY]).await;
    assert!(done, "{output}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removal_that_dies_is_all_or_nothing_and_is_completed() {
    for (stage, is_left) in [("removal-written", true), ("removal-committed", false)] {
        let world = Simulated::with([KEPT]).await;
        world.sync().await;
        let person = people(&world.db).await.remove(0);
        let words: Vec<&str> = person.words.iter().map(String::as_str).collect();
        let before = leftovers(&world.db, &words).await;
        let url = url(&world.db);
        let file = world.spool().join("receipts");
        let file = ("HEYMILO_SYNC__ERASURES__FILE", file.to_str().unwrap());
        let erase = ["erase", "--yes", "--candidate", &person.candidate_id];

        let point = format!("{stage}=return");
        let settings = [file, ("FAILPOINTS", &point)];
        let (done, _) = program_with(url.as_str(), &world.address, &erase, &settings).await;
        assert!(!done);
        let left = leftovers(&world.db, &words).await;
        assert_eq!(left, if is_left { before } else { Vec::new() }, "{stage}");

        let (done, output) = program_with(url.as_str(), &world.address, &erase, &[file]).await;
        assert!(done, "{output}");
        assert_eq!(leftovers(&world.db, &words).await, [""; 0]);
        let receipts = fs::read_to_string(file.1).unwrap();
        assert_eq!(receipts.lines().count() as i64, world.count("heymilo_sync.privacy_log").await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lifted_person_comes_back() {
    let world = Simulated::with([KEPT]).await;
    world.sync().await;
    let person = people(&world.db).await.remove(0);
    let named = Named { candidate_id: Some(person.candidate_id.clone()), ..Named::default() };
    world.erase(named, false).await;
    let url = url(&world.db);

    let mut all = vec![("--candidate", &person.words[0]), ("--email", &person.words[2])];
    all.extend(person.words[3..].iter().map(|id| ("--interview", id)));
    for (kind, word) in all {
        let lift = ["erasures", "lift", kind, word];
        let (done, output) = program_with(url.as_str(), &world.address, &lift, &[]).await;
        assert!(done, "{output}");
    }
    let lift = ["erasures", "lift", "--candidate", "cand_unknown"];
    let (done, output) = program_with(url.as_str(), &world.address, &lift, &[]).await;
    assert!(!done && output.contains("not erased"), "{output}");
    world.sync().await;

    let back = format!("heymilo.interviews where candidate_id = '{}'", person.candidate_id);
    assert_eq!(world.count(&back).await, person.words.len() as i64 - 3);
    let lifted = "heymilo_sync.privacy_log where action = 'lifted'";
    assert_eq!(world.count(lifted).await, person.words.len() as i64 - 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_receipt_is_named_by_verify() {
    let world = Simulated::start().await;
    world.sync().await;
    for person in people(&world.db).await.iter().take(3) {
        let named = Named { candidate_id: Some(person.candidate_id.clone()), ..Named::default() };
        world.erase(named, false).await;
    }
    let url = url(&world.db);
    let verify = ["verify", "--deep", "0"];
    let (same, output) = program_with(url.as_str(), &world.address, &verify, &[]).await;
    assert!(same, "{output}");

    let change =
        "update heymilo_sync.privacy_log set interviews = interviews + 1 where entry_id = 2";
    assert!(world.db.execute(change).await.is_err());
    assert!(world.db.execute("truncate heymilo_sync.privacy_log").await.is_err());
    for change in [
        change,
        "update heymilo_sync.privacy_log set interviews = interviews - 1,
             done_by = 'the testz' where entry_id = 2",
        "delete from heymilo_sync.privacy_log where entry_id = 2",
    ] {
        world.execute("alter table heymilo_sync.privacy_log disable trigger user").await;
        world.execute(change).await;
        let (same, output) = program_with(url.as_str(), &world.address, &verify, &[]).await;
        let named = if change.starts_with("delete") { "entry 3" } else { "entry 2" };
        assert!(!same && output.contains(named), "{change}: {output}");
    }
}
