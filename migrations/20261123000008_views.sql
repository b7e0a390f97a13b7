create view heymilo_bi.interview_summary as
select
    interviews.workspace_id,
    interviews.interview_id,
    interviews.posting_id,
    postings.title as posting_title,
    interviews.status,
    interviews.score,
    interviews.shortlisted,
    interviews.dismissed,
    interviews.invited_at,
    interviews.interviewed_at,
    interviews.last_activity_at,
    web_interviews.match_score,
    web_interviews.speech_score,
    resume_screenings.overall_score as resume_score,
    resume_screenings.is_eligible as resume_is_eligible,
    sms_screenings.is_eligible as sms_is_eligible,
    form_screenings.overall_status as form_status,
    integrity_reports.enabled as integrity_enabled,
    integrity_reports.overall_ranking as integrity_ranking
from heymilo.interviews
left join heymilo.postings using (workspace_id, posting_id)
left join heymilo.web_interviews using (workspace_id, interview_id)
left join heymilo.resume_screenings using (workspace_id, interview_id)
left join heymilo.sms_screenings using (workspace_id, interview_id)
left join heymilo.form_screenings using (workspace_id, interview_id)
left join heymilo.integrity_reports using (workspace_id, interview_id)
where interviews.deleted_at is null
  and postings.test_posting is not true;

comment on view heymilo_bi.interview_summary is
    'One wide row per interview, without names: what most charts need. Test postings and deleted interviews are left out.';
comment on column heymilo_bi.interview_summary.workspace_id is 'The workspace the interview belongs to.';
comment on column heymilo_bi.interview_summary.interview_id is 'HeyMilo''s id of the interview.';
comment on column heymilo_bi.interview_summary.posting_id is 'The posting the candidate was invited to.';
comment on column heymilo_bi.interview_summary.posting_title is 'Job title of the posting. NULL until the posting was read.';
comment on column heymilo_bi.interview_summary.status is 'Where the interview stands; see heymilo.interviews.status.';
comment on column heymilo_bi.interview_summary.score is 'Overall score, 0 to 100. NULL until HeyMilo has computed it.';
comment on column heymilo_bi.interview_summary.shortlisted is 'Whether a recruiter has shortlisted the candidate.';
comment on column heymilo_bi.interview_summary.dismissed is 'Whether a recruiter has dismissed the candidate.';
comment on column heymilo_bi.interview_summary.invited_at is 'When the candidate was invited.';
comment on column heymilo_bi.interview_summary.interviewed_at is 'When the interview took place. NULL until it did.';
comment on column heymilo_bi.interview_summary.last_activity_at is 'When the candidate last did something.';
comment on column heymilo_bi.interview_summary.match_score is 'Web interview: match with the posting, 0 to 100. NULL without one.';
comment on column heymilo_bi.interview_summary.speech_score is 'Web interview: quality of speech, 0.0 to 5.0. NULL when not judged.';
comment on column heymilo_bi.interview_summary.resume_score is 'Resume: overall score, 0.0 to 100.0. NULL when not scored.';
comment on column heymilo_bi.interview_summary.resume_is_eligible is 'Resume: whether the eligibility criteria are met.';
comment on column heymilo_bi.interview_summary.sms_is_eligible is 'SMS: whether the conversation found the candidate eligible.';
comment on column heymilo_bi.interview_summary.form_status is 'Form: passed, failed or pending.';
comment on column heymilo_bi.interview_summary.integrity_enabled is 'Integrity: whether detection was switched on.';
comment on column heymilo_bi.interview_summary.integrity_ranking is 'Integrity: overall judgement from 1 (no sign) to 5 (strong signs).';
