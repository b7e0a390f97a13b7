//! An answer of HeyMilo, parsed once.

use serde_json::Value;

use super::{Fingerprint, fields::Fields, notices::Notices, notices::Path, redaction};
use crate::json::{self, Flaws, Read};

/// One parsed answer, or one item of a list.
#[derive(Debug)]
pub struct Answer {
    value: Value,
    /// What had to be replaced on the way in.
    flaws: Flaws,
}

/// The answer is not JSON, or not an object, or not about what was asked for.
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
    /// It names another interview than the one asked for.
    #[error("the answer is about another interview")]
    OtherInterview,
}

/// Drops the parser's own words, because they could quote the answer.
impl From<serde_json::Error> for Unreadable {
    fn from(error: serde_json::Error) -> Self {
        let (category, line, column) = (error.classify(), error.line(), error.column());
        Self::NotJson { category, line, column }
    }
}

impl Answer {
    /// Parses an item of a list.
    pub fn item(json: &[u8]) -> Result<Self, Unreadable> {
        let Read { value, flaws } = json::read(json)?;
        Self::new(value, flaws)
    }

    /// Parses a whole answer and takes what is in its `data`; `meta` differs from fetch to fetch
    /// and says nothing about the thing itself.
    pub fn enveloped(body: &[u8]) -> Result<Self, Unreadable> {
        let Read { mut value, flaws } = json::read(body)?;
        let data = value.as_object_mut().and_then(|envelope| envelope.remove("data"));
        Self::new(data.unwrap_or(Value::Null), flaws.within("data"))
    }

    /// Parses the results of the interview that was asked for. Those of another would give its rows
    /// to the wrong person.
    pub fn about(asked: &str, body: &[u8]) -> Result<Self, Unreadable> {
        let answer = Self::enveloped(body)?;
        let named = answer.id("interview_id").unwrap_or_default();
        let is_other = !named.trim().is_empty() && !named.trim().eq_ignore_ascii_case(asked.trim());
        if is_other { Err(Unreadable::OtherInterview) } else { Ok(answer) }
    }

    fn new(value: Value, flaws: Flaws) -> Result<Self, Unreadable> {
        if !value.is_object() {
            return Err(Unreadable::NotAnObject);
        }
        Ok(Self { value, flaws })
    }

    /// What the answer says, as a number to compare. It is computed each time.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.value)
    }

    /// What the answer says apart from some fields, as a number to compare.
    pub(super) fn fingerprint_without(&self, fields: &[&str]) -> Fingerprint {
        Fingerprint::without(&self.value, fields)
    }

    /// The same without the fields that are not known, and without conversations.
    pub(super) fn known(&self) -> Self {
        Self { value: redaction::redact(self.value.clone()), flaws: self.flaws.clone() }
    }

    /// A field, for a look before normalising.
    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.value.get(name)
    }

    /// An id, for a look before normalising; a whole number is one as well.
    pub(super) fn id(&self, name: &str) -> Option<String> {
        match self.value.get(name)? {
            Value::String(id) => Some(id.clone()),
            Value::Number(id) if !id.is_f64() => Some(id.to_string()),
            _ => None,
        }
    }

    /// Opens the answer for reading field by field.
    pub(super) fn fields<'a>(self, notices: &'a mut Notices) -> Fields<'a> {
        notices.add_flaws(&self.flaws);
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
