-- Every object of heymilo-sync's database as it is now. Made from a migrated database by script/update:
-- do not edit. The views of schema heymilo_analyst, roles and grants are left out, because the program
-- makes them from heymilo_sync.column_classes.

create schema heymilo_sync;
comment on schema heymilo_sync is 'The machinery of heymilo-sync: what arrived, what is due, how far it has read, and HeyMilo''s answers as received. Not for analysis.';

create schema heymilo;
comment on schema heymilo is E'A copy of the HeyMilo workspace, one table per concept, for analysts. Every row says which workspace it is from, and every table and column says what it means (\\d+ in psql).';

create schema heymilo_bi;
comment on schema heymilo_bi is 'Views for dashboards: no names, no e-mail addresses, no free text of a candidate, no recordings; without test postings and deleted interviews.';

create schema heymilo_demographics;
comment on schema heymilo_demographics is 'Selection and scoring rates by group: a monitoring aid, not a bias audit. Empty until the settings ([demographics]) say where the candidates'' answers are.';

create table heymilo_sync.migrations (
    version bigint not null,
    description text not null,
    installed_on timestamp with time zone not null default now(),
    success boolean not null,
    checksum bytea not null,
    execution_time bigint not null,
    constraint migrations_pkey PRIMARY KEY (version)
);

comment on table heymilo_sync.migrations is 'The migrations that were applied to this database, one row each. A process that migrates locks this table.';
comment on column heymilo_sync.migrations.version is 'Number of the migration: migrations are applied in this order.';
comment on column heymilo_sync.migrations.description is 'Name of the migration''s file, without its number.';
comment on column heymilo_sync.migrations.installed_on is 'When the migration was applied.';
comment on column heymilo_sync.migrations.success is 'Always true: a migration is applied whole or not at all.';
comment on column heymilo_sync.migrations.checksum is 'SHA-384 of the migration''s file. The program refuses a database whose migrations differ from its own.';
comment on column heymilo_sync.migrations.execution_time is 'Duration of the migration in nanoseconds.';

create table heymilo.workspaces (
    workspace_id text not null,
    heymilo_workspace_id text,
    title text,
    extra jsonb,
    first_synced_at timestamp with time zone not null,
    synced_at timestamp with time zone not null,
    constraint workspaces_pkey PRIMARY KEY (workspace_id)
);

comment on table heymilo.workspaces is 'One row per HeyMilo workspace that is copied into this database.';
comment on column heymilo.workspaces.workspace_id is 'The name the operator gave the workspace in the settings of heymilo-sync. Part of the key of every other table.';
comment on column heymilo.workspaces.heymilo_workspace_id is 'HeyMilo''s own id of the workspace that the API key belongs to. NULL when HeyMilo gives none.';
comment on column heymilo.workspaces.title is 'The workspace''s name in HeyMilo. NULL when HeyMilo gives none.';
comment on column heymilo.workspaces.extra is 'Everything else HeyMilo tells about the workspace, as JSON. NULL when there is nothing else.';
comment on column heymilo.workspaces.first_synced_at is 'When this row was first written.';
comment on column heymilo.workspaces.synced_at is 'When this row last changed.';

create table heymilo.postings (
    workspace_id text not null,
    posting_id text not null,
    company_id text,
    title text,
    name text,
    description text,
    language text,
    interviewer_name text,
    status text,
    finalized boolean,
    archived boolean,
    test_posting boolean,
    candidate_url text,
    ingestion_url_key text,
    review_url text,
    deadline_at timestamp with time zone,
    redirect_url text,
    scheduling_url text,
    max_retakes bigint,
    retake_cooldown_days double precision,
    allow_sms_comms boolean,
    email_report_to_candidate boolean,
    instructions text,
    company_overview text,
    company_overview_delivery_mode text,
    job_overview text,
    job_overview_delivery_mode text,
    interview_process_overview text,
    interview_process_overview_delivery_mode text,
    phone_number_id text,
    sender_email_id text,
    email_template_group_id text,
    design_template_group_id text,
    ats_metadata jsonb,
    metadata jsonb,
    created_at timestamp with time zone,
    updated_at timestamp with time zone,
    extra jsonb,
    first_synced_at timestamp with time zone not null,
    synced_at timestamp with time zone not null,
    deleted_at timestamp with time zone,
    constraint postings_pkey PRIMARY KEY (workspace_id, posting_id)
);

comment on table heymilo.postings is 'One row per posting: a job that candidates are screened for.';
comment on column heymilo.postings.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo.postings.posting_id is 'HeyMilo''s id of the posting.';
comment on column heymilo.postings.company_id is 'Whose posting it is: HeyMilo''s id of the company.';
comment on column heymilo.postings.title is 'Job title as candidates see it.';
comment on column heymilo.postings.name is 'The posting''s short name in links to it. NULL when it has none.';
comment on column heymilo.postings.description is 'The job description.';
comment on column heymilo.postings.language is 'Language of the interview as a code such as en. HeyMilo''s default (en) when it was never told. NULL when HeyMilo says null.';
comment on column heymilo.postings.interviewer_name is 'Name under which the AI interviewer introduces itself.';
comment on column heymilo.postings.status is 'draft, active, expired or archived; other words are possible when HeyMilo adds them.';
comment on column heymilo.postings.finalized is 'Whether the set-up of the posting was completed.';
comment on column heymilo.postings.archived is 'True once recruiters have put the posting away.';
comment on column heymilo.postings.test_posting is 'Whether the posting only serves to try HeyMilo out. Leave these out of every statistic.';
comment on column heymilo.postings.candidate_url is 'Page on which candidates start (urls.candidate_url in the API).';
comment on column heymilo.postings.ingestion_url_key is 'Key of the address at which candidates can be handed in (urls.ingestion_url_key in the API).';
comment on column heymilo.postings.review_url is 'Page on which recruiters review the posting''s candidates (urls.review_url in the API).';
comment on column heymilo.postings.deadline_at is 'Until when candidates may take part (deadline in the API). NULL without a deadline.';
comment on column heymilo.postings.redirect_url is 'Where candidates are sent when they have finished.';
comment on column heymilo.postings.scheduling_url is 'Where candidates book the next appointment.';
comment on column heymilo.postings.max_retakes is 'How often a candidate may take the interview again. NULL when nothing is set.';
comment on column heymilo.postings.retake_cooldown_days is 'How many days have to pass before a candidate may try again.';
comment on column heymilo.postings.allow_sms_comms is 'Whether candidates may be written to by SMS. HeyMilo''s default (false) when it was never told. NULL when HeyMilo says null.';
comment on column heymilo.postings.email_report_to_candidate is 'Whether candidates are sent their report. HeyMilo''s default (false) when it was never told. NULL when HeyMilo says null.';
comment on column heymilo.postings.instructions is 'What the AI interviewer was told in addition.';
comment on column heymilo.postings.company_overview is 'What candidates are told about the company.';
comment on column heymilo.postings.company_overview_delivery_mode is 'How the company overview is presented, in HeyMilo''s word.';
comment on column heymilo.postings.job_overview is 'What candidates are told about the job.';
comment on column heymilo.postings.job_overview_delivery_mode is 'How the job overview is presented, in HeyMilo''s word.';
comment on column heymilo.postings.interview_process_overview is 'What candidates are told about the process.';
comment on column heymilo.postings.interview_process_overview_delivery_mode is 'How the process overview is presented, in HeyMilo''s word.';
comment on column heymilo.postings.phone_number_id is 'Which number candidates are called from: HeyMilo''s id of it. NULL when none was chosen.';
comment on column heymilo.postings.sender_email_id is 'HeyMilo''s id of the address that e-mails are sent from.';
comment on column heymilo.postings.email_template_group_id is 'HeyMilo''s id of the set of e-mail templates.';
comment on column heymilo.postings.design_template_group_id is 'HeyMilo''s id of the design of the candidate''s pages.';
comment on column heymilo.postings.ats_metadata is 'What the connected applicant tracking system stored with the posting: open JSON.';
comment on column heymilo.postings.metadata is 'The customer''s own key-value pairs: a JSON object of strings.';
comment on column heymilo.postings.created_at is 'When the posting was created in HeyMilo.';
comment on column heymilo.postings.updated_at is 'When the posting was last changed in HeyMilo.';
comment on column heymilo.postings.extra is 'Fields HeyMilo sends that have no column yet, or values of an unexpected type, as JSON. NULL when there are none.';
comment on column heymilo.postings.first_synced_at is 'When this row was first written.';
comment on column heymilo.postings.synced_at is 'When this row last changed.';
comment on column heymilo.postings.deleted_at is 'When HeyMilo was first found to have the posting no more. NULL while it exists.';

create table heymilo.posting_steps (
    workspace_id text not null,
    posting_id text not null,
    "position" integer not null,
    step_id text,
    step_type text,
    step_order bigint,
    config jsonb,
    extra jsonb,
    constraint posting_steps_pkey PRIMARY KEY (workspace_id, posting_id, "position")
);

comment on table heymilo.posting_steps is 'One row per step of a posting''s workflow. Join workflow_steps on workspace_id, posting_id (through interviews) and step_id to learn what kind of agent a candidate''s step is.';
comment on column heymilo.posting_steps.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo.posting_steps.posting_id is 'The posting the step belongs to.';
comment on column heymilo.posting_steps."position" is 'Place of the step in HeyMilo''s answer, from 1.';
comment on column heymilo.posting_steps.step_id is 'HeyMilo''s id of the step (id in the API); workflow_steps.step_id refers to it.';
comment on column heymilo.posting_steps.step_type is 'Kind of agent: web_interview, conversational_sms, resume or form (type in the API).';
comment on column heymilo.posting_steps.step_order is 'Order of the step in the workflow, from 1 (order in the API).';
comment on column heymilo.posting_steps.config is 'Settings of the step: open JSON.';
comment on column heymilo.posting_steps.extra is 'Fields HeyMilo sends that have no column yet, or values of an unexpected type, as JSON. NULL when there are none.';

create table heymilo.questions (
    workspace_id text not null,
    posting_id text not null,
    "position" integer not null,
    question_id text,
    modality text,
    question_text text,
    question_type text,
    rank bigint,
    evaluation_criteria text,
    score_1_description text,
    score_5_description text,
    score_weight double precision,
    not_scored boolean,
    min_follow_ups bigint,
    max_follow_ups bigint,
    instructions text,
    additional_instructions text,
    post_processing_evaluation_criteria text,
    expected_answer text,
    expected_value double precision,
    answer jsonb,
    operator text,
    is_knockout boolean,
    is_dealbreaker boolean,
    is_answer_mandated boolean,
    response_format text,
    mcq_type text,
    options text[],
    dropdown_values jsonb,
    file_types text[],
    allow_multiple_files boolean,
    slider_min double precision,
    slider_max double precision,
    slider_step double precision,
    structured_config jsonb,
    created_at timestamp with time zone,
    updated_at timestamp with time zone,
    extra jsonb,
    constraint questions_pkey PRIMARY KEY (workspace_id, posting_id, "position")
);

comment on table heymilo.questions is 'One row per question or criterion that a posting is set up with, whatever agent asks it. scorecard_questions, form_answers and the criteria tables refer to it by question_id or criteria_id.';
comment on column heymilo.questions.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo.questions.posting_id is 'Which posting asks it.';
comment on column heymilo.questions."position" is 'Place of the question in HeyMilo''s list for the posting, from 1.';
comment on column heymilo.questions.question_id is 'HeyMilo''s id of the question (id in the API).';
comment on column heymilo.questions.modality is 'Which agent uses it: voice, sms, form, resume_eligibility, resume_scoring or voice_tags.';
comment on column heymilo.questions.question_text is 'The question or criterion itself (text in the API).';
comment on column heymilo.questions.question_type is 'Kind of question, in HeyMilo''s word; mostly for forms.';
comment on column heymilo.questions.rank is 'Order in which it is asked.';
comment on column heymilo.questions.evaluation_criteria is 'What the AI looks at when it scores an answer.';
comment on column heymilo.questions.score_1_description is 'What an answer at the bottom of the scale looks like (score_of_1 in the API).';
comment on column heymilo.questions.score_5_description is 'What an answer in the middle of the scale looks like (score_of_5 in the API): scores go from 1 to 10, and this describes a 5.';
comment on column heymilo.questions.score_weight is 'Weight of the question in the score, 1 to 10.';
comment on column heymilo.questions.not_scored is 'Whether answers are left out of the score.';
comment on column heymilo.questions.min_follow_ups is 'Fewest follow-up questions the AI asks.';
comment on column heymilo.questions.max_follow_ups is 'Most follow-up questions the AI asks.';
comment on column heymilo.questions.instructions is 'For voice_tags: how the value is to be drawn from what was said. NULL for other modalities.';
comment on column heymilo.questions.additional_instructions is 'What the AI was told in addition about asking it.';
comment on column heymilo.questions.post_processing_evaluation_criteria is 'Criteria applied after the conversation has ended.';
comment on column heymilo.questions.expected_answer is 'The answer that passes, as text.';
comment on column heymilo.questions.expected_value is 'The answer that passes, as a number.';
comment on column heymilo.questions.answer is 'The configured answer; its type depends on the kind of question, hence JSON.';
comment on column heymilo.questions.operator is 'How an answer is compared with the expected one.';
comment on column heymilo.questions.is_knockout is 'Whether a wrong answer ends the application (forms).';
comment on column heymilo.questions.is_dealbreaker is 'Whether failing it ends the application (SMS).';
comment on column heymilo.questions.is_answer_mandated is 'Whether candidates must answer.';
comment on column heymilo.questions.response_format is 'Expected form of the answer: text, freeform, date or number.';
comment on column heymilo.questions.mcq_type is 'Kind of multiple choice, in HeyMilo''s word.';
comment on column heymilo.questions.options is 'For voice_tags: the values that may be drawn, in order. NULL for other modalities, and when any is allowed.';
comment on column heymilo.questions.dropdown_values is 'The entries of a drop-down list: a JSON array of objects.';
comment on column heymilo.questions.file_types is 'File types accepted for an upload.';
comment on column heymilo.questions.allow_multiple_files is 'Whether several files may be uploaded.';
comment on column heymilo.questions.slider_min is 'Lowest value of a slider.';
comment on column heymilo.questions.slider_max is 'Highest value of a slider.';
comment on column heymilo.questions.slider_step is 'Step between values of a slider.';
comment on column heymilo.questions.structured_config is 'Further set-up of a structured question: open JSON.';
comment on column heymilo.questions.created_at is 'When the question was created in HeyMilo.';
comment on column heymilo.questions.updated_at is 'When the question was last changed in HeyMilo.';
comment on column heymilo.questions.extra is 'Fields HeyMilo sends that have no column yet, or values of an unexpected type, as JSON. NULL when there are none.';

CREATE INDEX questions_question_id_idx ON heymilo.questions USING btree (workspace_id, question_id);
comment on index heymilo.questions_question_id_idx is 'From what was asked in an interview to the question as it is set up: question_id alone does not begin the key.';

create table heymilo.candidates (
    workspace_id text not null,
    candidate_id text not null,
    name text,
    email text,
    observed_at timestamp with time zone not null,
    first_synced_at timestamp with time zone not null,
    synced_at timestamp with time zone not null,
    constraint candidates_pkey PRIMARY KEY (workspace_id, candidate_id)
);

comment on table heymilo.candidates is 'One row per person in a workspace; the same person may take part in several postings (interviews.candidate_id). Personal data.';
comment on column heymilo.candidates.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo.candidates.candidate_id is 'HeyMilo''s id of the person. Interviews without one have no row here.';
comment on column heymilo.candidates.name is 'Full name, as given in the newest answer about any of the person''s interviews.';
comment on column heymilo.candidates.email is 'E-mail address, as given in the newest answer about any of the person''s interviews.';
comment on column heymilo.candidates.observed_at is 'When the answer that name and email come from was received.';
comment on column heymilo.candidates.first_synced_at is 'When this row was first written.';
comment on column heymilo.candidates.synced_at is 'When this row last changed.';

create table heymilo.interviews (
    workspace_id text not null,
    interview_id text not null,
    posting_id text,
    candidate_id text,
    candidate_name text,
    candidate_email text,
    status text,
    score double precision,
    workflow_complete boolean,
    last_activity_at timestamp with time zone,
    shortlisted boolean,
    dismissed boolean,
    interview_url text,
    invited_at timestamp with time zone,
    interviewed_at timestamp with time zone,
    metadata jsonb,
    data jsonb,
    results_ready boolean,
    extra jsonb,
    list_extra jsonb,
    listed_at timestamp with time zone,
    fetched_at timestamp with time zone,
    first_synced_at timestamp with time zone not null,
    synced_at timestamp with time zone not null,
    deleted_at timestamp with time zone,
    constraint interviews_pkey PRIMARY KEY (interview_id, workspace_id)
);

comment on table heymilo.interviews is 'One row per interview: one candidate in one posting. Rows appear as soon as a candidate is invited; results follow in the tables beside this one.';
comment on column heymilo.interviews.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo.interviews.interview_id is 'HeyMilo''s id of the interview.';
comment on column heymilo.interviews.posting_id is 'The posting the candidate was invited to.';
comment on column heymilo.interviews.candidate_id is 'The person, shared by all interviews of the same person. NULL when HeyMilo gives none.';
comment on column heymilo.interviews.candidate_name is 'Full name as given for this interview. Personal data.';
comment on column heymilo.interviews.candidate_email is 'E-mail address as given for this interview. Personal data.';
comment on column heymilo.interviews.status is 'Where the interview stands: pending, in_progress, evaluating, completed, shortlisted, dismissed or knocked_out. not_ready only when HeyMilo has told nothing more precise yet. Other words are possible when HeyMilo adds them.';
comment on column heymilo.interviews.score is 'Overall score, 0 to 100. NULL until HeyMilo has computed it.';
comment on column heymilo.interviews.workflow_complete is 'Whether the candidate has finished every step (workflow.all_complete in the API).';
comment on column heymilo.interviews.last_activity_at is 'When the candidate last did something in the workflow (workflow.last_activity_at in the API).';
comment on column heymilo.interviews.shortlisted is 'True when a recruiter put the candidate on the shortlist. HeyMilo''s default (false) when the list never told it. NULL until the candidates'' list has been read.';
comment on column heymilo.interviews.dismissed is 'True when a recruiter turned the candidate down. HeyMilo''s default (false) when the list never told it. NULL until the candidates'' list has been read.';
comment on column heymilo.interviews.interview_url is 'The candidate''s personal link to the interview. Personal data.';
comment on column heymilo.interviews.invited_at is 'When the candidate was invited (created_at in the API''s candidates list).';
comment on column heymilo.interviews.interviewed_at is 'When the candidate came to the end of the interview. NULL until then.';
comment on column heymilo.interviews.metadata is 'The customer''s own key-value pairs: a JSON object of strings.';
comment on column heymilo.interviews.data is 'Whatever was supplied together with the candidate: open JSON. May hold personal data.';
comment on column heymilo.interviews.results_ready is 'Whether HeyMilo has given the results of this interview; false while it answers that they are not ready, NULL as long as they were not asked for.';
comment on column heymilo.interviews.extra is 'Fields of the results that have no column yet, or values of an unexpected type, as JSON. NULL when there are none.';
comment on column heymilo.interviews.list_extra is 'The same for the interview''s row in the candidates list.';
comment on column heymilo.interviews.listed_at is 'When the candidates list was asked for whose row this row holds. NULL until the list has been read.';
comment on column heymilo.interviews.fetched_at is 'When the results that this row holds were received. NULL until they were fetched.';
comment on column heymilo.interviews.first_synced_at is 'When this row was first written.';
comment on column heymilo.interviews.synced_at is 'When this row or any of the interview''s rows last changed.';
comment on column heymilo.interviews.deleted_at is 'When HeyMilo was first found to have the interview no more. NULL while it exists. From then on no view shows the interview or any of its rows. All its rows are removed retention.gone_grace later, once HeyMilo was asked again.';

CREATE INDEX interviews_posting_idx ON heymilo.interviews USING btree (workspace_id, posting_id, invited_at);
comment on index heymilo.interviews_posting_idx is 'The interviews of a posting in the order of their invitations: pages of its list, coverage, funnels and cohorts.';

CREATE INDEX interviews_candidate_idx ON heymilo.interviews USING btree (workspace_id, candidate_id) WHERE (candidate_id IS NOT NULL);
comment on index heymilo.interviews_candidate_idx is 'All interviews of a person: who is left without any is removed, and an erasure finds all there are.';

CREATE INDEX interviews_deleted_idx ON heymilo.interviews USING btree (workspace_id, interview_id) WHERE (deleted_at IS NOT NULL);
comment on index heymilo.interviews_deleted_idx is 'Few interviews are ever deleted: a list''s page is compared with them without reading the others.';

CREATE INDEX interviews_fetched_at_idx ON heymilo.interviews USING btree (workspace_id, interview_id, posting_id, fetched_at) WHERE ((fetched_at IS NOT NULL) AND (deleted_at IS NULL));
comment on index heymilo.interviews_fetched_at_idx is 'Compared with the search documents, to tell which are to be built.';

create table heymilo.workflow_steps (
    workspace_id text not null,
    interview_id text not null,
    "position" integer not null,
    step_id text,
    step_order bigint,
    status text,
    started boolean,
    completed boolean,
    knocked_out boolean,
    last_updated_at timestamp with time zone,
    extra jsonb,
    constraint workflow_steps_pkey PRIMARY KEY (interview_id, workspace_id, "position")
);

comment on table heymilo.workflow_steps is 'One row per step of an interview''s workflow, as it stands now. posting_steps tells which agent a step_id is; workflow_step_changes tells how it came to stand there.';
comment on column heymilo.workflow_steps.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo.workflow_steps.interview_id is 'The interview the row belongs to.';
comment on column heymilo.workflow_steps."position" is 'Place in HeyMilo''s answer, from 1.';
comment on column heymilo.workflow_steps.step_id is 'HeyMilo''s id of the step; refers to posting_steps.step_id.';
comment on column heymilo.workflow_steps.step_order is 'Order of the step in the workflow, from 1 (order in the API).';
comment on column heymilo.workflow_steps.status is 'not_started, in_progress, completed or knocked_out; other words are possible when HeyMilo adds them.';
comment on column heymilo.workflow_steps.started is 'Whether the candidate has begun the step.';
comment on column heymilo.workflow_steps.completed is 'Whether the candidate has finished the step.';
comment on column heymilo.workflow_steps.knocked_out is 'Whether the step ended the candidate''s application. HeyMilo''s default (false) when the answer leaves it out. NULL when HeyMilo says null.';
comment on column heymilo.workflow_steps.last_updated_at is 'When the step last changed, as HeyMilo tells it.';
comment on column heymilo.workflow_steps.extra is 'Fields HeyMilo sends that have no column yet, or values of an unexpected type, as JSON. NULL when there are none.';

create table heymilo.agent_summaries (
    workspace_id text not null,
    interview_id text not null,
    resume_score double precision,
    resume_is_eligible boolean,
    resume_url text,
    web_interview_score double precision,
    web_interview_highlights text[],
    audio_recording_url text,
    video_recording_url text,
    sms_is_eligible boolean,
    sms_criteria_passed text[],
    sms_criteria_failed text[],
    sms_messages_sent bigint,
    form_is_complete boolean,
    form_is_eligible boolean,
    form_questions_answered bigint,
    form_total_questions bigint,
    extra jsonb,
    constraint agent_summaries_pkey PRIMARY KEY (interview_id, workspace_id)
);

comment on table heymilo.agent_summaries is 'One row per interview whose row in the candidates list carries a summary by agent: what each agent made of the candidate, in short. The tables of results have it in full.';
comment on column heymilo.agent_summaries.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo.agent_summaries.interview_id is 'The interview the row belongs to.';
comment on column heymilo.agent_summaries.resume_score is 'Overall score of the resume, 0 to 100.';
comment on column heymilo.agent_summaries.resume_is_eligible is 'Whether the resume meets the eligibility criteria.';
comment on column heymilo.agent_summaries.resume_url is 'Link to the resume (resume.resume_link in the API). Expires. Personal data.';
comment on column heymilo.agent_summaries.web_interview_score is 'Score of the web interview, 0 to 100.';
comment on column heymilo.agent_summaries.web_interview_highlights is 'What spoke for the candidate in the web interview.';
comment on column heymilo.agent_summaries.audio_recording_url is 'Link to the sound recording (web_interview.audio_recording_link in the API). Expires. Personal data.';
comment on column heymilo.agent_summaries.video_recording_url is 'Link to the video recording (web_interview.video_recording_link in the API). Expires. Personal data.';
comment on column heymilo.agent_summaries.sms_is_eligible is 'Whether the SMS conversation found the candidate eligible.';
comment on column heymilo.agent_summaries.sms_criteria_passed is 'SMS criteria that were met.';
comment on column heymilo.agent_summaries.sms_criteria_failed is 'SMS criteria that were not met.';
comment on column heymilo.agent_summaries.sms_messages_sent is 'Number of SMS sent to the candidate.';
comment on column heymilo.agent_summaries.form_is_complete is 'Whether the form was filled in.';
comment on column heymilo.agent_summaries.form_is_eligible is 'Whether the form''s answers make the candidate eligible.';
comment on column heymilo.agent_summaries.form_questions_answered is 'Number of the form''s questions that were answered.';
comment on column heymilo.agent_summaries.form_total_questions is 'How many questions the form has.';
comment on column heymilo.agent_summaries.extra is 'Fields HeyMilo sends that have no column yet, or values of an unexpected type, as JSON. NULL when there are none.';

create table heymilo.web_interviews (
    workspace_id text not null,
    interview_id text not null,
    agent_interview_id text,
    match_score double precision,
    speech_score double precision,
    highlights text[],
    lowlights text[],
    tags text[],
    audio_recording_url text,
    video_recording_url text,
    extra jsonb,
    constraint web_interviews_pkey PRIMARY KEY (interview_id, workspace_id)
);

comment on table heymilo.web_interviews is 'One row per interview whose web interview (voice or video) has results.';
comment on column heymilo.web_interviews.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo.web_interviews.interview_id is 'The interview the row belongs to.';
comment on column heymilo.web_interviews.agent_interview_id is 'The id that this block of the answer names; normally the interview''s own (web_interview.interview_id in the API).';
comment on column heymilo.web_interviews.match_score is 'How well the candidate matches the posting, 0 to 100.';
comment on column heymilo.web_interviews.speech_score is 'Quality of speech, 0.0 to 5.0. NULL when it was not judged.';
comment on column heymilo.web_interviews.highlights is 'What spoke for the candidate, in order.';
comment on column heymilo.web_interviews.lowlights is 'What spoke against the candidate, in order.';
comment on column heymilo.web_interviews.tags is 'Tags the AI gave the interview.';
comment on column heymilo.web_interviews.audio_recording_url is 'Link to the sound recording, as last received; its signature expires. Personal data.';
comment on column heymilo.web_interviews.video_recording_url is 'Link to the video recording, as last received; its signature expires. Personal data.';
comment on column heymilo.web_interviews.extra is 'Fields HeyMilo sends that have no column yet, or values of an unexpected type, as JSON. NULL when there are none.';

