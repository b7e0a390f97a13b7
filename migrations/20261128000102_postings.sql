-- What interviews refer to: the workspace, its postings, their steps and their questions.

create table heymilo.workspaces (
    workspace_id         text primary key,
    heymilo_workspace_id text,
    title                text,
    extra                jsonb,
    first_synced_at      timestamptz not null,
    synced_at            timestamptz not null
);

comment on table heymilo.workspaces is
    'One row per HeyMilo workspace that is copied into this database.';
comment on column heymilo.workspaces.workspace_id is
    'The name the operator gave the workspace in the settings of heymilo-sync. Part of the key of every other table.';
comment on column heymilo.workspaces.heymilo_workspace_id is
    'HeyMilo''s own id of the workspace that the API key belongs to. NULL when HeyMilo gives none.';
comment on column heymilo.workspaces.title is
    'The workspace''s name in HeyMilo. NULL when HeyMilo gives none.';
comment on column heymilo.workspaces.extra is
    'Everything else HeyMilo tells about the workspace, as JSON. NULL when there is nothing else.';
comment on column heymilo.workspaces.first_synced_at is
    'When this row was first written.';
comment on column heymilo.workspaces.synced_at is
    'When this row last changed.';

create table heymilo.postings (
    workspace_id                             text not null,
    posting_id                               text not null,
    company_id                               text,
    title                                    text,
    name                                     text,
    description                              text,
    language                                 text,
    interviewer_name                         text,
    status                                   text,
    finalized                                boolean,
    archived                                 boolean,
    test_posting                             boolean,
    candidate_url                            text,
    ingestion_url_key                        text,
    review_url                               text,
    deadline_at                              timestamptz,
    redirect_url                             text,
    scheduling_url                           text,
    max_retakes                              bigint,
    retake_cooldown_days                     double precision,
    allow_sms_comms                          boolean,
    email_report_to_candidate                boolean,
    instructions                             text,
    company_overview                         text,
    company_overview_delivery_mode           text,
    job_overview                             text,
    job_overview_delivery_mode               text,
    interview_process_overview               text,
    interview_process_overview_delivery_mode text,
    phone_number_id                          text,
    sender_email_id                          text,
    email_template_group_id                  text,
    design_template_group_id                 text,
    ats_metadata                             jsonb,
    metadata                                 jsonb,
    created_at                               timestamptz,
    updated_at                               timestamptz,
    extra                                    jsonb,
    first_synced_at                          timestamptz not null,
    synced_at                                timestamptz not null,
    deleted_at                               timestamptz,
    constraint postings_pkey primary key (workspace_id, posting_id)
);

comment on table heymilo.postings is
    'One row per posting: a job that candidates are screened for.';
comment on column heymilo.postings.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo.postings.posting_id is
    'HeyMilo''s id of the posting.';
comment on column heymilo.postings.company_id is
    'Whose posting it is: HeyMilo''s id of the company. NULL when HeyMilo gives none.';
comment on column heymilo.postings.title is
    'Job title as candidates see it. NULL when HeyMilo gives none.';
comment on column heymilo.postings.name is
    'The posting''s short name in links to it. NULL when it has none.';
comment on column heymilo.postings.description is
    'The job description. NULL when HeyMilo gives none.';
comment on column heymilo.postings.language is
    'Language of the interview as a code such as en. HeyMilo''s default (en) when HeyMilo never gave it. NULL when HeyMilo says null.';
comment on column heymilo.postings.interviewer_name is
    'Name under which the AI interviewer introduces itself. NULL when HeyMilo gives none.';
comment on column heymilo.postings.status is
    'draft, active, expired or archived. Other words are possible when HeyMilo adds them. NULL when HeyMilo gives none.';
comment on column heymilo.postings.finalized is
    'Whether the set-up of the posting was completed. NULL when HeyMilo gives none.';
comment on column heymilo.postings.archived is
    'True once recruiters have put the posting away. NULL when HeyMilo gives none.';
comment on column heymilo.postings.test_posting is
    'Whether the posting only serves to try HeyMilo out. Leave these out of every statistic. NULL when HeyMilo gives none.';
