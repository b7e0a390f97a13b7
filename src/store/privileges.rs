//! The rights of the daemon's role, for operators.

use chrono::{DateTime, Utc};
use sqlx::PgExecutor;

use super::Result;
use crate::classification::COLUMNS;

/// The server, and the rights of the role there.
#[derive(Debug)]
pub struct Server {
    /// The version in words, such as `17.2`.
    pub version: String,
    /// The version as a number, such as 170002.
    pub version_number: i32,
    /// The server's time.
    pub now: DateTime<Utc>,
    /// The role that is connected.
    pub role: String,
    /// Whether all of our schemas exist, or the role may create the missing ones.
    pub may_create: bool,
    /// Whether the database is read-only, such as a standby.
    pub is_read_only: bool,
    /// The TLS version of the connection. `None` when it is not encrypted.
    pub tls: Option<String>,
    /// The number of connections that the role may open.
    pub connections: i32,
}

/// Reads the server's version and the role's rights.
pub async fn server(db: impl PgExecutor<'_>) -> Result<Server> {
    sqlx::query_as!(
        Server,
        r#"
        select current_setting('server_version') as "version!",
               current_setting('server_version_num')::integer as "version_number!",
               clock_timestamp() as "now!",
               current_user::text as "role!",
               has_database_privilege(current_database(), 'create')
                   or not exists (
                       select
                       from unnest(array['heymilo', 'heymilo_analyst', 'heymilo_bi',
                                         'heymilo_demographics', 'heymilo_sync']) as name
                       where to_regnamespace(name) is null
                   ) as "may_create!",
               current_setting('transaction_read_only') = 'on' as "is_read_only!",
               (select version from pg_stat_ssl where pid = pg_backend_pid() and ssl) as tls,
               (select least(nullif(rolconnlimit, -1), current_setting('max_connections')::integer)
                from pg_roles
                where rolname = session_user) as "connections!"
        "#
    )
    .fetch_one(db)
    .await
}

/// Our tables, sequences and views that the role cannot use as the daemon does. Objects that others
/// put into our schemas do not count.
pub async fn missing(db: impl PgExecutor<'_>) -> Result<Vec<String>> {
    let views: Vec<&str> = COLUMNS.iter().map(|relation| relation.of).collect();

    sqlx::query_scalar!(
        r#"
        select format('%I.%I', nspname, relname) as "name!"
        from pg_class
        join pg_namespace on pg_namespace.oid = relnamespace
        where nspname in ('heymilo', 'heymilo_sync', 'heymilo_bi')
          and relkind in ('r', 'p', 'S', 'v')
          and (relkind = 'S' or format('%s.%s', nspname, relname) = any($1))
          and not case
                  when not has_schema_privilege(nspname, 'usage') then false
                  when relkind = 'v'
                      or nspname = 'heymilo_sync' and relname in ('migrations', 'column_classes') then
                      has_table_privilege(pg_class.oid, 'select')
                  when relkind in ('r', 'p') then
                      has_table_privilege(pg_class.oid, 'select')
                      and has_table_privilege(pg_class.oid, 'insert')
                      and has_table_privilege(pg_class.oid, 'update')
                      and has_table_privilege(pg_class.oid, 'delete')
                  else has_sequence_privilege(pg_class.oid, 'usage')
              end
        order by 1
        "#,
        &views as _,
    )
    .fetch_all(db)
    .await
}

/// Our tables that belong to a role whose rights we do not have. Migrations cannot change them.
pub async fn not_ours(db: impl PgExecutor<'_>) -> Result<Vec<String>> {
    let ours: Vec<&str> = COLUMNS.iter().map(|relation| relation.of).collect();
    sqlx::query_scalar!(
        r#"
        select format('%I.%I', nspname, relname) as "name!"
        from pg_class
        join pg_namespace on pg_namespace.oid = relnamespace
        where nspname in ('heymilo', 'heymilo_sync')
          and relkind in ('r', 'p')
          and format('%s.%s', nspname, relname) = any($1)
          and not pg_has_role(relowner, 'usage')
        order by 1
        "#,
        &ours as _,
    )
    .fetch_all(db)
    .await
}

/// Our tables whose row security hides all rows from roles other than the owner.
pub async fn closed(db: impl PgExecutor<'_>) -> Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"
        select format('%I.%I', nspname, relname) as "name!"
        from pg_class
        join pg_namespace on pg_namespace.oid = relnamespace
        where nspname in ('heymilo', 'heymilo_sync')
          and relrowsecurity
          and not exists (select from pg_policy where polrelid = pg_class.oid)
        order by 1
        "#
    )
    .fetch_all(db)
    .await
}

/// The existing reader roles that cannot read everything that they should.
pub async fn readers_without_access(db: impl PgExecutor<'_>) -> Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"
        select distinct rolname::text as "role!"
        from pg_roles
        join (values
            ('heymilo_bi_reader', 'heymilo_bi'),
            ('heymilo_analyst', 'heymilo_bi'),
            ('heymilo_full', 'heymilo_bi'),
            ('heymilo_full', 'heymilo'),
            ('heymilo_demographics_reader', 'heymilo_demographics')
        ) as access (role, schema) on role = rolname
        join pg_namespace on nspname = schema
        join pg_class on relnamespace = pg_namespace.oid
        join heymilo_sync.column_classes on relation = format('%s.%s', nspname, relname)
        where not (has_schema_privilege(rolname, pg_namespace.oid, 'usage')
              and has_table_privilege(rolname, pg_class.oid, 'select'))
        order by 1
        "#
    )
    .fetch_all(db)
    .await
}
