//! A database whose clock is set by hand, as far as the budget looks at it.

use std::time::Duration;

use chrono::{DateTime, Utc};
use heymilo_sync::store::database::pool;
use sqlx::{AssertSqlSafe, Executor as _, PgPool, postgres::PgConnectOptions};

use super::database::database;

/// Sets the clock that every connection of its pools sees.
pub struct TimeMachine {
    db: PgPool,
    options: PgConnectOptions,
}

impl TimeMachine {
    /// Makes a database of its own whose clock stands still.
    pub async fn start() -> Self {
        let db = database().await;
        // A schema that is searched before Postgres's own has the word.
        db.execute(
            "create schema machine;
             create sequence machine.micros;
             create function machine.clock_timestamp() returns timestamptz language sql volatile
             as $$ select 'epoch'::timestamptz + last_value * interval '1 microsecond'
                   from machine.micros $$;",
        )
        .await
        .unwrap();
        let path = [("search_path", "machine,pg_catalog,public")];
        let options = PgConnectOptions::clone(&db.connect_options()).options(path);
        Self { db, options }
    }

    /// Connects one more replica.
    pub fn connect(&self) -> PgPool {
        pool(self.options.clone(), 10)
    }

    /// Sets the clock.
    pub async fn set(&self, at: DateTime<Utc>) {
        let micros = at.timestamp_micros();
        let set = format!("select setval('machine.micros', {micros})");
        self.db.execute(AssertSqlSafe(set)).await.unwrap();
    }
}

/// A random time up to the longest.
pub fn up_to(random: &mut fastrand::Rng, longest: Duration) -> Duration {
    longest.mul_f64(random.f64())
}