comment on column heymilo.postings.candidate_url is
    'Page on which candidates start (urls.candidate_url in the API). NULL when HeyMilo gives none.';
comment on column heymilo.postings.ingestion_url_key is
    'Key of the address at which candidates can be handed in (urls.ingestion_url_key in the API). NULL when HeyMilo gives none.';
comment on column heymilo.postings.review_url is
    'Page on which recruiters review the posting''s candidates (urls.review_url in the API). NULL when HeyMilo gives none.';
comment on column heymilo.postings.deadline_at is
    'Until when candidates may take part (deadline in the API). NULL without a deadline.';
comment on column heymilo.postings.redirect_url is
    'Where candidates are sent when they have finished. NULL when HeyMilo gives none.';
comment on column heymilo.postings.scheduling_url is
    'Where candidates book the next appointment. NULL when HeyMilo gives none.';
comment on column heymilo.postings.max_retakes is
    'How often a candidate may take the interview again. NULL when nothing is set.';
comment on column heymilo.postings.retake_cooldown_days is
    'How many days have to pass before a candidate may try again. NULL when HeyMilo gives none.';
comment on column heymilo.postings.allow_sms_comms is
    'Whether candidates may be written to by SMS. HeyMilo''s default (false) when HeyMilo never gave it. NULL when HeyMilo says null.';
comment on column heymilo.postings.email_report_to_candidate is
    'Whether candidates are sent their report. HeyMilo''s default (false) when HeyMilo never gave it. NULL when HeyMilo says null.';
comment on column heymilo.postings.instructions is
    'Additional instructions for the AI interviewer. NULL when HeyMilo gives none.';
comment on column heymilo.postings.company_overview is
    'Text about the company that candidates see. NULL when HeyMilo gives none.';
comment on column heymilo.postings.company_overview_delivery_mode is
    'How the company overview is presented, in HeyMilo''s word. NULL when HeyMilo gives none.';
comment on column heymilo.postings.job_overview is
    'Text about the job that candidates see. NULL when HeyMilo gives none.';
comment on column heymilo.postings.job_overview_delivery_mode is
    'How the job overview is presented, in HeyMilo''s word. NULL when HeyMilo gives none.';
comment on column heymilo.postings.interview_process_overview is
    'Text about the process that candidates see. NULL when HeyMilo gives none.';
comment on column heymilo.postings.interview_process_overview_delivery_mode is
    'How the process overview is presented, in HeyMilo''s word. NULL when HeyMilo gives none.';
comment on column heymilo.postings.phone_number_id is
    'Which number candidates are called from: HeyMilo''s id of it. NULL when none was chosen.';
comment on column heymilo.postings.sender_email_id is
    'HeyMilo''s id of the address that e-mails are sent from. NULL when HeyMilo gives none.';
comment on column heymilo.postings.email_template_group_id is
    'HeyMilo''s id of the set of e-mail templates. NULL when HeyMilo gives none.';
comment on column heymilo.postings.design_template_group_id is
    'HeyMilo''s id of the design of the candidate''s pages. NULL when HeyMilo gives none.';
comment on column heymilo.postings.ats_metadata is
    'What the connected applicant tracking system stored with the posting: open JSON. NULL when HeyMilo gives none.';
comment on column heymilo.postings.metadata is
    'The customer''s own key-value pairs: a JSON object of strings. NULL when HeyMilo gives none.';
comment on column heymilo.postings.created_at is
    'When the posting was created in HeyMilo. NULL when HeyMilo gives none.';
comment on column heymilo.postings.updated_at is
    'When the posting was last changed in HeyMilo. NULL when HeyMilo gives none.';
comment on column heymilo.postings.extra is
    'Fields HeyMilo sends that have no column yet, or values of an unexpected type, as JSON. NULL when there are none.';
comment on column heymilo.postings.first_synced_at is
    'When this row was first written.';
comment on column heymilo.postings.synced_at is
    'When this row last changed.';
comment on column heymilo.postings.deleted_at is
    'When HeyMilo was first found to have the posting no more. NULL while it exists.';

