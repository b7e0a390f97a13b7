//! A warehouse can follow the analysts' tables.

use std::{process::Command, time::Duration};

use heymilo_sync::store::status::{ReplicationSlot, slots};
use sqlx::Executor as _;
use tokio::{
    task::{spawn_blocking, yield_now},
    time::timeout,
};

use crate::support::{
    daemon::url,
    database::database,
    private::PrivatePostgres,
    program::{exit_code, program_with},
    simulated,
};

/// A server whose tables others can follow, as an administrator would set it up.
async fn publisher() -> PrivatePostgres {
    let mut publisher = PrivatePostgres::start().await;
    publisher.execute("alter system set wal_level = 'logical'").await;
    publisher.stop().await;
    publisher.start_again().await;
    publisher
}

/// Waits until the score of the only interview is this, or until there is none.
async fn until_score(warehouse: &PrivatePostgres, expected: Option<f64>) {
    let db = warehouse.pool();
    let score = "select score from heymilo.interviews";
    let arrived = async {
        while sqlx::query_scalar::<_, f64>(score).fetch_optional(&db).await.unwrap() != expected {
            yield_now().await;
        }
    };
    timeout(Duration::from_secs(60), arrived).await.expect("the change arrives");
}

/// Waits until the only slot of the server is so.
async fn until_slot(publisher: &PrivatePostgres, is_so: impl Fn(&ReplicationSlot) -> bool) {
    let db = publisher.pool();
    let seen = async {
        while !slots(&db).await.unwrap().iter().any(&is_so) {
            yield_now().await;
        }
    };
    timeout(Duration::from_secs(60), seen).await.expect("the slot becomes so");
}

/// Runs the command of `docs/warehouse.md` that makes the tables.
async fn copy_tables(publisher: &PrivatePostgres, warehouse: &PrivatePostgres) {
    let manual = include_str!("../../docs/warehouse.md");
    let (_, command) = manual.split_once("```sh\n").unwrap();
    let (command, _) = command.split_once("```").unwrap();
    let mut shell = Command::new("bash");
    shell.args(["-o", "pipefail", "-c", command]);
    shell.env("DATABASE_URL", publisher.address()).env("WAREHOUSE_URL", warehouse.address());
    let ran = spawn_blocking(move || shell.output().unwrap()).await.unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
}

#[tokio::test]
async fn every_table_of_the_analysts_is_published_and_has_a_key() {
    let db = database().await;

    let forgotten: Vec<String> = sqlx::query_scalar(
        "select relname::text
         from pg_class
         where relnamespace = 'heymilo'::regnamespace
           and relkind in ('r', 'p')
           and not (exists (select from pg_publication_tables
                            where pubname = 'heymilo' and schemaname = 'heymilo'
                              and tablename = relname)
                    and exists (select from pg_index where indrelid = pg_class.oid
                                and indisprimary))",
    )
    .fetch_all(&db)
    .await
    .unwrap();

    assert_eq!(forgotten, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_postgres_follows_every_change() {
    let publisher = publisher().await;
    let warehouse = PrivatePostgres::empty().await;
    copy_tables(&publisher, &warehouse).await;
    publisher
        .execute(
            "insert into heymilo.interviews
                 (workspace_id, interview_id, score, first_synced_at, synced_at)
             values ('default', 'int_1', 80.5, now(), now())",
        )
        .await;
    let source = publisher.address();
    warehouse
        .execute(&format!("create subscription heymilo connection '{source}' publication heymilo"))
        .await;
    until_score(&warehouse, Some(80.5)).await;

    publisher.execute("update heymilo.interviews set score = 91").await;
    until_score(&warehouse, Some(91.0)).await;

    publisher.execute("delete from heymilo.interviews").await;
    until_score(&warehouse, None).await;

    until_slot(&publisher, |slot| slot.name == "heymilo" && slot.is_active).await;
    warehouse.execute("alter subscription heymilo disable").await;
    until_slot(&publisher, |slot| slot.name == "heymilo" && !slot.is_active).await;
    warehouse.execute("drop subscription heymilo").await;
    assert_eq!(slots(&publisher.pool()).await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forgotten_subscriber_is_reported_before_its_slot_is_lost() {
    let publisher = publisher().await;
    let (_, base_url) = simulated::heymilo().await;
    let db = publisher.pool();
    let (synced, said) = program_with(&url(&db), &base_url, &["sync"], &[]).await;
    assert!(synced, "{said}");
    db.execute("select pg_create_logical_replication_slot('forgotten', 'pgoutput')").await.unwrap();

    let (works, looked) = program_with(&url(&db), &base_url, &["doctor"], &[]).await;
    assert!(works, "{looked}");
    assert!(looked.contains("max_slot_wal_keep_size has no limit"), "{looked}");
    assert!(looked.contains("no subscriber reads slot \"forgotten\""), "{looked}");
    let (code, status) = exit_code(&url(&db), &base_url, &["status"], &[]).await;
    assert_eq!(code, Some(0), "{status}");
    assert!(status.contains("subscriber forgotten"), "{status}");

    publisher.execute("alter system set max_slot_wal_keep_size = '1MB'").await;
    publisher.execute("select pg_reload_conf()").await;
    for _ in 0..3 {
        publisher.execute("create table filler (); drop table filler").await;
        publisher.execute("select pg_switch_wal()").await;
    }
    publisher.execute("checkpoint").await;
    until_slot(&publisher, |slot| slot.is_lost).await;

    let (code, status) = exit_code(&url(&db), &base_url, &["status"], &[]).await;
    assert_eq!(code, Some(1), "{status}");
    assert!(status.contains("Replication slot \"forgotten\" is lost"), "{status}");
    let (_, looked) = program_with(&url(&db), &base_url, &["doctor"], &[]).await;
    assert!(looked.contains("a slot keeps at most 1 MiB of log"), "{looked}");
    assert!(looked.contains("slot \"forgotten\" is lost"), "{looked}");
}
