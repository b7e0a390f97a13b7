//! The owner of a workspace: the only process that makes requests with its key and writes fetched
//! rows.
//!
//! The row in `owners` is the fence: it changes only at a takeover, and each writing transaction holds a
//! share lock on it. The heartbeat has a row of its own, so that it never waits for writers.

mod loans;
mod waiting;

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::{PgConnection, PgExecutor, PgPool};

pub use loans::{borrow, repay};
pub use waiting::{stop_waiting, wait};

use super::{Result, database::interval};
use crate::records::WorkspaceId;

/// How long an owner owns a workspace after a heartbeat. With the timeouts of a transaction, a
/// workspace has an owner again within 15 seconds.
pub const HEARTBEAT_TTL: Duration = Duration::from_secs(8);
/// How long a takeover waits for the last owner's transactions.
const TAKEOVER_TIMEOUT: &str = "set local lock_timeout = '6s'";

/// A process that can own workspaces.
#[derive(Debug, Clone)]
pub struct Process {
    /// The process's name, random at each start.
    pub name: String,
    /// The machine or container of the process.
    pub host: String,
    /// Whether it is a daemon and not a command.
    pub is_daemon: bool,
}

/// A workspace that was taken over.
#[derive(Debug)]
pub struct Taken {
    /// The new epoch.
    pub epoch: i64,
    /// When it was taken over, by the database's clock.
    pub taken_at: DateTime<Utc>,
    /// Whether the last owner was another process that did not release the workspace.
    pub is_unclean: bool,
    /// The last owner's requests in each second of the minute before `beat_age`.
    pub sent: Vec<i32>,
    /// The age of the last owner's last heartbeat. `None` when there was no other owner.
    pub beat_age: Option<Duration>,
    /// The rate limit that HeyMilo's answers last stated, in requests a minute.
    pub stated_limit: Option<i32>,
    /// How long the pause of requests still lasts.
    pub paused_for: Option<Duration>,
    /// The requests a minute that commands may have borrowed in the last minute.
    pub lent: i64,
}

/// The contents of a heartbeat.
#[derive(Debug)]
pub struct Beat {
    /// The requests in each second of the last minute, the newest first.
    pub sent: Vec<i32>,
    /// The requests of the last minute by urgency.
    pub used: Value,
    /// The rate limit that HeyMilo's answers last stated, in requests a minute.
    pub stated_limit: Option<i32>,
    /// The most requests a minute that the owner makes.
    pub requests_per_minute: i32,
    /// How long the pause of requests still lasts.
    pub paused_for: Option<Duration>,
    /// How many interviews are being fetched or written.
    pub in_flight: i32,
    /// How long interviews have been in flight without one of them being settled.
    pub held_for: Option<Duration>,
    /// The requests a minute that commands may borrow.
    pub lent: i32,
}

/// What the heartbeat returns to the owner.
#[derive(Debug)]
pub struct Wishes {
    /// Whether a waiting daemon should own the workspace instead.
    pub hand_over: bool,
    /// The requests a minute that commands want to borrow.
    pub wanted: i64,
}

/// Takes a workspace over, unless another process owns it. `None` when one does.
pub async fn take(
    db: &PgPool,
    workspace_id: &WorkspaceId,
    process: &Process,
    requests_per_minute: i32,
) -> Result<Option<Taken>> {
    if !is_free(db, workspace_id, &process.name).await? {
        return Ok(None);
    }
    let mut tx = db.begin().await?;
    sqlx::query(TAKEOVER_TIMEOUT).execute(&mut *tx).await?;
    exclude(&mut tx, workspace_id).await?;
    if !is_free(&mut *tx, workspace_id, &process.name).await? {
        return Ok(None);
    }
    let last = sqlx::query!(
        r#"
        select owners.owner = $2 as "is_same!",
               heartbeats.released_at is not null as "is_released!",
               heartbeats.sent,
               extract(epoch from clock_timestamp() - heartbeats.beat_at)::float8 as "beat_age_s!",
               heartbeats.stated_limit,
               extract(epoch from heartbeats.paused_until - clock_timestamp())::float8 as paused_s
        from heymilo_sync.owners
        join heymilo_sync.heartbeats using (workspace_id)
        where workspace_id = $1
        "#,
        workspace_id.as_str(),
        process.name,
    )
    .fetch_optional(&mut *tx)
    .await?;
    let taken = sqlx::query!(
        r#"
        with taken as (
            update heymilo_sync.owners
            set epoch     = epoch + 1,
                owner     = $2,
                host      = $3,
                program   = $4,
                is_daemon = $5,
                daemon_at = case when $5 then clock_timestamp()
                                 when is_daemon then (
                                     select beat_at
                                     from heymilo_sync.heartbeats
                                     where workspace_id = $1
                                 )
                                 else daemon_at end,
                taken_at  = clock_timestamp()
            where workspace_id = $1
            returning epoch, taken_at
        ),
        beat as (
            insert into heymilo_sync.heartbeats
                (workspace_id, epoch, beat_at, alive_until, sent, used, requests_per_minute, in_flight, lent)
            select $1, epoch, clock_timestamp(), clock_timestamp() + $6::interval, '{}', '{}', $7, 0, 0
            from taken
            on conflict (workspace_id) do update
                set epoch               = excluded.epoch,
                    beat_at             = excluded.beat_at,
                    alive_until         = excluded.alive_until,
                    requests_per_minute = excluded.requests_per_minute,
                    released_at         = null
        ),
        no_longer_waiting as (
            delete from heymilo_sync.waiting
            where workspace_id = $1
              and process = $2
        )
        select epoch,
               taken_at,
               (
                   select coalesce(sum(requests_per_minute), 0)
                   from heymilo_sync.loans
                   where workspace_id = $1
                     and granted_until > now() - interval '1 minute'
               ) as "lent!"
        from taken
        "#,
        workspace_id.as_str(),
        process.name,
        process.host,
        env!("CARGO_PKG_VERSION"),
        process.is_daemon,
        interval(HEARTBEAT_TTL)?,
        requests_per_minute,
    )
    .fetch_one(&mut *tx)
    .await?;
    if last.as_ref().is_none_or(|last| !last.is_same) {
        super::connections::forget_troubles(&mut *tx, workspace_id).await?;
    }
    tx.commit().await?;

    let seconds = |seconds: f64| Duration::try_from_secs_f64(seconds).unwrap_or_default();
    let other = last.as_ref().filter(|last| !last.is_same);
    Ok(Some(Taken {
        epoch: taken.epoch,
        taken_at: taken.taken_at,
        is_unclean: other.is_some_and(|last| !last.is_released),
        sent: other.map(|last| last.sent.clone()).unwrap_or_default(),
        beat_age: other.map(|last| seconds(last.beat_age_s)),
        stated_limit: last.as_ref().and_then(|last| last.stated_limit),
        lent: taken.lent,
        paused_for: last.and_then(|last| last.paused_s).filter(|s| *s > 0.0).map(seconds),
    }))
}

