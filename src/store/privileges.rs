//! What the daemon's role may do, for those who look after it.

use chrono::{DateTime, Utc};
use sqlx::PgExecutor;

use super::Result;
use crate::classification::COLUMNS;

/// The server, and what the role may do there.
#[derive(Debug)]
pub struct Server {
    /// The version in words, such as `17.2`.
    pub version: String,
    /// The version as a number, such as 170002.
    pub version_number: i32,
    /// What time it is there.
    pub now: DateTime<Utc>,
    /// The role that is connected.
    pub role: String,
    /// Whether all of our schemas are there, or it may make those that are missing.
    pub may_create: bool,
    /// Whether the database can be read only, such as a standby.
    pub is_read_only: bool,
}

/// Asks the server what it is and what we may do there.
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
               current_setting('transaction_read_only') = 'on' as "is_read_only!"
        "#
    )
    .fetch_one(db)
    .await
}

/// The tables, sequences and views of ours that the role may not use as the daemon does. What
/// others put beside ours is no concern of the daemon.
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

/// The tables of ours that belong to a role whose rights we do not have: migrations cannot change
/// them.
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
