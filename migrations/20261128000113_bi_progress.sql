-- How candidates go through the steps, and what waits for a recruiter.

create view heymilo_bi.funnel as
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

comment on view heymilo_bi.funnel is
    'How many candidates enter each step of a posting and how many come through: one row per posting and step.';
comment on column heymilo_bi.funnel.workspace_id is
    'The workspace the posting belongs to.';
comment on column heymilo_bi.funnel.posting_id is
    'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_bi.funnel.posting_title is
    'What the posting is called. NULL until the posting was read.';
comment on column heymilo_bi.funnel.step_order is
    'Order of the step in the workflow, from 1.';
comment on column heymilo_bi.funnel.step_id is
    'HeyMilo''s id of the step. A posting whose workflow was edited has several steps of one order.';
comment on column heymilo_bi.funnel.step_type is
    'Kind of agent: web_interview, conversational_sms, resume or form. NULL when the posting, as last read, has no such step.';
comment on column heymilo_bi.funnel.interviews is
    'Interviews whose workflow has the step, entered or not.';
comment on column heymilo_bi.funnel.entered is
    'Interviews whose candidate has begun the step.';
comment on column heymilo_bi.funnel.completed is
    'Interviews whose candidate has finished the step and may go on.';
comment on column heymilo_bi.funnel.knocked_out is
    'Interviews that the step ended.';
comment on column heymilo_bi.funnel.unfinished is
    'Interviews that entered the step and have neither come through nor been knocked out: under way or given up.';
comment on column heymilo_bi.funnel.conversion_rate is
    'completed of entered, 0.0 to 1.0. NULL when nobody has entered.';
comment on column heymilo_bi.funnel.passed_rate is
    'completed of all interviews, 0.0 to 1.0: what is left of those invited.';
comment on column heymilo_bi.funnel.is_small is
    'Whether fewer than 30 have entered: the rates may be chance.';

create view heymilo_bi.completion_by_week as
select
    workspace_id,
    posting_id,
    posting_title,
    heymilo_bi.week_of(invited_at) as week_invited,
    count(*) as invited,
    count(*) filter (where started) as started,
    count(*) filter (where completed) as completed,
    count(*) filter (where knocked_out) as knocked_out,
    count(*) filter (where not started) as never_started,
    count(*) filter (where started and not completed and not knocked_out) as unfinished,
    heymilo_bi.rate(count(*) filter (where completed), count(*)) as completion_rate,
    heymilo_bi.rate(
        count(*) filter (where started and not completed and not knocked_out),
        count(*) filter (where started)
    ) as drop_off_rate,
    bool_or(invited_at > now() - interval '28 days') as may_still_change,
    heymilo_bi.is_small(count(*)) as is_small
from heymilo_bi.interview_summary
group by workspace_id, posting_id, posting_title, heymilo_bi.week_of(invited_at);

comment on view heymilo_bi.completion_by_week is
    'How far those invited in a week have come by now: one row per posting and week of invitation.';
comment on column heymilo_bi.completion_by_week.workspace_id is
    'The workspace the posting belongs to.';
comment on column heymilo_bi.completion_by_week.posting_id is
    'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_bi.completion_by_week.posting_title is
    'What the posting is called. NULL until the posting was read.';
comment on column heymilo_bi.completion_by_week.week_invited is
    'Monday of the week of the invitation, in UTC. NULL for interviews whose invitation was not read yet.';
comment on column heymilo_bi.completion_by_week.invited is
    'Interviews of the week.';
comment on column heymilo_bi.completion_by_week.started is
    'Of these, whose candidate has begun any step.';
comment on column heymilo_bi.completion_by_week.completed is
    'Of these, whose candidate has finished every step.';
comment on column heymilo_bi.completion_by_week.knocked_out is
    'Of these, that a step ended.';
comment on column heymilo_bi.completion_by_week.never_started is
    'Of these, whose candidate has begun no step.';
comment on column heymilo_bi.completion_by_week.unfinished is
    'Of these, whose candidate has begun and is under way or has given up.';
comment on column heymilo_bi.completion_by_week.completion_rate is
    'completed of invited, 0.0 to 1.0.';
comment on column heymilo_bi.completion_by_week.drop_off_rate is
    'unfinished of started, 0.0 to 1.0. NULL when nobody has started. Too high as long as may_still_change.';
comment on column heymilo_bi.completion_by_week.may_still_change is
    'Whether anybody of the week was invited less than 28 days ago, and may well go on. NULL without an invitation.';
comment on column heymilo_bi.completion_by_week.is_small is
    'Whether fewer than 30 were invited: the rates may be chance.';

create view heymilo_bi.step_durations as
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

comment on view heymilo_bi.step_durations is
    'How long candidates take for a step, median and ninetieth percentile: one row per posting and step. HeyMilo keeps no history; the times are from the changes that were observed (heymilo.workflow_step_changes), each with HeyMilo''s own time where it gives one.';
comment on column heymilo_bi.step_durations.workspace_id is
    'The workspace the posting belongs to.';
comment on column heymilo_bi.step_durations.posting_id is
    'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_bi.step_durations.posting_title is
    'What the posting is called. NULL until the posting was read.';
comment on column heymilo_bi.step_durations.step_order is
    'Order of the step in the workflow, from 1.';
comment on column heymilo_bi.step_durations.step_id is
    'HeyMilo''s id of the step.';
comment on column heymilo_bi.step_durations.step_type is
    'Kind of agent: web_interview, conversational_sms, resume or form. NULL when the posting, as last read, has no such step.';
comment on column heymilo_bi.step_durations.finished is
    'Interviews whose candidate has finished the step or was knocked out by it.';
