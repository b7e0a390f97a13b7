//! An interview: its row in the candidates list, and its results.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{Defaulted, InterviewId, Record as _, table::record};

record! {
    /// The summary by agent in the candidates list: what each agent made of the candidate, in
    /// short.
    AgentSummary in "agent_summaries" of "interview_id" {
        /// Overall score of the resume, 0 to 100.
        resume_score: Option<f64>,
        /// Whether the resume meets the eligibility criteria.
        resume_is_eligible: Option<bool>,
        /// Link to the resume (resume.`resume_link` in the API).
        resume_url: Option<String>,
        /// Score of the web interview, 0 to 100.
        web_interview_score: Option<f64>,
        /// What spoke for the candidate in the web interview.
        web_interview_highlights: Option<Vec<String>>,
        /// Link to the sound recording (`web_interview.audio_recording_link` in the API).
        audio_recording_url: Option<String>,
        /// Link to the video recording (`web_interview.video_recording_link` in the API).
        video_recording_url: Option<String>,
        /// Whether the SMS conversation found the candidate eligible.
        sms_is_eligible: Option<bool>,
        /// SMS criteria that were met.
        sms_criteria_passed: Option<Vec<String>>,
        /// SMS criteria that were not met.
        sms_criteria_failed: Option<Vec<String>>,
        /// Number of SMS sent to the candidate.
        sms_messages_sent: Option<i64>,
        /// Whether the form was filled in.
        form_is_complete: Option<bool>,
        /// Whether the form's answers make the candidate eligible.
        form_is_eligible: Option<bool>,
        /// Number of the form's questions that were answered.
        form_questions_answered: Option<i64>,
        /// How many questions the form has.
        form_total_questions: Option<i64>,
        /// Fields that have no column yet, or values of an unexpected type.
        extra: Option<Value>,
    }
}

record! {
    /// One step of an interview's workflow, as it stands now.
    WorkflowStep in "workflow_steps" of "interview_id" {
        /// Place in HeyMilo's answer, from 1.
        position: i32,
        /// HeyMilo's id of the step: refers to `posting_steps.step_id`.
        step_id: Option<String>,
        /// Order of the step in the workflow, from 1 (order in the API).
        step_order: Option<i64>,
        /// `not_started`, `in_progress`, completed or `knocked_out`.
        status: Option<String>,
        /// Whether the candidate has begun the step.
        started: Option<bool>,
        /// Whether the candidate has finished the step.
        completed: Option<bool>,
        /// Whether the step ended the candidate's application.
        knocked_out: Defaulted<bool>,
        /// When the step last changed, as HeyMilo tells it.
        last_updated_at: Option<DateTime<Utc>>,
        /// Fields that have no column yet, or values of an unexpected type.
        extra: Option<Value>,
    }
}

record! {
    /// An observed change of one field of an interview.
    InterviewChange in "interview_changes" of "interview_id" {
        /// The field that changed: status, score, shortlisted, dismissed or deleted.
        field: String,
        /// When the answer that showed the change was received.
        observed_at: DateTime<Utc>,
        /// The value before, as text.
        old_value: Option<String>,
        /// The value after, as text.
        new_value: Option<String>,
        /// When the change happened, where HeyMilo tells: the workflow's last activity for a change of status.
        changed_at: Option<DateTime<Utc>>,
        /// Whether this is the first observed value of the field, so that the change may be older.
        first_observation: bool,
    }
}

record! {
    /// An observed change of one step's status.
    WorkflowStepChange in "workflow_step_changes" of "interview_id" {
        /// Place of the step in HeyMilo's answer, from 1.
        position: i32,
        /// When the answer that showed the change was received.
        observed_at: DateTime<Utc>,
        /// HeyMilo's id of the step.
        step_id: Option<String>,
        /// The status before.
        old_status: Option<String>,
        /// The status after.
        new_status: Option<String>,
        /// When the step changed, as HeyMilo tells it (`last_updated_at` of the step).
        changed_at: Option<DateTime<Utc>>,
        /// Whether the step was not known before, so that the change may be older.
        first_observation: bool,
    }
}

/// A person, as one interview names the person.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// HeyMilo's id of the person. `None` when HeyMilo gives none.
    pub candidate_id: Option<String>,
    /// Full name. Personal data.
    pub name: Option<String>,
    /// E-mail address. Personal data.
    pub email: Option<String>,
}

/// The part of an interview that both the candidates list and the results hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Interview {
    /// HeyMilo's id of the interview.
    pub interview_id: InterviewId,
    /// The posting the candidate was invited to.
    pub posting_id: Option<String>,
    /// The person.
    pub candidate: Candidate,
    /// Status, in HeyMilo's word.
    pub status: Option<String>,
    /// Overall score, 0 to 100.
    pub score: Option<f64>,
    /// The candidate's steps. `None` when the answer has none.
    pub workflow: Option<Workflow>,
    /// The customer's own key-value pairs.
    pub metadata: Option<Value>,
    /// Data that was supplied together with the candidate.
    pub data: Option<Value>,
    /// Fields that have no column yet, or values of an unexpected type.
    pub extra: Option<Value>,
}

