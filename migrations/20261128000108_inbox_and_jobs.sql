-- What arrived, and what is due to be fetched.

create table heymilo_sync.inbox (
    delivery_id   bigint generated always as identity,
    workspace_id  text not null,
    received_at   timestamptz not null,
    method        text not null,
    query         text,
    content_type  text,
    body          bytea not null,
    interview_ids text[] not null,
    posting_id    text,
    receipt_id    uuid not null default gen_random_uuid(),
    constraint inbox_pkey primary key (delivery_id),
    constraint inbox_receipt_id_key unique (receipt_id)
);

comment on table heymilo_sync.inbox is
    'Every webhook delivery as it arrived, kept before it was acknowledged.';
comment on column heymilo_sync.inbox.delivery_id is
    'Number of the delivery, in the order in which the deliveries were written; received_at tells when they arrived.';
comment on column heymilo_sync.inbox.workspace_id is
    'The workspace the delivery is for.';
comment on column heymilo_sync.inbox.received_at is
    'When it arrived.';
comment on column heymilo_sync.inbox.method is
    'GET or POST.';
comment on column heymilo_sync.inbox.query is
    'The query string, as received. NULL when there was none.';
comment on column heymilo_sync.inbox.content_type is
    'What the sender says the body is.';
comment on column heymilo_sync.inbox.body is
    'The body, byte for byte. May hold personal data.';
comment on column heymilo_sync.inbox.interview_ids is
    'The interviews it names; each was made due. Empty when none was recognised.';
comment on column heymilo_sync.inbox.posting_id is
    'The posting it names, when it names no interview; its candidates were made due for a look.';
comment on column heymilo_sync.inbox.receipt_id is
    'Given when the delivery was received, before it was written anywhere, so that it is written once.';

create index inbox_received_at_idx on heymilo_sync.inbox (workspace_id, received_at);
comment on index heymilo_sync.inbox_received_at_idx is
    'The last deliveries, counted on the status page, and those older than their retention.';

create table heymilo_sync.jobs (
    workspace_id  text not null,
    interview_id  text not null,
    reason        text not null,
    priority      smallint not null,
    generation    bigint not null default 1,
    attempt       integer not null default 0,
    looks         integer not null default 0,
    due_at        timestamptz not null default now(),
    enqueued_at   timestamptz not null default now(),
    lease_token   bigint,
    failed_at     timestamptz,
    last_error    text,
    lost_leases   integer not null default 0,
    missed_at     timestamptz,
    missing_since timestamptz,
    loss_since    timestamptz,
    traceparent   text,
    constraint jobs_pkey primary key (workspace_id, interview_id)
);

comment on table heymilo_sync.jobs is
    'Interviews that may have changed and are due to be fetched: at most one row each, removed once the fetch is stored.';
comment on column heymilo_sync.jobs.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo_sync.jobs.interview_id is
    'The interview to fetch.';
comment on column heymilo_sync.jobs.reason is
    'What made it due: webhook, command (a person asked for it), poll (its list row changed), look (it became final a while ago), sweep (its list does not show it), first copy, backfill, refresh (nothing asked for it for long) or recheck (it was not finished when last fetched).';
comment on column heymilo_sync.jobs.priority is
    '0 before 1 before 2: webhooks, then what the poll found, then first copies, backfill and refresh. 3 is an interview that only deliveries name: as urgent as 0, while few of its kind turn out not to exist.';
comment on column heymilo_sync.jobs.generation is
    'Rises whenever the interview is made due, so that news arriving during a fetch causes another fetch.';
comment on column heymilo_sync.jobs.attempt is
    'How often it was tried since it was last made due.';
comment on column heymilo_sync.jobs.looks is
    'How many looks in a row found the interview unfinished; each waits longer than the one before.';
comment on column heymilo_sync.jobs.due_at is
    'From when the job may be claimed. While a worker holds it: the end of its lease.';
comment on column heymilo_sync.jobs.enqueued_at is
    'When it was made due.';
comment on column heymilo_sync.jobs.lease_token is
    'Set while a worker holds the job; every claim takes a new one, and only its owner can complete the job.';
comment on column heymilo_sync.jobs.failed_at is
    'When the last attempt failed. The row stays for a person to look at; any news revives it.';
comment on column heymilo_sync.jobs.last_error is
    'What went wrong last: never personal data.';
comment on column heymilo_sync.jobs.lost_leases is
    'How many claims in a row ended without a word, because whoever held the job died. From 2 on it is claimed alone, each time later; at 5 it is set aside. Back to 0 once it is handled.';
comment on column heymilo_sync.jobs.missed_at is
    'When HeyMilo last said that there is no such interview, although a delivery named it. Equal to failed_at: it is not asked for again for a while, unless a list shows it.';
comment on column heymilo_sync.jobs.missing_since is
    'When HeyMilo first answered that a known interview does not exist. It is believed when it still says so an hour later, or when the list does not show the interview either. NULL while it exists.';
comment on column heymilo_sync.jobs.loss_since is
    'When an answer first took away all results that were told before. It is believed when another answer says so ten minutes later. NULL otherwise.';
comment on column heymilo_sync.jobs.traceparent is
    'The span of the delivery that last made it due, as in the W3C header of that name. NULL when it was not a delivery, or spans are not sent anywhere.';

create index jobs_due_idx on heymilo_sync.jobs (workspace_id, priority, due_at)
    where failed_at is null;
comment on index heymilo_sync.jobs_due_idx is
    'The next jobs of each urgency, the oldest first; what waits for a later time, or was given up, is not read.';

create index jobs_suspect_idx on heymilo_sync.jobs (workspace_id, due_at)
    where lost_leases > 0 and failed_at is null;
comment on index heymilo_sync.jobs_suspect_idx is
    'Jobs that lost a lease are few: they are found without reading the others.';

create index jobs_unknown_idx on heymilo_sync.jobs (workspace_id, due_at) where priority = 3;
comment on index heymilo_sync.jobs_unknown_idx is
    'Interviews that only deliveries name are counted whenever permits are taken.';

create sequence heymilo_sync.lease_tokens;
comment on sequence heymilo_sync.lease_tokens is
    'Fencing tokens: each claim of a job takes the next one.';
