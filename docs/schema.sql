-- Every object of heymilo-sync's database as it is now. Made from a migrated database by script/update:
-- do not edit. The views of schema heymilo_analyst, roles and grants are left out, because the program
-- makes them from heymilo_sync.column_classes.

create schema heymilo_sync;
comment on schema heymilo_sync is 'The machinery of heymilo-sync: what arrived, what is due, how far it has read, and HeyMilo''s answers as received. Not for analysis.';

create schema heymilo;
comment on schema heymilo is E'A copy of the HeyMilo workspace, one table per concept, for analysts. Every row says which workspace it is from, and every table and column says what it means (\\d+ in psql).';

create schema heymilo_bi;
comment on schema heymilo_bi is 'Views for dashboards: no names, no e-mail addresses, no free text of a candidate, no recordings. They leave out test postings and deleted interviews.';

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
comment on column heymilo.postings.company_id is 'Whose posting it is: HeyMilo''s id of the company. NULL when HeyMilo gives none.';
comment on column heymilo.postings.title is 'Job title as candidates see it. NULL when HeyMilo gives none.';
comment on column heymilo.postings.name is 'The posting''s short name in links to it. NULL when it has none.';
comment on column heymilo.postings.description is 'The job description. NULL when HeyMilo gives none.';
comment on column heymilo.postings.language is 'Language of the interview as a code such as en. HeyMilo''s default (en) when HeyMilo never gave it. NULL when HeyMilo says null.';
comment on column heymilo.postings.interviewer_name is 'Name under which the AI interviewer introduces itself. NULL when HeyMilo gives none.';
comment on column heymilo.postings.status is 'draft, active, expired or archived. Other words are possible when HeyMilo adds them. NULL when HeyMilo gives none.';
comment on column heymilo.postings.finalized is 'Whether the set-up of the posting was completed. NULL when HeyMilo gives none.';
comment on column heymilo.postings.archived is 'True once recruiters have put the posting away. NULL when HeyMilo gives none.';
comment on column heymilo.postings.test_posting is 'Whether the posting only serves to try HeyMilo out. Leave these out of every statistic. NULL when HeyMilo gives none.';
comment on column heymilo.postings.candidate_url is 'Page on which candidates start (urls.candidate_url in the API). NULL when HeyMilo gives none.';
comment on column heymilo.postings.ingestion_url_key is 'Key of the address at which candidates can be handed in (urls.ingestion_url_key in the API). NULL when HeyMilo gives none.';
comment on column heymilo.postings.review_url is 'Page on which recruiters review the posting''s candidates (urls.review_url in the API). NULL when HeyMilo gives none.';
comment on column heymilo.postings.deadline_at is 'Until when candidates may take part (deadline in the API). NULL without a deadline.';
comment on column heymilo.postings.redirect_url is 'Where candidates are sent when they have finished. NULL when HeyMilo gives none.';
comment on column heymilo.postings.scheduling_url is 'Where candidates book the next appointment. NULL when HeyMilo gives none.';
comment on column heymilo.postings.max_retakes is 'How often a candidate may take the interview again. NULL when nothing is set.';
comment on column heymilo.postings.retake_cooldown_days is 'How many days have to pass before a candidate may try again. NULL when HeyMilo gives none.';
comment on column heymilo.postings.allow_sms_comms is 'Whether candidates may be written to by SMS. HeyMilo''s default (false) when HeyMilo never gave it. NULL when HeyMilo says null.';
comment on column heymilo.postings.email_report_to_candidate is 'Whether candidates are sent their report. HeyMilo''s default (false) when HeyMilo never gave it. NULL when HeyMilo says null.';
comment on column heymilo.postings.instructions is 'Additional instructions for the AI interviewer. NULL when HeyMilo gives none.';
comment on column heymilo.postings.company_overview is 'Text about the company that candidates see. NULL when HeyMilo gives none.';
comment on column heymilo.postings.company_overview_delivery_mode is 'How the company overview is presented, in HeyMilo''s word. NULL when HeyMilo gives none.';
comment on column heymilo.postings.job_overview is 'Text about the job that candidates see. NULL when HeyMilo gives none.';
comment on column heymilo.postings.job_overview_delivery_mode is 'How the job overview is presented, in HeyMilo''s word. NULL when HeyMilo gives none.';
comment on column heymilo.postings.interview_process_overview is 'Text about the process that candidates see. NULL when HeyMilo gives none.';
comment on column heymilo.postings.interview_process_overview_delivery_mode is 'How the process overview is presented, in HeyMilo''s word. NULL when HeyMilo gives none.';
comment on column heymilo.postings.phone_number_id is 'Which number candidates are called from: HeyMilo''s id of it. NULL when none was chosen.';
comment on column heymilo.postings.sender_email_id is 'HeyMilo''s id of the address that e-mails are sent from. NULL when HeyMilo gives none.';
comment on column heymilo.postings.email_template_group_id is 'HeyMilo''s id of the set of e-mail templates. NULL when HeyMilo gives none.';
comment on column heymilo.postings.design_template_group_id is 'HeyMilo''s id of the design of the candidate''s pages. NULL when HeyMilo gives none.';
comment on column heymilo.postings.ats_metadata is 'What the connected applicant tracking system stored with the posting: open JSON. NULL when HeyMilo gives none.';
comment on column heymilo.postings.metadata is 'The customer''s own key-value pairs: a JSON object of strings. NULL when HeyMilo gives none.';
comment on column heymilo.postings.created_at is 'When the posting was created in HeyMilo. NULL when HeyMilo gives none.';
comment on column heymilo.postings.updated_at is 'When the posting was last changed in HeyMilo. NULL when HeyMilo gives none.';
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
comment on column heymilo.posting_steps.step_id is 'HeyMilo''s id of the step (id in the API). workflow_steps.step_id refers to this id. NULL when HeyMilo gives none.';
comment on column heymilo.posting_steps.step_type is 'Kind of agent: web_interview, conversational_sms, resume or form (type in the API). NULL when HeyMilo gives none.';
comment on column heymilo.posting_steps.step_order is 'Order of the step in the workflow, from 1 (order in the API). NULL when HeyMilo gives none.';
comment on column heymilo.posting_steps.config is 'Settings of the step: open JSON. NULL when HeyMilo gives none.';
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

comment on table heymilo.questions is 'One row per question or criterion that a posting is set up with, for each kind of agent. scorecard_questions, form_answers and the criteria tables refer to it by question_id or criteria_id.';
comment on column heymilo.questions.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo.questions.posting_id is 'Which posting asks it.';
comment on column heymilo.questions."position" is 'Place of the question in HeyMilo''s list for the posting, from 1.';
comment on column heymilo.questions.question_id is 'HeyMilo''s id of the question (id in the API). NULL when HeyMilo gives none.';
comment on column heymilo.questions.modality is 'Which agent uses it: voice, sms, form, resume_eligibility, resume_scoring or voice_tags. NULL when HeyMilo gives none.';
comment on column heymilo.questions.question_text is 'The question or criterion itself (text in the API). NULL when HeyMilo gives none.';
comment on column heymilo.questions.question_type is 'Kind of question, in HeyMilo''s word, mostly for forms. NULL when HeyMilo gives none.';
comment on column heymilo.questions.rank is 'Order in which it is asked. NULL when HeyMilo gives none.';
comment on column heymilo.questions.evaluation_criteria is 'What the AI looks at when it scores an answer. NULL when HeyMilo gives none.';
comment on column heymilo.questions.score_1_description is 'What an answer at the bottom of the scale looks like (score_of_1 in the API). NULL when HeyMilo gives none.';
comment on column heymilo.questions.score_5_description is 'What an answer in the middle of the scale looks like (score_of_5 in the API): scores go from 1 to 10, and this describes a 5. NULL when HeyMilo gives none.';
comment on column heymilo.questions.score_weight is 'Weight of the question in the score, 1 to 10. NULL when HeyMilo gives none.';
comment on column heymilo.questions.not_scored is 'Whether answers are left out of the score. NULL when HeyMilo gives none.';
comment on column heymilo.questions.min_follow_ups is 'Fewest follow-up questions the AI asks. NULL when HeyMilo gives none.';
comment on column heymilo.questions.max_follow_ups is 'Most follow-up questions the AI asks. NULL when HeyMilo gives none.';
comment on column heymilo.questions.instructions is 'For voice_tags: how the value is to be drawn from what was said. NULL for other modalities.';
comment on column heymilo.questions.additional_instructions is 'Additional instructions for the AI about the question. NULL when HeyMilo gives none.';
comment on column heymilo.questions.post_processing_evaluation_criteria is 'Criteria applied after the conversation has ended. NULL when HeyMilo gives none.';
comment on column heymilo.questions.expected_answer is 'The answer that passes, as text. NULL when HeyMilo gives none.';
comment on column heymilo.questions.expected_value is 'The answer that passes, as a number. NULL when HeyMilo gives none.';
comment on column heymilo.questions.answer is 'The configured answer, as JSON because its type depends on the kind of question. NULL when HeyMilo gives none.';
comment on column heymilo.questions.operator is 'How an answer is compared with the expected one. NULL when HeyMilo gives none.';
comment on column heymilo.questions.is_knockout is 'Whether a wrong answer ends the application (forms). NULL when HeyMilo gives none.';
comment on column heymilo.questions.is_dealbreaker is 'Whether failing it ends the application (SMS). NULL when HeyMilo gives none.';
comment on column heymilo.questions.is_answer_mandated is 'Whether candidates must answer. NULL when HeyMilo gives none.';
comment on column heymilo.questions.response_format is 'Expected form of the answer: text, freeform, date or number. NULL when HeyMilo gives none.';
comment on column heymilo.questions.mcq_type is 'Kind of multiple choice, in HeyMilo''s word. NULL when HeyMilo gives none.';
comment on column heymilo.questions.options is 'For voice_tags: the values that may be drawn, in order. NULL for other modalities, and when any is allowed.';
comment on column heymilo.questions.dropdown_values is 'The entries of a drop-down list: a JSON array of objects. NULL when HeyMilo gives none.';
comment on column heymilo.questions.file_types is 'File types accepted for an upload. NULL when HeyMilo gives none.';
comment on column heymilo.questions.allow_multiple_files is 'Whether several files may be uploaded. NULL when HeyMilo gives none.';
comment on column heymilo.questions.slider_min is 'Lowest value of a slider. NULL when HeyMilo gives none.';
comment on column heymilo.questions.slider_max is 'Highest value of a slider. NULL when HeyMilo gives none.';
comment on column heymilo.questions.slider_step is 'Step between values of a slider. NULL when HeyMilo gives none.';
comment on column heymilo.questions.structured_config is 'Further set-up of a structured question: open JSON. NULL when HeyMilo gives none.';
comment on column heymilo.questions.created_at is 'When the question was created in HeyMilo. NULL when HeyMilo gives none.';
comment on column heymilo.questions.updated_at is 'When the question was last changed in HeyMilo. NULL when HeyMilo gives none.';
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

comment on table heymilo.candidates is 'One row per person in a workspace. The same person may take part in several postings (interviews.candidate_id). Personal data.';
comment on column heymilo.candidates.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo.candidates.candidate_id is 'HeyMilo''s id of the person. Interviews without one have no row here.';
comment on column heymilo.candidates.name is 'Full name, as given in the newest answer about any of the person''s interviews. NULL when HeyMilo gives none.';
comment on column heymilo.candidates.email is 'E-mail address, as given in the newest answer about any of the person''s interviews. NULL when HeyMilo gives none.';
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

comment on table heymilo.interviews is 'One row per interview: one candidate in one posting. Rows appear as soon as a candidate is invited. Results follow in the tables beside this one.';
comment on column heymilo.interviews.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo.interviews.interview_id is 'HeyMilo''s id of the interview.';
comment on column heymilo.interviews.posting_id is 'The posting the candidate was invited to. NULL when HeyMilo gives none.';
comment on column heymilo.interviews.candidate_id is 'The person, shared by all interviews of the same person. NULL when HeyMilo gives none.';
comment on column heymilo.interviews.candidate_name is 'Full name as given for this interview. Personal data. NULL when HeyMilo gives none.';
comment on column heymilo.interviews.candidate_email is 'E-mail address as given for this interview. Personal data. NULL when HeyMilo gives none.';
comment on column heymilo.interviews.status is 'Status of the interview: pending, in_progress, evaluating, completed, shortlisted, dismissed or knocked_out. not_ready only when HeyMilo has given nothing more precise yet. Other words are possible when HeyMilo adds them. NULL when HeyMilo gives none.';
comment on column heymilo.interviews.score is 'Overall score, 0 to 100. NULL until HeyMilo has computed it.';
comment on column heymilo.interviews.workflow_complete is 'Whether the candidate has finished every step (workflow.all_complete in the API). NULL when HeyMilo gives none.';
comment on column heymilo.interviews.last_activity_at is 'When the candidate last did something in the workflow (workflow.last_activity_at in the API). NULL when HeyMilo gives none.';
comment on column heymilo.interviews.shortlisted is 'True when a recruiter put the candidate on the shortlist. HeyMilo''s default (false) when the list never gave it. NULL until the candidates'' list has been read.';
comment on column heymilo.interviews.dismissed is 'True when a recruiter turned the candidate down. HeyMilo''s default (false) when the list never gave it. NULL until the candidates'' list has been read.';
comment on column heymilo.interviews.interview_url is 'The candidate''s personal link to the interview. Personal data. NULL until the candidates list has been read.';
comment on column heymilo.interviews.invited_at is 'When the candidate was invited (created_at in the API''s candidates list). NULL until the candidates list has been read.';
comment on column heymilo.interviews.interviewed_at is 'When the candidate came to the end of the interview. NULL until then.';
comment on column heymilo.interviews.metadata is 'The customer''s own key-value pairs: a JSON object of strings. NULL when HeyMilo gives none.';
comment on column heymilo.interviews.data is 'Data that was supplied together with the candidate: open JSON. May hold personal data. NULL when HeyMilo gives none.';
comment on column heymilo.interviews.results_ready is 'Whether HeyMilo has given the results of this interview. False while HeyMilo answers that the results are not ready. NULL until heymilo-sync has asked for the results.';
comment on column heymilo.interviews.extra is 'Fields of the results that have no column yet, or values of an unexpected type, as JSON. NULL when there are none.';
comment on column heymilo.interviews.list_extra is 'The same for the interview''s row in the candidates list. NULL when there are none.';
comment on column heymilo.interviews.listed_at is 'Time of the candidates-list request that this row''s list columns come from. NULL until the list has been read.';
comment on column heymilo.interviews.fetched_at is 'When the results that this row holds were received. NULL until they were fetched.';
comment on column heymilo.interviews.first_synced_at is 'When this row was first written.';
comment on column heymilo.interviews.synced_at is 'When this row or any of the interview''s rows last changed.';
comment on column heymilo.interviews.deleted_at is 'When HeyMilo was first found to have the interview no more. NULL while it exists. From then on no view shows the interview or any of its rows. All its rows are removed retention.gone_grace later, once HeyMilo was asked again.';

CREATE INDEX interviews_posting_idx ON heymilo.interviews USING btree (workspace_id, posting_id, invited_at);
comment on index heymilo.interviews_posting_idx is 'The interviews of a posting in the order of their invitations: pages of its list, coverage, funnels and cohorts.';

CREATE INDEX interviews_candidate_idx ON heymilo.interviews USING btree (workspace_id, candidate_id) WHERE (candidate_id IS NOT NULL);
comment on index heymilo.interviews_candidate_idx is 'All interviews of a person: to remove people without any interview, and to erase every interview of a person.';

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

comment on table heymilo.workflow_steps is 'One row per step of an interview''s workflow, as it stands now. posting_steps tells which agent a step_id is. workflow_step_changes tells how the step came to its status.';
comment on column heymilo.workflow_steps.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo.workflow_steps.interview_id is 'The interview the row belongs to.';
comment on column heymilo.workflow_steps."position" is 'Place in HeyMilo''s answer, from 1.';
comment on column heymilo.workflow_steps.step_id is 'HeyMilo''s id of the step: refers to posting_steps.step_id. NULL when HeyMilo gives none.';
comment on column heymilo.workflow_steps.step_order is 'Order of the step in the workflow, from 1 (order in the API). NULL when HeyMilo gives none.';
comment on column heymilo.workflow_steps.status is 'not_started, in_progress, completed or knocked_out. Other words are possible when HeyMilo adds them. NULL when HeyMilo gives none.';
comment on column heymilo.workflow_steps.started is 'Whether the candidate has begun the step. NULL when HeyMilo gives none.';
comment on column heymilo.workflow_steps.completed is 'Whether the candidate has finished the step. NULL when HeyMilo gives none.';
comment on column heymilo.workflow_steps.knocked_out is 'Whether the step ended the candidate''s application. HeyMilo''s default (false) when the answer leaves it out. NULL when HeyMilo says null.';
comment on column heymilo.workflow_steps.last_updated_at is 'When the step last changed, as HeyMilo tells it. NULL when HeyMilo gives none.';
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
comment on column heymilo.agent_summaries.resume_score is 'Overall score of the resume, 0 to 100. NULL when HeyMilo gives none.';
comment on column heymilo.agent_summaries.resume_is_eligible is 'Whether the resume meets the eligibility criteria. NULL when HeyMilo gives none.';
comment on column heymilo.agent_summaries.resume_url is 'Link to the resume (resume.resume_link in the API). Expires. Personal data. NULL when HeyMilo gives none.';
comment on column heymilo.agent_summaries.web_interview_score is 'Score of the web interview, 0 to 100. NULL when HeyMilo gives none.';
comment on column heymilo.agent_summaries.web_interview_highlights is 'What spoke for the candidate in the web interview. NULL when HeyMilo gives none.';
comment on column heymilo.agent_summaries.audio_recording_url is 'Link to the sound recording (web_interview.audio_recording_link in the API). Expires. Personal data. NULL when HeyMilo gives none.';
comment on column heymilo.agent_summaries.video_recording_url is 'Link to the video recording (web_interview.video_recording_link in the API). Expires. Personal data. NULL when HeyMilo gives none.';
comment on column heymilo.agent_summaries.sms_is_eligible is 'Whether the SMS conversation found the candidate eligible. NULL when HeyMilo gives none.';
comment on column heymilo.agent_summaries.sms_criteria_passed is 'SMS criteria that were met. NULL when HeyMilo gives none.';
comment on column heymilo.agent_summaries.sms_criteria_failed is 'SMS criteria that were not met. NULL when HeyMilo gives none.';
comment on column heymilo.agent_summaries.sms_messages_sent is 'Number of SMS sent to the candidate. NULL when HeyMilo gives none.';
comment on column heymilo.agent_summaries.form_is_complete is 'Whether the form was filled in. NULL when HeyMilo gives none.';
comment on column heymilo.agent_summaries.form_is_eligible is 'Whether the form''s answers make the candidate eligible. NULL when HeyMilo gives none.';
comment on column heymilo.agent_summaries.form_questions_answered is 'Number of the form''s questions that were answered. NULL when HeyMilo gives none.';
comment on column heymilo.agent_summaries.form_total_questions is 'How many questions the form has. NULL when HeyMilo gives none.';
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
comment on column heymilo.web_interviews.agent_interview_id is 'The id that this block of the answer names (web_interview.interview_id in the API): normally the interview''s own. NULL when HeyMilo gives none.';
comment on column heymilo.web_interviews.match_score is 'How well the candidate matches the posting, 0 to 100. NULL when HeyMilo gives none.';
comment on column heymilo.web_interviews.speech_score is 'Quality of speech, 0.0 to 5.0. NULL when it was not judged.';
comment on column heymilo.web_interviews.highlights is 'What spoke for the candidate, in order. NULL when HeyMilo gives none.';
comment on column heymilo.web_interviews.lowlights is 'What spoke against the candidate, in order. NULL when HeyMilo gives none.';
comment on column heymilo.web_interviews.tags is 'Tags the AI gave the interview. NULL when HeyMilo gives none.';
comment on column heymilo.web_interviews.audio_recording_url is 'Link to the sound recording, as last received. The signature of the link expires. Personal data. NULL when HeyMilo gives none.';
comment on column heymilo.web_interviews.video_recording_url is 'Link to the video recording, as last received. The signature of the link expires. Personal data. NULL when HeyMilo gives none.';
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
comment on column heymilo.scorecard_questions.question_id is 'HeyMilo''s id of the question: refers to questions.question_id. NULL when HeyMilo gives none.';
comment on column heymilo.scorecard_questions.question_text is 'The question as it was asked. NULL when HeyMilo gives none.';
comment on column heymilo.scorecard_questions.score is 'Score of the answer, 1 to 10. NULL when HeyMilo gives none.';
comment on column heymilo.scorecard_questions.score_weight is 'Weight of the question in the interview''s score, 1 to 10. HeyMilo''s default (5) when the answer leaves it out. NULL when HeyMilo says null.';
comment on column heymilo.scorecard_questions.not_scored is 'Whether the answer is left out of the score. HeyMilo''s default (false) when the answer leaves it out. NULL when HeyMilo says null.';
comment on column heymilo.scorecard_questions.rank is 'Order of the question in the interview. NULL when HeyMilo gives none.';
comment on column heymilo.scorecard_questions.evaluation_summary is 'The AI''s reasons for the score. Free text about a person. NULL when HeyMilo gives none.';
comment on column heymilo.scorecard_questions.evaluation_criteria is 'What the AI looked at. NULL when HeyMilo gives none.';
comment on column heymilo.scorecard_questions.score_1_description is 'What an answer at the bottom of the scale looks like. NULL when HeyMilo gives none.';
comment on column heymilo.scorecard_questions.score_5_description is 'What an answer in the middle of the scale looks like: scores go from 1 to 10, and this describes a 5. NULL when HeyMilo gives none.';
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
comment on column heymilo.scorecard_transcript_entries.speaker is 'The speaker, in HeyMilo''s word, such as AI or Candidate. NULL when HeyMilo gives none.';
comment on column heymilo.scorecard_transcript_entries.text is 'What was said. Personal data. NULL when HeyMilo gives none.';
comment on column heymilo.scorecard_transcript_entries.offset_seconds is 'How far into the interview it was said, in seconds (timestamp in the API). NULL when HeyMilo gives none.';
comment on column heymilo.scorecard_transcript_entries.offset_label is 'The same as MM:SS (timestamp_str in the API). NULL when HeyMilo gives none.';
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
comment on column heymilo.transcript_entries.speaker is 'The speaker, in HeyMilo''s word, such as AI or Candidate. NULL when HeyMilo gives none.';
comment on column heymilo.transcript_entries.text is 'What was said. Personal data. NULL when HeyMilo gives none.';
comment on column heymilo.transcript_entries.offset_seconds is 'How far into the interview it was said, in seconds (timestamp in the API). NULL when HeyMilo gives none.';
comment on column heymilo.transcript_entries.offset_label is 'The same as MM:SS (timestamp_str in the API). NULL when HeyMilo gives none.';
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
comment on column heymilo.resume_screenings.agent_interview_id is 'The id that this block of the answer names (resume.interview_id in the API): normally the interview''s own. NULL when HeyMilo gives none.';
comment on column heymilo.resume_screenings.overall_score is 'Score of the resume, 0.0 to 100.0. NULL when it was not scored.';
comment on column heymilo.resume_screenings.is_eligible is 'Whether the resume meets the eligibility criteria. NULL when none were set.';
comment on column heymilo.resume_screenings.resume_url is 'Link to the resume, as last received. The signature of the link expires. Personal data. NULL when HeyMilo gives none.';
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
comment on column heymilo.resume_score_criteria.criteria_id is 'HeyMilo''s id of the criterion: refers to questions.question_id. NULL when HeyMilo gives none.';
comment on column heymilo.resume_score_criteria.criteria_text is 'The criterion. NULL when HeyMilo gives none.';
comment on column heymilo.resume_score_criteria.score is 'How well the resume meets the criterion, 0.0 to 10.0. NULL when it was not scored.';
comment on column heymilo.resume_score_criteria.confidence is 'How sure the AI is, 0.0 to 1.0. NULL when HeyMilo gives none.';
comment on column heymilo.resume_score_criteria.reasons is 'The AI''s reasons, in order. Free text about a person. NULL when HeyMilo gives none.';
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
comment on column heymilo.resume_eligibility_criteria.criteria_id is 'HeyMilo''s id of the criterion: refers to questions.question_id. NULL when HeyMilo gives none.';
comment on column heymilo.resume_eligibility_criteria.criteria_text is 'The criterion. NULL when HeyMilo gives none.';
comment on column heymilo.resume_eligibility_criteria.passed is 'Whether the criterion is met. NULL when HeyMilo gives none.';
comment on column heymilo.resume_eligibility_criteria.confidence is 'How sure the AI is, 0.0 to 1.0. NULL when HeyMilo gives none.';
comment on column heymilo.resume_eligibility_criteria.reasons is 'The AI''s reasons, in order. Free text about a person. NULL when HeyMilo gives none.';
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
comment on column heymilo.sms_screenings.agent_interview_id is 'The id that this block of the answer names (sms.interview_id in the API): normally the interview''s own. NULL when HeyMilo gives none.';
comment on column heymilo.sms_screenings.is_eligible is 'Whether the conversation found the candidate eligible. NULL when HeyMilo gives none.';
comment on column heymilo.sms_screenings.confidence is 'How sure the AI is, 0.0 to 1.0. NULL when HeyMilo gives none.';
comment on column heymilo.sms_screenings.messages_sent is 'Number of SMS sent to the candidate. NULL when HeyMilo gives none.';
comment on column heymilo.sms_screenings.messages_received is 'Number of SMS received from the candidate. NULL when HeyMilo gives none.';
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
comment on column heymilo.sms_criteria.criteria_id is 'HeyMilo''s id of the criterion: refers to questions.question_id. NULL when HeyMilo gives none.';
comment on column heymilo.sms_criteria.criteria_text is 'The criterion. NULL when HeyMilo gives none.';
comment on column heymilo.sms_criteria.passed is 'Whether the criterion is met. NULL when HeyMilo gives none.';
comment on column heymilo.sms_criteria.confidence is 'How sure the AI is, 0.0 to 1.0. NULL when HeyMilo gives none.';
comment on column heymilo.sms_criteria.is_dealbreaker is 'Whether failing it ends the application. HeyMilo''s default (false) when the answer leaves it out. NULL when HeyMilo says null.';
comment on column heymilo.sms_criteria.reasons is 'The AI''s reasons, in order. Free text about a person. NULL when HeyMilo gives none.';
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
comment on column heymilo.sms_messages.role is 'Sender of the message, in HeyMilo''s word. NULL when HeyMilo gives none.';
comment on column heymilo.sms_messages.text is 'What was written. Personal data. NULL when HeyMilo gives none.';
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
comment on column heymilo.form_screenings.agent_interview_id is 'The id that this block of the answer names (form.interview_id in the API): normally the interview''s own. NULL when HeyMilo gives none.';
comment on column heymilo.form_screenings.overall_status is 'passed, failed or pending. NULL when HeyMilo gives none.';
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
comment on column heymilo.form_answers.question_id is 'HeyMilo''s id of the question: refers to questions.question_id. NULL when HeyMilo gives none.';
comment on column heymilo.form_answers.question_text is 'The question as it was asked. NULL when HeyMilo gives none.';
comment on column heymilo.form_answers.question_type is 'Kind of question, in HeyMilo''s word. NULL when HeyMilo gives none.';
comment on column heymilo.form_answers.is_knockout is 'Whether a wrong answer ends the application. NULL when HeyMilo gives none.';
comment on column heymilo.form_answers.passed is 'Whether the answer is acceptable. NULL when HeyMilo gives none.';
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
comment on column heymilo.integrity_reports.overall_ranking is 'Overall judgement from 1 (no sign of cheating) to 5 (strong signs). NULL when HeyMilo gives none.';
comment on column heymilo.integrity_reports.overall_confidence is 'How sure the detectors are, 0.0 to 1.0. NULL when HeyMilo gives none.';
comment on column heymilo.integrity_reports.enabled is 'Whether detection was switched on for the posting. NULL when HeyMilo gives none.';
comment on column heymilo.integrity_reports.threshold is 'From which confidence on the posting reports a sign, 0 to 100. NULL when HeyMilo gives none.';
comment on column heymilo.integrity_reports.types is 'The kinds of detection that were switched on. NULL when HeyMilo gives none.';
comment on column heymilo.integrity_reports.cheating_detected is 'Whether the conversation shows signs of cheating (web_interview.cheat_detection_result in the API). NULL when HeyMilo gives none.';
comment on column heymilo.integrity_reports.cheating_confidence is 'How sure the AI is of it, 0.0 to 1.0. NULL when HeyMilo gives none.';
comment on column heymilo.integrity_reports.llm_generated_detected is 'Whether answers seem to come from a language model (web_interview.llm_detection_result in the API). NULL when HeyMilo gives none.';
comment on column heymilo.integrity_reports.llm_detection_confidence is 'How sure the AI is of it, 0.0 to 1.0. NULL when HeyMilo gives none.';
comment on column heymilo.integrity_reports.gptzero_completely_generated_probability is 'GPTZero''s probability that the whole was generated, 0.0 to 1.0. NULL when HeyMilo gives none.';
comment on column heymilo.integrity_reports.gptzero_overall_ai_score is 'How much of the text GPTZero takes for generated, all together: 0.0 to 1.0. NULL when HeyMilo gives none.';
comment on column heymilo.integrity_reports.gptzero_average_generated_probability is 'GPTZero''s mean probability over the sentences, 0.0 to 1.0. NULL when HeyMilo gives none.';
comment on column heymilo.integrity_reports.delay_detected is 'Whether answers came unusually late (web_interview.unusual_delay_detection in the API). NULL when HeyMilo gives none.';
comment on column heymilo.integrity_reports.delay_confidence is 'How sure the AI is of it, 0.0 to 1.0. NULL when HeyMilo gives none.';
comment on column heymilo.integrity_reports.delay_overall_score is 'How suspicious the pauses before answers are, all together: 0.0 to 1.0. NULL when HeyMilo gives none.';
comment on column heymilo.integrity_reports.delay_confidence_level is 'How sure the detector of delays is, all together: 0.0 to 1.0. NULL when HeyMilo gives none.';
comment on column heymilo.integrity_reports.tab_switch_detection is 'What was found about leaving the interview''s browser tab: open JSON. NULL when HeyMilo gives none.';
comment on column heymilo.integrity_reports.integrity_analysis_v2 is 'The newer analysis of the recording: open JSON. NULL when HeyMilo gives none.';
comment on column heymilo.integrity_reports.interview_integrity_job_id is 'Analysis of the recording: HeyMilo''s id of the analysis. This column and the next eight are web_interview.interview_integrity in the API. NULL when HeyMilo gives none.';
comment on column heymilo.integrity_reports.interview_integrity_status is 'Analysis of the recording: how far it is. NULL when HeyMilo gives none.';
comment on column heymilo.integrity_reports.interview_integrity_filename is 'Analysis of the recording: name of the analysed file. NULL when HeyMilo gives none.';
comment on column heymilo.integrity_reports.interview_integrity_file_type is 'Analysis of the recording: type of the analysed file. NULL when HeyMilo gives none.';
comment on column heymilo.integrity_reports.interview_integrity_created_at is 'Analysis of the recording: when it was asked for. NULL when HeyMilo gives none.';
comment on column heymilo.integrity_reports.interview_integrity_updated_at is 'Analysis of the recording: when it last changed. NULL when HeyMilo gives none.';
comment on column heymilo.integrity_reports.interview_integrity_result is 'Analysis of the recording: its result, open JSON. NULL when HeyMilo gives none.';
comment on column heymilo.integrity_reports.interview_integrity_error is 'Analysis of the recording: what went wrong. NULL when nothing did.';
comment on column heymilo.integrity_reports.interview_integrity_comprehensive is 'Analysis of the recording: its comprehensive result, open JSON. NULL when HeyMilo gives none.';
comment on column heymilo.integrity_reports.resume_detection_version is 'Check of the resume for generated text: version of the detector. This column and the next three are resume.gpt_detection in the API. NULL when HeyMilo gives none.';
comment on column heymilo.integrity_reports.resume_detection_scan_id is 'Check of the resume: id of the scan. NULL when HeyMilo gives none.';
comment on column heymilo.integrity_reports.resume_detection_neat_version is 'Check of the resume: readable version of the detector. NULL when HeyMilo gives none.';
comment on column heymilo.integrity_reports.resume_detection_editor_document_id is 'Check of the resume: id of the document at the detector. NULL when HeyMilo gives none.';
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
comment on column heymilo.integrity_findings.reasoning is 'The AI''s reasons. Free text about a person. NULL when HeyMilo gives none.';
comment on column heymilo.integrity_findings.segment_text is 'The passage that seems generated (llm_generated only). Personal data. NULL when HeyMilo gives none.';
comment on column heymilo.integrity_findings.image is 'For movement: link to the picture in which it was seen. NULL when there is none. Personal data.';
comment on column heymilo.integrity_findings.recording_offset is 'For movement: how far into the interview it was seen, in seconds (timestamp in the API). NULL for other detectors.';
comment on column heymilo.integrity_findings.details is 'The whole instance where HeyMilo leaves its shape open: unusual_delay and resume_document. NULL when HeyMilo gives none.';
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
comment on column heymilo.integrity_transcript_references.text is 'What was said. Personal data. NULL when HeyMilo gives none.';
comment on column heymilo.integrity_transcript_references.offset_seconds is 'How far into the interview it was said, in seconds (actual_timestamp in the API). NULL when HeyMilo gives none.';
comment on column heymilo.integrity_transcript_references.offset_label is 'The same in readable form (user_friendly_timestamp in the API). NULL when HeyMilo gives none.';
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
comment on column heymilo.interview_changes.new_value is 'The value after, as text. NULL when the value was removed.';
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
comment on column heymilo.workflow_step_changes.step_id is 'HeyMilo''s id of the step. NULL when HeyMilo gives none.';
comment on column heymilo.workflow_step_changes.old_status is 'The status before. NULL when the step was not known before.';
comment on column heymilo.workflow_step_changes.new_status is 'The status after. NULL when HeyMilo gives none.';
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
comment on column heymilo_sync.inbox.delivery_id is 'Number of the delivery, in the order in which the deliveries were written. received_at tells when a delivery arrived.';
comment on column heymilo_sync.inbox.workspace_id is 'The workspace the delivery is for.';
comment on column heymilo_sync.inbox.received_at is 'When the delivery arrived.';
comment on column heymilo_sync.inbox.method is 'GET or POST.';
comment on column heymilo_sync.inbox.query is 'The query string, as received. NULL when there was none, and once the content was dropped.';
comment on column heymilo_sync.inbox.content_type is 'What the sender says the body is. NULL when the sender does not say.';
comment on column heymilo_sync.inbox.body is 'The body as it arrived, unpacked: decompressed, in UTF-8, base64 of JSON replaced by the JSON, a multipart body as a JSON list of its parts. May hold personal data. Empty when the body could not be decoded (heymilo_sync.notices says why), and when the delivery names an erased person. Also empty once the content was dropped: HeyMilo had answered for each interview that the delivery names (retention.drop_answered), or the inbox was too large (retention.inbox_bytes).';
comment on column heymilo_sync.inbox.interview_ids is 'The interviews that the delivery names: each was made due. Empty when none was recognised.';
comment on column heymilo_sync.inbox.posting_id is 'The posting that the delivery names, when the delivery names no interview. The candidates of the posting were made due for a look. NULL when the delivery names an interview or nothing known.';
comment on column heymilo_sync.inbox.receipt_id is 'Given when the delivery was received, before it was written anywhere, so that it is written once.';
comment on column heymilo_sync.inbox.content_encoding is 'What the sender called the compression of the body, such as gzip. NULL when it named none.';
comment on column heymilo_sync.inbox.shape is 'What a dropped body looked like: its fields, each with the type of its value, and of a list the first item. A field whose name has other signs than letters, _ and -, stands as *. NULL while the content is kept.';
comment on column heymilo_sync.inbox.content_bytes is 'Length of the body and the query string together, in bytes.';

