//! Each of the readers' roles sees what it may, and nothing else.

use heymilo_sync::store::database::MIGRATIONS;
use serde_json::json;
use sqlx::{
    AssertSqlSafe, Column as _, ConnectOptions as _, Connection as _, Executor as _, PgConnection,
    PgPool, SqlSafeStr as _, postgres::PgConnectOptions,
};

use crate::support::{database::database, facts::Facts, program::program};

/// Whom the roles let read which schemas.
const READS: [(&str, &[&str]); 4] = [
    ("heymilo_bi_reader", &["heymilo_bi"]),
    ("heymilo_analyst", &["heymilo_analyst", "heymilo_bi"]),
    ("heymilo_full", &["heymilo", "heymilo_bi"]),
    ("heymilo_demographics_reader", &["heymilo_demographics"]),
];

/// Columns that tell who somebody is, wherever they are.
const IDENTIFIERS: [&str; 15] = [
    "candidate_name",
    "candidate_email",
    "email",
    "interview_url",
    "resume_url",
    "audio_recording_url",
    "video_recording_url",
    "image",
    "interview_integrity_filename",
    "ingestion_url_key",
    "candidate_answer",
    "data",
    "details",
    "list_extra",
    "tab_switch_detection",
];

/// Free text about a person, which analysts see.
const FREE_TEXT: [&str; 2] = ["text", "segment_text"];

/// The password that this test gives the roles; other runs on the server give them the same.
const PASSWORD: &str = "password-of-the-tests";

/// Connects as somebody else.
async fn log_in(db: &PgPool, role: &str) -> PgConnection {
    // Settings of a role in a database are not copied with the database.
    db.execute("select heymilo_sync.make_roles()").await.unwrap();
    let password = format!("alter role {role} password '{PASSWORD}'");
    // Another test may be at it: it is the same password.
    let _ = db.execute(AssertSqlSafe(password)).await;
    let options = PgConnectOptions::clone(&db.connect_options());
    options.username(role).password(PASSWORD).connect().await.unwrap()
}

/// The tables and views of our schemas, each with its schema.
async fn relations(db: &PgPool) -> Vec<(String, String)> {
    let relations: Vec<(String, String)> = sqlx::query_as(
        "select nspname::text, relname::text
         from pg_class join pg_namespace on pg_namespace.oid = relnamespace
         where nspname like 'heymilo%' and relkind in ('r', 'v', 'm')
         order by 1, 2",
    )
    .fetch_all(db)
    .await
    .unwrap();
    assert!(relations.len() > 60);
    relations
}

async fn columns(connection: &mut PgConnection, table: &str) -> Vec<String> {
    let query = AssertSqlSafe(format!("select * from {table}")).into_sql_str();
    let described = connection.describe(query).await.unwrap();
    described.columns.iter().map(|column| column.name().to_owned()).collect()
}

#[tokio::test]
async fn each_role_reads_its_schemas_and_no_other() {
    let db = database().await;
    for (role, schemas) in READS {
        let mut connection = log_in(&db, role).await;
        for (schema, relation) in relations(&db).await {
            let query = format!("select * from {schema}.{relation} limit 1");
            let read = connection.execute(AssertSqlSafe(query)).await;

            let may = schemas.contains(&schema.as_str());
            assert_eq!(read.is_ok(), may, "{role} reads {schema}.{relation}: {read:?}");
        }
    }
}

#[tokio::test]
async fn an_analyst_selects_from_every_table_by_its_name_and_sees_no_identifier() {
    let db = database().await;
    let mut analyst = log_in(&db, "heymilo_analyst").await;
    let mut tables = 0;
    for (schema, table) in relations(&db).await {
        if schema != "heymilo" {
            continue;
        }
        tables += 1;
        let all = columns(&mut db.acquire().await.unwrap(), &format!("heymilo.{table}")).await;
        let shown = columns(&mut analyst, &table).await;

        assert!(!shown.is_empty());
        let leaked: Vec<&String> =
            shown.iter().filter(|column| is_identifier(&table, column, &all)).collect();
        assert!(leaked.is_empty(), "{table}: {leaked:?}");
        let missing: Vec<&String> = all
            .iter()
            .filter(|column| !is_identifier(&table, column, &all) && !shown.contains(column))
            .collect();
        assert!(missing.iter().all(|column| is_open(column)), "{table}: {missing:?}");
    }
    assert!(tables > 20);
}

