-- The people, their interviews, and what each agent made of them in short.

create table heymilo.candidates (
    workspace_id    text not null,
    candidate_id    text not null,
    name            text,
    email           text,
    observed_at     timestamptz not null,
    first_synced_at timestamptz not null,
    synced_at       timestamptz not null,
    constraint candidates_pkey primary key (workspace_id, candidate_id)
);

comment on table heymilo.candidates is
    'One row per person in a workspace. The same person may take part in several postings (interviews.candidate_id). Personal data.';
comment on column heymilo.candidates.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo.candidates.candidate_id is
    'HeyMilo''s id of the person. Interviews without one have no row here.';
comment on column heymilo.candidates.name is
    'Full name, as given in the newest answer about any of the person''s interviews. NULL when HeyMilo gives none.';
comment on column heymilo.candidates.email is
    'E-mail address, as given in the newest answer about any of the person''s interviews. NULL when HeyMilo gives none.';
comment on column heymilo.candidates.observed_at is
    'When the answer that name and email come from was received.';
comment on column heymilo.candidates.first_synced_at is
    'When this row was first written.';
comment on column heymilo.candidates.synced_at is
    'When this row last changed.';

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

comment on table heymilo.interviews is
    'One row per interview: one candidate in one posting. Rows appear as soon as a candidate is invited. Results follow in the tables beside this one.';
comment on column heymilo.interviews.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo.interviews.interview_id is
    'HeyMilo''s id of the interview.';
comment on column heymilo.interviews.posting_id is
    'The posting the candidate was invited to. NULL when HeyMilo gives none.';
comment on column heymilo.interviews.candidate_id is
    'The person, shared by all interviews of the same person. NULL when HeyMilo gives none.';
comment on column heymilo.interviews.candidate_name is
    'Full name as given for this interview. Personal data. NULL when HeyMilo gives none.';
comment on column heymilo.interviews.candidate_email is
    'E-mail address as given for this interview. Personal data. NULL when HeyMilo gives none.';
comment on column heymilo.interviews.status is
    'Status of the interview: pending, in_progress, evaluating, completed, shortlisted, dismissed or knocked_out. not_ready only when HeyMilo has given nothing more precise yet. Other words are possible when HeyMilo adds them. NULL when HeyMilo gives none.';
comment on column heymilo.interviews.score is
    'Overall score, 0 to 100. NULL until HeyMilo has computed it.';
comment on column heymilo.interviews.workflow_complete is
    'Whether the candidate has finished every step (workflow.all_complete in the API). NULL when HeyMilo gives none.';
comment on column heymilo.interviews.last_activity_at is
    'When the candidate last did something in the workflow (workflow.last_activity_at in the API). NULL when HeyMilo gives none.';
comment on column heymilo.interviews.shortlisted is
    'True when a recruiter put the candidate on the shortlist. HeyMilo''s default (false) when the list never gave it. NULL until the candidates'' list has been read.';
comment on column heymilo.interviews.dismissed is
    'True when a recruiter turned the candidate down. HeyMilo''s default (false) when the list never gave it. NULL until the candidates'' list has been read.';
comment on column heymilo.interviews.interview_url is
    'The candidate''s personal link to the interview. Personal data. NULL until the candidates list has been read.';
comment on column heymilo.interviews.invited_at is
    'When the candidate was invited (created_at in the API''s candidates list). NULL until the candidates list has been read.';
comment on column heymilo.interviews.interviewed_at is
    'When the candidate came to the end of the interview. NULL until then.';
comment on column heymilo.interviews.metadata is
    'The customer''s own key-value pairs: a JSON object of strings. NULL when HeyMilo gives none.';
comment on column heymilo.interviews.data is
    'Data that was supplied together with the candidate: open JSON. May hold personal data. NULL when HeyMilo gives none.';
comment on column heymilo.interviews.results_ready is
    'Whether HeyMilo has given the results of this interview. False while HeyMilo answers that the results are not ready. NULL until heymilo-sync has asked for the results.';
comment on column heymilo.interviews.extra is
    'Fields of the results that have no column yet, or values of an unexpected type, as JSON. NULL when there are none.';
comment on column heymilo.interviews.list_extra is
    'The same for the interview''s row in the candidates list. NULL when there are none.';
comment on column heymilo.interviews.listed_at is
    'Time of the candidates-list request that this row''s list columns come from. NULL until the list has been read.';
comment on column heymilo.interviews.fetched_at is
    'When the results that this row holds were received. NULL until they were fetched.';
comment on column heymilo.interviews.first_synced_at is
    'When this row was first written.';
comment on column heymilo.interviews.synced_at is
    'When this row or any of the interview''s rows last changed.';
comment on column heymilo.interviews.deleted_at is
    'When HeyMilo was first found to have the interview no more. NULL while it exists. From then on no view shows the interview or any of its rows. All its rows are removed retention.gone_grace later, once HeyMilo was asked again.';

