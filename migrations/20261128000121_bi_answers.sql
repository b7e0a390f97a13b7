-- Ready answers on top of the facts. An answer with invited_week holds counts that add up over weeks and postings, so
-- that a dashboard can filter it by time: rate(sum(part), sum(whole)) is exact for any selection.

create function heymilo_bi.correlation(
    size       numeric,
    x_sum      double precision,
    x_squares  double precision,
    y_sum      double precision,
    y_squares  double precision,
    xy_sum     double precision
)
    returns double precision
    language sql
    immutable
    parallel safe
    return case
        when size >= 2
            -- Below this, what is left of the squares is the error of the sums.
            and x_squares - x_sum * x_sum / size::double precision > 1e-9 * x_squares
            and y_squares - y_sum * y_sum / size::double precision > 1e-9 * y_squares
        then (xy_sum - x_sum * y_sum / size::double precision)
            / sqrt(x_squares - x_sum * x_sum / size::double precision)
            / sqrt(y_squares - y_sum * y_sum / size::double precision)
    end;

comment on function heymilo_bi.correlation(numeric, double precision, double precision, double precision, double precision, double precision) is
    'Pearson''s correlation from the number of pairs and the sums of x, x squared, y, y squared and x times y. NULL with fewer than two pairs, and when all x or all y are the same.';

create function heymilo_bi.standard_deviation(size numeric, x_sum double precision, x_squares double precision)
    returns double precision
    language sql
    immutable
    parallel safe
    return case when size >= 2 then
        sqrt(greatest(x_squares - x_sum * x_sum / size::double precision, 0) / (size - 1)::double precision)
    end;

comment on function heymilo_bi.standard_deviation(numeric, double precision, double precision) is
    'Standard deviation of a sample from the number of values, their sum and the sum of their squares. NULL with fewer than two values.';

create view heymilo_bi.completion_by_week as
select
    cohorts.workspace_id,
    cohorts.posting_id,
    postings.posting_title,
    postings.posting_label,
    coalesce(cohorts.department, postings.department) as department,
    coalesce(cohorts.location, postings.location) as location,
    coalesce(cohorts.requisition, postings.requisition) as requisition,
    cohorts.invited_week,
    cohorts.invited_count,
    cohorts.started_count,
    cohorts.completed_count,
    cohorts.knocked_out_count,
    cohorts.never_started_count,
    cohorts.unfinished_count,
    cohorts.decided_under_way_count,
    cohorts.dropped_count,
    cohorts.shortlisted_count,
    cohorts.dismissed_count,
    heymilo_bi.rate(cohorts.completed_count, cohorts.invited_count) as completion_rate,
    heymilo_bi.rate(cohorts.dropped_count, cohorts.started_count - cohorts.decided_under_way_count) as drop_off_rate,
    cohorts.invited_week > now()::date - 28 as may_still_change,
    heymilo_bi.is_small(cohorts.invited_count) as is_small
from heymilo_sync.cohorts
left join heymilo_sync.known_postings as postings
    on postings.workspace_id = cohorts.workspace_id
   and postings.posting_id = cohorts.posting_id
where postings.is_hidden is not true;

comment on view heymilo_bi.completion_by_week is
    'How far invited candidates come. One row per cohort: posting, week invited, department, location and requisition. Completed, knocked out, unfinished and never started add up to the invitations.';
comment on column heymilo_bi.completion_by_week.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo_bi.completion_by_week.posting_id is
    'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_bi.completion_by_week.posting_title is
    'Title of the posting. Titles can repeat: posting_label is unique. NULL until the posting was read.';
comment on column heymilo_bi.completion_by_week.posting_label is
    'Title of the posting, with its id where another posting of the workspace has the same title. NULL until the posting was read.';
comment on column heymilo_bi.completion_by_week.department is
    'Department, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.completion_by_week.location is
    'Location, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.completion_by_week.requisition is
    'Requisition, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.completion_by_week.invited_week is
    'Monday of the week of the invitation, in the reporting time zone of the settings. NULL until the candidates list has been read.';
comment on column heymilo_bi.completion_by_week.invited_count is
    'Number of invitations.';
comment on column heymilo_bi.completion_by_week.started_count is
    'Number of interviews whose candidate has begun any step.';
comment on column heymilo_bi.completion_by_week.completed_count is
    'Number of completed interviews.';
comment on column heymilo_bi.completion_by_week.knocked_out_count is
    'Number of interviews that a step ended.';
comment on column heymilo_bi.completion_by_week.never_started_count is
    'Number of interviews whose candidate has begun no step.';
comment on column heymilo_bi.completion_by_week.unfinished_count is
    'Number of interviews that are begun, and neither completed nor knocked out. With completed, knocked out and never started they add up to the invitations.';
comment on column heymilo_bi.completion_by_week.decided_under_way_count is
    'Number of unfinished interviews on which a recruiter has decided.';
comment on column heymilo_bi.completion_by_week.dropped_count is
    'Number of unfinished interviews without a decision: these candidates dropped off, or are still at it.';
comment on column heymilo_bi.completion_by_week.shortlisted_count is
    'Number of interviews that are shortlisted.';
comment on column heymilo_bi.completion_by_week.dismissed_count is
    'Number of interviews that are dismissed.';
comment on column heymilo_bi.completion_by_week.completion_rate is
    'completed_count of invited_count, 0.0 to 1.0.';
comment on column heymilo_bi.completion_by_week.drop_off_rate is
    'dropped_count of the candidates who started and on whom no recruiter decided under way, 0.0 to 1.0. NULL when there are none.';
comment on column heymilo_bi.completion_by_week.may_still_change is
    'Whether the week lies within the last 28 days, so that many candidates are still at it. NULL when invited_week is.';
comment on column heymilo_bi.completion_by_week.is_small is
    'Whether fewer than 30 are counted: rates and means may be chance.';

create view heymilo_bi.workspace_funnel as
select
    cohorts.workspace_id,
    cohorts.posting_id,
    postings.posting_title,
    postings.posting_label,
    coalesce(cohorts.department, postings.department) as department,
    coalesce(cohorts.location, postings.location) as location,
    coalesce(cohorts.requisition, postings.requisition) as requisition,
    cohorts.invited_week,
    stages.stage,
    stages.stage_order,
    stages.interview_count
from heymilo_sync.cohorts
left join heymilo_sync.known_postings as postings
    on postings.workspace_id = cohorts.workspace_id
   and postings.posting_id = cohorts.posting_id
cross join lateral (
    values
        ('Invited', 1, cohorts.invited_count),
        ('Started', 2, cohorts.started_count),
        ('Completed', 3, cohorts.completed_count),
        ('Shortlisted', 4, cohorts.shortlisted_count)
) as stages (stage, stage_order, interview_count)
where postings.is_hidden is not true;

comment on view heymilo_bi.workspace_funnel is
    'The funnel over all postings and workflows, in long form: invited, started, completed, shortlisted. One row per cohort: posting, week invited, department, location and requisition.';
