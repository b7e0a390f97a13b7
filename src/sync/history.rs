//! What every sight of an interview leaves behind, whichever answer showed it: its steps, its
//! person, and what changed.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::{
    normalize,
    records::{
        Interview, InterviewChange, Standing, WorkflowStep, WorkflowStepChange, WorkspaceId,
    },
    store,
};

/// An interview as an answer shows it.
#[derive(Debug)]
pub struct Sight<'a> {
    /// What the answer says.
    pub interview: &'a Interview,
    /// When the answer was received.
    pub observed_at: DateTime<Utc>,
}

impl<'a> Sight<'a> {
    fn id(&self) -> &'a str {
        self.interview.interview_id.as_str()
    }

    fn steps(&self) -> Option<&'a [WorkflowStep]> {
        // An answer without any steps does not say that there are none.
        let workflow = self.interview.workflow.as_ref();
        workflow.map(|workflow| &workflow.steps[..]).filter(|steps| !steps.is_empty())
    }
}

/// Writes steps, people and changes, from where the interviews stood before and stand after.
pub async fn record(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    sights: &[Sight<'_>],
    before: &HashMap<String, Standing>,
    after: &HashMap<String, Standing>,
) -> store::Result<()> {
    let mut changes: Vec<(&str, InterviewChange)> = Vec::new();
    let mut step_changes: Vec<(&str, WorkflowStepChange)> = Vec::new();
    for sight in sights {
        let (id, observed_at) = (sight.id(), sight.observed_at);
        let old = before.get(id);
        if let Some(new) = after.get(id) {
            let found = normalize::history::interview_changes(old, new, observed_at);
            changes.extend(found.into_iter().map(|change| (id, change)));
        }
        if let Some(steps) = sight.steps() {
            let old_steps = old.map_or(&[][..], |old| &old.steps);
            let found = normalize::history::step_changes(old_steps, steps, observed_at);
            step_changes.extend(found.into_iter().map(|change| (id, change)));
        }
    }
    let changes: Vec<_> = changes.iter().map(|(id, change)| (*id, change)).collect();
    let step_changes: Vec<_> = step_changes.iter().map(|(id, change)| (*id, change)).collect();
    store::history::insert(db, workspace_id, &changes, &step_changes).await?;

    let workflows: Vec<_> =
        sights.iter().filter_map(|sight| Some((sight.id(), sight.steps()?))).collect();
    store::results::replace_steps(db, workspace_id, &workflows).await?;

    let named = sights.iter().map(|sight| (&sight.interview.candidate, sight.observed_at));
    store::people::upsert(db, workspace_id, named).await
}
