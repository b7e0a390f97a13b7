//! Reads everything that is kept about one person.

use chrono::{DateTime, Utc};
use futures_util::{Stream, TryStreamExt as _};
use sqlx::PgConnection;

use super::{
    Result,
    snapshots::{Bodies, Kind},
};
use crate::records::WorkspaceId;

/// An interview of the person.
#[derive(Debug)]
pub struct Interview {
    /// Its id.
    pub interview_id: String,
    /// The posting.
    pub posting_id: Option<String>,
    /// The posting's title.
    pub posting_title: Option<String>,
    /// When the interview first came into the tables.
    pub first_synced_at: DateTime<Utc>,
    /// When HeyMilo was first found not to have the interview.
    pub deleted_at: Option<DateTime<Utc>>,
    /// The last activity in the interview. Retention counts from this time.
    pub last_activity_at: DateTime<Utc>,
}

/// The interviews, the oldest invitation first.
pub async fn interviews(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    interview_ids: &[String],
) -> Result<Vec<Interview>> {
    sqlx::query_as!(
        Interview,
        r#"
        select interviews.interview_id,
               interviews.posting_id,
               coalesce(postings.title, postings.name) as posting_title,
               interviews.first_synced_at,
               interviews.deleted_at,
               coalesce(greatest(invited_at, interviewed_at, last_activity_at), interviews.first_synced_at)
                   as "last_activity_at!"
        from heymilo.interviews
        left join heymilo.postings using (workspace_id, posting_id)
        where interviews.interview_id = any($2)
          and interviews.workspace_id = $1
        order by invited_at nulls last, interviews.interview_id collate "C"
        "#,
        workspace_id.as_str(),
        interview_ids,
    )
    .fetch_all(db)
    .await
}

/// An answer of HeyMilo about an interview.
#[derive(Debug)]
pub struct Source {
    /// The interview.
    pub subject_id: String,
    /// Its results, or its row in the candidates list.
    pub kind: Kind,
    /// The number of the version, from 1.
    pub version: i32,
    /// When it was first received.
    pub fetched_at: DateTime<Utc>,
    /// When it was last received.
    pub seen_at: DateTime<Utc>,
    /// When the conversations were taken out of it.
    pub redacted_at: Option<DateTime<Utc>>,
    /// Whether the tables follow this version.
    pub is_applied: bool,
    /// The answer.
    pub body: Vec<u8>,
}

/// HeyMilo's answers about interviews up to a time, in the order of their versions, as a stream.
pub fn sources(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    interview_ids: &[String],
    until: Option<DateTime<Utc>>,
) -> impl Stream<Item = Result<Source>> {
    sqlx::query!(
        r#"
        select subject_id, kind as "kind: Kind", version, fetched_at, seen_at, redacted_at, is_applied, body,
               body_bytes
        from heymilo_sync.snapshots
        where subject_id = any($2)
          and kind in ('interview', 'candidate')
          and workspace_id = $1
          and ($3::timestamptz is null or fetched_at <= $3)
        order by subject_id, kind, version
        "#,
        workspace_id.as_str(),
        interview_ids,
        until,
    )
    .fetch(db)
    .and_then(async |row| {
        Ok(Source {
            subject_id: row.subject_id,
            kind: row.kind,
            version: row.version,
            fetched_at: row.fetched_at,
            seen_at: row.seen_at,
            redacted_at: row.redacted_at,
            is_applied: row.is_applied,
            body: Bodies::new()?.decompress(&row.body, row.body_bytes)?,
        })
    })
}

/// An observed change.
#[derive(Debug)]
pub struct Change {
    /// The interview.
    pub interview_id: String,
    /// The changed field, or the step whose status changed.
    pub what: String,
    /// The value before.
    pub old_value: Option<String>,
    /// The value after.
    pub new_value: Option<String>,
    /// When the answer that shows it was received.
    pub observed_at: DateTime<Utc>,
    /// When it happened, where HeyMilo says so.
    pub changed_at: Option<DateTime<Utc>>,
    /// Whether this is the first observation, so that the value may be older.
    pub first_observation: bool,
}

/// The observed changes of interviews up to a time.
pub async fn changes(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    interview_ids: &[String],
    until: Option<DateTime<Utc>>,
) -> Result<Vec<Change>> {
    sqlx::query_as!(
        Change,
        r#"
        select interview_id as "interview_id!",
               what as "what!",
               old_value,
               new_value,
               observed_at as "observed_at!",
               changed_at,
               first_observation as "first_observation!"
        from (
            select interview_id, field as what, old_value, new_value, observed_at, changed_at, first_observation
            from heymilo.interview_changes
            where interview_id = any($2)
              and workspace_id = $1
            union all
            select interview_id, 'step ' || position, old_status, new_status, observed_at, changed_at,
                   first_observation
            from heymilo.workflow_step_changes
            where interview_id = any($2)
              and workspace_id = $1
        ) as changes
        where $3::timestamptz is null
           or observed_at <= $3
        order by observed_at, what collate "C"
        "#,
        workspace_id.as_str(),
        interview_ids,
        until,
    )
    .fetch_all(db)
    .await
}

/// A recording or a resume.
#[derive(Debug)]
pub struct File {
    /// The interview.
    pub interview_id: String,
    /// The kind of file.
    pub kind: String,
    /// The state of the file.
    pub state: String,
    /// The SHA-256 of its content, while the content is kept.
    pub sha256: Option<String>,
    /// Its size in bytes.
    pub bytes: Option<i64>,
    /// Its media type.
    pub media_type: Option<String>,
    /// When an answer first linked to it.
    pub first_seen_at: DateTime<Utc>,
    /// When it was downloaded.
    pub kept_at: Option<DateTime<Utc>>,
}

/// The files of interviews that were linked to by a time.
pub async fn files(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    interview_ids: &[String],
    until: Option<DateTime<Utc>>,
) -> Result<Vec<File>> {
    sqlx::query_as!(
        File,
        r#"
        select interview_id, kind, state, sha256, bytes, media_type, first_seen_at, kept_at
        from heymilo.files
        where interview_id = any($2)
          and workspace_id = $1
          and ($3::timestamptz is null or first_seen_at <= $3)
        order by first_seen_at, kind, link_digest
        "#,
        workspace_id.as_str(),
        interview_ids,
        until,
    )
    .fetch_all(db)
    .await
}

/// A delivery that names only interviews of the person.
#[derive(Debug)]
pub struct Delivery {
    /// When it arrived.
    pub received_at: DateTime<Utc>,
    /// Its body, empty once it was dropped.
    pub body: Vec<u8>,
    /// Its query string, while the content is kept.
    pub query: Option<String>,
}

/// The deliveries that name only these interviews.
pub async fn deliveries(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    interview_ids: &[String],
) -> Result<Vec<Delivery>> {
    sqlx::query_as!(
        Delivery,
        r#"
        select received_at, body, query
        from heymilo_sync.inbox
        where workspace_id = $1
          and interview_ids <> '{}'
          and interview_ids <@ $2
        order by received_at, delivery_id
        "#,
        workspace_id.as_str(),
        interview_ids,
    )
    .fetch_all(db)
    .await
}
