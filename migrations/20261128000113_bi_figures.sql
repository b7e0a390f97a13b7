-- Figures that dashboards sum up, kept per cohort: the interviews of one posting that were invited in one week, with
-- the same department, location and requisition. They hold counts and sums alone, so that any selection of cohorts
-- adds up exactly. Percentiles do not add up: those of steps are kept per posting.

create table heymilo_sync.cohorts (
    cohort_id               bigint generated always as identity,
    workspace_id            text not null,
    posting_id              text,
    invited_week            date,
    department              text,
    location                text,
    requisition             text,
    cohort_key              text not null,
    invited_count           bigint not null,
    started_count           bigint not null,
    completed_count         bigint not null,
    knocked_out_count       bigint not null,
    never_started_count     bigint not null,
    unfinished_count        bigint not null,
    decided_under_way_count bigint not null,
    dropped_count           bigint not null,
    shortlisted_count       bigint not null,
    dismissed_count         bigint not null,
    figured_at              timestamptz not null default now(),
    constraint cohorts_pkey primary key (cohort_id),
    constraint cohorts_cohort_key_key unique (workspace_id, cohort_key)
);

comment on table heymilo_sync.cohorts is
    'Cohorts, each with how far its interviews have come. All cohorts of a posting are computed anew when one of its interviews changed.';
comment on column heymilo_sync.cohorts.cohort_id is
    'Number of the cohort.';
comment on column heymilo_sync.cohorts.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo_sync.cohorts.posting_id is
    'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_sync.cohorts.invited_week is
    'Monday of the week of the invitation, in the reporting time zone of the settings. NULL until the candidates list has been read.';
comment on column heymilo_sync.cohorts.department is
    'Department in the interviews'' own data. NULL when they have none.';
comment on column heymilo_sync.cohorts.location is
    'Location in the interviews'' own data. NULL when they have none.';
comment on column heymilo_sync.cohorts.requisition is
    'Requisition in the interviews'' own data. NULL when they have none.';
comment on column heymilo_sync.cohorts.cohort_key is
    'Posting, week and dimensions as one text, to find the cohort of an interview.';
comment on column heymilo_sync.cohorts.invited_count is
    'Number of invitations.';
comment on column heymilo_sync.cohorts.started_count is
    'Number of interviews whose candidate has begun any step.';
comment on column heymilo_sync.cohorts.completed_count is
    'Number of completed interviews.';
comment on column heymilo_sync.cohorts.knocked_out_count is
    'Number of interviews that a step ended.';
comment on column heymilo_sync.cohorts.never_started_count is
    'Number of interviews whose candidate has begun no step.';
comment on column heymilo_sync.cohorts.unfinished_count is
    'Number of interviews that are begun, and neither completed nor knocked out. With completed, knocked out and never started they add up to the invitations.';
comment on column heymilo_sync.cohorts.decided_under_way_count is
    'Number of unfinished interviews on which a recruiter has decided.';
comment on column heymilo_sync.cohorts.dropped_count is
    'Number of unfinished interviews without a decision: these candidates dropped off, or are still at it.';
comment on column heymilo_sync.cohorts.shortlisted_count is
    'Number of interviews that are shortlisted.';
comment on column heymilo_sync.cohorts.dismissed_count is
    'Number of interviews that are dismissed.';
comment on column heymilo_sync.cohorts.figured_at is
    'Time at which the cohort was computed.';

create index cohorts_posting_idx on heymilo_sync.cohorts (workspace_id, posting_id);
comment on index heymilo_sync.cohorts_posting_idx is
    'The cohorts of a posting, to be computed anew.';

create table heymilo_sync.step_figures (
    cohort_id bigint not null,
    step_key text not null,
    step_id text,
    step_order bigint,
    interview_count bigint not null,
    entered_count bigint not null,
    completed_count bigint not null,
    knocked_out_count bigint not null,
    constraint step_figures_pkey primary key (cohort_id, step_key)
);

comment on table heymilo_sync.step_figures is
    'How many interviews of a cohort enter a step, and how they leave it.';
comment on column heymilo_sync.step_figures.cohort_id is
    'The cohort.';
comment on column heymilo_sync.step_figures.step_key is
    'The step within its posting: its id, or its place where HeyMilo gives no id.';
comment on column heymilo_sync.step_figures.step_id is
    'HeyMilo''s id of the step. NULL when HeyMilo gives none.';
comment on column heymilo_sync.step_figures.step_order is
    'Place of the step in the workflow, from 1, as the interviews tell it. NULL when they do not.';
comment on column heymilo_sync.step_figures.interview_count is
    'Number of interviews whose workflow has the step.';
comment on column heymilo_sync.step_figures.entered_count is
    'Number of interviews whose candidate has begun the step.';
comment on column heymilo_sync.step_figures.completed_count is
    'Number of interviews whose candidate finished the step and may go on.';
comment on column heymilo_sync.step_figures.knocked_out_count is
    'Number of interviews that the step ended.';

create table heymilo_sync.criterion_figures (
    cohort_id bigint not null,
    kind text not null,
    criterion_key text not null,
    criteria_id text,
    criteria_text text,
    is_knockout boolean,
    applied_count bigint not null,
    decided_count bigint not null,
    passed_count bigint not null,
    scored_count bigint not null,
    criterion_score_sum double precision not null,
    confident_count bigint not null,
    confidence_sum double precision not null,
    unsure_count bigint not null,
    knocked_out_count bigint not null,
    knocked_out_by_this_alone_count bigint not null,
    constraint criterion_figures_pkey primary key (cohort_id, kind, criterion_key)
);