create index interviews_posting_idx on heymilo.interviews (workspace_id, posting_id, invited_at);
comment on index heymilo.interviews_posting_idx is
    'The interviews of a posting in the order of their invitations: pages of its list, coverage, funnels and cohorts.';

create index interviews_candidate_idx on heymilo.interviews (workspace_id, candidate_id)
    where candidate_id is not null;
comment on index heymilo.interviews_candidate_idx is
    'All interviews of a person: to remove people without any interview, and to erase every interview of a person.';

create index interviews_deleted_idx on heymilo.interviews (workspace_id, interview_id)
    where deleted_at is not null;
comment on index heymilo.interviews_deleted_idx is
    'Few interviews are ever deleted: a list''s page is compared with them without reading the others.';

-- Which interviews have results, and as of when, without reading their rows.
create index interviews_fetched_at_idx on heymilo.interviews (workspace_id, interview_id, posting_id, fetched_at)
    where fetched_at is not null and deleted_at is null;
comment on index heymilo.interviews_fetched_at_idx is
    'Compared with the search documents, to tell which are to be built.';

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
    'One row per step of an interview''s workflow, as it stands now. posting_steps tells which agent a step_id is. workflow_step_changes tells how the step came to its status.';
comment on column heymilo.workflow_steps.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo.workflow_steps.interview_id is
    'The interview the row belongs to.';
comment on column heymilo.workflow_steps.position is
    'Place in HeyMilo''s answer, from 1.';
comment on column heymilo.workflow_steps.step_id is
    'HeyMilo''s id of the step: refers to posting_steps.step_id. NULL when HeyMilo gives none.';
comment on column heymilo.workflow_steps.step_order is
    'Order of the step in the workflow, from 1 (order in the API). NULL when HeyMilo gives none.';
comment on column heymilo.workflow_steps.status is
    'not_started, in_progress, completed or knocked_out. Other words are possible when HeyMilo adds them. NULL when HeyMilo gives none.';
comment on column heymilo.workflow_steps.started is
    'Whether the candidate has begun the step. NULL when HeyMilo gives none.';
comment on column heymilo.workflow_steps.completed is
    'Whether the candidate has finished the step. NULL when HeyMilo gives none.';
comment on column heymilo.workflow_steps.knocked_out is
    'Whether the step ended the candidate''s application. HeyMilo''s default (false) when the answer leaves it out. NULL when HeyMilo says null.';
comment on column heymilo.workflow_steps.last_updated_at is
    'When the step last changed, as HeyMilo tells it. NULL when HeyMilo gives none.';
comment on column heymilo.workflow_steps.extra is
    'Fields HeyMilo sends that have no column yet, or values of an unexpected type, as JSON. NULL when there are none.';

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
    'Overall score of the resume, 0 to 100. NULL when HeyMilo gives none.';
comment on column heymilo.agent_summaries.resume_is_eligible is
    'Whether the resume meets the eligibility criteria. NULL when HeyMilo gives none.';
comment on column heymilo.agent_summaries.resume_url is
    'Link to the resume (resume.resume_link in the API). Expires. Personal data. NULL when HeyMilo gives none.';
comment on column heymilo.agent_summaries.web_interview_score is
    'Score of the web interview, 0 to 100. NULL when HeyMilo gives none.';
comment on column heymilo.agent_summaries.web_interview_highlights is
    'What spoke for the candidate in the web interview. NULL when HeyMilo gives none.';
comment on column heymilo.agent_summaries.audio_recording_url is
    'Link to the sound recording (web_interview.audio_recording_link in the API). Expires. Personal data. NULL when HeyMilo gives none.';
comment on column heymilo.agent_summaries.video_recording_url is
    'Link to the video recording (web_interview.video_recording_link in the API). Expires. Personal data. NULL when HeyMilo gives none.';
comment on column heymilo.agent_summaries.sms_is_eligible is
    'Whether the SMS conversation found the candidate eligible. NULL when HeyMilo gives none.';
comment on column heymilo.agent_summaries.sms_criteria_passed is
    'SMS criteria that were met. NULL when HeyMilo gives none.';
comment on column heymilo.agent_summaries.sms_criteria_failed is
    'SMS criteria that were not met. NULL when HeyMilo gives none.';
comment on column heymilo.agent_summaries.sms_messages_sent is
    'Number of SMS sent to the candidate. NULL when HeyMilo gives none.';
comment on column heymilo.agent_summaries.form_is_complete is
    'Whether the form was filled in. NULL when HeyMilo gives none.';
comment on column heymilo.agent_summaries.form_is_eligible is
    'Whether the form''s answers make the candidate eligible. NULL when HeyMilo gives none.';
comment on column heymilo.agent_summaries.form_questions_answered is
    'Number of the form''s questions that were answered. NULL when HeyMilo gives none.';
comment on column heymilo.agent_summaries.form_total_questions is
    'How many questions the form has. NULL when HeyMilo gives none.';
comment on column heymilo.agent_summaries.extra is
    'Fields HeyMilo sends that have no column yet, or values of an unexpected type, as JSON. NULL when there are none.';
