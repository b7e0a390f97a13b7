//! Errors of the database have no lasting effect on deliveries and jobs.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use axum::http::{Method, StatusCode, header};
use serde_json::{Value, json};
use sqlx::Connection as _;
use tempfile::TempDir;
use tokio::time;
use tokio_util::sync::CancellationToken;

use crate::support::{
    app::{Running, TOKEN, TestApp},
    database::database,
    odd::OddHeyMilo,
    private::PrivatePostgres,
    simulated::{self, Simulated},
    waiting::becomes_true,
};

/// These tests ask no HeyMilo.
const CLOSED_PORT: &str = "http://127.0.0.1:9";
/// Shorter than any pause, so that a test need not wait.
const SHORT: (&str, &str) = ("limits.spool_after", "500ms");

/// A digest of the rows, without the times at which they were written.
const FACTS: &str = "md5(jsonb_build_array(
    (select jsonb_agg(array[interview_id, posting_id, status, score::text] order by interview_id)
     from heymilo.interviews),
    (select jsonb_agg(to_jsonb(t) order by interview_id, position)
     from heymilo.transcript_entries t),
    (select count(*) from heymilo.scorecard_questions),
    (select count(*) from heymilo.postings)
)::text)";

/// Makes the database refuse `times` deliveries with this code, whether or not the rows are to
/// blame.
async fn refuse_deliveries(app: &TestApp, sqlstate: &str, times: u32) {
    refuse(app, "heymilo_sync.inbox", sqlstate, times).await;
}

async fn refuse(app: &TestApp, table: &str, sqlstate: &str, times: u32) {
    // A sequence's count is not undone with the transaction.
    app.execute("create sequence public.refusals").await;
    app.execute(&format!(
        "create function refuse() returns trigger language plpgsql as $$
         begin
             if nextval('public.refusals') <= {times} then
                 raise exception 'refused' using errcode = '{sqlstate}';
             end if;
             return null;
         end $$"
    ))
    .await;
    app.execute(&format!(
        "create trigger refuse before insert on {table}
         for each statement execute function refuse()"
    ))
    .await;
}

fn spooled(app: &TestApp) -> usize {
    app.intake().spool().waiting
}

fn files(directory: &Path, extension: &str) -> Vec<PathBuf> {
    let files = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|found| found == extension)).collect()
}

async fn deliver(app: &TestApp, number: usize) -> StatusCode {
    app.deliver(json!({ "interview_id": format!("int_{number}") })).await
}

/// The bodies in the inbox, in the order in which they were written.
async fn inbox(app: &TestApp) -> Vec<String> {
    app.value(
        "select coalesce(array_agg(convert_from(body, 'UTF8') order by delivery_id), '{}')
         from heymilo_sync.inbox",
    )
    .await
}

fn body(number: usize) -> String {
    json!({ "interview_id": format!("int_{number}") }).to_string()
}

#[tokio::test]
async fn what_arrives_while_the_database_is_away_is_replayed_in_order() {
    let mut postgres = PrivatePostgres::start().await;
    let app = TestApp::on(postgres.pool(), CLOSED_PORT, &[]);
    assert_eq!(deliver(&app, 0).await, StatusCode::ACCEPTED);

    postgres.stop().await;
    for number in 1..=3 {
        assert_eq!(deliver(&app, number).await, StatusCode::ACCEPTED);
    }
    assert_eq!(spooled(&app), 3);
    assert!(app.intake().replay().await.is_err());
    postgres.start_again().await;
    assert_eq!(app.intake().replay().await.unwrap(), 3);

    assert_eq!(inbox(&app).await, [body(0), body(1), body(2), body(3)]);
    assert_eq!(app.count("heymilo_sync.jobs").await, 4);
    assert_eq!(deliver(&app, 4).await, StatusCode::ACCEPTED);
    assert_eq!(spooled(&app), 0);
    assert_eq!(app.count("heymilo_sync.inbox").await, 5);
}

