-- Facts at the grain of the event, each with its dates, and the dimensions they share. A view of facts names the
-- posting and leaves out test postings and what HeyMilo has no more: that rule stands in known_postings alone.

create view heymilo_sync.known_postings as
select
    postings.workspace_id,
    postings.posting_id,
    postings.title as posting_title,
    case
        when count(*) over (partition by postings.workspace_id, postings.title) > 1
        then coalesce(postings.title, 'untitled') || ' (' || postings.posting_id || ')'
        else coalesce(postings.title, 'untitled')
    end as posting_label,
    postings.deleted_at is not null or postings.test_posting is true as is_hidden,
    heymilo_sync.short_name((
        select jsonb_build_object('metadata', postings.metadata, 'ats_metadata', postings.ats_metadata)
            #> (string_to_array(dimensions.path, '.'))[2:]
        from heymilo_sync.dimensions
        where dimensions.workspace_id = postings.workspace_id
          and dimension = 'department'
          and path like 'posting.%'
    )) as department,
    heymilo_sync.short_name((
        select jsonb_build_object('metadata', postings.metadata, 'ats_metadata', postings.ats_metadata)
            #> (string_to_array(dimensions.path, '.'))[2:]
        from heymilo_sync.dimensions
        where dimensions.workspace_id = postings.workspace_id
          and dimension = 'location'
          and path like 'posting.%'
    )) as location,
    heymilo_sync.short_name((
        select jsonb_build_object('metadata', postings.metadata, 'ats_metadata', postings.ats_metadata)
            #> (string_to_array(dimensions.path, '.'))[2:]
        from heymilo_sync.dimensions
        where dimensions.workspace_id = postings.workspace_id
          and dimension = 'requisition'
          and path like 'posting.%'
    )) as requisition
from heymilo.postings;

comment on view heymilo_sync.known_postings is
    'Postings as dashboards name them, hidden ones included.';
comment on column heymilo_sync.known_postings.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo_sync.known_postings.posting_id is
    'HeyMilo''s id of the posting.';
comment on column heymilo_sync.known_postings.posting_title is
    'Title of the posting. NULL when HeyMilo gives none.';
comment on column heymilo_sync.known_postings.posting_label is
    'Title of the posting, with its id where another posting of the workspace has the same title.';
comment on column heymilo_sync.known_postings.is_hidden is
    'Whether no view counts its interviews: a test posting, or one that is deleted in HeyMilo.';
comment on column heymilo_sync.known_postings.department is
    'Department of the posting, from the path in heymilo_sync.dimensions. NULL when the path is not set, leads to the interview, or to no short name.';
comment on column heymilo_sync.known_postings.location is
    'Location of the posting. NULL as for department.';
comment on column heymilo_sync.known_postings.requisition is
    'Requisition of the posting. NULL as for department.';

create view heymilo_sync.known_steps as
select distinct on (workspace_id, posting_id, coalesce(step_id, 'step ' || position))
    workspace_id,
    posting_id,
    coalesce(step_id, 'step ' || position) as step_key,
    step_type,
    coalesce(step_order, position) as step_order,
    config -> 'knockout_enabled' is distinct from 'false'::jsonb as is_knockout_enabled
from heymilo.posting_steps
order by workspace_id, posting_id, coalesce(step_id, 'step ' || position), position;

comment on view heymilo_sync.known_steps is
    'Steps of postings by the key that step_outcomes has: of two with one id the first.';
comment on column heymilo_sync.known_steps.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo_sync.known_steps.posting_id is
    'The posting.';
comment on column heymilo_sync.known_steps.step_key is
    'The step within its posting: its id, or its place where HeyMilo gives no id.';
comment on column heymilo_sync.known_steps.step_type is
    'Kind of agent. NULL when HeyMilo gives none.';
comment on column heymilo_sync.known_steps.step_order is
    'Place of the step in the workflow, from 1.';
comment on column heymilo_sync.known_steps.is_knockout_enabled is
    'Whether failing a criterion of the step may end the application: false only when knockout_enabled of its config is false.';

create view heymilo_sync.known_questions as
select distinct on (workspace_id, posting_id, question_id)
    workspace_id,
    posting_id,
    question_id,
    question_text
from heymilo.questions
where question_id is not null
order by workspace_id, posting_id, question_id, position;

comment on view heymilo_sync.known_questions is
    'Questions of postings by their id: of two with one id the first.';
comment on column heymilo_sync.known_questions.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo_sync.known_questions.posting_id is
    'The posting.';
comment on column heymilo_sync.known_questions.question_id is
    'HeyMilo''s id of the question.';
comment on column heymilo_sync.known_questions.question_text is
    'Text of the question. NULL when HeyMilo gives none.';

create view heymilo_sync.signals as
select
    reports.workspace_id,
    reports.interview_id,
    signals.signal,
    signals.is_detected
