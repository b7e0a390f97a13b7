//! A question or criterion that a posting is set up with.

use super::{Answer, Normalized, notices::Notices};
use crate::records::{PostingId, Question};

/// Turns an item of a posting's list of questions into a record. `position` counts from 1.
pub fn question(posting_id: &PostingId, position: i32, answer: Answer) -> Normalized<Question> {
    let mut notices = Notices::default();
    let mut fields = answer.fields(&mut notices);
    fields.skip("object");
    fields.require(&["id", "posting_id", "modality", "text"]);
    fields.check_id("posting_id", posting_id.as_str());

    let records = Question {
        position,
        question_id: fields.id("id"),
        modality: fields.text("modality"),
        question_text: fields.text("text"),
        question_type: fields.text("question_type"),
        rank: fields.integer("rank"),
        evaluation_criteria: fields.text("evaluation_criteria"),
        score_1_description: fields.text("score_of_1"),
        score_5_description: fields.text("score_of_5"),
        score_weight: fields.number("score_weight"),
        not_scored: fields.boolean("not_scored"),
        min_follow_ups: fields.integer("min_follow_ups"),
        max_follow_ups: fields.integer("max_follow_ups"),
        instructions: fields.text("instructions"),
        additional_instructions: fields.text("additional_instructions"),
        post_processing_evaluation_criteria: fields.text("post_processing_evaluation_criteria"),
        expected_answer: fields.text("expected_answer"),
        expected_value: fields.number("expected_value"),
        answer: fields.json("answer"),
        operator: fields.text("operator"),
        is_knockout: fields.boolean("is_knockout"),
        is_dealbreaker: fields.boolean("is_dealbreaker"),
        is_answer_mandated: fields.boolean("is_answer_mandated"),
        response_format: fields.text("response_format"),
        mcq_type: fields.text("mcq_type"),
        options: fields.texts("options"),
        dropdown_values: fields.json("dropdown_values"),
        file_types: fields.texts("file_types"),
        allow_multiple_files: fields.boolean("allow_multiple_files"),
        slider_min: fields.number("slider_min"),
        slider_max: fields.number("slider_max"),
        slider_step: fields.number("slider_step"),
        structured_config: fields.json("structured_config"),
        created_at: fields.time("created_at"),
        updated_at: fields.time("updated_at"),
        extra: fields.extra(),
    };

    Normalized { records, notices: notices.into_vec() }
}
