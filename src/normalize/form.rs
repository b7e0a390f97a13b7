//! The block `form`: questions with their answers.

use super::fields::Fields;
use crate::records::{FormAnswer, FormScreening};

/// The rows of the two tables.
#[derive(Debug, Default)]
pub struct Rows {
    pub screening: Vec<FormScreening>,
    pub answers: Vec<FormAnswer>,
}

/// Reads the block. Returns no rows when the posting has no form.
pub fn read(fields: &mut Fields<'_>) -> Rows {
    fields.object("form", block).unwrap_or_default()
}

fn block(fields: &mut Fields<'_>) -> Rows {
    fields.skip("object");
    fields.require(&["interview_id", "overall_status"]);
    let answers = fields.list("questions", answer);
    let screening = FormScreening {
        agent_interview_id: fields.text("interview_id"),
        overall_status: fields.text("overall_status"),
        extra: fields.extra(),
    };
    Rows { screening: vec![screening], answers }
}

fn answer(position: i32, fields: &mut Fields<'_>) -> FormAnswer {
    fields.require(&["question_id", "question_text", "question_type", "is_knockout", "passed"]);
    FormAnswer {
        position,
        question_id: fields.text("question_id"),
        question_text: fields.text("question_text"),
        question_type: fields.text("question_type"),
        is_knockout: fields.boolean("is_knockout"),
        passed: fields.boolean("passed"),
        candidate_answer: fields.text("candidate_answer"),
        expected_answer: fields.text("expected_answer"),
        extra: fields.extra(),
    }
}
