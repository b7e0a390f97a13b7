-- What is kept for a limited time only.

alter table heymilo_sync.snapshots add column redacted_at timestamptz;

comment on column heymilo_sync.snapshots.redacted_at is
    'When the conversations were taken out of the answer, because they were older than retention.transcripts; fingerprint is still that of the whole answer. What HeyMilo answers about the interview from then on is kept without them too. NULL for an answer exactly as received.';
comment on table heymilo_sync.snapshots is
    'HeyMilo''s answers exactly as received (redacted_at tells of exceptions), one row per distinct answer. Two answers that differ only in the signatures of links are not distinct; an answer after the interview or posting was gone is. Every table of schema heymilo can be rebuilt from here.';
comment on column heymilo_sync.snapshots.body is
    'The answer, byte for byte unless redacted_at is set, compressed with zstd. Personal data.';

create index snapshots_unredacted_idx on heymilo_sync.snapshots (workspace_id, subject_id)
    where kind = 'interview' and redacted_at is null;
comment on index heymilo_sync.snapshots_unredacted_idx is
    'Which interviews still have their conversations.';
