//! Snapshots alone bring every row back.

use std::time::Duration;

use chrono::{DateTime, Utc};
use heymilo_sync::{
    records::{PostingId, WorkspaceId},
    store::{self, snapshots::Scope},
    sync::{Replay, Replayed},
};
use serde_json::{Value, json};

use crate::support::{app::TestApp, simulated::Simulated};

/// Rebuilds the subjects in the scope.
pub async fn replay(app: &TestApp, scope: Scope) -> Replayed {
    let workspace = WorkspaceId::new("default").unwrap();
    let mut replay = Replay::new(app.db.clone(), workspace, scope);
    let mut replayed = replay.postings().await.unwrap();
    while let Some(more) = replay.step().await.unwrap() {
        replayed += more;
    }
    replayed
}

fn named(id: &str, name: &str) -> Value {
    json!({
        "interview_id": id,
        "posting_id": "pos_1",
        "candidate_id": "cand_shared",
        "name": name,
        "email": "ada@example.com",
        "status": "completed",
        "score": 80.5,
    })
}

/// A workspace with a history: status, score, steps, decisions, names and questions changed.
async fn eventful() -> Simulated {
    let world = Simulated::start().await;
    let posting = world.heymilo.posting_ids()[0].clone();
    world.heymilo.put_interview(&posting, named("int_a", "Ada Example"));
    world.sync().await;
    for hours in [5, 30, 80] {
        world.heymilo.advance(Duration::from_secs(hours * 3600));
        world.sync().await;
    }
    world.heymilo.put_interview(&posting, named("int_b", "Ada B. Example"));
    world.sync().await;
    world.heymilo.edit_candidate("int_a", |row| row["shortlisted"] = json!(true));
    world.sync().await;
    world.heymilo.edit_interview("int_a", |data| data["score"] = json!(91));
    world.sync().await;
    world.heymilo.edit_interview("int_b", |data| data["name"] = json!("Ada Example"));
    world.sync().await;
    // An answer without an address does not mean that there is none.
    world.heymilo.edit_interview("int_b", |data| data["email"] = Value::Null);
    world.sync().await;
    let known = "heymilo.candidates where candidate_id = 'cand_shared' and email is not null";
    assert_eq!(world.count(known).await, 1);
    world
}

pub async fn assert_equal(app: &TestApp, before: &Value) {
    let after = app.tables().await;
    for (table, rows) in before.as_object().unwrap() {
        assert!(after[table] == *rows, "{table}: {:#}\nnow {:#}", rows, after[table]);
    }
}

/// Empties all tables that are written from answers. The workspace's own row comes with the next
/// poll.
pub async fn empty(app: &TestApp) {
    for table in app.table_names().await {
        if table != "workspaces" {
            app.execute(&format!("truncate heymilo.{table}")).await;
        }
    }
}

#[tokio::test]
async fn replay_equals_the_first_sync_row_for_row() {
    let world = Simulated::start().await;
    world.sync().await;
    let before = world.tables().await;

    let replayed = replay(&world, Scope::default()).await;

    assert_equal(&world, &before).await;
    let lists = world.heymilo.posting_ids().len() * 2;
    assert_eq!(replayed.rebuilt, world.heymilo.interview_ids().len() + lists);
    assert_eq!((replayed.unreadable, replayed.refused), (0, 0));
}

#[tokio::test]
async fn replay_brings_the_whole_history_back_to_empty_tables() {
    let world = eventful().await;
    let before = world.tables().await;
    assert!(world.count("heymilo.interview_changes where not first_observation").await > 3);
    assert!(world.count("heymilo.workflow_step_changes where not first_observation").await > 3);

    empty(&world).await;
    replay(&world, Scope::default()).await;

    assert_equal(&world, &before).await;
}

#[tokio::test]
async fn replay_undoes_what_was_changed_by_hand() {
    let world = eventful().await;
    let before = world.tables().await;

    for statement in [
        "update heymilo.interviews set score = 1, posting_id = 'x', first_synced_at = now()",
        "update heymilo.interview_changes set new_value = 'odd'",
        "delete from heymilo.workflow_steps where position = 1",
        "update heymilo.candidates set name = 'Nobody Example', observed_at = now()",
        "update heymilo.postings set title = 'Odd', synced_at = now()",
        "delete from heymilo.questions where position = 2",
    ] {
        world.execute(statement).await;
    }
    replay(&world, Scope::default()).await;

    assert_equal(&world, &before).await;
}

#[tokio::test]
async fn replay_keeps_what_no_snapshot_tells() {
    let world = Simulated::start().await;
    world.sync().await;
    let gone = "update heymilo.interviews set deleted_at = now(), synced_at = now()
                where interview_id = (select min(interview_id) from heymilo.interviews)";
    world.execute(gone).await;
    world
        .execute(
            "select heymilo_sync.write_outcomes(workspace_id, array[interview_id])
             from heymilo.interviews where deleted_at is not null",
        )
        .await;
    world.execute("update heymilo.postings set deleted_at = now(), synced_at = now()").await;
    let before = world.tables().await;

    replay(&world, Scope::default()).await;

    assert_equal(&world, &before).await;
}

