-- What was removed, by which actor, and what keeps it from coming back.

create table heymilo_sync.salts (
    only_row boolean not null default true,
    salt     bytea not null,
    constraint salts_pkey primary key (only_row),
    constraint salts_only_row_check check (only_row)
);

comment on table heymilo_sync.salts is
    'One random number, made with this database: the key of the tombstones where the settings have none. A reader of this number can try guessed addresses.';
comment on column heymilo_sync.salts.only_row is
    'Makes sure that there is one row.';
comment on column heymilo_sync.salts.salt is
    'The number. It never changes, because the tombstones depend on it.';

insert into heymilo_sync.salts (salt)
select sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()));

-- What each actor did: each row carries the hash of all rows before it.
create table heymilo_sync.privacy_log (
    entry_id     bigint not null,
    workspace_id text not null,
    logged_at    timestamptz not null,
    done_by      text not null default session_user,
    action       text not null,
    reason       text,
    asked_for    text,
    interviews   bigint,
    people       bigint,
    removed      jsonb,
    again_of     text[],
    request_id   bigint,
    due_at       timestamptz,
    hold_id      bigint,
    hash         bytea not null,
    constraint privacy_log_pkey primary key (entry_id)
);

comment on table heymilo_sync.privacy_log is
    'What was done under data protection, one row for each time: its actor and its result, never the person it was about. Rows are only added. Each row carries the hash of all rows before it, so that heymilo-sync verify names the first row that was changed.';
comment on column heymilo_sync.privacy_log.entry_id is
    'Number of the entry, from 1 and without gaps. Of a removal: the number of the receipt.';
comment on column heymilo_sync.privacy_log.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo_sync.privacy_log.logged_at is
    'When.';
comment on column heymilo_sync.privacy_log.done_by is
    'The actor: the name given, or else the user of the command or of the database. Of a button: the name beside the password, whether a token was shown, and the address. heymilo-sync for what the daemon does by itself.';
comment on column heymilo_sync.privacy_log.action is
    'What was done: removed (the entry is a receipt), requested (an erasure was asked for), held, released or lifted (a removed person or interview may come back). Also dossier (all that is kept about a person was printed) and searched (a name or a phone number was looked for). file means that a recording or resume was read, and the log of the daemon says which. Of a button of the status page or its API: interview_due (an interview is fetched again), failed_due (all that failed are) or lists_due (all lists are read).';
comment on column heymilo_sync.privacy_log.reason is
    'Why something was removed: asked (the command erase), gone (HeyMilo has it no more) or retention (retention.interviews). NULL for other actions.';
comment on column heymilo_sync.privacy_log.asked_for is
    'How the person was named: candidate, email or interview, or name or phone in a search. NULL when no person was named.';
comment on column heymilo_sync.privacy_log.interviews is
    'How many interviews it was about. NULL where that says nothing.';
comment on column heymilo_sync.privacy_log.people is
    'How many people it was about. NULL where that says nothing.';
comment on column heymilo_sync.privacy_log.removed is
    'How many rows were removed from each table: a JSON object of numbers. NULL when nothing was to be removed.';
comment on column heymilo_sync.privacy_log.again_of is
    'Of a removal after a restore (erase --again): the hashes of the receipts that it repeats. NULL otherwise.';
comment on column heymilo_sync.privacy_log.request_id is
    'The request in erasure_requests that was noted. NULL for other actions.';
comment on column heymilo_sync.privacy_log.due_at is
    'When that request must be done. NULL for other actions.';
comment on column heymilo_sync.privacy_log.hold_id is
    'The hold in holds that began or ended. NULL for other actions.';
comment on column heymilo_sync.privacy_log.hash is
    'SHA-256 of the hash of the entry before and of all columns of this one.';

create function heymilo_sync.hash_of_entry(before bytea, entry heymilo_sync.privacy_log)
returns bytea
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    -- The time as a number, because its text depends on the session's time zone.
    select sha256(
        coalesce(before, '')
        || convert_to(
            jsonb_build_array(
                entry.entry_id, entry.workspace_id, extract(epoch from entry.logged_at), entry.done_by,
                entry.action, entry.reason, entry.asked_for, entry.interviews, entry.people, entry.removed, entry.again_of,
                entry.request_id, extract(epoch from entry.due_at), entry.hold_id
            )::text,
            'UTF8'
        )
    )
$$;

comment on function heymilo_sync.hash_of_entry(bytea, heymilo_sync.privacy_log) is
    'The hash that an entry of the privacy log carries, from the hash of the entry before it.';

