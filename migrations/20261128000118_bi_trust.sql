-- How far the figures can be trusted: how old they are, and whether HeyMilo counts the same.

create view heymilo_bi.freshness as
with workspaces as (
    select workspace_id from heymilo.workspaces
    union
    select workspace_id from heymilo_sync.cursors
    union
    select workspace_id from heymilo_sync.connections
),
lists as (
    -- The lists of archived postings are read once a day; they hardly ever change.
    select
        cursors.workspace_id,
        min(coalesce(cursors.polled_at, cursors.due_at)) as read_until,
        max(cursors.polled_at) as last_poll_at,
        min(coalesce(cursors.swept_at, cursors.due_at)) filter (where cursors.list = 'candidates') as swept_until
    from heymilo_sync.cursors
    left join heymilo.postings using (workspace_id, posting_id)
    where cursors.list in ('postings', 'candidates')
      and postings.archived is not true
      and postings.status is distinct from 'archived'
      and postings.deleted_at is null
    group by cursors.workspace_id
),
jobs as (
    -- Nothing new is known of an interview that a backfill or the refresh fetches again. A second
    -- look waits from the time at which it is due.
    select
        workspace_id,
        count(*) filter (where state = 'open' and waiting_since <= now()) as waiting,
        min(waiting_since) filter (where state = 'open' and waiting_since <= now()) as waiting_since,
        count(*) filter (where state = 'failed') as failed
    from (
        select
            workspace_id,
            state,
            case urgency
                when 'backfill' then null
                when 'refresh' then null
                when 'look' then due_at
                else enqueued_at
            end as waiting_since
        from heymilo_sync.jobs
    ) as jobs
    group by workspace_id
),
deliveries as (
    select
        workspaces.workspace_id,
        (
            select max(received_at)
            from heymilo_sync.inbox
            where inbox.workspace_id = workspaces.workspace_id
        ) as last_delivery_at
    from workspaces
)
select
    workspaces.workspace_id,
    least(lists.read_until, jobs.waiting_since) as as_of,
    extract(epoch from now() - least(lists.read_until, jobs.waiting_since))::double precision / 60 as minutes_behind,
    lists.swept_until as complete_as_of,
    lists.last_poll_at,
    deliveries.last_delivery_at,
    connections.succeeded_at as last_answer_at,
    connections.refused_at as key_refused_at,
    coalesce(jobs.waiting, 0) as waiting_interviews,
    jobs.waiting_since as oldest_waiting_at,
    coalesce(jobs.failed, 0) as failed_interviews
from workspaces
left join lists using (workspace_id)
left join jobs using (workspace_id)
left join deliveries using (workspace_id)
left join heymilo_sync.connections using (workspace_id);

comment on view heymilo_bi.freshness is
    'How old the tables are: one row per workspace.';
comment on column heymilo_bi.freshness.workspace_id is
    'The workspace.';
comment on column heymilo_bi.freshness.as_of is
    'New and unfinished interviews are in the tables as HeyMilo showed them at this time, or later. NULL until anything was read.';
comment on column heymilo_bi.freshness.minutes_behind is
    'Minutes since as_of. Grows up to the time between two polls, and further when interviews wait to be fetched or HeyMilo does not answer. NULL until anything was read.';
comment on column heymilo_bi.freshness.complete_as_of is
    'The same for everything, late decisions about finished interviews included: when the oldest of the full looks at the live postings began.';
comment on column heymilo_bi.freshness.last_poll_at is
    'When any list was last read.';
comment on column heymilo_bi.freshness.last_delivery_at is
    'When HeyMilo last delivered a webhook. NULL when none is kept.';
comment on column heymilo_bi.freshness.last_answer_at is
    'When HeyMilo''s API last answered as it should. NULL when it never did.';
comment on column heymilo_bi.freshness.key_refused_at is
    'Since when the API key is refused. NULL while it is accepted.';
comment on column heymilo_bi.freshness.waiting_interviews is
    'Interviews that may have changed and wait to be fetched.';
comment on column heymilo_bi.freshness.oldest_waiting_at is
    'Since when the first of them waits. NULL when none does.';
comment on column heymilo_bi.freshness.failed_interviews is
    'Interviews whose fetch was given up: they stay as they were until there is news of them.';

