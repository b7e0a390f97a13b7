//! Prepares an answer for the person: without the signatures and tokens of links.

use serde_json::Value;

/// The text in place of the removed part of a link.
const LEFT_OUT: &str = "?(left out)";
/// The characters that end a link in a text.
const ENDS: [char; 8] = ['"', '\'', '<', '>', ')', ']', '}', '\\'];

/// A field of every interview and every list row, and of no envelope.
const OF_INTERVIEWS: &str = "interview_id";

/// A body as JSON, or as text if it is not JSON.
pub fn read(body: &[u8]) -> Value {
    let value = serde_json::from_slice(body)
        .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(body).into_owned()));
    clean(value)
}

/// The interview in an answer. An interview may have a field `data` of its own.
pub fn answer(body: &[u8]) -> Value {
    match read(body) {
        Value::Object(mut envelope) if !envelope.contains_key(OF_INTERVIEWS) => {
            envelope.remove("data").unwrap_or(Value::Object(envelope))
        }
        other => other,
    }
}

/// A value without the query strings of links, because these hold signatures and tokens.
pub fn clean(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(without_queries(&text)),
        Value::Array(items) => items.into_iter().map(clean).collect(),
        Value::Object(fields) => {
            Value::Object(fields.into_iter().map(|(name, value)| (name, clean(value))).collect())
        }
        other => other,
    }
}

fn without_queries(text: &str) -> String {
    let (mut clean, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(start) = ["http://", "https://"].iter().filter_map(|way| rest.find(way)).min() {
        let link = &rest[start..];
        let end = link.find(|c: char| c.is_whitespace() || ENDS.contains(&c)).unwrap_or(link.len());
        clean.push_str(&rest[..start]);
        match link[..end].find(['?', '#']) {
            Some(query) => clean.extend([&link[..query], LEFT_OUT]),
            None => clean.push_str(&link[..end]),
        }
        rest = &link[end..];
    }
    clean + rest
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn links_lose_their_signatures_wherever_they_stand() {
        let signed = "see https://files.example.com/a.mp4?sig=abc#t and http://example.com/b, ok";

        assert_eq!(
            clean(json!({ "a": [signed], "b": "what? nothing", "c": 5 })),
            json!({
                "a": ["see https://files.example.com/a.mp4?(left out) and http://example.com/b, ok"],
                "b": "what? nothing",
                "c": 5,
            })
        );
    }

    #[test]
    fn a_body_that_is_no_json_is_text() {
        assert_eq!(read(b"a=1&b"), json!("a=1&b"));
        let row = json!({ "interview_id": "int_ada", "data": { "city": "Lisbon" } });
        assert_eq!(answer(json!({ "object": "x", "data": row }).to_string().as_bytes()), row);
        assert_eq!(answer(row.to_string().as_bytes()), row);
    }
}
