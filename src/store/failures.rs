//! Interviews whose jobs failed or keep failing. Operators see them and retry them.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::{PgConnection, PgExecutor};
use utoipa::ToSchema;

use super::{Result, jobs, notifications};
use crate::records::{InterviewId, Urgency, WorkspaceId};

/// After five failed attempts a job counts as troubled, although it is retried.
pub(super) const TROUBLED_ATTEMPTS: i32 = 5;

// An interview that only deliveries name and HeyMilo does not know is not a failure. Its state is
// `unknown`.

/// An interview that cannot be fetched.
#[derive(Debug, Serialize, ToSchema)]
pub struct Failure {
    /// HeyMilo's id of it.
    pub interview_id: String,
    /// The last error.
    pub reason: String,
    /// The number of attempts since a delivery or a list last enqueued it.
    pub attempts: i32,
    /// When a delivery or a list last enqueued it.
    pub news_at: DateTime<Utc>,
    /// When it was set aside. Null while it is retried.
    pub failed_at: Option<DateTime<Utc>>,
    /// When it will be retried. Null when it was set aside.
    pub retry_at: Option<DateTime<Utc>>,
}

/// The state of an interview, without anything about its candidate.
#[derive(Debug, Serialize, ToSchema)]
pub struct Interview {
    /// HeyMilo's id of it.
    pub interview_id: String,
    /// Its posting.
    pub posting_id: Option<String>,
    /// The posting's title.
    pub posting_title: Option<String>,
    /// Its status at HeyMilo.
    pub status: Option<String>,
    /// When new results were last received. Null until there are any.
    pub fetched_at: Option<DateTime<Utc>>,
    /// Since when HeyMilo does not have it. Null while it does.
    pub deleted_at: Option<DateTime<Utc>>,
    /// Whether it is due to be fetched, waiting or in flight.
    pub is_due: bool,
    /// The last error.
    pub last_error: Option<String>,
    /// When it was set aside. Null when it was not.
    pub failed_at: Option<DateTime<Utc>>,
}

/// The interviews of a workspace that cannot be fetched, the last ones set aside first.
pub async fn list(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    reason: Option<&str>,
    most: i64,
) -> Result<Vec<Failure>> {
    sqlx::query_as!(
        Failure,
        r#"
        select interview_id,
               last_error as "reason!",
               attempt as attempts,
               enqueued_at as news_at,
               failed_at,
               case when failed_at is null then due_at end as retry_at
        from heymilo_sync.jobs
        where workspace_id = $1
          and last_error is not null
          and case when failed_at is null
                   then attempt >= $2 and (is_known or missed_at is null)
                   else state = 'failed' end
          and ($4::text is null or last_error = $4)
        order by failed_at desc nulls last, interview_id
        limit $3
        "#,
        workspace_id.as_str(),
        TROUBLED_ATTEMPTS,
        most,
        reason,
    )
    .fetch_all(db)
    .await
}

/// Makes all failed interviews due now, or those with one reason. Returns their number.
pub async fn retry_all(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    reason: Option<&str>,
) -> Result<usize> {
    let failed = sqlx::query_scalar!(
        r#"
        select interview_id
        from heymilo_sync.jobs
        where workspace_id = $1
          and last_error is not null
          and case when failed_at is null
                   then attempt >= $2 and (is_known or missed_at is null)
                   else state = 'failed' end
          and ($3::text is null or last_error = $3)
        order by interview_id collate "C"
        "#,
        workspace_id.as_str(),
        TROUBLED_ATTEMPTS,
        reason,
    )
    .fetch_all(&mut *db)
    .await?;

    let ids: Vec<&str> = failed.iter().map(String::as_str).collect();
    ask_for(db, workspace_id, &ids).await?;
    Ok(ids.len())
}

/// The given interviews that were set aside before `failed_before`, in the order in which jobs are
/// locked.
pub async fn among(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    interview_ids: &[&str],
    failed_before: DateTime<Utc>,
) -> Result<Vec<InterviewId>> {
    sqlx::query_scalar!(
        r#"
        select interview_id as "interview_id: InterviewId"
        from heymilo_sync.jobs
        where workspace_id = $1
          and interview_id = any($2)
          and failed_at < $3
          -- A job that kills its process waits for a delivery or a changed list row.
          and marks = 0
        order by interview_id collate "C"
        "#,
        workspace_id.as_str(),
        interview_ids as _,
        failed_before,
    )
    .fetch_all(db)
    .await
}

/// Makes an interview due now, before all others. Returns whether the interview is known.
pub async fn retry(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    interview_id: &InterviewId,
) -> Result<bool> {
    let is_known = look_up(&mut *db, workspace_id, interview_id).await?.is_some();
    if is_known {
        ask_for(db, workspace_id, &[interview_id.as_str()]).await?;
    }
    Ok(is_known)
}

async fn ask_for(db: &mut PgConnection, workspace_id: &WorkspaceId, ids: &[&str]) -> Result<()> {
    jobs::enqueue(&mut *db, workspace_id, ids, Urgency::Command).await?;
    notifications::notify(db, workspace_id).await
}

/// The state of an interview. `None` when neither a list nor a delivery named it.
pub async fn look_up(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    interview_id: &InterviewId,
) -> Result<Option<Interview>> {
    sqlx::query_as!(
        Interview,
        r#"
        select asked.interview_id as "interview_id!",
               interviews.posting_id as "posting_id?",
               postings.title as "posting_title?",
               interviews.status as "status?",
               interviews.fetched_at as "fetched_at?",
               interviews.deleted_at as "deleted_at?",
               jobs.interview_id is not null and jobs.failed_at is null as "is_due!",
               jobs.last_error as "last_error?",
               jobs.failed_at as "failed_at?"
        from (select $1::text as workspace_id, $2::text as interview_id) as asked
        left join heymilo.interviews using (workspace_id, interview_id)
        left join heymilo.postings using (workspace_id, posting_id)
        left join heymilo_sync.jobs using (workspace_id, interview_id)
        where interviews.interview_id is not null
           or jobs.interview_id is not null
        "#,
        workspace_id.as_str(),
        interview_id.as_str(),
    )
    .fetch_optional(db)
    .await
}
