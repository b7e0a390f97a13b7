//! Makes interviews due. Ids must be sorted and distinct, so that concurrent callers cannot deadlock.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::PgExecutor;

use crate::{
    records::{Urgency, WorkspaceId},
    store::{Result, database::interval},
};

/// How long an interview that HeyMilo does not know is not asked for again because of deliveries.
pub(super) const UNKNOWN_FORGOTTEN_AFTER: Duration = Duration::from_secs(15 * 60);
/// How long the first repeated delivery waits, and each one while the interview is unfinished; doubles for
/// a finished one.
const FIRST_REPEAT_DELAY: Duration = Duration::from_secs(15);
/// The longest that a repeated delivery waits.
const LONGEST_REPEAT_DELAY: Duration = Duration::from_secs(15 * 60);

/// An interview that a list shows for the first time.
#[derive(Debug, Clone, Copy)]
pub struct FirstCopy<'a> {
    /// Its id.
    pub interview_id: &'a str,
    /// When the candidate was invited: the newest is fetched first.
    pub invited_at: Option<DateTime<Utc>>,
}

/// An interview that deliveries name.
#[derive(Debug)]
pub struct Named<'a> {
    /// Its id.
    pub interview_id: &'a str,
    /// The event types of the deliveries, each on a line of its own.
    pub event_types: String,
    /// The span of the last delivery.
    pub traceparent: Option<&'a str>,
}

/// Makes interviews due now. A job in hand is due again when it completes.
pub async fn enqueue(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    interview_ids: &[&str],
    urgency: Urgency,
) -> Result<()> {
    let invited_at = vec![None; interview_ids.len()];
    insert(db, workspace_id, interview_ids, &invited_at, urgency, false).await
}

/// Makes interviews due that the whole list of their posting does not show.
pub async fn enqueue_unlisted(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    interview_ids: &[&str],
) -> Result<()> {
    let invited_at = vec![None; interview_ids.len()];
    insert(db, workspace_id, interview_ids, &invited_at, Urgency::Change, true).await
}

