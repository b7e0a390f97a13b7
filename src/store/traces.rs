//! Everything that is kept about interviews, in whatever table: counted and removed.

use std::collections::BTreeMap;

use sqlx::{AssertSqlSafe, PgConnection};

use super::{Result, snapshots::Kind};
use crate::records::WorkspaceId;

/// How many rows were removed from each table.
pub type Removed = BTreeMap<String, u64>;

/// Removes every row of the interviews from the analysts' tables and HeyMilo's answers about them,
/// and then those of their people of whom no interview is left. Jobs stay: whoever holds one
/// completes it.
pub async fn remove(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    interview_ids: &[String],
) -> Result<Removed> {
    let mut removed = Removed::new();
    let people = people(db, workspace_id, interview_ids).await?;
    for table in tables(db).await? {
        let statement =
            format!("delete from {table} where interview_id = any($2) and workspace_id = $1");
        let deleted = sqlx::query(AssertSqlSafe(statement))
            .bind(workspace_id.as_str())
            .bind(interview_ids)
            .execute(&mut *db)
            .await?;
        removed.insert(table, deleted.rows_affected());
    }
    let kinds = [Kind::Interview, Kind::Candidate];
    remove_answers(db, workspace_id, &kinds, interview_ids, &mut removed).await?;
    remove_people(db, workspace_id, &people, &mut removed).await?;
    removed.retain(|_, rows| *rows > 0);
    Ok(removed)
}

/// The tables that hold rows of interviews. Asked of the catalog, so that a new table cannot be
/// forgotten, and without regard to rights: what may not be deleted from must fail.
async fn tables(db: &mut PgConnection) -> Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"
        select format('%I.%I', nspname, relname) as "table!"
        from pg_class
        join pg_namespace on pg_namespace.oid = relnamespace
        join pg_attribute on attrelid = pg_class.oid
        where attname = 'interview_id'
          and not attisdropped
          and relkind in ('r', 'p')
          and nspname in ('heymilo', 'heymilo_sync')
          and (nspname, relname) <> ('heymilo_sync', 'jobs')
        order by 1
        "#
    )
    .fetch_all(db)
    .await
}

/// The people whom interviews name, sorted and each once.
pub async fn people(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    interview_ids: &[String],
) -> Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"
        select candidate_id as "candidate_id!"
        from heymilo.interviews
        where interview_id = any($2)
          and workspace_id = $1
          and candidate_id is not null
        group by candidate_id
        order by candidate_id collate "C"
        "#,
        workspace_id.as_str(),
        interview_ids,
    )
    .fetch_all(db)
    .await
}

async fn remove_answers(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    kinds: &[Kind],
    subject_ids: &[String],
    removed: &mut Removed,
) -> Result<()> {
    let kinds: Vec<&str> = kinds.iter().map(|kind| kind.as_str()).collect();
    let snapshots = sqlx::query!(
        r#"
        delete from heymilo_sync.snapshots
        where subject_id = any($2)
          and kind = any($3)
          and workspace_id = $1
        "#,
        workspace_id.as_str(),
        subject_ids,
        &kinds as _,
    )
    .execute(&mut *db)
    .await?;
    let notices = sqlx::query!(
        r#"
        delete from heymilo_sync.notices
        where subject_id = any($2)
          and kind = any($3)
          and workspace_id = $1
        "#,
        workspace_id.as_str(),
        subject_ids,
        &kinds as _,
    )
    .execute(db)
    .await?;

    for (table, rows) in [("snapshots", snapshots), ("notices", notices)] {
        *removed.entry(format!("heymilo_sync.{table}")).or_default() += rows.rows_affected();
    }
    Ok(())
}

/// Removes items of lists that do not say what they are about.
pub async fn remove_strays(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    names: &[String],
    removed: &mut Removed,
) -> Result<()> {
    let kinds = [Kind::Stray];
    remove_answers(db, workspace_id, &kinds, names, removed).await
}

/// Removes those of the people of whom there is no interview.
pub async fn remove_people(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    candidate_ids: &[String],
    removed: &mut Removed,
) -> Result<()> {
    let people = sqlx::query!(
        r#"
        delete from heymilo.candidates
        where workspace_id = $1
          and candidate_id = any($2)
          and not exists (
              select from heymilo.interviews
              where interviews.workspace_id = $1
                and interviews.candidate_id = candidates.candidate_id
          )
        "#,
        workspace_id.as_str(),
        candidate_ids,
    )
    .execute(db)
    .await?;

    *removed.entry("heymilo.candidates".to_owned()).or_default() += people.rows_affected();
    Ok(())
}
