//! Each object is defined in one place of the migrations. A database that cannot be migrated is
//! refused with one sentence, and is left as it was.

use std::{collections::BTreeMap, fs, path::Path};

use heymilo_sync::store::{
    access::{let_work, refresh},
    database::pool,
    migrations::migrate,
};
use sqlx::{AssertSqlSafe, Executor as _, PgPool, postgres::PgConnectOptions};

use crate::support::{
    daemon::address, database::database, program::program_with, role::Role, simulated,
};

/// The files, each with its text.
fn files() -> BTreeMap<String, String> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let files = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    files
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect()
}

/// The object that a statement defines or describes, such as `view heymilo_bi.funnel`.
fn subject(line: &str) -> Option<String> {
    let (verb, rest) = line.split_once(' ')?;
    let rest = rest.strip_prefix("or replace ").unwrap_or(rest);
    let rest = rest.strip_prefix("if not exists ").unwrap_or(rest);
    let described = match verb {
        "create" => rest.replace("table if not exists", "table"),
        "comment" => format!("comment {rest}"),
        _ => return None,
    };
    // Functions of one name differ in their arguments.
    if described.contains("function ") {
        return Some(described);
    }
    let end = described.find([';', '(']).unwrap_or(described.len());
    let words: Vec<&str> = described[..end].split_whitespace().collect();
    let length = if words.first() == Some(&"comment") { 4 } else { 2 };
    Some(words.into_iter().take(length).collect::<Vec<_>>().join(" "))
}

#[test]
fn each_object_is_defined_and_described_once() {
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (file, text) in files() {
        for subject in text.lines().filter_map(subject) {
            places.entry(subject).or_default().push(file.clone());
        }
        // Indented lines belong to the bodies of functions.
        for word in ["alter", "drop"] {
            let changes = text.lines().filter(|line| line.starts_with(&format!("{word} ")));
            let allowed = |line: &&str| line.ends_with("alter column body set storage external;");
            assert_eq!(
                changes.filter(|line| !allowed(line)).collect::<Vec<_>>(),
                [""; 0],
                "{file}"
            );
        }
    }

    let repeated: Vec<_> = places.iter().filter(|(_, files)| files.len() > 1).collect();
    assert_eq!(repeated, Vec::<(&String, &Vec<String>)>::new());
    assert!(places.keys().filter(|subject| subject.starts_with("view ")).count() > 20);
    assert!(places.keys().filter(|subject| subject.starts_with("comment ")).count() > 700);
}

/// An empty database of its own.
struct Empty {
    db: PgPool,
    options: PgConnectOptions,
}

impl Empty {
    /// Makes it with further words of `create database`. Its name is one of the tests', so that it
    /// is dropped with theirs.
    async fn with(beside: &PgPool, name: &str, words: &str) -> Self {
        let options = PgConnectOptions::clone(&beside.connect_options());
        let name = format!("{}_{name}", options.get_database().unwrap());
        beside.execute(AssertSqlSafe(format!("create database {name} {words}"))).await.unwrap();
        let options = options.database(&name);
        Self { db: pool(options.clone(), 2), options }
    }

    fn of(&self, role: &Role) -> PgPool {
        let options = PgConnectOptions::clone(&role.connect().connect_options());
        pool(options.database(self.options.get_database().unwrap()), 2)
    }

    async fn remove(self, beside: &PgPool) {
        self.db.close().await;
        let name = self.options.get_database().unwrap();
        let drop = format!("drop database {name} with (force)");
        beside.execute(AssertSqlSafe(drop)).await.unwrap();
    }
}

async fn relations(db: &PgPool) -> i64 {
    sqlx::query_scalar("select count(*) from pg_tables where schemaname like 'heymilo%'")
        .fetch_one(db)
        .await
        .unwrap()
}

async fn refusal(db: &PgPool) -> String {
    migrate(db).await.unwrap_err().to_string()
}

#[tokio::test]
async fn a_database_in_another_encoding_is_refused_untouched() {
    let beside = database().await;
    let latin =
        Empty::with(&beside, "latin1", "encoding 'LATIN1' locale 'C' template template0").await;

    let refusal = refusal(&latin.db).await;

    assert!(refusal.contains("LATIN1") && refusal.contains("UTF8"), "{refusal}");
    assert_eq!(relations(&latin.db).await, 0);
    latin.remove(&beside).await;
}

#[tokio::test]
async fn a_database_from_before_the_baseline_is_refused_untouched() {
    let beside = database().await;
    let old = Empty::with(&beside, "old", "").await;
    old.db.execute("create schema heymilo_sync").await.unwrap();
    old.db.execute("create table heymilo_sync.jobs (interview_id text)").await.unwrap();

    let refusal = refusal(&old.db).await;

    assert!(refusal.contains("before the baseline") && refusal.contains("drop the publication"));
    assert_eq!(relations(&old.db).await, 1);
    old.remove(&beside).await;
}

