//! Backup and restore, as in docs/operations.md.

use std::{fs, path::Path, process::Command};

use sqlx::{AssertSqlSafe, Executor as _, PgPool, postgres::PgConnectOptions};
use tempfile::TempDir;

use crate::support::{
    daemon::{address, url},
    private::PrivatePostgres,
    program::program_with,
    simulated,
};

const CLOSED_PORT: &str = "http://127.0.0.1:9";

/// The shell commands below a heading of the handbook.
fn lines_below(heading: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/operations.md");
    let text = fs::read_to_string(path).unwrap();
    let (_, below) = text.split_once(&format!("\n## {heading}\n")).unwrap();
    let (_, lines) = below.split_once("```sh\n").unwrap();
    lines.split("```").next().unwrap().to_owned()
}

/// Runs commands in a directory, with PostgreSQL's programs of the server's version.
async fn run(lines: &str, directory: &TempDir, url: &str, bin: &str) {
    let program = Path::new(env!("CARGO_BIN_EXE_heymilo-sync")).parent().unwrap();
    let mut shell = Command::new("bash");
    shell.args(["-e", "-u", "-o", "pipefail", "-c", lines]).current_dir(directory.path());
    shell.env("PATH", format!("{}:{bin}:/usr/bin:/bin", program.display()));
    shell.env("DATABASE_URL", url).env("HEYMILO_API_KEY", "simulated");
    let output = tokio::task::spawn_blocking(move || shell.output().unwrap()).await.unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{lines}: {said}");
}

async fn bin(db: &PgPool) -> String {
    sqlx::query_scalar("select setting from pg_config where name = 'BINDIR'")
        .fetch_one(db)
        .await
        .unwrap()
}

/// Restores into an empty database that belongs to a role of its own.
async fn restored(postgres: &PrivatePostgres, directory: &TempDir, bin: &str) -> PgPool {
    for statement in ["create role keeper login createrole", "create database kept owner keeper"] {
        postgres.connect().await.execute(AssertSqlSafe(statement.to_owned())).await.unwrap();
    }
    let pool = postgres.pool();
    let options = PgConnectOptions::clone(&pool.connect_options()).database("kept");
    let socket = options.get_socket().unwrap().display().to_string();
    let as_keeper = format!("postgres://keeper@/kept?host={socket}&port={}", options.get_port());
    run(&lines_below("Restore"), directory, &as_keeper, bin).await;
    heymilo_sync::store::database::pool(options, 2)
}

async fn interviews(db: &PgPool) -> i64 {
    sqlx::query_scalar("select count(*) from heymilo.interviews").fetch_one(db).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_backed_up_is_restored_on_the_same_server_and_on_a_new_one() {
    let (postgres, other) = (PrivatePostgres::start().await, PrivatePostgres::start().await);
    let (_, base_url) = simulated::heymilo().await;
    let db = postgres.pool();
    let (synced, said) = program_with(&url(&db), &base_url, &["sync"], &[]).await;
    assert!(synced, "{said}");
    let (directory, bin) = (TempDir::new().unwrap(), bin(&db).await);

    run(&lines_below("Back up"), &directory, &url(&db), &bin).await;

    for server in [&postgres, &other] {
        let kept = restored(server, &directory, &bin).await;
        assert!(interviews(&kept).await > 0);
        assert_eq!(interviews(&kept).await, interviews(&db).await);
        let target = address(&kept.connect_options());
        let (same, said) = program_with(&target, &base_url, &["verify"], &[]).await;
        assert!(same && said.contains("no differences"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_two_roles_of_the_handbook_are_enough() {
    let postgres = PrivatePostgres::start().await;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/operations.md");
    let text = fs::read_to_string(path).unwrap();
    let (_, below) = text.split_once("\n## Two roles\n").unwrap();
    let statements = below.split("```sql\n").nth(1).unwrap().split("```").next().unwrap();
    let database = "create database heymilo owner";
    let statements = statements.replace(database, "create database printed owner");
    for statement in statements.split_inclusive(';').filter(|statement| statement.len() > 2) {
        postgres.connect().await.execute(AssertSqlSafe(statement.to_owned())).await.unwrap();
    }
    let pool = postgres.pool();
    let options = PgConnectOptions::clone(&pool.connect_options()).database("printed");

    let owner = address(&options.clone().username("heymilo_owner"));
    let migrate = ["migrate", "--daemon-role", "heymilo_daemon"];
    let (migrated, said) = program_with(&owner, CLOSED_PORT, &migrate, &[]).await;
    assert!(migrated, "{said}");

    let daemon = address(&options.username("heymilo_daemon"));
    let served = [("HEYMILO_SYNC__DATABASE__MIGRATE", "false")];
    let (_, base_url) = simulated::heymilo().await;
    for command in [&["sync"][..], &["verify"], &["erase", "--yes", "--email", "ada@example.com"]] {
        let (done, said) = program_with(&daemon, &base_url, command, &served).await;
        assert!(done, "{command:?}: {said}");
    }
}