CREATE INDEX inbox_content_idx ON heymilo_sync.inbox USING btree (workspace_id, delivery_id) INCLUDE (content_bytes) WHERE (content_bytes > 0);
comment on index heymilo_sync.inbox_content_idx is 'The deliveries that still have their content, the oldest first, and how large they are together.';

CREATE INDEX inbox_received_at_idx ON heymilo_sync.inbox USING btree (workspace_id, received_at);
comment on index heymilo_sync.inbox_received_at_idx is 'The last deliveries, counted on the status page, and those older than their retention.';

create type heymilo_sync.urgency as enum ('command', 'delivery', 'change', 'list', 'look', 'first_copy', 'backfill', 'refresh');
comment on type heymilo_sync.urgency is 'What a request to HeyMilo is for, most urgent first. command: a person asks for an interview. delivery: a webhook names the interview. change: the interview''s list row changed. list: new and recent rows of a list. look: a second look at an interview, or a whole list. first_copy: a list shows the interview for the first time. backfill: a person asks for everything again. refresh: nothing asked for the interview for long.';

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
    marks integer not null default 0,
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
comment on column heymilo_sync.jobs.urgency is 'What made the interview due: of several urgencies, the most urgent.';
comment on column heymilo_sync.jobs.generation is 'Rises whenever the interview is made due, so that a change during a fetch causes another fetch.';
comment on column heymilo_sync.jobs.due_at is 'From when the job may be worked on. First copies are ordered by it, the newest invitation first.';
comment on column heymilo_sync.jobs.enqueued_at is 'When it was made due.';
comment on column heymilo_sync.jobs.event_types is 'The event types of the deliveries that made it due.';
comment on column heymilo_sync.jobs.is_known is 'False while only deliveries name the interview: no list and no answer has shown it.';
comment on column heymilo_sync.jobs.is_unlisted is 'Whether the whole list of its posting did not show it when it was made due. A 404 is then believed at once.';
comment on column heymilo_sync.jobs.repeats is 'How many deliveries in a row led to an unchanged answer before this one. Such a job waits longer each time.';
comment on column heymilo_sync.jobs.looks is 'How many looks in a row found the interview unfinished. Each look waits longer than the one before.';
comment on column heymilo_sync.jobs.attempt is 'How many attempts in a row failed since it was last made due.';
comment on column heymilo_sync.jobs.marks is 'How many times the owner marked the job, after an unclean takeover, before working on it. Marks that were settled since do not count. While the owner works on a job with an earlier mark, it works on no other job. At 3 marks the job is set aside and keeps one mark.';
comment on column heymilo_sync.jobs.last_error is 'What went wrong last: never personal data. NULL when nothing went wrong.';
comment on column heymilo_sync.jobs.failed_at is 'When the job was set aside. The row stays for a person to look at. A delivery or a changed list row makes the job due again. NULL unless the job was set aside.';
comment on column heymilo_sync.jobs.missed_at is 'When HeyMilo last said that there is no such interview, although a delivery named it. Equal to failed_at: it is not asked for again for 15 minutes, unless a list shows it. NULL when HeyMilo never said so.';
comment on column heymilo_sync.jobs.missing_since is 'When HeyMilo first answered that a known interview does not exist. It is believed when it still says so an hour later, or when the list does not show the interview either. NULL while it exists.';
comment on column heymilo_sync.jobs.loss_since is 'When an answer first took away all results of earlier answers. It is believed when another answer says so ten minutes later. NULL otherwise.';
comment on column heymilo_sync.jobs.traceparent is 'The span of the delivery that last made it due, as in the W3C header of that name. NULL when it was not a delivery, or spans are not sent anywhere.';
comment on column heymilo_sync.jobs.state is 'open: it is due, or will be at due_at. failed: it was set aside after an error. unknown: only a delivery named it, and HeyMilo does not know it.';

CREATE INDEX jobs_due_idx ON heymilo_sync.jobs USING btree (workspace_id, urgency, due_at) WHERE (failed_at IS NULL);
comment on index heymilo_sync.jobs_due_idx is 'The next jobs of each urgency, the oldest first. Postgres reads no job that waits for a later time or was set aside.';

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

comment on table heymilo_sync.snapshots is 'HeyMilo''s answers exactly as received (redacted_at tells of exceptions), one row per distinct answer. Two answers that differ only in the signatures of links are not distinct. An answer after the interview or posting was gone is distinct. A replay writes every table of schema heymilo again from these answers. Where retention.versions removes older answers, a replay writes the history only from the oldest kept answer on.';
comment on column heymilo_sync.snapshots.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo_sync.snapshots.kind is 'Kind of answer: interview (the results), candidate (an interview''s row in the candidates list), posting, questions (a posting''s whole list, its pages joined) or `unusable`. The last one is an item of a list that does not say what it is about.';
comment on column heymilo_sync.snapshots.subject_id is 'The interview or posting the answer is about. Of an item that names neither: its fingerprint.';
comment on column heymilo_sync.snapshots.version is '1 for the first distinct answer about the subject, then 2, and so on.';
comment on column heymilo_sync.snapshots.number is 'Number of the answer, in the order in which answers were written. Replay follows it.';
comment on column heymilo_sync.snapshots.posting_id is 'The posting the subject belongs to, as far as the answer tells. NULL when it does not.';
comment on column heymilo_sync.snapshots.fingerprint is 'SHA-256 of the answer''s content: equal means nothing changed.';
comment on column heymilo_sync.snapshots.results_fingerprint is 'For a candidate''s row: SHA-256 of the part that the results tell as well. Where it is equal, no new results need to be fetched. NULL for other answers.';
comment on column heymilo_sync.snapshots.body is 'The answer, byte for byte unless redacted_at is set, compressed with zstd. Personal data.';
comment on column heymilo_sync.snapshots.body_bytes is 'Length of the answer before compression.';
comment on column heymilo_sync.snapshots.fetched_at is 'When the answer was first received. For a row of the candidates list: when its page was asked for.';
comment on column heymilo_sync.snapshots.seen_at is 'When the answer was last received (for lists: as of fetched_at).';
comment on column heymilo_sync.snapshots.redacted_at is 'When the answer was redacted, because its conversations were older than retention.transcripts. fingerprint is still that of the whole answer. Later answers about the interview are kept without conversations too. NULL for an answer exactly as received.';
comment on column heymilo_sync.snapshots.is_applied is 'Whether the tables follow the answer, and a replay too. False for an answer that replaces nothing: an item that does not say what it is about, or an answer that is not an interview. Also false for an answer that takes away all results or questions, unless a second answer ten minutes later confirmed this. True where the database refused the rows.';
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
comment on column heymilo_sync.notices.subject_id is 'The interview or posting the answer is about. Of an item that names neither: its fingerprint, as in snapshots. Of deliveries: inbox.';
comment on column heymilo_sync.notices.path is 'Where in the answer, such as web_interview.scorecard[].score.';
comment on column heymilo_sync.notices.problem is 'wrong_type, unknown_field, missing_field, converted, other_id, replaced_character, milliseconds or one of the following. out_of_range: a number beyond any float, or a whole one beyond 64 bits, kept as text. too_deep: lists in lists without end, NULL. repeated_field: the last is taken. no_id: an item that names nothing, in no table. poison: an item of a page that ended the process each time it was read, in no table. refused: the database took none of its rows. undecoded: a webhook delivery, or a part of it, that could not be unpacked and was left out.';
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
    scanned_at timestamp with time zone,
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
    marks integer not null default 0,
    constraint cursors_pkey PRIMARY KEY (workspace_id, list, posting_id)
);

comment on table heymilo_sync.cursors is 'How far the poll has read: one row per list that the poll reads.';
comment on column heymilo_sync.cursors.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo_sync.cursors.list is 'postings, questions or candidates.';
comment on column heymilo_sync.cursors.posting_id is 'The posting whose list it is. Empty for the list of postings.';
comment on column heymilo_sync.cursors.due_at is 'From when the list is to be read again.';
comment on column heymilo_sync.cursors.asked_at is 'When the reading began that came to the list''s end at polled_at.';
comment on column heymilo_sync.cursors.polled_at is 'When it was last read. NULL until it was read.';
comment on column heymilo_sync.cursors.scanned_at is 'When the last completed full scan of the list began. NULL before the first full scan.';
comment on column heymilo_sync.cursors.page_after is 'Candidates: the last interview of the page that was read last, while the list is being read. The reading goes on after this interview. NULL when the list was read to its end.';
comment on column heymilo_sync.cursors.run_since is 'Candidates: from which invitation on the list is being read. NULL when from its very beginning, and when it is not being read.';
comment on column heymilo_sync.cursors.run_began_at is 'Candidates: when the reading began that page_after belongs to. NULL when no reading is interrupted.';
comment on column heymilo_sync.cursors.pages is 'Candidates: how many pages the list had when it was last read to its end. NULL until the list was read to its end.';
comment on column heymilo_sync.cursors.stats is 'Candidates: HeyMilo''s counts of the posting from before the list was last read. While they stay the same, a long list without unfinished interviews is not read again. NULL until they were read.';
comment on column heymilo_sync.cursors.confirmed_at is 'Candidates: when HeyMilo last said that the posting exists although its list of postings leaves it out. NULL while the list of postings shows it.';
comment on column heymilo_sync.cursors.stats_at is 'Candidates: when HeyMilo gave the counts in stats. NULL until it has.';
comment on column heymilo_sync.cursors.stats_until is 'Candidates: when the reading of the list ended that followed the counts in stats. NULL until HeyMilo has given counts.';
comment on column heymilo_sync.cursors.differs_since is 'Candidates: since when HeyMilo''s counts and the tables differ, as noted whenever the list was read. The next reading asks for the counts again. NULL while they agree.';
comment on column heymilo_sync.cursors.hastened_at is 'From when the list may be read sooner than due_at, because of a delivery that names no interview. NULL when there is none.';
comment on column heymilo_sync.cursors.failed_at is 'When the list could not be read. NULL once it was read to its end.';
comment on column heymilo_sync.cursors.looks is 'Candidates: how many recent looks the list had. Every second look goes back two days, every fourth look four days, and so on.';
comment on column heymilo_sync.cursors.marks is 'How many times reading the list was marked, after an unclean takeover, and did not come to an end. At 3 the list waits for its next full scan.';

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

comment on table heymilo_sync.owners is 'The process that works for a workspace: it alone makes requests with the workspace''s key and writes fetched rows. The row changes only at a takeover. Each writing transaction holds a share lock on the row.';
comment on column heymilo_sync.owners.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo_sync.owners.epoch is 'Rises with each takeover. Only the process with the newest epoch can write.';
comment on column heymilo_sync.owners.owner is 'Name of the process, made up anew at each start.';
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
    stated_limit integer,
    requests_per_minute integer not null,
    paused_until timestamp with time zone,
    in_flight integer not null,
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
comment on column heymilo_sync.heartbeats.used is 'The requests of the last minute by urgency. others counts the requests that another user of the key made.';
comment on column heymilo_sync.heartbeats.stated_limit is 'The rate limit, in requests a minute, that HeyMilo''s answers gave last. This limit counts where the settings allow more. NULL until an answer gives one.';
comment on column heymilo_sync.heartbeats.requests_per_minute is 'The requests a minute that the owner makes at most: what its settings allow, or stated_limit, if that is lower.';
comment on column heymilo_sync.heartbeats.paused_until is 'Until when no request leaves, because HeyMilo said so. NULL when there is no pause.';
comment on column heymilo_sync.heartbeats.in_flight is 'How many interviews were being fetched or written.';
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
comment on column heymilo_sync.connections.succeeded_at is 'When the API last answered as it should. NULL before the first answer.';
comment on column heymilo_sync.connections.refused_at is 'Since when the API key is refused. NULL while it is accepted.';
comment on column heymilo_sync.connections.refused_because is 'What HeyMilo said when it refused the key, and which variable holds the key. NULL while it is accepted.';
comment on column heymilo_sync.connections.down_at is 'Since when the API does not answer at all: it is asked once every 10 s until it does. NULL while it answers.';
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
        (
                 SELECT workspaces.workspace_id
                   FROM heymilo.workspaces
                UNION
                 SELECT cursors.workspace_id
                   FROM heymilo_sync.cursors
                UNION
                 SELECT connections.workspace_id
                   FROM heymilo_sync.connections
        ) EXCEPT
         SELECT first_copies.workspace_id
           FROM heymilo_sync.first_copies
        )
 SELECT unfinished.workspace_id,
    lists.lists_left,
    jobs.interviews_left
   FROM unfinished
     CROSS JOIN LATERAL ( SELECT count(*) FILTER (WHERE cursors.scanned_at IS NULL AND cursors.failed_at IS NULL) AS lists_left,
            COALESCE(bool_or(cursors.scanned_at IS NOT NULL) FILTER (WHERE cursors.list = 'postings'::text), false) AS has_postings
           FROM heymilo_sync.cursors
          WHERE cursors.workspace_id = unfinished.workspace_id AND (cursors.list = ANY (ARRAY['postings'::text, 'candidates'::text]))) lists
     CROSS JOIN LATERAL ( SELECT count(*) AS interviews_left
           FROM heymilo_sync.jobs jobs_1
          WHERE jobs_1.workspace_id = unfinished.workspace_id AND jobs_1.urgency = 'first_copy'::heymilo_sync.urgency AND jobs_1.failed_at IS NULL AND jobs_1.attempt = 0) jobs
  WHERE lists.lists_left > 0 OR jobs.interviews_left > 0 OR NOT lists.has_postings;

comment on view heymilo_sync.copying is 'Workspaces whose first copy is under way, one row each. A list that cannot be read and an interview that failed do not hold it up.';
comment on column heymilo_sync.copying.workspace_id is 'The workspace.';
comment on column heymilo_sync.copying.lists_left is 'Lists of postings and candidates that were not read to their end yet.';
comment on column heymilo_sync.copying.interviews_left is 'Interviews that are known and wait to be fetched for the first time.';

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
comment on column heymilo_sync.without_results.is_due is 'Whether its results wait to be fetched. False: nothing asks for them, or the fetch was set aside.';

CREATE OR REPLACE FUNCTION heymilo_bi.rate(part bigint, whole bigint)
 RETURNS double precision
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN ((part)::double precision / (NULLIF(whole, 0))::double precision);

comment on function heymilo_bi.rate(bigint,bigint) is 'A part of a whole, 0.0 to 1.0. NULL when the whole is 0.';

CREATE OR REPLACE FUNCTION heymilo_bi.rate(part numeric, whole numeric)
 RETURNS double precision
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN ((part / NULLIF(whole, (0)::numeric)))::double precision;

comment on function heymilo_bi.rate(numeric,numeric) is 'The same for sums, which Postgres gives as numeric: rate(sum(completed_count), sum(invited_count)).';

CREATE OR REPLACE FUNCTION heymilo_bi.is_small(size bigint)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN (size < 30);

comment on function heymilo_bi.is_small(bigint) is 'Whether a group has fewer than 30 members: its rates, means and correlations may be chance.';

CREATE OR REPLACE FUNCTION heymilo_bi.is_small(size numeric)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN (size < (30)::numeric);

comment on function heymilo_bi.is_small(numeric) is 'The same for sums, which Postgres gives as numeric.';

CREATE OR REPLACE FUNCTION heymilo_bi.week_of(moment timestamp with time zone, zone text)
 RETURNS date
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN (date_trunc('week'::text, (moment AT TIME ZONE zone)))::date;

comment on function heymilo_bi.week_of(timestamp with time zone,text) is 'The Monday of the week in which a moment lies, in a time zone such as UTC or America/Los_Angeles.';

CREATE OR REPLACE FUNCTION heymilo_bi.hours_between(earlier timestamp with time zone, later timestamp with time zone)
 RETURNS double precision
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN (later >= earlier) THEN ((EXTRACT(epoch FROM (later - earlier)))::double precision / (3600)::double precision) ELSE NULL::double precision END;

comment on function heymilo_bi.hours_between(timestamp with time zone,timestamp with time zone) is 'Hours from one time to another. NULL when the second is before the first.';

