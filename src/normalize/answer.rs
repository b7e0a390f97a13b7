//! An answer of HeyMilo, parsed once and fingerprinted.

use std::borrow::Cow;

use serde_json::Value;

use super::{Fingerprint, fields::Fields, notices::Notices, notices::Path};
use crate::records::Problem;

/// One parsed answer, or one item of a list.
#[derive(Debug)]
pub struct Answer {
    value: Value,
    fingerprint: Fingerprint,
    /// Whether bytes that are not UTF-8 were replaced on the way in.
    repaired: bool,
}

/// The answer is not JSON, or not an object.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// Not JSON at all.
    #[error("the answer is not JSON: {category:?} error in line {line}, column {column}")]
    NotJson {
        /// What the parser stumbled over; its own message could quote a value.
        category: serde_json::error::Category,
        /// Where, from 1.
        line: usize,
        /// Where, from 1.
        column: usize,
    },
    /// JSON, but not an object.
    #[error("the answer is not a JSON object")]
    NotAnObject,
}

impl Answer {
    /// Parses an item of a list.
    pub fn item(json: &[u8]) -> Result<Self, Unreadable> {
        let (value, repaired) = parse(json)?;
        Self::new(value, repaired)
    }

    /// Parses a whole answer and takes what is in its `data`; `meta` differs from fetch to fetch
    /// and says nothing about the thing itself.
    pub fn enveloped(body: &[u8]) -> Result<Self, Unreadable> {
        let (mut value, repaired) = parse(body)?;
        let data = value.as_object_mut().and_then(|envelope| envelope.remove("data"));
        Self::new(data.unwrap_or(Value::Null), repaired)
    }

    fn new(value: Value, repaired: bool) -> Result<Self, Unreadable> {
        if !value.is_object() {
            return Err(Unreadable::NotAnObject);
        }
        Ok(Self { fingerprint: Fingerprint::of(&value), value, repaired })
    }

    /// What the answer says, as a number to compare.
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// What the answer says apart from some fields, as a number to compare.
    pub(super) fn fingerprint_without(&self, fields: &[&str]) -> Fingerprint {
        Fingerprint::without(&self.value, fields)
    }

    /// A field, for a look before normalising.
    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.value.get(name)
    }

    /// Opens the answer for reading field by field.
    pub(super) fn fields<'a>(self, notices: &'a mut Notices) -> Fields<'a> {
        if self.repaired {
            let (expected, found) = ("UTF-8", "other bytes");
            notices.add(&Path::ROOT, Problem::ReplacedCharacter, expected, found);
        }
        match self.value {
            Value::Object(map) => Fields::new(Path::ROOT, map, notices),
            _ => unreachable!("an answer is only made of an object"),
        }
    }
}

/// Whether a value says nothing: absent, null, false, or holding only such values.
pub fn is_blank(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null | Value::Bool(false)) => true,
        Some(Value::Array(items)) => items.iter().all(|item| is_blank(Some(item))),
        Some(Value::Object(fields)) => fields.values().all(|field| is_blank(Some(field))),
        Some(_) => false,
    }
}

/// Parses bytes that may carry a byte order mark or be broken UTF-8. Returns whether they were.
fn parse(json: &[u8]) -> Result<(Value, bool), Unreadable> {
    let json = json.strip_prefix(b"\xef\xbb\xbf").unwrap_or(json);
    let text = String::from_utf8_lossy(json);
    let repaired = matches!(text, Cow::Owned(_));
    let value = serde_json::from_str(&text).map_err(|error| Unreadable::NotJson {
        category: error.classify(),
        line: error.line(),
        column: error.column(),
    })?;
    Ok((value, repaired))
}