comment on column heymilo_bi.workspace_funnel.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo_bi.workspace_funnel.posting_id is
    'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_bi.workspace_funnel.posting_title is
    'Title of the posting. Titles can repeat: posting_label is unique. NULL until the posting was read.';
comment on column heymilo_bi.workspace_funnel.posting_label is
    'Title of the posting, with its id where another posting of the workspace has the same title. NULL until the posting was read.';
comment on column heymilo_bi.workspace_funnel.department is
    'Department, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.workspace_funnel.location is
    'Location, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.workspace_funnel.requisition is
    'Requisition, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.workspace_funnel.invited_week is
    'Monday of the week of the invitation, in the reporting time zone of the settings. NULL until the candidates list has been read.';
comment on column heymilo_bi.workspace_funnel.stage is
    'Invited, Started, Completed or Shortlisted. A recruiter may shortlist a candidate who has not completed the interview.';
comment on column heymilo_bi.workspace_funnel.stage_order is
    'Place of the stage, 1 to 4.';
comment on column heymilo_bi.workspace_funnel.interview_count is
    'Number of interviews that have come to the stage.';

create view heymilo_bi.funnel as
select
    cohorts.workspace_id,
    cohorts.posting_id,
    postings.posting_title,
    postings.posting_label,
    coalesce(cohorts.department, postings.department) as department,
    coalesce(cohorts.location, postings.location) as location,
    coalesce(cohorts.requisition, postings.requisition) as requisition,
    cohorts.invited_week,
    figures.step_key,
    figures.step_id,
    coalesce(steps.step_order, figures.step_order) as step_order,
    steps.step_type,
    figures.interview_count,
    figures.entered_count,
    figures.completed_count,
    figures.knocked_out_count,
    figures.entered_count - figures.completed_count - figures.knocked_out_count as unfinished_count,
    heymilo_bi.rate(figures.completed_count, figures.entered_count) as conversion_rate,
    heymilo_bi.rate(figures.completed_count, figures.interview_count) as passed_rate,
    heymilo_bi.is_small(figures.entered_count) as is_small
from heymilo_sync.step_figures as figures
join heymilo_sync.cohorts using (cohort_id)
left join heymilo_sync.known_postings as postings
    on postings.workspace_id = cohorts.workspace_id
   and postings.posting_id = cohorts.posting_id
left join heymilo_sync.known_steps as steps
    on steps.workspace_id = cohorts.workspace_id
   and steps.posting_id = cohorts.posting_id
   and steps.step_key = figures.step_key
where postings.is_hidden is not true;

comment on view heymilo_bi.funnel is
    'How many candidates enter each step of a workflow, and how they leave it: one row per step and cohort (posting, week invited, department, location and requisition).';
comment on column heymilo_bi.funnel.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo_bi.funnel.posting_id is
    'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_bi.funnel.posting_title is
    'Title of the posting. Titles can repeat: posting_label is unique. NULL until the posting was read.';
comment on column heymilo_bi.funnel.posting_label is
    'Title of the posting, with its id where another posting of the workspace has the same title. NULL until the posting was read.';
comment on column heymilo_bi.funnel.department is
    'Department, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.funnel.location is
    'Location, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.funnel.requisition is
    'Requisition, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.funnel.invited_week is
    'Monday of the week of the invitation, in the reporting time zone of the settings. NULL until the candidates list has been read.';
comment on column heymilo_bi.funnel.step_key is
    'The step within its posting: its id, or its place where HeyMilo gives no id.';
comment on column heymilo_bi.funnel.step_id is
    'HeyMilo''s id of the step. NULL when HeyMilo gives none.';
comment on column heymilo_bi.funnel.step_order is
    'Place of the step in the workflow, from 1: as the posting has it now, or else as the interviews tell it. NULL when neither tells it.';
comment on column heymilo_bi.funnel.step_type is
    'Kind of agent: web_interview, conversational_sms, resume or form. NULL when the posting, as last read, has no such step.';
comment on column heymilo_bi.funnel.interview_count is
    'Number of interviews whose workflow has the step.';
comment on column heymilo_bi.funnel.entered_count is
    'Number of interviews whose candidate has begun the step.';
comment on column heymilo_bi.funnel.completed_count is
    'Number of interviews whose candidate finished the step and may go on.';
comment on column heymilo_bi.funnel.knocked_out_count is
    'Number of interviews that the step ended.';
comment on column heymilo_bi.funnel.unfinished_count is
    'Number of interviews that are in the step: begun, and neither finished nor knocked out.';
comment on column heymilo_bi.funnel.conversion_rate is
    'completed_count of entered_count, 0.0 to 1.0. NULL when no candidate has begun the step.';
comment on column heymilo_bi.funnel.passed_rate is
    'completed_count of interview_count, 0.0 to 1.0.';
comment on column heymilo_bi.funnel.is_small is
    'Whether fewer than 30 are counted: rates and means may be chance.';

create view heymilo_bi.step_durations as
select
    figures.workspace_id,
    figures.posting_id,
    postings.posting_title,
    postings.posting_label,
    figures.step_key,
    figures.step_id,
    coalesce(steps.step_order, figures.step_order) as step_order,
    steps.step_type,
    figures.finished_count,
    figures.timed_in_step_count,
    figures.p50_minutes_in_step,
    figures.p90_minutes_in_step,
    figures.timed_since_previous_count,
    figures.p50_hours_since_previous,
    figures.p90_hours_since_previous,
    figures.timed_since_invitation_count,
    figures.p50_hours_since_invitation,
    figures.p90_hours_since_invitation,
    heymilo_bi.is_small(figures.timed_since_invitation_count) as is_small
from heymilo_sync.duration_figures as figures
left join heymilo_sync.known_postings as postings
    on postings.workspace_id = figures.workspace_id
   and postings.posting_id = figures.posting_id
left join heymilo_sync.known_steps as steps
    on steps.workspace_id = figures.workspace_id
   and steps.posting_id = figures.posting_id
   and steps.step_key = figures.step_key
where postings.is_hidden is not true;

comment on view heymilo_bi.step_durations is
    'How long candidates take for a step: one row per posting and step, over all invitations. Percentiles do not add up: for a selection take percentile_cont over step_facts.';
comment on column heymilo_bi.step_durations.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo_bi.step_durations.posting_id is
    'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_bi.step_durations.posting_title is
    'Title of the posting. Titles can repeat: posting_label is unique. NULL until the posting was read.';
comment on column heymilo_bi.step_durations.posting_label is
    'Title of the posting, with its id where another posting of the workspace has the same title. NULL until the posting was read.';
comment on column heymilo_bi.step_durations.step_key is
    'The step within its posting: its id, or its place where HeyMilo gives no id.';
comment on column heymilo_bi.step_durations.step_id is
    'HeyMilo''s id of the step. NULL when HeyMilo gives none.';
comment on column heymilo_bi.step_durations.step_order is
    'Place of the step in the workflow, from 1: as the posting has it now, or else as the interviews tell it. NULL when neither tells it.';
