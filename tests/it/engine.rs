//! Faults that were seen in the engine once, each with its test.

use std::time::Duration;

use serde_json::{Value, json};
use sqlx::Executor as _;
use tokio::time::timeout;

use crate::support::simulated::Simulated;

/// Shorter than any pause, so that a test need not wait long for what hangs.
const LEASE: (&str, &str) = ("HEYMILO_SYNC__WORKER__LEASE", "1s");
/// Longer than what hangs may be waited for.
const PATIENCE: Duration = Duration::from_secs(15);

/// A completed interview with a web interview, and its speech score.
async fn completed(world: &Simulated) -> String {
    world
        .value(
            "select min(interview_id)
             from heymilo.interviews
             join heymilo.web_interviews using (workspace_id, interview_id)
             where status = 'completed' and speech_score is not null",
        )
        .await
}

async fn speech_score(world: &Simulated, id: &str) -> f64 {
    let query =
        format!("select speech_score from heymilo.web_interviews where interview_id = '{id}'");
    world.value(&query).await
}

fn score_speech(world: &Simulated, id: &str, score: f64) {
    world.heymilo.edit_interview(id, |data| data["web_interview"]["speech_score"] = json!(score));
}

#[tokio::test]
async fn a_new_field_in_every_list_row_fetches_nothing() {
    let world = Simulated::start().await;
    world.sync().await;
    let ids = world.heymilo.interview_ids();

    for id in &ids {
        world.heymilo.edit_candidate(id, |row| {
            row["brand_new"] = json!("a");
            row["workflow"]["also_new"] = json!(1);
        });
    }
    world.sweep_is_due().await;
    let report = world.poll().await;

    assert_eq!((report.candidates, report.enqueued), (ids.len(), 0));
    let kept = "heymilo.interviews where list_extra ->> 'brand_new' = 'a'";
    assert_eq!(world.count(kept).await, ids.len() as i64);
}

#[tokio::test]
async fn a_score_that_changed_after_the_end_arrives_without_a_webhook() {
    let world = Simulated::start().await;
    world.sync().await;
    let id = completed(&world).await;
    world.execute("delete from heymilo.interview_changes").await;
    world
        .execute(&format!(
            "insert into heymilo.interview_changes
                 (workspace_id, interview_id, field, observed_at, new_value, first_observation)
             values ('default', '{id}', 'status', now(), 'completed', false)"
        ))
        .await;

    for (age, score) in [("16 minutes", 1.25), ("1 day", 2.5)] {
        score_speech(&world, &id, score);
        world.poll().await;
        world.age(age).await;
        world.poll().await;
        world.drain().await;
        assert_eq!(speech_score(&world, &id).await, score, "after {age}");
    }
}

#[tokio::test]
async fn the_refresh_finds_what_nothing_else_asks_for() {
    let world = Simulated::start().await;
    world.sync().await;
    world.execute("delete from heymilo.interview_changes").await;
    let id = completed(&world).await;
    score_speech(&world, &id, 1.25);

    let mut rounds = 0;
    while speech_score(&world, &id).await != 1.25 {
        world.age("2 days").await;
        world.poll().await;
        world.drain().await;
        rounds += 1;
        assert!(rounds < 10, "the share of ten minutes is 150 interviews");
    }

    assert_eq!(world.count("heymilo_sync.jobs where reason = 'refresh'").await, 0);

    world.age("10 minutes").await;
    world.poll().await;
    let again = "heymilo_sync.jobs where reason = 'refresh'";
    assert_eq!(world.count(again).await, 0, "a round begins at most once a day");
}

#[tokio::test]
async fn an_untouched_invitation_is_fetched_once_by_a_backfill() {
    let world = Simulated::start().await;
    world.sync().await;
    let errand = world.errand().await;
    for _ in 0..2 {
        errand.backfill(&heymilo_sync::store::interviews::Range::default()).await.unwrap();
        world.drain().await;
    }

    let untouched = "heymilo_sync.jobs
        join heymilo.interviews using (workspace_id, interview_id)
        where status = 'pending' and reason = 'recheck'";
    assert!(world.count("heymilo.interviews where status = 'pending'").await > 0);
    assert_eq!(world.count(untouched).await, 0);
}

