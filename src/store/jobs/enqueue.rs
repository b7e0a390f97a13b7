//! Enqueues interviews. Ids must be sorted and distinct, so that concurrent callers cannot
//! deadlock.

use chrono::{DateTime, Utc};
use sqlx::PgExecutor;

use crate::{
    records::{Urgency, WorkspaceId},
    store::Result,
};

/// An interview that a list shows for the first time.
#[derive(Debug, Clone, Copy)]
pub struct FirstCopy<'a> {
    /// Its id.
    pub interview_id: &'a str,
    /// When the candidate was invited. The newest is fetched first.
    pub invited_at: Option<DateTime<Utc>>,
}

/// Makes interviews due now. A job in flight is due again when it completes.
pub async fn enqueue(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    interview_ids: &[&str],
    urgency: Urgency,
) -> Result<()> {
    let invited_at = vec![None; interview_ids.len()];
    insert(db, workspace_id, interview_ids, &invited_at, urgency, false).await
}

/// Enqueues interviews that a full scan of their posting did not show.
pub async fn enqueue_unlisted(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    interview_ids: &[&str],
) -> Result<()> {
    let invited_at = vec![None; interview_ids.len()];
    insert(db, workspace_id, interview_ids, &invited_at, Urgency::Change, true).await
}

/// Enqueues interviews that a list shows for the first time.
pub async fn enqueue_first_copies(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    first_copies: &[FirstCopy<'_>],
) -> Result<()> {
    let ids: Vec<&str> = first_copies.iter().map(|copy| copy.interview_id).collect();
    let invited_at: Vec<_> = first_copies.iter().map(|copy| copy.invited_at).collect();
    insert(db, workspace_id, &ids, &invited_at, Urgency::FirstCopy, false).await
}

async fn insert(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    interview_ids: &[&str],
    invited_at: &[Option<DateTime<Utc>>],
    urgency: Urgency,
    is_unlisted: bool,
) -> Result<()> {
    if interview_ids.is_empty() {
        return Ok(());
    }
    // The newest invitation gets the earliest due time, and all of these times are long past.
    sqlx::query!(
        r#"
        insert into heymilo_sync.jobs (workspace_id, interview_id, urgency, is_unlisted, due_at)
        select $1, interview_id, $4::text::heymilo_sync.urgency, $5,
               case when invited_at is null then now()
                    else least(
                        timestamptz '1900-01-01' + (timestamptz '2100-01-01' - least(invited_at, now())),
                        now()
                    ) end
        from unnest($2::text[], $3::timestamptz[]) as due (interview_id, invited_at)
        on conflict (workspace_id, interview_id) do update
            set urgency     = case when jobs.failed_at is null
                                   then least(jobs.urgency, excluded.urgency)
                                   else excluded.urgency end,
                due_at      = case when jobs.failed_at is not null
                                     or excluded.urgency < jobs.urgency then excluded.due_at
                                   when excluded.urgency = jobs.urgency
                                   then least(jobs.due_at, excluded.due_at)
                                   else least(jobs.due_at, now()) end,
                generation  = jobs.generation + 1,
                enqueued_at = now(),
                is_known    = true,
                is_unlisted = excluded.is_unlisted,
                repeats     = 0,
                looks       = 0,
                attempt     = 0,
                failed_at   = null,
                traceparent = case when jobs.failed_at is null then jobs.traceparent end
        "#,
        workspace_id.as_str(),
        interview_ids as _,
        invited_at as _,
        urgency.as_str(),
        is_unlisted,
    )
    .execute(db)
    .await?;

    Ok(())
}