from heymilo.integrity_reports as reports
cross join lateral (
    values
        ('overall', reports.overall_ranking >= 4),
        ('cheating', reports.cheating_detected),
        ('llm_generated', reports.llm_generated_detected),
        ('unusual_delay', reports.delay_detected),
        (
            'tab_switch',
            case jsonb_typeof(reports.tab_switch_detection -> 'total_count')
                when 'number' then reports.tab_switch_detection -> 'total_count' > '0'
            end
        ),
        (
            'movement',
            case
                when exists (
                    select
                    from heymilo.integrity_findings
                    where integrity_findings.interview_id = reports.interview_id
                      and integrity_findings.workspace_id = reports.workspace_id
                      and detector = 'movement'
                ) then true
                when reports.interview_integrity_status = 'completed' then false
            end
        )
) as signals (signal, is_detected)
where reports.enabled;

comment on view heymilo_sync.signals is
    'Signals of cheating: one row per interview and signal, only where detection was switched on.';
comment on column heymilo_sync.signals.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo_sync.signals.interview_id is
    'HeyMilo''s id of the interview.';
comment on column heymilo_sync.signals.signal is
    'overall (a ranking of 4 or 5), cheating, llm_generated, unusual_delay, tab_switch or movement (any movement seen in the recording). Honest people move as well.';
comment on column heymilo_sync.signals.is_detected is
    'Whether the signal was detected. NULL when the detector has not judged: without a web interview, or with the detector off.';

create view heymilo_bi.interview_facts as
select
    outcomes.workspace_id,
    outcomes.interview_id,
    outcomes.workspace_id || '/' || outcomes.interview_id as interview_key,
    outcomes.posting_id,
    postings.posting_title,
    postings.posting_label,
    outcomes.person_key,
    outcomes.source,
    coalesce(outcomes.department, postings.department) as department,
    coalesce(outcomes.location, postings.location) as location,
    coalesce(outcomes.requisition, postings.requisition) as requisition,
    outcomes.status,
    case
        when outcomes.is_knocked_out then 'knocked_out'
        when outcomes.is_completed then 'completed'
        when outcomes.is_started then 'unfinished'
        else 'never_started'
    end as outcome,
    outcomes.is_started,
    outcomes.is_completed,
    outcomes.is_knocked_out,
    outcomes.decision,
    outcomes.was_decided_before_sync,
    outcomes.invited_at,
    heymilo_bi.week_of(outcomes.invited_at, reporting.time_zone) as invited_week,
    outcomes.interviewed_at,
    outcomes.completed_at,
    outcomes.completed_at_source,
    outcomes.decided_at,
    outcomes.last_activity_at,
    heymilo_bi.hours_between(outcomes.invited_at, outcomes.interviewed_at) as hours_to_interview,
    heymilo_bi.hours_between(outcomes.completed_at, outcomes.decided_at) as hours_to_decision,
    outcomes.interview_minutes,
    outcomes.score,
    outcomes.score_at_decision,
    outcomes.match_score,
    outcomes.speech_score,
    outcomes.resume_score,
    outcomes.is_resume_eligible,
    outcomes.is_sms_eligible,
    outcomes.form_status,
    outcomes.is_integrity_enabled,
    outcomes.integrity_ranking,
    outcomes.current_step_key,
    outcomes.current_step_order
from heymilo.interview_outcomes as outcomes
cross join heymilo_sync.reporting
left join heymilo_sync.known_postings as postings
    on postings.workspace_id = outcomes.workspace_id
   and postings.posting_id = outcomes.posting_id
where postings.is_hidden is not true;

comment on view heymilo_bi.interview_facts is
    'One row per interview, without names: what most charts need. Test postings, and interviews or postings that are deleted in HeyMilo, are left out here and in every other view. Interviews whose posting was not read yet are counted.';
comment on column heymilo_bi.interview_facts.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo_bi.interview_facts.interview_id is
    'HeyMilo''s id of the interview.';
comment on column heymilo_bi.interview_facts.interview_key is
    'Key of the interview in all workspaces: joins the facts, and is unique in interview_facts.';
comment on column heymilo_bi.interview_facts.posting_id is
    'The posting the candidate was invited to. NULL when HeyMilo gives none.';
comment on column heymilo_bi.interview_facts.posting_title is
    'Title of the posting. Titles can repeat: posting_label is unique. NULL until the posting was read.';
comment on column heymilo_bi.interview_facts.posting_label is
    'Title of the posting, with its id where another posting of the workspace has the same title. NULL until the posting was read.';
comment on column heymilo_bi.interview_facts.person_key is
    'Key of the person, made of the candidate id with a secret salt: counts people without naming them. NULL when HeyMilo gives no candidate id.';
comment on column heymilo_bi.interview_facts.source is
    'Where the candidate came from: the key "source" of the interview''s metadata, or else of its data. NULL when neither has one, and when the value is no short name. A short name is a text of at most 60 characters without seven digits, an address or a link.';
comment on column heymilo_bi.interview_facts.department is
    'Department, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.interview_facts.location is
    'Location, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.interview_facts.requisition is
    'Requisition, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.interview_facts.status is
    'Status of the interview in HeyMilo: pending, in_progress, evaluating, completed, shortlisted, dismissed, knocked_out or not_ready. Other words are possible when HeyMilo adds them. NULL when HeyMilo gives none.';
comment on column heymilo_bi.interview_facts.outcome is
    'completed, knocked_out, unfinished or never_started: each interview has exactly one, so the four add up to all invitations.';
