//! The structure of JSON without its values.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::outline::without_mark;

/// How deep a shape is.
const DEPTH: usize = 6;
/// The most fields of an object in a shape.
const FIELDS: usize = 50;
/// The longest name of a field that cannot be a text about a person, in bytes.
const MAX_NAME_BYTES: usize = 40;
/// Stands for omitted parts: deeper values, and names of fields that may identify a person.
const LEFT_OUT: &str = "*";

/// The fields of JSON, each with the type of its value. Of a list, the first item counts. For a
/// text that is not JSON, only that fact, or that it is empty. It reads the text once, and builds
/// only what it returns.
pub fn shape(text: &[u8]) -> Value {
    if text.is_empty() {
        return word("empty");
    }
    let mut json = serde_json::Deserializer::from_slice(without_mark(text));
    let shape = Shape { depth: 0 }.deserialize(&mut json);
    shape.and_then(|shape| json.end().map(|()| shape)).unwrap_or_else(|_| word("not JSON"))
}

fn word(word: &str) -> Value {
    Value::String(word.to_owned())
}

#[derive(Clone, Copy)]
struct Shape {
    depth: usize,
}

impl<'de> DeserializeSeed<'de> for Shape {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        if self.depth == DEPTH {
            return deserializer.deserialize_ignored_any(IgnoredAny).map(|_| word(LEFT_OUT));
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Shape {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(word("null"))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Value, E> {
        Ok(word("boolean"))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Value, E> {
        Ok(word("number"))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Value, E> {
        Ok(word("number"))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Value, E> {
        Ok(word("number"))
    }

    fn visit_str<E>(self, _: &str) -> Result<Value, E> {
        Ok(word("string"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let first = items.next_element_seed(Self { depth: self.depth + 1 })?;
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(first.into_iter().collect())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut shape = Map::new();
        while let Some(name) = fields.next_key::<String>()? {
            let name = if is_plain(&name) { &name } else { LEFT_OUT };
            if shape.len() == FIELDS || shape.contains_key(name) {
                fields.next_value::<IgnoredAny>()?;
                continue;
            }
            let value = fields.next_value_seed(Self { depth: self.depth + 1 })?;
            shape.insert(name.to_owned(), value);
        }
        Ok(Value::Object(shape))
    }
}

/// Whether a field's name is no id, no address and no sentence.
fn is_plain(name: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphabetic() || matches!(c, '_' | '-');
    (1..=MAX_NAME_BYTES).contains(&name.len()) && name.chars().all(is_plain)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_shape_has_names_and_types_and_no_values() {
        let body = json!({
            "interview_id": "int_1", "score": 7.5, "done": true, "note": null,
            "people": [{ "name": "Ada", "ada@example.com": 1 }, { "other": 2 }], "none": [],
            "int_1": { "of": "Ada" },
        });

        let expected = json!({
            "interview_id": "string", "score": "number", "done": "boolean", "note": "null",
            "people": [{ "name": "string", "*": "number" }], "none": [], "*": { "of": "string" },
        });
        assert_eq!(shape(body.to_string().as_bytes()), expected);
    }

    #[test]
    fn a_shape_is_small_whatever_the_body_is() {
        let wide = format!("{{{}}}", ["a", "b", "c", "d"].map(many_fields).join(","));
        let deep = format!("{}1{}", "[".repeat(100), "]".repeat(100));

        for body in [wide, deep] {
            let shape = shape(body.as_bytes()).to_string();
            assert!(shape.len() < 2000, "{shape}");
        }
        assert_eq!(shape(&b"[".repeat(1 << 20)), "not JSON");
        assert_eq!(shape(b"name=Ada"), "not JSON");
        assert_eq!(shape(b"{} {}"), "not JSON");
        assert_eq!(shape(b""), "empty");
    }

    fn many_fields(letter: &str) -> String {
        let fields = (1..=30).map(|number| format!("\"{}\":1", letter.repeat(number)));
        fields.collect::<Vec<_>>().join(",")
    }
}
