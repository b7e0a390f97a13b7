//! The figures of the status. `status` gives them their meaning.
//!
//! Ids and counts, never a name.

mod counts;
mod database;
mod flow;
mod replication;
mod timeline;
mod work;

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgConnection;
use utoipa::ToSchema;

pub use counts::{Coverage, Notices, WorkspaceCounts, workspace_counts};
pub use database::{Blocker, Database, LongTransaction, database, long_transactions};
pub use flow::{Latency, Slot, Throughput};
pub use replication::{LogKeeping, ReplicationSlot, log_keeping, slots};
pub use timeline::Event;
pub use work::{Failure, Work};

use super::{
    Result,
    database::interval,
    first_copies::{self, FirstCopy},
    requests,
};
use crate::records::WorkspaceId;

/// A list that could not be read is reported when it was not read for this long.
const UNREAD_LIST_AFTER: Duration = Duration::from_secs(15 * 60);
/// A daemon is expected if one owned the workspace within this time.
const DAEMON_MEMORY: Duration = Duration::from_secs(26 * 60 * 60);
/// The state of a workspace.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Workspace {
    /// The age of its tables.
    pub freshness: Freshness,
    /// The state of HeyMilo's API.
    pub api: Api,
    /// Its jobs.
    pub work: Work,
    /// The use of the rate limit.
    pub budget: Budget,
    /// Deliveries and written interviews of the last hour and day.
    pub throughput: Throughput,
    /// The latest events.
    pub timeline: Vec<Event>,
    /// The time from a delivery to its rows, in the last hour. Null when there was none.
    pub latency: Option<Latency>,
    /// Null when the daemon does not keep its webhooks registered.
    pub registrations: Option<Registrations>,
    /// The progress of the first copy. Null when it is complete.
    pub first_copy: Option<FirstCopy>,
    /// Requests to erase a person that are overdue.
    pub overdue_erasures: i64,
}

/// The age of a workspace's tables.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub struct Freshness {
    /// The tables hold new and unfinished interviews as HeyMilo showed them at this time or later.
    pub as_of: Option<DateTime<Utc>>,
    /// The same for all interviews.
    pub complete_as_of: Option<DateTime<Utc>>,
    /// When a webhook was last delivered.
    pub last_delivery_at: Option<DateTime<Utc>>,
    /// When a list was last read.
    pub last_poll_at: Option<DateTime<Utc>>,
    /// Since when a list is due and not read. Null when no list is.
    pub lists_due_since: Option<DateTime<Utc>>,
    /// Lists that could not be read and were not read in the last 15 minutes.
    pub lists_unread: i64,
    /// Whether a process owns the workspace: it reads lists and fetches interviews.
    pub is_owned: bool,
    /// Since when the owner, or the last one, owned it.
    pub owned_since: Option<DateTime<Utc>>,
    /// Whether only commands that ended, as by cron, have owned it in the last 26 hours.
    pub is_synced_by_command: bool,
    /// Since when the owner has had interviews in flight without settling one. Null when none is
    /// in flight.
    pub held_since: Option<DateTime<Utc>>,
}

/// The state of HeyMilo's API.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub struct Api {
    /// When it last answered correctly, to the minute.
    pub answered_at: Option<DateTime<Utc>>,
    /// Since when the key is refused. Null while it is accepted.
    pub key_refused_at: Option<DateTime<Utc>>,
    /// HeyMilo's reason for refusing the key. Null while it is accepted.
    pub refused_because: Option<String>,
    /// Since when the API does not answer. Null while it does.
    pub down_at: Option<DateTime<Utc>>,
    /// The address that was asked and the error there. Null while the API answers.
    pub down_because: Option<String>,
    /// Since when the key is found to belong to another workspace. Null while it is right.
    pub other_workspace_at: Option<DateTime<Utc>>,
    /// Since when HeyMilo does not say which workspace the key is of. Null while it does.
    pub unidentified_at: Option<DateTime<Utc>>,
}

/// The requests of the last minute.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub struct Budget {
    /// The number of requests made.
    pub used: i64,
    /// The most requests that the owner makes. Null when no owner was active in the last minute.
    pub limit: Option<i32>,
    /// Until when no request may leave. Null when requests may leave.
    pub paused_until: Option<DateTime<Utc>>,
}

/// The daemon's webhook registrations at HeyMilo.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Registrations {
    /// The number of wanted registrations.
    pub wanted: i32,
    /// The number of existing registrations.
    pub registered: i32,
}

