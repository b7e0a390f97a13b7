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

create function heymilo_sync.tombstone(workspace text, id text)
returns bytea
language sql
stable
strict
set search_path = pg_catalog
as $$
    select sha256(salts.salt || convert_to(jsonb_build_array(workspace, id)::text, 'UTF8'))
    from heymilo_sync.salts
$$;

comment on function heymilo_sync.tombstone(text, text) is
    'The digest of an interview''s or a candidate''s id. To let somebody come back: delete from heymilo_sync.tombstones where digest = heymilo_sync.tombstone(workspace, id).';

-- Deliveries come in by more than one way, and none of them may forget. What a delivery says about
-- somebody who was erased must never be on disk, so it is left out before the row is written.
create function heymilo_sync.blank_erased_delivery()
returns trigger
language plpgsql
set search_path = pg_catalog
as $$
begin
    if not exists (select from heymilo_sync.tombstones) then
        return new;
    end if;
    if exists (
        select
        from (
            select unnest(new.interview_ids) as id
            union
            select regexp_split_to_table(
                encode(new.body, 'escape') || ' ' || coalesce(new.query, ''),
                '[^[:alnum:]_-]+'
            )
        ) as words
        cross join heymilo_sync.salts
        join heymilo_sync.tombstones on tombstones.digest
            = sha256(salts.salt || convert_to(jsonb_build_array(new.workspace_id, words.id)::text, 'UTF8'))
    ) then
        new.body := '';
        new.query := null;
        new.interview_ids := array(
            select id
            from unnest(new.interview_ids) as id
            where not exists (
                select from heymilo_sync.tombstones
                where digest = heymilo_sync.tombstone(new.workspace_id, id)
            )
        );
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
set search_path = pg_catalog
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
