-- Which process polls a workspace: one at a time, and another within a lease when it dies.

create table heymilo_sync.pollers (
    workspace_id text not null,
    holder       text not null,
    leased_until timestamptz not null,
    constraint pollers_pkey primary key (workspace_id)
);

comment on table heymilo_sync.pollers is
    'The process that polls a workspace, one row each.';
comment on column heymilo_sync.pollers.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo_sync.pollers.holder is
    'Names the process; made up anew at each start.';
comment on column heymilo_sync.pollers.leased_until is
    'Until when no other process may poll. Renewed as long as the process lives.';
