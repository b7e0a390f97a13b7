//! A warehouse can follow the analysts' tables.

use std::{fs::Permissions, os::unix::fs::PermissionsExt as _, process::Command, time::Duration};

use heymilo_sync::{
    postgres::{Options, Server},
    store::migrations::migrate,
};
use sqlx::{Executor as _, PgPool, postgres::PgPoolOptions};
use tempfile::TempDir;
use tokio::{task::yield_now, time::timeout};

use crate::support::database::database;

/// A server of the test's own.
struct Private {
    server: Option<Server>,
    options: Options,
    db: PgPool,
    _directory: TempDir,
}

impl Private {
    async fn start() -> Self {
        let private = Self::empty().await;
        migrate(&private.db).await.unwrap();
        private
    }

    async fn empty() -> Self {
        // When this process runs as root, another account runs the server and must be able to
        // enter.
        let open = Permissions::from_mode(0o755);
        let directory =
            tempfile::Builder::new().prefix("heymilo-sync-").permissions(open).tempdir().unwrap();
        let options = Options {
            bin_dir: None,
            base_dir: directory.path().to_owned(),
            durable: false,
            start_timeout: Duration::from_secs(30),
        };
        let server = Server::start(&options).await.unwrap();
        let db = connect(&server).await;
        Self { server: Some(server), options, db, _directory: directory }
    }

    /// Lets other servers follow it, as an administrator would.
    async fn publish(&mut self) {
        self.db.execute("alter system set wal_level = 'logical'").await.unwrap();
        self.stop().await;
        let server = Server::start(&self.options).await.unwrap();
        self.db = connect(&server).await;
        self.server = Some(server);
    }

    async fn stop(&mut self) {
        self.db.close().await;
        if let Some(server) = self.server.take() {
            server.stop().await.unwrap();
        }
    }

    fn address(&self) -> String {
        let options = self.server.as_ref().unwrap().connect_options();
        let socket = options.get_socket().unwrap().display().to_string();
        format!("host={socket} port=5432 user=postgres dbname=heymilo")
    }

    /// Waits until the score of the only interview is this. `None` when there is no interview.
    async fn until_score(&self, expected: Option<f64>) {
        let score = "select score from heymilo.interviews";
        let arrived = async {
            while sqlx::query_scalar::<_, f64>(score).fetch_optional(&self.db).await.unwrap()
                != expected
            {
                yield_now().await;
            }
        };
        timeout(Duration::from_secs(60), arrived).await.expect("the change arrives");
    }
}

async fn connect(server: &Server) -> PgPool {
    let options = server.connect_options();
    PgPoolOptions::new().max_connections(2).connect_with(options).await.unwrap()
}

/// Runs the command of `docs/warehouse.md` that creates the tables.
fn copy_tables(publisher: &Private, warehouse: &Private) {
    let manual = include_str!("../../docs/warehouse.md");
    let (_, command) = manual.split_once("```sh\n").unwrap();
    let (command, _) = command.split_once("```").unwrap();
    let ran = Command::new("bash")
        .args(["-o", "pipefail", "-c", command])
        .env("DATABASE_URL", publisher.address())
        .env("WAREHOUSE_URL", warehouse.address())
        .output()
        .unwrap();
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
    let mut publisher = Private::start().await;
    publisher.publish().await;
    let mut warehouse = Private::empty().await;
    copy_tables(&publisher, &warehouse);
    publisher
        .db
        .execute(
            "insert into heymilo.interviews
                 (workspace_id, interview_id, score, first_synced_at, synced_at)
             values ('default', 'int_1', 80.5, now(), now())",
        )
        .await
        .unwrap();
    let subscribe = format!(
        "create subscription heymilo connection '{}' publication heymilo",
        publisher.address()
    );
    warehouse.db.execute(sqlx::AssertSqlSafe(subscribe)).await.unwrap();
    warehouse.until_score(Some(80.5)).await;

    publisher.db.execute("update heymilo.interviews set score = 91").await.unwrap();
    warehouse.until_score(Some(91.0)).await;

    publisher.db.execute("delete from heymilo.interviews").await.unwrap();
    warehouse.until_score(None).await;

    warehouse.db.execute("drop subscription heymilo").await.unwrap();
    warehouse.stop().await;
    publisher.stop().await;
}
