-- Jobs that commands make.

comment on column heymilo_sync.jobs.reason is
    'What made it due, in a word: webhook, poll, recheck (the interview was not finished when last looked at), command (a person asked for it), backfill, and so on.';
