//! Answers that would fill the memory of the daemon's container. They are refused and shown, the
//! others arrive, and the daemon stays alive.

use std::{io::Write as _, time::Duration};

use flate2::{Compression, write::GzEncoder};
use serde_json::json;
use sqlx::PgPool;
use wiremock::ResponseTemplate;

use crate::support::{
    daemon::Running,
    database::database,
    lists::Lists,
    memory::{Limited, MIB, peak},
    waiting::becomes_true,
};

/// The container's memory (`mem_limit` of docker-compose.yml).
const MEMORY: u64 = 256 * MIB;

/// Nested lists of `bytes` bytes together.
fn nested(bytes: usize) -> String {
    format!("[{}[]]", "[[]],".repeat(bytes / 5))
}

/// An interview, or its list row, with a field beside the usual ones.
fn interview(id: &str, field: &str) -> String {
    let known = json!({ "interview_id": id, "posting_id": "pos_1", "status": "completed" });
    format!(r#"{},"new":{field}}}"#, known.to_string().trim_end_matches('}'))
}

fn turns(number: usize) -> String {
    let turn = r#"{"speaker":"candidate","text":"and then","timestamp":1,"timestamp_str":"00:01"}"#;
    format!("[{}]", vec![turn; number].join(","))
}

fn result(body: &str) -> ResponseTemplate {
    json_body(format!(r#"{{"data":{body}}}"#))
}

fn page(items: &str) -> ResponseTemplate {
    json_body(format!(r#"{{"data":[{items}],"pagination":{{"has_more":false}}}}"#))
}

fn json_body(body: String) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_raw(body, "application/json")
}

/// A page of hundreds of KiB that has 60 MiB when decompressed.
fn packed_page() -> ResponseTemplate {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    write!(encoder, r#"{{"data":{},"pagination":{{"has_more":false}}}}"#, nested(60 << 20))
        .unwrap();
    let body = encoder.finish().unwrap();
    ResponseTemplate::new(200)
        .insert_header("content-encoding", "gzip")
        .set_body_raw(body, "application/json")
}

async fn is_true(db: &PgPool, query: &'static str) -> bool {
    sqlx::query_scalar(query).fetch_one(db).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_would_fill_the_memory_are_shown_and_hide_no_others() {
    let heymilo = Lists::start().await;
    let postings = ["pos_1", "pos_2"].map(|id| json!({ "id": id, "title": "Clerk" }));
    heymilo
        .set(&[
            ("postings", json!(postings)),
            ("postings/pos_1/questions", json!([])),
            ("postings/pos_2/questions", json!([])),
        ])
        .await;
    let filling = nested(14 << 20);
    let rows = [
        interview("int_filling", &filling),
        interview("int_long", "1"),
        interview("int_ordinary", "1"),
    ];
    let long = format!(r#"{{"transcript":{}}}"#, turns(50_000));
    let long =
        interview("int_long", "1").replacen('{', &format!(r#"{{"web_interview":{long},"#), 1);
    for (at, answer) in [
        ("postings/pos_1/candidates", page(&rows.join(","))),
        ("postings/pos_2/candidates", packed_page()),
        ("interviews/int_filling/data", result(&interview("int_filling", &filling))),
        ("interviews/int_long/data", result(&long)),
        ("interviews/int_ordinary/data", result(&interview("int_ordinary", "1"))),
    ] {
        heymilo.answers(at, answer).await;
    }
    let db = database().await;
    let mut daemon = Running::start(&db, &heymilo.address());
    // Without control groups, the peak below is still checked.
    let _limited = Limited::to(MEMORY, daemon.id());
    daemon.says("heymilo-sync is running");
    assert_eq!(daemon.deliver(r#"{"interview_id":"int_filling"}"#), Some(202));

    let is_done = async || {
        is_true(
            &db,
            "select (select count(*) from heymilo.interviews where fetched_at is not null) = 2
                and (select count(*) from heymilo.transcript_entries) = 50000
                and exists (select from heymilo_sync.jobs
                            where interview_id = 'int_filling' and last_error like '%memory%')
                and exists (select from heymilo_sync.cursors
                            where posting_id = 'pos_2' and list = 'candidates' and failed_at is not null)",
        )
        .await
    };
    assert!(becomes_true(Duration::from_secs(180), is_done).await, "{}", daemon.said);

    let peak = peak(daemon.id());
    assert!(peak < MEMORY, "{} MiB", peak / MIB);
    assert!(daemon.terminate());
}
