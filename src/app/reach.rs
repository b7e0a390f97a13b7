//! The connection to the database: which errors are worth waiting for, and what they mean.

use std::{error::Error as _, io, time::Duration};

use anyhow::anyhow;
use sqlx::PgPool;
use tokio::time::{self, Instant};
use tracing::warn;

use crate::store::database;

/// The wait between attempts to reach the database.
pub(super) const RECONNECT_INTERVAL: Duration = Duration::from_secs(2);
/// How often the log says that the daemon is still waiting.
const LOG_INTERVAL: Duration = Duration::from_secs(30);

/// Waits until the database answers. An error that another attempt cannot change fails at once.
pub(super) async fn wait_for(db: &PgPool, limit: Duration) -> anyhow::Result<()> {
    let started = Instant::now();
    let mut said: Option<(String, Instant)> = None;
    while let Err(error) = database::reach(db).await {
        let cause = explain(&error);
        if !is_worth_waiting(&error) || started.elapsed() >= limit {
            return Err(anyhow!(cause));
        }

        let is_new =
            said.as_ref().is_none_or(|(last, at)| *last != cause || at.elapsed() > LOG_INTERVAL);
        if is_new {
            let (waited_s, limit_s) = (started.elapsed().as_secs(), limit.as_secs());
            warn!(waited_s, limit_s, "{cause}; waiting for it");
            said = Some((cause, Instant::now()));
        }
        time::sleep(RECONNECT_INTERVAL).await;
    }
    Ok(())
}

/// Whether the database may answer later.
pub(super) fn is_worth_waiting(error: &sqlx::Error) -> bool {
    database::is_away(error) && !is_lasting(error)
}

/// Whether a network error will be the same next time: TLS, or an unknown name.
fn is_lasting(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Io(error) if is_of_tls(error) || is_unknown_name(error))
}

fn is_of_tls(error: &io::Error) -> bool {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    inner.is_some()
}

/// The resolver's error has no kind of its own. Its text comes from `getaddrinfo` in glibc, musl
/// and macOS. A resolver that is away has another text.
fn is_unknown_name(error: &io::Error) -> bool {
    const UNKNOWN: [&str; 4] = [
        "Name or service not known",
        "Name does not resolve",
        "No address associated with hostname",
        "nodename nor servname",
    ];
    let text = error.to_string();
    UNKNOWN.iter().any(|unknown| text.contains(unknown))
}

/// Explains an error of the connection to the database, with its remedy. Postgres' own message is
/// included, because it names roles and databases, and no rows.
pub fn explain(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(refusal) if refusal.code().as_deref() == Some("42501") => {
            format!("the database refuses: {}", refusal.message())
        }
        sqlx::Error::Database(refusal) => {
            let remedy = match refusal.code().as_deref() {
                Some("28P01" | "28000") => ": correct the user and the password in DATABASE_URL",
                Some("3D000") => ": create it, or correct its name in DATABASE_URL",
                Some("08P01") if refusal.message().contains("startup parameter") => {
                    ": add it to ignore_startup_parameters of the pooler, or take it out of DATABASE_URL"
                }
                Some("53300") => ": give the role more connections, or end other sessions",
                Some("25006") => ": set DATABASE_URL to the address of its primary server",
                Some("57P03") => "",
                _ => ": look at the server's log",
            };
            format!("the database refuses: {}{remedy}", refusal.message())
        }
        sqlx::Error::Configuration(refused) => refused.to_string(),
        sqlx::Error::Tls(cause) => {
            format!("TLS to the database failed: {cause}: correct sslmode in DATABASE_URL")
        }
        sqlx::Error::Io(cause) if is_of_tls(cause) => {
            format!(
                "the certificate of the database is not accepted, or TLS failed: {cause}: correct sslmode, \
                 sslrootcert or the host in DATABASE_URL"
            )
        }
        sqlx::Error::Io(cause) if is_unknown_name(cause) => {
            format!("the host of the database is not known ({cause}): correct it in DATABASE_URL")
        }
        sqlx::Error::Io(cause) => {
            format!(
                "the database cannot be reached ({cause}): check that it runs, and the host and port in \
                 DATABASE_URL"
            )
        }
        sqlx::Error::PoolTimedOut => {
            "the database does not answer within 5 s: check that it runs, and the host and port in \
             DATABASE_URL"
                .to_owned()
        }
        other => match other.source() {
            Some(cause) => format!("the connection to the database failed: {other}: {cause}"),
            None => format!("the connection to the database failed: {other}"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_not_known_is_not_waited_for() {
        let lookup = |text: &str| {
            sqlx::Error::Io(io::Error::other(format!(
                "failed to lookup address information: {text}"
            )))
        };

        assert!(is_lasting(&lookup("Name or service not known")));
        assert!(!is_lasting(&lookup("Temporary failure in name resolution")));
        assert!(!is_lasting(&sqlx::Error::Io(io::ErrorKind::ConnectionRefused.into())));
    }
}
