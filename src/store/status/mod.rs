//! How everything stands, for those who watch: figures only, what they mean is told elsewhere.
//!
//! Ids and counts, never a name.

mod census;
mod flow;
mod work;

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::{PgConnection, PgPool};
use utoipa::ToSchema;

pub use census::{Census, Coverage, Notices, census};
pub use flow::{Latency, Slot, Throughput};
pub use work::{Failure, Work};

use super::{
    Result,
    database::{APPLICATION_NAME, interval},
};
use crate::records::WorkspaceId;

/// A lock that is waited for so long is told.
const BLOCKED_FOR: Duration = Duration::from_secs(2);

/// How the database answers.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Database {
    /// Its version.
    pub version: String,
    /// The newest of its migrations.
    pub migration: Option<i64>,
    /// How long it took to answer on an open connection, in milliseconds.
    pub answered_in_ms: u64,
    /// How long all figures took, in milliseconds. Absent when they did not come in time.
    pub figures_in_ms: Option<u64>,
    /// Sessions that hold a lock for which heymilo-sync has waited for some seconds.
    pub blockers: Vec<Blocker>,
    /// What time it is there.
    #[serde(skip)]
    pub now: DateTime<Utc>,
}

/// A session of the database that holds up heymilo-sync.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Blocker {
    /// Its process, as in `pg_stat_activity`; 0 for a prepared transaction.
    pub pid: i32,
    /// Its role.
    pub role: String,
    /// What it calls itself.
    pub application: String,
    /// How long heymilo-sync has waited for it, in seconds.
    pub waited_s: f64,
}

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
    /// How long it took from a delivery to its rows, in the last hour. Absent when none came.
    pub latency: Option<Latency>,
    /// Absent when the daemon does not keep its webhooks registered.
    pub registrations: Option<Registrations>,
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
    /// Whether a process owns the workspace: it reads lists and fetches interviews.
    pub is_owned: bool,
}

/// How HeyMilo's API answers.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub struct Api {
    /// When it last answered as it should, to the minute.
    pub answered_at: Option<DateTime<Utc>>,
    /// Since when the key is refused. Absent while it is accepted.
    pub key_refused_at: Option<DateTime<Utc>>,
    /// Since when it does not answer. Absent while it does.
    pub down_at: Option<DateTime<Utc>>,
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

/// Asks the database how it is.
pub async fn database(db: &PgPool) -> Result<Database> {
    let mut connection = db.acquire().await?;
    let asked_at = Instant::now();
    let now = sqlx::query_scalar!(r#"select now() as "now!""#).fetch_one(&mut *connection).await?;
    let answered_in = asked_at.elapsed();
    let versions = sqlx::query!(
        r#"
        select split_part(current_setting('server_version'), ' ', 1) as "version!",
               (select max(version) from heymilo_sync.migrations where success) as migration
        "#
    )
    .fetch_one(&mut *connection)
    .await?;

    let blockers = blockers(&mut connection).await?;

    let (version, migration) = (versions.version, versions.migration);
    let answered_in_ms = milliseconds(answered_in);
    Ok(Database { version, migration, answered_in_ms, figures_in_ms: None, blockers, now })
}

/// The sessions that hold up heymilo-sync.
async fn blockers(db: &mut PgConnection) -> Result<Vec<Blocker>> {
    sqlx::query_as!(
        Blocker,
        r#"
        select blockers.pid as "pid!",
               coalesce(max(blocking.usename), 'a role of a prepared transaction') as "role!",
               coalesce(max(blocking.application_name), '') as "application!",
               max(extract(epoch from clock_timestamp() - waiting.query_start))::float8 as "waited_s!"
        from pg_stat_activity as waiting
        cross join unnest(pg_blocking_pids(waiting.pid)) as blockers (pid)
        left join pg_stat_activity as blocking on blocking.pid = blockers.pid
        where waiting.datname = current_database()
          and waiting.application_name = $1
          and waiting.wait_event_type = 'Lock'
          and waiting.query_start < clock_timestamp() - $2::interval
        group by blockers.pid
        order by 4 desc
        "#,
        APPLICATION_NAME,
        interval(BLOCKED_FOR)?,
    )
    .fetch_all(db)
    .await
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
        latency: flow::latency(db, id).await?,
        registrations: registrations(db, id).await?,
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
               connections.down_at as "down_at?",
               connections.other_workspace_at as "other_workspace_at?",
               connections.unidentified_at as "unidentified_at?",
               (
                   select min(due_at)
                   from heymilo_sync.cursors
                   where workspace_id = $1
                     and due_at <= now()
               ) as lists_due_since,
               exists (
                   select from heymilo_sync.heartbeats
                   where workspace_id = $1
                     and alive_until > now()
               ) as "is_owned!"
        from (select $1 as workspace_id) as asked
        left join heymilo_bi.freshness using (workspace_id)
        left join heymilo_sync.connections using (workspace_id)
        "#,
        id.as_str(),
    )
    .fetch_one(db)
    .await?;

    let freshness = Freshness {
        as_of: row.as_of,
        complete_as_of: row.complete_as_of,
        last_delivery_at: row.last_delivery_at,
        last_poll_at: row.last_poll_at,
        lists_due_since: row.lists_due_since,
        is_owned: row.is_owned,
    };
    let api = Api {
        answered_at: row.last_answer_at,
        key_refused_at: row.key_refused_at,
        down_at: row.down_at,
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
