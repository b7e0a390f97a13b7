-- What several agents tell, in one shape: criteria of resume, SMS and form; turns of web and SMS.

create view heymilo_bi.criteria as
with verdicts as (
    select
        workspace_id, interview_id, 'resume_eligibility' as kind, position,
        criteria_id, criteria_text, true as is_knockout, passed, null::double precision as score, confidence
    from heymilo.resume_eligibility_criteria
    union all
    select
        workspace_id, interview_id, 'resume_scoring', position,
        criteria_id, criteria_text, false, null, score, confidence
    from heymilo.resume_score_criteria
    union all
    select
        workspace_id, interview_id, 'sms', position,
        criteria_id, criteria_text, is_dealbreaker, passed, null, confidence
    from heymilo.sms_criteria
    union all
    select
        workspace_id, interview_id, 'form', position,
        question_id, question_text, is_knockout, passed, null, null
    from heymilo.form_answers
),
texts as (
    -- Ids can repeat: the first question of an id tells its text.
    select distinct on (workspace_id, posting_id, question_id)
        workspace_id,
        posting_id,
        question_id,
        question_text
    from heymilo.questions
    order by workspace_id, posting_id, question_id, position
)
select
    interviews.workspace_id,
    interviews.posting_id,
    interviews.posting_title,
    interviews.interview_id,
    verdicts.kind,
    verdicts.position,
    verdicts.criteria_id,
    coalesce(texts.question_text, verdicts.criteria_text) as criteria_text,
    verdicts.is_knockout,
    verdicts.passed,
    verdicts.score,
    verdicts.confidence
from heymilo_bi.interview_summary as interviews
join verdicts using (workspace_id, interview_id)
left join texts
    on texts.workspace_id = interviews.workspace_id
   and texts.posting_id = interviews.posting_id
   and texts.question_id = verdicts.criteria_id;

comment on view heymilo_bi.criteria is
    'One row per criterion that was applied to a candidate, whichever agent did it: resume eligibility, resume scoring, SMS, form. What the candidate answered is in the tables of schema heymilo.';
comment on column heymilo_bi.criteria.workspace_id is
    'The workspace the interview belongs to.';
comment on column heymilo_bi.criteria.posting_id is
    'The posting the candidate was invited to.';
comment on column heymilo_bi.criteria.posting_title is
    'Job title of the posting. NULL until the posting was read.';
comment on column heymilo_bi.criteria.interview_id is
    'HeyMilo''s id of the interview.';
comment on column heymilo_bi.criteria.kind is
    'Who applied it: resume_eligibility, resume_scoring, sms or form; the same words as in heymilo.questions.modality.';
comment on column heymilo_bi.criteria.position is
    'Place in HeyMilo''s answer, from 1; counted for each kind.';
comment on column heymilo_bi.criteria.criteria_id is
    'HeyMilo''s id of the criterion, or of the form''s question; refers to heymilo.questions.question_id.';
comment on column heymilo_bi.criteria.criteria_text is
    'The criterion as the posting has it now; as it was applied where the posting has it no more.';
comment on column heymilo_bi.criteria.is_knockout is
    'Whether failing it ends the application: always for resume_eligibility, never for resume_scoring, a dealbreaker of sms, a knockout question of form. NULL when HeyMilo does not tell.';
comment on column heymilo_bi.criteria.passed is
    'Whether the criterion is met. NULL for resume_scoring, and when it was not decided.';
comment on column heymilo_bi.criteria.score is
    'Score, 0.0 to 10.0. NULL for every kind but resume_scoring.';
comment on column heymilo_bi.criteria.confidence is
    'How sure the AI is, 0.0 to 1.0. NULL for form, whose answers no AI judges.';

create view heymilo.transcripts as
with turns as (
    select
        workspace_id, interview_id, 'web_interview' as channel, position,
        speaker, text, offset_seconds, null::timestamptz as sent_at
    from heymilo.transcript_entries
    union all
    select
        workspace_id, interview_id, 'sms', position,
        role, text, null, sent_at
    from heymilo.sms_messages
)
select
    interviews.workspace_id,
    interviews.posting_id,
    interviews.interview_id,
    turns.channel,
    turns.position,
    turns.speaker,
    turns.text,
    turns.offset_seconds,
    turns.sent_at
from heymilo_bi.interview_summary as interviews
join turns using (workspace_id, interview_id);

comment on view heymilo.transcripts is
    'Every turn of every conversation, web interview and SMS, one row each: order by channel and position to read an interview. Without test postings and deleted interviews. Personal data.';
comment on column heymilo.transcripts.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo.transcripts.posting_id is
    'The posting the candidate was invited to.';
comment on column heymilo.transcripts.interview_id is
    'The interview the row belongs to.';
comment on column heymilo.transcripts.channel is
    'web_interview (spoken) or sms (written).';
comment on column heymilo.transcripts.position is
    'Place of the turn in its conversation, from 1.';
comment on column heymilo.transcripts.speaker is
    'Who speaks or writes, in HeyMilo''s word.';
comment on column heymilo.transcripts.text is
    'What was said or written. Personal data.';
comment on column heymilo.transcripts.offset_seconds is
    'Seconds from the start of the web interview. NULL for sms.';
comment on column heymilo.transcripts.sent_at is
    'When the SMS was sent. NULL for web_interview, and when HeyMilo does not tell.';