comment on column heymilo_bi.interview_facts.is_started is
    'Whether the candidate has begun any step.';
comment on column heymilo_bi.interview_facts.is_completed is
    'Whether the candidate finished every step and no step ended the application. Stays true after a decision. Where a decided interview tells nothing of its workflow: whether it has an interviewed_at, or was seen completed before.';
comment on column heymilo_bi.interview_facts.is_knocked_out is
    'Whether a step ended the application. Stays true after a decision.';
comment on column heymilo_bi.interview_facts.decision is
    'Decision of a recruiter: shortlisted or dismissed. NULL while there is none.';
comment on column heymilo_bi.interview_facts.was_decided_before_sync is
    'Whether the decision was made before the interview was first read, so that its time is unknown. False without a decision.';
comment on column heymilo_bi.interview_facts.invited_at is
    'Time of the invitation. NULL until the candidates list has been read.';
comment on column heymilo_bi.interview_facts.invited_week is
    'Monday of the week of the invitation, in the reporting time zone of the settings. NULL until the candidates list has been read.';
comment on column heymilo_bi.interview_facts.interviewed_at is
    'Time at which the candidate came to the end of the interview. NULL until then.';
comment on column heymilo_bi.interview_facts.completed_at is
    'Time of completion: observed, or else interviewed_at, or else the last activity. NULL unless the interview is completed, and when HeyMilo tells none of these.';
comment on column heymilo_bi.interview_facts.completed_at_source is
    'Where completed_at comes from: observed, interviewed_at or last_activity_at. NULL when completed_at is NULL.';
comment on column heymilo_bi.interview_facts.decided_at is
    'Time at which the decision was first observed. HeyMilo gives no time of its own. NULL without a decision, and when it was made before the first sync.';
comment on column heymilo_bi.interview_facts.last_activity_at is
    'Time of the last activity of the candidate in the workflow. NULL while there is none.';
comment on column heymilo_bi.interview_facts.hours_to_interview is
    'Hours from the invitation to the end of the interview. NULL until there are both times, and when the second is before the first.';
comment on column heymilo_bi.interview_facts.hours_to_decision is
    'Hours from completed_at to decided_at. NULL until there are both times, and when the second is before the first.';
comment on column heymilo_bi.interview_facts.interview_minutes is
    'Length of the web interview in minutes: offset of its last turn. Kept when retention removes the transcript. NULL without a transcript with offsets.';
comment on column heymilo_bi.interview_facts.score is
    'Overall score, 0 to 100. NULL until HeyMilo has computed it.';
comment on column heymilo_bi.interview_facts.score_at_decision is
    'Overall score at the time of the decision. HeyMilo may have computed the score anew since. NULL without a decision or a score.';
comment on column heymilo_bi.interview_facts.match_score is
    'Web interview: match with the posting, 0 to 100. NULL without a web interview.';
comment on column heymilo_bi.interview_facts.speech_score is
    'Web interview: quality of speech, 0.0 to 5.0. NULL when not judged.';
comment on column heymilo_bi.interview_facts.resume_score is
    'Resume: overall score, 0.0 to 100.0. NULL when not scored.';
comment on column heymilo_bi.interview_facts.is_resume_eligible is
    'Resume: whether the eligibility criteria are met. NULL when none were checked.';
comment on column heymilo_bi.interview_facts.is_sms_eligible is
    'SMS: whether the conversation found the candidate eligible. NULL without a result.';
comment on column heymilo_bi.interview_facts.form_status is
    'Form: passed, failed or pending. NULL without a form.';
comment on column heymilo_bi.interview_facts.is_integrity_enabled is
    'Integrity: whether detection was switched on. NULL without a report.';
comment on column heymilo_bi.interview_facts.integrity_ranking is
    'Integrity: overall judgement from 1 (no sign) to 5 (strong signs). NULL when not judged.';
comment on column heymilo_bi.interview_facts.current_step_key is
    'The first step that is not completed, as step_facts.step_key names it. NULL when all steps are completed, and when HeyMilo gives none.';
comment on column heymilo_bi.interview_facts.current_step_order is
    'Place of that step in the workflow, from 1, as the interview tells it. NULL as for current_step_key.';

create view heymilo_bi.step_facts as
select
    outcomes.workspace_id,
    outcomes.interview_id,
    outcomes.workspace_id || '/' || outcomes.interview_id as interview_key,
    outcomes.workspace_id || '/' || outcomes.interview_id || '/' || outcomes.step_key as step_fact_key,
    outcomes.posting_id,
    postings.posting_title,
    postings.posting_label,
    coalesce(interviews.department, postings.department) as department,
    coalesce(interviews.location, postings.location) as location,
    coalesce(interviews.requisition, postings.requisition) as requisition,
    outcomes.step_key,
    outcomes.step_id,
    coalesce(steps.step_order, outcomes.step_order) as step_order,
    steps.step_type,
    outcomes.is_entered,
    outcomes.is_completed,
    outcomes.is_knocked_out,
    outcomes.invited_at,
    heymilo_bi.week_of(outcomes.invited_at, reporting.time_zone) as invited_week,
    outcomes.started_at,
    outcomes.finished_at,
    outcomes.minutes_in_step,
    outcomes.hours_since_previous,
    outcomes.hours_since_invitation
