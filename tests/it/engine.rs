//! A test for each fault that the engine once had.

use std::time::Duration;

use heymilo_sync::store::{backfills::Range, database::pool};
use serde_json::{Value, json};
use sqlx::{Executor as _, postgres::PgConnectOptions};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::support::{
    app::TestApp,
    database::database,
    simulated::{self, Simulated},
};

/// Within this time, work that hangs is given up.
const WAIT_LIMIT: Duration = Duration::from_secs(15);

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
    world.full_scan_is_due().await;
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

    for (age, score, ranking) in [("16 minutes", 1.25, 4), ("1 day", 2.5, 5)] {
        score_speech(&world, &id, score);
        world.heymilo.edit_interview(&id, |data| {
            data["cheat_detection"]["overall_ranking"] = json!(ranking);
        });
        world.poll().await;
        world.age(age).await;
        world.poll().await;
        world.drain().await;
        assert_eq!(speech_score(&world, &id).await, score, "after {age}");
        let ranked = format!(
            "heymilo.integrity_reports where interview_id = '{id}' and overall_ranking = {ranking}"
        );
        assert_eq!(world.count(&ranked).await, 1, "after {age}");
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

    assert_eq!(world.count("heymilo_sync.jobs where urgency = 'refresh'").await, 0);

    world.age("10 minutes").await;
    world.poll().await;
    let again = "heymilo_sync.jobs where urgency = 'refresh'";
    assert_eq!(world.count(again).await, 0, "a round begins at most once a day");
}

#[tokio::test]
async fn an_untouched_invitation_is_fetched_once_by_a_backfill() {
    let world = Simulated::start().await;
    world.sync().await;
    let command = world.command().await;
    for _ in 0..2 {
        command.backfill(&Range::default()).await.unwrap();
        world.drain().await;
    }

    let untouched = "heymilo_sync.jobs
        join heymilo.interviews using (workspace_id, interview_id)
        where status = 'pending' and urgency = 'look'";
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
    world.full_scan_is_due().await;

    world.poll().await;

    let order: Value = world
        .value(
            "select jsonb_agg(jsonb_build_array(urgency, interview_id) order by jobs.urgency)
             from heymilo_sync.jobs where due_at <= now()",
        )
        .await;
    assert_eq!(order, json!([["change", id], ["first_copy", "int_0_new"]]));
}

#[tokio::test]
async fn a_hung_connection_stops_no_poll() {
    let world = Simulated::start().await;
    let replica = world.replica(&world.address);
    let mut hung = world.db.begin().await.unwrap();
    hung.execute("lock table heymilo.postings in access exclusive mode").await.unwrap();

    let polled = timeout(WAIT_LIMIT, world.try_poll()).await.expect("the poll gives up");
    assert!(polled.is_err());
    hung.rollback().await.unwrap();

    timeout(WAIT_LIMIT, replica.poll()).await.expect("another process takes over");
    assert!(world.count("heymilo.postings").await > 0);
}

#[tokio::test]
async fn a_hung_write_gives_its_jobs_back() {
    let world = Simulated::start().await;
    let id = world.heymilo.interview_ids()[0].clone();
    world.deliver(json!({ "interview_id": id })).await;
    let mut hung = world.db.begin().await.unwrap();
    hung.execute("lock table heymilo.workflow_steps in access exclusive mode").await.unwrap();

    let worked = timeout(WAIT_LIMIT, world.try_work()).await.expect("the worker gives up");
    hung.rollback().await.unwrap();

    assert!(worked.is_err() || worked.is_ok_and(|jobs| jobs <= 1));
    world.let_time_pass().await;
    world.drain().await;
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
    // Nothing older is unfinished, so the list would not be read from there on.
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
    let completed = format!(
        "heymilo.interviews where interview_id = '{id}' and status = 'completed'
         and interviewed_at is not null"
    );
    assert_eq!(world.count(&completed).await, 0, "the list was not read yet");
    world
        .execute(&format!(
            "update heymilo_sync.cursors set due_at = now() where posting_id = '{posting}'"
        ))
        .await;
    world.poll().await;

    assert_eq!(world.count(&completed).await, 1);
}

/// Delivers an event and does the work that is due now. Returns the number of requests.
async fn deliver_event(world: &Simulated, id: &str, event_type: &str) -> usize {
    let before = world.heymilo.requests().len();
    world.deliver(json!({ "interview_id": id, "event_type": event_type })).await;
    world.drain().await;
    world.heymilo.requests().len() - before
}

