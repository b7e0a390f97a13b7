//! Wrong answers of HeyMilo, which can be tried by hand with `simulate --fault`.

use heymilo_sync::simulator::Fault;
use serde_json::{Value, json};

use crate::support::simulated::Simulated;

/// The tables without what tells when and whether HeyMilo was asked, and without the signatures of links.
async fn told(world: &Simulated) -> Value {
    let tables = world.tables().await.to_string();
    let mut parts = tables.split("Signature=");
    let first = parts.next().unwrap().to_owned();
    let unsigned = parts.map(|part| part.trim_start_matches(|c: char| c.is_ascii_hexdigit()));
    let mut tables: Value = serde_json::from_str(&(first + &unsigned.collect::<String>())).unwrap();
    let interviews = tables["interviews"].as_array_mut().unwrap();
    for row in interviews.iter_mut() {
        for asked in ["fetched_at", "synced_at", "results_ready"] {
            row[asked].take();
        }
    }
    interviews.sort_by_key(|row| row["interview_id"].to_string());
    tables
}

#[tokio::test]
async fn wrong_answers_replace_nothing() {
    let world = Simulated::start().await;
    world.sync().await;
    let before = told(&world).await;
    let fetched =
        "select array_agg(interview_id)
                   from (select interview_id from heymilo.interviews
                         where fetched_at is not null order by status, interview_id limit 8) as first";
    let fetched: Vec<String> = world.value(fetched).await;

    for (name, fault) in Fault::ALL {
        world.heymilo.set_fault(Some(fault));
        for id in &fetched {
            world.deliver(json!({ "interview_id": id, "event": name })).await;
        }
        world.execute("update heymilo_sync.cursors set due_at = now(), hastened_at = now()").await;
        world.poll().await;
        world.drain().await;

        let after = told(&world).await;
        for (table, rows) in before.as_object().unwrap() {
            assert!(after[table] == *rows, "{name}: {table}");
        }
    }

    world.heymilo.set_fault(None);
    world.sync().await;
    assert!(told(&world).await == before);
}
