//! The migrations: one process at a time applies them, all or none.

use std::sync::LazyLock;

use sqlx::{Connection as _, PgConnection, PgPool, migrate::Migrator};

use super::{Result, access, database::sqlstate};

/// The migrations, embedded in the binary.
pub static MIGRATIONS: LazyLock<Migrator> = LazyLock::new(|| {
    let mut migrations = sqlx::migrate!("./migrations");
    // Beside our own tables, because other programs that use sqlx have theirs in schema public.
    migrations.dangerous_set_table_name("heymilo_sync.migrations");
    // Any reader of the database could compute the key of sqlx's lock and hold it.
    migrations.set_locking(false);
    migrations
});

/// What Postgres says of a table that is not there.
const UNDEFINED_TABLE: &str = "42P01";
/// What Postgres says to the second of two processes that make a schema or a table at the same moment.
const MADE_MEANWHILE: [&str; 3] = ["23505", "42P06", "42P07"];

/// Why a database was not migrated. Nothing in it was changed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Texts of every language must fit.
    #[error(
        "the database is encoded in {0}, and heymilo-sync needs UTF8: make another one with \
         `create database ... encoding 'UTF8' template template0`"
    )]
    Encoding(String),
    /// Its tables are those of the time before the first release.
    #[error(
        "the database was made by a heymilo-sync from before the baseline of 0.1.0 and cannot be \
         upgraded: name an empty database, or drop the schemas heymilo, heymilo_analyst, heymilo_bi, \
         heymilo_demographics and heymilo_sync, then run `heymilo-sync sync` to copy everything again"
    )]
    BeforeBaseline,
    /// A schema of one of our names is another role's.
    #[error(
        "schema {schema} exists already and belongs to role {owner}: let an administrator run \
         `alter schema {schema} owner to {role}`, or name another database"
    )]
    SchemaTaken {
        /// The schema.
        schema: String,
        /// The role it belongs to.
        owner: String,
        /// The role that migrates.
        role: String,
    },
    /// A table, view or function of one of our names is there already.
    #[error(
        "a name that heymilo-sync needs is taken ({0}): rename or drop what has it, then run \
         `heymilo-sync migrate` again"
    )]
    NameTaken(String),
    /// The database has migrations that this program does not know.
    #[error(
        "the database was migrated by a newer heymilo-sync (migration {0} is not known here): start \
         that version instead"
    )]
    Newer(i64),
    /// The database has a migration with another content.
    #[error(
        "migration {0} was applied with another content than this program has: the database belongs \
         to a different build of heymilo-sync"
    )]
    OtherBuild(i64),
    /// The database refused.
    #[error("the database refused to be migrated")]
    Database(#[from] sqlx::Error),
    /// A migration failed.
    #[error("migrating the database failed")]
    Migration(#[source] sqlx::migrate::MigrateError),
}

impl From<sqlx::migrate::MigrateError> for Error {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        use sqlx::migrate::MigrateError::{ExecuteMigration, VersionMismatch, VersionMissing};
        // Duplicate schema, table, function, object.
        const TAKEN: [&str; 4] = ["42P06", "42P07", "42723", "42710"];

        match error {
            VersionMissing(version) => Self::Newer(version),
            VersionMismatch(version) => Self::OtherBuild(version),
            ExecuteMigration(sqlx::Error::Database(refusal), _)
                if refusal.code().is_some_and(|code| TAKEN.contains(&code.as_ref())) =>
            {
                Self::NameTaken(refusal.message().to_owned())
            }
            other => Self::Migration(other),
        }
    }
}

/// Brings the database up to this binary's migrations, and lets the readers' roles read what they may.
pub async fn migrate(db: &PgPool) -> Result<(), Error> {
    match try_to_migrate(db).await {
        Err(Error::Database(error))
            if sqlstate(&error).is_some_and(|code| MADE_MEANWHILE.contains(&code.as_ref())) =>
        {
            try_to_migrate(db).await
        }
        done => done,
    }
}