from heymilo.step_outcomes as outcomes
cross join heymilo_sync.reporting
left join heymilo.interview_outcomes as interviews
    on interviews.interview_id = outcomes.interview_id
   and interviews.workspace_id = outcomes.workspace_id
left join heymilo_sync.known_postings as postings
    on postings.workspace_id = outcomes.workspace_id
   and postings.posting_id = outcomes.posting_id
left join heymilo_sync.known_steps as steps
    on steps.workspace_id = outcomes.workspace_id
   and steps.posting_id = outcomes.posting_id
   and steps.step_key = outcomes.step_key
where postings.is_hidden is not true;

comment on view heymilo_bi.step_facts is
    'One row per step of an interview, as it stands now, with its times. A step that moved to another place, or that an answer lists twice, is one row.';
comment on column heymilo_bi.step_facts.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo_bi.step_facts.interview_id is
    'HeyMilo''s id of the interview.';
comment on column heymilo_bi.step_facts.interview_key is
    'Key of the interview in all workspaces: joins the facts, and is unique in interview_facts.';
comment on column heymilo_bi.step_facts.step_fact_key is
    'Key of the row: unique.';
comment on column heymilo_bi.step_facts.posting_id is
    'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_bi.step_facts.posting_title is
    'Title of the posting. Titles can repeat: posting_label is unique. NULL until the posting was read.';
comment on column heymilo_bi.step_facts.posting_label is
    'Title of the posting, with its id where another posting of the workspace has the same title. NULL until the posting was read.';
comment on column heymilo_bi.step_facts.department is
    'Department, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.step_facts.location is
    'Location, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.step_facts.requisition is
    'Requisition, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.step_facts.step_key is
    'The step within its posting: its id, or its place where HeyMilo gives no id.';
comment on column heymilo_bi.step_facts.step_id is
    'HeyMilo''s id of the step. NULL when HeyMilo gives none.';
comment on column heymilo_bi.step_facts.step_order is
    'Place of the step in the workflow, from 1: as the posting has it now, or else as the interviews tell it. NULL when neither tells it.';
comment on column heymilo_bi.step_facts.step_type is
    'Kind of agent: web_interview, conversational_sms, resume or form. NULL when the posting, as last read, has no such step.';
comment on column heymilo_bi.step_facts.is_entered is
    'Whether the candidate has begun the step.';
comment on column heymilo_bi.step_facts.is_completed is
    'Whether the candidate finished the step and may go on.';
comment on column heymilo_bi.step_facts.is_knocked_out is
    'Whether the step ended the application.';
comment on column heymilo_bi.step_facts.invited_at is
    'Time of the invitation. NULL until the candidates list has been read.';
comment on column heymilo_bi.step_facts.invited_week is
    'Monday of the week of the invitation, in the reporting time zone of the settings. NULL until the candidates list has been read.';
comment on column heymilo_bi.step_facts.started_at is
    'Time at which the step began. NULL when it was not observed and HeyMilo gives no time.';
comment on column heymilo_bi.step_facts.finished_at is
    'Time at which the step was completed or ended the application. NULL when it was not observed and HeyMilo gives no time.';
comment on column heymilo_bi.step_facts.minutes_in_step is
    'Minutes from started_at to finished_at. NULL until there are both times, and when the second is before the first.';
comment on column heymilo_bi.step_facts.hours_since_previous is
    'Hours from the end of the step before, or from the invitation for the first step, to finished_at. NULL when either time is unknown, and when the second is before the first.';
comment on column heymilo_bi.step_facts.hours_since_invitation is
    'Hours from the invitation to finished_at. NULL when either time is unknown, and when the second is before the first.';

create view heymilo_sync.verdicts as
select
    workspace_id, interview_id, 'resume_eligibility' as kind, 'resume' as step_type, position,
    criteria_id, criteria_text, true as is_knockout, passed as is_passed,
    null::double precision as criterion_score, confidence
from heymilo.resume_eligibility_criteria
union all
select
    workspace_id, interview_id, 'resume_scoring', null, position,
    criteria_id, criteria_text, false, null, score, confidence
from heymilo.resume_score_criteria
union all
select
    workspace_id, interview_id, 'sms', 'conversational_sms', position,
    criteria_id, criteria_text, is_dealbreaker, passed, null, confidence
from heymilo.sms_criteria
union all
select
    workspace_id, interview_id, 'form', 'form', position,
    question_id, question_text, is_knockout, passed, null, null
from heymilo.form_answers;

comment on view heymilo_sync.verdicts is
    'Criteria of every agent in one shape: one row per interview and criterion.';
comment on column heymilo_sync.verdicts.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo_sync.verdicts.interview_id is
    'HeyMilo''s id of the interview.';
comment on column heymilo_sync.verdicts.kind is
    'resume_eligibility, resume_scoring, sms or form.';
comment on column heymilo_sync.verdicts.step_type is
    'Kind of the step whose application the criterion may end. NULL for criteria that are scored.';
comment on column heymilo_sync.verdicts.position is
    'Place in HeyMilo''s answer, from 1.';