/// A duration in whole milliseconds.
pub fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Reads the state of a workspace.
pub async fn workspace(db: &mut PgConnection, id: &WorkspaceId) -> Result<Workspace> {
    let (freshness, api) = freshness(db, id).await?;
    Ok(Workspace {
        freshness,
        api,
        work: work::read(db, id).await?,
        budget: budget(db, id).await?,
        throughput: flow::throughput(db, id).await?,
        timeline: timeline::read(db, id).await?,
        latency: flow::latency(db, id).await?,
        registrations: registrations(db, id).await?,
        first_copy: first_copies::progress(&mut *db, id).await?,
        overdue_erasures: requests::overdue(db, id).await?,
    })
}

async fn freshness(db: &mut PgConnection, id: &WorkspaceId) -> Result<(Freshness, Api)> {
    let row = sqlx::query!(
        r#"
        select freshness.as_of,
               freshness.complete_as_of,
               freshness.last_delivery_at,
               freshness.last_poll_at,
               freshness.last_answer_at,
               freshness.key_refused_at,
               connections.refused_because as "refused_because?",
               connections.down_at as "down_at?",
               connections.down_because as "down_because?",
               connections.other_workspace_at as "other_workspace_at?",
               connections.unidentified_at as "unidentified_at?",
               (
                   select min(due_at)
                   from heymilo_sync.cursors
                   where workspace_id = $1
                     and due_at <= now()
               ) as lists_due_since,
               (
                   select count(*)
                   from heymilo_sync.cursors
                   where workspace_id = $1
                     and failed_at is not null
                     and coalesce(polled_at, '-infinity') < now() - $2::interval
               ) as "lists_unread!",
               coalesce(heartbeats.alive_until > now(), false) as "is_owned!",
               owners.taken_at as "owned_since?",
               coalesce(
                   not owners.is_daemon
                   and heartbeats.released_at is not null
                   and coalesce(owners.daemon_at < now() - $3::interval, true),
                   false
               ) as "is_synced_by_command!",
               heartbeats.held_since as "held_since?"
        from (select $1 as workspace_id) as asked
        left join heymilo_bi.freshness using (workspace_id)
        left join heymilo_sync.connections using (workspace_id)
        left join heymilo_sync.owners using (workspace_id)
        left join heymilo_sync.heartbeats using (workspace_id)
        "#,
        id.as_str(),
        interval(UNREAD_LIST_AFTER)?,
        interval(DAEMON_MEMORY)?,
    )
    .fetch_one(db)
    .await?;

    let freshness = Freshness {
        as_of: row.as_of,
        complete_as_of: row.complete_as_of,
        last_delivery_at: row.last_delivery_at,
        last_poll_at: row.last_poll_at,
        lists_due_since: row.lists_due_since,
        lists_unread: row.lists_unread,
        is_owned: row.is_owned,
        owned_since: row.owned_since,
        is_synced_by_command: row.is_synced_by_command,
        held_since: row.held_since.filter(|_| row.is_owned),
    };
    let api = Api {
        answered_at: row.last_answer_at,
        key_refused_at: row.key_refused_at,
        refused_because: row.refused_because,
        down_at: row.down_at,
        down_because: row.down_because,
        other_workspace_at: row.other_workspace_at,
        unidentified_at: row.unidentified_at,
    };
    Ok((freshness, api))
}

async fn budget(db: &mut PgConnection, id: &WorkspaceId) -> Result<Budget> {
    let beat = sqlx::query_as!(
        Budget,
        r#"
        select (
                   select coalesce(sum(value::bigint), 0)::bigint
                   from jsonb_each_text(used)
               ) as "used!",
               requests_per_minute as "limit",
               case when paused_until > now() then paused_until end as paused_until
        from heymilo_sync.heartbeats
        where workspace_id = $1
          and beat_at > now() - interval '1 minute'
        "#,
        id.as_str(),
    )
    .fetch_optional(db)
    .await?;

    Ok(beat.unwrap_or_default())
}

async fn registrations(db: &mut PgConnection, id: &WorkspaceId) -> Result<Option<Registrations>> {
    sqlx::query_as!(
        Registrations,
        r#"select wanted, registered from heymilo_sync.registrations where workspace_id = $1"#,
        id.as_str(),
    )
    .fetch_optional(db)
    .await
}
