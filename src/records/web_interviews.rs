//! The results of a web interview: voice or video.

use serde_json::Value;

use super::{Defaulted, table::record};

record! {
    /// The results of a web interview.
    WebInterview in "web_interviews" of "interview_id" {
        /// The id that this block of the answer names: normally the interview's own.
        agent_interview_id: Option<String>,
        /// How well the candidate matches the posting, 0 to 100.
        match_score: Option<f64>,
        /// Quality of speech, 0.0 to 5.0.
        speech_score: Option<f64>,
        /// What spoke for the candidate, in order.
        highlights: Option<Vec<String>>,
        /// What spoke against the candidate, in order.
        lowlights: Option<Vec<String>>,
        /// Tags the AI gave the interview.
        tags: Option<Vec<String>>,
        /// Link to the sound recording, as last received.
        audio_recording_url: Option<String>,
        /// Link to the video recording, as last received.
        video_recording_url: Option<String>,
        /// Fields that have no column yet, or values of an unexpected type.
        extra: Option<Value>,
    }
}

record! {
    /// One question of the scorecard.
    ScorecardQuestion in "scorecard_questions" of "interview_id" {
        /// Place in HeyMilo's answer, from 1.
        position: i32,
        /// HeyMilo's id of the question: refers to `questions.question_id`.
        question_id: Option<String>,
        /// The question as it was asked.
        question_text: Option<String>,
        /// Score of the answer, 1 to 10.
        score: Option<f64>,
        /// Weight of the question in the interview's score, 1 to 10.
        score_weight: Defaulted<f64>,
        /// Whether the answer is left out of the score.
        not_scored: Defaulted<bool>,
        /// Order of the question in the interview.
        rank: Option<i64>,
        /// The AI's reasons for the score.
        evaluation_summary: Option<String>,
        /// What the AI looked at.
        evaluation_criteria: Option<String>,
        /// What an answer at the bottom of the scale looks like.
        score_1_description: Option<String>,
        /// What an answer in the middle of the scale, a 5 of 10, looks like.
        score_5_description: Option<String>,
        /// Fields that have no column yet, or values of an unexpected type.
        extra: Option<Value>,
    }
}

record! {
    /// One turn of the dialogue of a scorecard question.
    ScorecardTranscriptEntry in "scorecard_transcript_entries" of "interview_id" {
        /// The question: refers to `scorecard_questions.position`.
        question_position: i32,
        /// Place of the turn in the question's dialogue, from 1.
        position: i32,
        /// The speaker, in HeyMilo's word, such as AI or Candidate.
        speaker: Option<String>,
        /// What was said.
        text: Option<String>,
        /// How far into the interview it was said, in seconds (timestamp in the API).
        offset_seconds: Option<f64>,
        /// The same as MM:SS (`timestamp_str` in the API).
        offset_label: Option<String>,
        /// Fields that have no column yet, or values of an unexpected type.
        extra: Option<Value>,
    }
}

record! {
    /// One turn of the whole conversation.
    TranscriptEntry in "transcript_entries" of "interview_id" {
        /// Place in HeyMilo's answer, from 1.
        position: i32,
        /// The speaker, in HeyMilo's word, such as AI or Candidate.
        speaker: Option<String>,
        /// What was said.
        text: Option<String>,
        /// How far into the interview it was said, in seconds (timestamp in the API).
        offset_seconds: Option<f64>,
        /// The same as MM:SS (`timestamp_str` in the API).
        offset_label: Option<String>,
        /// Fields that have no column yet, or values of an unexpected type.
        extra: Option<Value>,
    }
}
