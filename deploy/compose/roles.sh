#!/bin/sh
# Makes the two roles and their database when the volume of Postgres is new. Neither is a superuser: one owns the
# tables and migrates, the other works.
set -eu
psql -X -q -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
    -v owner="$(cat /run/passwords/owner)" -v daemon="$(cat /run/passwords/daemon)" <<'SQL'
-- Statements with passwords are not for the server's log.
set log_statement = 'none';
set log_min_error_statement = 'panic';

create role heymilo_owner login createrole password :'owner';
create role heymilo_daemon login password :'daemon';
create database heymilo owner heymilo_owner encoding 'UTF8' template template0;
revoke connect, temporary on database heymilo from public;
grant connect on database heymilo to heymilo_daemon;
SQL
