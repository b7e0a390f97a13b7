-- What the daemon's role needs when the tables belong to another role (database.migrate = false).
-- The role that migrates runs it after each `heymilo-sync migrate`; `heymilo-sync migrate --daemon-role NAME`
-- does the same.
--
--   psql -v daemon=heymilo_daemon -f config/daemon-role.sql "$DATABASE_URL"

grant usage on schema heymilo, heymilo_sync, heymilo_bi to :"daemon";

-- These two schemas hold nothing but ours.
grant select, insert, update, delete
    on all tables in schema heymilo, heymilo_sync to :"daemon";
grant usage on all sequences in schema heymilo_sync to :"daemon";
-- For databases in which EXECUTE was revoked from PUBLIC.
grant execute on all functions in schema heymilo, heymilo_sync to :"daemon";

-- The list of migrations, and what each column holds, are the owner's to write.
revoke insert, update, delete
    on table heymilo_sync.migrations, heymilo_sync.column_classes from :"daemon";

-- Status reads the views of heymilo_bi. Other people's views in that schema are left alone.
select heymilo_sync.grant_object('select', relation, :'daemon')
from (
    select distinct relation
    from heymilo_sync.column_classes
    where relation like 'heymilo_bi.%'
    order by relation
) as ours;
select heymilo_sync.grant_object('execute', 'function ' || pg_proc.oid::regprocedure, :'daemon')
from pg_proc
where pronamespace = 'heymilo_bi'::regnamespace
  and proowner = (select nspowner from pg_namespace where nspname = 'heymilo_bi');
