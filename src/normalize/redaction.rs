//! What was said, taken out of an answer.

use serde_json::Value;

use crate::json;

/// The parts of an answer in which people's words are quoted. What the customer sent along
/// (`metadata`, `data`) is left as it is, whatever its names.
const PARTS: [&str; 3] = ["web_interview", "sms", "cheat_detection"];
/// Lists of turns.
const CONVERSATIONS: [&str; 2] = ["transcript", "transcript_references"];
/// A quoted passage.
const PASSAGE: &str = "segment_text";
/// What HeyMilo found in whatever form: its texts may quote anything.
const OPEN: [&str; 6] = [
    "unusual_delay_instances",
    "documents",
    "integrity_analysis_v2",
    "result",
    "comprehensive",
    "tab_switch_detection",
];

/// An interview's results without its conversations: the lists of turns are empty, quoted passages
/// too. What cannot be read says nothing any more at all.
pub fn without_conversations(body: &[u8]) -> Vec<u8> {
    // As an answer is read for its rows: what has rows can be redacted.
    let Ok(json::Read { value: mut answer, .. }) = json::read(body) else { return Vec::new() };
    for part in PARTS {
        if let Some(part) = answer.get_mut("data").and_then(|data| data.get_mut(part)) {
            silence(part);
        }
    }
    answer.to_string().into_bytes()
}

fn silence(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(silence),
        Value::Object(fields) => {
            for (name, value) in fields {
                match name.as_str() {
                    name if CONVERSATIONS.contains(&name) => *value = Value::Array(Vec::new()),
                    PASSAGE => *value = Value::String(String::new()),
                    name if OPEN.contains(&name) => mute(value),
                    _ => silence(value),
                }
            }
        }
        _ => {}
    }
}

fn mute(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(mute),
        Value::Object(fields) => fields.values_mut().for_each(mute),
        Value::String(text) => text.clear(),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_found_in_whatever_form_keeps_its_numbers_and_loses_its_texts() {
        let answer = json!({ "data": { "cheat_detection": { "unusual_delay_instances": [
            { "response_text": "I said this", "delay": 7.5, "of": { "question": "Well?" } },
        ] } } });

        let redacted = without_conversations(answer.to_string().as_bytes());

        let expected = json!({ "data": { "cheat_detection": { "unusual_delay_instances": [
            { "response_text": "", "delay": 7.5, "of": { "question": "" } },
        ] } } });
        assert_eq!(serde_json::from_slice::<Value>(&redacted).unwrap(), expected);
    }

    #[test]
    fn an_answer_that_is_not_quite_json_is_redacted_as_it_is_read() {
        let answer = "\u{feff}{\"data\": {\"score\": 7, \"web_interview\": {\"transcript\":
            [{\"text\": \"half a face \\ud83d\"}]}}}";

        let redacted = without_conversations(answer.as_bytes());

        let expected = json!({ "data": { "score": 7, "web_interview": { "transcript": [] } } });
        assert_eq!(serde_json::from_slice::<Value>(&redacted).unwrap(), expected);
    }

    #[test]
    fn conversations_are_taken_out_and_nothing_else() {
        let turn = json!({ "speaker": "Candidate", "text": "I said this" });
        let answer = json!({ "data": {
            "score": 80.5,
            "metadata": { "transcript": "theirs" },
            "web_interview": {
                "match_score": 90,
                "transcript": [turn],
                "scorecard": [{ "score": 7, "transcript": [turn] }],
            },
            "sms": { "transcript": [turn], "is_eligible": true },
            "cheat_detection": { "web_interview": { "llm_detection_result": {
                "llm_detected_segments": [{ "segment_text": "I said this", "segment_confidence": 0.5 }],
            } } },
        } });

        let redacted = without_conversations(answer.to_string().as_bytes());

        let expected = json!({ "data": {
            "score": 80.5,
            "metadata": { "transcript": "theirs" },
            "web_interview": {
                "match_score": 90,
                "transcript": [],
                "scorecard": [{ "score": 7, "transcript": [] }],
            },
            "sms": { "transcript": [], "is_eligible": true },
            "cheat_detection": { "web_interview": { "llm_detection_result": {
                "llm_detected_segments": [{ "segment_text": "", "segment_confidence": 0.5 }],
            } } },
        } });
        assert_eq!(serde_json::from_slice::<Value>(&redacted).unwrap(), expected);
    }

    #[test]
    fn what_cannot_be_read_says_nothing_any_more() {
        assert!(without_conversations(b"{ \"transcript\": [").is_empty());
    }
}