create table heymilo.scorecard_questions (
    workspace_id text not null,
    interview_id text not null,
    "position" integer not null,
    question_id text,
    question_text text,
    score double precision,
    score_weight double precision,
    not_scored boolean,
    rank bigint,
    evaluation_summary text,
    evaluation_criteria text,
    score_1_description text,
    score_5_description text,
    extra jsonb,
    constraint scorecard_questions_pkey PRIMARY KEY (interview_id, workspace_id, "position")
);

comment on table heymilo.scorecard_questions is 'One row per question of a web interview''s scorecard.';
comment on column heymilo.scorecard_questions.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo.scorecard_questions.interview_id is 'The interview the row belongs to.';
comment on column heymilo.scorecard_questions."position" is 'Place in HeyMilo''s answer, from 1.';
comment on column heymilo.scorecard_questions.question_id is 'HeyMilo''s id of the question; refers to questions.question_id.';
comment on column heymilo.scorecard_questions.question_text is 'The question as it was asked.';
comment on column heymilo.scorecard_questions.score is 'Score of the answer, 1 to 10.';
comment on column heymilo.scorecard_questions.score_weight is 'Weight of the question in the interview''s score, 1 to 10. HeyMilo''s default (5) when the answer leaves it out. NULL when HeyMilo says null.';
comment on column heymilo.scorecard_questions.not_scored is 'Whether the answer is left out of the score. HeyMilo''s default (false) when the answer leaves it out. NULL when HeyMilo says null.';
comment on column heymilo.scorecard_questions.rank is 'Order of the question in the interview.';
comment on column heymilo.scorecard_questions.evaluation_summary is 'The AI''s reasons for the score. Free text about a person.';
comment on column heymilo.scorecard_questions.evaluation_criteria is 'What the AI looked at.';
comment on column heymilo.scorecard_questions.score_1_description is 'What an answer at the bottom of the scale looks like.';
comment on column heymilo.scorecard_questions.score_5_description is 'What an answer in the middle of the scale looks like: scores go from 1 to 10, and this describes a 5.';
comment on column heymilo.scorecard_questions.extra is 'Fields HeyMilo sends that have no column yet, or values of an unexpected type, as JSON. NULL when there are none.';

create table heymilo.scorecard_transcript_entries (
    workspace_id text not null,
    interview_id text not null,
    question_position integer not null,
    "position" integer not null,
    speaker text,
    text text,
    offset_seconds double precision,
    offset_label text,
    extra jsonb,
    constraint scorecard_transcript_entries_pkey PRIMARY KEY (interview_id, workspace_id, question_position, "position")
);

comment on table heymilo.scorecard_transcript_entries is 'The dialogue of one scorecard question, one row per turn.';
comment on column heymilo.scorecard_transcript_entries.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo.scorecard_transcript_entries.interview_id is 'The interview the row belongs to.';
comment on column heymilo.scorecard_transcript_entries.question_position is 'The question: refers to scorecard_questions.position.';
comment on column heymilo.scorecard_transcript_entries."position" is 'Place of the turn in the question''s dialogue, from 1.';
comment on column heymilo.scorecard_transcript_entries.speaker is 'Who speaks, in HeyMilo''s word.';
comment on column heymilo.scorecard_transcript_entries.text is 'What was said. Personal data.';
comment on column heymilo.scorecard_transcript_entries.offset_seconds is 'How far into the interview it was said, in seconds (timestamp in the API).';
comment on column heymilo.scorecard_transcript_entries.offset_label is 'The same as MM:SS (timestamp_str in the API).';
comment on column heymilo.scorecard_transcript_entries.extra is 'Fields HeyMilo sends that have no column yet, or values of an unexpected type, as JSON. NULL when there are none.';

create table heymilo.transcript_entries (
    workspace_id text not null,
    interview_id text not null,
    "position" integer not null,
    speaker text,
    text text,
    offset_seconds double precision,
    offset_label text,
    extra jsonb,
    constraint transcript_entries_pkey PRIMARY KEY (interview_id, workspace_id, "position")
);

comment on table heymilo.transcript_entries is 'The whole conversation of a web interview, one row per turn, in reading order by position.';
comment on column heymilo.transcript_entries.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo.transcript_entries.interview_id is 'The interview the row belongs to.';
comment on column heymilo.transcript_entries."position" is 'Place in HeyMilo''s answer, from 1.';
comment on column heymilo.transcript_entries.speaker is 'Who speaks, in HeyMilo''s word.';
comment on column heymilo.transcript_entries.text is 'What was said. Personal data.';
comment on column heymilo.transcript_entries.offset_seconds is 'How far into the interview it was said, in seconds (timestamp in the API).';
comment on column heymilo.transcript_entries.offset_label is 'The same as MM:SS (timestamp_str in the API).';
comment on column heymilo.transcript_entries.extra is 'Fields HeyMilo sends that have no column yet, or values of an unexpected type, as JSON. NULL when there are none.';

create table heymilo.resume_screenings (
    workspace_id text not null,
    interview_id text not null,
    agent_interview_id text,
    overall_score double precision,
    is_eligible boolean,
    resume_url text,
    extra jsonb,
    constraint resume_screenings_pkey PRIMARY KEY (interview_id, workspace_id)
);

comment on table heymilo.resume_screenings is 'One row per interview whose resume was screened.';
comment on column heymilo.resume_screenings.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo.resume_screenings.interview_id is 'The interview the row belongs to.';
comment on column heymilo.resume_screenings.agent_interview_id is 'The id that this block of the answer names; normally the interview''s own (resume.interview_id in the API).';
comment on column heymilo.resume_screenings.overall_score is 'Score of the resume, 0.0 to 100.0. NULL when it was not scored.';
comment on column heymilo.resume_screenings.is_eligible is 'Whether the resume meets the eligibility criteria. NULL when none were set.';
comment on column heymilo.resume_screenings.resume_url is 'Link to the resume, as last received; its signature expires. Personal data.';
comment on column heymilo.resume_screenings.extra is 'Fields HeyMilo sends that have no column yet, or values of an unexpected type, as JSON. NULL when there are none.';

create table heymilo.resume_score_criteria (
    workspace_id text not null,
    interview_id text not null,
    "position" integer not null,
    criteria_id text,
    criteria_text text,
    score double precision,
    confidence double precision,
    reasons text[],
    extra jsonb,
    constraint resume_score_criteria_pkey PRIMARY KEY (interview_id, workspace_id, "position")
);

comment on table heymilo.resume_score_criteria is 'One row per criterion a resume was scored by.';
comment on column heymilo.resume_score_criteria.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo.resume_score_criteria.interview_id is 'The interview the row belongs to.';
comment on column heymilo.resume_score_criteria."position" is 'Place in HeyMilo''s answer, from 1.';
comment on column heymilo.resume_score_criteria.criteria_id is 'HeyMilo''s id of the criterion; refers to questions.question_id.';
comment on column heymilo.resume_score_criteria.criteria_text is 'The criterion.';
comment on column heymilo.resume_score_criteria.score is 'How well the resume meets the criterion, 0.0 to 10.0. NULL when it was not scored.';
comment on column heymilo.resume_score_criteria.confidence is 'How sure the AI is, 0.0 to 1.0.';
comment on column heymilo.resume_score_criteria.reasons is 'The AI''s reasons, in order. Free text about a person.';
comment on column heymilo.resume_score_criteria.extra is 'Fields HeyMilo sends that have no column yet, or values of an unexpected type, as JSON. NULL when there are none.';

create table heymilo.resume_eligibility_criteria (
    workspace_id text not null,
    interview_id text not null,
    "position" integer not null,
    criteria_id text,
    criteria_text text,
    passed boolean,
    confidence double precision,
    reasons text[],
    extra jsonb,
    constraint resume_eligibility_criteria_pkey PRIMARY KEY (interview_id, workspace_id, "position")
);

comment on table heymilo.resume_eligibility_criteria is 'One row per criterion that decides whether a resume is eligible.';
comment on column heymilo.resume_eligibility_criteria.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo.resume_eligibility_criteria.interview_id is 'The interview the row belongs to.';
comment on column heymilo.resume_eligibility_criteria."position" is 'Place in HeyMilo''s answer, from 1.';
comment on column heymilo.resume_eligibility_criteria.criteria_id is 'HeyMilo''s id of the criterion; refers to questions.question_id.';
comment on column heymilo.resume_eligibility_criteria.criteria_text is 'The criterion.';
comment on column heymilo.resume_eligibility_criteria.passed is 'Whether the criterion is met.';
comment on column heymilo.resume_eligibility_criteria.confidence is 'How sure the AI is, 0.0 to 1.0.';
comment on column heymilo.resume_eligibility_criteria.reasons is 'The AI''s reasons, in order. Free text about a person.';
comment on column heymilo.resume_eligibility_criteria.extra is 'Fields HeyMilo sends that have no column yet, or values of an unexpected type, as JSON. NULL when there are none.';

create table heymilo.sms_screenings (
    workspace_id text not null,
    interview_id text not null,
    agent_interview_id text,
    is_eligible boolean,
    confidence double precision,
    messages_sent bigint,
    messages_received bigint,
    extra jsonb,
    constraint sms_screenings_pkey PRIMARY KEY (interview_id, workspace_id)
);

comment on table heymilo.sms_screenings is 'One row per interview with an SMS conversation that has results.';
comment on column heymilo.sms_screenings.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo.sms_screenings.interview_id is 'The interview the row belongs to.';
comment on column heymilo.sms_screenings.agent_interview_id is 'The id that this block of the answer names; normally the interview''s own (sms.interview_id in the API).';
comment on column heymilo.sms_screenings.is_eligible is 'Whether the conversation found the candidate eligible.';
comment on column heymilo.sms_screenings.confidence is 'How sure the AI is, 0.0 to 1.0.';
comment on column heymilo.sms_screenings.messages_sent is 'Number of SMS sent to the candidate.';
comment on column heymilo.sms_screenings.messages_received is 'Number of SMS received from the candidate.';
comment on column heymilo.sms_screenings.extra is 'Fields HeyMilo sends that have no column yet, or values of an unexpected type, as JSON. NULL when there are none.';

create table heymilo.sms_criteria (
    workspace_id text not null,
    interview_id text not null,
    "position" integer not null,
    criteria_id text,
    criteria_text text,
    passed boolean,
    confidence double precision,
    is_dealbreaker boolean,
    reasons text[],
    extra jsonb,
    constraint sms_criteria_pkey PRIMARY KEY (interview_id, workspace_id, "position")
);

comment on table heymilo.sms_criteria is 'One row per criterion that an SMS conversation decided.';
comment on column heymilo.sms_criteria.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo.sms_criteria.interview_id is 'The interview the row belongs to.';
comment on column heymilo.sms_criteria."position" is 'Place in HeyMilo''s answer, from 1.';
comment on column heymilo.sms_criteria.criteria_id is 'HeyMilo''s id of the criterion; refers to questions.question_id.';
comment on column heymilo.sms_criteria.criteria_text is 'The criterion.';
comment on column heymilo.sms_criteria.passed is 'Whether the criterion is met.';
comment on column heymilo.sms_criteria.confidence is 'How sure the AI is, 0.0 to 1.0.';
comment on column heymilo.sms_criteria.is_dealbreaker is 'Whether failing it ends the application. HeyMilo''s default (false) when the answer leaves it out. NULL when HeyMilo says null.';
comment on column heymilo.sms_criteria.reasons is 'The AI''s reasons, in order. Free text about a person.';
comment on column heymilo.sms_criteria.extra is 'Fields HeyMilo sends that have no column yet, or values of an unexpected type, as JSON. NULL when there are none.';

create table heymilo.sms_messages (
    workspace_id text not null,
    interview_id text not null,
    "position" integer not null,
    role text,
    text text,
    sent_at timestamp with time zone,
    extra jsonb,
    constraint sms_messages_pkey PRIMARY KEY (interview_id, workspace_id, "position")
);

comment on table heymilo.sms_messages is 'The SMS conversation, one row per message, in reading order by position.';
comment on column heymilo.sms_messages.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo.sms_messages.interview_id is 'The interview the row belongs to.';
comment on column heymilo.sms_messages."position" is 'Place in HeyMilo''s answer, from 1.';
comment on column heymilo.sms_messages.role is 'Who wrote, in HeyMilo''s word.';
comment on column heymilo.sms_messages.text is 'What was written. Personal data.';
comment on column heymilo.sms_messages.sent_at is 'Time of the message (timestamp in the API). NULL when HeyMilo does not tell.';
comment on column heymilo.sms_messages.extra is 'Fields HeyMilo sends that have no column yet, or values of an unexpected type, as JSON. NULL when there are none.';

create table heymilo.form_screenings (
    workspace_id text not null,
    interview_id text not null,
    agent_interview_id text,
    overall_status text,
    extra jsonb,
    constraint form_screenings_pkey PRIMARY KEY (interview_id, workspace_id)
);

comment on table heymilo.form_screenings is 'One row per interview whose form was filled in.';
comment on column heymilo.form_screenings.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo.form_screenings.interview_id is 'The interview the row belongs to.';
comment on column heymilo.form_screenings.agent_interview_id is 'The id that this block of the answer names; normally the interview''s own (form.interview_id in the API).';
comment on column heymilo.form_screenings.overall_status is 'passed, failed or pending.';
comment on column heymilo.form_screenings.extra is 'Fields HeyMilo sends that have no column yet, or values of an unexpected type, as JSON. NULL when there are none.';

create table heymilo.form_answers (
    workspace_id text not null,
    interview_id text not null,
    "position" integer not null,
    question_id text,
    question_text text,
    question_type text,
    is_knockout boolean,
    passed boolean,
    candidate_answer text,
    expected_answer text,
    extra jsonb,
    constraint form_answers_pkey PRIMARY KEY (interview_id, workspace_id, "position")
);

comment on table heymilo.form_answers is 'One row per question of a form, with the candidate''s answer.';
comment on column heymilo.form_answers.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo.form_answers.interview_id is 'The interview the row belongs to.';
comment on column heymilo.form_answers."position" is 'Place in HeyMilo''s answer, from 1.';
comment on column heymilo.form_answers.question_id is 'HeyMilo''s id of the question; refers to questions.question_id.';
comment on column heymilo.form_answers.question_text is 'The question as it was asked.';
comment on column heymilo.form_answers.question_type is 'Kind of question, in HeyMilo''s word.';
comment on column heymilo.form_answers.is_knockout is 'Whether a wrong answer ends the application.';
comment on column heymilo.form_answers.passed is 'Whether the answer is acceptable.';
comment on column heymilo.form_answers.candidate_answer is 'What the candidate answered. NULL when nothing. Personal data.';
comment on column heymilo.form_answers.expected_answer is 'The answer that passes. NULL when any does.';
comment on column heymilo.form_answers.extra is 'Fields HeyMilo sends that have no column yet, or values of an unexpected type, as JSON. NULL when there are none.';

create table heymilo.integrity_reports (
    workspace_id text not null,
    interview_id text not null,
    overall_ranking bigint,
    overall_confidence double precision,
    enabled boolean,
    threshold bigint,
    types text[],
    cheating_detected boolean,
    cheating_confidence double precision,
    llm_generated_detected boolean,
    llm_detection_confidence double precision,
    gptzero_completely_generated_probability double precision,
    gptzero_overall_ai_score double precision,
    gptzero_average_generated_probability double precision,
    delay_detected boolean,
    delay_confidence double precision,
    delay_overall_score double precision,
    delay_confidence_level double precision,
    tab_switch_detection jsonb,
    integrity_analysis_v2 jsonb,
    interview_integrity_job_id text,
    interview_integrity_status text,
    interview_integrity_filename text,
    interview_integrity_file_type text,
    interview_integrity_created_at timestamp with time zone,
    interview_integrity_updated_at timestamp with time zone,
    interview_integrity_result jsonb,
    interview_integrity_error text,
    interview_integrity_comprehensive jsonb,
    resume_detection_version text,
    resume_detection_scan_id text,
    resume_detection_neat_version text,
    resume_detection_editor_document_id text,
    extra jsonb,
    constraint integrity_reports_pkey PRIMARY KEY (interview_id, workspace_id)
);

comment on table heymilo.integrity_reports is 'One row per interview with an integrity report. enabled says whether detection was on at all: use it as the denominator of every rate.';
comment on column heymilo.integrity_reports.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo.integrity_reports.interview_id is 'The interview the row belongs to.';
comment on column heymilo.integrity_reports.overall_ranking is 'Overall judgement from 1 (no sign of cheating) to 5 (strong signs).';
comment on column heymilo.integrity_reports.overall_confidence is 'How sure the detectors are, 0.0 to 1.0.';
comment on column heymilo.integrity_reports.enabled is 'Whether detection was switched on for the posting.';
comment on column heymilo.integrity_reports.threshold is 'From which confidence on the posting reports a sign, 0 to 100.';
comment on column heymilo.integrity_reports.types is 'The kinds of detection that were switched on.';
comment on column heymilo.integrity_reports.cheating_detected is 'Whether the conversation shows signs of cheating (web_interview.cheat_detection_result in the API).';
comment on column heymilo.integrity_reports.cheating_confidence is 'How sure the AI is of it, 0.0 to 1.0.';
comment on column heymilo.integrity_reports.llm_generated_detected is 'Whether answers seem to come from a language model (web_interview.llm_detection_result in the API).';
comment on column heymilo.integrity_reports.llm_detection_confidence is 'How sure the AI is of it, 0.0 to 1.0.';
comment on column heymilo.integrity_reports.gptzero_completely_generated_probability is 'GPTZero''s probability that the whole was generated, 0.0 to 1.0.';
comment on column heymilo.integrity_reports.gptzero_overall_ai_score is 'How much of the text GPTZero takes for generated, all together: 0.0 to 1.0.';
comment on column heymilo.integrity_reports.gptzero_average_generated_probability is 'GPTZero''s mean probability over the sentences, 0.0 to 1.0.';
comment on column heymilo.integrity_reports.delay_detected is 'Whether answers came unusually late (web_interview.unusual_delay_detection in the API).';
comment on column heymilo.integrity_reports.delay_confidence is 'How sure the AI is of it, 0.0 to 1.0.';
comment on column heymilo.integrity_reports.delay_overall_score is 'How suspicious the pauses before answers are, all together: 0.0 to 1.0.';
comment on column heymilo.integrity_reports.delay_confidence_level is 'How sure the detector of delays is, all together: 0.0 to 1.0.';
comment on column heymilo.integrity_reports.tab_switch_detection is 'What was found about leaving the interview''s browser tab: open JSON.';
comment on column heymilo.integrity_reports.integrity_analysis_v2 is 'The newer analysis of the recording: open JSON.';
comment on column heymilo.integrity_reports.interview_integrity_job_id is 'Analysis of the recording: HeyMilo''s id of the analysis (web_interview.interview_integrity in the API; so are the next eight).';
comment on column heymilo.integrity_reports.interview_integrity_status is 'Analysis of the recording: how far it is.';
comment on column heymilo.integrity_reports.interview_integrity_filename is 'Analysis of the recording: name of the analysed file.';
comment on column heymilo.integrity_reports.interview_integrity_file_type is 'Analysis of the recording: type of the analysed file.';
comment on column heymilo.integrity_reports.interview_integrity_created_at is 'Analysis of the recording: when it was asked for.';
comment on column heymilo.integrity_reports.interview_integrity_updated_at is 'Analysis of the recording: when it last changed.';
comment on column heymilo.integrity_reports.interview_integrity_result is 'Analysis of the recording: its result, open JSON.';
comment on column heymilo.integrity_reports.interview_integrity_error is 'Analysis of the recording: what went wrong. NULL when nothing did.';
comment on column heymilo.integrity_reports.interview_integrity_comprehensive is 'Analysis of the recording: its comprehensive result, open JSON.';
comment on column heymilo.integrity_reports.resume_detection_version is 'Check of the resume for generated text: version of the detector (resume.gpt_detection in the API; so are the next three).';
comment on column heymilo.integrity_reports.resume_detection_scan_id is 'Check of the resume: id of the scan.';
comment on column heymilo.integrity_reports.resume_detection_neat_version is 'Check of the resume: readable version of the detector.';
comment on column heymilo.integrity_reports.resume_detection_editor_document_id is 'Check of the resume: id of the document at the detector.';
comment on column heymilo.integrity_reports.extra is 'Fields HeyMilo sends that have no column yet, or values of an unexpected type, as JSON. NULL when there are none.';

create table heymilo.integrity_findings (
    workspace_id text not null,
    interview_id text not null,
    "position" integer not null,
    detector text not null,
    kind text,
    confidence double precision,
    reasoning text,
    segment_text text,
    image text,
    recording_offset double precision,
    details jsonb,
    extra jsonb,
    constraint integrity_findings_pkey PRIMARY KEY (interview_id, workspace_id, "position")
);

comment on table heymilo.integrity_findings is 'One row per instance that any detector reports, in the order of the answer.';
comment on column heymilo.integrity_findings.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo.integrity_findings.interview_id is 'The interview the row belongs to.';
comment on column heymilo.integrity_findings."position" is 'Place in HeyMilo''s answer, from 1.';
comment on column heymilo.integrity_findings.detector is 'Which detector: cheating, llm_generated, unusual_delay, movement (from the recording) or resume_document (the resume''s check for generated text).';
comment on column heymilo.integrity_findings.kind is 'Kind of movement, in HeyMilo''s word. NULL for other detectors.';
comment on column heymilo.integrity_findings.confidence is 'How sure the detector is, 0.0 to 1.0, for llm_generated and movement. NULL for other detectors.';
comment on column heymilo.integrity_findings.reasoning is 'The AI''s reasons. Free text about a person.';
comment on column heymilo.integrity_findings.segment_text is 'The passage that seems generated (llm_generated only). Personal data.';
comment on column heymilo.integrity_findings.image is 'For movement: link to the picture in which it was seen. NULL when there is none. Personal data.';
comment on column heymilo.integrity_findings.recording_offset is 'For movement: how far into the interview it was seen, in seconds (timestamp in the API). NULL for other detectors.';
comment on column heymilo.integrity_findings.details is 'The whole instance where HeyMilo leaves its shape open: unusual_delay and resume_document.';
comment on column heymilo.integrity_findings.extra is 'Fields HeyMilo sends that have no column yet, or values of an unexpected type, as JSON. NULL when there are none.';

create table heymilo.integrity_transcript_references (
    workspace_id text not null,
    interview_id text not null,
    finding_position integer not null,
    "position" integer not null,
    text text,
    offset_seconds double precision,
    offset_label text,
    extra jsonb,
    constraint integrity_transcript_references_pkey PRIMARY KEY (interview_id, workspace_id, finding_position, "position")
);

comment on table heymilo.integrity_transcript_references is 'The turns of the conversation that a finding of the detector cheating points at, one row each.';
comment on column heymilo.integrity_transcript_references.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo.integrity_transcript_references.interview_id is 'The interview the row belongs to.';
comment on column heymilo.integrity_transcript_references.finding_position is 'The finding: refers to integrity_findings.position.';
comment on column heymilo.integrity_transcript_references."position" is 'Place of the reference in the finding, from 1.';
comment on column heymilo.integrity_transcript_references.text is 'What was said. Personal data.';
comment on column heymilo.integrity_transcript_references.offset_seconds is 'How far into the interview it was said, in seconds (actual_timestamp in the API).';
comment on column heymilo.integrity_transcript_references.offset_label is 'The same in readable form (user_friendly_timestamp in the API).';
comment on column heymilo.integrity_transcript_references.extra is 'Fields HeyMilo sends that have no column yet, or values of an unexpected type, as JSON. NULL when there are none.';

create table heymilo.interview_changes (
    workspace_id text not null,
    interview_id text not null,
    field text not null,
    observed_at timestamp with time zone not null,
    old_value text,
    new_value text,
    changed_at timestamp with time zone,
    first_observation boolean not null,
    constraint interview_changes_pkey PRIMARY KEY (interview_id, workspace_id, observed_at, field)
);

comment on table heymilo.interview_changes is 'What changed in an interview, one row per observed change of one field. HeyMilo keeps no history: this is what heymilo-sync saw.';
comment on column heymilo.interview_changes.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo.interview_changes.interview_id is 'The interview the row belongs to.';
comment on column heymilo.interview_changes.field is 'What changed: status, score, shortlisted, dismissed or deleted (true once HeyMilo has the interview no more, NULL again if it comes back).';
comment on column heymilo.interview_changes.observed_at is 'When the answer that showed the change was received. The change itself happened at some time before.';
comment on column heymilo.interview_changes.old_value is 'The value before, as text. NULL when there was none.';
comment on column heymilo.interview_changes.new_value is 'The value after, as text. NULL when there is none any more.';
comment on column heymilo.interview_changes.changed_at is 'When the change happened, where HeyMilo tells: the workflow''s last activity for a change of status. Otherwise NULL.';
comment on column heymilo.interview_changes.first_observation is 'Whether this is the first value ever seen of the field: it may have been so for long. Leave these out when counting changes.';

CREATE INDEX interview_changes_observed_at_idx ON heymilo.interview_changes USING brin (observed_at);
comment on index heymilo.interview_changes_observed_at_idx is 'The changes of a minute, for the looks at interviews that became final, without reading older ones.';

create table heymilo.workflow_step_changes (
    workspace_id text not null,
    interview_id text not null,
    "position" integer not null,
    observed_at timestamp with time zone not null,
    step_id text,
    old_status text,
    new_status text,
    changed_at timestamp with time zone,
    first_observation boolean not null,
    constraint workflow_step_changes_pkey PRIMARY KEY (interview_id, workspace_id, observed_at, "position")
);

comment on table heymilo.workflow_step_changes is 'How an interview''s steps changed their status, one row per observed change of one step. HeyMilo keeps no history: this is what heymilo-sync saw.';
comment on column heymilo.workflow_step_changes.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo.workflow_step_changes.interview_id is 'The interview the row belongs to.';
comment on column heymilo.workflow_step_changes."position" is 'Place of the step in HeyMilo''s answer, from 1.';
comment on column heymilo.workflow_step_changes.observed_at is 'When the answer that showed the change was received.';
comment on column heymilo.workflow_step_changes.step_id is 'HeyMilo''s id of the step.';
comment on column heymilo.workflow_step_changes.old_status is 'The status before. NULL when the step was not known before.';
comment on column heymilo.workflow_step_changes.new_status is 'The status after.';
comment on column heymilo.workflow_step_changes.changed_at is 'When the step changed, as HeyMilo tells it (last_updated_at of the step). NULL when it does not.';
comment on column heymilo.workflow_step_changes.first_observation is 'Whether the step was not known before: it may have had this status for long.';

create table heymilo_sync.inbox (
    delivery_id bigint not null generated always as identity,
    workspace_id text not null,
    received_at timestamp with time zone not null,
    method text not null,
    query text,
    content_type text,
    body bytea not null,
    interview_ids text[] not null,
    posting_id text,
    receipt_id uuid not null default gen_random_uuid(),
    content_encoding text,
    shape jsonb,
    content_bytes integer not null generated always as ((octet_length(body) + COALESCE(octet_length(query), 0))) stored,
    constraint inbox_receipt_id_key UNIQUE (receipt_id),
    constraint inbox_pkey PRIMARY KEY (delivery_id)
);

