//! The full results of an interview, and the part that the candidates list has too.

use super::{
    Answer, Normalized, fields::Fields, form, integrity, notices::Notices, resume, sms,
    web_interview,
};
use crate::records::{Candidate, Interview, InterviewId, Results, Workflow, WorkflowStep};

/// Turns the results of the interview that was asked for into the rows of every result table.
pub fn results(asked: &InterviewId, answer: Answer) -> Normalized<Results> {
    let mut notices = Notices::default();
    let mut fields = answer.fields(&mut notices);
    let fields = &mut fields;

    let web = web_interview::read(fields);
    let resume = resume::read(fields);
    let sms = sms::read(fields);
    let form = form::read(fields);
    let integrity = integrity::read(fields);
    let records = Results {
        // Last, because it takes all remaining fields as `extra`.
        interview: shared(asked, fields),
        web_interviews: web.interview,
        scorecard_questions: web.questions,
        scorecard_transcript_entries: web.question_entries,
        transcript_entries: web.entries,
        resume_screenings: resume.screening,
        resume_score_criteria: resume.score_criteria,
        resume_eligibility_criteria: resume.eligibility_criteria,
        sms_screenings: sms.screening,
        sms_criteria: sms.criteria,
        sms_messages: sms.messages,
        form_screenings: form.screening,
        form_answers: form.answers,
        integrity_reports: integrity.report,
        integrity_findings: integrity.findings,
        integrity_transcript_references: integrity.references,
    };
    Normalized { records, notices: notices.into_vec() }
}

/// Reads the fields that both the results and the candidates list have, and takes all others as
/// `extra`.
pub(super) fn shared(asked: &InterviewId, fields: &mut Fields<'_>) -> Interview {
    fields.skip("object");
    fields.require(&["interview_id", "posting_id", "name", "email", "status"]);
    fields.check_id("interview_id", asked.as_str());
    Interview {
        interview_id: asked.clone(),
        posting_id: fields.id("posting_id"),
        candidate: Candidate {
            candidate_id: fields.id("candidate_id"),
            name: fields.text("name"),
            email: fields.text("email"),
        },
        status: fields.text("status"),
        score: fields.number("score"),
        metadata: fields.json("metadata"),
        data: fields.json("data"),
        workflow: workflow(fields),
        extra: fields.extra(),
    }
}

/// The workflow has no table of its own. Its fields are columns of the interview.
fn workflow(fields: &mut Fields<'_>) -> Option<Workflow> {
    if !fields.has("workflow") {
        fields.skip("workflow");
        return None;
    }
    fields.inline("workflow", |fields| {
        fields.require(&["steps", "all_complete"]);
        Some(Workflow {
            all_complete: fields.boolean("all_complete"),
            last_activity_at: fields.time("last_activity_at"),
            steps: fields.list("steps", step),
        })
    })
}

fn step(position: i32, fields: &mut Fields<'_>) -> WorkflowStep {
    fields.require(&["step_id", "order", "status", "started", "completed"]);
    WorkflowStep {
        position,
        step_id: fields.text("step_id"),
        step_order: fields.integer("order"),
        status: fields.text("status"),
        started: fields.boolean("started"),
        completed: fields.boolean("completed"),
        knocked_out: fields.boolean_or("knocked_out", false),
        last_updated_at: fields.time("last_updated_at"),
        extra: fields.extra(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::normalize::Unreadable;

    /// The example on the vendor's page about this endpoint, with its placeholders replaced.
    const EXAMPLE: &[u8] = include_bytes!("../../tests/fixtures/interview_data.page.json");

    #[test]
    fn the_example_of_the_page_becomes_these_records() {
        let id = InterviewId::new("int_abc123").unwrap();

        let results = results(&id, Answer::enveloped(EXAMPLE).unwrap());

        insta::assert_debug_snapshot!(results);
    }

    #[test]
    fn an_answer_about_another_interview_is_not_taken_for_the_one_asked_for() {
        for other in ["int_asked", "int_abc12", ""] {
            let refused = Answer::about(other, EXAMPLE).unwrap_err();
            assert!(matches!(refused, Unreadable::OtherInterview), "{other}");
        }
    }

    #[test]
    fn an_answer_that_is_no_interview_is_not_taken_for_one() {
        let interview = r#""interview_id": "int_1", "posting_id": "pos_1", "status": "completed""#;
        for no_interview in [
            r#"{"data": {}}"#.to_owned(),
            r#"{"data": null}"#.to_owned(),
            r#"{"data": {"status": "ok"}}"#.to_owned(),
            r#"{"data": {"status": null, "posting_id": "pos_1"}}"#.to_owned(),
            r#"{"data": {}, "error": {"code": "internal"}}"#.to_owned(),
            format!(r#"{{"data": {{{interview}}}, "error": "internal"}}"#),
            r#"{"status": "completed", "posting_id": "pos_1"}"#.to_owned(),
            "[]".to_owned(),
        ] {
            assert!(Answer::about("int_1", no_interview.as_bytes()).is_err(), "{no_interview}");
        }
    }

    #[test]
    fn an_interview_without_its_envelope_is_one() {
        let id = InterviewId::new("int_1").unwrap();
        let bare = br#"{"interview_id": "int_1", "posting_id": "pos_1", "status": "completed",
                        "score": 80, "data": {"status": "theirs"}, "error": null}"#;

        let results = results(&id, Answer::about("int_1", bare).unwrap());

        assert_eq!(results.records.interview.status.as_deref(), Some("completed"));
        assert_eq!(results.records.interview.data, Some(serde_json::json!({ "status": "theirs" })));
    }

    #[test]
    fn an_id_that_is_only_written_otherwise_is_the_one_asked_for() {
        let id = InterviewId::new("int_ABC123").unwrap();
        let read = |named| {
            let body = format!(
                r#"{{"data": {{"interview_id": {named}, "posting_id": "pos_1",
                              "status": "completed", "score": 80}}}}"#
            );
            results(&id, Answer::about(id.as_str(), body.as_bytes()).unwrap())
        };

        for named in [r#""int_abc123""#, r#"" int_ABC123 ""#, "null", "{}", r#""""#] {
            let read = read(named);
            assert_eq!(read.records.interview.interview_id, id);
            assert_eq!(read.records.interview.score, Some(80.0), "{named}");
        }
        assert!(read(r#""int_abc123""#).notices.iter().any(|notice| {
            notice.path == "interview_id" && notice.problem.as_str() == "other_id"
        }));
    }
}
