create schema heymilo;
comment on schema heymilo is
    'A copy of the HeyMilo workspace, one table per concept, for analysts. Every row says which workspace it is from, and every table and column says what it means (\d+ in psql).';

create schema heymilo_sync;
comment on schema heymilo_sync is
    'The machinery of heymilo-sync: what arrived, what is due, how far it has read, and HeyMilo''s answers as received. Not for analysis.';

create schema heymilo_bi;
comment on schema heymilo_bi is
    'Views for dashboards: no names, no e-mail addresses, no free text of a candidate, no recordings; without test postings and deleted interviews.';