create table heymilo.posting_steps (
    workspace_id text not null,
    posting_id   text not null,
    position     integer not null,
    step_id      text,
    step_type    text,
    step_order   bigint,
    config       jsonb,
    extra        jsonb,
    constraint posting_steps_pkey primary key (workspace_id, posting_id, position)
);

comment on table heymilo.posting_steps is
    'One row per step of a posting''s workflow. Join workflow_steps on workspace_id, posting_id (through interviews) and step_id to learn what kind of agent a candidate''s step is.';
comment on column heymilo.posting_steps.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo.posting_steps.posting_id is
    'The posting the step belongs to.';
comment on column heymilo.posting_steps.position is
    'Place of the step in HeyMilo''s answer, from 1.';
comment on column heymilo.posting_steps.step_id is
    'HeyMilo''s id of the step (id in the API). workflow_steps.step_id refers to this id. NULL when HeyMilo gives none.';
comment on column heymilo.posting_steps.step_type is
    'Kind of agent: web_interview, conversational_sms, resume or form (type in the API). NULL when HeyMilo gives none.';
comment on column heymilo.posting_steps.step_order is
    'Order of the step in the workflow, from 1 (order in the API). NULL when HeyMilo gives none.';
comment on column heymilo.posting_steps.config is
    'Settings of the step: open JSON. NULL when HeyMilo gives none.';
comment on column heymilo.posting_steps.extra is
    'Fields HeyMilo sends that have no column yet, or values of an unexpected type, as JSON. NULL when there are none.';

create table heymilo.questions (
    workspace_id                        text not null,
    posting_id                          text not null,
    position                            integer not null,
    question_id                         text,
    modality                            text,
    question_text                       text,
    question_type                       text,
    rank                                bigint,
    evaluation_criteria                 text,
    score_1_description                 text,
    score_5_description                 text,
    score_weight                        double precision,
    not_scored                          boolean,
    min_follow_ups                      bigint,
    max_follow_ups                      bigint,
    instructions                        text,
    additional_instructions             text,
    post_processing_evaluation_criteria text,
    expected_answer                     text,
    expected_value                      double precision,
    answer                              jsonb,
    operator                            text,
    is_knockout                         boolean,
    is_dealbreaker                      boolean,
    is_answer_mandated                  boolean,
    response_format                     text,
    mcq_type                            text,
    options                             text[],
    dropdown_values                     jsonb,
    file_types                          text[],
    allow_multiple_files                boolean,
    slider_min                          double precision,
    slider_max                          double precision,
    slider_step                         double precision,
    structured_config                   jsonb,
    created_at                          timestamptz,
    updated_at                          timestamptz,
    extra                               jsonb,
    constraint questions_pkey primary key (workspace_id, posting_id, position)
);

comment on table heymilo.questions is
    'One row per question or criterion that a posting is set up with, for each kind of agent. scorecard_questions, form_answers and the criteria tables refer to it by question_id or criteria_id.';
comment on column heymilo.questions.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo.questions.posting_id is
    'Which posting asks it.';
comment on column heymilo.questions.position is
    'Place of the question in HeyMilo''s list for the posting, from 1.';
comment on column heymilo.questions.question_id is
    'HeyMilo''s id of the question (id in the API). NULL when HeyMilo gives none.';
comment on column heymilo.questions.modality is
    'Which agent uses it: voice, sms, form, resume_eligibility, resume_scoring or voice_tags. NULL when HeyMilo gives none.';
comment on column heymilo.questions.question_text is
    'The question or criterion itself (text in the API). NULL when HeyMilo gives none.';
comment on column heymilo.questions.question_type is
    'Kind of question, in HeyMilo''s word, mostly for forms. NULL when HeyMilo gives none.';
comment on column heymilo.questions.rank is
    'Order in which it is asked. NULL when HeyMilo gives none.';
comment on column heymilo.questions.evaluation_criteria is
    'What the AI looks at when it scores an answer. NULL when HeyMilo gives none.';
