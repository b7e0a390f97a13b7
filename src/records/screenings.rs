//! The results of screening by resume, SMS and form.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{Defaulted, table::record};

record! {
    /// The results of a resume.
    ResumeScreening in "resume_screenings" of "interview_id" {
        /// The id that this block of the answer names: normally the interview's own.
        agent_interview_id: Option<String>,
        /// Score of the resume, 0.0 to 100.0.
        overall_score: Option<f64>,
        /// Whether the resume meets the eligibility criteria.
        is_eligible: Option<bool>,
        /// Link to the resume, as last received.
        resume_url: Option<String>,
        /// Fields that have no column yet, or values of an unexpected type.
        extra: Option<Value>,
    }
}

record! {
    /// A criterion the resume was scored by.
    ResumeScoreCriterion in "resume_score_criteria" of "interview_id" {
        /// Place in HeyMilo's answer, from 1.
        position: i32,
        /// HeyMilo's id of the criterion: refers to `questions.question_id`.
        criteria_id: Option<String>,
        /// The criterion.
        criteria_text: Option<String>,
        /// How well the resume meets the criterion, 0.0 to 10.0.
        score: Option<f64>,
        /// How sure the AI is, 0.0 to 1.0.
        confidence: Option<f64>,
        /// The AI's reasons, in order.
        reasons: Option<Vec<String>>,
        /// Fields that have no column yet, or values of an unexpected type.
        extra: Option<Value>,
    }
}

record! {
    /// A criterion that decides whether the resume is eligible.
    ResumeEligibilityCriterion in "resume_eligibility_criteria" of "interview_id" {
        /// Place in HeyMilo's answer, from 1.
        position: i32,
        /// HeyMilo's id of the criterion: refers to `questions.question_id`.
        criteria_id: Option<String>,
        /// The criterion.
        criteria_text: Option<String>,
        /// Whether the criterion is met.
        passed: Option<bool>,
        /// How sure the AI is, 0.0 to 1.0.
        confidence: Option<f64>,
        /// The AI's reasons, in order.
        reasons: Option<Vec<String>>,
        /// Fields that have no column yet, or values of an unexpected type.
        extra: Option<Value>,
    }
}

record! {
    /// The results of an SMS conversation.
    SmsScreening in "sms_screenings" of "interview_id" {
        /// The id that this block of the answer names: normally the interview's own.
        agent_interview_id: Option<String>,
        /// Whether the conversation found the candidate eligible.
        is_eligible: Option<bool>,
        /// How sure the AI is, 0.0 to 1.0.
        confidence: Option<f64>,
        /// Number of SMS sent to the candidate.
        messages_sent: Option<i64>,
        /// Number of SMS received from the candidate.
        messages_received: Option<i64>,
        /// Fields that have no column yet, or values of an unexpected type.
        extra: Option<Value>,
    }
}

record! {
    /// A criterion that the SMS conversation decided.
    SmsCriterion in "sms_criteria" of "interview_id" {
        /// Place in HeyMilo's answer, from 1.
        position: i32,
        /// HeyMilo's id of the criterion: refers to `questions.question_id`.
        criteria_id: Option<String>,
        /// The criterion.
        criteria_text: Option<String>,
        /// Whether the criterion is met.
        passed: Option<bool>,
        /// How sure the AI is, 0.0 to 1.0.
        confidence: Option<f64>,
        /// Whether failing it ends the application.
        is_dealbreaker: Defaulted<bool>,
        /// The AI's reasons, in order.
        reasons: Option<Vec<String>>,
        /// Fields that have no column yet, or values of an unexpected type.
        extra: Option<Value>,
    }
}

record! {
    /// One message of the SMS conversation.
    SmsMessage in "sms_messages" of "interview_id" {
        /// Place in HeyMilo's answer, from 1.
        position: i32,
        /// Sender of the message, in HeyMilo's word.
        role: Option<String>,
        /// What was written.
        text: Option<String>,
        /// Time of the message (timestamp in the API).
        sent_at: Option<DateTime<Utc>>,
        /// Fields that have no column yet, or values of an unexpected type.
        extra: Option<Value>,
    }
}

record! {
    /// The result of a form.
    FormScreening in "form_screenings" of "interview_id" {
        /// The id that this block of the answer names: normally the interview's own.
        agent_interview_id: Option<String>,
        /// passed, failed or pending.
        overall_status: Option<String>,
        /// Fields that have no column yet, or values of an unexpected type.
        extra: Option<Value>,
    }
}

record! {
    /// One question of the form with its answer.
    FormAnswer in "form_answers" of "interview_id" {
        /// Place in HeyMilo's answer, from 1.
        position: i32,
        /// HeyMilo's id of the question: refers to `questions.question_id`.
        question_id: Option<String>,
        /// The question as it was asked.
        question_text: Option<String>,
        /// Kind of question, in HeyMilo's word.
        question_type: Option<String>,
        /// Whether a wrong answer ends the application.
        is_knockout: Option<bool>,
        /// Whether the answer is acceptable.
        passed: Option<bool>,
        /// What the candidate answered.
        candidate_answer: Option<String>,
        /// The answer that passes.
        expected_answer: Option<String>,
        /// Fields that have no column yet, or values of an unexpected type.
        extra: Option<Value>,
    }
}
