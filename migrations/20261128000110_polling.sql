-- How far the poll has read, which process owns a workspace, and how HeyMilo's API answers.

create table heymilo_sync.cursors (
    workspace_id  text not null,
    list          text not null,
    posting_id    text not null,
    due_at        timestamptz not null default now(),
    asked_at      timestamptz,
    polled_at     timestamptz,
    scanned_at    timestamptz,
    page_after    text,
    run_since     timestamptz,
    run_began_at  timestamptz,
    pages         integer,
    stats         jsonb,
    confirmed_at  timestamptz,
    stats_at      timestamptz,
    stats_until   timestamptz,
    differs_since timestamptz,
    hastened_at   timestamptz,
    failed_at     timestamptz,
    looks         integer not null default 0,
    marks         integer not null default 0,
    constraint cursors_pkey primary key (workspace_id, list, posting_id)
);

comment on table heymilo_sync.cursors is
    'How far the poll has read: one row per list that the poll reads.';
comment on column heymilo_sync.cursors.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo_sync.cursors.list is
    'postings, questions or candidates.';
comment on column heymilo_sync.cursors.posting_id is
    'The posting whose list it is. Empty for the list of postings.';
comment on column heymilo_sync.cursors.due_at is
    'From when the list is to be read again.';
comment on column heymilo_sync.cursors.asked_at is
    'When the reading began that came to the list''s end at polled_at.';
comment on column heymilo_sync.cursors.polled_at is
    'When it was last read. NULL until it was read.';
comment on column heymilo_sync.cursors.scanned_at is
    'When the last completed full scan of the list began. NULL before the first full scan.';
comment on column heymilo_sync.cursors.page_after is
    'Candidates: the last interview of the page that was read last, while the list is being read. The reading goes on after this interview. NULL when the list was read to its end.';
comment on column heymilo_sync.cursors.run_since is
    'Candidates: from which invitation on the list is being read. NULL when from its very beginning, and when it is not being read.';
comment on column heymilo_sync.cursors.run_began_at is
    'Candidates: when the reading began that page_after belongs to. NULL when no reading is interrupted.';
comment on column heymilo_sync.cursors.pages is
    'Candidates: how many pages the list had when it was last read to its end. NULL until the list was read to its end.';
comment on column heymilo_sync.cursors.stats is
    'Candidates: HeyMilo''s counts of the posting from before the list was last read. While they stay the same, a long list without unfinished interviews is not read again. NULL until they were read.';
comment on column heymilo_sync.cursors.confirmed_at is
    'Candidates: when HeyMilo last said that the posting exists although its list of postings leaves it out. NULL while the list of postings shows it.';
comment on column heymilo_sync.cursors.stats_at is
    'Candidates: when HeyMilo gave the counts in stats. NULL until it has.';
comment on column heymilo_sync.cursors.stats_until is
    'Candidates: when the reading of the list ended that followed the counts in stats. NULL until HeyMilo has given counts.';
comment on column heymilo_sync.cursors.differs_since is
    'Candidates: since when HeyMilo''s counts and the tables differ, as noted whenever the list was read. The next reading asks for the counts again. NULL while they agree.';
comment on column heymilo_sync.cursors.hastened_at is
    'From when the list may be read sooner than due_at, because of a delivery that names no interview. NULL when there is none.';
comment on column heymilo_sync.cursors.failed_at is
    'When the list could not be read. NULL once it was read to its end.';
comment on column heymilo_sync.cursors.looks is
    'Candidates: how many recent looks the list had. Every second look goes back two days, every fourth look four days, and so on.';
comment on column heymilo_sync.cursors.marks is
    'How many times reading the list was marked, after an unclean takeover, and did not come to an end. At 3 the list waits for its next full scan.';

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

create table heymilo_sync.backfills (
    workspace_id      text not null,
    posting_id        text,
    since             timestamptz,
    until             timestamptz,
    last_interview_id text not null,
    constraint backfills_pkey primary key (workspace_id)
);

comment on table heymilo_sync.backfills is
    'Backfills whose interviews are not all due yet, one row per workspace: a command that was interrupted goes on with it.';
comment on column heymilo_sync.backfills.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo_sync.backfills.posting_id is
    'The posting that was asked for. NULL for all.';
comment on column heymilo_sync.backfills.since is
    'The first invitation that was asked for. NULL for all.';
comment on column heymilo_sync.backfills.until is
    'The time before which the invitations were asked for. NULL for all.';
comment on column heymilo_sync.backfills.last_interview_id is
    'The last interview that was made due, in the order of ids.';

create table heymilo_sync.owners (
    workspace_id text not null,
    epoch        bigint not null,
    owner        text not null,
    host         text not null,
    program      text not null,
    is_daemon    boolean not null,
    daemon_at    timestamptz,
    taken_at     timestamptz not null,
    constraint owners_pkey primary key (workspace_id)
);

comment on table heymilo_sync.owners is
    'The process that works for a workspace: it alone makes requests with the workspace''s key and writes fetched rows. The row changes only at a takeover. Each writing transaction holds a share lock on the row.';
