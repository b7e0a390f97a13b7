//! `heymilo-sync status` and `failed`, with and without a running daemon.

use std::{fs, time::Duration};

use heymilo_sync::{
    records::WorkspaceId,
    status::{StatusReader, WorkspaceSettings},
};
use serde_json::{Value, json};
use sqlx::{Connection as _, PgConnection};

use crate::support::{
    app::TestApp,
    daemon::{program, url},
    simulated::Simulated,
    waiting::becomes_true,
};

/// Runs a command. Returns its exit code and its output.
async fn run(address: &str, arguments: &[&str]) -> (Option<i32>, String) {
    run_with(address, arguments, &[]).await
}

/// Runs it with further settings.
async fn run_with(
    address: &str,
    arguments: &[&str],
    settings: &[(&str, &str)],
) -> (Option<i32>, String) {
    let mut program = program(arguments[0], [("DATABASE_URL", address)]);
    program.args(&arguments[1..]).envs(settings.iter().copied());
    let output = tokio::task::spawn_blocking(move || program.output().unwrap()).await.unwrap();
    (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

async fn well() -> Simulated {
    let world = Simulated::start().await;
    world.sync().await;
    world.own().await;
    world.poll().await;
    while world.index().await > 0 {}
    world
}

#[tokio::test]
async fn the_exit_code_is_how_it_stands() {
    let world = well().await;
    let address = url(&world.db);

    let (code, said) = run(&address, &["status"]).await;
    assert_eq!(code, Some(0), "{said}");
    assert!(said.starts_with("healthy  All is well.\n"), "{said}");
    assert!(!said.contains('\u{1b}'), "no colours without a terminal");

    let id = world.heymilo.interview_ids()[0].clone();
    world.deliver(json!({ "interview_id": id })).await;
    world
        .execute(
            "update heymilo_sync.jobs set failed_at = now(), last_error = 'odd'
             where urgency = 'delivery'",
        )
        .await;
    let (code, said) = run(&address, &["status"]).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.starts_with("degraded  Interviews given up: 1.\n"), "{said}");
    assert!(said.contains("heymilo-sync failed"), "it says what to do: {said}");
    for row in
        ["  given up: 1", "  odd", "  postings that agree", "  webhook to rows", "  migration"]
    {
        assert!(said.lines().any(|line| line.contains(row)), "{row}: {said}");
    }

    world.disown().await;
    let (code, said) = run(&address, &["status"]).await;
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("No daemon is at work"), "{said}");

    let (code, said) = run("postgres://127.0.0.1:9/nothing", &["status"]).await;
    assert_eq!(code, Some(2), "{said}");
    assert!(said.starts_with("down  The database does not answer.\n"), "{said}");
}

#[tokio::test]
async fn a_status_that_cannot_be_read_has_its_own_exit_code() {
    let unused = "postgres://127.0.0.1:9/nothing";

    let malformed = ("HEYMILO_SYNC__WORKER__SPEED", "9");
    let (code, said) = run_with(unused, &["status"], &[malformed]).await;
    assert_eq!(code, Some(3), "{said}");
    let (code, said) = run("nonsense", &["status"]).await;
    assert_eq!(code, Some(3), "{said}");
    let (code, _) = run("nonsense", &["failed", "list"]).await;
    assert_eq!(code, Some(1));
}

#[tokio::test]
async fn the_spool_is_shown_without_a_daemon_and_left_as_it_is() {
    let app = TestApp::start("http://127.0.0.1:9").await;
    app.db.close().await;
    for _ in 0..2 {
        app.deliver(json!({ "interview_id": "int_1" })).await;
    }
    let spool = [("HEYMILO_SYNC__SPOOL__DIRECTORY", app.spool().to_str().unwrap())];
    let files = || fs::read_dir(app.spool()).unwrap().count();
    let before = files();

    let (code, said) = run_with("postgres://127.0.0.1:9/nothing", &["status"], &spool).await;

    assert_eq!(code, Some(2));
    assert!(said.contains("Deliveries waiting on disk for the database: 2"), "{said}");
    assert_eq!(files(), before);
}

/// Lets a minute pass without events.
async fn a_minute_passes() {
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(61)).await;
    tokio::time::resume();
}

