//! The contents of deliveries, which are dropped when they are not needed any longer.

use serde_json::Value;
use sqlx::{PgConnection, PgExecutor};

use super::Result;
use crate::records::WorkspaceId;

/// The content of a delivery.
#[derive(Debug)]
pub struct Content {
    /// Its number.
    pub delivery_id: i64,
    /// The body, byte for byte.
    pub body: Vec<u8>,
    /// Its length, with that of the query string.
    pub content_bytes: i32,
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

/// Up to `most` contents after one, the oldest first, and no more than have `max_bytes` together.
///
/// A delivery enqueues its interviews in the transaction that writes it. An interview that is no
/// longer due, or due only for another look, was fetched since. Its job ends with the answer to a
/// request that began after the job was last enqueued. A failed job has an error. An interview that
/// HeyMilo does not know, or that was left to the lists, has no answer yet.
pub async fn contents(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    scope: Scope,
    after: i64,
    most: i64,
    max_bytes: i64,
) -> Result<Vec<Content>> {
    sqlx::query_as!(
        Content,
        r#"
        select delivery_id as "delivery_id!", body as "body!", content_bytes as "content_bytes!"
        from (
            select delivery_id,
                   body,
                   content_bytes,
                   sum(content_bytes) over (order by delivery_id) - content_bytes as before
            from (
                select delivery_id, body, content_bytes
                from heymilo_sync.inbox
                where workspace_id = $1
                  and content_bytes > 0
                  and delivery_id > $2
                  and ($6 or received_at > now() - interval '1 hour')
                  and ($5 or (
                      interview_ids <> '{}'
                      and not exists (
                          select
                          from unnest(interview_ids) as named (interview_id)
                          where not exists (
                                    select
                                    from heymilo.interviews
                                    where interviews.interview_id = named.interview_id
                                      and interviews.workspace_id = $1
                                      and interviews.fetched_at is not null
                                )
                             or exists (
                                    select
                                    from heymilo_sync.jobs
                                    where jobs.interview_id = named.interview_id
                                      and jobs.workspace_id = $1
                                      and (jobs.urgency < 'look' or jobs.last_error is not null)
                                )
                      )
                  ))
                order by delivery_id
                limit $3
            ) as first
        ) as counted
        where before < $4
        order by delivery_id
        "#,
        workspace_id.as_str(),
        after,
        most,
        max_bytes,
        scope == Scope::All,
        scope != Scope::LatelyAnswered,
    )
    .fetch_all(db)
    .await
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
