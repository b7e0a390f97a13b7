//! A candidate's row in the list of a posting.

use serde_json::{Value, json};

use super::{
    interview::{self, form, resume, sms, web},
    person,
    posting::Agent,
    timeline::Status,
    world::Candidate,
};

/// The fields that the list shares with the full data.
const SHARED: &[&str] = &["name", "email", "status", "score", "workflow", "metadata", "data"];

/// Writes the row at `now`. Its links are not signed yet.
pub fn row(candidate: &Candidate<'_>, now: f64) -> Value {
    let status = candidate.timeline.status(now);
    let summary = |agent, write: fn(&Candidate<'_>) -> Value| {
        candidate.has_result(agent, now).then(|| write(candidate))
    };

    json!({
        "object": "candidate",
        "interview_id": candidate.interview_id,
        "candidate_id": candidate.person.candidate_id,
        "posting_id": candidate.posting.id,
        "name": candidate.person.name,
        "email": candidate.person.email,
        "score": interview::score(candidate, now),
        "status": status.name(),
        "interview_url": url(&candidate.interview_id),
        "workflow": candidate.timeline.workflow(candidate.posting, now),
        "agent_summary": {
            "resume": summary(Agent::Resume, resume::summary),
            "web_interview": summary(Agent::WebInterview, web::summary),
            "sms": summary(Agent::Sms, sms::summary),
            "form": summary(Agent::Form, form::summary),
        },
        "shortlisted": status == Status::Shortlisted,
        "dismissed": status == Status::Dismissed,
        "metadata": person::metadata(candidate.seed, candidate.index),
        "data": person::data(candidate.seed, candidate.index),
        "interviewed_at": candidate.timeline.completed_at().filter(|&at| at <= now),
        "created_at": candidate.invited_at,
    })
}

/// Writes the row of an interview that a test made.
pub fn row_of(interview: &Value, created_at: f64) -> Value {
    let id = interview["interview_id"].as_str().unwrap_or_default();
    let mut row = json!({
        "object": "candidate",
        "interview_id": id,
        "candidate_id": interview["candidate_id"],
        "posting_id": interview["posting_id"],
        "status": "in_progress",
        "interview_url": url(id),
        "agent_summary": null,
        "shortlisted": interview["status"] == "shortlisted",
        "dismissed": interview["status"] == "dismissed",
        "interviewed_at": interview["workflow"]["last_activity_at"],
        "created_at": created_at,
    });
    follow(&mut row, interview);
    row
}

/// Makes the row agree with an interview that was edited.
pub fn follow(row: &mut Value, interview: &Value) {
    for field in SHARED {
        // Only the full data knows this status. The list still shows the progress.
        if interview[field] != "not_ready" {
            row[field] = interview[field].clone();
        }
    }
}

fn url(interview_id: &str) -> String {
    format!("https://candidates.example.com/i/{interview_id}")
}
