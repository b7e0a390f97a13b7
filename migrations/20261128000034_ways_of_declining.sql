-- Whoever declines to answer is in no group, however the answer is put.

create or replace view heymilo_demographics.interview_groups as
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
