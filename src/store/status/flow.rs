//! The deliveries that arrived, the interviews that were written, and the time between them.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::{PgConnection, postgres::types::PgInterval};
use utoipa::ToSchema;

use crate::{records::WorkspaceId, store::Result};

/// Minutes in a slot of the last hour, and of the last day.
const MINUTES: [i64; 2] = [2, 30];
/// Slots in an hour, and in a day.
const SLOTS: [i64; 2] = [30, 48];
/// The number of newest deliveries from which the latency is computed.
const DELIVERIES: i64 = 1000;

/// Deliveries and written interviews by slot, the oldest first.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub struct Throughput {
    /// The last hour.
    pub hour: Vec<Slot>,
    /// The last day.
    pub day: Vec<Slot>,
}

/// The counts of a few minutes.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Slot {
    /// The start of the slot.
    pub from: DateTime<Utc>,
    /// Webhooks that were delivered.
    pub deliveries: i64,
    /// Interviews whose new results were written.
    pub interviews: i64,
}

/// The time from a delivery to the rows that it brought.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Latency {
    /// The median, in milliseconds.
    pub p50_ms: f64,
    /// The 99th percentile, in milliseconds.
    pub p99_ms: f64,
    /// The number of interviews measured.
    pub interviews: i64,
}

pub(super) async fn throughput(db: &mut PgConnection, id: &WorkspaceId) -> Result<Throughput> {
    Ok(Throughput {
        hour: slots(db, id, MINUTES[0], SLOTS[0]).await?,
        day: slots(db, id, MINUTES[1], SLOTS[1]).await?,
    })
}

async fn slots(
    db: &mut PgConnection,
    id: &WorkspaceId,
    minutes: i64,
    slots: i64,
) -> Result<Vec<Slot>> {
    let width = PgInterval { months: 0, days: 0, microseconds: minutes * 60_000_000 };

    sqlx::query_as!(
        Slot,
        r#"
        with slots as (
            select now() - $2::interval * number as "from"
            from generate_series($3::bigint, 1, -1) as number
        ),
        arrived as (
            select date_bin($2::interval, received_at, now()) as slot, count(*) as deliveries
            from heymilo_sync.inbox
            where workspace_id = $1
              and received_at >= now() - $2::interval * $3::bigint
            group by 1
        ),
        written as (
            select date_bin($2::interval, written_at, now()) as slot, count(*) as interviews
            from heymilo_sync.snapshots
            where workspace_id = $1
              and kind = 'interview'
              and written_at >= now() - $2::interval * $3::bigint
            group by 1
        )
        select slots."from" as "from!",
               coalesce(arrived.deliveries, 0) as "deliveries!",
               coalesce(written.interviews, 0) as "interviews!"
        from slots
        left join arrived on arrived.slot = slots."from"
        left join written on written.slot = slots."from"
        order by slots."from"
        "#,
        id.as_str(),
        width,
        slots,
    )
    .fetch_all(db)
    .await
}

/// Pairs each new answer with the last delivery before it. A pair is left out when a look in
/// between found the interview unchanged.
pub(super) async fn latency(db: &mut PgConnection, id: &WorkspaceId) -> Result<Option<Latency>> {
    let taken = sqlx::query!(
        r#"
        with named as (
            select delivered.received_at, unnest(delivered.interview_ids) as interview_id
            from (
                select received_at, interview_ids
                from heymilo_sync.inbox
                where workspace_id = $1
                  and received_at > now() - interval '1 hour'
                order by received_at desc
                limit $2
            ) as delivered
        ),
        brought as (
            select min(extract(epoch from answer.written_at - named.received_at)) as seconds
            from named
            cross join lateral (
                select version, written_at
                from heymilo_sync.snapshots
                where subject_id = named.interview_id
                  and kind = 'interview'
                  and workspace_id = $1
                  and written_at >= named.received_at
                order by version
                limit 1
            ) as answer
            where not exists (
                select
                from heymilo_sync.snapshots
                where subject_id = named.interview_id
                  and kind = 'interview'
                  and workspace_id = $1
                  and version = answer.version - 1
                  and seen_at >= named.received_at
            )
            group by named.interview_id, answer.version
        )
        select percentile_cont(0.5) within group (order by seconds::double precision) as p50,
               percentile_cont(0.99) within group (order by seconds::double precision) as p99,
               count(*) as "interviews!"
        from brought
        "#,
        id.as_str(),
        DELIVERIES,
    )
    .fetch_one(db)
    .await?;

    let percentiles = taken.p50.zip(taken.p99);
    Ok(percentiles.map(|(p50, p99)| Latency {
        p50_ms: p50 * 1e3,
        p99_ms: p99 * 1e3,
        interviews: taken.interviews,
    }))
}
