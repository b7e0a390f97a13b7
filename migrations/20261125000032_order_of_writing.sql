-- Two answers about an interview can be written in another order than they were received in. The
-- rows depend on the order of writing; so replay must know it.

create sequence heymilo_sync.snapshot_numbers;
comment on sequence heymilo_sync.snapshot_numbers is
    'Numbers snapshots in the order in which they were written.';

-- NULL for what was kept before, so that no row needs to be rewritten.
alter table heymilo_sync.snapshots add column number bigint;
alter table heymilo_sync.snapshots
    alter column number set default nextval('heymilo_sync.snapshot_numbers');
alter sequence heymilo_sync.snapshot_numbers owned by heymilo_sync.snapshots.number;

comment on column heymilo_sync.snapshots.number is
    'Tells the order in which answers were written, which replay follows. NULL in rows from before there were numbers: the order of fetched_at counts among them, and they come first.';
