//! The connection pool, and the meaning of database errors.

use std::{
    borrow::Cow,
    slice,
    sync::{Arc, Mutex, MutexGuard},
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use sqlx::{
    AssertSqlSafe, Connection as _, PgConnection, PgPool, Postgres, Row as _, Transaction,
    error::DatabaseError,
    pool::PoolConnectionMetadata,
    postgres::{PgConnectOptions, PgPoolOptions, types::PgInterval},
};
use tokio::{sync::OnceCell, time};

use super::{
    Result,
    sessions::{self, Sessions},
};
use crate::records::WorkspaceId;

/// The application name of the program's sessions.
pub(super) const APPLICATION_NAME: &str = "heymilo-sync";
/// How long a request for a connection waits before the database counts as away.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// SQLSTATEs of a Postgres that is shut down, crashed, starting up or out of connections. It will
/// be back.
pub const PASSING: [&str; 4] = ["57P01", "57P02", "57P03", "53300"];
/// SQLSTATE of `heymilo_sync.fence` when the process does not own the workspace.
const NOT_OWNED: &str = "HM001";
/// How long a returned connection may take to answer.
const RELEASE_TIMEOUT: Duration = Duration::from_secs(5);
/// A connection that was returned less than 1 s ago answered then, and is used unchecked.
const FRESH: Duration = Duration::from_secs(1);
/// How long an idle connection may take to answer before it counts as hung.
const PING_TIMEOUT: Duration = Duration::from_secs(1);

/// Opens a pool. Connections are made when they are needed, so this works without a database.
pub fn pool(options: PgConnectOptions, max_connections: u32) -> PgPool {
    pool_of(vec![options], max_connections)
}

/// Opens a pool on the first of these hosts. [`choose_host`] moves it to another.
pub fn pool_of(hosts: Vec<PgConnectOptions>, max_connections: u32) -> PgPool {
    let hosts: Arc<[PgConnectOptions]> = hosts.into_iter().map(named).collect();
    let first = hosts[0].clone();
    let sessions = Arc::new(OnceCell::new());
    let hung = Hung::default();

    PgPoolOptions::new()
        .max_connections(max_connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .after_connect(move |connection, _| {
            let (hosts, sessions) = (hosts.clone(), sessions.clone());
            Box::pin(async move {
                let found = sessions.get_or_try_init(|| sessions::look(connection, &hosts)).await?;
                match found {
                    Sessions::Own => set_up(connection).await,
                    Sessions::Shared => Ok(()),
                }
            })
        })
        .test_before_acquire(false)
        .before_acquire(move |connection, is| {
            let hung = hung.clone();
            Box::pin(async move { hung.let_pass(connection, &is).await })
        })
        .after_release(|connection, _| Box::pin(async { Ok(is_of_use(connection).await) }))
        .connect_lazy_with(first)
}

/// When a connection of a pool was last found hung. A firewall or a moved server silences all
/// connections at once, so those that are older are replaced too. To wait for each of them in turn
/// would take longer than a heartbeat lasts.
#[derive(Clone, Default)]
struct Hung(Arc<Mutex<Option<Instant>>>);

impl Hung {
    /// Whether an idle connection can be used.
    async fn let_pass(&self, db: &mut PgConnection, is: &PoolConnectionMetadata) -> Result<bool> {
        if self.last().is_some_and(|last| last.elapsed() < is.age) {
            return Ok(false);
        }
        if is.idle_for <= FRESH {
            return Ok(true);
        }

        match time::timeout(PING_TIMEOUT, db.ping()).await {
            Ok(answer) => answer.map(|()| true),
            Err(_) => {
                *self.last() = Some(Instant::now());
                Ok(false)
            }
        }
    }

    fn last(&self) -> MutexGuard<'_, Option<Instant>> {
        self.0.lock().expect("no panic happens under this lock")
    }
}

/// The settings that every connection of the program sends. Some poolers refuse
/// `extra_float_digits`, so Postgres' default is kept.
fn named(options: PgConnectOptions) -> PgConnectOptions {
    options.application_name(APPLICATION_NAME).extra_float_digits(None)
}

/// Moves a pool to the first host that answers and can be written. Without such a host the pool
/// stays where it is.
pub async fn choose_host(db: &PgPool, hosts: &[PgConnectOptions]) {
    for host in hosts {
        let asked = async {
            let mut connection = PgConnection::connect_with(host).await?;
            let can_write = may_write(&mut connection).await?;
            connection.close().await?;
            Ok::<_, sqlx::Error>(can_write)
        };
        if matches!(time::timeout(ACQUIRE_TIMEOUT, asked).await, Ok(Ok(true))) {
            db.set_connect_options(named(host.clone()));
            return;
        }
    }
}

/// Whether the pool gives a connection that can write.
pub async fn is_writable(db: &PgPool) -> bool {
    match db.acquire().await {
        Ok(mut connection) => may_write(&mut connection).await.unwrap_or(false),
        Err(_) => false,
    }
}

async fn may_write(db: &mut PgConnection) -> Result<bool> {
    let setting = sqlx::raw_sql("show transaction_read_only").fetch_one(db).await?;
    Ok(setting.try_get::<&str, _>(0)? == "off")
}

/// Begins a transaction whose commit does not wait for the disk. It is for work that is repeated
/// unless its completion is committed. A crash of the server takes the whole transaction back, with
/// all later ones.
///
/// Its statements use no sequential scans and no bitmap scans, which would lose the order of a key,
/// and are not compiled. Before the first `analyze`, the planner takes a workspace for a small part
/// of a table. It would then read or sort the whole table for a few rows, and a connection keeps
/// such a plan.
pub async fn begin_repeatable(db: &PgPool) -> Result<Transaction<'static, Postgres>> {
    const BEGIN: &str = "begin; set local synchronous_commit to off; set local jit to off; \
                         set local enable_seqscan to off; set local enable_bitmapscan to off";
    db.begin_with(BEGIN).await
}

