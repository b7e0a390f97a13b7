-- What deliveries do, in one call.

create function heymilo_sync.take_deliveries(
    receipt_ids             uuid[],
    workspace_ids           text[],
    received_times          timestamptz[],
    methods                 text[],
    queries                 text[],
    content_types           text[],
    content_encodings       text[],
    bodies                  bytea[],
    id_lists                text[],
    posting_ids             text[],
    are_vague               boolean[],
    types                   text[],
    traceparents            text[],
    searched_version        bigint,
    max_unknown             bigint,
    unknown_forgotten_after interval,
    first_repeat_delay      interval,
    longest_repeat_delay    interval,
    hastened_interval       interval,
    notified_workspaces     text[],
    channel                 text,
    process                 text
)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
-- To plan the statement takes three times as long as to run it. One plan does for any number of deliveries, if
-- it uses the keys also while the tables are small.
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
-- A plan that avoids a whole table counts as dear enough to be compiled.
set jit = off
set enable_bitmapscan = off
as $$
#variable_conflict use_column
declare
    stored_workspaces text[];
    stored_interviews text[];
    stored_statuses   text[];
    stored_times      timestamptz[];
    quiet_workspaces  text[];
    quiet_postings    text[];
    is_current        boolean;
begin
    -- Apart, because Citus joins no distributed table in a statement that writes. An interview whose first fetch
    -- is committed between the two statements counts as unknown, and is fetched once more.
    select array_agg(workspace_id), array_agg(interview_id), array_agg(status), array_agg(fetched_at)
    into stored_workspaces, stored_interviews, stored_statuses, stored_times
    from heymilo.interviews
    where interview_id = any(string_to_array(array_to_string(id_lists, E'\n'), E'\n'));

    if true = any(are_vague) then
        select array_agg(workspace_id), array_agg(posting_id)
        into quiet_workspaces, quiet_postings
        from heymilo.postings
        where workspace_id = any(workspace_ids)
          and (archived or status = 'archived' or deleted_at is not null);
    end if;

    -- Jobs are written in the order of their ids, and before the cursors, as everywhere: no two transactions
    -- wait for each other. They are looked up one by one, by the key: a join could read all of them.
    with searched as materialized (
        select tombstone_version
        from heymilo_sync.tombstone_versions
        where tombstone_version = searched_version
        for share
    ),
    taken as (
        insert into heymilo_sync.inbox
            (receipt_id, workspace_id, received_at, method, query, content_type, content_encoding, body,
             interview_ids, posting_id)
        select receipt_id, workspace_id, received_at, method, query, content_type, content_encoding, body,
               string_to_array(interview_ids, E'\n'), posting_id
        from unnest(receipt_ids, workspace_ids, received_times, methods, queries, content_types,
                    bodies, id_lists, posting_ids, content_encodings)
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
        from unnest(receipt_ids, workspace_ids, id_lists, posting_ids, are_vague, types,
                    traceparents)
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
                       first_repeat_delay * power(
                           2,
                           case when interviews.status in
                                         ('completed', 'shortlisted', 'dismissed', 'knocked_out')
                                then least(repeats.repeats - 1, 20) else 0 end
                       ),
                       longest_repeat_delay
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
        left join unnest(stored_workspaces, stored_interviews, stored_statuses, stored_times)
            as interviews (workspace_id, interview_id, status, fetched_at)
            on interviews.workspace_id = named.workspace_id
            and interviews.interview_id = named.interview_id
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
            and unknown.place > max_unknown - workspaces.waiting
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
              select from unnest(quiet_workspaces, quiet_postings) as quiet (workspace_id, posting_id)
              where quiet.workspace_id = cursors.workspace_id
                and quiet.posting_id = cursors.posting_id
          )
        for update of cursors skip locked
    ),
    hastened as (
        update heymilo_sync.cursors
        set hastened_at = greatest(now(), cursors.polled_at + hastened_interval)
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
               or jobs.missed_at < now() - unknown_forgotten_after
        returning true
    )
    select exists (select from searched)
           and (select count(*) from enqueued) >= 0
           and (
               select count(pg_notify(channel, process || ' ' || notified)::text)
               from unnest(notified_workspaces) as notified
               where notified in (select workspace_id from new)
           ) >= 0
    into is_current;

    return is_current;
end
$$;

comment on function heymilo_sync.take_deliveries(
    uuid[], text[], timestamptz[], text[], text[], text[], text[], bytea[], text[], text[], boolean[], text[], text[],
    bigint, bigint, interval, interval, interval, interval, text[], text, text
) is
    'Keeps deliveries, each of them once, and makes due what the new ones name. Item n of each list is about delivery n. An item of id_lists holds ids in lines. False, and nothing is kept, when a person was erased since the tombstones had searched_version. For the daemon alone.';
