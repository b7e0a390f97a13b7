-- What discovery needs to go on in the middle of a list, and to tell what is gone.

alter table heymilo_sync.cursors
    add column page_after   text,
    add column run_since    timestamptz,
    add column run_began_at timestamptz,
    add column pages        integer,
    add column stats        jsonb,
    add column confirmed_at timestamptz;

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
comment on column heymilo_sync.cursors.swept_at is
    'When the reading began that last took in the list from its very beginning to its end.';

comment on column heymilo_sync.jobs.reason is
    'What made it due: webhook, poll, sweep (HeyMilo''s list does not show it any more) or recheck (the interview was not finished when last looked at).';

comment on table heymilo_sync.snapshots is
    'HeyMilo''s answers exactly as received, one row per distinct answer. Two answers that differ only in the signatures of links are not distinct; an answer after the interview or posting was gone is. Every table of schema heymilo can be rebuilt from here.';

comment on column heymilo.interviews.deleted_at is
    'When HeyMilo was first found to have the interview no more. NULL while it exists. The interview''s rows in other tables stay and carry no mark of their own: join interviews to leave them out. With the setting poll.gone = "purge" there is no row at all instead.';
comment on column heymilo.interview_changes.field is
    'What changed: status, score, shortlisted, dismissed or deleted (true once HeyMilo has the interview no more, NULL again if it comes back).';

create index interviews_deleted_idx on heymilo.interviews (workspace_id, interview_id)
    where deleted_at is not null;
comment on index heymilo.interviews_deleted_idx is
    'Few interviews are ever deleted: a list''s page is compared with them without reading the others.';
