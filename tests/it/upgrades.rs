//! The previous release goes on working on a database that this one has migrated: so replicas can
//! be replaced one by one. When a release is made, its statements and its last migration take the
//! place of those here.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use heymilo_sync::store::database::{MIGRATIONS, is_current, migrate};
use serde_json::json;
use sqlx::{AssertSqlSafe, Executor as _, PgPool, SqlSafeStr as _};

use crate::support::{app::TestApp, database::database};

/// The last migration that the previous release knows.
const PREVIOUS: i64 = 20_261_124_000_004;
/// Every statement that the previous release sends, between lines of one semicolon.
const STATEMENTS: &str = include_str!("../fixtures/statements_of_the_previous_release.sql");

/// A column of our tables.
type Column = (String, String, String);

/// The columns of all tables, those that a row can be inserted without apart.
async fn columns(db: &PgPool, optional: bool) -> BTreeSet<Column> {
    sqlx::query_as(
        "select table_schema::text, table_name::text, column_name::text
         from information_schema.columns
         join information_schema.tables using (table_schema, table_name)
         where table_schema in ('heymilo', 'heymilo_sync')
           and table_type = 'BASE TABLE'
           and $1 = (is_nullable = 'YES' or column_default is not null
                     or is_identity = 'YES' or is_generated = 'ALWAYS')",
    )
    .bind(optional)
    .fetch_all(db)
    .await
    .unwrap()
    .into_iter()
    .collect()
}

#[tokio::test]
async fn every_statement_of_the_previous_release_can_still_be_prepared() {
    let db = database().await;

    for statement in STATEMENTS.split("\n;\n") {
        let prepared = db.prepare(AssertSqlSafe(statement).into_sql_str()).await;
        assert!(prepared.is_ok(), "{:?}\n{statement}", prepared.err());
    }
}

#[tokio::test]
async fn rows_of_the_previous_release_still_fit() {
    let db = database().await;
    let required = columns(&db, false).await;

    db.execute("drop schema heymilo, heymilo_sync, heymilo_bi cascade").await.unwrap();
    db.execute("drop table _sqlx_migrations").await.unwrap();
    MIGRATIONS.run_to(PREVIOUS, &db).await.unwrap();
    let known: BTreeSet<Column> = &columns(&db, false).await | &columns(&db, true).await;

    let tables: BTreeSet<_> = known.iter().map(|(schema, table, _)| (schema, table)).collect();
    let unknown = required.difference(&known).filter(|(s, t, _)| tables.contains(&(s, t)));
    assert_eq!(unknown.collect::<Vec<_>>(), Vec::<&Column>::new());
}

#[tokio::test]
async fn a_database_that_is_newer_keeps_replicas_of_the_previous_release_ready() {
    let app = TestApp::start("http://127.0.0.1:9").await;

    app.execute(
        "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
         values (99990101000000, 'of the next release', true, '', 0)",
    )
    .await;

    assert_eq!(app.operate("/readyz", None).await.0, StatusCode::OK);
    assert_eq!(app.deliver(json!({ "interview_id": "int_1" })).await, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn a_role_that_is_named_like_a_schema_finds_its_migrations_again() {
    let db = database().await;
    db.execute(
        "do $$ begin
             execute format('alter database %I set search_path = heymilo, public', current_database());
         end $$",
    )
    .await
    .unwrap();
    let later = PgPool::connect_with((*db.connect_options()).clone()).await.unwrap();

    migrate(&later).await.unwrap();

    assert!(is_current(&later).await.unwrap());
}
