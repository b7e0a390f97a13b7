-- How far the poll has read, who polls, and how HeyMilo's API answers.

create table heymilo_sync.cursors (
    workspace_id text not null,
    list         text not null,
    posting_id   text not null,
    due_at       timestamptz not null default now(),
    polled_at    timestamptz,
    swept_at     timestamptz,
    page_after   text,
    run_since    timestamptz,
    run_began_at timestamptz,
    pages        integer,
    stats        jsonb,
    confirmed_at timestamptz,
    stats_at     timestamptz,
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
    'When the reading began that last took in the list from its very beginning to its end.';
comment on column heymilo_sync.cursors.page_after is
    'Candidates: the last interview of the page that was read last, while the list is being read; reading goes on behind it. NULL when the list was read to its end.';
comment on column heymilo_sync.cursors.run_since is
    'Candidates: from which invitation on the list is being read. NULL when from its very beginning, and when it is not being read.';
comment on column heymilo_sync.cursors.run_began_at is
    'Candidates: when the reading began that page_after belongs to.';
comment on column heymilo_sync.cursors.pages is
    'Candidates: how many pages the list had when it was last read to its end.';
comment on column heymilo_sync.cursors.stats is
    'Candidates: HeyMilo''s counts of the posting from before the list was last read. While they stay the same, a long list without unfinished interviews is not read again.';
comment on column heymilo_sync.cursors.confirmed_at is
    'Candidates: when HeyMilo last said that the posting exists although its list of postings leaves it out.';
comment on column heymilo_sync.cursors.stats_at is
    'Candidates: when HeyMilo gave the counts in stats. NULL until it has.';

create table heymilo_sync.refreshes (
    workspace_id      text not null,
    began_at          timestamptz not null,
    last_interview_id text not null,
    round_began_at    timestamptz,
    constraint refreshes_pkey primary key (workspace_id)
);

comment on table heymilo_sync.refreshes is
    'The rolling refresh, one row per workspace: it fetches interviews again that nothing else asks for, because some results change after the final status and no list shows it.';
comment on column heymilo_sync.refreshes.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo_sync.refreshes.began_at is
    'When the last run began.';
comment on column heymilo_sync.refreshes.last_interview_id is
    'The interview that the refresh came to, in the order of ids. Empty between two rounds.';
comment on column heymilo_sync.refreshes.round_began_at is
    'When the last round began. A round begins at most once a day. NULL before the first one.';

create table heymilo_sync.pollers (
    workspace_id text not null,
    holder       text not null,
    leased_until timestamptz not null,
    constraint pollers_pkey primary key (workspace_id)
);

comment on table heymilo_sync.pollers is
    'The process that polls a workspace, one row each.';
comment on column heymilo_sync.pollers.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo_sync.pollers.holder is
    'Names the process; made up anew at each start.';
comment on column heymilo_sync.pollers.leased_until is
    'Until when no other process may poll. Renewed as long as the process lives.';

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

create index permits_taken_at_idx on heymilo_sync.permits (workspace_id, taken_at);
comment on index heymilo_sync.permits_taken_at_idx is
    'The requests of the last minute, which the budget counts, and those to be forgotten.';

create table heymilo_sync.connections (
    workspace_id       text not null,
    succeeded_at       timestamptz,
    refused_at         timestamptz,
    down_at            timestamptz,
    other_workspace_at timestamptz,
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
comment on column heymilo_sync.connections.down_at is
    'Since when the API does not answer at all: it is asked once every heymilo.outage_interval until it does. NULL while it answers.';
comment on column heymilo_sync.connections.other_workspace_at is
    'Since when the API key is known to be of another workspace than the one in the tables: nothing is asked for until it is the right one. NULL otherwise.';

create table heymilo_sync.registrations (
    workspace_id text not null,
    wanted       integer not null,
    registered   integer not null,
    noted_at     timestamptz not null,
    constraint registrations_pkey primary key (workspace_id)
);

comment on table heymilo_sync.registrations is
    'The daemon''s own webhook registrations at HeyMilo, counted whenever the list of postings is read: one row per workspace, none where the daemon does not know its public address.';
comment on column heymilo_sync.registrations.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo_sync.registrations.wanted is
    'How many there should be: one for each live posting and event type.';
comment on column heymilo_sync.registrations.registered is
    'How many of them there are.';
comment on column heymilo_sync.registrations.noted_at is
    'Since when the two numbers are these.';