comment on column heymilo_sync.owners.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo_sync.owners.epoch is
    'Rises with each takeover. Only the process with the newest epoch can write.';
comment on column heymilo_sync.owners.owner is
    'Name of the process, made up anew at each start.';
comment on column heymilo_sync.owners.host is
    'The machine or container it runs on.';
comment on column heymilo_sync.owners.program is
    'The version of the program that it runs.';
comment on column heymilo_sync.owners.is_daemon is
    'Whether it is a daemon. A command hands the workspace over to a daemon that waits.';
comment on column heymilo_sync.owners.daemon_at is
    'When a daemon last owned it, as far as the last takeover tells. NULL when only commands did.';
comment on column heymilo_sync.owners.taken_at is
    'When it took the workspace.';

create table heymilo_sync.heartbeats (
    workspace_id        text not null,
    epoch               bigint not null,
    beat_at             timestamptz not null,
    alive_until         timestamptz not null,
    released_at         timestamptz,
    sent                integer[] not null,
    used                jsonb not null,
    stated_limit          integer,
    requests_per_minute integer not null,
    paused_until        timestamptz,
    in_flight             integer not null,
    held_since          timestamptz,
    lent                integer not null,
    constraint heartbeats_pkey primary key (workspace_id)
);

comment on table heymilo_sync.heartbeats is
    'The sign of life of each workspace''s owner, written every two seconds while its loops make progress. A workspace whose heartbeat lapsed is free.';
comment on column heymilo_sync.heartbeats.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo_sync.heartbeats.epoch is
    'The owner''s epoch.';
comment on column heymilo_sync.heartbeats.beat_at is
    'When it was written.';
comment on column heymilo_sync.heartbeats.alive_until is
    'Until when the owner owns the workspace without another heartbeat.';
comment on column heymilo_sync.heartbeats.released_at is
    'When the owner gave the workspace back by itself. NULL while it owns it, and when it died.';
comment on column heymilo_sync.heartbeats.sent is
    'The requests of the last minute, as numbers per second: the first is that of the second before beat_at. A new owner counts them.';
comment on column heymilo_sync.heartbeats.used is
    'The requests of the last minute by urgency. others counts the requests that another user of the key made.';
comment on column heymilo_sync.heartbeats.stated_limit is
    'The rate limit, in requests a minute, that HeyMilo''s answers gave last. This limit counts where the settings allow more. NULL until an answer gives one.';
comment on column heymilo_sync.heartbeats.requests_per_minute is
    'The requests a minute that the owner makes at most: what its settings allow, or stated_limit, if that is lower.';
comment on column heymilo_sync.heartbeats.paused_until is
    'Until when no request leaves, because HeyMilo said so. NULL when there is no pause.';
comment on column heymilo_sync.heartbeats.in_flight is
    'How many interviews were being fetched or written.';
comment on column heymilo_sync.heartbeats.held_since is
    'Since when interviews have been in hand, and none of them was written or given back. NULL while there are none.';
comment on column heymilo_sync.heartbeats.lent is
    'How many requests a minute the owner leaves to commands.';

create table heymilo_sync.waiting (
    workspace_id text not null,
    process      text not null,
    is_daemon    boolean not null,
    owned        integer not null,
    is_refused   boolean not null,
    until        timestamptz not null,
    constraint waiting_pkey primary key (workspace_id, process)
);

comment on table heymilo_sync.waiting is
    'Processes that would work for a workspace and wait for its owner to end. An owner with two workspaces more than a waiting daemon hands one over.';
comment on column heymilo_sync.waiting.workspace_id is
    'The workspace it waits for.';
comment on column heymilo_sync.waiting.process is
    'Names the process, as in owners.';
comment on column heymilo_sync.waiting.is_daemon is
    'Whether it is a daemon.';
comment on column heymilo_sync.waiting.owned is
    'How many workspaces it owns.';
comment on column heymilo_sync.waiting.is_refused is
    'Whether HeyMilo refused its API key lately.';
comment on column heymilo_sync.waiting.until is
    'Until when the row counts. Renewed as long as the process waits.';

create table heymilo_sync.loans (
    workspace_id        text not null,
    borrower            text not null,
    requests_per_minute integer not null,
    until               timestamptz not null,
    granted_until       timestamptz,
    constraint loans_pkey primary key (workspace_id, borrower)
);

comment on table heymilo_sync.loans is
    'Requests that commands borrow from a workspace''s owner. The owner lowers its own rate before it grants a loan, and for a minute after it ended.';
comment on column heymilo_sync.loans.workspace_id is
    'The workspace whose API key is used.';
comment on column heymilo_sync.loans.borrower is
    'Names the process that borrows.';
comment on column heymilo_sync.loans.requests_per_minute is
    'How many requests a minute it borrows.';
comment on column heymilo_sync.loans.until is
    'Until when it is wanted. Renewed as long as the command works.';
comment on column heymilo_sync.loans.granted_until is
    'Until when the command may use it. NULL until the owner grants it.';