comment on table heymilo_sync.inbox is 'Every webhook delivery as it arrived, kept before it was acknowledged.';
comment on column heymilo_sync.inbox.delivery_id is 'Number of the delivery, in the order in which the deliveries were written; received_at tells when they arrived.';
comment on column heymilo_sync.inbox.workspace_id is 'The workspace the delivery is for.';
comment on column heymilo_sync.inbox.received_at is 'When it arrived.';
comment on column heymilo_sync.inbox.method is 'GET or POST.';
comment on column heymilo_sync.inbox.query is 'The query string, as received. NULL when there was none, and once the content was dropped.';
comment on column heymilo_sync.inbox.content_type is 'What the sender says the body is.';
comment on column heymilo_sync.inbox.body is 'The body as it arrived, unpacked: decompressed, in UTF-8, base64 of JSON replaced by the JSON, a multipart body as a JSON list of its parts. May hold personal data. Empty when it could not be decoded (heymilo_sync.notices says why), once the content was dropped because HeyMilo had answered for each interview that the delivery names (retention.drop_answered) or the inbox was too large (retention.inbox_bytes), and when it names an erased person.';
comment on column heymilo_sync.inbox.interview_ids is 'The interviews it names; each was made due. Empty when none was recognised.';
comment on column heymilo_sync.inbox.posting_id is 'The posting it names, when it names no interview; its candidates were made due for a look.';
comment on column heymilo_sync.inbox.receipt_id is 'Given when the delivery was received, before it was written anywhere, so that it is written once.';
comment on column heymilo_sync.inbox.content_encoding is 'What the sender called the compression of the body, such as gzip. NULL when it named none.';
comment on column heymilo_sync.inbox.shape is 'What a dropped body looked like: its fields, each with the type of its value, and of a list the first item. A field whose name has other signs than letters, _ and -, stands as *. NULL while the content is kept.';
comment on column heymilo_sync.inbox.content_bytes is 'Length of the body and the query string together, in bytes.';

CREATE INDEX inbox_content_idx ON heymilo_sync.inbox USING btree (workspace_id, delivery_id) INCLUDE (content_bytes) WHERE (content_bytes > 0);
comment on index heymilo_sync.inbox_content_idx is 'The deliveries that still have their content, the oldest first, and how large they are together.';

CREATE INDEX inbox_received_at_idx ON heymilo_sync.inbox USING btree (workspace_id, received_at);
comment on index heymilo_sync.inbox_received_at_idx is 'The last deliveries, counted on the status page, and those older than their retention.';

create type heymilo_sync.urgency as enum ('command', 'delivery', 'change', 'list', 'look', 'first_copy', 'backfill', 'refresh');
comment on type heymilo_sync.urgency is 'What a request to HeyMilo is for, most urgent first: command (a person asks for an interview), delivery (a webhook names it), change (its list row changed), list (new and recent rows of a list), look (a second look at an interview, or a whole list), first_copy (a list shows it for the first time), backfill (a person asks for everything again), refresh (nothing asked for it for long).';

create table heymilo_sync.jobs (
    workspace_id text not null,
    interview_id text not null,
    urgency heymilo_sync.urgency not null,
    generation bigint not null default 1,
    due_at timestamp with time zone not null default now(),
    enqueued_at timestamp with time zone not null default now(),
    event_types text[] not null default '{}'::text[],
    is_known boolean not null default true,
    is_unlisted boolean not null default false,
    repeats integer not null default 0,
    looks integer not null default 0,
    attempt integer not null default 0,
    deaths integer not null default 0,
    last_error text,
    failed_at timestamp with time zone,
    missed_at timestamp with time zone,
    missing_since timestamp with time zone,
    loss_since timestamp with time zone,
    traceparent text,
    state text not null generated always as (
CASE
    WHEN (failed_at IS NULL) THEN 'open'::text
    WHEN (failed_at = missed_at) THEN 'unknown'::text
    ELSE 'failed'::text
END) stored,
    constraint jobs_pkey PRIMARY KEY (workspace_id, interview_id)
);

comment on table heymilo_sync.jobs is 'Interviews that may have changed and are due to be fetched: at most one row each, removed once the fetch is stored.';
comment on column heymilo_sync.jobs.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo_sync.jobs.interview_id is 'The interview to fetch.';
comment on column heymilo_sync.jobs.urgency is 'What made it due; the most urgent of several.';
comment on column heymilo_sync.jobs.generation is 'Rises whenever the interview is made due, so that a change during a fetch causes another fetch.';
comment on column heymilo_sync.jobs.due_at is 'From when the job may be worked on. First copies are ordered by it, the newest invitation first.';
comment on column heymilo_sync.jobs.enqueued_at is 'When it was made due.';
comment on column heymilo_sync.jobs.event_types is 'The event types of the deliveries that made it due.';
comment on column heymilo_sync.jobs.is_known is 'False while only deliveries name the interview: no list and no answer has shown it.';
comment on column heymilo_sync.jobs.is_unlisted is 'Whether the whole list of its posting did not show it when it was made due. A 404 is then believed at once.';
comment on column heymilo_sync.jobs.repeats is 'How many deliveries in a row led to an unchanged answer before this one. Such a job waits longer each time.';
comment on column heymilo_sync.jobs.looks is 'How many looks in a row found the interview unfinished; each waits longer than the one before.';
comment on column heymilo_sync.jobs.attempt is 'How many attempts in a row failed since it was last made due.';
comment on column heymilo_sync.jobs.deaths is 'How many times the job was marked, after an unclean takeover, before the owner worked on it, and not settled since. A job with an earlier mark is worked on alone; at 3 it is set aside and keeps one mark.';
comment on column heymilo_sync.jobs.last_error is 'What went wrong last: never personal data.';
comment on column heymilo_sync.jobs.failed_at is 'When it was set aside. The row stays for a person to look at; a delivery or a changed list row makes it due again.';
comment on column heymilo_sync.jobs.missed_at is 'When HeyMilo last said that there is no such interview, although a delivery named it. Equal to failed_at: it is not asked for again for 15 minutes, unless a list shows it.';
comment on column heymilo_sync.jobs.missing_since is 'When HeyMilo first answered that a known interview does not exist. It is believed when it still says so an hour later, or when the list does not show the interview either. NULL while it exists.';
comment on column heymilo_sync.jobs.loss_since is 'When an answer first took away all results of earlier answers. It is believed when another answer says so ten minutes later. NULL otherwise.';
comment on column heymilo_sync.jobs.traceparent is 'The span of the delivery that last made it due, as in the W3C header of that name. NULL when it was not a delivery, or spans are not sent anywhere.';
comment on column heymilo_sync.jobs.state is 'open: it is due, or will be at due_at. failed: it was set aside after an error. unknown: only a delivery named it, and HeyMilo does not know it.';

CREATE INDEX jobs_due_idx ON heymilo_sync.jobs USING btree (workspace_id, urgency, due_at) WHERE (failed_at IS NULL);
comment on index heymilo_sync.jobs_due_idx is 'The next jobs of each urgency, the oldest first; a job that waits for a later time, or was set aside, is not read.';

CREATE INDEX jobs_unknown_idx ON heymilo_sync.jobs USING btree (workspace_id) WHERE (NOT is_known);
comment on index heymilo_sync.jobs_unknown_idx is 'Interviews that only deliveries name are counted whenever one more is named.';

CREATE OR REPLACE FUNCTION heymilo_sync.is_due(job heymilo_sync.jobs)
 RETURNS boolean
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
    select job.failed_at is null and job.due_at <= now()
$function$;

comment on function heymilo_sync.is_due(heymilo_sync.jobs) is 'Whether a job is due now, in hand or not: the one definition for the owner, the status page, metrics and commands.';

create table heymilo_sync.repeats (
    workspace_id text not null,
    interview_id text not null,
    repeats integer not null,
    answered_at timestamp with time zone not null,
    event_types text[] not null,
    constraint repeats_pkey PRIMARY KEY (workspace_id, interview_id)
);

comment on table heymilo_sync.repeats is 'Interviews of which deliveries led to an unchanged answer: further deliveries of the same event types wait, 15 seconds at first and 15 minutes at most. A row counts only until the interview changes.';
comment on column heymilo_sync.repeats.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo_sync.repeats.interview_id is 'The interview.';
comment on column heymilo_sync.repeats.repeats is 'How many deliveries in a row led to an unchanged answer.';
comment on column heymilo_sync.repeats.answered_at is 'When the last of these answers was received.';
comment on column heymilo_sync.repeats.event_types is 'The event types of these deliveries. A delivery of another type is not made to wait.';

create table heymilo_sync.snapshots (
    workspace_id text not null,
    kind text not null,
    subject_id text not null,
    version integer not null,
    number bigint not null generated by default as identity,
    posting_id text,
    fingerprint bytea not null,
    results_fingerprint bytea,
    body bytea not null,
    body_bytes integer not null,
    fetched_at timestamp with time zone not null,
    seen_at timestamp with time zone not null,
    redacted_at timestamp with time zone,
    is_applied boolean not null default true,
    written_at timestamp with time zone not null default clock_timestamp(),
    constraint snapshots_pkey PRIMARY KEY (subject_id, kind, workspace_id, version)
);

comment on table heymilo_sync.snapshots is 'HeyMilo''s answers exactly as received (redacted_at tells of exceptions), one row per distinct answer. Two answers that differ only in the signatures of links are not distinct; an answer after the interview or posting was gone is. Every table of schema heymilo can be rebuilt from here; where retention.versions removes older answers, the history only from the oldest that is kept on.';
comment on column heymilo_sync.snapshots.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo_sync.snapshots.kind is 'interview (the results), candidate (an interview''s row in the candidates list), posting, questions (a posting''s whole list, its pages joined), or stray (an item of a list that does not say what it is about).';
comment on column heymilo_sync.snapshots.subject_id is 'The interview or posting the answer is about. Of a stray: its fingerprint.';
comment on column heymilo_sync.snapshots.version is '1 for the first distinct answer about the subject, then 2, and so on.';
comment on column heymilo_sync.snapshots.number is 'Number of the answer, in the order in which answers were written. Replay follows it.';
comment on column heymilo_sync.snapshots.posting_id is 'The posting the subject belongs to, as far as the answer tells.';
comment on column heymilo_sync.snapshots.fingerprint is 'SHA-256 of the answer''s content: equal means nothing changed.';
comment on column heymilo_sync.snapshots.results_fingerprint is 'For a candidate''s row: SHA-256 of the part that the results tell as well. Where it is equal, no new results need to be fetched.';
comment on column heymilo_sync.snapshots.body is 'The answer, byte for byte unless redacted_at is set, compressed with zstd. Personal data.';
comment on column heymilo_sync.snapshots.body_bytes is 'Length of the answer before compression.';
comment on column heymilo_sync.snapshots.fetched_at is 'When the answer was first received; a row of the candidates list: when its page was asked for.';
comment on column heymilo_sync.snapshots.seen_at is 'When the answer was last received (for lists: as of fetched_at).';
comment on column heymilo_sync.snapshots.redacted_at is 'When the conversations were taken out of the answer, because they were older than retention.transcripts; fingerprint is still that of the whole answer. What HeyMilo answers about the interview from then on is kept without them too. NULL for an answer exactly as received.';
comment on column heymilo_sync.snapshots.is_applied is 'Whether the tables follow the answer, and a replay too. False for a stray, for an answer that is not an interview, and for one that takes away all results or questions and was not confirmed by a second answer ten minutes later: they replace nothing. True where the database refused the rows.';
comment on column heymilo_sync.snapshots.written_at is 'When the answer was written, together with its rows.';

alter table heymilo_sync.snapshots alter column body set storage external;

CREATE INDEX snapshots_unredacted_idx ON heymilo_sync.snapshots USING btree (workspace_id, subject_id) WHERE ((kind = ANY (ARRAY['interview'::text, 'candidate'::text])) AND (redacted_at IS NULL));
comment on index heymilo_sync.snapshots_unredacted_idx is 'Which interviews still have their conversations.';

CREATE INDEX snapshots_written_at_idx ON heymilo_sync.snapshots USING brin (written_at);
comment on index heymilo_sync.snapshots_written_at_idx is 'What was written in the last hour and day is counted without reading what is older.';

create table heymilo_sync.notices (
    workspace_id text not null,
    kind text not null,
    subject_id text not null,
    path text not null,
    problem text not null,
    expected text not null,
    found text not null,
    occurrences integer not null,
    noticed_at timestamp with time zone not null,
    constraint notices_pkey PRIMARY KEY (subject_id, kind, workspace_id, path, problem, found)
);

comment on table heymilo_sync.notices is 'Where HeyMilo''s newest answers differ from what was expected: a wrong type, a field without a column. Never a value.';
comment on column heymilo_sync.notices.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo_sync.notices.kind is 'The kind of answer, as in snapshots, or delivery.';
comment on column heymilo_sync.notices.subject_id is 'The interview or posting the answer is about. Of a stray: its fingerprint, as in snapshots. Of deliveries: inbox.';
comment on column heymilo_sync.notices.path is 'Where in the answer, such as web_interview.scorecard[].score.';
comment on column heymilo_sync.notices.problem is 'wrong_type, unknown_field, missing_field, converted, other_id, replaced_character, milliseconds, out_of_range (a number beyond any float, or a whole one beyond 64 bits, kept as text), too_deep (lists in lists without end, NULL), repeated_field (the last is taken), no_id (an item that names nothing, in no table), deadly (an item of a page that ended the process each time it was read, in no table), refused (the database took none of its rows) or undecoded (a webhook delivery, or a part of it, that could not be unpacked and was left out).';
comment on column heymilo_sync.notices.expected is 'What was expected there.';
comment on column heymilo_sync.notices.found is 'What was there instead: a type, never a value.';
comment on column heymilo_sync.notices.occurrences is 'How often in this answer. Of deliveries: in how many.';
comment on column heymilo_sync.notices.noticed_at is 'When the answer was received. Of deliveries: the last of them.';

create table heymilo_sync.cursors (
    workspace_id text not null,
    list text not null,
    posting_id text not null,
    due_at timestamp with time zone not null default now(),
    asked_at timestamp with time zone,
    polled_at timestamp with time zone,
    swept_at timestamp with time zone,
    page_after text,
    run_since timestamp with time zone,
    run_began_at timestamp with time zone,
    pages integer,
    stats jsonb,
    confirmed_at timestamp with time zone,
    stats_at timestamp with time zone,
    stats_until timestamp with time zone,
    differs_since timestamp with time zone,
    hastened_at timestamp with time zone,
    failed_at timestamp with time zone,
    looks integer not null default 0,
    deaths integer not null default 0,
    constraint cursors_pkey PRIMARY KEY (workspace_id, list, posting_id)
);

comment on table heymilo_sync.cursors is 'How far the poll has read: one row per list that is read again and again.';
comment on column heymilo_sync.cursors.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo_sync.cursors.list is 'postings, questions or candidates.';
comment on column heymilo_sync.cursors.posting_id is 'The posting whose list it is; empty for the list of postings.';
comment on column heymilo_sync.cursors.due_at is 'From when the list is to be read again.';
comment on column heymilo_sync.cursors.asked_at is 'When the reading began that came to the list''s end at polled_at.';
comment on column heymilo_sync.cursors.polled_at is 'When it was last read.';
comment on column heymilo_sync.cursors.swept_at is 'When the reading began that last took in the list from its very beginning to its end.';
comment on column heymilo_sync.cursors.page_after is 'Candidates: the last interview of the page that was read last, while the list is being read; reading goes on behind it. NULL when the list was read to its end.';
comment on column heymilo_sync.cursors.run_since is 'Candidates: from which invitation on the list is being read. NULL when from its very beginning, and when it is not being read.';
comment on column heymilo_sync.cursors.run_began_at is 'Candidates: when the reading began that page_after belongs to.';
comment on column heymilo_sync.cursors.pages is 'Candidates: how many pages the list had when it was last read to its end.';
comment on column heymilo_sync.cursors.stats is 'Candidates: HeyMilo''s counts of the posting from before the list was last read. While they stay the same, a long list without unfinished interviews is not read again.';
comment on column heymilo_sync.cursors.confirmed_at is 'Candidates: when HeyMilo last said that the posting exists although its list of postings leaves it out.';
comment on column heymilo_sync.cursors.stats_at is 'Candidates: when HeyMilo gave the counts in stats. NULL until it has.';
comment on column heymilo_sync.cursors.stats_until is 'Candidates: when the reading of the list ended that followed the counts in stats. NULL until HeyMilo has given counts.';
comment on column heymilo_sync.cursors.differs_since is 'Candidates: since when HeyMilo''s counts and the tables differ, as noted whenever the list was read. The next reading asks for the counts again. NULL while they agree.';
comment on column heymilo_sync.cursors.hastened_at is 'From when the list may be read sooner than due_at, because of a delivery that names no interview. NULL when there is none.';
comment on column heymilo_sync.cursors.failed_at is 'When the list could not be read. NULL once it was read to its end.';
comment on column heymilo_sync.cursors.looks is 'Candidates: how many recent looks the list had. Every second look goes back two days, every fourth look four days, and so on.';
comment on column heymilo_sync.cursors.deaths is 'How many times reading the list was marked, after an unclean takeover, and did not come to an end. At 3 the list waits for its next full scan.';

create table heymilo_sync.refreshes (
    workspace_id text not null,
    began_at timestamp with time zone not null,
    last_interview_id text not null,
    round_began_at timestamp with time zone,
    constraint refreshes_pkey PRIMARY KEY (workspace_id)
);

comment on table heymilo_sync.refreshes is 'The rolling refresh, one row per workspace: it fetches interviews again that nothing else asks for, because some results change after the final status and no list shows it.';
comment on column heymilo_sync.refreshes.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo_sync.refreshes.began_at is 'When the last run began.';
comment on column heymilo_sync.refreshes.last_interview_id is 'The interview that the refresh came to, in the order of ids. Empty between two rounds.';
comment on column heymilo_sync.refreshes.round_began_at is 'When the last round began. A round begins at most once a day. NULL before the first one.';

create table heymilo_sync.backfills (
    workspace_id text not null,
    posting_id text,
    since timestamp with time zone,
    until timestamp with time zone,
    last_interview_id text not null,
    constraint backfills_pkey PRIMARY KEY (workspace_id)
);

comment on table heymilo_sync.backfills is 'Backfills whose interviews are not all due yet, one row per workspace: a command that was interrupted goes on with it.';
comment on column heymilo_sync.backfills.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo_sync.backfills.posting_id is 'The posting that was asked for. NULL for all.';
comment on column heymilo_sync.backfills.since is 'The first invitation that was asked for. NULL for all.';
comment on column heymilo_sync.backfills.until is 'The time before which the invitations were asked for. NULL for all.';
comment on column heymilo_sync.backfills.last_interview_id is 'The last interview that was made due, in the order of ids.';

create table heymilo_sync.owners (
    workspace_id text not null,
    epoch bigint not null,
    owner text not null,
    host text not null,
    program text not null,
    is_daemon boolean not null,
    daemon_at timestamp with time zone,
    taken_at timestamp with time zone not null,
    constraint owners_pkey PRIMARY KEY (workspace_id)
);

comment on table heymilo_sync.owners is 'The process that works for a workspace: it alone makes requests with the workspace''s key and writes fetched rows. The row changes only at a takeover; each writing transaction holds a share lock on it.';
comment on column heymilo_sync.owners.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo_sync.owners.epoch is 'Rises with each takeover. Only the process with the newest epoch can write.';
comment on column heymilo_sync.owners.owner is 'Names the process; made up anew at each start.';
comment on column heymilo_sync.owners.host is 'The machine or container it runs on.';
comment on column heymilo_sync.owners.program is 'The version of the program that it runs.';
comment on column heymilo_sync.owners.is_daemon is 'Whether it is a daemon. A command hands the workspace over to a daemon that waits.';
comment on column heymilo_sync.owners.daemon_at is 'When a daemon last owned it, as far as the last takeover tells. NULL when only commands did.';
comment on column heymilo_sync.owners.taken_at is 'When it took the workspace.';

create table heymilo_sync.heartbeats (
    workspace_id text not null,
    epoch bigint not null,
    beat_at timestamp with time zone not null,
    alive_until timestamp with time zone not null,
    released_at timestamp with time zone,
    sent integer[] not null,
    used jsonb not null,
    told_limit integer,
    requests_per_minute integer not null,
    paused_until timestamp with time zone,
    in_hand integer not null,
    held_since timestamp with time zone,
    lent integer not null,
    constraint heartbeats_pkey PRIMARY KEY (workspace_id)
);

comment on table heymilo_sync.heartbeats is 'The sign of life of each workspace''s owner, written every two seconds while its loops make progress. A workspace whose heartbeat lapsed is free.';
comment on column heymilo_sync.heartbeats.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo_sync.heartbeats.epoch is 'The owner''s epoch.';
comment on column heymilo_sync.heartbeats.beat_at is 'When it was written.';
comment on column heymilo_sync.heartbeats.alive_until is 'Until when the owner owns the workspace without another heartbeat.';
comment on column heymilo_sync.heartbeats.released_at is 'When the owner gave the workspace back by itself. NULL while it owns it, and when it died.';
comment on column heymilo_sync.heartbeats.sent is 'The requests of the last minute, as numbers per second: the first is that of the second before beat_at. A new owner counts them.';
comment on column heymilo_sync.heartbeats.used is 'The requests of the last minute by urgency; others are those that another user of the key made.';
comment on column heymilo_sync.heartbeats.told_limit is 'The requests a minute that HeyMilo''s answers told last; where the settings allow more, this counts. NULL until an answer tells.';
comment on column heymilo_sync.heartbeats.requests_per_minute is 'The requests a minute that the owner makes at most: what its settings allow, or what HeyMilo told, if that is lower.';
comment on column heymilo_sync.heartbeats.paused_until is 'Until when no request leaves, because HeyMilo said so. NULL when there is no pause.';
comment on column heymilo_sync.heartbeats.in_hand is 'How many interviews were being fetched or written.';
comment on column heymilo_sync.heartbeats.held_since is 'Since when interviews have been in hand, and none of them was written or given back. NULL while there are none.';
comment on column heymilo_sync.heartbeats.lent is 'How many requests a minute the owner leaves to commands.';

create table heymilo_sync.waiting (
    workspace_id text not null,
    process text not null,
    is_daemon boolean not null,
    owned integer not null,
    is_refused boolean not null,
    until timestamp with time zone not null,
    constraint waiting_pkey PRIMARY KEY (workspace_id, process)
);

comment on table heymilo_sync.waiting is 'Processes that would work for a workspace and wait for its owner to end. An owner with two workspaces more than a waiting daemon hands one over.';
comment on column heymilo_sync.waiting.workspace_id is 'The workspace it waits for.';
comment on column heymilo_sync.waiting.process is 'Names the process, as in owners.';
comment on column heymilo_sync.waiting.is_daemon is 'Whether it is a daemon.';
comment on column heymilo_sync.waiting.owned is 'How many workspaces it owns.';
comment on column heymilo_sync.waiting.is_refused is 'Whether HeyMilo refused its API key lately.';
comment on column heymilo_sync.waiting.until is 'Until when the row counts. Renewed as long as the process waits.';

create table heymilo_sync.loans (
    workspace_id text not null,
    borrower text not null,
    requests_per_minute integer not null,
    until timestamp with time zone not null,
    granted_until timestamp with time zone,
    constraint loans_pkey PRIMARY KEY (workspace_id, borrower)
);

comment on table heymilo_sync.loans is 'Requests that commands borrow from a workspace''s owner. The owner lowers its own rate before it grants a loan, and for a minute after it ended.';
comment on column heymilo_sync.loans.workspace_id is 'The workspace whose API key is used.';
comment on column heymilo_sync.loans.borrower is 'Names the process that borrows.';
comment on column heymilo_sync.loans.requests_per_minute is 'How many requests a minute it borrows.';
comment on column heymilo_sync.loans.until is 'Until when it is wanted. Renewed as long as the command works.';
comment on column heymilo_sync.loans.granted_until is 'Until when the command may use it. NULL until the owner grants it.';

CREATE OR REPLACE FUNCTION heymilo_sync.fence(of_workspace text, held_epoch bigint)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
    perform
    from heymilo_sync.owners
    where workspace_id = of_workspace
      and epoch = held_epoch
    for share;

    if not found or not exists (
        select
        from heymilo_sync.heartbeats
        where workspace_id = of_workspace
          and epoch = held_epoch
          and alive_until > clock_timestamp()
    ) then
        raise exception 'workspace % is not owned in epoch %', of_workspace, held_epoch
            using errcode = 'HM001';
    end if;
end
$function$;

comment on function heymilo_sync.fence(text,bigint) is 'Begins each transaction that writes fetched rows: it fails with SQLSTATE HM001 unless the process still owns the workspace, and lets no other process take it until the transaction ends.';

create table heymilo_sync.connections (
    workspace_id text not null,
    succeeded_at timestamp with time zone,
    refused_at timestamp with time zone,
    refused_because text,
    down_at timestamp with time zone,
    down_because text,
    other_workspace_at timestamp with time zone,
    unidentified_at timestamp with time zone,
    constraint connections_pkey PRIMARY KEY (workspace_id)
);

comment on table heymilo_sync.connections is 'How HeyMilo''s API answers, one row per workspace.';
comment on column heymilo_sync.connections.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo_sync.connections.succeeded_at is 'When the API last answered as it should.';
comment on column heymilo_sync.connections.refused_at is 'Since when the API key is refused. NULL while it is accepted.';
comment on column heymilo_sync.connections.refused_because is 'What HeyMilo said when it refused the key, and which variable holds the key. NULL while it is accepted.';
comment on column heymilo_sync.connections.down_at is 'Since when the API does not answer at all: it is asked once every heymilo.outage_interval until it does. NULL while it answers.';
comment on column heymilo_sync.connections.down_because is 'Why the API does not answer: the address that was asked, and what failed there. NULL while it answers.';
comment on column heymilo_sync.connections.other_workspace_at is 'Since when the API key is known to be of another workspace than the one in the tables: nothing is asked for until it is the right one. NULL otherwise.';
comment on column heymilo_sync.connections.unidentified_at is 'Since when HeyMilo does not tell which workspace the API key is of: the copy goes on, and a key of another workspace would not be noticed. NULL otherwise.';

create table heymilo_sync.registrations (
    workspace_id text not null,
    wanted integer not null,
    registered integer not null,
    noted_at timestamp with time zone not null,
    constraint registrations_pkey PRIMARY KEY (workspace_id)
);

comment on table heymilo_sync.registrations is 'The daemon''s own webhook registrations at HeyMilo, counted whenever the list of postings is read: one row per workspace, none where the daemon does not know its public address.';
comment on column heymilo_sync.registrations.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo_sync.registrations.wanted is 'How many there should be: one for each live posting and event type.';
comment on column heymilo_sync.registrations.registered is 'How many of them there are.';
comment on column heymilo_sync.registrations.noted_at is 'Since when the two numbers are these.';

create table heymilo_sync.first_copies (
    workspace_id text not null,
    completed_at timestamp with time zone not null,
    constraint first_copies_pkey PRIMARY KEY (workspace_id)
);

