-- A job goes on with the trace of the delivery that made it due.

alter table heymilo_sync.jobs add column traceparent text;

comment on column heymilo_sync.jobs.traceparent is
    'The span of the delivery that last made it due, as in the W3C header of that name. NULL when it was not a delivery, or spans are not sent anywhere.';
