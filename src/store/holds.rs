//! Legal holds: rows that must be kept, regardless of their age and of erasure requests.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgExecutor};

use super::{Result, erasures::Named};
use crate::records::WorkspaceId;

/// A hold.
#[derive(Debug)]
pub struct Hold {
    /// Its number.
    pub hold_id: i64,
    /// How the person is named: candidate, email or interview.
    pub asked_for: String,
    /// The id or address.
    pub subject: String,
    /// The reason for the hold.
    pub reason: String,
    /// The person who ordered the hold.
    pub held_by: String,
    /// When the hold began.
    pub held_at: DateTime<Utc>,
}

/// Adds a hold on a person or an interview, and logs it. Returns its number.
pub async fn add(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    named: &Named,
    reason: &str,
    by: Option<&str>,
) -> Result<i64> {
    sqlx::query_scalar!(
        r#"
        with hold as (
            insert into heymilo_sync.holds (workspace_id, asked_for, subject, reason, held_by)
            values ($1, $2, $3, $4, coalesce($5, session_user::text))
            returning *
        ),
        logged as (
            insert into heymilo_sync.privacy_log (workspace_id, done_by, action, asked_for, hold_id)
            select workspace_id, held_by, 'held', asked_for, hold_id
            from hold
        )
        select hold_id from hold
        "#,
        workspace_id.as_str(),
        named.kind(),
        named.subject(),
        reason,
        by,
    )
    .fetch_one(db)
    .await
}

/// Releases all holds on this name, and logs it. Returns their number.
pub async fn release(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    named: &Named,
    reason: &str,
    by: Option<&str>,
) -> Result<i64> {
    sqlx::query_scalar!(
        r#"
        with released as (
            update heymilo_sync.holds
            set released_at    = now(),
                released_by    = coalesce($5, session_user::text),
                release_reason = $4
            where workspace_id = $1
              and asked_for = $2
              and heymilo_sync.fold(subject) = heymilo_sync.fold($3)
              and released_at is null
            returning *
        ),
        logged as (
            insert into heymilo_sync.privacy_log (workspace_id, done_by, action, asked_for, hold_id)
            select workspace_id, released_by, 'released', asked_for, hold_id
            from released
        )
        select count(*) as "released!" from released
        "#,
        workspace_id.as_str(),
        named.kind(),
        named.subject(),
        reason,
        by,
    )
    .fetch_one(db)
    .await
}

/// The holds in force.
pub async fn in_force(db: impl PgExecutor<'_>, workspace_id: &WorkspaceId) -> Result<Vec<Hold>> {
    sqlx::query_as!(
        Hold,
        r#"
        select hold_id, asked_for, subject as "subject!", reason, held_by, held_at
        from heymilo_sync.holds
        where workspace_id = $1
          and released_at is null
        order by hold_id
        "#,
        workspace_id.as_str(),
    )
    .fetch_all(db)
    .await
}

/// The given interviews that are held, by themselves or with their person.
pub async fn among(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    interview_ids: &[String],
) -> Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"
        select interview_id as "interview_id!"
        from heymilo_sync.held_interviews
        where interview_id = any($2)
          and workspace_id = $1
        "#,
        workspace_id.as_str(),
        interview_ids,
    )
    .fetch_all(db)
    .await
}

/// The subjects of released holds, each with the number of its hold.
pub async fn released(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
) -> Result<Vec<(i64, String)>> {
    let released = sqlx::query!(
        r#"
        select hold_id, subject as "subject!"
        from heymilo_sync.holds
        where workspace_id = $1
          and released_at is not null
          and subject is not null
        "#,
        workspace_id.as_str(),
    )
    .fetch_all(db)
    .await?;

    Ok(released.into_iter().map(|hold| (hold.hold_id, hold.subject)).collect())
}

/// Clears the names in released holds, because the people were removed.
pub async fn forget(db: impl PgExecutor<'_>, hold_ids: &[i64]) -> Result<()> {
    sqlx::query!(
        r#"
        update heymilo_sync.holds
        set subject        = null,
            reason         = '',
            release_reason = ''
        where hold_id = any($1)
        "#,
        hold_ids,
    )
    .execute(db)
    .await?;

    Ok(())
}
