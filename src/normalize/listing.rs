//! An interview's row in the candidates list.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{
    Answer, Fingerprint, Normalized, answer::is_blank, fields::Fields, interview, notices::Notices,
    time,
};
use crate::records::{AgentSummary, InterviewId, Listing};

/// The interview of a row. `None` when the row has no usable id.
pub fn id_of_listing(answer: &Answer) -> Option<InterviewId> {
    InterviewId::new(answer.id("interview_id")?)
}

/// Fields that only the list has.
const LIST_ONLY: &[&str] =
    &["object", "shortlisted", "dismissed", "interview_url", "created_at", "interviewed_at"];

/// The fingerprint of the fields that the results have too. Only known fields count: a field that
/// HeyMilo adds to every row must not have every interview fetched again.
pub fn results_fingerprint(answer: &Answer) -> Fingerprint {
    answer.known().fingerprint_without(LIST_ONLY)
}

/// When the interview last changed, as far as a row or an answer says.
pub fn changed_at(answer: &Answer) -> Option<DateTime<Utc>> {
    let of_workflow = answer.get("workflow").and_then(|workflow| workflow.get("last_activity_at"));
    let own = ["created_at", "interviewed_at"].map(|name| answer.get(name));
    own.into_iter().chain([of_workflow]).flatten().filter_map(time::of).max()
}

/// Whether nothing has happened since the invitation, so that there are no results to fetch yet.
pub fn is_untouched(answer: &Answer) -> bool {
    let steps = answer.get("workflow").and_then(|workflow| workflow.get("steps"));
    let started = |step: &Value| {
        !is_blank(step.get("started"))
            || !is_blank(step.get("completed"))
            || !is_blank(step.get("knocked_out"))
    };
    answer.get("status").and_then(Value::as_str) == Some("pending")
        && is_blank(answer.get("score"))
        && is_blank(answer.get("interviewed_at"))
        && answer.get("agent_summary").is_none_or(is_idle)
        && !steps.and_then(Value::as_array).is_some_and(|steps| steps.iter().any(started))
}

/// Whether a summary shows nothing said or written. All of its counts are zero. The number of
/// questions does not matter.
fn is_idle(summary: &Value) -> bool {
    match summary {
        Value::Number(count) => count.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Object(fields) => {
            fields.iter().all(|(name, field)| name == "total_questions" || is_idle(field))
        }
        other => is_blank(Some(other)),
    }
}

/// Turns a row of the list into records.
pub fn listing(asked: &InterviewId, answer: Answer) -> Normalized<Listing> {
    let mut notices = Notices::default();
    let mut fields = answer.fields(&mut notices);
    let fields = &mut fields;
    let records = Listing {
        is_shortlisted_unstated: fields.fill("shortlisted", false),
        is_dismissed_unstated: fields.fill("dismissed", false),
        shortlisted: fields.boolean("shortlisted"),
        dismissed: fields.boolean("dismissed"),
        interview_url: fields.text("interview_url"),
        invited_at: fields.time("created_at"),
        interviewed_at: fields.time("interviewed_at"),
        agent_summary: fields.object("agent_summary", agent_summary),
        // Last, because it takes all remaining fields as `extra`.
        interview: interview::shared(asked, fields),
    };
    Normalized { records, notices: notices.into_vec() }
}

fn agent_summary(fields: &mut Fields<'_>) -> AgentSummary {
    let (resume_score, resume_is_eligible, resume_url) = fields.inline("resume", |resume| {
        (resume.number("resume_score"), resume.boolean("is_eligible"), resume.text("resume_link"))
    });
    let web = fields.inline("web_interview", |web| {
        (
            web.number("score"),
            web.texts("highlights"),
            web.text("audio_recording_link"),
            web.text("video_recording_link"),
        )
    });

    let sms = fields.inline("sms", |sms| {
        (
            sms.boolean("is_eligible"),
            sms.texts("criteria_passed"),
            sms.texts("criteria_failed"),
            sms.integer("messages_sent"),
        )
    });

    let form = fields.inline("form", |form| {
        (
            form.boolean("is_complete"),
            form.boolean("is_eligible"),
            form.integer("questions_answered"),
            form.integer("total_questions"),
        )
    });

    AgentSummary {
        resume_score,
        resume_is_eligible,
        resume_url,
        web_interview_score: web.0,
        web_interview_highlights: web.1,
        audio_recording_url: web.2,
        video_recording_url: web.3,
        sms_is_eligible: sms.0,
        sms_criteria_passed: sms.1,
        sms_criteria_failed: sms.2,
        sms_messages_sent: sms.3,
        form_is_complete: form.0,
        form_is_eligible: form.1,
        form_questions_answered: form.2,
        form_total_questions: form.3,
        extra: fields.extra(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn row(edit: impl FnOnce(&mut Value)) -> Answer {
        let mut row = json!({
            "interview_id": "int_1",
            "status": "pending",
            "score": null,
            "agent_summary": { "resume": null, "sms": { "criteria_passed": [] } },
            "workflow": { "steps": [{ "step_id": "a", "started": false, "completed": false }] },
        });
        edit(&mut row);
        Answer::item(row.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn an_invitation_without_activity_is_untouched() {
        assert!(is_untouched(&row(|_| {})));
    }

    #[test]
    fn counts_of_nothing_are_no_sign_of_life() {
        let counts = |answered: i32| {
            json!({
                "form": { "is_complete": false, "questions_answered": answered, "total_questions": 8 },
                "sms": { "messages_sent": 0, "criteria_passed": [], "is_eligible": null },
                "resume": { "resume_link": "" },
            })
        };

        assert!(is_untouched(&row(|row| row["agent_summary"] = counts(0))));
        assert!(!is_untouched(&row(|row| row["agent_summary"] = counts(1))));
    }

    #[test]
    fn any_sign_of_life_is_not_untouched() {
        assert!(!is_untouched(&row(|row| row["status"] = json!("in_progress"))));
        assert!(!is_untouched(&row(|row| row["score"] = json!(0))));
        assert!(!is_untouched(&row(|row| row["workflow"]["steps"][0]["started"] = json!(true))));
        assert!(!is_untouched(&row(|row| row["agent_summary"]["resume"] = json!({ "a": 1 }))));
    }

    #[test]
    fn a_recruiters_decision_does_not_change_the_results() {
        let before = results_fingerprint(&row(|_| {}));

        let decided = results_fingerprint(&row(|row| row["shortlisted"] = json!(true)));
        let scored = results_fingerprint(&row(|row| row["score"] = json!(80)));

        assert_eq!(decided, before);
        assert_ne!(scored, before);
    }
}
