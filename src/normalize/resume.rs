//! The block `resume`: score and eligibility criteria.

use super::fields::Fields;
use crate::records::{ResumeEligibilityCriterion, ResumeScoreCriterion, ResumeScreening};

/// The rows of the three tables.
#[derive(Debug, Default)]
pub struct Rows {
    pub screening: Vec<ResumeScreening>,
    pub score_criteria: Vec<ResumeScoreCriterion>,
    pub eligibility_criteria: Vec<ResumeEligibilityCriterion>,
}

/// Reads the block. Returns no rows when the posting does not screen resumes.
pub fn read(fields: &mut Fields<'_>) -> Rows {
    fields.object("resume", block).unwrap_or_default()
}

fn block(fields: &mut Fields<'_>) -> Rows {
    fields.skip("object");
    fields.require(&["interview_id"]);
    let score_criteria = fields.list("score_criteria", score_criterion);
    let eligibility_criteria = fields.list("eligibility_criteria", eligibility_criterion);
    let screening = ResumeScreening {
        agent_interview_id: fields.text("interview_id"),
        overall_score: fields.number("overall_score"),
        is_eligible: fields.boolean("is_eligible"),
        resume_url: fields.text("resume_url"),
        extra: fields.extra(),
    };
    Rows { screening: vec![screening], score_criteria, eligibility_criteria }
}

fn score_criterion(position: i32, fields: &mut Fields<'_>) -> ResumeScoreCriterion {
    fields.require(&["criteria_id", "criteria_text", "score", "confidence"]);
    ResumeScoreCriterion {
        position,
        criteria_id: fields.text("criteria_id"),
        criteria_text: fields.text("criteria_text"),
        score: fields.number("score"),
        confidence: fields.number("confidence"),
        reasons: fields.texts("reasons"),
        extra: fields.extra(),
    }
}

fn eligibility_criterion(position: i32, fields: &mut Fields<'_>) -> ResumeEligibilityCriterion {
    fields.require(&["criteria_id", "criteria_text", "passed", "confidence"]);
    ResumeEligibilityCriterion {
        position,
        criteria_id: fields.text("criteria_id"),
        criteria_text: fields.text("criteria_text"),
        passed: fields.boolean("passed"),
        confidence: fields.number("confidence"),
        reasons: fields.texts("reasons"),
        extra: fields.extra(),
    }
}
