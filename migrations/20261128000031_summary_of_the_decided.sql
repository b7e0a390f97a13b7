-- A source is a short name and nothing else; an interview that was decided had come to its end.

create or replace view heymilo_bi.interview_summary as
select
    interviews.workspace_id,
    interviews.interview_id,
    interviews.posting_id,
    postings.title as posting_title,
    (
        -- Whatever else is kept under this key may tell who somebody is.
        select btrim(found.source #>> '{}')
        from (
            values (1, interviews.metadata -> 'source'), (2, interviews.data -> 'source')
        ) as found (place, source)
        where jsonb_typeof(found.source) = 'string'
          and char_length(btrim(found.source #>> '{}')) between 1 and 60
          and found.source #>> '{}' !~* '@|://|\.[a-z]{2,}/|[[:cntrl:]]|([0-9][^0-9]*){7}'
        order by found.place
        limit 1
    ) as source,
    interviews.status,
    coalesce(interviews.status in ('in_progress', 'evaluating', 'completed', 'knocked_out'), false)
        or coalesce(interviews.workflow_complete, false)
        or coalesce(steps.started, false)
        or ended.was_completed as started,
    coalesce(interviews.workflow_complete, false)
        or coalesce(interviews.status in ('evaluating', 'completed'), false)
        or ended.was_completed as completed,
    coalesce(interviews.status = 'knocked_out', false)
        or coalesce(steps.knocked_out, false) as knocked_out,
    decided.decision,
    interviews.shortlisted,
    interviews.dismissed,
    interviews.invited_at,
    interviews.interviewed_at,
    interviews.last_activity_at,
    (
        -- The flag and the status tell the same; whichever was seen first counts.
        select least(
            max(observed_at) filter (where field = 'status'),
            max(observed_at) filter (where field <> 'status')
        )
        from heymilo.interview_changes
        where interview_changes.interview_id = interviews.interview_id
          and interview_changes.workspace_id = interviews.workspace_id
          and not first_observation
          and (field, new_value) in (
              ('status', decided.decision),
              (decided.decision, 'true')
          )
    ) as decided_at,
    interviews.score,
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
left join (
    select
        workspace_id,
        interview_id,
        bool_or(
            started or completed or knocked_out
            or status in ('in_progress', 'completed', 'knocked_out')
        ) as started,
        bool_or(knocked_out or status = 'knocked_out') as knocked_out
    from heymilo.workflow_steps
    group by workspace_id, interview_id
) as steps using (workspace_id, interview_id)
left join (
    select
        workspace_id,
        interview_id,
        true as seen
    from heymilo.interview_changes
    where field = 'status'
      and 'completed' in (old_value, new_value)
    group by workspace_id, interview_id
) as completions using (workspace_id, interview_id)
cross join lateral (
    select case
        when interviews.status in ('shortlisted', 'dismissed') then interviews.status
        when interviews.shortlisted then 'shortlisted'
        when interviews.dismissed then 'dismissed'
    end as decision
) as decided
cross join lateral (
    -- The word for the decision takes the place of the word for the end.
    select coalesce(interviews.status in ('shortlisted', 'dismissed'), false)
        and interviews.workflow_complete is null
        and (interviews.interviewed_at is not null or completions.seen is not null) as was_completed
) as ended
where interviews.deleted_at is null
  and postings.deleted_at is null
  and postings.test_posting is not true;

comment on column heymilo_bi.interview_summary.source is
    'Where the candidate came from: the key "source" of the interview''s metadata, or else of its data. NULL when neither has one, and when it is no short name: more than 60 characters, seven digits, an address, a link, or anything but text. A person''s name cannot be told from another: what writes it there shows it.';
comment on column heymilo_bi.interview_summary.completed is
    'Whether the candidate has finished every step; stays true when a recruiter has decided, and while the score is still being computed. Where a decided interview tells nothing of its workflow: whether it has an interviewed_at, or was seen completed before.';