#[tokio::test]
async fn a_first_copy_waits_behind_what_changed() {
    let world = Simulated::start().await;
    world.sync().await;
    let id = completed(&world).await;
    let mut new = world.heymilo.interview(&id).unwrap();
    new["interview_id"] = json!("int_0_new");
    let posting = new["posting_id"].as_str().unwrap().to_owned();
    world.heymilo.put_interview(&posting, new);
    world.heymilo.edit_candidate(&id, |row| row["score"] = json!(1.5));
    world.sweep_is_due().await;

    world.poll().await;

    let order: Value = world
        .value(
            "select jsonb_agg(jsonb_build_array(reason, interview_id) order by priority)
             from heymilo_sync.jobs where due_at <= now()",
        )
        .await;
    assert_eq!(order, json!([["poll", id], ["first copy", "int_0_new"]]));
}

#[tokio::test]
async fn a_hung_connection_stops_no_poll() {
    let world = Simulated::with([LEASE]).await;
    let replica = world.replica(&world.address);
    let mut hung = world.db.begin().await.unwrap();
    hung.execute("lock table heymilo.postings in access exclusive mode").await.unwrap();

    timeout(PATIENCE, world.poll_if_ours()).await.expect("the poll gives up");
    hung.rollback().await.unwrap();

    timeout(PATIENCE, replica.poll_if_ours()).await.expect("another process takes over");
    assert!(world.count("heymilo.postings").await > 0);
}

#[tokio::test]
async fn a_hung_write_gives_its_jobs_back() {
    let world = Simulated::with([LEASE]).await;
    let id = world.heymilo.interview_ids()[0].clone();
    world.deliver(json!({ "interview_id": id })).await;
    let mut hung = world.db.begin().await.unwrap();
    hung.execute("lock table heymilo.workflow_steps in access exclusive mode").await.unwrap();

    let worked = timeout(PATIENCE, world.try_work()).await.expect("the worker gives up");
    hung.rollback().await.unwrap();

    assert!(worked.is_err());
    assert_eq!(world.drain().await, 1);
    assert_eq!(world.count("heymilo.interviews").await, 1);
}

#[tokio::test]
async fn a_database_error_of_an_unknown_kind_is_counted_and_shown() {
    let world = Simulated::start().await;
    let ids = world.heymilo.interview_ids();
    let refused = &ids[0];
    world
        .execute(&format!(
            "create function refuse() returns trigger language plpgsql as $$
             begin
                 if new.interview_id = '{refused}' then
                     raise exception 'refused' using errcode = 'XX001';
                 end if;
                 return new;
             end $$"
        ))
        .await;
    world
        .execute(
            "create trigger refuse before insert on heymilo.interviews
             for each row execute function refuse()",
        )
        .await;
    world.deliver(json!([{ "interview_id": refused }, { "interview_id": ids[1] }])).await;

    let tries = world.exhaust().await;

    assert_eq!(tries, 6, "five of the one, one of the other");
    assert_eq!(world.count("heymilo.interviews").await, 1);
    let error: String =
        world.value("select last_error from heymilo_sync.jobs where failed_at is not null").await;
    assert!(error.contains("XX001"), "{error}");
}

#[tokio::test]
async fn what_only_the_list_tells_follows_a_webhook_within_a_poll() {
    let world = Simulated::start().await;
    world.sync().await;
    let (id, posting): (String, String) = sqlx::query_as(
        "select interview_id, posting_id from heymilo.interviews
         where status = 'pending' order by invited_at limit 1",
    )
    .fetch_one(&world.db)
    .await
    .unwrap();
    // Nothing older is under way, so the list would not be read from there on.
    world
        .execute("update heymilo.interviews set status = 'dismissed' where status <> 'completed'")
        .await;
    world
        .execute(&format!(
            "update heymilo.interviews set status = 'pending' where interview_id = '{id}'"
        ))
        .await;
    world.heymilo.edit_interview(&id, |data| data["status"] = json!("completed"));
    world.heymilo.edit_candidate(&id, |row| {
        row["status"] = json!("completed");
        row["interviewed_at"] = json!(1_700_000_000);
    });

    world.deliver(json!({ "interview_id": id })).await;
    world.drain().await;
    let told = format!(
        "heymilo.interviews where interview_id = '{id}' and status = 'completed'
         and interviewed_at is not null"
    );
    assert_eq!(world.count(&told).await, 0, "the list was not read yet");
    world
        .execute(&format!(
            "update heymilo_sync.cursors set due_at = now() where posting_id = '{posting}'"
        ))
        .await;
    world.poll().await;

    assert_eq!(world.count(&told).await, 1);
}
