-- Interviews and their way through the workflow.
--
-- Keys of all facts begin with interview_id: it is selective even before the first ANALYZE, when
-- a key that begins with workspace_id makes Postgres read the whole workspace to delete a batch.
-- It is also the column to distribute on when the database is spread over several servers.

create table heymilo.interviews (
    workspace_id      text not null,
    interview_id      text not null,
    posting_id        text,
    candidate_id      text,
    candidate_name    text,
    candidate_email   text,
    status            text,
    score             double precision,
    workflow_complete boolean,
    last_activity_at  timestamptz,
    shortlisted       boolean,
    dismissed         boolean,
    interview_url     text,
    invited_at        timestamptz,
    interviewed_at    timestamptz,
    metadata          jsonb,
    data              jsonb,
    results_ready     boolean,
    extra             jsonb,
    list_extra        jsonb,
    listed_at         timestamptz,
    fetched_at        timestamptz,
    first_synced_at   timestamptz not null,
    synced_at         timestamptz not null,
    deleted_at        timestamptz,
    constraint interviews_pkey primary key (interview_id, workspace_id)
);

create index interviews_posting_idx on heymilo.interviews (workspace_id, posting_id, invited_at);

create index interviews_candidate_idx on heymilo.interviews (workspace_id, candidate_id)
    where candidate_id is not null;

comment on table heymilo.interviews is
    'One row per interview: one candidate in one posting. Rows appear as soon as a candidate is invited; results follow in the tables beside this one.';
comment on column heymilo.interviews.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo.interviews.interview_id is
    'HeyMilo''s id of the interview.';
comment on column heymilo.interviews.posting_id is
    'The posting the candidate was invited to.';
comment on column heymilo.interviews.candidate_id is
    'The person, shared by all interviews of the same person. NULL when HeyMilo gives none.';
comment on column heymilo.interviews.candidate_name is
    'Full name as given for this interview. Personal data.';
comment on column heymilo.interviews.candidate_email is
    'E-mail address as given for this interview. Personal data.';
comment on column heymilo.interviews.status is
    'Where the interview stands: pending, in_progress, evaluating, completed, shortlisted, dismissed or knocked_out. not_ready only when HeyMilo has told nothing more precise yet. Other words are possible when HeyMilo adds them.';
comment on column heymilo.interviews.score is
    'Overall score, 0 to 100. NULL until HeyMilo has computed it.';
comment on column heymilo.interviews.workflow_complete is
    'Whether the candidate has finished every step (workflow.all_complete in the API).';
comment on column heymilo.interviews.last_activity_at is
    'When the candidate last did something in the workflow (workflow.last_activity_at in the API).';
comment on column heymilo.interviews.shortlisted is
    'Whether a recruiter has shortlisted the candidate. NULL until the candidates'' list has been read.';
comment on column heymilo.interviews.dismissed is
    'Whether a recruiter has dismissed the candidate. NULL until the candidates'' list has been read.';
comment on column heymilo.interviews.interview_url is
    'The candidate''s personal link to the interview. Personal data.';
comment on column heymilo.interviews.invited_at is
    'When the candidate was invited (created_at in the API''s candidates list).';
comment on column heymilo.interviews.interviewed_at is
    'When the interview took place. NULL until it did.';
comment on column heymilo.interviews.metadata is
    'The customer''s own key-value pairs: a JSON object of strings.';
comment on column heymilo.interviews.data is
    'Whatever was supplied together with the candidate: open JSON. May hold personal data.';
comment on column heymilo.interviews.results_ready is
    'Whether HeyMilo has given the results of this interview; false while it answers that they are not ready, NULL as long as they were not asked for.';
comment on column heymilo.interviews.extra is
    'Fields of the results that have no column yet, or values of an unexpected type, as JSON. NULL when there are none.';
comment on column heymilo.interviews.list_extra is
    'The same for the interview''s row in the candidates list.';
comment on column heymilo.interviews.listed_at is
    'When the row of the candidates list that this row holds was received. NULL until the list has been read.';
