//! The progress of a workspace's first copy, and its completion.

use serde::Serialize;
use sqlx::PgExecutor;
use utoipa::ToSchema;

use super::Result;
use crate::records::WorkspaceId;

/// The progress of a workspace's first copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FirstCopy {
    /// Known interviews. The number grows until all lists are read.
    pub interviews: i64,
    /// Of these, interviews that wait to be fetched.
    pub interviews_left: i64,
    /// Lists that have not been read to their end yet.
    pub lists_left: i64,
}

impl FirstCopy {
    /// Interviews that are in the tables.
    pub fn copied(&self) -> i64 {
        (self.interviews - self.interviews_left).max(0)
    }

    /// The progress in words.
    pub fn in_words(&self) -> String {
        let Self { interviews, lists_left, .. } = self;
        let interviews = format!("{} of {interviews} interviews", self.copied());
        match lists_left {
            0 => interviews,
            1 => format!("{interviews}, 1 list still to be read"),
            _ => format!("{interviews}, {lists_left} lists still to be read"),
        }
    }

    /// The estimated time left at this rate limit. `None` while lists are left, because they may
    /// add interviews.
    pub fn time_left(&self, requests_per_minute: u32) -> Option<String> {
        let minutes = self.interviews_left / i64::from(requests_per_minute.max(1));
        let left = match minutes {
            0 => "a minute".to_owned(),
            1..120 => format!("{} minutes", minutes + 1),
            _ => format!("{} hours", minutes / 60 + 1),
        };
        (self.lists_left == 0).then_some(left)
    }
}

/// The progress of the first copy. `None` when it is complete.
pub async fn progress(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
) -> Result<Option<FirstCopy>> {
    sqlx::query_as!(
        FirstCopy,
        r#"
        select (
                   select count(*)
                   from heymilo.interviews
                   where workspace_id = $1
                     and deleted_at is null
               ) as "interviews!",
               coalesce(interviews_left, 0) as "interviews_left!",
               coalesce(lists_left, 0) as "lists_left!"
        from (select $1 as workspace_id) as asked
        left join heymilo_sync.copying using (workspace_id)
        where copying.workspace_id is not null
           or not exists (
               -- Nothing is known of it yet.
               select 1 from heymilo_sync.cursors where workspace_id = $1
               union all
               select 1 from heymilo_sync.first_copies where workspace_id = $1
           )
        "#,
        workspace_id.as_str(),
    )
    .fetch_optional(db)
    .await
}

/// Counts the interviews of a workspace.
pub async fn interviews(db: impl PgExecutor<'_>, workspace_id: &WorkspaceId) -> Result<i64> {
    sqlx::query_scalar!(
        r#"
        select count(*) as "interviews!"
        from heymilo.interviews
        where workspace_id = $1
          and deleted_at is null
        "#,
        workspace_id.as_str(),
    )
    .fetch_one(db)
    .await
}

/// Records that the first copy is complete. Returns whether that was not recorded yet.
pub async fn complete(db: impl PgExecutor<'_>, workspace_id: &WorkspaceId) -> Result<bool> {
    let noted = sqlx::query!(
        r#"
        insert into heymilo_sync.first_copies (workspace_id, completed_at)
        values ($1, now())
        on conflict (workspace_id) do nothing
        "#,
        workspace_id.as_str(),
    )
    .execute(db)
    .await?;

    Ok(noted.rows_affected() == 1)
}