comment on table heymilo_sync.criterion_figures is
    'How often a criterion is met by a cohort, how sure the AI is, and how often it is the reason of a knockout.';
comment on column heymilo_sync.criterion_figures.cohort_id is
    'The cohort.';
comment on column heymilo_sync.criterion_figures.kind is
    'Kind of criterion: resume_eligibility, resume_scoring, sms or form. The word unknown stands for knockouts that no criterion explains.';
comment on column heymilo_sync.criterion_figures.criterion_key is
    'The criterion: its id, or its text where HeyMilo gives no id.';
comment on column heymilo_sync.criterion_figures.criteria_id is
    'HeyMilo''s id of the criterion. NULL when HeyMilo gives none.';
comment on column heymilo_sync.criterion_figures.criteria_text is
    'Text of the criterion as it was applied. NULL when HeyMilo gives none.';
comment on column heymilo_sync.criterion_figures.is_knockout is
    'Whether failing the criterion may end the application, in any of the interviews. NULL when HeyMilo does not say.';
comment on column heymilo_sync.criterion_figures.applied_count is
    'Number of interviews to which the criterion was applied.';
comment on column heymilo_sync.criterion_figures.decided_count is
    'Number of those in which it was decided whether the criterion is met.';
comment on column heymilo_sync.criterion_figures.passed_count is
    'Number of those in which the criterion is met.';
comment on column heymilo_sync.criterion_figures.scored_count is
    'Number of those in which the criterion has a score.';
comment on column heymilo_sync.criterion_figures.criterion_score_sum is
    'Sum of these scores, each 0.0 to 10.0.';
comment on column heymilo_sync.criterion_figures.confident_count is
    'Number of those for which the AI gave its confidence.';
comment on column heymilo_sync.criterion_figures.confidence_sum is
    'Sum of these confidences, each 0.0 to 1.0.';
comment on column heymilo_sync.criterion_figures.unsure_count is
    'Number of those with a confidence below 0.7.';
comment on column heymilo_sync.criterion_figures.knocked_out_count is
    'Number of knocked-out candidates for whom the criterion is a reason.';
comment on column heymilo_sync.criterion_figures.knocked_out_by_this_alone_count is
    'Number of knocked-out candidates for whom this is the only reason.';

create table heymilo_sync.question_figures (
    cohort_id bigint not null,
    question_key text not null,
    question_id text,
    question_text text,
    answer_count bigint not null,
    answer_score_sum double precision not null,
    answer_score_square_sum double precision not null,
    compared_count bigint not null,
    compared_score_sum double precision not null,
    compared_score_square_sum double precision not null,
    others_score_sum double precision not null,
    others_score_square_sum double precision not null,
    score_product_sum double precision not null,
    constraint question_figures_pkey primary key (cohort_id, question_key)
);

comment on table heymilo_sync.question_figures is
    'Sums of the scores of a question in a cohort, from which mean, spread and correlation follow exactly.';
comment on column heymilo_sync.question_figures.cohort_id is
    'The cohort.';
comment on column heymilo_sync.question_figures.question_key is
    'The question within its posting: its id, or its text where HeyMilo gives no id.';
comment on column heymilo_sync.question_figures.question_id is
    'HeyMilo''s id of the question. NULL when HeyMilo gives none.';
comment on column heymilo_sync.question_figures.question_text is
    'Text of the question as it was asked. NULL when HeyMilo gives none.';
comment on column heymilo_sync.question_figures.answer_count is
    'Number of scored answers.';
comment on column heymilo_sync.question_figures.answer_score_sum is
    'Sum of the scores, each 1 to 10.';
comment on column heymilo_sync.question_figures.answer_score_square_sum is
    'Sum of the squares of the scores.';
comment on column heymilo_sync.question_figures.compared_count is
    'Number of those answers whose candidate has other scored answers to compare with.';
comment on column heymilo_sync.question_figures.compared_score_sum is
    'Sum of the scores of the compared answers.';
comment on column heymilo_sync.question_figures.compared_score_square_sum is
    'Sum of the squares of the scores of the compared answers.';
comment on column heymilo_sync.question_figures.others_score_sum is
    'Sum of the candidates'' mean scores of their other answers.';
comment on column heymilo_sync.question_figures.others_score_square_sum is
    'Sum of the squares of these means.';
comment on column heymilo_sync.question_figures.score_product_sum is
    'Sum of the products of score and mean of the others.';

create table heymilo_sync.signal_figures (
    cohort_id bigint not null,
    signal text not null,
    enabled_count bigint not null,
    judged_count bigint not null,
    detected_count bigint not null,
    constraint signal_figures_pkey primary key (cohort_id, signal)
);

comment on table heymilo_sync.signal_figures is
    'How often a signal of cheating is detected in a cohort.';
comment on column heymilo_sync.signal_figures.cohort_id is
    'The cohort.';
comment on column heymilo_sync.signal_figures.signal is
    'overall (a ranking of 4 or 5), cheating, llm_generated, unusual_delay, tab_switch or movement (any movement seen in the recording). Honest people move as well.';
comment on column heymilo_sync.signal_figures.enabled_count is
    'Number of interviews for which detection was switched on.';
comment on column heymilo_sync.signal_figures.judged_count is
    'Number of those that the detector has judged.';
comment on column heymilo_sync.signal_figures.detected_count is
    'Number of those that show the signal.';

