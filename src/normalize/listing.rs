//! An interview's row in the candidates list.

use serde_json::Value;

use super::{
    Answer, Fingerprint, Normalized, answer::is_blank, fields::Fields, interview, notices::Notices,
};
use crate::records::{AgentSummary, InterviewId, Listing};

/// The interview a row is about. `None` when it names none that can be asked for.
pub fn id_of_listing(answer: &Answer) -> Option<InterviewId> {
    InterviewId::new(answer.get("interview_id")?.as_str()?)
}

/// Fields that only the list tells.
const LIST_ONLY: &[&str] =
    &["object", "shortlisted", "dismissed", "interview_url", "created_at", "interviewed_at"];

/// What the row says about things that the results tell as well, as a number to compare.
pub fn results_fingerprint(answer: &Answer) -> Fingerprint {
    answer.fingerprint_without(LIST_ONLY)
}

/// Whether nothing has happened since the invitation: there are no results to ask for yet.
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
        && is_blank(answer.get("agent_summary"))
        && !steps.and_then(Value::as_array).is_some_and(|steps| steps.iter().any(started))
}

/// Turns a row of the list into records.
pub fn listing(asked: &InterviewId, answer: Answer) -> Normalized<Listing> {
    let mut notices = Notices::default();
    let mut fields = answer.fields(&mut notices);
    let fields = &mut fields;
    let records = Listing {
        shortlisted: fields.boolean("shortlisted"),
        dismissed: fields.boolean("dismissed"),
        interview_url: fields.text("interview_url"),
        invited_at: fields.time("created_at"),
        interviewed_at: fields.time("interviewed_at"),
        agent_summary: fields.object("agent_summary", agent_summary),
        // Last, because it takes what is left as `extra`.
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
