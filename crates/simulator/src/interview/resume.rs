//! The result of the resume screening.

use fastrand::Rng;
use serde_json::{Value, json};

use crate::{
    files::ELSEWHERE,
    posting::Agent,
    question::{Kind, Question},
    seed::{Purpose, confidence, rounded},
    words::quality,
    world::Candidate,
};

/// The scores only, which are cheap enough for a list.
#[derive(Debug)]
pub struct Assessment {
    /// One from 0.0 to 10.0 for each scoring criterion.
    scores: Vec<f64>,
    pub overall: f64,
}

/// Invents the scores.
pub fn assess(candidate: &Candidate<'_>) -> Assessment {
    let mut rng = candidate.choices(Purpose::ResumeScores);
    let (mut total, mut weights, mut scores) = (0.0, 0.0, Vec::new());
    for question in candidate.posting.questions_for("resume_scoring") {
        let score = rounded(10.0 * candidate.performance(&mut rng), 1);
        if let Kind::Scoring { weight, .. } = question.kind {
            total += score * f64::from(weight);
            weights += f64::from(weight);
        }
        scores.push(score);
    }
    Assessment { overall: rounded(10.0 * total / weights, 1), scores }
}

/// Writes the result as the API answers it.
pub fn result(candidate: &Candidate<'_>) -> Value {
    let assessment = assess(candidate);
    let mut rng = candidate.choices(Purpose::ResumeResult);
    let scored = candidate.posting.questions_for("resume_scoring").zip(&assessment.scores);

    json!({
        "object": "resume_result",
        "interview_id": candidate.interview_id,
        "overall_score": assessment.overall,
        "is_eligible": is_eligible(candidate),
        "score_criteria": scored
            .map(|(question, score)| json!({
                "criteria_id": question.id,
                "criteria_text": question.text(),
                "score": score,
                "confidence": confidence(&mut rng),
                "reasons": [format!("{} match with the resume's history.", quality(score / 10.0))],
            }))
            .collect::<Vec<_>>(),
        "eligibility_criteria": eligibility(candidate, &mut rng),
        "resume_url": url(candidate),
    })
}

/// Writes its summary for the candidates list.
pub fn summary(candidate: &Candidate<'_>) -> Value {
    json!({
        "resume_score": assess(candidate).overall,
        "is_eligible": is_eligible(candidate),
        "resume_link": url(candidate),
    })
}

fn is_eligible(candidate: &Candidate<'_>) -> bool {
    !candidate.is_knocked_out_by(Agent::Resume)
}

/// A candidate who is knocked out fails one of the criteria. All others pass them.
fn eligibility(candidate: &Candidate<'_>, rng: &mut Rng) -> Vec<Value> {
    let criteria: Vec<&Question> = candidate.posting.questions_for("resume_eligibility").collect();
    let failed = (!is_eligible(candidate)).then(|| rng.usize(..criteria.len()));
    let verdict = |(position, question): (usize, &&Question)| {
        let passed = failed != Some(position);
        json!({
            "criteria_id": question.id,
            "criteria_text": question.text(),
            "passed": passed,
            "confidence": confidence(rng),
            "reasons": [if passed { "Stated in the resume." } else { "Nothing in the resume says so." }],
        })
    };
    criteria.iter().enumerate().map(verdict).collect()
}

fn url(candidate: &Candidate<'_>) -> String {
    format!("{ELSEWHERE}/resumes/{}.pdf", candidate.interview_id)
}