fn is_identifier(table: &str, column: &str, of_table: &[String]) -> bool {
    let is_personal = table == "candidates" || of_table.iter().any(|name| name == "interview_id");
    IDENTIFIERS.contains(&column)
        || (table == "candidates" && column == "name")
        || (is_personal && matches!(column, "extra" | "metadata"))
}

/// Open JSON about a person may hold anything.
fn is_open(column: &str) -> bool {
    ["interview_integrity_result", "interview_integrity_comprehensive", "integrity_analysis_v2"]
        .contains(&column)
}

#[tokio::test]
async fn whatever_its_comment_calls_personal_data_is_hidden_or_known_to_be_free_text() {
    let db = database().await;
    let personal: Vec<(String, String)> = sqlx::query_as(
        "select relname::text, attname::text
         from pg_class join pg_attribute on attrelid = pg_class.oid
         where relnamespace = 'heymilo_analyst'::regnamespace
           and attnum > 0
           and col_description(attrelid, attnum) ilike '%personal%'",
    )
    .fetch_all(&db)
    .await
    .unwrap();

    assert!(personal.len() > 3);
    for (table, column) in personal {
        assert!(FREE_TEXT.contains(&column.as_str()), "{table}.{column}");
    }
}

#[tokio::test]
async fn the_views_for_dashboards_have_no_identifier_and_no_free_text() {
    let db = database().await;
    let mut reader = log_in(&db, "heymilo_bi_reader").await;
    for (schema, view) in relations(&db).await {
        if schema == "heymilo_bi" {
            for column in columns(&mut reader, &view).await {
                let column = column.as_str();
                let told = IDENTIFIERS.contains(&column) || FREE_TEXT.contains(&column);
                assert!(!told && column != "extra", "{view}.{column}");
            }
        }
    }
}

#[tokio::test]
async fn nobody_but_analysts_searches_and_analysts_need_no_right_to_the_tables() {
    let db = database().await;
    let search = "select * from heymilo.search_transcripts('anything')";

    for role in ["heymilo_analyst", "heymilo_full"] {
        log_in(&db, role).await.execute(search).await.unwrap();
    }
    for role in ["heymilo_bi_reader", "heymilo_demographics_reader"] {
        assert!(log_in(&db, role).await.execute(search).await.is_err());
    }
}

#[tokio::test]
async fn what_is_added_later_can_be_read_by_whom_it_is_for() {
    let db = database().await;
    db.execute("create view heymilo_bi.later as select 1 as one").await.unwrap();
    db.execute("create table heymilo.later (interview_id text primary key, email text, x int)")
        .await
        .unwrap();
    db.execute("select heymilo_sync.grant_access()").await.unwrap();

    let mut reader = log_in(&db, "heymilo_bi_reader").await;
    assert_eq!(columns(&mut reader, "later").await, ["one"]);
    let mut analyst = log_in(&db, "heymilo_analyst").await;
    assert_eq!(columns(&mut analyst, "later").await, ["interview_id", "x"]);
    let mut full = log_in(&db, "heymilo_full").await;
    assert_eq!(columns(&mut full, "later").await, ["interview_id", "email", "x"]);
}