comment on column heymilo_sync.verdicts.criteria_id is
    'HeyMilo''s id of the criterion. NULL when HeyMilo gives none.';
comment on column heymilo_sync.verdicts.criteria_text is
    'Text of the criterion, as the posting has it now where it is known there. NULL when HeyMilo gives none.';
comment on column heymilo_sync.verdicts.is_knockout is
    'Whether failing the criterion may end the application. NULL when HeyMilo does not say.';
comment on column heymilo_sync.verdicts.is_passed is
    'Whether the criterion is met. NULL when it was not decided, and for criteria that are scored.';
comment on column heymilo_sync.verdicts.criterion_score is
    'Resume scoring: score of the criterion, 0.0 to 10.0. NULL for other kinds and when not scored.';
comment on column heymilo_sync.verdicts.confidence is
    'The AI''s confidence, 0.0 to 1.0. NULL when HeyMilo gives none.';

create view heymilo_bi.criterion_facts as
select
    interviews.workspace_id,
    interviews.interview_id,
    interviews.interview_key,
    interviews.interview_key || '/' || verdicts.kind || '/' || verdicts.position as criterion_fact_key,
    interviews.posting_id,
    interviews.posting_title,
    interviews.posting_label,
    interviews.department,
    interviews.location,
    interviews.requisition,
    interviews.invited_at,
    interviews.invited_week,
    verdicts.kind,
    verdicts.position,
    verdicts.criteria_id,
    coalesce(questions.question_text, verdicts.criteria_text) as criteria_text,
    verdicts.is_knockout,
    verdicts.is_passed,
    verdicts.criterion_score,
    verdicts.confidence,
    interviews.is_knocked_out
        and verdicts.is_knockout is true
        and verdicts.is_passed is false
        and exists (
            select
            from heymilo.step_outcomes as ended
            join heymilo_sync.known_steps as steps
              on steps.workspace_id = ended.workspace_id
             and steps.posting_id = ended.posting_id
             and steps.step_key = ended.step_key
            where ended.interview_id = interviews.interview_id
              and ended.workspace_id = interviews.workspace_id
              and ended.is_knocked_out
              and steps.step_type = verdicts.step_type
              and steps.is_knockout_enabled
        ) as is_knockout_reason
from heymilo_bi.interview_facts as interviews
join heymilo_sync.verdicts using (workspace_id, interview_id)
left join heymilo_sync.known_questions as questions
    on questions.workspace_id = interviews.workspace_id
   and questions.posting_id = interviews.posting_id
   and questions.question_id = verdicts.criteria_id;

comment on view heymilo_bi.criterion_facts is
    'One row per interview and criterion of a resume, an SMS conversation or a form, with its verdict: without what the candidate wrote.';
comment on column heymilo_bi.criterion_facts.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo_bi.criterion_facts.interview_id is
    'HeyMilo''s id of the interview.';
comment on column heymilo_bi.criterion_facts.interview_key is
    'Key of the interview in all workspaces: joins the facts, and is unique in interview_facts.';
comment on column heymilo_bi.criterion_facts.criterion_fact_key is
    'Key of the row: unique.';
comment on column heymilo_bi.criterion_facts.posting_id is
    'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_bi.criterion_facts.posting_title is
    'Title of the posting. Titles can repeat: posting_label is unique. NULL until the posting was read.';
comment on column heymilo_bi.criterion_facts.posting_label is
    'Title of the posting, with its id where another posting of the workspace has the same title. NULL until the posting was read.';
comment on column heymilo_bi.criterion_facts.department is
    'Department, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.criterion_facts.location is
    'Location, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.criterion_facts.requisition is
    'Requisition, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.criterion_facts.invited_at is
    'Time of the invitation. NULL until the candidates list has been read.';
comment on column heymilo_bi.criterion_facts.invited_week is
    'Monday of the week of the invitation, in the reporting time zone of the settings. NULL until the candidates list has been read.';
comment on column heymilo_bi.criterion_facts.kind is
    'resume_eligibility, resume_scoring, sms or form.';
comment on column heymilo_bi.criterion_facts.position is
    'Place in HeyMilo''s answer, from 1.';
comment on column heymilo_bi.criterion_facts.criteria_id is
    'HeyMilo''s id of the criterion. NULL when HeyMilo gives none.';
comment on column heymilo_bi.criterion_facts.criteria_text is
    'Text of the criterion, as the posting has it now where it is known there. NULL when HeyMilo gives none.';
comment on column heymilo_bi.criterion_facts.is_knockout is
    'Whether failing the criterion may end the application. NULL when HeyMilo does not say.';
comment on column heymilo_bi.criterion_facts.is_passed is
    'Whether the criterion is met. NULL when it was not decided, and for criteria that are scored.';
comment on column heymilo_bi.criterion_facts.criterion_score is
    'Resume scoring: score of the criterion, 0.0 to 10.0. NULL for other kinds and when not scored.';
comment on column heymilo_bi.criterion_facts.confidence is
    'The AI''s confidence, 0.0 to 1.0. NULL when HeyMilo gives none.';
comment on column heymilo_bi.criterion_facts.is_knockout_reason is
    'Whether the criterion failed in the step that ended the application, and that step may knock out. Only these explain a knockout.';

