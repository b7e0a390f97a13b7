-- What readers must know of what was removed.

comment on table heymilo_sync.snapshots is
    'HeyMilo''s answers exactly as received (redacted_at tells of exceptions), one row per distinct answer. Two answers that differ only in the signatures of links are not distinct; an answer after the interview or posting was gone is. Every table of schema heymilo can be rebuilt from here; where retention.versions removes older answers, the history only from the oldest that is kept on.';
