//! Values of earlier answers, which an absent field's default does not replace.

use std::{borrow::Cow, collections::HashMap};

use super::{Results, StepStanding, WorkflowStep};

/// The values in the tables of an interview's fields that have a default, by HeyMilo's id of the
/// row.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Earlier {
    /// Weights of the scorecard's questions.
    pub score_weight: HashMap<String, Option<f64>>,
    /// Whether a scorecard question is left out of the score.
    pub not_scored: HashMap<String, Option<bool>>,
    /// Whether an SMS criterion ends the application.
    pub is_dealbreaker: HashMap<String, Option<bool>>,
}

impl Results {
    /// Whether a row below the interview has a default in place of an absent field.
    pub fn has_defaults(&self) -> bool {
        let mut questions = self.scorecard_questions.iter();
        let mut criteria = self.sms_criteria.iter();
        questions.any(|it| it.score_weight.is_default || it.not_scored.is_default)
            || criteria.any(|it| it.is_dealbreaker.is_default)
    }

    /// Replaces defaults by earlier values.
    pub fn keep(&mut self, earlier: &Earlier) {
        for question in &mut self.scorecard_questions {
            let Some(id) = &question.question_id else { continue };
            question.score_weight.keep(earlier.score_weight.get(id));
            question.not_scored.keep(earlier.not_scored.get(id));
        }
        for criterion in &mut self.sms_criteria {
            let Some(id) = &criterion.criteria_id else { continue };
            criterion.is_dealbreaker.keep(earlier.is_dealbreaker.get(id));
        }
    }
}

/// Replaces defaults by earlier values in an interview's steps.
pub fn keep_steps<'a>(
    steps: &'a [WorkflowStep],
    earlier: &[StepStanding],
) -> Cow<'a, [WorkflowStep]> {
    let mut steps = Cow::Borrowed(steps);
    if earlier.is_empty() || !steps.iter().any(|step| step.knocked_out.is_default) {
        return steps;
    }
    for step in steps.to_mut() {
        let is_same = |old: &&StepStanding| old.step_id.is_some() && old.step_id == step.step_id;
        let old = earlier.iter().find(is_same);
        step.knocked_out.keep(old.map(|old| &old.knocked_out));
    }
    steps
}