create table heymilo_sync.score_figures (
    cohort_id bigint not null,
    measure text not null,
    tenth integer not null,
    interview_count bigint not null,
    constraint score_figures_pkey primary key (cohort_id, measure, tenth)
);

comment on table heymilo_sync.score_figures is
    'How the scores of a cohort are distributed.';
comment on column heymilo_sync.score_figures.cohort_id is
    'The cohort.';
comment on column heymilo_sync.score_figures.measure is
    'Which score: overall, web_interview, resume or speech. Their scales differ: never put two on one axis.';
comment on column heymilo_sync.score_figures.tenth is
    'Tenth of the scale, 1 (lowest) to 10.';
comment on column heymilo_sync.score_figures.interview_count is
    'Number of interviews with a score in this tenth.';

create table heymilo_sync.decile_figures (
    cohort_id bigint not null,
    decile bigint not null,
    lowest_score double precision not null,
    highest_score double precision not null,
    interview_count bigint not null,
    shortlisted_count bigint not null,
    dismissed_count bigint not null,
    constraint decile_figures_pkey primary key (cohort_id, decile)
);

comment on table heymilo_sync.decile_figures is
    'What recruiters decided on a tenth of the scored interviews of a posting, by cohort.';
comment on column heymilo_sync.decile_figures.cohort_id is
    'The cohort.';
comment on column heymilo_sync.decile_figures.decile is
    'Tenth of all scored interviews of the posting, 1 (lowest scores) to 10. Equal scores share the higher one, so that some may be missing.';
comment on column heymilo_sync.decile_figures.lowest_score is
    'Lowest overall score in it, 0 to 100.';
comment on column heymilo_sync.decile_figures.highest_score is
    'Highest overall score in it, 0 to 100.';
comment on column heymilo_sync.decile_figures.interview_count is
    'Number of interviews in it.';
comment on column heymilo_sync.decile_figures.shortlisted_count is
    'Number of interviews that are shortlisted.';
comment on column heymilo_sync.decile_figures.dismissed_count is
    'Number of interviews that are dismissed.';

create table heymilo_sync.group_figures (
    cohort_id bigint not null,
    dimension text not null,
    group_name text not null,
    is_provided boolean not null,
    assessed_count bigint not null,
    decided_count bigint not null,
    selected_count bigint not null,
    scored_count bigint not null,
    above_median_count bigint not null,
    constraint group_figures_pkey primary key (cohort_id, dimension, group_name)
);

comment on table heymilo_sync.group_figures is
    'How a group of a cohort is selected and scored. Read by heymilo_demographics alone.';
comment on column heymilo_sync.group_figures.cohort_id is
    'The cohort.';
comment on column heymilo_sync.group_figures.dimension is
    'An attribute of the settings, such as sex, or two of them together, such as race x sex.';
comment on column heymilo_sync.group_figures.group_name is
    'The group, from the candidates'' own answers: case and blanks are folded. "Not provided" stands for missing and declined answers.';
comment on column heymilo_sync.group_figures.is_provided is
    'Whether the candidates gave an answer.';
comment on column heymilo_sync.group_figures.assessed_count is
    'Number of interviews of the group that have come to an end: completed, knocked out or decided.';
comment on column heymilo_sync.group_figures.decided_count is
    'Number of those that are shortlisted or dismissed.';
comment on column heymilo_sync.group_figures.selected_count is
    'Number of those that are shortlisted.';
comment on column heymilo_sync.group_figures.scored_count is
    'Number of interviews of the group with an overall score.';
comment on column heymilo_sync.group_figures.above_median_count is
    'Number of those above the median score of their posting.';

create table heymilo_sync.source_figures (
    cohort_id bigint not null,
    source_key text not null,
    source text,
    invited_count bigint not null,
    started_count bigint not null,
    completed_count bigint not null,
    knocked_out_count bigint not null,
    shortlisted_count bigint not null,
    dismissed_count bigint not null,
    scored_count bigint not null,
    score_sum double precision,
    constraint source_figures_pkey primary key (cohort_id, source_key)
);

comment on table heymilo_sync.source_figures is
    'What becomes of the candidates of a cohort by where they came from.';
comment on column heymilo_sync.source_figures.cohort_id is
    'The cohort.';
comment on column heymilo_sync.source_figures.source_key is
    'The source, or an empty text where it is unknown.';
comment on column heymilo_sync.source_figures.source is
    'Where the candidate came from: the key "source" of the interview''s metadata, or else of its data. NULL when neither has one, and when the value is no short name. A short name is a text of at most 60 characters without seven digits, an address or a link.';
comment on column heymilo_sync.source_figures.invited_count is
    'Number of invitations.';
comment on column heymilo_sync.source_figures.started_count is
    'Number of interviews whose candidate has begun any step.';
comment on column heymilo_sync.source_figures.completed_count is
    'Number of completed interviews.';
comment on column heymilo_sync.source_figures.knocked_out_count is
    'Number of interviews that a step ended.';
comment on column heymilo_sync.source_figures.shortlisted_count is
    'Number of interviews that are shortlisted.';
comment on column heymilo_sync.source_figures.dismissed_count is
    'Number of interviews that are dismissed.';
comment on column heymilo_sync.source_figures.scored_count is
    'Number of interviews with an overall score.';
comment on column heymilo_sync.source_figures.score_sum is
    'Sum of these scores, each 0 to 100. NULL when none is scored.';

