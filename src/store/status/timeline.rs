//! The latest events of a workspace: lists read, deliveries received and interviews written.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgConnection;
use utoipa::ToSchema;

use crate::{records::WorkspaceId, store::Result};

/// The most events that are returned.
const MAX_EVENTS: i64 = 12;

/// Something that happened.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Event {
    /// When.
    pub at: DateTime<Utc>,
    /// poll, delivery or interview.
    pub kind: String,
    /// The interview. Null when the event concerns no interview or several.
    pub interview_id: Option<String>,
    /// What was read, received or written.
    pub detail: String,
}

pub(super) async fn read(db: &mut PgConnection, id: &WorkspaceId) -> Result<Vec<Event>> {
    sqlx::query_as!(
        Event,
        r#"
        select at as "at!", kind as "kind!", interview_id, detail as "detail!"
        from (
            (
                select cursors.polled_at as at,
                       'poll' as kind,
                       null::text as interview_id,
                       concat(list, ' ' || coalesce(postings.title, nullif(cursors.posting_id, ''))) as detail
                from heymilo_sync.cursors
                left join heymilo.postings using (workspace_id, posting_id)
                where cursors.workspace_id = $1
                  and cursors.polled_at is not null
                order by cursors.polled_at desc
                limit $2
            )
            union all
            (
                select received_at,
                       'delivery',
                       case when cardinality(interview_ids) = 1 then interview_ids[1] end,
                       case cardinality(interview_ids)
                           when 0 then 'names no interview'
                           when 1 then 'names one interview'
                           else concat('names ', cardinality(interview_ids), ' interviews') end
                from heymilo_sync.inbox
                where workspace_id = $1
                order by received_at desc
                limit $2
            )
            union all
            (
                select fetched_at, 'interview', interview_id, concat('written, ', status)
                from heymilo.interviews
                where workspace_id = $1
                  and fetched_at > now() - interval '1 day'
                order by fetched_at desc
                limit $2
            )
        ) as events
        order by at desc
        limit $2
        "#,
        id.as_str(),
        MAX_EVENTS,
    )
    .fetch_all(db)
    .await
}