#[tokio::test]
async fn the_next_process_replays_what_the_last_one_spooled_and_only_once() {
    let directory = TempDir::new().unwrap();
    let settings = [("HEYMILO_SYNC__SPOOL__DIRECTORY", directory.path().to_str().unwrap())];
    let app = TestApp::start_with(CLOSED_PORT, settings).await;
    refuse_deliveries(&app, "53100", 1).await;
    deliver(&app, 1).await;
    deliver(&app, 2).await;
    let read = |file: PathBuf| (fs::read(&file).unwrap(), file);
    let left: Vec<_> = files(directory.path(), "spool").into_iter().map(read).collect();
    let db = app.db.clone();
    drop(app);

    // The second time as if a process had died between the commit and the removal of the files.
    for _ in 0..2 {
        left.iter().for_each(|(content, file)| fs::write(file, content).unwrap());
        let next = TestApp::on(db.clone(), CLOSED_PORT, &settings);
        assert_eq!(next.intake().replay().await.unwrap(), 2);
        assert_eq!(files(directory.path(), "spool"), [] as [PathBuf; 0]);
    }

    let app = TestApp::on(db, CLOSED_PORT, &settings);
    assert_eq!(inbox(&app).await, [body(1), body(2)]);
    let generations: i64 = app.value("select sum(generation)::bigint from heymilo_sync.jobs").await;
    assert_eq!(generations, 2);
}

#[tokio::test]
async fn a_full_spool_makes_a_delivery_come_again() {
    let settings = [("HEYMILO_SYNC__SPOOL__MAX_BYTES", "1500")];
    let app = TestApp::start_with(CLOSED_PORT, settings).await;
    app.db.close().await;
    let long = vec![b' '; 1000];
    let path = format!("/webhooks/heymilo/{TOKEN}");

    assert_eq!(app.send(Method::POST, &path, long.clone()).await, StatusCode::ACCEPTED);
    let answer = app.ask(Method::POST, &path, long).await;

    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.headers().contains_key(header::RETRY_AFTER));
    // Only a replay makes space.
    app.intake().replay().await.unwrap_err();
    assert_eq!(app.operate("/readyz", None).await.0, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(spooled(&app), 1);
}

#[tokio::test]
async fn after_a_failure_without_a_spool_deliveries_are_taken_again_at_once() {
    let settings = [("HEYMILO_SYNC__SPOOL__DIRECTORY", "/dev/null/spool")];
    let app = TestApp::start_with(CLOSED_PORT, settings).await;
    let (intake, shutdown) = (app.intake().clone(), CancellationToken::new());
    let replays = tokio::spawn({
        let shutdown = shutdown.clone();
        async move { intake.run(shutdown).await }
    });
    refuse_deliveries(&app, "53100", 3).await;
    assert_eq!(deliver(&app, 1).await, StatusCode::SERVICE_UNAVAILABLE);

    let is_back = async || deliver(&app, 1).await == StatusCode::ACCEPTED;
    assert!(
        becomes_true(Duration::from_secs(15), is_back).await,
        "no replay checks whether it is back"
    );
    shutdown.cancel();
    replays.await.unwrap();
}