create table heymilo_sync.weekly_figures (
    weekly_id bigint generated always as identity,
    workspace_id text not null,
    posting_id text,
    department text,
    location text,
    requisition text,
    week date not null,
    invited_count bigint not null,
    interviewed_count bigint not null,
    shortlisted_count bigint not null,
    dismissed_count bigint not null,
    constraint weekly_figures_pkey primary key (weekly_id)
);

comment on table heymilo_sync.weekly_figures is
    'What happens in each week to the interviews of a posting with the same department, location and requisition. Weeks without an event between the first and the last one have a row.';
comment on column heymilo_sync.weekly_figures.weekly_id is
    'Number of the row.';
comment on column heymilo_sync.weekly_figures.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo_sync.weekly_figures.posting_id is
    'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_sync.weekly_figures.department is
    'Department in the interviews'' own data. NULL when they have none.';
comment on column heymilo_sync.weekly_figures.location is
    'Location in the interviews'' own data. NULL when they have none.';
comment on column heymilo_sync.weekly_figures.requisition is
    'Requisition in the interviews'' own data. NULL when they have none.';
comment on column heymilo_sync.weekly_figures.week is
    'Monday of the week of the events, in the reporting time zone.';
comment on column heymilo_sync.weekly_figures.invited_count is
    'Number of invitations in the week.';
comment on column heymilo_sync.weekly_figures.interviewed_count is
    'Number of interviews that came to their end in the week.';
comment on column heymilo_sync.weekly_figures.shortlisted_count is
    'Number of interviews that were shortlisted in the week.';
comment on column heymilo_sync.weekly_figures.dismissed_count is
    'Number of interviews that were dismissed in the week.';

create index weekly_figures_posting_idx on heymilo_sync.weekly_figures (workspace_id, posting_id);
comment on index heymilo_sync.weekly_figures_posting_idx is
    'The weeks of a posting, to be computed anew.';

create table heymilo_sync.duration_figures (
    duration_id bigint generated always as identity,
    workspace_id text not null,
    posting_id text,
    step_key text not null,
    step_id text,
    step_order bigint,
    finished_count bigint not null,
    timed_in_step_count bigint not null,
    p50_minutes_in_step double precision,
    p90_minutes_in_step double precision,
    timed_since_previous_count bigint not null,
    p50_hours_since_previous double precision,
    p90_hours_since_previous double precision,
    timed_since_invitation_count bigint not null,
    p50_hours_since_invitation double precision,
    p90_hours_since_invitation double precision,
    constraint duration_figures_pkey primary key (duration_id)
);

comment on table heymilo_sync.duration_figures is
    'How long the steps of a posting take, over all its interviews.';
comment on column heymilo_sync.duration_figures.duration_id is
    'Number of the row.';
comment on column heymilo_sync.duration_figures.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo_sync.duration_figures.posting_id is
    'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_sync.duration_figures.step_key is
    'The step within its posting: its id, or its place where HeyMilo gives no id.';
comment on column heymilo_sync.duration_figures.step_id is
    'HeyMilo''s id of the step. NULL when HeyMilo gives none.';
comment on column heymilo_sync.duration_figures.step_order is
    'Place of the step in the workflow, from 1, as the interviews tell it. NULL when they do not.';
comment on column heymilo_sync.duration_figures.finished_count is
    'Number of interviews whose candidate finished the step, or was knocked out by it.';
comment on column heymilo_sync.duration_figures.timed_in_step_count is
    'Number of those with a time in the step.';
comment on column heymilo_sync.duration_figures.p50_minutes_in_step is
    'Median of the minutes in the step. NULL when none is known.';
comment on column heymilo_sync.duration_figures.p90_minutes_in_step is
    '90th percentile of the minutes in the step. NULL when none is known.';
comment on column heymilo_sync.duration_figures.timed_since_previous_count is
    'Number of those with a time since the end of the step before.';
comment on column heymilo_sync.duration_figures.p50_hours_since_previous is
    'Median of the hours since the end of the step before. NULL when none is known.';
comment on column heymilo_sync.duration_figures.p90_hours_since_previous is
    '90th percentile of the hours since the end of the step before. NULL when none is known.';
comment on column heymilo_sync.duration_figures.timed_since_invitation_count is
    'Number of those with a time since the invitation.';
comment on column heymilo_sync.duration_figures.p50_hours_since_invitation is
    'Median of the hours since the invitation. NULL when none is known.';
comment on column heymilo_sync.duration_figures.p90_hours_since_invitation is
    '90th percentile of the hours since the invitation. NULL when none is known.';

create index duration_figures_posting_idx on heymilo_sync.duration_figures (workspace_id, posting_id);
comment on index heymilo_sync.duration_figures_posting_idx is
    'The steps of a posting, to be computed anew.';

-- Apart from other postings, so that an index finds them also where the posting is not known.
create function heymilo_sync.outcomes_of_posting(workspace text, posting text)
returns setof heymilo.interview_outcomes
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if posting is null then
        return query
            select *
            from heymilo.interview_outcomes
            where workspace_id = workspace
              and posting_id is null;
    else
        return query
            select *
            from heymilo.interview_outcomes
            where workspace_id = workspace
              and posting_id = posting;
    end if;
end
$$;

comment on function heymilo_sync.outcomes_of_posting(text, text) is
    'The outcomes of a posting. For NULL: the outcomes of interviews whose posting is not known.';

create function heymilo_sync.cohort_key(
    posting     text,
    invited_at  timestamptz,
    zone        text,
    department  text,
    location    text,
    requisition text
)
    returns text
    language sql
    immutable
    parallel safe
    return row(posting, heymilo_bi.week_of(invited_at, zone), department, location, requisition)::text;

