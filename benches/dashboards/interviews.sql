-- 200 postings of 1,000 interviews each, invited over a year: 200,000 interviews with steps, criteria, scorecards,
-- integrity reports and changes, as the daemon would have written them.

select setseed(0.42);

insert into heymilo.workspaces (workspace_id, first_synced_at, synced_at)
values ('default', now(), now());

insert into heymilo_sync.dimensions (workspace_id, dimension, path)
values ('default', 'department', 'posting.metadata.department'), ('default', 'location', 'posting.metadata.city');

insert into heymilo_sync.demographic_attributes (workspace_id, attribute, path)
values ('default', 'sex', 'data.sex'), ('default', 'race', 'data.race');

insert into heymilo.postings (
    workspace_id, posting_id, title, status, archived, test_posting, language, review_url, metadata, created_at,
    first_synced_at, synced_at
)
select
    'default',
    'pos_' || posting,
    (array['Welder', 'Nurse', 'Clerk', 'Driver', 'Cook', 'Teller', 'Agent', 'Guard'])[1 + posting % 8]
        || ' ' || posting / 8,
    'active',
    false,
    false,
    'en',
    'https://admin.example.com/postings/pos_' || posting,
    jsonb_build_object(
        'department', (array['Sales', 'Care', 'Works', 'Office'])[1 + posting % 4],
        'city', (array['Lisbon', 'Denver', 'Leeds'])[1 + posting % 3]
    ),
    now() - interval '365 days',
    now(),
    now()
from generate_series(1, :postings) as posting;

insert into heymilo.posting_steps (workspace_id, posting_id, position, step_id, step_type, step_order, config)
select
    'default',
    'pos_' || posting,
    position,
    'step_' || position,
    (array['form', 'resume', 'web_interview'])[position],
    position,
    '{"knockout_enabled": true}'
from generate_series(1, :postings) as posting
cross join generate_series(1, 3) as position;

insert into heymilo.questions (workspace_id, posting_id, position, question_id, modality, question_text)
select
    'default',
    'pos_' || posting,
    position,
    'question_' || position,
    'voice',
    'What would you do in situation ' || position || '?'
from generate_series(1, :postings) as posting
cross join generate_series(1, 6) as position;

-- One row per interview with all that the tables below derive from.
create temporary table invented as
select
    'int_' || number as interview_id,
    'pos_' || 1 + number % :postings as posting_id,
    'can_' || number * 9 / 10 as candidate_id,
    invited_at,
    began,
    ability,
    began and ability < -1.2 as is_knocked_out,
    began and ability >= -1.2 and random() < 0.8 as is_completed,
    least(greatest(random() - 0.12 * ability, 0), 0.999) as fate,
    random() as luck,
    invited_at + interval '1 hour' * exp(1 + 1.5 * random()) as interviewed_at
from (
    select
        number,
        now() - interval '365 days' * random() as invited_at,
        random() < 0.85 as began,
        (random() + random() + random() + random() - 2) * 1.7 as ability
    from generate_series(1, :postings * 1000) as number
) as people;

insert into heymilo.interviews (
    workspace_id, interview_id, posting_id, candidate_id, candidate_name, candidate_email, status, score,
    workflow_complete, last_activity_at, shortlisted, dismissed, invited_at, interviewed_at, metadata, data,
    results_ready, fetched_at, listed_at, first_synced_at, synced_at
)
select
    'default',
    interview_id,
    posting_id,
    candidate_id,
    'Candidate ' || candidate_id,
    candidate_id || '@example.com',
    case
        when is_knocked_out then 'knocked_out'
        when is_completed and fate < 0.3 then 'shortlisted'
        when is_completed and fate < 0.9 then 'dismissed'
        when is_completed then 'completed'
        when began then 'in_progress'
        else 'pending'
    end,
    case when is_completed then round((60 + 15 * ability)::numeric, 1) end,
    is_completed,
    case when began then interviewed_at end,
    is_completed and fate < 0.3,
    is_completed and fate >= 0.3 and fate < 0.9,
    invited_at,
    case when is_completed then interviewed_at end,
    jsonb_build_object('source', (array['LinkedIn', 'Indeed', 'Referral', 'Job fair'])[1 + floor(luck * 4)::integer]),
    jsonb_build_object(
        'sex', (array['Female', 'Male', 'female ', 'Male', 'Declined'])[1 + floor(luck * 5)::integer],
        'race', (array['Asian', 'Black', 'White'])[1 + floor(random() * 3)::integer],
        'phone', '+1 555 0100',
        'about', repeat('what the customer sent along ', 6)
    ),
    true,
    now(),
    now(),
    now(),
    now()
from invented;

insert into heymilo.workflow_steps (
    workspace_id, interview_id, position, step_id, step_order, status, started, completed, knocked_out,
    last_updated_at
)
select
    'default', interview_id, position, 'step_' || position, position,
    case
        when not began then 'not_started'
        when is_knocked_out then (array['completed', 'knocked_out', 'not_started'])[position]
        when is_completed then 'completed'
        when luck < 0.4 then (array['completed', 'completed', 'in_progress'])[position]
        else (array['completed', 'in_progress', 'not_started'])[position]
    end,
    began, null, false, interviewed_at
