//! Poolers between the program and Postgres: those that work, and those that are refused with one
//! sentence.

use sqlx::{AssertSqlSafe, ConnectOptions as _, Executor as _, PgPool, postgres::PgConnectOptions};

use crate::support::{
    bouncer::Bouncer, daemon::Running, hopping::Hopping, private::PrivatePostgres,
    program::program_with, simulated,
};

/// No list is read during the test.
const SELDOM: (&str, &str) = ("HEYMILO_SYNC__POLL__INTERVAL", "1h");

fn server(pool: &PgPool) -> PgConnectOptions {
    PgConnectOptions::clone(&pool.connect_options())
}

/// An empty database on the test's server.
async fn empty(postgres: &PrivatePostgres, name: &str) {
    postgres.execute(&format!("create database {name}")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pooler_in_session_mode_works_as_it_comes() {
    let postgres = PrivatePostgres::start().await;
    let bouncer = Bouncer::before(&server(&postgres.pool()), "session");
    let (_, base_url) = simulated::heymilo().await;
    empty(&postgres, "pooled").await;

    let (success, said) = program_with(&bouncer.url("pooled"), &base_url, &["sync"], &[]).await;

    assert!(success, "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pooler_that_loses_statements_is_refused_at_once() {
    let postgres = PrivatePostgres::start().await;
    let bouncer = Bouncer::before(&server(&postgres.pool()), "transaction");
    empty(&postgres, "pooled").await;

    let closed_port = "http://127.0.0.1:9";
    let (success, said) =
        program_with(&bouncer.url("pooled"), closed_port, &["migrate"], &[]).await;

    assert!(!success, "{said}");
    assert!(
        said.contains("pooler in transaction mode") && said.contains("direct address"),
        "{said}"
    );
    assert!(!said.contains("waiting for it"), "{said}");
    let mut beside = server(&postgres.pool()).database("pooled").connect().await.unwrap();
    let made: i64 =
        sqlx::query_scalar("select count(*) from pg_namespace where nspname like 'heymilo%'")
            .fetch_one(&mut beside)
            .await
            .unwrap();
    assert_eq!(made, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pooler_that_keeps_statements_works_without_session_settings() {
    let postgres = PrivatePostgres::start().await;
    let server = server(&postgres.pool());
    let hopping = Hopping::before(&server).await;
    let (heymilo, base_url) = simulated::heymilo().await;
    empty(&postgres, "pooled").await;
    let url = hopping.url(server.get_username(), "pooled");

    let (success, said) = program_with(&url, &base_url, &["sync"], &[]).await;
    assert!(success, "{said}");
    let direct = heymilo_sync::store::database::pool(server.clone().database("pooled"), 2);
    let mut daemon = Running::start_with(&direct, &base_url, &[("DATABASE_URL", &url), SELDOM]);
    daemon.says("heymilo-sync is running");
    daemon.says("sends no notifications");
    let id = heymilo.interview_ids()[0].clone();
    assert_eq!(daemon.deliver(&format!(r#"{{"interview_id":"{id}"}}"#)), Some(202));

    let kept: i64 = sqlx::query_scalar("select count(*) from heymilo_sync.inbox")
        .fetch_one(&direct)
        .await
        .unwrap();
    assert_eq!(kept, 1);
    assert!(daemon.terminate());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_may_have_three_connections_is_enough() {
    let postgres = PrivatePostgres::start().await;
    let (_, base_url) = simulated::heymilo().await;
    for statement in ["create role few login connection limit 3", "create database few owner few"] {
        postgres.connect().await.execute(AssertSqlSafe(statement.to_owned())).await.unwrap();
    }
    let direct = server(&postgres.pool()).database("few");
    let beside = heymilo_sync::store::database::pool(direct.clone(), 2);
    let socket = direct.get_socket().unwrap().display().to_string();
    let url = format!("postgres://few@/few?host={socket}&port={}", direct.get_port());

    let (success, said) = program_with(&url, &base_url, &["sync"], &[]).await;
    assert!(success && said.contains("fewer connections"), "{said}");
    let mut daemon = Running::start_with(&beside, &base_url, &[("DATABASE_URL", &url), SELDOM]);
    daemon.says("owns the workspace");
    assert_eq!(daemon.deliver(r#"{"interview_id":"made-up"}"#), Some(202));
    assert!(daemon.terminate());
}
