//! The second yardstick of a backfill: a plain loader, as written for a single occasion. It fetches
//! interviews, parses them and inserts rows and answers. It compares nothing and writes no history.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Instant,
};

use futures_util::future::join_all;
use serde_json::Value;
use sqlx::{Arguments as _, AssertSqlSafe, PgPool, postgres::PgArguments, query_with};
use tokio::task;

use super::{database::Postgres, heymilo::HeyMilo};

/// Each has one connection to HeyMilo and one to Postgres.
const WORKERS: usize = 4;
/// Interviews in one transaction.
const BATCH: usize = 10;
/// Each table with the place of its rows in an answer, its position columns and its other columns.
/// A column is the field, its own name if it differs, and the type.
#[rustfmt::skip]
const TABLES: [(&str, &str, &str, &str); 15] = [
    ("interviews", "", "", "posting_id:text candidate_id:text name>candidate_name:text email>candidate_email:text status:text score:float8 workflow/all_complete>workflow_complete:boolean workflow/last_activity_at>last_activity_at:timestamptz metadata:jsonb data:jsonb"),
    ("workflow_steps", "workflow steps", "position", "step_id:text order>step_order:bigint status:text started:boolean completed:boolean knocked_out:boolean last_updated_at:timestamptz"),
    ("web_interviews", "web_interview", "", "interview_id>agent_interview_id:text match_score:float8 speech_score:float8 highlights:text[] lowlights:text[] tags:text[] audio_recording_url:text video_recording_url:text"),
    ("scorecard_questions", "web_interview scorecard", "position", "question_id:text question_text:text score:float8 score_weight:float8 not_scored:boolean rank:bigint evaluation_summary:text evaluation_criteria:text score_1_description:text score_5_description:text"),
    ("scorecard_transcript_entries", "web_interview scorecard transcript", "question_position position", "speaker:text text:text timestamp>offset_seconds:float8 timestamp_str>offset_label:text"),
    ("transcript_entries", "web_interview transcript", "position", "speaker:text text:text timestamp>offset_seconds:float8 timestamp_str>offset_label:text"),
    ("resume_screenings", "resume", "", "interview_id>agent_interview_id:text overall_score:float8 is_eligible:boolean resume_url:text"),
    ("resume_score_criteria", "resume score_criteria", "position", "criteria_id:text criteria_text:text score:float8 confidence:float8 reasons:text[]"),
    ("resume_eligibility_criteria", "resume eligibility_criteria", "position", "criteria_id:text criteria_text:text passed:boolean confidence:float8 reasons:text[]"),
    ("sms_screenings", "sms", "", "interview_id>agent_interview_id:text is_eligible:boolean confidence:float8 messages_sent:bigint messages_received:bigint"),
    ("sms_criteria", "sms criteria", "position", "criteria_id:text criteria_text:text passed:boolean confidence:float8 is_dealbreaker:boolean reasons:text[]"),
    ("sms_messages", "sms transcript", "position", "role:text text:text timestamp>sent_at:timestamptz"),
    ("form_screenings", "form", "", "interview_id>agent_interview_id:text overall_status:text"),
    ("form_answers", "form questions", "position", "question_id:text question_text:text question_type:text is_knockout:boolean passed:boolean candidate_answer:text expected_answer:text"),
    ("integrity_reports", "cheat_detection", "", "overall_ranking:bigint overall_confidence:float8 enabled:boolean threshold:bigint types:text[] web_interview>extra:jsonb"),
];
const INSERT_ANSWERS: &str = "
insert into heymilo_sync.snapshots
    (workspace_id, kind, subject_id, version, fingerprint, body, body_bytes, fetched_at, seen_at)
select 'default', 'interview', id, 1, sha256(body), body, bytes, now(), now()
from unnest($1::text[], $2::bytea[], $3::integer[]) as answers (id, body, bytes)";

struct Table {
    path: Vec<&'static str>,
    positions: usize,
    /// The pointer to each field, and whether it is a list of texts.
    pointers: Vec<(String, bool)>,
    insert: String,
}

/// Loads `interviews` interviews into empty tables. Returns the interviews per second.
pub async fn load(postgres: &Postgres, address: &str, interviews: usize) -> f64 {
    let database = postgres.database("loaded").await;
    for column in ["first_synced_at", "synced_at", "fetched_at"] {
        let set = format!("alter table heymilo.interviews alter column {column} set default now()");
        database.execute(&set).await;
    }
    let (tables, next): (Vec<Table>, _) = (TABLES.map(Table::new).into(), AtomicUsize::new(0));
    let began = Instant::now();
    let (tables, next) = (&*tables.leak(), &*Box::leak(Box::new(next)));
    let workers = [(); WORKERS].map(|()| {
        task::spawn(work(address.to_owned(), interviews, next, tables, database.pool.clone()))
    });
    join_all(workers).await.into_iter().for_each(|worked| worked.unwrap());
    let elapsed = began.elapsed().as_secs_f64();

    let loaded = database.number("select count(*) from heymilo_sync.snapshots").await;
    assert_eq!(loaded as usize, interviews);
    database.pool.close().await;
    interviews as f64 / elapsed
}

