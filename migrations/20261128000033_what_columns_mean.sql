-- Comments say what HeyMilo means, in words of our own.

comment on column heymilo.scorecard_questions.score_5_description is
    'What an answer in the middle of the scale looks like: scores go from 1 to 10, and this describes a 5.';
comment on column heymilo.questions.score_5_description is
    'What an answer in the middle of the scale looks like (score_of_5 in the API): scores go from 1 to 10, and this describes a 5.';
comment on column heymilo.questions.instructions is
    'For voice_tags: how the value is to be drawn from what was said. NULL for other modalities.';
comment on column heymilo.questions.options is
    'For voice_tags: the values that may be drawn, in order. NULL for other modalities, and when any is allowed.';
comment on column heymilo.postings.name is
    'The posting''s short name in links to it. NULL when it has none.';
comment on column heymilo.postings.phone_number_id is
    'Which number candidates are called from: HeyMilo''s id of it. NULL when none was chosen.';
comment on column heymilo.postings.company_id is
    'Whose posting it is: HeyMilo''s id of the company.';
comment on column heymilo.postings.archived is
    'True once recruiters have put the posting away.';
comment on column heymilo.postings.retake_cooldown_days is
    'How many days have to pass before a candidate may try again.';
comment on column heymilo.questions.posting_id is
    'Which posting asks it.';
comment on column heymilo.resume_score_criteria.score is
    'How well the resume meets the criterion, 0.0 to 10.0. NULL when it was not scored.';
comment on column heymilo.agent_summaries.form_total_questions is
    'How many questions the form has.';
comment on column heymilo.sms_messages.sent_at is
    'Time of the message (timestamp in the API). NULL when HeyMilo does not tell.';
comment on column heymilo_sync.search_documents.posting_id is
    'Which posting the candidate was invited to.';
comment on column heymilo.interviews.interviewed_at is
    'When the candidate came to the end of the interview. NULL until then.';
comment on column heymilo.interviews.shortlisted is
    'True when a recruiter put the candidate on the shortlist. NULL until the candidates'' list has been read.';
comment on column heymilo.interviews.dismissed is
    'True when a recruiter turned the candidate down. NULL until the candidates'' list has been read.';
comment on column heymilo.integrity_findings.recording_offset is
    'For movement: how far into the interview it was seen, in seconds (timestamp in the API). NULL for other detectors.';
comment on column heymilo.integrity_findings.confidence is
    'How sure the detector is, 0.0 to 1.0, for llm_generated and movement. NULL for other detectors.';
comment on column heymilo.integrity_findings.image is
    'For movement: link to the picture in which it was seen. NULL when there is none. Personal data.';
comment on column heymilo.integrity_reports.delay_overall_score is
    'How suspicious the pauses before answers are, all together: 0.0 to 1.0.';
comment on column heymilo.integrity_reports.delay_confidence_level is
    'How sure the detector of delays is, all together: 0.0 to 1.0.';
comment on column heymilo.integrity_reports.gptzero_overall_ai_score is
    'How much of the text GPTZero takes for generated, all together: 0.0 to 1.0.';
comment on column heymilo.scorecard_transcript_entries.offset_seconds is
    'How far into the interview it was said, in seconds (timestamp in the API).';
comment on column heymilo.transcript_entries.offset_seconds is
    'How far into the interview it was said, in seconds (timestamp in the API).';
comment on column heymilo.integrity_transcript_references.offset_seconds is
    'How far into the interview it was said, in seconds (actual_timestamp in the API).';
comment on column heymilo.transcripts.offset_seconds is
    'How far into the web interview it was said, in seconds. NULL for sms.';
comment on column heymilo_bi.interview_summary.interviewed_at is
    'When the candidate came to the end of the interview. NULL until then.';
comment on column heymilo_bi.interview_summary.shortlisted is
    'True when a recruiter put the candidate on the shortlist. NULL until the candidates'' list has been read.';
comment on column heymilo_bi.interview_summary.dismissed is
    'True when a recruiter turned the candidate down. NULL until the candidates'' list has been read.';

-- Every view names the posting by its title.
do $$
declare
    named record;
begin
    for named in
        select
            pg_class.oid::regclass as relation,
            attname,
            replace(
                col_description(pg_class.oid, attnum),
                'Job title of the posting.', 'What the posting is called.'
            ) as description
        from pg_class
        join pg_attribute on attrelid = pg_class.oid
        where relnamespace in ('heymilo'::regnamespace, 'heymilo_bi'::regnamespace, 'heymilo_demographics'::regnamespace)
          and relkind in ('r', 'v')
          and col_description(pg_class.oid, attnum) like 'Job title of the posting.%'
    loop
        execute format(
            'comment on column %s.%I is %L', named.relation, named.attname, named.description
        );
    end loop;
end
$$;

select heymilo_sync.grant_access();
