//! What can only be told by counting all interviews or notices: to be asked now and then.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgConnection;
use utoipa::ToSchema;

use crate::{records::WorkspaceId, store::Result};

/// Most differences that are told.
const MOST_NOTICES: i64 = 50;

/// What was counted in a workspace.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub struct Census {
    /// HeyMilo's counts beside ours.
    pub coverage: Vec<Coverage>,
    /// Interviews of the last day in which something happened after the last delivery: more than a
    /// few mean that deliveries do not arrive.
    pub unannounced: i64,
    /// How far the search is behind the tables, in seconds.
    pub search_lag_s: f64,
    /// Where HeyMilo's answers differ from what was expected, the most frequent first.
    pub notices: Vec<Notices>,
}

/// A posting's interviews, as HeyMilo and we count them.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Coverage {
    /// The posting.
    pub posting_id: Option<String>,
    /// Its job title.
    pub posting_title: Option<String>,
    /// When HeyMilo counted. Absent when it has not.
    pub counted_at: Option<DateTime<Utc>>,
    /// Candidates, as HeyMilo counts.
    pub heymilo_candidates: Option<i64>,
    /// Candidates in the tables.
    pub our_candidates: i64,
    /// Completed interviews, as HeyMilo counts.
    pub heymilo_completed: Option<i64>,
    /// Completed interviews in the tables.
    pub our_completed: i64,
    /// Whether none of its interviews changed since HeyMilo counted: otherwise the counts may differ.
    pub is_settled: bool,
}

impl Coverage {
    /// Whether both count the same, as far as HeyMilo has told and nothing moved since.
    pub fn agrees(&self) -> bool {
        !self.is_settled
            || self.heymilo_candidates.is_none_or(|theirs| theirs == self.our_candidates)
                && self.heymilo_completed.is_none_or(|theirs| theirs == self.our_completed)
    }
}

/// The same difference at the same place in many answers.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Notices {
    /// The kind of answer.
    pub kind: String,
    /// Where in it.
    pub path: String,
    /// What is different.
    pub problem: String,
    /// What was expected.
    pub expected: String,
    /// What was there.
    pub found: String,
    /// In how many answers.
    pub answers: i64,
    /// When the oldest of them was received.
    pub first_at: DateTime<Utc>,
    /// When the newest of them was received.
    pub last_at: DateTime<Utc>,
}

/// Counts the interviews and the notices of a workspace.
pub async fn census(db: &mut PgConnection, id: &WorkspaceId) -> Result<Census> {
    let coverage = sqlx::query_as!(
        Coverage,
        r#"
        select posting_id,
               posting_title,
               counted_at,
               heymilo_candidates,
               our_candidates as "our_candidates!",
               heymilo_completed,
               our_completed as "our_completed!",
               coalesce(changes.changed_at <= counted_at, true) as "is_settled!"
        from heymilo_bi.reconciliation
        left join (
            select posting_id, max(synced_at) as changed_at
            from heymilo.interviews
            where workspace_id = $1
            group by posting_id
        ) as changes using (posting_id)
        where workspace_id = $1
        order by posting_title, posting_id
        "#,
        id.as_str(),
    )
    .fetch_all(&mut *db)
    .await?;
    let counted = sqlx::query!(
        r#"
        with known as (
            select greatest(
                       (
                           select max(received_at)
                           from heymilo_sync.inbox
                           where workspace_id = $1
                       ),
                       (
                           select first_synced_at
                           from heymilo.workspaces
                           where workspace_id = $1
                       ),
                       now() - interval '1 day'
                   ) as since
        )
        select (
                   select count(*)
                   from heymilo.interviews
                   where workspace_id = $1
                     and last_activity_at > (select since + interval '1 minute' from known)
                     and last_activity_at < now() - interval '10 minutes'
               ) as "unannounced!",
               coalesce(
                   (select lag_seconds from heymilo_bi.search_lag where workspace_id = $1), 0
               ) as "search_lag_s!"
        "#,
        id.as_str(),
    )
    .fetch_one(&mut *db)
    .await?;

    let (unannounced, search_lag_s) = (counted.unannounced, counted.search_lag_s);
    Ok(Census { coverage, unannounced, search_lag_s, notices: notices(db, id).await? })
}

async fn notices(db: &mut PgConnection, id: &WorkspaceId) -> Result<Vec<Notices>> {
    sqlx::query_as!(
        Notices,
        r#"
        select kind,
               path,
               problem,
               expected,
               found,
               count(*) as "answers!",
               min(noticed_at) as "first_at!",
               max(noticed_at) as "last_at!"
        from heymilo_sync.notices
        where workspace_id = $1
        group by kind, path, problem, expected, found
        order by count(*) desc, kind, path, problem, expected, found
        limit $2
        "#,
        id.as_str(),
        MOST_NOTICES,
    )
    .fetch_all(db)
    .await
}
