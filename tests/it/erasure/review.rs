//! People with a name, a number or a similar address are shown for review, and nothing of theirs is
//! removed.

use heymilo_sync::mentions::fold;
use serde_json::{Value, json};

use super::{EMAIL, FIRST, NAME, PERSON, SECOND, found, interview, world};
use crate::support::{database::database, program::program, simulated::Simulated};

const PHONE: &str = "+44 20 7946 0958";

async fn erase(world: &Simulated, arguments: &[&str]) -> String {
    let command = [&["erase"], arguments].concat();
    let (done, output) = program(&world.db, &world.address, &command).await;
    assert!(done, "{output}");
    output
}

fn person(id: &str, change: impl FnOnce(&mut Value)) -> Value {
    let mut data = interview(id);
    change(&mut data);
    data
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_lists_interviews_for_review_and_erases_nothing() {
    let world = world().await;
    let before = found(&world).await;

    let output = erase(&world, &["--name", "quibberon, ADALINE"]).await;

    for id in [FIRST, SECOND] {
        let line = format!("  {id}  {PERSON}  {NAME}  {EMAIL}");
        assert!(output.contains(&line), "{line} in {output}");
    }
    assert!(output.contains("2 interviews in default for review. Nothing was erased"), "{output}");
    assert_eq!(found(&world).await, before);
    let logged = "heymilo_sync.privacy_log where action = 'searched' and asked_for = 'name' and interviews = 2";
    assert_eq!(world.count(logged).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_number_is_found_in_answers_and_deliveries() {
    let world = Simulated::with([("HEYMILO_SYNC__RETENTION__DROP_ANSWERED", "false")]).await;
    let posting = world.heymilo.posting_ids()[0].clone();
    let by_answer = person("int_by_answer", |data| data["data"] = json!({ "phone": PHONE }));
    world.heymilo.put_interview(&posting, by_answer);
    world.heymilo.put_interview(&posting, person("int_by_delivery", |_| {}));
    world.sync().await;
    world.deliver(json!({ "interview_id": "int_by_delivery", "call": "0044 (20) 79460958" })).await;
    world.deliver(json!({ "unknown": { "phone": "020 7946 0958" } })).await;
    world.drain().await;

    let output = erase(&world, &["--phone", "020-7946-0958"]).await;

    assert!(
        output.contains("  int_by_answer  ") && output.contains("  int_by_delivery  "),
        "{output}"
    );
    assert!(output.contains("2 interviews in default for review"), "{output}");
    assert!(output.contains("deliveries that name no interview: 2"), "{output}");
    let none = erase(&world, &["--phone", "020-7946-0959"]).await;
    assert!(none.contains("0 interviews in default for review"), "{none}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_with_a_plus_sign_is_shown_for_review_and_stays() {
    let world = world().await;
    let posting = world.heymilo.posting_ids()[0].clone();
    let tagged = person("int_tagged", |data| {
        data["candidate_id"] = json!("cand_tagged");
        data["email"] = json!("adaline.q+jobs@EXAMPLE.com");
    });
    world.heymilo.put_interview(&posting, tagged);
    world.sync().await;

    let shown = erase(&world, &["--email", EMAIL, "--dry-run"]).await;
    let output = erase(&world, &["--email", EMAIL, "--yes"]).await;

    for output in [&shown, &output] {
        assert!(
            output.contains("the address differs only by what follows a plus sign"),
            "{output}"
        );
        assert!(output.contains("  int_tagged  cand_tagged  "), "{output}");
    }
    assert_eq!(world.count("heymilo.interviews where interview_id = 'int_tagged'").await, 1);
    assert_eq!(
        world.count(&format!("heymilo.interviews where candidate_id = '{PERSON}'")).await,
        0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_with_the_id_in_a_longer_word_is_erased() {
    let world = world().await;
    world.deliver(json!({ "file": format!("resume-{FIRST}_final.pdf") })).await;

    erase(&world, &["--candidate", PERSON, "--yes"]).await;
    world.deliver(json!({ "file": format!("resume-{SECOND}_final.pdf") })).await;

    assert_eq!(found(&world).await, [""; 0]);
}

/// Letters whose lower case is more than one letter. The database has one.
const EXCEPTIONS: [char; 1] = ['\u{130}'];

#[tokio::test]
async fn the_database_and_the_program_fold_words_alike() {
    let db = database().await;
    let mut words: Vec<String> = (' '..'\u{530}')
        .filter(|letter| !EXCEPTIONS.contains(letter))
        .map(|letter| format!("\t A{letter}Z.{letter}b@Example.COM \n"))
        .collect();
    words.extend(
        ["", " ", "INT_ABC123", "Ada+Jobs@EXAMPLE.com", "I\u{307}@x.de"].map(str::to_owned),
    );

    let folded: Vec<String> = sqlx::query_scalar(
        "select heymilo_sync.fold(word) from unnest($1::text[]) as words (word)",
    )
    .bind(&words)
    .fetch_all(&db)
    .await
    .unwrap();

    let expected: Vec<String> = words.iter().map(|word| fold(word)).collect();
    let differing: Vec<_> =
        folded.iter().zip(&expected).filter(|(sql, rust)| sql != rust).collect();
    assert_eq!(differing, Vec::<(&String, &String)>::new());
    assert_eq!(folded.len(), expected.len());
}
