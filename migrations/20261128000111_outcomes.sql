-- What became of each interview and each of its steps, written with the interview in its transaction: dashboards
-- read these two narrow tables, and the figures outlive the transcripts that retention removes.

create function heymilo_bi.rate(part bigint, whole bigint)
    returns double precision
    language sql
    immutable
    parallel safe
    return part::double precision / nullif(whole, 0);

comment on function heymilo_bi.rate(bigint, bigint) is
    'A part of a whole, 0.0 to 1.0. NULL when the whole is 0.';

create function heymilo_bi.rate(part numeric, whole numeric)
    returns double precision
    language sql
    immutable
    parallel safe
    return (part / nullif(whole, 0))::double precision;

comment on function heymilo_bi.rate(numeric, numeric) is
    'The same for sums, which Postgres gives as numeric: rate(sum(completed_count), sum(invited_count)).';

create function heymilo_bi.is_small(size bigint)
    returns boolean
    language sql
    immutable
    parallel safe
    return size < 30;

comment on function heymilo_bi.is_small(bigint) is
    'Whether a group has fewer than 30 members: its rates, means and correlations may be chance.';

create function heymilo_bi.is_small(size numeric)
    returns boolean
    language sql
    immutable
    parallel safe
    return size < 30;

comment on function heymilo_bi.is_small(numeric) is
    'The same for sums, which Postgres gives as numeric.';

create function heymilo_bi.week_of(moment timestamptz, zone text)
    returns date
    language sql
    immutable
    parallel safe
    return date_trunc('week', moment at time zone zone)::date;

comment on function heymilo_bi.week_of(timestamptz, text) is
    'The Monday of the week in which a moment lies, in a time zone such as UTC or America/Los_Angeles.';

create function heymilo_bi.hours_between(earlier timestamptz, later timestamptz)
    returns double precision
    language sql
    immutable
    parallel safe
    return case when later >= earlier then extract(epoch from later - earlier)::double precision / 3600 end;

comment on function heymilo_bi.hours_between(timestamptz, timestamptz) is
    'Hours from one time to another. NULL when the second is before the first.';

