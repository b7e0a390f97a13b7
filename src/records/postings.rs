//! The subjects that interviews refer to: the workspace, and its postings with their steps and
//! questions.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{PostingId, table::record};

record! {
    /// A posting: a job that candidates are screened for.
    PostingRow in "postings" of "posting_id" {
        /// Whose posting it is: HeyMilo's id of the company.
        company_id: Option<String>,
        /// Job title as candidates see it.
        title: Option<String>,
        /// The posting's short name in links to it.
        name: Option<String>,
        /// The job description.
        description: Option<String>,
        /// Language of the interview as a code such as en.
        language: Option<String>,
        /// Name under which the AI interviewer introduces itself.
        interviewer_name: Option<String>,
        /// draft, active, expired or archived.
        status: Option<String>,
        /// Whether the set-up of the posting was completed.
        finalized: Option<bool>,
        /// True once recruiters have put the posting away.
        archived: Option<bool>,
        /// Whether the posting only serves to try HeyMilo out.
        test_posting: Option<bool>,
        /// Page on which candidates start (urls.`candidate_url` in the API).
        candidate_url: Option<String>,
        /// Key of the address at which candidates can be handed in (urls.`ingestion_url_key` in the API).
        ingestion_url_key: Option<String>,
        /// Page on which recruiters review the posting's candidates (urls.`review_url` in the API).
        review_url: Option<String>,
        /// Until when candidates may take part (deadline in the API).
        deadline_at: Option<DateTime<Utc>>,
        /// Where candidates are sent when they have finished.
        redirect_url: Option<String>,
        /// Where candidates book the next appointment.
        scheduling_url: Option<String>,
        /// How often a candidate may take the interview again.
        max_retakes: Option<i64>,
        /// How many days have to pass before a candidate may try again.
        retake_cooldown_days: Option<f64>,
        /// Whether candidates may be written to by SMS.
        allow_sms_comms: Option<bool>,
        /// Whether candidates are sent their report.
        email_report_to_candidate: Option<bool>,
        /// Additional instructions for the AI interviewer.
        instructions: Option<String>,
        /// Text about the company that candidates see.
        company_overview: Option<String>,
        /// How the company overview is presented, in HeyMilo's word.
        company_overview_delivery_mode: Option<String>,
        /// Text about the job that candidates see.
        job_overview: Option<String>,
        /// How the job overview is presented, in HeyMilo's word.
        job_overview_delivery_mode: Option<String>,
        /// Text about the process that candidates see.
        interview_process_overview: Option<String>,
        /// How the process overview is presented, in HeyMilo's word.
        interview_process_overview_delivery_mode: Option<String>,
        /// Which number candidates are called from: HeyMilo's id of it.
        phone_number_id: Option<String>,
        /// HeyMilo's id of the address that e-mails are sent from.
        sender_email_id: Option<String>,
        /// HeyMilo's id of the set of e-mail templates.
        email_template_group_id: Option<String>,
        /// HeyMilo's id of the design of the candidate's pages.
        design_template_group_id: Option<String>,
        /// What the connected applicant tracking system stored with the posting: open JSON.
        ats_metadata: Option<Value>,
        /// The customer's own key-value pairs: a JSON object of strings.
        metadata: Option<Value>,
        /// When the posting was created in HeyMilo.
        created_at: Option<DateTime<Utc>>,
        /// When the posting was last changed in HeyMilo.
        updated_at: Option<DateTime<Utc>>,
        /// Fields that have no column yet, or values of an unexpected type.
        extra: Option<Value>,
    }
}

record! {
    /// One step of a posting's workflow.
    PostingStep in "posting_steps" of "posting_id" {
        /// Place of the step in HeyMilo's answer, from 1.
        position: i32,
        /// HeyMilo's id of the step (id in the API).
        step_id: Option<String>,
        /// Kind of agent: `web_interview`, `conversational_sms`, resume or form (type in the API).
        step_type: Option<String>,
        /// Order of the step in the workflow, from 1 (order in the API).
        step_order: Option<i64>,
        /// Settings of the step: open JSON.
        config: Option<Value>,
        /// Fields that have no column yet, or values of an unexpected type.
        extra: Option<Value>,
    }
}

