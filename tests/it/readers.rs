//! Each of the reader roles can read what it may, and nothing else.

use std::collections::BTreeSet;

use heymilo_sync::{
    classification::{self, COLUMNS, Class},
    store::{database::pool, migrations::migrate},
};
use serde_json::json;
use sqlx::{
    AssertSqlSafe, Column as _, Executor as _, PgConnection, PgPool, SqlSafeStr as _,
    postgres::PgConnectOptions,
};

use crate::support::{
    database::database,
    facts::Facts,
    program::program,
    readers::{PASSWORD, log_in},
};

/// The schemas that each role may read.
const READS: [(&str, &[&str]); 5] = [
    ("heymilo_bi_reader", &["heymilo_bi"]),
    ("heymilo_analyst", &["heymilo_analyst", "heymilo_bi"]),
    ("heymilo_full", &["heymilo", "heymilo_bi"]),
    ("heymilo_demographics_reader", &["heymilo_demographics"]),
    ("heymilo_bi_fairness", &["heymilo_bi", "heymilo_demographics"]),
];

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
async fn an_analyst_sees_what_its_class_allows() {
    let db = database().await;
    let mut analyst = log_in(&db, "heymilo_analyst").await;
    let mut tables = 0;
    for (schema, table) in relations(&db).await {
        if schema != "heymilo" {
            continue;
        }
        tables += 1;
        let classes = classification::of_table(&format!("heymilo.{table}")).unwrap();
        let is_shown = |class: Class| !matches!(class, Class::Identifier | Class::Open);
        let expected: BTreeSet<String> = classes
            .names
            .iter()
            .filter(|(_, class)| is_shown(*class))
            .map(|(name, _)| (*name).to_owned())
            .collect();

        if expected.is_empty() {
            let view = format!("select to_regclass('heymilo_analyst.{table}')::text");
            let view: Option<String> =
                sqlx::query_scalar(AssertSqlSafe(view)).fetch_one(&db).await.unwrap();
            assert_eq!(view, None, "{table}");
            continue;
        }
        let shown = columns(&mut analyst, &table).await;

        assert_eq!(shown.into_iter().collect::<BTreeSet<_>>(), expected, "{table}");
    }
    assert!(tables > 20);
}

#[tokio::test]
async fn every_column_is_classified_and_no_other_is() {
    let db = database().await;
    let mut all = BTreeSet::new();
    for (schema, relation) in relations(&db).await {
        if schema != "heymilo_analyst" {
            let relation = format!("{schema}.{relation}");
            for column in columns(&mut db.acquire().await.unwrap(), &relation).await {
                all.insert(format!("{relation}.{column}"));
            }
        }
    }

    let classified: BTreeSet<String> = COLUMNS
        .iter()
        .flat_map(|table| table.names.iter().map(|(name, _)| format!("{}.{name}", table.of)))
        .collect();

    assert_eq!(all.symmetric_difference(&classified).collect::<Vec<_>>(), Vec::<&String>::new());
}

#[tokio::test]
async fn a_comment_that_says_personal_data_is_of_a_personal_class() {
    let db = database().await;
    let personal: Vec<(String, String)> = sqlx::query_as(
        "select relnamespace::regnamespace || '.' || relname, attname::text
         from pg_class join pg_attribute on attrelid = pg_class.oid
         where relnamespace in ('heymilo'::regnamespace, 'heymilo_sync'::regnamespace)
           and attnum > 0
           and col_description(attrelid, attnum) ilike '%personal data%'
           and col_description(attrelid, attnum) not ilike '%never personal data%'",
    )
    .fetch_all(&db)
    .await
    .unwrap();

    assert!(personal.len() > 3);
    for (table, column) in personal {
        let class = classification::of_table(&table).unwrap().class(&column).unwrap();
        assert_ne!(class, Class::Fact, "{table}.{column}");
    }
}

#[test]
fn dashboards_show_facts_alone() {
    for view in COLUMNS {
        if view.of.starts_with("heymilo_bi.") || view.of.starts_with("heymilo_demographics.") {
            for (column, class) in view.names {
                assert_eq!(*class, Class::Fact, "{}.{column}", view.of);
            }
        }
    }
}

