//! The fields of an interview's answers: its results, and its row in the candidates list.

use super::{Classes, classes};

/// Each object of the answers by its path, if its parts differ in class. Parts of a conversation,
/// an open field or an identifier need no entry of their own.
pub const ANSWERS: &[Classes] = classes! {
    "" {
        Fact: object interview_id candidate_id posting_id score status shortlisted dismissed created_at
            interviewed_at workflow web_interview resume sms form cheat_detection agent_summary;
        Identifier: name email interview_url metadata data;
    }
    "workflow" {
        Fact: steps all_complete last_activity_at;
    }
    "workflow.steps[]" {
        Fact: step_id order status started completed knocked_out last_updated_at;
    }
    "web_interview" {
        Fact: object interview_id match_score speech_score scorecard;
        Identifier: audio_recording_url video_recording_url;
        FreeText: highlights lowlights tags;
        Conversation: transcript;
    }
    "web_interview.scorecard[]" {
        Fact: question_id question_text score score_weight evaluation_criteria score_1_description
            score_5_description not_scored rank;
        FreeText: evaluation_summary;
        Conversation: transcript;
    }
    "resume" {
        Fact: object interview_id overall_score is_eligible score_criteria eligibility_criteria;
        Identifier: resume_url;
    }
    "resume.score_criteria[]" {
        Fact: criteria_id criteria_text score confidence;
        FreeText: reasons;
    }
    "resume.eligibility_criteria[]" {
        Fact: criteria_id criteria_text passed confidence;
        FreeText: reasons;
    }
    "sms" {
        Fact: object interview_id is_eligible confidence criteria messages_sent messages_received;
        Conversation: transcript;
    }
    "sms.criteria[]" {
        Fact: criteria_id criteria_text passed confidence is_dealbreaker;
        FreeText: reasons;
    }
    "form" {
        Fact: object interview_id overall_status questions;
    }
    "form.questions[]" {
        Fact: question_id question_text question_type is_knockout passed expected_answer;
        Identifier: candidate_answer;
    }
    "cheat_detection" {
        Fact: object overall_confidence overall_ranking enabled threshold types web_interview resume;
    }
    "cheat_detection.web_interview" {
        Fact: cheat_detection_result llm_detection_result unusual_delay_detection interview_integrity;
        Open: tab_switch_detection integrity_analysis_v2;
    }
    "cheat_detection.web_interview.cheat_detection_result" {
        Fact: cheating_detected cheating_confidence cheating_instances;
    }
    "cheat_detection.web_interview.cheat_detection_result.cheating_instances[]" {
        FreeText: reasoning;
        Conversation: transcript_references;
    }
    "cheat_detection.web_interview.llm_detection_result" {
        Fact: llm_generated_detected detection_confidence llm_detected_segments gptzero_metrics;
    }
    "cheat_detection.web_interview.llm_detection_result.llm_detected_segments[]" {
        Fact: segment_confidence;
        FreeText: reasoning;
        Conversation: segment_text;
    }
    "cheat_detection.web_interview.llm_detection_result.gptzero_metrics" {
        Fact: completely_generated_probability overall_ai_score average_generated_probability;
    }
    "cheat_detection.web_interview.unusual_delay_detection" {
        Fact: delay_detected delay_confidence overall_score confidence_level;
        Open: unusual_delay_instances;
    }
    "cheat_detection.web_interview.interview_integrity" {
        Fact: job_id status file_type created_at updated_at aggregated;
        Identifier: filename;
        FreeText: error;
        Open: result comprehensive;
    }
    "cheat_detection.web_interview.interview_integrity.aggregated" {
        Fact: movements;
    }
    "cheat_detection.web_interview.interview_integrity.aggregated.movements[]" {
        Fact: type confidence timestamp;
        Identifier: image;
    }
    "cheat_detection.resume" {
        Fact: gpt_detection;
    }
    "cheat_detection.resume.gpt_detection" {
        Fact: version scanId neatVersion editorDocumentId;
        Open: documents;
    }
    "agent_summary" {
        Fact: resume web_interview sms form;
    }
    "agent_summary.resume" {
        Fact: resume_score is_eligible;
        Identifier: resume_link;
    }
    "agent_summary.web_interview" {
        Fact: score;
        Identifier: audio_recording_link video_recording_link;
        FreeText: highlights;
    }
    "agent_summary.sms" {
        Fact: is_eligible criteria_passed criteria_failed messages_sent;
    }
    "agent_summary.form" {
        Fact: is_complete is_eligible questions_answered total_questions;
    }
};