/// Begins a transaction that writes fetched rows. It fails with [`NOT_OWNED`] unless the process
/// owns the workspace in this epoch. No other process can take the workspace until it ends. The
/// server ends it after 5 s of silence, so that a takeover waits only briefly.
pub async fn begin_fenced(
    db: &PgPool,
    workspace_id: &WorkspaceId,
    epoch: i64,
) -> Result<Transaction<'static, Postgres>> {
    let workspace = workspace_id.as_str().replace('\'', "''");
    let begin = format!(
        "begin; set local synchronous_commit to off; set local jit to off; \
         set local enable_seqscan to off; set local enable_bitmapscan to off; \
         set local statement_timeout to '5s'; set local lock_timeout to '4s'; \
         set local idle_in_transaction_session_timeout to '5s'; \
         select heymilo_sync.fence('{workspace}', {epoch})"
    );
    db.begin_with(AssertSqlSafe(begin)).await
}

/// Begins a transaction in which the server ends each statement after `limit`. Otherwise a
/// statement that the daemon gave up would go on and hold its locks.
pub async fn begin_bounded(
    db: &mut PgConnection,
    limit: Duration,
) -> Result<Transaction<'_, Postgres>> {
    let milliseconds = limit.as_millis().clamp(1, i32::MAX as u128);
    let begin = format!("begin; set local statement_timeout to {milliseconds}");
    db.begin_with(AssertSqlSafe(begin)).await
}

/// Whether a transaction failed because another process owns the workspace now.
pub fn is_not_owned(error: &sqlx::Error) -> bool {
    sqlstate(error).is_some_and(|code| code == NOT_OWNED)
}

/// Runs database work with a timeout. The pool closes a connection that hangs.
pub async fn within<T>(limit: Duration, work: impl Future<Output = Result<T>>) -> Result<T> {
    time::timeout(limit, work).await.unwrap_or(Err(sqlx::Error::PoolTimedOut))
}

/// A duration in whole microseconds, as Postgres counts.
pub fn interval(duration: Duration) -> Result<PgInterval> {
    let microseconds = i64::try_from(duration.as_micros())
        .map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
    Ok(PgInterval { months: 0, days: 0, microseconds })
}

