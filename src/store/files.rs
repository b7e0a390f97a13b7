//! Recordings and resumes: which are kept, and which are still to be downloaded.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};
use sqlx::{PgConnection, PgExecutor, PgPool};

use super::{Result, database::interval};
use crate::records::{FileKind, FileLink, InterviewId, WorkspaceId};

/// A file that is to be downloaded.
#[derive(Debug, Clone)]
pub struct Download {
    /// Its interview.
    pub interview_id: InterviewId,
    /// What it is.
    pub kind: FileKind,
    /// Tells it apart from other files of the interview.
    pub link_digest: String,
    /// The signed link.
    pub link: String,
    /// How many downloads failed.
    pub attempt: i32,
    /// Whether the interview was fetched again because the link had expired.
    pub is_refreshed: bool,
}

/// A file that was downloaded.
#[derive(Debug)]
pub struct Kept<'a> {
    /// Its SHA-256 in hexadecimal.
    pub sha256: &'a str,
    /// Its size.
    pub bytes: i64,
    /// What the server said that it is.
    pub media_type: Option<&'a str>,
}

/// Why a file is not kept, in the database's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Given {
    /// It failed too often, or cannot be had.
    Failed,
    /// Its link expired, and so did a fresh one.
    Expired,
    /// It is larger than the settings allow.
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

/// Notes the links of fetched interviews. A file that is new, or still to be downloaded, is due at once.
pub async fn note(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    links: &[(&str, FileLink<'_>)],
) -> Result<()> {
    if links.is_empty() {
        return Ok(());
    }
    let digests: Vec<String> = links.iter().map(|(_, link)| digest(link.link)).collect();
    sqlx::query!(
        r#"
        with linked as (
            select distinct on (interview_id, kind, link_digest) interview_id, kind, link_digest, link
            from unnest($2::text[], $3::text[], $4::text[], $5::text[])
                 as linked (interview_id, kind, link_digest, link)
            order by interview_id, kind, link_digest
        ),
        noted as (
            insert into heymilo.files as known (workspace_id, interview_id, kind, link_digest, state)
            select $1, interview_id, kind, link_digest, 'waiting'
            from linked
            on conflict (interview_id, workspace_id, kind, link_digest) do update
                set last_seen_at = now()
                where known.state = 'waiting'
                   or known.last_seen_at < now() - interval '1 hour'
            returning interview_id, kind, link_digest, state
        )
        insert into heymilo_sync.downloads (workspace_id, interview_id, kind, link_digest, link)
        select $1, interview_id, kind, link_digest, link
        from noted
        join linked using (interview_id, kind, link_digest)
        where noted.state = 'waiting'
        on conflict (workspace_id, interview_id, kind, link_digest) do update
            set link   = excluded.link,
                due_at = now()
        "#,
        workspace_id.as_str(),
        &links.iter().map(|(interview_id, _)| *interview_id).collect::<Vec<_>>() as _,
        &links.iter().map(|(_, link)| link.kind.as_str()).collect::<Vec<_>>() as _,
        &digests,
        &links.iter().map(|(_, link)| link.link).collect::<Vec<_>>() as _,
    )
    .execute(db)
    .await?;

    Ok(())
}

/// Links that the tables hold.
#[derive(Debug)]
pub struct Earlier {
    /// The links.
    pub links: Vec<Linked>,
    /// The last interview that was looked at.
    pub last: String,
}

/// A link that the tables hold.
#[derive(Debug)]
pub struct Linked {
    /// Its interview.
    pub interview_id: String,
    /// The posting.
    pub posting_id: Option<String>,
    /// What the file is.
    pub kind: FileKind,
    /// The signed link.
    pub link: String,
}

/// The links of up to `most` interviews after one, in the order of their ids. `None` after the last interview.
pub async fn earlier(
    db: &PgPool,
    workspace_id: &WorkspaceId,
    after: &str,
    most: i64,
) -> Result<Option<Earlier>> {
    let last = sqlx::query_scalar!(
        r#"
        select max(interview_id)
        from (
            select interview_id
            from heymilo.interviews
            where workspace_id = $1
              and interview_id > $2
            order by interview_id
            limit $3
        ) as next
        "#,
        workspace_id.as_str(),
        after,
        most,
    )
    .fetch_one(db)
    .await?;
    let Some(last) = last else { return Ok(None) };

    let links = sqlx::query_as!(
        Linked,
        r#"
        select links.interview_id as "interview_id!", posting_id, kind as "kind!: FileKind", link as "link!"
        from (
            select workspace_id, interview_id, 'audio' as kind, audio_recording_url as link
            from heymilo.web_interviews
            union all
            select workspace_id, interview_id, 'video', video_recording_url
            from heymilo.web_interviews
            union all
            select workspace_id, interview_id, 'resume', resume_url
            from heymilo.resume_screenings
        ) as links
        join heymilo.interviews
            on interviews.interview_id = links.interview_id
            and interviews.workspace_id = links.workspace_id
        where links.workspace_id = $1
          and links.interview_id > $2
          and links.interview_id <= $3
          and link is not null
          and deleted_at is null
        "#,
        workspace_id.as_str(),
        after,
        last,
    )
    .fetch_all(db)
    .await?;

    Ok(Some(Earlier { links, last }))
}

/// The files that are due, those that wait longest first.
pub async fn due(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    most: i64,
) -> Result<Vec<Download>> {
    sqlx::query_as!(
        Download,
        r#"
        select interview_id as "interview_id: InterviewId", kind as "kind: FileKind", link_digest, link,
               attempt, is_refreshed
        from heymilo_sync.downloads
        where workspace_id = $1
          and due_at <= now()
        order by due_at
        limit $2
        "#,
        workspace_id.as_str(),
        most,
    )
    .fetch_all(db)
    .await
}

/// Notes that a file is kept.
pub async fn keep(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    download: &Download,
    kept: &Kept<'_>,
) -> Result<()> {
    remove_download(db, workspace_id, download).await?;
    sqlx::query!(
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
    // Another row may have lost the same content just now.
    sqlx::query!("delete from heymilo_sync.removed_contents where sha256 = $1", kept.sha256)
        .execute(db)
        .await?;

    Ok(())
}

/// Notes that a file is not kept, and why.
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

/// Lets a file be downloaded again after `delay`. With `refreshed` it waits for a fresh link.
pub async fn retry(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    download: &Download,
    delay: Duration,
    refreshed: bool,
    reason: &str,
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
        interval(delay)?,
        download.attempt + i32::from(!refreshed),
        download.is_refreshed || refreshed,
        reason,
    )
    .execute(db)
    .await?;

    Ok(())
}

/// Lets a file be downloaded anew whose content is gone. The next answer brings its link.
pub async fn lose(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    interview_id: &str,
    kind: FileKind,
    link_digest: &str,
) -> Result<()> {
    sqlx::query!(
        r#"
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

/// Tells a link apart, whatever its signature.
pub fn digest(link: &str) -> String {
    let unsigned = link.split_once('?').map_or(link, |(unsigned, _)| unsigned);
    Sha256::digest(unsigned).iter().map(|byte| format!("{byte:02x}")).collect()
}
