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
    -- The poll reads the lists of archived postings once a day: they hardly ever change.
    select
        cursors.workspace_id,
        min(coalesce(cursors.polled_at, cursors.due_at)) as read_until,
        max(cursors.polled_at) as last_poll_at,
        min(coalesce(cursors.scanned_at, cursors.due_at)) filter (where cursors.list = 'candidates') as scanned_until
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
    ages.as_of,
    extract(epoch from now() - ages.as_of)::double precision / 60 as minutes_behind,
    ages.complete_as_of,
    copying.interviews_left as first_copy_left,
    lists.last_poll_at,
    deliveries.last_delivery_at,
    connections.succeeded_at as last_answer_at,
    connections.refused_at as key_refused_at,
    coalesce(jobs.waiting, 0) as waiting_interviews,
    jobs.waiting_since as oldest_waiting_at,
    coalesce(jobs.failed, 0) as failed_interviews,
    figures.due_since as figures_due_since,
    coalesce(extract(epoch from now() - figures.due_since)::double precision / 60, 0) as figures_minutes_behind
from workspaces
left join lists using (workspace_id)
left join jobs using (workspace_id)
left join deliveries using (workspace_id)
left join (
    select workspace_id, min(due_since) as due_since
    from heymilo_sync.figures_due
    group by workspace_id
) as figures using (workspace_id)
left join heymilo_sync.copying using (workspace_id)
left join heymilo_sync.connections using (workspace_id)
cross join lateral (
    -- Nothing is claimed before the first copy is complete.
    select
        case when copying.workspace_id is null
            then least(lists.read_until, jobs.waiting_since) end as as_of,
        case when copying.workspace_id is null then lists.scanned_until end as complete_as_of
) as ages;

comment on view heymilo_bi.freshness is
    'How old the tables are: one row per workspace.';
comment on column heymilo_bi.freshness.workspace_id is
    'The workspace.';
comment on column heymilo_bi.freshness.as_of is
    'New and unfinished interviews are in the tables as HeyMilo showed them at this time, or later. NULL until the first copy is complete.';
comment on column heymilo_bi.freshness.minutes_behind is
    'Minutes since as_of. Grows up to the time between two polls, and further when interviews wait to be fetched or HeyMilo does not answer. NULL until the first copy is complete.';
comment on column heymilo_bi.freshness.complete_as_of is
    'The same for everything, late decisions about finished interviews included: when the oldest of the full looks at the live postings began. NULL until the first copy is complete.';
comment on column heymilo_bi.freshness.first_copy_left is
    'Interviews that the first copy of the workspace has still to fetch. NULL once the first copy is complete.';
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
    'Interviews whose fetch was set aside: their rows stay as they were until a delivery or a changed list row makes them due again.';
comment on column heymilo_bi.freshness.figures_due_since is
    'Time of the oldest change that the kept figures of the dashboards do not contain yet. NULL when they contain every change.';
comment on column heymilo_bi.freshness.figures_minutes_behind is
    'Minutes since figures_due_since. 0 when the figures contain every change.';

-- Between our own count and that with the others, any count of HeyMilo's is right.
create function heymilo_bi.difference(ours bigint, others bigint, theirs bigint)
    returns bigint
    language sql
    immutable
    parallel safe
    return case when ours < theirs then least(ours + coalesce(others, 0) - theirs, 0) else ours - theirs end;

comment on function heymilo_bi.difference(bigint, bigint, bigint) is
    'Our count less HeyMilo''s, which may or may not hold the others: interviews that were removed here, or that moved since HeyMilo counted. NULL when HeyMilo has given no count.';

