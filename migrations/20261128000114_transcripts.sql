-- The conversations of an interview in reading order.

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
from heymilo_bi.interview_facts as interviews
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
    'Speaker or sender of the turn, in HeyMilo''s word.';
comment on column heymilo.transcripts.text is
    'What was said or written. Personal data.';
comment on column heymilo.transcripts.offset_seconds is
    'How far into the web interview it was said, in seconds. NULL for sms.';
comment on column heymilo.transcripts.sent_at is
    'When the SMS was sent. NULL for web_interview, and when HeyMilo does not tell.';
