//! Unchanged rows are not written, and no commit waits for the disk without need.

use heymilo_sync::{
    records::WorkspaceId,
    store::{self, backfills::Range, erasures::Named, jobs::LowWaterMarks, snapshots::Scope},
    sync::{Backfill, Replay},
};
use serde_json::{Value, json};

use crate::support::{
    app::{self, TestApp},
    simulated::{self, Simulated},
};

#[tokio::test]
async fn an_unchanged_interview_writes_no_row() {
    let world = Simulated::start().await;
    let ids = world.heymilo.interview_ids();
    world.poll().await;
    world.deliver(json!({ "data": ids.iter().map(interview).collect::<Vec<_>>() })).await;
    assert_eq!(world.drain().await, ids.len());
    let before = row_versions(&world).await;

    // Only the signed links differ with every fetch.
    world.deliver(json!({ "data": ids.iter().map(interview).collect::<Vec<_>>() })).await;
    let fetched = world.drain().await;

    assert_eq!(fetched, ids.len());
    assert_eq!(row_versions(&world).await, before);
}

fn interview(id: &String) -> Value {
    json!({ "interview_id": id })
}

/// A digest of every row version of each of the analysts' tables. It changes when a row is written,
/// even with the same values. Statistics would lag behind.
async fn row_versions(app: &TestApp) -> Vec<(String, String)> {
    digests(app, "ctid::text || xmin::text || xmax::text").await
}

async fn digests(app: &TestApp, of_row: &str) -> Vec<(String, String)> {
    let mut versions = Vec::new();
    for table in app.table_names().await {
        let query = format!(
            "select md5(coalesce(string_agg({of_row}, ' '), ''))
             from heymilo.{table}"
        );
        versions.push((table, app.value(&query).await));
    }
    versions
}

#[tokio::test]
async fn a_second_poll_enqueues_and_writes_nothing() {
    let world = Simulated::start().await;
    world.sync().await;
    world.sync().await;
    let before = row_versions(&world).await;

    world.forget_cursors().await;
    let report = world.poll().await;

    assert!(report.lists > 0);
    assert_eq!((report.postings, report.candidates, report.enqueued), (0, 0, 0));
    assert_eq!(row_versions(&world).await, before);
}

#[tokio::test]
async fn a_changed_score_writes_the_tables_that_differ_and_nothing_else() {
    let world = Simulated::start().await;
    world.sync().await;
    let id: String = world
        .value("select min(interview_id) from heymilo.interviews where status = 'completed'")
        .await;
    // A row that is only locked has no new version.
    let written_rows = "ctid::text || xmin::text";
    let before = digests(&world, written_rows).await;

    world.heymilo.edit_interview(&id, |interview| interview["score"] = json!(12.5));
    world.deliver(interview(&id)).await;
    world.drain().await;

    let after = digests(&world, written_rows).await;
    let written: Vec<&str> = before
        .iter()
        .zip(&after)
        .filter(|(old, new)| old != new)
        .map(|((table, _), _)| table.as_str())
        .collect();
    // Every answer has new signatures in the links to its recordings.
    assert_eq!(
        written,
        ["interview_changes", "interview_outcomes", "interviews", "web_interviews"]
    );
    let score = format!("select score from heymilo.interviews where interview_id = '{id}'");
    assert_eq!(world.value::<f64>(&score).await, 12.5);
}

#[tokio::test]
async fn what_became_no_rows_is_no_reason_to_leave_rows_out() {
    let world = Simulated::start().await;
    world.sync().await;
    let id: String = world.value("select min(interview_id) from heymilo.web_interviews").await;
    // As if the newest answer had been refused: its rows are from an older one.
    world
        .execute(
            "update heymilo_sync.snapshots set fetched_at = fetched_at + interval '1 second'
             where kind = 'interview'",
        )
        .await;
    world.execute("delete from heymilo.web_interviews").await;

    world.heymilo.edit_interview(&id, |interview| interview["score"] = json!(12.5));
    world.deliver(interview(&id)).await;
    world.drain().await;

    let rows = format!("heymilo.web_interviews where interview_id = '{id}'");
    assert_eq!(world.count(&rows).await, 1);
}

#[tokio::test]
async fn only_what_was_promised_waits_for_the_disk() {
    let world = Simulated::start().await;
    world.execute("create table commits (named text, waits boolean)").await;
    world
        .execute(
            "create function note() returns trigger language plpgsql as $$
             begin
                 insert into public.commits
                 select tg_table_name, source <> 'session'
                 from pg_settings where name = 'synchronous_commit';
                 return null;
             end $$",
        )
        .await;
    for table in ["heymilo_sync.inbox", "heymilo_sync.privacy_log", "heymilo.web_interviews"] {
        let note = format!(
            "create trigger note after insert on {table} for each statement execute function note()"
        );
        world.execute(&note).await;
    }

    world.poll().await;
    world.deliver(interview(&world.heymilo.interview_ids()[0])).await;
    world.drain().await;
    let person = "select min(candidate_id) from heymilo.interviews";
    let candidate_id = Some(world.value::<String>(person).await);
    world.erase(Named { candidate_id, ..Named::default() }, false).await;

    let commits: Value = world.value("select jsonb_object_agg(named, waits) from commits").await;
    let expected = json!({ "inbox": true, "privacy_log": true, "web_interviews": false });
    assert_eq!(commits, expected);
    let both = "select count(distinct (named, waits)) from commits";
    assert_eq!(world.value::<i64>(both).await, 3, "always or never");
}

