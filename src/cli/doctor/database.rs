//! The database: whether it answers, is ours, lets us work and keeps the time.

use chrono::{TimeDelta, Utc};
use sqlx::PgPool;

use super::Finding;
use crate::{
    config,
    store::{self, database, migrations, privileges::Server},
};

/// The oldest PostgreSQL that the migrations work on.
const OLDEST: i32 = 150_000;
/// A clock that differs by more is wrong.
const CLOCK: TimeDelta = TimeDelta::seconds(5);
/// So many names are told; the others are counted.
const NAMES: usize = 3;

/// Looks at the database. Returns what was found, and whether it can be worked with.
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
        // The message of an error on the way to a database holds neither password nor rows.
        let unreachable = Finding::bad(
            "database",
            format!("cannot be reached: {error}"),
            "check that it runs, and that DATABASE_URL is right",
        );
        return (vec![unreachable], false);
    }
    match try_look(db, settings).await {
        Ok(found) => found,
        Err(error) => {
            let code = database::sqlstate(&error).unwrap_or_default().into_owned();
            let remedy = "look into the server's log";
            (vec![Finding::bad("database", format!("does not answer ({code})"), remedy)], false)
        }
    }
}

async fn try_look(db: &PgPool, settings: &config::Database) -> store::Result<(Vec<Finding>, bool)> {
    let server = store::privileges::server(db).await?;
    let mut found = vec![version(&server), clock(Utc::now() - server.now)];
    let is_current = match migrations::is_current(db).await {
        Ok(is_current) => is_current,
        // Who may not even ask has not been granted anything.
        Err(error) if error.as_database_error().is_some() => false,
        Err(error) => return Err(error),
    };
    found.push(match is_current {
        true => Finding::ok("migrations", "those of this program"),
        false => missing_migrations(db, settings).await?,
    });
    found.push(privileges(db, &server, settings).await?);
    let is_of_use = is_current && !found.iter().any(Finding::is_bad);
    Ok((found, is_of_use))
}

fn version(server: &Server) -> Finding {
    let Server { version, role, .. } = server;
    let what = "database";
    if server.version_number < OLDEST {
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
    if difference.abs() > CLOCK {
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
        true => Finding::note(what, found, "the daemon makes them at its start"),
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
