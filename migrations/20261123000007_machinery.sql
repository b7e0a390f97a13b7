-- The machinery: what arrived, what is due, how far the poll has read, HeyMilo's answers as received.

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
    constraint inbox_pkey primary key (delivery_id)
);

create index inbox_received_at_idx on heymilo_sync.inbox (workspace_id, received_at);

comment on table heymilo_sync.inbox is
    'Every webhook delivery as it arrived, kept before it was acknowledged.';
comment on column heymilo_sync.inbox.delivery_id is
    'Number of the delivery, in order of arrival.';
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

create table heymilo_sync.jobs (
    workspace_id text not null,
    interview_id text not null,
    reason       text not null,
    priority     smallint not null,
    generation   bigint not null default 1,
    attempt      integer not null default 0,
    looks        integer not null default 0,
    due_at       timestamptz not null default now(),
    enqueued_at  timestamptz not null default now(),
    lease_token  bigint,
    failed_at    timestamptz,
    last_error   text,
    constraint jobs_pkey primary key (workspace_id, interview_id)
);

create index jobs_due_idx on heymilo_sync.jobs (workspace_id, priority, due_at)
    where failed_at is null;

comment on table heymilo_sync.jobs is
    'Interviews that may have changed and are due to be fetched: at most one row each, removed once the fetch is stored.';
comment on column heymilo_sync.jobs.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo_sync.jobs.interview_id is
    'The interview to fetch.';
comment on column heymilo_sync.jobs.reason is
    'What made it due: webhook, poll or recheck (the interview was not finished when last looked at).';
comment on column heymilo_sync.jobs.priority is
    '0 before 1 before 2: webhooks, then what the poll found, then backfill.';
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

create table heymilo_sync.cursors (
    workspace_id text not null,
    list         text not null,
    posting_id   text not null,
    due_at       timestamptz not null default now(),
    polled_at    timestamptz,
    swept_at     timestamptz,
    constraint cursors_pkey primary key (workspace_id, list, posting_id)
);

comment on table heymilo_sync.cursors is
    'How far the poll has read: one row per list that is read again and again.';
comment on column heymilo_sync.cursors.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo_sync.cursors.list is
    'postings, questions or candidates.';
comment on column heymilo_sync.cursors.posting_id is
    'The posting whose list it is; empty for the list of postings.';
comment on column heymilo_sync.cursors.due_at is
    'From when the list is to be read again.';
comment on column heymilo_sync.cursors.polled_at is
    'When it was last read.';
comment on column heymilo_sync.cursors.swept_at is
    'When it was last read from its very beginning.';

create table heymilo_sync.snapshots (
    workspace_id        text not null,
    kind                text not null,
    subject_id          text not null,
    version             integer not null,
    posting_id          text,
    fingerprint         bytea not null,
    results_fingerprint bytea,
    body                bytea not null,
    body_bytes          integer not null,
    fetched_at          timestamptz not null,
    seen_at             timestamptz not null,
    constraint snapshots_pkey primary key (subject_id, kind, workspace_id, version)
);

comment on table heymilo_sync.snapshots is
    'HeyMilo''s answers exactly as received, one row per distinct answer. Two answers that differ only in the signatures of links are not distinct. Every table of schema heymilo can be rebuilt from here.';
comment on column heymilo_sync.snapshots.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo_sync.snapshots.kind is
    'interview (the results), candidate (an interview''s row in the candidates list), posting, or questions (a posting''s whole list, its pages joined).';
comment on column heymilo_sync.snapshots.subject_id is
    'The interview or posting the answer is about.';
comment on column heymilo_sync.snapshots.version is
    '1 for the first distinct answer about the subject, then 2, and so on.';
comment on column heymilo_sync.snapshots.posting_id is
    'The posting the subject belongs to, as far as the answer tells.';
comment on column heymilo_sync.snapshots.fingerprint is
    'SHA-256 of the answer''s content: equal means nothing changed.';
comment on column heymilo_sync.snapshots.results_fingerprint is
    'For a candidate''s row: SHA-256 of the part that the results tell as well. Where it is equal, no new results need to be fetched.';
comment on column heymilo_sync.snapshots.body is
    'The answer, byte for byte, compressed with zstd. Personal data.';
comment on column heymilo_sync.snapshots.body_bytes is
    'Length of the answer before compression.';
comment on column heymilo_sync.snapshots.fetched_at is
    'When the answer was first received.';
comment on column heymilo_sync.snapshots.seen_at is
    'When the answer was last received (for lists: as of fetched_at).';

create table heymilo_sync.notices (
    workspace_id text not null,
    kind         text not null,
    subject_id   text not null,
    path         text not null,
    problem      text not null,
    expected     text not null,
    found        text not null,
    occurrences  integer not null,
    noticed_at   timestamptz not null,
    constraint notices_pkey primary key (subject_id, kind, workspace_id, path, problem, found)
);

comment on table heymilo_sync.notices is
    'Where HeyMilo''s newest answers differ from what was expected: a wrong type, a field without a column. Never a value.';
comment on column heymilo_sync.notices.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo_sync.notices.kind is
    'The kind of answer, as in snapshots.';
comment on column heymilo_sync.notices.subject_id is
    'The interview or posting the answer is about.';
comment on column heymilo_sync.notices.path is
    'Where in the answer, such as web_interview.scorecard[].score.';
comment on column heymilo_sync.notices.problem is
    'wrong_type, unknown_field, missing_field, converted, other_id, replaced_character or milliseconds.';
comment on column heymilo_sync.notices.expected is
    'What was expected there.';
comment on column heymilo_sync.notices.found is
    'What was there instead: a type, never a value.';
comment on column heymilo_sync.notices.occurrences is
    'How often in this answer.';
comment on column heymilo_sync.notices.noticed_at is
    'When the answer was received.';

create table heymilo_sync.connections (
    workspace_id text not null,
    succeeded_at timestamptz,
    refused_at   timestamptz,
    constraint connections_pkey primary key (workspace_id)
);

comment on table heymilo_sync.connections is
    'How HeyMilo''s API answers, one row per workspace.';
comment on column heymilo_sync.connections.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo_sync.connections.succeeded_at is
    'When the API last answered as it should.';
comment on column heymilo_sync.connections.refused_at is
    'Since when the API key is refused. NULL while it is accepted.';

-- The bodies are compressed already.
alter table heymilo_sync.snapshots alter column body set storage external;

create sequence heymilo_sync.lease_tokens;
comment on sequence heymilo_sync.lease_tokens is
    'Fencing tokens: each claim of a job takes the next one.';