create function heymilo_sync.fence(of_workspace text, held_epoch bigint) returns void
language plpgsql
as $$
begin
    perform
    from heymilo_sync.owners
    where workspace_id = of_workspace
      and epoch = held_epoch
    for share;

    if not found or not exists (
        select
        from heymilo_sync.heartbeats
        where workspace_id = of_workspace
          and epoch = held_epoch
          and alive_until > clock_timestamp()
    ) then
        raise exception 'workspace % is not owned in epoch %', of_workspace, held_epoch
            using errcode = 'HM001';
    end if;
end
$$;

comment on function heymilo_sync.fence(text, bigint) is
    'Begins each transaction that writes fetched rows: it fails with SQLSTATE HM001 unless the process still owns the workspace, and lets no other process take it until the transaction ends.';

create table heymilo_sync.connections (
    workspace_id       text not null,
    succeeded_at       timestamptz,
    refused_at         timestamptz,
    refused_because    text,
    down_at            timestamptz,
    down_because       text,
    other_workspace_at timestamptz,
    unidentified_at    timestamptz,
    constraint connections_pkey primary key (workspace_id)
);

comment on table heymilo_sync.connections is
    'How HeyMilo''s API answers, one row per workspace.';
comment on column heymilo_sync.connections.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo_sync.connections.succeeded_at is
    'When the API last answered as it should. NULL before the first answer.';
comment on column heymilo_sync.connections.refused_at is
    'Since when the API key is refused. NULL while it is accepted.';
comment on column heymilo_sync.connections.refused_because is
    'What HeyMilo said when it refused the key, and which variable holds the key. NULL while it is accepted.';
comment on column heymilo_sync.connections.down_at is
    'Since when the API does not answer at all: it is asked once every 10 s until it does. NULL while it answers.';
comment on column heymilo_sync.connections.down_because is
    'Why the API does not answer: the address that was asked, and what failed there. NULL while it answers.';
comment on column heymilo_sync.connections.unidentified_at is
    'Since when HeyMilo does not tell which workspace the API key is of: the copy goes on, and a key of another workspace would not be noticed. NULL otherwise.';
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

create table heymilo_sync.first_copies (
    workspace_id text not null,
    completed_at timestamptz not null,
    constraint first_copies_pkey primary key (workspace_id)
);

comment on table heymilo_sync.first_copies is
    'Workspaces whose first copy is complete: every list was read once, and every interview that they showed was fetched.';
comment on column heymilo_sync.first_copies.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo_sync.first_copies.completed_at is
    'When the first copy was seen to be complete.';

create view heymilo_sync.copying as
with unfinished as materialized (
    (
        select workspace_id from heymilo.workspaces
        union
        select workspace_id from heymilo_sync.cursors
        union
        select workspace_id from heymilo_sync.connections
    )
    except
    select workspace_id from heymilo_sync.first_copies
)
select
    unfinished.workspace_id,
    lists.lists_left,
    jobs.interviews_left
from unfinished
cross join lateral (
    select
        count(*) filter (where scanned_at is null and failed_at is null) as lists_left,
        coalesce(bool_or(scanned_at is not null) filter (where list = 'postings'), false) as has_postings
    from heymilo_sync.cursors
    where cursors.workspace_id = unfinished.workspace_id
      and list in ('postings', 'candidates')
) as lists
cross join lateral (
    select count(*) as interviews_left
    from heymilo_sync.jobs
    where jobs.workspace_id = unfinished.workspace_id
      and jobs.urgency = 'first_copy'
      and jobs.failed_at is null
      and jobs.attempt = 0
) as jobs
where lists.lists_left > 0
   or jobs.interviews_left > 0
   or not lists.has_postings;

comment on view heymilo_sync.copying is
    'Workspaces whose first copy is under way, one row each. A list that cannot be read and an interview that failed do not hold it up.';
comment on column heymilo_sync.copying.workspace_id is
    'The workspace.';
comment on column heymilo_sync.copying.lists_left is
    'Lists of postings and candidates that were not read to their end yet.';
comment on column heymilo_sync.copying.interviews_left is
    'Interviews that are known and wait to be fetched for the first time.';
create view heymilo_sync.without_results as
select
    interviews.workspace_id,
    interviews.interview_id,
    coalesce(jobs.state = 'open', false) as is_due
from heymilo.interviews
left join heymilo_sync.jobs using (workspace_id, interview_id)
where interviews.fetched_at is null
  and interviews.deleted_at is null
  and (
      interviews.status in ('completed', 'knocked_out', 'shortlisted', 'dismissed')
      or interviews.workflow_complete
  );

comment on view heymilo_sync.without_results is
    'Finished interviews whose results are not in the tables, one row each.';
comment on column heymilo_sync.without_results.workspace_id is
    'The workspace the interview belongs to.';
comment on column heymilo_sync.without_results.interview_id is
    'The interview.';
comment on column heymilo_sync.without_results.is_due is
    'Whether its results wait to be fetched. False: nothing asks for them, or the fetch was set aside.';