create view heymilo_bi.question_answer_facts as
select
    interviews.workspace_id,
    interviews.interview_id,
    interviews.interview_key,
    interviews.interview_key || '/' || answers.position as answer_fact_key,
    interviews.posting_id,
    interviews.posting_title,
    interviews.posting_label,
    interviews.department,
    interviews.location,
    interviews.requisition,
    interviews.invited_at,
    interviews.invited_week,
    interviews.interviewed_at,
    answers.position,
    answers.question_id,
    coalesce(answers.question_id, answers.question_text) as question_key,
    coalesce(questions.question_text, answers.question_text) as question_text,
    answers.not_scored is not true and answers.score is not null as is_scored,
    case when answers.not_scored is not true then answers.score end as answer_score,
    answers.score_weight,
    case when answers.not_scored is not true then (
        -- With itself a question always agrees: it is left out.
        select avg(others.score)
        from heymilo.scorecard_questions as others
        where others.interview_id = answers.interview_id
          and others.workspace_id = answers.workspace_id
          and others.position <> answers.position
          and others.not_scored is not true
    ) end as mean_score_of_others
from heymilo_bi.interview_facts as interviews
join heymilo.scorecard_questions as answers using (workspace_id, interview_id)
left join heymilo_sync.known_questions as questions
    on questions.workspace_id = interviews.workspace_id
   and questions.posting_id = interviews.posting_id
   and questions.question_id = answers.question_id;

comment on view heymilo_bi.question_answer_facts is
    'One row per interview and question of the web interview, with its score: without what the candidate said.';
comment on column heymilo_bi.question_answer_facts.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo_bi.question_answer_facts.interview_id is
    'HeyMilo''s id of the interview.';
comment on column heymilo_bi.question_answer_facts.interview_key is
    'Key of the interview in all workspaces: joins the facts, and is unique in interview_facts.';
comment on column heymilo_bi.question_answer_facts.answer_fact_key is
    'Key of the row: unique.';
comment on column heymilo_bi.question_answer_facts.posting_id is
    'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_bi.question_answer_facts.posting_title is
    'Title of the posting. Titles can repeat: posting_label is unique. NULL until the posting was read.';
comment on column heymilo_bi.question_answer_facts.posting_label is
    'Title of the posting, with its id where another posting of the workspace has the same title. NULL until the posting was read.';
comment on column heymilo_bi.question_answer_facts.department is
    'Department, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.question_answer_facts.location is
    'Location, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.question_answer_facts.requisition is
    'Requisition, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.question_answer_facts.invited_at is
    'Time of the invitation. NULL until the candidates list has been read.';
comment on column heymilo_bi.question_answer_facts.invited_week is
    'Monday of the week of the invitation, in the reporting time zone of the settings. NULL until the candidates list has been read.';
comment on column heymilo_bi.question_answer_facts.interviewed_at is
    'Time at which the candidate came to the end of the interview. NULL until then.';
comment on column heymilo_bi.question_answer_facts.position is
    'Place in HeyMilo''s answer, from 1.';
comment on column heymilo_bi.question_answer_facts.question_id is
    'HeyMilo''s id of the question. NULL when HeyMilo gives none.';
comment on column heymilo_bi.question_answer_facts.question_key is
    'The question within its posting: its id, or its text where HeyMilo gives no id. NULL when HeyMilo gives neither.';
comment on column heymilo_bi.question_answer_facts.question_text is
    'Text of the question, as the posting has it now, or else as it was asked. NULL when HeyMilo gives none.';
comment on column heymilo_bi.question_answer_facts.is_scored is
    'Whether the answer counts towards a score, and has one.';
comment on column heymilo_bi.question_answer_facts.answer_score is
    'Score of the answer, 1 to 10. NULL for questions that are not scored, and when HeyMilo gives none.';
comment on column heymilo_bi.question_answer_facts.score_weight is
    'Weight of the question in the score of the interview. NULL when HeyMilo says null.';
comment on column heymilo_bi.question_answer_facts.mean_score_of_others is
    'Mean score of the candidate''s other answers, 1 to 10: corr(answer_score, mean_score_of_others) is the corrected item-total correlation. NULL when there are no others, and for questions that are not scored.';

create view heymilo_bi.integrity_signal_facts as
select
    interviews.workspace_id,
    interviews.interview_id,
    interviews.interview_key,
    interviews.interview_key || '/' || signals.signal as signal_fact_key,
    interviews.posting_id,
    interviews.posting_title,
    interviews.posting_label,
    interviews.department,
    interviews.location,
    interviews.requisition,
    interviews.invited_at,
    interviews.invited_week,
    interviews.interviewed_at,
    signals.signal,
    signals.is_detected
from heymilo_bi.interview_facts as interviews
join heymilo_sync.signals using (workspace_id, interview_id);

comment on view heymilo_bi.integrity_signal_facts is
    'One row per interview and signal of cheating, only where detection was switched on. A signal is a reason to look, not a proof.';
comment on column heymilo_bi.integrity_signal_facts.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo_bi.integrity_signal_facts.interview_id is
    'HeyMilo''s id of the interview.';