/// Makes interviews due that a list shows for the first time.
pub async fn enqueue_first_copies(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    first_copies: &[FirstCopy<'_>],
) -> Result<()> {
    let ids: Vec<&str> = first_copies.iter().map(|copy| copy.interview_id).collect();
    let invited_at: Vec<_> = first_copies.iter().map(|copy| copy.invited_at).collect();
    insert(db, workspace_id, &ids, &invited_at, Urgency::FirstCopy, false).await
}

async fn insert(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    interview_ids: &[&str],
    invited_at: &[Option<DateTime<Utc>>],
    urgency: Urgency,
    is_unlisted: bool,
) -> Result<()> {
    if interview_ids.is_empty() {
        return Ok(());
    }
    // The newest invitation has the earliest due time, long ago.
    sqlx::query!(
        r#"
        insert into heymilo_sync.jobs (workspace_id, interview_id, urgency, is_unlisted, due_at)
        select $1, interview_id, $4::text::heymilo_sync.urgency, $5,
               case when invited_at is null then now()
                    else least(
                        timestamptz '1900-01-01' + (timestamptz '2100-01-01' - least(invited_at, now())),
                        now()
                    ) end
        from unnest($2::text[], $3::timestamptz[]) as due (interview_id, invited_at)
        on conflict (workspace_id, interview_id) do update
            set urgency     = case when jobs.failed_at is null
                                   then least(jobs.urgency, excluded.urgency)
                                   else excluded.urgency end,
                due_at      = case when jobs.failed_at is not null
                                     or excluded.urgency < jobs.urgency then excluded.due_at
                                   when excluded.urgency = jobs.urgency
                                   then least(jobs.due_at, excluded.due_at)
                                   else least(jobs.due_at, now()) end,
                generation  = jobs.generation + 1,
                enqueued_at = now(),
                is_known    = true,
                is_unlisted = excluded.is_unlisted,
                repeats     = 0,
                looks       = 0,
                attempt     = 0,
                failed_at   = null,
                traceparent = case when jobs.failed_at is null then jobs.traceparent end
        "#,
        workspace_id.as_str(),
        interview_ids as _,
        invited_at as _,
        urgency.as_str(),
        is_unlisted,
    )
    .execute(db)
    .await?;

    Ok(())
}

/// Makes interviews due that deliveries name.
///
/// Unknown ones wait, about `max_unknown` of them; those beyond, and those that HeyMilo did not know in the
/// last 15 minutes, are left to the lists. A delivery that repeats an event type after an unchanged answer
/// waits.
pub async fn enqueue_named(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    named: &[Named<'_>],
    max_unknown: u32,
) -> Result<()> {
    let interview_ids: Vec<&str> = named.iter().map(|named| named.interview_id).collect();
    let event_types: Vec<&str> = named.iter().map(|named| named.event_types.as_str()).collect();
    let traceparents: Vec<Option<&str>> = named.iter().map(|named| named.traceparent).collect();
    // An unknown job that waits already keeps its time and its attempts, or they could be had again and
    // again. Jobs are looked up one by one, by the key: a join could read all of them.
    sqlx::query!(
        r#"
        with named as (
            select named.interview_id,
                   string_to_array(named.event_types, E'\n') as event_types,
                   named.traceparent,
                   jobs.interview_id is not null as is_waiting,
                   coalesce(jobs.is_known, false) or interviews.interview_id is not null as is_known,
                   coalesce(repeats.repeats, 0) as repeats,
                   greatest(
                       now(),
                       repeats.answered_at + least(
                           $7::interval * power(
                               2,
                               case when interviews.status in
                                             ('completed', 'shortlisted', 'dismissed', 'knocked_out')
                                    then least(repeats.repeats - 1, 20) else 0 end
                           ),
                           $8::interval
                       )
                   ) as due_at
            from unnest($2::text[], $3::text[], $4::text[]) as named (interview_id, event_types, traceparent)
            left join lateral (
                select jobs.interview_id, jobs.is_known
                from heymilo_sync.jobs
                where jobs.workspace_id = $1
                  and jobs.interview_id = named.interview_id
                limit 1
            ) as jobs on true
            left join lateral (
                select interviews.interview_id, interviews.status, interviews.fetched_at
                from heymilo.interviews
                where interviews.workspace_id = $1
                  and interviews.interview_id = named.interview_id
                limit 1
            ) as interviews on true
            left join lateral (
                select repeats.repeats, repeats.answered_at
                from heymilo_sync.repeats
                where repeats.workspace_id = $1
                  and repeats.interview_id = named.interview_id
                  and repeats.answered_at >= interviews.fetched_at
                  and string_to_array(named.event_types, E'\n') <@ repeats.event_types
                limit 1
            ) as repeats on true
        ),
        ranked as (
            select *, row_number() over (partition by is_known or is_waiting order by interview_id) as place
            from named
        ),
        unknown as (
            select count(*) as waiting
            from heymilo_sync.jobs
            where workspace_id = $1
              and not is_known
              and failed_at is null
        )
        insert into heymilo_sync.jobs
            (workspace_id, interview_id, urgency, due_at, event_types, is_known, repeats, traceparent)
        select $1, interview_id, 'delivery', due_at, event_types, is_known, repeats, traceparent
        from ranked
        where is_known
           or is_waiting
           or place <= $5 - (select waiting from unknown)
        order by interview_id collate "C"
        on conflict (workspace_id, interview_id) do update
            set urgency     = case when jobs.failed_at is null
                                   then least(jobs.urgency, excluded.urgency)
                                   else excluded.urgency end,
                due_at      = case when jobs.failed_at is not null then excluded.due_at
                                   when not excluded.is_known then jobs.due_at
                                   when jobs.urgency <= 'delivery'
                                   then least(jobs.due_at, excluded.due_at)
                                   -- What is due already does not wait because of a repeated delivery.
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
               or jobs.missed_at < now() - $6::interval
        "#,
        workspace_id.as_str(),
        &interview_ids as _,
        &event_types as _,
        &traceparents as _,
        i64::from(max_unknown),
        interval(UNKNOWN_FORGOTTEN_AFTER)?,
        interval(FIRST_REPEAT_DELAY)?,
        interval(LONGEST_REPEAT_DELAY)?,
    )
    .execute(db)
    .await?;

    Ok(())
}
