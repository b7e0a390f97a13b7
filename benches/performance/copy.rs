//! The yardstick of writing: the same rows and snapshots, copied into the same tables with their
//! keys by parallel `COPY`.

use std::time::Instant;

use bytes::Bytes;
use futures_util::{TryStreamExt as _, future::join_all};
use sqlx::postgres::{PgPool, PgPoolCopyExt as _};

use super::database::{Database, Postgres};

/// The number of connections that copy at the same time, one per core.
const CONNECTIONS: usize = 2;
/// The bytes that are sent at once.
const CHUNK: usize = 256 << 10;

/// All rows of a filled database, in equal parts.
pub struct Rows(Vec<Vec<(String, Bytes)>>);

/// The cost of copying.
pub struct Copied {
    /// Seconds.
    pub elapsed: f64,
    /// Bytes of write-ahead log.
    pub wal: f64,
}

impl Rows {
    /// Reads the rows of all tables of schema `heymilo`, and the snapshots.
    pub async fn of(database: &Database) -> Self {
        let tables: Vec<(String, Option<String>)> = sqlx::query_as(
            "select pg_class.oid::regclass::text,
                    (select attname::text from pg_attribute
                     where attrelid = pg_class.oid and attname in ('interview_id', 'subject_id'))
             from pg_class
             where relkind = 'r'
               and (relnamespace = 'heymilo'::regnamespace
                    or pg_class.oid = 'heymilo_sync.snapshots'::regclass)
             order by relname",
        )
        .fetch_all(&database.pool)
        .await
        .unwrap();

        let mut parts = Vec::new();
        for part in 0..CONNECTIONS {
            let mut copies = Vec::new();
            for (table, owner) in &tables {
                let rows = match owner {
                    Some(owner) => {
                        format!("where abs(hashtext({owner})::bigint) % {CONNECTIONS} = {part}")
                    }
                    None => format!("where {part} = 0"),
                };
                let query =
                    format!("copy (select * from {table} {rows}) to stdout (format binary)");
                copies.push((table.clone(), copy_out(&database.pool, &query).await));
            }
            parts.push(copies);
        }

        Self(parts)
    }

    /// Copies the rows into empty tables.
    pub async fn copy(&self, postgres: &Postgres) -> Copied {
        let database = postgres.database("copied").await;
        let before = database.wal().await;
        let began = Instant::now();
        join_all(self.0.iter().map(|part| copy_in(&database.pool, part))).await;
        let elapsed = began.elapsed().as_secs_f64();
        let wal = database.wal().await - before;
        database.pool.close().await;
        Copied { elapsed, wal }
    }
}

async fn copy_out(db: &PgPool, query: &str) -> Bytes {
    let rows = db.copy_out_raw(query).await.unwrap();
    let rows: Vec<u8> = rows
        .try_fold(Vec::new(), |mut all, row| async move {
            all.extend_from_slice(&row);
            Ok(all)
        })
        .await
        .unwrap();
    rows.into()
}

async fn copy_in(db: &PgPool, tables: &[(String, Bytes)]) {
    for (table, rows) in tables {
        let statement = format!("copy {table} from stdin (format binary)");
        let mut copy = db.copy_in_raw(&statement).await.unwrap();
        for chunk in rows.chunks(CHUNK) {
            copy.send(chunk).await.unwrap();
        }
        copy.finish().await.unwrap();
    }
}