from invented
cross join generate_series(1, 3) as position;

insert into heymilo.workflow_step_changes (
    workspace_id, interview_id, position, observed_at, step_id, old_status, new_status, changed_at, first_observation
)
select
    'default', interview_id, position,
    invited_at + interval '1 hour' * (position * 5 + moment * (1 + luck)),
    'step_' || position,
    case moment when 1 then 'in_progress' else 'not_started' end,
    case moment when 1 then 'completed' else 'in_progress' end,
    invited_at + interval '1 hour' * (position * 5 + moment * (1 + luck)),
    false
from invented
cross join generate_series(1, 3) as position
cross join generate_series(0, 1) as moment
where began;

insert into heymilo.interview_changes (
    workspace_id, interview_id, field, observed_at, old_value, new_value, changed_at, first_observation
)
select
    'default', interview_id, 'status', invited_at + interval '1 day' * steps.number * (1 + luck),
    steps.old_value, steps.new_value, null, steps.number = 0
from invented
cross join lateral (
    values
        (0, null, 'pending'),
        (1, 'pending', 'in_progress'),
        (2, 'in_progress', 'completed'),
        (3, 'completed', case when fate < 0.3 then 'shortlisted' else 'dismissed' end)
) as steps (number, old_value, new_value)
where steps.number = 0 or (is_completed and (steps.number < 3 or fate < 0.9));

insert into heymilo.web_interviews (
    workspace_id, interview_id, match_score, speech_score, highlights, lowlights, tags
)
select
    'default', interview_id, round(60 + 14 * ability), round((3 + 0.7 * ability)::numeric, 1),
    array[repeat('a highlight ', 10)], array[repeat('a lowlight ', 10)],
    array['Tag ' || (luck * 20)::integer, 'Tag ' || (fate * 20)::integer]
from invented
where is_completed;

insert into heymilo.scorecard_questions (
    workspace_id, interview_id, position, question_id, question_text, score, score_weight, not_scored,
    evaluation_summary
)
select
    'default', interview_id, position, 'question_' || position, 'What would you do?',
    greatest(least(round(5.5 + ability + 3 * (random() - 0.5)), 10), 1), 5, position = 6,
    repeat('what the answer was like ', 8)
from invented
cross join generate_series(1, 6) as position
where is_completed;

insert into heymilo.transcript_entries (workspace_id, interview_id, position, speaker, text, offset_seconds)
select 'default', interview_id, position, 'Candidate', 'An answer.', position * 150 + luck * 100
from invented
cross join generate_series(1, 6) as position
where is_completed;

insert into heymilo.resume_screenings (workspace_id, interview_id, overall_score, is_eligible)
select 'default', interview_id, round((55 + 15 * ability + 12 * (random() - 0.5))::numeric, 1), not is_knocked_out
from invented
where began;

insert into heymilo.resume_score_criteria (
    workspace_id, interview_id, position, criteria_id, criteria_text, score, confidence, reasons
)
select
    'default', interview_id, position, 'depth_' || position, 'Depth of experience ' || position,
    greatest(least(round((5.5 + 2 * ability)::numeric, 1), 10), 0), 0.5 + luck / 2,
    array[repeat('because of this ', 8)]
from invented
cross join generate_series(1, 4) as position
where began;

insert into heymilo.resume_eligibility_criteria (
    workspace_id, interview_id, position, criteria_id, criteria_text, passed, confidence, reasons
)
select
    'default', interview_id, position, 'must_' || position, 'Requirement ' || position,
    not is_knocked_out or random() < 0.5, 0.5 + luck / 2, array[repeat('because of that ', 8)]
from invented
cross join generate_series(1, 3) as position
where began;

insert into heymilo.form_screenings (workspace_id, interview_id, overall_status)
select 'default', interview_id, 'passed'
from invented
where began;

insert into heymilo.form_answers (
    workspace_id, interview_id, position, question_id, question_text, is_knockout, passed, candidate_answer
)
select
    'default', interview_id, position, 'form_' || position, 'Do you have licence ' || position || '?', true, true, 'Yes'
from invented
cross join generate_series(1, 3) as position
where began;

insert into heymilo.integrity_reports (
    workspace_id, interview_id, overall_ranking, enabled, cheating_detected, llm_generated_detected,
    delay_detected, tab_switch_detection, interview_integrity_status
)
select
    'default', interview_id, 1 + floor(luck * luck * 5)::integer, true, luck > 0.95, fate > 0.9, luck < 0.1,
    jsonb_build_object('total_count', greatest(floor(luck * 10) - 7, 0)), 'completed'
from invented
where is_completed;

insert into heymilo_sync.cursors (workspace_id, list, posting_id, polled_at, scanned_at)
select 'default', 'candidates', posting_id, now(), now()
from heymilo.postings;
