-- Screenings by resume, SMS and form.

create table heymilo.resume_screenings (
    workspace_id       text not null,
    interview_id       text not null,
    agent_interview_id text,
    overall_score      double precision,
    is_eligible        boolean,
    resume_url         text,
    extra              jsonb,
    constraint resume_screenings_pkey primary key (interview_id, workspace_id)
);

comment on table heymilo.resume_screenings is
    'One row per interview whose resume was screened.';
comment on column heymilo.resume_screenings.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo.resume_screenings.interview_id is
    'The interview the row belongs to.';
comment on column heymilo.resume_screenings.agent_interview_id is
    'The id that this block of the answer names (resume.interview_id in the API): normally the interview''s own. NULL when HeyMilo gives none.';
comment on column heymilo.resume_screenings.overall_score is
    'Score of the resume, 0.0 to 100.0. NULL when it was not scored.';
comment on column heymilo.resume_screenings.is_eligible is
    'Whether the resume meets the eligibility criteria. NULL when none were set.';
comment on column heymilo.resume_screenings.resume_url is
    'Link to the resume, as last received. The signature of the link expires. Personal data. NULL when HeyMilo gives none.';
comment on column heymilo.resume_screenings.extra is
    'Fields HeyMilo sends that have no column yet, or values of an unexpected type, as JSON. NULL when there are none.';

create table heymilo.resume_score_criteria (
    workspace_id  text not null,
    interview_id  text not null,
    position      integer not null,
    criteria_id   text,
    criteria_text text,
    score         double precision,
    confidence    double precision,
    reasons       text[],
    extra         jsonb,
    constraint resume_score_criteria_pkey primary key (interview_id, workspace_id, position)
);

comment on table heymilo.resume_score_criteria is
    'One row per criterion a resume was scored by.';
comment on column heymilo.resume_score_criteria.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo.resume_score_criteria.interview_id is
    'The interview the row belongs to.';
comment on column heymilo.resume_score_criteria.position is
    'Place in HeyMilo''s answer, from 1.';
comment on column heymilo.resume_score_criteria.criteria_id is
    'HeyMilo''s id of the criterion: refers to questions.question_id. NULL when HeyMilo gives none.';
comment on column heymilo.resume_score_criteria.criteria_text is
    'The criterion. NULL when HeyMilo gives none.';
comment on column heymilo.resume_score_criteria.score is
    'How well the resume meets the criterion, 0.0 to 10.0. NULL when it was not scored.';
comment on column heymilo.resume_score_criteria.confidence is
    'How sure the AI is, 0.0 to 1.0. NULL when HeyMilo gives none.';
comment on column heymilo.resume_score_criteria.reasons is
    'The AI''s reasons, in order. Free text about a person. NULL when HeyMilo gives none.';
comment on column heymilo.resume_score_criteria.extra is
    'Fields HeyMilo sends that have no column yet, or values of an unexpected type, as JSON. NULL when there are none.';

create table heymilo.resume_eligibility_criteria (
    workspace_id  text not null,
    interview_id  text not null,
    position      integer not null,
    criteria_id   text,
    criteria_text text,
    passed        boolean,
    confidence    double precision,
    reasons       text[],
    extra         jsonb,
    constraint resume_eligibility_criteria_pkey primary key (interview_id, workspace_id, position)
);

comment on table heymilo.resume_eligibility_criteria is
    'One row per criterion that decides whether a resume is eligible.';
comment on column heymilo.resume_eligibility_criteria.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo.resume_eligibility_criteria.interview_id is
    'The interview the row belongs to.';
comment on column heymilo.resume_eligibility_criteria.position is
    'Place in HeyMilo''s answer, from 1.';
comment on column heymilo.resume_eligibility_criteria.criteria_id is
    'HeyMilo''s id of the criterion: refers to questions.question_id. NULL when HeyMilo gives none.';
comment on column heymilo.resume_eligibility_criteria.criteria_text is
    'The criterion. NULL when HeyMilo gives none.';
comment on column heymilo.resume_eligibility_criteria.passed is
    'Whether the criterion is met. NULL when HeyMilo gives none.';
comment on column heymilo.resume_eligibility_criteria.confidence is
    'How sure the AI is, 0.0 to 1.0. NULL when HeyMilo gives none.';
comment on column heymilo.resume_eligibility_criteria.reasons is
    'The AI''s reasons, in order. Free text about a person. NULL when HeyMilo gives none.';
comment on column heymilo.resume_eligibility_criteria.extra is
    'Fields HeyMilo sends that have no column yet, or values of an unexpected type, as JSON. NULL when there are none.';

create table heymilo.sms_screenings (
    workspace_id       text not null,
    interview_id       text not null,
    agent_interview_id text,
    is_eligible        boolean,
    confidence         double precision,
    messages_sent      bigint,
    messages_received  bigint,
    extra              jsonb,
    constraint sms_screenings_pkey primary key (interview_id, workspace_id)
);

comment on table heymilo.sms_screenings is
    'One row per interview with an SMS conversation that has results.';
comment on column heymilo.sms_screenings.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo.sms_screenings.interview_id is
    'The interview the row belongs to.';
comment on column heymilo.sms_screenings.agent_interview_id is
    'The id that this block of the answer names (sms.interview_id in the API): normally the interview''s own. NULL when HeyMilo gives none.';
comment on column heymilo.sms_screenings.is_eligible is
    'Whether the conversation found the candidate eligible. NULL when HeyMilo gives none.';
comment on column heymilo.sms_screenings.confidence is
    'How sure the AI is, 0.0 to 1.0. NULL when HeyMilo gives none.';
comment on column heymilo.sms_screenings.messages_sent is
    'Number of SMS sent to the candidate. NULL when HeyMilo gives none.';