create function heymilo_sync.short_name(value jsonb)
    returns text
    language sql
    immutable
    parallel safe
    -- Longer texts, and texts with an address or a number, may identify a person.
    return case
        when jsonb_typeof(value) = 'string'
            and char_length(btrim(value #>> '{}')) between 1 and 60
            and value #>> '{}' !~* '@|://|\.[a-z]{2,}/|[[:cntrl:]]|([0-9][^0-9]*){7}'
        then btrim(value #>> '{}')
    end;

comment on function heymilo_sync.short_name(jsonb) is
    'The text of a JSON string when dashboards may show it: at most 60 characters, without an address, a link or seven digits. NULL for everything else.';

create function heymilo_sync.at_path(data jsonb, metadata jsonb, path text[])
    returns jsonb
    language sql
    immutable
    parallel safe
    return case path[1] when 'data' then data when 'metadata' then metadata end #> path[2:];

comment on function heymilo_sync.at_path(jsonb, jsonb, text[]) is
    'What an interview''s data or metadata hold at a path such as data.department. NULL when there is nothing.';

create function heymilo_sync.person_key(salt bytea, workspace text, candidate text)
    returns uuid
    language sql
    immutable
    parallel safe
    return encode(substring(sha256(
        salt || sha256(convert_to(workspace, 'UTF8')) || convert_to('person ' || candidate, 'UTF8')
    ) for 16), 'hex')::uuid;

comment on function heymilo_sync.person_key(bytea, text, text) is
    'The key by which dashboards count a person. Without the salt it does not lead back to the candidate id.';

create table heymilo_sync.reporting (
    only_row  boolean not null default true,
    time_zone text not null,
    constraint reporting_pkey primary key (only_row),
    constraint reporting_only_row_check check (only_row)
);

comment on table heymilo_sync.reporting is
    'How dashboards count. The daemon writes this at each start from the settings ([reporting]).';
comment on column heymilo_sync.reporting.only_row is
    'Always true: the table has one row.';
comment on column heymilo_sync.reporting.time_zone is
    'Time zone in which weeks begin, such as UTC or America/Los_Angeles.';

insert into heymilo_sync.reporting (time_zone)
values ('UTC');

create table heymilo_sync.dimensions (
    workspace_id text not null,
    dimension    text not null,
    path         text not null,
    constraint dimensions_pkey primary key (workspace_id, dimension)
);

comment on table heymilo_sync.dimensions is
    'Where an interview or its posting tells its department, location and requisition. The daemon writes this at each start from the settings ([dimensions]).';
comment on column heymilo_sync.dimensions.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo_sync.dimensions.dimension is
    'department, location or requisition.';
comment on column heymilo_sync.dimensions.path is
    'Where the value is: data.… or metadata.… of the interview, posting.metadata.… or posting.ats_metadata.… of its posting.';

create table heymilo.interview_outcomes (
    workspace_id            text not null,
    interview_id            text not null,
    posting_id              text,
    person_key              uuid,
    source                  text,
    department              text,
    location                text,
    requisition             text,
    status                  text,
    is_started              boolean not null,
    is_completed            boolean not null,
    is_knocked_out          boolean not null,
    decision                text,
    was_decided_before_sync boolean not null,
    invited_at              timestamptz,
    interviewed_at          timestamptz,
    completed_at            timestamptz,
    completed_at_source     text,
    decided_at              timestamptz,
    last_activity_at        timestamptz,
    interview_minutes       double precision,
    score                   double precision,
    score_at_decision       double precision,
    match_score             double precision,
    speech_score            double precision,
    resume_score            double precision,
    is_resume_eligible      boolean,
    is_sms_eligible         boolean,
    form_status             text,
    is_integrity_enabled    boolean,
    integrity_ranking       bigint,
    current_step_key        text,
    current_step_order      bigint,
    constraint interview_outcomes_pkey primary key (interview_id, workspace_id)
);

comment on table heymilo.interview_outcomes is
    'What became of each interview, one row per interview: computed from its other rows when it is written. Interviews that are deleted in HeyMilo have no row. heymilo_bi.interview_facts adds the posting and leaves out test postings.';
comment on column heymilo.interview_outcomes.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo.interview_outcomes.interview_id is
    'HeyMilo''s id of the interview.';
comment on column heymilo.interview_outcomes.posting_id is
    'The posting the candidate was invited to. NULL when HeyMilo gives none.';
comment on column heymilo.interview_outcomes.person_key is
    'Key of the person, made of the candidate id with a secret salt: counts people without naming them. NULL when HeyMilo gives no candidate id.';
comment on column heymilo.interview_outcomes.source is
    'Where the candidate came from: the key "source" of the interview''s metadata, or else of its data. NULL when neither has one, and when the value is no short name. A short name is a text of at most 60 characters without seven digits, an address or a link.';
comment on column heymilo.interview_outcomes.department is
    'Department in the interview''s own data, from the path that [dimensions] of the settings names. NULL when the path is not set or leads to the posting, and when the value is no short name.';
comment on column heymilo.interview_outcomes.location is
    'Location in the interview''s own data, from the path that [dimensions] of the settings names. NULL as for department.';
comment on column heymilo.interview_outcomes.requisition is
    'Requisition in the interview''s own data, from the path that [dimensions] of the settings names. NULL as for department.';
comment on column heymilo.interview_outcomes.status is
    'Status of the interview in HeyMilo: pending, in_progress, evaluating, completed, shortlisted, dismissed, knocked_out or not_ready. Other words are possible when HeyMilo adds them. NULL when HeyMilo gives none.';
comment on column heymilo.interview_outcomes.is_started is
    'Whether the candidate has begun any step.';
comment on column heymilo.interview_outcomes.is_completed is
    'Whether the candidate finished every step and no step ended the application. Stays true after a decision. Where a decided interview tells nothing of its workflow: whether it has an interviewed_at, or was seen completed before.';
comment on column heymilo.interview_outcomes.is_knocked_out is
    'Whether a step ended the application. Stays true after a decision.';
comment on column heymilo.interview_outcomes.decision is
    'Decision of a recruiter: shortlisted or dismissed. NULL while there is none.';
comment on column heymilo.interview_outcomes.was_decided_before_sync is
    'Whether the decision was made before the interview was first read, so that its time is unknown. False without a decision.';
comment on column heymilo.interview_outcomes.invited_at is
    'Time of the invitation. NULL until the candidates list has been read.';
comment on column heymilo.interview_outcomes.interviewed_at is
    'Time at which the candidate came to the end of the interview. NULL until then.';
comment on column heymilo.interview_outcomes.completed_at is
    'Time of completion: observed, or else interviewed_at, or else the last activity. NULL unless the interview is completed, and when HeyMilo tells none of these.';
comment on column heymilo.interview_outcomes.completed_at_source is
    'Where completed_at comes from: observed, interviewed_at or last_activity_at. NULL when completed_at is NULL.';
comment on column heymilo.interview_outcomes.decided_at is
    'Time at which the decision was first observed. HeyMilo gives no time of its own. NULL without a decision, and when it was made before the first sync.';
comment on column heymilo.interview_outcomes.last_activity_at is
    'Time of the last activity of the candidate in the workflow. NULL while there is none.';
comment on column heymilo.interview_outcomes.interview_minutes is
    'Length of the web interview in minutes: offset of its last turn. Kept when retention removes the transcript. NULL without a transcript with offsets.';
comment on column heymilo.interview_outcomes.score is
    'Overall score, 0 to 100. NULL until HeyMilo has computed it.';
comment on column heymilo.interview_outcomes.score_at_decision is
    'Overall score at the time of the decision. HeyMilo may have computed the score anew since. NULL without a decision or a score.';
comment on column heymilo.interview_outcomes.match_score is
    'Web interview: match with the posting, 0 to 100. NULL without a web interview.';
comment on column heymilo.interview_outcomes.speech_score is
    'Web interview: quality of speech, 0.0 to 5.0. NULL when not judged.';
comment on column heymilo.interview_outcomes.resume_score is
    'Resume: overall score, 0.0 to 100.0. NULL when not scored.';
comment on column heymilo.interview_outcomes.is_resume_eligible is
    'Resume: whether the eligibility criteria are met. NULL when none were checked.';
comment on column heymilo.interview_outcomes.is_sms_eligible is
    'SMS: whether the conversation found the candidate eligible. NULL without a result.';
comment on column heymilo.interview_outcomes.form_status is
    'Form: passed, failed or pending. NULL without a form.';
comment on column heymilo.interview_outcomes.is_integrity_enabled is
    'Integrity: whether detection was switched on. NULL without a report.';
comment on column heymilo.interview_outcomes.integrity_ranking is
    'Integrity: overall judgement from 1 (no sign) to 5 (strong signs). NULL when not judged.';

comment on column heymilo.interview_outcomes.current_step_key is
    'The first step that is not completed: its id, or its place where HeyMilo gives no id. NULL when all steps are completed, and when HeyMilo gives none.';
comment on column heymilo.interview_outcomes.current_step_order is
    'Place of that step in the workflow, from 1, as the interview tells it. NULL as for current_step_key.';

create index interview_outcomes_posting_idx on heymilo.interview_outcomes (workspace_id, posting_id, invited_at);
comment on index heymilo.interview_outcomes_posting_idx is
    'The interviews of a posting, for its figures.';

create index interview_outcomes_waiting_idx on heymilo.interview_outcomes (workspace_id, posting_id)
    where is_completed and decision is null and score is not null;
comment on index heymilo.interview_outcomes_waiting_idx is
    'The few interviews that wait for a decision, without reading the others.';

create table heymilo.step_outcomes (
    workspace_id           text not null,
    interview_id           text not null,
    step_key               text not null,
    posting_id             text,
    invited_at             timestamptz,
    step_id                text,
    step_order             bigint,
    is_entered             boolean not null,
    is_completed           boolean not null,
    is_knocked_out         boolean not null,
    started_at             timestamptz,
    finished_at            timestamptz,
    minutes_in_step        double precision,
    hours_since_previous   double precision,
    hours_since_invitation double precision,
    constraint step_outcomes_pkey primary key (interview_id, workspace_id, step_key)
);

comment on table heymilo.step_outcomes is
    'What became of each step of each interview, one row per step: computed from workflow_steps and workflow_step_changes when the interview is written. A step that moved to another place in the workflow, or that an answer lists twice, is one row.';
comment on column heymilo.step_outcomes.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo.step_outcomes.interview_id is
    'HeyMilo''s id of the interview.';
comment on column heymilo.step_outcomes.step_key is
    'The step within its posting: its id, or its place where HeyMilo gives no id.';
comment on column heymilo.step_outcomes.posting_id is
    'The posting the candidate was invited to. NULL when HeyMilo gives none.';
comment on column heymilo.step_outcomes.invited_at is
    'Time of the invitation. NULL until the candidates list has been read.';
comment on column heymilo.step_outcomes.step_id is
    'HeyMilo''s id of the step. NULL when HeyMilo gives none.';
comment on column heymilo.step_outcomes.step_order is
    'Place of the step in the workflow, from 1, as the interview tells it. NULL when HeyMilo gives none.';
comment on column heymilo.step_outcomes.is_entered is
    'Whether the candidate has begun the step.';
comment on column heymilo.step_outcomes.is_completed is
    'Whether the candidate finished the step and may go on.';
comment on column heymilo.step_outcomes.is_knocked_out is
    'Whether the step ended the application.';
comment on column heymilo.step_outcomes.started_at is
    'Time at which the step began. NULL when it was not observed and HeyMilo gives no time.';
comment on column heymilo.step_outcomes.finished_at is
    'Time at which the step was completed or ended the application. NULL when it was not observed and HeyMilo gives no time.';
comment on column heymilo.step_outcomes.minutes_in_step is
    'Minutes from started_at to finished_at. NULL until there are both times, and when the second is before the first.';
comment on column heymilo.step_outcomes.hours_since_previous is
    'Hours from the end of the step before, or from the invitation for the first step, to finished_at. NULL when either time is unknown, and when the second is before the first.';
comment on column heymilo.step_outcomes.hours_since_invitation is
    'Hours from the invitation to finished_at. NULL when either time is unknown, and when the second is before the first.';

-- Each subquery is a look into an index: on tables that were never analysed a join might read all of one.
create function heymilo_sync.write_interview_outcomes(workspace text, interviews text[])
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    department  text[];
    location    text[];
    requisition text[];
    salt        constant bytea := (select salts.salt from heymilo_sync.salts);
begin
    select
        string_to_array(max(path) filter (where dimension = 'department'), '.'),
        string_to_array(max(path) filter (where dimension = 'location'), '.'),
        string_to_array(max(path) filter (where dimension = 'requisition'), '.')
    into department, location, requisition
    from heymilo_sync.dimensions
    where workspace_id = workspace
      and path not like 'posting.%';

    insert into heymilo.interview_outcomes as known (
        workspace_id, interview_id, posting_id, person_key, source, department, location, requisition,
        status, is_started, is_completed, is_knocked_out, decision, was_decided_before_sync, invited_at,
        interviewed_at, completed_at, completed_at_source, decided_at, last_activity_at,
        interview_minutes, score, score_at_decision, match_score, speech_score, resume_score,
        is_resume_eligible, is_sms_eligible, form_status, is_integrity_enabled, integrity_ranking,
        current_step_key, current_step_order
    )
    select
        subject.workspace_id,
        subject.interview_id,
        subject.posting_id,
        heymilo_sync.person_key(salt, subject.workspace_id, subject.candidate_id),
        coalesce(
            heymilo_sync.short_name(subject.metadata -> 'source'),
            heymilo_sync.short_name(subject.data -> 'source')
        ),
        case when department is not null then
            heymilo_sync.short_name(heymilo_sync.at_path(subject.data, subject.metadata, department))
        end,
        case when location is not null then
            heymilo_sync.short_name(heymilo_sync.at_path(subject.data, subject.metadata, location))
        end,
        case when requisition is not null then
            heymilo_sync.short_name(heymilo_sync.at_path(subject.data, subject.metadata, requisition))
        end,
        subject.status,
        state.is_started,
        state.is_completed,
        state.is_knocked_out,
        decided.decision,
        decided.decision is not null and decided.decided_at is null,
        subject.invited_at,
        subject.interviewed_at,
        case when state.is_completed
            then coalesce(decided.completed_at, subject.interviewed_at, subject.last_activity_at)
        end,
        case
            when not state.is_completed then null
            when decided.completed_at is not null then 'observed'
            when subject.interviewed_at is not null then 'interviewed_at'
            when subject.last_activity_at is not null then 'last_activity_at'
        end,
        decided.decided_at,
        subject.last_activity_at,
        (
            select max(offset_seconds) / 60
            from heymilo.transcript_entries
            where transcript_entries.interview_id = subject.interview_id
              and transcript_entries.workspace_id = workspace
        ),
        subject.score,
        case when decided.decision is not null then coalesce(
            (
                -- The score may have been computed anew since the decision.
                select new_value::double precision
                from heymilo.interview_changes
                where interview_changes.interview_id = subject.interview_id
                  and interview_changes.workspace_id = workspace
                  and field = 'score'
                  and observed_at <= decided.decided_at
                order by observed_at desc
                limit 1
            ),
            subject.score
        ) end,
        web.match_score,
        web.speech_score,
        resume.overall_score,
        resume.is_eligible,
        sms.is_eligible,
        form.overall_status,
        integrity.enabled,
        integrity.overall_ranking,
        steps.current_step_key,
        steps.current_step_order
    from heymilo.interviews as subject
    left join lateral (
        select match_score, speech_score
        from heymilo.web_interviews
        where interview_id = subject.interview_id and workspace_id = workspace
        offset 0
    ) as web on true
    left join lateral (
        select overall_score, is_eligible
        from heymilo.resume_screenings
        where interview_id = subject.interview_id and workspace_id = workspace
        offset 0
    ) as resume on true
    left join lateral (
        select is_eligible
        from heymilo.sms_screenings
        where interview_id = subject.interview_id and workspace_id = workspace
        offset 0
    ) as sms on true
    left join lateral (
        select overall_status
        from heymilo.form_screenings
        where interview_id = subject.interview_id and workspace_id = workspace
        offset 0
    ) as form on true
    left join lateral (
        select enabled, overall_ranking
        from heymilo.integrity_reports
        where interview_id = subject.interview_id and workspace_id = workspace
        offset 0
    ) as integrity on true
    cross join lateral (
        select
            coalesce(bool_or(is_entered), false) as is_started,
            coalesce(bool_or(is_knocked_out), false) as is_knocked_out,
            (array_agg(step_key order by step_order, step_key) filter (where not is_completed))[1]
                as current_step_key,
            min(step_order) filter (where not is_completed) as current_step_order
        from heymilo.step_outcomes
        where interview_id = subject.interview_id and workspace_id = workspace
    ) as steps
    cross join lateral (
        select case
            when subject.status in ('shortlisted', 'dismissed') then subject.status
            when subject.shortlisted then 'shortlisted'
            when subject.dismissed then 'dismissed'
        end as decision
    ) as choice
    cross join lateral (
        -- The flag and the status tell the same: the one that was observed first counts.
        select
            choice.decision,
            least(
                max(observed_at) filter (
                    where field = 'status' and new_value = choice.decision and not first_observation
                ),
                max(observed_at) filter (
                    where field = choice.decision and new_value = 'true' and not first_observation
                )
            ) as decided_at,
            max(coalesce(changed_at, observed_at)) filter (
                where field = 'status' and new_value = 'completed' and not first_observation
            ) as completed_at,
            coalesce(
                bool_or(field = 'status' and 'completed' in (old_value, new_value)), false
            ) as was_completed
        from heymilo.interview_changes
        where interview_id = subject.interview_id and workspace_id = workspace
    ) as decided
    cross join lateral (
        select
            steps.is_knocked_out or coalesce(subject.status = 'knocked_out', false) as is_knocked_out,
            coalesce(subject.workflow_complete, false)
                or coalesce(subject.status in ('evaluating', 'completed'), false)
                -- The word for the decision takes the place of the word for the end.
                or (
                    coalesce(subject.status in ('shortlisted', 'dismissed'), false)
                    and subject.workflow_complete is null
                    and (subject.interviewed_at is not null or decided.was_completed)
                ) as is_at_the_end
    ) as ended
    cross join lateral (
        select
            ended.is_knocked_out,
            ended.is_at_the_end and not ended.is_knocked_out as is_completed,
            ended.is_at_the_end or ended.is_knocked_out or steps.is_started
                or coalesce(subject.status = 'in_progress', false) as is_started
    ) as state
    where subject.interview_id = any (interviews)
      -- No index begins with this.
      and subject.workspace_id || '' = workspace
      and subject.deleted_at is null
    order by subject.interview_id
    on conflict (interview_id, workspace_id) do update
        set posting_id              = excluded.posting_id,
            person_key              = excluded.person_key,
            source                  = excluded.source,
            department              = excluded.department,
            location                = excluded.location,
            requisition             = excluded.requisition,
            status                  = excluded.status,
            is_started              = excluded.is_started,
            is_completed            = excluded.is_completed,
            is_knocked_out          = excluded.is_knocked_out,
            decision                = excluded.decision,
            was_decided_before_sync = excluded.was_decided_before_sync,
            invited_at              = excluded.invited_at,
            interviewed_at          = excluded.interviewed_at,
            completed_at            = excluded.completed_at,
            completed_at_source     = excluded.completed_at_source,
            decided_at              = excluded.decided_at,
            last_activity_at        = excluded.last_activity_at,
            -- Retention removes the transcript, and the length stays.
            interview_minutes       = coalesce(excluded.interview_minutes, known.interview_minutes),
            score                   = excluded.score,
            score_at_decision       = excluded.score_at_decision,
            match_score             = excluded.match_score,
            speech_score            = excluded.speech_score,
            resume_score            = excluded.resume_score,
            is_resume_eligible      = excluded.is_resume_eligible,
            is_sms_eligible         = excluded.is_sms_eligible,
            form_status             = excluded.form_status,
            is_integrity_enabled    = excluded.is_integrity_enabled,
            integrity_ranking       = excluded.integrity_ranking,
            current_step_key        = excluded.current_step_key,
            current_step_order      = excluded.current_step_order
        where known.* is distinct from excluded.*;
end
$$;

comment on function heymilo_sync.write_interview_outcomes(text, text[]) is
    'Computes interview_outcomes of interviews from their other rows, step_outcomes among them.';

create function heymilo_sync.dimension_path(workspace text, name text)
returns text[]
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select string_to_array(path, '.')
    from heymilo_sync.dimensions
    where workspace_id = workspace
      and dimension = name
      and path not like 'posting.%'
$$;

comment on function heymilo_sync.dimension_path(text, text) is
    'Where interviews tell a dimension, as a path of keys. NULL when it is not mapped, or mapped to postings.';

create function heymilo_sync.map_dimensions(workspace text)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    department_path  constant text[] := heymilo_sync.dimension_path(workspace, 'department');
    location_path    constant text[] := heymilo_sync.dimension_path(workspace, 'location');
    requisition_path constant text[] := heymilo_sync.dimension_path(workspace, 'requisition');
begin
    update heymilo.interview_outcomes as outcomes
    set department  = mapped.department,
        location    = mapped.location,
        requisition = mapped.requisition
    from (
        select
            interviews.interview_id,
            heymilo_sync.short_name(heymilo_sync.at_path(data, metadata, department_path)) as department,
            heymilo_sync.short_name(heymilo_sync.at_path(data, metadata, location_path)) as location,
            heymilo_sync.short_name(heymilo_sync.at_path(data, metadata, requisition_path)) as requisition
        from heymilo.interviews
        where interviews.workspace_id = workspace
    ) as mapped
    where outcomes.interview_id = mapped.interview_id
      and outcomes.workspace_id = workspace
      and (outcomes.department, outcomes.location, outcomes.requisition)
          is distinct from (mapped.department, mapped.location, mapped.requisition);
end
$$;

comment on function heymilo_sync.map_dimensions(text) is
    'Applies a change of heymilo_sync.dimensions to the interviews of a workspace.';

create function heymilo_sync.write_step_outcomes(workspace text, interviews text[])
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    with computed as materialized (
        select
            subject.interview_id,
            steps.step_key,
            subject.posting_id,
            subject.invited_at,
            steps.step_id,
            steps.step_order,
            steps.is_entered,
            steps.is_completed,
            steps.is_knocked_out,
            steps.started_at,
            steps.finished_at,
            heymilo_bi.hours_between(steps.started_at, steps.finished_at) * 60 as minutes_in_step,
            heymilo_bi.hours_between(steps.previous_at, steps.finished_at) as hours_since_previous,
            heymilo_bi.hours_between(subject.invited_at, steps.finished_at) as hours_since_invitation
        from heymilo.interviews as subject
        cross join lateral (
            select
                folded.*,
                passages.started_at,
                passages.finished_at,
                lag(passages.finished_at, 1, subject.invited_at) over (
                    order by folded.step_order, folded.position
                ) as previous_at
            from (
                select
                    coalesce(step_id, 'step ' || position) as step_key,
                    step_id,
                    min(position) as position,
                    min(coalesce(step_order, position)) as step_order,
                    coalesce(bool_or(
                        started or completed or knocked_out
                        or status in ('in_progress', 'completed', 'knocked_out')
                    ), false) as is_entered,
                    coalesce(bool_or(completed or status = 'completed'), false)
                        and not coalesce(bool_or(knocked_out or status = 'knocked_out'), false) as is_completed,
                    coalesce(bool_or(knocked_out or status = 'knocked_out'), false) as is_knocked_out
                from heymilo.workflow_steps
                where interview_id = subject.interview_id and workspace_id = workspace
                group by coalesce(step_id, 'step ' || position), step_id
            ) as folded
            left join (
                select
                    coalesce(step_id, 'step ' || position) as step_key,
                    min(changed_at) filter (where new_status = 'in_progress') as started_at,
                    min(changed_at) filter (where new_status in ('completed', 'knocked_out')) as finished_at
                from (
                    select
                        step_id,
                        position,
                        new_status,
                        -- HeyMilo's time, or else ours, unless it may have been so for long at the first look.
                        coalesce(changed_at, case when not first_observation then observed_at end) as changed_at
                    from heymilo.workflow_step_changes
                    where interview_id = subject.interview_id and workspace_id = workspace
                ) as changes
                group by coalesce(step_id, 'step ' || position)
            ) as passages using (step_key)
        ) as steps
        where subject.interview_id = any (interviews)
          and subject.workspace_id || '' = workspace
          and subject.deleted_at is null
    ),
    removed as (
        delete from heymilo.step_outcomes as known
        where known.interview_id = any (interviews)
          and known.workspace_id = workspace
          and not exists (
              select from computed
              where computed.interview_id = known.interview_id
                and computed.step_key = known.step_key
          )
    )
    insert into heymilo.step_outcomes as known (
        workspace_id, interview_id, step_key, posting_id, invited_at, step_id, step_order, is_entered,
        is_completed, is_knocked_out, started_at, finished_at, minutes_in_step, hours_since_previous,
        hours_since_invitation
    )
    select
        workspace, interview_id, step_key, posting_id, invited_at, step_id, step_order, is_entered,
        is_completed, is_knocked_out, started_at, finished_at, minutes_in_step, hours_since_previous,
        hours_since_invitation
    from computed
    on conflict (interview_id, workspace_id, step_key) do update
        set posting_id             = excluded.posting_id,
            invited_at             = excluded.invited_at,
            step_id                = excluded.step_id,
            step_order             = excluded.step_order,
            is_entered             = excluded.is_entered,
            is_completed           = excluded.is_completed,
            is_knocked_out         = excluded.is_knocked_out,
            started_at             = excluded.started_at,
            finished_at            = excluded.finished_at,
            minutes_in_step        = excluded.minutes_in_step,
            hours_since_previous   = excluded.hours_since_previous,
            hours_since_invitation = excluded.hours_since_invitation
        where known.* is distinct from excluded.*;
end
$$;

comment on function heymilo_sync.write_step_outcomes(text, text[]) is
    'Computes step_outcomes of interviews from their steps and the changes of these.';

-- The figures of a posting are computed anew when it has a row here: level-triggered, so a thousand rows are
-- one computation. Rows are only inserted and deleted, so that writers never wait for each other.

create table heymilo_sync.figures_due (
    due_id       bigint generated always as identity,
    workspace_id text not null,
    posting_id   text,
    due_since    timestamptz not null default now(),
    constraint figures_due_pkey primary key (due_id)
);

comment on table heymilo_sync.figures_due is
    'Postings whose interviews changed since their figures were computed: one row per posting and transaction. The worker for figures deletes the rows that it saw and computes the figures of the posting.';
comment on column heymilo_sync.figures_due.due_id is
    'Number of the row.';
comment on column heymilo_sync.figures_due.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo_sync.figures_due.posting_id is
    'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_sync.figures_due.due_since is
    'Time of the change.';

-- Without force_generic_plan Postgres plans each batch anew, which takes longer than to run it. Without
-- enable_seqscan = off a plan that was made on an empty table would go on to read all of that table.
create function heymilo_sync.write_outcomes(workspace text, interviews text[])
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set jit = off
as $$
declare
    -- An interview may leave a posting.
    postings constant text[] := array(
        select posting_id
        from heymilo.interview_outcomes
        where interview_id = any (interviews)
          and workspace_id || '' = workspace
    );
    -- Read by itself: as an anti join, Postgres would read all interviews of the workspace.
    live constant text[] := array(
        select held.interview_id
        from heymilo.interviews as held
        where held.interview_id = any (interviews)
          and held.workspace_id || '' = workspace
          and held.deleted_at is null
    );
begin
    perform heymilo_sync.write_step_outcomes(workspace, interviews);
    perform heymilo_sync.write_interview_outcomes(workspace, interviews);

    -- What HeyMilo has no more.
    delete from heymilo.interview_outcomes
    where interview_id = any (interviews)
      and workspace_id || '' = workspace
      and interview_id <> all (live);

    insert into heymilo_sync.figures_due (workspace_id, posting_id)
    select workspace, posting_id
    from unnest(postings) as posting_id
    union
    select workspace, posting_id
    from heymilo.interview_outcomes
    where interview_id = any (interviews)
      and workspace_id || '' = workspace;
end
$$;

comment on function heymilo_sync.write_outcomes(text, text[]) is
    'Brings the outcomes of interviews up to date with their other rows: called in the transaction that writes these.';

create function heymilo_sync.make_figures_due(workspace text, interviews text[])
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into heymilo_sync.figures_due (workspace_id, posting_id)
    select distinct workspace_id, posting_id
    from heymilo.interview_outcomes
    where interview_id = any (interviews)
      and workspace_id || '' = workspace;
end
$$;

comment on function heymilo_sync.make_figures_due(text, text[]) is
    'Makes the figures of the postings of interviews due.';
