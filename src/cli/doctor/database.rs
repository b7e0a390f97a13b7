//! Checks the database: whether it answers, is ours, lets us work and has the right time.

use std::{error::Error, iter, net::IpAddr};

use chrono::{TimeDelta, Utc};
use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgSslMode},
};

use super::{Finding, replication};
use crate::{
    app, config,
    store::{self, database, migrations, privileges::Server},
};

/// The oldest PostgreSQL that the migrations support.
const MIN_SERVER_VERSION: i32 = 150_000;
/// A larger difference means that a clock is wrong.
const MAX_CLOCK_DIFFERENCE: TimeDelta = TimeDelta::seconds(5);
/// The most names that are listed. The others are counted.
const NAMES: usize = 3;
const WHERE_TO_LOOK: &str = "look at the server's log";

/// Checks the database. Returns the findings, and whether the database can be used.
pub async fn look(db: &PgPool, settings: &config::Database) -> (Vec<Finding>, bool) {
    if let Err(error) = database::reach(db).await {
        if settings.url.is_none() {
            let asleep = Finding::note(
                "database",
                "no DATABASE_URL is set, and the private Postgres of a daemon does not run",
                "`heymilo-sync run` starts it; for more than a trial, set DATABASE_URL to a database \
                 that you look after",
            );
            return (vec![asleep], false);
        }
        // The part of the error after its last colon is the remedy.
        let text = app::explain_database(&error);
        let (found, remedy) = text.rsplit_once(": ").unwrap_or((&text, WHERE_TO_LOOK));
        return (vec![Finding::bad("database", found, remedy)], false);
    }

    match try_look(db, settings).await {
        Ok(found) => found,
        Err(error) => {
            (vec![Finding::bad("database", app::explain_database(&error), WHERE_TO_LOOK)], false)
        }
    }
}

async fn try_look(db: &PgPool, settings: &config::Database) -> store::Result<(Vec<Finding>, bool)> {
    let server = store::privileges::server(db).await?;
    let mut found = vec![
        version(&server),
        encryption(&server, &db.connect_options()),
        connections(&server, settings),
        clock(Utc::now() - server.now),
    ];

    let is_current = match migrations::is_current(db).await {
        Ok(is_current) => is_current,
        // A role without rights may not even ask.
        Err(error) if error.as_database_error().is_some() => false,
        Err(error) => return Err(error),
    };
    found.push(match is_current {
        true => Finding::ok("migrations", "those of this program"),
        false => missing_migrations(db, settings).await?,
    });
    found.push(privileges(db, &server, settings).await?);
    if is_current {
        found.push(readers(db).await?);
        found.extend(replication::look(db).await?);
    }
    let is_of_use = is_current && !found.iter().any(Finding::is_bad);

    Ok((found, is_of_use))
}

/// Whether others on the network can read the connection to the database.
fn encryption(server: &Server, options: &PgConnectOptions) -> Finding {
    let what = "encryption";
    let is_verified = matches!(options.get_ssl_mode(), PgSslMode::VerifyCa | PgSslMode::VerifyFull);
    let host = options.get_host();
    let is_near = options.get_socket().is_some()
        || host == "localhost"
        || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback());
    let remedy =
        "add sslmode=verify-full to DATABASE_URL, and sslrootcert with the authority's certificate";
    match &server.tls {
        Some(version) if is_verified => {
            Finding::ok(what, format!("{version}, certificate verified"))
        }
        None if is_near => Finding::ok(what, "none; the connection stays on this machine"),
        Some(version) => {
            Finding::note(what, format!("{version}, certificate not verified"), remedy)
        }
        None => Finding::note(what, format!("none, and {host} is another machine"), remedy),
    }
}

fn connections(server: &Server, settings: &config::Database) -> Finding {
    let (allowed, wanted) = (server.connections.unsigned_abs(), settings.max_connections);
    let found = format!("the role may have {allowed}, database.max_connections is {wanted}");
    match allowed <= wanted {
        true => Finding::note(
            "connections",
            found,
            "the daemon works with fewer; give the role more for speed (alter role ... connection limit)",
        ),
        false => Finding::ok("connections", found),
    }
}

