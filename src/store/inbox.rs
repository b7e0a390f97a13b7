//! Deliveries as they arrived.

use std::collections::HashSet;

use sqlx::PgExecutor;
use uuid::Uuid;

use super::Result;
use crate::records::{Delivery, InterviewId, PostingId, WorkspaceId};

/// Keeps deliveries, each of them once. Returns those that were not there yet.
pub async fn insert(db: impl PgExecutor<'_>, deliveries: &[Delivery]) -> Result<HashSet<Uuid>> {
    let new = sqlx::query_scalar!(
        r#"
        insert into heymilo_sync.inbox
            (receipt_id, workspace_id, received_at, method, query, content_type, body,
             interview_ids, posting_id)
        select receipt_id, workspace_id, received_at, method, query, content_type, body,
               string_to_array(interview_ids, E'\n'), posting_id
        from unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::text[], $5::text[], $6::text[],
                    $7::bytea[], $8::text[], $9::text[])
             as arrived (receipt_id, workspace_id, received_at, method, query, content_type, body,
                         interview_ids, posting_id)
        on conflict (receipt_id) do nothing
        returning receipt_id
        "#,
        &column(deliveries, |delivery| delivery.receipt_id),
        &column(deliveries, |delivery| delivery.workspace_id.as_str()) as _,
        &column(deliveries, |delivery| delivery.received_at),
        &column(deliveries, |delivery| delivery.method.as_str()) as _,
        &column(deliveries, |delivery| delivery.query.as_deref()) as _,
        &column(deliveries, |delivery| delivery.content_type.as_deref()) as _,
        &column(deliveries, |delivery| &delivery.body[..]) as _,
        &column(deliveries, |delivery| lines(&delivery.interview_ids)),
        &column(deliveries, |delivery| delivery.posting_id.as_ref().map(PostingId::as_str)) as _,
    )
    .fetch_all(db)
    .await?;

    Ok(new.into_iter().collect())
}

/// Removes the deliveries in which interviews were recognised.
pub async fn forget(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    interview_ids: &[String],
) -> Result<()> {
    sqlx::query!(
        r#"delete from heymilo_sync.inbox where workspace_id = $1 and interview_ids && $2"#,
        workspace_id.as_str(),
        interview_ids,
    )
    .execute(db)
    .await?;

    Ok(())
}

fn column<'a, T>(deliveries: &'a [Delivery], field: impl Fn(&'a Delivery) -> T) -> Vec<T> {
    deliveries.iter().map(field).collect()
}

/// An array of arrays would have to be as wide for every delivery; no id holds a line's end.
fn lines(ids: &[InterviewId]) -> String {
    ids.iter().map(InterviewId::as_str).collect::<Vec<_>>().join("\n")
}
