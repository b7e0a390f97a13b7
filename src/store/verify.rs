//! What the tables hold, to compare: one digest per table and subject.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sqlx::{AssertSqlSafe, PgConnection, PgExecutor};

use super::Result;
use crate::records::{PostingId, WorkspaceId};

/// Whose rows are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// Interviews' rows in all tables, with the people they are with.
    Interview,
    /// Postings' rows and those of their steps and questions.
    Posting,
}

/// Digests by subject and table; a table without rows of a subject is left out.
pub type Digests = BTreeMap<(String, String), String>;

/// Digests the rows of subjects, table by table.
pub async fn digests(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    owner: Owner,
    subject_ids: &[String],
) -> Result<Digests> {
    let statements: Vec<String> =
        tables(db, owner).await?.iter().map(|table| digest(owner, table)).collect();
    let rows: Vec<(String, String, String)> =
        sqlx::query_as(AssertSqlSafe(statements.join(" union all ")))
            .bind(workspace_id.as_str())
            .bind(subject_ids)
            .fetch_all(db)
            .await?;
    Ok(rows.into_iter().map(|(subject, table, digest)| ((subject, table), digest)).collect())
}

/// The tables whose rows belong to interviews, or to postings and not to interviews.
async fn tables(db: &mut PgConnection, owner: Owner) -> Result<Vec<String>> {
    let of_interviews = owner == Owner::Interview;
    sqlx::query_scalar!(
        r#"
        select relname::text as "table!"
        from pg_class
        join pg_attribute on attrelid = pg_class.oid
                         and attname in ('interview_id', 'posting_id')
        where relnamespace = 'heymilo'::regnamespace
          and relkind in ('r', 'p')
        group by relname
        having bool_or(attname = 'interview_id') = $1
        order by relname
        "#,
        of_interviews,
    )
    .fetch_all(db)
    .await
}

fn digest(owner: Owner, table: &str) -> String {
    let (key, people) = match owner {
        Owner::Interview => ("interview_id", table == "interviews"),
        Owner::Posting => ("posting_id", false),
    };
    let of_table = format!(
        "select {key}, '{table}', md5(string_agg(to_jsonb(r)::text, ' ' order by to_jsonb(r)::text)) \
         from heymilo.{table} as r where {key} = any($2) and workspace_id = $1 group by {key}"
    );
    if people {
        format!(
            "{of_table} union all \
             select interview_id, 'candidates', md5(to_jsonb(r)::text) \
             from heymilo.interviews join heymilo.candidates as r \
             using (workspace_id, candidate_id) \
             where interview_id = any($2) and workspace_id = $1"
        )
    } else {
        of_table
    }
}

/// Interviews whose results are in the tables, chosen at random.
pub async fn sample(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    most: i64,
) -> Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"
        select interview_id
        from heymilo.interviews
        where workspace_id = $1
          and fetched_at is not null
          and deleted_at is null
        order by random()
        limit $2
        "#,
        workspace_id.as_str(),
        most,
    )
    .fetch_all(db)
    .await
}

/// Counts the interviews whose results are in the tables, and tells the time.
pub async fn fetched(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
) -> Result<(i64, DateTime<Utc>)> {
    let fetched = sqlx::query!(
        r#"
        select count(*) as "interviews!", now() as "now!"
        from heymilo.interviews
        where workspace_id = $1
          and fetched_at is not null
          and deleted_at is null
        "#,
        workspace_id.as_str(),
    )
    .fetch_one(db)
    .await?;

    Ok((fetched.interviews, fetched.now))
}

/// The interviews that the tables have of a posting and that HeyMilo listed once.
pub async fn listed(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    posting_id: &PostingId,
) -> Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"
        select interview_id
        from heymilo.interviews
        where workspace_id = $1
          and posting_id = $2
          and listed_at is not null
          and deleted_at is null
        "#,
        workspace_id.as_str(),
        posting_id.as_str(),
    )
    .fetch_all(db)
    .await
}

/// The postings that the tables have.
pub async fn postings(db: impl PgExecutor<'_>, workspace_id: &WorkspaceId) -> Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"
        select posting_id
        from heymilo.postings
        where workspace_id = $1
          and deleted_at is null
        "#,
        workspace_id.as_str(),
    )
    .fetch_all(db)
    .await
}
