//! Deliveries as they arrived, and the jobs that they enqueue.

use std::time::Duration;

use sqlx::PgExecutor;

use super::{Result, database::interval, notifications};
use crate::records::{Delivery, InterviewId, PostingId, WorkspaceId};

/// Deliveries do not enqueue an interview that HeyMilo did not know in the last 15 minutes.
pub(super) const UNKNOWN_FORGOTTEN_AFTER: Duration = Duration::from_secs(15 * 60);
/// A delivery does not make a list due that was read in the last 30 s.
pub(super) const HASTENED_INTERVAL: Duration = Duration::from_secs(30);
/// The wait of the first repeat, and of each repeat while the interview is unfinished. It doubles
/// for a finished interview.
const FIRST_REPEAT_DELAY: Duration = Duration::from_secs(15);
/// The longest wait of a repeat.
const MAX_REPEAT_DELAY: Duration = Duration::from_secs(15 * 60);

/// Keeps each delivery once, and enqueues what new deliveries name. It is one statement, so that a
/// single delivery costs one message and one sync to disk.
///
/// - An interview is due at once. A repeat of an event type after an unchanged answer waits.
/// - About `max_unknown` interviews that only deliveries name can wait. Further ones, and those
///   that HeyMilo did not know in the last 15 minutes, are left to the lists.
/// - A delivery that names a posting and no known interview hastens the posting's candidates list.
///   One that names no known posting either hastens all lists. A list that was read in the last
///   30 s waits, because a sender can repeat such deliveries.
/// - The owners of the workspaces in `notified` are notified.
///
/// A delivery that was written before and comes again from the spool enqueues nothing. Returns
/// false, and writes nothing, when a person was erased since `tombstone_version`. No erasure
/// commits meanwhile.
pub async fn take(
    db: impl PgExecutor<'_>,
    deliveries: &[Delivery],
    tombstone_version: i64,
    max_unknown: u32,
    notified: &[&str],
) -> Result<bool> {
    sqlx::query_scalar!(
        r#"
        select heymilo_sync.take_deliveries(
            receipt_ids             => $1,
            workspace_ids           => $2,
            received_times          => $3,
            methods                 => $4,
            queries                 => $5,
            content_types           => $6,
            content_encodings       => $7,
            bodies                  => $8,
            id_lists                => $9,
            posting_ids             => $10,
            are_vague               => $11,
            types                   => $12,
            traceparents            => $13,
            searched_version        => $14,
            max_unknown             => $15,
            unknown_forgotten_after => $16,
            first_repeat_delay      => $17,
            longest_repeat_delay    => $18,
            hastened_interval       => $19,
            notified_workspaces     => $20,
            channel                 => $21,
            process                 => $22
        ) as "is_current!"
        "#,
        &column(deliveries, |delivery| delivery.receipt_id),
        &column(deliveries, |delivery| delivery.workspace_id.as_str()) as _,
        &column(deliveries, |delivery| delivery.received_at),
        &column(deliveries, |delivery| delivery.method.as_str()) as _,
        &column(deliveries, |delivery| delivery.query.as_deref()) as _,
        &column(deliveries, |delivery| delivery.content_type.as_deref()) as _,
        &column(deliveries, |delivery| delivery.content_encoding.as_deref()) as _,
        &column(deliveries, |delivery| &delivery.body[..]) as _,
        &column(deliveries, |delivery| lines(&delivery.interview_ids)),
        &column(deliveries, |delivery| delivery.posting_id.as_ref().map(PostingId::as_str)) as _,
        &column(deliveries, |delivery| delivery.is_vague),
        &column(deliveries, |delivery| delivery.event_type.as_deref()) as _,
        &column(deliveries, |delivery| delivery.traceparent.as_deref()) as _,
        tombstone_version,
        i64::from(max_unknown),
        interval(UNKNOWN_FORGOTTEN_AFTER)?,
        interval(FIRST_REPEAT_DELAY)?,
        interval(MAX_REPEAT_DELAY)?,
        interval(HASTENED_INTERVAL)?,
        notified as _,
        notifications::CHANNEL,
        notifications::PROCESS.as_str(),
    )
    .fetch_one(db)
    .await
}

/// Removes the deliveries in which these interviews were recognised.
pub async fn forget(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    interview_ids: &[String],
) -> Result<()> {
    sqlx::query!(
        r#"delete from heymilo_sync.inbox where workspace_id = $1 and interview_ids && $2"#,
        workspace_id.as_str(),
        interview_ids,
    )
    .execute(db)
    .await?;

    Ok(())
}

fn column<'a, T>(deliveries: &'a [Delivery], field: impl Fn(&'a Delivery) -> T) -> Vec<T> {
    deliveries.iter().map(field).collect()
}

/// One line per id, because an array of arrays would need the same width for every delivery. No id
/// contains a line break.
fn lines(ids: &[InterviewId]) -> String {
    ids.iter().map(InterviewId::as_str).collect::<Vec<_>>().join("\n")
}