async fn readers(db: &PgPool) -> store::Result<Finding> {
    let what = "readers";
    let closed = store::privileges::closed(db).await?;
    if !closed.is_empty() {
        return Ok(Finding::bad(
            what,
            format!("row security without a policy hides {}", some_of(&closed)),
            "run `select heymilo_sync.open_row_security()` as the owner of the tables",
        ));
    }
    let without = store::privileges::readers_without_access(db).await?;
    if !without.is_empty() {
        return Ok(Finding::note(
            what,
            format!("{} may not read all that they should", some_of(&without)),
            "run `select heymilo_sync.grant_access()` as the owner of the tables",
        ));
    }
    Ok(Finding::ok(what, "their roles may read what docs/privacy.md says"))
}

fn version(server: &Server) -> Finding {
    let Server { version, role, .. } = server;
    let what = "database";
    if server.version_number < MIN_SERVER_VERSION {
        let found = format!("PostgreSQL {version} is too old");
        return Finding::bad(what, found, "use PostgreSQL 15 or later");
    }
    if server.is_read_only {
        let found = format!("PostgreSQL {version} can only be read");
        return Finding::bad(what, found, "point DATABASE_URL at the primary server");
    }
    Finding::ok(what, format!("PostgreSQL {version}, as {role}"))
}

/// How far this machine's clock is ahead of the database's.
fn clock(difference: TimeDelta) -> Finding {
    let seconds = difference.num_seconds();
    if difference.abs() > MAX_CLOCK_DIFFERENCE {
        let found = format!("this machine's is {seconds} s ahead of the database's");
        return Finding::bad("clock", found, "keep both machines' time with NTP");
    }
    Finding::ok("clock", "this machine's and the database's agree")
}

async fn missing_migrations(db: &PgPool, settings: &config::Database) -> store::Result<Finding> {
    let what = "migrations";
    match migrations::check(&mut *db.acquire().await?, settings.migrate).await {
        Ok(()) => {}
        Err(migrations::Error::Database(error)) => return Err(error),
        Err(refused) => {
            let remedy = "do that, then run `heymilo-sync migrate`";
            return Ok(Finding::bad(what, refused.to_string(), remedy));
        }
    }

    let found = "not those of this program";
    Ok(match settings.migrate {
        true => match migrations::rehearse(db).await {
            Ok(()) => Finding::note(
                what,
                "missing; making them was tried and rolled back",
                "the daemon makes them at its start",
            ),
            Err(refused) => Finding::bad(what, in_full(&refused), WHERE_TO_LOOK),
        },
        false => Finding::bad(
            what,
            found,
            "run `heymilo-sync migrate` with a DATABASE_URL whose role owns the tables",
        ),
    })
}

async fn privileges(
    db: &PgPool,
    server: &Server,
    settings: &config::Database,
) -> store::Result<Finding> {
    let what = "privileges";
    let missing = store::privileges::missing(db).await?;
    if !missing.is_empty() {
        return Ok(Finding::bad(
            what,
            format!("{} may not use {}", server.role, some_of(&missing)),
            "grant it what config/daemon-role.sql says",
        ));
    }

    if settings.migrate {
        let not_ours = store::privileges::not_ours(db).await?;
        if !not_ours.is_empty() || !server.may_create {
            let found = match &not_ours[..] {
                [] => "may make no schemas in this database".to_owned(),
                _ => format!("does not own {}", some_of(&not_ours)),
            };
            return Ok(Finding::bad(
                what,
                format!("{} {found}, so it cannot migrate", server.role),
                "let it own the tables and grant it create on the database, or set \
                 database.migrate = false and run `heymilo-sync migrate` as their owner",
            ));
        }
    }

    Ok(Finding::ok(what, "all that the daemon needs"))
}

/// An error with its causes. The errors of a migration hold no rows.
fn in_full(error: &dyn Error) -> String {
    let causes = iter::successors(Some(error), |error| (*error).source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

fn some_of(names: &[String]) -> String {
    let some = names.iter().take(NAMES).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(NAMES) {
        0 => some,
        more => format!("{some} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_differs_in_either_direction_is_bad() {
        for (seconds, is_bad) in [(0, false), (-5, false), (5, false), (6, true), (-3600, true)] {
            assert_eq!(clock(TimeDelta::seconds(seconds)).is_bad(), is_bad, "{seconds} s");
        }
    }
}
