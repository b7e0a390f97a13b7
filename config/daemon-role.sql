-- What the daemon's role needs when the tables belong to another role (database.migrate = false).
-- To be run once by the role that migrates, after its first `heymilo-sync migrate`; tables of later
-- migrations are covered too:
--
--   psql -v daemon=heymilo_daemon -f config/daemon-role.sql "$DATABASE_URL"

grant usage on schema heymilo, heymilo_sync to :"daemon";

grant select, insert, update, delete
    on all tables in schema heymilo, heymilo_sync to :"daemon";
alter default privileges in schema heymilo, heymilo_sync
    grant select, insert, update, delete on tables to :"daemon";

grant usage on all sequences in schema heymilo_sync to :"daemon";
alter default privileges in schema heymilo_sync
    grant usage on sequences to :"daemon";

-- For databases in which EXECUTE was revoked from PUBLIC.
grant execute on all functions in schema heymilo, heymilo_sync, heymilo_bi to :"daemon";
alter default privileges in schema heymilo, heymilo_sync, heymilo_bi
    grant execute on functions to :"daemon";

-- The list of migrations, and what each column holds, are the owner's to write.
revoke insert, update, delete
    on table heymilo_sync.migrations, heymilo_sync.column_classes from :"daemon";

-- How everything stands is told from views.
grant usage on schema heymilo_bi to :"daemon";
grant select on all tables in schema heymilo_bi to :"daemon";
alter default privileges in schema heymilo_bi grant select on tables to :"daemon";