comment on function heymilo_sync.cohort_key(text, timestamptz, text, text, text, text) is
    'Posting, week and dimensions as one text, in which NULL differs from an empty text.';

-- With force_custom_plan and without sequential scans, because a plan for an empty table or for one that was
-- never analysed would read all of it later.
create function heymilo_sync.write_figures(workspace text, posting text)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
set enable_seqscan = off
as $$
declare
    zone constant text := (select time_zone from heymilo_sync.reporting);
    gone          bigint[];
    cohort_ids    bigint[];
    interview_ids text[];
begin
    if posting is null then
        gone := array(
            select cohort_id from heymilo_sync.cohorts where workspace_id = workspace and posting_id is null
        );
        delete from heymilo_sync.duration_figures where workspace_id = workspace and posting_id is null;
        delete from heymilo_sync.weekly_figures where workspace_id = workspace and posting_id is null;
    else
        gone := array(
            select cohort_id from heymilo_sync.cohorts where workspace_id = workspace and posting_id = posting
        );
        delete from heymilo_sync.duration_figures where workspace_id = workspace and posting_id = posting;
        delete from heymilo_sync.weekly_figures where workspace_id = workspace and posting_id = posting;
    end if;
    -- Foreign keys would look for the cohort of each figure, by a plan that was made when there were none.
    delete from heymilo_sync.step_figures where cohort_id = any (gone);
    delete from heymilo_sync.criterion_figures where cohort_id = any (gone);
    delete from heymilo_sync.question_figures where cohort_id = any (gone);
    delete from heymilo_sync.signal_figures where cohort_id = any (gone);
    delete from heymilo_sync.score_figures where cohort_id = any (gone);
    delete from heymilo_sync.decile_figures where cohort_id = any (gone);
    delete from heymilo_sync.group_figures where cohort_id = any (gone);
    delete from heymilo_sync.source_figures where cohort_id = any (gone);
    delete from heymilo_sync.cohorts where cohort_id = any (gone);

    insert into heymilo_sync.cohorts (
        workspace_id, posting_id, invited_week, department, location, requisition, cohort_key,
        invited_count, started_count, completed_count, knocked_out_count, never_started_count,
        unfinished_count, decided_under_way_count, dropped_count, shortlisted_count, dismissed_count
    )
    select
        workspace_id,
        posting_id,
        heymilo_bi.week_of(invited_at, zone),
        department,
        location,
        requisition,
        heymilo_sync.cohort_key(posting_id, min(invited_at), zone, department, location, requisition),
        count(*),
        count(*) filter (where is_started),
        count(*) filter (where is_completed),
        count(*) filter (where is_knocked_out),
        count(*) filter (where not is_started),
        count(*) filter (where is_started and not is_completed and not is_knocked_out),
        count(*) filter (
            where is_started and not is_completed and not is_knocked_out and decision is not null
        ),
        count(*) filter (where is_started and not is_completed and not is_knocked_out and decision is null),
        count(*) filter (where decision = 'shortlisted'),
        count(*) filter (where decision = 'dismissed')
    from heymilo_sync.outcomes_of_posting(workspace, posting)
    group by workspace_id, posting_id, heymilo_bi.week_of(invited_at, zone), department, location, requisition;

    -- The interviews of the posting, each with its cohort.
    select array_agg(cohorts.cohort_id), array_agg(outcomes.interview_id)
    into cohort_ids, interview_ids
    from heymilo_sync.outcomes_of_posting(workspace, posting) as outcomes
    join heymilo_sync.cohorts
      on cohorts.workspace_id = workspace
     and cohorts.cohort_key = heymilo_sync.cohort_key(
         outcomes.posting_id, outcomes.invited_at, zone,
         outcomes.department, outcomes.location, outcomes.requisition
     );

    perform heymilo_sync.write_step_figures(workspace, posting, cohort_ids, interview_ids);
    perform heymilo_sync.write_criterion_figures(workspace, posting, cohort_ids, interview_ids);
    perform heymilo_sync.write_question_figures(workspace, cohort_ids, interview_ids);
    perform heymilo_sync.write_signal_figures(workspace, cohort_ids, interview_ids);
    perform heymilo_sync.write_score_figures(workspace, cohort_ids, interview_ids);
    perform heymilo_sync.write_source_figures(workspace, cohort_ids, interview_ids);
    perform heymilo_sync.write_weekly_figures(workspace, posting);
    perform heymilo_sync.write_group_figures(workspace, cohort_ids, interview_ids);
end
$$;

comment on function heymilo_sync.write_figures(text, text) is
    'Computes all figures of a posting anew from the outcomes and the other rows of its interviews.';

