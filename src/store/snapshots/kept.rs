//! Reads kept answers.

use chrono::{DateTime, Utc};
use sqlx::PgExecutor;
use zstd::bulk::Decompressor;

use super::Kind;
use crate::{
    records::{PostingId, WorkspaceId},
    store::Result,
};

/// The newest answer about a subject, as received.
pub async fn newest(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    kind: Kind,
    subject_id: &str,
) -> Result<Option<Vec<u8>>> {
    let newest = sqlx::query!(
        r#"
        select body, body_bytes
        from heymilo_sync.snapshots
        where subject_id = $3
          and kind = $2
          and workspace_id = $1
        order by version desc
        limit 1
        "#,
        workspace_id.as_str(),
        kind.as_str(),
        subject_id,
    )
    .fetch_optional(db)
    .await?;

    let mut bodies = Bodies::new()?;
    newest.map(|row| bodies.decompress(&row.body, row.body_bytes)).transpose()
}

/// The subjects of a command.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// Only subjects of which an answer was received since.
    pub since: Option<DateTime<Utc>>,
    /// Only subjects of this posting.
    pub posting_id: Option<PostingId>,
}

/// The next `most` subjects after `after` that have snapshots of any of the kinds, in the order of
/// their ids.
pub async fn subjects(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    kinds: &[Kind],
    scope: &Scope,
    after: &str,
    most: i64,
) -> Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"
        select distinct subject_id
        from heymilo_sync.snapshots
        where workspace_id = $1
          and kind = any($2)
          and is_applied
          and subject_id > $3
          and ($4::timestamptz is null or fetched_at >= $4)
          and ($5::text is null or posting_id = $5)
        order by subject_id
        limit $6
        "#,
        workspace_id.as_str(),
        &kinds.iter().map(|kind| kind.as_str()).collect::<Vec<_>>() as _,
        after,
        scope.since,
        scope.posting_id.as_ref().map(PostingId::as_str),
        most,
    )
    .fetch_all(db)
    .await
}

/// Counts the subjects that have snapshots of any of the kinds.
pub async fn count_subjects(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    kinds: &[Kind],
    scope: &Scope,
) -> Result<i64> {
    sqlx::query_scalar!(
        r#"
        select count(distinct subject_id) as "count!"
        from heymilo_sync.snapshots
        where workspace_id = $1
          and kind = any($2)
          and is_applied
          and ($3::timestamptz is null or fetched_at >= $3)
          and ($4::text is null or posting_id = $4)
        "#,
        workspace_id.as_str(),
        &kinds.iter().map(|kind| kind.as_str()).collect::<Vec<_>>() as _,
        scope.since,
        scope.posting_id.as_ref().map(PostingId::as_str),
    )
    .fetch_one(db)
    .await
}

/// Identifies one snapshot.
#[derive(Debug, Clone)]
pub struct Version {
    /// The interview or posting it is about.
    pub subject_id: String,
    /// The kind of answer.
    pub kind: Kind,
    /// Its number among those of its subject and kind.
    pub version: i32,
    /// Whether the rows follow it.
    pub is_applied: bool,
}

/// All snapshots of the subjects, in the order in which they were written.
pub async fn versions(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    kinds: &[Kind],
    subject_ids: &[String],
) -> Result<Vec<Version>> {
    sqlx::query_as!(
        Version,
        r#"
        select subject_id, kind as "kind: Kind", version, is_applied
        from heymilo_sync.snapshots
        where subject_id = any($3)
          and kind = any($2)
          and workspace_id = $1
        order by number nulls first, fetched_at, subject_id, version
        "#,
        workspace_id.as_str(),
        &kinds.iter().map(|kind| kind.as_str()).collect::<Vec<_>>() as _,
        subject_ids,
    )
    .fetch_all(db)
    .await
}

/// An answer that was kept.
#[derive(Debug)]
pub struct Kept {
    /// The interview or posting it is about.
    pub subject_id: String,
    /// The answer, byte for byte.
    pub body: Vec<u8>,
    /// When it was received.
    pub fetched_at: DateTime<Utc>,
}

/// Reads snapshots of one kind, in the order of their subjects' ids.
pub async fn read(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    kind: Kind,
    versions: &[&Version],
) -> Result<Vec<Kept>> {
    let kept = sqlx::query!(
        r#"
        select asked.subject_id as "subject_id!", kept.body, kept.body_bytes, kept.fetched_at
        from unnest($3::text[], $4::integer[]) as asked (subject_id, version)
        cross join lateral (
            select body, body_bytes, fetched_at
            from heymilo_sync.snapshots
            where subject_id = asked.subject_id
              and kind = $2
              and workspace_id = $1
              and version = asked.version
            -- There is one at most; said so, each is looked up by itself.
            limit 1
        ) as kept
        order by asked.subject_id
        "#,
        workspace_id.as_str(),
        kind.as_str(),
        &versions.iter().map(|version| version.subject_id.as_str()).collect::<Vec<_>>() as _,
        &versions.iter().map(|version| version.version).collect::<Vec<_>>(),
    )
    .fetch_all(db)
    .await?;

    let mut bodies = Bodies::new()?;
    kept.into_iter()
        .map(|row| {
            let body = bodies.decompress(&row.body, row.body_bytes)?;
            Ok(Kept { subject_id: row.subject_id, body, fetched_at: row.fetched_at })
        })
        .collect()
}

/// Decompresses kept answers, one after the other.
pub struct Bodies(Decompressor<'static>);

impl Bodies {
    pub fn new() -> Result<Self> {
        Ok(Self(Decompressor::new()?))
    }

    /// The answer, byte for byte, with a known length of `body_bytes`.
    pub fn decompress(&mut self, body: &[u8], body_bytes: i32) -> Result<Vec<u8>> {
        Ok(self.0.decompress(body, usize::try_from(body_bytes).unwrap_or_default())?)
    }
}