#[tokio::test]
async fn replay_of_one_posting_leaves_the_others_alone() {
    let world = eventful().await;
    let posting = world.heymilo.posting_ids()[0].clone();
    let before = world.tables().await;

    world.execute("update heymilo.interviews set status = 'odd'").await;
    replay(&world, Scope { posting_id: PostingId::new(&posting), since: None }).await;

    let odd = "heymilo.interviews where status = 'odd'";
    assert_eq!(world.count(&format!("{odd} and posting_id = '{posting}'")).await, 0);
    assert!(world.count(odd).await > 0);
    replay(&world, Scope::default()).await;
    assert_equal(&world, &before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn replay_beside_a_working_daemon_loses_and_doubles_nothing() {
    let world = eventful().await;
    let ids = world.heymilo.interview_ids();
    world.heymilo.advance(Duration::from_secs(48 * 3600));
    for id in ids.iter().take(20) {
        world.heymilo.edit_interview(id, |data| data["score"] = json!(33));
    }
    world.forget_cursors().await;
    empty(&world).await;

    let daemon = async {
        world.poll().await;
        world.drain().await
    };
    let (replayed, fetched) = tokio::join!(replay(&world, Scope::default()), daemon);

    assert!(fetched >= 20);
    assert_eq!(replayed.refused, 0);
    assert_eq!(world.count("heymilo_sync.jobs where last_error is not null").await, 0);
    let before = world.tables().await;
    replay(&world, Scope::default()).await;
    assert_equal(&world, &before).await;
}

#[tokio::test]
async fn a_snapshot_that_cannot_be_read_is_passed_over_and_counted() {
    let world = Simulated::start().await;
    world.sync().await;
    let before = world.tables().await;
    world
        .execute(
            "insert into heymilo_sync.snapshots
             (workspace_id, kind, subject_id, version, posting_id, fingerprint, results_fingerprint,
              body, body_bytes, fetched_at, seen_at)
             select workspace_id, kind, subject_id, version + 1, posting_id, fingerprint,
                    results_fingerprint, '\\x28b52ffd04582100006e6f706547f6d7e6', 4, now(), now()
             from heymilo_sync.snapshots where kind = 'interview'
             order by subject_id limit 1",
        )
        .await;

    let replayed = replay(&world, Scope::default()).await;

    assert_eq!(replayed.unreadable, 1);
    assert_equal(&world, &before).await;
}

#[tokio::test]
async fn what_was_written_late_is_replayed_late_and_changes_nothing_newer() {
    let world = Simulated::start().await;
    let posting = world.heymilo.posting_ids()[0].clone();
    let mut late = named("int_late", "Ada Example");
    late["workflow"] = json!({ "steps": [{ "id": "s_1", "status": "completed" }] });
    world.heymilo.put_interview(&posting, late);
    world.sync().await;
    // As if the list had been read before the results, and its page written after them.
    world
        .execute(
            "update heymilo_sync.snapshots
             set fetched_at = fetched_at - interval '1 hour', number = number + 1000000
             where subject_id = 'int_late' and kind = 'candidate'",
        )
        .await;

    replay(&world, Scope::default()).await;

    let listed_at: DateTime<Utc> = world
        .value("select fetched_at from heymilo_sync.snapshots where subject_id = 'int_late' and kind = 'candidate'")
        .await;
    let first: DateTime<Utc> = world
        .value("select first_synced_at from heymilo.interviews where interview_id = 'int_late'")
        .await;
    assert_eq!(first, listed_at);
    let person: DateTime<Utc> = world
        .value("select first_synced_at from heymilo.candidates where candidate_id = 'cand_shared'")
        .await;
    assert_eq!(person, listed_at);
    // Only the list has decisions, so they were known no earlier than the results.
    let order: bool = world
        .value(
            "select bool_and(observed_at = fetched_at)
             from heymilo.interview_changes join heymilo.interviews using (interview_id)
             where interview_id = 'int_late'",
        )
        .await;
    assert!(order);
}

#[tokio::test]
async fn a_plan_that_is_made_for_a_small_table_will_do_for_a_large_one() {
    let app = TestApp::start("http://127.0.0.1:9").await;
    // Reading the only row looks cheapest to the planner, and a connection would keep such a plan.
    app.execute(
        "insert into heymilo.form_screenings (workspace_id, interview_id) values ('w', 'i')",
    )
    .await;
    app.execute("analyze heymilo.form_screenings").await;
    let delete = "explain delete from heymilo.form_screenings
                  where interview_id = any('{a,b}') and workspace_id = 'w'";
    let mut tx = store::database::begin_repeatable(&app.db).await.unwrap();

    let plan: Vec<String> = sqlx::query_scalar(delete).fetch_all(&mut *tx).await.unwrap();

    let by_key = plan.iter().any(|step| step.contains("form_screenings_pkey"));
    assert!(by_key && !plan.iter().any(|step| step.contains("Seq Scan")), "{plan:#?}");
}
