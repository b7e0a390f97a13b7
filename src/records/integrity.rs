//! The results of the integrity detectors.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::table::record;

record! {
    /// The integrity report of an interview.
    IntegrityReport in "integrity_reports" of "interview_id" {
        /// Overall judgement from 1 (no sign of cheating) to 5 (strong signs).
        overall_ranking: Option<i64>,
        /// How sure the detectors are, 0.0 to 1.0.
        overall_confidence: Option<f64>,
        /// Whether detection was switched on for the posting.
        enabled: Option<bool>,
        /// From which confidence on the posting reports a sign, 0 to 100.
        threshold: Option<i64>,
        /// The kinds of detection that were switched on.
        types: Option<Vec<String>>,
        /// Whether the conversation shows signs of cheating (`web_interview.cheat_detection_result` in the API).
        cheating_detected: Option<bool>,
        /// How sure the AI is of it, 0.0 to 1.0.
        cheating_confidence: Option<f64>,
        /// Whether answers seem to come from a language model (`web_interview.llm_detection_result` in the API).
        llm_generated_detected: Option<bool>,
        /// How sure the AI is of it, 0.0 to 1.0.
        llm_detection_confidence: Option<f64>,
        /// GPTZero's probability that the whole was generated, 0.0 to 1.0.
        gptzero_completely_generated_probability: Option<f64>,
        /// How much of the text GPTZero takes for generated, all together: 0.0 to 1.0.
        gptzero_overall_ai_score: Option<f64>,
        /// GPTZero's mean probability over the sentences, 0.0 to 1.0.
        gptzero_average_generated_probability: Option<f64>,
        /// Whether answers came unusually late (`web_interview.unusual_delay_detection` in the API).
        delay_detected: Option<bool>,
        /// How sure the AI is of it, 0.0 to 1.0.
        delay_confidence: Option<f64>,
        /// How suspicious the pauses before answers are, all together: 0.0 to 1.0.
        delay_overall_score: Option<f64>,
        /// How sure the detector of delays is, all together: 0.0 to 1.0.
        delay_confidence_level: Option<f64>,
        /// What was found about leaving the interview's browser tab: open JSON.
        tab_switch_detection: Option<Value>,
        /// The newer analysis of the recording: open JSON.
        integrity_analysis_v2: Option<Value>,
        /// Analysis of the recording: HeyMilo's id of the analysis. This field and the next eight
        /// are `web_interview.interview_integrity` in the API.
        interview_integrity_job_id: Option<String>,
        /// Analysis of the recording: how far it is.
        interview_integrity_status: Option<String>,
        /// Analysis of the recording: name of the analysed file.
        interview_integrity_filename: Option<String>,
        /// Analysis of the recording: type of the analysed file.
        interview_integrity_file_type: Option<String>,
        /// Analysis of the recording: when it was asked for.
        interview_integrity_created_at: Option<DateTime<Utc>>,
        /// Analysis of the recording: when it last changed.
        interview_integrity_updated_at: Option<DateTime<Utc>>,
        /// Analysis of the recording: its result, open JSON.
        interview_integrity_result: Option<Value>,
        /// Analysis of the recording: what went wrong.
        interview_integrity_error: Option<String>,
        /// Analysis of the recording: its comprehensive result, open JSON.
        interview_integrity_comprehensive: Option<Value>,
        /// Check of the resume for generated text: version of the detector. This field and the next
        /// three are `resume.gpt_detection` in the API.
        resume_detection_version: Option<String>,
        /// Check of the resume: id of the scan.
        resume_detection_scan_id: Option<String>,
        /// Check of the resume: readable version of the detector.
        resume_detection_neat_version: Option<String>,
        /// Check of the resume: id of the document at the detector.
        resume_detection_editor_document_id: Option<String>,
        /// Fields that have no column yet, or values of an unexpected type.
        extra: Option<Value>,
    }
}

record! {
    /// One instance that any detector reports.
    IntegrityFinding in "integrity_findings" of "interview_id" {
        /// Place in HeyMilo's answer, from 1.
        position: i32,
        /// Which detector: cheating, `llm_generated`, `unusual_delay`, movement (from the recording) or `resume_document` (the resume's check for generated text).
        detector: String,
        /// Kind of movement, in HeyMilo's word.
        kind: Option<String>,
        /// How sure the detector is, 0.0 to 1.0, for `llm_generated` and movement.
        confidence: Option<f64>,
        /// The AI's reasons.
        reasoning: Option<String>,
        /// The passage that seems generated (`llm_generated` only).
        segment_text: Option<String>,
        /// For movement: link to the picture in which it was seen.
        image: Option<String>,
        /// For movement: how far into the interview it was seen, in seconds (timestamp in the API).
        recording_offset: Option<f64>,
        /// The whole instance where HeyMilo leaves its shape open: `unusual_delay` and `resume_document`.
        details: Option<Value>,
        /// Fields that have no column yet, or values of an unexpected type.
        extra: Option<Value>,
    }
}

record! {
    /// A turn of the conversation that a finding of the detector cheating points at.
    IntegrityTranscriptReference in "integrity_transcript_references" of "interview_id" {
        /// The finding: refers to `integrity_findings.position`.
        finding_position: i32,
        /// Place of the reference in the finding, from 1.
        position: i32,
        /// What was said.
        text: Option<String>,
        /// How far into the interview it was said, in seconds (`actual_timestamp` in the API).
        offset_seconds: Option<f64>,
        /// The same in readable form (`user_friendly_timestamp` in the API).
        offset_label: Option<String>,
        /// Fields that have no column yet, or values of an unexpected type.
        extra: Option<Value>,
    }
}
