//! A physical standby, from which analysts read without burdening the daemon's server.

use std::time::Duration;

use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, PgPool};
use tokio::{task::yield_now, time::timeout};

use crate::support::{
    app::TestApp,
    daemon::url,
    private::PrivatePostgres,
    program::{exit_code, program_with},
    simulated,
};

const INTERVIEWS: &str = "select count(*) from heymilo.interviews";

/// A completed interview in which a candidate said this.
fn said(text: &str) -> Value {
    json!({
        "interview_id": "int_1", "posting_id": "pos", "candidate_id": "cand_1",
        "status": "completed", "score": 80.5,
        "web_interview": {
            "interview_id": "int_1", "scorecard": [],
            "transcript": [{ "speaker": "Candidate", "text": text, "timestamp": 1 }],
        },
    })
}

async fn count(db: &PgPool, query: &'static str) -> i64 {
    sqlx::query_scalar(query).fetch_one(db).await.unwrap()
}

/// The exit code of `status`, and what it says, without the figures that change from second to second.
async fn status(db: &PgPool, base_url: &str) -> (Option<i32>, String) {
    let (code, said) = exit_code(&url(db), base_url, &["status"], &[]).await;
    let lasting = said.lines().filter(|line| !line.contains(" ago") && !line.contains(" ms"));
    (code, lasting.collect::<Vec<_>>().join("\n"))
}

/// Waits until the standby shows everything that its primary shows now.
async fn until_equal(primary: &PgPool, standby: &PgPool) {
    let written: String = sqlx::query_scalar("select pg_current_wal_insert_lsn()::text")
        .fetch_one(primary)
        .await
        .unwrap();
    let has_replayed = "select pg_last_wal_replay_lsn() >= $1::pg_lsn";
    let equal = async {
        while !sqlx::query_scalar::<_, bool>(has_replayed)
            .bind(&written)
            .fetch_one(standby)
            .await
            .unwrap()
        {
            yield_now().await;
        }
    };
    timeout(Duration::from_secs(60), equal).await.expect("the standby follows");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_standby_answers_status_views_and_searches() {
    let primary = PrivatePostgres::start().await;
    let standby = primary.standby().await;
    let (written, read) = (primary.pool(), standby.pool());
    let (heymilo, base_url) = simulated::heymilo().await;
    heymilo.put_interview(&heymilo.posting_ids()[0], said("lighthouse"));
    let app = TestApp::start_on(written.clone(), &base_url, []);
    app.poll().await;
    app.drain().await;
    app.figure().await;
    app.index().await;
    sqlx::query("select heymilo_sync.make_roles()").execute(&written).await.unwrap();
    assert!(count(&written, INTERVIEWS).await > 0);
    until_equal(&written, &read).await;

    let of_primary = status(&written, &base_url).await;
    assert!(of_primary.1.contains("postings that agree"), "{of_primary:?}");
    assert_eq!(status(&read, &base_url).await, of_primary);

    let views: Vec<String> = sqlx::query_scalar(
        "select format('%I.%I', table_schema, table_name)
         from information_schema.views
         where table_schema in ('heymilo', 'heymilo_analyst', 'heymilo_bi', 'heymilo_demographics')",
    )
    .fetch_all(&read)
    .await
    .unwrap();
    assert!(views.len() > 20, "{views:?}");
    for view in views {
        let query = format!("select count(*) from (select * from {view} offset 0) as answer");
        let rows = sqlx::query_scalar::<_, i64>(AssertSqlSafe(query)).fetch_one(&read).await;
        assert!(rows.is_ok(), "{view}: {rows:?}");
    }

    let found = "select count(*) from heymilo.search_transcripts('lighthouse')";
    assert!(count(&standby.pool_of("heymilo_full"), found).await > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_writes_says_that_a_standby_can_only_be_read() {
    let primary = PrivatePostgres::start().await;
    let standby = primary.standby().await;
    let (_, base_url) = simulated::heymilo().await;

    for command in [&["sync"][..], &["run"], &["replay"], &["migrate"]] {
        let (done, said) = program_with(&url(&standby.pool()), &base_url, command, &[]).await;
        assert!(!done, "{command:?}: {said}");
        assert!(said.contains("can only be read"), "{command:?}: {said}");
    }
}
