-- Selection and scoring rates by group, for the attributes that the settings map.

create table heymilo_sync.demographic_attributes (
    workspace_id text not null,
    attribute    text not null,
    path         text not null,
    constraint demographic_attributes_pkey primary key (workspace_id, attribute)
);

comment on table heymilo_sync.demographic_attributes is
    'Where an interview tells about its candidate what heymilo_demographics counts by. The daemon writes this at each start from the settings ([demographics]).';
comment on column heymilo_sync.demographic_attributes.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo_sync.demographic_attributes.attribute is
    'The attribute, such as sex.';
comment on column heymilo_sync.demographic_attributes.path is
    'Where it is in heymilo.interviews, such as data.eeo_gender or metadata.sex.';

create function heymilo_sync.group_name(answer jsonb)
    returns text
    language sql
    immutable
    parallel safe
    -- In small letters, without apostrophes, and with a space for each sign that joins words.
    return (
        select case
            when plain.answer ~ concat_ws('|',
                '^$', 'declin', 'refus', 'prefer(red)? not', 'rather not', 'cho(o)?se not', 'undisclosed',
                'not (disclose|provided|specified|stated|answered|available|applicable)',
                '(do not|dont|did not|didnt) (want|wish|care)',
                '^(unknown|not known|no answer|no response|none given|n ?/? ?a)$'
            ) then null
            else upper(left(folded.answer, 1)) || substring(folded.answer from 2)
        end
        from (
            select btrim(regexp_replace(lower(answer #>> '{}'), '[[:space:]]+', ' ', 'g')) as answer
            where jsonb_typeof(answer) in ('string', 'number', 'boolean')
        ) as folded
        cross join lateral (
            select btrim(regexp_replace(
                translate(folded.answer, '''’‘`´.', ''), '[[:space:]_‐‑‒–—-]+', ' ', 'g'
            )) as answer
        ) as plain
    );

comment on function heymilo_sync.group_name(jsonb) is
    'The group that an answer names: case and blanks are folded, so that "Female" and " FEMALE" are one group. NULL for a missing or declined answer.';

create function heymilo_sync.groups_of_interview(attributes text[], paths text[], data jsonb, metadata jsonb)
returns table (dimension text, group_name text, is_provided boolean)
language sql
immutable
-- Without a search path of its own, so that Postgres inlines it.
as $$
    with groups as materialized (
        select
            attribute,
            heymilo_sync.group_name(heymilo_sync.at_path(data, metadata, string_to_array(path, '.'))) as group_name
        from unnest(attributes, paths) as mapped (attribute, path)
    ),
    dimensions as (
        select attribute as dimension, group_name
        from groups
        union all
        select one.attribute || ' x ' || other.attribute, one.group_name || ' x ' || other.group_name
        from groups as one
        join groups as other on other.attribute > one.attribute
    )
    select dimension, coalesce(group_name, 'Not provided'), group_name is not null
    from dimensions
$$;

comment on function heymilo_sync.groups_of_interview(text[], text[], jsonb, jsonb) is
    'The groups to which the candidate of an interview belongs by these fields of the interview: one row per dimension.';

create function heymilo_bi.two_proportion_p(
    selected           numeric,
    size               numeric,
    reference_selected numeric,
    reference_size     numeric
)
    returns double precision
    language sql
    immutable
    parallel safe
    -- Abramowitz and Stegun 7.1.26: the error is below 0.0000002.
    return (
        select t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
            * exp(-least(x * x, 700))
        from (
            select abs(selected / nullif(size, 0) - reference_selected / nullif(reference_size, 0))::double precision
                / nullif(sqrt((
                    (selected + reference_selected) / nullif(size + reference_size, 0)
                    * (1 - (selected + reference_selected) / nullif(size + reference_size, 0))
                    * (1 / nullif(size, 0) + 1 / nullif(reference_size, 0))
                )::double precision), 0) / sqrt(2::double precision) as x
        ) as distance
        cross join lateral (select 1 / (1 + 0.3275911 * x) as t) as series
    );

comment on function heymilo_bi.two_proportion_p(numeric, numeric, numeric, numeric) is
    'Two-sided p of the two-proportion z-test: how likely a difference at least as large is by chance alone. With fewer than 5 selected or not selected it is a rough guide. NULL when both rates are 0 or 1, and without members.';

create view heymilo_demographics.weekly_groups as
select
    cohorts.workspace_id,
    cohorts.posting_id,
    postings.posting_title,
    postings.posting_label,
    coalesce(cohorts.department, postings.department) as department,
    coalesce(cohorts.location, postings.location) as location,
    coalesce(cohorts.requisition, postings.requisition) as requisition,
    cohorts.invited_week,
    figures.dimension,
    figures.group_name,
    figures.is_provided,
    figures.assessed_count,
    figures.decided_count,
    figures.selected_count,
    figures.scored_count,
    figures.above_median_count,
    'monitoring aid, not a bias audit' as purpose
from heymilo_sync.group_figures as figures
join heymilo_sync.cohorts using (cohort_id)
left join heymilo_sync.known_postings as postings
    on postings.workspace_id = cohorts.workspace_id
   and postings.posting_id = cohorts.posting_id
where postings.is_hidden is not true;

comment on view heymilo_demographics.weekly_groups is
    'How many candidates of a group are assessed, decided on, selected and scored: one row per cohort (posting, week invited), dimension and group. The counts add up over postings and weeks.';
comment on column heymilo_demographics.weekly_groups.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo_demographics.weekly_groups.posting_id is
    'The posting. NULL for interviews whose posting is not known.';
comment on column heymilo_demographics.weekly_groups.posting_title is
    'Title of the posting. Titles can repeat: posting_label is unique. NULL until the posting was read.';
comment on column heymilo_demographics.weekly_groups.posting_label is
    'Title of the posting, with its id where another posting of the workspace has the same title. NULL until the posting was read.';
comment on column heymilo_demographics.weekly_groups.department is
    'Department, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_demographics.weekly_groups.location is
    'Location, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_demographics.weekly_groups.requisition is
    'Requisition, from the path that [dimensions] of the settings names. NULL when no path is set or the value is no short name.';
comment on column heymilo_demographics.weekly_groups.invited_week is
    'Monday of the week of the invitation, in the reporting time zone of the settings. NULL until the candidates list has been read.';
comment on column heymilo_demographics.weekly_groups.dimension is
    'An attribute of the settings, such as sex, or two of them together, such as race x sex.';
comment on column heymilo_demographics.weekly_groups.group_name is
    'The group, from the candidates'' own answers: case and blanks are folded. "Not provided" stands for missing and declined answers.';
comment on column heymilo_demographics.weekly_groups.is_provided is
    'Whether the candidates gave an answer.';
comment on column heymilo_demographics.weekly_groups.assessed_count is
    'Number of interviews of the group that have come to an end: completed, knocked out or decided.';
comment on column heymilo_demographics.weekly_groups.decided_count is
    'Number of those that are shortlisted or dismissed.';
comment on column heymilo_demographics.weekly_groups.selected_count is
    'Number of those that are shortlisted.';
comment on column heymilo_demographics.weekly_groups.scored_count is
    'Number of interviews of the group with an overall score.';
comment on column heymilo_demographics.weekly_groups.above_median_count is
    'Number of those above the median score of their posting.';
comment on column heymilo_demographics.weekly_groups.purpose is
    'What these figures are: a monitoring aid, not a bias audit.';

create view heymilo_demographics.selection_rates as
with figures as materialized (
    -- Weeks are summed up before anything is joined to them: there are fifty for each posting and group.
    select
        cohorts.workspace_id,
        cohorts.posting_id,
        figures.dimension,
        figures.group_name,
        figures.is_provided,
        sum(figures.assessed_count)::bigint as assessed_count,
        sum(figures.decided_count)::bigint as decided_count,
        sum(figures.selected_count)::bigint as selected_count
    from heymilo_sync.group_figures as figures
    join heymilo_sync.cohorts using (cohort_id)
    group by cohorts.workspace_id, cohorts.posting_id, figures.dimension, figures.group_name, figures.is_provided
),
groups as (
    select
        case when grouping(posting_id) = 0 then 'posting' else 'workspace' end as scope,
        workspace_id,
        posting_id,
        posting_title,
        posting_label,
        dimension,
        group_name,
        is_provided,
        sum(assessed_count)::bigint as assessed_count,
        sum(decided_count)::bigint as decided_count,
        sum(selected_count)::bigint as selected_count
    from figures
    left join heymilo_sync.known_postings as postings using (workspace_id, posting_id)
    where postings.is_hidden is not true
    group by grouping sets (
        (workspace_id, posting_id, posting_title, posting_label, dimension, group_name, is_provided),
        (workspace_id, dimension, group_name, is_provided)
    )
),
rates as (
    select
        *,
        heymilo_bi.is_small(assessed_count) as is_small,
        case when is_provided then
            assessed_count < 0.02 * sum(assessed_count) filter (where is_provided) over dimension
        end as is_below_two_percent,
        case when is_provided then heymilo_bi.rate(selected_count, assessed_count) end as selection_rate,
        case when is_provided then heymilo_bi.rate(selected_count, decided_count) end as decided_selection_rate
    from groups
    where assessed_count > 0
    window dimension as (partition by scope, workspace_id, posting_id, dimension)
),

compared as (
    -- Chance makes the highest rate of small groups: they are compared with the others.
    select
        *,
        first_value(array[selected_count, assessed_count, decided_count]::numeric[]) over (
            dimension
            order by not is_provided, is_small, is_below_two_percent, selection_rate desc nulls last, group_name
        ) as reference,
        first_value(array[selected_count, decided_count]::numeric[]) over (
            dimension
            order by
                not is_provided, decided_count = 0, is_small, is_below_two_percent,
                decided_selection_rate desc nulls last, group_name
        ) as decided_reference
    from rates
    window dimension as (partition by scope, workspace_id, posting_id, dimension)
),
ratios as (
    select
        *,
        selection_rate / nullif((reference[1] / nullif(reference[2], 0))::double precision, 0) as impact_ratio,
        decided_selection_rate
            / nullif((decided_reference[1] / nullif(decided_reference[2], 0))::double precision, 0)
            as decided_impact_ratio
    from compared
)
select
    scope,
    workspace_id,
    posting_id,
    posting_title,
    posting_label,
    dimension,
    group_name,
    assessed_count,
    decided_count,
    selected_count,
    assessed_count - decided_count as undecided_count,
    selection_rate,
    impact_ratio,
    impact_ratio < 0.8 as is_below_four_fifths,
    case when is_provided then
        heymilo_bi.two_proportion_p(selected_count, assessed_count, reference[1], reference[2])
    end as p_value,
    decided_selection_rate,
    decided_impact_ratio,
    decided_impact_ratio < 0.8 as is_decided_below_four_fifths,
    case when is_provided then
        heymilo_bi.two_proportion_p(
            selected_count, decided_count, decided_reference[1], decided_reference[2]
        )
    end as decided_p_value,
    is_small,
    is_below_two_percent,
    'monitoring aid, not a bias audit' as purpose
from ratios;

comment on view heymilo_demographics.selection_rates is
    'How often candidates of a group are shortlisted, beside the group with the highest rate: one row per dimension and group, for each posting and for the whole workspace. A monitoring aid, not a bias audit.';
comment on column heymilo_demographics.selection_rates.scope is
    'posting, or workspace for all postings together.';
comment on column heymilo_demographics.selection_rates.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo_demographics.selection_rates.posting_id is
    'The posting. NULL for interviews whose posting is not known, and for the scope workspace.';
comment on column heymilo_demographics.selection_rates.posting_title is
    'Title of the posting. NULL until the posting was read, and for the scope workspace.';
comment on column heymilo_demographics.selection_rates.posting_label is
    'Title of the posting, with its id where the title repeats. NULL until the posting was read, and for the scope workspace.';
comment on column heymilo_demographics.selection_rates.dimension is
    'An attribute of the settings, such as sex, or two of them together, such as race x sex.';
comment on column heymilo_demographics.selection_rates.group_name is
    'The group, from the candidates'' own answers: case and blanks are folded. "Not provided" stands for missing and declined answers.';
comment on column heymilo_demographics.selection_rates.assessed_count is
    'Number of interviews of the group that have come to an end: completed, knocked out or decided.';
comment on column heymilo_demographics.selection_rates.decided_count is
    'Number of those that are shortlisted or dismissed.';
comment on column heymilo_demographics.selection_rates.selected_count is
    'Number of those that are shortlisted.';
comment on column heymilo_demographics.selection_rates.undecided_count is
    'Number of those that are neither shortlisted nor dismissed, knocked-out candidates included.';
comment on column heymilo_demographics.selection_rates.selection_rate is
    'selected_count of assessed_count, 0.0 to 1.0: undecided candidates count as not selected. NULL for "Not provided".';
comment on column heymilo_demographics.selection_rates.impact_ratio is
    'selection_rate divided by the highest of the groups that are neither small nor below 2 % (of all, when there is no such group). NULL for "Not provided", and when the highest rate is 0.';
comment on column heymilo_demographics.selection_rates.is_below_four_fifths is
    'Whether impact_ratio is below 0.8. NULL when there is none.';
comment on column heymilo_demographics.selection_rates.p_value is
    'Two-sided p of the two-proportion z-test against the group with the highest rate. NULL for "Not provided", and when both rates are 0 or 1.';
comment on column heymilo_demographics.selection_rates.decided_selection_rate is
    'selected_count of decided_count, 0.0 to 1.0: undecided candidates are left out. NULL for "Not provided", and without a decision.';
comment on column heymilo_demographics.selection_rates.decided_impact_ratio is
    'The same as impact_ratio, for decided_selection_rate. NULL as there, and without a decision.';
comment on column heymilo_demographics.selection_rates.is_decided_below_four_fifths is
    'Whether decided_impact_ratio is below 0.8. NULL when there is none.';
comment on column heymilo_demographics.selection_rates.decided_p_value is
    'The same as p_value, for decided_selection_rate. NULL as there, and without a decision.';
comment on column heymilo_demographics.selection_rates.is_small is
    'Whether the group has fewer than 30: its rate may be chance.';
comment on column heymilo_demographics.selection_rates.is_below_two_percent is
    'Whether the group has less than 2 % of the candidates who gave an answer: an audit may leave such a group out. NULL for "Not provided".';
comment on column heymilo_demographics.selection_rates.purpose is
    'What these figures are: a monitoring aid, not a bias audit.';

create view heymilo_demographics.scoring_rates as
with figures as materialized (
    -- Weeks are summed up before anything is joined to them: there are fifty for each posting and group.
    select
        cohorts.workspace_id,
        cohorts.posting_id,
        figures.dimension,
        figures.group_name,
        figures.is_provided,
        sum(figures.scored_count)::bigint as scored_count,
        sum(figures.above_median_count)::bigint as above_median_count
    from heymilo_sync.group_figures as figures
    join heymilo_sync.cohorts using (cohort_id)
    group by cohorts.workspace_id, cohorts.posting_id, figures.dimension, figures.group_name, figures.is_provided
),
groups as (
    select
        case when grouping(posting_id) = 0 then 'posting' else 'workspace' end as scope,
        workspace_id,
        posting_id,
        posting_title,
        posting_label,
        dimension,
        group_name,
        is_provided,
        sum(scored_count)::bigint as scored_count,
        sum(above_median_count)::bigint as above_median_count
    from figures
    left join heymilo_sync.known_postings as postings using (workspace_id, posting_id)
    where postings.is_hidden is not true
    group by grouping sets (
        (workspace_id, posting_id, posting_title, posting_label, dimension, group_name, is_provided),
        (workspace_id, dimension, group_name, is_provided)
    )
),
rates as (
    select
        *,
        heymilo_bi.is_small(scored_count) as is_small,
        case when is_provided then
            scored_count < 0.02 * sum(scored_count) filter (where is_provided) over dimension
        end as is_below_two_percent,
        case when is_provided then heymilo_bi.rate(above_median_count, scored_count) end as scoring_rate
    from groups
    where scored_count > 0
    window dimension as (partition by scope, workspace_id, posting_id, dimension)
),

compared as (
    -- Chance makes the highest rate of small groups: they are compared with the others.
    select
        *,
        first_value(array[above_median_count, scored_count]::numeric[]) over (
            dimension
            order by not is_provided, is_small, is_below_two_percent, scoring_rate desc nulls last, group_name
        ) as reference
    from rates
    window dimension as (partition by scope, workspace_id, posting_id, dimension)
),
ratios as (
    select
        *,
        scoring_rate / nullif((reference[1] / nullif(reference[2], 0))::double precision, 0) as impact_ratio
    from compared
)
select
    scope,
    workspace_id,
    posting_id,
    posting_title,
    posting_label,
    dimension,
    group_name,
    scored_count,
    above_median_count,
    scoring_rate,
    impact_ratio,
    impact_ratio < 0.8 as is_below_four_fifths,
    case when is_provided then
        heymilo_bi.two_proportion_p(above_median_count, scored_count, reference[1], reference[2])
    end as p_value,
    is_small,
    is_below_two_percent,
    'monitoring aid, not a bias audit' as purpose
from ratios;

comment on view heymilo_demographics.scoring_rates is
    'How often candidates of a group score above the median of their posting, beside the group with the highest rate: one row per dimension and group, for each posting and for the whole workspace. A monitoring aid, not a bias audit.';
comment on column heymilo_demographics.scoring_rates.scope is
    'posting, or workspace for all postings together.';
comment on column heymilo_demographics.scoring_rates.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo_demographics.scoring_rates.posting_id is
    'The posting. NULL for interviews whose posting is not known, and for the scope workspace.';
comment on column heymilo_demographics.scoring_rates.posting_title is
    'Title of the posting. NULL until the posting was read, and for the scope workspace.';
comment on column heymilo_demographics.scoring_rates.posting_label is
    'Title of the posting, with its id where the title repeats. NULL until the posting was read, and for the scope workspace.';
comment on column heymilo_demographics.scoring_rates.dimension is
    'An attribute of the settings, such as sex, or two of them together, such as race x sex.';
comment on column heymilo_demographics.scoring_rates.group_name is
    'The group, from the candidates'' own answers: case and blanks are folded. "Not provided" stands for missing and declined answers.';
comment on column heymilo_demographics.scoring_rates.scored_count is
    'Number of interviews of the group with an overall score.';
comment on column heymilo_demographics.scoring_rates.above_median_count is
    'Number of those above the median score of their posting.';
comment on column heymilo_demographics.scoring_rates.scoring_rate is
    'above_median_count of scored_count, 0.0 to 1.0. NULL for "Not provided".';
comment on column heymilo_demographics.scoring_rates.impact_ratio is
    'scoring_rate divided by the highest of the groups that are neither small nor below 2 % (of all, when there is no such group). NULL for "Not provided", and when the highest rate is 0.';
comment on column heymilo_demographics.scoring_rates.is_below_four_fifths is
    'Whether impact_ratio is below 0.8. NULL when there is none.';
comment on column heymilo_demographics.scoring_rates.p_value is
    'Two-sided p of the two-proportion z-test against the group with the highest rate. NULL for "Not provided", and when both rates are 0 or 1.';
comment on column heymilo_demographics.scoring_rates.is_small is
    'Whether the group has fewer than 30: its rate may be chance.';
comment on column heymilo_demographics.scoring_rates.is_below_two_percent is
    'Whether the group has less than 2 % of the candidates who gave an answer: an audit may leave such a group out. NULL for "Not provided".';
comment on column heymilo_demographics.scoring_rates.purpose is
    'What these figures are: a monitoring aid, not a bias audit.';