#[tokio::test]
async fn interviews_of_a_table_that_was_never_analysed_are_written_without_reading_the_others() {
    let app = TestApp::start("http://127.0.0.1:9").await;
    for table in ["heymilo.interviews", "heymilo_sync.jobs"] {
        app.execute(&format!("alter table {table} set (autovacuum_enabled = false)")).await;
    }
    app.execute(
        "insert into heymilo.interviews (workspace_id, interview_id, first_synced_at, synced_at)
         select 'w', 'int_' || number, now(), now() from generate_series(1, 3000) as number",
    )
    .await;
    app.execute(
        "insert into heymilo_sync.jobs (workspace_id, interview_id, urgency)
         select 'w', 'int_' || number, 'change' from generate_series(1, 3000) as number",
    )
    .await;
    let id = WorkspaceId::from("w".to_owned());
    let mut marks = LowWaterMarks::default();
    let jobs = store::jobs::due(&app.db, &id, 16, &[], true, &mut marks).await.unwrap();
    let ids: Vec<&str> = jobs.iter().map(|job| job.interview_id.as_str()).collect();

    let mut tx = store::database::begin_repeatable(&app.db).await.unwrap();
    let known = store::standings::read(&mut tx, &id, &ids).await.unwrap();
    let done: Vec<_> = jobs.iter().map(|job| (job, None)).collect();
    store::jobs::complete(&mut tx, &id, &done).await.unwrap();
    let read: i64 = sqlx::query_scalar(
        "select sum(seq_tup_read + idx_tup_fetch)::bigint from pg_stat_xact_user_tables
         where relname in ('interviews', 'jobs')",
    )
    .fetch_one(&mut *tx)
    .await
    .unwrap();
    tx.commit().await.unwrap();

    assert_eq!(known.len(), 16);
    assert_eq!(app.count("heymilo_sync.jobs").await, 2984);
    // Interviews once, jobs when they are found and deleted.
    assert!(read <= 4 * 16, "{read} rows read");
}

#[tokio::test]
async fn a_replay_of_a_table_that_was_never_analysed_reads_each_answer_a_few_times() {
    let app = TestApp::start("http://127.0.0.1:9").await;
    for table in ["heymilo.interviews", "heymilo_sync.snapshots"] {
        app.execute(&format!("alter table {table} set (autovacuum_enabled = false)")).await;
    }

    // A connection keeps plans that were made for a few rows.
    for (first, last) in [(1, 60), (61, 1000)] {
        app.execute(&format!(
            "insert into heymilo.interviews (workspace_id, interview_id, first_synced_at, synced_at)
             select 'default', 'int_' || number, now(), now()
             from generate_series({first}, {last}) as number"
        ))
        .await;
        // These snapshots are unreadable, so that nothing is written.
        app.execute(&format!(
            "insert into heymilo_sync.snapshots
                 (workspace_id, kind, subject_id, version, fingerprint, body, body_bytes, fetched_at,
                  seen_at)
             select 'default', 'interview', 'int_' || number, 1, '', '', 1, now(), now()
             from generate_series({first}, {last}) as number"
        ))
        .await;
        let workspace = WorkspaceId::from("default".to_owned());
        let mut replay = Replay::new(app.db.clone(), workspace, Scope::default());
        let mut passed_over = 0;
        while let Some(replayed) = replay.step().await.unwrap() {
            passed_over += replayed.unreadable;
        }
        assert_eq!(passed_over, last);
    }

    let read = rows_read(app, ["interviews", "snapshots"]).await;
    // Each answer is found, named and read. Each interview is locked and deleted.
    assert!(read <= 5 * (60 + 1000), "{read} rows read");
}

#[tokio::test]
async fn a_backfill_of_a_table_that_was_never_analysed_reads_each_interview_once() {
    let (_heymilo, address) = simulated::heymilo().await;
    let app = TestApp::start(&address).await;
    app.execute("alter table heymilo.interviews set (autovacuum_enabled = false)").await;
    app.execute(
        "insert into heymilo.interviews (workspace_id, interview_id, first_synced_at, synced_at)
         select 'default', 'int_' || number, now(), now() from generate_series(1, 16000) as number",
    )
    .await;

    let begun = app.command().await.backfill(&Range::default()).await.unwrap();

    assert_eq!(begun, Backfill::Begun(16_000));
    // Deliveries wait only for the jobs of one of several transactions.
    assert_eq!(
        app.count("(select distinct xmin::text from heymilo_sync.jobs) as commits").await,
        8
    );
    let read = rows_read(app, ["interviews"]).await;
    assert!(read <= 16_000 + 100, "{read} rows read");
}

/// The number of table rows that all connections read.
async fn rows_read<const N: usize>(app: TestApp, tables: [&str; N]) -> i64 {
    // Postgres adds a connection's counts when the connection ends.
    app.db.close().await;
    let db = store::database::pool((*app.db.connect_options()).clone(), 1);
    app::until_true(
        &db,
        "select count(*) = 1 from pg_stat_activity
         where datname = current_database() and backend_type = 'client backend'",
    )
    .await;
    sqlx::query_scalar(
        "select sum(seq_tup_read + idx_tup_fetch)::bigint
         from pg_stat_user_tables
         where relname = any($1)",
    )
    .bind(tables.as_slice())
    .fetch_one(&db)
    .await
    .unwrap()
}

#[tokio::test]
async fn the_server_compiles_no_statement_of_ours() {
    let app = TestApp::start("http://127.0.0.1:9").await;

    assert_eq!(app.value::<String>("select current_setting('jit')").await, "off");
}
