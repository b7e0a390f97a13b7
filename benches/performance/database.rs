//! A private Postgres whose commits are durable, and equal databases on it.

use std::{fs::Permissions, os::unix::fs::PermissionsExt as _, time::Duration};

use heymilo_sync::{
    postgres::{Options, Server},
    store::{database, migrations},
};
use sqlx::{AssertSqlSafe, ConnectOptions as _, PgPool, postgres::PgConnectOptions};
use tempfile::TempDir;

/// The migrated database that all others are copied from.
const PRISTINE: &str = "pristine";

/// The server.
pub struct Postgres {
    server: Server,
    admin: PgPool,
    directory: TempDir,
}

/// A database on it, and a pool of our own.
pub struct Database {
    pub pool: PgPool,
    pub options: PgConnectOptions,
}

impl Postgres {
    /// Starts it.
    pub async fn start() -> Self {
        // When this process runs as root, another account runs the server and must be able to
        // enter.
        let open = Permissions::from_mode(0o755);
        let directory = tempfile::Builder::new().permissions(open).tempdir().unwrap();
        let server = Server::start(&Options {
            bin_dir: None,
            base_dir: directory.path().join("postgres"),
            durable: true,
            start_timeout: Duration::from_secs(60),
        })
        .await
        .unwrap();
        let admin = pool(server.connect_options());
        sqlx::query("create database pristine").execute(&admin).await.unwrap();
        let pristine = pool(server.connect_options().database(PRISTINE));
        migrations::migrate(&pristine).await.unwrap();
        pristine.close().await;
        Self { server, admin, directory }
    }

    /// Makes a database with empty tables, and replaces one of the same name.
    pub async fn database(&self, name: &str) -> Database {
        for statement in [
            format!("drop database if exists {name} with (force)"),
            format!("create database {name} template {PRISTINE}"),
            // Earlier writes must not reach the disk during the measurement.
            "checkpoint".to_owned(),
        ] {
            sqlx::query(AssertSqlSafe(statement)).execute(&self.admin).await.unwrap();
        }
        let options = self.server.connect_options().database(name);
        Database { pool: pool(options.clone()), options }
    }

    /// Changes a setting of the whole server.
    pub async fn set(&self, setting: &str) {
        for statement in [format!("alter system set {setting}"), "select pg_reload_conf()".into()] {
            sqlx::query(AssertSqlSafe(statement)).execute(&self.admin).await.unwrap();
        }
    }

    /// The version, as the server tells it.
    pub async fn version(&self) -> String {
        sqlx::query_scalar("show server_version").fetch_one(&self.admin).await.unwrap()
    }

    /// A directory that exists as long as the server.
    pub fn directory(&self) -> &std::path::Path {
        self.directory.path()
    }

    /// Stops it and removes everything.
    pub async fn stop(self) {
        self.admin.close().await;
        self.server.stop().await.unwrap();
    }
}

impl Database {
    /// Where it is.
    pub fn url(&self) -> String {
        self.options.to_url_lossy().to_string().replace("&statement-cache-capacity=100", "")
    }

    /// The only value of a query.
    pub async fn number(&self, query: &str) -> f64 {
        let query = format!("select ({query})::float8");
        sqlx::query_scalar(AssertSqlSafe(query)).fetch_one(&self.pool).await.unwrap()
    }

    /// Executes statements.
    pub async fn execute(&self, statements: &str) {
        sqlx::raw_sql(AssertSqlSafe(statements)).execute(&self.pool).await.unwrap();
    }

    /// Adds interviews as a list would, and nothing else about them.
    pub async fn know(&self, interviews: usize) {
        self.execute(&format!(
            "insert into heymilo.interviews
                 (workspace_id, interview_id, first_synced_at, synced_at)
             select 'default', 'interview' || lpad(number::text, 8, '0'), now(), now()
             from generate_series(0, {interviews} - 1) as number"
        ))
        .await;
    }

    /// Lets a daemon that starts now read no list during a measurement.
    pub async fn read_no_lists(&self) {
        self.execute("update heymilo_sync.cursors set due_at = now() + interval '1 day'").await;
    }

    /// The bytes of write-ahead log so far, of the whole server.
    pub async fn wal(&self) -> f64 {
        self.number("pg_current_wal_insert_lsn() - '0/0'::pg_lsn").await
    }

    /// The rows written to the analysts' tables so far.
    pub async fn rows_written(&self) -> f64 {
        // Postgres shows another session's counts a moment later.
        tokio::time::sleep(Duration::from_secs(2)).await;
        self.number(
            "select sum(n_tup_ins + n_tup_upd + n_tup_del)
             from pg_stat_user_tables
             where schemaname = 'heymilo'",
        )
        .await
    }

    /// Empties the analysts' tables. The snapshots stay.
    pub async fn empty(&self) {
        self.execute(
            "do $$
             declare tables text;
             begin
                 select string_agg(format('heymilo.%I', relname), ', ') into tables
                 from pg_class where relnamespace = 'heymilo'::regnamespace and relkind = 'r';
                 execute 'truncate ' || tables;
             end $$",
        )
        .await;
        self.execute("checkpoint").await;
    }
}

fn pool(options: PgConnectOptions) -> PgPool {
    database::pool(options, 4)
}
