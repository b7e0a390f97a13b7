-- Whether a text names somebody who was erased: one rule for deliveries, and for answers that could
-- not be read. Words are compared as written and with up to three layers of escapes taken off.

-- A tombstone of nothing would be found everywhere.
delete from heymilo_sync.tombstones
where digest in (
    select heymilo_sync.tombstone(workspace_id, '')
    from (
        select workspace_id from heymilo.workspaces
        union
        select workspace_id from heymilo_sync.erasures
        union
        select workspace_id from heymilo_sync.inbox
    ) as workspaces
);

create function heymilo_sync.decoded(written text)
returns text
language sql
immutable
strict
parallel safe
set search_path = pg_catalog, pg_temp
as $$
    select string_agg(
        case
            when piece ~ '^%.' then chr(('x' || substr(piece, 2))::bit(8)::integer)
            -- Nothing, and halves of characters, are no characters.
            when piece ~* '^\\u(0000|d[89a-f])' then ' '
            when piece ~ '^\\u.' then chr(('x' || substr(piece, 3))::bit(16)::integer)
            when piece ~ '^\\[bfnrt]' then ' '
            when piece ~ '^\\.' then substr(piece, 2)
            else piece
        end,
        '' order by place
    )
    from regexp_matches(written, '%(?!00)[0-7][0-9a-fA-F]|\\u[0-9a-fA-F]{4}|\\.|[^%\\]+|.', 'g')
        with ordinality as pieces (matched, place)
    cross join lateral (select matched[1] as piece) as first
$$;

comment on function heymilo_sync.decoded(text) is
    'A text with one layer of escapes taken off: those of addresses and forms (%40) and those of JSON (\u0040).';

create function heymilo_sync.words(written text)
returns setof text
language sql
immutable
strict
parallel safe
set search_path = pg_catalog, pg_temp
as $$
    -- Ids. Short ones, and mere numbers, are ids only where one is expected.
    select found[1]
    from regexp_matches(written, '[[:alnum:]_-]{6,}', 'g') as found
    where found[1] ~ '[^0-9]'
    union
    select found[1]
    from regexp_matches(
        written,
        '(?:\m|[_-]|candidate|interview)id["'']?\s*[:=]\s*["'']?([[:alnum:]_-]+)',
        'gi'
    ) as found
    union
    -- Addresses, whose letters have no case: with any sign that can be in one, and with the usual.
    select rtrim(found[1], '.''!')
    from regexp_matches(
        lower(written), '[^[:space:]"<>()\[\]{},:;\\@=&?|]+@[^[:space:]"<>()\[\]{},:;\\@=&?|]+', 'g'
    ) as found
    union
    select found[1]
    from regexp_matches(
        lower(written), '[[:alnum:]_+-][[:alnum:]_.+''-]*@[[:alnum:].-]*[[:alnum:]]', 'g'
    ) as found
$$;

comment on function heymilo_sync.words(text) is
    'The words of a text that may be somebody''s id or address; addresses in small letters.';

create function heymilo_sync.names_erased(workspace text, written bytea)
returns boolean
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    plain text;
begin
    if not exists (select from heymilo_sync.tombstones) then
        return false;
    end if;
    begin
        plain := convert_from(written, 'UTF8');
    exception
        when character_not_in_repertoire or untranslatable_character then
            plain := encode(written, 'escape');
    end;
    return exists (
        with recursive spellings (layers, spelling) as (
            select 0, plain
            union
            select layers + 1, heymilo_sync.decoded(encoded.spelling)
            from spellings
            cross join lateral (
                values (spelling),
                       -- In forms a plus sign is a space, and not all write it otherwise.
                       (case when strpos(spelling, '%') > 0 then replace(spelling, '+', ' ') end)
            ) as encoded (spelling)
            where layers < 3
              and spellings.spelling ~ '[%\\]'
              and encoded.spelling is not null
        )
        select
        from (
            select distinct words.word
            from spellings
            cross join lateral heymilo_sync.words(spelling) as words (word)
        ) as words
        cross join heymilo_sync.salts
        join heymilo_sync.tombstones on tombstones.digest
            = sha256(salts.salt || convert_to(jsonb_build_array(workspace, words.word)::text, 'UTF8'))
    );
end
$$;

comment on function heymilo_sync.names_erased(text, bytea) is
    'Whether a text, such as a delivery''s body, names anybody of a workspace who was erased.';

create or replace function heymilo_sync.blank_erased_delivery()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    known text[];
begin
    if not exists (select from heymilo_sync.tombstones) then
        return new;
    end if;
    known := array(
        select id
        from unnest(new.interview_ids) as id
        where not exists (
            select from heymilo_sync.tombstones
            where digest = heymilo_sync.tombstone(new.workspace_id, id)
        )
    );
    if cardinality(known) < cardinality(new.interview_ids)
        or heymilo_sync.names_erased(new.workspace_id, new.body)
        or heymilo_sync.names_erased(new.workspace_id, convert_to(new.query, 'UTF8'))
    then
        new.body := '';
        new.query := null;
        new.interview_ids := known;
    end if;
    return new;
end
$$;