comment on table heymilo_sync.first_copies is 'Workspaces whose first copy is complete: every list was read once, and every interview that they showed was fetched.';
comment on column heymilo_sync.first_copies.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo_sync.first_copies.completed_at is 'When the first copy was seen to be complete.';

create view heymilo_sync.copying as
 WITH unfinished AS MATERIALIZED (
         SELECT known.workspace_id
           FROM ( SELECT workspaces.workspace_id
                   FROM heymilo.workspaces
                UNION
                 SELECT cursors.workspace_id
                   FROM heymilo_sync.cursors
                UNION
                 SELECT connections.workspace_id
                   FROM heymilo_sync.connections) known
          WHERE NOT (EXISTS ( SELECT
                   FROM heymilo_sync.first_copies
                  WHERE first_copies.workspace_id = known.workspace_id))
        )
 SELECT unfinished.workspace_id,
    lists.lists_left,
    jobs.interviews_left,
    interviews.interviews
   FROM unfinished
     CROSS JOIN LATERAL ( SELECT count(*) FILTER (WHERE cursors.swept_at IS NULL AND cursors.failed_at IS NULL) AS lists_left,
            COALESCE(bool_or(cursors.swept_at IS NOT NULL) FILTER (WHERE cursors.list = 'postings'::text), false) AS has_postings
           FROM heymilo_sync.cursors
          WHERE cursors.workspace_id = unfinished.workspace_id AND (cursors.list = ANY (ARRAY['postings'::text, 'candidates'::text]))) lists
     CROSS JOIN LATERAL ( SELECT count(*) AS interviews_left
           FROM heymilo_sync.jobs jobs_1
          WHERE jobs_1.workspace_id = unfinished.workspace_id AND jobs_1.urgency = 'first_copy'::heymilo_sync.urgency AND jobs_1.failed_at IS NULL AND jobs_1.attempt = 0) jobs
     CROSS JOIN LATERAL ( SELECT count(*) AS interviews
           FROM heymilo.interviews interviews_1
          WHERE interviews_1.workspace_id = unfinished.workspace_id AND interviews_1.deleted_at IS NULL) interviews
  WHERE lists.lists_left > 0 OR jobs.interviews_left > 0 OR NOT lists.has_postings;

comment on view heymilo_sync.copying is 'Workspaces whose first copy is under way, one row each. A list that cannot be read and an interview that failed do not hold it up.';
comment on column heymilo_sync.copying.workspace_id is 'The workspace.';
comment on column heymilo_sync.copying.lists_left is 'Lists of postings and candidates that were not read to their end yet.';
comment on column heymilo_sync.copying.interviews_left is 'Interviews that are known and wait to be fetched for the first time.';
comment on column heymilo_sync.copying.interviews is 'Interviews that are known, fetched or not. The number grows until all lists are read.';

create view heymilo_sync.without_results as
 SELECT interviews.workspace_id,
    interviews.interview_id,
    COALESCE(jobs.state = 'open'::text, false) AS is_due
   FROM heymilo.interviews
     LEFT JOIN heymilo_sync.jobs USING (workspace_id, interview_id)
  WHERE interviews.fetched_at IS NULL AND interviews.deleted_at IS NULL AND ((interviews.status = ANY (ARRAY['completed'::text, 'knocked_out'::text, 'shortlisted'::text, 'dismissed'::text])) OR interviews.workflow_complete);

comment on view heymilo_sync.without_results is 'Finished interviews whose results are not in the tables, one row each.';
comment on column heymilo_sync.without_results.workspace_id is 'The workspace the interview belongs to.';
comment on column heymilo_sync.without_results.interview_id is 'The interview.';
comment on column heymilo_sync.without_results.is_due is 'Whether its results wait to be fetched. False: nothing asks for them, or the fetch was given up.';

CREATE OR REPLACE FUNCTION heymilo_bi.rate(part bigint, whole bigint)
 RETURNS double precision
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN ((part)::double precision / (NULLIF(whole, 0))::double precision);

comment on function heymilo_bi.rate(bigint,bigint) is 'A part of a whole, 0.0 to 1.0. NULL when there is no whole to be a part of.';

CREATE OR REPLACE FUNCTION heymilo_bi.is_small(size bigint)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN (size < 30);

comment on function heymilo_bi.is_small(bigint) is 'Whether a group has fewer than 30 members: its rates, means and correlations may be chance.';

CREATE OR REPLACE FUNCTION heymilo_bi.week_of(moment timestamp with time zone)
 RETURNS date
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN (date_trunc('week'::text, (moment AT TIME ZONE 'UTC'::text)))::date;

comment on function heymilo_bi.week_of(timestamp with time zone) is 'The Monday of the week in which a moment lies, in UTC whatever the time zone of the session.';

