//! When retention ran, what it removed, and the oldest rows that are left.

use chrono::{DateTime, Utc};
use sqlx::PgExecutor;

use super::Result;
use crate::records::WorkspaceId;

/// Deliveries.
pub const INBOX: &str = "retention.inbox";
/// Contents of deliveries that HeyMilo answered.
pub const ANSWERED: &str = "retention.drop_answered";
/// Contents of the oldest deliveries, when all contents together are too large.
pub const INBOX_BYTES: &str = "retention.inbox_bytes";
/// Conversations.
pub const TRANSCRIPTS: &str = "retention.transcripts";
/// Whole interviews.
pub const INTERVIEWS: &str = "retention.interviews";
/// Recordings and resumes.
pub const FILES: &str = "retention.files";
/// Answers that newer ones replaced.
pub const VERSIONS: &str = "retention.versions";
/// Gone interviews.
pub const GONE: &str = "retention.gone_grace";

/// The runs of one setting.
#[derive(Debug)]
pub struct Runs {
    /// The setting.
    pub setting: String,
    /// The first run.
    pub first_run_at: DateTime<Utc>,
    /// The last run.
    pub last_run_at: DateTime<Utc>,
    /// The number that the last run removed.
    pub last_removed: i64,
    /// The number that all runs removed.
    pub total_removed: i64,
}

/// Records that a setting was applied now, and how much was removed.
pub async fn note(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    setting: &str,
    removed: u64,
) -> Result<()> {
    sqlx::query!(
        r#"
        insert into heymilo_sync.retention_runs as runs (workspace_id, setting, last_removed, total_removed)
        values ($1, $2, $3, $3)
        on conflict (workspace_id, setting) do update
            set last_run_at   = now(),
                last_removed  = excluded.last_removed,
                total_removed = runs.total_removed + excluded.total_removed
        "#,
        workspace_id.as_str(),
        setting,
        i64::try_from(removed).unwrap_or(i64::MAX),
    )
    .execute(db)
    .await?;

    Ok(())
}

/// The runs of all settings.
pub async fn all(db: impl PgExecutor<'_>, workspace_id: &WorkspaceId) -> Result<Vec<Runs>> {
    sqlx::query_as!(
        Runs,
        r#"
        select setting, first_run_at, last_run_at, last_removed, total_removed
        from heymilo_sync.retention_runs
        where workspace_id = $1
        "#,
        workspace_id.as_str(),
    )
    .fetch_all(db)
    .await
}

/// The oldest of each kind, by the time from which its retention counts.
#[derive(Debug)]
pub struct Oldest {
    /// Deliveries.
    pub delivery: Option<DateTime<Utc>>,
    /// Deliveries that still have their content.
    pub content: Option<DateTime<Utc>>,
    /// Interviews that still have their conversations.
    pub conversation: Option<DateTime<Utc>>,
    /// Interviews.
    pub interview: Option<DateTime<Utc>>,
    /// Recordings and resumes.
    pub file: Option<DateTime<Utc>>,
    /// Answers that newer ones replaced.
    pub version: Option<DateTime<Utc>>,
    /// Gone interviews.
    pub gone: Option<DateTime<Utc>>,
    /// The number of interviews that a legal hold keeps.
    pub held: i64,
}

/// Reads the oldest of each kind.
pub async fn oldest(db: impl PgExecutor<'_>, workspace_id: &WorkspaceId) -> Result<Oldest> {
    sqlx::query_as!(
        Oldest,
        r#"
        with interviews as materialized (
            select interviews.interview_id,
                   interviews.deleted_at,
                   coalesce(greatest(invited_at, interviewed_at, last_activity_at), first_synced_at) as active_at,
                   held.interview_id is not null as is_held
            from heymilo.interviews
            left join heymilo_sync.held_interviews as held
              on held.interview_id = interviews.interview_id
             and held.workspace_id = $1
            where interviews.workspace_id = $1
        ),
        versions as materialized (
            select kind,
                   subject_id,
                   seen_at,
                   redacted_at,
                   lead(version) over (partition by kind, subject_id order by version) is not null as is_replaced
            from heymilo_sync.snapshots
            where workspace_id = $1
        )
        select (
                   select min(received_at) from heymilo_sync.inbox where workspace_id = $1
               ) as delivery,
               (
                   select min(received_at) from heymilo_sync.inbox where workspace_id = $1 and content_bytes > 0
               ) as content,
               (
                   select min(active_at)
                   from interviews
                   where interview_id in (
                       select subject_id
                       from versions
                       where kind in ('interview', 'candidate')
                         and redacted_at is null
                   )
               ) as conversation,
               (select min(active_at) from interviews) as interview,
               (
                   select min(kept_at) from heymilo.files where workspace_id = $1 and state = 'kept'
               ) as file,
               (select min(seen_at) from versions where is_replaced) as version,
               (select min(deleted_at) from interviews) as gone,
               (select count(*) from interviews where is_held) as "held!"
        "#,
        workspace_id.as_str(),
    )
    .fetch_one(db)
    .await
}
