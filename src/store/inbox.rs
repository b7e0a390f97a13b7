//! Deliveries as they arrived, and what they make due.

use std::time::Duration;

use sqlx::PgExecutor;

use super::{Result, bell, database::interval};
use crate::records::{Delivery, InterviewId, PostingId, WorkspaceId};

/// How long an interview that HeyMilo does not know is not asked for again because of deliveries.
pub(super) const UNKNOWN_FORGOTTEN_AFTER: Duration = Duration::from_secs(15 * 60);
/// A delivery does not make a list due that was read in this time.
pub(super) const HASTENED_INTERVAL: Duration = Duration::from_secs(30);
/// How long the first repeated delivery waits, and each one while the interview is unfinished; doubles for
/// a finished one.
const FIRST_REPEAT_DELAY: Duration = Duration::from_secs(15);
/// The longest that a repeated delivery waits.
const LONGEST_REPEAT_DELAY: Duration = Duration::from_secs(15 * 60);

/// Keeps deliveries, each of them once, and makes due what the new ones name: one statement, so that one that
/// comes alone costs one message and one sync.
///
/// - An interview is due at once. A delivery that repeats an event type after an unchanged answer waits.
/// - Of interviews that only deliveries name about `max_unknown` wait. Those beyond, and those that HeyMilo
///   did not know in the last 15 minutes, are left to the lists.
/// - The candidates of a posting are read sooner when a delivery names it and no known interview; all lists
///   are when it names no known posting either. Not at once when they were read in the last 30 seconds: a
///   sender can ask for it as often as it likes.
/// - The owners of the workspaces in `notified` are notified.
///
/// What was written before, and comes again from the spool, was made due then. Returns false, and has written
/// nothing, when somebody was erased since the tombstones had this version; no erasure commits meanwhile.
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
        interval(LONGEST_REPEAT_DELAY)?,
        interval(HASTENED_INTERVAL)?,
        notified as _,
        bell::CHANNEL,
        bell::PROCESS.as_str(),
    )
    .fetch_one(db)
    .await
}

/// Removes the deliveries in which interviews were recognised.
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

/// An array of arrays would have to be as wide for every delivery; no id holds a line's end.
fn lines(ids: &[InterviewId]) -> String {
    ids.iter().map(InterviewId::as_str).collect::<Vec<_>>().join("\n")
}