comment on column heymilo.questions.score_1_description is
    'What an answer at the bottom of the scale looks like (score_of_1 in the API). NULL when HeyMilo gives none.';
comment on column heymilo.questions.score_5_description is
    'What an answer in the middle of the scale looks like (score_of_5 in the API): scores go from 1 to 10, and this describes a 5. NULL when HeyMilo gives none.';
comment on column heymilo.questions.score_weight is
    'Weight of the question in the score, 1 to 10. NULL when HeyMilo gives none.';
comment on column heymilo.questions.not_scored is
    'Whether answers are left out of the score. NULL when HeyMilo gives none.';
comment on column heymilo.questions.min_follow_ups is
    'Fewest follow-up questions the AI asks. NULL when HeyMilo gives none.';
comment on column heymilo.questions.max_follow_ups is
    'Most follow-up questions the AI asks. NULL when HeyMilo gives none.';
comment on column heymilo.questions.instructions is
    'For voice_tags: how the value is to be drawn from what was said. NULL for other modalities.';
comment on column heymilo.questions.additional_instructions is
    'Additional instructions for the AI about the question. NULL when HeyMilo gives none.';
comment on column heymilo.questions.post_processing_evaluation_criteria is
    'Criteria applied after the conversation has ended. NULL when HeyMilo gives none.';
comment on column heymilo.questions.expected_answer is
    'The answer that passes, as text. NULL when HeyMilo gives none.';
comment on column heymilo.questions.expected_value is
    'The answer that passes, as a number. NULL when HeyMilo gives none.';
comment on column heymilo.questions.answer is
    'The configured answer, as JSON because its type depends on the kind of question. NULL when HeyMilo gives none.';
comment on column heymilo.questions.operator is
    'How an answer is compared with the expected one. NULL when HeyMilo gives none.';
comment on column heymilo.questions.is_knockout is
    'Whether a wrong answer ends the application (forms). NULL when HeyMilo gives none.';
comment on column heymilo.questions.is_dealbreaker is
    'Whether failing it ends the application (SMS). NULL when HeyMilo gives none.';
comment on column heymilo.questions.is_answer_mandated is
    'Whether candidates must answer. NULL when HeyMilo gives none.';
comment on column heymilo.questions.response_format is
    'Expected form of the answer: text, freeform, date or number. NULL when HeyMilo gives none.';
comment on column heymilo.questions.mcq_type is
    'Kind of multiple choice, in HeyMilo''s word. NULL when HeyMilo gives none.';
comment on column heymilo.questions.options is
    'For voice_tags: the values that may be drawn, in order. NULL for other modalities, and when any is allowed.';
comment on column heymilo.questions.dropdown_values is
    'The entries of a drop-down list: a JSON array of objects. NULL when HeyMilo gives none.';
comment on column heymilo.questions.file_types is
    'File types accepted for an upload. NULL when HeyMilo gives none.';
comment on column heymilo.questions.allow_multiple_files is
    'Whether several files may be uploaded. NULL when HeyMilo gives none.';
comment on column heymilo.questions.slider_min is
    'Lowest value of a slider. NULL when HeyMilo gives none.';
comment on column heymilo.questions.slider_max is
    'Highest value of a slider. NULL when HeyMilo gives none.';
comment on column heymilo.questions.slider_step is
    'Step between values of a slider. NULL when HeyMilo gives none.';
comment on column heymilo.questions.structured_config is
    'Further set-up of a structured question: open JSON. NULL when HeyMilo gives none.';
comment on column heymilo.questions.created_at is
    'When the question was created in HeyMilo. NULL when HeyMilo gives none.';
comment on column heymilo.questions.updated_at is
    'When the question was last changed in HeyMilo. NULL when HeyMilo gives none.';
comment on column heymilo.questions.extra is
    'Fields HeyMilo sends that have no column yet, or values of an unexpected type, as JSON. NULL when there are none.';

create index questions_question_id_idx on heymilo.questions (workspace_id, question_id);
comment on index heymilo.questions_question_id_idx is
    'From what was asked in an interview to the question as it is set up: question_id alone does not begin the key.';
