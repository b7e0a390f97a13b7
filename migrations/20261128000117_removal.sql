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
    'What heymilo_sync.tombstone makes of the workspace and the id or address.';
comment on column heymilo_sync.tombstones.erasure_id is
    'The receipt. NULL for what was removed because of its age (retention.interviews), and for an interview that came after its person was erased.';
comment on column heymilo_sync.tombstones.buried_at is
    'Since when.';

create table heymilo_sync.tombstone_versions (
    only_row          boolean not null default true,
    tombstone_version bigint not null default 1,
    constraint tombstone_versions_pkey primary key (only_row),
    constraint tombstone_versions_only_row_check check (only_row)
);

comment on table heymilo_sync.tombstone_versions is
    'How often the tombstones changed. A transaction that writes deliveries locks the row at the version whose tombstones the deliveries were searched for, so that none slips past an erasure.';
comment on column heymilo_sync.tombstone_versions.only_row is
    'Makes sure that there is one row.';
comment on column heymilo_sync.tombstone_versions.tombstone_version is
    'Rises in each transaction that adds or removes tombstones.';

insert into heymilo_sync.tombstone_versions default values;

create function heymilo_sync.raise_tombstone_version()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if exists (select from changed) then
        update heymilo_sync.tombstone_versions set tombstone_version = tombstone_version + 1;
    end if;
    return null;
end
$$;

comment on function heymilo_sync.raise_tombstone_version() is
    'Raises the version with each change of the tombstones, so that the daemons read them again.';

create trigger tombstones_insert_raises_version
after insert on heymilo_sync.tombstones
referencing new table as changed
for each statement execute function heymilo_sync.raise_tombstone_version();

create trigger tombstones_delete_raises_version
after delete on heymilo_sync.tombstones
referencing old table as changed
for each statement execute function heymilo_sync.raise_tombstone_version();

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
    select sha256(
        salts.salt || sha256(convert_to(workspace, 'UTF8')) || convert_to(lower(btrim(id)), 'UTF8')
    )
    from heymilo_sync.salts
$$;

comment on function heymilo_sync.tombstone(text, text) is
    'The digest of an interview''s or a candidate''s id, or of an address, in small letters. To let a person come back: delete from heymilo_sync.tombstones where digest = heymilo_sync.tombstone(workspace, id).';

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
