alter table heymilo_sync.connections add column other_workspace_at timestamptz;

comment on column heymilo_sync.connections.other_workspace_at is
    'Since when the API key is found to belong to another workspace, so that nothing is copied. NULL while it is the right one.';
