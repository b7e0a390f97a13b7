//! The history of one interview: answers, deliveries, status changes and notices. Never personal
//! data.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgConnection;
use utoipa::ToSchema;

use super::{Result, database::begin_bounded};
use crate::records::{InterviewId, WorkspaceId};

/// How long the database may take. Deliveries have no index by interview, so the newest are
/// searched first.
const TIMEOUT: std::time::Duration = std::time::Duration::from_secs(2);

/// The newest events of an interview, the newest first.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct InterviewEvents {
    /// The observed events.
    pub events: Vec<Event>,
    /// Places where HeyMilo's newest answers differ from the contract.
    pub notices: Vec<Notice>,
}

/// Something that happened.
#[derive(Debug, Serialize, ToSchema)]
pub struct Event {
    /// When it was observed.
    pub at: DateTime<Utc>,
    /// delivery, answer, list row or status.
    pub kind: String,
    /// Details of the event.
    pub detail: String,
}

/// A difference at one place.
#[derive(Debug, Serialize, ToSchema)]
pub struct Notice {
    /// The path in the answer.
    pub path: String,
    /// The kind of difference.
    pub problem: String,
    /// When it was noticed.
    pub noticed_at: DateTime<Utc>,
}

/// Reads the history of an interview.
pub async fn read(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    interview_id: &InterviewId,
) -> Result<InterviewEvents> {
    let mut tx = begin_bounded(db, TIMEOUT).await?;
    let events = sqlx::query_as!(
        Event,
        r#"
        select at as "at!", kind as "kind!", detail as "detail!"
        from (
            (
                select received_at as at, 'delivery' as kind,
                       concat('number ', delivery_id, ', ', content_bytes, ' bytes kept') as detail
                from heymilo_sync.inbox
                where workspace_id = $1
                  and $2 = any(interview_ids)
                order by received_at desc
                limit 20
            )
            union all
            (
                select fetched_at,
                       case kind when 'candidate' then 'list row' else 'answer' end,
                       concat('version ', version, ', ', body_bytes, ' bytes, last seen ',
                              to_char(seen_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI'))
                from heymilo_sync.snapshots
                where workspace_id = $1
                  and subject_id = $2
                  and kind in ('interview', 'candidate')
                order by version desc
                limit 20
            )
            union all
            (
                select observed_at, 'status',
                       concat(coalesce(old_value, 'none'), ' to ', coalesce(new_value, 'none'))
                from heymilo.interview_changes
                where workspace_id = $1
                  and interview_id = $2
                  and field = 'status'
                order by observed_at desc
                limit 20
            )
        ) as events
        order by at desc
        limit 40
        "#,
        workspace_id.as_str(),
        interview_id.as_str(),
    )
    .fetch_all(&mut *tx)
    .await?;

    let notices = sqlx::query_as!(
        Notice,
        r#"
        select path, problem, noticed_at
        from heymilo_sync.notices
        where workspace_id = $1
          and subject_id = $2
          and kind in ('interview', 'candidate')
        order by noticed_at desc, path
        limit 40
        "#,
        workspace_id.as_str(),
        interview_id.as_str(),
    )
    .fetch_all(&mut *tx)
    .await?;

    tx.commit().await?;
    Ok(InterviewEvents { events, notices })
}