create function heymilo_sync.chain_entry()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    last record;
begin
    -- One writer at a time: the next one sees this entry.
    perform pg_advisory_xact_lock('heymilo_sync.privacy_log'::regclass::oid::bigint);
    select entry_id, hash into last from heymilo_sync.privacy_log order by entry_id desc limit 1;

    new.entry_id  := coalesce(last.entry_id, 0) + 1;
    new.logged_at := clock_timestamp();
    new.hash      := heymilo_sync.hash_of_entry(last.hash, new);
    return new;
end
$$;

comment on function heymilo_sync.chain_entry() is
    'Gives an entry of the privacy log its number, its time and its hash.';

create trigger privacy_log_chain_entry
before insert on heymilo_sync.privacy_log
for each row execute function heymilo_sync.chain_entry();

create function heymilo_sync.refuse_change()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    raise insufficient_privilege using message = 'rows are only added to ' || tg_table_name;
end
$$;

comment on function heymilo_sync.refuse_change() is
    'Lets no row of a log be changed or deleted.';

create trigger privacy_log_refuse_change
before update or delete on heymilo_sync.privacy_log
for each row execute function heymilo_sync.refuse_change();

create trigger privacy_log_refuse_truncate
before truncate on heymilo_sync.privacy_log
for each statement execute function heymilo_sync.refuse_change();

create table heymilo_sync.tombstones (
    digest       bytea not null,
    key_id       text not null,
    workspace_id text not null,
    reason       text not null,
    entry_id     bigint,
    buried_at    timestamptz not null default now(),
    constraint tombstones_pkey primary key (digest)
);

comment on table heymilo_sync.tombstones is
    'Interviews, candidates and addresses that were removed. Of each only a keyed digest, which is pseudonymous personal data.';
comment on column heymilo_sync.tombstones.digest is
    'HMAC-SHA256 of the SHA-256 of the workspace''s name and the id or address, in small letters.';
comment on column heymilo_sync.tombstones.key_id is
    'Tells with which key the digest was made: HEYMILO_ERASURE_KEY, or the number in salts when there was none.';
comment on column heymilo_sync.tombstones.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo_sync.tombstones.reason is
    'Why it was removed, as in privacy_log. After asked and retention it stays away, even when HeyMilo still has it. After gone only deliveries lose their content: when HeyMilo has it again, it comes back and the tombstone goes.';
comment on column heymilo_sync.tombstones.entry_id is
    'The receipt in privacy_log. NULL for an interview that came after its person was erased.';
comment on column heymilo_sync.tombstones.buried_at is
    'Since when.';

create index tombstones_entry_id_idx on heymilo_sync.tombstones (entry_id);
comment on index heymilo_sync.tombstones_entry_id_idx is
    'The digests of a receipt, for the file of erasures.';

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

create table heymilo_sync.erasure_requests (
    request_id   bigint generated always as identity,
    workspace_id text not null,
    requested_at timestamptz not null default now(),
    due_at       timestamptz not null,
    requested_by text not null,
    asked_for    text not null,
    subject      text,
    done_at      timestamptz,
    entry_id     bigint,
    constraint erasure_requests_pkey primary key (request_id)
);

comment on table heymilo_sync.erasure_requests is
    'Requests to erase a person that could not be done at once. heymilo-sync erase --request does one.';
comment on column heymilo_sync.erasure_requests.request_id is
    'Number of the request.';
comment on column heymilo_sync.erasure_requests.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo_sync.erasure_requests.requested_at is
    'When it was noted.';
comment on column heymilo_sync.erasure_requests.due_at is
    'When it must be done: erasures.due_after later, unless the command named a time. The same time is in privacy_log.';
comment on column heymilo_sync.erasure_requests.requested_by is
    'The name under which the request was noted.';
comment on column heymilo_sync.erasure_requests.asked_for is
    'How the person is named: candidate, email or interview.';
comment on column heymilo_sync.erasure_requests.subject is
    'The id or address. NULL once it is done. Personal data.';
comment on column heymilo_sync.erasure_requests.done_at is
    'When it was done. NULL until then.';
comment on column heymilo_sync.erasure_requests.entry_id is
    'The receipt in privacy_log. NULL until it is done.';

create table heymilo_sync.holds (
    hold_id        bigint generated always as identity,
    workspace_id   text not null,
    asked_for      text not null,
    subject        text,
    reason         text not null,
    held_by        text not null,
    held_at        timestamptz not null default now(),
    released_by    text,
    released_at    timestamptz,
    release_reason text,
    constraint holds_pkey primary key (hold_id)
);

comment on table heymilo_sync.holds is
    'Legal holds: people and interviews that retention keeps and that erase refuses.';
comment on column heymilo_sync.holds.hold_id is
    'Number of the hold.';