#[tokio::test]
async fn search_reads_conversations_alone() {
    let db = database().await;
    let texts: Vec<(String, String)> = sqlx::query_as(
        "select distinct relnamespace::regnamespace || '.' || relname, attname::text
         from pg_depend
         join pg_rewrite on pg_rewrite.oid = objid
         join pg_class on pg_class.oid = refobjid
         join pg_attribute on attrelid = refobjid and attnum = refobjsubid
         where ev_class = 'heymilo_sync.turns'::regclass
           and refobjsubid > 0",
    )
    .fetch_all(&db)
    .await
    .unwrap();

    assert!(texts.iter().any(|(_, column)| column == "text"));
    for (table, column) in texts {
        let class = classification::of_table(&table).unwrap().class(&column).unwrap();
        let is_key = class == Class::Fact && column != "text";
        assert!(is_key || class == Class::Conversation, "{table}.{column} is {class:?}");
    }
}

#[tokio::test]
async fn only_analysts_search_and_need_no_right_to_the_tables() {
    let db = database().await;
    let search = "select * from heymilo.search_transcripts('anything')";

    for role in ["heymilo_analyst", "heymilo_full"] {
        log_in(&db, role).await.execute(search).await.unwrap();
    }
    for role in ["heymilo_bi_reader", "heymilo_demographics_reader", "heymilo_bi_fairness"] {
        assert!(log_in(&db, role).await.execute(search).await.is_err());
    }
}

#[tokio::test]
async fn a_column_without_a_class_is_shown_to_no_analyst() {
    let db = database().await;
    db.execute("alter table heymilo.candidates add column phone text").await.unwrap();
    db.execute("create view heymilo_bi.of_others as select * from heymilo.candidates")
        .await
        .unwrap();

    db.execute("select heymilo_sync.grant_access()").await.unwrap();

    let mut analyst = log_in(&db, "heymilo_analyst").await;
    assert!(!columns(&mut analyst, "candidates").await.contains(&"phone".to_owned()));
    let mut full = log_in(&db, "heymilo_full").await;
    assert!(columns(&mut full, "candidates").await.contains(&"phone".to_owned()));
    let mut reader = log_in(&db, "heymilo_bi_reader").await;
    assert!(reader.execute("select * from heymilo_bi.of_others").await.is_err());
}

#[tokio::test]
async fn a_column_that_is_hidden_later_is_null_where_it_was() {
    let db = database().await;
    db.execute("create view public.mine as select * from heymilo_analyst.postings").await.unwrap();
    db.execute(
        "insert into heymilo.postings (workspace_id, posting_id, title, first_synced_at, synced_at)
                values ('default', 'pos_1', 'Welder', now(), now())",
    )
    .await
    .unwrap();
    db.execute(
        "update heymilo_sync.column_classes set class = 'identifier'
         where relation = 'heymilo.postings' and column_name = 'title'",
    )
    .await
    .unwrap();

    db.execute("select heymilo_sync.grant_access()").await.unwrap();

    let shown: (String, Option<String>) =
        sqlx::query_as("select posting_id, title from public.mine").fetch_one(&db).await.unwrap();
    assert_eq!(shown, ("pos_1".to_owned(), None));
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

    let owners = pool(options.clone().username(&owner).password(PASSWORD), 1);
    migrate(&owners).await.unwrap();

    let published: i64 = sqlx::query_scalar("select count(*) from pg_publication_tables")
        .fetch_one(&owners)
        .await
        .unwrap();
    assert!(published > 20);
    owners.close().await;
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
    facts.settle().await;
    let mut reader = log_in(&facts.db, "heymilo_bi_reader").await;

    for view in ["interview_facts", "source_quality"] {
        let query =
            format!("select distinct source from heymilo_bi.{view} where source is not null");
        let shown: Vec<String> =
            sqlx::query_scalar(AssertSqlSafe(query)).fetch_all(&mut reader).await.unwrap();
        assert_eq!(shown, ["Job fair 2026"], "{view}");
    }
}

#[tokio::test]
async fn figures_of_groups_are_shown_to_the_roles_that_may_read_them() {
    let facts = Facts::of_one_posting().await;
    facts
        .has(
            "heymilo_sync.demographic_attributes",
            json!([{ "attribute": "sex", "path": "data.sex" }]),
        )
        .await;
    facts
        .has(
            "heymilo.interviews",
            json!([{ "interview_id": "a", "status": "completed", "data": { "sex": "Female" } }]),
        )
        .await;
    facts.settle().await;

    for (role, expected) in [("heymilo_bi_reader", 0), ("heymilo_bi_fairness", 1)] {
        let mut reader = log_in(&facts.db, role).await;
        let shown = "select count(*) from heymilo_bi.selection_by_group";
        let shown: i64 = sqlx::query_scalar(shown).fetch_one(&mut reader).await.unwrap();
        assert_eq!(shown, expected, "{role}");
    }
}