#[tokio::test]
async fn repeated_deliveries_of_an_unchanged_interview_cost_one_request_and_one_look() {
    let world = Simulated::start().await;
    world.sync().await;
    world.execute("delete from heymilo_sync.jobs").await;
    let id = completed(&world).await;

    let mut requests = Vec::new();
    for _ in 0..20 {
        requests.push(deliver_event(&world, &id, "interview_completed").await);
    }

    assert_eq!(requests.iter().sum::<usize>(), 1, "{requests:?}");
    let waits: bool = world
        .value(
            "select due_at between now() + interval '5 s' and now() + interval '31 s'
             from heymilo_sync.jobs",
        )
        .await;
    assert!(waits);
    world.age("31 seconds").await;
    assert_eq!(world.drain().await, 1, "one look");
    assert_eq!(deliver_event(&world, &id, "report_available").await, 1, "another event type");
}

#[tokio::test]
async fn deliveries_that_change_nothing_wait_longer_each_time() {
    let world = Simulated::start().await;
    world.sync().await;
    world.execute("delete from heymilo_sync.jobs").await;
    let id = completed(&world).await;

    let mut waits = Vec::new();
    for _ in 0..9 {
        world.deliver(json!({ "interview_id": id, "event_type": "interview_completed" })).await;
        let wait: f64 = world
            .value("select extract(epoch from due_at - now())::float8 from heymilo_sync.jobs")
            .await;
        waits.push(wait.max(0.0).round() as i64);
        world.let_time_pass().await;
        world.drain().await;
        world.execute("delete from heymilo_sync.jobs").await;
    }

    assert_eq!(waits, [0, 15, 30, 60, 120, 240, 480, 900, 900]);
    world.heymilo.edit_interview(&id, |data| data["score"] = json!(3.5));
    world.let_time_pass().await;
    world.deliver(json!({ "interview_id": id, "event_type": "interview_completed" })).await;
    world.let_time_pass().await;
    world.drain().await;
    assert_eq!(deliver_event(&world, &id, "interview_completed").await, 1, "it changed since");
}

#[tokio::test]
async fn a_new_posting_is_found_while_a_full_scan_goes_on() {
    let (world, shown) = Simulated::with_reluctant_pages().await;
    let stop = CancellationToken::new();
    let found = async {
        // The full scan of the first posting waits for its second page.
        world.until_true("select count(*) >= 100 from heymilo.interviews").await;
        world
            .execute("update heymilo_sync.cursors set due_at = now() where list = 'postings'")
            .await;
        let read_again = "select polled_at > now() - interval '5 s' and due_at > now()
             from heymilo_sync.cursors where list = 'postings'";
        world.until_true(read_again).await;
        assert_eq!(world.count("heymilo_sync.cursors where page_after is not null").await, 1);
        shown.cancel();
    };

    tokio::select! {
        () = world.engine().run(&stop) => panic!("the engine came to its end"),
        () = found => {}
    }
}

#[tokio::test]
async fn a_clock_that_is_ahead_of_the_databases_makes_no_busy_loop() {
    let (_heymilo, address) = simulated::heymilo().await;
    let db = database().await;
    // A schema before Postgres' own in the search path has a function of this name.
    db.execute(
        "create schema behind;
         create function behind.now() returns timestamptz language sql stable
         as $$ select pg_catalog.now() - interval '10 minutes' $$;
         create function behind.clock_timestamp() returns timestamptz language sql volatile
         as $$ select pg_catalog.clock_timestamp() - interval '10 minutes' $$;",
    )
    .await
    .unwrap();
    let path = [("search_path", "behind,pg_catalog,public")];
    let options = PgConnectOptions::clone(&db.connect_options()).options(path);
    let app = TestApp::on(pool(options, 10), &address, &[]);
    app.poll().await;
    app.drain().await;
    let commits = "select xact_commit from pg_stat_database where datname = current_database()";
    let before: i64 = app.value(commits).await;

    let stop = CancellationToken::new();
    let idle = Duration::from_secs(5);
    timeout(idle, app.engine().run(&stop)).await.unwrap_err();
    app.db.close().await;

    let after: i64 = sqlx::query_scalar(commits).fetch_one(&db).await.unwrap();
    assert!(after - before < 200, "{} commits in five seconds", after - before);
}
