//! How everything stands, for those who watch: figures only, what they mean is told elsewhere.
//!
//! Ids and counts, never a name.

mod census;
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

pub use census::{Census, Coverage, Notices, census};
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

/// A list that could not be read is told when it was not read for so long.
const LIST_PATIENCE: Duration = Duration::from_secs(15 * 60);
/// A daemon is expected as long as one was there so lately.
const DAEMON_MEMORY: Duration = Duration::from_secs(26 * 60 * 60);
/// How a workspace stands.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Workspace {
    /// How old its tables are.
    pub freshness: Freshness,
    /// How HeyMilo's API answers.
    pub api: Api,
    /// What is due.
    pub work: Work,
    /// How much of the API's limit is used.
    pub budget: Budget,
    /// What came in and what was written lately.
    pub throughput: Throughput,
    /// The latest that happened.
    pub timeline: Vec<Event>,
    /// How long it took from a delivery to its rows, in the last hour. Absent when none came.
    pub latency: Option<Latency>,
    /// Absent when the daemon does not keep its webhooks registered.
    pub registrations: Option<Registrations>,
    /// How far the first copy has come. Absent when it is complete.
    pub first_copy: Option<FirstCopy>,
    /// Requests to erase a person that should be done by now.
    pub overdue_erasures: i64,
}

/// How old the tables of a workspace are.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub struct Freshness {
    /// New and unfinished interviews are in the tables as HeyMilo showed them then, or later.
    pub as_of: Option<DateTime<Utc>>,
    /// The same for everything.
    pub complete_as_of: Option<DateTime<Utc>>,
    /// When a webhook was last delivered.
    pub last_delivery_at: Option<DateTime<Utc>>,
    /// When a list was last read.
    pub last_poll_at: Option<DateTime<Utc>>,
    /// Since when a list is due and not read. Absent when none is.
    pub lists_due_since: Option<DateTime<Utc>>,
    /// Lists that could not be read, and were not read lately.
    pub lists_unread: i64,
    /// Whether a process owns the workspace: it reads lists and fetches interviews.
    pub is_owned: bool,
    /// Since when the process owns it, or the last one did.
    pub owned_since: Option<DateTime<Utc>>,
    /// Whether only commands that came to their end have owned it lately, as by cron.
    pub is_synced_by_command: bool,
    /// Since when the owner has held the interview that it has held longest. Absent when none.
    pub held_since: Option<DateTime<Utc>>,
}

/// How HeyMilo's API answers.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub struct Api {
    /// When it last answered as it should, to the minute.
    pub answered_at: Option<DateTime<Utc>>,
    /// Since when the key is refused. Absent while it is accepted.
    pub key_refused_at: Option<DateTime<Utc>>,
    /// What HeyMilo said when it refused the key. Absent while it is accepted.
    pub refused_because: Option<String>,
    /// Since when it does not answer. Absent while it does.
    pub down_at: Option<DateTime<Utc>>,
    /// Which address was asked, and what failed there. Absent while it answers.
    pub down_because: Option<String>,
    /// Since when the key is found to belong to another workspace. Absent while it is the right one.
    pub other_workspace_at: Option<DateTime<Utc>>,
    /// Since when HeyMilo does not tell which workspace the key is of. Absent while it does.
    pub unidentified_at: Option<DateTime<Utc>>,
}

/// The requests of the last minute.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub struct Budget {
    /// How many were made.
    pub used: i64,
    /// How many the owner makes at most. Absent when none was at work in the last minute.
    pub limit: Option<i32>,
    /// Until when none may be made. Absent when they may.
    pub paused_until: Option<DateTime<Utc>>,
}

/// The daemon's webhook registrations at HeyMilo.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Registrations {
    /// How many there should be.
    pub wanted: i32,
    /// How many there are.
    pub registered: i32,
}

/// A length of time as the figures tell it.
pub fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Reads how a workspace stands.
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
        interval(LIST_PATIENCE)?,
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
