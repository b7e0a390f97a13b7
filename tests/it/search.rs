//! Transcripts can be searched a moment after they were written, and search never delays the
//! writing.

use serde_json::{Value, json};
use sqlx::Row as _;

use crate::support::{app::TestApp, daemon::Running, simulated::Simulated};

fn interview(id: &str, turns: &[(&str, &str)]) -> Value {
    let turns: Vec<Value> = turns
        .iter()
        .map(|(speaker, text)| {
            json!({ "speaker": speaker, "text": text, "timestamp": 1, "timestamp_str": "00:01" })
        })
        .collect();
    json!({
        "interview_id": id, "posting_id": "pos", "candidate_id": format!("cand_{id}"),
        "name": "Ada Example", "email": "ada@example.com", "status": "completed", "score": 80.5,
        "web_interview": { "interview_id": id, "transcript": turns, "scorecard": [] },
    })
}

/// Gives the daemon an interview with this conversation.
async fn said(world: &Simulated, id: &str, turns: &[(&str, &str)]) {
    world.heymilo.put_interview(&world.heymilo.posting_ids()[0], interview(id, turns));
    world.deliver(json!({ "interview_id": id })).await;
    world.drain().await;
}

/// Sets the language of these interviews' posting.
async fn speaks(world: &Simulated, language: &str) {
    let posting = format!(
        "insert into heymilo.postings
             (workspace_id, posting_id, language, first_synced_at, synced_at)
         values ('default', 'pos', '{language}', now(), now())
         on conflict (workspace_id, posting_id) do update set language = excluded.language"
    );
    world.execute(&posting).await;
}

/// The ids and turns that a search finds, best first.
async fn search(app: &TestApp, query: &str) -> Vec<(String, Vec<String>)> {
    sqlx::query("select interview_id, turns from heymilo.search_transcripts($1)")
        .bind(query)
        .fetch_all(&app.db)
        .await
        .unwrap()
        .iter()
        .map(|row| (row.get(0), row.get::<Option<Vec<String>>, _>(1).unwrap_or_default()))
        .collect()
}

async fn found(app: &TestApp, query: &str) -> Vec<String> {
    search(app, query).await.into_iter().map(|(id, _)| id).collect()
}

#[tokio::test]
async fn the_speaker_is_found_with_the_turn_and_the_words_marked() {
    let world = Simulated::start().await;
    said(
        &world,
        "int_1",
        &[
            ("Interviewer", "What did you do?"),
            ("Candidate", "I ran Kubernetes in production."),
            ("Candidate", "And I painted."),
        ],
    )
    .await;
    said(&world, "int_2", &[("Candidate", "I painted only.")]).await;
    world.index().await;

    let found = search(&world, "kubernetes").await;

    let turn = "Candidate: I ran **Kubernetes** in production.".to_owned();
    assert_eq!(found, [("int_1".to_owned(), vec![turn])]);
}

#[tokio::test]
async fn a_query_is_written_as_for_a_web_search() {
    let world = Simulated::start().await;
    speaks(&world, "en").await;
    said(&world, "int_1", &[("Candidate", "old harbours"), ("Candidate", "new ships")]).await;
    said(&world, "int_2", &[("Candidate", "new harbour ships")]).await;
    world.index().await;

    assert_eq!(found(&world, "ship harbour").await.len(), 2);
    assert_eq!(found(&world, "\"harbour ships\"").await, ["int_2"]);
    assert_eq!(found(&world, "ships -old").await, ["int_2"]);
    assert_eq!(found(&world, "lighthouse or old").await, ["int_1"]);
    for odd in ["", "the", "-ships", "\"", "' & | ! <->", "():*"] {
        search(&world, odd).await;
    }
}

#[tokio::test]
async fn what_the_candidate_said_counts_for_more_than_what_was_asked() {
    let world = Simulated::start().await;
    said(&world, "int_asked", &[("Interviewer", "Any sailing?"), ("Candidate", "No.")]).await;
    said(&world, "int_said", &[("Interviewer", "Any sport?"), ("Candidate", "Sailing.")]).await;
    world.index().await;

    assert_eq!(found(&world, "sailing").await, ["int_said", "int_asked"]);
}

#[tokio::test]
async fn words_are_understood_in_the_language_of_the_posting() {
    let world = Simulated::start().await;
    speaks(&world, "de-AT").await;
    said(&world, "int_1", &[("Candidate", "Ich habe viele Häuser gebaut.")]).await;
    world.index().await;
    assert_eq!(found(&world, "Haus").await, ["int_1"]);

    // Postgres has no grammar for this language.
    speaks(&world, "tlh").await;
    assert_eq!(world.index().await, 1);

    assert!(found(&world, "Haus").await.is_empty());
    assert_eq!(found(&world, "häuser").await, ["int_1"]);
}

#[tokio::test]
async fn a_search_can_be_narrowed() {
    let world = Simulated::start().await;
    for number in 1..=12 {
        said(&world, &format!("int_{number}"), &[("Candidate", "lighthouse")]).await;
    }
    world.index().await;
    let posting = world
        .value::<String>(
            "select posting_id from heymilo.interviews
        where interview_id = 'int_1'",
        )
        .await;

    let count = async |narrowed: String| {
        world.count(&format!("heymilo.search_transcripts('lighthouse'{narrowed})")).await
    };
    assert_eq!(count(String::new()).await, 10);
    assert_eq!(count(", max_results => 11".to_owned()).await, 11);
    assert_eq!(count(format!(", posting => '{posting}', max_results => 99")).await, 12);
    assert_eq!(count(", posting => 'other'".to_owned()).await, 0);
    assert_eq!(count(", workspace => 'default'".to_owned()).await, 10);
    assert_eq!(count(", workspace => 'other'".to_owned()).await, 0);
}

