-- Voice and video interviews: scores, the scorecard, and what was said.

create table heymilo.web_interviews (
    workspace_id        text not null,
    interview_id        text not null,
    agent_interview_id  text,
    match_score         double precision,
    speech_score        double precision,
    highlights          text[],
    lowlights           text[],
    tags                text[],
    audio_recording_url text,
    video_recording_url text,
    extra               jsonb,
    constraint web_interviews_pkey primary key (interview_id, workspace_id)
);

comment on table heymilo.web_interviews is
    'One row per interview whose web interview (voice or video) has results.';
comment on column heymilo.web_interviews.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo.web_interviews.interview_id is
    'The interview the row belongs to.';
comment on column heymilo.web_interviews.agent_interview_id is
    'The id that this block of the answer names (web_interview.interview_id in the API): normally the interview''s own. NULL when HeyMilo gives none.';
comment on column heymilo.web_interviews.match_score is
    'How well the candidate matches the posting, 0 to 100. NULL when HeyMilo gives none.';
comment on column heymilo.web_interviews.speech_score is
    'Quality of speech, 0.0 to 5.0. NULL when it was not judged.';
comment on column heymilo.web_interviews.highlights is
    'What spoke for the candidate, in order. NULL when HeyMilo gives none.';
comment on column heymilo.web_interviews.lowlights is
    'What spoke against the candidate, in order. NULL when HeyMilo gives none.';
comment on column heymilo.web_interviews.tags is
    'Tags the AI gave the interview. NULL when HeyMilo gives none.';
comment on column heymilo.web_interviews.audio_recording_url is
    'Link to the sound recording, as last received. The signature of the link expires. Personal data. NULL when HeyMilo gives none.';
comment on column heymilo.web_interviews.video_recording_url is
    'Link to the video recording, as last received. The signature of the link expires. Personal data. NULL when HeyMilo gives none.';
comment on column heymilo.web_interviews.extra is
    'Fields HeyMilo sends that have no column yet, or values of an unexpected type, as JSON. NULL when there are none.';

create table heymilo.scorecard_questions (
    workspace_id        text not null,
    interview_id        text not null,
    position            integer not null,
    question_id         text,
    question_text       text,
    score               double precision,
    score_weight        double precision,
    not_scored          boolean,
    rank                bigint,
    evaluation_summary  text,
    evaluation_criteria text,
    score_1_description text,
    score_5_description text,
    extra               jsonb,
    constraint scorecard_questions_pkey primary key (interview_id, workspace_id, position)
);

comment on table heymilo.scorecard_questions is
    'One row per question of a web interview''s scorecard.';
comment on column heymilo.scorecard_questions.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo.scorecard_questions.interview_id is
    'The interview the row belongs to.';
comment on column heymilo.scorecard_questions.position is
    'Place in HeyMilo''s answer, from 1.';
comment on column heymilo.scorecard_questions.question_id is
    'HeyMilo''s id of the question: refers to questions.question_id. NULL when HeyMilo gives none.';
comment on column heymilo.scorecard_questions.question_text is
    'The question as it was asked. NULL when HeyMilo gives none.';
comment on column heymilo.scorecard_questions.score is
    'Score of the answer, 1 to 10. NULL when HeyMilo gives none.';
comment on column heymilo.scorecard_questions.score_weight is
    'Weight of the question in the interview''s score, 1 to 10. HeyMilo''s default (5) when the answer leaves it out. NULL when HeyMilo says null.';
comment on column heymilo.scorecard_questions.not_scored is
    'Whether the answer is left out of the score. HeyMilo''s default (false) when the answer leaves it out. NULL when HeyMilo says null.';
comment on column heymilo.scorecard_questions.rank is
    'Order of the question in the interview. NULL when HeyMilo gives none.';
comment on column heymilo.scorecard_questions.evaluation_summary is
    'The AI''s reasons for the score. Free text about a person. NULL when HeyMilo gives none.';
comment on column heymilo.scorecard_questions.evaluation_criteria is
    'What the AI looked at. NULL when HeyMilo gives none.';
comment on column heymilo.scorecard_questions.score_1_description is
    'What an answer at the bottom of the scale looks like. NULL when HeyMilo gives none.';
comment on column heymilo.scorecard_questions.score_5_description is
    'What an answer in the middle of the scale looks like: scores go from 1 to 10, and this describes a 5. NULL when HeyMilo gives none.';
comment on column heymilo.scorecard_questions.extra is
    'Fields HeyMilo sends that have no column yet, or values of an unexpected type, as JSON. NULL when there are none.';

create table heymilo.scorecard_transcript_entries (
    workspace_id      text not null,
    interview_id      text not null,
    question_position integer not null,
    position          integer not null,
    speaker           text,
    text              text,
    offset_seconds    double precision,
    offset_label      text,
    extra             jsonb,
    constraint scorecard_transcript_entries_pkey primary key (interview_id, workspace_id, question_position, position)
);

comment on table heymilo.scorecard_transcript_entries is
    'The dialogue of one scorecard question, one row per turn.';
comment on column heymilo.scorecard_transcript_entries.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo.scorecard_transcript_entries.interview_id is
    'The interview the row belongs to.';
comment on column heymilo.scorecard_transcript_entries.question_position is
    'The question: refers to scorecard_questions.position.';
comment on column heymilo.scorecard_transcript_entries.position is
    'Place of the turn in the question''s dialogue, from 1.';
comment on column heymilo.scorecard_transcript_entries.speaker is
    'The speaker, in HeyMilo''s word, such as AI or Candidate. NULL when HeyMilo gives none.';
comment on column heymilo.scorecard_transcript_entries.text is
    'What was said. Personal data. NULL when HeyMilo gives none.';
comment on column heymilo.scorecard_transcript_entries.offset_seconds is
    'How far into the interview it was said, in seconds (timestamp in the API). NULL when HeyMilo gives none.';
comment on column heymilo.scorecard_transcript_entries.offset_label is
    'The same as MM:SS (timestamp_str in the API). NULL when HeyMilo gives none.';
comment on column heymilo.scorecard_transcript_entries.extra is
    'Fields HeyMilo sends that have no column yet, or values of an unexpected type, as JSON. NULL when there are none.';

create table heymilo.transcript_entries (
    workspace_id   text not null,
    interview_id   text not null,
    position       integer not null,
    speaker        text,
    text           text,
    offset_seconds double precision,
    offset_label   text,
    extra          jsonb,
    constraint transcript_entries_pkey primary key (interview_id, workspace_id, position)
);

comment on table heymilo.transcript_entries is
    'The whole conversation of a web interview, one row per turn, in reading order by position.';
comment on column heymilo.transcript_entries.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo.transcript_entries.interview_id is
    'The interview the row belongs to.';
comment on column heymilo.transcript_entries.position is
    'Place in HeyMilo''s answer, from 1.';
comment on column heymilo.transcript_entries.speaker is
    'The speaker, in HeyMilo''s word, such as AI or Candidate. NULL when HeyMilo gives none.';
comment on column heymilo.transcript_entries.text is
    'What was said. Personal data. NULL when HeyMilo gives none.';
comment on column heymilo.transcript_entries.offset_seconds is
    'How far into the interview it was said, in seconds (timestamp in the API). NULL when HeyMilo gives none.';
comment on column heymilo.transcript_entries.offset_label is
    'The same as MM:SS (timestamp_str in the API). NULL when HeyMilo gives none.';
comment on column heymilo.transcript_entries.extra is
    'Fields HeyMilo sends that have no column yet, or values of an unexpected type, as JSON. NULL when there are none.';