comment on column heymilo_bi.step_durations.step_type is
    'Kind of agent: web_interview, conversational_sms, resume or form. NULL when the posting, as last read, has no such step.';
comment on column heymilo_bi.step_durations.finished_count is
    'Number of interviews whose candidate finished the step, or was knocked out by it.';
comment on column heymilo_bi.step_durations.timed_in_step_count is
    'Number of those with a time in the step.';
comment on column heymilo_bi.step_durations.p50_minutes_in_step is
    'Median of the minutes in the step. NULL when none is known.';
comment on column heymilo_bi.step_durations.p90_minutes_in_step is
    '90th percentile of the minutes in the step. NULL when none is known.';
comment on column heymilo_bi.step_durations.timed_since_previous_count is
    'Number of those with a time since the end of the step before.';
comment on column heymilo_bi.step_durations.p50_hours_since_previous is
    'Median of the hours since the end of the step before. NULL when none is known.';
comment on column heymilo_bi.step_durations.p90_hours_since_previous is
    '90th percentile of the hours since the end of the step before. NULL when none is known.';
comment on column heymilo_bi.step_durations.timed_since_invitation_count is
    'Number of those with a time since the invitation.';
comment on column heymilo_bi.step_durations.p50_hours_since_invitation is
    'Median of the hours since the invitation. NULL when none is known.';
comment on column heymilo_bi.step_durations.p90_hours_since_invitation is
    '90th percentile of the hours since the invitation. NULL when none is known.';
comment on column heymilo_bi.step_durations.is_small is
    'Whether fewer than 30 are counted: rates and means may be chance.';

create view heymilo_bi.weekly_throughput as
select
    figures.workspace_id,
    figures.posting_id,
    postings.posting_title,
    postings.posting_label,
    coalesce(figures.department, postings.department) as department,
    coalesce(figures.location, postings.location) as location,
    coalesce(figures.requisition, postings.requisition) as requisition,
    figures.week,
    figures.invited_count,
    figures.interviewed_count,
    figures.shortlisted_count,
    figures.dismissed_count
from heymilo_sync.weekly_figures as figures
left join heymilo_sync.known_postings as postings
    on postings.workspace_id = figures.workspace_id
   and postings.posting_id = figures.posting_id
where postings.is_hidden is not true;

comment on view heymilo_bi.weekly_throughput is
    'What happens in a week, whenever the candidates were invited: one row per posting and week, from the first week with an event to the last, weeks without events included.';
comment on column heymilo_bi.weekly_throughput.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo_bi.weekly_throughput.posting_id is
    'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_bi.weekly_throughput.posting_title is
    'Title of the posting. Titles can repeat: posting_label is unique. NULL until the posting was read.';
comment on column heymilo_bi.weekly_throughput.posting_label is
    'Title of the posting, with its id where another posting of the workspace has the same title. NULL until the posting was read.';
comment on column heymilo_bi.weekly_throughput.department is
    'Department, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.weekly_throughput.location is
    'Location, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.weekly_throughput.requisition is
    'Requisition, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.weekly_throughput.week is
    'Monday of the week in which it happened, in the reporting time zone.';
comment on column heymilo_bi.weekly_throughput.invited_count is
    'Number of invitations.';
comment on column heymilo_bi.weekly_throughput.interviewed_count is
    'Number of interviews whose candidate came to the end in the week.';
comment on column heymilo_bi.weekly_throughput.shortlisted_count is
    'Number of interviews for which the decision to shortlist was first observed in the week.';
comment on column heymilo_bi.weekly_throughput.dismissed_count is
    'Number of interviews for which the decision to dismiss was first observed in the week.';

create view heymilo_bi.decision_backlog as
select
    interviews.workspace_id,
    interviews.interview_id,
    interviews.interview_key,
    interviews.posting_id,
    interviews.posting_title,
    interviews.posting_label,
    interviews.source,
    interviews.department,
    interviews.location,
    interviews.requisition,
    interviews.score,
    interviews.invited_at,
    interviews.invited_week,
    interviews.completed_at as waiting_since,
    interviews.completed_at_source as waiting_since_source,
    extract(epoch from now() - interviews.completed_at)::double precision / 86400 as waiting_days,
    postings.review_url
from heymilo_bi.interview_facts as interviews
left join heymilo.postings as postings
    on postings.workspace_id = interviews.workspace_id
   and postings.posting_id = interviews.posting_id
where interviews.is_completed
  and interviews.decision is null
  and interviews.score is not null
  and interviews.status is distinct from 'evaluating';

comment on view heymilo_bi.decision_backlog is
    'Interviews that are completed and scored, and that no recruiter has decided on: one row per interview.';
comment on column heymilo_bi.decision_backlog.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo_bi.decision_backlog.interview_id is
    'HeyMilo''s id of the interview.';
comment on column heymilo_bi.decision_backlog.interview_key is
    'Key of the interview in all workspaces: joins the facts, and is unique in interview_facts.';
comment on column heymilo_bi.decision_backlog.posting_id is
    'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_bi.decision_backlog.posting_title is
    'Title of the posting. Titles can repeat: posting_label is unique. NULL until the posting was read.';
comment on column heymilo_bi.decision_backlog.posting_label is
    'Title of the posting, with its id where another posting of the workspace has the same title. NULL until the posting was read.';
comment on column heymilo_bi.decision_backlog.source is
    'Where the candidate came from: the key "source" of the interview''s metadata, or else of its data. NULL when neither has one, and when the value is no short name. A short name is a text of at most 60 characters without seven digits, an address or a link.';
comment on column heymilo_bi.decision_backlog.department is
    'Department, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.decision_backlog.location is
    'Location, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.decision_backlog.requisition is
    'Requisition, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.decision_backlog.score is
    'Overall score, 0 to 100.';
comment on column heymilo_bi.decision_backlog.invited_at is
    'Time of the invitation. NULL until the candidates list has been read.';
comment on column heymilo_bi.decision_backlog.invited_week is
    'Monday of the week of the invitation, in the reporting time zone of the settings. NULL until the candidates list has been read.';
comment on column heymilo_bi.decision_backlog.waiting_since is
    'Time of completion: observed, or else interviewed_at, or else the last activity. NULL when HeyMilo tells none of these.';
comment on column heymilo_bi.decision_backlog.waiting_since_source is
    'Where waiting_since comes from: observed, interviewed_at or last_activity_at. NULL when waiting_since is NULL.';
comment on column heymilo_bi.decision_backlog.waiting_days is
    'Days since waiting_since. NULL when waiting_since is NULL.';
comment on column heymilo_bi.decision_backlog.review_url is
    'Link to the page on which recruiters review the candidates of the posting. NULL when HeyMilo gives none.';

create view heymilo_bi.stuck_candidates as
select
    interviews.workspace_id,
    interviews.interview_id,
    interviews.interview_key,
    interviews.posting_id,
    interviews.posting_title,
    interviews.posting_label,
    interviews.source,
    interviews.department,
    interviews.location,
    interviews.requisition,
    interviews.invited_at,
    interviews.invited_week,
    interviews.last_activity_at,
    extract(epoch from now() - coalesce(interviews.last_activity_at, interviews.invited_at))::double precision
        / 86400 as idle_days,
    coalesce(steps.step_order, interviews.current_step_order) as step_order,
    steps.step_type,
    postings.review_url