record! {
    /// One question or criterion that a posting is set up with.
    Question in "questions" of "posting_id" {
        /// Place of the question in HeyMilo's list for the posting, from 1.
        position: i32,
        /// HeyMilo's id of the question (id in the API).
        question_id: Option<String>,
        /// Which agent uses it: voice, sms, form, `resume_eligibility`, `resume_scoring` or `voice_tags`.
        modality: Option<String>,
        /// The question or criterion itself (text in the API).
        question_text: Option<String>,
        /// Kind of question, in HeyMilo's word.
        question_type: Option<String>,
        /// Order in which it is asked.
        rank: Option<i64>,
        /// What the AI looks at when it scores an answer.
        evaluation_criteria: Option<String>,
        /// What an answer at the bottom of the scale looks like (`score_of_1` in the API).
        score_1_description: Option<String>,
        /// What an answer in the middle of the scale, a 5 of 10, looks like (`score_of_5` in the
        /// API).
        score_5_description: Option<String>,
        /// Weight of the question in the score, 1 to 10.
        score_weight: Option<f64>,
        /// Whether answers are left out of the score.
        not_scored: Option<bool>,
        /// Fewest follow-up questions the AI asks.
        min_follow_ups: Option<i64>,
        /// Most follow-up questions the AI asks.
        max_follow_ups: Option<i64>,
        /// For `voice_tags`: how the value is to be drawn from what was said.
        instructions: Option<String>,
        /// Additional instructions for the AI about the question.
        additional_instructions: Option<String>,
        /// Criteria applied after the conversation has ended.
        post_processing_evaluation_criteria: Option<String>,
        /// The answer that passes, as text.
        expected_answer: Option<String>,
        /// The answer that passes, as a number.
        expected_value: Option<f64>,
        /// The configured answer, as JSON because its type depends on the kind of question.
        answer: Option<Value>,
        /// How an answer is compared with the expected one.
        operator: Option<String>,
        /// Whether a wrong answer ends the application (forms).
        is_knockout: Option<bool>,
        /// Whether failing it ends the application (SMS).
        is_dealbreaker: Option<bool>,
        /// Whether candidates must answer.
        is_answer_mandated: Option<bool>,
        /// Expected form of the answer: text, freeform, date or number.
        response_format: Option<String>,
        /// Kind of multiple choice, in HeyMilo's word.
        mcq_type: Option<String>,
        /// For `voice_tags`: the values that may be drawn, in order.
        options: Option<Vec<String>>,
        /// The entries of a drop-down list: a JSON array of objects.
        dropdown_values: Option<Value>,
        /// File types accepted for an upload.
        file_types: Option<Vec<String>>,
        /// Whether several files may be uploaded.
        allow_multiple_files: Option<bool>,
        /// Lowest value of a slider.
        slider_min: Option<f64>,
        /// Highest value of a slider.
        slider_max: Option<f64>,
        /// Step between values of a slider.
        slider_step: Option<f64>,
        /// Further set-up of a structured question: open JSON.
        structured_config: Option<Value>,
        /// When the question was created in HeyMilo.
        created_at: Option<DateTime<Utc>>,
        /// When the question was last changed in HeyMilo.
        updated_at: Option<DateTime<Utc>>,
        /// Fields that have no column yet, or values of an unexpected type.
        extra: Option<Value>,
    }
}

/// A posting with the steps of its workflow.
#[derive(Debug, Clone, PartialEq)]
pub struct Posting {
    /// HeyMilo's id of the posting.
    pub posting_id: PostingId,
    /// The posting itself.
    pub row: PostingRow,
    /// The columns that hold the contract's default, which replaces no earlier value.
    pub unstated: Vec<&'static str>,
    /// The posting's steps, in the order of the answer.
    pub steps: Vec<PostingStep>,
}

/// HeyMilo's description of a workspace. Its shape is not published.
#[derive(Debug, Clone, PartialEq)]
pub struct Workspace {
    /// HeyMilo's own id of the workspace.
    pub heymilo_workspace_id: Option<String>,
    /// Its name.
    pub title: Option<String>,
    /// Everything else.
    pub extra: Option<Value>,
}
