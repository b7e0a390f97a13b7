//! Figures that need a count of all interviews or notices. They are asked for rarely.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgConnection;
use utoipa::ToSchema;

use crate::{
    records::WorkspaceId,
    store::{
        self, Result,
        files::FileCounts,
        verify::{self, WithoutResults},
    },
};

/// The most notices that are returned.
const MAX_NOTICES: i64 = 50;

/// An interview with this many unchanged answers in a row counts as repeating.
const MIN_REPEATS: i32 = 6;

/// The counts of a workspace.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub struct WorkspaceCounts {
    /// Interviews in the tables.
    pub interviews: i64,
    /// When new results of an interview were last received. Null until there are any.
    pub newest_at: Option<DateTime<Utc>>,
    /// HeyMilo's counts beside ours.
    pub coverage: Vec<Coverage>,
    /// Interviews of the last day with activity after their last delivery. More than a few mean
    /// that deliveries do not arrive.
    pub unannounced: i64,
    /// Finished interviews whose results are not in the tables.
    pub without_results: WithoutResults,
    /// How far search is behind the tables, in seconds.
    pub search_lag_s: f64,
    /// The size of the deliveries in the inbox, in bytes.
    pub inbox_bytes: i64,
    /// Interviews that deliveries had fetched many times in the last hour without a change.
    pub repeating: i64,
    /// Where HeyMilo's answers differ from the contract, the most frequent first.
    pub notices: Vec<Notices>,
    /// Recordings and resumes. Null when none was ever to be kept.
    pub files: Option<FileCounts>,
}

/// A posting's interviews, as HeyMilo and we count them.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Coverage {
    /// The posting.
    pub posting_id: Option<String>,
    /// Its job title.
    pub posting_title: Option<String>,
    /// When HeyMilo counted. Null when it has not.
    pub counted_at: Option<DateTime<Utc>>,
    /// Candidates in HeyMilo's count.
    pub heymilo_candidates: Option<i64>,
    /// Candidates in the tables.
    pub our_candidates: i64,
    /// Completed interviews in HeyMilo's count.
    pub heymilo_completed: Option<i64>,
    /// Completed interviews in the tables.
    pub our_completed: i64,
    /// Our candidates minus HeyMilo's. Null when HeyMilo has not counted.
    pub candidates_difference: Option<i64>,
    /// Our completed interviews minus HeyMilo's. Null when HeyMilo has not counted.
    pub completed_difference: Option<i64>,
    /// Interviews that were added or changed since HeyMilo counted.
    pub not_compared_yet: i64,
    /// Since when the counts differ. Null while they agree.
    pub differs_since: Option<DateTime<Utc>>,
}

impl Coverage {
    /// Whether the counts agree, as far as HeyMilo could know.
    pub fn agrees(&self) -> bool {
        self.candidates_difference.unwrap_or(0) == 0 && self.completed_difference.unwrap_or(0) == 0
    }

    /// Whether HeyMilo has counted again since the counts began to differ.
    pub fn is_confirmed(&self) -> bool {
        !self.agrees() && self.differs_since.is_some_and(|since| self.counted_at > Some(since))
    }
}

/// The same difference at the same place in many answers.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Notices {
    /// The kind of answer.
    pub kind: String,
    /// The path in the answer.
    pub path: String,
    /// The kind of difference.
    pub problem: String,
    /// What was expected.
    pub expected: String,
    /// What was there.
    pub found: String,
    /// The number of answers.
    pub answers: i64,
    /// When the oldest of them was received.
    pub first_at: DateTime<Utc>,
    /// When the newest of them was received.
    pub last_at: DateTime<Utc>,
}

/// Counts the interviews and the notices of a workspace.
pub async fn workspace_counts(db: &mut PgConnection, id: &WorkspaceId) -> Result<WorkspaceCounts> {
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
               candidates_difference,
               completed_difference,
               not_compared_yet as "not_compared_yet!",
               differs_since
        from heymilo_bi.reconciliation
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
               (
                   select count(*)
                   from heymilo.interviews
                   where workspace_id = $1
                     and deleted_at is null
               ) as "interviews!",
               (
                   select max(fetched_at)
                   from heymilo.interviews
                   where workspace_id = $1
               ) as newest_at,
               (
                   select coalesce(sum(content_bytes), 0)::bigint
                   from heymilo_sync.inbox
                   where workspace_id = $1
                     and content_bytes > 0
               ) as "inbox_bytes!",
               (
                   select count(*)
                   from heymilo_sync.repeats
                   where workspace_id = $1
                     and repeats >= $2
                     and answered_at > now() - interval '1 hour'
               ) as "repeating!",
               coalesce(
                   (select lag_seconds from heymilo_bi.search_lag where workspace_id = $1), 0
               ) as "search_lag_s!"
        "#,
        id.as_str(),
        MIN_REPEATS,
    )
    .fetch_one(&mut *db)
    .await?;

    Ok(WorkspaceCounts {
        interviews: counted.interviews,
        newest_at: counted.newest_at,
        coverage,
        unannounced: counted.unannounced,
        without_results: verify::without_results(&mut *db, id).await?,
        search_lag_s: counted.search_lag_s,
        inbox_bytes: counted.inbox_bytes,
        repeating: counted.repeating,
        notices: notices(&mut *db, id).await?,
        files: files(db, id).await?,
    })
}

async fn files(db: &mut PgConnection, id: &WorkspaceId) -> Result<Option<FileCounts>> {
    let counted = store::files::counts(db, &[id.as_str()]).await?;
    Ok(counted.into_iter().map(|(_, counts)| counts).find(FileCounts::has_any))
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
        MAX_NOTICES,
    )
    .fetch_all(db)
    .await
}