from heymilo_bi.interview_facts as interviews
left join heymilo.postings as postings
    on postings.workspace_id = interviews.workspace_id
   and postings.posting_id = interviews.posting_id
left join heymilo_sync.known_steps as steps
    on steps.workspace_id = interviews.workspace_id
   and steps.posting_id = interviews.posting_id
   and steps.step_key = interviews.current_step_key
-- The parts of the outcome unfinished: Postgres estimates each of them, and a CASE not at all.
where interviews.is_started
  and not interviews.is_completed
  and not interviews.is_knocked_out
  and interviews.decision is null;

comment on view heymilo_bi.stuck_candidates is
    'Interviews that are begun, and neither completed nor ended nor decided: one row per interview, with the step in which the candidate is.';
comment on column heymilo_bi.stuck_candidates.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo_bi.stuck_candidates.interview_id is
    'HeyMilo''s id of the interview.';
comment on column heymilo_bi.stuck_candidates.interview_key is
    'Key of the interview in all workspaces: joins the facts, and is unique in interview_facts.';
comment on column heymilo_bi.stuck_candidates.posting_id is
    'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_bi.stuck_candidates.posting_title is
    'Title of the posting. Titles can repeat: posting_label is unique. NULL until the posting was read.';
comment on column heymilo_bi.stuck_candidates.posting_label is
    'Title of the posting, with its id where another posting of the workspace has the same title. NULL until the posting was read.';
comment on column heymilo_bi.stuck_candidates.source is
    'Where the candidate came from: the key "source" of the interview''s metadata, or else of its data. NULL when neither has one, and when the value is no short name. A short name is a text of at most 60 characters without seven digits, an address or a link.';
comment on column heymilo_bi.stuck_candidates.department is
    'Department, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.stuck_candidates.location is
    'Location, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.stuck_candidates.requisition is
    'Requisition, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.stuck_candidates.invited_at is
    'Time of the invitation. NULL until the candidates list has been read.';
comment on column heymilo_bi.stuck_candidates.invited_week is
    'Monday of the week of the invitation, in the reporting time zone of the settings. NULL until the candidates list has been read.';
comment on column heymilo_bi.stuck_candidates.last_activity_at is
    'Time of the last activity of the candidate in the workflow. NULL while there is none.';
comment on column heymilo_bi.stuck_candidates.idle_days is
    'Days since the last activity, or else since the invitation. NULL when both are unknown.';
comment on column heymilo_bi.stuck_candidates.step_order is
    'Place in the workflow of the first step that is not completed. NULL when the steps are not known.';
comment on column heymilo_bi.stuck_candidates.step_type is
    'Kind of agent: web_interview, conversational_sms, resume or form. NULL when the posting, as last read, has no such step.';
comment on column heymilo_bi.stuck_candidates.review_url is
    'Link to the page on which recruiters review the candidates of the posting. NULL when HeyMilo gives none.';

create view heymilo_bi.knockout_reasons as
select
    cohorts.workspace_id,
    cohorts.posting_id,
    postings.posting_title,
    postings.posting_label,
    coalesce(cohorts.department, postings.department) as department,
    coalesce(cohorts.location, postings.location) as location,
    coalesce(cohorts.requisition, postings.requisition) as requisition,
    cohorts.invited_week,
    figures.kind,
    figures.criteria_id,
    coalesce(questions.question_text, figures.criteria_text) as criteria_text,
    figures.knocked_out_count,
    figures.knocked_out_by_this_alone_count,
    cohorts.knocked_out_count as all_knocked_out_count
from heymilo_sync.criterion_figures as figures
join heymilo_sync.cohorts using (cohort_id)
left join heymilo_sync.known_postings as postings
    on postings.workspace_id = cohorts.workspace_id
   and postings.posting_id = cohorts.posting_id
left join heymilo_sync.known_questions as questions
    on questions.workspace_id = cohorts.workspace_id
   and questions.posting_id = cohorts.posting_id
   and questions.question_id = figures.criteria_id
where postings.is_hidden is not true
  and figures.knocked_out_count > 0;

comment on view heymilo_bi.knockout_reasons is
    'Why candidates are knocked out: one row per criterion and cohort (posting, week invited, department, location and requisition). Counted are criteria that failed in the step that ended the application. A candidate can have several reasons.';
comment on column heymilo_bi.knockout_reasons.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo_bi.knockout_reasons.posting_id is
    'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_bi.knockout_reasons.posting_title is
    'Title of the posting. Titles can repeat: posting_label is unique. NULL until the posting was read.';
comment on column heymilo_bi.knockout_reasons.posting_label is
    'Title of the posting, with its id where another posting of the workspace has the same title. NULL until the posting was read.';
comment on column heymilo_bi.knockout_reasons.department is
    'Department, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.knockout_reasons.location is
    'Location, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.knockout_reasons.requisition is
    'Requisition, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.knockout_reasons.invited_week is
    'Monday of the week of the invitation, in the reporting time zone of the settings. NULL until the candidates list has been read.';
comment on column heymilo_bi.knockout_reasons.kind is
    'Kind of criterion: resume_eligibility, resume_scoring, sms or form. The word unknown stands for knockouts that no criterion explains.';
comment on column heymilo_bi.knockout_reasons.criteria_id is
    'HeyMilo''s id of the criterion. NULL when HeyMilo gives none.';
comment on column heymilo_bi.knockout_reasons.criteria_text is
    'Text of the criterion, as the posting has it now where it is known there. NULL when HeyMilo gives none.';
comment on column heymilo_bi.knockout_reasons.knocked_out_count is
    'Number of knocked-out candidates for whom the criterion is a reason.';
comment on column heymilo_bi.knockout_reasons.knocked_out_by_this_alone_count is
    'Number of knocked-out candidates for whom this is the only reason.';
comment on column heymilo_bi.knockout_reasons.all_knocked_out_count is
    'Number of knocked-out candidates of the cohort. Repeated in each row: do not add it up over criteria.';

create view heymilo_bi.criterion_statistics as
select
    cohorts.workspace_id,
    cohorts.posting_id,
    postings.posting_title,
    postings.posting_label,
    coalesce(cohorts.department, postings.department) as department,
    coalesce(cohorts.location, postings.location) as location,
    coalesce(cohorts.requisition, postings.requisition) as requisition,
    cohorts.invited_week,
    figures.kind,
    figures.criterion_key,
    figures.criteria_id,
    coalesce(questions.question_text, figures.criteria_text) as criteria_text,
    figures.is_knockout,
    figures.applied_count,
    figures.decided_count,
    figures.passed_count,
    heymilo_bi.rate(figures.passed_count, figures.decided_count) as pass_rate,
    figures.scored_count,
    figures.criterion_score_sum,
    figures.criterion_score_sum / nullif(figures.scored_count, 0) as mean_criterion_score,
    figures.confident_count,
    figures.confidence_sum,
    figures.confidence_sum / nullif(figures.confident_count, 0) as mean_confidence,
    figures.unsure_count,
    heymilo_bi.is_small(greatest(figures.decided_count, figures.scored_count)) as is_small
