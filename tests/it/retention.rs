//! Old data is removed, and does not come back.

use std::{
    fs,
    time::{Duration, SystemTime},
};

use heymilo_sync::{
    records::WorkspaceId,
    store::snapshots::Scope,
    sync::{Expired, Replay},
};
use serde_json::{Value, json};

use crate::support::{app::TestApp, simulated::Simulated};

const INBOX: (&str, &str) = ("HEYMILO_SYNC__RETENTION__INBOX", "30d");
const TRANSCRIPTS: (&str, &str) = ("HEYMILO_SYNC__RETENTION__TRANSCRIPTS", "180d");
const INTERVIEWS: (&str, &str) = ("HEYMILO_SYNC__RETENTION__INTERVIEWS", "730d");

/// Rows that hold conversations.
const CONVERSATIONS: [&str; 5] = [
    "heymilo.transcript_entries where text <> ''",
    "heymilo.scorecard_transcript_entries where text <> ''",
    "heymilo.sms_messages where text <> ''",
    "heymilo.integrity_transcript_references where text <> ''",
    "heymilo.integrity_findings where segment_text <> ''",
];

/// A sentence of the candidate in the results of an interview.
const SAID: &str = "I repaired the lighthouse of Portzic";

fn finished(id: &str, days_ago: i64) -> Value {
    let ended_at = (chrono::Utc::now() - chrono::Duration::days(days_ago)).timestamp();
    let turn =
        json!({ "speaker": "Candidate", "text": SAID, "timestamp": 1, "timestamp_str": "00:01" });
    json!({
        "interview_id": id, "posting_id": "pos", "candidate_id": format!("cand_{id}"),
        "name": "Ada Example", "email": "ada@example.com", "status": "completed", "score": 80.5,
        "workflow": { "steps": [], "all_complete": true, "last_activity_at": ended_at },
        "created_at": ended_at, "interviewed_at": ended_at,
        "web_interview": {
            "interview_id": id, "match_score": 70, "transcript": [turn],
            "scorecard": [{
                "question_id": "q", "question_text": "Well?", "score": 7, "rank": 1,
                "evaluation_summary": "Fine.", "evaluation_criteria": "None.", "transcript": [turn],
            }],
        },
        "sms": {
            "interview_id": id, "is_eligible": true, "confidence": 0.5, "criteria": [],
            "transcript": [{ "role": "candidate", "text": SAID }],
        },
        "cheat_detection": { "web_interview": {
            "cheat_detection_result": { "cheating_instances": [{
                "reasoning": "Looks away.",
                "transcript_references": [{
                    "text": SAID, "actual_timestamp": 1, "user_friendly_timestamp": "00:01",
                }],
            }] },
            "llm_detection_result": { "llm_detected_segments": [{
                "segment_text": SAID, "segment_confidence": 0.5, "reasoning": "Smooth.",
            }] },
            "unusual_delay_detection_result": { "unusual_delay_instances": [{
                "response_text": SAID, "delay_seconds": 9,
            }] },
        } },
    })
}

/// A workspace with an old interview and a new one, both fetched and indexed.
async fn world<const N: usize>(settings: [(&str, &str); N]) -> Simulated {
    let world = Simulated::with(settings).await;
    for (id, days_ago) in [("int_old", 400), ("int_new", 2)] {
        world.heymilo.put_interview(&world.heymilo.posting_ids()[0], finished(id, days_ago));
        world.deliver(json!({ "interview_id": id })).await;
    }
    world.drain().await;
    world.index().await;
    world
}

/// The tables that hold conversations of the interview.
async fn talkative(app: &TestApp, id: &str) -> Vec<&'static str> {
    let mut talkative = Vec::new();
    for table in CONVERSATIONS {
        if app.count(&format!("{table} and interview_id = '{id}'")).await > 0 {
            talkative.push(table);
        }
    }
    talkative
}

async fn snapshot(app: &TestApp, id: &str) -> String {
    String::from_utf8(app.snapshot(id).await).unwrap()
}

async fn replay(app: &TestApp) {
    let workspace = WorkspaceId::new("default").unwrap();
    let mut replay = Replay::new(app.db.clone(), workspace, Scope::default());
    while let Some(replayed) = replay.step().await.unwrap() {
        assert_eq!((replayed.unreadable, replayed.refused), (0, 0));
    }
}

