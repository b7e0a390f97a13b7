-- Selection and scoring rates by group, for the attributes that the settings map.

create table heymilo_sync.demographic_attributes (
    workspace_id text not null,
    attribute    text not null,
    path         text not null,
    constraint demographic_attributes_pkey primary key (workspace_id, attribute)
);

comment on table heymilo_sync.demographic_attributes is
    'Where an interview tells about its candidate what heymilo_demographics counts by; written at each start from the settings ([demographics]).';
comment on column heymilo_sync.demographic_attributes.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo_sync.demographic_attributes.attribute is
    'What it is, such as sex.';
comment on column heymilo_sync.demographic_attributes.path is
    'Where it is in heymilo.interviews, such as data.eeo_gender or metadata.sex.';

create view heymilo_demographics.interview_groups as
with answers as (
    select
        interviews.workspace_id,
        interviews.interview_id,
        attributes.attribute,
        case jsonb_typeof(found.answer)
            when 'string' then nullif(btrim(found.answer #>> '{}'), '')
            when 'number' then found.answer #>> '{}'
            when 'boolean' then found.answer #>> '{}'
        end as answer
    from heymilo.interviews
    join heymilo_sync.demographic_attributes as attributes using (workspace_id)
    cross join lateral (
        select case split_part(attributes.path, '.', 1)
            when 'data' then interviews.data
            when 'metadata' then interviews.metadata
        end #> (string_to_array(attributes.path, '.'))[2:] as answer
    ) as found
),
groups as (
    select
        workspace_id,
        interview_id,
        attribute,
        case
            when plain.answer !~ concat_ws('|',
                'declin', 'refus', 'prefer(red)? not', 'rather not', 'cho(o)?se not', 'undisclosed',
                'not (disclose|provided|specified|stated|answered|available|applicable)',
                '(do not|dont|did not|didnt) (want|wish|care)',
                '^(unknown|not known|no answer|no response|none given|n ?/? ?a)$'
            ) then answers.answer
        end as group_name
    from answers
    -- In small letters, without apostrophes, and with a space for whatever joins words.
    cross join lateral (
        select btrim(regexp_replace(
            translate(lower(answers.answer), '''’‘`´.', ''), '[[:space:]_‐‑‒–—-]+', ' ', 'g'
        )) as answer
    ) as plain
),
dimensions as (
    select
        workspace_id,
        interview_id,
        attribute as dimension,
        group_name
    from groups
    union all
    select
        one.workspace_id,
        one.interview_id,
        one.attribute || ' x ' || other.attribute,
        one.group_name || ' x ' || other.group_name
    from groups as one
    join groups as other
        on other.workspace_id = one.workspace_id
       and other.interview_id = one.interview_id
       and other.attribute > one.attribute
)
select
    interviews.workspace_id,
    interviews.posting_id,
    interviews.posting_title,
    interviews.interview_id,
    dimensions.dimension,
    coalesce(dimensions.group_name, 'not provided') as group_name,
    dimensions.group_name is not null as is_provided,
    interviews.completed or interviews.knocked_out or interviews.decision is not null as assessed,
    interviews.decision,
    interviews.score
from heymilo_bi.interview_summary as interviews
join dimensions using (workspace_id, interview_id);

comment on view heymilo_demographics.interview_groups is
    'To which group a candidate says to belong: one row per interview and dimension. Facts about people: for monitoring alone.';
comment on column heymilo_demographics.interview_groups.workspace_id is
    'The workspace the interview belongs to.';
comment on column heymilo_demographics.interview_groups.posting_id is
    'The posting the candidate was invited to.';
comment on column heymilo_demographics.interview_groups.posting_title is
    'What the posting is called. NULL until the posting was read.';
comment on column heymilo_demographics.interview_groups.interview_id is
    'HeyMilo''s id of the interview.';
comment on column heymilo_demographics.interview_groups.dimension is
    'An attribute of the settings, such as sex, or two of them taken together, such as race x sex.';
comment on column heymilo_demographics.interview_groups.group_name is
    'The candidate''s answer, as given; "not provided" when there is none or it was declined, for one of the two at least.';
comment on column heymilo_demographics.interview_groups.is_provided is
    'Whether there is an answer.';
comment on column heymilo_demographics.interview_groups.assessed is
    'Whether the interview has come to an end: completed, knocked out or decided.';
comment on column heymilo_demographics.interview_groups.decision is
    'What a recruiter decided: shortlisted or dismissed. NULL as long as nobody has.';
comment on column heymilo_demographics.interview_groups.score is
    'Overall score, 0 to 100. NULL until HeyMilo has computed it.';

create view heymilo_demographics.selection_rates as
with groups as (
    select
        workspace_id,
        posting_id,
        posting_title,
        dimension,
        group_name,
        is_provided,
        count(*) as assessed,
        count(*) filter (where decision = 'shortlisted') as selected,
        count(*) filter (where decision is null) as undecided,
        heymilo_bi.is_small(count(*)) as is_small
    from heymilo_demographics.interview_groups
    where assessed
    group by workspace_id, posting_id, posting_title, dimension, group_name, is_provided
),
rates as (
    select
        *,
        case when is_provided then heymilo_bi.rate(selected, assessed) end as selection_rate
    from groups
),
compared as (
    select
        *,
        -- Chance makes the highest rate of small groups: they are compared with the others.
        selection_rate / nullif(
            coalesce(
                max(selection_rate) filter (where not is_small) over dimension,
                max(selection_rate) over dimension
            ),
            0
        ) as impact_ratio
    from rates
    window dimension as (partition by workspace_id, posting_id, dimension)
)
select
    workspace_id,
    posting_id,
    posting_title,
    dimension,
    group_name,
    assessed,
    selected,
    undecided,
    selection_rate,
    impact_ratio,
    impact_ratio < 0.8 as below_four_fifths,
    is_small,
    'monitoring aid, not a bias audit' as purpose
from compared;

comment on view heymilo_demographics.selection_rates is
    'How often candidates of a group are shortlisted, beside the group with the highest rate: one row per posting, dimension and group. A monitoring aid, not a bias audit.';
comment on column heymilo_demographics.selection_rates.workspace_id is
    'The workspace the posting belongs to.';
comment on column heymilo_demographics.selection_rates.posting_id is
    'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_demographics.selection_rates.posting_title is
    'What the posting is called. NULL until the posting was read.';
comment on column heymilo_demographics.selection_rates.dimension is
    'An attribute of the settings, such as sex, or two of them taken together, such as race x sex.';
comment on column heymilo_demographics.selection_rates.group_name is
    'The group, in the candidates'' own answer; "not provided" is shown and not compared.';
comment on column heymilo_demographics.selection_rates.assessed is
    'Interviews of the group that have come to an end: completed, knocked out or decided.';
comment on column heymilo_demographics.selection_rates.selected is
    'Of these, how many are shortlisted.';
comment on column heymilo_demographics.selection_rates.undecided is
    'Of these, how many are neither shortlisted nor dismissed; knocked out candidates among them.';
comment on column heymilo_demographics.selection_rates.selection_rate is
    'selected of assessed, 0.0 to 1.0. NULL for "not provided".';
comment on column heymilo_demographics.selection_rates.impact_ratio is
    'selection_rate divided by the highest of the dimension''s groups that are not small (of all, when all are). NULL for "not provided", and when nobody is selected.';
comment on column heymilo_demographics.selection_rates.below_four_fifths is
    'Whether impact_ratio is below 0.8. NULL when there is none.';
comment on column heymilo_demographics.selection_rates.is_small is
    'Whether the group has fewer than 30: its rate may be chance.';
comment on column heymilo_demographics.selection_rates.purpose is
    'What these figures are: a monitoring aid, not a bias audit.';

create view heymilo_demographics.scoring_rates as
with scored as (
    select *
    from heymilo_demographics.interview_groups
    where score is not null
),
medians as (
    -- Of all the posting's candidates, whether or not they say to which group they belong.
    select
        workspace_id,
        posting_id,
        dimension,
        percentile_cont(0.5) within group (order by score) as median_score
    from scored
    group by workspace_id, posting_id, dimension
),
groups as (
    select
        scored.workspace_id,
        scored.posting_id,
        scored.posting_title,
        scored.dimension,
        scored.group_name,
        scored.is_provided,
        medians.median_score,
        count(*) as scored,
        count(*) filter (where scored.score > medians.median_score) as above_median,
        heymilo_bi.is_small(count(*)) as is_small
    from scored
    join medians
        on medians.workspace_id = scored.workspace_id
       and medians.posting_id is not distinct from scored.posting_id
       and medians.dimension = scored.dimension
    group by
        scored.workspace_id,
        scored.posting_id,
        scored.posting_title,
        scored.dimension,
        scored.group_name,
        scored.is_provided,
        medians.median_score
),
rates as (
    select
        *,
        case when is_provided then heymilo_bi.rate(above_median, scored) end as scoring_rate
    from groups
),
compared as (
    select
        *,
        scoring_rate / nullif(
            coalesce(
                max(scoring_rate) filter (where not is_small) over dimension,
                max(scoring_rate) over dimension
            ),
            0
        ) as impact_ratio
    from rates
    window dimension as (partition by workspace_id, posting_id, dimension)
)
select
    workspace_id,
    posting_id,
    posting_title,
    dimension,
    group_name,
    median_score,
    scored,
    above_median,
    scoring_rate,
    impact_ratio,
    impact_ratio < 0.8 as below_four_fifths,
    is_small,
    'monitoring aid, not a bias audit' as purpose
from compared;

comment on view heymilo_demographics.scoring_rates is
    'How often candidates of a group score above the posting''s median, beside the group with the highest rate: one row per posting, dimension and group. A monitoring aid, not a bias audit.';
comment on column heymilo_demographics.scoring_rates.workspace_id is
    'The workspace the posting belongs to.';
comment on column heymilo_demographics.scoring_rates.posting_id is
    'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_demographics.scoring_rates.posting_title is
    'What the posting is called. NULL until the posting was read.';
comment on column heymilo_demographics.scoring_rates.dimension is
    'An attribute of the settings, such as sex, or two of them taken together, such as race x sex.';
comment on column heymilo_demographics.scoring_rates.group_name is
    'The group, in the candidates'' own answer; "not provided" is shown and not compared.';
comment on column heymilo_demographics.scoring_rates.median_score is
    'Median overall score of all scored interviews of the posting, 0 to 100.';
comment on column heymilo_demographics.scoring_rates.scored is
    'Interviews of the group that have an overall score.';
comment on column heymilo_demographics.scoring_rates.above_median is
    'Of these, how many have more than the median.';
comment on column heymilo_demographics.scoring_rates.scoring_rate is
    'above_median of scored, 0.0 to 1.0. NULL for "not provided".';
comment on column heymilo_demographics.scoring_rates.impact_ratio is
    'scoring_rate divided by the highest of the dimension''s groups that are not small (of all, when all are). NULL for "not provided", and when nobody is above the median.';
comment on column heymilo_demographics.scoring_rates.below_four_fifths is
    'Whether impact_ratio is below 0.8. NULL when there is none.';
comment on column heymilo_demographics.scoring_rates.is_small is
    'Whether the group has fewer than 30: its rate may be chance.';
comment on column heymilo_demographics.scoring_rates.purpose is
    'What these figures are: a monitoring aid, not a bias audit.';
