//! Writes tables of records. Rows are deleted and inserted by owner, many at a time.

use chrono::{DateTime, Utc};
use sqlx::{Arguments as _, AssertSqlSafe, PgConnection, postgres::PgArguments};

use super::Result;
use crate::records::{Column, Record, WorkspaceId};

/// The most rows in one statement. A slow database writes them well within the timeout of a
/// statement.
const MAX_STATEMENT_ROWS: usize = 5_000;

/// Inserts records, each with the id of its interview or posting.
pub async fn insert<R: Record>(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    rows: &[(&str, &R)],
) -> Result<()> {
    insert_or(db, workspace_id, rows, "").await
}

/// The same with an `on conflict` clause at the end of the statement.
pub async fn insert_or<R: Record>(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    rows: &[(&str, &R)],
    on_conflict: &'static str,
) -> Result<()> {
    execute(db, workspace_id, rows, &(insert_statement::<R>() + on_conflict)).await
}

/// Inserts records, or overwrites existing ones that differ. The table's key is the owner, the
/// workspace and `position`.
pub async fn insert_or_change<R: Record>(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    rows: &[(&str, &R)],
    position: &'static str,
) -> Result<()> {
    let (table, owner) = (R::TABLE, R::OWNER);
    let changes = list(R::COLUMNS, |_, column| format!("{0} = excluded.{0}", column.name));
    let old = list(R::COLUMNS, |_, column| format!("{table}.{}", column.name));
    let new = list(R::COLUMNS, |_, column| format!("excluded.{}", column.name));
    let statement = insert_statement::<R>()
        + &format!(
            " on conflict ({owner}, workspace_id, {position}) do update \
             set {changes} \
             where ({old}) is distinct from ({new})"
        );
    execute(db, workspace_id, rows, &statement).await
}

/// Inserts or overwrites records of a table with one row per owner. The table keeps the times at
/// which a row was first written and last changed. The columns in `kept` are only written where
/// they are NULL.
pub async fn upsert<R: Record>(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    rows: &[(&str, &R)],
    kept: &[&str],
    observed_at: DateTime<Utc>,
) -> Result<()> {
    let mut arguments = arguments(workspace_id, rows)?;
    arguments.add(observed_at).map_err(sqlx::Error::Encode)?;
    sqlx::query_with(AssertSqlSafe(upsert_statement::<R>(kept)), arguments).execute(db).await?;
    Ok(())
}

/// Deletes the records of the named interviews or postings.
pub async fn delete<R: Record>(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    owners: &[&str],
) -> Result<()> {
    if owners.is_empty() {
        return Ok(());
    }
    let (table, owner) = (R::TABLE, R::OWNER);
    let statement =
        format!("delete from heymilo.{table} where {owner} = any($2) and workspace_id = $1");
    sqlx::query(AssertSqlSafe(statement))
        .bind(workspace_id.as_str())
        .bind(owners)
        .execute(db)
        .await?;
    Ok(())
}

/// Executes a statement for all rows, a bounded number at a time.
async fn execute<R: Record>(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    rows: &[(&str, &R)],
    statement: &str,
) -> Result<()> {
    for rows in rows.chunks(MAX_STATEMENT_ROWS) {
        let arguments = arguments(workspace_id, rows)?;
        sqlx::query_with(AssertSqlSafe(statement), arguments).execute(&mut *db).await?;
    }
    Ok(())
}

/// Builds `insert … select unnest(…), unnest(…)`: one array per column, and one statement for any
/// number of rows. For `from unnest(…, …)` Postgres would first store each column separately.
fn insert_statement<R: Record>() -> String {
    let (table, owner) = (R::TABLE, R::OWNER);
    let Lists { names, values } = Lists::of::<R>();
    format!(
        "insert into heymilo.{table} (workspace_id, {owner}, {names}) \
         select $1, unnest($2::text[]), {values}"
    )
}

/// The same for a table with one row per owner. A new row replaces the old one, and the time of
/// observation comes last.
fn upsert_statement<R: Record>(kept: &[&str]) -> String {
    let (table, owner) = (R::TABLE, R::OWNER);
    let Lists { names, values } = Lists::of::<R>();
    let observed_at = R::COLUMNS.len() + 3;
    let changes = list(R::COLUMNS, |_, Column { name, .. }| {
        if kept.contains(name) {
            format!("{name} = coalesce({table}.{name}, excluded.{name})")
        } else {
            format!("{name} = excluded.{name}")
        }
    });
    format!(
        "insert into heymilo.{table} \
         (workspace_id, {owner}, {names}, first_synced_at, synced_at) \
         select $1, unnest($2::text[]), {values}, ${observed_at}, ${observed_at} \
         on conflict (workspace_id, {owner}) do update \
         set {changes}, synced_at = excluded.synced_at"
    )
}

/// A table's columns in the forms that a statement needs.
struct Lists {
    names: String,
    values: String,
}

impl Lists {
    fn of<R: Record>() -> Self {
        Self {
            names: list(R::COLUMNS, |_, column| column.name.to_owned()),
            values: list(R::COLUMNS, |index, column| {
                let Column { sql_type, sent_as, .. } = column;
                let value = format!("unnest(${}::{sent_as}[])", index + 3);
                if sql_type == sent_as { value } else { format!("{value}::{sql_type}") }
            }),
        }
    }
}

/// Binds the workspace, the owners, then one array per column.
fn arguments<R: Record>(workspace_id: &WorkspaceId, rows: &[(&str, &R)]) -> Result<PgArguments> {
    let owners: Vec<&str> = rows.iter().map(|(owner, _)| *owner).collect();
    let records: Vec<&R> = rows.iter().map(|(_, record)| *record).collect();
    let mut arguments = PgArguments::default();
    arguments
        .add(workspace_id.as_str())
        .and_then(|()| arguments.add(owners))
        .and_then(|()| R::bind(&records, &mut arguments))
        .map_err(sqlx::Error::Encode)?;
    Ok(arguments)
}

fn list(columns: &[Column], write: impl Fn(usize, &Column) -> String) -> String {
    let written: Vec<String> =
        columns.iter().enumerate().map(|(index, column)| write(index, column)).collect();
    written.join(", ")
}