/// A candidate's progress through the steps of the posting.
#[derive(Debug, Clone, PartialEq)]
pub struct Workflow {
    /// Whether every step is finished.
    pub all_complete: Option<bool>,
    /// When the candidate last did something.
    pub last_activity_at: Option<DateTime<Utc>>,
    /// The steps, in the order of the answer.
    pub steps: Vec<WorkflowStep>,
}

impl Workflow {
    /// Whether there are steps, and the candidate has begun none.
    pub fn is_untouched(&self) -> bool {
        let is_begun = |step: &WorkflowStep| {
            let flags = [step.started, step.completed, step.knocked_out.value];
            flags.contains(&Some(true))
                || step.status.as_deref().is_some_and(|s| s != "not_started")
        };
        !self.steps.is_empty() && !self.steps.iter().any(is_begun)
    }
}

/// An interview's row in the candidates list.
#[derive(Debug, Clone, PartialEq)]
pub struct Listing {
    /// The part that the results hold too.
    pub interview: Interview,
    /// True when a recruiter put the candidate on the shortlist.
    pub shortlisted: Option<bool>,
    /// Whether `shortlisted` is the contract's default, which replaces no decision.
    pub is_shortlisted_unstated: bool,
    /// True when a recruiter turned the candidate down.
    pub dismissed: Option<bool>,
    /// Whether `dismissed` is the contract's default, which replaces no decision.
    pub is_dismissed_unstated: bool,
    /// The candidate's personal link to the interview.
    pub interview_url: Option<String>,
    /// When the candidate was invited.
    pub invited_at: Option<DateTime<Utc>>,
    /// When the candidate came to the end of the interview.
    pub interviewed_at: Option<DateTime<Utc>>,
    /// The summary by agent.
    pub agent_summary: Option<AgentSummary>,
}

/// The result tables, each declared once. It passes `field: Record` of each table to a macro.
/// [`Results`], the writer and the deletion are made from this list.
macro_rules! result_tables {
    ($declare:ident) => {
        $declare! {
            web_interviews: $crate::records::WebInterview,
            scorecard_questions: $crate::records::ScorecardQuestion,
            scorecard_transcript_entries: $crate::records::ScorecardTranscriptEntry,
            transcript_entries: $crate::records::TranscriptEntry,
            resume_screenings: $crate::records::ResumeScreening,
            resume_score_criteria: $crate::records::ResumeScoreCriterion,
            resume_eligibility_criteria: $crate::records::ResumeEligibilityCriterion,
            sms_screenings: $crate::records::SmsScreening,
            sms_criteria: $crate::records::SmsCriterion,
            sms_messages: $crate::records::SmsMessage,
            form_screenings: $crate::records::FormScreening,
            form_answers: $crate::records::FormAnswer,
            integrity_reports: $crate::records::IntegrityReport,
            integrity_findings: $crate::records::IntegrityFinding,
            integrity_transcript_references: $crate::records::IntegrityTranscriptReference,
        }
    };
}
pub(crate) use result_tables;

macro_rules! declare_results {
    ($($table:ident: $record:ty,)+) => {
        /// The full results of an interview: one `Vec` per table. A table with one row per
        /// interview has at most one.
        #[derive(Debug, Clone, PartialEq)]
        pub struct Results {
            /// The part that the candidates list holds too.
            pub interview: Interview,
            $(
                #[doc = concat!("Rows of `", stringify!($table), "`.")]
                pub $table: Vec<$record>,
            )+
        }

        impl Results {
            /// The number of rows for each table.
            pub fn rows(&self) -> Vec<(&'static str, usize)> {
                vec![("interviews", 1), $((<$record>::TABLE, self.$table.len()),)+]
            }
        }
    };
}
result_tables!(declare_results);

/// The state of an interview: the fields whose changes the history records.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Standing {
    /// Status, in HeyMilo's word.
    pub status: Option<String>,
    /// Overall score, 0 to 100.
    pub score: Option<f64>,
    /// True when a recruiter put the candidate on the shortlist. `None` until the list was read.
    pub shortlisted: Option<bool>,
    /// True when a recruiter turned the candidate down. `None` until the list was read.
    pub dismissed: Option<bool>,
    /// When the candidate last did something.
    pub last_activity_at: Option<DateTime<Utc>>,
    /// Whether the results are ready. `None` when they were never fetched.
    pub results_ready: Option<bool>,
    /// Whether the interview is marked as gone.
    pub deleted: bool,
    /// When the newest answer about it was received. `None` while that is not known.
    pub observed_at: Option<DateTime<Utc>>,
    /// The steps' positions, ids and statuses.
    pub steps: Vec<StepStanding>,
}

/// The state of a step.
#[derive(Debug, Clone, PartialEq)]
pub struct StepStanding {
    /// Place in HeyMilo's answer, from 1.
    pub position: i32,
    /// HeyMilo's id of the step.
    pub step_id: Option<String>,
    /// Status, in HeyMilo's word.
    pub status: Option<String>,
    /// Whether the step ended the candidate's application.
    pub knocked_out: Option<bool>,
}
