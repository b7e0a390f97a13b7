//! The database describes itself, and `docs/` agrees with it.

use std::{collections::BTreeMap, env, fs, path::Path};

use sqlx::{AssertSqlSafe, Executor as _};

use crate::support::{
    database::database,
    definition, diagram,
    dictionary::{self, Schema},
    simulated::Simulated,
};

async fn schemas() -> Vec<Schema> {
    dictionary::schemas(&database().await).await
}

#[tokio::test]
async fn everything_in_the_schema_has_a_comment() {
    let mut silent = Vec::new();
    for schema in schemas().await {
        let mut check = |name: String, comment: &str| {
            if comment.is_empty() {
                silent.push(name);
            }
        };
        check(schema.name.clone(), &schema.comment);
        for function in &schema.functions {
            check(format!("{}.{}", schema.name, function.signature), &function.comment);
        }
        for table in &schema.tables {
            check(format!("{}.{}", schema.name, table.name), &table.comment);
            for column in &table.columns {
                let name = format!("{}.{}.{}", schema.name, table.name, column.name);
                check(name, &column.comment);
            }
            for index in &table.indexes {
                check(format!("{}.{}", schema.name, index.name), &index.comment);
            }
        }
    }

    assert_eq!(silent, Vec::<String>::new());
}

#[tokio::test]
async fn columns_of_tables_that_can_be_null_say_when() {
    let silent: Vec<String> = sqlx::query_scalar(
        "select attrelid::regclass || '.' || attname
         from pg_attribute
         join pg_class on pg_class.oid = attrelid
         where relnamespace = 'heymilo'::regnamespace
           and relkind = 'r'
           and attnum > 0
           and not attisdropped
           and not attnotnull
           and col_description(attrelid, attnum) not like '%NULL%'
         order by 1",
    )
    .fetch_all(&database().await)
    .await
    .unwrap();

    assert_eq!(silent, Vec::<String>::new());
}

/// For views, only the data shows which columns can be NULL.
#[tokio::test]
async fn columns_of_dashboards_that_are_null_say_when() {
    let world = Simulated::start().await;
    world.sync().await;

    let mut silent = Vec::new();
    for schema in dictionary::schemas(&world.db).await {
        if schema.name != "heymilo_bi" {
            continue;
        }
        for view in &schema.tables {
            for column in view.columns.iter().filter(|column| !column.comment.contains("NULL")) {
                let (view, column) = (&view.name, &column.name);
                let rows = format!("heymilo_bi.{view} where {column} is null");
                if world.count(&rows).await > 0 {
                    silent.push(format!("{view}.{column}"));
                }
            }
        }
    }

    assert_eq!(silent, Vec::<String>::new());
}

/// A name has one meaning. A table of `heymilo_sync` may use the name of what it counts: a number
/// beside a boolean of that name.
#[tokio::test]
async fn columns_of_one_name_in_the_schema_have_one_type() {
    let mut types: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for schema in schemas().await {
        // The columns of the list of migrations are sqlx's.
        let tables = schema.tables.iter().filter(|table| table.name != "migrations");
        for column in tables.flat_map(|table| &table.columns) {
            let known = types.entry(column.name.clone()).or_default();
            if !known.contains(&column.sql_type) {
                known.push(column.sql_type.clone());
                known.sort();
            }
        }
    }
    types.retain(|_, known| known.len() > 1 && *known != ["bigint", "boolean"]);

    assert_eq!(types, BTreeMap::new());
}

#[tokio::test]
async fn every_table_in_the_schema_has_a_key() {
    for schema in schemas().await {
        for table in schema.tables.iter().filter(|table| !table.is_view) {
            assert!(!table.key.is_empty(), "{}.{}", schema.name, table.name);
        }
    }
}

#[tokio::test]
async fn the_readme_names_every_table_of_the_schema() {
    let readme = include_str!("../../../README.md");
    let (_, tables) = readme.split_once("## The tables").unwrap();
    let schemas = schemas().await;
    let schema = schemas.iter().find(|schema| schema.name == "heymilo").unwrap();

    for table in schema.tables.iter().filter(|table| !table.is_view) {
        assert!(tables.contains(&format!("`{}`", table.name)), "{}", table.name);
    }
}

#[tokio::test]
async fn the_dictionary_and_the_diagram_of_the_schema_are_current() {
    let schemas = schemas().await;
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");

    for (name, text) in [
        ("schema.md", dictionary::markdown(&schemas)),
        ("schema.svg", diagram::svg(&schemas[0].tables)),
    ] {
        let path = docs.join(name);
        if env::var_os("UPDATE_DOCS").is_some() {
            fs::write(&path, &text).unwrap();
        }
        let committed = fs::read_to_string(&path).unwrap_or_default();
        assert!(committed == text, "docs/{name} is stale: run script/update");
    }
}

/// The objects of definitions, read from an empty database into which they were loaded.
async fn made_by(definitions: &str) -> String {
    let db = database().await;
    db.execute(
        "drop schema heymilo, heymilo_analyst, heymilo_bi, heymilo_demographics, heymilo_sync cascade",
    )
    .await
    .unwrap();
    db.execute(AssertSqlSafe(definitions)).await.unwrap();
    definition::sql(&db).await
}

/// Versions of Postgres write views in different ways, so the file is compared by the objects that
/// it creates.
#[tokio::test]
async fn the_definitions_of_the_schema_are_current() {
    let current = definition::sql(&database().await).await;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schema.sql");
    if env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &current).unwrap();
    }

    let committed = made_by(&fs::read_to_string(&path).unwrap_or_default()).await;

    let current = made_by(&current).await;
    let stale: Vec<_> = committed.lines().zip(current.lines()).filter(|(a, b)| a != b).collect();
    assert!(committed == current, "docs/schema.sql is stale, run script/update: {stale:?}");
}
