-- Interviews that only deliveries name. Who knows the webhook's address may name any; what HeyMilo
-- is asked about them in vain is counted here, for all daemons.

alter table heymilo_sync.jobs add column missed_at timestamptz;

comment on column heymilo_sync.jobs.missed_at is
    'When HeyMilo last said that there is no such interview, although a delivery named it. Equal to failed_at: it is not asked for again for a while, unless a list shows it.';
comment on column heymilo_sync.jobs.priority is
    '0 before 1 before 2: webhooks, then what the poll found, then backfill. 3 is an interview that only deliveries name: as urgent as 0, while few of its kind turn out not to exist.';

create index jobs_unknown_idx on heymilo_sync.jobs (workspace_id, due_at) where priority = 3;
comment on index heymilo_sync.jobs_unknown_idx is
    'Interviews that only deliveries name are counted whenever permits are taken.';
