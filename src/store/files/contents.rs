//! Files as they are listed, served and removed.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgExecutor};

use crate::{
    records::{FileKind, InterviewId, WorkspaceId},
    store::{Result, database::interval},
};

/// A content that is kept, as it is served and listed.
#[derive(Debug)]
pub struct File {
    /// Its interview.
    pub interview_id: String,
    /// What it is.
    pub kind: FileKind,
    /// Tells it apart from other files of the interview.
    pub link_digest: String,
    /// In the database's word.
    pub state: String,
    /// Why it is not kept.
    pub reason: Option<String>,
    /// Its SHA-256 in hexadecimal.
    pub sha256: Option<String>,
    /// Its size.
    pub bytes: Option<i64>,
    /// What the server said that it is.
    pub media_type: Option<String>,
    /// When it was kept.
    pub kept_at: Option<DateTime<Utc>>,
}

/// The files of a workspace, or of one of its interviews, newest first.
pub async fn list(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    interview_id: Option<&str>,
) -> Result<Vec<File>> {
    sqlx::query_as!(
        File,
        r#"
        select interview_id, kind as "kind: FileKind", link_digest, state, reason, sha256, bytes, media_type, kept_at
        from heymilo.files
        where workspace_id = $1
          and ($2::text is null or interview_id = $2)
        order by kept_at desc nulls last, interview_id, kind
        "#,
        workspace_id.as_str(),
        interview_id,
    )
    .fetch_all(db)
    .await
}

/// The newest file of this kind of an interview that is kept, and that HeyMilo has not removed.
pub async fn newest(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    interview_id: &str,
    kind: FileKind,
) -> Result<Option<File>> {
    sqlx::query_as!(
        File,
        r#"
        select files.interview_id, kind as "kind: FileKind", link_digest, state, reason, sha256, bytes,
               media_type, kept_at
        from heymilo.files
        join heymilo.interviews
            on interviews.interview_id = files.interview_id
            and interviews.workspace_id = files.workspace_id
        where files.interview_id = $2
          and files.workspace_id = $1
          and kind = $3
          and state = 'kept'
          and deleted_at is null
        order by last_seen_at desc, kept_at desc
        limit 1
        "#,
        workspace_id.as_str(),
        interview_id,
        kind.as_str(),
    )
    .fetch_optional(db)
    .await
}

/// Notes that the contents of files are removed that were kept longer than `age` ago, up to `most`. Returns how
/// many.
pub async fn expire(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    age: Duration,
    most: i64,
) -> Result<u64> {
    let expired = sqlx::query!(
        r#"
        with expired as (
            select interview_id, kind, link_digest, sha256
            from heymilo.files
            where workspace_id = $1
              and kept_at < now() - $2::interval
              and state = 'kept'
            order by kept_at
            limit $3
        ),
        noted as (
            insert into heymilo_sync.removed_contents (sha256)
            select distinct sha256
            from expired
            on conflict (sha256) do nothing
        )
        update heymilo.files
        set state  = 'removed',
            reason = 'older than retention.files',
            sha256 = null
        from expired
        where files.interview_id = expired.interview_id
          and files.workspace_id = $1
          and files.kind = expired.kind
          and files.link_digest = expired.link_digest
        "#,
        workspace_id.as_str(),
        interval(age)?,
        most,
    )
    .execute(db)
    .await?;

    Ok(expired.rows_affected())
}

/// Notes the contents of interviews that are about to be removed: each goes once no other file has it.
pub async fn note_removed(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    interview_ids: &[String],
) -> Result<()> {
    sqlx::query!(
        r#"
        insert into heymilo_sync.removed_contents (sha256)
        select distinct sha256
        from heymilo.files
        where interview_id = any($2)
          and workspace_id = $1
          and sha256 is not null
        on conflict (sha256) do nothing
        "#,
        workspace_id.as_str(),
        interview_ids,
    )
    .execute(db)
    .await?;

    Ok(())
}

/// The contents that nothing refers to any more, up to `most`.
pub async fn removed(db: impl PgExecutor<'_>, most: i64) -> Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"
        select sha256
        from heymilo_sync.removed_contents
        order by removed_at
        limit $1
        "#,
        most,
    )
    .fetch_all(db)
    .await
}

/// The contents that files have, each once.
pub async fn contents(db: impl PgExecutor<'_>) -> Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"select distinct sha256 as "sha256!" from heymilo.files where sha256 is not null"#
    )
    .fetch_all(db)
    .await
}

/// The files that have a content, each with its workspace.
pub async fn of_content(
    db: impl PgExecutor<'_>,
    sha256: &str,
) -> Result<Vec<(WorkspaceId, InterviewId, FileKind, String)>> {
    let files = sqlx::query!(
        r#"
        select workspace_id, interview_id, kind as "kind: FileKind", link_digest
        from heymilo.files
        where sha256 = $1
        order by interview_id
        "#,
        sha256,
    )
    .fetch_all(db)
    .await?;

    let files = files.into_iter().filter_map(|row| {
        let workspace_id = WorkspaceId::new(row.workspace_id)?;
        Some((workspace_id, InterviewId::from(row.interview_id), row.kind, row.link_digest))
    });
    Ok(files.collect())
}

/// Whether a content is of no file. Its row in the list of removed contents stays locked until the transaction
/// ends, so no file takes it meanwhile.
pub async fn lock_removed(db: &mut PgConnection, sha256: &str) -> Result<bool> {
    let found = sqlx::query_scalar!(
        r#"
        select not exists (select from heymilo.files where files.sha256 = $1) as "is_of_none!"
        from heymilo_sync.removed_contents
        where sha256 = $1
        for update skip locked
        "#,
        sha256,
    )
    .fetch_optional(db)
    .await?;

    Ok(found.unwrap_or_default())
}

/// Forgets a content that was removed, or that has a file again.
pub async fn forget_removed(db: &mut PgConnection, sha256: &str) -> Result<()> {
    sqlx::query!("delete from heymilo_sync.removed_contents where sha256 = $1", sha256)
        .execute(db)
        .await?;

    Ok(())
}
