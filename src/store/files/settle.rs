//! Records the result of a download.

use std::time::Duration;

use sqlx::{PgConnection, PgExecutor};

use super::{Download, forget_unclaimed};
use crate::{
    records::{FileKind, WorkspaceId},
    store::{Result, database::interval},
};

/// A file that was downloaded.
#[derive(Debug)]
pub struct Kept<'a> {
    /// Its SHA-256 in hexadecimal.
    pub sha256: &'a str,
    /// Its size in bytes.
    pub bytes: i64,
    /// The media type that the server gave.
    pub media_type: Option<&'a str>,
}

/// Why a file is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Given {
    /// The download failed too often, or cannot succeed.
    Failed,
    /// The link expired, and a fresh one too.
    Expired,
    /// The file is larger than the settings allow.
    TooLarge,
}

impl Given {
    fn as_str(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Expired => "expired",
            Self::TooLarge => "too_large",
        }
    }
}

/// Records that a file is kept. Returns whether its interview is still there. If not, the content
/// is due for removal.
pub async fn keep(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    download: &Download,
    kept: &Kept<'_>,
) -> Result<bool> {
    remove_download(db, workspace_id, download).await?;
    let claimed = sqlx::query!(
        r#"
        update heymilo.files
        set state      = 'kept',
            reason     = null,
            sha256     = $5,
            bytes      = $6,
            media_type = $7,
            kept_at    = now()
        where interview_id = $2
          and workspace_id = $1
          and kind = $3
          and link_digest = $4
        "#,
        workspace_id.as_str(),
        download.interview_id.as_str(),
        download.kind.as_str(),
        download.link_digest,
        kept.sha256,
        kept.bytes,
        kept.media_type,
    )
    .execute(&mut *db)
    .await?;
    if claimed.rows_affected() > 0 {
        // This waits for a process that is removing the content.
        forget_unclaimed(db, kept.sha256).await?;
        return Ok(true);
    }
    sqlx::query!(
        r#"
        update heymilo_sync.unclaimed_contents
        set due_at = now()
        where sha256 = $1
        "#,
        kept.sha256,
    )
    .execute(db)
    .await?;

    Ok(false)
}

/// Records that a file is not kept, and why.
pub async fn give_up(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    download: &Download,
    given: Given,
    reason: &str,
) -> Result<()> {
    remove_download(db, workspace_id, download).await?;
    sqlx::query!(
        r#"
        update heymilo.files
        set state  = $5,
            reason = $6
        where interview_id = $2
          and workspace_id = $1
          and kind = $3
          and link_digest = $4
        "#,
        workspace_id.as_str(),
        download.interview_id.as_str(),
        download.kind.as_str(),
        download.link_digest,
        given.as_str(),
        reason,
    )
    .execute(db)
    .await?;

    Ok(())
}

async fn remove_download(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    download: &Download,
) -> Result<()> {
    sqlx::query!(
        r#"
        delete from heymilo_sync.downloads
        where workspace_id = $1
          and interview_id = $2
          and kind = $3
          and link_digest = $4
        "#,
        workspace_id.as_str(),
        download.interview_id.as_str(),
        download.kind.as_str(),
        download.link_digest,
    )
    .execute(db)
    .await?;

    Ok(())
}

/// The next download of a file.
#[derive(Debug)]
pub struct Retry<'a> {
    /// The wait before the download.
    pub delay: Duration,
    /// The number of failed downloads.
    pub attempt: i32,
    /// Whether the interview is fetched again for a fresh link.
    pub is_refreshed: bool,
    /// Why the last download failed.
    pub reason: &'a str,
}

/// Schedules the next download of a file.
pub async fn retry(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    download: &Download,
    retry: &Retry<'_>,
) -> Result<()> {
    sqlx::query!(
        r#"
        update heymilo_sync.downloads
        set due_at       = now() + $5,
            attempt      = $6,
            is_refreshed = $7,
            last_error   = $8
        where workspace_id = $1
          and interview_id = $2
          and kind = $3
          and link_digest = $4
        "#,
        workspace_id.as_str(),
        download.interview_id.as_str(),
        download.kind.as_str(),
        download.link_digest,
        interval(retry.delay)?,
        retry.attempt,
        retry.is_refreshed,
        retry.reason,
    )
    .execute(db)
    .await?;

    Ok(())
}

/// Has a file whose content is gone downloaded again. The next answer brings its link. Without one
/// within a day, the file counts as expired.
pub async fn lose(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    interview_id: &str,
    kind: FileKind,
    link_digest: &str,
) -> Result<()> {
    sqlx::query!(
        r#"
        with lost as (
            update heymilo.files
            set state      = 'waiting',
                sha256     = null,
                bytes      = null,
                media_type = null,
                kept_at    = null
            where interview_id = $2
              and workspace_id = $1
              and kind = $3
              and link_digest = $4
            returning workspace_id, interview_id, kind, link_digest
        )
        insert into heymilo_sync.downloads
            (workspace_id, interview_id, kind, link_digest, link, due_at, is_refreshed)
        select workspace_id, interview_id, kind, link_digest, '', now() + interval '1 day', true
        from lost
        on conflict (workspace_id, interview_id, kind, link_digest) do nothing
        "#,
        workspace_id.as_str(),
        interview_id,
        kind.as_str(),
        link_digest,
    )
    .execute(db)
    .await?;

    Ok(())
}
