-- The readers' roles of heymilo-sync. Run this in its database as a role that may create roles:
--     heymilo-sync roles | psql "$DATABASE_URL"
-- It can be run again. docs/privacy.md says what each role sees. No role has a password, so no login is
-- possible until you set one:
--     alter role heymilo_bi_reader password '...';

select heymilo_sync.make_roles();

-- What each role may read. This part belongs to the owner of the tables: the user that the daemon
-- connects as, or a superuser.
select heymilo_sync.grant_access();