#[tokio::test]
async fn an_owner_who_may_not_make_roles_can_migrate_all_the_same() {
    let db = database().await;
    let name: String =
        sqlx::query_scalar("select current_database()::text").fetch_one(&db).await.unwrap();
    // Named like a database of the tests, so that it is dropped like one.
    let (owner, owned) = (format!("{name}_owner"), format!("{name}_owned"));
    for statement in [
        format!("create role {owner} login password '{PASSWORD}'"),
        format!("create database {owned} owner {owner}"),
    ] {
        db.execute(AssertSqlSafe(statement)).await.unwrap();
    }
    let options = PgConnectOptions::clone(&db.connect_options()).database(&owned);

    let mut connection =
        options.clone().username(&owner).password(PASSWORD).connect().await.unwrap();
    MIGRATIONS.run(&mut connection).await.unwrap();

    let published: i64 = sqlx::query_scalar("select count(*) from pg_publication_tables")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert!(published > 20);
    connection.close().await.unwrap();
    for statement in [format!("drop database {owned} with (force)"), format!("drop role {owner}")] {
        db.execute(AssertSqlSafe(statement)).await.unwrap();
    }
}

#[tokio::test]
async fn the_printed_script_makes_the_roles_as_migrations_do() {
    let db = database().await;
    let (printed, script) = program(&db, "http://127.0.0.1:9", &["roles"]).await;
    assert!(printed);

    for _ in 0..2 {
        sqlx::raw_sql(AssertSqlSafe(script.clone())).execute(&db).await.unwrap();
    }

    let settings = "select array_agg(setrole::regrole || ' ' || array_to_string(setconfig, ',')
                        order by setrole::regrole::text)
                    from pg_db_role_setting
                    where setdatabase = (select oid from pg_database
                                         where datname = current_database())";
    let by_script: Vec<String> = sqlx::query_scalar(settings).fetch_one(&db).await.unwrap();
    assert_eq!(by_script.len(), READS.len());
    db.execute("select heymilo_sync.make_roles()").await.unwrap();
    let by_migration: Vec<String> = sqlx::query_scalar(settings).fetch_one(&db).await.unwrap();
    assert_eq!(by_script, by_migration);
}

#[tokio::test]
async fn whose_rights_a_function_has_is_not_deceived_by_temporary_objects() {
    let db = database().await;

    let open: Vec<String> = sqlx::query_scalar(
        "select oid::regprocedure::text from pg_proc
         where pronamespace in (select oid from pg_namespace where nspname like 'heymilo%')
           and prosecdef
           and not coalesce(array_to_string(proconfig, ' '), '') like '%search_path=pg_catalog, pg_temp%'",
    )
    .fetch_all(&db)
    .await
    .unwrap();
    let definers: i64 = sqlx::query_scalar(
        "select count(*) from pg_proc
         where pronamespace in (select oid from pg_namespace where nspname like 'heymilo%')
           and prosecdef",
    )
    .fetch_one(&db)
    .await
    .unwrap();

    assert_eq!(open, [""; 0]);
    assert!(definers > 0);
}

#[tokio::test]
async fn a_source_that_is_no_short_name_is_hidden_from_dashboards() {
    let facts = Facts::of_one_posting().await;
    let long = "What I wrote about myself, which nobody else should ever be able to read";
    let sources = [
        json!("Job fair 2026"),
        json!({ "name": "Ada Example", "phone": "555" }),
        json!(["Ada Example"]),
        json!(5550100),
        json!("ada@example.com"),
        json!("call 555-01 00 12"),
        json!("https://example.com/in/ada"),
        json!("example.com/in/ada"),
        json!("Two\nlines"),
        json!(long),
    ];
    let interviews = sources.iter().enumerate().map(|(number, source)| {
        json!({ "interview_id": format!("int_{number}"), "metadata": { "source": source } })
    });
    facts.has("heymilo.interviews", interviews.collect()).await;
    let mut reader = log_in(&facts.db, "heymilo_bi_reader").await;

    for view in ["interview_summary", "source_quality"] {
        let query =
            format!("select distinct source from heymilo_bi.{view} where source is not null");
        let shown: Vec<String> =
            sqlx::query_scalar(AssertSqlSafe(query)).fetch_all(&mut reader).await.unwrap();
        assert_eq!(shown, ["Job fair 2026"], "{view}");
    }
}