async fn work(address: String, end: usize, next: &AtomicUsize, tables: &[Table], db: PgPool) {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    loop {
        let first = next.fetch_add(BATCH, Ordering::Relaxed);
        let (mut ids, mut answers, mut bodies, mut bytes) = (vec![], vec![], vec![], vec![]);
        for number in first..end.min(first + BATCH) {
            let id = HeyMilo::id(number);
            let url = format!("{address}/api/v2/interviews/{id}/data");
            let body = client.get(url).send().await.unwrap().bytes().await.unwrap();
            answers.push(serde_json::from_slice::<Value>(&body).unwrap()["data"].take());
            bodies.push(zstd::bulk::compress(&body, 3).unwrap());
            bytes.push(body.len() as i32);
            ids.push(id);
        }

        if ids.is_empty() {
            return;
        }
        // As in the program: an interview that a crash loses can be fetched again.
        let mut tx = db.begin_with("begin; set local synchronous_commit to off").await.unwrap();

        let keep = sqlx::query(INSERT_ANSWERS).bind(&ids).bind(&bodies).bind(&bytes);
        keep.execute(&mut *tx).await.unwrap();
        for table in tables {
            let mut rows = Vec::new();
            for (id, answer) in ids.iter().zip(&answers) {
                gather((id, [0; 2], answer), &table.path, &mut rows);
            }
            if !rows.is_empty() {
                let insert = query_with(AssertSqlSafe(table.insert.clone()), table.bind(&rows));
                insert.execute(&mut *tx).await.unwrap();
            }
        }

        tx.commit().await.unwrap();
    }
}

/// A row: its interview, its positions in the lists around it, and its fields.
type Row<'a> = (&'a str, [i32; 2], &'a Value);

/// Collects the rows of a table below another row.
fn gather<'a>((id, places, at): Row<'a>, path: &[&str], rows: &mut Vec<Row<'a>>) {
    match (at, path) {
        (Value::Null, _) => {}
        (Value::Array(items), _) => {
            for (place, item) in (1..).zip(items) {
                gather((id, [places[1], place], item), path, rows);
            }
        }
        (_, []) => rows.push((id, places, at)),
        (_, [name, rest @ ..]) => gather((id, places, &at[*name]), rest, rows),
    }
}

impl Table {
    fn new((table, path, positions, columns): (&str, &'static str, &str, &'static str)) -> Self {
        let positions: Vec<&str> = positions.split_terminator(' ').collect();
        let mut names = [&["interview_id"], &*positions].concat();
        let mut values = vec!["unnest($1::text[])".to_owned()];
        let numbers = 2..2 + positions.len();
        values.extend(numbers.map(|number| format!("unnest(${number}::integer[])")));
        let mut pointers = Vec::new();
        for column in columns.split(' ') {
            let (fields, sql_type) = column.split_once(':').unwrap();
            let (field, name) = fields.split_once('>').unwrap_or((fields, fields));
            let text = format!("unnest(${}::text[])", values.len() + 1);
            values.push(match sql_type {
                "timestamptz" => format!("to_timestamp({text}::float8)"),
                _ => format!("{text}::{sql_type}"),
            });
            names.push(name);
            pointers.push((format!("/{field}"), sql_type == "text[]"));
        }
        let (names, values) = (names.join(", "), values.join(", "));
        let insert = format!(
            "insert into heymilo.{table} (workspace_id, {names}) select 'default', {values}"
        );
        let path = path.split_terminator(' ').collect();
        Self { path, positions: positions.len(), pointers, insert }
    }

    fn bind(&self, rows: &[Row<'_>]) -> PgArguments {
        let mut bound = PgArguments::default();
        bound.add(rows.iter().map(|(id, ..)| *id).collect::<Vec<_>>()).unwrap();
        for at in 2 - self.positions..2 {
            bound.add(rows.iter().map(|(_, places, _)| places[at]).collect::<Vec<_>>()).unwrap();
        }
        for (pointer, is_list) in &self.pointers {
            let texts = rows.iter().map(|(.., row)| match row.pointer(pointer)? {
                Value::Null => None,
                Value::String(text) => Some(text.clone()),
                // Close enough: Postgres quotes the items of an array almost as JSON does.
                list if *is_list => Some(list.to_string().replace('[', "{").replace(']', "}")),
                other => Some(other.to_string()),
            });
            bound.add(texts.collect::<Vec<Option<String>>>()).unwrap();
        }
        bound
    }
}
