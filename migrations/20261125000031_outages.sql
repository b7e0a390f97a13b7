-- Since when a workspace's API does not answer.

alter table heymilo_sync.connections
    add column down_at timestamptz;

comment on column heymilo_sync.connections.down_at is
    'Since when the API does not answer at all: it is asked once every heymilo.outage_interval until it does. NULL while it answers.';
