//! Digests of the tables for comparison: one per table and subject.

use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::{AssertSqlSafe, PgConnection, PgExecutor};
use utoipa::ToSchema;

use super::Result;
use crate::records::{PostingId, WorkspaceId};

/// The subjects whose rows are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// Interviews: their rows in all tables, with their people.
    Interview,
    /// Postings: their rows, with their steps and questions.
    Posting,
}

/// Digests by subject and table. A table without rows of a subject is left out.
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

/// Finished interviews whose results are not in the tables.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct WithoutResults {
    /// Interviews that wait to be fetched.
    pub not_yet: i64,
    /// Interviews without a job, which would stay without results.
    pub missing: i64,
}

/// Counts the finished interviews whose results are not in the tables.
pub async fn without_results(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
) -> Result<WithoutResults> {
    sqlx::query_as!(
        WithoutResults,
        r#"
        select count(*) filter (where is_due) as "not_yet!",
               count(*) filter (where not is_due) as "missing!"
        from heymilo_sync.without_results
        where workspace_id = $1
        "#,
        workspace_id.as_str(),
    )
    .fetch_one(db)
    .await
}

/// The finished interviews whose results would never arrive.
pub async fn missing_results(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
) -> Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"
        select interview_id as "interview_id!"
        from heymilo_sync.without_results
        where workspace_id = $1
          and not is_due
        order by interview_id
        "#,
        workspace_id.as_str(),
    )
    .fetch_all(db)
    .await
}

/// Counts the interviews whose results are in the tables, and reads the time.
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

/// Interviews that differ from HeyMilo and that the tables need not match yet. They changed after
/// the last reading of their list began, they wait to be fetched, or no list has shown them yet.
pub async fn not_due_yet(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    posting_id: &PostingId,
    interview_ids: &[&str],
    changed_at: &[Option<DateTime<Utc>>],
) -> Result<HashSet<String>> {
    let late = sqlx::query_scalar!(
        r#"
        select asked.interview_id as "interview_id!"
        from unnest($3::text[], $4::timestamptz[]) as asked (interview_id, changed_at)
        left join heymilo_sync.cursors
          on cursors.workspace_id = $1
         and cursors.list = 'candidates'
         and cursors.posting_id = $2
        left join heymilo.interviews
          on interviews.workspace_id = $1
         and interviews.interview_id = asked.interview_id
        left join heymilo_sync.jobs
          on jobs.workspace_id = $1
         and jobs.interview_id = asked.interview_id
         and jobs.state = 'open'
         and jobs.urgency < 'backfill'
        where asked.changed_at > case
                  -- A short look shows the invitations of the last day.
                  when interviews.invited_at < cursors.asked_at - interval '1 day' then cursors.scanned_at
                  else cursors.asked_at
              end
           or jobs.interview_id is not null
           or interviews.listed_at is null and interviews.first_synced_at > cursors.asked_at
        "#,
        workspace_id.as_str(),
        posting_id.as_str(),
        interview_ids as _,
        changed_at as _,
    )
    .fetch_all(db)
    .await?;

    Ok(late.into_iter().collect())
}

/// The posting of an interview, as far as the tables know.
pub async fn posting_of(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    interview_id: &str,
) -> Result<Option<PostingId>> {
    let found = sqlx::query_scalar!(
        r#"
        select posting_id
        from heymilo.interviews
        where workspace_id = $1
          and interview_id = $2
        "#,
        workspace_id.as_str(),
        interview_id,
    )
    .fetch_optional(db)
    .await?;

    Ok(found.flatten().map(PostingId::from))
}

/// Whether the last completed reading of a posting's candidates began after `since`.
pub async fn is_read_since(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    posting_id: &PostingId,
    since: DateTime<Utc>,
) -> Result<bool> {
    sqlx::query_scalar!(
        r#"
        select exists (
            select
            from heymilo_sync.cursors
            where workspace_id = $1
              and list = 'candidates'
              and posting_id = $2
              and asked_at > $3
        ) as "is_read!"
        "#,
        workspace_id.as_str(),
        posting_id.as_str(),
        since,
    )
    .fetch_one(db)
    .await
}

/// The interviews of a posting in the tables that HeyMilo has listed before.
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
