//! HeyMilo's answers as received, one snapshot per distinct answer.

mod kept;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgExecutor};
use zstd::bulk::Compressor;

pub(super) use kept::Bodies;
pub use kept::{Kept, Scope, Version, count_subjects, newest, read, subjects, versions};

use super::{Result, database::interval, jobs::LOSS_CONFIRMED_AFTER};
use crate::records::WorkspaceId;

/// Prefers speed to size: at this level an interview of 40 KB already shrinks to a seventh.
pub(super) const COMPRESSION_LEVEL: i32 = 3;

/// The kinds of answers that are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "lowercase")]
pub enum Kind {
    /// The results of an interview.
    Interview,
    /// An interview's row in the candidates list.
    Candidate,
    /// A posting.
    Posting,
    /// A posting's whole list of questions.
    Questions,
    /// An item of a list that does not name its subject. Its subject is its fingerprint.
    Unusable,
}

impl Kind {
    /// The database's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Interview => "interview",
            Self::Candidate => "candidate",
            Self::Posting => "posting",
            Self::Questions => "questions",
            Self::Unusable => "unusable",
        }
    }
}

/// An answer to be kept.
#[derive(Debug)]
pub struct Snapshot<'a> {
    /// The interview or posting it is about.
    pub subject_id: &'a str,
    /// The posting of the subject, as far as the answer says.
    pub posting_id: Option<&'a str>,
    /// The fingerprint of the whole answer.
    pub fingerprint: &'a [u8],
    /// For a list row: the fingerprint of the part that the results hold too.
    pub results_fingerprint: Option<&'a [u8]>,
    /// The answer, byte for byte.
    pub body: &'a [u8],
    /// When it was received.
    pub fetched_at: DateTime<Utc>,
    /// Whether the conversations were taken out of it.
    pub is_redacted: bool,
    /// Whether the rows follow it. An answer to another question, or one that is in doubt, replaces
    /// nothing. The answer before it still counts as the newest.
    pub is_applied: bool,
}

/// The newest answer about a subject that the rows follow.
#[derive(Debug)]
pub struct Newest {
    subject_id: String,
    /// The fingerprint of the whole answer.
    pub fingerprint: Vec<u8>,
    /// For a list row: the fingerprint of the part that the results hold too.
    pub results_fingerprint: Option<Vec<u8>>,
    /// When it was last received, correct to the hour.
    pub seen_at: DateTime<Utc>,
}

/// The newest answers that the subjects' rows follow, by subject. A subject without one is left
/// out. Items without an id have no rows.
pub async fn fingerprints(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    kind: Kind,
    subject_ids: &[&str],
) -> Result<HashMap<String, Newest>> {
    let newest = sqlx::query_as!(
        Newest,
        r#"
        select asked.subject_id as "subject_id!", newest.fingerprint, newest.results_fingerprint,
               newest.seen_at
        from unnest($3::text[]) as asked (subject_id)
        cross join lateral (
            select fingerprint, results_fingerprint, seen_at
            from heymilo_sync.snapshots
            where subject_id = asked.subject_id
              and kind = $2
              and workspace_id = $1
              and (is_applied or kind = 'unusable')
            order by version desc
            limit 1
        ) as newest
        "#,
        workspace_id.as_str(),
        kind.as_str(),
        subject_ids as _,
    )
    .fetch_all(db)
    .await?;

    Ok(newest.into_iter().map(|newest| (newest.subject_id.clone(), newest)).collect())
}

