-- HeyMilo goes on counting whom we have erased, until they are erased there too.

create table heymilo_sync.removed_interviews (
    workspace_id text not null,
    posting_id   text not null,
    interviews   bigint not null,
    completed    bigint not null,
    constraint removed_interviews_pkey primary key (workspace_id, posting_id)
);

comment on table heymilo_sync.removed_interviews is
    'How many interviews of a posting were removed, because somebody was erased or because of their age (retention.interviews): numbers alone, for heymilo_bi.reconciliation.';
comment on column heymilo_sync.removed_interviews.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo_sync.removed_interviews.posting_id is
    'The posting they belonged to.';
comment on column heymilo_sync.removed_interviews.interviews is
    'How many.';
comment on column heymilo_sync.removed_interviews.completed is
    'How many of these were completed.';

-- Between our own count and that with those who were removed, any count of HeyMilo's is right.
create function heymilo_bi.difference(ours bigint, removed bigint, theirs bigint)
    returns bigint
    language sql
    immutable
    parallel safe
    return case when ours < theirs then least(ours + coalesce(removed, 0) - theirs, 0) else ours - theirs end;

comment on function heymilo_bi.difference(bigint, bigint, bigint) is
    'Our count less HeyMilo''s, which may go on counting interviews that were removed here, or not. NULL when HeyMilo has not told.';

create or replace view heymilo_bi.reconciliation as
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

comment on column heymilo_bi.reconciliation.candidates_difference is
    'our_candidates less heymilo_candidates: 0 is right. Up to removed_interviews that HeyMilo still counts are no difference. NULL when HeyMilo has not told.';
comment on column heymilo_bi.reconciliation.completed_difference is
    'our_completed less heymilo_completed: 0 is right. Completed interviews among removed_interviews that HeyMilo still counts are no difference. NULL when HeyMilo has not told.';
comment on column heymilo_bi.reconciliation.removed_interviews is
    'Interviews that were removed here, because somebody was erased or because of their age: HeyMilo may count them still. Those that came only after their person was erased are not among them.';
