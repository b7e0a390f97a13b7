//! The database's answers, and what in it holds up heymilo-sync.

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::{PgConnection, PgPool};
use utoipa::ToSchema;

use super::{
    milliseconds,
    replication::{ReplicationSlot, slots},
};
use crate::store::{
    Result,
    database::{APPLICATION_NAME, interval},
};

/// A lock that heymilo-sync waits for at least this long is reported.
const BLOCKED_FOR: Duration = Duration::from_secs(2);

/// Another program's transaction that is open longer than this is reported.
const MAX_TRANSACTION_AGE: Duration = Duration::from_secs(10 * 60);

/// The state of the database.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Database {
    /// Its version.
    pub version: String,
    /// The newest applied migration.
    pub migration: Option<i64>,
    /// How long an open connection took to answer, in milliseconds.
    pub answered_in_ms: u64,
    /// How long all figures took, in milliseconds. Null when they did not arrive in time.
    pub figures_in_ms: Option<u64>,
    /// Sessions with a lock that heymilo-sync has waited for at least 2 s.
    pub blockers: Vec<Blocker>,
    /// Other programs' transactions longer than 10 minutes, which keep Postgres from removing dead
    /// rows.
    pub long_transactions: Vec<LongTransaction>,
    /// The replication slots, through which others follow the tables.
    pub slots: Vec<ReplicationSlot>,
    /// The server's time.
    #[serde(skip)]
    pub now: DateTime<Utc>,
}

/// A session of the database that holds up heymilo-sync.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Blocker {
    /// Its process, as in `pg_stat_activity`. 0 for a prepared transaction.
    pub pid: i32,
    /// Its role.
    pub role: String,
    /// Its application name.
    pub application: String,
    /// How long heymilo-sync has waited for it, in seconds.
    pub waited_s: f64,
}

/// A transaction of another program that has been open too long.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct LongTransaction {
    /// Its process, as in `pg_stat_activity`. 0 for a prepared transaction.
    pub pid: i32,
    /// Its role.
    pub role: String,
    /// Its application name.
    pub application: String,
    /// How long it has been open, in seconds.
    pub open_s: f64,
}

/// Reads the state of the database.
pub async fn database(db: &PgPool) -> Result<Database> {
    let mut connection = db.acquire().await?;
    let asked_at = Instant::now();
    let now = sqlx::query_scalar!(r#"select now() as "now!""#).fetch_one(&mut *connection).await?;
    let answered_in = asked_at.elapsed();
    let versions = sqlx::query!(
        r#"
        select split_part(current_setting('server_version'), ' ', 1) as "version!",
               (select max(version) from heymilo_sync.migrations where success) as migration
        "#
    )
    .fetch_one(&mut *connection)
    .await?;

    Ok(Database {
        version: versions.version,
        migration: versions.migration,
        answered_in_ms: milliseconds(answered_in),
        figures_in_ms: None,
        blockers: blockers(&mut connection).await?,
        long_transactions: long_transactions(&mut connection, MAX_TRANSACTION_AGE).await?,
        slots: slots(&mut *connection).await?,
        now,
    })
}

/// The transactions of other programs that are open longer than a limit, the oldest first.
pub async fn long_transactions(
    db: &mut PgConnection,
    longer_than: Duration,
) -> Result<Vec<LongTransaction>> {
    sqlx::query_as!(
        LongTransaction,
        r#"
        select pid as "pid!",
               role as "role!",
               application as "application!",
               extract(epoch from clock_timestamp() - began_at)::float8 as "open_s!"
        from (
            select pid, coalesce(usename, '') as role, application_name as application,
                   xact_start as began_at
            from pg_stat_activity
            where datname = current_database()
              and application_name <> $1
              and coalesce(backend_xmin, backend_xid) is not null
              and backend_type = 'client backend'
            union all
            select 0, owner, gid, prepared
            from pg_prepared_xacts
            where database = current_database()
        ) as open
        where began_at < clock_timestamp() - $2::interval
        order by began_at
        "#,
        APPLICATION_NAME,
        interval(longer_than)?,
    )
    .fetch_all(db)
    .await
}

/// The sessions that hold up heymilo-sync.
async fn blockers(db: &mut PgConnection) -> Result<Vec<Blocker>> {
    sqlx::query_as!(
        Blocker,
        r#"
        select blockers.pid as "pid!",
               coalesce(max(blocking.usename), 'a role of a prepared transaction') as "role!",
               coalesce(max(blocking.application_name), '') as "application!",
               max(extract(epoch from clock_timestamp() - waiting.query_start))::float8 as "waited_s!"
        from pg_stat_activity as waiting
        cross join unnest(pg_blocking_pids(waiting.pid)) as blockers (pid)
        left join pg_stat_activity as blocking on blocking.pid = blockers.pid
        where waiting.datname = current_database()
          and waiting.application_name = $1
          and waiting.wait_event_type = 'Lock'
          and waiting.query_start < clock_timestamp() - $2::interval
        group by blockers.pid
        order by 4 desc
        "#,
        APPLICATION_NAME,
        interval(BLOCKED_FOR)?,
    )
    .fetch_all(db)
    .await
}
