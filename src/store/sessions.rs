//! The sessions that the server gives us: their number, and whether a connection keeps its own.
//!
//! A pooler in transaction mode lends a Postgres session to a connection for one transaction.
//! Settings and listens of a session would then reach other programs.

use std::{pin::pin, time::Duration};

use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row as _, postgres::PgConnectOptions};
use tokio::time;

use super::{
    Result,
    database::{is_away, sqlstate},
};

/// How long a second connection waits for a session while the first has one.
const SECOND_SESSION_TIMEOUT: Duration = Duration::from_secs(1);
/// SQLSTATE when the role or the server has no connection left.
const TOO_MANY_CONNECTIONS: &str = "53300";
/// SQLSTATEs of a prepared statement whose name is taken or unknown.
const OTHER_STATEMENT: [&str; 2] = ["42P05", "26000"];

/// Which sessions the connections use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sessions {
    /// A connection keeps its session.
    Own,
    /// Two transactions of a connection may run in different sessions.
    Shared,
}

/// Why the daemon cannot work with a pooler.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error(
        "the database is behind a pooler in transaction mode that does not keep prepared statements \
         (PgBouncer before 1.21, or with max_prepared_statements = 0): set DATABASE_URL to the direct \
         address of PostgreSQL, or to a pool in session mode"
    )]
    Statements,
    #[error(
        "the database is behind a pooler in transaction mode, where the defaults of the role hold: let an \
         administrator run `alter role {role} set default_transaction_isolation = 'read committed'`, or set \
         DATABASE_URL to the direct address of PostgreSQL"
    )]
    Isolation { role: String },
}

/// Finds out which sessions `db` uses. Fails with a pooler behind which the daemon cannot work.
pub(super) async fn look(db: &mut PgConnection, hosts: &[PgConnectOptions]) -> Result<Sessions> {
    let Some(mut beside) = connect(hosts).await? else {
        return Ok(Sessions::Own);
    };
    let is_shared = are_shared(db, &mut beside).await?;
    beside.close().await.ok();
    if !is_shared {
        return Ok(Sessions::Own);
    }

    check_statements(db).await?;
    check_isolation(db).await?;
    Ok(Sessions::Shared)
}

/// Connects to the first host that answers. `None` when the server allows no further connection.
async fn connect(hosts: &[PgConnectOptions]) -> Result<Option<PgConnection>> {
    let mut failure = sqlx::Error::PoolTimedOut;
    for host in hosts {
        match PgConnection::connect_with(host).await {
            Ok(connected) => return Ok(Some(connected)),
            Err(error) if sqlstate(&error).as_deref() == Some(TOO_MANY_CONNECTIONS) => {
                return Ok(None);
            }
            Err(error) if is_away(&error) => failure = error,
            Err(error) => return Err(error),
        }
    }
    Err(failure)
}

/// Whether two connections change their sessions between transactions. It tries both orders of
/// returning the sessions, because a pooler lends the first or the last free one.
async fn are_shared(one: &mut PgConnection, other: &mut PgConnection) -> Result<bool> {
    let mine = begin(one).await?;
    let theirs = {
        let mut waiting = pin!(begin(other));
        match time::timeout(SECOND_SESSION_TIMEOUT, &mut waiting).await {
            Ok(theirs) => theirs?,
            // A pooler with a single session gives it to the other connection once it is free.
            Err(_) => {
                end(one).await?;
                return Ok(time::timeout(SECOND_SESSION_TIMEOUT, waiting).await.is_ok());
            }
        }
    };

    for other_first in [false, true] {
        if other_first {
            end(other).await?;
            end(one).await?;
        } else {
            end(one).await?;
            end(other).await?;
        }
        if (begin(one).await?, begin(other).await?) != (mine, theirs) {
            end(one).await?;
            return Ok(true);
        }
    }
    end(one).await?;
    Ok(false)
}

/// Begins a transaction and returns the id of its session. It prepares no statement, because the
/// name could belong to another connection.
async fn begin(db: &mut PgConnection) -> Result<i32> {
    sqlx::raw_sql("begin; select pg_backend_pid()").fetch_one(db).await?.try_get(0)
}

async fn end(db: &mut PgConnection) -> Result<()> {
    sqlx::raw_sql("rollback").execute(db).await.map(drop)
}

/// A pooler that supports prepared statements gives them names of its own.
async fn check_statements(db: &mut PgConnection) -> Result<()> {
    begin(db).await?;
    let named = sqlx::query_scalar!(
        r#"
        select name as "name!"
        from pg_prepared_statements
        where starts_with(name, 'sqlx_s_')
        "#
    )
    .fetch_all(&mut *db)
    .await;

    let passed_on = match named {
        Ok(names) => names,
        Err(error) if sqlstate(&error).is_some_and(|code| OTHER_STATEMENT.contains(&&*code)) => {
            return Err(refused(Refused::Statements));
        }
        Err(error) => return Err(error),
    };
    for name in &passed_on {
        let deallocate = format!(r#"deallocate "{name}""#);
        sqlx::raw_sql(AssertSqlSafe(deallocate)).execute(&mut *db).await?;
    }
    end(db).await?;
    if passed_on.is_empty() { Ok(()) } else { Err(refused(Refused::Statements)) }
}

/// Single statements run as transactions of their own, in the role's isolation level.
async fn check_isolation(db: &mut PgConnection) -> Result<()> {
    let role = sqlx::query_scalar!(
        r#"
        select session_user::text as "role!"
        where current_setting('default_transaction_isolation') <> 'read committed'
        "#
    )
    .fetch_optional(db)
    .await?;
    role.map_or(Ok(()), |role| Err(refused(Refused::Isolation { role })))
}

fn refused(why: Refused) -> sqlx::Error {
    sqlx::Error::Configuration(Box::new(why))
}

/// The number of connections that the role, the database and the server allow.
pub async fn allowed(db: &mut PgConnection) -> Result<u32> {
    let allowed = sqlx::query_scalar!(
        r#"
        select least(
                   nullif(rolconnlimit, -1),
                   nullif(datconnlimit, -1),
                   current_setting('max_connections')::integer
                       - current_setting('superuser_reserved_connections')::integer
               ) as "allowed!"
        from pg_roles
        cross join pg_database
        where rolname = session_user
          and datname = current_database()
        "#
    )
    .fetch_one(db)
    .await?;
    Ok(allowed.unsigned_abs())
}
