//! Interviews whose results arrived recently, for monitoring.

use chrono::{DateTime, Utc};
use sqlx::PgExecutor;

use super::Result;

/// An interview whose results were received, without names.
#[derive(Debug)]
pub struct Arrival {
    /// HeyMilo's id of the interview.
    pub interview_id: String,
    /// Title of its posting, when known.
    pub posting_title: Option<String>,
    /// Its status.
    pub status: Option<String>,
    /// Overall score, 0 to 100.
    pub score: Option<f64>,
    /// When the results were received.
    pub fetched_at: DateTime<Utc>,
}

/// The interviews whose results were received after `since`, oldest first.
pub async fn fetched_since(db: impl PgExecutor<'_>, since: DateTime<Utc>) -> Result<Vec<Arrival>> {
    sqlx::query_as!(
        Arrival,
        r#"
        select interview_id,
               postings.title as "posting_title?",
               interviews.status,
               score,
               fetched_at as "fetched_at!"
        from heymilo.interviews
        left join heymilo.postings using (workspace_id, posting_id)
        where fetched_at > $1
        order by fetched_at
        "#,
        since,
    )
    .fetch_all(db)
    .await
}

/// The latest time of activity in any interview.
pub async fn latest_activity(db: impl PgExecutor<'_>) -> Result<Option<DateTime<Utc>>> {
    sqlx::query_scalar!(
        r#"select max(greatest(invited_at, last_activity_at)) from heymilo.interviews"#
    )
    .fetch_one(db)
    .await
}
