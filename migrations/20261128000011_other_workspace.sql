-- Since when a workspace's key is of another one; and what the times of lists are.

alter table heymilo_sync.connections
    add column other_workspace_at timestamptz;

comment on column heymilo_sync.connections.other_workspace_at is
    'Since when the API key is known to be of another workspace than the one in the tables: nothing is asked for until it is the right one. NULL otherwise.';
comment on column heymilo.interviews.listed_at is
    'When the candidates list was asked for whose row this row holds. NULL until the list has been read.';
comment on column heymilo_sync.snapshots.fetched_at is
    'When the answer was first received; a row of the candidates list: when its page was asked for.';
