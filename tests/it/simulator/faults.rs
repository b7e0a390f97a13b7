//! Wrong and odd answers of HeyMilo, which `simulate --fault` serves by hand.

use heymilo_sync::simulator::Fault;
use serde_json::{Value, json};

use crate::support::simulated::Simulated;

/// Answers that change something.
const CHANGING: [Fault; 2] = [Fault::PersonalFieldName, Fault::NewScores];

/// The tables without times of requests, and without the signatures of links.
async fn answers(world: &Simulated) -> Value {
    let tables = world.tables().await.to_string();
    let mut parts = tables.split("Signature=");
    let first = parts.next().unwrap().to_owned();
    let unsigned = parts.map(|part| part.trim_start_matches(|c: char| c.is_ascii_hexdigit()));
    let mut tables: Value = serde_json::from_str(&(first + &unsigned.collect::<String>())).unwrap();
    for rows in tables.as_object_mut().unwrap().values_mut() {
        let rows = rows.as_array_mut().unwrap();
        for row in rows.iter_mut() {
            for asked in ["fetched_at", "listed_at", "synced_at", "results_ready"] {
                row[asked].take();
            }
        }
        rows.sort_by_key(Value::to_string);
    }
    tables
}

/// Some fetched interviews, with and without results.
async fn fetched(world: &Simulated) -> Vec<String> {
    world
        .value(
            "select array_agg(interview_id)
             from (select interview_id from heymilo.interviews
                   where fetched_at is not null order by status, interview_id limit 8) as first",
        )
        .await
}

/// Delivers events of the interviews, and has all lists read.
async fn ask_again(world: &Simulated, ids: &[String], event: &str) {
    for id in ids {
        world.deliver(json!({ "interview_id": id, "event": event })).await;
    }
    world.execute("update heymilo_sync.cursors set due_at = now(), hastened_at = now()").await;
    world.poll().await;
    world.drain().await;
}

#[tokio::test]
async fn wrong_answers_replace_nothing() {
    let world = Simulated::start().await;
    world.sync().await;
    let before = answers(&world).await;
    let fetched = fetched(&world).await;

    for (name, fault) in Fault::ALL.into_iter().filter(|(_, fault)| !CHANGING.contains(fault)) {
        world.heymilo.set_fault(Some(fault));
        ask_again(&world, &fetched, name).await;

        let after = answers(&world).await;
        for (table, rows) in before.as_object().unwrap() {
            assert!(after[table] == *rows, "{name}: {table}");
        }
    }

    world.heymilo.set_fault(None);
    world.sync().await;
    assert!(answers(&world).await == before);
}

#[tokio::test]
async fn odd_answers_change_what_they_tell() {
    const SCORES: &str = "select sum(match_score)::float8 from heymilo.web_interviews";
    let world = Simulated::start().await;
    world.sync().await;
    let fetched = fetched(&world).await;
    let scores = world.value::<f64>(SCORES).await;

    world.heymilo.set_fault(Some(Fault::PersonalFieldName));
    ask_again(&world, &fetched, "personal").await;
    let noticed = "problem = 'unknown_field' and path like '%characters>%'";
    assert!(world.count(&format!("heymilo_sync.notices where {noticed}")).await > 0);
    assert_eq!(world.count("heymilo_sync.notices where path like '%@%'").await, 0);

    world.heymilo.set_fault(Some(Fault::NewScores));
    ask_again(&world, &fetched, "scores").await;
    assert!(world.value::<f64>(SCORES).await > scores);
}
