//! Records an interview's steps and changes, for fetched answers and list rows alike.

use std::{borrow::Cow, collections::HashMap};

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::{
    normalize,
    records::{
        Interview, InterviewChange, Standing, WorkflowStep, WorkflowStepChange, WorkspaceId,
        keep_steps,
    },
    store,
};

/// An interview as an answer shows it.
#[derive(Debug)]
pub struct Observation<'a> {
    /// The interview in the answer.
    pub interview: &'a Interview,
    /// When the answer was received, or the list was asked for.
    pub observed_at: DateTime<Utc>,
}

impl<'a> Observation<'a> {
    fn id(&self) -> &'a str {
        self.interview.interview_id.as_str()
    }

    /// The steps, unless the known steps come from a newer answer.
    fn newer_steps(&self, known: Option<&Standing>) -> Option<&'a [WorkflowStep]> {
        let is_older = known.is_some_and(|known| {
            !known.steps.is_empty() && known.observed_at > Some(self.observed_at)
        });
        // An answer without any steps does not mean that there are none.
        let steps = self.interview.workflow.as_ref().map(|workflow| &workflow.steps[..]);
        steps.filter(|steps| !steps.is_empty() && !is_older)
    }
}

/// Writes steps and changes from the states before and after.
pub async fn record(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    observations: &[Observation<'_>],
    before: &HashMap<String, Standing>,
    after: &HashMap<String, Standing>,
) -> store::Result<()> {
    let mut changes: Vec<(&str, InterviewChange)> = Vec::new();
    let mut step_changes: Vec<(&str, WorkflowStepChange)> = Vec::new();
    for observation in observations {
        let (id, old) = (observation.id(), before.get(observation.id()));
        // An answer that is written late must not date a change before what is known already.
        let known_at = old.and_then(|old| old.observed_at);
        let observed_at =
            known_at.map_or(observation.observed_at, |known| known.max(observation.observed_at));
        if let Some(new) = after.get(id) {
            let found = normalize::history::interview_changes(old, new, observed_at);
            changes.extend(found.into_iter().map(|change| (id, change)));
        }
        if let Some(steps) = observation.newer_steps(old) {
            let old_steps = old.map_or(&[][..], |old| &old.steps);
            let found = normalize::history::step_changes(old_steps, steps, observed_at);
            step_changes.extend(found.into_iter().map(|change| (id, change)));
        }
    }
    let changes: Vec<_> = changes.iter().map(|(id, change)| (*id, change)).collect();
    let step_changes: Vec<_> = step_changes.iter().map(|(id, change)| (*id, change)).collect();
    store::history::insert(db, workspace_id, &changes, &step_changes).await?;

    let workflows: Vec<(&str, Cow<'_, [WorkflowStep]>)> = observations
        .iter()
        .filter_map(|observation| {
            let old = before.get(observation.id());
            let earlier = old.map_or(&[][..], |old| &old.steps);
            Some((observation.id(), keep_steps(observation.newer_steps(old)?, earlier)))
        })
        .collect();
    store::results::replace_steps(db, workspace_id, &workflows).await
}