comment on column heymilo_bi.integrity_signal_facts.interview_key is
    'Key of the interview in all workspaces: joins the facts, and is unique in interview_facts.';
comment on column heymilo_bi.integrity_signal_facts.signal_fact_key is
    'Key of the row: unique.';
comment on column heymilo_bi.integrity_signal_facts.posting_id is
    'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_bi.integrity_signal_facts.posting_title is
    'Title of the posting. Titles can repeat: posting_label is unique. NULL until the posting was read.';
comment on column heymilo_bi.integrity_signal_facts.posting_label is
    'Title of the posting, with its id where another posting of the workspace has the same title. NULL until the posting was read.';
comment on column heymilo_bi.integrity_signal_facts.department is
    'Department, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.integrity_signal_facts.location is
    'Location, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.integrity_signal_facts.requisition is
    'Requisition, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.integrity_signal_facts.invited_at is
    'Time of the invitation. NULL until the candidates list has been read.';
comment on column heymilo_bi.integrity_signal_facts.invited_week is
    'Monday of the week of the invitation, in the reporting time zone of the settings. NULL until the candidates list has been read.';
comment on column heymilo_bi.integrity_signal_facts.interviewed_at is
    'Time at which the candidate came to the end of the interview. NULL until then.';
comment on column heymilo_bi.integrity_signal_facts.signal is
    'overall (a ranking of 4 or 5), cheating, llm_generated, unusual_delay, tab_switch or movement (any movement seen in the recording). Honest people move as well.';
comment on column heymilo_bi.integrity_signal_facts.is_detected is
    'Whether the signal was detected. NULL when the detector has not judged: without a web interview, or with the detector off.';

create view heymilo_bi.tag_facts as
select
    interviews.workspace_id,
    interviews.interview_id,
    interviews.interview_key,
    interviews.interview_key || '/' || tags.tag as tag_fact_key,
    interviews.posting_id,
    interviews.posting_title,
    interviews.posting_label,
    interviews.department,
    interviews.location,
    interviews.requisition,
    interviews.invited_at,
    interviews.invited_week,
    interviews.interviewed_at,
    tags.tag
from heymilo_bi.interview_facts as interviews
join heymilo.web_interviews using (workspace_id, interview_id)
cross join lateral (
    select distinct tag
    from unnest(web_interviews.tags) as tag
    where tag is not null
) as tags;

comment on view heymilo_bi.tag_facts is
    'One row per interview and tag of its web interview.';
comment on column heymilo_bi.tag_facts.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo_bi.tag_facts.interview_id is
    'HeyMilo''s id of the interview.';
comment on column heymilo_bi.tag_facts.interview_key is
    'Key of the interview in all workspaces: joins the facts, and is unique in interview_facts.';
comment on column heymilo_bi.tag_facts.tag_fact_key is
    'Key of the row: unique.';
comment on column heymilo_bi.tag_facts.posting_id is
    'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_bi.tag_facts.posting_title is
    'Title of the posting. Titles can repeat: posting_label is unique. NULL until the posting was read.';
comment on column heymilo_bi.tag_facts.posting_label is
    'Title of the posting, with its id where another posting of the workspace has the same title. NULL until the posting was read.';
comment on column heymilo_bi.tag_facts.department is
    'Department, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.tag_facts.location is
    'Location, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.tag_facts.requisition is
    'Requisition, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.tag_facts.invited_at is
    'Time of the invitation. NULL until the candidates list has been read.';
comment on column heymilo_bi.tag_facts.invited_week is
    'Monday of the week of the invitation, in the reporting time zone of the settings. NULL until the candidates list has been read.';
comment on column heymilo_bi.tag_facts.interviewed_at is
    'Time at which the candidate came to the end of the interview. NULL until then.';
comment on column heymilo_bi.tag_facts.tag is
    'The tag, as HeyMilo gives it.';

create view heymilo_bi.decision_facts as
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
    interviews.outcome,
    interviews.decision,
    interviews.was_decided_before_sync,
    interviews.invited_at,
    interviews.invited_week,
    interviews.completed_at,
    interviews.decided_at,
    heymilo_bi.week_of(interviews.decided_at, reporting.time_zone) as decided_week,
    interviews.hours_to_decision,
    interviews.score_at_decision
from heymilo_bi.interview_facts as interviews
cross join heymilo_sync.reporting
where interviews.decision is not null;

comment on view heymilo_bi.decision_facts is
    'One row per interview that a recruiter has decided on, with the decision that stands now.';
comment on column heymilo_bi.decision_facts.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo_bi.decision_facts.interview_id is
    'HeyMilo''s id of the interview.';
comment on column heymilo_bi.decision_facts.interview_key is
    'Key of the interview in all workspaces: joins the facts, and is unique in interview_facts.';
comment on column heymilo_bi.decision_facts.posting_id is
    'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_bi.decision_facts.posting_title is
    'Title of the posting. Titles can repeat: posting_label is unique. NULL until the posting was read.';
comment on column heymilo_bi.decision_facts.posting_label is
    'Title of the posting, with its id where another posting of the workspace has the same title. NULL until the posting was read.';