create view heymilo_bi.reconciliation as
with counts as not materialized (
    select
        workspace_id,
        posting_id,
        stats_at as counted_at,
        coalesce(stats_until, stats_at) as counted_until,
        differs_since,
        (stats ->> 'total_candidates')::bigint as heymilo_candidates,
        (stats ->> 'completed_interviews')::bigint as heymilo_completed
    from heymilo_sync.cursors
    where list = 'candidates'
),
changes as not materialized (
    select
        workspace_id,
        interview_id,
        max(observed_at) as changed_at
    from heymilo.interview_changes
    where field = 'status'
      and not first_observation
      and observed_at > (select min(counted_at) from counts)
    group by workspace_id, interview_id
),
compared as not materialized (
    select
        summary.workspace_id,
        summary.posting_id,
        summary.is_completed,
        places.is_new,
        places.is_new
            or coalesce(greatest(summary.interviewed_at, summary.last_activity_at) > counts.counted_at, false)
            or coalesce(changes.changed_at > counts.counted_at, false)
            or jobs.interview_id is not null as has_moved
    from heymilo_bi.interview_facts as summary
    join heymilo.interviews using (workspace_id, interview_id)
    left join counts
      on counts.workspace_id = summary.workspace_id
     and counts.posting_id = summary.posting_id
    left join changes
      on changes.workspace_id = summary.workspace_id
     and changes.interview_id = summary.interview_id
    left join heymilo_sync.jobs
      on jobs.workspace_id = summary.workspace_id
     and jobs.interview_id = summary.interview_id
     and jobs.state = 'open'
     and jobs.urgency <= 'look'
    cross join lateral (
        select counts.counted_at is not null and (
            interviews.listed_at is null
            or coalesce(summary.invited_at > counts.counted_at, false)
            or interviews.first_synced_at > counts.counted_until
        ) as is_new
    ) as places
),
ours as not materialized (
    select
        workspace_id,
        posting_id,
        count(*) filter (where not is_new) as candidates,
        count(*) filter (where is_new) as new_candidates,
        count(*) filter (where is_completed and not has_moved) as completed,
        count(*) filter (where has_moved) as moved
    from compared
    group by workspace_id, posting_id
),
gone as not materialized (
    select
        interviews.workspace_id,
        interviews.posting_id,
        count(*) as interviews
    from heymilo.interviews
    join counts using (workspace_id, posting_id)
    where interviews.deleted_at > counts.counted_at
    group by interviews.workspace_id, interviews.posting_id
),
postings as not materialized (
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
    postings.title as posting_title,
    counts.counted_at,
    counts.heymilo_candidates,
    coalesce(ours.candidates, 0) as our_candidates,
    differences.candidates_difference,
    counts.heymilo_completed,
    coalesce(ours.completed, 0) as our_completed,
    differences.completed_difference,
    coalesce(ours.moved, 0) + coalesce(gone.interviews, 0) as not_compared_yet,
    case
        when differences.candidates_difference <> 0 or differences.completed_difference <> 0
        then counts.differs_since
    end as differs_since,
    coalesce(removed.interviews, 0) as removed_interviews
from postings
full join ours using (workspace_id, posting_id)
left join counts using (workspace_id, posting_id)
left join gone using (workspace_id, posting_id)
left join heymilo_sync.removed_interviews as removed using (workspace_id, posting_id)
cross join lateral (
    select
        heymilo_bi.difference(
            coalesce(ours.candidates, 0),
            coalesce(ours.new_candidates, 0) + coalesce(gone.interviews, 0) + coalesce(removed.interviews, 0),
            counts.heymilo_candidates
        ) as candidates_difference,
        heymilo_bi.difference(
            coalesce(ours.completed, 0),
            coalesce(ours.moved, 0) + coalesce(gone.interviews, 0) + coalesce(removed.completed, 0),
            counts.heymilo_completed
        ) as completed_difference
) as differences;

comment on view heymilo_bi.reconciliation is
    'Whether HeyMilo counts what the tables hold: one row per posting, our counts beside those that HeyMilo gave at counted_at. Interviews that came or moved since then are not compared yet: they may or may not be among HeyMilo''s.';
comment on column heymilo_bi.reconciliation.workspace_id is
    'The workspace the posting belongs to.';
comment on column heymilo_bi.reconciliation.posting_id is
    'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_bi.reconciliation.posting_title is
    'What the posting is called. NULL until the posting was read.';
comment on column heymilo_bi.reconciliation.counted_at is
    'When HeyMilo gave its counts: at every full look at the posting, oftener for long lists, and at every reading while the counts differ. NULL until HeyMilo has given counts.';
comment on column heymilo_bi.reconciliation.heymilo_candidates is
    'Candidates of the posting, as HeyMilo counts (total_candidates of the posting''s stats in the API). NULL when HeyMilo has given no count.';
comment on column heymilo_bi.reconciliation.our_candidates is
    'Interviews of the posting in these tables that HeyMilo''s list showed when HeyMilo counted.';
comment on column heymilo_bi.reconciliation.candidates_difference is
    'our_candidates less heymilo_candidates: 0 is right. Up to not_compared_yet and removed_interviews that HeyMilo counts are no difference. NULL when HeyMilo has given no count.';
comment on column heymilo_bi.reconciliation.heymilo_completed is
    'Completed interviews, as HeyMilo counts (completed_interviews of the posting''s stats in the API). NULL when HeyMilo has given no count.';
comment on column heymilo_bi.reconciliation.our_completed is
    'Completed interviews in these tables, without those that moved since HeyMilo counted.';
comment on column heymilo_bi.reconciliation.completed_difference is
    'our_completed less heymilo_completed: 0 is right. Up to not_compared_yet and the completed ones among removed_interviews that HeyMilo counts are no difference. NULL when HeyMilo has given no count.';
comment on column heymilo_bi.reconciliation.not_compared_yet is
    'Interviews that no list has shown yet, that changed or went since HeyMilo counted, or that wait to be fetched. The next count of HeyMilo''s compares them.';
comment on column heymilo_bi.reconciliation.differs_since is
    'Since when the counts differ, as noted whenever the list was read. A difference is real when counted_at is later: HeyMilo has counted again since. NULL while they agree.';
comment on column heymilo_bi.reconciliation.removed_interviews is
    'Interviews that were removed here, for an erasure or for their age. HeyMilo may still count them. Those that came only after their person was erased are not among them.';
