-- A step counts once for an interview, however often the answer lists it, and whoever has finished a
-- step has entered it.

create or replace view heymilo_bi.interview_steps as
with kinds as (
    -- Ids can repeat: the first step of an id tells its kind.
    select distinct on (workspace_id, posting_id, step_id)
        workspace_id,
        posting_id,
        step_id,
        step_type
    from heymilo.posting_steps
    order by workspace_id, posting_id, step_id, position
)
select
    interviews.workspace_id,
    interviews.interview_id,
    interviews.posting_id,
    interviews.posting_title,
    steps.position,
    coalesce(steps.step_order, steps.position) as step_order,
    steps.step_id,
    kinds.step_type,
    steps.status,
    coalesce(
        steps.started or steps.completed or steps.knocked_out
        or steps.status in ('in_progress', 'completed', 'knocked_out'),
        false
    ) as entered,
    coalesce(steps.completed or steps.status = 'completed', false)
        and not coalesce(steps.knocked_out or steps.status = 'knocked_out', false) as completed,
    coalesce(steps.knocked_out or steps.status = 'knocked_out', false) as knocked_out,
    interviews.invited_at,
    steps.last_updated_at
from heymilo_bi.interview_summary as interviews
join heymilo.workflow_steps as steps using (workspace_id, interview_id)
left join kinds
    on kinds.workspace_id = interviews.workspace_id
   and kinds.posting_id = interviews.posting_id
   and kinds.step_id = steps.step_id;

create or replace view heymilo_bi.funnel as
with steps as (
    select
        workspace_id,
        posting_id,
        posting_title,
        step_order,
        step_id,
        step_type,
        bool_or(entered) as entered,
        bool_or(completed) and not bool_or(knocked_out) as completed,
        bool_or(knocked_out) as knocked_out
    from heymilo_bi.interview_steps
    group by workspace_id, interview_id, posting_id, posting_title, step_order, step_id, step_type
)
select
    workspace_id,
    posting_id,
    posting_title,
    step_order,
    step_id,
    step_type,
    count(*) as interviews,
    count(*) filter (where entered) as entered,
    count(*) filter (where completed) as completed,
    count(*) filter (where knocked_out) as knocked_out,
    count(*) filter (where entered and not completed and not knocked_out) as unfinished,
    heymilo_bi.rate(count(*) filter (where completed), count(*) filter (where entered)) as conversion_rate,
    heymilo_bi.rate(count(*) filter (where completed), count(*)) as passed_rate,
    heymilo_bi.is_small(count(*) filter (where entered)) as is_small
from steps
group by workspace_id, posting_id, posting_title, step_order, step_id, step_type;

create or replace view heymilo_bi.step_durations as
with changes as (
    select
        workspace_id,
        interview_id,
        position,
        step_id,
        new_status,
        -- HeyMilo's time, or else ours, unless it may have been so for long when we first looked.
        coalesce(changed_at, case when not first_observation then observed_at end) as changed_at
    from heymilo.workflow_step_changes
),
passages as (
    select
        workspace_id,
        interview_id,
        position,
        step_id,
        min(changed_at) filter (where new_status = 'in_progress') as started_at,
        min(changed_at) filter (where new_status in ('completed', 'knocked_out')) as finished_at
    from changes
    group by workspace_id, interview_id, position, step_id
),
steps as (
    select
        steps.workspace_id,
        steps.interview_id,
        steps.posting_id,
        steps.posting_title,
        steps.step_order,
        steps.step_id,
        steps.step_type,
        steps.invited_at,
        min(steps.position) as position,
        bool_or(steps.completed or steps.knocked_out) as finished,
        min(passages.started_at) as started_at,
        min(passages.finished_at) as finished_at
    from heymilo_bi.interview_steps as steps
    left join passages
        on passages.workspace_id = steps.workspace_id
       and passages.interview_id = steps.interview_id
       and passages.position = steps.position
       and passages.step_id is not distinct from steps.step_id
    group by
        steps.workspace_id, steps.interview_id, steps.posting_id, steps.posting_title,
        steps.step_order, steps.step_id, steps.step_type, steps.invited_at
),
durations as (
    select
        steps.*,
        extract(epoch from finished_at - started_at) / 60 as minutes_in_step,
        extract(epoch from finished_at - lag(finished_at, 1, invited_at) over workflow) / 3600 as hours_from_previous,
        extract(epoch from finished_at - invited_at) / 3600 as hours_from_invitation
    from steps
    window workflow as (
        partition by workspace_id, interview_id
        order by step_order, position
    )
)
select
    workspace_id,
    posting_id,
    posting_title,
    step_order,
    step_id,
    step_type,
    count(*) filter (where finished) as finished,
    count(*) filter (where minutes_in_step >= 0) as timed_in_step,
    percentile_cont(0.5) within group (order by minutes_in_step) filter (where minutes_in_step >= 0) as p50_minutes_in_step,
    percentile_cont(0.9) within group (order by minutes_in_step) filter (where minutes_in_step >= 0) as p90_minutes_in_step,
    count(*) filter (where hours_from_previous >= 0) as timed_from_previous,
    percentile_cont(0.5) within group (order by hours_from_previous) filter (where hours_from_previous >= 0) as p50_hours_from_previous,
    percentile_cont(0.9) within group (order by hours_from_previous) filter (where hours_from_previous >= 0) as p90_hours_from_previous,
    count(*) filter (where hours_from_invitation >= 0) as timed_from_invitation,
    percentile_cont(0.5) within group (order by hours_from_invitation) filter (where hours_from_invitation >= 0) as p50_hours_from_invitation,
    percentile_cont(0.9) within group (order by hours_from_invitation) filter (where hours_from_invitation >= 0) as p90_hours_from_invitation,
    heymilo_bi.is_small(count(*) filter (where hours_from_invitation >= 0)) as is_small
from durations
group by workspace_id, posting_id, posting_title, step_order, step_id, step_type;
