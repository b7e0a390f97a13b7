//! The contents of deliveries, which are dropped when they are not needed any longer.

use std::collections::HashSet;

use serde_json::Value;
use sqlx::{PgConnection, PgExecutor};

use super::Result;
use crate::records::WorkspaceId;

/// A delivery whose content is kept.
#[derive(Debug)]
pub struct Delivery {
    /// Its number.
    pub delivery_id: i64,
    /// The length of its body and its query string together.
    pub content_bytes: i32,
    /// The interviews that it names.
    pub interview_ids: Vec<String>,
}

/// Which contents may be dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The contents of all deliveries.
    All,
    /// Only deliveries that name interviews and were answered for each of them. A delivery is
    /// answered by a request that began after the delivery was written.
    Answered,
    /// The same, limited to deliveries of the last hour.
    LatelyAnswered,
}

/// Up to `most` deliveries of a scope after one, the oldest first, answered or not.
pub async fn deliveries(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    scope: Scope,
    after: i64,
    most: i64,
) -> Result<Vec<Delivery>> {
    sqlx::query_as!(
        Delivery,
        r#"
        select delivery_id, content_bytes as "content_bytes!", interview_ids
        from heymilo_sync.inbox
        where workspace_id = $1
          and content_bytes > 0
          and delivery_id > $2
          and ($4 or interview_ids <> '{}')
          and ($5 or received_at > now() - interval '1 hour')
        order by delivery_id
        limit $3
        "#,
        workspace_id.as_str(),
        after,
        most,
        scope == Scope::All,
        scope != Scope::LatelyAnswered,
    )
    .fetch_all(db)
    .await
}

/// The interviews among these for which the deliveries that name them were not answered.
///
/// A delivery enqueues its interviews in the transaction that writes it. An interview that is no
/// longer due, or due only for another look, was fetched since. Its job ends with the answer to a
/// request that began after the job was last enqueued. A failed job has an error. An interview that
/// HeyMilo does not know, or that was left to the lists, has no answer yet.
pub async fn unanswered(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    interview_ids: &[&str],
) -> Result<HashSet<String>> {
    let unanswered = sqlx::query_scalar!(
        r#"
        (
            select interview_id as "interview_id!"
            from unnest($2::text[]) as named (interview_id)
            except
            select interview_id
            from heymilo.interviews
            where interview_id = any($2)
              and workspace_id = $1
              and fetched_at is not null
        )
        union
        select interview_id
        from heymilo_sync.jobs
        where interview_id = any($2)
          and workspace_id = $1
          and (urgency < 'look' or last_error is not null)
        "#,
        workspace_id.as_str(),
        interview_ids as _,
    )
    .fetch_all(db)
    .await?;

    Ok(unanswered.into_iter().collect())
}

/// The bodies of deliveries, byte for byte.
pub async fn bodies(db: &mut PgConnection, delivery_ids: &[i64]) -> Result<Vec<(i64, Vec<u8>)>> {
    let bodies = sqlx::query!(
        r#"
        select delivery_id, body
        from heymilo_sync.inbox
        where delivery_id = any($1)
        "#,
        delivery_ids,
    )
    .fetch_all(db)
    .await?;

    Ok(bodies.into_iter().map(|row| (row.delivery_id, row.body)).collect())
}

/// Drops the contents of deliveries, and keeps the shape of each body.
pub async fn drop_contents(
    db: &mut PgConnection,
    delivery_ids: &[i64],
    shapes: &[Value],
) -> Result<()> {
    sqlx::query!(
        r#"
        update heymilo_sync.inbox
        set body  = '',
            query = null,
            shape = dropped.shape
        from unnest($1::bigint[], $2::jsonb[]) as dropped (delivery_id, shape)
        where inbox.delivery_id = dropped.delivery_id
        "#,
        delivery_ids,
        shapes,
    )
    .execute(db)
    .await?;

    Ok(())
}

/// The size of the contents of a workspace's deliveries together, in bytes.
pub async fn content_bytes(db: impl PgExecutor<'_>, workspace_id: &WorkspaceId) -> Result<i64> {
    sqlx::query_scalar!(
        r#"
        select coalesce(sum(content_bytes), 0)::bigint as "bytes!"
        from heymilo_sync.inbox
        where workspace_id = $1
          and content_bytes > 0
        "#,
        workspace_id.as_str(),
    )
    .fetch_one(db)
    .await
}