comment on column heymilo_bi.decision_facts.source is
    'Where the candidate came from: the key "source" of the interview''s metadata, or else of its data. NULL when neither has one, and when the value is no short name. A short name is a text of at most 60 characters without seven digits, an address or a link.';
comment on column heymilo_bi.decision_facts.department is
    'Department, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.decision_facts.location is
    'Location, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.decision_facts.requisition is
    'Requisition, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.decision_facts.outcome is
    'completed, knocked_out, unfinished or never_started: each interview has exactly one, so the four add up to all invitations.';
comment on column heymilo_bi.decision_facts.decision is
    'Decision of a recruiter: shortlisted or dismissed.';
comment on column heymilo_bi.decision_facts.was_decided_before_sync is
    'Whether the decision was made before the interview was first read, so that its time is unknown.';
comment on column heymilo_bi.decision_facts.invited_at is
    'Time of the invitation. NULL until the candidates list has been read.';
comment on column heymilo_bi.decision_facts.invited_week is
    'Monday of the week of the invitation, in the reporting time zone of the settings. NULL until the candidates list has been read.';
comment on column heymilo_bi.decision_facts.completed_at is
    'Time of completion: observed, or else interviewed_at, or else the last activity. NULL when the decision was made before the candidate completed the interview, and when HeyMilo tells none of these.';
comment on column heymilo_bi.decision_facts.decided_at is
    'Time at which the decision was first observed. HeyMilo gives no time of its own. NULL when it was made before the first sync.';
comment on column heymilo_bi.decision_facts.decided_week is
    'Monday of the week of decided_at, in the reporting time zone. NULL when decided_at is NULL.';
comment on column heymilo_bi.decision_facts.hours_to_decision is
    'Hours from completed_at to decided_at. NULL until there are both times, and when the second is before the first.';
comment on column heymilo_bi.decision_facts.score_at_decision is
    'Overall score at the time of the decision. HeyMilo may have computed the score anew since. NULL without a score.';

create view heymilo_bi.posting_dimension as
select
    postings.workspace_id,
    postings.posting_id,
    postings.workspace_id || '/' || postings.posting_id as posting_key,
    known.posting_title,
    known.posting_label,
    known.department,
    known.location,
    known.requisition,
    postings.status as posting_status,
    coalesce(postings.archived, false) or coalesce(postings.status = 'archived', false) as is_archived,
    postings.language,
    postings.created_at,
    postings.deadline_at,
    postings.review_url
from heymilo.postings
join heymilo_sync.known_postings as known using (workspace_id, posting_id)
where not known.is_hidden;

comment on view heymilo_bi.posting_dimension is
    'One row per posting, without test postings and without postings that are deleted in HeyMilo.';
comment on column heymilo_bi.posting_dimension.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo_bi.posting_dimension.posting_id is
    'HeyMilo''s id of the posting.';
comment on column heymilo_bi.posting_dimension.posting_key is
    'Key of the posting in all workspaces: unique.';
comment on column heymilo_bi.posting_dimension.posting_title is
    'Title of the posting. NULL when HeyMilo gives none.';
comment on column heymilo_bi.posting_dimension.posting_label is
    'Title of the posting, with its id where another posting of the workspace has the same title: unique in the workspace.';
comment on column heymilo_bi.posting_dimension.department is
    'Department, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.posting_dimension.location is
    'Location, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.posting_dimension.requisition is
    'Requisition, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.posting_dimension.posting_status is
    'Status of the posting in HeyMilo, such as active, draft or archived. NULL when HeyMilo gives none.';
comment on column heymilo_bi.posting_dimension.is_archived is
    'Whether the posting is archived.';
comment on column heymilo_bi.posting_dimension.language is
    'Language of the interviews, such as en. HeyMilo''s default is en. NULL when HeyMilo says null.';
comment on column heymilo_bi.posting_dimension.created_at is
    'Time at which the posting was made. NULL when HeyMilo gives none.';
comment on column heymilo_bi.posting_dimension.deadline_at is
    'Time after which candidates are not interviewed. NULL without a deadline.';
comment on column heymilo_bi.posting_dimension.review_url is
    'Link to the page on which recruiters review the candidates of the posting. NULL when HeyMilo gives none.';

create view heymilo_bi.person_dimension as
select
    workspace_id,
    person_key,
    count(*) as interview_count,
    count(distinct posting_id) as posting_count,
    min(invited_at) as first_invited_at,
    max(invited_at) as last_invited_at
from heymilo_bi.interview_facts
where person_key is not null
group by workspace_id, person_key;

comment on view heymilo_bi.person_dimension is
    'One row per person, known by a key that does not lead back to them.';
comment on column heymilo_bi.person_dimension.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo_bi.person_dimension.person_key is
    'Key of the person, made of the candidate id with a secret salt.';
comment on column heymilo_bi.person_dimension.interview_count is
    'Number of interviews of the person.';
comment on column heymilo_bi.person_dimension.posting_count is
    'Number of postings the person was invited to.';
comment on column heymilo_bi.person_dimension.first_invited_at is
    'Time of the first invitation. NULL until the candidates list has been read.';
comment on column heymilo_bi.person_dimension.last_invited_at is
    'Time of the last invitation. NULL until the candidates list has been read.';
