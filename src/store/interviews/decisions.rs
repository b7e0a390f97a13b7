//! The decisions that list rows state, or leave as they are.

use std::collections::HashMap;

use sqlx::PgConnection;

use super::Result;
use crate::records::{Listing, WorkspaceId};

/// What a recruiter decided about an interview.
#[derive(Debug, Clone)]
pub struct Decision {
    interview_id: String,
    /// Whether the candidate is on the shortlist.
    pub shortlisted: Option<bool>,
    /// Whether the candidate was turned down.
    pub dismissed: Option<bool>,
}

/// The decisions to write for list rows. A decision that its row does not state stays as it is.
pub async fn of(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    listings: &[&Listing],
) -> Result<Vec<Decision>> {
    let silent: Vec<&str> = listings
        .iter()
        .filter(|row| row.is_shortlisted_unstated || row.is_dismissed_unstated)
        .map(|row| row.interview.interview_id.as_str())
        .collect();
    let stored = match &silent[..] {
        [] => Vec::new(),
        _ => read(db, workspace_id, &silent).await?,
    };
    let stored: HashMap<&str, &Decision> =
        stored.iter().map(|decision| (decision.interview_id.as_str(), decision)).collect();

    let decided = listings.iter().map(|row| {
        let interview_id = row.interview.interview_id.as_str();
        let stored = stored.get(interview_id);
        let shortlisted = stored.filter(|_| row.is_shortlisted_unstated);
        let dismissed = stored.filter(|_| row.is_dismissed_unstated);
        Decision {
            interview_id: interview_id.to_owned(),
            shortlisted: shortlisted.and_then(|stored| stored.shortlisted).or(row.shortlisted),
            dismissed: dismissed.and_then(|stored| stored.dismissed).or(row.dismissed),
        }
    });
    Ok(decided.collect())
}

async fn read(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    interview_ids: &[&str],
) -> Result<Vec<Decision>> {
    sqlx::query_as!(
        Decision,
        r#"
        select interview_id, shortlisted, dismissed
        from heymilo.interviews
        where interview_id = any($2)
          and workspace_id = $1
        "#,
        workspace_id.as_str(),
        interview_ids as _,
    )
    .fetch_all(db)
    .await
}
