//! Recordings and resumes: the kept ones, and those that are still to be downloaded.

mod contents;
mod counts;
mod settle;

use sha2::{Digest as _, Sha256};
use sqlx::{PgConnection, PgExecutor, PgPool};

pub use contents::{
    File, contents, expect, expire, forget_unclaimed, list, lock_unclaimed, newest, of_content,
    orphans, unclaim, unclaimed,
};
pub use counts::{FileCounts, counts};
pub use settle::{Given, Kept, Retry, give_up, keep, lose, retry};

use super::Result;
use crate::records::{FileKind, FileLink, InterviewId, WorkspaceId};

/// A file that is to be downloaded.
#[derive(Debug, Clone)]
pub struct Download {
    /// Its interview.
    pub interview_id: InterviewId,
    /// The kind of file.
    pub kind: FileKind,
    /// Identifies the file among others of the interview.
    pub link_digest: String,
    /// The signed link.
    pub link: String,
    /// The number of failed downloads.
    pub attempt: i32,
    /// Whether the interview was fetched again because the link had expired.
    pub is_refreshed: bool,
}

/// Records the links of fetched interviews. A file that is new or not downloaded yet is due at
/// once.
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
            insert into heymilo.files as known
                (workspace_id, interview_id, kind, link_digest, state, last_seen_at)
            select $1, interview_id, kind, link_digest, 'waiting', now()
            from linked
            on conflict (interview_id, workspace_id, kind, link_digest) do update
                set last_seen_at = excluded.last_seen_at
                where known.state = 'waiting'
                   or excluded.last_seen_at - known.last_seen_at > interval '1 hour'
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
    /// The last interview that was read.
    pub last: String,
}

/// A link that the tables hold.
#[derive(Debug)]
pub struct Linked {
    /// Its interview.
    pub interview_id: String,
    /// The posting.
    pub posting_id: Option<String>,
    /// The kind of file.
    pub kind: FileKind,
    /// The signed link.
    pub link: String,
}

/// The links of up to `most` interviews after one, in the order of their ids. `None` after the last
/// interview.
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

/// The due files, the longest waiting first.
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

/// A digest that identifies a link without its signature.
pub fn digest(link: &str) -> String {
    let unsigned = link.split_once('?').map_or(link, |(unsigned, _)| unsigned);
    Sha256::digest(unsigned).iter().map(|byte| format!("{byte:02x}")).collect()
}