#[tokio::test]
async fn a_document_follows_its_interview() {
    let world = Simulated::start().await;
    said(&world, "int_1", &[("Candidate", "lighthouse")]).await;
    let lag = "select interviews from heymilo_bi.search_lag";
    world
        .execute(
            "insert into heymilo.workspaces (workspace_id, first_synced_at, synced_at)
             values ('default', now(), now())",
        )
        .await;
    assert!(found(&world, "lighthouse").await.is_empty());
    assert_eq!(world.value::<i64>(lag).await, 1);

    assert_eq!(world.index().await, 1);
    assert_eq!(world.value::<i64>(lag).await, 0);
    assert_eq!(found(&world, "lighthouse").await, ["int_1"]);

    said(&world, "int_1", &[("Candidate", "harbour")]).await;
    assert_eq!(world.value::<i64>(lag).await, 1);
    assert_eq!(world.index().await, 1);
    assert!(found(&world, "lighthouse").await.is_empty());
    assert_eq!(found(&world, "harbour").await, ["int_1"]);
    assert_eq!(world.index().await, 0);

    world.execute("update heymilo.interviews set deleted_at = now()").await;
    assert!(found(&world, "harbour").await.is_empty());
    world.index().await;
    assert_eq!(world.count("heymilo_sync.search_documents").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_search_is_switched_off_no_document_is_built() {
    let world = Simulated::start().await;
    said(&world, "int_1", &[("Candidate", "lighthouse")]).await;
    let off = [("HEYMILO_SYNC__SEARCH__ENABLED", "false")];

    // The indexer would run as soon as the daemon does, long before the poll is done.
    let mut without = Running::start_with(&world.db, &world.address, &off);
    without.says("polled");
    assert!(without.terminate());
    assert_eq!(world.count("heymilo_sync.search_documents").await, 0);

    let with = Running::start(&world.db, &world.address);
    world.until_true("select count(*) > 0 from heymilo_sync.search_documents").await;
    assert!(with.terminate());
}

#[tokio::test]
async fn a_transcript_that_is_too_long_is_cut_and_said_so() {
    let world = Simulated::start().await;
    let flood: String = (0..300_000).map(|number| format!("{number:x}q ")).collect();
    said(&world, "int_1", &[("Candidate", "lighthouse"), ("Candidate", &flood)]).await;
    said(&world, "int_2", &[("Candidate", "lighthouse")]).await;

    assert_eq!(world.index().await, 2);

    assert_eq!(found(&world, "lighthouse").await.len(), 2);
    let cut: Vec<String> = world
        .value("select array_agg(interview_id) from heymilo_sync.search_documents where is_cut")
        .await;
    assert_eq!(cut, ["int_1"]);
}

#[tokio::test]
async fn two_daemons_do_not_build_the_same_documents() {
    let world = Simulated::start().await;
    said(&world, "int_1", &[("Candidate", "lighthouse")]).await;
    let mut other = world.db.begin().await.unwrap();
    assert!(heymilo_sync::store::search::lock(&mut *other).await.unwrap());

    assert_eq!(world.index().await, 0);

    other.commit().await.unwrap();
    assert_eq!(world.index().await, 1);
}

#[tokio::test]
async fn a_search_uses_the_index() {
    let app = TestApp::start("http://127.0.0.1:9").await;
    app.execute(
        "insert into heymilo.interviews
             (workspace_id, interview_id, fetched_at, first_synced_at, synced_at)
         select 'default', 'int_' || n, now(), now(), now() from generate_series(1, 3000) as n",
    )
    .await;
    app.execute(
        "insert into heymilo.transcript_entries (workspace_id, interview_id, position, text)
         select 'default', 'int_' || n, 1, 'word' || n || ' house' from generate_series(1, 3000) as n",
    )
    .await;
    assert_eq!(app.index().await, 3000);
    app.execute("analyze").await;

    let mut connection = app.db.acquire().await.unwrap();
    // Postgres would read this few documents without the index.
    sqlx::query("set enable_seqscan = off").execute(&mut *connection).await.unwrap();
    let scans = "select idx_scan from pg_stat_user_indexes
                 where indexrelname = 'search_documents_document_idx'";
    let find = "select count(*) from heymilo.search_transcripts('word77')";
    let found: i64 = sqlx::query_scalar(find).fetch_one(&mut *connection).await.unwrap();
    sqlx::query("select pg_stat_force_next_flush()").execute(&mut *connection).await.unwrap();
    let scans: i64 = sqlx::query_scalar(scans).fetch_one(&mut *connection).await.unwrap();

    assert_eq!(found, 1);
    assert!(scans > 0);
}

#[tokio::test]
async fn test_postings_and_deleted_postings_are_not_found() {
    let world = Simulated::start().await;
    speaks(&world, "en").await;
    said(&world, "int_1", &[("Candidate", "sailing")]).await;
    world.index().await;
    assert_eq!(found(&world, "sailing").await, ["int_1"]);

    for hidden in ["test_posting = true", "test_posting = false, deleted_at = now()"] {
        world
            .execute(&format!("update heymilo.postings set {hidden} where posting_id = 'pos'"))
            .await;
        assert!(found(&world, "sailing").await.is_empty(), "{hidden}");
    }
}
