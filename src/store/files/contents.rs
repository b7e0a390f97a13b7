//! Files for lists, downloads and removal.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgExecutor};

use crate::{
    records::{FileKind, InterviewId, WorkspaceId},
    store::{Result, database::interval},
};

/// A file as it is listed and served.
#[derive(Debug)]
pub struct File {
    /// Its interview.
    pub interview_id: String,
    /// The kind of file.
    pub kind: FileKind,
    /// Identifies the file among others of the interview.
    pub link_digest: String,
    /// The database's word for its state.
    pub state: String,
    /// Why its content is not kept.
    pub reason: Option<String>,
    /// Its SHA-256 in hexadecimal.
    pub sha256: Option<String>,
    /// Its size in bytes.
    pub bytes: Option<i64>,
    /// The media type that the server gave.
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

/// The newest kept file of this kind of an interview that HeyMilo still has.
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

/// Releases the contents of up to `most` files that were kept longer than `age` ago and that no
/// hold keeps. Returns their number.
pub async fn expire(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    age: Duration,
    most: i64,
) -> Result<u64> {
    let expired = sqlx::query!(
        r#"
        with expired as (
            select files.interview_id, kind, link_digest, sha256
            from heymilo.files
            left join heymilo_sync.held_interviews as held
              on held.interview_id = files.interview_id
             and held.workspace_id = files.workspace_id
            where files.workspace_id = $1
              and kept_at < now() - $2::interval
              and state = 'kept'
              and held.interview_id is null
            order by kept_at
            limit $3
        ),
        noted as (
            insert into heymilo_sync.unclaimed_contents (sha256)
            select distinct sha256
            from expired
            on conflict (sha256) do update
                set due_at = now()
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

/// Records the contents of interviews that are about to be removed. A content is removed when no
/// other file has it.
pub async fn unclaim(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    interview_ids: &[String],
) -> Result<()> {
    sqlx::query!(
        r#"
        insert into heymilo_sync.unclaimed_contents (sha256)
        select distinct sha256
        from heymilo.files
        where interview_id = any($2)
          and workspace_id = $1
          and sha256 is not null
        on conflict (sha256) do update
            set due_at = now()
        "#,
        workspace_id.as_str(),
        interview_ids,
    )
    .execute(db)
    .await?;

    Ok(())
}

/// Records a content that is about to be kept. If no file gets it, it is removed an hour later.
pub async fn expect(db: impl PgExecutor<'_>, sha256: &str) -> Result<()> {
    sqlx::query!(
        r#"
        insert into heymilo_sync.unclaimed_contents as unclaimed (sha256, due_at)
        values ($1, now() + interval '1 hour')
        on conflict (sha256) do update
            set due_at = greatest(unclaimed.due_at, excluded.due_at)
        "#,
        sha256,
    )
    .execute(db)
    .await?;

    Ok(())
}

/// Up to `most` due contents that may belong to no file.
pub async fn unclaimed(db: impl PgExecutor<'_>, most: i64) -> Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"
        select sha256
        from heymilo_sync.unclaimed_contents
        where due_at <= now()
        order by due_at
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

/// The given contents that no file has and that the daemon does not track.
pub async fn orphans(db: impl PgExecutor<'_>, contents: &[String]) -> Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"
        select kept.sha256 as "sha256!"
        from unnest($1::text[]) as kept (sha256)
        except
        select sha256
        from heymilo.files
        where sha256 = any($1)
        except
        select sha256
        from heymilo_sync.unclaimed_contents
        where sha256 = any($1)
        order by 1
        "#,
        contents,
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

/// Whether a content belongs to no file. `None` when another process removes it, or when it is not
/// due. Its row among the unclaimed contents stays locked until the transaction ends, so that no
/// file takes it meanwhile.
pub async fn lock_unclaimed(db: &mut PgConnection, sha256: &str) -> Result<Option<bool>> {
    sqlx::query_scalar!(
        r#"
        select not exists (select 1 from heymilo.files where files.sha256 = $1) as "is_of_none!"
        from heymilo_sync.unclaimed_contents
        where sha256 = $1
          and due_at <= now()
        for update skip locked
        "#,
        sha256,
    )
    .fetch_optional(db)
    .await
}

/// Deletes the record of a content that was removed or has a file.
pub async fn forget_unclaimed(db: &mut PgConnection, sha256: &str) -> Result<()> {
    sqlx::query!("delete from heymilo_sync.unclaimed_contents where sha256 = $1", sha256)
        .execute(db)
        .await?;

    Ok(())
}
