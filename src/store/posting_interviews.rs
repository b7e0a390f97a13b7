//! The interviews of one posting by status: ids and states, never a name.

use chrono::{DateTime, Utc};
use sqlx::PgExecutor;

use super::Result;
use crate::records::{PostingId, WorkspaceId};

/// The most interviews that are returned at once.
const MAX_INTERVIEWS: i64 = 200;

/// An interview of a posting.
#[derive(Debug)]
pub struct Listed {
    /// HeyMilo's id of it.
    pub interview_id: String,
    /// Its status at HeyMilo.
    pub status: String,
    /// When new results were last received. `None` until there are any.
    pub fetched_at: Option<DateTime<Utc>>,
    /// The state of its job. `None` when there is none.
    pub job: Option<String>,
}

/// The number of interviews of a posting with one status.
#[derive(Debug)]
pub struct Count {
    /// The status.
    pub status: String,
    /// How many.
    pub interviews: i64,
}

/// Counts the interviews of a posting by status, the most frequent first.
pub async fn counts(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    posting_id: &PostingId,
) -> Result<Vec<Count>> {
    sqlx::query_as!(
        Count,
        r#"
        select coalesce(status, 'no status') as "status!", count(*) as "interviews!"
        from heymilo.interviews
        where workspace_id = $1
          and posting_id = $2
          and deleted_at is null
        group by 1
        order by 2 desc, 1
        "#,
        workspace_id.as_str(),
        posting_id.as_str(),
    )
    .fetch_all(db)
    .await
}

/// The interviews of a posting, only those of one status if given, the newest invitation first.
pub async fn interviews(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    posting_id: &PostingId,
    status: Option<&str>,
) -> Result<Vec<Listed>> {
    sqlx::query_as!(
        Listed,
        r#"
        select interviews.interview_id,
               coalesce(interviews.status, 'no status') as "status!",
               interviews.fetched_at,
               jobs.state as "job?"
        from heymilo.interviews
        left join heymilo_sync.jobs using (workspace_id, interview_id)
        where interviews.workspace_id = $1
          and interviews.posting_id = $2
          and interviews.deleted_at is null
          and ($3::text is null or coalesce(interviews.status, 'no status') = $3)
        order by interviews.invited_at desc nulls last, interviews.interview_id
        limit $4
        "#,
        workspace_id.as_str(),
        posting_id.as_str(),
        status,
        MAX_INTERVIEWS,
    )
    .fetch_all(db)
    .await
}
