-- What arrived, and what is due to be fetched.

create table heymilo_sync.inbox (
    delivery_id      bigint generated always as identity,
    workspace_id     text not null,
    received_at      timestamptz not null,
    method           text not null,
    query            text,
    content_type     text,
    body             bytea not null,
    interview_ids    text[] not null,
    posting_id       text,
    receipt_id       uuid not null default gen_random_uuid(),
    content_encoding text,
    shape            jsonb,
    content_bytes    integer not null
        generated always as (octet_length(body) + coalesce(octet_length(query), 0)) stored,
    constraint inbox_pkey primary key (delivery_id),
    constraint inbox_receipt_id_key unique (receipt_id)
);

comment on table heymilo_sync.inbox is
    'Every webhook delivery as it arrived, kept before it was acknowledged.';
comment on column heymilo_sync.inbox.delivery_id is
    'Number of the delivery, in the order in which the deliveries were written. received_at tells when a delivery arrived.';
comment on column heymilo_sync.inbox.workspace_id is
    'The workspace the delivery is for.';
comment on column heymilo_sync.inbox.received_at is
    'When the delivery arrived.';
comment on column heymilo_sync.inbox.method is
    'GET or POST.';
comment on column heymilo_sync.inbox.query is
    'The query string, as received. NULL when there was none, and once the content was dropped.';
comment on column heymilo_sync.inbox.content_type is
    'What the sender says the body is. NULL when the sender does not say.';
comment on column heymilo_sync.inbox.body is
    'The body as it arrived, unpacked: decompressed, in UTF-8, base64 of JSON replaced by the JSON, a multipart body as a JSON list of its parts. May hold personal data. Empty when the body could not be decoded (heymilo_sync.notices says why), and when the delivery names an erased person. Also empty once the content was dropped: HeyMilo had answered for each interview that the delivery names (retention.drop_answered), or the inbox was too large (retention.inbox_bytes).';
comment on column heymilo_sync.inbox.interview_ids is
    'The interviews that the delivery names: each was made due. Empty when none was recognised.';
comment on column heymilo_sync.inbox.posting_id is
    'The posting that the delivery names, when the delivery names no interview. The candidates of the posting were made due for a look. NULL when the delivery names an interview or nothing known.';
comment on column heymilo_sync.inbox.receipt_id is
    'Given when the delivery was received, before it was written anywhere, so that it is written once.';
comment on column heymilo_sync.inbox.content_encoding is
    'What the sender called the compression of the body, such as gzip. NULL when it named none.';

comment on column heymilo_sync.inbox.shape is
    'What a dropped body looked like: its fields, each with the type of its value, and of a list the first item. A field whose name has other signs than letters, _ and -, stands as *. NULL while the content is kept.';
comment on column heymilo_sync.inbox.content_bytes is
    'Length of the body and the query string together, in bytes.';

create index inbox_content_idx on heymilo_sync.inbox (workspace_id, delivery_id) include (content_bytes)
    where content_bytes > 0;
comment on index heymilo_sync.inbox_content_idx is
    'The deliveries that still have their content, the oldest first, and how large they are together.';

create index inbox_received_at_idx on heymilo_sync.inbox (workspace_id, received_at);
comment on index heymilo_sync.inbox_received_at_idx is
    'The last deliveries, counted on the status page, and those older than their retention.';

create type heymilo_sync.urgency as enum (
    'command', 'delivery', 'change', 'list', 'look', 'first_copy', 'backfill', 'refresh'
);

comment on type heymilo_sync.urgency is
    'What a request to HeyMilo is for, most urgent first. command: a person asks for an interview. delivery: a webhook names the interview. change: the interview''s list row changed. list: new and recent rows of a list. look: a second look at an interview, or a whole list. first_copy: a list shows the interview for the first time. backfill: a person asks for everything again. refresh: nothing asked for the interview for long.';

create table heymilo_sync.jobs (
    workspace_id  text not null,
    interview_id  text not null,
    urgency       heymilo_sync.urgency not null,
    generation    bigint not null default 1,
    due_at        timestamptz not null default now(),
    enqueued_at   timestamptz not null default now(),
    event_types   text[] not null default '{}',
    is_known      boolean not null default true,
    is_unlisted   boolean not null default false,
    repeats       integer not null default 0,
    looks         integer not null default 0,
    attempt       integer not null default 0,
    marks        integer not null default 0,
    last_error    text,
    failed_at     timestamptz,
    missed_at     timestamptz,
    missing_since timestamptz,
    loss_since    timestamptz,
    traceparent   text,
    state         text not null generated always as (
        case when failed_at is null then 'open' when failed_at = missed_at then 'unknown' else 'failed' end
    ) stored,
    constraint jobs_pkey primary key (workspace_id, interview_id)
);

