-- What questions, criteria and detectors tell about candidates.

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
    'What the posting is called. NULL until the posting was read.';
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

create view heymilo_bi.knockout_reasons as
with knocked_out as (
    select
        workspace_id,
        posting_id,
        posting_title,
        interview_id
    from heymilo_bi.interview_summary
    where knocked_out
),
reasons as (
    -- A criterion without an id is known by its text.
    select
        workspace_id,
        interview_id,
        kind,
        coalesce(criteria_id, criteria_text) as criterion,
        max(criteria_id) as criteria_id,
        max(criteria_text) as criteria_text,
        count(*) over (partition by workspace_id, interview_id) as reasons
    from heymilo_bi.criteria
    where is_knockout
      and not passed
    group by workspace_id, interview_id, kind, coalesce(criteria_id, criteria_text)
),
totals as (
    select
        workspace_id,
        posting_id,
        count(*) as knocked_out
    from knocked_out
    group by workspace_id, posting_id
)
select
    knocked_out.workspace_id,
    knocked_out.posting_id,
    knocked_out.posting_title,
    coalesce(reasons.kind, 'unknown') as kind,
    max(reasons.criteria_id) as criteria_id,
    max(reasons.criteria_text) as criteria_text,
    count(*) as knocked_out,
    count(*) filter (where reasons.reasons = 1) as only_reason,
    heymilo_bi.rate(count(*), totals.knocked_out) as share,
    heymilo_bi.is_small(totals.knocked_out) as is_small
from knocked_out
join totals
    on totals.workspace_id = knocked_out.workspace_id
   and totals.posting_id is not distinct from knocked_out.posting_id
left join reasons
    on reasons.workspace_id = knocked_out.workspace_id
   and reasons.interview_id = knocked_out.interview_id
group by
    knocked_out.workspace_id,
    knocked_out.posting_id,
    knocked_out.posting_title,
    reasons.kind,
    reasons.criterion,
    totals.knocked_out;

comment on view heymilo_bi.knockout_reasons is
    'Why candidates are knocked out: one row per posting, kind and criterion that they failed. Who failed several is in several rows.';
comment on column heymilo_bi.knockout_reasons.workspace_id is
    'The workspace the posting belongs to.';
comment on column heymilo_bi.knockout_reasons.posting_id is
    'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_bi.knockout_reasons.posting_title is
    'What the posting is called. NULL until the posting was read.';
comment on column heymilo_bi.knockout_reasons.kind is
    'resume_eligibility, sms (a dealbreaker) or form (a knockout question); unknown for candidates who were knocked out though no failed criterion is known.';
comment on column heymilo_bi.knockout_reasons.criteria_id is
    'HeyMilo''s id of the criterion. NULL when it gives none, and for unknown.';
comment on column heymilo_bi.knockout_reasons.criteria_text is
    'The criterion. NULL for unknown.';
comment on column heymilo_bi.knockout_reasons.knocked_out is
    'Candidates who were knocked out and failed it.';
comment on column heymilo_bi.knockout_reasons.only_reason is
    'Of these, who failed nothing else.';
comment on column heymilo_bi.knockout_reasons.share is
    'knocked_out of all who were knocked out in the posting, 0.0 to 1.0. Adds up to more than 1 where candidates failed several.';
comment on column heymilo_bi.knockout_reasons.is_small is
    'Whether fewer than 30 were knocked out in the posting: the shares may be chance.';

create view heymilo_bi.criterion_statistics as
select
    workspace_id,
    posting_id,
    posting_title,
    kind,
    max(criteria_id) as criteria_id,
    max(criteria_text) as criteria_text,
    bool_or(is_knockout) as is_knockout,
    count(*) as applied,
    count(passed) as decided,
    count(*) filter (where passed) as passed,
    heymilo_bi.rate(count(*) filter (where passed), count(passed)) as pass_rate,
    avg(score) as mean_score,
    avg(confidence) as mean_confidence,
    percentile_cont(0.1) within group (order by confidence) as p10_confidence,
    heymilo_bi.is_small(greatest(count(passed), count(score))) as is_small
from heymilo_bi.criteria
group by workspace_id, posting_id, posting_title, kind, coalesce(criteria_id, criteria_text);

comment on view heymilo_bi.criterion_statistics is
    'How often each criterion is met and how sure the AI is: one row per posting, kind and criterion.';
comment on column heymilo_bi.criterion_statistics.workspace_id is
    'The workspace the posting belongs to.';