/// Migrates in one transaction, which other processes that migrate wait for.
async fn try_to_migrate(db: &PgPool) -> Result<(), Error> {
    let mut tx = db.begin().await?;
    // A role may look for tables anywhere, and migrations name the schema of everything.
    sqlx::raw_sql("set local search_path = pg_catalog, pg_temp").execute(&mut *tx).await?;
    check(&mut tx).await?;
    make_list(&mut tx).await?;

    let before = count(&mut tx).await?;
    MIGRATIONS.run(&mut *tx).await?;
    if count(&mut tx).await? > before || !access::is_current(&mut tx).await? {
        access::refresh(&mut tx).await?;
    }

    tx.commit().await?;
    Ok(())
}

/// Looks whether the database can be migrated, as far as that can be told before.
pub async fn check(db: &mut PgConnection) -> Result<(), Error> {
    check_encoding(db).await?;
    check_schemas(db).await
}

async fn check_encoding(db: &mut PgConnection) -> Result<(), Error> {
    let encoding =
        sqlx::query_scalar!(r#"select current_setting('server_encoding') as "encoding!""#)
            .fetch_one(db)
            .await?;
    if encoding == "UTF8" { Ok(()) } else { Err(Error::Encoding(encoding)) }
}

/// Looks whether the schemas are ours, or can become ours.
async fn check_schemas(db: &mut PgConnection) -> Result<(), Error> {
    let is_old = sqlx::query_scalar!(
        r#"
        select to_regclass('heymilo_sync.jobs') is not null
           and to_regclass('heymilo_sync.migrations') is null as "is_old!"
        "#
    )
    .fetch_one(&mut *db)
    .await?;
    if is_old {
        return Err(Error::BeforeBaseline);
    }

    let taken = sqlx::query!(
        r#"
        select nspname::text as "schema!", nspowner::regrole::text as "owner!",
               current_user::text as "role!"
        from pg_namespace
        where nspname in
            ('heymilo', 'heymilo_analyst', 'heymilo_bi', 'heymilo_demographics', 'heymilo_sync')
          and not pg_has_role(nspowner, 'usage')
        order by nspname
        limit 1
        "#
    )
    .fetch_optional(db)
    .await?;
    match taken {
        None => Ok(()),
        Some(taken) => {
            Err(Error::SchemaTaken { schema: taken.schema, owner: taken.owner, role: taken.role })
        }
    }
}

/// Makes the list of migrations where there is none, and locks it: processes migrate one at a time.
async fn make_list(db: &mut PgConnection) -> Result<()> {
    // `create schema if not exists` asks for the right to create one even where there is one.
    sqlx::raw_sql(
        "do $$
         begin
             if to_regnamespace('heymilo_sync') is null then
                 create schema heymilo_sync;
             end if;
         end
         $$;
         create table if not exists heymilo_sync.migrations (
             version        bigint primary key,
             description    text not null,
             installed_on   timestamptz not null default now(),
             success        boolean not null,
             checksum       bytea not null,
             execution_time bigint not null
         );
         lock table heymilo_sync.migrations in share row exclusive mode",
    )
    .execute(db)
    .await?;

    Ok(())
}

async fn count(db: &mut PgConnection) -> Result<i64> {
    sqlx::query_scalar!(r#"select count(*) as "count!" from heymilo_sync.migrations"#)
        .fetch_one(db)
        .await
}

/// Whether the database answers and holds this binary's migrations. A newer binary may have added
/// its own: they leave room for ours until all replicas are replaced.
pub async fn is_current(db: &PgPool) -> Result<bool> {
    let mut connection = db.acquire().await?;
    connection.ping().await?;
    let applied = sqlx::query_scalar!(
        r#"select version from heymilo_sync.migrations where success order by version"#
    )
    .fetch_all(&mut *connection)
    .await;

    let applied = match applied {
        Err(error) if sqlstate(&error).as_deref() == Some(UNDEFINED_TABLE) => return Ok(false),
        applied => applied?,
    };
    Ok(MIGRATIONS.iter().all(|migration| applied.contains(&migration.version)))
}
