-- What no worker survives, what no table takes, and what an answer may have wrong with it.

alter table heymilo_sync.jobs
    add column lost_leases integer not null default 0;

create index jobs_suspect_idx on heymilo_sync.jobs (workspace_id, due_at)
    where lost_leases > 0 and failed_at is null;

comment on column heymilo_sync.jobs.lost_leases is
    'How many claims in a row ended without a word, because whoever held the job died. From 2 on it is claimed alone, each time later; at 5 it is set aside. Back to 0 once it is handled.';
comment on index heymilo_sync.jobs_suspect_idx is
    'Jobs that lost a lease are few: they are found without reading the others.';

comment on column heymilo_sync.snapshots.kind is
    'interview (the results), candidate (an interview''s row in the candidates list), posting, questions (a posting''s whole list, its pages joined), or stray (an item of a list that does not say what it is about).';
comment on column heymilo_sync.snapshots.subject_id is
    'The interview or posting the answer is about. Of a stray: its fingerprint.';

comment on column heymilo_sync.notices.subject_id is
    'The interview or posting the answer is about. Of a stray: its fingerprint, as in snapshots.';
comment on column heymilo_sync.notices.problem is
    'wrong_type, unknown_field, missing_field, converted, other_id, replaced_character, milliseconds, out_of_range (a number beyond any float, kept as text), too_deep (lists in lists without end, NULL), repeated_field (the last is taken), no_id (an item that names nothing, in no table) or refused (the database took none of its rows).';