CREATE OR REPLACE FUNCTION heymilo_sync.short_name(value jsonb)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN ((jsonb_typeof(value) = 'string'::text) AND ((char_length(btrim((value #>> '{}'::text[]))) >= 1) AND (char_length(btrim((value #>> '{}'::text[]))) <= 60)) AND ((value #>> '{}'::text[]) !~* '@|://|\.[a-z]{2,}/|[[:cntrl:]]|([0-9][^0-9]*){7}'::text)) THEN btrim((value #>> '{}'::text[])) ELSE NULL::text END;

comment on function heymilo_sync.short_name(jsonb) is 'The text of a JSON string when dashboards may show it: at most 60 characters, without an address, a link or seven digits. NULL for everything else.';

CREATE OR REPLACE FUNCTION heymilo_sync.at_path(data jsonb, metadata jsonb, path text[])
 RETURNS jsonb
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN (CASE (path)[1] WHEN 'data'::text THEN data WHEN 'metadata'::text THEN metadata ELSE NULL::jsonb END #> (path)[2:]);

comment on function heymilo_sync.at_path(jsonb,jsonb,text[]) is 'What an interview''s data or metadata hold at a path such as data.department. NULL when there is nothing.';

CREATE OR REPLACE FUNCTION heymilo_sync.person_key(salt bytea, workspace text, candidate text)
 RETURNS uuid
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN (encode(SUBSTRING(sha256(((salt || sha256(convert_to(workspace, 'UTF8'::name))) || convert_to(('person '::text || candidate), 'UTF8'::name))) FROM 1 FOR 16), 'hex'::text))::uuid;

comment on function heymilo_sync.person_key(bytea,text,text) is 'The key by which dashboards count a person. Without the salt it does not lead back to the candidate id.';

create table heymilo_sync.reporting (
    only_row boolean not null default true,
    time_zone text not null,
    constraint reporting_pkey PRIMARY KEY (only_row),
    constraint reporting_only_row_check CHECK (only_row)
);

comment on table heymilo_sync.reporting is 'How dashboards count. The daemon writes this at each start from the settings ([reporting]).';
comment on column heymilo_sync.reporting.only_row is 'Always true: the table has one row.';
comment on column heymilo_sync.reporting.time_zone is 'Time zone in which weeks begin, such as UTC or America/Los_Angeles.';

create table heymilo_sync.dimensions (
    workspace_id text not null,
    dimension text not null,
    path text not null,
    constraint dimensions_pkey PRIMARY KEY (workspace_id, dimension)
);

comment on table heymilo_sync.dimensions is 'Where an interview or its posting tells its department, location and requisition. The daemon writes this at each start from the settings ([dimensions]).';
comment on column heymilo_sync.dimensions.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo_sync.dimensions.dimension is 'department, location or requisition.';
comment on column heymilo_sync.dimensions.path is 'Where the value is: data.… or metadata.… of the interview, posting.metadata.… or posting.ats_metadata.… of its posting.';

create table heymilo.interview_outcomes (
    workspace_id text not null,
    interview_id text not null,
    posting_id text,
    person_key uuid,
    source text,
    department text,
    location text,
    requisition text,
    status text,
    is_started boolean not null,
    is_completed boolean not null,
    is_knocked_out boolean not null,
    decision text,
    was_decided_before_sync boolean not null,
    invited_at timestamp with time zone,
    interviewed_at timestamp with time zone,
    completed_at timestamp with time zone,
    completed_at_source text,
    decided_at timestamp with time zone,
    last_activity_at timestamp with time zone,
    interview_minutes double precision,
    score double precision,
    score_at_decision double precision,
    match_score double precision,
    speech_score double precision,
    resume_score double precision,
    is_resume_eligible boolean,
    is_sms_eligible boolean,
    form_status text,
    is_integrity_enabled boolean,
    integrity_ranking bigint,
    current_step_key text,
    current_step_order bigint,
    constraint interview_outcomes_pkey PRIMARY KEY (interview_id, workspace_id)
);

comment on table heymilo.interview_outcomes is 'What became of each interview, one row per interview: computed from its other rows when it is written. Interviews that are deleted in HeyMilo have no row. heymilo_bi.interview_facts adds the posting and leaves out test postings.';
comment on column heymilo.interview_outcomes.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo.interview_outcomes.interview_id is 'HeyMilo''s id of the interview.';
comment on column heymilo.interview_outcomes.posting_id is 'The posting the candidate was invited to. NULL when HeyMilo gives none.';
comment on column heymilo.interview_outcomes.person_key is 'Key of the person, made of the candidate id with a secret salt: counts people without naming them. NULL when HeyMilo gives no candidate id.';
comment on column heymilo.interview_outcomes.source is 'Where the candidate came from: the key "source" of the interview''s metadata, or else of its data. NULL when neither has one, and when the value is no short name. A short name is a text of at most 60 characters without seven digits, an address or a link.';
comment on column heymilo.interview_outcomes.department is 'Department in the interview''s own data, from the path that [dimensions] of the settings names. NULL when the path is not set or leads to the posting, and when the value is no short name.';
comment on column heymilo.interview_outcomes.location is 'Location in the interview''s own data, from the path that [dimensions] of the settings names. NULL as for department.';
comment on column heymilo.interview_outcomes.requisition is 'Requisition in the interview''s own data, from the path that [dimensions] of the settings names. NULL as for department.';
comment on column heymilo.interview_outcomes.status is 'Status of the interview in HeyMilo: pending, in_progress, evaluating, completed, shortlisted, dismissed, knocked_out or not_ready. Other words are possible when HeyMilo adds them. NULL when HeyMilo gives none.';
comment on column heymilo.interview_outcomes.is_started is 'Whether the candidate has begun any step.';
comment on column heymilo.interview_outcomes.is_completed is 'Whether the candidate finished every step and no step ended the application. Stays true after a decision. Where a decided interview tells nothing of its workflow: whether it has an interviewed_at, or was seen completed before.';
comment on column heymilo.interview_outcomes.is_knocked_out is 'Whether a step ended the application. Stays true after a decision.';
comment on column heymilo.interview_outcomes.decision is 'Decision of a recruiter: shortlisted or dismissed. NULL while there is none.';
comment on column heymilo.interview_outcomes.was_decided_before_sync is 'Whether the decision was made before the interview was first read, so that its time is unknown. False without a decision.';
comment on column heymilo.interview_outcomes.invited_at is 'Time of the invitation. NULL until the candidates list has been read.';
comment on column heymilo.interview_outcomes.interviewed_at is 'Time at which the candidate came to the end of the interview. NULL until then.';
comment on column heymilo.interview_outcomes.completed_at is 'Time of completion: observed, or else interviewed_at, or else the last activity. NULL unless the interview is completed, and when HeyMilo tells none of these.';
comment on column heymilo.interview_outcomes.completed_at_source is 'Where completed_at comes from: observed, interviewed_at or last_activity_at. NULL when completed_at is NULL.';
comment on column heymilo.interview_outcomes.decided_at is 'Time at which the decision was first observed. HeyMilo gives no time of its own. NULL without a decision, and when it was made before the first sync.';
comment on column heymilo.interview_outcomes.last_activity_at is 'Time of the last activity of the candidate in the workflow. NULL while there is none.';
comment on column heymilo.interview_outcomes.interview_minutes is 'Length of the web interview in minutes: offset of its last turn. Kept when retention removes the transcript. NULL without a transcript with offsets.';
comment on column heymilo.interview_outcomes.score is 'Overall score, 0 to 100. NULL until HeyMilo has computed it.';
comment on column heymilo.interview_outcomes.score_at_decision is 'Overall score at the time of the decision. HeyMilo may have computed the score anew since. NULL without a decision or a score.';
comment on column heymilo.interview_outcomes.match_score is 'Web interview: match with the posting, 0 to 100. NULL without a web interview.';
comment on column heymilo.interview_outcomes.speech_score is 'Web interview: quality of speech, 0.0 to 5.0. NULL when not judged.';
comment on column heymilo.interview_outcomes.resume_score is 'Resume: overall score, 0.0 to 100.0. NULL when not scored.';
comment on column heymilo.interview_outcomes.is_resume_eligible is 'Resume: whether the eligibility criteria are met. NULL when none were checked.';
comment on column heymilo.interview_outcomes.is_sms_eligible is 'SMS: whether the conversation found the candidate eligible. NULL without a result.';
comment on column heymilo.interview_outcomes.form_status is 'Form: passed, failed or pending. NULL without a form.';
comment on column heymilo.interview_outcomes.is_integrity_enabled is 'Integrity: whether detection was switched on. NULL without a report.';
comment on column heymilo.interview_outcomes.integrity_ranking is 'Integrity: overall judgement from 1 (no sign) to 5 (strong signs). NULL when not judged.';
comment on column heymilo.interview_outcomes.current_step_key is 'The first step that is not completed: its id, or its place where HeyMilo gives no id. NULL when all steps are completed, and when HeyMilo gives none.';
comment on column heymilo.interview_outcomes.current_step_order is 'Place of that step in the workflow, from 1, as the interview tells it. NULL as for current_step_key.';

CREATE INDEX interview_outcomes_posting_idx ON heymilo.interview_outcomes USING btree (workspace_id, posting_id, invited_at);
comment on index heymilo.interview_outcomes_posting_idx is 'The interviews of a posting, for its figures.';

CREATE INDEX interview_outcomes_waiting_idx ON heymilo.interview_outcomes USING btree (workspace_id, posting_id) WHERE (is_completed AND (decision IS NULL) AND (score IS NOT NULL));
comment on index heymilo.interview_outcomes_waiting_idx is 'The few interviews that wait for a decision, without reading the others.';

create table heymilo.step_outcomes (
    workspace_id text not null,
    interview_id text not null,
    step_key text not null,
    posting_id text,
    invited_at timestamp with time zone,
    step_id text,
    step_order bigint,
    is_entered boolean not null,
    is_completed boolean not null,
    is_knocked_out boolean not null,
    started_at timestamp with time zone,
    finished_at timestamp with time zone,
    minutes_in_step double precision,
    hours_since_previous double precision,
    hours_since_invitation double precision,
    constraint step_outcomes_pkey PRIMARY KEY (interview_id, workspace_id, step_key)
);

comment on table heymilo.step_outcomes is 'What became of each step of each interview, one row per step: computed from workflow_steps and workflow_step_changes when the interview is written. A step that moved to another place in the workflow, or that an answer lists twice, is one row.';
comment on column heymilo.step_outcomes.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo.step_outcomes.interview_id is 'HeyMilo''s id of the interview.';
comment on column heymilo.step_outcomes.step_key is 'The step within its posting: its id, or its place where HeyMilo gives no id.';
comment on column heymilo.step_outcomes.posting_id is 'The posting the candidate was invited to. NULL when HeyMilo gives none.';
comment on column heymilo.step_outcomes.invited_at is 'Time of the invitation. NULL until the candidates list has been read.';
comment on column heymilo.step_outcomes.step_id is 'HeyMilo''s id of the step. NULL when HeyMilo gives none.';
comment on column heymilo.step_outcomes.step_order is 'Place of the step in the workflow, from 1, as the interview tells it. NULL when HeyMilo gives none.';
comment on column heymilo.step_outcomes.is_entered is 'Whether the candidate has begun the step.';
comment on column heymilo.step_outcomes.is_completed is 'Whether the candidate finished the step and may go on.';
comment on column heymilo.step_outcomes.is_knocked_out is 'Whether the step ended the application.';
comment on column heymilo.step_outcomes.started_at is 'Time at which the step began. NULL when it was not observed and HeyMilo gives no time.';
comment on column heymilo.step_outcomes.finished_at is 'Time at which the step was completed or ended the application. NULL when it was not observed and HeyMilo gives no time.';
comment on column heymilo.step_outcomes.minutes_in_step is 'Minutes from started_at to finished_at. NULL until there are both times, and when the second is before the first.';
comment on column heymilo.step_outcomes.hours_since_previous is 'Hours from the end of the step before, or from the invitation for the first step, to finished_at. NULL when either time is unknown, and when the second is before the first.';
comment on column heymilo.step_outcomes.hours_since_invitation is 'Hours from the invitation to finished_at. NULL when either time is unknown, and when the second is before the first.';

CREATE OR REPLACE FUNCTION heymilo_sync.write_interview_outcomes(workspace text, interviews text[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
$function$;

comment on function heymilo_sync.write_interview_outcomes(text,text[]) is 'Computes interview_outcomes of interviews from their other rows, step_outcomes among them.';

CREATE OR REPLACE FUNCTION heymilo_sync.dimension_path(workspace text, name text)
 RETURNS text[]
 LANGUAGE sql
 STABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    select string_to_array(path, '.')
    from heymilo_sync.dimensions
    where workspace_id = workspace
      and dimension = name
      and path not like 'posting.%'
$function$;

comment on function heymilo_sync.dimension_path(text,text) is 'Where interviews tell a dimension, as a path of keys. NULL when it is not mapped, or mapped to postings.';

CREATE OR REPLACE FUNCTION heymilo_sync.map_dimensions(workspace text)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
$function$;

comment on function heymilo_sync.map_dimensions(text) is 'Applies a change of heymilo_sync.dimensions to the interviews of a workspace.';

CREATE OR REPLACE FUNCTION heymilo_sync.write_step_outcomes(workspace text, interviews text[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
$function$;

comment on function heymilo_sync.write_step_outcomes(text,text[]) is 'Computes step_outcomes of interviews from their steps and the changes of these.';

create table heymilo_sync.figures_due (
    due_id bigint not null generated always as identity,
    workspace_id text not null,
    posting_id text,
    due_since timestamp with time zone not null default now(),
    constraint figures_due_pkey PRIMARY KEY (due_id)
);

comment on table heymilo_sync.figures_due is 'Postings whose interviews changed since their figures were computed: one row per posting and transaction. The worker for figures deletes the rows that it saw and computes the figures of the posting.';
comment on column heymilo_sync.figures_due.due_id is 'Number of the row.';
comment on column heymilo_sync.figures_due.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo_sync.figures_due.posting_id is 'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_sync.figures_due.due_since is 'Time of the change.';

CREATE OR REPLACE FUNCTION heymilo_sync.write_outcomes(workspace text, interviews text[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET jit TO 'off'
AS $function$
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
$function$;

comment on function heymilo_sync.write_outcomes(text,text[]) is 'Brings the outcomes of interviews up to date with their other rows: called in the transaction that writes these.';

CREATE OR REPLACE FUNCTION heymilo_sync.make_figures_due(workspace text, interviews text[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
    insert into heymilo_sync.figures_due (workspace_id, posting_id)
    select distinct workspace_id, posting_id
    from heymilo.interview_outcomes
    where interview_id = any (interviews)
      and workspace_id || '' = workspace;
end
$function$;

comment on function heymilo_sync.make_figures_due(text,text[]) is 'Makes the figures of the postings of interviews due.';

create view heymilo_sync.known_postings as
 SELECT postings.workspace_id,
    postings.posting_id,
    postings.title AS posting_title,
        CASE
            WHEN count(*) OVER (PARTITION BY postings.workspace_id, postings.title) > 1 THEN ((COALESCE(postings.title, 'untitled'::text) || ' ('::text) || postings.posting_id) || ')'::text
            ELSE COALESCE(postings.title, 'untitled'::text)
        END AS posting_label,
    postings.deleted_at IS NOT NULL OR postings.test_posting IS TRUE AS is_hidden,
    heymilo_sync.short_name(( SELECT jsonb_build_object('metadata', postings.metadata, 'ats_metadata', postings.ats_metadata) #> (string_to_array(dimensions.path, '.'::text))[2:]
           FROM heymilo_sync.dimensions
          WHERE dimensions.workspace_id = postings.workspace_id AND dimensions.dimension = 'department'::text AND dimensions.path ~~ 'posting.%'::text)) AS department,
    heymilo_sync.short_name(( SELECT jsonb_build_object('metadata', postings.metadata, 'ats_metadata', postings.ats_metadata) #> (string_to_array(dimensions.path, '.'::text))[2:]
           FROM heymilo_sync.dimensions
          WHERE dimensions.workspace_id = postings.workspace_id AND dimensions.dimension = 'location'::text AND dimensions.path ~~ 'posting.%'::text)) AS location,
    heymilo_sync.short_name(( SELECT jsonb_build_object('metadata', postings.metadata, 'ats_metadata', postings.ats_metadata) #> (string_to_array(dimensions.path, '.'::text))[2:]
           FROM heymilo_sync.dimensions
          WHERE dimensions.workspace_id = postings.workspace_id AND dimensions.dimension = 'requisition'::text AND dimensions.path ~~ 'posting.%'::text)) AS requisition
   FROM heymilo.postings;

comment on view heymilo_sync.known_postings is 'Postings as dashboards name them, hidden ones included.';
comment on column heymilo_sync.known_postings.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo_sync.known_postings.posting_id is 'HeyMilo''s id of the posting.';
comment on column heymilo_sync.known_postings.posting_title is 'Title of the posting. NULL when HeyMilo gives none.';
comment on column heymilo_sync.known_postings.posting_label is 'Title of the posting, with its id where another posting of the workspace has the same title.';
comment on column heymilo_sync.known_postings.is_hidden is 'Whether no view counts its interviews: a test posting, or one that is deleted in HeyMilo.';
comment on column heymilo_sync.known_postings.department is 'Department of the posting, from the path in heymilo_sync.dimensions. NULL when the path is not set, leads to the interview, or to no short name.';
comment on column heymilo_sync.known_postings.location is 'Location of the posting. NULL as for department.';
comment on column heymilo_sync.known_postings.requisition is 'Requisition of the posting. NULL as for department.';

create view heymilo_sync.known_steps as
 SELECT DISTINCT ON (posting_steps.workspace_id, posting_steps.posting_id, (COALESCE(posting_steps.step_id, 'step '::text || posting_steps."position"))) posting_steps.workspace_id,
    posting_steps.posting_id,
    COALESCE(posting_steps.step_id, 'step '::text || posting_steps."position") AS step_key,
    posting_steps.step_type,
    COALESCE(posting_steps.step_order, posting_steps."position"::bigint) AS step_order,
    (posting_steps.config -> 'knockout_enabled'::text) IS DISTINCT FROM 'false'::jsonb AS is_knockout_enabled
   FROM heymilo.posting_steps
  ORDER BY posting_steps.workspace_id, posting_steps.posting_id, (COALESCE(posting_steps.step_id, 'step '::text || posting_steps."position")), posting_steps."position";

comment on view heymilo_sync.known_steps is 'Steps of postings by the key that step_outcomes has: of two with one id the first.';
comment on column heymilo_sync.known_steps.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo_sync.known_steps.posting_id is 'The posting.';
comment on column heymilo_sync.known_steps.step_key is 'The step within its posting: its id, or its place where HeyMilo gives no id.';
comment on column heymilo_sync.known_steps.step_type is 'Kind of agent. NULL when HeyMilo gives none.';
comment on column heymilo_sync.known_steps.step_order is 'Place of the step in the workflow, from 1.';
comment on column heymilo_sync.known_steps.is_knockout_enabled is 'Whether failing a criterion of the step may end the application: false only when knockout_enabled of its config is false.';

create view heymilo_sync.known_questions as
 SELECT DISTINCT ON (questions.workspace_id, questions.posting_id, questions.question_id) questions.workspace_id,
    questions.posting_id,
    questions.question_id,
    questions.question_text
   FROM heymilo.questions
  WHERE questions.question_id IS NOT NULL
  ORDER BY questions.workspace_id, questions.posting_id, questions.question_id, questions."position";

comment on view heymilo_sync.known_questions is 'Questions of postings by their id: of two with one id the first.';
comment on column heymilo_sync.known_questions.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo_sync.known_questions.posting_id is 'The posting.';
comment on column heymilo_sync.known_questions.question_id is 'HeyMilo''s id of the question.';
comment on column heymilo_sync.known_questions.question_text is 'Text of the question. NULL when HeyMilo gives none.';

create view heymilo_sync.signals as
 SELECT reports.workspace_id,
    reports.interview_id,
    signals.signal,
    signals.is_detected
   FROM heymilo.integrity_reports reports
     CROSS JOIN LATERAL ( VALUES ('overall'::text,reports.overall_ranking >= 4), ('cheating'::text,reports.cheating_detected), ('llm_generated'::text,reports.llm_generated_detected), ('unusual_delay'::text,reports.delay_detected), ('tab_switch'::text,
                CASE jsonb_typeof(reports.tab_switch_detection -> 'total_count'::text)
                    WHEN 'number'::text THEN (reports.tab_switch_detection -> 'total_count'::text) > '0'::jsonb
                    ELSE NULL::boolean
                END), ('movement'::text,
                CASE
                    WHEN (EXISTS ( SELECT
                       FROM heymilo.integrity_findings
                      WHERE integrity_findings.interview_id = reports.interview_id AND integrity_findings.workspace_id = reports.workspace_id AND integrity_findings.detector = 'movement'::text)) THEN true
                    WHEN reports.interview_integrity_status = 'completed'::text THEN false
                    ELSE NULL::boolean
                END)) signals(signal, is_detected)
  WHERE reports.enabled;

comment on view heymilo_sync.signals is 'Signals of cheating: one row per interview and signal, only where detection was switched on.';
comment on column heymilo_sync.signals.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo_sync.signals.interview_id is 'HeyMilo''s id of the interview.';
comment on column heymilo_sync.signals.signal is 'overall (a ranking of 4 or 5), cheating, llm_generated, unusual_delay, tab_switch or movement (any movement seen in the recording). Honest people move as well.';
comment on column heymilo_sync.signals.is_detected is 'Whether the signal was detected. NULL when the detector has not judged: without a web interview, or with the detector off.';

create view heymilo_bi.interview_facts as
 SELECT outcomes.workspace_id,
    outcomes.interview_id,
    (outcomes.workspace_id || '/'::text) || outcomes.interview_id AS interview_key,
    outcomes.posting_id,
    postings.posting_title,
    postings.posting_label,
    outcomes.person_key,
    outcomes.source,
    COALESCE(outcomes.department, postings.department) AS department,
    COALESCE(outcomes.location, postings.location) AS location,
    COALESCE(outcomes.requisition, postings.requisition) AS requisition,
    outcomes.status,
        CASE
            WHEN outcomes.is_knocked_out THEN 'knocked_out'::text
            WHEN outcomes.is_completed THEN 'completed'::text
            WHEN outcomes.is_started THEN 'unfinished'::text
            ELSE 'never_started'::text
        END AS outcome,
    outcomes.is_started,
    outcomes.is_completed,
    outcomes.is_knocked_out,
    outcomes.decision,
    outcomes.was_decided_before_sync,
    outcomes.invited_at,
    heymilo_bi.week_of(outcomes.invited_at, reporting.time_zone) AS invited_week,
    outcomes.interviewed_at,
    outcomes.completed_at,
    outcomes.completed_at_source,
    outcomes.decided_at,
    outcomes.last_activity_at,
    heymilo_bi.hours_between(outcomes.invited_at, outcomes.interviewed_at) AS hours_to_interview,
    heymilo_bi.hours_between(outcomes.completed_at, outcomes.decided_at) AS hours_to_decision,
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
   FROM heymilo.interview_outcomes outcomes
     CROSS JOIN heymilo_sync.reporting
     LEFT JOIN heymilo_sync.known_postings postings ON postings.workspace_id = outcomes.workspace_id AND postings.posting_id = outcomes.posting_id
  WHERE postings.is_hidden IS NOT TRUE;

comment on view heymilo_bi.interview_facts is 'One row per interview, without names: what most charts need. Test postings, and interviews or postings that are deleted in HeyMilo, are left out here and in every other view. Interviews whose posting was not read yet are counted.';
comment on column heymilo_bi.interview_facts.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo_bi.interview_facts.interview_id is 'HeyMilo''s id of the interview.';
comment on column heymilo_bi.interview_facts.interview_key is 'Key of the interview in all workspaces: joins the facts, and is unique in interview_facts.';
comment on column heymilo_bi.interview_facts.posting_id is 'The posting the candidate was invited to. NULL when HeyMilo gives none.';
comment on column heymilo_bi.interview_facts.posting_title is 'Title of the posting. Titles can repeat: posting_label is unique. NULL until the posting was read.';
comment on column heymilo_bi.interview_facts.posting_label is 'Title of the posting, with its id where another posting of the workspace has the same title. NULL until the posting was read.';
comment on column heymilo_bi.interview_facts.person_key is 'Key of the person, made of the candidate id with a secret salt: counts people without naming them. NULL when HeyMilo gives no candidate id.';
comment on column heymilo_bi.interview_facts.source is 'Where the candidate came from: the key "source" of the interview''s metadata, or else of its data. NULL when neither has one, and when the value is no short name. A short name is a text of at most 60 characters without seven digits, an address or a link.';
comment on column heymilo_bi.interview_facts.department is 'Department, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.interview_facts.location is 'Location, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.interview_facts.requisition is 'Requisition, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.interview_facts.status is 'Status of the interview in HeyMilo: pending, in_progress, evaluating, completed, shortlisted, dismissed, knocked_out or not_ready. Other words are possible when HeyMilo adds them. NULL when HeyMilo gives none.';
comment on column heymilo_bi.interview_facts.outcome is 'completed, knocked_out, unfinished or never_started: each interview has exactly one, so the four add up to all invitations.';
comment on column heymilo_bi.interview_facts.is_started is 'Whether the candidate has begun any step.';
comment on column heymilo_bi.interview_facts.is_completed is 'Whether the candidate finished every step and no step ended the application. Stays true after a decision. Where a decided interview tells nothing of its workflow: whether it has an interviewed_at, or was seen completed before.';
comment on column heymilo_bi.interview_facts.is_knocked_out is 'Whether a step ended the application. Stays true after a decision.';
comment on column heymilo_bi.interview_facts.decision is 'Decision of a recruiter: shortlisted or dismissed. NULL while there is none.';
comment on column heymilo_bi.interview_facts.was_decided_before_sync is 'Whether the decision was made before the interview was first read, so that its time is unknown. False without a decision.';
comment on column heymilo_bi.interview_facts.invited_at is 'Time of the invitation. NULL until the candidates list has been read.';
comment on column heymilo_bi.interview_facts.invited_week is 'Monday of the week of the invitation, in the reporting time zone of the settings. NULL until the candidates list has been read.';
comment on column heymilo_bi.interview_facts.interviewed_at is 'Time at which the candidate came to the end of the interview. NULL until then.';
comment on column heymilo_bi.interview_facts.completed_at is 'Time of completion: observed, or else interviewed_at, or else the last activity. NULL unless the interview is completed, and when HeyMilo tells none of these.';
comment on column heymilo_bi.interview_facts.completed_at_source is 'Where completed_at comes from: observed, interviewed_at or last_activity_at. NULL when completed_at is NULL.';
comment on column heymilo_bi.interview_facts.decided_at is 'Time at which the decision was first observed. HeyMilo gives no time of its own. NULL without a decision, and when it was made before the first sync.';
comment on column heymilo_bi.interview_facts.last_activity_at is 'Time of the last activity of the candidate in the workflow. NULL while there is none.';
comment on column heymilo_bi.interview_facts.hours_to_interview is 'Hours from the invitation to the end of the interview. NULL until there are both times, and when the second is before the first.';
comment on column heymilo_bi.interview_facts.hours_to_decision is 'Hours from completed_at to decided_at. NULL until there are both times, and when the second is before the first.';
comment on column heymilo_bi.interview_facts.interview_minutes is 'Length of the web interview in minutes: offset of its last turn. Kept when retention removes the transcript. NULL without a transcript with offsets.';
comment on column heymilo_bi.interview_facts.score is 'Overall score, 0 to 100. NULL until HeyMilo has computed it.';
comment on column heymilo_bi.interview_facts.score_at_decision is 'Overall score at the time of the decision. HeyMilo may have computed the score anew since. NULL without a decision or a score.';
comment on column heymilo_bi.interview_facts.match_score is 'Web interview: match with the posting, 0 to 100. NULL without a web interview.';
comment on column heymilo_bi.interview_facts.speech_score is 'Web interview: quality of speech, 0.0 to 5.0. NULL when not judged.';
comment on column heymilo_bi.interview_facts.resume_score is 'Resume: overall score, 0.0 to 100.0. NULL when not scored.';
comment on column heymilo_bi.interview_facts.is_resume_eligible is 'Resume: whether the eligibility criteria are met. NULL when none were checked.';
comment on column heymilo_bi.interview_facts.is_sms_eligible is 'SMS: whether the conversation found the candidate eligible. NULL without a result.';
comment on column heymilo_bi.interview_facts.form_status is 'Form: passed, failed or pending. NULL without a form.';
comment on column heymilo_bi.interview_facts.is_integrity_enabled is 'Integrity: whether detection was switched on. NULL without a report.';
comment on column heymilo_bi.interview_facts.integrity_ranking is 'Integrity: overall judgement from 1 (no sign) to 5 (strong signs). NULL when not judged.';
comment on column heymilo_bi.interview_facts.current_step_key is 'The first step that is not completed, as step_facts.step_key names it. NULL when all steps are completed, and when HeyMilo gives none.';
comment on column heymilo_bi.interview_facts.current_step_order is 'Place of that step in the workflow, from 1, as the interview tells it. NULL as for current_step_key.';

create view heymilo_bi.step_facts as
 SELECT outcomes.workspace_id,
    outcomes.interview_id,
    (outcomes.workspace_id || '/'::text) || outcomes.interview_id AS interview_key,
    (((outcomes.workspace_id || '/'::text) || outcomes.interview_id) || '/'::text) || outcomes.step_key AS step_fact_key,
    outcomes.posting_id,
    postings.posting_title,
    postings.posting_label,
    COALESCE(interviews.department, postings.department) AS department,
    COALESCE(interviews.location, postings.location) AS location,
    COALESCE(interviews.requisition, postings.requisition) AS requisition,
    outcomes.step_key,
    outcomes.step_id,
    COALESCE(steps.step_order, outcomes.step_order) AS step_order,
    steps.step_type,
    outcomes.is_entered,
    outcomes.is_completed,
    outcomes.is_knocked_out,
    outcomes.invited_at,
    heymilo_bi.week_of(outcomes.invited_at, reporting.time_zone) AS invited_week,
    outcomes.started_at,
    outcomes.finished_at,
    outcomes.minutes_in_step,
    outcomes.hours_since_previous,
    outcomes.hours_since_invitation
   FROM heymilo.step_outcomes outcomes
     CROSS JOIN heymilo_sync.reporting
     LEFT JOIN heymilo.interview_outcomes interviews ON interviews.interview_id = outcomes.interview_id AND interviews.workspace_id = outcomes.workspace_id
     LEFT JOIN heymilo_sync.known_postings postings ON postings.workspace_id = outcomes.workspace_id AND postings.posting_id = outcomes.posting_id
     LEFT JOIN heymilo_sync.known_steps steps ON steps.workspace_id = outcomes.workspace_id AND steps.posting_id = outcomes.posting_id AND steps.step_key = outcomes.step_key
  WHERE postings.is_hidden IS NOT TRUE;

comment on view heymilo_bi.step_facts is 'One row per step of an interview, as it stands now, with its times. A step that moved to another place, or that an answer lists twice, is one row.';
comment on column heymilo_bi.step_facts.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo_bi.step_facts.interview_id is 'HeyMilo''s id of the interview.';
comment on column heymilo_bi.step_facts.interview_key is 'Key of the interview in all workspaces: joins the facts, and is unique in interview_facts.';
comment on column heymilo_bi.step_facts.step_fact_key is 'Key of the row: unique.';
comment on column heymilo_bi.step_facts.posting_id is 'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_bi.step_facts.posting_title is 'Title of the posting. Titles can repeat: posting_label is unique. NULL until the posting was read.';
comment on column heymilo_bi.step_facts.posting_label is 'Title of the posting, with its id where another posting of the workspace has the same title. NULL until the posting was read.';
comment on column heymilo_bi.step_facts.department is 'Department, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.step_facts.location is 'Location, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.step_facts.requisition is 'Requisition, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.step_facts.step_key is 'The step within its posting: its id, or its place where HeyMilo gives no id.';
comment on column heymilo_bi.step_facts.step_id is 'HeyMilo''s id of the step. NULL when HeyMilo gives none.';
comment on column heymilo_bi.step_facts.step_order is 'Place of the step in the workflow, from 1: as the posting has it now, or else as the interviews tell it. NULL when neither tells it.';
comment on column heymilo_bi.step_facts.step_type is 'Kind of agent: web_interview, conversational_sms, resume or form. NULL when the posting, as last read, has no such step.';
comment on column heymilo_bi.step_facts.is_entered is 'Whether the candidate has begun the step.';
comment on column heymilo_bi.step_facts.is_completed is 'Whether the candidate finished the step and may go on.';
comment on column heymilo_bi.step_facts.is_knocked_out is 'Whether the step ended the application.';
comment on column heymilo_bi.step_facts.invited_at is 'Time of the invitation. NULL until the candidates list has been read.';
comment on column heymilo_bi.step_facts.invited_week is 'Monday of the week of the invitation, in the reporting time zone of the settings. NULL until the candidates list has been read.';
comment on column heymilo_bi.step_facts.started_at is 'Time at which the step began. NULL when it was not observed and HeyMilo gives no time.';
comment on column heymilo_bi.step_facts.finished_at is 'Time at which the step was completed or ended the application. NULL when it was not observed and HeyMilo gives no time.';
comment on column heymilo_bi.step_facts.minutes_in_step is 'Minutes from started_at to finished_at. NULL until there are both times, and when the second is before the first.';
comment on column heymilo_bi.step_facts.hours_since_previous is 'Hours from the end of the step before, or from the invitation for the first step, to finished_at. NULL when either time is unknown, and when the second is before the first.';
comment on column heymilo_bi.step_facts.hours_since_invitation is 'Hours from the invitation to finished_at. NULL when either time is unknown, and when the second is before the first.';

create view heymilo_sync.verdicts as
 SELECT resume_eligibility_criteria.workspace_id,
    resume_eligibility_criteria.interview_id,
    'resume_eligibility'::text AS kind,
    'resume'::text AS step_type,
    resume_eligibility_criteria."position",
    resume_eligibility_criteria.criteria_id,
    resume_eligibility_criteria.criteria_text,
    true AS is_knockout,
    resume_eligibility_criteria.passed AS is_passed,
    NULL::double precision AS criterion_score,
    resume_eligibility_criteria.confidence
   FROM heymilo.resume_eligibility_criteria
UNION ALL
 SELECT resume_score_criteria.workspace_id,
    resume_score_criteria.interview_id,
    'resume_scoring'::text AS kind,
    NULL::text AS step_type,
    resume_score_criteria."position",
    resume_score_criteria.criteria_id,
    resume_score_criteria.criteria_text,
    false AS is_knockout,
    NULL::boolean AS is_passed,
    resume_score_criteria.score AS criterion_score,
    resume_score_criteria.confidence
   FROM heymilo.resume_score_criteria
UNION ALL
 SELECT sms_criteria.workspace_id,
    sms_criteria.interview_id,
    'sms'::text AS kind,
    'conversational_sms'::text AS step_type,
    sms_criteria."position",
    sms_criteria.criteria_id,
    sms_criteria.criteria_text,
    sms_criteria.is_dealbreaker AS is_knockout,
    sms_criteria.passed AS is_passed,
    NULL::double precision AS criterion_score,
    sms_criteria.confidence
   FROM heymilo.sms_criteria
UNION ALL
 SELECT form_answers.workspace_id,
    form_answers.interview_id,
    'form'::text AS kind,
    'form'::text AS step_type,
    form_answers."position",
    form_answers.question_id AS criteria_id,
    form_answers.question_text AS criteria_text,
    form_answers.is_knockout,
    form_answers.passed AS is_passed,
    NULL::double precision AS criterion_score,
    NULL::double precision AS confidence
   FROM heymilo.form_answers;

comment on view heymilo_sync.verdicts is 'Criteria of every agent in one shape: one row per interview and criterion.';
comment on column heymilo_sync.verdicts.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo_sync.verdicts.interview_id is 'HeyMilo''s id of the interview.';
comment on column heymilo_sync.verdicts.kind is 'resume_eligibility, resume_scoring, sms or form.';
comment on column heymilo_sync.verdicts.step_type is 'Kind of the step whose application the criterion may end. NULL for criteria that are scored.';
comment on column heymilo_sync.verdicts."position" is 'Place in HeyMilo''s answer, from 1.';
comment on column heymilo_sync.verdicts.criteria_id is 'HeyMilo''s id of the criterion. NULL when HeyMilo gives none.';
comment on column heymilo_sync.verdicts.criteria_text is 'Text of the criterion, as the posting has it now where it is known there. NULL when HeyMilo gives none.';
comment on column heymilo_sync.verdicts.is_knockout is 'Whether failing the criterion may end the application. NULL when HeyMilo does not say.';
comment on column heymilo_sync.verdicts.is_passed is 'Whether the criterion is met. NULL when it was not decided, and for criteria that are scored.';
comment on column heymilo_sync.verdicts.criterion_score is 'Resume scoring: score of the criterion, 0.0 to 10.0. NULL for other kinds and when not scored.';
comment on column heymilo_sync.verdicts.confidence is 'The AI''s confidence, 0.0 to 1.0. NULL when HeyMilo gives none.';

create view heymilo_bi.criterion_facts as
 SELECT interviews.workspace_id,
    interviews.interview_id,
    interviews.interview_key,
    (((interviews.interview_key || '/'::text) || verdicts.kind) || '/'::text) || verdicts."position" AS criterion_fact_key,
    interviews.posting_id,
    interviews.posting_title,
    interviews.posting_label,
    interviews.department,
    interviews.location,
    interviews.requisition,
    interviews.invited_at,
    interviews.invited_week,
    verdicts.kind,
    verdicts."position",
    verdicts.criteria_id,
    COALESCE(questions.question_text, verdicts.criteria_text) AS criteria_text,
    verdicts.is_knockout,
    verdicts.is_passed,
    verdicts.criterion_score,
    verdicts.confidence,
    interviews.is_knocked_out AND verdicts.is_knockout IS TRUE AND verdicts.is_passed IS FALSE AND (EXISTS ( SELECT
           FROM heymilo.step_outcomes ended
             JOIN heymilo_sync.known_steps steps ON steps.workspace_id = ended.workspace_id AND steps.posting_id = ended.posting_id AND steps.step_key = ended.step_key
          WHERE ended.interview_id = interviews.interview_id AND ended.workspace_id = interviews.workspace_id AND ended.is_knocked_out AND steps.step_type = verdicts.step_type AND steps.is_knockout_enabled)) AS is_knockout_reason
   FROM heymilo_bi.interview_facts interviews
     JOIN heymilo_sync.verdicts USING (workspace_id, interview_id)
     LEFT JOIN heymilo_sync.known_questions questions ON questions.workspace_id = interviews.workspace_id AND questions.posting_id = interviews.posting_id AND questions.question_id = verdicts.criteria_id;

comment on view heymilo_bi.criterion_facts is 'One row per interview and criterion of a resume, an SMS conversation or a form, with its verdict: without what the candidate wrote.';
comment on column heymilo_bi.criterion_facts.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo_bi.criterion_facts.interview_id is 'HeyMilo''s id of the interview.';
comment on column heymilo_bi.criterion_facts.interview_key is 'Key of the interview in all workspaces: joins the facts, and is unique in interview_facts.';
comment on column heymilo_bi.criterion_facts.criterion_fact_key is 'Key of the row: unique.';
comment on column heymilo_bi.criterion_facts.posting_id is 'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_bi.criterion_facts.posting_title is 'Title of the posting. Titles can repeat: posting_label is unique. NULL until the posting was read.';
comment on column heymilo_bi.criterion_facts.posting_label is 'Title of the posting, with its id where another posting of the workspace has the same title. NULL until the posting was read.';
comment on column heymilo_bi.criterion_facts.department is 'Department, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.criterion_facts.location is 'Location, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.criterion_facts.requisition is 'Requisition, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.criterion_facts.invited_at is 'Time of the invitation. NULL until the candidates list has been read.';
comment on column heymilo_bi.criterion_facts.invited_week is 'Monday of the week of the invitation, in the reporting time zone of the settings. NULL until the candidates list has been read.';
comment on column heymilo_bi.criterion_facts.kind is 'resume_eligibility, resume_scoring, sms or form.';
comment on column heymilo_bi.criterion_facts."position" is 'Place in HeyMilo''s answer, from 1.';
comment on column heymilo_bi.criterion_facts.criteria_id is 'HeyMilo''s id of the criterion. NULL when HeyMilo gives none.';
comment on column heymilo_bi.criterion_facts.criteria_text is 'Text of the criterion, as the posting has it now where it is known there. NULL when HeyMilo gives none.';
comment on column heymilo_bi.criterion_facts.is_knockout is 'Whether failing the criterion may end the application. NULL when HeyMilo does not say.';
comment on column heymilo_bi.criterion_facts.is_passed is 'Whether the criterion is met. NULL when it was not decided, and for criteria that are scored.';
comment on column heymilo_bi.criterion_facts.criterion_score is 'Resume scoring: score of the criterion, 0.0 to 10.0. NULL for other kinds and when not scored.';
comment on column heymilo_bi.criterion_facts.confidence is 'The AI''s confidence, 0.0 to 1.0. NULL when HeyMilo gives none.';
comment on column heymilo_bi.criterion_facts.is_knockout_reason is 'Whether the criterion failed in the step that ended the application, and that step may knock out. Only these explain a knockout.';

create view heymilo_bi.question_answer_facts as
 SELECT interviews.workspace_id,
    interviews.interview_id,
    interviews.interview_key,
    (interviews.interview_key || '/'::text) || answers."position" AS answer_fact_key,
    interviews.posting_id,
    interviews.posting_title,
    interviews.posting_label,
    interviews.department,
    interviews.location,
    interviews.requisition,
    interviews.invited_at,
    interviews.invited_week,
    interviews.interviewed_at,
    answers."position",
    answers.question_id,
    COALESCE(answers.question_id, answers.question_text) AS question_key,
    COALESCE(questions.question_text, answers.question_text) AS question_text,
    answers.not_scored IS NOT TRUE AND answers.score IS NOT NULL AS is_scored,
        CASE
            WHEN answers.not_scored IS NOT TRUE THEN answers.score
            ELSE NULL::double precision
        END AS answer_score,
    answers.score_weight,
        CASE
            WHEN answers.not_scored IS NOT TRUE THEN ( SELECT avg(others.score) AS avg
               FROM heymilo.scorecard_questions others
              WHERE others.interview_id = answers.interview_id AND others.workspace_id = answers.workspace_id AND others."position" <> answers."position" AND others.not_scored IS NOT TRUE)
            ELSE NULL::double precision
        END AS mean_score_of_others
   FROM heymilo_bi.interview_facts interviews
     JOIN heymilo.scorecard_questions answers USING (workspace_id, interview_id)
     LEFT JOIN heymilo_sync.known_questions questions ON questions.workspace_id = interviews.workspace_id AND questions.posting_id = interviews.posting_id AND questions.question_id = answers.question_id;

comment on view heymilo_bi.question_answer_facts is 'One row per interview and question of the web interview, with its score: without what the candidate said.';
comment on column heymilo_bi.question_answer_facts.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo_bi.question_answer_facts.interview_id is 'HeyMilo''s id of the interview.';
comment on column heymilo_bi.question_answer_facts.interview_key is 'Key of the interview in all workspaces: joins the facts, and is unique in interview_facts.';
comment on column heymilo_bi.question_answer_facts.answer_fact_key is 'Key of the row: unique.';
comment on column heymilo_bi.question_answer_facts.posting_id is 'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_bi.question_answer_facts.posting_title is 'Title of the posting. Titles can repeat: posting_label is unique. NULL until the posting was read.';
comment on column heymilo_bi.question_answer_facts.posting_label is 'Title of the posting, with its id where another posting of the workspace has the same title. NULL until the posting was read.';
comment on column heymilo_bi.question_answer_facts.department is 'Department, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.question_answer_facts.location is 'Location, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.question_answer_facts.requisition is 'Requisition, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.question_answer_facts.invited_at is 'Time of the invitation. NULL until the candidates list has been read.';
comment on column heymilo_bi.question_answer_facts.invited_week is 'Monday of the week of the invitation, in the reporting time zone of the settings. NULL until the candidates list has been read.';
comment on column heymilo_bi.question_answer_facts.interviewed_at is 'Time at which the candidate came to the end of the interview. NULL until then.';
comment on column heymilo_bi.question_answer_facts."position" is 'Place in HeyMilo''s answer, from 1.';
comment on column heymilo_bi.question_answer_facts.question_id is 'HeyMilo''s id of the question. NULL when HeyMilo gives none.';
comment on column heymilo_bi.question_answer_facts.question_key is 'The question within its posting: its id, or its text where HeyMilo gives no id. NULL when HeyMilo gives neither.';
comment on column heymilo_bi.question_answer_facts.question_text is 'Text of the question, as the posting has it now, or else as it was asked. NULL when HeyMilo gives none.';
comment on column heymilo_bi.question_answer_facts.is_scored is 'Whether the answer counts towards a score, and has one.';
comment on column heymilo_bi.question_answer_facts.answer_score is 'Score of the answer, 1 to 10. NULL for questions that are not scored, and when HeyMilo gives none.';
comment on column heymilo_bi.question_answer_facts.score_weight is 'Weight of the question in the score of the interview. NULL when HeyMilo says null.';
comment on column heymilo_bi.question_answer_facts.mean_score_of_others is 'Mean score of the candidate''s other answers, 1 to 10: corr(answer_score, mean_score_of_others) is the corrected item-total correlation. NULL when there are no others, and for questions that are not scored.';

create view heymilo_bi.integrity_signal_facts as
 SELECT interviews.workspace_id,
    interviews.interview_id,
    interviews.interview_key,
    (interviews.interview_key || '/'::text) || signals.signal AS signal_fact_key,
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
   FROM heymilo_bi.interview_facts interviews
     JOIN heymilo_sync.signals USING (workspace_id, interview_id);

comment on view heymilo_bi.integrity_signal_facts is 'One row per interview and signal of cheating, only where detection was switched on. A signal is a reason to look, not a proof.';
comment on column heymilo_bi.integrity_signal_facts.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo_bi.integrity_signal_facts.interview_id is 'HeyMilo''s id of the interview.';
comment on column heymilo_bi.integrity_signal_facts.interview_key is 'Key of the interview in all workspaces: joins the facts, and is unique in interview_facts.';
comment on column heymilo_bi.integrity_signal_facts.signal_fact_key is 'Key of the row: unique.';
comment on column heymilo_bi.integrity_signal_facts.posting_id is 'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_bi.integrity_signal_facts.posting_title is 'Title of the posting. Titles can repeat: posting_label is unique. NULL until the posting was read.';
comment on column heymilo_bi.integrity_signal_facts.posting_label is 'Title of the posting, with its id where another posting of the workspace has the same title. NULL until the posting was read.';
comment on column heymilo_bi.integrity_signal_facts.department is 'Department, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.integrity_signal_facts.location is 'Location, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.integrity_signal_facts.requisition is 'Requisition, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.integrity_signal_facts.invited_at is 'Time of the invitation. NULL until the candidates list has been read.';
comment on column heymilo_bi.integrity_signal_facts.invited_week is 'Monday of the week of the invitation, in the reporting time zone of the settings. NULL until the candidates list has been read.';
comment on column heymilo_bi.integrity_signal_facts.interviewed_at is 'Time at which the candidate came to the end of the interview. NULL until then.';
comment on column heymilo_bi.integrity_signal_facts.signal is 'overall (a ranking of 4 or 5), cheating, llm_generated, unusual_delay, tab_switch or movement (any movement seen in the recording). Honest people move as well.';
comment on column heymilo_bi.integrity_signal_facts.is_detected is 'Whether the signal was detected. NULL when the detector has not judged: without a web interview, or with the detector off.';

create view heymilo_bi.tag_facts as
 SELECT interviews.workspace_id,
    interviews.interview_id,
    interviews.interview_key,
    (interviews.interview_key || '/'::text) || tags.tag AS tag_fact_key,
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
   FROM heymilo_bi.interview_facts interviews
     JOIN heymilo.web_interviews USING (workspace_id, interview_id)
     CROSS JOIN LATERAL ( SELECT DISTINCT tag.tag
           FROM unnest(web_interviews.tags) tag(tag)
          WHERE tag.tag IS NOT NULL) tags;

comment on view heymilo_bi.tag_facts is 'One row per interview and tag of its web interview.';
comment on column heymilo_bi.tag_facts.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo_bi.tag_facts.interview_id is 'HeyMilo''s id of the interview.';
comment on column heymilo_bi.tag_facts.interview_key is 'Key of the interview in all workspaces: joins the facts, and is unique in interview_facts.';
comment on column heymilo_bi.tag_facts.tag_fact_key is 'Key of the row: unique.';
comment on column heymilo_bi.tag_facts.posting_id is 'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_bi.tag_facts.posting_title is 'Title of the posting. Titles can repeat: posting_label is unique. NULL until the posting was read.';
comment on column heymilo_bi.tag_facts.posting_label is 'Title of the posting, with its id where another posting of the workspace has the same title. NULL until the posting was read.';
comment on column heymilo_bi.tag_facts.department is 'Department, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.tag_facts.location is 'Location, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.tag_facts.requisition is 'Requisition, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.tag_facts.invited_at is 'Time of the invitation. NULL until the candidates list has been read.';
comment on column heymilo_bi.tag_facts.invited_week is 'Monday of the week of the invitation, in the reporting time zone of the settings. NULL until the candidates list has been read.';
comment on column heymilo_bi.tag_facts.interviewed_at is 'Time at which the candidate came to the end of the interview. NULL until then.';
comment on column heymilo_bi.tag_facts.tag is 'The tag, as HeyMilo gives it.';

create view heymilo_bi.decision_facts as
 SELECT interviews.workspace_id,
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
    heymilo_bi.week_of(interviews.decided_at, reporting.time_zone) AS decided_week,
    interviews.hours_to_decision,
    interviews.score_at_decision
   FROM heymilo_bi.interview_facts interviews
     CROSS JOIN heymilo_sync.reporting
  WHERE interviews.decision IS NOT NULL;

comment on view heymilo_bi.decision_facts is 'One row per interview that a recruiter has decided on, with the decision that stands now.';
comment on column heymilo_bi.decision_facts.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo_bi.decision_facts.interview_id is 'HeyMilo''s id of the interview.';
comment on column heymilo_bi.decision_facts.interview_key is 'Key of the interview in all workspaces: joins the facts, and is unique in interview_facts.';
comment on column heymilo_bi.decision_facts.posting_id is 'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_bi.decision_facts.posting_title is 'Title of the posting. Titles can repeat: posting_label is unique. NULL until the posting was read.';
comment on column heymilo_bi.decision_facts.posting_label is 'Title of the posting, with its id where another posting of the workspace has the same title. NULL until the posting was read.';
comment on column heymilo_bi.decision_facts.source is 'Where the candidate came from: the key "source" of the interview''s metadata, or else of its data. NULL when neither has one, and when the value is no short name. A short name is a text of at most 60 characters without seven digits, an address or a link.';
comment on column heymilo_bi.decision_facts.department is 'Department, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.decision_facts.location is 'Location, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.decision_facts.requisition is 'Requisition, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.decision_facts.outcome is 'completed, knocked_out, unfinished or never_started: each interview has exactly one, so the four add up to all invitations.';
comment on column heymilo_bi.decision_facts.decision is 'Decision of a recruiter: shortlisted or dismissed.';
comment on column heymilo_bi.decision_facts.was_decided_before_sync is 'Whether the decision was made before the interview was first read, so that its time is unknown.';
comment on column heymilo_bi.decision_facts.invited_at is 'Time of the invitation. NULL until the candidates list has been read.';
comment on column heymilo_bi.decision_facts.invited_week is 'Monday of the week of the invitation, in the reporting time zone of the settings. NULL until the candidates list has been read.';
comment on column heymilo_bi.decision_facts.completed_at is 'Time of completion: observed, or else interviewed_at, or else the last activity. NULL when the decision was made before the candidate completed the interview, and when HeyMilo tells none of these.';
comment on column heymilo_bi.decision_facts.decided_at is 'Time at which the decision was first observed. HeyMilo gives no time of its own. NULL when it was made before the first sync.';
comment on column heymilo_bi.decision_facts.decided_week is 'Monday of the week of decided_at, in the reporting time zone. NULL when decided_at is NULL.';
comment on column heymilo_bi.decision_facts.hours_to_decision is 'Hours from completed_at to decided_at. NULL until there are both times, and when the second is before the first.';
comment on column heymilo_bi.decision_facts.score_at_decision is 'Overall score at the time of the decision. HeyMilo may have computed the score anew since. NULL without a score.';

create view heymilo_bi.posting_dimension as
 SELECT postings.workspace_id,
    postings.posting_id,
    (postings.workspace_id || '/'::text) || postings.posting_id AS posting_key,
    known.posting_title,
    known.posting_label,
    known.department,
    known.location,
    known.requisition,
    postings.status AS posting_status,
    COALESCE(postings.archived, false) OR COALESCE(postings.status = 'archived'::text, false) AS is_archived,
    postings.language,
    postings.created_at,
    postings.deadline_at,
    postings.review_url
   FROM heymilo.postings
     JOIN heymilo_sync.known_postings known USING (workspace_id, posting_id)
  WHERE NOT known.is_hidden;

comment on view heymilo_bi.posting_dimension is 'One row per posting, without test postings and without postings that are deleted in HeyMilo.';
comment on column heymilo_bi.posting_dimension.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo_bi.posting_dimension.posting_id is 'HeyMilo''s id of the posting.';
comment on column heymilo_bi.posting_dimension.posting_key is 'Key of the posting in all workspaces: unique.';
comment on column heymilo_bi.posting_dimension.posting_title is 'Title of the posting. NULL when HeyMilo gives none.';
comment on column heymilo_bi.posting_dimension.posting_label is 'Title of the posting, with its id where another posting of the workspace has the same title: unique in the workspace.';
comment on column heymilo_bi.posting_dimension.department is 'Department, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.posting_dimension.location is 'Location, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.posting_dimension.requisition is 'Requisition, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.posting_dimension.posting_status is 'Status of the posting in HeyMilo, such as active, draft or archived. NULL when HeyMilo gives none.';
comment on column heymilo_bi.posting_dimension.is_archived is 'Whether the posting is archived.';
comment on column heymilo_bi.posting_dimension.language is 'Language of the interviews, such as en. HeyMilo''s default is en. NULL when HeyMilo says null.';
comment on column heymilo_bi.posting_dimension.created_at is 'Time at which the posting was made. NULL when HeyMilo gives none.';
comment on column heymilo_bi.posting_dimension.deadline_at is 'Time after which candidates are not interviewed. NULL without a deadline.';
comment on column heymilo_bi.posting_dimension.review_url is 'Link to the page on which recruiters review the candidates of the posting. NULL when HeyMilo gives none.';

create view heymilo_bi.person_dimension as
 SELECT interview_facts.workspace_id,
    interview_facts.person_key,
    count(*) AS interview_count,
    count(DISTINCT interview_facts.posting_id) AS posting_count,
    min(interview_facts.invited_at) AS first_invited_at,
    max(interview_facts.invited_at) AS last_invited_at
   FROM heymilo_bi.interview_facts
  WHERE interview_facts.person_key IS NOT NULL
  GROUP BY interview_facts.workspace_id, interview_facts.person_key;

comment on view heymilo_bi.person_dimension is 'One row per person, known by a key that does not lead back to them.';
comment on column heymilo_bi.person_dimension.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo_bi.person_dimension.person_key is 'Key of the person, made of the candidate id with a secret salt.';
comment on column heymilo_bi.person_dimension.interview_count is 'Number of interviews of the person.';
comment on column heymilo_bi.person_dimension.posting_count is 'Number of postings the person was invited to.';
comment on column heymilo_bi.person_dimension.first_invited_at is 'Time of the first invitation. NULL until the candidates list has been read.';
comment on column heymilo_bi.person_dimension.last_invited_at is 'Time of the last invitation. NULL until the candidates list has been read.';

create table heymilo_sync.cohorts (
    cohort_id bigint not null generated always as identity,
    workspace_id text not null,
    posting_id text,
    invited_week date,
    department text,
    location text,
    requisition text,
    cohort_key text not null,
    invited_count bigint not null,
    started_count bigint not null,
    completed_count bigint not null,
    knocked_out_count bigint not null,
    never_started_count bigint not null,
    unfinished_count bigint not null,
    decided_under_way_count bigint not null,
    dropped_count bigint not null,
    shortlisted_count bigint not null,
    dismissed_count bigint not null,
    figured_at timestamp with time zone not null default now(),
    constraint cohorts_cohort_key_key UNIQUE (workspace_id, cohort_key),
    constraint cohorts_pkey PRIMARY KEY (cohort_id)
);

comment on table heymilo_sync.cohorts is 'Cohorts, each with how far its interviews have come. All cohorts of a posting are computed anew when one of its interviews changed.';
comment on column heymilo_sync.cohorts.cohort_id is 'Number of the cohort.';
comment on column heymilo_sync.cohorts.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo_sync.cohorts.posting_id is 'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_sync.cohorts.invited_week is 'Monday of the week of the invitation, in the reporting time zone of the settings. NULL until the candidates list has been read.';
comment on column heymilo_sync.cohorts.department is 'Department in the interviews'' own data. NULL when they have none.';
comment on column heymilo_sync.cohorts.location is 'Location in the interviews'' own data. NULL when they have none.';
comment on column heymilo_sync.cohorts.requisition is 'Requisition in the interviews'' own data. NULL when they have none.';
comment on column heymilo_sync.cohorts.cohort_key is 'Posting, week and dimensions as one text, to find the cohort of an interview.';
comment on column heymilo_sync.cohorts.invited_count is 'Number of invitations.';
comment on column heymilo_sync.cohorts.started_count is 'Number of interviews whose candidate has begun any step.';
comment on column heymilo_sync.cohorts.completed_count is 'Number of completed interviews.';
comment on column heymilo_sync.cohorts.knocked_out_count is 'Number of interviews that a step ended.';
comment on column heymilo_sync.cohorts.never_started_count is 'Number of interviews whose candidate has begun no step.';
comment on column heymilo_sync.cohorts.unfinished_count is 'Number of interviews that are begun, and neither completed nor knocked out. With completed, knocked out and never started they add up to the invitations.';
comment on column heymilo_sync.cohorts.decided_under_way_count is 'Number of unfinished interviews on which a recruiter has decided.';
comment on column heymilo_sync.cohorts.dropped_count is 'Number of unfinished interviews without a decision: these candidates dropped off, or are still at it.';
comment on column heymilo_sync.cohorts.shortlisted_count is 'Number of interviews that are shortlisted.';
comment on column heymilo_sync.cohorts.dismissed_count is 'Number of interviews that are dismissed.';
comment on column heymilo_sync.cohorts.figured_at is 'Time at which the cohort was computed.';

CREATE INDEX cohorts_posting_idx ON heymilo_sync.cohorts USING btree (workspace_id, posting_id);
comment on index heymilo_sync.cohorts_posting_idx is 'The cohorts of a posting, to be computed anew.';

create table heymilo_sync.step_figures (
    cohort_id bigint not null,
    step_key text not null,
    step_id text,
    step_order bigint,
    interview_count bigint not null,
    entered_count bigint not null,
    completed_count bigint not null,
    knocked_out_count bigint not null,
    constraint step_figures_pkey PRIMARY KEY (cohort_id, step_key)
);

comment on table heymilo_sync.step_figures is 'How many interviews of a cohort enter a step, and how they leave it.';
comment on column heymilo_sync.step_figures.cohort_id is 'The cohort.';
comment on column heymilo_sync.step_figures.step_key is 'The step within its posting: its id, or its place where HeyMilo gives no id.';
comment on column heymilo_sync.step_figures.step_id is 'HeyMilo''s id of the step. NULL when HeyMilo gives none.';
comment on column heymilo_sync.step_figures.step_order is 'Place of the step in the workflow, from 1, as the interviews tell it. NULL when they do not.';
comment on column heymilo_sync.step_figures.interview_count is 'Number of interviews whose workflow has the step.';
comment on column heymilo_sync.step_figures.entered_count is 'Number of interviews whose candidate has begun the step.';
comment on column heymilo_sync.step_figures.completed_count is 'Number of interviews whose candidate finished the step and may go on.';
comment on column heymilo_sync.step_figures.knocked_out_count is 'Number of interviews that the step ended.';

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
    constraint criterion_figures_pkey PRIMARY KEY (cohort_id, kind, criterion_key)
);

comment on table heymilo_sync.criterion_figures is 'How often a criterion is met by a cohort, how sure the AI is, and how often it is the reason of a knockout.';
comment on column heymilo_sync.criterion_figures.cohort_id is 'The cohort.';
comment on column heymilo_sync.criterion_figures.kind is 'Kind of criterion: resume_eligibility, resume_scoring, sms or form. The word unknown stands for knockouts that no criterion explains.';
comment on column heymilo_sync.criterion_figures.criterion_key is 'The criterion: its id, or its text where HeyMilo gives no id.';
comment on column heymilo_sync.criterion_figures.criteria_id is 'HeyMilo''s id of the criterion. NULL when HeyMilo gives none.';
comment on column heymilo_sync.criterion_figures.criteria_text is 'Text of the criterion as it was applied. NULL when HeyMilo gives none.';
comment on column heymilo_sync.criterion_figures.is_knockout is 'Whether failing the criterion may end the application, in any of the interviews. NULL when HeyMilo does not say.';
comment on column heymilo_sync.criterion_figures.applied_count is 'Number of interviews to which the criterion was applied.';
comment on column heymilo_sync.criterion_figures.decided_count is 'Number of those in which it was decided whether the criterion is met.';
comment on column heymilo_sync.criterion_figures.passed_count is 'Number of those in which the criterion is met.';
comment on column heymilo_sync.criterion_figures.scored_count is 'Number of those in which the criterion has a score.';
comment on column heymilo_sync.criterion_figures.criterion_score_sum is 'Sum of these scores, each 0.0 to 10.0.';
comment on column heymilo_sync.criterion_figures.confident_count is 'Number of those for which the AI gave its confidence.';
comment on column heymilo_sync.criterion_figures.confidence_sum is 'Sum of these confidences, each 0.0 to 1.0.';
comment on column heymilo_sync.criterion_figures.unsure_count is 'Number of those with a confidence below 0.7.';
comment on column heymilo_sync.criterion_figures.knocked_out_count is 'Number of knocked-out candidates for whom the criterion is a reason.';
comment on column heymilo_sync.criterion_figures.knocked_out_by_this_alone_count is 'Number of knocked-out candidates for whom this is the only reason.';

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
    constraint question_figures_pkey PRIMARY KEY (cohort_id, question_key)
);

comment on table heymilo_sync.question_figures is 'Sums of the scores of a question in a cohort, from which mean, spread and correlation follow exactly.';
comment on column heymilo_sync.question_figures.cohort_id is 'The cohort.';
comment on column heymilo_sync.question_figures.question_key is 'The question within its posting: its id, or its text where HeyMilo gives no id.';
comment on column heymilo_sync.question_figures.question_id is 'HeyMilo''s id of the question. NULL when HeyMilo gives none.';
comment on column heymilo_sync.question_figures.question_text is 'Text of the question as it was asked. NULL when HeyMilo gives none.';
comment on column heymilo_sync.question_figures.answer_count is 'Number of scored answers.';
comment on column heymilo_sync.question_figures.answer_score_sum is 'Sum of the scores, each 1 to 10.';
comment on column heymilo_sync.question_figures.answer_score_square_sum is 'Sum of the squares of the scores.';
comment on column heymilo_sync.question_figures.compared_count is 'Number of those answers whose candidate has other scored answers to compare with.';
comment on column heymilo_sync.question_figures.compared_score_sum is 'Sum of the scores of the compared answers.';
comment on column heymilo_sync.question_figures.compared_score_square_sum is 'Sum of the squares of the scores of the compared answers.';
comment on column heymilo_sync.question_figures.others_score_sum is 'Sum of the candidates'' mean scores of their other answers.';
comment on column heymilo_sync.question_figures.others_score_square_sum is 'Sum of the squares of these means.';
comment on column heymilo_sync.question_figures.score_product_sum is 'Sum of the products of score and mean of the others.';

create table heymilo_sync.signal_figures (
    cohort_id bigint not null,
    signal text not null,
    enabled_count bigint not null,
    judged_count bigint not null,
    detected_count bigint not null,
    constraint signal_figures_pkey PRIMARY KEY (cohort_id, signal)
);

comment on table heymilo_sync.signal_figures is 'How often a signal of cheating is detected in a cohort.';
comment on column heymilo_sync.signal_figures.cohort_id is 'The cohort.';
comment on column heymilo_sync.signal_figures.signal is 'overall (a ranking of 4 or 5), cheating, llm_generated, unusual_delay, tab_switch or movement (any movement seen in the recording). Honest people move as well.';
comment on column heymilo_sync.signal_figures.enabled_count is 'Number of interviews for which detection was switched on.';
comment on column heymilo_sync.signal_figures.judged_count is 'Number of those that the detector has judged.';
comment on column heymilo_sync.signal_figures.detected_count is 'Number of those that show the signal.';

create table heymilo_sync.score_figures (
    cohort_id bigint not null,
    measure text not null,
    tenth integer not null,
    interview_count bigint not null,
    constraint score_figures_pkey PRIMARY KEY (cohort_id, measure, tenth)
);

comment on table heymilo_sync.score_figures is 'How the scores of a cohort are distributed.';
comment on column heymilo_sync.score_figures.cohort_id is 'The cohort.';
comment on column heymilo_sync.score_figures.measure is 'Which score: overall, web_interview, resume or speech. Their scales differ: never put two on one axis.';
comment on column heymilo_sync.score_figures.tenth is 'Tenth of the scale, 1 (lowest) to 10.';
comment on column heymilo_sync.score_figures.interview_count is 'Number of interviews with a score in this tenth.';

create table heymilo_sync.decile_figures (
    cohort_id bigint not null,
    decile bigint not null,
    lowest_score double precision not null,
    highest_score double precision not null,
    interview_count bigint not null,
    shortlisted_count bigint not null,
    dismissed_count bigint not null,
    constraint decile_figures_pkey PRIMARY KEY (cohort_id, decile)
);

comment on table heymilo_sync.decile_figures is 'What recruiters decided on a tenth of the scored interviews of a posting, by cohort.';
comment on column heymilo_sync.decile_figures.cohort_id is 'The cohort.';
comment on column heymilo_sync.decile_figures.decile is 'Tenth of all scored interviews of the posting, 1 (lowest scores) to 10. Equal scores share the higher one, so that some may be missing.';
comment on column heymilo_sync.decile_figures.lowest_score is 'Lowest overall score in it, 0 to 100.';
comment on column heymilo_sync.decile_figures.highest_score is 'Highest overall score in it, 0 to 100.';
comment on column heymilo_sync.decile_figures.interview_count is 'Number of interviews in it.';
comment on column heymilo_sync.decile_figures.shortlisted_count is 'Number of interviews that are shortlisted.';
comment on column heymilo_sync.decile_figures.dismissed_count is 'Number of interviews that are dismissed.';

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
    constraint group_figures_pkey PRIMARY KEY (cohort_id, dimension, group_name)
);

comment on table heymilo_sync.group_figures is 'How a group of a cohort is selected and scored. Read by heymilo_demographics alone.';
comment on column heymilo_sync.group_figures.cohort_id is 'The cohort.';
comment on column heymilo_sync.group_figures.dimension is 'An attribute of the settings, such as sex, or two of them together, such as race x sex.';
comment on column heymilo_sync.group_figures.group_name is 'The group, from the candidates'' own answers: case and blanks are folded. "Not provided" stands for missing and declined answers.';
comment on column heymilo_sync.group_figures.is_provided is 'Whether the candidates gave an answer.';
comment on column heymilo_sync.group_figures.assessed_count is 'Number of interviews of the group that have come to an end: completed, knocked out or decided.';
comment on column heymilo_sync.group_figures.decided_count is 'Number of those that are shortlisted or dismissed.';
comment on column heymilo_sync.group_figures.selected_count is 'Number of those that are shortlisted.';
comment on column heymilo_sync.group_figures.scored_count is 'Number of interviews of the group with an overall score.';
comment on column heymilo_sync.group_figures.above_median_count is 'Number of those above the median score of their posting.';

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
    constraint source_figures_pkey PRIMARY KEY (cohort_id, source_key)
);

comment on table heymilo_sync.source_figures is 'What becomes of the candidates of a cohort by where they came from.';
comment on column heymilo_sync.source_figures.cohort_id is 'The cohort.';
comment on column heymilo_sync.source_figures.source_key is 'The source, or an empty text where it is unknown.';
comment on column heymilo_sync.source_figures.source is 'Where the candidate came from: the key "source" of the interview''s metadata, or else of its data. NULL when neither has one, and when the value is no short name. A short name is a text of at most 60 characters without seven digits, an address or a link.';
comment on column heymilo_sync.source_figures.invited_count is 'Number of invitations.';
comment on column heymilo_sync.source_figures.started_count is 'Number of interviews whose candidate has begun any step.';
comment on column heymilo_sync.source_figures.completed_count is 'Number of completed interviews.';
comment on column heymilo_sync.source_figures.knocked_out_count is 'Number of interviews that a step ended.';
comment on column heymilo_sync.source_figures.shortlisted_count is 'Number of interviews that are shortlisted.';
comment on column heymilo_sync.source_figures.dismissed_count is 'Number of interviews that are dismissed.';
comment on column heymilo_sync.source_figures.scored_count is 'Number of interviews with an overall score.';
comment on column heymilo_sync.source_figures.score_sum is 'Sum of these scores, each 0 to 100. NULL when none is scored.';

create table heymilo_sync.weekly_figures (
    weekly_id bigint not null generated always as identity,
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
    constraint weekly_figures_pkey PRIMARY KEY (weekly_id)
);

comment on table heymilo_sync.weekly_figures is 'What happens in each week to the interviews of a posting with the same department, location and requisition. Weeks without an event between the first and the last one have a row.';
comment on column heymilo_sync.weekly_figures.weekly_id is 'Number of the row.';
comment on column heymilo_sync.weekly_figures.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo_sync.weekly_figures.posting_id is 'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_sync.weekly_figures.department is 'Department in the interviews'' own data. NULL when they have none.';
comment on column heymilo_sync.weekly_figures.location is 'Location in the interviews'' own data. NULL when they have none.';
comment on column heymilo_sync.weekly_figures.requisition is 'Requisition in the interviews'' own data. NULL when they have none.';
comment on column heymilo_sync.weekly_figures.week is 'Monday of the week of the events, in the reporting time zone.';
comment on column heymilo_sync.weekly_figures.invited_count is 'Number of invitations in the week.';
comment on column heymilo_sync.weekly_figures.interviewed_count is 'Number of interviews that came to their end in the week.';
comment on column heymilo_sync.weekly_figures.shortlisted_count is 'Number of interviews that were shortlisted in the week.';
comment on column heymilo_sync.weekly_figures.dismissed_count is 'Number of interviews that were dismissed in the week.';

CREATE INDEX weekly_figures_posting_idx ON heymilo_sync.weekly_figures USING btree (workspace_id, posting_id);
comment on index heymilo_sync.weekly_figures_posting_idx is 'The weeks of a posting, to be computed anew.';

create table heymilo_sync.duration_figures (
    duration_id bigint not null generated always as identity,
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
    constraint duration_figures_pkey PRIMARY KEY (duration_id)
);

comment on table heymilo_sync.duration_figures is 'How long the steps of a posting take, over all its interviews.';
comment on column heymilo_sync.duration_figures.duration_id is 'Number of the row.';
comment on column heymilo_sync.duration_figures.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo_sync.duration_figures.posting_id is 'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_sync.duration_figures.step_key is 'The step within its posting: its id, or its place where HeyMilo gives no id.';
comment on column heymilo_sync.duration_figures.step_id is 'HeyMilo''s id of the step. NULL when HeyMilo gives none.';
comment on column heymilo_sync.duration_figures.step_order is 'Place of the step in the workflow, from 1, as the interviews tell it. NULL when they do not.';
comment on column heymilo_sync.duration_figures.finished_count is 'Number of interviews whose candidate finished the step, or was knocked out by it.';
comment on column heymilo_sync.duration_figures.timed_in_step_count is 'Number of those with a time in the step.';
comment on column heymilo_sync.duration_figures.p50_minutes_in_step is 'Median of the minutes in the step. NULL when none is known.';
comment on column heymilo_sync.duration_figures.p90_minutes_in_step is '90th percentile of the minutes in the step. NULL when none is known.';
comment on column heymilo_sync.duration_figures.timed_since_previous_count is 'Number of those with a time since the end of the step before.';
comment on column heymilo_sync.duration_figures.p50_hours_since_previous is 'Median of the hours since the end of the step before. NULL when none is known.';
comment on column heymilo_sync.duration_figures.p90_hours_since_previous is '90th percentile of the hours since the end of the step before. NULL when none is known.';
comment on column heymilo_sync.duration_figures.timed_since_invitation_count is 'Number of those with a time since the invitation.';
comment on column heymilo_sync.duration_figures.p50_hours_since_invitation is 'Median of the hours since the invitation. NULL when none is known.';
comment on column heymilo_sync.duration_figures.p90_hours_since_invitation is '90th percentile of the hours since the invitation. NULL when none is known.';

CREATE INDEX duration_figures_posting_idx ON heymilo_sync.duration_figures USING btree (workspace_id, posting_id);
comment on index heymilo_sync.duration_figures_posting_idx is 'The steps of a posting, to be computed anew.';

CREATE OR REPLACE FUNCTION heymilo_sync.outcomes_of_posting(workspace text, posting text)
 RETURNS SETOF heymilo.interview_outcomes
 LANGUAGE plpgsql
 STABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
$function$;

comment on function heymilo_sync.outcomes_of_posting(text,text) is 'The outcomes of a posting. For NULL: the outcomes of interviews whose posting is not known.';

CREATE OR REPLACE FUNCTION heymilo_sync.cohort_key(posting text, invited_at timestamp with time zone, zone text, department text, location text, requisition text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN (ROW(posting, heymilo_bi.week_of(invited_at, zone), department, location, requisition))::text;

comment on function heymilo_sync.cohort_key(text,timestamp with time zone,text,text,text,text) is 'Posting, week and dimensions as one text, in which NULL differs from an empty text.';

CREATE OR REPLACE FUNCTION heymilo_sync.write_figures(workspace text, posting text)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET plan_cache_mode TO 'force_custom_plan'
 SET enable_seqscan TO 'off'
AS $function$
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
$function$;

comment on function heymilo_sync.write_figures(text,text) is 'Computes all figures of a posting anew from the outcomes and the other rows of its interviews.';

CREATE OR REPLACE FUNCTION heymilo_sync.write_step_figures(workspace text, posting text, cohort_ids bigint[], interview_ids text[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
$function$;

comment on function heymilo_sync.write_step_figures(text,text,bigint[],text[]) is 'Computes step_figures and duration_figures of a posting.';

CREATE OR REPLACE FUNCTION heymilo_sync.write_criterion_figures(workspace text, posting text, cohort_ids bigint[], interview_ids text[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
$function$;

comment on function heymilo_sync.write_criterion_figures(text,text,bigint[],text[]) is 'Computes criterion_figures of a posting.';

CREATE OR REPLACE FUNCTION heymilo_sync.write_question_figures(workspace text, cohort_ids bigint[], interview_ids text[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
$function$;

comment on function heymilo_sync.write_question_figures(text,bigint[],text[]) is 'Computes question_figures of a posting.';

CREATE OR REPLACE FUNCTION heymilo_sync.write_signal_figures(workspace text, cohort_ids bigint[], interview_ids text[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
$function$;

comment on function heymilo_sync.write_signal_figures(text,bigint[],text[]) is 'Computes signal_figures of a posting.';

CREATE OR REPLACE FUNCTION heymilo_sync.write_score_figures(workspace text, cohort_ids bigint[], interview_ids text[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
$function$;

comment on function heymilo_sync.write_score_figures(text,bigint[],text[]) is 'Computes score_figures and decile_figures of a posting.';

CREATE OR REPLACE FUNCTION heymilo_sync.write_source_figures(workspace text, cohort_ids bigint[], interview_ids text[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
$function$;

comment on function heymilo_sync.write_source_figures(text,bigint[],text[]) is 'Computes source_figures of a posting.';

CREATE OR REPLACE FUNCTION heymilo_sync.write_weekly_figures(workspace text, posting text)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
$function$;

comment on function heymilo_sync.write_weekly_figures(text,text) is 'Computes weekly_figures of a posting.';

CREATE OR REPLACE FUNCTION heymilo_sync.write_group_figures(workspace text, cohort_ids bigint[], interview_ids text[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
$function$;

comment on function heymilo_sync.write_group_figures(text,bigint[],text[]) is 'Computes group_figures of a posting.';

CREATE OR REPLACE FUNCTION heymilo_sync.write_due_figures()
 RETURNS boolean
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
$function$;

comment on function heymilo_sync.write_due_figures() is 'Computes the figures of the posting that is due for longest. Returns false when none is due, and while another daemon is at it.';

CREATE OR REPLACE FUNCTION heymilo_sync.make_all_figures_due()
 RETURNS void
 LANGUAGE sql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    insert into heymilo_sync.figures_due (workspace_id, posting_id)
    select workspace_id, posting_id
    from heymilo.interview_outcomes
    group by workspace_id, posting_id
$function$;

comment on function heymilo_sync.make_all_figures_due() is 'Makes the figures of all postings due: after a change of the settings.';

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
   FROM heymilo_bi.interview_facts interviews
     JOIN turns USING (workspace_id, interview_id);

comment on view heymilo.transcripts is 'Every turn of every conversation, web interview and SMS, one row each: order by channel and position to read an interview. Without test postings and deleted interviews. Personal data.';
comment on column heymilo.transcripts.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo.transcripts.posting_id is 'The posting the candidate was invited to.';
comment on column heymilo.transcripts.interview_id is 'The interview the row belongs to.';
comment on column heymilo.transcripts.channel is 'web_interview (spoken) or sms (written).';
comment on column heymilo.transcripts."position" is 'Place of the turn in its conversation, from 1.';
comment on column heymilo.transcripts.speaker is 'Speaker or sender of the turn, in HeyMilo''s word.';
comment on column heymilo.transcripts.text is 'What was said or written. Personal data.';
comment on column heymilo.transcripts.offset_seconds is 'How far into the web interview it was said, in seconds. NULL for sms.';
comment on column heymilo.transcripts.sent_at is 'When the SMS was sent. NULL for web_interview, and when HeyMilo does not tell.';

create table heymilo_sync.demographic_attributes (
    workspace_id text not null,
    attribute text not null,
    path text not null,
    constraint demographic_attributes_pkey PRIMARY KEY (workspace_id, attribute)
);

comment on table heymilo_sync.demographic_attributes is 'Where an interview tells about its candidate what heymilo_demographics counts by. The daemon writes this at each start from the settings ([demographics]).';
comment on column heymilo_sync.demographic_attributes.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo_sync.demographic_attributes.attribute is 'The attribute, such as sex.';
comment on column heymilo_sync.demographic_attributes.path is 'Where it is in heymilo.interviews, such as data.eeo_gender or metadata.sex.';

CREATE OR REPLACE FUNCTION heymilo_sync.group_name(answer jsonb)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN (SELECT CASE WHEN (plain.answer ~ concat_ws('|'::text, '^$', 'declin', 'refus', 'prefer(red)? not', 'rather not', 'cho(o)?se not', 'undisclosed', 'not (disclose|provided|specified|stated|answered|available|applicable)', '(do not|dont|did not|didnt) (want|wish|care)', '^(unknown|not known|no answer|no response|none given|n ?/? ?a)$')) THEN NULL::text ELSE (upper("left"(folded.answer, 1)) || SUBSTRING(folded.answer FROM 2)) END AS "case" FROM ((SELECT btrim(regexp_replace(lower((group_name.answer #>> '{}'::text[])), '[[:space:]]+'::text, ' '::text, 'g'::text)) AS answer WHERE (jsonb_typeof(group_name.answer) = ANY (ARRAY['string'::text, 'number'::text, 'boolean'::text]))) folded CROSS JOIN LATERAL (SELECT btrim(regexp_replace(translate(folded.answer, '''’‘`´.'::text, ''::text), '[[:space:]_‐‑‒–—-]+'::text, ' '::text, 'g'::text)) AS answer) plain));

comment on function heymilo_sync.group_name(jsonb) is 'The group that an answer names: case and blanks are folded, so that "Female" and " FEMALE" are one group. NULL for a missing or declined answer.';

CREATE OR REPLACE FUNCTION heymilo_sync.groups_of_interview(attributes text[], paths text[], data jsonb, metadata jsonb)
 RETURNS TABLE(dimension text, group_name text, is_provided boolean)
 LANGUAGE sql
 IMMUTABLE
AS $function$
    with groups as materialized (
        select
            attribute,
            heymilo_sync.group_name(heymilo_sync.at_path(data, metadata, string_to_array(path, '.'))) as group_name
        from unnest(attributes, paths) as mapped (attribute, path)
    ),
    dimensions as (
        select attribute as dimension, group_name
        from groups
        union all
        select one.attribute || ' x ' || other.attribute, one.group_name || ' x ' || other.group_name
        from groups as one
        join groups as other on other.attribute > one.attribute
    )
    select dimension, coalesce(group_name, 'Not provided'), group_name is not null
    from dimensions
$function$;

comment on function heymilo_sync.groups_of_interview(text[],text[],jsonb,jsonb) is 'The groups to which the candidate of an interview belongs by these fields of the interview: one row per dimension.';

CREATE OR REPLACE FUNCTION heymilo_bi.two_proportion_p(selected numeric, size numeric, reference_selected numeric, reference_size numeric)
 RETURNS double precision
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN (SELECT ((series.t * ((0.254829592)::double precision + (series.t * (('-0.284496736'::numeric)::double precision + (series.t * ((1.421413741)::double precision + (series.t * (('-1.453152027'::numeric)::double precision + (series.t * (1.061405429)::double precision))))))))) * exp((- LEAST((distance.x * distance.x), (700)::double precision)))) FROM ((SELECT (((abs(((two_proportion_p.selected / NULLIF(two_proportion_p.size, (0)::numeric)) - (two_proportion_p.reference_selected / NULLIF(two_proportion_p.reference_size, (0)::numeric)))))::double precision / NULLIF(sqrt((((((two_proportion_p.selected + two_proportion_p.reference_selected) / NULLIF((two_proportion_p.size + two_proportion_p.reference_size), (0)::numeric)) * ((1)::numeric - ((two_proportion_p.selected + two_proportion_p.reference_selected) / NULLIF((two_proportion_p.size + two_proportion_p.reference_size), (0)::numeric)))) * (((1)::numeric / NULLIF(two_proportion_p.size, (0)::numeric)) + ((1)::numeric / NULLIF(two_proportion_p.reference_size, (0)::numeric)))))::double precision), (0)::double precision)) / sqrt((2)::double precision)) AS x) distance CROSS JOIN LATERAL (SELECT ((1)::double precision / ((1)::double precision + ((0.3275911)::double precision * distance.x))) AS t) series));

comment on function heymilo_bi.two_proportion_p(numeric,numeric,numeric,numeric) is 'Two-sided p of the two-proportion z-test: how likely a difference at least as large is by chance alone. With fewer than 5 selected or not selected it is a rough guide. NULL when both rates are 0 or 1, and without members.';

create view heymilo_demographics.weekly_groups as
 SELECT cohorts.workspace_id,
    cohorts.posting_id,
    postings.posting_title,
    postings.posting_label,
    COALESCE(cohorts.department, postings.department) AS department,
    COALESCE(cohorts.location, postings.location) AS location,
    COALESCE(cohorts.requisition, postings.requisition) AS requisition,
    cohorts.invited_week,
    figures.dimension,
    figures.group_name,
    figures.is_provided,
    figures.assessed_count,
    figures.decided_count,
    figures.selected_count,
    figures.scored_count,
    figures.above_median_count,
    'monitoring aid, not a bias audit'::text AS purpose
   FROM heymilo_sync.group_figures figures
     JOIN heymilo_sync.cohorts USING (cohort_id)
     LEFT JOIN heymilo_sync.known_postings postings ON postings.workspace_id = cohorts.workspace_id AND postings.posting_id = cohorts.posting_id
  WHERE postings.is_hidden IS NOT TRUE;

comment on view heymilo_demographics.weekly_groups is 'How many candidates of a group are assessed, decided on, selected and scored: one row per cohort (posting, week invited), dimension and group. The counts add up over postings and weeks.';
comment on column heymilo_demographics.weekly_groups.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo_demographics.weekly_groups.posting_id is 'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_demographics.weekly_groups.posting_title is 'Title of the posting. Titles can repeat: posting_label is unique. NULL until the posting was read.';
comment on column heymilo_demographics.weekly_groups.posting_label is 'Title of the posting, with its id where another posting of the workspace has the same title. NULL until the posting was read.';
comment on column heymilo_demographics.weekly_groups.department is 'Department, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_demographics.weekly_groups.location is 'Location, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_demographics.weekly_groups.requisition is 'Requisition, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_demographics.weekly_groups.invited_week is 'Monday of the week of the invitation, in the reporting time zone of the settings. NULL until the candidates list has been read.';
comment on column heymilo_demographics.weekly_groups.dimension is 'An attribute of the settings, such as sex, or two of them together, such as race x sex.';
comment on column heymilo_demographics.weekly_groups.group_name is 'The group, from the candidates'' own answers: case and blanks are folded. "Not provided" stands for missing and declined answers.';
comment on column heymilo_demographics.weekly_groups.is_provided is 'Whether the candidates gave an answer.';
comment on column heymilo_demographics.weekly_groups.assessed_count is 'Number of interviews of the group that have come to an end: completed, knocked out or decided.';
comment on column heymilo_demographics.weekly_groups.decided_count is 'Number of those that are shortlisted or dismissed.';
comment on column heymilo_demographics.weekly_groups.selected_count is 'Number of those that are shortlisted.';
comment on column heymilo_demographics.weekly_groups.scored_count is 'Number of interviews of the group with an overall score.';
comment on column heymilo_demographics.weekly_groups.above_median_count is 'Number of those above the median score of their posting.';
comment on column heymilo_demographics.weekly_groups.purpose is 'What these figures are: a monitoring aid, not a bias audit.';

create view heymilo_demographics.selection_rates as
 WITH figures AS MATERIALIZED (
         SELECT cohorts.workspace_id,
            cohorts.posting_id,
            figures.dimension,
            figures.group_name,
            figures.is_provided,
            sum(figures.assessed_count)::bigint AS assessed_count,
            sum(figures.decided_count)::bigint AS decided_count,
            sum(figures.selected_count)::bigint AS selected_count
           FROM heymilo_sync.group_figures figures
             JOIN heymilo_sync.cohorts USING (cohort_id)
          GROUP BY cohorts.workspace_id, cohorts.posting_id, figures.dimension, figures.group_name, figures.is_provided
        ), groups AS (
         SELECT
                CASE
                    WHEN GROUPING(figures.posting_id) = 0 THEN 'posting'::text
                    ELSE 'workspace'::text
                END AS scope,
            figures.workspace_id,
            figures.posting_id,
            postings.posting_title,
            postings.posting_label,
            figures.dimension,
            figures.group_name,
            figures.is_provided,
            sum(figures.assessed_count)::bigint AS assessed_count,
            sum(figures.decided_count)::bigint AS decided_count,
            sum(figures.selected_count)::bigint AS selected_count
           FROM figures
             LEFT JOIN heymilo_sync.known_postings postings USING (workspace_id, posting_id)
          WHERE postings.is_hidden IS NOT TRUE
          GROUP BY GROUPING SETS ((figures.workspace_id, figures.posting_id, postings.posting_title, postings.posting_label, figures.dimension, figures.group_name, figures.is_provided), (figures.workspace_id, figures.dimension, figures.group_name, figures.is_provided))
        ), rates AS (
         SELECT groups.scope,
            groups.workspace_id,
            groups.posting_id,
            groups.posting_title,
            groups.posting_label,
            groups.dimension,
            groups.group_name,
            groups.is_provided,
            groups.assessed_count,
            groups.decided_count,
            groups.selected_count,
            heymilo_bi.is_small(groups.assessed_count) AS is_small,
                CASE
                    WHEN groups.is_provided THEN groups.assessed_count::numeric < (0.02 * sum(groups.assessed_count) FILTER (WHERE groups.is_provided) OVER dimension)
                    ELSE NULL::boolean
                END AS is_below_two_percent,
                CASE
                    WHEN groups.is_provided THEN heymilo_bi.rate(groups.selected_count, groups.assessed_count)
                    ELSE NULL::double precision
                END AS selection_rate,
                CASE
                    WHEN groups.is_provided THEN heymilo_bi.rate(groups.selected_count, groups.decided_count)
                    ELSE NULL::double precision
                END AS decided_selection_rate
           FROM groups
          WHERE groups.assessed_count > 0
          WINDOW dimension AS (PARTITION BY groups.scope, groups.workspace_id, groups.posting_id, groups.dimension)
        ), compared AS (
         SELECT rates.scope,
            rates.workspace_id,
            rates.posting_id,
            rates.posting_title,
            rates.posting_label,
            rates.dimension,
            rates.group_name,
            rates.is_provided,
            rates.assessed_count,
            rates.decided_count,
            rates.selected_count,
            rates.is_small,
            rates.is_below_two_percent,
            rates.selection_rate,
            rates.decided_selection_rate,
            first_value(ARRAY[rates.selected_count::numeric, rates.assessed_count::numeric, rates.decided_count::numeric]) OVER (dimension ORDER BY (NOT rates.is_provided), rates.is_small, rates.is_below_two_percent, rates.selection_rate DESC NULLS LAST, rates.group_name) AS reference,
            first_value(ARRAY[rates.selected_count::numeric, rates.decided_count::numeric]) OVER (dimension ORDER BY (NOT rates.is_provided), (rates.decided_count = 0), rates.is_small, rates.is_below_two_percent, rates.decided_selection_rate DESC NULLS LAST, rates.group_name) AS decided_reference
           FROM rates
          WINDOW dimension AS (PARTITION BY rates.scope, rates.workspace_id, rates.posting_id, rates.dimension)
        ), ratios AS (
         SELECT compared.scope,
            compared.workspace_id,
            compared.posting_id,
            compared.posting_title,
            compared.posting_label,
            compared.dimension,
            compared.group_name,
            compared.is_provided,
            compared.assessed_count,
            compared.decided_count,
            compared.selected_count,
            compared.is_small,
            compared.is_below_two_percent,
            compared.selection_rate,
            compared.decided_selection_rate,
            compared.reference,
            compared.decided_reference,
            compared.selection_rate / NULLIF((compared.reference[1] / NULLIF(compared.reference[2], 0::numeric))::double precision, 0::double precision) AS impact_ratio,
            compared.decided_selection_rate / NULLIF((compared.decided_reference[1] / NULLIF(compared.decided_reference[2], 0::numeric))::double precision, 0::double precision) AS decided_impact_ratio
           FROM compared
        )
 SELECT ratios.scope,
    ratios.workspace_id,
    ratios.posting_id,
    ratios.posting_title,
    ratios.posting_label,
    ratios.dimension,
    ratios.group_name,
    ratios.assessed_count,
    ratios.decided_count,
    ratios.selected_count,
    ratios.assessed_count - ratios.decided_count AS undecided_count,
    ratios.selection_rate,
    ratios.impact_ratio,
    ratios.impact_ratio < 0.8::double precision AS is_below_four_fifths,
        CASE
            WHEN ratios.is_provided THEN heymilo_bi.two_proportion_p(ratios.selected_count::numeric, ratios.assessed_count::numeric, ratios.reference[1], ratios.reference[2])
            ELSE NULL::double precision
        END AS p_value,
    ratios.decided_selection_rate,
    ratios.decided_impact_ratio,
    ratios.decided_impact_ratio < 0.8::double precision AS is_decided_below_four_fifths,
        CASE
            WHEN ratios.is_provided THEN heymilo_bi.two_proportion_p(ratios.selected_count::numeric, ratios.decided_count::numeric, ratios.decided_reference[1], ratios.decided_reference[2])
            ELSE NULL::double precision
        END AS decided_p_value,
    ratios.is_small,
    ratios.is_below_two_percent,
    'monitoring aid, not a bias audit'::text AS purpose
   FROM ratios;

comment on view heymilo_demographics.selection_rates is 'How often candidates of a group are shortlisted, beside the group with the highest rate: one row per dimension and group, for each posting and for the whole workspace. A monitoring aid, not a bias audit.';
comment on column heymilo_demographics.selection_rates.scope is 'posting, or workspace for all postings together.';
comment on column heymilo_demographics.selection_rates.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo_demographics.selection_rates.posting_id is 'The posting. NULL for interviews whose posting is not known, and for the scope workspace.';
comment on column heymilo_demographics.selection_rates.posting_title is 'Title of the posting. NULL until the posting was read, and for the scope workspace.';
comment on column heymilo_demographics.selection_rates.posting_label is 'Title of the posting, with its id where the title repeats. NULL until the posting was read, and for the scope workspace.';
comment on column heymilo_demographics.selection_rates.dimension is 'An attribute of the settings, such as sex, or two of them together, such as race x sex.';
comment on column heymilo_demographics.selection_rates.group_name is 'The group, from the candidates'' own answers: case and blanks are folded. "Not provided" stands for missing and declined answers.';
comment on column heymilo_demographics.selection_rates.assessed_count is 'Number of interviews of the group that have come to an end: completed, knocked out or decided.';
comment on column heymilo_demographics.selection_rates.decided_count is 'Number of those that are shortlisted or dismissed.';
comment on column heymilo_demographics.selection_rates.selected_count is 'Number of those that are shortlisted.';
comment on column heymilo_demographics.selection_rates.undecided_count is 'Number of those that are neither shortlisted nor dismissed, knocked-out candidates included.';
comment on column heymilo_demographics.selection_rates.selection_rate is 'selected_count of assessed_count, 0.0 to 1.0: undecided candidates count as not selected. NULL for "Not provided".';
comment on column heymilo_demographics.selection_rates.impact_ratio is 'selection_rate divided by the highest of the groups that are neither small nor below 2 % (of all, when there is no such group). NULL for "Not provided", and when the highest rate is 0.';
comment on column heymilo_demographics.selection_rates.is_below_four_fifths is 'Whether impact_ratio is below 0.8. NULL when there is none.';
comment on column heymilo_demographics.selection_rates.p_value is 'Two-sided p of the two-proportion z-test against the group with the highest rate. NULL for "Not provided", and when both rates are 0 or 1.';
comment on column heymilo_demographics.selection_rates.decided_selection_rate is 'selected_count of decided_count, 0.0 to 1.0: undecided candidates are left out. NULL for "Not provided", and without a decision.';
comment on column heymilo_demographics.selection_rates.decided_impact_ratio is 'The same as impact_ratio, for decided_selection_rate. NULL as there, and without a decision.';
comment on column heymilo_demographics.selection_rates.is_decided_below_four_fifths is 'Whether decided_impact_ratio is below 0.8. NULL when there is none.';
comment on column heymilo_demographics.selection_rates.decided_p_value is 'The same as p_value, for decided_selection_rate. NULL as there, and without a decision.';
comment on column heymilo_demographics.selection_rates.is_small is 'Whether the group has fewer than 30: its rate may be chance.';
comment on column heymilo_demographics.selection_rates.is_below_two_percent is 'Whether the group has less than 2 % of the candidates who gave an answer: an audit may leave such a group out. NULL for "Not provided".';
comment on column heymilo_demographics.selection_rates.purpose is 'What these figures are: a monitoring aid, not a bias audit.';

create view heymilo_demographics.scoring_rates as
 WITH figures AS MATERIALIZED (
         SELECT cohorts.workspace_id,
            cohorts.posting_id,
            figures.dimension,
            figures.group_name,
            figures.is_provided,
            sum(figures.scored_count)::bigint AS scored_count,
            sum(figures.above_median_count)::bigint AS above_median_count
           FROM heymilo_sync.group_figures figures
             JOIN heymilo_sync.cohorts USING (cohort_id)
          GROUP BY cohorts.workspace_id, cohorts.posting_id, figures.dimension, figures.group_name, figures.is_provided
        ), groups AS (
         SELECT
                CASE
                    WHEN GROUPING(figures.posting_id) = 0 THEN 'posting'::text
                    ELSE 'workspace'::text
                END AS scope,
            figures.workspace_id,
            figures.posting_id,
            postings.posting_title,
            postings.posting_label,
            figures.dimension,
            figures.group_name,
            figures.is_provided,
            sum(figures.scored_count)::bigint AS scored_count,
            sum(figures.above_median_count)::bigint AS above_median_count
           FROM figures
             LEFT JOIN heymilo_sync.known_postings postings USING (workspace_id, posting_id)
          WHERE postings.is_hidden IS NOT TRUE
          GROUP BY GROUPING SETS ((figures.workspace_id, figures.posting_id, postings.posting_title, postings.posting_label, figures.dimension, figures.group_name, figures.is_provided), (figures.workspace_id, figures.dimension, figures.group_name, figures.is_provided))
        ), rates AS (
         SELECT groups.scope,
            groups.workspace_id,
            groups.posting_id,
            groups.posting_title,
            groups.posting_label,
            groups.dimension,
            groups.group_name,
            groups.is_provided,
            groups.scored_count,
            groups.above_median_count,
            heymilo_bi.is_small(groups.scored_count) AS is_small,
                CASE
                    WHEN groups.is_provided THEN groups.scored_count::numeric < (0.02 * sum(groups.scored_count) FILTER (WHERE groups.is_provided) OVER dimension)
                    ELSE NULL::boolean
                END AS is_below_two_percent,
                CASE
                    WHEN groups.is_provided THEN heymilo_bi.rate(groups.above_median_count, groups.scored_count)
                    ELSE NULL::double precision
                END AS scoring_rate
           FROM groups
          WHERE groups.scored_count > 0
          WINDOW dimension AS (PARTITION BY groups.scope, groups.workspace_id, groups.posting_id, groups.dimension)
        ), compared AS (
         SELECT rates.scope,
            rates.workspace_id,
            rates.posting_id,
            rates.posting_title,
            rates.posting_label,
            rates.dimension,
            rates.group_name,
            rates.is_provided,
            rates.scored_count,
            rates.above_median_count,
            rates.is_small,
            rates.is_below_two_percent,
            rates.scoring_rate,
            first_value(ARRAY[rates.above_median_count::numeric, rates.scored_count::numeric]) OVER (dimension ORDER BY (NOT rates.is_provided), rates.is_small, rates.is_below_two_percent, rates.scoring_rate DESC NULLS LAST, rates.group_name) AS reference
           FROM rates
          WINDOW dimension AS (PARTITION BY rates.scope, rates.workspace_id, rates.posting_id, rates.dimension)
        ), ratios AS (
         SELECT compared.scope,
            compared.workspace_id,
            compared.posting_id,
            compared.posting_title,
            compared.posting_label,
            compared.dimension,
            compared.group_name,
            compared.is_provided,
            compared.scored_count,
            compared.above_median_count,
            compared.is_small,
            compared.is_below_two_percent,
            compared.scoring_rate,
            compared.reference,
            compared.scoring_rate / NULLIF((compared.reference[1] / NULLIF(compared.reference[2], 0::numeric))::double precision, 0::double precision) AS impact_ratio
           FROM compared
        )
 SELECT ratios.scope,
    ratios.workspace_id,
    ratios.posting_id,
    ratios.posting_title,
    ratios.posting_label,
    ratios.dimension,
    ratios.group_name,
    ratios.scored_count,
    ratios.above_median_count,
    ratios.scoring_rate,
    ratios.impact_ratio,
    ratios.impact_ratio < 0.8::double precision AS is_below_four_fifths,
        CASE
            WHEN ratios.is_provided THEN heymilo_bi.two_proportion_p(ratios.above_median_count::numeric, ratios.scored_count::numeric, ratios.reference[1], ratios.reference[2])
            ELSE NULL::double precision
        END AS p_value,
    ratios.is_small,
    ratios.is_below_two_percent,
    'monitoring aid, not a bias audit'::text AS purpose
   FROM ratios;

comment on view heymilo_demographics.scoring_rates is 'How often candidates of a group score above the median of their posting, beside the group with the highest rate: one row per dimension and group, for each posting and for the whole workspace. A monitoring aid, not a bias audit.';
comment on column heymilo_demographics.scoring_rates.scope is 'posting, or workspace for all postings together.';
comment on column heymilo_demographics.scoring_rates.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo_demographics.scoring_rates.posting_id is 'The posting. NULL for interviews whose posting is not known, and for the scope workspace.';
comment on column heymilo_demographics.scoring_rates.posting_title is 'Title of the posting. NULL until the posting was read, and for the scope workspace.';
comment on column heymilo_demographics.scoring_rates.posting_label is 'Title of the posting, with its id where the title repeats. NULL until the posting was read, and for the scope workspace.';
comment on column heymilo_demographics.scoring_rates.dimension is 'An attribute of the settings, such as sex, or two of them together, such as race x sex.';
comment on column heymilo_demographics.scoring_rates.group_name is 'The group, from the candidates'' own answers: case and blanks are folded. "Not provided" stands for missing and declined answers.';
comment on column heymilo_demographics.scoring_rates.scored_count is 'Number of interviews of the group with an overall score.';
comment on column heymilo_demographics.scoring_rates.above_median_count is 'Number of those above the median score of their posting.';
comment on column heymilo_demographics.scoring_rates.scoring_rate is 'above_median_count of scored_count, 0.0 to 1.0. NULL for "Not provided".';
comment on column heymilo_demographics.scoring_rates.impact_ratio is 'scoring_rate divided by the highest of the groups that are neither small nor below 2 % (of all, when there is no such group). NULL for "Not provided", and when the highest rate is 0.';
comment on column heymilo_demographics.scoring_rates.is_below_four_fifths is 'Whether impact_ratio is below 0.8. NULL when there is none.';
comment on column heymilo_demographics.scoring_rates.p_value is 'Two-sided p of the two-proportion z-test against the group with the highest rate. NULL for "Not provided", and when both rates are 0 or 1.';
comment on column heymilo_demographics.scoring_rates.is_small is 'Whether the group has fewer than 30: its rate may be chance.';
comment on column heymilo_demographics.scoring_rates.is_below_two_percent is 'Whether the group has less than 2 % of the candidates who gave an answer: an audit may leave such a group out. NULL for "Not provided".';
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
comment on column heymilo_sync.turns.speaker is 'Speaker or sender of the turn, in HeyMilo''s word.';
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

comment on table heymilo_sync.search_documents is 'The words of each interview''s conversations, for heymilo.search_transcripts. The daemon builds a document after it has written the interview, and can build it again at any time. Personal data.';
comment on column heymilo_sync.search_documents.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo_sync.search_documents.interview_id is 'The interview the row belongs to.';
comment on column heymilo_sync.search_documents.posting_id is 'Which posting the candidate was invited to. NULL when HeyMilo gives none.';
comment on column heymilo_sync.search_documents.language is 'The text search configuration of the document, after the posting''s language. A name, since pg_upgrade does not carry regconfig over.';
comment on column heymilo_sync.search_documents.document is 'The words with their places. Weight D for the interviewer''s words, A for all other words.';
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

comment on view heymilo_bi.search_lag is 'How far the search is behind the tables, one row per workspace. Normally seconds. The lag grows without end where search is switched off.';
comment on column heymilo_bi.search_lag.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo_bi.search_lag.interviews is 'Interviews whose newest results cannot be found by a search yet.';
comment on column heymilo_bi.search_lag.oldest_fetched_at is 'When the oldest of these results were received. NULL when there are none.';
comment on column heymilo_bi.search_lag.lag_seconds is 'Seconds since oldest_fetched_at. 0 when the search is up to date.';

CREATE OR REPLACE FUNCTION heymilo_sync.search_document(workspace text, interview text, language text, OUT document tsvector, OUT is_cut boolean)
 RETURNS record
 LANGUAGE plpgsql
 STABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
    -- A tsvector holds 1 MiB: a text of this length nearly always fits.
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

CREATE OR REPLACE FUNCTION heymilo_sync.write_search_document(workspace text, interview text)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
    posting     text;
    received_at timestamptz;
    words_of    text;
begin
    -- Without the lock, an interview that is removed meanwhile would leave its document behind.
    select posting_id, fetched_at
    into posting, received_at
    from heymilo.interviews
    where interview_id = interview
      and workspace_id = workspace
      and fetched_at is not null
      and deleted_at is null
    for key share;

    if not found then
        return;
    end if;

    select heymilo_sync.search_language(language)
    into words_of
    from heymilo.postings
    where workspace_id = workspace
      and posting_id = posting;

    insert into heymilo_sync.search_documents (
        workspace_id, interview_id, posting_id, language, document, is_cut, fetched_at
    )
    select workspace, interview, posting, coalesce(words_of, 'simple'), document, is_cut, received_at
    from heymilo_sync.search_document(workspace, interview, coalesce(words_of, 'simple'))
    on conflict (interview_id, workspace_id) do update
        set posting_id = excluded.posting_id,
            language   = excluded.language,
            document   = excluded.document,
            is_cut     = excluded.is_cut,
            fetched_at = excluded.fetched_at,
            indexed_at = excluded.indexed_at;
end
$function$;

comment on function heymilo_sync.write_search_document(text,text) is 'Builds the search document of an interview from the rows that it has now.';

CREATE OR REPLACE FUNCTION heymilo_sync.search_document_languages()
 RETURNS SETOF text
 LANGUAGE plpgsql
 STABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
    found_language text;
begin
    -- The few distinct values, each by one look into the index.
    loop
        select min(language)
        into found_language
        from heymilo_sync.search_documents
        where language > coalesce(found_language, '');

        exit when found_language is null;
        return next found_language;
    end loop;
end
$function$;

comment on function heymilo_sync.search_document_languages() is 'The languages of the search documents, each once.';

CREATE OR REPLACE FUNCTION heymilo_sync.rank_documents(query tsquery, language text, workspace text, posting text, max_results integer)
 RETURNS TABLE(workspace_id text, interview_id text, rank real)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
#variable_conflict use_column
begin
    return query
        -- What no view counts is not found either. Few: they are compared in memory.
        with hidden as materialized (
            select postings.workspace_id, postings.posting_id
            from heymilo.postings
            where postings.test_posting is true
               or postings.deleted_at is not null
        )
        select
            documents.workspace_id,
            documents.interview_id,
            ts_rank(documents.document, rank_documents.query, 1) as rank
        from heymilo_sync.search_documents as documents
        left join hidden
          on hidden.workspace_id = documents.workspace_id
         and hidden.posting_id = documents.posting_id
        where documents.document @@ rank_documents.query
          -- Not by the index of languages, which would find nearly all.
          and documents.language || '' = rank_documents.language
          and hidden.posting_id is null
          and (rank_documents.workspace is null or documents.workspace_id = rank_documents.workspace)
          and (rank_documents.posting is null or documents.posting_id = rank_documents.posting)
        order by rank desc
        fetch first (rank_documents.max_results) rows with ties;
end
$function$;

comment on function heymilo_sync.rank_documents(tsquery,text,text,text,integer) is 'The best documents of one language for a query, with their ties.';

CREATE OR REPLACE FUNCTION heymilo_sync.highlight_turns(workspace text, interview text, config regconfig, any_word tsquery)
 RETURNS text[]
 LANGUAGE plpgsql
 STABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
    return nullif(array(
        select
            coalesce(found.speaker || ': ', '')
            || ts_headline(config, found.text, any_word, 'StartSel=**, StopSel=**, MaxWords=35, MinWords=15')
        from (
            select turns.conversation, turns.position, turns.speaker, turns.text
            from (
                -- A single turn can be too long to be compared.
                select conversation, position, speaker, left(text, 100000) as text
                from heymilo_sync.turns
                where turns.workspace_id = workspace
                  and turns.interview_id = interview
            ) as turns
            where to_tsvector(config, turns.text) @@ any_word
            order by turns.conversation, turns.position
            limit 3
        ) as found
        order by found.conversation, found.position
    ), '{}');
end
$function$;

comment on function heymilo_sync.highlight_turns(text,text,regconfig,tsquery) is 'Up to three turns of an interview that hold one of the words, with the words between **.';

CREATE OR REPLACE FUNCTION heymilo.search_transcripts(query text, workspace text DEFAULT NULL::text, posting text DEFAULT NULL::text, max_results integer DEFAULT 10)
 RETURNS TABLE(workspace_id text, interview_id text, posting_id text, posting_title text, interviewed_at timestamp with time zone, rank real, turns text[])
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
#variable_conflict use_column
begin
    return query
        -- The same words mean other lexemes in each language.
        with parsed as materialized (
            select
                languages.language,
                languages.language::regconfig as config,
                websearch_to_tsquery(languages.language::regconfig, search_transcripts.query) as query
            from heymilo_sync.search_document_languages() as languages (language)
        ),
        -- A word can be in nearly all: only the best are looked up. Some of them may have been deleted
        -- a moment ago.
        ranked as materialized (
            select documents.*, parsed.config, parsed.query
            from parsed
            cross join lateral heymilo_sync.rank_documents(
                parsed.query, parsed.language, search_transcripts.workspace, search_transcripts.posting,
                search_transcripts.max_results + 100
            ) as documents
            order by documents.rank desc
            fetch first (search_transcripts.max_results + 100) rows with ties
        ),
        found as materialized (
            select ranked.*, interviews.posting_id, postings.title, interviews.interviewed_at
            from ranked
            join heymilo.interviews using (workspace_id, interview_id)
            left join heymilo.postings using (workspace_id, posting_id)
            where interviews.deleted_at is null
            order by ranked.rank desc, interviews.interviewed_at desc nulls last, ranked.interview_id
            limit search_transcripts.max_results
        )
        select
            found.workspace_id,
            found.interview_id,
            found.posting_id,
            found.title,
            found.interviewed_at,
            found.rank,
            heymilo_sync.highlight_turns(
                found.workspace_id,
                found.interview_id,
                found.config,
                -- A turn need not hold all the words: the interview does. Words that must not occur are
                -- left out of the comparison.
                replace(nullif(querytree(found.query), 'T'), '&', '|')::tsquery
            )
        from found
        order by found.rank desc, found.interviewed_at desc nulls last, found.interview_id;
end
$function$;

comment on function heymilo.search_transcripts(text,text,text,integer) is 'Interviews in which something was said or written, best first, each with up to three of the turns and the words found between **. The query is as in a web search: words must all occur, "in quotes" side by side, or, -without. Optional: only one workspace, only one posting, how many at most (10). What candidates said counts for more than what the interviewer asked. Without test postings, and without deleted postings and interviews. For example, select * from heymilo.search_transcripts(''kubernetes -docker'') finds interviews with kubernetes and without docker.';

create table heymilo_sync.salts (
    only_row boolean not null default true,
    salt bytea not null,
    constraint salts_pkey PRIMARY KEY (only_row),
    constraint salts_only_row_check CHECK (only_row)
);

comment on table heymilo_sync.salts is 'One random number, made with this database: the key of the tombstones where the settings have none. A reader of this number can try guessed addresses.';
comment on column heymilo_sync.salts.only_row is 'Makes sure that there is one row.';
comment on column heymilo_sync.salts.salt is 'The number. It never changes, because the tombstones depend on it.';

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
    again_of text[],
    request_id bigint,
    due_at timestamp with time zone,
    hold_id bigint,
    hash bytea not null,
    constraint privacy_log_pkey PRIMARY KEY (entry_id)
);

comment on table heymilo_sync.privacy_log is 'What was done under data protection, one row for each time: its actor and its result, never the person it was about. Rows are only added. Each row carries the hash of all rows before it, so that heymilo-sync verify names the first row that was changed.';
comment on column heymilo_sync.privacy_log.entry_id is 'Number of the entry, from 1 and without gaps. Of a removal: the number of the receipt.';
comment on column heymilo_sync.privacy_log.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo_sync.privacy_log.logged_at is 'When.';
comment on column heymilo_sync.privacy_log.done_by is 'The actor: the name given, or else the user of the command or of the database. Of a button: the name beside the password, whether a token was shown, and the address. heymilo-sync for what the daemon does by itself.';
comment on column heymilo_sync.privacy_log.action is 'What was done: removed (the entry is a receipt), requested (an erasure was asked for), held, released or lifted (a removed person or interview may come back). Also dossier (all that is kept about a person was printed) and searched (a name or a phone number was looked for). file means that a recording or resume was read, and the log of the daemon says which. Of a button of the status page or its API: interview_due (an interview is fetched again), failed_due (all that failed are) or lists_due (all lists are read).';
comment on column heymilo_sync.privacy_log.reason is 'Why something was removed: asked (the command erase), gone (HeyMilo has it no more) or retention (retention.interviews). NULL for other actions.';
comment on column heymilo_sync.privacy_log.asked_for is 'How the person was named: candidate, email or interview, or name or phone in a search. NULL when no person was named.';
comment on column heymilo_sync.privacy_log.interviews is 'How many interviews it was about. NULL where that says nothing.';
comment on column heymilo_sync.privacy_log.people is 'How many people it was about. NULL where that says nothing.';
comment on column heymilo_sync.privacy_log.removed is 'How many rows were removed from each table: a JSON object of numbers. NULL when nothing was to be removed.';
comment on column heymilo_sync.privacy_log.again_of is 'Of a removal after a restore (erase --again): the hashes of the receipts that it repeats. NULL otherwise.';
comment on column heymilo_sync.privacy_log.request_id is 'The request in erasure_requests that was noted. NULL for other actions.';
comment on column heymilo_sync.privacy_log.due_at is 'When that request must be done. NULL for other actions.';
comment on column heymilo_sync.privacy_log.hold_id is 'The hold in holds that began or ended. NULL for other actions.';
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
                entry.action, entry.reason, entry.asked_for, entry.interviews, entry.people, entry.removed, entry.again_of,
                entry.request_id, extract(epoch from entry.due_at), entry.hold_id
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
    key_id text not null,
    workspace_id text not null,
    reason text not null,
    entry_id bigint,
    buried_at timestamp with time zone not null default now(),
    constraint tombstones_pkey PRIMARY KEY (digest)
);

comment on table heymilo_sync.tombstones is 'Interviews, candidates and addresses that were removed. Of each only a keyed digest, which is pseudonymous personal data.';
comment on column heymilo_sync.tombstones.digest is 'HMAC-SHA256 of the SHA-256 of the workspace''s name and the id or address, in small letters.';
comment on column heymilo_sync.tombstones.key_id is 'Tells with which key the digest was made: HEYMILO_ERASURE_KEY, or the number in salts when there was none.';
comment on column heymilo_sync.tombstones.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo_sync.tombstones.reason is 'Why it was removed, as in privacy_log. After asked and retention it stays away, even when HeyMilo still has it. After gone only deliveries lose their content: when HeyMilo has it again, it comes back and the tombstone goes.';
comment on column heymilo_sync.tombstones.entry_id is 'The receipt in privacy_log. NULL for an interview that came after its person was erased.';
comment on column heymilo_sync.tombstones.buried_at is 'Since when.';

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

create table heymilo_sync.erasure_requests (
    request_id bigint not null generated always as identity,
    workspace_id text not null,
    requested_at timestamp with time zone not null default now(),
    due_at timestamp with time zone not null,
    requested_by text not null,
    asked_for text not null,
    subject text,
    done_at timestamp with time zone,
    entry_id bigint,
    constraint erasure_requests_pkey PRIMARY KEY (request_id)
);

comment on table heymilo_sync.erasure_requests is 'Requests to erase a person that could not be done at once. heymilo-sync erase --request does one.';
comment on column heymilo_sync.erasure_requests.request_id is 'Number of the request.';
comment on column heymilo_sync.erasure_requests.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo_sync.erasure_requests.requested_at is 'When it was noted.';
comment on column heymilo_sync.erasure_requests.due_at is 'When it must be done: erasures.due_after later, unless the command named a time. The same time is in privacy_log.';
comment on column heymilo_sync.erasure_requests.requested_by is 'The name under which the request was noted.';
comment on column heymilo_sync.erasure_requests.asked_for is 'How the person is named: candidate, email or interview.';
comment on column heymilo_sync.erasure_requests.subject is 'The id or address. NULL once it is done. Personal data.';
comment on column heymilo_sync.erasure_requests.done_at is 'When it was done. NULL until then.';
comment on column heymilo_sync.erasure_requests.entry_id is 'The receipt in privacy_log. NULL until it is done.';

create table heymilo_sync.holds (
    hold_id bigint not null generated always as identity,
    workspace_id text not null,
    asked_for text not null,
    subject text,
    reason text not null,
    held_by text not null,
    held_at timestamp with time zone not null default now(),
    released_by text,
    released_at timestamp with time zone,
    release_reason text,
    constraint holds_pkey PRIMARY KEY (hold_id)
);

comment on table heymilo_sync.holds is 'Legal holds: people and interviews that retention keeps and that erase refuses.';
comment on column heymilo_sync.holds.hold_id is 'Number of the hold.';
comment on column heymilo_sync.holds.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo_sync.holds.asked_for is 'How the person is named: candidate, email or interview.';
comment on column heymilo_sync.holds.subject is 'The id or address. NULL once the hold is released and the person removed. Personal data.';
comment on column heymilo_sync.holds.reason is 'Why, in the words of the hold''s author. Empty once the held person was removed.';
comment on column heymilo_sync.holds.held_by is 'The name under which the hold was placed.';
comment on column heymilo_sync.holds.held_at is 'Since when.';
comment on column heymilo_sync.holds.released_by is 'The name under which the hold was released. NULL while the hold is in force.';
comment on column heymilo_sync.holds.released_at is 'When it was released. NULL while it is in force.';
comment on column heymilo_sync.holds.release_reason is 'Why it was released. NULL while it is in force, empty once the person was removed.';

CREATE OR REPLACE FUNCTION heymilo_sync.fold(word text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN lower((lower((btrim(word, ' 	
'::text) COLLATE "C")) COLLATE "default"));

comment on function heymilo_sync.fold(text) is 'An id or an address as it is compared: without blanks around it and in small letters, like mentions::fold of the program. Where the database has locale C, letters beyond ASCII have no case.';

create view heymilo_sync.held_interviews as
 SELECT interviews.workspace_id,
    interviews.interview_id
   FROM heymilo.interviews
  WHERE (EXISTS ( SELECT
           FROM heymilo_sync.holds
          WHERE holds.workspace_id = interviews.workspace_id AND holds.released_at IS NULL AND heymilo_sync.fold(holds.subject) = heymilo_sync.fold(
                CASE holds.asked_for
                    WHEN 'candidate'::text THEN interviews.candidate_id
                    WHEN 'email'::text THEN interviews.candidate_email
                    ELSE interviews.interview_id
                END)));

comment on view heymilo_sync.held_interviews is 'Interviews that a hold keeps: one row each. Retention and removal leave them alone.';
comment on column heymilo_sync.held_interviews.workspace_id is 'The workspace.';
comment on column heymilo_sync.held_interviews.interview_id is 'The interview.';

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

create table heymilo_sync.retention_runs (
    workspace_id text not null,
    setting text not null,
    first_run_at timestamp with time zone not null default now(),
    last_run_at timestamp with time zone not null default now(),
    last_removed bigint not null,
    total_removed bigint not null,
    constraint retention_runs_pkey PRIMARY KEY (workspace_id, setting)
);

comment on table heymilo_sync.retention_runs is 'When retention last ran and how much it removed, one row per workspace and setting: for heymilo-sync report retention.';
comment on column heymilo_sync.retention_runs.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo_sync.retention_runs.setting is 'The setting, such as retention.inbox.';
comment on column heymilo_sync.retention_runs.first_run_at is 'When it first ran.';
comment on column heymilo_sync.retention_runs.last_run_at is 'When it last ran.';
comment on column heymilo_sync.retention_runs.last_removed is 'How much the last run removed: interviews, deliveries, answers or files.';
comment on column heymilo_sync.retention_runs.total_removed is 'How much all runs removed since first_run_at.';

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
            min(COALESCE(cursors.scanned_at, cursors.due_at)) FILTER (WHERE cursors.list = 'candidates'::text) AS scanned_until
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
    COALESCE(jobs.failed, 0::bigint) AS failed_interviews,
    figures.due_since AS figures_due_since,
    COALESCE(EXTRACT(epoch FROM now() - figures.due_since)::double precision / 60::double precision, 0::double precision) AS figures_minutes_behind
   FROM workspaces
     LEFT JOIN lists USING (workspace_id)
     LEFT JOIN jobs USING (workspace_id)
     LEFT JOIN deliveries USING (workspace_id)
     LEFT JOIN ( SELECT figures_due.workspace_id,
            min(figures_due.due_since) AS due_since
           FROM heymilo_sync.figures_due
          GROUP BY figures_due.workspace_id) figures USING (workspace_id)
     LEFT JOIN heymilo_sync.copying USING (workspace_id)
     LEFT JOIN heymilo_sync.connections USING (workspace_id)
     CROSS JOIN LATERAL ( SELECT
                CASE
                    WHEN copying.workspace_id IS NULL THEN LEAST(lists.read_until, jobs.waiting_since)
                    ELSE NULL::timestamp with time zone
                END AS as_of,
                CASE
                    WHEN copying.workspace_id IS NULL THEN lists.scanned_until
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
comment on column heymilo_bi.freshness.failed_interviews is 'Interviews whose fetch was set aside: their rows stay as they were until a delivery or a changed list row makes them due again.';
comment on column heymilo_bi.freshness.figures_due_since is 'Time of the oldest change that the kept figures of the dashboards do not contain yet. NULL when they contain every change.';
comment on column heymilo_bi.freshness.figures_minutes_behind is 'Minutes since figures_due_since. 0 when the figures contain every change.';

CREATE OR REPLACE FUNCTION heymilo_bi.difference(ours bigint, others bigint, theirs bigint)
 RETURNS bigint
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN (ours < theirs) THEN LEAST(((ours + COALESCE(others, (0)::bigint)) - theirs), (0)::bigint) ELSE (ours - theirs) END;

comment on function heymilo_bi.difference(bigint,bigint,bigint) is 'Our count less HeyMilo''s, which may or may not hold the others: interviews that were removed here, or that moved since HeyMilo counted. NULL when HeyMilo has given no count.';

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
            summary.is_completed,
            places.is_new,
            places.is_new OR COALESCE(GREATEST(summary.interviewed_at, summary.last_activity_at) > counts_1.counted_at, false) OR COALESCE(changes.changed_at > counts_1.counted_at, false) OR jobs.interview_id IS NOT NULL AS has_moved
           FROM heymilo_bi.interview_facts summary
             JOIN heymilo.interviews USING (workspace_id, interview_id)
             LEFT JOIN counts counts_1 ON counts_1.workspace_id = summary.workspace_id AND counts_1.posting_id = summary.posting_id
             LEFT JOIN changes ON changes.workspace_id = summary.workspace_id AND changes.interview_id = summary.interview_id
             LEFT JOIN heymilo_sync.jobs ON jobs.workspace_id = summary.workspace_id AND jobs.interview_id = summary.interview_id AND jobs.state = 'open'::text AND jobs.urgency <= 'look'::heymilo_sync.urgency
             CROSS JOIN LATERAL ( SELECT counts_1.counted_at IS NOT NULL AND (interviews.listed_at IS NULL OR COALESCE(summary.invited_at > counts_1.counted_at, false) OR interviews.first_synced_at > counts_1.counted_until) AS is_new) places
        ), ours AS NOT MATERIALIZED (
         SELECT compared.workspace_id,
            compared.posting_id,
            count(*) FILTER (WHERE NOT compared.is_new) AS candidates,
            count(*) FILTER (WHERE compared.is_new) AS new_candidates,
            count(*) FILTER (WHERE compared.is_completed AND NOT compared.has_moved) AS completed,
            count(*) FILTER (WHERE compared.has_moved) AS moved
           FROM compared
          GROUP BY compared.workspace_id, compared.posting_id
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
    postings.title AS posting_title,
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
comment on column heymilo_bi.reconciliation.counted_at is 'When HeyMilo gave its counts: at every full look at the posting, oftener for long lists, and at every reading while the counts differ. NULL until HeyMilo has given counts.';
comment on column heymilo_bi.reconciliation.heymilo_candidates is 'Candidates of the posting, as HeyMilo counts (total_candidates of the posting''s stats in the API). NULL when HeyMilo has given no count.';
comment on column heymilo_bi.reconciliation.our_candidates is 'Interviews of the posting in these tables that HeyMilo''s list showed when HeyMilo counted.';
comment on column heymilo_bi.reconciliation.candidates_difference is 'our_candidates less heymilo_candidates: 0 is right. Up to not_compared_yet and removed_interviews that HeyMilo counts are no difference. NULL when HeyMilo has given no count.';
comment on column heymilo_bi.reconciliation.heymilo_completed is 'Completed interviews, as HeyMilo counts (completed_interviews of the posting''s stats in the API). NULL when HeyMilo has given no count.';
comment on column heymilo_bi.reconciliation.our_completed is 'Completed interviews in these tables, without those that moved since HeyMilo counted.';
comment on column heymilo_bi.reconciliation.completed_difference is 'our_completed less heymilo_completed: 0 is right. Up to not_compared_yet and the completed ones among removed_interviews that HeyMilo counts are no difference. NULL when HeyMilo has given no count.';
comment on column heymilo_bi.reconciliation.not_compared_yet is 'Interviews that no list has shown yet, that changed or went since HeyMilo counted, or that wait to be fetched. The next count of HeyMilo''s compares them.';
comment on column heymilo_bi.reconciliation.differs_since is 'Since when the counts differ, as noted whenever the list was read. A difference is real when counted_at is later: HeyMilo has counted again since. NULL while they agree.';
comment on column heymilo_bi.reconciliation.removed_interviews is 'Interviews that were removed here, for an erasure or for their age. HeyMilo may still count them. Those that came only after their person was erased are not among them.';

create table heymilo_sync.column_classes (
    relation text not null,
    column_name text not null,
    class text not null,
    constraint column_classes_pkey PRIMARY KEY (relation, column_name)
);

comment on table heymilo_sync.column_classes is 'What each column of each table and view of heymilo-sync holds, as the program knows it. The views of schema heymilo_analyst show a column by its class. Readers'' roles are granted the tables and views that stand here, and no others.';
comment on column heymilo_sync.column_classes.relation is 'The table or view with its schema, such as heymilo.interviews.';
comment on column heymilo_sync.column_classes.column_name is 'The column.';
comment on column heymilo_sync.column_classes.class is 'fact, identifier, free_text, conversation or open. fact: numbers, times, ids, words of HeyMilo. identifier: tells which person it is, or leads to the person. free_text: written about a person or a posting. conversation: what was said or written in an interview. open: JSON that may hold any of these.';

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
        ['heymilo_demographics_reader', 'heymilo_demographics'],
        ['heymilo_bi_fairness', 'heymilo_bi, heymilo_demographics']
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
            ' where (workspace_id, candidate_id) not in (
                  select workspace_id, candidate_id
                  from heymilo.interviews
                  where deleted_at is not null
                    and candidate_id is not null
              )
              or (workspace_id, candidate_id) in (
                  select workspace_id, candidate_id
                  from heymilo.interviews
                  where deleted_at is null
                    and (workspace_id, candidate_id) in (
                        select workspace_id, candidate_id
                        from heymilo.interviews
                        where deleted_at is not null
                    )
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

comment on function heymilo_sync.without_gone(regclass) is 'The condition that leaves what is gone out of a table of schema heymilo, named shown. Gone are the interviews that HeyMilo has no more (interviews.deleted_at) and people who have no other interview.';

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

comment on function heymilo_sync.make_analyst_view(name) is 'Makes the view of schema heymilo_analyst for a table or view of schema heymilo, and lets the role heymilo_analyst read it. The view has the columns of the classes fact, free_text and conversation.';

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
            ('heymilo_demographics_reader', 'heymilo_demographics'),
            ('heymilo_bi_fairness', 'heymilo_bi'),
            ('heymilo_bi_fairness', 'heymilo_demographics')
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

CREATE OR REPLACE FUNCTION heymilo_sync.make_workspace_views(workspace text, schema_name name, reader name)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
    mark constant text := format('heymilo_bi for the workspace %s alone. ', workspace);
    ours record;
begin
    execute format('create schema if not exists %I', schema_name);
    for ours in
        select distinct relname, obj_description(pg_class.oid, 'pg_class') as about
        from heymilo_sync.column_classes
        join pg_class on 'heymilo_bi.' || relname = relation
        join pg_attribute on attrelid = pg_class.oid and attname = 'workspace_id'
        where relnamespace = 'heymilo_bi'::regnamespace
        order by relname
    loop
        begin
            if to_regclass(format('%I.%I', schema_name, ours.relname)) is not null
                and not starts_with(
                    coalesce(obj_description(to_regclass(format('%I.%I', schema_name, ours.relname)), 'pg_class'), ''),
                    mark
                )
            then
                raise duplicate_table using message = 'its name is taken';
            end if;
            execute format(
                'create or replace view %I.%I with (security_barrier) as
                 select * from heymilo_bi.%I where workspace_id = %L',
                schema_name, ours.relname, ours.relname, workspace
            );
            execute format('comment on view %I.%I is %L', schema_name, ours.relname, mark || ours.about);
            perform heymilo_sync.grant_object('select', format('%I.%I', schema_name, ours.relname), reader);
        exception
            when duplicate_table or insufficient_privilege or invalid_table_definition or wrong_object_type then
                raise notice 'view %.% was not made (%)', schema_name, ours.relname, sqlerrm;
        end;
    end loop;
    perform heymilo_sync.grant_object('usage', format('schema %I', schema_name), reader);
end
$function$;

comment on function heymilo_sync.make_workspace_views(text,name,name) is 'Makes a schema of views that show heymilo_bi for one workspace, and lets a role read them. Can be called again: it adds what is new and drops nothing.';

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
    stored_workspaces text[];
    stored_interviews text[];
    stored_statuses   text[];
    stored_times      timestamptz[];
    quiet_workspaces  text[];
    quiet_postings    text[];
    is_current        boolean;
begin
    -- Apart, because Citus joins no distributed table in a statement that writes. An interview whose first fetch
    -- is committed between the two statements counts as unknown, and is fetched once more.
    select array_agg(workspace_id), array_agg(interview_id), array_agg(status), array_agg(fetched_at)
    into stored_workspaces, stored_interviews, stored_statuses, stored_times
    from heymilo.interviews
    where interview_id = any(string_to_array(array_to_string(id_lists, E'\n'), E'\n'));

    if true = any(are_vague) then
        select array_agg(workspace_id), array_agg(posting_id)
        into quiet_workspaces, quiet_postings
        from heymilo.postings
        where workspace_id = any(workspace_ids)
          and (archived or status = 'archived' or deleted_at is not null);
    end if;

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
        left join unnest(stored_workspaces, stored_interviews, stored_statuses, stored_times)
            as interviews (workspace_id, interview_id, status, fetched_at)
            on interviews.workspace_id = named.workspace_id
            and interviews.interview_id = named.interview_id
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
              select from unnest(quiet_workspaces, quiet_postings) as quiet (workspace_id, posting_id)
              where quiet.workspace_id = cursors.workspace_id
                and quiet.posting_id = cursors.posting_id
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

comment on function heymilo_sync.take_deliveries(uuid[],text[],timestamp with time zone[],text[],text[],text[],text[],bytea[],text[],text[],boolean[],text[],text[],bigint,bigint,interval,interval,interval,interval,text[],text,text) is 'Keeps deliveries, each of them once, and makes due what the new ones name. Item n of each list is about delivery n. An item of id_lists holds ids in lines. False, and nothing is kept, when a person was erased since the tombstones had searched_version. For the daemon alone.';

CREATE OR REPLACE FUNCTION heymilo_bi.correlation(size numeric, x_sum double precision, x_squares double precision, y_sum double precision, y_squares double precision, xy_sum double precision)
 RETURNS double precision
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN ((size >= (2)::numeric) AND ((x_squares - ((x_sum * x_sum) / (size)::double precision)) > ((0.000000001)::double precision * x_squares)) AND ((y_squares - ((y_sum * y_sum) / (size)::double precision)) > ((0.000000001)::double precision * y_squares))) THEN (((xy_sum - ((x_sum * y_sum) / (size)::double precision)) / sqrt((x_squares - ((x_sum * x_sum) / (size)::double precision)))) / sqrt((y_squares - ((y_sum * y_sum) / (size)::double precision)))) ELSE NULL::double precision END;

comment on function heymilo_bi.correlation(numeric,double precision,double precision,double precision,double precision,double precision) is 'Pearson''s correlation from the number of pairs and the sums of x, x squared, y, y squared and x times y. NULL with fewer than two pairs, and when all x or all y are the same.';

CREATE OR REPLACE FUNCTION heymilo_bi.standard_deviation(size numeric, x_sum double precision, x_squares double precision)
 RETURNS double precision
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN (size >= (2)::numeric) THEN sqrt((GREATEST((x_squares - ((x_sum * x_sum) / (size)::double precision)), (0)::double precision) / ((size - (1)::numeric))::double precision)) ELSE NULL::double precision END;

comment on function heymilo_bi.standard_deviation(numeric,double precision,double precision) is 'Standard deviation of a sample from the number of values, their sum and the sum of their squares. NULL with fewer than two values.';

create view heymilo_bi.completion_by_week as
 SELECT cohorts.workspace_id,
    cohorts.posting_id,
    postings.posting_title,
    postings.posting_label,
    COALESCE(cohorts.department, postings.department) AS department,
    COALESCE(cohorts.location, postings.location) AS location,
    COALESCE(cohorts.requisition, postings.requisition) AS requisition,
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
    heymilo_bi.rate(cohorts.completed_count, cohorts.invited_count) AS completion_rate,
    heymilo_bi.rate(cohorts.dropped_count, cohorts.started_count - cohorts.decided_under_way_count) AS drop_off_rate,
    cohorts.invited_week > (now()::date - 28) AS may_still_change,
    heymilo_bi.is_small(cohorts.invited_count) AS is_small
   FROM heymilo_sync.cohorts
     LEFT JOIN heymilo_sync.known_postings postings ON postings.workspace_id = cohorts.workspace_id AND postings.posting_id = cohorts.posting_id
  WHERE postings.is_hidden IS NOT TRUE;

comment on view heymilo_bi.completion_by_week is 'How far invited candidates come. One row per cohort: posting, week invited, department, location and requisition. Completed, knocked out, unfinished and never started add up to the invitations.';
comment on column heymilo_bi.completion_by_week.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo_bi.completion_by_week.posting_id is 'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_bi.completion_by_week.posting_title is 'Title of the posting. Titles can repeat: posting_label is unique. NULL until the posting was read.';
comment on column heymilo_bi.completion_by_week.posting_label is 'Title of the posting, with its id where another posting of the workspace has the same title. NULL until the posting was read.';
comment on column heymilo_bi.completion_by_week.department is 'Department, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.completion_by_week.location is 'Location, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.completion_by_week.requisition is 'Requisition, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.completion_by_week.invited_week is 'Monday of the week of the invitation, in the reporting time zone of the settings. NULL until the candidates list has been read.';
comment on column heymilo_bi.completion_by_week.invited_count is 'Number of invitations.';
comment on column heymilo_bi.completion_by_week.started_count is 'Number of interviews whose candidate has begun any step.';
comment on column heymilo_bi.completion_by_week.completed_count is 'Number of completed interviews.';
comment on column heymilo_bi.completion_by_week.knocked_out_count is 'Number of interviews that a step ended.';
comment on column heymilo_bi.completion_by_week.never_started_count is 'Number of interviews whose candidate has begun no step.';
comment on column heymilo_bi.completion_by_week.unfinished_count is 'Number of interviews that are begun, and neither completed nor knocked out. With completed, knocked out and never started they add up to the invitations.';
comment on column heymilo_bi.completion_by_week.decided_under_way_count is 'Number of unfinished interviews on which a recruiter has decided.';
comment on column heymilo_bi.completion_by_week.dropped_count is 'Number of unfinished interviews without a decision: these candidates dropped off, or are still at it.';
comment on column heymilo_bi.completion_by_week.shortlisted_count is 'Number of interviews that are shortlisted.';
comment on column heymilo_bi.completion_by_week.dismissed_count is 'Number of interviews that are dismissed.';
comment on column heymilo_bi.completion_by_week.completion_rate is 'completed_count of invited_count, 0.0 to 1.0.';
comment on column heymilo_bi.completion_by_week.drop_off_rate is 'dropped_count of the candidates who started and on whom no recruiter decided under way, 0.0 to 1.0. NULL when there are none.';
comment on column heymilo_bi.completion_by_week.may_still_change is 'Whether the week lies within the last 28 days, so that many candidates are still at it. NULL when invited_week is.';
comment on column heymilo_bi.completion_by_week.is_small is 'Whether fewer than 30 are counted: rates and means may be chance.';

create view heymilo_bi.workspace_funnel as
 SELECT cohorts.workspace_id,
    cohorts.posting_id,
    postings.posting_title,
    postings.posting_label,
    COALESCE(cohorts.department, postings.department) AS department,
    COALESCE(cohorts.location, postings.location) AS location,
    COALESCE(cohorts.requisition, postings.requisition) AS requisition,
    cohorts.invited_week,
    stages.stage,
    stages.stage_order,
    stages.interview_count
   FROM heymilo_sync.cohorts
     LEFT JOIN heymilo_sync.known_postings postings ON postings.workspace_id = cohorts.workspace_id AND postings.posting_id = cohorts.posting_id
     CROSS JOIN LATERAL ( VALUES ('Invited'::text,1,cohorts.invited_count), ('Started'::text,2,cohorts.started_count), ('Completed'::text,3,cohorts.completed_count), ('Shortlisted'::text,4,cohorts.shortlisted_count)) stages(stage, stage_order, interview_count)
  WHERE postings.is_hidden IS NOT TRUE;

comment on view heymilo_bi.workspace_funnel is 'The funnel over all postings and workflows, in long form: invited, started, completed, shortlisted. One row per cohort: posting, week invited, department, location and requisition.';
comment on column heymilo_bi.workspace_funnel.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo_bi.workspace_funnel.posting_id is 'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_bi.workspace_funnel.posting_title is 'Title of the posting. Titles can repeat: posting_label is unique. NULL until the posting was read.';
comment on column heymilo_bi.workspace_funnel.posting_label is 'Title of the posting, with its id where another posting of the workspace has the same title. NULL until the posting was read.';
comment on column heymilo_bi.workspace_funnel.department is 'Department, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.workspace_funnel.location is 'Location, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.workspace_funnel.requisition is 'Requisition, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.workspace_funnel.invited_week is 'Monday of the week of the invitation, in the reporting time zone of the settings. NULL until the candidates list has been read.';
comment on column heymilo_bi.workspace_funnel.stage is 'Invited, Started, Completed or Shortlisted. A recruiter may shortlist a candidate who has not completed the interview.';
comment on column heymilo_bi.workspace_funnel.stage_order is 'Place of the stage, 1 to 4.';
comment on column heymilo_bi.workspace_funnel.interview_count is 'Number of interviews that have come to the stage.';

create view heymilo_bi.funnel as
 SELECT cohorts.workspace_id,
    cohorts.posting_id,
    postings.posting_title,
    postings.posting_label,
    COALESCE(cohorts.department, postings.department) AS department,
    COALESCE(cohorts.location, postings.location) AS location,
    COALESCE(cohorts.requisition, postings.requisition) AS requisition,
    cohorts.invited_week,
    figures.step_key,
    figures.step_id,
    COALESCE(steps.step_order, figures.step_order) AS step_order,
    steps.step_type,
    figures.interview_count,
    figures.entered_count,
    figures.completed_count,
    figures.knocked_out_count,
    figures.entered_count - figures.completed_count - figures.knocked_out_count AS unfinished_count,
    heymilo_bi.rate(figures.completed_count, figures.entered_count) AS conversion_rate,
    heymilo_bi.rate(figures.completed_count, figures.interview_count) AS passed_rate,
    heymilo_bi.is_small(figures.entered_count) AS is_small
   FROM heymilo_sync.step_figures figures
     JOIN heymilo_sync.cohorts USING (cohort_id)
     LEFT JOIN heymilo_sync.known_postings postings ON postings.workspace_id = cohorts.workspace_id AND postings.posting_id = cohorts.posting_id
     LEFT JOIN heymilo_sync.known_steps steps ON steps.workspace_id = cohorts.workspace_id AND steps.posting_id = cohorts.posting_id AND steps.step_key = figures.step_key
  WHERE postings.is_hidden IS NOT TRUE;

comment on view heymilo_bi.funnel is 'How many candidates enter each step of a workflow, and how they leave it: one row per step and cohort (posting, week invited, department, location and requisition).';
comment on column heymilo_bi.funnel.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo_bi.funnel.posting_id is 'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_bi.funnel.posting_title is 'Title of the posting. Titles can repeat: posting_label is unique. NULL until the posting was read.';
comment on column heymilo_bi.funnel.posting_label is 'Title of the posting, with its id where another posting of the workspace has the same title. NULL until the posting was read.';
comment on column heymilo_bi.funnel.department is 'Department, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.funnel.location is 'Location, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.funnel.requisition is 'Requisition, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.funnel.invited_week is 'Monday of the week of the invitation, in the reporting time zone of the settings. NULL until the candidates list has been read.';
comment on column heymilo_bi.funnel.step_key is 'The step within its posting: its id, or its place where HeyMilo gives no id.';
comment on column heymilo_bi.funnel.step_id is 'HeyMilo''s id of the step. NULL when HeyMilo gives none.';
comment on column heymilo_bi.funnel.step_order is 'Place of the step in the workflow, from 1: as the posting has it now, or else as the interviews tell it. NULL when neither tells it.';
comment on column heymilo_bi.funnel.step_type is 'Kind of agent: web_interview, conversational_sms, resume or form. NULL when the posting, as last read, has no such step.';
comment on column heymilo_bi.funnel.interview_count is 'Number of interviews whose workflow has the step.';
comment on column heymilo_bi.funnel.entered_count is 'Number of interviews whose candidate has begun the step.';
comment on column heymilo_bi.funnel.completed_count is 'Number of interviews whose candidate finished the step and may go on.';
comment on column heymilo_bi.funnel.knocked_out_count is 'Number of interviews that the step ended.';
comment on column heymilo_bi.funnel.unfinished_count is 'Number of interviews that are in the step: begun, and neither finished nor knocked out.';
comment on column heymilo_bi.funnel.conversion_rate is 'completed_count of entered_count, 0.0 to 1.0. NULL when no candidate has begun the step.';
comment on column heymilo_bi.funnel.passed_rate is 'completed_count of interview_count, 0.0 to 1.0.';
comment on column heymilo_bi.funnel.is_small is 'Whether fewer than 30 are counted: rates and means may be chance.';

create view heymilo_bi.step_durations as
 SELECT figures.workspace_id,
    figures.posting_id,
    postings.posting_title,
    postings.posting_label,
    figures.step_key,
    figures.step_id,
    COALESCE(steps.step_order, figures.step_order) AS step_order,
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
    heymilo_bi.is_small(figures.timed_since_invitation_count) AS is_small
   FROM heymilo_sync.duration_figures figures
     LEFT JOIN heymilo_sync.known_postings postings ON postings.workspace_id = figures.workspace_id AND postings.posting_id = figures.posting_id
     LEFT JOIN heymilo_sync.known_steps steps ON steps.workspace_id = figures.workspace_id AND steps.posting_id = figures.posting_id AND steps.step_key = figures.step_key
  WHERE postings.is_hidden IS NOT TRUE;

comment on view heymilo_bi.step_durations is 'How long candidates take for a step: one row per posting and step, over all invitations. Percentiles do not add up: for a selection take percentile_cont over step_facts.';
comment on column heymilo_bi.step_durations.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo_bi.step_durations.posting_id is 'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_bi.step_durations.posting_title is 'Title of the posting. Titles can repeat: posting_label is unique. NULL until the posting was read.';
comment on column heymilo_bi.step_durations.posting_label is 'Title of the posting, with its id where another posting of the workspace has the same title. NULL until the posting was read.';
comment on column heymilo_bi.step_durations.step_key is 'The step within its posting: its id, or its place where HeyMilo gives no id.';
comment on column heymilo_bi.step_durations.step_id is 'HeyMilo''s id of the step. NULL when HeyMilo gives none.';
comment on column heymilo_bi.step_durations.step_order is 'Place of the step in the workflow, from 1: as the posting has it now, or else as the interviews tell it. NULL when neither tells it.';
comment on column heymilo_bi.step_durations.step_type is 'Kind of agent: web_interview, conversational_sms, resume or form. NULL when the posting, as last read, has no such step.';
comment on column heymilo_bi.step_durations.finished_count is 'Number of interviews whose candidate finished the step, or was knocked out by it.';
comment on column heymilo_bi.step_durations.timed_in_step_count is 'Number of those with a time in the step.';
comment on column heymilo_bi.step_durations.p50_minutes_in_step is 'Median of the minutes in the step. NULL when none is known.';
comment on column heymilo_bi.step_durations.p90_minutes_in_step is '90th percentile of the minutes in the step. NULL when none is known.';
comment on column heymilo_bi.step_durations.timed_since_previous_count is 'Number of those with a time since the end of the step before.';
comment on column heymilo_bi.step_durations.p50_hours_since_previous is 'Median of the hours since the end of the step before. NULL when none is known.';
comment on column heymilo_bi.step_durations.p90_hours_since_previous is '90th percentile of the hours since the end of the step before. NULL when none is known.';
comment on column heymilo_bi.step_durations.timed_since_invitation_count is 'Number of those with a time since the invitation.';
comment on column heymilo_bi.step_durations.p50_hours_since_invitation is 'Median of the hours since the invitation. NULL when none is known.';
comment on column heymilo_bi.step_durations.p90_hours_since_invitation is '90th percentile of the hours since the invitation. NULL when none is known.';
comment on column heymilo_bi.step_durations.is_small is 'Whether fewer than 30 are counted: rates and means may be chance.';

create view heymilo_bi.weekly_throughput as
 SELECT figures.workspace_id,
    figures.posting_id,
    postings.posting_title,
    postings.posting_label,
    COALESCE(figures.department, postings.department) AS department,
    COALESCE(figures.location, postings.location) AS location,
    COALESCE(figures.requisition, postings.requisition) AS requisition,
    figures.week,
    figures.invited_count,
    figures.interviewed_count,
    figures.shortlisted_count,
    figures.dismissed_count
   FROM heymilo_sync.weekly_figures figures
     LEFT JOIN heymilo_sync.known_postings postings ON postings.workspace_id = figures.workspace_id AND postings.posting_id = figures.posting_id
  WHERE postings.is_hidden IS NOT TRUE;

comment on view heymilo_bi.weekly_throughput is 'What happens in a week, whenever the candidates were invited: one row per posting and week, from the first week with an event to the last, weeks without events included.';
comment on column heymilo_bi.weekly_throughput.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo_bi.weekly_throughput.posting_id is 'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_bi.weekly_throughput.posting_title is 'Title of the posting. Titles can repeat: posting_label is unique. NULL until the posting was read.';
comment on column heymilo_bi.weekly_throughput.posting_label is 'Title of the posting, with its id where another posting of the workspace has the same title. NULL until the posting was read.';
comment on column heymilo_bi.weekly_throughput.department is 'Department, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.weekly_throughput.location is 'Location, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.weekly_throughput.requisition is 'Requisition, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.weekly_throughput.week is 'Monday of the week in which it happened, in the reporting time zone.';
comment on column heymilo_bi.weekly_throughput.invited_count is 'Number of invitations.';
comment on column heymilo_bi.weekly_throughput.interviewed_count is 'Number of interviews whose candidate came to the end in the week.';
comment on column heymilo_bi.weekly_throughput.shortlisted_count is 'Number of interviews for which the decision to shortlist was first observed in the week.';
comment on column heymilo_bi.weekly_throughput.dismissed_count is 'Number of interviews for which the decision to dismiss was first observed in the week.';

create view heymilo_bi.decision_backlog as
 SELECT interviews.workspace_id,
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
    interviews.completed_at AS waiting_since,
    interviews.completed_at_source AS waiting_since_source,
    EXTRACT(epoch FROM now() - interviews.completed_at)::double precision / 86400::double precision AS waiting_days,
    postings.review_url
   FROM heymilo_bi.interview_facts interviews
     LEFT JOIN heymilo.postings postings ON postings.workspace_id = interviews.workspace_id AND postings.posting_id = interviews.posting_id
  WHERE interviews.is_completed AND interviews.decision IS NULL AND interviews.score IS NOT NULL AND interviews.status IS DISTINCT FROM 'evaluating'::text;

comment on view heymilo_bi.decision_backlog is 'Interviews that are completed and scored, and that no recruiter has decided on: one row per interview.';
comment on column heymilo_bi.decision_backlog.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo_bi.decision_backlog.interview_id is 'HeyMilo''s id of the interview.';
comment on column heymilo_bi.decision_backlog.interview_key is 'Key of the interview in all workspaces: joins the facts, and is unique in interview_facts.';
comment on column heymilo_bi.decision_backlog.posting_id is 'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_bi.decision_backlog.posting_title is 'Title of the posting. Titles can repeat: posting_label is unique. NULL until the posting was read.';
comment on column heymilo_bi.decision_backlog.posting_label is 'Title of the posting, with its id where another posting of the workspace has the same title. NULL until the posting was read.';
comment on column heymilo_bi.decision_backlog.source is 'Where the candidate came from: the key "source" of the interview''s metadata, or else of its data. NULL when neither has one, and when the value is no short name. A short name is a text of at most 60 characters without seven digits, an address or a link.';
comment on column heymilo_bi.decision_backlog.department is 'Department, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.decision_backlog.location is 'Location, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.decision_backlog.requisition is 'Requisition, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.decision_backlog.score is 'Overall score, 0 to 100.';
comment on column heymilo_bi.decision_backlog.invited_at is 'Time of the invitation. NULL until the candidates list has been read.';
comment on column heymilo_bi.decision_backlog.invited_week is 'Monday of the week of the invitation, in the reporting time zone of the settings. NULL until the candidates list has been read.';
comment on column heymilo_bi.decision_backlog.waiting_since is 'Time of completion: observed, or else interviewed_at, or else the last activity. NULL when HeyMilo tells none of these.';
comment on column heymilo_bi.decision_backlog.waiting_since_source is 'Where waiting_since comes from: observed, interviewed_at or last_activity_at. NULL when waiting_since is NULL.';
comment on column heymilo_bi.decision_backlog.waiting_days is 'Days since waiting_since. NULL when waiting_since is NULL.';
comment on column heymilo_bi.decision_backlog.review_url is 'Link to the page on which recruiters review the candidates of the posting. NULL when HeyMilo gives none.';

create view heymilo_bi.stuck_candidates as
 SELECT interviews.workspace_id,
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
    EXTRACT(epoch FROM now() - COALESCE(interviews.last_activity_at, interviews.invited_at))::double precision / 86400::double precision AS idle_days,
    COALESCE(steps.step_order, interviews.current_step_order) AS step_order,
    steps.step_type,
    postings.review_url
   FROM heymilo_bi.interview_facts interviews
     LEFT JOIN heymilo.postings postings ON postings.workspace_id = interviews.workspace_id AND postings.posting_id = interviews.posting_id
     LEFT JOIN heymilo_sync.known_steps steps ON steps.workspace_id = interviews.workspace_id AND steps.posting_id = interviews.posting_id AND steps.step_key = interviews.current_step_key
  WHERE interviews.is_started AND NOT interviews.is_completed AND NOT interviews.is_knocked_out AND interviews.decision IS NULL;

comment on view heymilo_bi.stuck_candidates is 'Interviews that are begun, and neither completed nor ended nor decided: one row per interview, with the step in which the candidate is.';
comment on column heymilo_bi.stuck_candidates.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo_bi.stuck_candidates.interview_id is 'HeyMilo''s id of the interview.';
comment on column heymilo_bi.stuck_candidates.interview_key is 'Key of the interview in all workspaces: joins the facts, and is unique in interview_facts.';
comment on column heymilo_bi.stuck_candidates.posting_id is 'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_bi.stuck_candidates.posting_title is 'Title of the posting. Titles can repeat: posting_label is unique. NULL until the posting was read.';
comment on column heymilo_bi.stuck_candidates.posting_label is 'Title of the posting, with its id where another posting of the workspace has the same title. NULL until the posting was read.';
comment on column heymilo_bi.stuck_candidates.source is 'Where the candidate came from: the key "source" of the interview''s metadata, or else of its data. NULL when neither has one, and when the value is no short name. A short name is a text of at most 60 characters without seven digits, an address or a link.';
comment on column heymilo_bi.stuck_candidates.department is 'Department, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.stuck_candidates.location is 'Location, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.stuck_candidates.requisition is 'Requisition, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.stuck_candidates.invited_at is 'Time of the invitation. NULL until the candidates list has been read.';
comment on column heymilo_bi.stuck_candidates.invited_week is 'Monday of the week of the invitation, in the reporting time zone of the settings. NULL until the candidates list has been read.';
comment on column heymilo_bi.stuck_candidates.last_activity_at is 'Time of the last activity of the candidate in the workflow. NULL while there is none.';
comment on column heymilo_bi.stuck_candidates.idle_days is 'Days since the last activity, or else since the invitation. NULL when both are unknown.';
comment on column heymilo_bi.stuck_candidates.step_order is 'Place in the workflow of the first step that is not completed. NULL when the steps are not known.';
comment on column heymilo_bi.stuck_candidates.step_type is 'Kind of agent: web_interview, conversational_sms, resume or form. NULL when the posting, as last read, has no such step.';
comment on column heymilo_bi.stuck_candidates.review_url is 'Link to the page on which recruiters review the candidates of the posting. NULL when HeyMilo gives none.';

create view heymilo_bi.knockout_reasons as
 SELECT cohorts.workspace_id,
    cohorts.posting_id,
    postings.posting_title,
    postings.posting_label,
    COALESCE(cohorts.department, postings.department) AS department,
    COALESCE(cohorts.location, postings.location) AS location,
    COALESCE(cohorts.requisition, postings.requisition) AS requisition,
    cohorts.invited_week,
    figures.kind,
    figures.criteria_id,
    COALESCE(questions.question_text, figures.criteria_text) AS criteria_text,
    figures.knocked_out_count,
    figures.knocked_out_by_this_alone_count,
    cohorts.knocked_out_count AS all_knocked_out_count
   FROM heymilo_sync.criterion_figures figures
     JOIN heymilo_sync.cohorts USING (cohort_id)
     LEFT JOIN heymilo_sync.known_postings postings ON postings.workspace_id = cohorts.workspace_id AND postings.posting_id = cohorts.posting_id
     LEFT JOIN heymilo_sync.known_questions questions ON questions.workspace_id = cohorts.workspace_id AND questions.posting_id = cohorts.posting_id AND questions.question_id = figures.criteria_id
  WHERE postings.is_hidden IS NOT TRUE AND figures.knocked_out_count > 0;

comment on view heymilo_bi.knockout_reasons is 'Why candidates are knocked out: one row per criterion and cohort (posting, week invited, department, location and requisition). Counted are criteria that failed in the step that ended the application. A candidate can have several reasons.';
comment on column heymilo_bi.knockout_reasons.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo_bi.knockout_reasons.posting_id is 'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_bi.knockout_reasons.posting_title is 'Title of the posting. Titles can repeat: posting_label is unique. NULL until the posting was read.';
comment on column heymilo_bi.knockout_reasons.posting_label is 'Title of the posting, with its id where another posting of the workspace has the same title. NULL until the posting was read.';
comment on column heymilo_bi.knockout_reasons.department is 'Department, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.knockout_reasons.location is 'Location, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.knockout_reasons.requisition is 'Requisition, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.knockout_reasons.invited_week is 'Monday of the week of the invitation, in the reporting time zone of the settings. NULL until the candidates list has been read.';
comment on column heymilo_bi.knockout_reasons.kind is 'Kind of criterion: resume_eligibility, resume_scoring, sms or form. The word unknown stands for knockouts that no criterion explains.';
comment on column heymilo_bi.knockout_reasons.criteria_id is 'HeyMilo''s id of the criterion. NULL when HeyMilo gives none.';
comment on column heymilo_bi.knockout_reasons.criteria_text is 'Text of the criterion, as the posting has it now where it is known there. NULL when HeyMilo gives none.';
comment on column heymilo_bi.knockout_reasons.knocked_out_count is 'Number of knocked-out candidates for whom the criterion is a reason.';
comment on column heymilo_bi.knockout_reasons.knocked_out_by_this_alone_count is 'Number of knocked-out candidates for whom this is the only reason.';
comment on column heymilo_bi.knockout_reasons.all_knocked_out_count is 'Number of knocked-out candidates of the cohort. Repeated in each row: do not add it up over criteria.';

create view heymilo_bi.criterion_statistics as
 SELECT cohorts.workspace_id,
    cohorts.posting_id,
    postings.posting_title,
    postings.posting_label,
    COALESCE(cohorts.department, postings.department) AS department,
    COALESCE(cohorts.location, postings.location) AS location,
    COALESCE(cohorts.requisition, postings.requisition) AS requisition,
    cohorts.invited_week,
    figures.kind,
    figures.criterion_key,
    figures.criteria_id,
    COALESCE(questions.question_text, figures.criteria_text) AS criteria_text,
    figures.is_knockout,
    figures.applied_count,
    figures.decided_count,
    figures.passed_count,
    heymilo_bi.rate(figures.passed_count, figures.decided_count) AS pass_rate,
    figures.scored_count,
    figures.criterion_score_sum,
    figures.criterion_score_sum / NULLIF(figures.scored_count, 0)::double precision AS mean_criterion_score,
    figures.confident_count,
    figures.confidence_sum,
    figures.confidence_sum / NULLIF(figures.confident_count, 0)::double precision AS mean_confidence,
    figures.unsure_count,
    heymilo_bi.is_small(GREATEST(figures.decided_count, figures.scored_count)) AS is_small
   FROM heymilo_sync.criterion_figures figures
     JOIN heymilo_sync.cohorts USING (cohort_id)
     LEFT JOIN heymilo_sync.known_postings postings ON postings.workspace_id = cohorts.workspace_id AND postings.posting_id = cohorts.posting_id
     LEFT JOIN heymilo_sync.known_questions questions ON questions.workspace_id = cohorts.workspace_id AND questions.posting_id = cohorts.posting_id AND questions.question_id = figures.criteria_id
  WHERE postings.is_hidden IS NOT TRUE AND figures.applied_count > 0;

comment on view heymilo_bi.criterion_statistics is 'How often criteria are met, and how sure the AI is: one row per criterion and cohort (posting, week invited, department, location and requisition).';
comment on column heymilo_bi.criterion_statistics.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo_bi.criterion_statistics.posting_id is 'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_bi.criterion_statistics.posting_title is 'Title of the posting. Titles can repeat: posting_label is unique. NULL until the posting was read.';
comment on column heymilo_bi.criterion_statistics.posting_label is 'Title of the posting, with its id where another posting of the workspace has the same title. NULL until the posting was read.';
comment on column heymilo_bi.criterion_statistics.department is 'Department, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.criterion_statistics.location is 'Location, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.criterion_statistics.requisition is 'Requisition, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.criterion_statistics.invited_week is 'Monday of the week of the invitation, in the reporting time zone of the settings. NULL until the candidates list has been read.';
comment on column heymilo_bi.criterion_statistics.kind is 'resume_eligibility, resume_scoring, sms or form.';
comment on column heymilo_bi.criterion_statistics.criterion_key is 'The criterion: its id, or its text where HeyMilo gives no id.';
comment on column heymilo_bi.criterion_statistics.criteria_id is 'HeyMilo''s id of the criterion. NULL when HeyMilo gives none.';
comment on column heymilo_bi.criterion_statistics.criteria_text is 'Text of the criterion, as the posting has it now where it is known there. NULL when HeyMilo gives none.';
comment on column heymilo_bi.criterion_statistics.is_knockout is 'Whether failing the criterion may end the application, in any of the interviews. NULL when HeyMilo does not say.';
comment on column heymilo_bi.criterion_statistics.applied_count is 'Number of interviews to which the criterion was applied.';
comment on column heymilo_bi.criterion_statistics.decided_count is 'Number of those in which it was decided whether the criterion is met.';
comment on column heymilo_bi.criterion_statistics.passed_count is 'Number of those in which the criterion is met.';
comment on column heymilo_bi.criterion_statistics.pass_rate is 'passed_count of decided_count, 0.0 to 1.0. NULL when none was decided.';
comment on column heymilo_bi.criterion_statistics.scored_count is 'Number of those in which the criterion has a score.';
comment on column heymilo_bi.criterion_statistics.criterion_score_sum is 'Sum of these scores, each 0.0 to 10.0.';
comment on column heymilo_bi.criterion_statistics.mean_criterion_score is 'Mean score of the criterion, 0.0 to 10.0. NULL when none has a score.';
comment on column heymilo_bi.criterion_statistics.confident_count is 'Number of those for which the AI gave its confidence.';
comment on column heymilo_bi.criterion_statistics.confidence_sum is 'Sum of these confidences, each 0.0 to 1.0.';
comment on column heymilo_bi.criterion_statistics.mean_confidence is 'Mean of the AI''s confidence, 0.0 to 1.0. NULL when the AI gave none.';
comment on column heymilo_bi.criterion_statistics.unsure_count is 'Number of those with a confidence below 0.7.';
comment on column heymilo_bi.criterion_statistics.is_small is 'Whether fewer than 30 are counted: rates and means may be chance.';

create view heymilo_bi.score_distribution as
 SELECT cohorts.workspace_id,
    cohorts.posting_id,
    postings.posting_title,
    postings.posting_label,
    COALESCE(cohorts.department, postings.department) AS department,
    COALESCE(cohorts.location, postings.location) AS location,
    COALESCE(cohorts.requisition, postings.requisition) AS requisition,
    cohorts.invited_week,
    figures.measure,
        CASE figures.measure
            WHEN 'speech'::text THEN 5
            ELSE 100
        END AS scale_max,
    figures.tenth,
    figures.interview_count
   FROM heymilo_sync.score_figures figures
     JOIN heymilo_sync.cohorts USING (cohort_id)
     LEFT JOIN heymilo_sync.known_postings postings ON postings.workspace_id = cohorts.workspace_id AND postings.posting_id = cohorts.posting_id
  WHERE postings.is_hidden IS NOT TRUE;

comment on view heymilo_bi.score_distribution is 'How scores are distributed: one row per kind of score, tenth of its scale and cohort (posting, week invited, department, location and requisition).';
comment on column heymilo_bi.score_distribution.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo_bi.score_distribution.posting_id is 'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_bi.score_distribution.posting_title is 'Title of the posting. Titles can repeat: posting_label is unique. NULL until the posting was read.';
comment on column heymilo_bi.score_distribution.posting_label is 'Title of the posting, with its id where another posting of the workspace has the same title. NULL until the posting was read.';
comment on column heymilo_bi.score_distribution.department is 'Department, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.score_distribution.location is 'Location, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.score_distribution.requisition is 'Requisition, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.score_distribution.invited_week is 'Monday of the week of the invitation, in the reporting time zone of the settings. NULL until the candidates list has been read.';
comment on column heymilo_bi.score_distribution.measure is 'Which score: overall, web_interview, resume or speech. Their scales differ: never put two on one axis.';
comment on column heymilo_bi.score_distribution.scale_max is 'Highest possible value of the score: 5 for speech, 100 for the others.';
comment on column heymilo_bi.score_distribution.tenth is 'Tenth of the scale, 1 (lowest) to 10.';
comment on column heymilo_bi.score_distribution.interview_count is 'Number of interviews with a score in the tenth.';

create view heymilo_bi.weekly_question_scores as
 SELECT cohorts.workspace_id,
    cohorts.posting_id,
    postings.posting_title,
    postings.posting_label,
    COALESCE(cohorts.department, postings.department) AS department,
    COALESCE(cohorts.location, postings.location) AS location,
    COALESCE(cohorts.requisition, postings.requisition) AS requisition,
    cohorts.invited_week,
    figures.question_key,
    figures.question_id,
    COALESCE(questions.question_text, figures.question_text) AS question_text,
    figures.answer_count,
    figures.answer_score_sum,
    figures.answer_score_square_sum,
    figures.compared_count,
    figures.compared_score_sum,
    figures.compared_score_square_sum,
    figures.others_score_sum,
    figures.others_score_square_sum,
    figures.score_product_sum
   FROM heymilo_sync.question_figures figures
     JOIN heymilo_sync.cohorts USING (cohort_id)
     LEFT JOIN heymilo_sync.known_postings postings ON postings.workspace_id = cohorts.workspace_id AND postings.posting_id = cohorts.posting_id
     LEFT JOIN heymilo_sync.known_questions questions ON questions.workspace_id = cohorts.workspace_id AND questions.posting_id = cohorts.posting_id AND questions.question_id = figures.question_id
  WHERE postings.is_hidden IS NOT TRUE;

comment on view heymilo_bi.weekly_question_scores is 'Sums of the scores of each question: one row per question and cohort (posting, week invited, department, location and requisition). For a selection of postings and weeks, heymilo_bi.correlation and heymilo_bi.standard_deviation of the sums are exact.';
comment on column heymilo_bi.weekly_question_scores.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo_bi.weekly_question_scores.posting_id is 'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_bi.weekly_question_scores.posting_title is 'Title of the posting. Titles can repeat: posting_label is unique. NULL until the posting was read.';
comment on column heymilo_bi.weekly_question_scores.posting_label is 'Title of the posting, with its id where another posting of the workspace has the same title. NULL until the posting was read.';
comment on column heymilo_bi.weekly_question_scores.department is 'Department, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.weekly_question_scores.location is 'Location, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.weekly_question_scores.requisition is 'Requisition, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.weekly_question_scores.invited_week is 'Monday of the week of the invitation, in the reporting time zone of the settings. NULL until the candidates list has been read.';
comment on column heymilo_bi.weekly_question_scores.question_key is 'The question within its posting: its id, or its text where HeyMilo gives no id.';
comment on column heymilo_bi.weekly_question_scores.question_id is 'HeyMilo''s id of the question. NULL when HeyMilo gives none.';
comment on column heymilo_bi.weekly_question_scores.question_text is 'Text of the question, as the posting has it now, or else as it was asked. NULL when HeyMilo gives none.';
comment on column heymilo_bi.weekly_question_scores.answer_count is 'Number of scored answers.';
comment on column heymilo_bi.weekly_question_scores.answer_score_sum is 'Sum of the scores, each 1 to 10.';
comment on column heymilo_bi.weekly_question_scores.answer_score_square_sum is 'Sum of the squares of the scores.';
comment on column heymilo_bi.weekly_question_scores.compared_count is 'Number of those answers whose candidate has other scored answers to compare with.';
comment on column heymilo_bi.weekly_question_scores.compared_score_sum is 'Sum of the scores of the compared answers.';
comment on column heymilo_bi.weekly_question_scores.compared_score_square_sum is 'Sum of the squares of the scores of the compared answers.';
comment on column heymilo_bi.weekly_question_scores.others_score_sum is 'Sum of the candidates'' mean scores of their other answers.';
comment on column heymilo_bi.weekly_question_scores.others_score_square_sum is 'Sum of the squares of these means.';
comment on column heymilo_bi.weekly_question_scores.score_product_sum is 'Sum of the products of score and mean of the others.';

create view heymilo_bi.question_statistics as
 SELECT weekly_question_scores.workspace_id,
    weekly_question_scores.posting_id,
    weekly_question_scores.posting_title,
    weekly_question_scores.posting_label,
    weekly_question_scores.question_key,
    weekly_question_scores.question_id,
    max(weekly_question_scores.question_text) AS question_text,
    sum(weekly_question_scores.answer_count)::bigint AS answer_count,
    sum(weekly_question_scores.answer_score_sum) / sum(weekly_question_scores.answer_count)::double precision AS mean_answer_score,
    heymilo_bi.standard_deviation(sum(weekly_question_scores.answer_count), sum(weekly_question_scores.answer_score_sum), sum(weekly_question_scores.answer_score_square_sum)) AS standard_deviation,
    (10::double precision - sum(weekly_question_scores.answer_score_sum) / sum(weekly_question_scores.answer_count)::double precision) / 9::double precision AS difficulty,
    sum(weekly_question_scores.compared_count)::bigint AS compared_count,
    heymilo_bi.correlation(sum(weekly_question_scores.compared_count), sum(weekly_question_scores.compared_score_sum), sum(weekly_question_scores.compared_score_square_sum), sum(weekly_question_scores.others_score_sum), sum(weekly_question_scores.others_score_square_sum), sum(weekly_question_scores.score_product_sum)) AS discrimination,
    heymilo_bi.is_small(sum(weekly_question_scores.answer_count)) AS is_small
   FROM heymilo_bi.weekly_question_scores
  GROUP BY weekly_question_scores.workspace_id, weekly_question_scores.posting_id, weekly_question_scores.posting_title, weekly_question_scores.posting_label, weekly_question_scores.question_key, weekly_question_scores.question_id;

comment on view heymilo_bi.question_statistics is 'How hard a question of the web interview is, how much its scores spread, and how well it tells good candidates from others: one row per posting and question, over all invitations. Questions that are not scored are left out.';
comment on column heymilo_bi.question_statistics.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo_bi.question_statistics.posting_id is 'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_bi.question_statistics.posting_title is 'Title of the posting. Titles can repeat: posting_label is unique. NULL until the posting was read.';
comment on column heymilo_bi.question_statistics.posting_label is 'Title of the posting, with its id where another posting of the workspace has the same title. NULL until the posting was read.';
comment on column heymilo_bi.question_statistics.question_key is 'The question within its posting: its id, or its text where HeyMilo gives no id.';
comment on column heymilo_bi.question_statistics.question_id is 'HeyMilo''s id of the question. NULL when HeyMilo gives none.';
comment on column heymilo_bi.question_statistics.question_text is 'Text of the question, as the posting has it now, or else as it was asked. NULL when HeyMilo gives none.';
comment on column heymilo_bi.question_statistics.answer_count is 'Number of scored answers.';
comment on column heymilo_bi.question_statistics.mean_answer_score is 'Mean score, 1 to 10.';
comment on column heymilo_bi.question_statistics.standard_deviation is 'How far scores spread around the mean, in points of the score. NULL with a single answer.';
comment on column heymilo_bi.question_statistics.difficulty is 'How far the mean stays below the best score, 0.0 (every answer has 10) to 1.0 (every answer has 1).';
comment on column heymilo_bi.question_statistics.compared_count is 'Number of those answers whose candidate has other scored answers to compare with.';
comment on column heymilo_bi.question_statistics.discrimination is 'Corrected item-total correlation, -1.0 to 1.0: whether candidates who are good at this question are good at their other questions. Below 0.2 the question tells little. NULL when there is nothing to compare or all scores are the same.';
comment on column heymilo_bi.question_statistics.is_small is 'Whether fewer than 30 answers were scored: all of it may be chance.';

create view heymilo_bi.resume_against_interview as
 SELECT interview_facts.workspace_id,
    interview_facts.posting_id,
    interview_facts.posting_title,
    interview_facts.posting_label,
    count(*) AS interview_count,
    avg(interview_facts.resume_score) AS mean_resume_score,
    avg(interview_facts.match_score) AS mean_match_score,
    corr(interview_facts.match_score, interview_facts.resume_score) AS correlation,
    regr_slope(interview_facts.match_score, interview_facts.resume_score) AS slope,
    regr_intercept(interview_facts.match_score, interview_facts.resume_score) AS intercept,
    heymilo_bi.is_small(count(*)) AS is_small
   FROM heymilo_bi.interview_facts
  WHERE interview_facts.resume_score IS NOT NULL AND interview_facts.match_score IS NOT NULL
  GROUP BY interview_facts.workspace_id, interview_facts.posting_id, interview_facts.posting_title, interview_facts.posting_label;

comment on view heymilo_bi.resume_against_interview is 'Whether the resume foretells the web interview: one row per posting, over interviews that have both scores. The overall score contains that of the resume, so the score of the web interview is compared. Candidates whom the resume knocked out have no web interview, which makes correlations smaller than they are.';
comment on column heymilo_bi.resume_against_interview.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo_bi.resume_against_interview.posting_id is 'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_bi.resume_against_interview.posting_title is 'Title of the posting. Titles can repeat: posting_label is unique. NULL until the posting was read.';
comment on column heymilo_bi.resume_against_interview.posting_label is 'Title of the posting, with its id where another posting of the workspace has the same title. NULL until the posting was read.';
comment on column heymilo_bi.resume_against_interview.interview_count is 'Number of interviews with both scores.';
comment on column heymilo_bi.resume_against_interview.mean_resume_score is 'Mean score of the resume, 0.0 to 100.0.';
comment on column heymilo_bi.resume_against_interview.mean_match_score is 'Mean score of the web interview, 0 to 100.';
comment on column heymilo_bi.resume_against_interview.correlation is 'Pearson''s correlation of the two, -1.0 to 1.0. NULL with a single interview or when all scores are the same.';
comment on column heymilo_bi.resume_against_interview.slope is 'By how many points the score of the web interview rises with each point of the resume''s. NULL when all resume scores are the same.';
comment on column heymilo_bi.resume_against_interview.intercept is 'Score of the web interview that the line gives for a resume of 0. NULL when all resume scores are the same.';
comment on column heymilo_bi.resume_against_interview.is_small is 'Whether fewer than 30 interviews have both scores: all of it may be chance.';

create view heymilo_bi.shortlist_by_decile as
 SELECT cohorts.workspace_id,
    cohorts.posting_id,
    postings.posting_title,
    postings.posting_label,
    COALESCE(cohorts.department, postings.department) AS department,
    COALESCE(cohorts.location, postings.location) AS location,
    COALESCE(cohorts.requisition, postings.requisition) AS requisition,
    cohorts.invited_week,
    figures.decile,
    figures.lowest_score,
    figures.highest_score,
    figures.interview_count,
    figures.shortlisted_count,
    figures.dismissed_count,
    figures.interview_count - figures.shortlisted_count - figures.dismissed_count AS undecided_count,
    heymilo_bi.rate(figures.shortlisted_count, figures.shortlisted_count + figures.dismissed_count) AS shortlist_rate,
    heymilo_bi.is_small(figures.shortlisted_count + figures.dismissed_count) AS is_small
   FROM heymilo_sync.decile_figures figures
     JOIN heymilo_sync.cohorts USING (cohort_id)
     LEFT JOIN heymilo_sync.known_postings postings ON postings.workspace_id = cohorts.workspace_id AND postings.posting_id = cohorts.posting_id
  WHERE postings.is_hidden IS NOT TRUE;

comment on view heymilo_bi.shortlist_by_decile is 'Whether recruiters follow the score: one row per tenth of the scored interviews of a posting and cohort (posting, week invited, department, location and requisition). Counted is the score at the time of the decision, where that was observed.';
comment on column heymilo_bi.shortlist_by_decile.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo_bi.shortlist_by_decile.posting_id is 'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_bi.shortlist_by_decile.posting_title is 'Title of the posting. Titles can repeat: posting_label is unique. NULL until the posting was read.';
comment on column heymilo_bi.shortlist_by_decile.posting_label is 'Title of the posting, with its id where another posting of the workspace has the same title. NULL until the posting was read.';
comment on column heymilo_bi.shortlist_by_decile.department is 'Department, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.shortlist_by_decile.location is 'Location, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.shortlist_by_decile.requisition is 'Requisition, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.shortlist_by_decile.invited_week is 'Monday of the week of the invitation, in the reporting time zone of the settings. NULL until the candidates list has been read.';
comment on column heymilo_bi.shortlist_by_decile.decile is 'Tenth of all scored interviews of the posting, 1 (lowest scores) to 10. Equal scores share the higher one, so that some may be missing.';
comment on column heymilo_bi.shortlist_by_decile.lowest_score is 'Lowest overall score in it, 0 to 100.';
comment on column heymilo_bi.shortlist_by_decile.highest_score is 'Highest overall score in it, 0 to 100.';
comment on column heymilo_bi.shortlist_by_decile.interview_count is 'Number of interviews in it.';
comment on column heymilo_bi.shortlist_by_decile.shortlisted_count is 'Number of interviews that are shortlisted.';
comment on column heymilo_bi.shortlist_by_decile.dismissed_count is 'Number of interviews that are dismissed.';
comment on column heymilo_bi.shortlist_by_decile.undecided_count is 'Number of interviews without a decision.';
comment on column heymilo_bi.shortlist_by_decile.shortlist_rate is 'shortlisted_count of shortlisted_count and dismissed_count together, 0.0 to 1.0. NULL when none is decided.';
comment on column heymilo_bi.shortlist_by_decile.is_small is 'Whether fewer than 30 are decided: the rate may be chance.';

create view heymilo_bi.integrity_signals as
 SELECT cohorts.workspace_id,
    cohorts.posting_id,
    postings.posting_title,
    postings.posting_label,
    COALESCE(cohorts.department, postings.department) AS department,
    COALESCE(cohorts.location, postings.location) AS location,
    COALESCE(cohorts.requisition, postings.requisition) AS requisition,
    cohorts.invited_week,
    figures.signal,
    figures.enabled_count,
    figures.judged_count,
    figures.detected_count,
    heymilo_bi.rate(figures.detected_count, figures.judged_count) AS detected_rate,
    heymilo_bi.is_small(figures.judged_count) AS is_small
   FROM heymilo_sync.signal_figures figures
     JOIN heymilo_sync.cohorts USING (cohort_id)
     LEFT JOIN heymilo_sync.known_postings postings ON postings.workspace_id = cohorts.workspace_id AND postings.posting_id = cohorts.posting_id
  WHERE postings.is_hidden IS NOT TRUE;

comment on view heymilo_bi.integrity_signals is 'How often each signal of cheating is detected: one row per signal and cohort (posting, week invited, department, location and requisition), only over interviews for which detection was switched on. A signal is a reason to look, not a proof.';
comment on column heymilo_bi.integrity_signals.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo_bi.integrity_signals.posting_id is 'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_bi.integrity_signals.posting_title is 'Title of the posting. Titles can repeat: posting_label is unique. NULL until the posting was read.';
comment on column heymilo_bi.integrity_signals.posting_label is 'Title of the posting, with its id where another posting of the workspace has the same title. NULL until the posting was read.';
comment on column heymilo_bi.integrity_signals.department is 'Department, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.integrity_signals.location is 'Location, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.integrity_signals.requisition is 'Requisition, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.integrity_signals.invited_week is 'Monday of the week of the invitation, in the reporting time zone of the settings. NULL until the candidates list has been read.';
comment on column heymilo_bi.integrity_signals.signal is 'overall (a ranking of 4 or 5), cheating, llm_generated, unusual_delay, tab_switch or movement (any movement seen in the recording). Honest people move as well.';
comment on column heymilo_bi.integrity_signals.enabled_count is 'Number of interviews for which detection was switched on.';
comment on column heymilo_bi.integrity_signals.judged_count is 'Number of those that the detector has judged.';
comment on column heymilo_bi.integrity_signals.detected_count is 'Number of those that show the signal.';
comment on column heymilo_bi.integrity_signals.detected_rate is 'detected_count of judged_count, 0.0 to 1.0. NULL when none was judged.';
comment on column heymilo_bi.integrity_signals.is_small is 'Whether fewer than 30 are counted: rates and means may be chance.';

create view heymilo_bi.source_quality as
 SELECT cohorts.workspace_id,
    cohorts.posting_id,
    postings.posting_title,
    postings.posting_label,
    COALESCE(cohorts.department, postings.department) AS department,
    COALESCE(cohorts.location, postings.location) AS location,
    COALESCE(cohorts.requisition, postings.requisition) AS requisition,
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
    heymilo_bi.rate(figures.completed_count, figures.invited_count) AS completion_rate,
    heymilo_bi.rate(figures.shortlisted_count, figures.invited_count) AS shortlist_rate,
    figures.score_sum / NULLIF(figures.scored_count, 0)::double precision AS mean_score,
    heymilo_bi.is_small(figures.invited_count) AS is_small
   FROM heymilo_sync.source_figures figures
     JOIN heymilo_sync.cohorts USING (cohort_id)
     LEFT JOIN heymilo_sync.known_postings postings ON postings.workspace_id = cohorts.workspace_id AND postings.posting_id = cohorts.posting_id
  WHERE postings.is_hidden IS NOT TRUE;

comment on view heymilo_bi.source_quality is 'What becomes of candidates by where they came from: one row per source and cohort (posting, week invited, department, location and requisition).';
comment on column heymilo_bi.source_quality.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo_bi.source_quality.posting_id is 'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_bi.source_quality.posting_title is 'Title of the posting. Titles can repeat: posting_label is unique. NULL until the posting was read.';
comment on column heymilo_bi.source_quality.posting_label is 'Title of the posting, with its id where another posting of the workspace has the same title. NULL until the posting was read.';
comment on column heymilo_bi.source_quality.department is 'Department, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.source_quality.location is 'Location, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.source_quality.requisition is 'Requisition, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.source_quality.invited_week is 'Monday of the week of the invitation, in the reporting time zone of the settings. NULL until the candidates list has been read.';
comment on column heymilo_bi.source_quality.source is 'Where the candidate came from: the key "source" of the interview''s metadata, or else of its data. NULL when neither has one, and when the value is no short name. A short name is a text of at most 60 characters without seven digits, an address or a link.';
comment on column heymilo_bi.source_quality.invited_count is 'Number of invitations.';
comment on column heymilo_bi.source_quality.started_count is 'Number of interviews whose candidate has begun any step.';
comment on column heymilo_bi.source_quality.completed_count is 'Number of completed interviews.';
comment on column heymilo_bi.source_quality.knocked_out_count is 'Number of interviews that a step ended.';
comment on column heymilo_bi.source_quality.shortlisted_count is 'Number of interviews that are shortlisted.';
comment on column heymilo_bi.source_quality.dismissed_count is 'Number of interviews that are dismissed.';
comment on column heymilo_bi.source_quality.scored_count is 'Number of interviews with an overall score.';
comment on column heymilo_bi.source_quality.score_sum is 'Sum of the overall scores. NULL when none is scored.';
comment on column heymilo_bi.source_quality.completion_rate is 'completed_count of invited_count, 0.0 to 1.0.';
comment on column heymilo_bi.source_quality.shortlist_rate is 'shortlisted_count of invited_count, 0.0 to 1.0.';
comment on column heymilo_bi.source_quality.mean_score is 'Mean overall score, 0 to 100. NULL when none is scored.';
comment on column heymilo_bi.source_quality.is_small is 'Whether fewer than 30 are counted: rates and means may be chance.';

create view heymilo_bi.week_dimension as
 SELECT spans.workspace_id,
    weeks.week::date AS week
   FROM ( SELECT cohorts.workspace_id,
            min(cohorts.invited_week) AS first_week
           FROM heymilo_sync.cohorts
          WHERE cohorts.invited_week IS NOT NULL
          GROUP BY cohorts.workspace_id) spans
     CROSS JOIN heymilo_sync.reporting
     CROSS JOIN LATERAL generate_series(spans.first_week::timestamp with time zone, heymilo_bi.week_of(now(), reporting.time_zone)::timestamp with time zone, '7 days'::interval) weeks(week);

comment on view heymilo_bi.week_dimension is 'Every week from the first invitation to the current week, weeks without events included: one row per workspace and week.';
comment on column heymilo_bi.week_dimension.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo_bi.week_dimension.week is 'Monday of the week, in the reporting time zone.';

create view heymilo_bi.selection_by_group with (security_barrier=true) as
 SELECT weekly_groups.workspace_id,
    weekly_groups.posting_id,
    weekly_groups.posting_title,
    weekly_groups.posting_label,
    weekly_groups.department,
    weekly_groups.location,
    weekly_groups.requisition,
    weekly_groups.invited_week,
    weekly_groups.dimension,
    weekly_groups.group_name,
    weekly_groups.is_provided,
    weekly_groups.assessed_count,
    weekly_groups.decided_count,
    weekly_groups.selected_count,
    weekly_groups.scored_count,
    weekly_groups.above_median_count,
    weekly_groups.purpose
   FROM heymilo_demographics.weekly_groups
  WHERE has_table_privilege(CURRENT_USER, 'heymilo_demographics.weekly_groups'::regclass::oid, 'select'::text);

comment on view heymilo_bi.selection_by_group is 'Selection and scoring by group, for dashboards: the rows of heymilo_demographics.weekly_groups. Without the right to read that view there are no rows: ask for the role heymilo_bi_fairness. A monitoring aid, not a bias audit.';
comment on column heymilo_bi.selection_by_group.workspace_id is 'The workspace the row belongs to.';
comment on column heymilo_bi.selection_by_group.posting_id is 'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_bi.selection_by_group.posting_title is 'Title of the posting. Titles can repeat: posting_label is unique. NULL until the posting was read.';
comment on column heymilo_bi.selection_by_group.posting_label is 'Title of the posting, with its id where another posting of the workspace has the same title. NULL until the posting was read.';
comment on column heymilo_bi.selection_by_group.department is 'Department, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.selection_by_group.location is 'Location, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.selection_by_group.requisition is 'Requisition, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_bi.selection_by_group.invited_week is 'Monday of the week of the invitation, in the reporting time zone of the settings. NULL until the candidates list has been read.';
comment on column heymilo_bi.selection_by_group.dimension is 'An attribute of the settings, such as sex, or two of them together, such as race x sex.';
comment on column heymilo_bi.selection_by_group.group_name is 'The group, from the candidates'' own answers: case and blanks are folded. "Not provided" stands for missing and declined answers.';
comment on column heymilo_bi.selection_by_group.is_provided is 'Whether the candidates gave an answer.';
comment on column heymilo_bi.selection_by_group.assessed_count is 'Number of interviews of the group that have come to an end: completed, knocked out or decided.';
comment on column heymilo_bi.selection_by_group.decided_count is 'Number of those that are shortlisted or dismissed.';
comment on column heymilo_bi.selection_by_group.selected_count is 'Number of those that are shortlisted.';
comment on column heymilo_bi.selection_by_group.scored_count is 'Number of interviews of the group with an overall score.';
comment on column heymilo_bi.selection_by_group.above_median_count is 'Number of those above the median score of their posting.';
comment on column heymilo_bi.selection_by_group.purpose is 'What these figures are: a monitoring aid, not a bias audit.';

create table heymilo.files (
    workspace_id text not null,
    interview_id text not null,
    kind text not null,
    link_digest text not null,
    state text not null,
    reason text,
    sha256 text,
    bytes bigint,
    media_type text,
    first_seen_at timestamp with time zone not null default now(),
    last_seen_at timestamp with time zone not null default now(),
    kept_at timestamp with time zone,
    constraint files_pkey PRIMARY KEY (interview_id, workspace_id, kind, link_digest),
    constraint files_kept_check CHECK (((state = 'kept'::text) = (sha256 IS NOT NULL))),
    constraint files_kind_check CHECK ((kind = ANY (ARRAY['audio'::text, 'video'::text, 'resume'::text]))),
    constraint files_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'kept'::text, 'failed'::text, 'expired'::text, 'too_large'::text, 'removed'::text])))
);

comment on table heymilo.files is 'Recordings and resumes of interviews: one row for each file that HeyMilo linked to. The files themselves are kept at files.url under their SHA-256. Empty unless files.url is set. Only the role heymilo_full reads it.';
comment on column heymilo.files.workspace_id is 'Name of the workspace, as in the settings.';
comment on column heymilo.files.interview_id is 'HeyMilo''s id of the interview.';
comment on column heymilo.files.kind is 'audio or video (recordings of the interview) or resume.';
comment on column heymilo.files.link_digest is 'SHA-256 of the link without its signature: tells the files of an interview apart.';
comment on column heymilo.files.state is 'waiting (to be downloaded), kept, failed, expired (the link no longer worked, nor did a fresh one), too_large (files.max_bytes) or removed (retention.files).';
comment on column heymilo.files.reason is 'Why the file is not kept. NULL while it is waiting or kept.';
comment on column heymilo.files.sha256 is 'SHA-256 of the content in hexadecimal, and its name at files.url. Interviews with the same content share it. NULL unless the state is kept.';
comment on column heymilo.files.bytes is 'Size of the content. NULL until it was kept.';
comment on column heymilo.files.media_type is 'Media type that the server gave with the content, such as audio/mpeg. NULL until the content was kept, or where the server gave none.';
comment on column heymilo.files.first_seen_at is 'Time at which an answer first had the link.';
comment on column heymilo.files.last_seen_at is 'Time at which an answer last had the link, up to an hour late.';
comment on column heymilo.files.kept_at is 'Time at which the content was kept. NULL until then.';

CREATE INDEX files_sha256_idx ON heymilo.files USING btree (sha256) WHERE (sha256 IS NOT NULL);
comment on index heymilo.files_sha256_idx is 'Whether another interview has the same content, before the content is removed.';

create table heymilo_sync.downloads (
    workspace_id text not null,
    interview_id text not null,
    kind text not null,
    link_digest text not null,
    link text not null,
    due_at timestamp with time zone not null default now(),
    attempt integer not null default 0,
    is_refreshed boolean not null default false,
    last_error text,
    waiting_since timestamp with time zone not null default now(),
    constraint downloads_pkey PRIMARY KEY (workspace_id, interview_id, kind, link_digest)
);

comment on table heymilo_sync.downloads is 'Files that are still to be downloaded: the rows of heymilo.files whose state is waiting.';
comment on column heymilo_sync.downloads.workspace_id is 'The workspace that the row belongs to.';
comment on column heymilo_sync.downloads.interview_id is 'The interview of the file.';
comment on column heymilo_sync.downloads.kind is 'audio, video or resume.';
comment on column heymilo_sync.downloads.link_digest is 'As in heymilo.files.';
comment on column heymilo_sync.downloads.link is 'The signed link, as last received. It expires. Empty when the content was lost, until an answer brings the link.';
comment on column heymilo_sync.downloads.due_at is 'Time from which the download may begin.';
comment on column heymilo_sync.downloads.attempt is 'Number of downloads that failed.';
comment on column heymilo_sync.downloads.is_refreshed is 'Whether the interview was fetched again because the link had expired.';
comment on column heymilo_sync.downloads.last_error is 'Why the last download failed. NULL after none.';
comment on column heymilo_sync.downloads.waiting_since is 'Time from which the file waits to be downloaded.';

CREATE INDEX downloads_due_idx ON heymilo_sync.downloads USING btree (workspace_id, due_at);
comment on index heymilo_sync.downloads_due_idx is 'The next downloads of a workspace, those that wait longest first.';

create table heymilo_sync.unclaimed_contents (
    sha256 text not null,
    due_at timestamp with time zone not null default now(),
    constraint unclaimed_contents_pkey PRIMARY KEY (sha256)
);

comment on table heymilo_sync.unclaimed_contents is 'Contents at files.url that may have no row of heymilo.files: each lost a row, or does not have it yet. The daemon removes those that no row has, and then the row here.';
comment on column heymilo_sync.unclaimed_contents.sha256 is 'SHA-256 of the content in hexadecimal.';
comment on column heymilo_sync.unclaimed_contents.due_at is 'Time from which the content may be removed: at once for one that lost a row, an hour later for one that does not have it yet.';

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
