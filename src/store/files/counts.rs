//! The number of files by state.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgExecutor;
use utoipa::ToSchema;

use crate::{records::WorkspaceId, store::Result};

/// The recordings and resumes of a workspace.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub struct FileCounts {
    /// Files that are kept.
    pub kept: i64,
    /// The size of the kept files in bytes. A content that several interviews share counts for
    /// each.
    pub bytes: i64,
    /// Files that wait to be downloaded, or for a fresh link.
    pub waiting: i64,
    /// Files that could not be downloaded.
    pub failed: i64,
    /// Files whose link had expired, as had a fresh one.
    pub expired: i64,
    /// Files larger than `files.max_bytes`.
    pub too_large: i64,
    /// Files removed after `retention.files`.
    pub removed: i64,
    /// Since when the oldest waiting file waits. Null when none waits.
    pub oldest_waiting_at: Option<DateTime<Utc>>,
}

impl FileCounts {
    /// Whether there is or was any file.
    pub fn has_any(&self) -> bool {
        self.kept + self.waiting + self.not_kept() + self.removed > 0
    }

    /// The number of files that are not kept. Their rows say why.
    pub fn not_kept(&self) -> i64 {
        self.failed + self.expired + self.too_large
    }
}

/// Counts the files of these workspaces. It reads every row of `heymilo.files`.
pub async fn counts(
    db: impl PgExecutor<'_>,
    workspaces: &[&str],
) -> Result<Vec<(WorkspaceId, FileCounts)>> {
    let counted = sqlx::query!(
        r#"
        select asked.workspace_id as "workspace_id!: WorkspaceId",
               count(*) filter (where state = 'kept') as "kept!",
               coalesce(sum(bytes) filter (where state = 'kept'), 0)::bigint as "bytes!",
               count(*) filter (where state = 'waiting') as "waiting!",
               count(*) filter (where state = 'failed') as "failed!",
               count(*) filter (where state = 'expired') as "expired!",
               count(*) filter (where state = 'too_large') as "too_large!",
               count(*) filter (where state = 'removed') as "removed!",
               (
                   select min(waiting_since)
                   from heymilo_sync.downloads
                   where downloads.workspace_id = asked.workspace_id
               ) as oldest_waiting_at
        from unnest($1::text[]) as asked (workspace_id)
        left join heymilo.files using (workspace_id)
        group by asked.workspace_id
        "#,
        workspaces as _,
    )
    .fetch_all(db)
    .await?;

    let counts = counted.into_iter().map(|row| {
        let counts = FileCounts {
            kept: row.kept,
            bytes: row.bytes,
            waiting: row.waiting,
            failed: row.failed,
            expired: row.expired,
            too_large: row.too_large,
            removed: row.removed,
            oldest_waiting_at: row.oldest_waiting_at,
        };
        (row.workspace_id, counts)
    });
    Ok(counts.collect())
}
