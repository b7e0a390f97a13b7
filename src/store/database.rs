//! The connection pool and the migrations.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::{
    Connection as _, PgConnection, PgPool,
    migrate::{MigrateError, Migrator},
    postgres::{PgConnectOptions, PgPoolOptions},
};

use tokio::time;

use super::Result;

/// The migrations, embedded in the binary.
pub static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// How long a request for a connection waits before it counts as a database that is away.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// Opens a pool. Connections are made when they are needed, so this works without a database.
pub fn pool(options: PgConnectOptions, max_connections: u32) -> PgPool {
    PgPoolOptions::new()
        .max_connections(max_connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .connect_lazy_with(options.application_name("heymilo-sync"))
}

/// Brings the database up to this binary's migrations. Refuses a database that is newer.
pub async fn migrate(db: &PgPool) -> Result<(), MigrateError> {
    MIGRATIONS.run(db).await
}

/// Whether the database answers and holds exactly this binary's migrations.
pub async fn is_current(db: &PgPool) -> Result<bool> {
    let mut connection = db.acquire().await?;
    connection.ping().await?;
    let applied = sqlx::query_scalar!(
        r#"select version from _sqlx_migrations where success order by version"#
    )
    .fetch_all(&mut *connection)
    .await?;
    Ok(MIGRATIONS.iter().map(|migration| migration.version).eq(applied))
}

/// What time it is by the database's clock, which is the one that jobs go by.
pub async fn now(db: &PgPool) -> Result<DateTime<Utc>> {
    sqlx::query_scalar!(r#"select now() as "now!""#).fetch_one(db).await
}

/// Connects once, to see whether the database answers.
pub async fn reach(db: &PgPool) -> Result<()> {
    let options = db.connect_options();
    let connected = time::timeout(ACQUIRE_TIMEOUT, PgConnection::connect_with(&options)).await;
    connected.map_err(|_| sqlx::Error::PoolTimedOut)??.close().await
}

/// Whether the database could not be reached or does not take connections yet, so that waiting may
/// help.
pub fn is_away(error: &sqlx::Error) -> bool {
    // Shut down, crashed, starting up, too many connections: it will be back.
    const PASSING: [&str; 4] = ["57P01", "57P02", "57P03", "53300"];
    match error {
        sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut => true,
        sqlx::Error::Database(error) => {
            error.code().is_some_and(|code| PASSING.contains(&code.as_ref()))
        }
        _ => false,
    }
}