comment on column heymilo_bi.criterion_statistics.posting_id is
    'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_bi.criterion_statistics.posting_title is
    'What the posting is called. NULL until the posting was read.';
comment on column heymilo_bi.criterion_statistics.kind is
    'resume_eligibility, resume_scoring, sms or form.';
comment on column heymilo_bi.criterion_statistics.criteria_id is
    'HeyMilo''s id of the criterion. NULL when it gives none; its text tells it apart then.';
comment on column heymilo_bi.criterion_statistics.criteria_text is
    'The criterion.';
comment on column heymilo_bi.criterion_statistics.is_knockout is
    'Whether failing it ends the application. NULL when HeyMilo does not tell.';
comment on column heymilo_bi.criterion_statistics.applied is
    'How often it was applied.';
comment on column heymilo_bi.criterion_statistics.decided is
    'How often it was found met or not met. 0 for resume_scoring, which gives scores.';
comment on column heymilo_bi.criterion_statistics.passed is
    'How often it was found met.';
comment on column heymilo_bi.criterion_statistics.pass_rate is
    'passed of decided, 0.0 to 1.0. NULL when it was never decided.';
comment on column heymilo_bi.criterion_statistics.mean_score is
    'Mean score, 0.0 to 10.0. NULL for every kind but resume_scoring.';
comment on column heymilo_bi.criterion_statistics.mean_confidence is
    'How sure the AI is on average, 0.0 to 1.0. NULL for form.';
comment on column heymilo_bi.criterion_statistics.p10_confidence is
    'The AI is less sure than this in one case of ten. NULL for form.';
comment on column heymilo_bi.criterion_statistics.is_small is
    'Whether fewer than 30 were decided or scored: rates and means may be chance.';

create view heymilo_bi.score_distribution as
select
    interviews.workspace_id,
    interviews.posting_id,
    interviews.posting_title,
    interviews.interview_id,
    scores.measure,
    scores.score,
    scores.scale_max,
    least(greatest(ceil(10 * scores.score / scores.scale_max), 1), 10)::integer as tenth
from heymilo_bi.interview_summary as interviews
cross join lateral (
    values
        ('overall', interviews.score, 100),
        ('web_interview', interviews.match_score, 100),
        ('resume', interviews.resume_score, 100),
        ('speech', interviews.speech_score, 5)
) as scores (measure, score, scale_max)
where scores.score is not null;

comment on view heymilo_bi.score_distribution is
    'Every score of an interview, one row per interview and measure, for histograms. Always choose one measure: their scales differ.';
comment on column heymilo_bi.score_distribution.workspace_id is
    'The workspace the interview belongs to.';
comment on column heymilo_bi.score_distribution.posting_id is
    'The posting the candidate was invited to.';
comment on column heymilo_bi.score_distribution.posting_title is
    'What the posting is called. NULL until the posting was read.';
comment on column heymilo_bi.score_distribution.interview_id is
    'HeyMilo''s id of the interview.';
comment on column heymilo_bi.score_distribution.measure is
    'What is scored: overall (the interview as a whole), web_interview (match with the posting), resume or speech.';
comment on column heymilo_bi.score_distribution.score is
    'The score, from 0 to scale_max. What was not scored has no row.';
comment on column heymilo_bi.score_distribution.scale_max is
    'Top of the measure''s scale: 100, or 5 for speech.';
comment on column heymilo_bi.score_distribution.tenth is
    'In which tenth of the scale the score lies, 1 (lowest) to 10.';

create view heymilo_bi.question_statistics as
with answers as (
    select
        interviews.workspace_id,
        interviews.posting_id,
        interviews.posting_title,
        answers.question_id,
        coalesce(answers.question_id, answers.question_text) as question,
        answers.question_text,
        answers.score,
        -- The mean of the candidate's other answers. To leave this one out corrects the
        -- correlation: with itself a question always agrees.
        (sum(answers.score) over candidate - answers.score)
            / nullif(count(*) over candidate - 1, 0) as mean_of_others
    from heymilo_bi.interview_summary as interviews
    join heymilo.scorecard_questions as answers using (workspace_id, interview_id)
    where answers.score is not null
      and answers.not_scored is not true
    window candidate as (partition by interviews.workspace_id, interviews.interview_id)
),
texts as (
    select distinct on (workspace_id, posting_id, question_id)
        workspace_id,
        posting_id,
        question_id,
        question_text
    from heymilo.questions
    order by workspace_id, posting_id, question_id, position
)
select
    answers.workspace_id,
    answers.posting_id,
    answers.posting_title,
    answers.question_id,
    coalesce(texts.question_text, max(answers.question_text)) as question_text,
    count(*) as answers,
    avg(answers.score) as mean_score,
    stddev_samp(answers.score) as standard_deviation,
    percentile_cont(0.5) within group (order by answers.score) as median_score,
    (10 - avg(answers.score)) / 9 as difficulty,
    count(answers.mean_of_others) as compared,
    corr(answers.score, answers.mean_of_others) as discrimination,
    heymilo_bi.is_small(count(*)) as is_small
