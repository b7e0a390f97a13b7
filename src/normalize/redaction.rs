//! What was said, taken out of an answer.

use serde_json::Value;

/// The parts of an answer in which people's words are quoted. What the customer sent along
/// (`metadata`, `data`) is left as it is, whatever its names.
const PARTS: [&str; 3] = ["web_interview", "sms", "cheat_detection"];
/// Lists of turns.
const CONVERSATIONS: [&str; 2] = ["transcript", "transcript_references"];
/// A quoted passage.
const PASSAGE: &str = "segment_text";

/// An interview's results without its conversations: the lists of turns are empty, quoted passages
/// too. What cannot be read says nothing any more at all.
pub fn without_conversations(body: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(body);
    let Ok(mut answer) = serde_json::from_str::<Value>(&text) else { return Vec::new() };
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
                    _ => silence(value),
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

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