create function heymilo_sync.write_step_figures(
    workspace     text,
    posting       text,
    cohort_ids    bigint[],
    interview_ids text[]
)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into heymilo_sync.step_figures (
        cohort_id, step_key, step_id, step_order, interview_count, entered_count, completed_count,
        knocked_out_count
    )
    select
        members.cohort_id,
        steps.step_key,
        max(steps.step_id),
        mode() within group (order by steps.step_order),
        count(*),
        count(*) filter (where steps.is_entered),
        count(*) filter (where steps.is_completed),
        count(*) filter (where steps.is_knocked_out)
    from unnest(cohort_ids, interview_ids) as members (cohort_id, interview_id)
    join heymilo.step_outcomes as steps
      on steps.interview_id = members.interview_id
     and steps.workspace_id || '' = workspace
    where steps.interview_id = any (interview_ids)
    group by members.cohort_id, steps.step_key;

    insert into heymilo_sync.duration_figures (
        workspace_id, posting_id, step_key, step_id, step_order, finished_count,
        timed_in_step_count, p50_minutes_in_step, p90_minutes_in_step,
        timed_since_previous_count, p50_hours_since_previous, p90_hours_since_previous,
        timed_since_invitation_count, p50_hours_since_invitation, p90_hours_since_invitation
    )
    select
        workspace,
        posting,
        steps.step_key,
        max(steps.step_id),
        mode() within group (order by steps.step_order),
        count(*) filter (where steps.is_completed or steps.is_knocked_out),
        count(steps.minutes_in_step),
        percentile_cont(0.5) within group (order by steps.minutes_in_step),
        percentile_cont(0.9) within group (order by steps.minutes_in_step),
        count(steps.hours_since_previous),
        percentile_cont(0.5) within group (order by steps.hours_since_previous),
        percentile_cont(0.9) within group (order by steps.hours_since_previous),
        count(steps.hours_since_invitation),
        percentile_cont(0.5) within group (order by steps.hours_since_invitation),
        percentile_cont(0.9) within group (order by steps.hours_since_invitation)
    from heymilo.step_outcomes as steps
    where steps.interview_id = any (interview_ids)
      and steps.workspace_id || '' = workspace
    group by steps.step_key;
end
$$;

comment on function heymilo_sync.write_step_figures(text, text, bigint[], text[]) is
    'Computes step_figures and duration_figures of a posting.';

create function heymilo_sync.write_criterion_figures(
    workspace     text,
    posting       text,
    cohort_ids    bigint[],
    interview_ids text[]
)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    with ended as materialized (
        -- The steps that ended an application, and may do so.
        select outcomes.interview_id, steps.step_type
        from heymilo.step_outcomes as outcomes
        join heymilo_sync.known_steps as steps
          on steps.workspace_id = workspace
         and steps.posting_id = posting
         and steps.step_key = outcomes.step_key
        where outcomes.interview_id = any (interview_ids)
          and outcomes.workspace_id || '' = workspace
          and outcomes.is_knocked_out
          and steps.is_knockout_enabled
    ),
    verdicts as (
        -- A criterion that one answer lists twice counts once.
        select
            members.cohort_id,
            members.interview_id,
            verdicts.kind,
            coalesce(verdicts.criteria_id, verdicts.criteria_text, '') as criterion_key,
            max(verdicts.criteria_id) as criteria_id,
            max(verdicts.criteria_text) as criteria_text,
            bool_or(verdicts.is_knockout) as is_knockout,
            bool_and(verdicts.is_passed) as is_passed,
            avg(verdicts.criterion_score) as criterion_score,
            avg(verdicts.confidence) as confidence,
            bool_or(coalesce(verdicts.is_knockout and not verdicts.is_passed, false) and exists (
                select
                from ended
                where ended.interview_id = members.interview_id
                  and ended.step_type = verdicts.step_type
            )) as is_reason
        from unnest(cohort_ids, interview_ids) as members (cohort_id, interview_id)
        join heymilo_sync.verdicts
          on verdicts.interview_id = members.interview_id
         and verdicts.workspace_id || '' = workspace
        where verdicts.interview_id = any (interview_ids)
        group by
            members.cohort_id, members.interview_id, verdicts.kind,
            coalesce(verdicts.criteria_id, verdicts.criteria_text, '')
    ),
    explained as (
        select
            verdicts.*,
            count(*) filter (where is_reason) over (partition by interview_id) as reason_count
        from verdicts
    )
    insert into heymilo_sync.criterion_figures (
        cohort_id, kind, criterion_key, criteria_id, criteria_text, is_knockout, applied_count,
        decided_count, passed_count, scored_count, criterion_score_sum, confident_count, confidence_sum,
        unsure_count, knocked_out_count, knocked_out_by_this_alone_count
    )
    select
        cohort_id,
        kind,
        criterion_key,
        max(criteria_id),
        max(criteria_text),
        bool_or(is_knockout),
        count(*),
        count(is_passed),
        count(*) filter (where is_passed),
        count(criterion_score),
        coalesce(sum(criterion_score), 0),
        count(confidence),
        coalesce(sum(confidence), 0),
        count(*) filter (where confidence < 0.7),
        count(*) filter (where is_reason),
        count(*) filter (where is_reason and reason_count = 1)
    from explained
    group by cohort_id, kind, criterion_key
    union all
    select
        members.cohort_id, 'unknown', '', null, null, null, 0, 0, 0, 0, 0, 0, 0, 0, count(*), 0
    from unnest(cohort_ids, interview_ids) as members (cohort_id, interview_id)
    join heymilo.interview_outcomes as outcomes
      on outcomes.interview_id = members.interview_id
     and outcomes.workspace_id || '' = workspace
    where outcomes.interview_id = any (interview_ids)
      and outcomes.is_knocked_out
      and not exists (
          select
          from explained
          where explained.interview_id = members.interview_id
            and explained.is_reason
      )
    group by members.cohort_id;
end
$$;

comment on function heymilo_sync.write_criterion_figures(text, text, bigint[], text[]) is
    'Computes criterion_figures of a posting.';