from answers
left join texts
    on texts.workspace_id = answers.workspace_id
   and texts.posting_id = answers.posting_id
   and texts.question_id = answers.question_id
group by
    answers.workspace_id,
    answers.posting_id,
    answers.posting_title,
    answers.question,
    answers.question_id,
    texts.question_text;

comment on view heymilo_bi.question_statistics is
    'How hard a question of the web interview is, how much its scores spread, and how well it tells good candidates from others: one row per posting and question. Questions that are not scored are left out.';
comment on column heymilo_bi.question_statistics.workspace_id is
    'The workspace the posting belongs to.';
comment on column heymilo_bi.question_statistics.posting_id is
    'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_bi.question_statistics.posting_title is
    'What the posting is called. NULL until the posting was read.';
comment on column heymilo_bi.question_statistics.question_id is
    'HeyMilo''s id of the question. NULL when it gives none; the text tells it apart then.';
comment on column heymilo_bi.question_statistics.question_text is
    'The question as the posting has it now; as it was asked where the posting has it no more.';
comment on column heymilo_bi.question_statistics.answers is
    'How many answers were scored.';
comment on column heymilo_bi.question_statistics.mean_score is
    'Mean score, 1 to 10.';
comment on column heymilo_bi.question_statistics.standard_deviation is
    'How far scores spread around the mean, in points of the score. NULL with a single answer.';
comment on column heymilo_bi.question_statistics.median_score is
    'Median score, 1 to 10.';
comment on column heymilo_bi.question_statistics.difficulty is
    'How far the mean stays below the best score, 0.0 (everybody has 10) to 1.0 (everybody has 1).';
comment on column heymilo_bi.question_statistics.compared is
    'How many of the answers have others of the same candidate to be compared with.';
comment on column heymilo_bi.question_statistics.discrimination is
    'Corrected item-total correlation, -1.0 to 1.0: whether who is good at this question is good at the candidate''s other questions. Below 0.2 the question tells little. NULL when there is nothing to compare or all scores are the same.';
comment on column heymilo_bi.question_statistics.is_small is
    'Whether fewer than 30 answers were scored: all of it may be chance.';

create view heymilo_bi.resume_against_interview as
select
    workspace_id,
    posting_id,
    posting_title,
    count(*) as interviews,
    avg(resume_score) as mean_resume_score,
    avg(match_score) as mean_match_score,
    corr(match_score, resume_score) as correlation,
    regr_slope(match_score, resume_score) as slope,
    regr_intercept(match_score, resume_score) as intercept,
    heymilo_bi.is_small(count(*)) as is_small
from heymilo_bi.interview_summary
where resume_score is not null
  and match_score is not null
group by workspace_id, posting_id, posting_title;

comment on view heymilo_bi.resume_against_interview is
    'Whether the resume foretells the web interview: one row per posting, over interviews that have both scores. The web interview''s own score is compared, because the overall score contains the resume''s. Who was knocked out by the resume has no web interview, which makes correlations smaller than they are.';
comment on column heymilo_bi.resume_against_interview.workspace_id is
    'The workspace the posting belongs to.';
comment on column heymilo_bi.resume_against_interview.posting_id is
    'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_bi.resume_against_interview.posting_title is
    'What the posting is called. NULL until the posting was read.';
comment on column heymilo_bi.resume_against_interview.interviews is
    'Interviews with both scores.';
comment on column heymilo_bi.resume_against_interview.mean_resume_score is
    'Mean score of the resume, 0.0 to 100.0.';
comment on column heymilo_bi.resume_against_interview.mean_match_score is
    'Mean score of the web interview, 0 to 100.';
comment on column heymilo_bi.resume_against_interview.correlation is
    'Pearson''s correlation of the two, -1.0 to 1.0. NULL with a single interview or when all scores are the same.';
comment on column heymilo_bi.resume_against_interview.slope is
    'By how many points the web interview''s score rises with each point of the resume''s. NULL when all resume scores are the same.';
