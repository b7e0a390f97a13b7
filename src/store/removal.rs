//! Removes what interviews have beside their rows: deliveries, and the place of a poll in a list.

use futures_util::Stream;
use sqlx::{PgConnection, PgExecutor};

use super::Result;
use crate::records::WorkspaceId;

/// A delivery, to be searched.
#[derive(Debug)]
pub struct Kept {
    /// Its number.
    pub delivery_id: i64,
    /// The body, byte for byte.
    pub body: Vec<u8>,
    /// The query string.
    pub query: Option<String>,
    /// The shape of a dropped body.
    pub shape: Option<String>,
    /// The interviews recognised in it.
    pub interview_ids: Vec<String>,
}

/// Every delivery of a workspace after one and up to another, as a stream.
pub fn deliveries(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    after: i64,
    last: i64,
) -> impl Stream<Item = Result<Kept>> {
    sqlx::query_as!(
        Kept,
        r#"
        select delivery_id, body, query, shape::text as shape, interview_ids
        from heymilo_sync.inbox
        where workspace_id = $1
          and delivery_id > $2
          and delivery_id <= $3
        "#,
        workspace_id.as_str(),
        after,
        last,
    )
    .fetch(db)
}

/// The newest delivery that was committed.
pub async fn newest_delivery(db: impl PgExecutor<'_>) -> Result<i64> {
    sqlx::query_scalar!(
        r#"select coalesce(max(delivery_id), 0) as "newest!" from heymilo_sync.inbox"#
    )
    .fetch_one(db)
    .await
}

/// Removes deliveries. Returns their number.
pub async fn remove_deliveries(db: &mut PgConnection, delivery_ids: &[i64]) -> Result<u64> {
    let deliveries = sqlx::query!(
        r#"delete from heymilo_sync.inbox where delivery_id = any($1)"#,
        delivery_ids,
    )
    .execute(db)
    .await?;

    Ok(deliveries.rows_affected())
}

/// Resets lists whose cursor is an interview that is about to be removed. They are then read from
/// their start.
pub async fn forget_places(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    interview_ids: &[String],
) -> Result<()> {
    sqlx::query!(
        r#"
        update heymilo_sync.cursors
        set page_after   = null,
            run_since    = null,
            run_began_at = null
        where workspace_id = $1
          and page_after = any($2)
        "#,
        workspace_id.as_str(),
        interview_ids,
    )
    .execute(db)
    .await?;

    Ok(())
}

/// Counts interviews by posting that are about to be removed although HeyMilo has them. HeyMilo
/// goes on counting them.
pub async fn count_removed(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    interview_ids: &[String],
) -> Result<()> {
    sqlx::query!(
        r#"
        insert into heymilo_sync.removed_interviews as removed
            (workspace_id, posting_id, interviews, completed)
        select workspace_id, posting_id, count(*), count(*) filter (where is_completed)
        from heymilo_bi.interview_facts
        where workspace_id = $1
          and interview_id = any($2)
          and posting_id is not null
        group by workspace_id, posting_id
        order by posting_id
        on conflict (workspace_id, posting_id) do update
            set interviews = removed.interviews + excluded.interviews,
                completed  = removed.completed + excluded.completed
        "#,
        workspace_id.as_str(),
        interview_ids,
    )
    .execute(db)
    .await?;

    Ok(())
}