create function heymilo_sync.write_question_figures(workspace text, cohort_ids bigint[], interview_ids text[])
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into heymilo_sync.question_figures (
        cohort_id, question_key, question_id, question_text, answer_count, answer_score_sum,
        answer_score_square_sum, compared_count, compared_score_sum, compared_score_square_sum,
        others_score_sum, others_score_square_sum, score_product_sum
    )
    select
        members.cohort_id,
        coalesce(answers.question_id, answers.question_text, ''),
        max(answers.question_id),
        max(answers.question_text),
        count(*),
        sum(answers.score),
        sum(answers.score * answers.score),
        count(answers.others),
        coalesce(sum(answers.score) filter (where answers.others is not null), 0),
        coalesce(sum(answers.score * answers.score) filter (where answers.others is not null), 0),
        coalesce(sum(answers.others), 0),
        coalesce(sum(answers.others * answers.others), 0),
        coalesce(sum(answers.score * answers.others), 0)
    from unnest(cohort_ids, interview_ids) as members (cohort_id, interview_id)
    join (
        select
            interview_id,
            question_id,
            question_text,
            score,
            -- With itself a question always agrees: it is left out.
            (sum(score) over of_interview - score) / nullif(count(*) over of_interview - 1, 0) as others
        from heymilo.scorecard_questions
        where interview_id = any (interview_ids)
          and workspace_id || '' = workspace
          and score is not null
          and not_scored is not true
        window of_interview as (partition by interview_id)
    ) as answers
      on answers.interview_id = members.interview_id
    group by members.cohort_id, coalesce(answers.question_id, answers.question_text, '');
end
$$;

comment on function heymilo_sync.write_question_figures(text, bigint[], text[]) is
    'Computes question_figures of a posting.';

create function heymilo_sync.write_signal_figures(workspace text, cohort_ids bigint[], interview_ids text[])
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into heymilo_sync.signal_figures (
        cohort_id, signal, enabled_count, judged_count, detected_count
    )
    select
        members.cohort_id,
        signals.signal,
        count(*),
        count(signals.is_detected),
        count(*) filter (where signals.is_detected)
    from unnest(cohort_ids, interview_ids) as members (cohort_id, interview_id)
    join heymilo_sync.signals
      on signals.interview_id = members.interview_id
     and signals.workspace_id || '' = workspace
    where signals.interview_id = any (interview_ids)
    group by members.cohort_id, signals.signal;
end
$$;

comment on function heymilo_sync.write_signal_figures(text, bigint[], text[]) is
    'Computes signal_figures of a posting.';

create function heymilo_sync.write_score_figures(workspace text, cohort_ids bigint[], interview_ids text[])
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into heymilo_sync.score_figures (cohort_id, measure, tenth, interview_count)
    select
        members.cohort_id,
        scores.measure,
        least(greatest(ceil(10 * scores.score / scores.scale_max), 1), 10)::integer as tenth,
        count(*)
    from unnest(cohort_ids, interview_ids) as members (cohort_id, interview_id)
    join heymilo.interview_outcomes as outcomes
      on outcomes.interview_id = members.interview_id
     and outcomes.workspace_id || '' = workspace
    cross join lateral (
        values
            ('overall', outcomes.score, 100),
            ('web_interview', outcomes.match_score, 100),
            ('resume', outcomes.resume_score, 100),
            ('speech', outcomes.speech_score, 5)
    ) as scores (measure, score, scale_max)
    where outcomes.interview_id = any (interview_ids)
      and scores.score is not null
    group by members.cohort_id, scores.measure, tenth;

    insert into heymilo_sync.decile_figures (
        cohort_id, decile, lowest_score, highest_score, interview_count, shortlisted_count, dismissed_count
    )
    select
        cohort_id,
        decile,
        min(score),
        max(score),
        count(*),
        count(*) filter (where decision = 'shortlisted'),
        count(*) filter (where decision = 'dismissed')
    from (
        -- Equal scores share a decile: that of the best among them.
        select
            members.cohort_id,
            scored.decision,
            scored.score,
            (10 * count(*) over (order by scored.score) + count(*) over () - 1) / count(*) over () as decile
        from unnest(cohort_ids, interview_ids) as members (cohort_id, interview_id)
        join (
            select interview_id, decision, coalesce(score_at_decision, score) as score
            from heymilo.interview_outcomes
            where interview_id = any (interview_ids)
              and workspace_id || '' = workspace
        ) as scored
          on scored.interview_id = members.interview_id
        where scored.score is not null
    ) as ranked
    group by cohort_id, decile;
end
$$;

comment on function heymilo_sync.write_score_figures(text, bigint[], text[]) is
    'Computes score_figures and decile_figures of a posting.';

create function heymilo_sync.write_source_figures(workspace text, cohort_ids bigint[], interview_ids text[])
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into heymilo_sync.source_figures (
        cohort_id, source_key, source, invited_count, started_count, completed_count, knocked_out_count,
        shortlisted_count, dismissed_count, scored_count, score_sum
    )
    select
        members.cohort_id,
        coalesce(outcomes.source, ''),
        outcomes.source,
        count(*),
        count(*) filter (where outcomes.is_started),
        count(*) filter (where outcomes.is_completed),
        count(*) filter (where outcomes.is_knocked_out),
        count(*) filter (where outcomes.decision = 'shortlisted'),
        count(*) filter (where outcomes.decision = 'dismissed'),
        count(outcomes.score),
        sum(outcomes.score)
    from unnest(cohort_ids, interview_ids) as members (cohort_id, interview_id)
    join heymilo.interview_outcomes as outcomes
      on outcomes.interview_id = members.interview_id
     and outcomes.workspace_id || '' = workspace
    where outcomes.interview_id = any (interview_ids)
    group by members.cohort_id, outcomes.source;
end
$$;