comment on column heymilo_bi.resume_against_interview.intercept is
    'The web interview''s score that the line gives for a resume of 0. NULL when all resume scores are the same.';
comment on column heymilo_bi.resume_against_interview.is_small is
    'Whether fewer than 30 interviews have both scores: all of it may be chance.';

create view heymilo_bi.shortlist_by_decile as
with scored as (
    select
        interviews.workspace_id,
        interviews.posting_id,
        interviews.posting_title,
        interviews.decision,
        coalesce(
            (
                -- The score may have been computed anew since the decision.
                select new_value::double precision
                from heymilo.interview_changes
                where interview_changes.interview_id = interviews.interview_id
                  and interview_changes.workspace_id = interviews.workspace_id
                  and field = 'score'
                  and observed_at <= interviews.decided_at
                order by observed_at desc
                limit 1
            ),
            interviews.score
        ) as score
    from heymilo_bi.interview_summary as interviews
    where interviews.score is not null
),
ranked as (
    -- Equal scores share a decile: that of the best among them.
    select
        *,
        (10 * count(*) over not_above + count(*) over posting - 1) / count(*) over posting as decile
    from scored
    window
        posting as (partition by workspace_id, posting_id),
        not_above as (partition by workspace_id, posting_id order by score)
)
select
    workspace_id,
    posting_id,
    posting_title,
    decile,
    min(score) as lowest_score,
    max(score) as highest_score,
    count(*) as interviews,
    count(*) filter (where decision = 'shortlisted') as shortlisted,
    count(*) filter (where decision = 'dismissed') as dismissed,
    count(*) filter (where decision is null) as undecided,
    heymilo_bi.rate(count(*) filter (where decision = 'shortlisted'), count(decision)) as shortlist_rate,
    heymilo_bi.is_small(count(decision)) as is_small
from ranked
group by workspace_id, posting_id, posting_title, decile;

comment on view heymilo_bi.shortlist_by_decile is
    'Whether recruiters follow the score: one row per posting and tenth of its scored interviews. Counted is the score at the time of the decision, where that was seen.';
comment on column heymilo_bi.shortlist_by_decile.workspace_id is
    'The workspace the posting belongs to.';
comment on column heymilo_bi.shortlist_by_decile.posting_id is
    'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_bi.shortlist_by_decile.posting_title is
    'What the posting is called. NULL until the posting was read.';
comment on column heymilo_bi.shortlist_by_decile.decile is
    'Tenth of the posting''s scored interviews, 1 (lowest scores) to 10. Equal scores share the higher one, so that some may be missing.';
comment on column heymilo_bi.shortlist_by_decile.lowest_score is
    'Lowest overall score in it, 0 to 100.';
comment on column heymilo_bi.shortlist_by_decile.highest_score is
    'Highest overall score in it, 0 to 100.';
comment on column heymilo_bi.shortlist_by_decile.interviews is
    'Interviews in it.';
comment on column heymilo_bi.shortlist_by_decile.shortlisted is
    'Of these, how many are shortlisted.';
comment on column heymilo_bi.shortlist_by_decile.dismissed is
    'Of these, how many are dismissed.';
comment on column heymilo_bi.shortlist_by_decile.undecided is
    'Of these, how many have no decision.';
comment on column heymilo_bi.shortlist_by_decile.shortlist_rate is
    'shortlisted of shortlisted and dismissed together, 0.0 to 1.0. NULL when nothing is decided.';
comment on column heymilo_bi.shortlist_by_decile.is_small is
    'Whether fewer than 30 are decided: the rate may be chance.';

create view heymilo_bi.integrity_signals as
with movements as (
    select
        workspace_id,
        interview_id,
        max(confidence) as confidence
    from heymilo.integrity_findings
    where detector = 'movement'
    group by workspace_id, interview_id
)
select
    interviews.workspace_id,
    interviews.posting_id,
    interviews.posting_title,
    signals.signal,
    count(*) as enabled,
    count(signals.detected) as judged,
    count(*) filter (where signals.detected) as detected,
    heymilo_bi.rate(count(*) filter (where signals.detected), count(signals.detected)) as detected_rate,
    heymilo_bi.is_small(count(signals.detected)) as is_small
