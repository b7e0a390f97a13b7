-- The schemas: what is for analysts, for dashboards, and for the program itself.

-- An administrator may have made the schemas, where the program's role may not. `create schema if not
-- exists` asks for the right to create one even then.
do $$
declare
    schema text;
begin
    foreach schema in array array[
        'heymilo', 'heymilo_analyst', 'heymilo_bi', 'heymilo_demographics', 'heymilo_sync'
    ] loop
        if to_regnamespace(schema) is null then
            execute format('create schema %I', schema);
        end if;
    end loop;
end
$$;

comment on schema heymilo is
    'A copy of the HeyMilo workspace, one table per concept, for analysts. Every row says which workspace it is from, and every table and column says what it means (\d+ in psql).';
comment on schema heymilo_analyst is
    'The tables of schema heymilo without names, e-mail addresses, links, pictures and open JSON about a person: what the role heymilo_analyst sees. Free text, such as transcripts, is there.';
comment on schema heymilo_bi is
    'Views for dashboards: no names, no e-mail addresses, no free text of a candidate, no recordings. They leave out test postings and deleted interviews.';
comment on schema heymilo_demographics is
    'Selection and scoring rates by group: a monitoring aid, not a bias audit. Empty until the settings ([demographics]) say where the candidates'' answers are.';
comment on schema heymilo_sync is
    'The machinery of heymilo-sync: what arrived, what is due, how far it has read, and HeyMilo''s answers as received. Not for analysis.';

-- The list of migrations is made before the first migration runs, in the form that sqlx asks for.
create table if not exists heymilo_sync.migrations (
    version        bigint primary key,
    description    text not null,
    installed_on   timestamptz not null default now(),
    success        boolean not null,
    checksum       bytea not null,
    execution_time bigint not null
);

comment on table heymilo_sync.migrations is
    'The migrations that were applied to this database, one row each. A process that migrates locks this table.';
comment on column heymilo_sync.migrations.version is
    'Number of the migration: migrations are applied in this order.';
comment on column heymilo_sync.migrations.description is
    'Name of the migration''s file, without its number.';
comment on column heymilo_sync.migrations.installed_on is
    'When the migration was applied.';
comment on column heymilo_sync.migrations.success is
    'Always true: a migration is applied whole or not at all.';
comment on column heymilo_sync.migrations.checksum is
    'SHA-384 of the migration''s file. The program refuses a database whose migrations differ from its own.';
comment on column heymilo_sync.migrations.execution_time is
    'Duration of the migration in nanoseconds.';