from heymilo_sync.criterion_figures as figures
join heymilo_sync.cohorts using (cohort_id)
left join heymilo_sync.known_postings as postings
    on postings.workspace_id = cohorts.workspace_id
   and postings.posting_id = cohorts.posting_id
left join heymilo_sync.known_questions as questions
    on questions.workspace_id = cohorts.workspace_id
   and questions.posting_id = cohorts.posting_id
   and questions.question_id = figures.criteria_id
where postings.is_hidden is not true
  and figures.applied_count > 0;

comment on view heymilo_bi.criterion_statistics is
    'How often criteria are met, and how sure the AI is: one row per criterion and cohort (posting, week invited, department, location and requisition).';
comment on column heymilo_bi.criterion_statistics.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo_bi.criterion_statistics.posting_id is
    'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_bi.criterion_statistics.posting_title is
    'Title of the posting. Titles can repeat: posting_label is unique. NULL until the posting was read.';
comment on column heymilo_bi.criterion_statistics.posting_label is
    'Title of the posting, with its id where another posting of the workspace has the same title. NULL until the posting was read.';
comment on column heymilo_bi.criterion_statistics.department is
    'Department, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.criterion_statistics.location is
    'Location, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.criterion_statistics.requisition is
    'Requisition, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.criterion_statistics.invited_week is
    'Monday of the week of the invitation, in the reporting time zone of the settings. NULL until the candidates list has been read.';
comment on column heymilo_bi.criterion_statistics.kind is
    'resume_eligibility, resume_scoring, sms or form.';
comment on column heymilo_bi.criterion_statistics.criterion_key is
    'The criterion: its id, or its text where HeyMilo gives no id.';
comment on column heymilo_bi.criterion_statistics.criteria_id is
    'HeyMilo''s id of the criterion. NULL when HeyMilo gives none.';
comment on column heymilo_bi.criterion_statistics.criteria_text is
    'Text of the criterion, as the posting has it now where it is known there. NULL when HeyMilo gives none.';
comment on column heymilo_bi.criterion_statistics.is_knockout is
    'Whether failing the criterion may end the application, in any of the interviews. NULL when HeyMilo does not say.';
comment on column heymilo_bi.criterion_statistics.applied_count is
    'Number of interviews to which the criterion was applied.';
comment on column heymilo_bi.criterion_statistics.decided_count is
    'Number of those in which it was decided whether the criterion is met.';
comment on column heymilo_bi.criterion_statistics.passed_count is
    'Number of those in which the criterion is met.';
comment on column heymilo_bi.criterion_statistics.pass_rate is
    'passed_count of decided_count, 0.0 to 1.0. NULL when none was decided.';
comment on column heymilo_bi.criterion_statistics.scored_count is
    'Number of those in which the criterion has a score.';
comment on column heymilo_bi.criterion_statistics.criterion_score_sum is
    'Sum of these scores, each 0.0 to 10.0.';
comment on column heymilo_bi.criterion_statistics.mean_criterion_score is
    'Mean score of the criterion, 0.0 to 10.0. NULL when none has a score.';
comment on column heymilo_bi.criterion_statistics.confident_count is
    'Number of those for which the AI gave its confidence.';
comment on column heymilo_bi.criterion_statistics.confidence_sum is
    'Sum of these confidences, each 0.0 to 1.0.';
comment on column heymilo_bi.criterion_statistics.mean_confidence is
    'Mean of the AI''s confidence, 0.0 to 1.0. NULL when the AI gave none.';
comment on column heymilo_bi.criterion_statistics.unsure_count is
    'Number of those with a confidence below 0.7.';
comment on column heymilo_bi.criterion_statistics.is_small is
    'Whether fewer than 30 are counted: rates and means may be chance.';

create view heymilo_bi.score_distribution as
select
    cohorts.workspace_id,
    cohorts.posting_id,
    postings.posting_title,
    postings.posting_label,
    coalesce(cohorts.department, postings.department) as department,
    coalesce(cohorts.location, postings.location) as location,
    coalesce(cohorts.requisition, postings.requisition) as requisition,
    cohorts.invited_week,
    figures.measure,
    case figures.measure when 'speech' then 5 else 100 end as scale_max,
    figures.tenth,
    figures.interview_count
from heymilo_sync.score_figures as figures
join heymilo_sync.cohorts using (cohort_id)
left join heymilo_sync.known_postings as postings
    on postings.workspace_id = cohorts.workspace_id
   and postings.posting_id = cohorts.posting_id
where postings.is_hidden is not true;

comment on view heymilo_bi.score_distribution is
    'How scores are distributed: one row per kind of score, tenth of its scale and cohort (posting, week invited, department, location and requisition).';
comment on column heymilo_bi.score_distribution.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo_bi.score_distribution.posting_id is
    'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_bi.score_distribution.posting_title is
    'Title of the posting. Titles can repeat: posting_label is unique. NULL until the posting was read.';
comment on column heymilo_bi.score_distribution.posting_label is
    'Title of the posting, with its id where another posting of the workspace has the same title. NULL until the posting was read.';
comment on column heymilo_bi.score_distribution.department is
    'Department, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.score_distribution.location is
    'Location, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.score_distribution.requisition is
    'Requisition, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.score_distribution.invited_week is
    'Monday of the week of the invitation, in the reporting time zone of the settings. NULL until the candidates list has been read.';
comment on column heymilo_bi.score_distribution.measure is
    'Which score: overall, web_interview, resume or speech. Their scales differ: never put two on one axis.';
comment on column heymilo_bi.score_distribution.scale_max is
    'Highest possible value of the score: 5 for speech, 100 for the others.';
comment on column heymilo_bi.score_distribution.tenth is
    'Tenth of the scale, 1 (lowest) to 10.';
comment on column heymilo_bi.score_distribution.interview_count is
    'Number of interviews with a score in the tenth.';

create view heymilo_bi.weekly_question_scores as
select
    cohorts.workspace_id,
    cohorts.posting_id,
    postings.posting_title,
    postings.posting_label,
    coalesce(cohorts.department, postings.department) as department,
    coalesce(cohorts.location, postings.location) as location,
    coalesce(cohorts.requisition, postings.requisition) as requisition,
    cohorts.invited_week,
    figures.question_key,
    figures.question_id,
    coalesce(questions.question_text, figures.question_text) as question_text,
    figures.answer_count,
    figures.answer_score_sum,
    figures.answer_score_square_sum,
    figures.compared_count,
    figures.compared_score_sum,
    figures.compared_score_square_sum,
    figures.others_score_sum,
    figures.others_score_square_sum,
    figures.score_product_sum