#[tokio::test]
async fn old_deliveries_go_and_new_ones_stay() {
    let world = world([INBOX]).await;
    world
        .execute(
            "update heymilo_sync.inbox set received_at = now() - interval '31 days'
             where interview_ids = '{int_old}'",
        )
        .await;

    let expired = world.expire().await;

    assert_eq!(expired, Expired { deliveries: 1, ..Expired::default() });
    let left: Vec<String> = world.value("select interview_ids from heymilo_sync.inbox").await;
    assert_eq!(left, ["int_new"]);
}

#[tokio::test]
async fn by_default_only_deliveries_go() {
    let world = world([]).await;
    world.execute("update heymilo_sync.inbox set received_at = now() - interval '9 years'").await;
    world.execute("update heymilo.interviews set last_activity_at = '1999-12-31'").await;
    let before = world.tables().await;

    let expired = world.expire().await;

    assert_eq!(expired, Expired { deliveries: 2, ..Expired::default() });
    assert_eq!(world.tables().await, before);
}

#[tokio::test]
async fn old_conversations_go_from_rows_answers_and_search_and_nothing_else_does() {
    let world = world([TRANSCRIPTS]).await;
    assert_eq!(talkative(&world, "int_old").await, CONVERSATIONS);
    let scores =
        "select jsonb_agg(to_jsonb(q) order by interview_id) from heymilo.scorecard_questions q";
    let before: Value = world.value(scores).await;

    let expired = world.expire().await;
    world.index().await;

    assert_eq!(expired, Expired { conversations: 1, ..Expired::default() });
    assert!(talkative(&world, "int_old").await.is_empty());
    assert_eq!(talkative(&world, "int_new").await, CONVERSATIONS);
    assert!(!snapshot(&world, "int_old").await.contains("Portzic"));
    assert!(snapshot(&world, "int_new").await.contains("Portzic"));
    let hits = "heymilo.search_transcripts('portzic')";
    assert_eq!(world.count(hits).await, 1);
    assert_eq!(world.value::<Value>(scores).await, before);
    assert_eq!(world.count("heymilo.integrity_findings where interview_id = 'int_old'").await, 2);
    assert_eq!(world.expire().await, Expired::default());
}

#[tokio::test]
async fn unknown_fields_go_with_the_conversations() {
    let world = world([TRANSCRIPTS]).await;
    let posting = &world.heymilo.posting_ids()[0];
    let mut interview = finished("int_old", 400);
    for place in ["", "/web_interview", "/web_interview/scorecard/0", "/sms"] {
        interview.pointer_mut(place).unwrap()["dialogue_of_tomorrow"] = json!([SAID]);
    }
    interview["voicemail"] = json!({ "recording": { "words": SAID } });
    world.heymilo.put_interview(posting, interview);
    world.poll().await;
    world.deliver(json!({ "interview_id": "int_old" })).await;
    world.drain().await;
    assert!(world.tables().await.to_string().contains("dialogue_of_tomorrow"));
    world
        .execute(
            "update heymilo.interviews
             set invited_at = '2001-01-01', interviewed_at = null, last_activity_at = null
             where interview_id = 'int_old'",
        )
        .await;

    world.expire().await;

    let kept: Vec<Vec<u8>> =
        sqlx::query_scalar("select body from heymilo_sync.snapshots where subject_id = 'int_old'")
            .fetch_all(&world.db)
            .await
            .unwrap();
    assert!(kept.len() > 1);
    for answer in kept {
        let answer = String::from_utf8(zstd::decode_all(&answer[..]).unwrap()).unwrap();
        assert!(!answer.contains("Portzic"), "{answer}");
    }
    let tables = world.tables().await;
    let old = |row: &&Value| row["interview_id"] == "int_old";
    let rows = tables.as_object().unwrap().values().flat_map(|rows| rows.as_array().unwrap());
    for row in rows.filter(old) {
        assert!(!row.to_string().contains("Portzic"), "{row}");
    }
}

#[tokio::test]
async fn removed_conversations_come_back_neither_by_replay_nor_by_a_changed_answer() {
    let world = world([TRANSCRIPTS]).await;
    world.expire().await;
    let before = world.tables().await;

    replay(&world).await;

    assert_eq!(world.tables().await, before);
    for edit in ["first", "second"] {
        world
            .heymilo
            .edit_interview("int_old", |data| data["web_interview"]["tags"] = json!([edit]));
        world.deliver(json!({ "interview_id": "int_old" })).await;
        world.drain().await;

        assert!(talkative(&world, "int_old").await.is_empty());
        assert!(!snapshot(&world, "int_old").await.contains("Portzic"));
        assert!(snapshot(&world, "int_old").await.contains(edit));
    }
    let notices = "heymilo_sync.notices where subject_id = 'int_old' and path like '%text%'";
    assert_eq!(world.count(notices).await, 0);
    assert_eq!(world.expire().await, Expired::default());
}

