//! The last release works on a database that this program has migrated, so that replicas can be
//! replaced one by one. `RELEASE=1 cargo test --test it upgrades` records the parts of a release in
//! `tests/fixtures/release`. From the first release on, this program must support the parts in that
//! directory.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::{Path, PathBuf},
};

use axum::http::StatusCode;
use heymilo_sync::{
    classification::COLUMNS,
    store::migrations::{MIGRATIONS, is_current, migrate},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Executor as _, PgPool, SqlSafeStr as _};

use crate::support::{app::TestApp, database::database};

/// The parts on which other versions of the program depend.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
struct Release {
    /// The checksum of each migration.
    migrations: BTreeMap<i64, String>,
    /// The columns of all tables, such as `heymilo.interviews.score`.
    columns: BTreeSet<String>,
    /// The columns without which a row cannot be inserted.
    required: BTreeSet<String>,
    /// The class of each column.
    classes: BTreeMap<String, String>,
    /// Every checked statement that it sends.
    statements: BTreeSet<String>,
}

impl Release {
    async fn of_this_program(db: &PgPool) -> Self {
        let migrations = MIGRATIONS.iter().map(|migration| {
            let digits = migration.checksum.iter().map(|byte| format!("{byte:02x}"));
            (migration.version, digits.collect())
        });
        Self {
            migrations: migrations.collect(),
            columns: columns(db, "true").await,
            required: columns(db, REQUIRED).await,
            classes: classes(),
            statements: statements(),
        }
    }

    /// The parts of the last release. `None` before the first one.
    fn last() -> Option<Self> {
        let noted = fs::read_to_string(fixture()).ok()?;
        Some(serde_json::from_str(&noted).unwrap())
    }

    /// The parts of an earlier release that this one breaks.
    fn breaks(&self, earlier: &Self) -> Vec<String> {
        let edited = earlier
            .migrations
            .iter()
            .filter(|(version, checksum)| self.migrations.get(version) != Some(checksum));
        let edited =
            edited.map(|(version, _)| format!("migration {version} was edited or removed"));
        let removed = earlier.columns.difference(&self.columns);
        let removed = removed.map(|column| format!("column {column} was removed"));
        let tables: BTreeSet<&str> = earlier.columns.iter().map(|column| table(column)).collect();
        let required = self.required.difference(&earlier.columns);
        let required = required.filter(|column| tables.contains(table(column)));
        let required = required.map(|column| format!("column {column} needs a default"));
        // The program writes the classes to the database only after a migration.
        let is_migrated = self.migrations.len() > earlier.migrations.len();
        let changed = earlier.classes.iter().filter(|(column, class)| {
            !is_migrated && self.classes.get(*column).is_some_and(|now| now != *class)
        });
        let changed = changed.map(|(column, _)| format!("the class of {column} needs a migration"));
        edited.chain(removed).chain(required).chain(changed).collect()
    }
}

const REQUIRED: &str = "is_nullable = 'NO' and column_default is null and is_identity = 'NO'
                        and is_generated = 'NEVER'";

async fn columns(db: &PgPool, condition: &str) -> BTreeSet<String> {
    let query = format!(
        "select concat_ws('.', table_schema, table_name, column_name)
         from information_schema.columns
         join information_schema.tables using (table_schema, table_name)
         where table_schema in ('heymilo', 'heymilo_sync')
           and table_type = 'BASE TABLE'
           and {condition}"
    );
    let columns: Vec<String> =
        sqlx::query_scalar(AssertSqlSafe(query)).fetch_all(db).await.unwrap();
    columns.into_iter().collect()
}

fn statements() -> BTreeSet<String> {
    let prepared = fs::read_dir(root().join(".sqlx")).unwrap();
    let statement = |path: PathBuf| {
        let prepared: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        prepared["query"].as_str().unwrap().to_owned()
    };
    prepared.map(|entry| statement(entry.unwrap().path())).collect()
}

fn classes() -> BTreeMap<String, String> {
    COLUMNS
        .iter()
        .flat_map(|table| {
            let name = move |column: &str| format!("{}.{column}", table.of);
            table.names.iter().map(move |(column, class)| (name(column), class.as_str().to_owned()))
        })
        .collect()
}

fn table(column: &str) -> &str {
    column.rsplit_once('.').unwrap().0
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn fixture() -> PathBuf {
    root().join("tests/fixtures/release/release.json")
}

#[tokio::test]
async fn this_program_supports_the_last_release() {
    let db = database().await;
    let this = Release::of_this_program(&db).await;
    if env::var_os("RELEASE").is_some() {
        fs::create_dir_all(fixture().parent().unwrap()).unwrap();
        fs::write(fixture(), serde_json::to_string_pretty(&this).unwrap()).unwrap();
    }

    let last = Release::last().unwrap_or_default();

    assert_eq!(this.breaks(&last), [""; 0]);
    assert!(this.statements.len() > 100);
    for statement in this.statements.union(&last.statements) {
        let prepared = db.prepare(AssertSqlSafe(statement.as_str()).into_sql_str()).await;
        assert!(prepared.is_ok(), "{:?}\n{statement}", prepared.err());
    }
}

#[test]
fn edits_of_a_released_schema_are_found() {
    let set = |columns: &[&str]| columns.iter().map(|&column| column.to_owned()).collect();
    let earlier = Release {
        migrations: [(1, "aa".to_owned()), (2, "bb".to_owned())].into(),
        columns: set(&["heymilo.a.x", "heymilo.a.y"]),
        ..Release::default()
    };
    let later = Release {
        migrations: [(1, "aa".to_owned()), (2, "cc".to_owned()), (3, "dd".to_owned())].into(),
        columns: set(&["heymilo.a.x", "heymilo.a.z", "heymilo.b.x"]),
        required: set(&["heymilo.a.z", "heymilo.b.x"]),
        ..Release::default()
    };

    let broken = later.breaks(&earlier);

    assert_eq!(
        broken,
        [
            "migration 2 was edited or removed",
            "column heymilo.a.y was removed",
            "column heymilo.a.z needs a default",
        ]
    );

    let class = |class: &str| [("heymilo.a.x".to_owned(), class.to_owned())].into();
    let earlier = Release { classes: class("fact"), ..Release::default() };
    let later = Release { classes: class("identifier"), ..Release::default() };
    assert_eq!(later.breaks(&earlier), ["the class of heymilo.a.x needs a migration"]);
}

#[tokio::test]
async fn a_newer_database_keeps_replicas_of_the_last_release_ready() {
    let app = TestApp::start("http://127.0.0.1:9").await;

    app.execute(
        "insert into heymilo_sync.migrations (version, description, success, checksum, execution_time)
         values (99990101000000, 'of the next release', true, '', 0)",
    )
    .await;

    assert_eq!(app.operate("/readyz", None).await.0, StatusCode::OK);
    assert_eq!(app.deliver(json!({ "interview_id": "int_1" })).await, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn a_search_path_of_the_database_hides_no_migration() {
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