from heymilo_sync.question_figures as figures
join heymilo_sync.cohorts using (cohort_id)
left join heymilo_sync.known_postings as postings
    on postings.workspace_id = cohorts.workspace_id
   and postings.posting_id = cohorts.posting_id
left join heymilo_sync.known_questions as questions
    on questions.workspace_id = cohorts.workspace_id
   and questions.posting_id = cohorts.posting_id
   and questions.question_id = figures.question_id
where postings.is_hidden is not true;

comment on view heymilo_bi.weekly_question_scores is
    'Sums of the scores of each question: one row per question and cohort (posting, week invited, department, location and requisition). For a selection of postings and weeks, heymilo_bi.correlation and heymilo_bi.standard_deviation of the sums are exact.';
comment on column heymilo_bi.weekly_question_scores.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo_bi.weekly_question_scores.posting_id is
    'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_bi.weekly_question_scores.posting_title is
    'Title of the posting. Titles can repeat: posting_label is unique. NULL until the posting was read.';
comment on column heymilo_bi.weekly_question_scores.posting_label is
    'Title of the posting, with its id where another posting of the workspace has the same title. NULL until the posting was read.';
comment on column heymilo_bi.weekly_question_scores.department is
    'Department, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.weekly_question_scores.location is
    'Location, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.weekly_question_scores.requisition is
    'Requisition, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.weekly_question_scores.invited_week is
    'Monday of the week of the invitation, in the reporting time zone of the settings. NULL until the candidates list has been read.';
comment on column heymilo_bi.weekly_question_scores.question_key is
    'The question within its posting: its id, or its text where HeyMilo gives no id.';
comment on column heymilo_bi.weekly_question_scores.question_id is
    'HeyMilo''s id of the question. NULL when HeyMilo gives none.';
comment on column heymilo_bi.weekly_question_scores.question_text is
    'Text of the question, as the posting has it now, or else as it was asked. NULL when HeyMilo gives none.';
comment on column heymilo_bi.weekly_question_scores.answer_count is
    'Number of scored answers.';
comment on column heymilo_bi.weekly_question_scores.answer_score_sum is
    'Sum of the scores, each 1 to 10.';
comment on column heymilo_bi.weekly_question_scores.answer_score_square_sum is
    'Sum of the squares of the scores.';
comment on column heymilo_bi.weekly_question_scores.compared_count is
    'Number of those answers whose candidate has other scored answers to compare with.';
comment on column heymilo_bi.weekly_question_scores.compared_score_sum is
    'Sum of the scores of the compared answers.';
comment on column heymilo_bi.weekly_question_scores.compared_score_square_sum is
    'Sum of the squares of the scores of the compared answers.';
comment on column heymilo_bi.weekly_question_scores.others_score_sum is
    'Sum of the candidates'' mean scores of their other answers.';
comment on column heymilo_bi.weekly_question_scores.others_score_square_sum is
    'Sum of the squares of these means.';
comment on column heymilo_bi.weekly_question_scores.score_product_sum is
    'Sum of the products of score and mean of the others.';

create view heymilo_bi.question_statistics as
select
    workspace_id,
    posting_id,
    posting_title,
    posting_label,
    question_key,
    question_id,
    max(question_text) as question_text,
    sum(answer_count)::bigint as answer_count,
    sum(answer_score_sum) / sum(answer_count) as mean_answer_score,
    heymilo_bi.standard_deviation(sum(answer_count), sum(answer_score_sum), sum(answer_score_square_sum))
        as standard_deviation,
    (10 - sum(answer_score_sum) / sum(answer_count)) / 9 as difficulty,
    sum(compared_count)::bigint as compared_count,
    heymilo_bi.correlation(
        sum(compared_count), sum(compared_score_sum), sum(compared_score_square_sum),
        sum(others_score_sum), sum(others_score_square_sum), sum(score_product_sum)
    ) as discrimination,
    heymilo_bi.is_small(sum(answer_count)) as is_small
from heymilo_bi.weekly_question_scores
group by workspace_id, posting_id, posting_title, posting_label, question_key, question_id;

comment on view heymilo_bi.question_statistics is
    'How hard a question of the web interview is, how much its scores spread, and how well it tells good candidates from others: one row per posting and question, over all invitations. Questions that are not scored are left out.';
comment on column heymilo_bi.question_statistics.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo_bi.question_statistics.posting_id is
    'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_bi.question_statistics.posting_title is
    'Title of the posting. Titles can repeat: posting_label is unique. NULL until the posting was read.';
comment on column heymilo_bi.question_statistics.posting_label is
    'Title of the posting, with its id where another posting of the workspace has the same title. NULL until the posting was read.';
comment on column heymilo_bi.question_statistics.question_key is
    'The question within its posting: its id, or its text where HeyMilo gives no id.';
comment on column heymilo_bi.question_statistics.question_id is
    'HeyMilo''s id of the question. NULL when HeyMilo gives none.';
comment on column heymilo_bi.question_statistics.question_text is
    'Text of the question, as the posting has it now, or else as it was asked. NULL when HeyMilo gives none.';
comment on column heymilo_bi.question_statistics.answer_count is
    'Number of scored answers.';
comment on column heymilo_bi.question_statistics.mean_answer_score is
    'Mean score, 1 to 10.';
comment on column heymilo_bi.question_statistics.standard_deviation is
    'How far scores spread around the mean, in points of the score. NULL with a single answer.';
comment on column heymilo_bi.question_statistics.difficulty is
    'How far the mean stays below the best score, 0.0 (every answer has 10) to 1.0 (every answer has 1).';
comment on column heymilo_bi.question_statistics.compared_count is
    'Number of those answers whose candidate has other scored answers to compare with.';
comment on column heymilo_bi.question_statistics.discrimination is
    'Corrected item-total correlation, -1.0 to 1.0: whether candidates who are good at this question are good at their other questions. Below 0.2 the question tells little. NULL when there is nothing to compare or all scores are the same.';
comment on column heymilo_bi.question_statistics.is_small is
    'Whether fewer than 30 answers were scored: all of it may be chance.';

create view heymilo_bi.resume_against_interview as
select
    workspace_id,
    posting_id,
    posting_title,
    posting_label,
    count(*) as interview_count,
    avg(resume_score) as mean_resume_score,
    avg(match_score) as mean_match_score,
    corr(match_score, resume_score) as correlation,
    regr_slope(match_score, resume_score) as slope,
    regr_intercept(match_score, resume_score) as intercept,
    heymilo_bi.is_small(count(*)) as is_small
from heymilo_bi.interview_facts
where resume_score is not null
  and match_score is not null
group by workspace_id, posting_id, posting_title, posting_label;

comment on view heymilo_bi.resume_against_interview is
    'Whether the resume foretells the web interview: one row per posting, over interviews that have both scores. The overall score contains that of the resume, so the score of the web interview is compared. Candidates whom the resume knocked out have no web interview, which makes correlations smaller than they are.';
comment on column heymilo_bi.resume_against_interview.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo_bi.resume_against_interview.posting_id is
    'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_bi.resume_against_interview.posting_title is
    'Title of the posting. Titles can repeat: posting_label is unique. NULL until the posting was read.';