#[tokio::test]
async fn without_database_and_spool_a_delivery_is_to_come_again() {
    // Not even root can make a directory there.
    let settings = [("HEYMILO_SYNC__SPOOL__DIRECTORY", "/dev/null/spool")];
    let app = TestApp::start_with(CLOSED_PORT, settings).await;
    assert_eq!(deliver(&app, 1).await, StatusCode::ACCEPTED);
    app.db.close().await;

    let answer = app.ask(Method::POST, &format!("/webhooks/heymilo/{TOKEN}"), "{}").await;

    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.headers().contains_key(header::RETRY_AFTER));
    assert_eq!(app.operate("/readyz", None).await.0, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn it_is_ready_as_long_as_a_delivery_can_be_kept_somewhere() {
    let app = TestApp::start(CLOSED_PORT).await;
    app.db.close().await;
    deliver(&app, 1).await;

    let (status, readiness) = app.operate("/readyz", None).await;

    assert_eq!(status, StatusCode::OK);
    let readiness: Value = serde_json::from_str(&readiness).unwrap();
    assert_eq!(readiness["database"], "cannot be reached");
    assert_eq!(
        (&readiness["spool"]["state"], &readiness["spool"]["waiting"]),
        (&json!("ok"), &json!(1))
    );
}

#[tokio::test]
async fn a_paused_database_holds_no_delivery_up_and_what_hung_goes_on() {
    let mut postgres = PrivatePostgres::start().await;
    let app = TestApp::on(postgres.pool(), CLOSED_PORT, &[SHORT]);
    deliver(&app, 0).await;

    postgres.pause();
    let delivered = time::timeout(Duration::from_secs(5), deliver(&app, 1)).await;
    assert_eq!(delivered, Ok(StatusCode::ACCEPTED));
    // From now on no sender waits for it.
    let began = time::Instant::now();
    for number in 2..20 {
        assert_eq!(deliver(&app, number).await, StatusCode::ACCEPTED);
    }
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    assert_eq!(app.operate("/readyz", None).await.0, StatusCode::OK);
    assert!(app.intake().replay().await.is_err());
    postgres.resume();
    // A busy machine may need more than one replay.
    let replays = async {
        while inbox(&app).await.len() < 20 {
            let _ = app.intake().replay().await;
        }
    };
    time::timeout(Duration::from_secs(60), replays).await.expect("the spool is replayed");

    assert_eq!(inbox(&app).await, (0..20).map(body).collect::<Vec<_>>());
}

#[tokio::test]
async fn where_no_connection_is_left_deliveries_wait_in_the_spool() {
    let postgres = PrivatePostgres::start().await;
    postgres.execute("create role visitor login connection limit 2").await;
    for schema in ["heymilo", "heymilo_sync"] {
        postgres.execute(&format!("grant usage on schema {schema} to visitor")).await;
        let all = format!("grant all on all tables in schema {schema} to visitor");
        postgres.execute(&all).await;
    }
    let others = [postgres.pool_of("visitor"), postgres.pool_of("visitor")];
    let held = [others[0].acquire().await.unwrap(), others[1].acquire().await.unwrap()];
    let app = TestApp::on(postgres.pool_of("visitor"), CLOSED_PORT, &[SHORT]);

    assert_eq!(deliver(&app, 1).await, StatusCode::ACCEPTED);
    assert_eq!(spooled(&app), 1);
    assert!(app.intake().replay().await.is_err());
    for connection in held {
        connection.detach().close().await.unwrap();
    }
    while app.intake().replay().await.is_err() {}

    assert_eq!(inbox(&app).await, [body(1)]);
}

#[tokio::test]
async fn a_database_that_may_only_be_read_takes_deliveries_once_it_may_be_written() {
    let postgres = PrivatePostgres::start().await;
    let app = TestApp::on(postgres.pool(), CLOSED_PORT, &[]);
    let read_only = "alter database heymilo set default_transaction_read_only =";
    postgres.execute(&format!("{read_only} on")).await;

    assert_eq!(deliver(&app, 1).await, StatusCode::ACCEPTED);
    assert_eq!(spooled(&app), 1);
    assert!(app.intake().replay().await.is_err());
    postgres.execute(&format!("{read_only} off")).await;
    while app.intake().replay().await.is_err() {}

    assert_eq!(inbox(&app).await, [body(1)]);
}

#[tokio::test]
async fn a_delivery_outlasts_whatever_the_database_says_for_its_own_sake() {
    // No space, deadlock, serialization failure, statement timeout, shut down, internal error.
    for sqlstate in ["53100", "40P01", "40001", "57014", "57P01", "XX000"] {
        let app = TestApp::start(CLOSED_PORT).await;
        refuse_deliveries(&app, sqlstate, 2).await;

        assert_eq!(deliver(&app, 1).await, StatusCode::ACCEPTED, "{sqlstate}");
        assert_eq!(spooled(&app), 1, "{sqlstate}");
        assert!(app.intake().replay().await.is_err(), "{sqlstate}");
        assert_eq!(app.intake().replay().await.unwrap(), 1, "{sqlstate}");

        assert_eq!(inbox(&app).await, [body(1)], "{sqlstate}");
        assert_eq!(app.count("heymilo_sync.jobs").await, 1, "{sqlstate}");
    }
}

/// Makes the database do something to each delivery with the body of `number`.
async fn hurt_by(app: &TestApp, number: usize, harm: &str) {
    app.execute(&format!(
        "create function hurt() returns trigger language plpgsql as $$
         begin {harm}; return new; end $$"
    ))
    .await;
    app.execute(&format!(
        "create trigger hurt before insert on heymilo_sync.inbox for each row
         when (new.body = convert_to('{}', 'UTF8')) execute function hurt()",
        body(number)
    ))
    .await;
}

/// Causes a passing error, so that all later deliveries wait in the spool, one file each.
async fn spool_some(app: &TestApp, numbers: std::ops::Range<usize>) {
    refuse_deliveries(app, "53100", 1).await;
    for number in numbers {
        assert_eq!(deliver(app, number).await, StatusCode::ACCEPTED);
    }
}

#[tokio::test]
async fn a_delivery_that_fails_alone_is_set_aside_and_the_others_go_in() {
    // One never ends, and the error of the other blames neither the rows nor the database.
    for harm in ["perform pg_sleep(60)", "raise exception 'odd' using errcode = 'XX000'"] {
        // Long enough for a harmless delivery on a busy machine.
        let limit = ("limits.spool_after", "1s");
        let app = TestApp::start_with(CLOSED_PORT, [limit]).await;
        spool_some(&app, 0..12).await;
        hurt_by(&app, 7, harm).await;

        let mut replays = 0;
        while files(app.spool(), "aside").is_empty() {
            // On a busy machine even the harmless delivery may be late.
            app.intake().replay().await.ok();
            replays += 1;
        }

        let aside = files(app.spool(), "aside");
        assert!(replays >= 3, "{harm}: set aside after {replays}");
        assert_eq!((spooled(&app), aside.len()), (0, 1), "{harm}");
        assert_eq!(app.count("heymilo_sync.inbox").await, 11, "{harm}");
        app.execute("drop trigger hurt on heymilo_sync.inbox").await;
        fs::rename(&aside[0], aside[0].with_extension("spool")).unwrap();
        while spooled(&app) > 0 || !files(app.spool(), "spool").is_empty() {
            app.intake().replay().await.ok();
        }
        assert_eq!(app.count("heymilo_sync.inbox").await, 12, "{harm}");
        assert_eq!(app.intake().spool().bytes, 0, "{harm}");
    }
}

#[tokio::test]
async fn while_the_database_takes_no_delivery_at_all_none_is_set_aside() {
    let app = TestApp::start_with(CLOSED_PORT, [SHORT]).await;
    spool_some(&app, 0..3).await;
    let mut tx = app.db.begin().await.unwrap();
    sqlx::query("lock table heymilo_sync.jobs").execute(&mut *tx).await.unwrap();

    for _ in 0..5 {
        assert!(app.intake().replay().await.is_err());
    }
    tx.commit().await.unwrap();
    while app.intake().replay().await.is_err() {}

    assert_eq!(inbox(&app).await, [body(0), body(1), body(2)]);
    assert_eq!(files(app.spool(), "aside").len(), 0);
    assert_eq!(app.count("heymilo_sync.jobs").await, 3);
}

#[tokio::test]
async fn a_file_of_another_owner_keeps_no_other_delivery() {
    let app = TestApp::start(CLOSED_PORT).await;
    let name = "00000000-0000-7000-8000-000000000000-4.spool";
    // Not even root can read a directory as a file.
    fs::create_dir(app.spool().join(name)).unwrap();
    spool_some(&app, 0..3).await;

    assert_eq!(app.intake().replay().await.unwrap(), 3);

    assert_eq!(inbox(&app).await, [body(0), body(1), body(2)]);
    assert_eq!(spooled(&app), 4, "those that cannot be read still wait");
}

/// The rows of another database, from the same HeyMilo and without any errors.
async fn without_trouble(address: &str) -> String {
    let app = TestApp::on(database().await, address, &[]);
    app.poll().await;
    app.drain().await;
    facts(&app).await
}

async fn facts(app: &TestApp) -> String {
    app.value(&format!("select {FACTS}")).await
}

#[tokio::test]
async fn trouble_of_the_database_costs_no_job_its_turn() {
    for sqlstate in ["53100", "40P01", "40001", "25006"] {
        let world = Simulated::start().await;
        world.poll().await;
        refuse(&world, "heymilo_sync.snapshots", sqlstate, 2).await;

        assert!(world.try_work().await.is_err(), "{sqlstate}");
        let costs_nothing: bool = world
            .value("select bool_and(failed_at is null and attempt = 0) from heymilo_sync.jobs")
            .await;
        assert!(costs_nothing, "{sqlstate}");
        world.drain().await;

        assert_eq!(world.count("heymilo_sync.jobs where failed_at is not null").await, 0);
        assert_eq!(facts(&world).await, without_trouble(&world.address).await, "{sqlstate}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_recovers_from_a_restart_and_a_pause_of_its_database() {
    let mut postgres = PrivatePostgres::start().await;
    let (_, address) = simulated::heymilo_of(200).await;
    let settings = [SHORT];
    let app = TestApp::on(postgres.pool(), &address, &settings);
    let daemon = Running::start(TestApp::on(postgres.pool(), &address, &settings)).await;
    app.until_true("select count(*) > 5 from heymilo.interviews where fetched_at is not null")
        .await;

    postgres.stop().await;
    assert_eq!(daemon.deliver(json!({ "interview_id": "int_1" })).await, StatusCode::ACCEPTED);
    postgres.start_again().await;
    app.until_true("select count(*) = 1 from heymilo_sync.inbox").await;
    postgres.pause();
    assert_eq!(daemon.deliver(json!({ "interview_id": "int_2" })).await, StatusCode::ACCEPTED);
    // The pause of the database.
    time::sleep(Duration::from_millis(2500)).await;
    postgres.resume();
    app.until_true("select count(*) = 2 from heymilo_sync.inbox").await;
    let expected = without_trouble(&address).await;
    app.until_true(&format!("select {FACTS} = '{expected}'")).await;

    let failed = "heymilo_sync.jobs
        where failed_at is not null and interview_id not in ('int_1', 'int_2')";
    assert_eq!(app.count(failed).await, 0);
    daemon.stop().await;
}

#[tokio::test]
async fn a_fetch_whose_database_hangs_is_given_up_and_done_again() {
    let mut postgres = PrivatePostgres::start().await;
    let (heymilo, address) = OddHeyMilo::start(json!({ "interview_id": "int_1" })).await;
    let app = TestApp::on(postgres.pool(), &address, &[]);
    deliver(&app, 1).await;

    let (worked, ()) = tokio::join!(app.try_work(), async {
        heymilo.asked().await;
        postgres.pause();
        heymilo.release();
    });
    assert!(worked.is_err());
    postgres.resume();
    heymilo.release();
    app.until_true("select count(*) = 1 from heymilo_sync.jobs").await;
    app.let_time_pass().await;
    app.drain().await;

    assert_eq!(app.count("heymilo.interviews").await, 1);
    assert_eq!(app.count("heymilo_sync.jobs").await, 0);
}