#[tokio::test]
async fn a_taken_name_is_reported_and_nothing_is_changed() {
    let beside = database().await;
    let taken = Empty::with(&beside, "taken", "").await;
    taken.db.execute("create schema heymilo_bi").await.unwrap();
    taken.db.execute("create view heymilo_bi.funnel as select 1 as one").await.unwrap();

    let refusal = refusal(&taken.db).await;

    assert!(refusal.contains("\"funnel\"") && refusal.contains("rename or drop"), "{refusal}");
    assert_eq!(relations(&taken.db).await, 0);
    taken.remove(&beside).await;
}

#[tokio::test]
async fn a_schema_of_another_role_is_reported() {
    let beside = database().await;
    let taken = Empty::with(&beside, "schema", "").await;
    let role = Role::create(&beside, "plain").await;
    taken.db.execute("create schema heymilo").await.unwrap();

    let owned = taken.of(&role);
    let refusal = refusal(&owned).await;

    assert!(refusal.contains("schema heymilo exists already"), "{refusal}");
    assert!(refusal.contains(&format!("owner to {}", role.name)), "{refusal}");
    owned.close().await;
    taken.remove(&beside).await;
    role.remove(&beside).await;
}

#[tokio::test]
async fn schemas_made_by_an_administrator_are_enough() {
    let beside = database().await;
    let made = Empty::with(&beside, "made", "").await;
    let role = Role::create(&beside, "plain").await;
    for schema in
        ["heymilo", "heymilo_analyst", "heymilo_bi", "heymilo_demographics", "heymilo_sync"]
    {
        let create = format!("create schema {schema} authorization {}", role.name);
        made.db.execute(AssertSqlSafe(create)).await.unwrap();
    }

    let owned = made.of(&role);
    migrate(&owned).await.unwrap();

    assert!(relations(&made.db).await > 30);
    owned.close().await;
    made.remove(&beside).await;
    role.remove(&beside).await;
}

#[tokio::test]
async fn lists_of_other_programs_are_left_alone() {
    let beside = database().await;
    let shared = Empty::with(&beside, "shared", "").await;
    shared.db.execute("create table public._sqlx_migrations (version bigint)").await.unwrap();
    shared.db.execute("insert into public._sqlx_migrations values (20230101000000)").await.unwrap();
    shared.db.execute("create publication heymilo for all tables").await.unwrap();

    migrate(&shared.db).await.unwrap();

    let theirs: Vec<String> = sqlx::query_scalar(
        "select relname::text from pg_class
         where relnamespace = 'public'::regnamespace and relkind = 'r'",
    )
    .fetch_all(&shared.db)
    .await
    .unwrap();
    assert_eq!(theirs, ["_sqlx_migrations"]);
    let all: bool = sqlx::query_scalar("select puballtables from pg_publication")
        .fetch_one(&shared.db)
        .await
        .unwrap();
    assert!(all);
    shared.remove(&beside).await;
}

#[tokio::test]
async fn an_empty_publication_of_ours_is_filled_and_one_of_others_is_not() {
    let db = database().await;
    let published = "select count(*) from pg_publication_tables where pubname = 'heymilo'";
    db.execute("alter publication heymilo set table heymilo.postings").await.unwrap();

    db.execute("select heymilo_sync.publish()").await.unwrap();
    assert!(sqlx::query_scalar::<_, i64>(published).fetch_one(&db).await.unwrap() > 20);

    db.execute("drop publication heymilo").await.unwrap();
    db.execute("create publication heymilo for table heymilo.postings").await.unwrap();
    db.execute("select heymilo_sync.publish()").await.unwrap();
    assert_eq!(sqlx::query_scalar::<_, i64>(published).fetch_one(&db).await.unwrap(), 1);
}

#[tokio::test]
async fn processes_that_migrate_at_once_wait_for_each_other() {
    let beside = database().await;
    let empty = Empty::with(&beside, "race", "").await;
    let others: Vec<PgPool> = (0..3).map(|_| pool(empty.options.clone(), 1)).collect();

    let done = futures_util::future::join_all(others.iter().map(migrate)).await;

    for migrated in done {
        migrated.unwrap();
    }
    for other in others {
        other.close().await;
    }
    empty.remove(&beside).await;
}