comment on column heymilo.interviews.fetched_at is
    'When the results that this row holds were received. NULL until they were fetched.';
comment on column heymilo.interviews.first_synced_at is
    'When this row was first written.';
comment on column heymilo.interviews.synced_at is
    'When this row or any of the interview''s rows last changed.';
comment on column heymilo.interviews.deleted_at is
    'When HeyMilo was first found to have the interview no more. NULL while it exists.';

create table heymilo.agent_summaries (
    workspace_id             text not null,
    interview_id             text not null,
    resume_score             double precision,
    resume_is_eligible       boolean,
    resume_url               text,
    web_interview_score      double precision,
    web_interview_highlights text[],
    audio_recording_url      text,
    video_recording_url      text,
    sms_is_eligible          boolean,
    sms_criteria_passed      text[],
    sms_criteria_failed      text[],
    sms_messages_sent        bigint,
    form_is_complete         boolean,
    form_is_eligible         boolean,
    form_questions_answered  bigint,
    form_total_questions     bigint,
    extra                    jsonb,
    constraint agent_summaries_pkey primary key (interview_id, workspace_id)
);

comment on table heymilo.agent_summaries is
    'One row per interview whose row in the candidates list carries a summary by agent: what each agent made of the candidate, in short. The tables of results have it in full.';
comment on column heymilo.agent_summaries.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo.agent_summaries.interview_id is
    'The interview the row belongs to.';
comment on column heymilo.agent_summaries.resume_score is
    'Overall score of the resume, 0 to 100.';
comment on column heymilo.agent_summaries.resume_is_eligible is
    'Whether the resume meets the eligibility criteria.';
comment on column heymilo.agent_summaries.resume_url is
    'Link to the resume (resume.resume_link in the API). Expires. Personal data.';
comment on column heymilo.agent_summaries.web_interview_score is
    'Score of the web interview, 0 to 100.';
comment on column heymilo.agent_summaries.web_interview_highlights is
    'What spoke for the candidate in the web interview.';
comment on column heymilo.agent_summaries.audio_recording_url is
    'Link to the sound recording (web_interview.audio_recording_link in the API). Expires. Personal data.';
comment on column heymilo.agent_summaries.video_recording_url is
    'Link to the video recording (web_interview.video_recording_link in the API). Expires. Personal data.';
comment on column heymilo.agent_summaries.sms_is_eligible is
    'Whether the SMS conversation found the candidate eligible.';
comment on column heymilo.agent_summaries.sms_criteria_passed is
    'SMS criteria that were met.';
comment on column heymilo.agent_summaries.sms_criteria_failed is
    'SMS criteria that were not met.';
comment on column heymilo.agent_summaries.sms_messages_sent is
    'Number of SMS sent to the candidate.';
comment on column heymilo.agent_summaries.form_is_complete is
    'Whether the form was filled in.';
comment on column heymilo.agent_summaries.form_is_eligible is
    'Whether the form''s answers make the candidate eligible.';
comment on column heymilo.agent_summaries.form_questions_answered is
    'Number of the form''s questions that were answered.';
comment on column heymilo.agent_summaries.form_total_questions is
    'Number of the form''s questions.';
comment on column heymilo.agent_summaries.extra is
    'Fields HeyMilo sends that have no column yet, or values of an unexpected type, as JSON. NULL when there are none.';

create table heymilo.workflow_steps (
    workspace_id    text not null,
    interview_id    text not null,
    position        integer not null,
    step_id         text,
    step_order      bigint,
    status          text,
    started         boolean,
    completed       boolean,
    knocked_out     boolean,
    last_updated_at timestamptz,
    extra           jsonb,
    constraint workflow_steps_pkey primary key (interview_id, workspace_id, position)
);

comment on table heymilo.workflow_steps is
    'One row per step of an interview''s workflow, as it stands now. posting_steps tells which agent a step_id is; workflow_step_changes tells how it came to stand there.';