comment on column heymilo_sync.holds.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo_sync.holds.asked_for is
    'How the person is named: candidate, email or interview.';
comment on column heymilo_sync.holds.subject is
    'The id or address. NULL once the hold is released and the person removed. Personal data.';
comment on column heymilo_sync.holds.reason is
    'Why, in the words of the hold''s author. Empty once the held person was removed.';
comment on column heymilo_sync.holds.held_by is
    'The name under which the hold was placed.';
comment on column heymilo_sync.holds.held_at is
    'Since when.';
comment on column heymilo_sync.holds.released_by is
    'The name under which the hold was released. NULL while the hold is in force.';
comment on column heymilo_sync.holds.released_at is
    'When it was released. NULL while it is in force.';
comment on column heymilo_sync.holds.release_reason is
    'Why it was released. NULL while it is in force, empty once the person was removed.';

create function heymilo_sync.fold(word text)
returns text
language sql
immutable
parallel safe
-- The rule of a Turkish database makes a dotless letter of I: letters of ASCII have the same small letters in
-- every database.
return lower(lower(btrim(word, E' \t\n\r\f\x0b') collate "C") collate "default");

comment on function heymilo_sync.fold(text) is
    'An id or an address as it is compared: without blanks around it and in small letters, like mentions::fold of the program. Where the database has locale C, letters beyond ASCII have no case.';

create view heymilo_sync.held_interviews as
select
    interviews.workspace_id,
    interviews.interview_id
from heymilo.interviews
where exists (
    select
    from heymilo_sync.holds
    where holds.workspace_id = interviews.workspace_id
      and holds.released_at is null
      and heymilo_sync.fold(holds.subject) = heymilo_sync.fold(
              case holds.asked_for
                  when 'candidate' then interviews.candidate_id
                  when 'email' then interviews.candidate_email
                  else interviews.interview_id
              end
          )
);

comment on view heymilo_sync.held_interviews is
    'Interviews that a hold keeps: one row each. Retention and removal leave them alone.';
comment on column heymilo_sync.held_interviews.workspace_id is
    'The workspace.';
comment on column heymilo_sync.held_interviews.interview_id is
    'The interview.';

create table heymilo_sync.gone_confirmations (
    workspace_id text not null,
    interview_id text not null,
    confirmed_at timestamptz not null,
    constraint gone_confirmations_pkey primary key (interview_id, workspace_id)
);

comment on table heymilo_sync.gone_confirmations is
    'Interviews that HeyMilo was asked for again after retention.gone_grace and still does not have. They are removed next.';
comment on column heymilo_sync.gone_confirmations.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo_sync.gone_confirmations.interview_id is
    'The interview.';
comment on column heymilo_sync.gone_confirmations.confirmed_at is
    'When HeyMilo last said so. It counts when that is retention.gone_grace or more after interviews.deleted_at.';

create table heymilo_sync.removed_interviews (
    workspace_id text not null,
    posting_id   text not null,
    interviews   bigint not null,
    completed    bigint not null,
    constraint removed_interviews_pkey primary key (workspace_id, posting_id)
);

comment on table heymilo_sync.removed_interviews is
    'How many interviews of a posting were removed although HeyMilo has them, because a person was erased or because of their age (retention.interviews): numbers alone, for heymilo_bi.reconciliation.';
comment on column heymilo_sync.removed_interviews.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo_sync.removed_interviews.posting_id is
    'The posting they belonged to.';
comment on column heymilo_sync.removed_interviews.interviews is
    'How many.';
comment on column heymilo_sync.removed_interviews.completed is
    'How many of these were completed.';

create table heymilo_sync.retention_runs (
    workspace_id  text not null,
    setting       text not null,
    first_run_at  timestamptz not null default now(),
    last_run_at   timestamptz not null default now(),
    last_removed  bigint not null,
    total_removed bigint not null,
    constraint retention_runs_pkey primary key (workspace_id, setting)
);

comment on table heymilo_sync.retention_runs is
    'When retention last ran and how much it removed, one row per workspace and setting: for heymilo-sync report retention.';
comment on column heymilo_sync.retention_runs.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo_sync.retention_runs.setting is
    'The setting, such as retention.inbox.';
comment on column heymilo_sync.retention_runs.first_run_at is
    'When it first ran.';
comment on column heymilo_sync.retention_runs.last_run_at is
    'When it last ran.';
comment on column heymilo_sync.retention_runs.last_removed is
    'How much the last run removed: interviews, deliveries, answers or files.';
comment on column heymilo_sync.retention_runs.total_removed is
    'How much all runs removed since first_run_at.';