from heymilo_bi.interview_summary as interviews
join heymilo.integrity_reports as reports using (workspace_id, interview_id)
left join movements using (workspace_id, interview_id)
cross join lateral (
    values
        ('overall', reports.overall_ranking >= 4),
        ('cheating', reports.cheating_detected),
        ('llm_generated', reports.llm_generated_detected),
        ('unusual_delay', reports.delay_detected),
        (
            'tab_switch',
            case jsonb_typeof(reports.tab_switch_detection -> 'total_count')
                when 'number' then reports.tab_switch_detection -> 'total_count' > '0'
            end
        ),
        (
            'movement',
            case
                when movements.interview_id is not null then true
                when reports.interview_integrity_status = 'completed' then false
            end
        )
) as signals (signal, detected)
where reports.enabled
group by interviews.workspace_id, interviews.posting_id, interviews.posting_title, signals.signal;

comment on view heymilo_bi.integrity_signals is
    'How often each sign of cheating is found: one row per posting and signal, only over interviews for which detection was switched on. A sign is a reason to look, not a proof.';
comment on column heymilo_bi.integrity_signals.workspace_id is
    'The workspace the posting belongs to.';
comment on column heymilo_bi.integrity_signals.posting_id is
    'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_bi.integrity_signals.posting_title is
    'What the posting is called. NULL until the posting was read.';
comment on column heymilo_bi.integrity_signals.signal is
    'overall (a ranking of 4 or 5), cheating, llm_generated, unusual_delay, tab_switch or movement (anything seen in the recording; honest people move as well).';
comment on column heymilo_bi.integrity_signals.enabled is
    'Interviews for which detection was switched on.';
comment on column heymilo_bi.integrity_signals.judged is
    'Of these, how many the detector has judged; the others may lack a web interview, or the detector was off.';
comment on column heymilo_bi.integrity_signals.detected is
    'Of these, how many show the sign.';
comment on column heymilo_bi.integrity_signals.detected_rate is
    'detected of judged, 0.0 to 1.0. NULL when none was judged.';
comment on column heymilo_bi.integrity_signals.is_small is
    'Whether fewer than 30 were judged: the rate may be chance.';

create view heymilo_bi.source_quality as
select
    workspace_id,
    posting_id,
    posting_title,
    source,
    count(*) as invited,
    count(*) filter (where started) as started,
    count(*) filter (where completed) as completed,
    count(*) filter (where knocked_out) as knocked_out,
    count(*) filter (where decision = 'shortlisted') as shortlisted,
    count(*) filter (where decision = 'dismissed') as dismissed,
    heymilo_bi.rate(count(*) filter (where completed), count(*)) as completion_rate,
    heymilo_bi.rate(count(*) filter (where decision = 'shortlisted'), count(*)) as shortlist_rate,
    count(score) as scored,
    avg(score) as mean_score,
    percentile_cont(0.5) within group (order by score) as median_score,
    heymilo_bi.is_small(count(*)) as is_small
from heymilo_bi.interview_summary
group by workspace_id, posting_id, posting_title, source;

comment on view heymilo_bi.source_quality is
    'What becomes of candidates by where they came from: one row per posting and source.';
comment on column heymilo_bi.source_quality.workspace_id is
    'The workspace the posting belongs to.';
comment on column heymilo_bi.source_quality.posting_id is
    'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_bi.source_quality.posting_title is
    'What the posting is called. NULL until the posting was read.';
comment on column heymilo_bi.source_quality.source is
    'Where the candidates came from: the key "source" of the interview''s metadata, or else of its data. NULL when neither has one.';
comment on column heymilo_bi.source_quality.invited is
    'Interviews from the source.';
comment on column heymilo_bi.source_quality.started is
    'Of these, whose candidate has begun any step.';
comment on column heymilo_bi.source_quality.completed is
    'Of these, whose candidate has finished every step.';
comment on column heymilo_bi.source_quality.knocked_out is
    'Of these, that a step ended.';
comment on column heymilo_bi.source_quality.shortlisted is
    'Of these, how many are shortlisted.';
comment on column heymilo_bi.source_quality.dismissed is
    'Of these, how many are dismissed.';
comment on column heymilo_bi.source_quality.completion_rate is
    'completed of invited, 0.0 to 1.0.';
comment on column heymilo_bi.source_quality.shortlist_rate is
    'shortlisted of invited, 0.0 to 1.0.';
comment on column heymilo_bi.source_quality.scored is
    'Of these, how many have an overall score.';
comment on column heymilo_bi.source_quality.mean_score is
    'Mean overall score, 0 to 100. NULL when none is scored.';
comment on column heymilo_bi.source_quality.median_score is
    'Median overall score, 0 to 100. NULL when none is scored.';
comment on column heymilo_bi.source_quality.is_small is
    'Whether fewer than 30 were invited: rates and means may be chance.';
