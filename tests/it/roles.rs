//! The roles of the database: one role migrates, and the daemon's own needs few rights.

use std::fs;

use axum::http::StatusCode;
use heymilo_sync::store::database::pool;
use serde_json::json;
use sqlx::{AssertSqlSafe, Executor as _, postgres::PgConnectOptions};
use tempfile::TempDir;

use crate::support::{
    app::TestApp,
    daemon,
    database::database,
    program::program_with,
    role::Role,
    simulated::{self, Simulated},
};

/// These tests ask no HeyMilo.
const CLOSED_PORT: &str = "http://127.0.0.1:9";
const MIGRATED_BY_ANOTHER: [(&str, &str); 1] = [("HEYMILO_SYNC__DATABASE__MIGRATE", "false")];

#[tokio::test]
async fn a_role_that_owns_nothing_goes_the_whole_road() {
    let db = database().await;
    let role = Role::create(&db, "daemon").await;
    let revoke =
        "revoke execute on all functions in schema heymilo, heymilo_sync, heymilo_bi from public";
    db.execute(revoke).await.unwrap();
    role.grant_the_daemons_rights(&db).await;
    let (heymilo, address) = simulated::heymilo().await;
    let app = TestApp::start_on(role.connect(), &address, []);
    let world = Simulated { app, heymilo, address };

    world.sync().await;
    let id = world.heymilo.interview_ids()[0].clone();
    assert_eq!(world.deliver(json!({ "interview_id": id })).await, StatusCode::ACCEPTED);
    assert_eq!(world.deliver(json!({ "interview_id": "made-up" })).await, StatusCode::ACCEPTED);
    assert_eq!(world.deliver(json!({ "posting_id": "made-up" })).await, StatusCode::ACCEPTED);
    world.drain().await;
    world.let_time_pass().await;
    world.drain().await;
    assert_eq!(world.operate("/readyz", None).await.0, StatusCode::OK);
    let (_, status) = world.operate("/api/v1/status", None).await;
    assert!(status.contains(r#""coverage":[{"#), "{status}");
    for command in [
        &["sync"][..],
        &["sync", "--interview", &id],
        &["backfill"],
        &["verify", "--deep", "3", "--repair"],
        &["replay"],
        &["snapshot", &id],
        &["erase", "--yes", "--interview", &id],
    ] {
        let (success, said) =
            program_with(&role.url(), &world.address, command, &MIGRATED_BY_ANOTHER).await;
        assert!(success, "{command:?}: {said}");
    }

    assert!(world.count("heymilo.interviews").await > 0);
    world.db.close().await;
    role.remove(&db).await;
}

#[tokio::test]
async fn another_role_that_is_no_superuser_migrates() {
    let db = database().await;
    db.execute(
        "drop publication if exists heymilo;
         drop schema heymilo cascade;
         drop schema heymilo_sync cascade;
         drop schema heymilo_bi cascade;
         drop schema heymilo_analyst cascade;
         drop schema heymilo_demographics cascade",
    )
    .await
    .unwrap();
    let name = db.connect_options().get_database().unwrap().to_owned();
    let (owner, daemon) = (Role::create(&db, "owner").await, Role::create(&db, "daemon").await);
    db.execute(AssertSqlSafe(format!("alter database {name} owner to {}", owner.name)))
        .await
        .unwrap();

    let connect_timeout = ("HEYMILO_SYNC__DATABASE__CONNECT_TIMEOUT", "1s");
    let settings = [MIGRATED_BY_ANOTHER[0], connect_timeout];
    let (started, said) = program_with(&daemon.url(), CLOSED_PORT, &["run"], &settings).await;
    assert!(!started);
    assert!(said.contains("run `heymilo-sync migrate`"), "{said}");

    for _ in 0..2 {
        let (migrated, said) =
            program_with(&owner.url(), CLOSED_PORT, &["migrate"], &MIGRATED_BY_ANOTHER).await;
        assert!(migrated, "{said}");
    }
    let (started, said) =
        program_with(&daemon.url(), CLOSED_PORT, &["replay"], &MIGRATED_BY_ANOTHER).await;
    assert!(!started);
    assert!(said.contains("config/daemon-role.sql"), "{said}");

    daemon.grant_the_daemons_rights(&owner.connect()).await;
    let (started, said) =
        program_with(&daemon.url(), CLOSED_PORT, &["replay"], &MIGRATED_BY_ANOTHER).await;
    assert!(started, "{said}");

    db.execute(AssertSqlSafe(format!("alter database {name} owner to current_user")))
        .await
        .unwrap();
    daemon.remove(&db).await;
    owner.remove(&db).await;
}

#[tokio::test]
async fn what_the_database_sets_for_others_does_not_hold_for_us() {
    let app = TestApp::start(CLOSED_PORT).await;
    let name: String = app.value("select current_database()::text").await;
    for setting in ["default_transaction_isolation = serializable", "statement_timeout = 1"] {
        app.execute(&format!("alter database {name} set {setting}")).await;
    }

    let ours = pool(PgConnectOptions::clone(&app.db.connect_options()), 1);

    for (setting, value) in
        [("transaction_isolation", "read committed"), ("statement_timeout", "0")]
    {
        let show = AssertSqlSafe(format!("show {setting}"));
        let shown: String = sqlx::query_scalar(show).fetch_one(&ours).await.unwrap();
        assert_eq!(shown, value, "{setting}");
    }
}

#[test]
fn a_command_makes_no_database_of_its_own() {
    let directory = TempDir::new().unwrap();
    let place = ("HEYMILO_SYNC__DATABASE__DIRECTORY", directory.path().to_str().unwrap());
    for arguments in
        [&["erase", "--yes", "--email", "ada@example.com"][..], &["replay"], &["sync"], &["verify"]]
    {
        let mut command = daemon::program(arguments[0], [place, ("HEYMILO_API_KEY", "none")]);
        command.args(&arguments[1..]);

        let (succeeded, said) = daemon::run(command);

        assert!(!succeeded, "{arguments:?}: {said}");
        assert!(said.contains("set DATABASE_URL"), "{arguments:?}: {said}");
    }
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
}
