-- Deliveries that waited in the spool can be handed over twice and are kept once.

alter table heymilo_sync.inbox
    add column receipt_id uuid not null default gen_random_uuid(),
    add constraint inbox_receipt_id_key unique (receipt_id);

comment on column heymilo_sync.inbox.delivery_id is
    'Number of the delivery, in the order in which the deliveries were written; received_at tells when they arrived.';
comment on column heymilo_sync.inbox.receipt_id is
    'Given when the delivery was received, before it was written anywhere, so that it is written once.';
