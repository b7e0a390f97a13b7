//! Takes the conversations out of an interview's answers. Every field goes that has no other class.

use serde_json::{Map, Value};

use super::answer::{Found, interview_in};
use crate::{
    classification::{self, Class},
    json,
};

/// The results of the interview that was asked for, without conversations. An unreadable answer
/// becomes empty.
pub fn without_conversations(asked: &str, body: &[u8]) -> Vec<u8> {
    // Parsed in the same way as for rows, so that every answer with rows can be redacted.
    let Ok(json::Read { value, .. }) = json::read(body) else { return Vec::new() };
    let Ok(Found::Enveloped(interview) | Found::Bare(interview)) = interview_in(asked, value)
    else {
        return Vec::new();
    };
    let envelope = Map::from_iter([("data".to_owned(), redact(interview))]);
    Value::Object(envelope).to_string().into_bytes()
}

/// A row of the candidates list without conversations. An unreadable row becomes empty.
pub fn row_without_conversations(row: &[u8]) -> Vec<u8> {
    let Ok(json::Read { value, .. }) = json::read(row) else { return Vec::new() };
    redact(value).to_string().into_bytes()
}

/// An interview, or its row in the candidates list, without conversations.
pub(super) fn redact(interview: Value) -> Value {
    match interview {
        Value::Object(fields) => Value::Object(object("", fields)),
        _ => Value::Null,
    }
}

/// The fields of an object that stay: the classified ones, each as its class says.
fn object(path: &str, fields: Map<String, Value>) -> Map<String, Value> {
    let Some(classes) = classification::of_object(path) else { return Map::new() };
    fields
        .into_iter()
        .filter_map(|(name, value)| {
            let class = classes.class(&name)?;
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            Some((name, field(&path, class, value)?))
        })
        .collect()
}

fn field(path: &str, class: Class, value: Value) -> Option<Value> {
    match class {
        Class::Identifier => Some(value),
        Class::Conversation => Some(emptied(value)),
        Class::Open => Some(without_texts(value)),
        Class::Fact | Class::FreeText => known(path, value),
    }
}

/// A value of the shape that its path is classified for: an object, a list of objects or a single
/// one, or scalars. A value of another shape counts as a conversation.
fn known(path: &str, value: Value) -> Option<Value> {
    let item = format!("{path}[]");
    let is_object = classification::of_object(path).is_some();
    let is_list = classification::of_object(&item).is_some();
    match value {
        Value::Object(fields) if is_object => Some(Value::Object(object(path, fields))),
        Value::Object(fields) if is_list => Some(Value::Object(object(&item, fields))),
        Value::Array(items) if is_list => {
            let items = items.into_iter().filter_map(|value| match value {
                Value::Object(fields) => Some(Value::Object(object(&item, fields))),
                _ => None,
            });
            Some(items.collect())
        }
        Value::Object(_) => None,
        _ if is_object || is_list => None,
        Value::Array(items) => Some(items.into_iter().filter(is_scalar).collect()),
        scalar => Some(scalar),
    }
}

fn is_scalar(value: &Value) -> bool {
    !matches!(value, Value::Array(_) | Value::Object(_))
}

/// An empty value of the same type.
fn emptied(value: Value) -> Value {
    match value {
        Value::Array(_) => Value::Array(Vec::new()),
        Value::Object(_) => Value::Object(Map::new()),
        Value::String(_) => Value::String(String::new()),
        _ => Value::Null,
    }
}

/// The same numbers and booleans at the same places, without texts.
fn without_texts(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(without_texts).collect(),
        Value::Object(fields) => {
            fields.into_iter().map(|(name, field)| (name, without_texts(field))).collect()
        }
        Value::String(_) => emptied(value),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_found_in_whatever_form_keeps_its_numbers_and_loses_its_texts() {
        let answer = json!({ "data": { "cheat_detection": { "web_interview": {
            "unusual_delay_detection": { "unusual_delay_instances": [
                { "response_text": "I said this", "delay": 7.5, "of": { "question": "Well?" } },
            ] },
        } } } });

        let redacted = without_conversations("int_1", answer.to_string().as_bytes());

        let expected = json!({ "data": { "cheat_detection": { "web_interview": {
            "unusual_delay_detection": { "unusual_delay_instances": [
                { "response_text": "", "delay": 7.5, "of": { "question": "" } },
            ] },
        } } } });
        assert_eq!(serde_json::from_slice::<Value>(&redacted).unwrap(), expected);
    }

    #[test]
    fn an_answer_that_is_not_quite_json_is_redacted_as_it_is_read() {
        let answer = "\u{feff}{\"data\": {\"score\": 7, \"web_interview\": {\"transcript\":
            [{\"text\": \"half a face \\ud83d\"}]}}}";

        let redacted = without_conversations("int_1", answer.as_bytes());

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

        let redacted = without_conversations("int_1", answer.to_string().as_bytes());

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
    fn unknown_fields_count_as_conversation_wherever_they_are() {
        let answer = json!({ "meta": { "said": "I said this" }, "data": {
            "score": { "said": "I said this" },
            "summary_of_the_talk": "I said this",
            "web_interview": { "match_score": 90, "dialogue": ["I said this"], "scorecard": [
                { "score": 7, "quotes": ["I said this"] }, ["I said this"], "I said this",
            ] },
            "resume": "I said this", "sms": ["I said this"],
            "form": { "questions": "I said this" },
            "cheat_detection": { "types": ["llm", ["I said this"], { "said": "I said this" }] },
            "voicemail": { "interview_id": "int_1", "transcript": "I said this" },
        } });

        let redacted = without_conversations("int_1", answer.to_string().as_bytes());

        let expected = json!({ "data": {
            "web_interview": { "match_score": 90, "scorecard": [{ "score": 7 }] },
            "form": {},
            "cheat_detection": { "types": ["llm"] },
        } });
        assert_eq!(serde_json::from_slice::<Value>(&redacted).unwrap(), expected);
    }

    #[test]
    fn an_item_that_stands_alone_is_redacted_as_one_of_a_list() {
        let question = json!({ "score": 7, "transcript": ["I said this"] });
        let answer = json!({ "data": { "web_interview": { "scorecard": question } } });

        let redacted = without_conversations("int_1", answer.to_string().as_bytes());

        let expected = json!({ "data": { "web_interview": {
            "scorecard": { "score": 7, "transcript": [] },
        } } });
        assert_eq!(serde_json::from_slice::<Value>(&redacted).unwrap(), expected);
    }

    #[test]
    fn a_row_of_the_list_keeps_what_is_known_of_it() {
        let row = json!({
            "interview_id": "int_1", "email": "ada@example.com", "said": "I said this",
            "agent_summary": { "web_interview": { "score": 80, "highlights": ["Calm."] } },
        });

        let redacted = row_without_conversations(row.to_string().as_bytes());

        let expected = json!({
            "interview_id": "int_1", "email": "ada@example.com",
            "agent_summary": { "web_interview": { "score": 80, "highlights": ["Calm."] } },
        });
        assert_eq!(serde_json::from_slice::<Value>(&redacted).unwrap(), expected);
    }

    #[test]
    fn what_cannot_be_read_says_nothing_any_more() {
        assert!(without_conversations("int_1", b"{ \"transcript\": [").is_empty());
    }
}
