-- One wide row per interview and one per step: the rule of what is counted, and what follows
-- from several columns, stand here once. The other views for dashboards are built on them.

create function heymilo_bi.rate(part bigint, whole bigint)
    returns double precision
    language sql
    immutable
    parallel safe
    return part::double precision / nullif(whole, 0);

comment on function heymilo_bi.rate(bigint, bigint) is
    'A part of a whole, 0.0 to 1.0. NULL when there is no whole to be a part of.';

create function heymilo_bi.is_small(size bigint)
    returns boolean
    language sql
    immutable
    parallel safe
    return size < 30;

comment on function heymilo_bi.is_small(bigint) is
    'Whether a group has fewer than 30 members: its rates, means and correlations may be chance.';

create function heymilo_bi.week_of(moment timestamptz)
    returns date
    language sql
    immutable
    parallel safe
    return date_trunc('week', moment at time zone 'UTC')::date;

comment on function heymilo_bi.week_of(timestamptz) is
    'The Monday of the week in which a moment lies, in UTC whatever the time zone of the session.';

create view heymilo_bi.interview_summary as
select
    interviews.workspace_id,
    interviews.interview_id,
    interviews.posting_id,
    postings.title as posting_title,
    (
        -- Whatever else is kept under this key may tell who somebody is.
        select btrim(found.source #>> '{}')
        from (
            values (1, interviews.metadata -> 'source'), (2, interviews.data -> 'source')
        ) as found (place, source)
        where jsonb_typeof(found.source) = 'string'
          and char_length(btrim(found.source #>> '{}')) between 1 and 60
          and found.source #>> '{}' !~* '@|://|\.[a-z]{2,}/|[[:cntrl:]]|([0-9][^0-9]*){7}'
        order by found.place
        limit 1
    ) as source,
    interviews.status,
    coalesce(interviews.status in ('in_progress', 'evaluating', 'completed', 'knocked_out'), false)
        or coalesce(interviews.workflow_complete, false)
        or coalesce(steps.started, false)
        or ended.was_completed as started,
    coalesce(interviews.workflow_complete, false)
        or coalesce(interviews.status in ('evaluating', 'completed'), false)
        or ended.was_completed as completed,
    coalesce(interviews.status = 'knocked_out', false)
        or coalesce(steps.knocked_out, false) as knocked_out,
    decided.decision,
    interviews.shortlisted,
    interviews.dismissed,
    interviews.invited_at,
    interviews.interviewed_at,
    interviews.last_activity_at,
    (
        -- The flag and the status tell the same; whichever was seen first counts.
        select least(
            max(observed_at) filter (where field = 'status'),
            max(observed_at) filter (where field <> 'status')
        )
        from heymilo.interview_changes
        where interview_changes.interview_id = interviews.interview_id
          and interview_changes.workspace_id = interviews.workspace_id
          and not first_observation
          and (field, new_value) in (
              ('status', decided.decision),
              (decided.decision, 'true')
          )
    ) as decided_at,
    interviews.score,
    web_interviews.match_score,
    web_interviews.speech_score,
    resume_screenings.overall_score as resume_score,
    resume_screenings.is_eligible as resume_is_eligible,
    sms_screenings.is_eligible as sms_is_eligible,
    form_screenings.overall_status as form_status,
    integrity_reports.enabled as integrity_enabled,
    integrity_reports.overall_ranking as integrity_ranking
from heymilo.interviews
left join heymilo.postings using (workspace_id, posting_id)
left join heymilo.web_interviews using (workspace_id, interview_id)
left join heymilo.resume_screenings using (workspace_id, interview_id)
left join heymilo.sms_screenings using (workspace_id, interview_id)
left join heymilo.form_screenings using (workspace_id, interview_id)
left join heymilo.integrity_reports using (workspace_id, interview_id)
left join (
    select
        workspace_id,
        interview_id,
        bool_or(
            started or completed or knocked_out
            or status in ('in_progress', 'completed', 'knocked_out')
        ) as started,
        bool_or(knocked_out or status = 'knocked_out') as knocked_out
    from heymilo.workflow_steps
    group by workspace_id, interview_id
) as steps using (workspace_id, interview_id)
left join (
    select
        workspace_id,
        interview_id,
        true as seen
    from heymilo.interview_changes
    where field = 'status'
      and 'completed' in (old_value, new_value)
    group by workspace_id, interview_id
) as completions using (workspace_id, interview_id)
cross join lateral (
    select case
        when interviews.status in ('shortlisted', 'dismissed') then interviews.status
        when interviews.shortlisted then 'shortlisted'
        when interviews.dismissed then 'dismissed'
    end as decision
) as decided
cross join lateral (
    -- The word for the decision takes the place of the word for the end.
    select coalesce(interviews.status in ('shortlisted', 'dismissed'), false)
        and interviews.workflow_complete is null
        and (interviews.interviewed_at is not null or completions.seen is not null) as was_completed
) as ended
where interviews.deleted_at is null
  and postings.deleted_at is null
  and postings.test_posting is not true;

comment on view heymilo_bi.interview_summary is
    'One wide row per interview, without names: what most charts need. Test postings, and interviews or postings that are deleted in HeyMilo, are left out here and therefore in every view. Interviews whose posting was not read yet are counted.';
comment on column heymilo_bi.interview_summary.workspace_id is
    'The workspace the interview belongs to.';
comment on column heymilo_bi.interview_summary.interview_id is
    'HeyMilo''s id of the interview.';
comment on column heymilo_bi.interview_summary.posting_id is
    'The posting the candidate was invited to.';
comment on column heymilo_bi.interview_summary.posting_title is
    'What the posting is called. NULL until the posting was read.';
comment on column heymilo_bi.interview_summary.source is
    'Where the candidate came from: the key "source" of the interview''s metadata, or else of its data. NULL when neither has one, and when it is no short name: more than 60 characters, seven digits, an address, a link, or anything but text. A person''s name cannot be told from another: what writes it there shows it.';
comment on column heymilo_bi.interview_summary.status is
    'Where the interview stands; see heymilo.interviews.status.';
comment on column heymilo_bi.interview_summary.started is
    'Whether the candidate has begun any step.';
comment on column heymilo_bi.interview_summary.completed is
    'Whether the candidate has finished every step; stays true when a recruiter has decided, and while the score is still being computed. Where a decided interview tells nothing of its workflow: whether it has an interviewed_at, or was seen completed before.';
comment on column heymilo_bi.interview_summary.knocked_out is
    'Whether a step ended the application; stays true when a recruiter decides otherwise later.';
comment on column heymilo_bi.interview_summary.decision is
    'What a recruiter decided: shortlisted or dismissed. NULL as long as nobody has.';
comment on column heymilo_bi.interview_summary.shortlisted is
    'True when a recruiter put the candidate on the shortlist. NULL until the candidates'' list has been read.';
comment on column heymilo_bi.interview_summary.dismissed is
    'True when a recruiter turned the candidate down. NULL until the candidates'' list has been read.';
comment on column heymilo_bi.interview_summary.invited_at is
    'When the candidate was invited.';
comment on column heymilo_bi.interview_summary.interviewed_at is
    'When the candidate came to the end of the interview. NULL until then.';
comment on column heymilo_bi.interview_summary.last_activity_at is
    'When the candidate last did something. NULL as long as nothing.';
comment on column heymilo_bi.interview_summary.decided_at is
    'When the decision was first seen; HeyMilo tells no time of its own, so it was made between this and the look before. NULL without a decision, and when it was made before the interview was first seen.';
comment on column heymilo_bi.interview_summary.score is
    'Overall score, 0 to 100. NULL until HeyMilo has computed it.';
comment on column heymilo_bi.interview_summary.match_score is
    'Web interview: match with the posting, 0 to 100. NULL without one.';
comment on column heymilo_bi.interview_summary.speech_score is
    'Web interview: quality of speech, 0.0 to 5.0. NULL when not judged.';
comment on column heymilo_bi.interview_summary.resume_score is
    'Resume: overall score, 0.0 to 100.0. NULL when not scored.';
comment on column heymilo_bi.interview_summary.resume_is_eligible is
    'Resume: whether the eligibility criteria are met. NULL when none were checked.';
comment on column heymilo_bi.interview_summary.sms_is_eligible is
    'SMS: whether the conversation found the candidate eligible. NULL without a result.';
comment on column heymilo_bi.interview_summary.form_status is
    'Form: passed, failed or pending. NULL without a form.';
comment on column heymilo_bi.interview_summary.integrity_enabled is
    'Integrity: whether detection was switched on. NULL without a report.';
comment on column heymilo_bi.interview_summary.integrity_ranking is
    'Integrity: overall judgement from 1 (no sign) to 5 (strong signs). NULL when not judged.';

create view heymilo_bi.interview_steps as
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

comment on view heymilo_bi.interview_steps is
    'One row per step of an interview, as it stands now, with the kind of its agent.';
comment on column heymilo_bi.interview_steps.workspace_id is
    'The workspace the interview belongs to.';
comment on column heymilo_bi.interview_steps.interview_id is
    'HeyMilo''s id of the interview.';
comment on column heymilo_bi.interview_steps.posting_id is
    'The posting the candidate was invited to.';
comment on column heymilo_bi.interview_steps.posting_title is
    'What the posting is called. NULL until the posting was read.';
comment on column heymilo_bi.interview_steps.position is
    'Place of the step in HeyMilo''s answer, from 1.';
comment on column heymilo_bi.interview_steps.step_order is
    'Order of the step in the workflow, from 1; its position where HeyMilo gives none.';
comment on column heymilo_bi.interview_steps.step_id is
    'HeyMilo''s id of the step. NULL when it gives none.';
comment on column heymilo_bi.interview_steps.step_type is
    'Kind of agent: web_interview, conversational_sms, resume or form. NULL when the posting, as last read, has no such step.';
comment on column heymilo_bi.interview_steps.status is
    'not_started, in_progress, completed or knocked_out; other words are possible when HeyMilo adds them.';
comment on column heymilo_bi.interview_steps.entered is
    'Whether the candidate has begun the step.';
comment on column heymilo_bi.interview_steps.completed is
    'Whether the candidate has finished the step and may go on.';
comment on column heymilo_bi.interview_steps.knocked_out is
    'Whether the step ended the application.';
comment on column heymilo_bi.interview_steps.invited_at is
    'When the candidate was invited.';
comment on column heymilo_bi.interview_steps.last_updated_at is
    'When the step last changed, as HeyMilo tells it. NULL when it does not.';