comment on column heymilo_bi.resume_against_interview.posting_label is
    'Title of the posting, with its id where another posting of the workspace has the same title. NULL until the posting was read.';
comment on column heymilo_bi.resume_against_interview.interview_count is
    'Number of interviews with both scores.';
comment on column heymilo_bi.resume_against_interview.mean_resume_score is
    'Mean score of the resume, 0.0 to 100.0.';
comment on column heymilo_bi.resume_against_interview.mean_match_score is
    'Mean score of the web interview, 0 to 100.';
comment on column heymilo_bi.resume_against_interview.correlation is
    'Pearson''s correlation of the two, -1.0 to 1.0. NULL with a single interview or when all scores are the same.';
comment on column heymilo_bi.resume_against_interview.slope is
    'By how many points the score of the web interview rises with each point of the resume''s. NULL when all resume scores are the same.';
comment on column heymilo_bi.resume_against_interview.intercept is
    'Score of the web interview that the line gives for a resume of 0. NULL when all resume scores are the same.';
comment on column heymilo_bi.resume_against_interview.is_small is
    'Whether fewer than 30 interviews have both scores: all of it may be chance.';

create view heymilo_bi.shortlist_by_decile as
select
    cohorts.workspace_id,
    cohorts.posting_id,
    postings.posting_title,
    postings.posting_label,
    coalesce(cohorts.department, postings.department) as department,
    coalesce(cohorts.location, postings.location) as location,
    coalesce(cohorts.requisition, postings.requisition) as requisition,
    cohorts.invited_week,
    figures.decile,
    figures.lowest_score,
    figures.highest_score,
    figures.interview_count,
    figures.shortlisted_count,
    figures.dismissed_count,
    figures.interview_count - figures.shortlisted_count - figures.dismissed_count as undecided_count,
    heymilo_bi.rate(figures.shortlisted_count, figures.shortlisted_count + figures.dismissed_count) as shortlist_rate,
    heymilo_bi.is_small(figures.shortlisted_count + figures.dismissed_count) as is_small
from heymilo_sync.decile_figures as figures
join heymilo_sync.cohorts using (cohort_id)
left join heymilo_sync.known_postings as postings
    on postings.workspace_id = cohorts.workspace_id
   and postings.posting_id = cohorts.posting_id
where postings.is_hidden is not true;

comment on view heymilo_bi.shortlist_by_decile is
    'Whether recruiters follow the score: one row per tenth of the scored interviews of a posting and cohort (posting, week invited, department, location and requisition). Counted is the score at the time of the decision, where that was observed.';
comment on column heymilo_bi.shortlist_by_decile.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo_bi.shortlist_by_decile.posting_id is
    'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_bi.shortlist_by_decile.posting_title is
    'Title of the posting. Titles can repeat: posting_label is unique. NULL until the posting was read.';
comment on column heymilo_bi.shortlist_by_decile.posting_label is
    'Title of the posting, with its id where another posting of the workspace has the same title. NULL until the posting was read.';
comment on column heymilo_bi.shortlist_by_decile.department is
    'Department, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.shortlist_by_decile.location is
    'Location, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.shortlist_by_decile.requisition is
    'Requisition, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.shortlist_by_decile.invited_week is
    'Monday of the week of the invitation, in the reporting time zone of the settings. NULL until the candidates list has been read.';
comment on column heymilo_bi.shortlist_by_decile.decile is
    'Tenth of all scored interviews of the posting, 1 (lowest scores) to 10. Equal scores share the higher one, so that some may be missing.';
comment on column heymilo_bi.shortlist_by_decile.lowest_score is
    'Lowest overall score in it, 0 to 100.';
comment on column heymilo_bi.shortlist_by_decile.highest_score is
    'Highest overall score in it, 0 to 100.';
comment on column heymilo_bi.shortlist_by_decile.interview_count is
    'Number of interviews in it.';
comment on column heymilo_bi.shortlist_by_decile.shortlisted_count is
    'Number of interviews that are shortlisted.';
comment on column heymilo_bi.shortlist_by_decile.dismissed_count is
    'Number of interviews that are dismissed.';
comment on column heymilo_bi.shortlist_by_decile.undecided_count is
    'Number of interviews without a decision.';
comment on column heymilo_bi.shortlist_by_decile.shortlist_rate is
    'shortlisted_count of shortlisted_count and dismissed_count together, 0.0 to 1.0. NULL when none is decided.';
comment on column heymilo_bi.shortlist_by_decile.is_small is
    'Whether fewer than 30 are decided: the rate may be chance.';

create view heymilo_bi.integrity_signals as
select
    cohorts.workspace_id,
    cohorts.posting_id,
    postings.posting_title,
    postings.posting_label,
    coalesce(cohorts.department, postings.department) as department,
    coalesce(cohorts.location, postings.location) as location,
    coalesce(cohorts.requisition, postings.requisition) as requisition,
    cohorts.invited_week,
    figures.signal,
    figures.enabled_count,
    figures.judged_count,
    figures.detected_count,
    heymilo_bi.rate(figures.detected_count, figures.judged_count) as detected_rate,
    heymilo_bi.is_small(figures.judged_count) as is_small
from heymilo_sync.signal_figures as figures
join heymilo_sync.cohorts using (cohort_id)
left join heymilo_sync.known_postings as postings
    on postings.workspace_id = cohorts.workspace_id
   and postings.posting_id = cohorts.posting_id
where postings.is_hidden is not true;

comment on view heymilo_bi.integrity_signals is
    'How often each signal of cheating is detected: one row per signal and cohort (posting, week invited, department, location and requisition), only over interviews for which detection was switched on. A signal is a reason to look, not a proof.';
comment on column heymilo_bi.integrity_signals.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo_bi.integrity_signals.posting_id is
    'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_bi.integrity_signals.posting_title is
    'Title of the posting. Titles can repeat: posting_label is unique. NULL until the posting was read.';
comment on column heymilo_bi.integrity_signals.posting_label is
    'Title of the posting, with its id where another posting of the workspace has the same title. NULL until the posting was read.';
comment on column heymilo_bi.integrity_signals.department is
    'Department, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.integrity_signals.location is
    'Location, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.integrity_signals.requisition is
    'Requisition, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.integrity_signals.invited_week is
    'Monday of the week of the invitation, in the reporting time zone of the settings. NULL until the candidates list has been read.';
comment on column heymilo_bi.integrity_signals.signal is
    'overall (a ranking of 4 or 5), cheating, llm_generated, unusual_delay, tab_switch or movement (any movement seen in the recording). Honest people move as well.';
comment on column heymilo_bi.integrity_signals.enabled_count is
    'Number of interviews for which detection was switched on.';
comment on column heymilo_bi.integrity_signals.judged_count is
    'Number of those that the detector has judged.';
comment on column heymilo_bi.integrity_signals.detected_count is
    'Number of those that show the signal.';
comment on column heymilo_bi.integrity_signals.detected_rate is
    'detected_count of judged_count, 0.0 to 1.0. NULL when none was judged.';
