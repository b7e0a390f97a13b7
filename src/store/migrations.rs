//! The migrations. One process at a time applies them, all or none.

use std::sync::LazyLock;

use sqlx::{Connection as _, PgConnection, PgPool, migrate::Migrator};

use super::{Result, access, database::sqlstate};

/// The migrations, embedded in the binary.
pub static MIGRATIONS: LazyLock<Migrator> = LazyLock::new(|| {
    let mut migrations = sqlx::migrate!("./migrations");
    // Beside our own tables, because other programs that use sqlx keep their list in schema public.
    migrations.dangerous_set_table_name("heymilo_sync.migrations");
    // Any reader of the database could compute the key of sqlx's lock and hold it.
    migrations.set_locking(false);
    migrations
});

/// SQLSTATE of a table that does not exist.
const UNDEFINED_TABLE: &str = "42P01";
/// SQLSTATE of a statement that writes where nothing can be written.
const READ_ONLY: &str = "25006";
/// SQLSTATE when two processes create the same schema or table at the same moment.
const MADE_MEANWHILE: [&str; 3] = ["23505", "42P06", "42P07"];

/// Why a database was not migrated. Nothing in it was changed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database cannot hold texts of every language.
    #[error(
        "the database is encoded in {0}, and heymilo-sync needs UTF8: make another one with \
         `create database ... encoding 'UTF8' template template0`"
    )]
    Encoding(String),
    /// The tables are from before the first release.
    #[error(
        "the database was made by a heymilo-sync from before the baseline of 0.1.0 and cannot be \
         upgraded: name an empty database, or drop the publication heymilo and the schemas heymilo, \
         heymilo_analyst, heymilo_bi, heymilo_demographics and heymilo_sync, then run \
         `heymilo-sync sync` to copy everything again"
    )]
    BeforeBaseline,
    /// A schema with one of our names belongs to another role.
    #[error(
        "schema {schema} exists already and belongs to role {owner}: let an administrator run \
         `alter schema {schema} owner to {role}`, or name another database"
    )]
    SchemaTaken {
        /// The schema.
        schema: String,
        /// The role that owns it.
        owner: String,
        /// The role that migrates.
        role: String,
    },
    /// A table, view or function with one of our names already exists.
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
    /// The database has a migration with different content.
    #[error(
        "migration {0} was applied with another content than this program has: the database belongs \
         to a different build of heymilo-sync"
    )]
    OtherBuild(i64),
    /// Nothing can be written to the database.
    #[error(
        "the database can only be read, as a standby can: set DATABASE_URL to the address of its \
         primary server"
    )]
    ReadOnly,
    /// The database returned an error.
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

/// Applies this binary's migrations, and grants the reader roles their rights.
pub async fn migrate(db: &PgPool) -> Result<(), Error> {
    match try_to_migrate(db).await {
        Err(Error::Database(error))
            if sqlstate(&error).is_some_and(|code| MADE_MEANWHILE.contains(&code.as_ref())) =>
        {
            try_to_migrate(db).await
        }
        Err(Error::Database(error)) if sqlstate(&error).is_some_and(|code| code == READ_ONLY) => {
            Err(Error::ReadOnly)
        }
        done => done,
    }
}

/// Migrates in one transaction. Other processes that migrate wait for it.
async fn try_to_migrate(db: &PgPool) -> Result<(), Error> {
    let mut tx = db.begin().await?;
    apply(&mut tx).await?;
    tx.commit().await?;
    Ok(())
}

/// Migrates in a transaction that is rolled back. It gives up rather than wait for a lock.
pub async fn rehearse(db: &PgPool) -> Result<(), Error> {
    let mut tx = db.begin().await?;
    sqlx::raw_sql("set local lock_timeout = '2s'").execute(&mut *tx).await?;
    apply(&mut tx).await?;
    tx.rollback().await?;
    Ok(())
}

async fn apply(tx: &mut PgConnection) -> Result<(), Error> {
    // A role may have any search path, and migrations name the schema of everything.
    sqlx::raw_sql("set local search_path = pg_catalog, pg_temp").execute(&mut *tx).await?;
    check_encoding(tx).await?;
    check_owners(tx).await?;
    check_baseline(tx).await?;

    let before = lock_list(tx).await?;
    MIGRATIONS.run(&mut *tx).await?;
    // Only a migration changes the readers' rights, because an older replica that restarts must not
    // undo them.
    if count(tx).await? > before {
        access::refresh(tx).await?;
    }
    Ok(())
}

/// Checks whether the database can be migrated: by its role if `migrates`, otherwise by another.
pub async fn check(db: &mut PgConnection, migrates: bool) -> Result<(), Error> {
    check_encoding(db).await?;
    if migrates {
        check_owners(db).await?;
    }
    check_baseline(db).await
}

async fn check_encoding(db: &mut PgConnection) -> Result<(), Error> {
    let encoding =
        sqlx::query_scalar!(r#"select current_setting('server_encoding') as "encoding!""#)
            .fetch_one(db)
            .await?;
    if encoding == "UTF8" { Ok(()) } else { Err(Error::Encoding(encoding)) }
}

/// Checks whether the existing schemas belong to the role.
async fn check_owners(db: &mut PgConnection) -> Result<(), Error> {
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

/// Checks whether an older program made the tables, whose migrations are listed elsewhere. A role
/// without rights may ask too.
async fn check_baseline(db: &mut PgConnection) -> Result<(), Error> {
    let is_old = sqlx::query_scalar!(
        r#"
        select coalesce(bool_or(relname = 'jobs') and not bool_or(relname = 'migrations'), false)
                   as "is_old!"
        from pg_class
        join pg_namespace on pg_namespace.oid = relnamespace
        where nspname = 'heymilo_sync'
          and relname in ('jobs', 'migrations')
        "#
    )
    .fetch_one(db)
    .await?;
    if is_old { Err(Error::BeforeBaseline) } else { Ok(()) }
}

/// Locks the list of migrations, so that processes migrate one after the other. Makes its schema
/// when there is none, and other processes wait for that too. Returns the number of migrations in
/// the list.
async fn lock_list(db: &mut PgConnection) -> Result<i64> {
    // `create schema if not exists` needs the right to create a schema even when the schema exists.
    sqlx::raw_sql(
        "do $$
         begin
             if to_regnamespace('heymilo_sync') is null then
                 create schema heymilo_sync;
             elsif to_regclass('heymilo_sync.migrations') is not null then
                 lock table heymilo_sync.migrations in share row exclusive mode;
             end if;
         end
         $$",
    )
    .execute(&mut *db)
    .await?;

    let exists = sqlx::query_scalar!(
        r#"select to_regclass('heymilo_sync.migrations') is not null as "is!""#
    )
    .fetch_one(&mut *db)
    .await?;
    if exists { count(db).await } else { Ok(0) }
}

async fn count(db: &mut PgConnection) -> Result<i64> {
    sqlx::query_scalar!(r#"select count(*) as "count!" from heymilo_sync.migrations"#)
        .fetch_one(db)
        .await
}

/// Whether any version of this program set up the database. A role without rights may ask too.
pub async fn is_set_up(db: &PgPool) -> Result<bool> {
    sqlx::query_scalar!(
        r#"
        select exists (
            select
            from pg_class
            where relnamespace = (select oid from pg_namespace where nspname = 'heymilo_sync')
              and relname = 'migrations'
        ) as "is!"
        "#
    )
    .fetch_one(db)
    .await
}

/// Whether the database answers and holds this binary's migrations. A newer binary may have added
/// more. This binary works with them until all replicas are replaced.
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
