//! The states of interviews before and after a write. Their history is made from the differences.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::Result;
use crate::records::{Standing, StepStanding, WorkspaceId};

/// The columns whose changes the history records.
pub(super) struct StandingRow {
    pub interview_id: String,
    pub status: Option<String>,
    pub score: Option<f64>,
    pub shortlisted: Option<bool>,
    pub dismissed: Option<bool>,
    pub last_activity_at: Option<DateTime<Utc>>,
    pub results_ready: Option<bool>,
    pub deleted: bool,
    pub observed_at: Option<DateTime<Utc>>,
}

impl StandingRow {
    /// Rows by interview. Steps are not among these columns.
    pub fn by_interview(rows: Vec<Self>) -> HashMap<String, Standing> {
        rows.into_iter()
            .map(|row| {
                let standing = Standing {
                    status: row.status,
                    score: row.score,
                    shortlisted: row.shortlisted,
                    dismissed: row.dismissed,
                    last_activity_at: row.last_activity_at,
                    results_ready: row.results_ready,
                    deleted: row.deleted,
                    observed_at: row.observed_at,
                    steps: Vec::new(),
                };
                (row.interview_id, standing)
            })
            .collect()
    }
}

/// Reads the states of interviews and their steps. Unknown interviews are left out.
pub async fn read(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    interview_ids: &[&str],
) -> Result<HashMap<String, Standing>> {
    if interview_ids.is_empty() {
        return Ok(HashMap::new());
    }
    let known = sqlx::query_as!(
        StandingRow,
        r#"
        select interview_id, status, score, shortlisted, dismissed, last_activity_at,
               results_ready, deleted_at is not null as "deleted!",
               greatest(fetched_at, listed_at) as observed_at
        from heymilo.interviews
        where interview_id = any($2)
          -- No index begins with this: before the first `analyze` one of those that begin with the
          -- workspace would be taken, and all its interviews read.
          and workspace_id || '' = $1
        "#,
        workspace_id.as_str(),
        interview_ids as _,
    )
    .fetch_all(&mut *db)
    .await?;

    let mut standings = StandingRow::by_interview(known);
    if !standings.is_empty() {
        add_steps(db, workspace_id, &mut standings).await?;
    }
    Ok(standings)
}

async fn add_steps(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    standings: &mut HashMap<String, Standing>,
) -> Result<()> {
    let steps = sqlx::query!(
        r#"
        select interview_id, position, step_id, status, knocked_out
        from heymilo.workflow_steps
        where interview_id = any($2)
          and workspace_id = $1
        "#,
        workspace_id.as_str(),
        &standings.keys().map(String::as_str).collect::<Vec<_>>() as _,
    )
    .fetch_all(db)
    .await?;

    for row in steps {
        if let Some(standing) = standings.get_mut(&row.interview_id) {
            standing.steps.push(StepStanding {
                position: row.position,
                step_id: row.step_id,
                status: row.status,
                knocked_out: row.knocked_out,
            });
        }
    }

    Ok(())
}