/// Keeps distinct answers, each as its subject's next version. A subject may occur only once. An
/// answer that the rows do not follow is kept unless it is the newest already, and was received
/// last.
pub async fn insert(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    kind: Kind,
    snapshots: &[Snapshot<'_>],
) -> Result<()> {
    let mut compressor = Compressor::new(COMPRESSION_LEVEL)?;
    let bodies: Vec<Vec<u8>> = snapshots
        .iter()
        .map(|snapshot| compressor.compress(snapshot.body))
        .collect::<Result<_, _>>()?;
    sqlx::query!(
        r#"
        insert into heymilo_sync.snapshots
            (workspace_id, kind, subject_id, version, posting_id, fingerprint,
             results_fingerprint, body, body_bytes, fetched_at, seen_at, redacted_at, is_applied)
        select $1, $2, new.subject_id, coalesce(newest.version, 0) + 1, new.posting_id, new.fingerprint,
               new.results_fingerprint, new.body, new.body_bytes, new.fetched_at, new.fetched_at,
               case when new.is_redacted then now() end, new.is_applied
        from unnest($3::text[], $4::text[], $5::bytea[], $6::bytea[], $7::bytea[], $8::integer[],
                    $9::timestamptz[], $10::boolean[], $11::boolean[])
            as new (subject_id, posting_id, fingerprint, results_fingerprint, body, body_bytes,
                    fetched_at, is_redacted, is_applied)
        left join lateral (
            select version, fingerprint, written_at
            from heymilo_sync.snapshots
            where subject_id = new.subject_id
              and kind = $2
              and workspace_id = $1
            order by version desc
            limit 1
        ) as newest on true
        where new.is_applied
           or newest.fingerprint is distinct from new.fingerprint
           or exists (
               select
               from heymilo_sync.snapshots
               where subject_id = new.subject_id
                 and kind = $2
                 and workspace_id = $1
                 and is_applied
                 and seen_at >= newest.written_at
           )
        "#,
        workspace_id.as_str(),
        kind.as_str(),
        &snapshots.iter().map(|snapshot| snapshot.subject_id).collect::<Vec<_>>() as _,
        &snapshots.iter().map(|snapshot| snapshot.posting_id).collect::<Vec<_>>() as _,
        &snapshots.iter().map(|snapshot| snapshot.fingerprint).collect::<Vec<_>>() as _,
        &snapshots.iter().map(|snapshot| snapshot.results_fingerprint).collect::<Vec<_>>() as _,
        &bodies as _,
        &snapshots.iter().map(|snapshot| bytes(snapshot.body)).collect::<Vec<_>>(),
        &snapshots.iter().map(|snapshot| snapshot.fetched_at).collect::<Vec<_>>(),
        &snapshots.iter().map(|snapshot| snapshot.is_redacted).collect::<Vec<_>>(),
        &snapshots.iter().map(|snapshot| snapshot.is_applied).collect::<Vec<_>>(),
    )
    .execute(db)
    .await?;

    Ok(())
}

/// Whether this answer was first received in doubt [`LOSS_CONFIRMED_AFTER`] ago or earlier, and no
/// answer that the rows follow was received since.
pub async fn is_loss_confirmed(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    kind: Kind,
    subject_id: &str,
    fingerprint: &[u8],
) -> Result<bool> {
    let is_confirmed = sqlx::query_scalar!(
        r#"
        select not newest.is_applied
               and newest.fingerprint = $4
               and newest.written_at <= now() - $5::interval
               and not exists (
                   select
                   from heymilo_sync.snapshots
                   where subject_id = $3
                     and kind = $2
                     and workspace_id = $1
                     and is_applied
                     and seen_at >= newest.written_at
               ) as "is_confirmed!"
        from heymilo_sync.snapshots as newest
        where subject_id = $3
          and kind = $2
          and workspace_id = $1
        order by version desc
        limit 1
        "#,
        workspace_id.as_str(),
        kind.as_str(),
        subject_id,
        fingerprint,
        interval(LOSS_CONFIRMED_AFTER)?,
    )
    .fetch_optional(db)
    .await?;

    Ok(is_confirmed.unwrap_or(false))
}

/// Records that the answer that the rows follow was received after an answer in doubt, if there is
/// one.
pub async fn end_doubt(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    kind: Kind,
    subject_id: &str,
) -> Result<()> {
    sqlx::query!(
        r#"
        update heymilo_sync.snapshots
        set seen_at = now()
        from (
            select max(version) filter (where is_applied) as applied, max(version) as newest
            from heymilo_sync.snapshots
            where subject_id = $3
              and kind = $2
              and workspace_id = $1
        ) as versions
        where subject_id = $3
          and kind = $2
          and workspace_id = $1
          and version = versions.applied
          and versions.newest > versions.applied
        "#,
        workspace_id.as_str(),
        kind.as_str(),
        subject_id,
    )
    .execute(db)
    .await?;

    Ok(())
}

/// Records that the newest answers were received again.
pub async fn touch(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    kind: Kind,
    subject_ids: &[&str],
    seen_at: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        r#"
        update heymilo_sync.snapshots
        set seen_at = greatest(snapshots.seen_at, $4)
        from unnest($3::text[]) as asked (subject_id)
        cross join lateral (
            select max(version) as version
            from heymilo_sync.snapshots as versions
            where versions.subject_id = asked.subject_id
              and versions.kind = $2
              and versions.workspace_id = $1
              and versions.is_applied
        ) as newest
        where snapshots.subject_id = asked.subject_id
          and snapshots.subject_id = any($3)
          and snapshots.kind = $2
          and snapshots.workspace_id = $1
          and snapshots.version = newest.version
        "#,
        workspace_id.as_str(),
        kind.as_str(),
        subject_ids as _,
        seen_at,
    )
    .execute(db)
    .await?;

    Ok(())
}

pub(super) fn bytes(body: &[u8]) -> i32 {
    i32::try_from(body.len()).unwrap_or(i32::MAX)
}