comment on table heymilo_sync.jobs is
    'Interviews that may have changed and are due to be fetched: at most one row each, removed once the fetch is stored.';
comment on column heymilo_sync.jobs.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo_sync.jobs.interview_id is
    'The interview to fetch.';
comment on column heymilo_sync.jobs.urgency is
    'What made the interview due: of several urgencies, the most urgent.';
comment on column heymilo_sync.jobs.generation is
    'Rises whenever the interview is made due, so that a change during a fetch causes another fetch.';
comment on column heymilo_sync.jobs.due_at is
    'From when the job may be worked on. First copies are ordered by it, the newest invitation first.';
comment on column heymilo_sync.jobs.enqueued_at is
    'When it was made due.';
comment on column heymilo_sync.jobs.event_types is
    'The event types of the deliveries that made it due.';
comment on column heymilo_sync.jobs.is_known is
    'False while only deliveries name the interview: no list and no answer has shown it.';
comment on column heymilo_sync.jobs.is_unlisted is
    'Whether the whole list of its posting did not show it when it was made due. A 404 is then believed at once.';
comment on column heymilo_sync.jobs.repeats is
    'How many deliveries in a row led to an unchanged answer before this one. Such a job waits longer each time.';
comment on column heymilo_sync.jobs.looks is
    'How many looks in a row found the interview unfinished. Each look waits longer than the one before.';
comment on column heymilo_sync.jobs.attempt is
    'How many attempts in a row failed since it was last made due.';
comment on column heymilo_sync.jobs.marks is
    'How many times the owner marked the job, after an unclean takeover, before working on it. Marks that were settled since do not count. While the owner works on a job with an earlier mark, it works on no other job. At 3 marks the job is set aside and keeps one mark.';
comment on column heymilo_sync.jobs.last_error is
    'What went wrong last: never personal data. NULL when nothing went wrong.';
comment on column heymilo_sync.jobs.failed_at is
    'When the job was set aside. The row stays for a person to look at. A delivery or a changed list row makes the job due again. NULL unless the job was set aside.';
comment on column heymilo_sync.jobs.missed_at is
    'When HeyMilo last said that there is no such interview, although a delivery named it. Equal to failed_at: it is not asked for again for 15 minutes, unless a list shows it. NULL when HeyMilo never said so.';
comment on column heymilo_sync.jobs.missing_since is
    'When HeyMilo first answered that a known interview does not exist. It is believed when it still says so an hour later, or when the list does not show the interview either. NULL while it exists.';
comment on column heymilo_sync.jobs.loss_since is
    'When an answer first took away all results of earlier answers. It is believed when another answer says so ten minutes later. NULL otherwise.';
comment on column heymilo_sync.jobs.traceparent is
    'The span of the delivery that last made it due, as in the W3C header of that name. NULL when it was not a delivery, or spans are not sent anywhere.';
comment on column heymilo_sync.jobs.state is
    'open: it is due, or will be at due_at. failed: it was set aside after an error. unknown: only a delivery named it, and HeyMilo does not know it.';

create index jobs_due_idx on heymilo_sync.jobs (workspace_id, urgency, due_at)
    where failed_at is null;
comment on index heymilo_sync.jobs_due_idx is
    'The next jobs of each urgency, the oldest first. Postgres reads no job that waits for a later time or was set aside.';

create index jobs_unknown_idx on heymilo_sync.jobs (workspace_id) where not is_known;
comment on index heymilo_sync.jobs_unknown_idx is
    'Interviews that only deliveries name are counted whenever one more is named.';

create function heymilo_sync.is_due(job heymilo_sync.jobs) returns boolean
language sql
stable
parallel safe
as $$
    select job.failed_at is null and job.due_at <= now()
$$;

comment on function heymilo_sync.is_due(heymilo_sync.jobs) is
    'Whether a job is due now, in hand or not: the one definition for the owner, the status page, metrics and commands.';

create table heymilo_sync.repeats (
    workspace_id text not null,
    interview_id text not null,
    repeats      integer not null,
    answered_at  timestamptz not null,
    event_types  text[] not null,
    constraint repeats_pkey primary key (workspace_id, interview_id)
);

comment on table heymilo_sync.repeats is
    'Interviews of which deliveries led to an unchanged answer: further deliveries of the same event types wait, 15 seconds at first and 15 minutes at most. A row counts only until the interview changes.';
comment on column heymilo_sync.repeats.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo_sync.repeats.interview_id is
    'The interview.';
comment on column heymilo_sync.repeats.repeats is
    'How many deliveries in a row led to an unchanged answer.';
comment on column heymilo_sync.repeats.answered_at is
    'When the last of these answers was received.';
comment on column heymilo_sync.repeats.event_types is
    'The event types of these deliveries. A delivery of another type is not made to wait.';
