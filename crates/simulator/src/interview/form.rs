//! The result of the form.

use serde_json::{Value, json};

use crate::{
    posting::Agent,
    question::{Form, Kind, Question},
    seed::{Purpose, pick},
    world::Candidate,
};

/// Writes the result as the API answers it.
pub fn result(candidate: &Candidate<'_>) -> Value {
    let passed = !candidate.is_knocked_out_by(Agent::Form);
    json!({
        "object": "form_result",
        "interview_id": candidate.interview_id,
        "overall_status": if passed { "passed" } else { "failed" },
        "questions": answers(candidate),
    })
}

/// Writes its summary for the candidates list.
pub fn summary(candidate: &Candidate<'_>) -> Value {
    let answers = answers(candidate);
    let answered = answers.iter().filter(|answer| !answer["candidate_answer"].is_null());
    json!({
        "is_complete": true,
        "is_eligible": !candidate.is_knocked_out_by(Agent::Form),
        "questions_answered": answered.count(),
        "total_questions": answers.len(),
    })
}

/// Only a candidate who is knocked out fails a knockout question, and fails exactly one.
fn answers(candidate: &Candidate<'_>) -> Vec<Value> {
    let mut rng = candidate.choices(Purpose::Form);
    let asked: Vec<(&Question, &Form)> = candidate
        .posting
        .questions_for("form")
        .filter_map(|question| match question.kind {
            Kind::Form(form) => Some((question, form)),
            _ => None,
        })
        .collect();

    let knockouts: Vec<usize> =
        (0..asked.len()).filter(|&position| asked[position].1.knockout).collect();
    let failed = candidate.is_knocked_out_by(Agent::Form).then(|| pick(&mut rng, &knockouts));
    (0..)
        .zip(asked)
        .map(|(position, (question, form))| {
            let passed = failed != Some(position);
            let answer = pick(&mut rng, if passed { form.good } else { form.bad });
            json!({
                "question_id": question.id,
                "question_text": question.text(),
                "question_type": form.format,
                "is_knockout": form.knockout,
                "passed": passed,
                "candidate_answer": (!answer.is_empty()).then_some(answer),
                "expected_answer": form.expected,
            })
        })
        .collect()
}
