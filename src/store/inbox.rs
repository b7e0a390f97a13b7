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
    // Jobs are written in the order of their ids, and before the cursors, as everywhere: no two transactions
    // wait for each other. They are looked up one by one, by the key: a join could read all of them.
    sqlx::query_scalar!(
        r#"
        with searched as materialized (
            select tombstone_version
            from heymilo_sync.tombstone_versions
            where tombstone_version = $21
            for share
        ),
        taken as (
            insert into heymilo_sync.inbox
                (receipt_id, workspace_id, received_at, method, query, content_type, content_encoding, body,
                 interview_ids, posting_id)
            select receipt_id, workspace_id, received_at, method, query, content_type, content_encoding, body,
                   string_to_array(interview_ids, E'\n'), posting_id
            from unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::text[], $5::text[], $6::text[],
                        $7::bytea[], $8::text[], $9::text[], $22::text[])
                 as arrived (receipt_id, workspace_id, received_at, method, query, content_type, body,
                             interview_ids, posting_id, content_encoding)
            where exists (select from searched)
            on conflict (receipt_id) do nothing
            returning receipt_id
        ),
        new as (
            select arrived.workspace_id,
                   string_to_array(arrived.interview_ids, E'\n') as interview_ids,
                   arrived.posting_id,
                   arrived.is_vague,
                   coalesce(arrived.event_type, '') as event_type,
                   arrived.traceparent,
                   arrived.place
            from unnest($1::uuid[], $2::text[], $8::text[], $9::text[], $10::boolean[], $11::text[],
                        $12::text[])
                 with ordinality
                 as arrived (receipt_id, workspace_id, interview_ids, posting_id, is_vague, event_type,
                             traceparent, place)
            join taken on taken.receipt_id = arrived.receipt_id
        ),
        named as materialized (
            select named.*,
                   jobs.interview_id is not null as is_waiting,
                   interviews.interview_id is not null as is_stored,
                   coalesce(jobs.is_known, false) or interviews.interview_id is not null as is_known,
                   coalesce(repeats.repeats, 0) as repeats,
                   greatest(
                       now(),
                       repeats.answered_at + least(
                           $15::interval * power(
                               2,
                               case when interviews.status in
                                             ('completed', 'shortlisted', 'dismissed', 'knocked_out')
                                    then least(repeats.repeats - 1, 20) else 0 end
                           ),
                           $16::interval
                       )
                   ) as due_at
            from (
                select new.workspace_id,
                       ids.interview_id,
                       array_agg(distinct new.event_type) as event_types,
                       (array_agg(new.traceparent order by new.place desc))[1] as traceparent
                from new
                cross join unnest(new.interview_ids) as ids (interview_id)
                group by new.workspace_id, ids.interview_id
            ) as named
            left join lateral (
                select jobs.interview_id, jobs.is_known
                from heymilo_sync.jobs
                where jobs.workspace_id = named.workspace_id
                  and jobs.interview_id = named.interview_id
                limit 1
            ) as jobs on true
            left join lateral (
                select interviews.interview_id, interviews.status, interviews.fetched_at
                from heymilo.interviews
                where interviews.workspace_id = named.workspace_id
                  and interviews.interview_id = named.interview_id
                limit 1
            ) as interviews on true
            left join lateral (
                select repeats.repeats, repeats.answered_at
                from heymilo_sync.repeats
                where repeats.workspace_id = named.workspace_id
                  and repeats.interview_id = named.interview_id
                  and repeats.answered_at >= interviews.fetched_at
                  and named.event_types <@ repeats.event_types
                limit 1
            ) as repeats on true
        ),
        unknown as (
            select named.workspace_id,
                   named.interview_id,
                   row_number() over (partition by named.workspace_id order by named.interview_id) as place
            from named
            where not named.is_known
              and not named.is_waiting
        ),
        left_to_lists as (
            select unknown.workspace_id, unknown.interview_id
            from (
                select workspaces.workspace_id,
                       (select count(*)
                        from heymilo_sync.jobs
                        where jobs.workspace_id = workspaces.workspace_id
                          and not jobs.is_known
                          and jobs.failed_at is null) as waiting
                from (select distinct workspace_id from unknown) as workspaces
            ) as workspaces
            join unknown
                on unknown.workspace_id = workspaces.workspace_id
                and unknown.place > $13 - workspaces.waiting
        ),
        vague as (
            select distinct new.workspace_id, new.posting_id
            from new
            where new.is_vague
              -- What names an interview that is known meant it.
              and not exists (
                  select from named
                  where named.is_stored
                    and named.workspace_id = new.workspace_id
                    and named.interview_id = any(new.interview_ids)
              )
        ),
        their_lists as (
            select cursors.workspace_id, cursors.list, cursors.posting_id
            from vague
            join heymilo_sync.cursors
                on cursors.workspace_id = vague.workspace_id
                and cursors.list = 'candidates'
                and cursors.posting_id = vague.posting_id
            order by cursors.workspace_id, cursors.posting_id
            for update of cursors
        ),
        all_lists as (
            -- A cursor that is locked is about to be read, or has just been read, and is not waited for.
            select cursors.workspace_id, cursors.list, cursors.posting_id
            from heymilo_sync.cursors
            where cursors.workspace_id = any(array(
                      select vague.workspace_id
                      from vague
                      where not exists (
                          select from heymilo_sync.cursors
                          where cursors.workspace_id = vague.workspace_id
                            and cursors.list = 'candidates'
                            and cursors.posting_id = vague.posting_id
                      )
                  ))
              and cursors.list in ('postings', 'candidates')
              and (cursors.hastened_at is null or cursors.hastened_at <= now())
              and not exists (
                  select from heymilo.postings
                  where postings.workspace_id = cursors.workspace_id
                    and postings.posting_id = cursors.posting_id
                    and (postings.archived or postings.status = 'archived'
                         or postings.deleted_at is not null)
              )
            for update of cursors skip locked
        ),
        hastened as (
            update heymilo_sync.cursors
            set hastened_at = greatest(now(), cursors.polled_at + $17::interval)
            from (select * from their_lists union select * from all_lists) as lists
            where cursors.workspace_id = lists.workspace_id
              and cursors.list = lists.list
              and cursors.posting_id = lists.posting_id
        ),
        enqueued as (
            insert into heymilo_sync.jobs
                (workspace_id, interview_id, urgency, due_at, event_types, is_known, repeats, traceparent)
            select workspace_id, interview_id, 'delivery', due_at, event_types, is_known, repeats, traceparent
            from named
            where not exists (
                select from left_to_lists
                where left_to_lists.workspace_id = named.workspace_id
                  and left_to_lists.interview_id = named.interview_id
            )
            order by workspace_id collate "C", interview_id collate "C"
            on conflict (workspace_id, interview_id) do update
                set urgency     = case when jobs.failed_at is null
                                       then least(jobs.urgency, excluded.urgency)
                                       else excluded.urgency end,
                    due_at      = case when jobs.failed_at is not null then excluded.due_at
                                       -- An unknown one that waits keeps its time and its attempts, or they
                                       -- could be had again and again.
                                       when not excluded.is_known then jobs.due_at
                                       when jobs.urgency <= 'delivery'
                                       then least(jobs.due_at, excluded.due_at)
                                       -- What is due does not wait because of a repeated delivery.
                                       else greatest(least(jobs.due_at, excluded.due_at), now()) end,
                    generation  = jobs.generation + 1,
                    event_types = array(select unnest(jobs.event_types)
                                        union select unnest(excluded.event_types)),
                    is_known    = excluded.is_known,
                    repeats     = case when jobs.failed_at is not null then excluded.repeats
                                       when jobs.urgency <= 'delivery'
                                       then least(jobs.repeats, excluded.repeats)
                                       when jobs.due_at <= now() then 0
                                       else excluded.repeats end,
                    traceparent = excluded.traceparent,
                    failed_at   = null,
                    looks       = case when excluded.is_known or jobs.failed_at is not null
                                       then 0 else jobs.looks end,
                    attempt     = case when excluded.is_known or jobs.failed_at is not null
                                       then 0 else jobs.attempt end,
                    enqueued_at = case when excluded.is_known or jobs.failed_at is not null
                                       then now() else jobs.enqueued_at end
                where excluded.is_known
                   or jobs.failed_at is null
                   or jobs.failed_at is distinct from jobs.missed_at
                   or jobs.missed_at < now() - $14::interval
            returning true
        )
        select exists (select from searched)
               and (select count(*) from enqueued) >= 0
               and (
                   select count(pg_notify($18, $19 || ' ' || notified)::text)
                   from unnest($20::text[]) as notified
                   where notified in (select workspace_id from new)
               ) >= 0 as "is_current!"
        "#,
        &column(deliveries, |delivery| delivery.receipt_id),
        &column(deliveries, |delivery| delivery.workspace_id.as_str()) as _,
        &column(deliveries, |delivery| delivery.received_at),
        &column(deliveries, |delivery| delivery.method.as_str()) as _,
        &column(deliveries, |delivery| delivery.query.as_deref()) as _,
        &column(deliveries, |delivery| delivery.content_type.as_deref()) as _,
        &column(deliveries, |delivery| &delivery.body[..]) as _,
        &column(deliveries, |delivery| lines(&delivery.interview_ids)),
        &column(deliveries, |delivery| delivery.posting_id.as_ref().map(PostingId::as_str)) as _,
        &column(deliveries, |delivery| delivery.is_vague),
        &column(deliveries, |delivery| delivery.event_type.as_deref()) as _,
        &column(deliveries, |delivery| delivery.traceparent.as_deref()) as _,
        i64::from(max_unknown),
        interval(UNKNOWN_FORGOTTEN_AFTER)?,
        interval(FIRST_REPEAT_DELAY)?,
        interval(LONGEST_REPEAT_DELAY)?,
        interval(HASTENED_INTERVAL)?,
        bell::CHANNEL,
        bell::PROCESS.as_str(),
        notified as _,
        tombstone_version,
        &column(deliveries, |delivery| delivery.content_encoding.as_deref()) as _,
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