/// Sets up a session.
/// - The server notices within two minutes, instead of two hours, that this machine is gone. Until
///   then it would hold our locks.
/// - The server ends a statement 5 s after the daemon closed its connection.
/// - No statement is compiled. Ours are short, and a plan that may not use a sequential scan seems
///   costly enough to be compiled for 30 ms.
/// - Isolation level and timeouts that the database or the role sets for others do not apply.
/// - [`keeps_its_session`] looks for the setting of our own.
async fn set_up(db: &mut PgConnection) -> Result<()> {
    sqlx::raw_sql(
        "set tcp_keepalives_idle = 60;
         set tcp_keepalives_interval = 10;
         set tcp_keepalives_count = 3;
         set jit = off;
         set default_transaction_isolation = 'read committed';
         set statement_timeout = 0;
         set lock_timeout = 0;
         set idle_in_transaction_session_timeout = 0;
         set heymilo_sync.keeps_its_session = 'yes';
         select set_config(name, '5000', false) from pg_settings
         where name = 'client_connection_check_interval'",
    )
    .execute(db)
    .await?;

    Ok(())
}

/// Whether a connection keeps its session, so that notifications reach it.
pub(super) async fn keeps_its_session(db: &mut PgConnection) -> Result<bool> {
    sqlx::query_scalar!(
        r#"select current_setting('heymilo_sync.keeps_its_session', true) is not distinct from 'yes' as "does!""#
    )
    .fetch_one(db)
    .await
}

/// Whether a connection can go back to the pool. A connection that hangs would take a place in the
/// pool for ever. A connection to a read-only server would stay read-only.
async fn is_of_use(db: &mut PgConnection) -> bool {
    // Otherwise a connection would keep the memory of its largest statement.
    db.shrink_buffers();
    let may_write = sqlx::query_scalar!(
        r#"select current_setting('transaction_read_only') = 'off' as "may_write!""#
    );
    let answered = time::timeout(RELEASE_TIMEOUT, may_write.fetch_one(db)).await;
    matches!(answered, Ok(Ok(true)))
}

/// The time by the database's clock, which decides when jobs are due.
pub async fn now(db: &PgPool) -> Result<DateTime<Utc>> {
    sqlx::query_scalar!(r#"select now() as "now!""#).fetch_one(db).await
}

/// Connects once, to check that the database answers and lets the daemon work.
pub async fn reach(db: &PgPool) -> Result<()> {
    let options = db.connect_options();
    let reached = async {
        let mut connection = PgConnection::connect_with(&options).await?;
        sessions::look(&mut connection, slice::from_ref(&options)).await?;
        connection.close().await
    };
    time::timeout(ACQUIRE_TIMEOUT, reached).await.unwrap_or(Err(sqlx::Error::PoolTimedOut))
}

/// Whether the rows are to blame and not the database's condition. Then the same rows would fail
/// again, and the other rows should not wait for them.
pub fn blames_the_rows(error: &sqlx::Error) -> bool {
    // Data exceptions, violated constraints, and limits a row can exceed.
    const CLASSES: [&str; 3] = ["22", "23", "54"];
    match error {
        sqlx::Error::Encode(_) => true,
        _ => {
            sqlstate(error).is_some_and(|code| CLASSES.iter().any(|class| code.starts_with(class)))
        }
    }
}

/// Whether the database's condition is to blame, which may pass. It is away, read-only or out of a
/// resource, or two transactions conflicted.
pub fn is_passing(error: &sqlx::Error) -> bool {
    // Connections, read-only, rollbacks, resources, locks, intervention, the system, ownership.
    const CLASSES: [&str; 8] = ["08", "25", "40", "53", "55", "57", "58", "HM"];
    match error {
        sqlx::Error::Database(error) => {
            error.code().is_some_and(|code| CLASSES.iter().any(|class| code.starts_with(class)))
        }
        sqlx::Error::Encode(_) => false,
        _ => true,
    }
}

/// Whether the server ended a statement or a transaction that took too long. The same rows may take
/// as long again.
pub fn is_too_slow(error: &sqlx::Error) -> bool {
    sqlstate(error).is_some_and(|code| ["57014", "25P03"].contains(&code.as_ref()))
}

/// The SQLSTATE of an error. The error's message is not shown, because it could quote a value.
pub fn sqlstate(error: &sqlx::Error) -> Option<Cow<'_, str>> {
    error.as_database_error().and_then(DatabaseError::code)
}

/// Whether the database could not be reached or does not accept connections yet, so that waiting
/// may help.
pub fn is_away(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut => true,
        sqlx::Error::Database(error) => {
            error.code().is_some_and(|code| PASSING.contains(&code.as_ref()))
        }
        _ => false,
    }
}
