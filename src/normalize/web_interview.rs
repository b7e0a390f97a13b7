//! The block `web_interview`: scorecard, dialogues, transcript.

use super::fields::Fields;
use crate::records::{ScorecardQuestion, ScorecardTranscriptEntry, TranscriptEntry, WebInterview};

/// The rows of the four tables.
#[derive(Debug, Default)]
pub struct Rows {
    pub interview: Vec<WebInterview>,
    pub questions: Vec<ScorecardQuestion>,
    pub question_entries: Vec<ScorecardTranscriptEntry>,
    pub entries: Vec<TranscriptEntry>,
}

/// Reads the block. Returns no rows when the posting has no web interview.
pub fn read(fields: &mut Fields<'_>) -> Rows {
    fields.object("web_interview", block).unwrap_or_default()
}

fn block(fields: &mut Fields<'_>) -> Rows {
    fields.skip("object");
    fields.require(&["interview_id", "match_score"]);
    let mut question_entries = Vec::new();
    let questions = fields
        .list("scorecard", |position, fields| question(position, fields, &mut question_entries));
    let entries = fields.list("transcript", entry);
    let interview = WebInterview {
        agent_interview_id: fields.text("interview_id"),
        match_score: fields.number("match_score"),
        speech_score: fields.number("speech_score"),
        highlights: fields.texts("highlights"),
        lowlights: fields.texts("lowlights"),
        tags: fields.texts("tags"),
        audio_recording_url: fields.text("audio_recording_url"),
        video_recording_url: fields.text("video_recording_url"),
        extra: fields.extra(),
    };
    Rows { interview: vec![interview], questions, question_entries, entries }
}

fn question(
    position: i32,
    fields: &mut Fields<'_>,
    entries: &mut Vec<ScorecardTranscriptEntry>,
) -> ScorecardQuestion {
    fields.require(&[
        "question_id",
        "question_text",
        "score",
        "evaluation_summary",
        "evaluation_criteria",
        "rank",
    ]);

    entries.extend(fields.list("transcript", |entry_position, fields| {
        let entry = entry(entry_position, fields);
        ScorecardTranscriptEntry {
            question_position: position,
            position: entry.position,
            speaker: entry.speaker,
            text: entry.text,
            offset_seconds: entry.offset_seconds,
            offset_label: entry.offset_label,
            extra: entry.extra,
        }
    }));

    ScorecardQuestion {
        position,
        question_id: fields.text("question_id"),
        question_text: fields.text("question_text"),
        score: fields.number("score"),
        score_weight: fields.number_or("score_weight", 5),
        not_scored: fields.boolean_or("not_scored", false),
        rank: fields.integer("rank"),
        evaluation_summary: fields.text("evaluation_summary"),
        evaluation_criteria: fields.text("evaluation_criteria"),
        score_1_description: fields.text("score_1_description"),
        score_5_description: fields.text("score_5_description"),
        extra: fields.extra(),
    }
}

fn entry(position: i32, fields: &mut Fields<'_>) -> TranscriptEntry {
    fields.require(&["speaker", "text", "timestamp", "timestamp_str"]);
    TranscriptEntry {
        position,
        speaker: fields.text("speaker"),
        text: fields.text("text"),
        offset_seconds: fields.number("timestamp"),
        offset_label: fields.text("timestamp_str"),
        extra: fields.extra(),
    }
}
