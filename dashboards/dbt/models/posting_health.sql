-- How each posting is doing: an example of a mart on top of the facts.

with interviews as (
    select
        workspace_id,
        posting_id,
        count(*) as invited_count,
        count(*) filter (where is_completed) as completed_count,
        count(*) filter (where decision = 'shortlisted') as shortlisted_count,
        percentile_cont(0.5) within group (order by hours_to_decision) as median_hours_to_decision
    from {{ source('heymilo_bi', 'interview_facts') }}
    where posting_id is not null
    group by workspace_id, posting_id
),
backlog as (
    select workspace_id, posting_id, count(*) as waiting_count
    from {{ source('heymilo_bi', 'decision_backlog') }}
    group by workspace_id, posting_id
)
select
    postings.posting_key,
    postings.posting_label,
    coalesce(interviews.invited_count, 0) as invited_count,
    heymilo_bi.rate(interviews.completed_count, interviews.invited_count) as completion_rate,
    heymilo_bi.rate(interviews.shortlisted_count, interviews.completed_count) as shortlist_rate,
    interviews.median_hours_to_decision,
    coalesce(backlog.waiting_count, 0) as waiting_count
from {{ source('heymilo_bi', 'posting_dimension') }} as postings
left join interviews using (workspace_id, posting_id)
left join backlog using (workspace_id, posting_id)
