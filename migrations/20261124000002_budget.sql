-- One budget per workspace's API key, for all daemons that share this database.

create table heymilo_sync.budgets (
    workspace_id text not null,
    told_limit   integer,
    next_at      timestamptz,
    paused_until timestamptz,
    constraint budgets_pkey primary key (workspace_id)
);

comment on table heymilo_sync.budgets is
    'How the requests to HeyMilo''s API are paced, one row per workspace. Every daemon locks the row to take permits.';
comment on column heymilo_sync.budgets.workspace_id is
    'The workspace whose API key it is.';
comment on column heymilo_sync.budgets.told_limit is
    'The requests a minute that HeyMilo''s answers last told; where the settings allow more, this counts. NULL until an answer tells.';
comment on column heymilo_sync.budgets.next_at is
    'When the next evenly spread request is due; earlier than now after a lull. NULL until the first request.';
comment on column heymilo_sync.budgets.paused_until is
    'Until when nobody may ask, because HeyMilo said so.';

create table heymilo_sync.permits (
    permit_id    bigint generated always as identity,
    workspace_id text not null,
    taken_at     timestamptz not null,
    class        text not null,
    requests     integer not null,
    constraint permits_pkey primary key (permit_id)
);

create index permits_taken_at_idx on heymilo_sync.permits (workspace_id, taken_at);

comment on table heymilo_sync.permits is
    'The requests of the last two minutes, one row for those that were permitted together.';
comment on column heymilo_sync.permits.permit_id is
    'Number of the row.';
comment on column heymilo_sync.permits.workspace_id is
    'The workspace whose API key was used.';
comment on column heymilo_sync.permits.taken_at is
    'When they were permitted, by the clock of this database.';
comment on column heymilo_sync.permits.class is
    'What for: webhook, polling or backfill; others for requests that somebody else made with the same key.';
comment on column heymilo_sync.permits.requests is
    'How many requests.';
