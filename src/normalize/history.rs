//! The changes between two observations of the same interview.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use crate::records::{InterviewChange, Standing, StepStanding, WorkflowStep, WorkflowStepChange};

/// Compares the states of an interview before and after an answer received at `observed_at`.
/// `before` is `None` when the interview was not known.
pub fn interview_changes(
    before: Option<&Standing>,
    after: &Standing,
    observed_at: DateTime<Utc>,
) -> Vec<InterviewChange> {
    let unknown = Standing::default();
    let is_new = before.is_none();
    let before = before.unwrap_or(&unknown);
    let change = |field: &str, old: Option<String>, new: Option<String>, first_observation| {
        (old != new).then(|| InterviewChange {
            field: field.to_owned(),
            observed_at,
            old_value: old,
            new_value: new,
            changed_at: None,
            first_observation,
        })
    };
    let text = |value: &Option<bool>| value.map(|value| value.to_string());
    let deleted = |standing: &Standing| standing.deleted.then(|| true.to_string());
    let score = |standing: &Standing| standing.score.map(|score| score.to_string());

    // New activity in this answer is the time of the status change. Without new activity, as when a
    // recruiter decides, HeyMilo gives no time.
    let activity = after
        .last_activity_at
        .filter(|_| !is_new && after.last_activity_at > before.last_activity_at);
    let status = change("status", before.status.clone(), after.status.clone(), is_new)
        .map(|status| InterviewChange { changed_at: activity, ..status });
    let changes = [
        status,
        change("score", score(before), score(after), is_new),
        // Only the list holds these fields, so nothing is observed until it was read.
        change(
            "shortlisted",
            text(&before.shortlisted),
            text(&after.shortlisted),
            before.shortlisted.is_none(),
        ),
        change(
            "dismissed",
            text(&before.dismissed),
            text(&after.dismissed),
            before.dismissed.is_none(),
        ),
        change("deleted", deleted(before), deleted(after), false),
    ];
    changes.into_iter().flatten().collect()
}

/// Compares the steps' statuses. Steps match by id. When HeyMilo gives no ids, or an id twice,
/// steps match by position.
pub fn step_changes(
    before: &[StepStanding],
    after: &[WorkflowStep],
    observed_at: DateTime<Utc>,
) -> Vec<WorkflowStepChange> {
    let at: HashMap<i32, &StepStanding> = before.iter().map(|old| (old.position, old)).collect();
    let mut by_id: HashMap<&str, &StepStanding> = HashMap::new();
    for old in before {
        if let Some(id) = &old.step_id {
            by_id.entry(id).or_insert(old);
        }
    }

    after
        .iter()
        .filter_map(|new| {
            // The id and the position must match first, because an id can occur twice.
            let old = at
                .get(&new.position)
                .filter(|old| old.step_id == new.step_id)
                .or_else(|| by_id.get(new.step_id.as_deref()?));
            let old_status = old.and_then(|old| old.status.clone());
            (old.is_none() || old_status != new.status).then(|| WorkflowStepChange {
                position: new.position,
                observed_at,
                step_id: new.step_id.clone(),
                old_status,
                new_status: new.status.clone(),
                changed_at: new.last_updated_at,
                first_observation: old.is_none(),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    fn standing(status: &str, score: Option<f64>, activity: i64) -> Standing {
        Standing {
            status: Some(status.to_owned()),
            score,
            last_activity_at: Some(at(activity)),
            ..Standing::default()
        }
    }

    #[test]
    fn nothing_changed_leaves_no_trace() {
        let same = standing("completed", Some(80.0), 10);

        assert_eq!(interview_changes(Some(&same), &same, at(20)), []);
    }

    #[test]
    fn a_first_observation_is_distinguished_from_a_change() {
        let changes = interview_changes(None, &standing("pending", None, 10), at(20));

        assert_eq!(changes.len(), 1);
        assert!(changes[0].first_observation);
        assert_eq!(changes[0].changed_at, None);
    }

    #[test]
    fn a_change_after_new_activity_carries_its_time() {
        let before = standing("in_progress", None, 10);
        let after = standing("completed", Some(80.5), 15);

        let changes = interview_changes(Some(&before), &after, at(20));

        assert_eq!(changes.len(), 2);
        assert_eq!(changes[0].field, "status");
        assert_eq!(changes[0].changed_at, Some(at(15)));
        assert_eq!(changes[1].new_value.as_deref(), Some("80.5"));
        assert!(!changes[1].first_observation);
    }

    #[test]
    fn a_decision_without_activity_has_no_time_of_its_own() {
        let before = standing("completed", Some(80.0), 10);
        let after = standing("shortlisted", Some(80.0), 10);

        assert_eq!(interview_changes(Some(&before), &after, at(20))[0].changed_at, None);
    }

    #[test]
    fn steps_with_the_same_id_are_distinguished_by_place() {
        let before = [1, 2].map(|position| StepStanding {
            position,
            step_id: Some("a".into()),
            status: Some(position.to_string()),
            knocked_out: None,
        });
        let after = [1, 2].map(|position| WorkflowStep {
            position,
            step_id: Some("a".to_owned()),
            status: Some(position.to_string()),
            ..WorkflowStep::default()
        });

        assert_eq!(step_changes(&before, &after, at(20)), []);
    }

    #[test]
    fn steps_that_change_places_are_matched_by_id() {
        let before =
            [(1, "a", "done"), (2, "b", "open")].map(|(position, id, status)| StepStanding {
                position,
                step_id: Some(id.to_owned()),
                status: Some(status.to_owned()),
                knocked_out: None,
            });
        let step = |position, id: &str, status: &str| WorkflowStep {
            position,
            step_id: Some(id.to_owned()),
            status: Some(status.to_owned()),
            ..WorkflowStep::default()
        };
        let after = [step(1, "b", "done"), step(2, "a", "done")];

        let changes = step_changes(&before, &after, at(20));

        assert_eq!(changes.len(), 1);
        assert_eq!(changes[0].step_id.as_deref(), Some("b"));
        assert_eq!(changes[0].old_status.as_deref(), Some("open"));
    }
}
