-- What the operator's page tells that nothing else needed yet: when answers were written, and what is
-- registered.

-- NULL for what was kept before, so that no row needs to be rewritten.
alter table heymilo_sync.snapshots add column written_at timestamptz;
alter table heymilo_sync.snapshots alter column written_at set default clock_timestamp();

comment on column heymilo_sync.snapshots.written_at is
    'When the answer was written, together with its rows. NULL in rows from before this was noted.';

create index snapshots_written_at_idx on heymilo_sync.snapshots using brin (written_at);
comment on index heymilo_sync.snapshots_written_at_idx is
    'What was written in the last hour and day is counted without reading what is older.';

create table heymilo_sync.registrations (
    workspace_id text not null,
    wanted       integer not null,
    registered   integer not null,
    noted_at     timestamptz not null,
    constraint registrations_pkey primary key (workspace_id)
);

comment on table heymilo_sync.registrations is
    'The daemon''s own webhook registrations at HeyMilo, counted whenever the list of postings is read: one row per workspace, none where the daemon does not know its public address.';
comment on column heymilo_sync.registrations.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo_sync.registrations.wanted is
    'How many there should be: one for each live posting and event type.';
comment on column heymilo_sync.registrations.registered is
    'How many of them there are.';
comment on column heymilo_sync.registrations.noted_at is
    'Since when the two numbers are these.';
