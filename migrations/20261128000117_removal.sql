-- People who were erased, and what keeps them from coming back.

create table heymilo_sync.salts (
    only_row boolean not null default true,
    salt     bytea not null,
    constraint salts_pkey primary key (only_row),
    constraint salts_only_row_check check (only_row)
);

comment on table heymilo_sync.salts is
    'One random number, made with this database: without it nobody can tell which ids the tombstones stand for.';
comment on column heymilo_sync.salts.only_row is
    'Makes sure that there is one row.';
comment on column heymilo_sync.salts.salt is
    'The number. It never changes, or the tombstones would mean nothing any more.';

insert into heymilo_sync.salts (salt)
select sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()));

create table heymilo_sync.erasures (
    erasure_id   bigint generated always as identity,
    workspace_id text not null,
    erased_at    timestamptz not null default now(),
    erased_by    text not null,
    asked_for    text not null,
    interviews   bigint not null,
    people       bigint not null,
    removed      jsonb not null,
    constraint erasures_pkey primary key (erasure_id)
);

comment on table heymilo_sync.erasures is
    'A receipt for each time that somebody was erased: what was removed where, never who.';
comment on column heymilo_sync.erasures.erasure_id is
    'Number of the receipt.';
comment on column heymilo_sync.erasures.workspace_id is
    'The workspace the rows belonged to.';
comment on column heymilo_sync.erasures.erased_at is
    'When.';
comment on column heymilo_sync.erasures.erased_by is
    'Who ran the command: the name they gave, or else the database''s user.';
comment on column heymilo_sync.erasures.asked_for is
    'How the person was named: candidate, email or interview.';
comment on column heymilo_sync.erasures.interviews is
    'How many interviews were erased.';
comment on column heymilo_sync.erasures.people is
    'How many people were erased.';
comment on column heymilo_sync.erasures.removed is
    'How many rows were removed from each table: a JSON object of numbers.';

create table heymilo_sync.tombstones (
    digest     bytea not null,
    erasure_id bigint,
    buried_at  timestamptz not null default now(),
    constraint tombstones_pkey primary key (digest)
);

comment on table heymilo_sync.tombstones is
    'Interviews and candidates that must not come back, whatever HeyMilo tells. Of each only a salted digest.';
comment on column heymilo_sync.tombstones.digest is
    'What heymilo_sync.tombstone makes of the workspace and the id.';
comment on column heymilo_sync.tombstones.erasure_id is
    'The receipt. NULL for what was removed because of its age (retention.interviews), and for an interview that came after its person was erased.';
comment on column heymilo_sync.tombstones.buried_at is
    'Since when.';

create table heymilo_sync.removed_interviews (
    workspace_id text not null,
    posting_id   text not null,
    interviews   bigint not null,
    completed    bigint not null,
    constraint removed_interviews_pkey primary key (workspace_id, posting_id)
);

comment on table heymilo_sync.removed_interviews is
    'How many interviews of a posting were removed, because somebody was erased or because of their age (retention.interviews): numbers alone, for heymilo_bi.reconciliation.';
comment on column heymilo_sync.removed_interviews.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo_sync.removed_interviews.posting_id is
    'The posting they belonged to.';
comment on column heymilo_sync.removed_interviews.interviews is
    'How many.';
comment on column heymilo_sync.removed_interviews.completed is
    'How many of these were completed.';

create function heymilo_sync.tombstone(workspace text, id text)
returns bytea
language sql
stable
strict
set search_path = pg_catalog, pg_temp
as $$
    select sha256(salts.salt || convert_to(jsonb_build_array(workspace, id)::text, 'UTF8'))
    from heymilo_sync.salts
$$;

comment on function heymilo_sync.tombstone(text, text) is
    'The digest of an interview''s or a candidate''s id. To let somebody come back: delete from heymilo_sync.tombstones where digest = heymilo_sync.tombstone(workspace, id).';

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

-- Deliveries come in by more than one way, and none of them may forget. What a delivery says about
-- somebody who was erased must never be on disk, so it is left out before the row is written.
create function heymilo_sync.blank_erased_delivery()
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

comment on function heymilo_sync.blank_erased_delivery() is
    'Leaves the content of a delivery out that names anybody who was erased.';

create trigger inbox_blank_erased_delivery
before insert on heymilo_sync.inbox
for each row execute function heymilo_sync.blank_erased_delivery();

create function heymilo_sync.refuse_erased_job()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if exists (select from heymilo_sync.tombstones) and exists (
        select from heymilo_sync.tombstones
        where digest = heymilo_sync.tombstone(new.workspace_id, new.interview_id)
    ) then
        return null;
    end if;
    return new;
end
$$;

comment on function heymilo_sync.refuse_erased_job() is
    'Lets no interview be fetched that was erased.';

create trigger jobs_refuse_erased_job
before insert on heymilo_sync.jobs
for each row execute function heymilo_sync.refuse_erased_job();