#[tokio::test]
async fn during_a_long_count_the_earlier_one_is_shown() {
    let app = TestApp::start("http://127.0.0.1:9").await;
    let settings = WorkspaceSettings {
        id: WorkspaceId::new("default").unwrap(),
        takes_deliveries: false,
        requests_per_minute: 300,
        is_searchable: false,
        inbox_limit: 1 << 30,
        key_variable: "HEYMILO_API_KEY".to_owned(),
    };
    let status_reader = StatusReader::new(app.db.clone(), [settings].into());
    let notices = async || status_reader.read(None).await.workspaces[0].counts.notices.len();
    assert_eq!(notices().await, 0);
    let mut tx = app.db.begin().await.unwrap();
    for statement in [
        "lock table heymilo_sync.notices",
        "insert into heymilo_sync.notices
             (workspace_id, kind, subject_id, path, problem, expected, found,
              occurrences, noticed_at)
         values ('default', 'interview', 'int_1', 'score', 'wrong_type', 'number', 'object',
                 1, now())",
    ] {
        sqlx::query(statement).execute(&mut *tx).await.unwrap();
    }

    a_minute_passes().await;
    assert_eq!(notices().await, 0);
    assert_eq!(notices().await, 0);
    tx.commit().await.unwrap();

    assert_eq!(notices().await, 1);
}

#[tokio::test]
async fn json_is_what_the_operations_api_tells() {
    let world = well().await;

    let (_, said) = run(&url(&world.db), &["status", "--json"]).await;
    let printed: Value = serde_json::from_str(&said).unwrap();
    let (_, said) = world.operate("/api/v1/status", None).await;
    let api: Value = serde_json::from_str(&said).unwrap();

    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&printed), keys(&api));
    assert_eq!(keys(&printed["workspaces"][0]), keys(&api["workspaces"][0]));
    assert_eq!(keys(&printed["spool"]), keys(&api["spool"]));
    assert_eq!(printed["workspaces"][0]["coverage"], api["workspaces"][0]["coverage"]);
}

#[tokio::test]
async fn what_failed_is_listed_shown_and_retried() {
    let world = well().await;
    let address = url(&world.db);
    assert_eq!(run(&address, &["failed", "list"]).await.1, "no interview failed\n");
    let ids = &world.heymilo.interview_ids()[..2];
    for id in ids {
        world.deliver(json!({ "interview_id": id })).await;
    }
    world
        .execute(
            "update heymilo_sync.jobs set failed_at = now(), last_error = 'odd'
             where urgency = 'delivery'",
        )
        .await;

    let (code, said) = run(&address, &["failed", "list"]).await;
    assert_eq!((code, said.lines().count()), (Some(0), 2));
    assert!(said.lines().all(|line| line.ends_with("odd")), "{said}");

    let (_, said) = run(&address, &["failed", "show", &ids[0]]).await;
    assert!(said.contains("last_error = \"odd\"") && said.contains("is_due = false"), "{said}");

    let (code, said) = run(&address, &["failed", "retry", &ids[0]]).await;
    assert_eq!((code, said), (Some(0), format!("interview {} is due\n", ids[0])));
    assert_eq!(run(&address, &["failed", "list"]).await.1.lines().count(), 1);
    let (_, said) = run(&address, &["failed", "retry", "--all"]).await;
    assert_eq!(said, "default: 1 interviews are due\n");
    world.drain().await;
    assert_eq!(world.count("heymilo_sync.jobs where last_error is not null").await, 0);

    let (code, said) = run(&address, &["failed", "retry", "made-up"]).await;
    assert_eq!(code, Some(1));
    assert!(said.contains("sync --interview made-up"), "it says what to do: {said}");
}

#[tokio::test]
async fn who_holds_a_lock_that_is_waited_for_is_named() {
    let world = well().await;
    let status_reader = StatusReader::new(world.db.clone(), [].into());
    let options = world.db.connect_options();
    let holder = (*options).clone().application_name("a forgotten notebook");
    let mut holder = PgConnection::connect_with(&holder).await.unwrap();
    sqlx::raw_sql("begin; lock table heymilo.postings").execute(&mut holder).await.unwrap();
    let held: i32 =
        sqlx::query_scalar("select pg_backend_pid()").fetch_one(&mut holder).await.unwrap();

    let waiting = (*options).clone().application_name("heymilo-sync");
    let mut waiting = PgConnection::connect_with(&waiting).await.unwrap();
    let waiting = tokio::spawn(async move {
        sqlx::raw_sql("update heymilo.postings set title = title").execute(&mut waiting).await
    });
    let mut report = status_reader.read(None).await;
    becomes_true(Duration::from_secs(30), async || {
        report = status_reader.read(None).await;
        !report.findings.is_empty()
    })
    .await;

    let [found] = &report.findings[..] else { panic!("one finding, not {:?}", report.findings) };
    let expected =
        format!("Session {held} of the database (postgres \"a forgotten notebook\") holds a lock");
    assert!(found.what.starts_with(&expected), "{}", found.what);
    assert!(found.remedy.contains("pg_terminate_backend"));

    sqlx::raw_sql("rollback").execute(&mut holder).await.unwrap();
    waiting.await.unwrap().unwrap();
    assert_eq!(status_reader.read(None).await.findings, []);
}
