//! Everything about one interview, by agent.

pub mod conversation;
pub mod form;
mod integrity;
pub mod resume;
pub mod sms;
pub mod web;

use serde_json::{Value, json};

use super::{
    person,
    posting::Agent,
    seed::rounded,
    timeline::{Status, reached},
    world::Candidate,
};

/// Writes the full data at `now`. Its links are not signed yet.
pub fn data(candidate: &Candidate<'_>, now: f64) -> Value {
    let status = match candidate.timeline.status(now) {
        Status::Pending | Status::InProgress => "not_ready",
        status => status.name(),
    };
    let result = |agent, write: fn(&Candidate<'_>) -> Value| {
        candidate.has_result(agent, now).then(|| write(candidate))
    };

    let mut data = json!({
        "object": "interview_data",
        "interview_id": candidate.interview_id,
        "candidate_id": candidate.person.candidate_id,
        "posting_id": candidate.posting.id,
        "name": candidate.person.name,
        "email": candidate.person.email,
        "score": score(candidate, now),
        "status": status,
        "workflow": candidate.timeline.workflow(candidate.posting, now),
        "resume": result(Agent::Resume, resume::result),
        "sms": result(Agent::Sms, sms::result),
        "form": result(Agent::Form, form::result),
        "metadata": person::metadata(candidate.seed, candidate.index),
        "data": person::data(candidate.seed, candidate.index),
        "web_interview": null,
        "cheat_detection": null,
    });

    if candidate.has_result(Agent::WebInterview, now) {
        let conversation = conversation::hold(candidate);
        data["cheat_detection"] = integrity::report(candidate, &conversation);
        data["web_interview"] = web::result(candidate, &conversation);
    }

    data
}

/// The overall score, once it is known: the mean of all scores.
pub fn score(candidate: &Candidate<'_>, now: f64) -> Option<f64> {
    reached(candidate.timeline.reported_at, now).then(|| {
        let web = web_score(candidate, now);
        let scores: Vec<f64> = web.into_iter().chain(resume_score(candidate, now)).collect();
        if scores.is_empty() {
            // Forms and messages are only passed or failed.
            return 100.0;
        }
        rounded(scores.iter().sum::<f64>() / scores.len() as f64, 1)
    })
}

/// The score of the web interview, from 0 to 100, once there is one.
pub fn web_score(candidate: &Candidate<'_>, now: f64) -> Option<f64> {
    candidate
        .has_result(Agent::WebInterview, now)
        .then(|| f64::from(web::assess(candidate).match_score))
}

/// The score of the resume, from 0 to 100, once there is one.
pub fn resume_score(candidate: &Candidate<'_>, now: f64) -> Option<f64> {
    candidate.has_result(Agent::Resume, now).then(|| resume::assess(candidate).overall)
}