#[tokio::test]
async fn an_unchanged_interview_stays_unchanged_without_its_conversations() {
    let world = world([TRANSCRIPTS]).await;
    world.expire().await;
    let versions = "heymilo_sync.snapshots where subject_id = 'int_old'";
    let before = (world.count(versions).await, world.tables().await);

    world.deliver(json!({ "interview_id": "int_old" })).await;
    world.drain().await;

    assert_eq!((world.count(versions).await, world.tables().await), before);
}

#[tokio::test]
async fn an_old_interview_goes_with_all_its_rows_and_stays_away() {
    let world = Simulated::with([INTERVIEWS]).await;
    let old = finished("int_old", 800);
    world.heymilo.put_interview(&world.heymilo.posting_ids()[0], old.clone());
    world.heymilo.edit_candidate("int_old", |row| {
        for field in ["created_at", "interviewed_at", "workflow"] {
            row[field] = old[field].clone();
        }
    });
    world.sync().await;
    let of_it = "heymilo.interviews where interview_id = 'int_old'";
    assert_eq!(world.count(of_it).await, 1);
    let others = world.count("heymilo.interviews").await - 1;

    let expired = world.expire().await;

    assert_eq!(expired, Expired { interviews: 1, ..Expired::default() });
    world.sync().await;
    world.deliver(json!({ "interview_id": "int_old" })).await;
    world.drain().await;
    replay(&world).await;
    assert_eq!(world.count(of_it).await, 0);
    assert_eq!(world.count("heymilo.candidates where candidate_id = 'cand_int_old'").await, 0);
    assert_eq!(world.count("heymilo_sync.snapshots where subject_id = 'int_old'").await, 0);
    let receipts = "heymilo_sync.privacy_log where reason = 'retention' and interviews = 1";
    assert_eq!(world.count(receipts).await, 1);
    assert_eq!(world.count("heymilo.interviews").await, others);
}

/// Keeps an answer without rows, last seen `days` days ago.
async fn unwritten(app: &TestApp, kind: &str, days: i32) {
    let body = zstd::encode_all(&b"[\"Ada Example\"]"[..], 1).unwrap();
    sqlx::query(
        "insert into heymilo_sync.snapshots
             (workspace_id, kind, subject_id, version, fingerprint, body, body_bytes, fetched_at,
              seen_at)
         select 'default', $1, $1 || $2, 1, '', $3, 15, seen_at, seen_at
         from (select now() - make_interval(days => $2) as seen_at) as seen",
    )
    .bind(kind)
    .bind(days)
    .bind(body)
    .execute(&app.db)
    .await
    .unwrap();
}

#[tokio::test]
async fn old_answers_that_became_no_rows_go_too() {
    let app = TestApp::start_with("http://127.0.0.1:9", [TRANSCRIPTS, INTERVIEWS]).await;
    for kind in ["interview", "candidate", "unusable"] {
        for days in [100, 200, 800] {
            unwritten(&app, kind, days).await;
        }
    }

    let expired = app.expire().await;

    assert_eq!(expired, Expired { interviews: 3, conversations: 1, ..Expired::default() });
    let left: Value = app
        .value("select jsonb_agg(subject_id order by subject_id) from heymilo_sync.snapshots")
        .await;
    let expected =
        json!(["candidate100", "candidate200", "interview100", "unusable100", "unusable200"]);
    assert_eq!(left, expected);
}

#[tokio::test]
async fn old_files_that_the_spool_set_aside_go() {
    let app = TestApp::start_with("http://127.0.0.1:9", [INBOX]).await;
    let [old, new] = ["old.aside", "new.aside"].map(|name| app.spool().join(name));
    for path in [&old, &new] {
        fs::write(path, "a delivery").unwrap();
    }
    let month = SystemTime::now() - Duration::from_secs(31 * 24 * 60 * 60);
    fs::File::options().write(true).open(&old).unwrap().set_modified(month).unwrap();

    let expired = app.expire().await;

    assert_eq!(expired, Expired { files: 1, ..Expired::default() });
    assert!(!old.exists() && new.exists());
}