comment on column heymilo_bi.integrity_signals.is_small is
    'Whether fewer than 30 are counted: rates and means may be chance.';

create view heymilo_bi.source_quality as
select
    cohorts.workspace_id,
    cohorts.posting_id,
    postings.posting_title,
    postings.posting_label,
    coalesce(cohorts.department, postings.department) as department,
    coalesce(cohorts.location, postings.location) as location,
    coalesce(cohorts.requisition, postings.requisition) as requisition,
    cohorts.invited_week,
    figures.source,
    figures.invited_count,
    figures.started_count,
    figures.completed_count,
    figures.knocked_out_count,
    figures.shortlisted_count,
    figures.dismissed_count,
    figures.scored_count,
    figures.score_sum,
    heymilo_bi.rate(figures.completed_count, figures.invited_count) as completion_rate,
    heymilo_bi.rate(figures.shortlisted_count, figures.invited_count) as shortlist_rate,
    figures.score_sum / nullif(figures.scored_count, 0) as mean_score,
    heymilo_bi.is_small(figures.invited_count) as is_small
from heymilo_sync.source_figures as figures
join heymilo_sync.cohorts using (cohort_id)
left join heymilo_sync.known_postings as postings
    on postings.workspace_id = cohorts.workspace_id
   and postings.posting_id = cohorts.posting_id
where postings.is_hidden is not true;

comment on view heymilo_bi.source_quality is
    'What becomes of candidates by where they came from: one row per source and cohort (posting, week invited, department, location and requisition).';
comment on column heymilo_bi.source_quality.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo_bi.source_quality.posting_id is
    'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_bi.source_quality.posting_title is
    'Title of the posting. Titles can repeat: posting_label is unique. NULL until the posting was read.';
comment on column heymilo_bi.source_quality.posting_label is
    'Title of the posting, with its id where another posting of the workspace has the same title. NULL until the posting was read.';
comment on column heymilo_bi.source_quality.department is
    'Department, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.source_quality.location is
    'Location, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.source_quality.requisition is
    'Requisition, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.source_quality.invited_week is
    'Monday of the week of the invitation, in the reporting time zone of the settings. NULL until the candidates list has been read.';
comment on column heymilo_bi.source_quality.source is
    'Where the candidate came from: the key "source" of the interview''s metadata, or else of its data. NULL when neither has one, and when the value is no short name. A short name is a text of at most 60 characters without seven digits, an address or a link.';
comment on column heymilo_bi.source_quality.invited_count is
    'Number of invitations.';
comment on column heymilo_bi.source_quality.started_count is
    'Number of interviews whose candidate has begun any step.';
comment on column heymilo_bi.source_quality.completed_count is
    'Number of completed interviews.';
comment on column heymilo_bi.source_quality.knocked_out_count is
    'Number of interviews that a step ended.';
comment on column heymilo_bi.source_quality.shortlisted_count is
    'Number of interviews that are shortlisted.';
comment on column heymilo_bi.source_quality.dismissed_count is
    'Number of interviews that are dismissed.';
comment on column heymilo_bi.source_quality.scored_count is
    'Number of interviews with an overall score.';
comment on column heymilo_bi.source_quality.score_sum is
    'Sum of the overall scores. NULL when none is scored.';
comment on column heymilo_bi.source_quality.completion_rate is
    'completed_count of invited_count, 0.0 to 1.0.';
comment on column heymilo_bi.source_quality.shortlist_rate is
    'shortlisted_count of invited_count, 0.0 to 1.0.';
comment on column heymilo_bi.source_quality.mean_score is
    'Mean overall score, 0 to 100. NULL when none is scored.';
comment on column heymilo_bi.source_quality.is_small is
    'Whether fewer than 30 are counted: rates and means may be chance.';

create view heymilo_bi.week_dimension as
select
    spans.workspace_id,
    weeks.week::date as week
from (
    select workspace_id, min(invited_week) as first_week
    from heymilo_sync.cohorts
    where invited_week is not null
    group by workspace_id
) as spans
cross join heymilo_sync.reporting
cross join lateral generate_series(
    spans.first_week, heymilo_bi.week_of(now(), reporting.time_zone), interval '7 days'
) as weeks (week);

comment on view heymilo_bi.week_dimension is
    'Every week from the first invitation to the current week, weeks without events included: one row per workspace and week.';
comment on column heymilo_bi.week_dimension.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo_bi.week_dimension.week is
    'Monday of the week, in the reporting time zone.';

create view heymilo_bi.selection_by_group
    with (security_barrier) as
select
    workspace_id,
    posting_id,
    posting_title,
    posting_label,
    department,
    location,
    requisition,
    invited_week,
    dimension,
    group_name,
    is_provided,
    assessed_count,
    decided_count,
    selected_count,
    scored_count,
    above_median_count,
    purpose
from heymilo_demographics.weekly_groups
where has_table_privilege(current_user, 'heymilo_demographics.weekly_groups'::regclass, 'select');

comment on view heymilo_bi.selection_by_group is
    'Selection and scoring by group, for dashboards: the rows of heymilo_demographics.weekly_groups. Without the right to read that view there are no rows: ask for the role heymilo_bi_fairness. A monitoring aid, not a bias audit.';
comment on column heymilo_bi.selection_by_group.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo_bi.selection_by_group.posting_id is
    'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_bi.selection_by_group.posting_title is
    'Title of the posting. Titles can repeat: posting_label is unique. NULL until the posting was read.';
comment on column heymilo_bi.selection_by_group.posting_label is
    'Title of the posting, with its id where another posting of the workspace has the same title. NULL until the posting was read.';
comment on column heymilo_bi.selection_by_group.department is
    'Department, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.selection_by_group.location is
    'Location, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.selection_by_group.requisition is
    'Requisition, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.selection_by_group.invited_week is
    'Monday of the week of the invitation, in the reporting time zone of the settings. NULL until the candidates list has been read.';
comment on column heymilo_bi.selection_by_group.dimension is
    'An attribute of the settings, such as sex, or two of them together, such as race x sex.';
comment on column heymilo_bi.selection_by_group.group_name is
    'The group, from the candidates'' own answers: case and blanks are folded. "Not provided" stands for missing and declined answers.';
comment on column heymilo_bi.selection_by_group.is_provided is
    'Whether the candidates gave an answer.';
comment on column heymilo_bi.selection_by_group.assessed_count is
    'Number of interviews of the group that have come to an end: completed, knocked out or decided.';
comment on column heymilo_bi.selection_by_group.decided_count is
    'Number of those that are shortlisted or dismissed.';
comment on column heymilo_bi.selection_by_group.selected_count is
    'Number of those that are shortlisted.';
comment on column heymilo_bi.selection_by_group.scored_count is
    'Number of interviews of the group with an overall score.';
comment on column heymilo_bi.selection_by_group.above_median_count is
    'Number of those above the median score of their posting.';
comment on column heymilo_bi.selection_by_group.purpose is
    'What these figures are: a monitoring aid, not a bias audit.';