comment on column heymilo.workflow_steps.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo.workflow_steps.interview_id is
    'The interview the row belongs to.';
comment on column heymilo.workflow_steps.position is
    'Place in HeyMilo''s answer, from 1.';
comment on column heymilo.workflow_steps.step_id is
    'HeyMilo''s id of the step; refers to posting_steps.step_id.';
comment on column heymilo.workflow_steps.step_order is
    'Order of the step in the workflow, from 1 (order in the API).';
comment on column heymilo.workflow_steps.status is
    'not_started, in_progress, completed or knocked_out; other words are possible when HeyMilo adds them.';
comment on column heymilo.workflow_steps.started is
    'Whether the candidate has begun the step.';
comment on column heymilo.workflow_steps.completed is
    'Whether the candidate has finished the step.';
comment on column heymilo.workflow_steps.knocked_out is
    'Whether the step ended the candidate''s application.';
comment on column heymilo.workflow_steps.last_updated_at is
    'When the step last changed, as HeyMilo tells it.';
comment on column heymilo.workflow_steps.extra is
    'Fields HeyMilo sends that have no column yet, or values of an unexpected type, as JSON. NULL when there are none.';

create table heymilo.interview_changes (
    workspace_id      text not null,
    interview_id      text not null,
    field             text not null,
    observed_at       timestamptz not null,
    old_value         text,
    new_value         text,
    changed_at        timestamptz,
    first_observation boolean not null,
    constraint interview_changes_pkey primary key (interview_id, workspace_id, observed_at, field)
);

comment on table heymilo.interview_changes is
    'What changed in an interview, one row per observed change of one field. HeyMilo keeps no history: this is what heymilo-sync saw.';
comment on column heymilo.interview_changes.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo.interview_changes.interview_id is
    'The interview the row belongs to.';
comment on column heymilo.interview_changes.field is
    'What changed: status, score, shortlisted or dismissed.';
comment on column heymilo.interview_changes.observed_at is
    'When the answer that showed the change was received. The change itself happened at some time before.';
comment on column heymilo.interview_changes.old_value is
    'The value before, as text. NULL when there was none.';
comment on column heymilo.interview_changes.new_value is
    'The value after, as text. NULL when there is none any more.';
comment on column heymilo.interview_changes.changed_at is
    'When the change happened, where HeyMilo tells: the workflow''s last activity for a change of status. Otherwise NULL.';
comment on column heymilo.interview_changes.first_observation is
    'Whether this is the first value ever seen of the field: it may have been so for long. Leave these out when counting changes.';

create table heymilo.workflow_step_changes (
    workspace_id      text not null,
    interview_id      text not null,
    position          integer not null,
    observed_at       timestamptz not null,
    step_id           text,
    old_status        text,
    new_status        text,
    changed_at        timestamptz,
    first_observation boolean not null,
    constraint workflow_step_changes_pkey primary key (interview_id, workspace_id, observed_at, position)
);

comment on table heymilo.workflow_step_changes is
    'How an interview''s steps changed their status, one row per observed change of one step. HeyMilo keeps no history: this is what heymilo-sync saw.';
comment on column heymilo.workflow_step_changes.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo.workflow_step_changes.interview_id is
    'The interview the row belongs to.';
comment on column heymilo.workflow_step_changes.position is
    'Place of the step in HeyMilo''s answer, from 1.';
comment on column heymilo.workflow_step_changes.observed_at is
    'When the answer that showed the change was received.';
comment on column heymilo.workflow_step_changes.step_id is
    'HeyMilo''s id of the step.';
comment on column heymilo.workflow_step_changes.old_status is
    'The status before. NULL when the step was not known before.';
comment on column heymilo.workflow_step_changes.new_status is
    'The status after.';
comment on column heymilo.workflow_step_changes.changed_at is
    'When the step changed, as HeyMilo tells it (last_updated_at of the step). NULL when it does not.';
comment on column heymilo.workflow_step_changes.first_observation is
    'Whether the step was not known before: it may have had this status for long.';