-- Between our own count and that with those who were removed, any count of HeyMilo's is right.
create function heymilo_bi.difference(ours bigint, removed bigint, theirs bigint)
    returns bigint
    language sql
    immutable
    parallel safe
    return case when ours < theirs then least(ours + coalesce(removed, 0) - theirs, 0) else ours - theirs end;

comment on function heymilo_bi.difference(bigint, bigint, bigint) is
    'Our count less HeyMilo''s, which may go on counting interviews that were removed here, or not. NULL when HeyMilo has not told.';

create view heymilo_bi.reconciliation as
with counts as (
    select
        workspace_id,
        posting_id,
        stats_at as counted_at,
        (stats ->> 'total_candidates')::bigint as heymilo_candidates,
        (stats ->> 'completed_interviews')::bigint as heymilo_completed
    from heymilo_sync.cursors
    where list = 'candidates'
),
ours as (
    select
        interviews.workspace_id,
        interviews.posting_id,
        interviews.posting_title,
        count(*) as candidates,
        count(*) filter (where interviews.completed) as completed,
        count(*) filter (where interviews.invited_at > counts.counted_at) as invited_since,
        count(*) filter (
            where interviews.completed
              and interviews.interviewed_at > counts.counted_at
        ) as completed_since
    from heymilo_bi.interview_summary as interviews
    left join counts using (workspace_id, posting_id)
    group by interviews.workspace_id, interviews.posting_id, interviews.posting_title
),
postings as (
    select
        workspace_id,
        posting_id,
        title
    from heymilo.postings
    where deleted_at is null
      and test_posting is not true
)
select
    workspace_id,
    posting_id,
    coalesce(postings.title, ours.posting_title) as posting_title,
    counts.counted_at,
    counts.heymilo_candidates,
    coalesce(ours.candidates - ours.invited_since, 0) as our_candidates,
    heymilo_bi.difference(
        coalesce(ours.candidates - ours.invited_since, 0), removed.interviews, counts.heymilo_candidates
    ) as candidates_difference,
    counts.heymilo_completed,
    coalesce(ours.completed - ours.completed_since, 0) as our_completed,
    heymilo_bi.difference(
        coalesce(ours.completed - ours.completed_since, 0), removed.completed, counts.heymilo_completed
    ) as completed_difference,
    coalesce(removed.interviews, 0) as removed_interviews
from postings
full join ours using (workspace_id, posting_id)
left join counts using (workspace_id, posting_id)
left join heymilo_sync.removed_interviews as removed using (workspace_id, posting_id);

comment on view heymilo_bi.reconciliation is
    'Whether HeyMilo counts what the tables hold: one row per posting, our counts beside those that HeyMilo gave at counted_at. What came later is left out of ours; a difference can still be an interview that moved in the same minutes.';
comment on column heymilo_bi.reconciliation.workspace_id is
    'The workspace the posting belongs to.';
comment on column heymilo_bi.reconciliation.posting_id is
    'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_bi.reconciliation.posting_title is
    'What the posting is called. NULL until the posting was read.';
comment on column heymilo_bi.reconciliation.counted_at is
    'When HeyMilo gave its counts: at every full look at the posting, and oftener for long lists. NULL until it has.';
comment on column heymilo_bi.reconciliation.heymilo_candidates is
    'Candidates of the posting, as HeyMilo counts (total_candidates of the posting''s stats in the API). NULL when it has not told.';
comment on column heymilo_bi.reconciliation.our_candidates is
    'Interviews of the posting in these tables, without those invited after counted_at.';
comment on column heymilo_bi.reconciliation.candidates_difference is
    'our_candidates less heymilo_candidates: 0 is right. Up to removed_interviews that HeyMilo still counts are no difference. NULL when HeyMilo has not told.';
comment on column heymilo_bi.reconciliation.heymilo_completed is
    'Completed interviews, as HeyMilo counts (completed_interviews of the posting''s stats in the API). NULL when it has not told.';
comment on column heymilo_bi.reconciliation.our_completed is
    'Completed interviews in these tables, without those interviewed after counted_at.';
comment on column heymilo_bi.reconciliation.completed_difference is
    'our_completed less heymilo_completed: 0 is right. Completed interviews among removed_interviews that HeyMilo still counts are no difference. NULL when HeyMilo has not told.';
comment on column heymilo_bi.reconciliation.removed_interviews is
    'Interviews that were removed here, because somebody was erased or because of their age: HeyMilo may count them still. Those that came only after their person was erased are not among them.';