comment on function heymilo_sync.write_source_figures(text, bigint[], text[]) is
    'Computes source_figures of a posting.';

create function heymilo_sync.write_weekly_figures(workspace text, posting text)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    with events as materialized (
        select
            outcomes.department,
            outcomes.location,
            outcomes.requisition,
            heymilo_bi.week_of(events.happened_at, reporting.time_zone) as week,
            count(*) filter (where events.event = 'invited') as invited_count,
            count(*) filter (where events.event = 'interviewed') as interviewed_count,
            count(*) filter (where events.event = 'shortlisted') as shortlisted_count,
            count(*) filter (where events.event = 'dismissed') as dismissed_count
        from heymilo_sync.outcomes_of_posting(workspace, posting) as outcomes
        cross join heymilo_sync.reporting
        cross join lateral (
            values
                ('invited', outcomes.invited_at),
                ('interviewed', outcomes.interviewed_at),
                (outcomes.decision, outcomes.decided_at)
        ) as events (event, happened_at)
        where events.happened_at is not null
        group by outcomes.department, outcomes.location, outcomes.requisition, 4
    ),
    weeks as (
        select * from events
        union all
        -- Weeks without events, so that a line between the first and the last week comes down to 0.
        select spans.department, spans.location, spans.requisition, weeks.week::date, 0, 0, 0, 0
        from (
            select department, location, requisition, min(week) as first_week, max(week) as last_week
            from events
            group by department, location, requisition
        ) as spans
        cross join lateral generate_series(spans.first_week, spans.last_week, interval '7 days') as weeks (week)
    )
    insert into heymilo_sync.weekly_figures (
        workspace_id, posting_id, department, location, requisition, week, invited_count, interviewed_count,
        shortlisted_count, dismissed_count
    )
    select
        workspace,
        posting,
        department,
        location,
        requisition,
        week,
        sum(invited_count),
        sum(interviewed_count),
        sum(shortlisted_count),
        sum(dismissed_count)
    from weeks
    group by department, location, requisition, week;
end
$$;

comment on function heymilo_sync.write_weekly_figures(text, text) is
    'Computes weekly_figures of a posting.';

-- Its body names a function of a later file.
create function heymilo_sync.write_group_figures(workspace text, cohort_ids bigint[], interview_ids text[])
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    attributes text[];
    paths      text[];
begin
    select array_agg(attribute), array_agg(path)
    into attributes, paths
    from heymilo_sync.demographic_attributes
    where workspace_id = workspace;

    with groups as materialized (
        select
            members.cohort_id,
            groups.dimension,
            groups.group_name,
            groups.is_provided,
            outcomes.is_completed or outcomes.is_knocked_out or outcomes.decision is not null as is_assessed,
            outcomes.decision,
            outcomes.score
        from unnest(cohort_ids, interview_ids) as members (cohort_id, interview_id)
        join heymilo.interview_outcomes as outcomes
          on outcomes.interview_id = members.interview_id
         and outcomes.workspace_id || '' = workspace
        join heymilo.interviews
          on interviews.interview_id = outcomes.interview_id
         and interviews.workspace_id = outcomes.workspace_id
        cross join lateral heymilo_sync.groups_of_interview(attributes, paths, data, metadata) as groups
        where outcomes.interview_id = any (interview_ids)
    ),
    medians as (
        -- Of all candidates of the posting, whether or not they say to which group they belong.
        select
            dimension,
            percentile_cont(0.5) within group (order by score) as median_score
        from groups
        group by dimension
    )
    insert into heymilo_sync.group_figures (
        cohort_id, dimension, group_name, is_provided, assessed_count, decided_count, selected_count,
        scored_count, above_median_count
    )
    select
        groups.cohort_id,
        groups.dimension,
        groups.group_name,
        groups.is_provided,
        count(*) filter (where is_assessed),
        count(groups.decision),
        count(*) filter (where groups.decision = 'shortlisted'),
        count(groups.score),
        count(*) filter (where groups.score > medians.median_score)
    from groups
    join medians using (dimension)
    group by groups.cohort_id, groups.dimension, groups.group_name, groups.is_provided;
end
$$;

comment on function heymilo_sync.write_group_figures(text, bigint[], text[]) is
    'Computes group_figures of a posting.';

create function heymilo_sync.write_due_figures()
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    oldest record;
begin
    -- Two daemons would compute the same posting.
    if not pg_try_advisory_xact_lock(hashtext('heymilo_sync.write_due_figures')) then
        return false;
    end if;
    select workspace_id, posting_id
    into oldest
    from heymilo_sync.figures_due
    order by due_id
    limit 1;
    if not found then
        return false;
    end if;

    -- What is committed later stays due: it may not be among the rows that are read below.
    delete from heymilo_sync.figures_due
    where workspace_id = oldest.workspace_id
      and posting_id is not distinct from oldest.posting_id;
    perform heymilo_sync.write_figures(oldest.workspace_id, oldest.posting_id);
    return true;
end
$$;

comment on function heymilo_sync.write_due_figures() is
    'Computes the figures of the posting that is due for longest. Returns false when none is due, and while another daemon is at it.';

create function heymilo_sync.make_all_figures_due()
returns void
language sql
set search_path = pg_catalog, pg_temp
as $$
    insert into heymilo_sync.figures_due (workspace_id, posting_id)
    select workspace_id, posting_id
    from heymilo.interview_outcomes
    group by workspace_id, posting_id
$$;

comment on function heymilo_sync.make_all_figures_due() is
    'Makes the figures of all postings due: after a change of the settings.';