comment on column heymilo_bi.step_durations.timed_in_step is
    'How many of these were seen while they were in the step, so that its beginning is known.';
comment on column heymilo_bi.step_durations.p50_minutes_in_step is
    'Median minutes from the beginning of the step to its end. NULL when no beginning was seen.';
comment on column heymilo_bi.step_durations.p90_minutes_in_step is
    'Nine of ten need at most so many minutes from the beginning of the step to its end.';
comment on column heymilo_bi.step_durations.timed_from_previous is
    'How many of these have a known end of this step and of the one before.';
comment on column heymilo_bi.step_durations.p50_hours_from_previous is
    'Median hours from the end of the step before (for the first step: from the invitation) to the end of this one, waiting included.';
comment on column heymilo_bi.step_durations.p90_hours_from_previous is
    'Nine of ten need at most so many hours from the end of the step before.';
comment on column heymilo_bi.step_durations.timed_from_invitation is
    'How many of these have a known invitation and a known end of the step.';
comment on column heymilo_bi.step_durations.p50_hours_from_invitation is
    'Median hours from the invitation to the end of the step; for the step web_interview: from invitation to interview.';
comment on column heymilo_bi.step_durations.p90_hours_from_invitation is
    'Nine of ten need at most so many hours from the invitation.';
comment on column heymilo_bi.step_durations.is_small is
    'Whether fewer than 30 are timed from the invitation: the percentiles may be chance.';

create view heymilo_bi.weekly_throughput as
select
    workspace_id,
    posting_id,
    posting_title,
    heymilo_bi.week_of(happened_at) as week,
    count(*) filter (where event = 'invited') as invited,
    count(*) filter (where event = 'interviewed') as interviewed,
    count(*) filter (where event = 'shortlisted') as shortlisted,
    count(*) filter (where event = 'dismissed') as dismissed
from heymilo_bi.interview_summary
cross join lateral (
    values
        ('invited', invited_at),
        (case when interviewed_at is not null then 'interviewed' end, interviewed_at),
        (decision, decided_at)
) as events (event, happened_at)
where event is not null
group by workspace_id, posting_id, posting_title, heymilo_bi.week_of(happened_at);

comment on view heymilo_bi.weekly_throughput is
    'What happened in a week, whenever the candidates were invited: one row per posting and week. Sums over all rows count every interview and every decision that stands.';
comment on column heymilo_bi.weekly_throughput.workspace_id is
    'The workspace the posting belongs to.';
comment on column heymilo_bi.weekly_throughput.posting_id is
    'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_bi.weekly_throughput.posting_title is
    'What the posting is called. NULL until the posting was read.';
comment on column heymilo_bi.weekly_throughput.week is
    'Monday of the week, in UTC. NULL for what has no known time: decisions that stood when the interview was first seen, and invitations that were not read yet.';
comment on column heymilo_bi.weekly_throughput.invited is
    'Invitations of the week.';
comment on column heymilo_bi.weekly_throughput.interviewed is
    'Interviews that took place in the week (interviewed_at).';
comment on column heymilo_bi.weekly_throughput.shortlisted is
    'Candidates whose shortlisting was first seen in the week and still stands.';
comment on column heymilo_bi.weekly_throughput.dismissed is
    'Candidates whose dismissal was first seen in the week and still stands.';

create view heymilo_bi.decision_backlog as
with completions as (
    select
        workspace_id,
        interview_id,
        max(coalesce(changed_at, observed_at)) as completed_at
    from heymilo.interview_changes
    where field = 'status'
      and new_value = 'completed'
      and not first_observation
    group by workspace_id, interview_id
)
select
    interviews.workspace_id,
    interviews.posting_id,
    interviews.posting_title,
    interviews.interview_id,
    interviews.score,
    interviews.invited_at,
    coalesce(completions.completed_at, interviews.interviewed_at, interviews.last_activity_at) as waiting_since,
    case
        when completions.completed_at is not null then 'observed'
        when interviews.interviewed_at is not null then 'interviewed_at'
        when interviews.last_activity_at is not null then 'last_activity_at'
    end as waiting_since_from,
    extract(
        epoch from now()
            - coalesce(completions.completed_at, interviews.interviewed_at, interviews.last_activity_at)
    )::double precision / 86400 as waiting_days
from heymilo_bi.interview_summary as interviews
left join completions using (workspace_id, interview_id)
where interviews.completed
  and interviews.decision is null
  and not interviews.knocked_out
  and interviews.status is distinct from 'evaluating';

comment on view heymilo_bi.decision_backlog is
    'Interviews that wait for a recruiter: completed, scored, neither shortlisted nor dismissed. One row per interview.';
comment on column heymilo_bi.decision_backlog.workspace_id is
    'The workspace the interview belongs to.';
comment on column heymilo_bi.decision_backlog.posting_id is
    'The posting the candidate was invited to.';
comment on column heymilo_bi.decision_backlog.posting_title is
    'What the posting is called. NULL until the posting was read.';
comment on column heymilo_bi.decision_backlog.interview_id is
    'HeyMilo''s id of the interview.';
comment on column heymilo_bi.decision_backlog.score is
    'Overall score, 0 to 100. NULL when HeyMilo gives none.';
comment on column heymilo_bi.decision_backlog.invited_at is
    'When the candidate was invited.';
comment on column heymilo_bi.decision_backlog.waiting_since is
    'Since when the interview waits. NULL when no time is known.';
comment on column heymilo_bi.decision_backlog.waiting_since_from is
    'What tells since when: observed (it was seen to become completed), or else interviewed_at or last_activity_at of the interview. NULL when nothing does.';
comment on column heymilo_bi.decision_backlog.waiting_days is
    'Age in days, with fractions. NULL when no time is known.';