#[tokio::test]
async fn an_answer_that_is_not_quite_json_keeps_its_scores_without_its_conversations() {
    let world = world([TRANSCRIPTS]).await;
    let half = r#"half a face \ud83d"#;
    let version = "heymilo_sync.snapshots where subject_id = 'int_old' and kind = 'interview'";
    let body = snapshot(&world, "int_old").await.replace("Well?", half);
    sqlx::query(
        "update heymilo_sync.snapshots set body = $1, body_bytes = $2
         where subject_id = 'int_old' and kind = 'interview'",
    )
    .bind(zstd::encode_all(body.as_bytes(), 1).unwrap())
    .bind(i32::try_from(body.len()).unwrap())
    .execute(&world.db)
    .await
    .unwrap();
    assert_eq!(world.count(version).await, 1);

    let expired = world.expire().await;

    assert_eq!(expired.conversations, 1);
    assert!(talkative(&world, "int_old").await.is_empty());
    let scores = "heymilo.scorecard_questions where interview_id = 'int_old' and score = 7";
    assert_eq!(world.count(scores).await, 1);
    assert!(!snapshot(&world, "int_old").await.contains("Portzic"));
}

#[tokio::test]
async fn an_interview_whose_rows_are_refused_stops_no_other_and_says_nothing_any_more() {
    let world = world([TRANSCRIPTS, INBOX]).await;
    world
        .execute(
            "alter table heymilo.scorecard_questions
             add constraint refuse check (interview_id <> 'int_old') not valid",
        )
        .await;
    world.execute("update heymilo_sync.inbox set received_at = now() - interval '31 days'").await;
    world.execute("update heymilo.interviews set last_activity_at = '2001-01-01'").await;

    let expired = world.expire().await;

    assert_eq!((expired.conversations, expired.deliveries), (2, 2));
    assert!(talkative(&world, "int_old").await.is_empty());
    assert!(talkative(&world, "int_new").await.is_empty());
    assert!(!snapshot(&world, "int_old").await.contains("Portzic"));
    assert_eq!(world.expire().await, Expired::default());
}

#[tokio::test]
async fn answers_that_newer_ones_replaced_go_and_the_newest_stays() {
    let world = world([("HEYMILO_SYNC__RETENTION__VERSIONS", "90d")]).await;
    for score in [81, 82] {
        world.heymilo.edit_interview("int_old", |data| data["score"] = json!(score));
        world.deliver(json!({ "interview_id": "int_old" })).await;
        world.drain().await;
    }
    world
        .execute(
            "update heymilo_sync.snapshots set seen_at = now() - interval '100 days'
             where subject_id <> 'int_old' or version < 2",
        )
        .await;
    let changes = "heymilo.interview_changes where field = 'score'";
    let history = world.count(changes).await;

    let expired = world.expire().await;

    assert_eq!(expired, Expired { versions: 1, ..Expired::default() });
    let left = "select array_agg(version order by version) from heymilo_sync.snapshots
                where subject_id = 'int_old'";
    assert_eq!(world.value::<Vec<i32>>(left).await, [2, 3]);
    assert_eq!(world.count("heymilo_sync.snapshots where subject_id = 'int_new'").await, 1);
    assert_eq!(world.count(changes).await, history);
    // A replay knows nothing before the oldest kept answer.
    replay(&world).await;
    assert_eq!(world.count(changes).await, history - 1);
    let score = "select score from heymilo.interviews where interview_id = 'int_old'";
    assert_eq!(world.value::<f64>(score).await, 82.0);
    assert_eq!(world.expire().await, Expired::default());
}

#[tokio::test]
async fn an_expired_interview_takes_along_what_only_it_stated() {
    let world = world([("HEYMILO_SYNC__RETENTION__INTERVIEWS", "300d")]).await;
    let posting = &world.heymilo.posting_ids()[0];
    for (id, days_ago, email) in
        [("int_now", 1, "now@example.com"), ("int_then", 400, "then@example.com")]
    {
        let mut data = finished(id, days_ago);
        data["candidate_id"] = json!("cand_twice");
        data["email"] = json!(email);
        world.heymilo.put_interview(posting, data);
        world.deliver(json!({ "interview_id": id })).await;
        world.drain().await;
    }
    let email = "select email from heymilo.candidates where candidate_id = 'cand_twice'";
    assert_eq!(world.value::<String>(email).await, "then@example.com");

    world.expire().await;

    assert_eq!(world.value::<String>(email).await, "now@example.com");
}