create view heymilo_bi.interview_summary as
 SELECT interviews.workspace_id,
    interviews.interview_id,
    interviews.posting_id,
    postings.title AS posting_title,
    ( SELECT btrim(found.source #>> '{}'::text[]) AS btrim
           FROM ( VALUES (1,interviews.metadata -> 'source'::text), (2,interviews.data -> 'source'::text)) found(place, source)
          WHERE jsonb_typeof(found.source) = 'string'::text AND char_length(btrim(found.source #>> '{}'::text[])) >= 1 AND char_length(btrim(found.source #>> '{}'::text[])) <= 60 AND (found.source #>> '{}'::text[]) !~* '@|://|\.[a-z]{2,}/|[[:cntrl:]]|([0-9][^0-9]*){7}'::text
          ORDER BY found.place
         LIMIT 1) AS source,
    interviews.status,
    COALESCE(interviews.status = ANY (ARRAY['in_progress'::text, 'evaluating'::text, 'completed'::text, 'knocked_out'::text]), false) OR COALESCE(interviews.workflow_complete, false) OR COALESCE(steps.started, false) OR ended.was_completed AS started,
    COALESCE(interviews.workflow_complete, false) OR COALESCE(interviews.status = ANY (ARRAY['evaluating'::text, 'completed'::text]), false) OR ended.was_completed AS completed,
    COALESCE(interviews.status = 'knocked_out'::text, false) OR COALESCE(steps.knocked_out, false) AS knocked_out,
    decided.decision,
    interviews.shortlisted,
    interviews.dismissed,
    interviews.invited_at,
    interviews.interviewed_at,
    interviews.last_activity_at,
    ( SELECT LEAST(max(interview_changes.observed_at) FILTER (WHERE interview_changes.field = 'status'::text), max(interview_changes.observed_at) FILTER (WHERE interview_changes.field <> 'status'::text)) AS "least"
           FROM heymilo.interview_changes
          WHERE interview_changes.interview_id = interviews.interview_id AND interview_changes.workspace_id = interviews.workspace_id AND NOT interview_changes.first_observation AND (interview_changes.field = 'status'::text AND interview_changes.new_value = decided.decision OR interview_changes.field = decided.decision AND interview_changes.new_value = 'true'::text)) AS decided_at,
    interviews.score,
    web_interviews.match_score,
    web_interviews.speech_score,
    resume_screenings.overall_score AS resume_score,
    resume_screenings.is_eligible AS resume_is_eligible,
    sms_screenings.is_eligible AS sms_is_eligible,
    form_screenings.overall_status AS form_status,
    integrity_reports.enabled AS integrity_enabled,
    integrity_reports.overall_ranking AS integrity_ranking
   FROM heymilo.interviews
     LEFT JOIN heymilo.postings USING (workspace_id, posting_id)
     LEFT JOIN heymilo.web_interviews USING (workspace_id, interview_id)
     LEFT JOIN heymilo.resume_screenings USING (workspace_id, interview_id)
     LEFT JOIN heymilo.sms_screenings USING (workspace_id, interview_id)
     LEFT JOIN heymilo.form_screenings USING (workspace_id, interview_id)
     LEFT JOIN heymilo.integrity_reports USING (workspace_id, interview_id)
     LEFT JOIN ( SELECT workflow_steps.workspace_id,
            workflow_steps.interview_id,
            bool_or(workflow_steps.started OR workflow_steps.completed OR workflow_steps.knocked_out OR (workflow_steps.status = ANY (ARRAY['in_progress'::text, 'completed'::text, 'knocked_out'::text]))) AS started,
            bool_or(workflow_steps.knocked_out OR workflow_steps.status = 'knocked_out'::text) AS knocked_out
           FROM heymilo.workflow_steps
          GROUP BY workflow_steps.workspace_id, workflow_steps.interview_id) steps USING (workspace_id, interview_id)
     LEFT JOIN ( SELECT interview_changes.workspace_id,
            interview_changes.interview_id,
            true AS seen
           FROM heymilo.interview_changes
          WHERE interview_changes.field = 'status'::text AND ('completed'::text = interview_changes.old_value OR 'completed'::text = interview_changes.new_value)
          GROUP BY interview_changes.workspace_id, interview_changes.interview_id) completions USING (workspace_id, interview_id)
     CROSS JOIN LATERAL ( SELECT
                CASE
                    WHEN interviews.status = ANY (ARRAY['shortlisted'::text, 'dismissed'::text]) THEN interviews.status
                    WHEN interviews.shortlisted THEN 'shortlisted'::text
                    WHEN interviews.dismissed THEN 'dismissed'::text
                    ELSE NULL::text
                END AS decision) decided
     CROSS JOIN LATERAL ( SELECT COALESCE(interviews.status = ANY (ARRAY['shortlisted'::text, 'dismissed'::text]), false) AND interviews.workflow_complete IS NULL AND (interviews.interviewed_at IS NOT NULL OR completions.seen IS NOT NULL) AS was_completed) ended
  WHERE interviews.deleted_at IS NULL AND postings.deleted_at IS NULL AND postings.test_posting IS NOT TRUE;

comment on view heymilo_bi.interview_summary is 'One wide row per interview, without names: what most charts need. Test postings, and interviews or postings that are deleted in HeyMilo, are left out here and therefore in every view. Interviews whose posting was not read yet are counted.';
comment on column heymilo_bi.interview_summary.workspace_id is 'The workspace the interview belongs to.';
comment on column heymilo_bi.interview_summary.interview_id is 'HeyMilo''s id of the interview.';
comment on column heymilo_bi.interview_summary.posting_id is 'The posting the candidate was invited to.';
comment on column heymilo_bi.interview_summary.posting_title is 'What the posting is called. NULL until the posting was read.';
comment on column heymilo_bi.interview_summary.source is 'Where the candidate came from: the key "source" of the interview''s metadata, or else of its data. NULL when neither has one, and when it is no short name: more than 60 characters, seven digits, an address, a link, or anything but text. A person''s name cannot be told from another: what writes it there shows it.';
comment on column heymilo_bi.interview_summary.status is 'Where the interview stands; see heymilo.interviews.status.';
comment on column heymilo_bi.interview_summary.started is 'Whether the candidate has begun any step.';
comment on column heymilo_bi.interview_summary.completed is 'Whether the candidate has finished every step; stays true when a recruiter has decided, and while the score is still being computed. Where a decided interview tells nothing of its workflow: whether it has an interviewed_at, or was seen completed before.';
comment on column heymilo_bi.interview_summary.knocked_out is 'Whether a step ended the application; stays true when a recruiter decides otherwise later.';
comment on column heymilo_bi.interview_summary.decision is 'What a recruiter decided: shortlisted or dismissed. NULL as long as nobody has.';
comment on column heymilo_bi.interview_summary.shortlisted is 'True when a recruiter put the candidate on the shortlist. NULL until the candidates'' list has been read.';
comment on column heymilo_bi.interview_summary.dismissed is 'True when a recruiter turned the candidate down. NULL until the candidates'' list has been read.';
comment on column heymilo_bi.interview_summary.invited_at is 'When the candidate was invited.';
comment on column heymilo_bi.interview_summary.interviewed_at is 'When the candidate came to the end of the interview. NULL until then.';
comment on column heymilo_bi.interview_summary.last_activity_at is 'When the candidate last did something. NULL as long as nothing.';
comment on column heymilo_bi.interview_summary.decided_at is 'When the decision was first seen; HeyMilo tells no time of its own, so it was made between this and the look before. NULL without a decision, and when it was made before the interview was first seen.';
comment on column heymilo_bi.interview_summary.score is 'Overall score, 0 to 100. NULL until HeyMilo has computed it.';
comment on column heymilo_bi.interview_summary.match_score is 'Web interview: match with the posting, 0 to 100. NULL without one.';
comment on column heymilo_bi.interview_summary.speech_score is 'Web interview: quality of speech, 0.0 to 5.0. NULL when not judged.';
comment on column heymilo_bi.interview_summary.resume_score is 'Resume: overall score, 0.0 to 100.0. NULL when not scored.';
comment on column heymilo_bi.interview_summary.resume_is_eligible is 'Resume: whether the eligibility criteria are met. NULL when none were checked.';
comment on column heymilo_bi.interview_summary.sms_is_eligible is 'SMS: whether the conversation found the candidate eligible. NULL without a result.';
comment on column heymilo_bi.interview_summary.form_status is 'Form: passed, failed or pending. NULL without a form.';
comment on column heymilo_bi.interview_summary.integrity_enabled is 'Integrity: whether detection was switched on. NULL without a report.';
comment on column heymilo_bi.interview_summary.integrity_ranking is 'Integrity: overall judgement from 1 (no sign) to 5 (strong signs). NULL when not judged.';

create view heymilo_bi.interview_steps as
 WITH kinds AS (
         SELECT DISTINCT ON (posting_steps.workspace_id, posting_steps.posting_id, posting_steps.step_id) posting_steps.workspace_id,
            posting_steps.posting_id,
            posting_steps.step_id,
            posting_steps.step_type
           FROM heymilo.posting_steps
          ORDER BY posting_steps.workspace_id, posting_steps.posting_id, posting_steps.step_id, posting_steps."position"
        )
 SELECT interviews.workspace_id,
    interviews.interview_id,
    interviews.posting_id,
    interviews.posting_title,
    steps."position",
    COALESCE(steps.step_order, steps."position"::bigint) AS step_order,
    steps.step_id,
    kinds.step_type,
    steps.status,
    COALESCE(steps.started OR steps.completed OR steps.knocked_out OR (steps.status = ANY (ARRAY['in_progress'::text, 'completed'::text, 'knocked_out'::text])), false) AS entered,
    COALESCE(steps.completed OR steps.status = 'completed'::text, false) AND NOT COALESCE(steps.knocked_out OR steps.status = 'knocked_out'::text, false) AS completed,
    COALESCE(steps.knocked_out OR steps.status = 'knocked_out'::text, false) AS knocked_out,
    interviews.invited_at,
    steps.last_updated_at
   FROM heymilo_bi.interview_summary interviews
     JOIN heymilo.workflow_steps steps USING (workspace_id, interview_id)
     LEFT JOIN kinds ON kinds.workspace_id = interviews.workspace_id AND kinds.posting_id = interviews.posting_id AND kinds.step_id = steps.step_id;

comment on view heymilo_bi.interview_steps is 'One row per step of an interview, as it stands now, with the kind of its agent.';
comment on column heymilo_bi.interview_steps.workspace_id is 'The workspace the interview belongs to.';
comment on column heymilo_bi.interview_steps.interview_id is 'HeyMilo''s id of the interview.';
comment on column heymilo_bi.interview_steps.posting_id is 'The posting the candidate was invited to.';
comment on column heymilo_bi.interview_steps.posting_title is 'What the posting is called. NULL until the posting was read.';
comment on column heymilo_bi.interview_steps."position" is 'Place of the step in HeyMilo''s answer, from 1.';
comment on column heymilo_bi.interview_steps.step_order is 'Order of the step in the workflow, from 1; its position where HeyMilo gives none.';
comment on column heymilo_bi.interview_steps.step_id is 'HeyMilo''s id of the step. NULL when it gives none.';
comment on column heymilo_bi.interview_steps.step_type is 'Kind of agent: web_interview, conversational_sms, resume or form. NULL when the posting, as last read, has no such step.';
comment on column heymilo_bi.interview_steps.status is 'not_started, in_progress, completed or knocked_out; other words are possible when HeyMilo adds them.';
comment on column heymilo_bi.interview_steps.entered is 'Whether the candidate has begun the step.';
comment on column heymilo_bi.interview_steps.completed is 'Whether the candidate has finished the step and may go on.';
comment on column heymilo_bi.interview_steps.knocked_out is 'Whether the step ended the application.';
comment on column heymilo_bi.interview_steps.invited_at is 'When the candidate was invited.';
comment on column heymilo_bi.interview_steps.last_updated_at is 'When the step last changed, as HeyMilo tells it. NULL when it does not.';

create view heymilo.transcripts as
 WITH turns AS (
         SELECT transcript_entries.workspace_id,
            transcript_entries.interview_id,
            'web_interview'::text AS channel,
            transcript_entries."position",
            transcript_entries.speaker,
            transcript_entries.text,
            transcript_entries.offset_seconds,
            NULL::timestamp with time zone AS sent_at
           FROM heymilo.transcript_entries
        UNION ALL
         SELECT sms_messages.workspace_id,
            sms_messages.interview_id,
            'sms'::text,
            sms_messages."position",
            sms_messages.role,
            sms_messages.text,
            NULL::double precision,
            sms_messages.sent_at
           FROM heymilo.sms_messages
        )
 SELECT interviews.workspace_id,
    interviews.posting_id,
    interviews.interview_id,
    turns.channel,
    turns."position",
    turns.speaker,
    turns.text,
    turns.offset_seconds,
    turns.sent_at
   FROM heymilo_bi.interview_summary interviews
     JOIN turns USING (workspace_id, interview_id);

comment on view heymilo.transcripts is 'Every turn of every conversation, web interview and SMS, one row each: order by channel and position to read an interview. Without test postings and deleted interviews. Personal data.';
comment on column heymilo.transcripts.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo.transcripts.posting_id is 'The posting the candidate was invited to.';
comment on column heymilo.transcripts.interview_id is 'The interview the row belongs to.';
comment on column heymilo.transcripts.channel is 'web_interview (spoken) or sms (written).';
comment on column heymilo.transcripts."position" is 'Place of the turn in its conversation, from 1.';
comment on column heymilo.transcripts.speaker is 'Who speaks or writes, in HeyMilo''s word.';
comment on column heymilo.transcripts.text is 'What was said or written. Personal data.';
comment on column heymilo.transcripts.offset_seconds is 'How far into the web interview it was said, in seconds. NULL for sms.';
comment on column heymilo.transcripts.sent_at is 'When the SMS was sent. NULL for web_interview, and when HeyMilo does not tell.';

create view heymilo_bi.funnel as
 WITH steps AS (
         SELECT interview_steps.workspace_id,
            interview_steps.posting_id,
            interview_steps.posting_title,
            interview_steps.step_order,
            interview_steps.step_id,
            interview_steps.step_type,
            bool_or(interview_steps.entered) AS entered,
            bool_or(interview_steps.completed) AND NOT bool_or(interview_steps.knocked_out) AS completed,
            bool_or(interview_steps.knocked_out) AS knocked_out
           FROM heymilo_bi.interview_steps
          GROUP BY interview_steps.workspace_id, interview_steps.interview_id, interview_steps.posting_id, interview_steps.posting_title, interview_steps.step_order, interview_steps.step_id, interview_steps.step_type
        )
 SELECT steps.workspace_id,
    steps.posting_id,
    steps.posting_title,
    steps.step_order,
    steps.step_id,
    steps.step_type,
    count(*) AS interviews,
    count(*) FILTER (WHERE steps.entered) AS entered,
    count(*) FILTER (WHERE steps.completed) AS completed,
    count(*) FILTER (WHERE steps.knocked_out) AS knocked_out,
    count(*) FILTER (WHERE steps.entered AND NOT steps.completed AND NOT steps.knocked_out) AS unfinished,
    heymilo_bi.rate(count(*) FILTER (WHERE steps.completed), count(*) FILTER (WHERE steps.entered)) AS conversion_rate,
    heymilo_bi.rate(count(*) FILTER (WHERE steps.completed), count(*)) AS passed_rate,
    heymilo_bi.is_small(count(*) FILTER (WHERE steps.entered)) AS is_small
   FROM steps
  GROUP BY steps.workspace_id, steps.posting_id, steps.posting_title, steps.step_order, steps.step_id, steps.step_type;

comment on view heymilo_bi.funnel is 'How many candidates enter each step of a posting and how many come through: one row per posting and step.';
comment on column heymilo_bi.funnel.workspace_id is 'The workspace the posting belongs to.';
comment on column heymilo_bi.funnel.posting_id is 'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_bi.funnel.posting_title is 'What the posting is called. NULL until the posting was read.';
comment on column heymilo_bi.funnel.step_order is 'Order of the step in the workflow, from 1.';
comment on column heymilo_bi.funnel.step_id is 'HeyMilo''s id of the step. A posting whose workflow was edited has several steps of one order.';
comment on column heymilo_bi.funnel.step_type is 'Kind of agent: web_interview, conversational_sms, resume or form. NULL when the posting, as last read, has no such step.';
comment on column heymilo_bi.funnel.interviews is 'Interviews whose workflow has the step, entered or not.';
comment on column heymilo_bi.funnel.entered is 'Interviews whose candidate has begun the step.';
comment on column heymilo_bi.funnel.completed is 'Interviews whose candidate has finished the step and may go on.';
comment on column heymilo_bi.funnel.knocked_out is 'Interviews that the step ended.';
comment on column heymilo_bi.funnel.unfinished is 'Interviews that entered the step and have neither come through nor been knocked out: under way or given up.';
comment on column heymilo_bi.funnel.conversion_rate is 'completed of entered, 0.0 to 1.0. NULL when nobody has entered.';
comment on column heymilo_bi.funnel.passed_rate is 'completed of all interviews, 0.0 to 1.0: what is left of those invited.';
comment on column heymilo_bi.funnel.is_small is 'Whether fewer than 30 have entered: the rates may be chance.';

create view heymilo_bi.completion_by_week as
 SELECT interview_summary.workspace_id,
    interview_summary.posting_id,
    interview_summary.posting_title,
    heymilo_bi.week_of(interview_summary.invited_at) AS week_invited,
    count(*) AS invited,
    count(*) FILTER (WHERE interview_summary.started) AS started,
    count(*) FILTER (WHERE interview_summary.completed) AS completed,
    count(*) FILTER (WHERE interview_summary.knocked_out) AS knocked_out,
    count(*) FILTER (WHERE NOT interview_summary.started) AS never_started,
    count(*) FILTER (WHERE interview_summary.started AND NOT interview_summary.completed AND NOT interview_summary.knocked_out) AS unfinished,
    heymilo_bi.rate(count(*) FILTER (WHERE interview_summary.completed), count(*)) AS completion_rate,
    heymilo_bi.rate(count(*) FILTER (WHERE interview_summary.started AND NOT interview_summary.completed AND NOT interview_summary.knocked_out), count(*) FILTER (WHERE interview_summary.started)) AS drop_off_rate,
    bool_or(interview_summary.invited_at > (now() - '28 days'::interval)) AS may_still_change,
    heymilo_bi.is_small(count(*)) AS is_small
   FROM heymilo_bi.interview_summary
  GROUP BY interview_summary.workspace_id, interview_summary.posting_id, interview_summary.posting_title, (heymilo_bi.week_of(interview_summary.invited_at));

comment on view heymilo_bi.completion_by_week is 'How far those invited in a week have come by now: one row per posting and week of invitation.';
comment on column heymilo_bi.completion_by_week.workspace_id is 'The workspace the posting belongs to.';
comment on column heymilo_bi.completion_by_week.posting_id is 'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_bi.completion_by_week.posting_title is 'What the posting is called. NULL until the posting was read.';
comment on column heymilo_bi.completion_by_week.week_invited is 'Monday of the week of the invitation, in UTC. NULL for interviews whose invitation was not read yet.';
comment on column heymilo_bi.completion_by_week.invited is 'Interviews of the week.';
comment on column heymilo_bi.completion_by_week.started is 'Of these, whose candidate has begun any step.';
comment on column heymilo_bi.completion_by_week.completed is 'Of these, whose candidate has finished every step.';
comment on column heymilo_bi.completion_by_week.knocked_out is 'Of these, that a step ended.';
comment on column heymilo_bi.completion_by_week.never_started is 'Of these, whose candidate has begun no step.';
comment on column heymilo_bi.completion_by_week.unfinished is 'Of these, whose candidate has begun and is under way or has given up.';
comment on column heymilo_bi.completion_by_week.completion_rate is 'completed of invited, 0.0 to 1.0.';
comment on column heymilo_bi.completion_by_week.drop_off_rate is 'unfinished of started, 0.0 to 1.0. NULL when nobody has started. Too high as long as may_still_change.';
comment on column heymilo_bi.completion_by_week.may_still_change is 'Whether anybody of the week was invited less than 28 days ago, and may well go on. NULL without an invitation.';
comment on column heymilo_bi.completion_by_week.is_small is 'Whether fewer than 30 were invited: the rates may be chance.';

create view heymilo_bi.step_durations as
 WITH changes AS (
         SELECT workflow_step_changes.workspace_id,
            workflow_step_changes.interview_id,
            workflow_step_changes."position",
            workflow_step_changes.step_id,
            workflow_step_changes.new_status,
            COALESCE(workflow_step_changes.changed_at,
                CASE
                    WHEN NOT workflow_step_changes.first_observation THEN workflow_step_changes.observed_at
                    ELSE NULL::timestamp with time zone
                END) AS changed_at
           FROM heymilo.workflow_step_changes
        ), passages AS (
         SELECT changes.workspace_id,
            changes.interview_id,
            changes."position",
            changes.step_id,
            min(changes.changed_at) FILTER (WHERE changes.new_status = 'in_progress'::text) AS started_at,
            min(changes.changed_at) FILTER (WHERE changes.new_status = ANY (ARRAY['completed'::text, 'knocked_out'::text])) AS finished_at
           FROM changes
          GROUP BY changes.workspace_id, changes.interview_id, changes."position", changes.step_id
        ), steps AS (
         SELECT steps.workspace_id,
            steps.interview_id,
            steps.posting_id,
            steps.posting_title,
            steps.step_order,
            steps.step_id,
            steps.step_type,
            steps.invited_at,
            min(steps."position") AS "position",
            bool_or(steps.completed OR steps.knocked_out) AS finished,
            min(passages.started_at) AS started_at,
            min(passages.finished_at) AS finished_at
           FROM heymilo_bi.interview_steps steps
             LEFT JOIN passages ON passages.workspace_id = steps.workspace_id AND passages.interview_id = steps.interview_id AND passages."position" = steps."position" AND NOT passages.step_id IS DISTINCT FROM steps.step_id
          GROUP BY steps.workspace_id, steps.interview_id, steps.posting_id, steps.posting_title, steps.step_order, steps.step_id, steps.step_type, steps.invited_at
        ), durations AS (
         SELECT steps.workspace_id,
            steps.interview_id,
            steps.posting_id,
            steps.posting_title,
            steps.step_order,
            steps.step_id,
            steps.step_type,
            steps.invited_at,
            steps."position",
            steps.finished,
            steps.started_at,
            steps.finished_at,
            EXTRACT(epoch FROM steps.finished_at - steps.started_at) / 60::numeric AS minutes_in_step,
            EXTRACT(epoch FROM steps.finished_at - lag(steps.finished_at, 1, steps.invited_at) OVER workflow) / 3600::numeric AS hours_from_previous,
            EXTRACT(epoch FROM steps.finished_at - steps.invited_at) / 3600::numeric AS hours_from_invitation
           FROM steps
          WINDOW workflow AS (PARTITION BY steps.workspace_id, steps.interview_id ORDER BY steps.step_order, steps."position")
        )
 SELECT durations.workspace_id,
    durations.posting_id,
    durations.posting_title,
    durations.step_order,
    durations.step_id,
    durations.step_type,
    count(*) FILTER (WHERE durations.finished) AS finished,
    count(*) FILTER (WHERE durations.minutes_in_step >= 0::numeric) AS timed_in_step,
    percentile_cont(0.5::double precision) WITHIN GROUP (ORDER BY (durations.minutes_in_step::double precision)) FILTER (WHERE durations.minutes_in_step >= 0::numeric) AS p50_minutes_in_step,
    percentile_cont(0.9::double precision) WITHIN GROUP (ORDER BY (durations.minutes_in_step::double precision)) FILTER (WHERE durations.minutes_in_step >= 0::numeric) AS p90_minutes_in_step,
    count(*) FILTER (WHERE durations.hours_from_previous >= 0::numeric) AS timed_from_previous,
    percentile_cont(0.5::double precision) WITHIN GROUP (ORDER BY (durations.hours_from_previous::double precision)) FILTER (WHERE durations.hours_from_previous >= 0::numeric) AS p50_hours_from_previous,
    percentile_cont(0.9::double precision) WITHIN GROUP (ORDER BY (durations.hours_from_previous::double precision)) FILTER (WHERE durations.hours_from_previous >= 0::numeric) AS p90_hours_from_previous,
    count(*) FILTER (WHERE durations.hours_from_invitation >= 0::numeric) AS timed_from_invitation,
    percentile_cont(0.5::double precision) WITHIN GROUP (ORDER BY (durations.hours_from_invitation::double precision)) FILTER (WHERE durations.hours_from_invitation >= 0::numeric) AS p50_hours_from_invitation,
    percentile_cont(0.9::double precision) WITHIN GROUP (ORDER BY (durations.hours_from_invitation::double precision)) FILTER (WHERE durations.hours_from_invitation >= 0::numeric) AS p90_hours_from_invitation,
    heymilo_bi.is_small(count(*) FILTER (WHERE durations.hours_from_invitation >= 0::numeric)) AS is_small
   FROM durations
  GROUP BY durations.workspace_id, durations.posting_id, durations.posting_title, durations.step_order, durations.step_id, durations.step_type;

comment on view heymilo_bi.step_durations is 'How long candidates take for a step, median and ninetieth percentile: one row per posting and step. HeyMilo keeps no history; the times are from the changes that were observed (heymilo.workflow_step_changes), each with HeyMilo''s own time where it gives one.';
comment on column heymilo_bi.step_durations.workspace_id is 'The workspace the posting belongs to.';
comment on column heymilo_bi.step_durations.posting_id is 'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_bi.step_durations.posting_title is 'What the posting is called. NULL until the posting was read.';
comment on column heymilo_bi.step_durations.step_order is 'Order of the step in the workflow, from 1.';
comment on column heymilo_bi.step_durations.step_id is 'HeyMilo''s id of the step.';
comment on column heymilo_bi.step_durations.step_type is 'Kind of agent: web_interview, conversational_sms, resume or form. NULL when the posting, as last read, has no such step.';
comment on column heymilo_bi.step_durations.finished is 'Interviews whose candidate has finished the step or was knocked out by it.';
comment on column heymilo_bi.step_durations.timed_in_step is 'How many of these were seen while they were in the step, so that its beginning is known.';
comment on column heymilo_bi.step_durations.p50_minutes_in_step is 'Median minutes from the beginning of the step to its end. NULL when no beginning was seen.';
comment on column heymilo_bi.step_durations.p90_minutes_in_step is 'Nine of ten need at most so many minutes from the beginning of the step to its end.';
comment on column heymilo_bi.step_durations.timed_from_previous is 'How many of these have a known end of this step and of the one before.';
comment on column heymilo_bi.step_durations.p50_hours_from_previous is 'Median hours from the end of the step before (for the first step: from the invitation) to the end of this one, waiting included.';
comment on column heymilo_bi.step_durations.p90_hours_from_previous is 'Nine of ten need at most so many hours from the end of the step before.';
comment on column heymilo_bi.step_durations.timed_from_invitation is 'How many of these have a known invitation and a known end of the step.';
comment on column heymilo_bi.step_durations.p50_hours_from_invitation is 'Median hours from the invitation to the end of the step; for the step web_interview: from invitation to interview.';
comment on column heymilo_bi.step_durations.p90_hours_from_invitation is 'Nine of ten need at most so many hours from the invitation.';
comment on column heymilo_bi.step_durations.is_small is 'Whether fewer than 30 are timed from the invitation: the percentiles may be chance.';

create view heymilo_bi.weekly_throughput as
 SELECT interview_summary.workspace_id,
    interview_summary.posting_id,
    interview_summary.posting_title,
    heymilo_bi.week_of(events.happened_at) AS week,
    count(*) FILTER (WHERE events.event = 'invited'::text) AS invited,
    count(*) FILTER (WHERE events.event = 'interviewed'::text) AS interviewed,
    count(*) FILTER (WHERE events.event = 'shortlisted'::text) AS shortlisted,
    count(*) FILTER (WHERE events.event = 'dismissed'::text) AS dismissed
   FROM heymilo_bi.interview_summary
     CROSS JOIN LATERAL ( VALUES ('invited'::text,interview_summary.invited_at), (
                CASE
                    WHEN interview_summary.interviewed_at IS NOT NULL THEN 'interviewed'::text
                    ELSE NULL::text
                END,interview_summary.interviewed_at), (interview_summary.decision,interview_summary.decided_at)) events(event, happened_at)
  WHERE events.event IS NOT NULL
  GROUP BY interview_summary.workspace_id, interview_summary.posting_id, interview_summary.posting_title, (heymilo_bi.week_of(events.happened_at));

comment on view heymilo_bi.weekly_throughput is 'What happened in a week, whenever the candidates were invited: one row per posting and week. Sums over all rows count every interview and every decision that stands.';
comment on column heymilo_bi.weekly_throughput.workspace_id is 'The workspace the posting belongs to.';
comment on column heymilo_bi.weekly_throughput.posting_id is 'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_bi.weekly_throughput.posting_title is 'What the posting is called. NULL until the posting was read.';
comment on column heymilo_bi.weekly_throughput.week is 'Monday of the week, in UTC. NULL for what has no known time: decisions that stood when the interview was first seen, and invitations that were not read yet.';
comment on column heymilo_bi.weekly_throughput.invited is 'Invitations of the week.';
comment on column heymilo_bi.weekly_throughput.interviewed is 'Interviews that took place in the week (interviewed_at).';
comment on column heymilo_bi.weekly_throughput.shortlisted is 'Candidates whose shortlisting was first seen in the week and still stands.';
comment on column heymilo_bi.weekly_throughput.dismissed is 'Candidates whose dismissal was first seen in the week and still stands.';

create view heymilo_bi.decision_backlog as
 WITH completions AS (
         SELECT interview_changes.workspace_id,
            interview_changes.interview_id,
            max(COALESCE(interview_changes.changed_at, interview_changes.observed_at)) AS completed_at
           FROM heymilo.interview_changes
          WHERE interview_changes.field = 'status'::text AND interview_changes.new_value = 'completed'::text AND NOT interview_changes.first_observation
          GROUP BY interview_changes.workspace_id, interview_changes.interview_id
        )
 SELECT interviews.workspace_id,
    interviews.posting_id,
    interviews.posting_title,
    interviews.interview_id,
    interviews.score,
    interviews.invited_at,
    COALESCE(completions.completed_at, interviews.interviewed_at, interviews.last_activity_at) AS waiting_since,
        CASE
            WHEN completions.completed_at IS NOT NULL THEN 'observed'::text
            WHEN interviews.interviewed_at IS NOT NULL THEN 'interviewed_at'::text
            WHEN interviews.last_activity_at IS NOT NULL THEN 'last_activity_at'::text
            ELSE NULL::text
        END AS waiting_since_from,
    EXTRACT(epoch FROM now() - COALESCE(completions.completed_at, interviews.interviewed_at, interviews.last_activity_at))::double precision / 86400::double precision AS waiting_days
   FROM heymilo_bi.interview_summary interviews
     LEFT JOIN completions USING (workspace_id, interview_id)
  WHERE interviews.completed AND interviews.decision IS NULL AND NOT interviews.knocked_out AND interviews.status IS DISTINCT FROM 'evaluating'::text;

comment on view heymilo_bi.decision_backlog is 'Interviews that wait for a recruiter: completed, scored, neither shortlisted nor dismissed. One row per interview.';
comment on column heymilo_bi.decision_backlog.workspace_id is 'The workspace the interview belongs to.';
comment on column heymilo_bi.decision_backlog.posting_id is 'The posting the candidate was invited to.';
comment on column heymilo_bi.decision_backlog.posting_title is 'What the posting is called. NULL until the posting was read.';
comment on column heymilo_bi.decision_backlog.interview_id is 'HeyMilo''s id of the interview.';
comment on column heymilo_bi.decision_backlog.score is 'Overall score, 0 to 100. NULL when HeyMilo gives none.';
comment on column heymilo_bi.decision_backlog.invited_at is 'When the candidate was invited.';
comment on column heymilo_bi.decision_backlog.waiting_since is 'Since when the interview waits. NULL when no time is known.';
comment on column heymilo_bi.decision_backlog.waiting_since_from is 'What tells since when: observed (it was seen to become completed), or else interviewed_at or last_activity_at of the interview. NULL when nothing does.';
comment on column heymilo_bi.decision_backlog.waiting_days is 'Age in days, with fractions. NULL when no time is known.';

create view heymilo_bi.criteria as
 WITH verdicts AS (
         SELECT resume_eligibility_criteria.workspace_id,
            resume_eligibility_criteria.interview_id,
            'resume_eligibility'::text AS kind,
            resume_eligibility_criteria."position",
            resume_eligibility_criteria.criteria_id,
            resume_eligibility_criteria.criteria_text,
            true AS is_knockout,
            resume_eligibility_criteria.passed,
            NULL::double precision AS score,
            resume_eligibility_criteria.confidence
           FROM heymilo.resume_eligibility_criteria
        UNION ALL
         SELECT resume_score_criteria.workspace_id,
            resume_score_criteria.interview_id,
            'resume_scoring'::text,
            resume_score_criteria."position",
            resume_score_criteria.criteria_id,
            resume_score_criteria.criteria_text,
            false,
            NULL::boolean,
            resume_score_criteria.score,
            resume_score_criteria.confidence
           FROM heymilo.resume_score_criteria
        UNION ALL
         SELECT sms_criteria.workspace_id,
            sms_criteria.interview_id,
            'sms'::text,
            sms_criteria."position",
            sms_criteria.criteria_id,
            sms_criteria.criteria_text,
            sms_criteria.is_dealbreaker,
            sms_criteria.passed,
            NULL::double precision,
            sms_criteria.confidence
           FROM heymilo.sms_criteria
        UNION ALL
         SELECT form_answers.workspace_id,
            form_answers.interview_id,
            'form'::text,
            form_answers."position",
            form_answers.question_id,
            form_answers.question_text,
            form_answers.is_knockout,
            form_answers.passed,
            NULL::double precision,
            NULL::double precision
           FROM heymilo.form_answers
        ), texts AS (
         SELECT DISTINCT ON (questions.workspace_id, questions.posting_id, questions.question_id) questions.workspace_id,
            questions.posting_id,
            questions.question_id,
            questions.question_text
           FROM heymilo.questions
          ORDER BY questions.workspace_id, questions.posting_id, questions.question_id, questions."position"
        )
 SELECT interviews.workspace_id,
    interviews.posting_id,
    interviews.posting_title,
    interviews.interview_id,
    verdicts.kind,
    verdicts."position",
    verdicts.criteria_id,
    COALESCE(texts.question_text, verdicts.criteria_text) AS criteria_text,
    verdicts.is_knockout,
    verdicts.passed,
    verdicts.score,
    verdicts.confidence
   FROM heymilo_bi.interview_summary interviews
     JOIN verdicts USING (workspace_id, interview_id)
     LEFT JOIN texts ON texts.workspace_id = interviews.workspace_id AND texts.posting_id = interviews.posting_id AND texts.question_id = verdicts.criteria_id;

comment on view heymilo_bi.criteria is 'One row per criterion that was applied to a candidate, whichever agent did it: resume eligibility, resume scoring, SMS, form. What the candidate answered is in the tables of schema heymilo.';
comment on column heymilo_bi.criteria.workspace_id is 'The workspace the interview belongs to.';
comment on column heymilo_bi.criteria.posting_id is 'The posting the candidate was invited to.';
comment on column heymilo_bi.criteria.posting_title is 'What the posting is called. NULL until the posting was read.';
comment on column heymilo_bi.criteria.interview_id is 'HeyMilo''s id of the interview.';
comment on column heymilo_bi.criteria.kind is 'Who applied it: resume_eligibility, resume_scoring, sms or form; the same words as in heymilo.questions.modality.';
comment on column heymilo_bi.criteria."position" is 'Place in HeyMilo''s answer, from 1; counted for each kind.';
comment on column heymilo_bi.criteria.criteria_id is 'HeyMilo''s id of the criterion, or of the form''s question; refers to heymilo.questions.question_id.';
comment on column heymilo_bi.criteria.criteria_text is 'The criterion as the posting has it now; as it was applied where the posting has it no more.';
comment on column heymilo_bi.criteria.is_knockout is 'Whether failing it ends the application: always for resume_eligibility, never for resume_scoring, a dealbreaker of sms, a knockout question of form. NULL when HeyMilo does not tell.';
comment on column heymilo_bi.criteria.passed is 'Whether the criterion is met. NULL for resume_scoring, and when it was not decided.';
comment on column heymilo_bi.criteria.score is 'Score, 0.0 to 10.0. NULL for every kind but resume_scoring.';
comment on column heymilo_bi.criteria.confidence is 'How sure the AI is, 0.0 to 1.0. NULL for form, whose answers no AI judges.';

create view heymilo_bi.knockout_reasons as
 WITH knocked_out AS (
         SELECT interview_summary.workspace_id,
            interview_summary.posting_id,
            interview_summary.posting_title,
            interview_summary.interview_id
           FROM heymilo_bi.interview_summary
          WHERE interview_summary.knocked_out
        ), reasons AS (
         SELECT criteria.workspace_id,
            criteria.interview_id,
            criteria.kind,
            COALESCE(criteria.criteria_id, criteria.criteria_text) AS criterion,
            max(criteria.criteria_id) AS criteria_id,
            max(criteria.criteria_text) AS criteria_text,
            count(*) OVER (PARTITION BY criteria.workspace_id, criteria.interview_id) AS reasons
           FROM heymilo_bi.criteria
          WHERE criteria.is_knockout AND NOT criteria.passed
          GROUP BY criteria.workspace_id, criteria.interview_id, criteria.kind, (COALESCE(criteria.criteria_id, criteria.criteria_text))
        ), totals AS (
         SELECT knocked_out_1.workspace_id,
            knocked_out_1.posting_id,
            count(*) AS knocked_out
           FROM knocked_out knocked_out_1
          GROUP BY knocked_out_1.workspace_id, knocked_out_1.posting_id
        )
 SELECT knocked_out.workspace_id,
    knocked_out.posting_id,
    knocked_out.posting_title,
    COALESCE(reasons.kind, 'unknown'::text) AS kind,
    max(reasons.criteria_id) AS criteria_id,
    max(reasons.criteria_text) AS criteria_text,
    count(*) AS knocked_out,
    count(*) FILTER (WHERE reasons.reasons = 1) AS only_reason,
    heymilo_bi.rate(count(*), totals.knocked_out) AS share,
    heymilo_bi.is_small(totals.knocked_out) AS is_small
   FROM knocked_out
     JOIN totals ON totals.workspace_id = knocked_out.workspace_id AND NOT totals.posting_id IS DISTINCT FROM knocked_out.posting_id
     LEFT JOIN reasons ON reasons.workspace_id = knocked_out.workspace_id AND reasons.interview_id = knocked_out.interview_id
  GROUP BY knocked_out.workspace_id, knocked_out.posting_id, knocked_out.posting_title, reasons.kind, reasons.criterion, totals.knocked_out;

comment on view heymilo_bi.knockout_reasons is 'Why candidates are knocked out: one row per posting, kind and criterion that they failed. Who failed several is in several rows.';
comment on column heymilo_bi.knockout_reasons.workspace_id is 'The workspace the posting belongs to.';
comment on column heymilo_bi.knockout_reasons.posting_id is 'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_bi.knockout_reasons.posting_title is 'What the posting is called. NULL until the posting was read.';
comment on column heymilo_bi.knockout_reasons.kind is 'resume_eligibility, sms (a dealbreaker) or form (a knockout question); unknown for candidates who were knocked out though no failed criterion is known.';
comment on column heymilo_bi.knockout_reasons.criteria_id is 'HeyMilo''s id of the criterion. NULL when it gives none, and for unknown.';
comment on column heymilo_bi.knockout_reasons.criteria_text is 'The criterion. NULL for unknown.';
comment on column heymilo_bi.knockout_reasons.knocked_out is 'Candidates who were knocked out and failed it.';
comment on column heymilo_bi.knockout_reasons.only_reason is 'Of these, who failed nothing else.';
comment on column heymilo_bi.knockout_reasons.share is 'knocked_out of all who were knocked out in the posting, 0.0 to 1.0. Adds up to more than 1 where candidates failed several.';
comment on column heymilo_bi.knockout_reasons.is_small is 'Whether fewer than 30 were knocked out in the posting: the shares may be chance.';

create view heymilo_bi.criterion_statistics as
 SELECT criteria.workspace_id,
    criteria.posting_id,
    criteria.posting_title,
    criteria.kind,
    max(criteria.criteria_id) AS criteria_id,
    max(criteria.criteria_text) AS criteria_text,
    bool_or(criteria.is_knockout) AS is_knockout,
    count(*) AS applied,
    count(criteria.passed) AS decided,
    count(*) FILTER (WHERE criteria.passed) AS passed,
    heymilo_bi.rate(count(*) FILTER (WHERE criteria.passed), count(criteria.passed)) AS pass_rate,
    avg(criteria.score) AS mean_score,
    avg(criteria.confidence) AS mean_confidence,
    percentile_cont(0.1::double precision) WITHIN GROUP (ORDER BY criteria.confidence) AS p10_confidence,
    heymilo_bi.is_small(GREATEST(count(criteria.passed), count(criteria.score))) AS is_small
   FROM heymilo_bi.criteria
  GROUP BY criteria.workspace_id, criteria.posting_id, criteria.posting_title, criteria.kind, (COALESCE(criteria.criteria_id, criteria.criteria_text));

comment on view heymilo_bi.criterion_statistics is 'How often each criterion is met and how sure the AI is: one row per posting, kind and criterion.';
comment on column heymilo_bi.criterion_statistics.workspace_id is 'The workspace the posting belongs to.';
comment on column heymilo_bi.criterion_statistics.posting_id is 'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_bi.criterion_statistics.posting_title is 'What the posting is called. NULL until the posting was read.';
comment on column heymilo_bi.criterion_statistics.kind is 'resume_eligibility, resume_scoring, sms or form.';
comment on column heymilo_bi.criterion_statistics.criteria_id is 'HeyMilo''s id of the criterion. NULL when it gives none; its text tells it apart then.';
comment on column heymilo_bi.criterion_statistics.criteria_text is 'The criterion.';
comment on column heymilo_bi.criterion_statistics.is_knockout is 'Whether failing it ends the application. NULL when HeyMilo does not tell.';
comment on column heymilo_bi.criterion_statistics.applied is 'How often it was applied.';
comment on column heymilo_bi.criterion_statistics.decided is 'How often it was found met or not met. 0 for resume_scoring, which gives scores.';
comment on column heymilo_bi.criterion_statistics.passed is 'How often it was found met.';
comment on column heymilo_bi.criterion_statistics.pass_rate is 'passed of decided, 0.0 to 1.0. NULL when it was never decided.';
comment on column heymilo_bi.criterion_statistics.mean_score is 'Mean score, 0.0 to 10.0. NULL for every kind but resume_scoring.';
comment on column heymilo_bi.criterion_statistics.mean_confidence is 'How sure the AI is on average, 0.0 to 1.0. NULL for form.';
comment on column heymilo_bi.criterion_statistics.p10_confidence is 'The AI is less sure than this in one case of ten. NULL for form.';
comment on column heymilo_bi.criterion_statistics.is_small is 'Whether fewer than 30 were decided or scored: rates and means may be chance.';

create view heymilo_bi.score_distribution as
 SELECT interviews.workspace_id,
    interviews.posting_id,
    interviews.posting_title,
    interviews.interview_id,
    scores.measure,
    scores.score,
    scores.scale_max,
    LEAST(GREATEST(ceil(10::double precision * scores.score / scores.scale_max::double precision), 1::double precision), 10::double precision)::integer AS tenth
   FROM heymilo_bi.interview_summary interviews
     CROSS JOIN LATERAL ( VALUES ('overall'::text,interviews.score,100), ('web_interview'::text,interviews.match_score,100), ('resume'::text,interviews.resume_score,100), ('speech'::text,interviews.speech_score,5)) scores(measure, score, scale_max)
  WHERE scores.score IS NOT NULL;

comment on view heymilo_bi.score_distribution is 'Every score of an interview, one row per interview and measure, for histograms. Always choose one measure: their scales differ.';
comment on column heymilo_bi.score_distribution.workspace_id is 'The workspace the interview belongs to.';
comment on column heymilo_bi.score_distribution.posting_id is 'The posting the candidate was invited to.';
comment on column heymilo_bi.score_distribution.posting_title is 'What the posting is called. NULL until the posting was read.';
comment on column heymilo_bi.score_distribution.interview_id is 'HeyMilo''s id of the interview.';
comment on column heymilo_bi.score_distribution.measure is 'What is scored: overall (the interview as a whole), web_interview (match with the posting), resume or speech.';
comment on column heymilo_bi.score_distribution.score is 'The score, from 0 to scale_max. What was not scored has no row.';
comment on column heymilo_bi.score_distribution.scale_max is 'Top of the measure''s scale: 100, or 5 for speech.';
comment on column heymilo_bi.score_distribution.tenth is 'In which tenth of the scale the score lies, 1 (lowest) to 10.';

create view heymilo_bi.question_statistics as
 WITH answers AS (
         SELECT interviews.workspace_id,
            interviews.posting_id,
            interviews.posting_title,
            answers_1.question_id,
            COALESCE(answers_1.question_id, answers_1.question_text) AS question,
            answers_1.question_text,
            answers_1.score,
            (sum(answers_1.score) OVER candidate - answers_1.score) / NULLIF(count(*) OVER candidate - 1, 0)::double precision AS mean_of_others
           FROM heymilo_bi.interview_summary interviews
             JOIN heymilo.scorecard_questions answers_1 USING (workspace_id, interview_id)
          WHERE answers_1.score IS NOT NULL AND answers_1.not_scored IS NOT TRUE
          WINDOW candidate AS (PARTITION BY interviews.workspace_id, interviews.interview_id)
        ), texts AS (
         SELECT DISTINCT ON (questions.workspace_id, questions.posting_id, questions.question_id) questions.workspace_id,
            questions.posting_id,
            questions.question_id,
            questions.question_text
           FROM heymilo.questions
          ORDER BY questions.workspace_id, questions.posting_id, questions.question_id, questions."position"
        )
 SELECT answers.workspace_id,
    answers.posting_id,
    answers.posting_title,
    answers.question_id,
    COALESCE(texts.question_text, max(answers.question_text)) AS question_text,
    count(*) AS answers,
    avg(answers.score) AS mean_score,
    stddev_samp(answers.score) AS standard_deviation,
    percentile_cont(0.5::double precision) WITHIN GROUP (ORDER BY answers.score) AS median_score,
    (10::double precision - avg(answers.score)) / 9::double precision AS difficulty,
    count(answers.mean_of_others) AS compared,
    corr(answers.score, answers.mean_of_others) AS discrimination,
    heymilo_bi.is_small(count(*)) AS is_small
   FROM answers
     LEFT JOIN texts ON texts.workspace_id = answers.workspace_id AND texts.posting_id = answers.posting_id AND texts.question_id = answers.question_id
  GROUP BY answers.workspace_id, answers.posting_id, answers.posting_title, answers.question, answers.question_id, texts.question_text;

comment on view heymilo_bi.question_statistics is 'How hard a question of the web interview is, how much its scores spread, and how well it tells good candidates from others: one row per posting and question. Questions that are not scored are left out.';
comment on column heymilo_bi.question_statistics.workspace_id is 'The workspace the posting belongs to.';
comment on column heymilo_bi.question_statistics.posting_id is 'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_bi.question_statistics.posting_title is 'What the posting is called. NULL until the posting was read.';
comment on column heymilo_bi.question_statistics.question_id is 'HeyMilo''s id of the question. NULL when it gives none; the text tells it apart then.';
comment on column heymilo_bi.question_statistics.question_text is 'The question as the posting has it now; as it was asked where the posting has it no more.';
comment on column heymilo_bi.question_statistics.answers is 'How many answers were scored.';
comment on column heymilo_bi.question_statistics.mean_score is 'Mean score, 1 to 10.';
comment on column heymilo_bi.question_statistics.standard_deviation is 'How far scores spread around the mean, in points of the score. NULL with a single answer.';
comment on column heymilo_bi.question_statistics.median_score is 'Median score, 1 to 10.';
comment on column heymilo_bi.question_statistics.difficulty is 'How far the mean stays below the best score, 0.0 (everybody has 10) to 1.0 (everybody has 1).';
comment on column heymilo_bi.question_statistics.compared is 'How many of the answers have others of the same candidate to be compared with.';
comment on column heymilo_bi.question_statistics.discrimination is 'Corrected item-total correlation, -1.0 to 1.0: whether who is good at this question is good at the candidate''s other questions. Below 0.2 the question tells little. NULL when there is nothing to compare or all scores are the same.';
comment on column heymilo_bi.question_statistics.is_small is 'Whether fewer than 30 answers were scored: all of it may be chance.';

create view heymilo_bi.resume_against_interview as
 SELECT interview_summary.workspace_id,
    interview_summary.posting_id,
    interview_summary.posting_title,
    count(*) AS interviews,
    avg(interview_summary.resume_score) AS mean_resume_score,
    avg(interview_summary.match_score) AS mean_match_score,
    corr(interview_summary.match_score, interview_summary.resume_score) AS correlation,
    regr_slope(interview_summary.match_score, interview_summary.resume_score) AS slope,
    regr_intercept(interview_summary.match_score, interview_summary.resume_score) AS intercept,
    heymilo_bi.is_small(count(*)) AS is_small
   FROM heymilo_bi.interview_summary
  WHERE interview_summary.resume_score IS NOT NULL AND interview_summary.match_score IS NOT NULL
  GROUP BY interview_summary.workspace_id, interview_summary.posting_id, interview_summary.posting_title;

comment on view heymilo_bi.resume_against_interview is 'Whether the resume foretells the web interview: one row per posting, over interviews that have both scores. The web interview''s own score is compared, because the overall score contains the resume''s. Who was knocked out by the resume has no web interview, which makes correlations smaller than they are.';
comment on column heymilo_bi.resume_against_interview.workspace_id is 'The workspace the posting belongs to.';
comment on column heymilo_bi.resume_against_interview.posting_id is 'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_bi.resume_against_interview.posting_title is 'What the posting is called. NULL until the posting was read.';
comment on column heymilo_bi.resume_against_interview.interviews is 'Interviews with both scores.';
comment on column heymilo_bi.resume_against_interview.mean_resume_score is 'Mean score of the resume, 0.0 to 100.0.';
comment on column heymilo_bi.resume_against_interview.mean_match_score is 'Mean score of the web interview, 0 to 100.';
comment on column heymilo_bi.resume_against_interview.correlation is 'Pearson''s correlation of the two, -1.0 to 1.0. NULL with a single interview or when all scores are the same.';
comment on column heymilo_bi.resume_against_interview.slope is 'By how many points the web interview''s score rises with each point of the resume''s. NULL when all resume scores are the same.';
comment on column heymilo_bi.resume_against_interview.intercept is 'The web interview''s score that the line gives for a resume of 0. NULL when all resume scores are the same.';
comment on column heymilo_bi.resume_against_interview.is_small is 'Whether fewer than 30 interviews have both scores: all of it may be chance.';

create view heymilo_bi.shortlist_by_decile as
 WITH scored AS (
         SELECT interviews.workspace_id,
            interviews.posting_id,
            interviews.posting_title,
            interviews.decision,
            COALESCE(( SELECT interview_changes.new_value::double precision AS new_value
                   FROM heymilo.interview_changes
                  WHERE interview_changes.interview_id = interviews.interview_id AND interview_changes.workspace_id = interviews.workspace_id AND interview_changes.field = 'score'::text AND interview_changes.observed_at <= interviews.decided_at
                  ORDER BY interview_changes.observed_at DESC
                 LIMIT 1), interviews.score) AS score
           FROM heymilo_bi.interview_summary interviews
          WHERE interviews.score IS NOT NULL
        ), ranked AS (
         SELECT scored.workspace_id,
            scored.posting_id,
            scored.posting_title,
            scored.decision,
            scored.score,
            (10 * count(*) OVER not_above + count(*) OVER posting - 1) / count(*) OVER posting AS decile
           FROM scored
          WINDOW posting AS (PARTITION BY scored.workspace_id, scored.posting_id), not_above AS (PARTITION BY scored.workspace_id, scored.posting_id ORDER BY scored.score)
        )
 SELECT ranked.workspace_id,
    ranked.posting_id,
    ranked.posting_title,
    ranked.decile,
    min(ranked.score) AS lowest_score,
    max(ranked.score) AS highest_score,
    count(*) AS interviews,
    count(*) FILTER (WHERE ranked.decision = 'shortlisted'::text) AS shortlisted,
    count(*) FILTER (WHERE ranked.decision = 'dismissed'::text) AS dismissed,
    count(*) FILTER (WHERE ranked.decision IS NULL) AS undecided,
    heymilo_bi.rate(count(*) FILTER (WHERE ranked.decision = 'shortlisted'::text), count(ranked.decision)) AS shortlist_rate,
    heymilo_bi.is_small(count(ranked.decision)) AS is_small
   FROM ranked
  GROUP BY ranked.workspace_id, ranked.posting_id, ranked.posting_title, ranked.decile;

comment on view heymilo_bi.shortlist_by_decile is 'Whether recruiters follow the score: one row per posting and tenth of its scored interviews. Counted is the score at the time of the decision, where that was seen.';
comment on column heymilo_bi.shortlist_by_decile.workspace_id is 'The workspace the posting belongs to.';
comment on column heymilo_bi.shortlist_by_decile.posting_id is 'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_bi.shortlist_by_decile.posting_title is 'What the posting is called. NULL until the posting was read.';
comment on column heymilo_bi.shortlist_by_decile.decile is 'Tenth of the posting''s scored interviews, 1 (lowest scores) to 10. Equal scores share the higher one, so that some may be missing.';
comment on column heymilo_bi.shortlist_by_decile.lowest_score is 'Lowest overall score in it, 0 to 100.';
comment on column heymilo_bi.shortlist_by_decile.highest_score is 'Highest overall score in it, 0 to 100.';
comment on column heymilo_bi.shortlist_by_decile.interviews is 'Interviews in it.';
comment on column heymilo_bi.shortlist_by_decile.shortlisted is 'Of these, how many are shortlisted.';
comment on column heymilo_bi.shortlist_by_decile.dismissed is 'Of these, how many are dismissed.';
comment on column heymilo_bi.shortlist_by_decile.undecided is 'Of these, how many have no decision.';
comment on column heymilo_bi.shortlist_by_decile.shortlist_rate is 'shortlisted of shortlisted and dismissed together, 0.0 to 1.0. NULL when nothing is decided.';
comment on column heymilo_bi.shortlist_by_decile.is_small is 'Whether fewer than 30 are decided: the rate may be chance.';

create view heymilo_bi.integrity_signals as
 WITH movements AS (
         SELECT integrity_findings.workspace_id,
            integrity_findings.interview_id,
            max(integrity_findings.confidence) AS confidence
           FROM heymilo.integrity_findings
          WHERE integrity_findings.detector = 'movement'::text
          GROUP BY integrity_findings.workspace_id, integrity_findings.interview_id
        )
 SELECT interviews.workspace_id,
    interviews.posting_id,
    interviews.posting_title,
    signals.signal,
    count(*) AS enabled,
    count(signals.detected) AS judged,
    count(*) FILTER (WHERE signals.detected) AS detected,
    heymilo_bi.rate(count(*) FILTER (WHERE signals.detected), count(signals.detected)) AS detected_rate,
    heymilo_bi.is_small(count(signals.detected)) AS is_small
   FROM heymilo_bi.interview_summary interviews
     JOIN heymilo.integrity_reports reports USING (workspace_id, interview_id)
     LEFT JOIN movements USING (workspace_id, interview_id)
     CROSS JOIN LATERAL ( VALUES ('overall'::text,reports.overall_ranking >= 4), ('cheating'::text,reports.cheating_detected), ('llm_generated'::text,reports.llm_generated_detected), ('unusual_delay'::text,reports.delay_detected), ('tab_switch'::text,
                CASE jsonb_typeof(reports.tab_switch_detection -> 'total_count'::text)
                    WHEN 'number'::text THEN (reports.tab_switch_detection -> 'total_count'::text) > '0'::jsonb
                    ELSE NULL::boolean
                END), ('movement'::text,
                CASE
                    WHEN movements.interview_id IS NOT NULL THEN true
                    WHEN reports.interview_integrity_status = 'completed'::text THEN false
                    ELSE NULL::boolean
                END)) signals(signal, detected)
  WHERE reports.enabled
  GROUP BY interviews.workspace_id, interviews.posting_id, interviews.posting_title, signals.signal;

comment on view heymilo_bi.integrity_signals is 'How often each sign of cheating is found: one row per posting and signal, only over interviews for which detection was switched on. A sign is a reason to look, not a proof.';
comment on column heymilo_bi.integrity_signals.workspace_id is 'The workspace the posting belongs to.';
comment on column heymilo_bi.integrity_signals.posting_id is 'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_bi.integrity_signals.posting_title is 'What the posting is called. NULL until the posting was read.';
comment on column heymilo_bi.integrity_signals.signal is 'overall (a ranking of 4 or 5), cheating, llm_generated, unusual_delay, tab_switch or movement (anything seen in the recording; honest people move as well).';
comment on column heymilo_bi.integrity_signals.enabled is 'Interviews for which detection was switched on.';
comment on column heymilo_bi.integrity_signals.judged is 'Of these, how many the detector has judged; the others may lack a web interview, or the detector was off.';
comment on column heymilo_bi.integrity_signals.detected is 'Of these, how many show the sign.';
comment on column heymilo_bi.integrity_signals.detected_rate is 'detected of judged, 0.0 to 1.0. NULL when none was judged.';
comment on column heymilo_bi.integrity_signals.is_small is 'Whether fewer than 30 were judged: the rate may be chance.';

create view heymilo_bi.source_quality as
 SELECT interview_summary.workspace_id,
    interview_summary.posting_id,
    interview_summary.posting_title,
    interview_summary.source,
    count(*) AS invited,
    count(*) FILTER (WHERE interview_summary.started) AS started,
    count(*) FILTER (WHERE interview_summary.completed) AS completed,
    count(*) FILTER (WHERE interview_summary.knocked_out) AS knocked_out,
    count(*) FILTER (WHERE interview_summary.decision = 'shortlisted'::text) AS shortlisted,
    count(*) FILTER (WHERE interview_summary.decision = 'dismissed'::text) AS dismissed,
    heymilo_bi.rate(count(*) FILTER (WHERE interview_summary.completed), count(*)) AS completion_rate,
    heymilo_bi.rate(count(*) FILTER (WHERE interview_summary.decision = 'shortlisted'::text), count(*)) AS shortlist_rate,
    count(interview_summary.score) AS scored,
    avg(interview_summary.score) AS mean_score,
    percentile_cont(0.5::double precision) WITHIN GROUP (ORDER BY interview_summary.score) AS median_score,
    heymilo_bi.is_small(count(*)) AS is_small
   FROM heymilo_bi.interview_summary
  GROUP BY interview_summary.workspace_id, interview_summary.posting_id, interview_summary.posting_title, interview_summary.source;

comment on view heymilo_bi.source_quality is 'What becomes of candidates by where they came from: one row per posting and source.';
comment on column heymilo_bi.source_quality.workspace_id is 'The workspace the posting belongs to.';
comment on column heymilo_bi.source_quality.posting_id is 'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_bi.source_quality.posting_title is 'What the posting is called. NULL until the posting was read.';
comment on column heymilo_bi.source_quality.source is 'Where the candidates came from: the key "source" of the interview''s metadata, or else of its data. NULL when neither has one.';
comment on column heymilo_bi.source_quality.invited is 'Interviews from the source.';
comment on column heymilo_bi.source_quality.started is 'Of these, whose candidate has begun any step.';
comment on column heymilo_bi.source_quality.completed is 'Of these, whose candidate has finished every step.';
comment on column heymilo_bi.source_quality.knocked_out is 'Of these, that a step ended.';
comment on column heymilo_bi.source_quality.shortlisted is 'Of these, how many are shortlisted.';
comment on column heymilo_bi.source_quality.dismissed is 'Of these, how many are dismissed.';
comment on column heymilo_bi.source_quality.completion_rate is 'completed of invited, 0.0 to 1.0.';
comment on column heymilo_bi.source_quality.shortlist_rate is 'shortlisted of invited, 0.0 to 1.0.';
comment on column heymilo_bi.source_quality.scored is 'Of these, how many have an overall score.';
comment on column heymilo_bi.source_quality.mean_score is 'Mean overall score, 0 to 100. NULL when none is scored.';
comment on column heymilo_bi.source_quality.median_score is 'Median overall score, 0 to 100. NULL when none is scored.';
comment on column heymilo_bi.source_quality.is_small is 'Whether fewer than 30 were invited: rates and means may be chance.';

create table heymilo_sync.demographic_attributes (
    workspace_id text not null,
    attribute text not null,
    path text not null,
    constraint demographic_attributes_pkey PRIMARY KEY (workspace_id, attribute)
);

comment on table heymilo_sync.demographic_attributes is 'Where an interview tells about its candidate what heymilo_demographics counts by; written at each start from the settings ([demographics]).';
comment on column heymilo_sync.demographic_attributes.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo_sync.demographic_attributes.attribute is 'What it is, such as sex.';
comment on column heymilo_sync.demographic_attributes.path is 'Where it is in heymilo.interviews, such as data.eeo_gender or metadata.sex.';

create view heymilo_demographics.interview_groups as
 WITH answers AS (
         SELECT interviews_1.workspace_id,
            interviews_1.interview_id,
            attributes.attribute,
                CASE jsonb_typeof(found.answer)
                    WHEN 'string'::text THEN NULLIF(btrim(found.answer #>> '{}'::text[]), ''::text)
                    WHEN 'number'::text THEN found.answer #>> '{}'::text[]
                    WHEN 'boolean'::text THEN found.answer #>> '{}'::text[]
                    ELSE NULL::text
                END AS answer
           FROM heymilo.interviews interviews_1
             JOIN heymilo_sync.demographic_attributes attributes USING (workspace_id)
             CROSS JOIN LATERAL ( SELECT
                        CASE split_part(attributes.path, '.'::text, 1)
                            WHEN 'data'::text THEN interviews_1.data
                            WHEN 'metadata'::text THEN interviews_1.metadata
                            ELSE NULL::jsonb
                        END #> (string_to_array(attributes.path, '.'::text))[2:] AS answer) found
        ), groups AS (
         SELECT answers.workspace_id,
            answers.interview_id,
            answers.attribute,
                CASE
                    WHEN plain.answer !~ concat_ws('|'::text, 'declin', 'refus', 'prefer(red)? not', 'rather not', 'cho(o)?se not', 'undisclosed', 'not (disclose|provided|specified|stated|answered|available|applicable)', '(do not|dont|did not|didnt) (want|wish|care)', '^(unknown|not known|no answer|no response|none given|n ?/? ?a)$') THEN answers.answer
                    ELSE NULL::text
                END AS group_name
           FROM answers
             CROSS JOIN LATERAL ( SELECT btrim(regexp_replace(translate(lower(answers.answer), '''’‘`´.'::text, ''::text), '[[:space:]_‐‑‒–—-]+'::text, ' '::text, 'g'::text)) AS answer) plain
        ), dimensions AS (
         SELECT groups.workspace_id,
            groups.interview_id,
            groups.attribute AS dimension,
            groups.group_name
           FROM groups
        UNION ALL
         SELECT one.workspace_id,
            one.interview_id,
            (one.attribute || ' x '::text) || other.attribute,
            (one.group_name || ' x '::text) || other.group_name
           FROM groups one
             JOIN groups other ON other.workspace_id = one.workspace_id AND other.interview_id = one.interview_id AND other.attribute > one.attribute
        )
 SELECT interviews.workspace_id,
    interviews.posting_id,
    interviews.posting_title,
    interviews.interview_id,
    dimensions.dimension,
    COALESCE(dimensions.group_name, 'not provided'::text) AS group_name,
    dimensions.group_name IS NOT NULL AS is_provided,
    interviews.completed OR interviews.knocked_out OR interviews.decision IS NOT NULL AS assessed,
    interviews.decision,
    interviews.score
   FROM heymilo_bi.interview_summary interviews
     JOIN dimensions USING (workspace_id, interview_id);

comment on view heymilo_demographics.interview_groups is 'To which group a candidate says to belong: one row per interview and dimension. Facts about people: for monitoring alone.';
comment on column heymilo_demographics.interview_groups.workspace_id is 'The workspace the interview belongs to.';
comment on column heymilo_demographics.interview_groups.posting_id is 'The posting the candidate was invited to.';
comment on column heymilo_demographics.interview_groups.posting_title is 'What the posting is called. NULL until the posting was read.';
comment on column heymilo_demographics.interview_groups.interview_id is 'HeyMilo''s id of the interview.';
comment on column heymilo_demographics.interview_groups.dimension is 'An attribute of the settings, such as sex, or two of them taken together, such as race x sex.';
comment on column heymilo_demographics.interview_groups.group_name is 'The candidate''s answer, as given; "not provided" when there is none or it was declined, for one of the two at least.';
comment on column heymilo_demographics.interview_groups.is_provided is 'Whether there is an answer.';
comment on column heymilo_demographics.interview_groups.assessed is 'Whether the interview has come to an end: completed, knocked out or decided.';
comment on column heymilo_demographics.interview_groups.decision is 'What a recruiter decided: shortlisted or dismissed. NULL as long as nobody has.';
comment on column heymilo_demographics.interview_groups.score is 'Overall score, 0 to 100. NULL until HeyMilo has computed it.';

create view heymilo_demographics.selection_rates as
 WITH groups AS (
         SELECT interview_groups.workspace_id,
            interview_groups.posting_id,
            interview_groups.posting_title,
            interview_groups.dimension,
            interview_groups.group_name,
            interview_groups.is_provided,
            count(*) AS assessed,
            count(*) FILTER (WHERE interview_groups.decision = 'shortlisted'::text) AS selected,
            count(*) FILTER (WHERE interview_groups.decision IS NULL) AS undecided,
            heymilo_bi.is_small(count(*)) AS is_small
           FROM heymilo_demographics.interview_groups
          WHERE interview_groups.assessed
          GROUP BY interview_groups.workspace_id, interview_groups.posting_id, interview_groups.posting_title, interview_groups.dimension, interview_groups.group_name, interview_groups.is_provided
        ), rates AS (
         SELECT groups.workspace_id,
            groups.posting_id,
            groups.posting_title,
            groups.dimension,
            groups.group_name,
            groups.is_provided,
            groups.assessed,
            groups.selected,
            groups.undecided,
            groups.is_small,
                CASE
                    WHEN groups.is_provided THEN heymilo_bi.rate(groups.selected, groups.assessed)
                    ELSE NULL::double precision
                END AS selection_rate
           FROM groups
        ), compared AS (
         SELECT rates.workspace_id,
            rates.posting_id,
            rates.posting_title,
            rates.dimension,
            rates.group_name,
            rates.is_provided,
            rates.assessed,
            rates.selected,
            rates.undecided,
            rates.is_small,
            rates.selection_rate,
            rates.selection_rate / NULLIF(COALESCE(max(rates.selection_rate) FILTER (WHERE NOT rates.is_small) OVER dimension, max(rates.selection_rate) OVER dimension), 0::double precision) AS impact_ratio
           FROM rates
          WINDOW dimension AS (PARTITION BY rates.workspace_id, rates.posting_id, rates.dimension)
        )
 SELECT compared.workspace_id,
    compared.posting_id,
    compared.posting_title,
    compared.dimension,
    compared.group_name,
    compared.assessed,
    compared.selected,
    compared.undecided,
    compared.selection_rate,
    compared.impact_ratio,
    compared.impact_ratio < 0.8::double precision AS below_four_fifths,
    compared.is_small,
    'monitoring aid, not a bias audit'::text AS purpose
   FROM compared;

comment on view heymilo_demographics.selection_rates is 'How often candidates of a group are shortlisted, beside the group with the highest rate: one row per posting, dimension and group. A monitoring aid, not a bias audit.';
comment on column heymilo_demographics.selection_rates.workspace_id is 'The workspace the posting belongs to.';
comment on column heymilo_demographics.selection_rates.posting_id is 'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_demographics.selection_rates.posting_title is 'What the posting is called. NULL until the posting was read.';
comment on column heymilo_demographics.selection_rates.dimension is 'An attribute of the settings, such as sex, or two of them taken together, such as race x sex.';
comment on column heymilo_demographics.selection_rates.group_name is 'The group, in the candidates'' own answer; "not provided" is shown and not compared.';
comment on column heymilo_demographics.selection_rates.assessed is 'Interviews of the group that have come to an end: completed, knocked out or decided.';
comment on column heymilo_demographics.selection_rates.selected is 'Of these, how many are shortlisted.';
comment on column heymilo_demographics.selection_rates.undecided is 'Of these, how many are neither shortlisted nor dismissed; knocked out candidates among them.';
comment on column heymilo_demographics.selection_rates.selection_rate is 'selected of assessed, 0.0 to 1.0. NULL for "not provided".';
comment on column heymilo_demographics.selection_rates.impact_ratio is 'selection_rate divided by the highest of the dimension''s groups that are not small (of all, when all are). NULL for "not provided", and when nobody is selected.';
comment on column heymilo_demographics.selection_rates.below_four_fifths is 'Whether impact_ratio is below 0.8. NULL when there is none.';
comment on column heymilo_demographics.selection_rates.is_small is 'Whether the group has fewer than 30: its rate may be chance.';
comment on column heymilo_demographics.selection_rates.purpose is 'What these figures are: a monitoring aid, not a bias audit.';

create view heymilo_demographics.scoring_rates as
 WITH scored AS (
         SELECT interview_groups.workspace_id,
            interview_groups.posting_id,
            interview_groups.posting_title,
            interview_groups.interview_id,
            interview_groups.dimension,
            interview_groups.group_name,
            interview_groups.is_provided,
            interview_groups.assessed,
            interview_groups.decision,
            interview_groups.score
           FROM heymilo_demographics.interview_groups
          WHERE interview_groups.score IS NOT NULL
        ), medians AS (
         SELECT scored.workspace_id,
            scored.posting_id,
            scored.dimension,
            percentile_cont(0.5::double precision) WITHIN GROUP (ORDER BY scored.score) AS median_score
           FROM scored
          GROUP BY scored.workspace_id, scored.posting_id, scored.dimension
        ), groups AS (
         SELECT scored.workspace_id,
            scored.posting_id,
            scored.posting_title,
            scored.dimension,
            scored.group_name,
            scored.is_provided,
            medians.median_score,
            count(*) AS scored,
            count(*) FILTER (WHERE scored.score > medians.median_score) AS above_median,
            heymilo_bi.is_small(count(*)) AS is_small
           FROM scored
             JOIN medians ON medians.workspace_id = scored.workspace_id AND NOT medians.posting_id IS DISTINCT FROM scored.posting_id AND medians.dimension = scored.dimension
          GROUP BY scored.workspace_id, scored.posting_id, scored.posting_title, scored.dimension, scored.group_name, scored.is_provided, medians.median_score
        ), rates AS (
         SELECT groups.workspace_id,
            groups.posting_id,
            groups.posting_title,
            groups.dimension,
            groups.group_name,
            groups.is_provided,
            groups.median_score,
            groups.scored,
            groups.above_median,
            groups.is_small,
                CASE
                    WHEN groups.is_provided THEN heymilo_bi.rate(groups.above_median, groups.scored)
                    ELSE NULL::double precision
                END AS scoring_rate
           FROM groups
        ), compared AS (
         SELECT rates.workspace_id,
            rates.posting_id,
            rates.posting_title,
            rates.dimension,
            rates.group_name,
            rates.is_provided,
            rates.median_score,
            rates.scored,
            rates.above_median,
            rates.is_small,
            rates.scoring_rate,
            rates.scoring_rate / NULLIF(COALESCE(max(rates.scoring_rate) FILTER (WHERE NOT rates.is_small) OVER dimension, max(rates.scoring_rate) OVER dimension), 0::double precision) AS impact_ratio
           FROM rates
          WINDOW dimension AS (PARTITION BY rates.workspace_id, rates.posting_id, rates.dimension)
        )
 SELECT compared.workspace_id,
    compared.posting_id,
    compared.posting_title,
    compared.dimension,
    compared.group_name,
    compared.median_score,
    compared.scored,
    compared.above_median,
    compared.scoring_rate,
    compared.impact_ratio,
    compared.impact_ratio < 0.8::double precision AS below_four_fifths,
    compared.is_small,
    'monitoring aid, not a bias audit'::text AS purpose
   FROM compared;

comment on view heymilo_demographics.scoring_rates is 'How often candidates of a group score above the posting''s median, beside the group with the highest rate: one row per posting, dimension and group. A monitoring aid, not a bias audit.';
comment on column heymilo_demographics.scoring_rates.workspace_id is 'The workspace the posting belongs to.';
comment on column heymilo_demographics.scoring_rates.posting_id is 'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_demographics.scoring_rates.posting_title is 'What the posting is called. NULL until the posting was read.';
comment on column heymilo_demographics.scoring_rates.dimension is 'An attribute of the settings, such as sex, or two of them taken together, such as race x sex.';
comment on column heymilo_demographics.scoring_rates.group_name is 'The group, in the candidates'' own answer; "not provided" is shown and not compared.';
comment on column heymilo_demographics.scoring_rates.median_score is 'Median overall score of all scored interviews of the posting, 0 to 100.';
comment on column heymilo_demographics.scoring_rates.scored is 'Interviews of the group that have an overall score.';
comment on column heymilo_demographics.scoring_rates.above_median is 'Of these, how many have more than the median.';
comment on column heymilo_demographics.scoring_rates.scoring_rate is 'above_median of scored, 0.0 to 1.0. NULL for "not provided".';
comment on column heymilo_demographics.scoring_rates.impact_ratio is 'scoring_rate divided by the highest of the dimension''s groups that are not small (of all, when all are). NULL for "not provided", and when nobody is above the median.';
comment on column heymilo_demographics.scoring_rates.below_four_fifths is 'Whether impact_ratio is below 0.8. NULL when there is none.';
comment on column heymilo_demographics.scoring_rates.is_small is 'Whether the group has fewer than 30: its rate may be chance.';
comment on column heymilo_demographics.scoring_rates.purpose is 'What these figures are: a monitoring aid, not a bias audit.';

CREATE OR REPLACE FUNCTION heymilo_sync.search_language(language text)
 RETURNS text
 LANGUAGE sql
 STABLE PARALLEL SAFE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    select coalesce(
        (
            select cfgname::text
            from pg_ts_config
            where cfgnamespace = 'pg_catalog'::regnamespace
              and cfgname = coalesce(
                  (
                      select known.name
                      from (values
                          ('ar', 'arabic'), ('ca', 'catalan'), ('da', 'danish'), ('de', 'german'),
                          ('el', 'greek'), ('en', 'english'), ('es', 'spanish'), ('eu', 'basque'),
                          ('fi', 'finnish'), ('fr', 'french'), ('ga', 'irish'), ('hi', 'hindi'),
                          ('hu', 'hungarian'), ('hy', 'armenian'), ('id', 'indonesian'),
                          ('it', 'italian'), ('lt', 'lithuanian'), ('nb', 'norwegian'),
                          ('ne', 'nepali'), ('nl', 'dutch'), ('nn', 'norwegian'),
                          ('no', 'norwegian'), ('pt', 'portuguese'), ('ro', 'romanian'),
                          ('ru', 'russian'), ('sr', 'serbian'), ('sv', 'swedish'), ('ta', 'tamil'),
                          ('tr', 'turkish'), ('yi', 'yiddish')
                      ) as known (code, name)
                      where known.code = substring(lower(language) from '^([a-z]+)')
                  ),
                  lower(language)
              )
        ),
        'simple'
    )
$function$;

comment on function heymilo_sync.search_language(text) is 'The text search configuration for a posting''s language: a code such as en or pt-BR, or a name such as german. simple, which knows no word forms, when there is none for it.';

create view heymilo_sync.turns as
 SELECT transcript_entries.workspace_id,
    transcript_entries.interview_id,
    1 AS conversation,
    transcript_entries."position",
    transcript_entries.speaker,
    transcript_entries.text
   FROM heymilo.transcript_entries
UNION ALL
 SELECT sms_messages.workspace_id,
    sms_messages.interview_id,
    2 AS conversation,
    sms_messages."position",
    sms_messages.role AS speaker,
    sms_messages.text
   FROM heymilo.sms_messages;

comment on view heymilo_sync.turns is 'What was said and written in interviews, one row per turn: what the search looks through. Personal data.';
comment on column heymilo_sync.turns.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo_sync.turns.interview_id is 'The interview the row belongs to.';
comment on column heymilo_sync.turns.conversation is '1 for the web interview, 2 for the SMS conversation.';
comment on column heymilo_sync.turns."position" is 'Place in the conversation, from 1.';
comment on column heymilo_sync.turns.speaker is 'Who speaks or writes, in HeyMilo''s word.';
comment on column heymilo_sync.turns.text is 'What was said or written. Personal data.';

create table heymilo_sync.search_documents (
    workspace_id text not null,
    interview_id text not null,
    posting_id text,
    language text not null,
    document tsvector not null,
    is_cut boolean not null,
    fetched_at timestamp with time zone not null,
    indexed_at timestamp with time zone not null default now(),
    constraint search_documents_pkey PRIMARY KEY (interview_id, workspace_id)
) with (toast_tuple_target=8160);

comment on table heymilo_sync.search_documents is 'The words of each interview''s conversations, for heymilo.search_transcripts. Built a moment after the interview was written; can be rebuilt at any time. Personal data.';
comment on column heymilo_sync.search_documents.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo_sync.search_documents.interview_id is 'The interview the row belongs to.';
comment on column heymilo_sync.search_documents.posting_id is 'Which posting the candidate was invited to.';
comment on column heymilo_sync.search_documents.language is 'The text search configuration of the document, after the posting''s language. A name, since pg_upgrade does not carry regconfig over.';
comment on column heymilo_sync.search_documents.document is 'The words with their places. Weight D for the interviewer''s, A for everybody else''s.';
comment on column heymilo_sync.search_documents.is_cut is 'Whether the conversation is longer than a document can be, so that its end is not found.';
comment on column heymilo_sync.search_documents.fetched_at is 'Which results it was built from: interviews.fetched_at at that time. Another value there makes the document due to be built anew.';
comment on column heymilo_sync.search_documents.indexed_at is 'When it was built.';

CREATE INDEX search_documents_document_idx ON heymilo_sync.search_documents USING gin (document) WITH (fastupdate=off);
comment on index heymilo_sync.search_documents_document_idx is 'The words of heymilo.search_transcripts. Without pending entries: a search never reads a list that waits to be sorted in.';

CREATE INDEX search_documents_language_idx ON heymilo_sync.search_documents USING btree (language);
comment on index heymilo_sync.search_documents_language_idx is 'In which languages there are documents: a query is read in each of them.';

create view heymilo_sync.search_due as
 WITH languages AS MATERIALIZED (
         SELECT postings.workspace_id,
            postings.posting_id,
            heymilo_sync.search_language(postings.language) AS language
           FROM heymilo.postings
        )
 SELECT interviews.workspace_id,
    interviews.interview_id,
    interviews.fetched_at
   FROM heymilo.interviews
     LEFT JOIN languages USING (workspace_id, posting_id)
     LEFT JOIN heymilo_sync.search_documents documents USING (workspace_id, interview_id)
  WHERE interviews.fetched_at IS NOT NULL AND interviews.deleted_at IS NULL AND (documents.fetched_at IS DISTINCT FROM interviews.fetched_at OR documents.language <> COALESCE(languages.language, 'simple'::text));

comment on view heymilo_sync.search_due is 'Interviews whose search document is missing, or was built from older results or in another language.';
comment on column heymilo_sync.search_due.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo_sync.search_due.interview_id is 'The interview the row belongs to.';
comment on column heymilo_sync.search_due.fetched_at is 'When the results were received that cannot be found yet.';

create view heymilo_bi.search_lag as
 SELECT workspaces.workspace_id,
    count(search_due.interview_id) AS interviews,
    min(search_due.fetched_at) AS oldest_fetched_at,
    COALESCE(EXTRACT(epoch FROM now() - min(search_due.fetched_at)), 0::numeric)::double precision AS lag_seconds
   FROM heymilo.workspaces
     LEFT JOIN heymilo_sync.search_due USING (workspace_id)
  GROUP BY workspaces.workspace_id;

comment on view heymilo_bi.search_lag is 'How far the search is behind the tables, one row per workspace. Normally seconds; it grows without end where search is switched off.';
comment on column heymilo_bi.search_lag.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo_bi.search_lag.interviews is 'Interviews whose newest results cannot be found by a search yet.';
comment on column heymilo_bi.search_lag.oldest_fetched_at is 'When the oldest of these results were received. NULL when there are none.';
comment on column heymilo_bi.search_lag.lag_seconds is 'How long ago that was, in seconds; 0 when the search is up to date.';

CREATE OR REPLACE FUNCTION heymilo_sync.search_document(workspace text, interview text, language text, OUT document tsvector, OUT is_cut boolean)
 RETURNS record
 LANGUAGE plpgsql
 STABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
    -- A tsvector holds 1 MiB; a text of this length nearly always fits.
    longest integer := 500000;
    asked   text;
    said    text;
begin
    select
        string_agg(turns.text, E'\n' order by turns.conversation, turns.position)
            filter (where turns.is_interviewer),
        string_agg(turns.text, E'\n' order by turns.conversation, turns.position)
            filter (where not turns.is_interviewer)
    into asked, said
    from (
        select
            turns.conversation,
            turns.position,
            turns.text,
            lower(coalesce(turns.speaker, '')) in
                ('agent', 'ai', 'assistant', 'bot', 'interviewer', 'system') as is_interviewer
        from heymilo_sync.turns
        where turns.workspace_id = workspace
          and turns.interview_id = interview
    ) as turns;
    asked := coalesce(asked, '');
    said := coalesce(said, '');
    loop
        is_cut := length(said) > longest or length(asked) > longest;
        begin
            document := setweight(to_tsvector(language::regconfig, left(said, longest)), 'A')
                     || setweight(to_tsvector(language::regconfig, left(asked, longest)), 'D');
            return;
        exception
            when program_limit_exceeded then
                longest := longest / 2;
        end;
    end loop;
end
$function$;

comment on function heymilo_sync.search_document(text,text,text) is 'The words of an interview''s conversations. Conversations that are too long are cut, each as late as possible.';

CREATE OR REPLACE FUNCTION heymilo.search_transcripts(query text, workspace text DEFAULT NULL::text, posting text DEFAULT NULL::text, max_results integer DEFAULT 10)
 RETURNS TABLE(workspace_id text, interview_id text, posting_id text, posting_title text, interviewed_at timestamp with time zone, rank real, turns text[])
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    with recursive languages (language) as (
        -- The few distinct values, each by one look into the index.
        select min(search_documents.language)
        from heymilo_sync.search_documents
        union all
        select (
            select min(search_documents.language)
            from heymilo_sync.search_documents
            where search_documents.language > languages.language
        )
        from languages
        where languages.language is not null
    ),
    -- The same words mean other lexemes in each language.
    parsed as materialized (
        select
            languages.language,
            languages.language::regconfig as config,
            websearch_to_tsquery(languages.language::regconfig, search_transcripts.query) as query
        from languages
        where languages.language is not null
    ),
    queries as materialized (
        select
            parsed.*,
            -- A turn need not hold all the words: the interview does. Words that must not occur are
            -- left out of the comparison.
            replace(nullif(querytree(parsed.query), 'T'), '&', '|')::tsquery as any_word
        from parsed
    ),
    -- What no view counts is not found either. Few: they are compared in memory.
    hidden as materialized (
        select postings.workspace_id, postings.posting_id
        from heymilo.postings
        where postings.test_posting is true
           or postings.deleted_at is not null
    ),
    ranked as materialized (
        select matches.*, queries.config, queries.any_word
        from queries
        cross join lateral (
            select
                documents.workspace_id,
                documents.interview_id,
                ts_rank(documents.document, queries.query, 1) as rank
            from heymilo_sync.search_documents as documents
            where documents.document @@ queries.query
              -- Not by the index of languages, which would find nearly all.
              and documents.language || '' = queries.language
              and not exists (
                  select
                  from hidden
                  where hidden.workspace_id = documents.workspace_id
                    and hidden.posting_id = documents.posting_id
              )
              and (search_transcripts.workspace is null
                   or documents.workspace_id = search_transcripts.workspace)
              and (search_transcripts.posting is null
                   or documents.posting_id = search_transcripts.posting)
            -- Planned for one language at a time, so that the words lead to the documents.
            offset 0
        ) as matches
        order by matches.rank desc
        -- A word can be in nearly all: only the best are looked up. Some of them may have been deleted
        -- a moment ago.
        fetch first (search_transcripts.max_results + 100) rows with ties
    ),
    found as materialized (
        select ranked.*, interviews.posting_id, interviews.interviewed_at
        from ranked
        join heymilo.interviews using (workspace_id, interview_id)
        where interviews.deleted_at is null
        order by ranked.rank desc, interviews.interviewed_at desc nulls last, ranked.interview_id
        limit search_transcripts.max_results
    )
    select
        found.workspace_id,
        found.interview_id,
        found.posting_id,
        postings.title,
        found.interviewed_at,
        found.rank,
        highlighted.turns
    from found
    left join heymilo.postings using (workspace_id, posting_id)
    cross join lateral (
        select array_agg(
            coalesce(shown.speaker || ': ', '')
            || ts_headline(
                found.config,
                shown.text,
                found.any_word,
                'StartSel=**, StopSel=**, MaxWords=35, MinWords=15'
            )
            order by shown.conversation, shown.position
        ) as turns
        from (
            select turns.conversation, turns.position, turns.speaker, turns.text
            from (
                -- A single turn can be too long to be compared.
                select conversation, position, speaker, left(text, 100000) as text
                from heymilo_sync.turns
                where turns.workspace_id = found.workspace_id
                  and turns.interview_id = found.interview_id
            ) as turns
            where to_tsvector(found.config, turns.text) @@ found.any_word
            order by turns.conversation, turns.position
            limit 3
        ) as shown
    ) as highlighted
    order by found.rank desc, found.interviewed_at desc nulls last, found.interview_id
$function$;

comment on function heymilo.search_transcripts(text,text,text,integer) is 'Interviews in which something was said or written, best first, each with up to three of the turns and the words found between **. The query is as in a web search: words must all occur, "in quotes" side by side, or, -without. Optional: only one workspace, only one posting, how many at most (10). What candidates said counts for more than what the interviewer asked. Without test postings, and without deleted postings and interviews. Example: select * from heymilo.search_transcripts(''kubernetes -docker'');';

create table heymilo_sync.salts (
    only_row boolean not null default true,
    salt bytea not null,
    constraint salts_pkey PRIMARY KEY (only_row),
    constraint salts_only_row_check CHECK (only_row)
);

comment on table heymilo_sync.salts is 'One random number, made with this database: the key of the tombstones where the settings have none. Who reads it can try guessed addresses.';
comment on column heymilo_sync.salts.only_row is 'Makes sure that there is one row.';
comment on column heymilo_sync.salts.salt is 'The number. It never changes, or the tombstones would mean nothing any more.';

create table heymilo_sync.privacy_log (
    entry_id bigint not null,
    workspace_id text not null,
    logged_at timestamp with time zone not null,
    done_by text not null default SESSION_USER,
    action text not null,
    reason text,
    asked_for text,
    interviews bigint,
    people bigint,
    removed jsonb,
    hash bytea not null,
    constraint privacy_log_pkey PRIMARY KEY (entry_id)
);

comment on table heymilo_sync.privacy_log is 'What was done under data protection, one row for each time: who did it and what came of it, never about whom. Rows are only added. Each carries the hash of all before it, so that heymilo-sync verify names the first row that was changed.';
comment on column heymilo_sync.privacy_log.entry_id is 'Number of the entry, from 1 and without gaps. Of a removal: the number of the receipt.';
comment on column heymilo_sync.privacy_log.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo_sync.privacy_log.logged_at is 'When.';
comment on column heymilo_sync.privacy_log.done_by is 'Who did it: the name they gave, or else the user of the command or of the database. heymilo-sync for what the daemon does by itself.';
comment on column heymilo_sync.privacy_log.action is 'What was done: removed (the entry is a receipt).';
comment on column heymilo_sync.privacy_log.reason is 'Why something was removed: asked (the command erase), gone (HeyMilo has it no more) or retention (retention.interviews). NULL for other actions.';
comment on column heymilo_sync.privacy_log.asked_for is 'How the person was named: candidate, email or interview. NULL when no person was named.';
comment on column heymilo_sync.privacy_log.interviews is 'How many interviews it was about. NULL where that says nothing.';
comment on column heymilo_sync.privacy_log.people is 'How many people it was about. NULL where that says nothing.';
comment on column heymilo_sync.privacy_log.removed is 'How many rows were removed from each table: a JSON object of numbers. NULL when nothing was to be removed.';
comment on column heymilo_sync.privacy_log.hash is 'SHA-256 of the hash of the entry before and of all columns of this one.';

CREATE OR REPLACE FUNCTION heymilo_sync.hash_of_entry(before bytea, entry heymilo_sync.privacy_log)
 RETURNS bytea
 LANGUAGE sql
 STABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    -- The time as a number, because its text depends on the session's time zone.
    select sha256(
        coalesce(before, '')
        || convert_to(
            jsonb_build_array(
                entry.entry_id, entry.workspace_id, extract(epoch from entry.logged_at), entry.done_by,
                entry.action, entry.reason, entry.asked_for, entry.interviews, entry.people, entry.removed
            )::text,
            'UTF8'
        )
    )
$function$;

comment on function heymilo_sync.hash_of_entry(bytea,heymilo_sync.privacy_log) is 'The hash that an entry of the privacy log carries, from the hash of the entry before it.';

CREATE OR REPLACE FUNCTION heymilo_sync.chain_entry()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
    last record;
begin
    -- One writer at a time: the next one sees this entry.
    perform pg_advisory_xact_lock('heymilo_sync.privacy_log'::regclass::oid::bigint);
    select entry_id, hash into last from heymilo_sync.privacy_log order by entry_id desc limit 1;

    new.entry_id  := coalesce(last.entry_id, 0) + 1;
    new.logged_at := clock_timestamp();
    new.hash      := heymilo_sync.hash_of_entry(last.hash, new);
    return new;
end
$function$;

comment on function heymilo_sync.chain_entry() is 'Gives an entry of the privacy log its number, its time and its hash.';

CREATE OR REPLACE FUNCTION heymilo_sync.refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
    raise insufficient_privilege using message = 'rows are only added to ' || tg_table_name;
end
$function$;

comment on function heymilo_sync.refuse_change() is 'Lets no row of a log be changed or deleted.';

create table heymilo_sync.tombstones (
    digest bytea not null,
    key_id text,
    workspace_id text not null,
    reason text not null,
    entry_id bigint,
    buried_at timestamp with time zone not null default now(),
    constraint tombstones_pkey PRIMARY KEY (digest)
);

comment on table heymilo_sync.tombstones is 'Interviews, candidates and addresses that were removed. Of each only a keyed digest, which is pseudonymous personal data.';
comment on column heymilo_sync.tombstones.digest is 'HMAC-SHA256 of the SHA-256 of the workspace''s name and the id or address, in small letters.';
comment on column heymilo_sync.tombstones.key_id is 'Tells with which key (HEYMILO_ERASURE_KEY) the digest was made. NULL when there was none, and the number in salts was used.';
comment on column heymilo_sync.tombstones.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo_sync.tombstones.reason is 'Why it was removed, as in privacy_log. After asked and retention it stays away, whatever HeyMilo tells. After gone only deliveries lose their content: when HeyMilo has it again, it comes back and the tombstone goes.';
comment on column heymilo_sync.tombstones.entry_id is 'The receipt in privacy_log. NULL when nothing was found to be removed, and for an interview that came after its person was erased.';
comment on column heymilo_sync.tombstones.buried_at is 'Since when.';

CREATE INDEX tombstones_key_id_idx ON heymilo_sync.tombstones USING btree (key_id) WHERE (key_id IS NOT NULL);
comment on index heymilo_sync.tombstones_key_id_idx is 'Whether any was made with a key that the settings do not have, without reading all.';

CREATE INDEX tombstones_entry_id_idx ON heymilo_sync.tombstones USING btree (entry_id);
comment on index heymilo_sync.tombstones_entry_id_idx is 'The digests of a receipt, for the file of erasures.';

create table heymilo_sync.tombstone_versions (
    only_row boolean not null default true,
    tombstone_version bigint not null default 1,
    constraint tombstone_versions_pkey PRIMARY KEY (only_row),
    constraint tombstone_versions_only_row_check CHECK (only_row)
);

comment on table heymilo_sync.tombstone_versions is 'How often the tombstones changed. A transaction that writes deliveries locks the row at the version whose tombstones the deliveries were searched for, so that none slips past an erasure.';
comment on column heymilo_sync.tombstone_versions.only_row is 'Makes sure that there is one row.';
comment on column heymilo_sync.tombstone_versions.tombstone_version is 'Rises in each transaction that adds or removes tombstones.';

CREATE OR REPLACE FUNCTION heymilo_sync.raise_tombstone_version()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
    if exists (select from changed) then
        update heymilo_sync.tombstone_versions set tombstone_version = tombstone_version + 1;
    end if;
    return null;
end
$function$;

comment on function heymilo_sync.raise_tombstone_version() is 'Raises the version with each change of the tombstones, so that the daemons read them again.';

create table heymilo_sync.gone_confirmations (
    workspace_id text not null,
    interview_id text not null,
    confirmed_at timestamp with time zone not null,
    constraint gone_confirmations_pkey PRIMARY KEY (interview_id, workspace_id)
);

comment on table heymilo_sync.gone_confirmations is 'Interviews that HeyMilo was asked for again after retention.gone_grace and still does not have. They are removed next.';
comment on column heymilo_sync.gone_confirmations.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo_sync.gone_confirmations.interview_id is 'The interview.';
comment on column heymilo_sync.gone_confirmations.confirmed_at is 'When HeyMilo last said so. It counts when that is retention.gone_grace or more after interviews.deleted_at.';

create table heymilo_sync.removed_interviews (
    workspace_id text not null,
    posting_id text not null,
    interviews bigint not null,
    completed bigint not null,
    constraint removed_interviews_pkey PRIMARY KEY (workspace_id, posting_id)
);

comment on table heymilo_sync.removed_interviews is 'How many interviews of a posting were removed although HeyMilo has them, because a person was erased or because of their age (retention.interviews): numbers alone, for heymilo_bi.reconciliation.';
comment on column heymilo_sync.removed_interviews.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo_sync.removed_interviews.posting_id is 'The posting they belonged to.';
comment on column heymilo_sync.removed_interviews.interviews is 'How many.';
comment on column heymilo_sync.removed_interviews.completed is 'How many of these were completed.';

create view heymilo_bi.freshness as
 WITH workspaces AS (
         SELECT workspaces_1.workspace_id
           FROM heymilo.workspaces workspaces_1
        UNION
         SELECT cursors.workspace_id
           FROM heymilo_sync.cursors
        UNION
         SELECT connections_1.workspace_id
           FROM heymilo_sync.connections connections_1
        ), lists AS (
         SELECT cursors.workspace_id,
            min(COALESCE(cursors.polled_at, cursors.due_at)) AS read_until,
            max(cursors.polled_at) AS last_poll_at,
            min(COALESCE(cursors.swept_at, cursors.due_at)) FILTER (WHERE cursors.list = 'candidates'::text) AS swept_until
           FROM heymilo_sync.cursors
             LEFT JOIN heymilo.postings USING (workspace_id, posting_id)
          WHERE (cursors.list = ANY (ARRAY['postings'::text, 'candidates'::text])) AND postings.archived IS NOT TRUE AND postings.status IS DISTINCT FROM 'archived'::text AND postings.deleted_at IS NULL
          GROUP BY cursors.workspace_id
        ), jobs AS (
         SELECT jobs_1.workspace_id,
            count(*) FILTER (WHERE jobs_1.state = 'open'::text AND jobs_1.waiting_since <= now()) AS waiting,
            min(jobs_1.waiting_since) FILTER (WHERE jobs_1.state = 'open'::text AND jobs_1.waiting_since <= now()) AS waiting_since,
            count(*) FILTER (WHERE jobs_1.state = 'failed'::text) AS failed
           FROM ( SELECT jobs_2.workspace_id,
                    jobs_2.state,
                        CASE jobs_2.urgency
                            WHEN 'backfill'::heymilo_sync.urgency THEN NULL::timestamp with time zone
                            WHEN 'refresh'::heymilo_sync.urgency THEN NULL::timestamp with time zone
                            WHEN 'look'::heymilo_sync.urgency THEN jobs_2.due_at
                            ELSE jobs_2.enqueued_at
                        END AS waiting_since
                   FROM heymilo_sync.jobs jobs_2) jobs_1
          GROUP BY jobs_1.workspace_id
        ), deliveries AS (
         SELECT workspaces_1.workspace_id,
            ( SELECT max(inbox.received_at) AS max
                   FROM heymilo_sync.inbox
                  WHERE inbox.workspace_id = workspaces_1.workspace_id) AS last_delivery_at
           FROM workspaces workspaces_1
        )
 SELECT workspaces.workspace_id,
    ages.as_of,
    EXTRACT(epoch FROM now() - ages.as_of)::double precision / 60::double precision AS minutes_behind,
    ages.complete_as_of,
    copying.interviews_left AS first_copy_left,
    lists.last_poll_at,
    deliveries.last_delivery_at,
    connections.succeeded_at AS last_answer_at,
    connections.refused_at AS key_refused_at,
    COALESCE(jobs.waiting, 0::bigint) AS waiting_interviews,
    jobs.waiting_since AS oldest_waiting_at,
    COALESCE(jobs.failed, 0::bigint) AS failed_interviews
   FROM workspaces
     LEFT JOIN lists USING (workspace_id)
     LEFT JOIN jobs USING (workspace_id)
     LEFT JOIN deliveries USING (workspace_id)
     LEFT JOIN heymilo_sync.copying USING (workspace_id)
     LEFT JOIN heymilo_sync.connections USING (workspace_id)
     CROSS JOIN LATERAL ( SELECT
                CASE
                    WHEN copying.workspace_id IS NULL THEN LEAST(lists.read_until, jobs.waiting_since)
                    ELSE NULL::timestamp with time zone
                END AS as_of,
                CASE
                    WHEN copying.workspace_id IS NULL THEN lists.swept_until
                    ELSE NULL::timestamp with time zone
                END AS complete_as_of) ages;

comment on view heymilo_bi.freshness is 'How old the tables are: one row per workspace.';
comment on column heymilo_bi.freshness.workspace_id is 'The workspace.';
comment on column heymilo_bi.freshness.as_of is 'New and unfinished interviews are in the tables as HeyMilo showed them at this time, or later. NULL until the first copy is complete.';
comment on column heymilo_bi.freshness.minutes_behind is 'Minutes since as_of. Grows up to the time between two polls, and further when interviews wait to be fetched or HeyMilo does not answer. NULL until the first copy is complete.';
comment on column heymilo_bi.freshness.complete_as_of is 'The same for everything, late decisions about finished interviews included: when the oldest of the full looks at the live postings began. NULL until the first copy is complete.';
comment on column heymilo_bi.freshness.first_copy_left is 'Interviews that the first copy of the workspace has still to fetch. NULL once the first copy is complete.';
comment on column heymilo_bi.freshness.last_poll_at is 'When any list was last read.';
comment on column heymilo_bi.freshness.last_delivery_at is 'When HeyMilo last delivered a webhook. NULL when none is kept.';
comment on column heymilo_bi.freshness.last_answer_at is 'When HeyMilo''s API last answered as it should. NULL when it never did.';
comment on column heymilo_bi.freshness.key_refused_at is 'Since when the API key is refused. NULL while it is accepted.';
comment on column heymilo_bi.freshness.waiting_interviews is 'Interviews that may have changed and wait to be fetched.';
comment on column heymilo_bi.freshness.oldest_waiting_at is 'Since when the first of them waits. NULL when none does.';
comment on column heymilo_bi.freshness.failed_interviews is 'Interviews whose fetch was given up: they stay as they were until there is news of them.';

CREATE OR REPLACE FUNCTION heymilo_bi.difference(ours bigint, others bigint, theirs bigint)
 RETURNS bigint
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN (ours < theirs) THEN LEAST(((ours + COALESCE(others, (0)::bigint)) - theirs), (0)::bigint) ELSE (ours - theirs) END;

comment on function heymilo_bi.difference(bigint,bigint,bigint) is 'Our count less HeyMilo''s, which may or may not hold the others: interviews that were removed here, or that moved since HeyMilo counted. NULL when HeyMilo has not told.';

create view heymilo_bi.reconciliation as
 WITH counts AS NOT MATERIALIZED (
         SELECT cursors.workspace_id,
            cursors.posting_id,
            cursors.stats_at AS counted_at,
            COALESCE(cursors.stats_until, cursors.stats_at) AS counted_until,
            cursors.differs_since,
            (cursors.stats ->> 'total_candidates'::text)::bigint AS heymilo_candidates,
            (cursors.stats ->> 'completed_interviews'::text)::bigint AS heymilo_completed
           FROM heymilo_sync.cursors
          WHERE cursors.list = 'candidates'::text
        ), changes AS NOT MATERIALIZED (
         SELECT interview_changes.workspace_id,
            interview_changes.interview_id,
            max(interview_changes.observed_at) AS changed_at
           FROM heymilo.interview_changes
          WHERE interview_changes.field = 'status'::text AND NOT interview_changes.first_observation AND interview_changes.observed_at > (( SELECT min(counts_1.counted_at) AS min
                   FROM counts counts_1))
          GROUP BY interview_changes.workspace_id, interview_changes.interview_id
        ), compared AS NOT MATERIALIZED (
         SELECT summary.workspace_id,
            summary.posting_id,
            summary.posting_title,
            summary.completed,
            places.is_new,
            places.is_new OR COALESCE(GREATEST(summary.interviewed_at, summary.last_activity_at) > counts_1.counted_at, false) OR COALESCE(changes.changed_at > counts_1.counted_at, false) OR jobs.interview_id IS NOT NULL AS has_moved
           FROM heymilo_bi.interview_summary summary
             JOIN heymilo.interviews USING (workspace_id, interview_id)
             LEFT JOIN counts counts_1 ON counts_1.workspace_id = summary.workspace_id AND counts_1.posting_id = summary.posting_id
             LEFT JOIN changes ON changes.workspace_id = summary.workspace_id AND changes.interview_id = summary.interview_id
             LEFT JOIN heymilo_sync.jobs ON jobs.workspace_id = summary.workspace_id AND jobs.interview_id = summary.interview_id AND jobs.state = 'open'::text AND jobs.urgency <= 'look'::heymilo_sync.urgency
             CROSS JOIN LATERAL ( SELECT counts_1.counted_at IS NOT NULL AND (interviews.listed_at IS NULL OR COALESCE(summary.invited_at > counts_1.counted_at, false) OR interviews.first_synced_at > counts_1.counted_until) AS is_new) places
        ), ours AS NOT MATERIALIZED (
         SELECT compared.workspace_id,
            compared.posting_id,
            compared.posting_title,
            count(*) FILTER (WHERE NOT compared.is_new) AS candidates,
            count(*) FILTER (WHERE compared.is_new) AS new_candidates,
            count(*) FILTER (WHERE compared.completed AND NOT compared.has_moved) AS completed,
            count(*) FILTER (WHERE compared.has_moved) AS moved
           FROM compared
          GROUP BY compared.workspace_id, compared.posting_id, compared.posting_title
        ), gone AS NOT MATERIALIZED (
         SELECT interviews.workspace_id,
            interviews.posting_id,
            count(*) AS interviews
           FROM heymilo.interviews
             JOIN counts counts_1 USING (workspace_id, posting_id)
          WHERE interviews.deleted_at > counts_1.counted_at
          GROUP BY interviews.workspace_id, interviews.posting_id
        ), postings AS NOT MATERIALIZED (
         SELECT postings_1.workspace_id,
            postings_1.posting_id,
            postings_1.title
           FROM heymilo.postings postings_1
          WHERE postings_1.deleted_at IS NULL AND postings_1.test_posting IS NOT TRUE
        )
 SELECT workspace_id,
    posting_id,
    COALESCE(postings.title, ours.posting_title) AS posting_title,
    counts.counted_at,
    counts.heymilo_candidates,
    COALESCE(ours.candidates, 0::bigint) AS our_candidates,
    differences.candidates_difference,
    counts.heymilo_completed,
    COALESCE(ours.completed, 0::bigint) AS our_completed,
    differences.completed_difference,
    COALESCE(ours.moved, 0::bigint) + COALESCE(gone.interviews, 0::bigint) AS not_compared_yet,
        CASE
            WHEN differences.candidates_difference <> 0 OR differences.completed_difference <> 0 THEN counts.differs_since
            ELSE NULL::timestamp with time zone
        END AS differs_since,
    COALESCE(removed.interviews, 0::bigint) AS removed_interviews
   FROM postings
     FULL JOIN ours USING (workspace_id, posting_id)
     LEFT JOIN counts USING (workspace_id, posting_id)
     LEFT JOIN gone USING (workspace_id, posting_id)
     LEFT JOIN heymilo_sync.removed_interviews removed USING (workspace_id, posting_id)
     CROSS JOIN LATERAL ( SELECT heymilo_bi.difference(COALESCE(ours.candidates, 0::bigint), COALESCE(ours.new_candidates, 0::bigint) + COALESCE(gone.interviews, 0::bigint) + COALESCE(removed.interviews, 0::bigint), counts.heymilo_candidates) AS candidates_difference,
            heymilo_bi.difference(COALESCE(ours.completed, 0::bigint), COALESCE(ours.moved, 0::bigint) + COALESCE(gone.interviews, 0::bigint) + COALESCE(removed.completed, 0::bigint), counts.heymilo_completed) AS completed_difference) differences;

comment on view heymilo_bi.reconciliation is 'Whether HeyMilo counts what the tables hold: one row per posting, our counts beside those that HeyMilo gave at counted_at. Interviews that came or moved since then are not compared yet: they may or may not be among HeyMilo''s.';
comment on column heymilo_bi.reconciliation.workspace_id is 'The workspace the posting belongs to.';
comment on column heymilo_bi.reconciliation.posting_id is 'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_bi.reconciliation.posting_title is 'What the posting is called. NULL until the posting was read.';
comment on column heymilo_bi.reconciliation.counted_at is 'When HeyMilo gave its counts: at every full look at the posting, oftener for long lists, and at every reading while the counts differ. NULL until it has.';
comment on column heymilo_bi.reconciliation.heymilo_candidates is 'Candidates of the posting, as HeyMilo counts (total_candidates of the posting''s stats in the API). NULL when it has not told.';
comment on column heymilo_bi.reconciliation.our_candidates is 'Interviews of the posting in these tables that HeyMilo''s list showed when HeyMilo counted.';
comment on column heymilo_bi.reconciliation.candidates_difference is 'our_candidates less heymilo_candidates: 0 is right. Up to not_compared_yet and removed_interviews that HeyMilo counts are no difference. NULL when HeyMilo has not told.';
comment on column heymilo_bi.reconciliation.heymilo_completed is 'Completed interviews, as HeyMilo counts (completed_interviews of the posting''s stats in the API). NULL when it has not told.';
comment on column heymilo_bi.reconciliation.our_completed is 'Completed interviews in these tables, without those that moved since HeyMilo counted.';
comment on column heymilo_bi.reconciliation.completed_difference is 'our_completed less heymilo_completed: 0 is right. Up to not_compared_yet and the completed ones among removed_interviews that HeyMilo counts are no difference. NULL when HeyMilo has not told.';
comment on column heymilo_bi.reconciliation.not_compared_yet is 'Interviews that no list has shown yet, that changed or went since HeyMilo counted, or that wait to be fetched. The next count of HeyMilo''s compares them.';
comment on column heymilo_bi.reconciliation.differs_since is 'Since when the counts differ, as noted whenever the list was read. A difference is real when counted_at is later: HeyMilo has counted again since. NULL while they agree.';
comment on column heymilo_bi.reconciliation.removed_interviews is 'Interviews that were removed here, because somebody was erased or because of their age: HeyMilo may count them still. Those that came only after their person was erased are not among them.';

create table heymilo_sync.column_classes (
    relation text not null,
    column_name text not null,
    class text not null,
    constraint column_classes_pkey PRIMARY KEY (relation, column_name)
);

comment on table heymilo_sync.column_classes is 'What each column of each table and view of heymilo-sync holds, as the program knows it. The views of schema heymilo_analyst show a column by its class. Readers'' roles are granted the tables and views that stand here, and no others.';
comment on column heymilo_sync.column_classes.relation is 'The table or view with its schema, such as heymilo.interviews.';
comment on column heymilo_sync.column_classes.column_name is 'The column.';
comment on column heymilo_sync.column_classes.class is 'fact (numbers, times, ids, words of HeyMilo), identifier (tells who a person is, or leads to them), free_text (written about a person or a posting), conversation (what was said or written in an interview) or open (JSON that may hold any of these).';

CREATE OR REPLACE FUNCTION heymilo_sync.make_roles()
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
    -- Each role, and where it looks for tables.
    roles constant text[] := array[
        ['heymilo_bi_reader', 'heymilo_bi'],
        ['heymilo_analyst', 'heymilo_analyst, heymilo_bi'],
        ['heymilo_full', 'heymilo, heymilo_bi'],
        ['heymilo_demographics_reader', 'heymilo_demographics']
    ];
    made_by_us constant text := 'Reads the database of heymilo-sync.';
    role text[];
begin
    foreach role slice 1 in array roles loop
        begin
            execute format('create role %I login', role[1]);
            execute format('comment on role %I is %L', role[1], made_by_us);
        exception
            when duplicate_object or unique_violation then
                if shobj_description(to_regrole(role[1]), 'pg_authid') is distinct from made_by_us then
                    raise notice 'role % existed already and now reads this database: if it is another program''s, revoke what schema % gives it', role[1], split_part(role[2], ',', 1);
                end if;
            when insufficient_privilege then
                raise notice 'role % was not made: let an administrator run the script of heymilo-sync roles', role[1];
        end;

        begin
            execute format(
                'alter role %I in database %I set search_path = %s',
                role[1], current_database(), role[2]
            );
        exception
            when undefined_object then null;
            when insufficient_privilege then
                raise notice 'search_path of role % was not set: let an administrator run the script of heymilo-sync roles', role[1];
        end;
    end loop;
end
$function$;

comment on function heymilo_sync.make_roles() is 'Makes the readers'' roles, as far as that is allowed. They have no password, so no login is possible until one is set.';

CREATE OR REPLACE FUNCTION heymilo_sync.without_gone(source regclass)
 RETURNS text
 LANGUAGE sql
 STABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    select case
        when source = 'heymilo.interviews'::regclass then ' where deleted_at is null'
        when source = 'heymilo.candidates'::regclass then
            ' where not exists (
                  select from heymilo.interviews as gone
                  where gone.candidate_id = shown.candidate_id
                    and gone.workspace_id = shown.workspace_id
                    and gone.deleted_at is not null
              )
              or exists (
                  select from heymilo.interviews as other
                  where other.candidate_id = shown.candidate_id
                    and other.workspace_id = shown.workspace_id
                    and other.deleted_at is null
              )'
        when exists (
            select from pg_class
            join pg_attribute on attrelid = pg_class.oid
            where pg_class.oid = source
              and relkind in ('r', 'p')
              and attname = 'interview_id'
        ) then
            ' where not exists (
                  select from heymilo.interviews as gone
                  where gone.interview_id = shown.interview_id
                    and gone.workspace_id = shown.workspace_id
                    and gone.deleted_at is not null
              )'
        -- The views of schema heymilo leave them out themselves.
        else ''
    end
$function$;

comment on function heymilo_sync.without_gone(regclass) is 'The condition that leaves out of a table of schema heymilo, named shown, the interviews that HeyMilo has no more (interviews.deleted_at) and people who have no other interview.';

CREATE OR REPLACE FUNCTION heymilo_sync.make_analyst_view(table_name name)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
    source constant regclass := format('heymilo.%I', table_name)::regclass;
    target constant regclass := to_regclass(format('heymilo_analyst.%I', table_name));
    -- The beginning of the view's comment. A view without it belongs to another program.
    mark   constant text := format('heymilo.%s for analysts. ', table_name);
    shown   text;
    comment record;
begin
    if target is not null
        and not starts_with(coalesce(obj_description(target, 'pg_class'), ''), mark)
    then
        raise duplicate_table using message = 'its name is taken';
    end if;

    -- A view that exists keeps its columns and their order, because the views of others may be built on
    -- it: a column that is hidden by now is NULL. New columns come last.
    with classified as (
        select attname, attnum, atttypid, atttypmod, class in ('fact', 'free_text', 'conversation') as is_shown
        from pg_attribute
        join heymilo_sync.column_classes
            on relation = 'heymilo.' || table_name
           and column_name = attname
        where attrelid = source
          and attnum > 0
          and not attisdropped
    ),
    existing as (
        select attname, attnum, atttypid, atttypmod
        from pg_attribute
        where attrelid = target
          and attnum > 0
    )
    select string_agg(
        case
            when classified.is_shown then quote_ident(attname)
            else format('null::%s as %I', format_type(existing.atttypid, existing.atttypmod), attname)
        end,
        ', ' order by existing.attnum nulls last, classified.attnum
    )
    into shown
    from classified
    full join existing using (attname)
    where classified.is_shown
       or existing.attname is not null;

    if shown is null then
        return;
    end if;
    execute format(
        'create or replace view heymilo_analyst.%I as select %s from heymilo.%I as shown%s',
        table_name, shown, table_name, heymilo_sync.without_gone(source)
    );

    execute format(
        'comment on view heymilo_analyst.%I is %L',
        table_name, mark || obj_description(source, 'pg_class')
    );
    for comment in
        select shown_column.attname, col_description(source, original.attnum) as description
        from pg_attribute as shown_column
        join pg_attribute as original using (attname)
        where shown_column.attrelid = format('heymilo_analyst.%I', table_name)::regclass
          and original.attrelid = source
    loop
        execute format(
            'comment on column heymilo_analyst.%I.%I is %L', table_name, comment.attname, comment.description
        );
    end loop;

    if to_regrole('heymilo_analyst') is not null then
        execute format('grant select on heymilo_analyst.%I to heymilo_analyst', table_name);
    end if;
end
$function$;

comment on function heymilo_sync.make_analyst_view(name) is 'Makes the view of schema heymilo_analyst for a table or view of schema heymilo, with its columns of the classes fact, free_text and conversation, and lets the role heymilo_analyst read it.';

CREATE OR REPLACE FUNCTION heymilo_sync.grant_object(privilege text, object text, reader name)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
    execute format('grant %s on %s to %I', privilege, object, reader);
exception
    when undefined_object then
        -- The role was not made.
        null;
    when insufficient_privilege then
        raise notice '% may not %: let the owner of % grant it', reader, privilege, object;
end
$function$;

comment on function heymilo_sync.grant_object(text,text,name) is 'Grants a reader''s role one privilege on one object. What is not allowed becomes a notice.';

CREATE OR REPLACE FUNCTION heymilo_sync.grant_access()
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
    search constant text := 'function heymilo.search_transcripts(text, text, text, integer)';
    ours    record;
    allowed record;
begin
    for ours in
        select distinct relname
        from heymilo_sync.column_classes
        join pg_class on 'heymilo.' || relname = relation
        where relnamespace = 'heymilo'::regnamespace
    loop
        begin
            perform heymilo_sync.make_analyst_view(ours.relname);
        exception
            when duplicate_table or insufficient_privilege or invalid_table_definition or wrong_object_type then
                raise notice 'view heymilo_analyst.% was not made (%): rename or drop what has its name, then run heymilo-sync migrate', ours.relname, sqlerrm;
        end;
    end loop;

    for allowed in
        select role, schema
        from (values
            ('heymilo_bi_reader', 'heymilo_bi'),
            ('heymilo_analyst', 'heymilo_bi'),
            ('heymilo_full', 'heymilo_bi'),
            ('heymilo_full', 'heymilo'),
            ('heymilo_demographics_reader', 'heymilo_demographics')
        ) as access (role, schema)
    loop
        perform heymilo_sync.grant_object('usage', format('schema %I', allowed.schema), allowed.role);
        perform heymilo_sync.grant_object('select', relation, allowed.role)
        from (
            select distinct relation
            from heymilo_sync.column_classes
            where relation like allowed.schema || '.%'
              and to_regclass(relation) is not null
            order by relation
        ) as ours;
    end loop;

    perform heymilo_sync.grant_object('usage', 'schema heymilo_analyst', 'heymilo_analyst');
    -- Only to call the function: the tables of schema heymilo stay closed to analysts.
    perform heymilo_sync.grant_object('usage', 'schema heymilo', 'heymilo_analyst');
    perform heymilo_sync.grant_object('execute', search, 'heymilo_analyst');
    perform heymilo_sync.grant_object('execute', search, 'heymilo_full');
end
$function$;

comment on function heymilo_sync.grant_access() is 'Makes the views of schema heymilo_analyst and lets each of the readers'' roles that exist read what it may: object by object, and only what is in column_classes. Objects of others are left as they are. heymilo-sync migrate calls it.';

CREATE OR REPLACE FUNCTION heymilo_sync.open_row_security()
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
    closed regclass;
begin
    for closed in
        select pg_class.oid
        from pg_class
        where relnamespace in ('heymilo'::regnamespace, 'heymilo_sync'::regnamespace)
          and relrowsecurity
          and pg_has_role(relowner, 'usage')
          and not exists (select from pg_policy where polrelid = pg_class.oid)
    loop
        execute format('create policy heymilo_sync_grants on %s using (true) with check (true)', closed);
    end loop;
end
$function$;

comment on function heymilo_sync.open_row_security() is 'Gives each table of ours that has row security and no policy a policy that lets grants decide. heymilo-sync migrate calls it.';

CREATE OR REPLACE FUNCTION heymilo_sync.publish()
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
    missing text;
begin
    begin
        create publication heymilo;
        comment on publication heymilo is
            'All tables of schema heymilo, for logical replication to a warehouse. Personal data.';
    exception
        when duplicate_object then
            if not exists (
                select
                from pg_publication
                where pubname = 'heymilo'
                  and starts_with(obj_description(oid, 'pg_publication'), 'All tables of schema heymilo')
            ) then
                raise notice 'a publication named heymilo existed already and was left as it is: for one of heymilo-sync''s tables, rename it and run heymilo-sync migrate';
                return;
            end if;
        when insufficient_privilege then
            raise notice 'publication heymilo was not made: creating one needs the right to create in this database';
            return;
    end;

    -- One by one, since a whole schema can only be published by a superuser.
    select string_agg(distinct format('heymilo.%I', relname), ', ')
    into missing
    from heymilo_sync.column_classes
    join pg_class on 'heymilo.' || relname = relation
    where relnamespace = 'heymilo'::regnamespace
      and relkind in ('r', 'p')
      and not exists (
          select
          from pg_publication_rel
          join pg_publication on pg_publication.oid = prpubid
          where prrelid = pg_class.oid
            and pubname = 'heymilo'
      );
    if missing is not null then
        execute 'alter publication heymilo add table ' || missing;
    end if;
exception
    when insufficient_privilege then
        raise notice 'publication heymilo belongs to another role and lacks %: let its owner add them', missing;
end
$function$;

comment on function heymilo_sync.publish() is 'Makes the publication heymilo and adds the tables of schema heymilo that it lacks. A publication of another program with this name is left as it is. heymilo-sync migrate calls it.';

CREATE OR REPLACE FUNCTION heymilo_sync.take_deliveries(receipt_ids uuid[], workspace_ids text[], received_times timestamp with time zone[], methods text[], queries text[], content_types text[], content_encodings text[], bodies bytea[], id_lists text[], posting_ids text[], are_vague boolean[], types text[], traceparents text[], searched_version bigint, max_unknown bigint, unknown_forgotten_after interval, first_repeat_delay interval, longest_repeat_delay interval, hastened_interval interval, notified_workspaces text[], channel text, process text)
 RETURNS boolean
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET jit TO 'off'
 SET enable_bitmapscan TO 'off'
AS $function$
#variable_conflict use_column
declare
    is_current boolean;
begin
    -- Jobs are written in the order of their ids, and before the cursors, as everywhere: no two transactions
    -- wait for each other. They are looked up one by one, by the key: a join could read all of them.
    with searched as materialized (
        select tombstone_version
        from heymilo_sync.tombstone_versions
        where tombstone_version = searched_version
        for share
    ),
    taken as (
        insert into heymilo_sync.inbox
            (receipt_id, workspace_id, received_at, method, query, content_type, content_encoding, body,
             interview_ids, posting_id)
        select receipt_id, workspace_id, received_at, method, query, content_type, content_encoding, body,
               string_to_array(interview_ids, E'\n'), posting_id
        from unnest(receipt_ids, workspace_ids, received_times, methods, queries, content_types,
                    bodies, id_lists, posting_ids, content_encodings)
             as arrived (receipt_id, workspace_id, received_at, method, query, content_type, body,
                         interview_ids, posting_id, content_encoding)
        where exists (select from searched)
        on conflict (receipt_id) do nothing
        returning receipt_id
    ),
    new as (
        select arrived.workspace_id,
               string_to_array(arrived.interview_ids, E'\n') as interview_ids,
               arrived.posting_id,
               arrived.is_vague,
               coalesce(arrived.event_type, '') as event_type,
               arrived.traceparent,
               arrived.place
        from unnest(receipt_ids, workspace_ids, id_lists, posting_ids, are_vague, types,
                    traceparents)
             with ordinality
             as arrived (receipt_id, workspace_id, interview_ids, posting_id, is_vague, event_type,
                         traceparent, place)
        join taken on taken.receipt_id = arrived.receipt_id
    ),
    named as materialized (
        select named.*,
               jobs.interview_id is not null as is_waiting,
               interviews.interview_id is not null as is_stored,
               coalesce(jobs.is_known, false) or interviews.interview_id is not null as is_known,
               coalesce(repeats.repeats, 0) as repeats,
               greatest(
                   now(),
                   repeats.answered_at + least(
                       first_repeat_delay * power(
                           2,
                           case when interviews.status in
                                         ('completed', 'shortlisted', 'dismissed', 'knocked_out')
                                then least(repeats.repeats - 1, 20) else 0 end
                       ),
                       longest_repeat_delay
                   )
               ) as due_at
        from (
            select new.workspace_id,
                   ids.interview_id,
                   array_agg(distinct new.event_type) as event_types,
                   (array_agg(new.traceparent order by new.place desc))[1] as traceparent
            from new
            cross join unnest(new.interview_ids) as ids (interview_id)
            group by new.workspace_id, ids.interview_id
        ) as named
        left join lateral (
            select jobs.interview_id, jobs.is_known
            from heymilo_sync.jobs
            where jobs.workspace_id = named.workspace_id
              and jobs.interview_id = named.interview_id
            limit 1
        ) as jobs on true
        left join lateral (
            select interviews.interview_id, interviews.status, interviews.fetched_at
            from heymilo.interviews
            where interviews.workspace_id = named.workspace_id
              and interviews.interview_id = named.interview_id
            limit 1
        ) as interviews on true
        left join lateral (
            select repeats.repeats, repeats.answered_at
            from heymilo_sync.repeats
            where repeats.workspace_id = named.workspace_id
              and repeats.interview_id = named.interview_id
              and repeats.answered_at >= interviews.fetched_at
              and named.event_types <@ repeats.event_types
            limit 1
        ) as repeats on true
    ),
    unknown as (
        select named.workspace_id,
               named.interview_id,
               row_number() over (partition by named.workspace_id order by named.interview_id) as place
        from named
        where not named.is_known
          and not named.is_waiting
    ),
    left_to_lists as (
        select unknown.workspace_id, unknown.interview_id
        from (
            select workspaces.workspace_id,
                   (select count(*)
                    from heymilo_sync.jobs
                    where jobs.workspace_id = workspaces.workspace_id
                      and not jobs.is_known
                      and jobs.failed_at is null) as waiting
            from (select distinct workspace_id from unknown) as workspaces
        ) as workspaces
        join unknown
            on unknown.workspace_id = workspaces.workspace_id
            and unknown.place > max_unknown - workspaces.waiting
    ),
    vague as (
        select distinct new.workspace_id, new.posting_id
        from new
        where new.is_vague
          -- What names an interview that is known meant it.
          and not exists (
              select from named
              where named.is_stored
                and named.workspace_id = new.workspace_id
                and named.interview_id = any(new.interview_ids)
          )
    ),
    their_lists as (
        select cursors.workspace_id, cursors.list, cursors.posting_id
        from vague
        join heymilo_sync.cursors
            on cursors.workspace_id = vague.workspace_id
            and cursors.list = 'candidates'
            and cursors.posting_id = vague.posting_id
        order by cursors.workspace_id, cursors.posting_id
        for update of cursors
    ),
    all_lists as (
        -- A cursor that is locked is about to be read, or has just been read, and is not waited for.
        select cursors.workspace_id, cursors.list, cursors.posting_id
        from heymilo_sync.cursors
        where cursors.workspace_id = any(array(
                  select vague.workspace_id
                  from vague
                  where not exists (
                      select from heymilo_sync.cursors
                      where cursors.workspace_id = vague.workspace_id
                        and cursors.list = 'candidates'
                        and cursors.posting_id = vague.posting_id
                  )
              ))
          and cursors.list in ('postings', 'candidates')
          and (cursors.hastened_at is null or cursors.hastened_at <= now())
          and not exists (
              select from heymilo.postings
              where postings.workspace_id = cursors.workspace_id
                and postings.posting_id = cursors.posting_id
                and (postings.archived or postings.status = 'archived'
                     or postings.deleted_at is not null)
          )
        for update of cursors skip locked
    ),
    hastened as (
        update heymilo_sync.cursors
        set hastened_at = greatest(now(), cursors.polled_at + hastened_interval)
        from (select * from their_lists union select * from all_lists) as lists
        where cursors.workspace_id = lists.workspace_id
          and cursors.list = lists.list
          and cursors.posting_id = lists.posting_id
    ),
    enqueued as (
        insert into heymilo_sync.jobs
            (workspace_id, interview_id, urgency, due_at, event_types, is_known, repeats, traceparent)
        select workspace_id, interview_id, 'delivery', due_at, event_types, is_known, repeats, traceparent
        from named
        where not exists (
            select from left_to_lists
            where left_to_lists.workspace_id = named.workspace_id
              and left_to_lists.interview_id = named.interview_id
        )
        order by workspace_id collate "C", interview_id collate "C"
        on conflict (workspace_id, interview_id) do update
            set urgency     = case when jobs.failed_at is null
                                   then least(jobs.urgency, excluded.urgency)
                                   else excluded.urgency end,
                due_at      = case when jobs.failed_at is not null then excluded.due_at
                                   -- An unknown one that waits keeps its time and its attempts, or they
                                   -- could be had again and again.
                                   when not excluded.is_known then jobs.due_at
                                   when jobs.urgency <= 'delivery'
                                   then least(jobs.due_at, excluded.due_at)
                                   -- What is due does not wait because of a repeated delivery.
                                   else greatest(least(jobs.due_at, excluded.due_at), now()) end,
                generation  = jobs.generation + 1,
                event_types = array(select unnest(jobs.event_types)
                                    union select unnest(excluded.event_types)),
                is_known    = excluded.is_known,
                repeats     = case when jobs.failed_at is not null then excluded.repeats
                                   when jobs.urgency <= 'delivery'
                                   then least(jobs.repeats, excluded.repeats)
                                   when jobs.due_at <= now() then 0
                                   else excluded.repeats end,
                traceparent = excluded.traceparent,
                failed_at   = null,
                looks       = case when excluded.is_known or jobs.failed_at is not null
                                   then 0 else jobs.looks end,
                attempt     = case when excluded.is_known or jobs.failed_at is not null
                                   then 0 else jobs.attempt end,
                enqueued_at = case when excluded.is_known or jobs.failed_at is not null
                                   then now() else jobs.enqueued_at end
            where excluded.is_known
               or jobs.failed_at is null
               or jobs.failed_at is distinct from jobs.missed_at
               or jobs.missed_at < now() - unknown_forgotten_after
        returning true
    )
    select exists (select from searched)
           and (select count(*) from enqueued) >= 0
           and (
               select count(pg_notify(channel, process || ' ' || notified)::text)
               from unnest(notified_workspaces) as notified
               where notified in (select workspace_id from new)
           ) >= 0
    into is_current;

    return is_current;
end
$function$;

comment on function heymilo_sync.take_deliveries(uuid[],text[],timestamp with time zone[],text[],text[],text[],text[],bytea[],text[],text[],boolean[],text[],text[],bigint,bigint,interval,interval,interval,interval,text[],text,text) is 'Keeps deliveries, each of them once, and makes due what the new ones name. Item n of each list is about delivery n; an item of id_lists holds ids in lines. False, and nothing is kept, when a person was erased since the tombstones had searched_version. For the daemon alone.';

CREATE TRIGGER privacy_log_chain_entry BEFORE INSERT ON heymilo_sync.privacy_log FOR EACH ROW EXECUTE FUNCTION heymilo_sync.chain_entry();
comment on trigger privacy_log_chain_entry on heymilo_sync.privacy_log is NULL;

CREATE TRIGGER privacy_log_refuse_change BEFORE DELETE OR UPDATE ON heymilo_sync.privacy_log FOR EACH ROW EXECUTE FUNCTION heymilo_sync.refuse_change();
comment on trigger privacy_log_refuse_change on heymilo_sync.privacy_log is NULL;

CREATE TRIGGER privacy_log_refuse_truncate BEFORE TRUNCATE ON heymilo_sync.privacy_log FOR EACH STATEMENT EXECUTE FUNCTION heymilo_sync.refuse_change();
comment on trigger privacy_log_refuse_truncate on heymilo_sync.privacy_log is NULL;

CREATE TRIGGER tombstones_delete_raises_version AFTER DELETE ON heymilo_sync.tombstones REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION heymilo_sync.raise_tombstone_version();
comment on trigger tombstones_delete_raises_version on heymilo_sync.tombstones is NULL;

CREATE TRIGGER tombstones_insert_raises_version AFTER INSERT ON heymilo_sync.tombstones REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION heymilo_sync.raise_tombstone_version();
comment on trigger tombstones_insert_raises_version on heymilo_sync.tombstones is NULL;