#[tokio::test]
async fn an_upgrade_goes_past_the_objects_of_others() {
    let db = database().await;
    let role = Role::create(&db, "analyst").await;
    for statement in [
        "create schema mine".to_owned(),
        "create view heymilo_bi.of_a_superuser as select 1 as one".to_owned(),
        format!("grant all on schema heymilo_bi, heymilo_analyst, mine to {}", role.name),
        format!(
            "grant select on all tables in schema heymilo_bi, heymilo_analyst to {}",
            role.name
        ),
        format!("alter view heymilo_bi.of_a_superuser owner to {}", role.name),
        "create view mine.of_a_table as select * from heymilo.interviews".to_owned(),
        "create view mine.of_a_view as select * from heymilo_bi.interview_facts".to_owned(),
        "create view mine.of_an_analysts_view as select * from heymilo_analyst.postings".to_owned(),
        "create view heymilo_bi.candidates as select * from heymilo.candidates".to_owned(),
        "create procedure heymilo_bi.of_others() language sql as 'select 1'".to_owned(),
        "drop view heymilo_analyst.questions".to_owned(),
        "create view heymilo_analyst.questions as select 'mine' as text".to_owned(),
    ] {
        db.execute(AssertSqlSafe(statement)).await.unwrap();
    }

    refresh(&mut db.acquire().await.unwrap()).await.unwrap();

    let theirs = "select count(*) from information_schema.role_table_grants
                  where grantee in ('heymilo_bi_reader', 'heymilo_analyst', 'heymilo_full')
                    and (table_schema, table_name) in (('heymilo_bi', 'candidates'),
                        ('heymilo_bi', 'of_a_superuser'), ('heymilo_analyst', 'questions'))";
    assert_eq!(sqlx::query_scalar::<_, i64>(theirs).fetch_one(&db).await.unwrap(), 0);
    db.execute("select text from heymilo_analyst.questions").await.unwrap();
    db.execute("select title from mine.of_an_analysts_view").await.unwrap();
    db.execute("drop schema mine cascade; drop view heymilo_bi.of_a_superuser").await.unwrap();
    role.remove(&db).await;
}

#[tokio::test]
async fn row_security_of_an_event_trigger_hides_nothing() {
    let beside = database().await;
    let shared = Empty::with(&beside, "secured", "").await;
    let daemon = Role::create(&beside, "daemon").await;
    shared
        .db
        .execute(
            "create function secure() returns event_trigger language plpgsql as $$
             declare made record;
             begin
                 for made in select * from pg_event_trigger_ddl_commands()
                     where object_type = 'table' and schema_name like 'heymilo%'
                 loop
                     execute format('alter table %s enable row level security', made.object_identity);
                 end loop;
             end $$;
             create event trigger secure on ddl_command_end when tag in ('CREATE TABLE')
                 execute function secure();",
        )
        .await
        .unwrap();

    migrate(&shared.db).await.unwrap();
    let_work(&shared.db, &daemon.name).await.unwrap();

    shared
        .db
        .execute("insert into heymilo.workspaces values ('w', null, null, null, now(), now())")
        .await
        .unwrap();
    let owned = shared.of(&daemon);
    let seen: i64 = sqlx::query_scalar("select count(*) from heymilo.workspaces")
        .fetch_one(&owned)
        .await
        .unwrap();
    assert_eq!(seen, 1);
    owned
        .execute("insert into heymilo.workspaces values ('x', null, null, null, now(), now())")
        .await
        .unwrap();
    owned.close().await;
    shared.remove(&beside).await;
    daemon.remove(&beside).await;
}

#[tokio::test]
async fn addresses_in_capitals_are_found_in_a_turkish_database() {
    let beside = database().await;
    let words =
        "encoding 'UTF8' template template0 locale_provider icu icu_locale 'tr-TR' locale 'C'";
    let turkish = Empty::with(&beside, "turkish", words).await;

    migrate(&turkish.db).await.unwrap();

    // The rule of Turkish would make it a dotless letter.
    let folded: String =
        sqlx::query_scalar("select lower('I')").fetch_one(&turkish.db).await.unwrap();
    assert_eq!(folded, "ı");
    let url = address(&turkish.options);
    let (_, base_url) = simulated::heymilo().await;
    let (synced, said) = program_with(&url, &base_url, &["sync"], &[]).await;
    assert!(synced, "{said}");
    let email: String = sqlx::query_scalar(
        "select email from heymilo.candidates where email ~ 'i' order by email limit 1",
    )
    .fetch_one(&turkish.db)
    .await
    .unwrap();

    let email = email.to_uppercase();
    let (erased, said) =
        program_with(&url, &base_url, &["erase", "--yes", "--email", &email], &[]).await;

    assert!(erased && said.contains("1 people erased"), "{said}");
    turkish.remove(&beside).await;
}

#[tokio::test]
async fn commands_set_up_no_empty_database() {
    let beside = database().await;
    let empty = Empty::with(&beside, "empty", "").await;
    let url = address(&empty.options);
    for command in [
        &["erase", "--yes", "--email", "ada@example.com"][..],
        &["replay"],
        &["verify"],
        &["backfill"],
        &["snapshot", "int_1"],
        &["failed", "list"],
        &["status"],
    ] {
        let (success, said) = program_with(&url, "http://127.0.0.1:9", command, &[]).await;
        assert!(!success && said.contains("is not set up yet"), "{command:?}: {said}");
    }
    assert_eq!(relations(&empty.db).await, 0);
    empty.remove(&beside).await;
}