comment on column heymilo.sms_screenings.messages_received is
    'Number of SMS received from the candidate. NULL when HeyMilo gives none.';
comment on column heymilo.sms_screenings.extra is
    'Fields HeyMilo sends that have no column yet, or values of an unexpected type, as JSON. NULL when there are none.';

create table heymilo.sms_criteria (
    workspace_id   text not null,
    interview_id   text not null,
    position       integer not null,
    criteria_id    text,
    criteria_text  text,
    passed         boolean,
    confidence     double precision,
    is_dealbreaker boolean,
    reasons        text[],
    extra          jsonb,
    constraint sms_criteria_pkey primary key (interview_id, workspace_id, position)
);

comment on table heymilo.sms_criteria is
    'One row per criterion that an SMS conversation decided.';
comment on column heymilo.sms_criteria.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo.sms_criteria.interview_id is
    'The interview the row belongs to.';
comment on column heymilo.sms_criteria.position is
    'Place in HeyMilo''s answer, from 1.';
comment on column heymilo.sms_criteria.criteria_id is
    'HeyMilo''s id of the criterion: refers to questions.question_id. NULL when HeyMilo gives none.';
comment on column heymilo.sms_criteria.criteria_text is
    'The criterion. NULL when HeyMilo gives none.';
comment on column heymilo.sms_criteria.passed is
    'Whether the criterion is met. NULL when HeyMilo gives none.';
comment on column heymilo.sms_criteria.confidence is
    'How sure the AI is, 0.0 to 1.0. NULL when HeyMilo gives none.';
comment on column heymilo.sms_criteria.is_dealbreaker is
    'Whether failing it ends the application. HeyMilo''s default (false) when the answer leaves it out. NULL when HeyMilo says null.';
comment on column heymilo.sms_criteria.reasons is
    'The AI''s reasons, in order. Free text about a person. NULL when HeyMilo gives none.';
comment on column heymilo.sms_criteria.extra is
    'Fields HeyMilo sends that have no column yet, or values of an unexpected type, as JSON. NULL when there are none.';

create table heymilo.sms_messages (
    workspace_id text not null,
    interview_id text not null,
    position     integer not null,
    role         text,
    text         text,
    sent_at      timestamptz,
    extra        jsonb,
    constraint sms_messages_pkey primary key (interview_id, workspace_id, position)
);

comment on table heymilo.sms_messages is
    'The SMS conversation, one row per message, in reading order by position.';
comment on column heymilo.sms_messages.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo.sms_messages.interview_id is
    'The interview the row belongs to.';
comment on column heymilo.sms_messages.position is
    'Place in HeyMilo''s answer, from 1.';
comment on column heymilo.sms_messages.role is
    'Sender of the message, in HeyMilo''s word. NULL when HeyMilo gives none.';
comment on column heymilo.sms_messages.text is
    'What was written. Personal data. NULL when HeyMilo gives none.';
comment on column heymilo.sms_messages.sent_at is
    'Time of the message (timestamp in the API). NULL when HeyMilo does not tell.';
comment on column heymilo.sms_messages.extra is
    'Fields HeyMilo sends that have no column yet, or values of an unexpected type, as JSON. NULL when there are none.';

create table heymilo.form_screenings (
    workspace_id       text not null,
    interview_id       text not null,
    agent_interview_id text,
    overall_status     text,
    extra              jsonb,
    constraint form_screenings_pkey primary key (interview_id, workspace_id)
);

comment on table heymilo.form_screenings is
    'One row per interview whose form was filled in.';
comment on column heymilo.form_screenings.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo.form_screenings.interview_id is
    'The interview the row belongs to.';
comment on column heymilo.form_screenings.agent_interview_id is
    'The id that this block of the answer names (form.interview_id in the API): normally the interview''s own. NULL when HeyMilo gives none.';
comment on column heymilo.form_screenings.overall_status is
    'passed, failed or pending. NULL when HeyMilo gives none.';
comment on column heymilo.form_screenings.extra is
    'Fields HeyMilo sends that have no column yet, or values of an unexpected type, as JSON. NULL when there are none.';

create table heymilo.form_answers (
    workspace_id     text not null,
    interview_id     text not null,
    position         integer not null,
    question_id      text,
    question_text    text,
    question_type    text,
    is_knockout      boolean,
    passed           boolean,
    candidate_answer text,
    expected_answer  text,
    extra            jsonb,
    constraint form_answers_pkey primary key (interview_id, workspace_id, position)
);

comment on table heymilo.form_answers is
    'One row per question of a form, with the candidate''s answer.';
comment on column heymilo.form_answers.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo.form_answers.interview_id is
    'The interview the row belongs to.';
comment on column heymilo.form_answers.position is
    'Place in HeyMilo''s answer, from 1.';
comment on column heymilo.form_answers.question_id is
    'HeyMilo''s id of the question: refers to questions.question_id. NULL when HeyMilo gives none.';
comment on column heymilo.form_answers.question_text is
    'The question as it was asked. NULL when HeyMilo gives none.';
comment on column heymilo.form_answers.question_type is
    'Kind of question, in HeyMilo''s word. NULL when HeyMilo gives none.';
comment on column heymilo.form_answers.is_knockout is
    'Whether a wrong answer ends the application. NULL when HeyMilo gives none.';
comment on column heymilo.form_answers.passed is
    'Whether the answer is acceptable. NULL when HeyMilo gives none.';
comment on column heymilo.form_answers.candidate_answer is
    'What the candidate answered. NULL when nothing. Personal data.';
comment on column heymilo.form_answers.expected_answer is
    'The answer that passes. NULL when any does.';
comment on column heymilo.form_answers.extra is
    'Fields HeyMilo sends that have no column yet, or values of an unexpected type, as JSON. NULL when there are none.';
