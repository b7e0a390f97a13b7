//! The replication slots: which subscribers follow the tables, how far behind they are, and how
//! much disk they take.

use serde::Serialize;
use sqlx::PgExecutor;
use utoipa::ToSchema;

use crate::store::Result;

/// A replication slot of the server that a subscriber of this database, or a standby, reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReplicationSlot {
    /// Its name.
    pub name: String,
    /// Whether a subscriber is connected to it.
    pub is_active: bool,
    /// How much write-ahead log the subscriber has not confirmed, in bytes.
    pub behind_bytes: i64,
    /// How much write-ahead log the server keeps for it, in bytes.
    pub kept_bytes: i64,
    /// How much more may be written before the slot is lost, in bytes. Null without
    /// `max_slot_wal_keep_size`.
    pub left_bytes: Option<i64>,
    /// Whether Postgres has removed log that the subscriber still needs.
    pub is_lost: bool,
}

/// The replication slots, the one that keeps the most first.
///
/// A server in recovery says how far it has replayed instead of how far it has written.
pub async fn slots(db: impl PgExecutor<'_>) -> Result<Vec<ReplicationSlot>> {
    sqlx::query_as!(
        ReplicationSlot,
        r#"
        select slot_name::text as "name!",
               active as "is_active!",
               coalesce(
                   greatest(pg_wal_lsn_diff(now_at, coalesce(confirmed_flush_lsn, restart_lsn)), 0), 0
               )::bigint as "behind_bytes!",
               coalesce(greatest(pg_wal_lsn_diff(now_at, restart_lsn), 0), 0)::bigint as "kept_bytes!",
               safe_wal_size as left_bytes,
               coalesce(wal_status = 'lost', false) as "is_lost!"
        from pg_replication_slots
        cross join (
            select case when pg_is_in_recovery() then pg_last_wal_replay_lsn()
                        else pg_current_wal_lsn() end
        ) as server (now_at)
        where not temporary
          and (database is null or database = current_database())
        order by 4 desc, 1
        "#
    )
    .fetch_all(db)
    .await
}

/// How the server keeps write-ahead log for its subscribers.
#[derive(Debug)]
pub struct LogKeeping {
    /// Whether logical subscribers can follow the tables (`wal_level`).
    pub is_logical: bool,
    /// How much log a slot may keep, in MiB (`max_slot_wal_keep_size`). `None` without a limit.
    pub limit_mib: Option<i64>,
}

/// Asks the server how it keeps write-ahead log.
pub async fn log_keeping(db: impl PgExecutor<'_>) -> Result<LogKeeping> {
    sqlx::query_as!(
        LogKeeping,
        r#"
        select current_setting('wal_level') = 'logical' as "is_logical!",
               (select nullif(setting::bigint, -1)
                from pg_settings
                where name = 'max_slot_wal_keep_size') as limit_mib
        "#
    )
    .fetch_one(db)
    .await
}