/// Whether no other process owns a workspace.
async fn is_free(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    process: &str,
) -> Result<bool> {
    sqlx::query_scalar!(
        r#"
        select not exists (
            select
            from heymilo_sync.owners
            join heymilo_sync.heartbeats using (workspace_id)
            where workspace_id = $1
              and owner <> $2
              and alive_until > clock_timestamp()
        ) as "is_free!"
        "#,
        workspace_id.as_str(),
        process,
    )
    .fetch_one(db)
    .await
}

/// Extends the ownership for another [`HEARTBEAT_TTL`]. `None` when it is lost.
pub async fn beat(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    epoch: i64,
    beat: &Beat,
    owned: i32,
) -> Result<Option<Wishes>> {
    sqlx::query_as!(
        Wishes,
        r#"
        with beat as (
            update heymilo_sync.heartbeats
            set beat_at             = clock_timestamp(),
                alive_until         = clock_timestamp() + $3::interval,
                sent                = $4,
                used                = $5,
                stated_limit          = $6,
                paused_until        = clock_timestamp() + $7::interval,
                in_flight             = $8,
                lent                = $9,
                requests_per_minute = $11,
                held_since          = clock_timestamp() - $12::interval
            where workspace_id = $1
              and epoch = $2
              and released_at is null
              and alive_until > clock_timestamp()
            returning workspace_id
        ),
        granted as (
            update heymilo_sync.loans
            set granted_until = loans.until
            from beat
            where loans.workspace_id = beat.workspace_id
              and loans.until > now()
              and $9 >= (
                  select sum(wanted.requests_per_minute)
                  from heymilo_sync.loans as wanted
                  where wanted.workspace_id = $1
                    and wanted.until > now()
              )
        )
        select exists (
                   select
                   from heymilo_sync.waiting
                   join heymilo_sync.owners using (workspace_id)
                   left join heymilo_sync.connections using (workspace_id)
                   where waiting.workspace_id = beat.workspace_id
                     and waiting.is_daemon
                     and waiting.until > now()
                     and (
                         not owners.is_daemon
                         or waiting.owned + 2 <= $10
                         or connections.refused_at is not null and not waiting.is_refused
                     )
               ) as "hand_over!",
               (
                   select coalesce(sum(loans.requests_per_minute), 0)
                   from heymilo_sync.loans
                   where loans.workspace_id = beat.workspace_id
                     and loans.until > now()
               ) as "wanted!"
        from beat
        "#,
        workspace_id.as_str(),
        epoch,
        interval(HEARTBEAT_TTL)?,
        &beat.sent,
        beat.used,
        beat.stated_limit,
        beat.paused_for.map(interval).transpose()?,
        beat.in_flight,
        beat.lent,
        owned,
        beat.requests_per_minute,
        beat.held_for.map(interval).transpose()?,
    )
    .fetch_optional(db)
    .await
}

/// Releases a workspace, so that the next owner need not wait for the heartbeat to expire.
pub async fn release(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    epoch: i64,
    beat: &Beat,
) -> Result<()> {
    sqlx::query!(
        r#"
        update heymilo_sync.heartbeats
        set beat_at      = clock_timestamp(),
            alive_until  = clock_timestamp(),
            released_at  = clock_timestamp(),
            sent         = $3,
            used         = $6,
            stated_limit   = $4,
            paused_until = clock_timestamp() + $5::interval,
            in_flight      = 0
        where workspace_id = $1
          and epoch = $2
        "#,
        workspace_id.as_str(),
        epoch,
        &beat.sent,
        beat.stated_limit,
        beat.paused_for.map(interval).transpose()?,
        beat.used,
    )
    .execute(db)
    .await?;

    Ok(())
}

/// Until the transaction ends, no owner can write fetched rows of the workspace, and no process can
/// take it over. The first statement of each transaction of a replay, an erasure or retention.
pub async fn exclude(db: &mut PgConnection, workspace_id: &WorkspaceId) -> Result<()> {
    sqlx::query!(
        r#"
        insert into heymilo_sync.owners
            (workspace_id, epoch, owner, host, program, is_daemon, taken_at)
        values ($1, 0, '', '', '', false, now())
        on conflict (workspace_id) do nothing
        "#,
        workspace_id.as_str(),
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        r#"select epoch from heymilo_sync.owners where workspace_id = $1 for update"#,
        workspace_id.as_str(),
    )
    .fetch_one(db)
    .await?;

    Ok(())
}
