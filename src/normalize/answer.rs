//! One of HeyMilo's answers, parsed once.

use serde_json::{Map, Value};

use super::{Fingerprint, fields::Fields, notices::Notices, notices::Path, redaction};
use crate::json::{self, Flaws, Read};

/// The memory for items of a list that are parsed together. A hundred ordinary items take 1 MiB.
const MAX_ITEMS_MEMORY: usize = 64 << 20;

/// One parsed answer, or one item of a list.
#[derive(Debug)]
pub struct Answer {
    value: Value,
    /// The values that the parser had to replace.
    flaws: Flaws,
}

/// Why an answer cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// The answer is not JSON.
    #[error("the answer is not JSON: {category:?} error in line {line}, column {column}")]
    NotJson {
        /// The kind of syntax error. The parser's own message could quote a value.
        category: serde_json::error::Category,
        /// The line of the error, from 1.
        line: usize,
        /// The column of the error, from 1.
        column: usize,
    },
    /// The answer has more values than fit into memory.
    #[error("the answer holds more values than can be held in memory")]
    TooManyValues,
    /// The answer is JSON, but not an object.
    #[error("the answer is not a JSON object")]
    NotAnObject,
    /// The answer names another interview than the one asked for.
    #[error("the answer is about another interview")]
    OtherInterview,
    /// The answer holds an error, alone or beside data.
    #[error("the answer holds an error")]
    Error,
    /// The answer lacks `status` and `posting_id`, which every interview has.
    #[error("the answer is not an interview: it has no status or no posting_id")]
    NotAnInterview,
}

/// Drops the parser's own message, because it could quote the answer.
impl From<json::Error> for Unreadable {
    fn from(error: json::Error) -> Self {
        let json::Error::Syntax(error) = error else { return Self::TooManyValues };
        let (category, line, column) = (error.classify(), error.line(), error.column());
        Self::NotJson { category, line, column }
    }
}

/// The smallest size that does not fit when the small items are taken first.
fn smallest_beyond(most: usize, mut sizes: Vec<usize>) -> Option<usize> {
    sizes.sort_unstable();
    let mut total = 0;
    sizes.into_iter().find(|size| {
        total += size;
        total > most
    })
}

impl Answer {
    /// Parses an item of a list.
    pub fn item(json: &[u8]) -> Result<Self, Unreadable> {
        let Read { value, flaws } = json::read(json)?;
        Self::new(value, flaws)
    }

    /// Parses the items of a page or list. `None` is an unreadable item. When not all fit into
    /// memory, the largest items are not parsed, so that the others are.
    pub fn items(items: &[impl AsRef<[u8]>]) -> Vec<Option<Self>> {
        let memory: Vec<usize> = items.iter().map(|item| json::memory(item.as_ref())).collect();
        let too_large = smallest_beyond(MAX_ITEMS_MEMORY, memory.clone());

        let fitting = items.iter().zip(memory).map(|(item, memory)| {
            let fits = too_large.is_none_or(|too_large| memory < too_large);
            fits.then(|| Self::item(item.as_ref()).ok()).flatten()
        });
        fitting.collect()
    }

    /// Parses a whole answer and takes its `data`. `meta` differs from fetch to fetch and says
    /// nothing about the subject.
    pub fn enveloped(body: &[u8]) -> Result<Self, Unreadable> {
        let Read { mut value, flaws } = json::read(body)?;
        let data = value.as_object_mut().and_then(|envelope| envelope.remove("data"));
        Self::new(data.unwrap_or(Value::Null), flaws.within("data"))
    }

    /// Parses the results of the interview that was asked for. An answer without an interview would
    /// erase what is known of it. Another interview's results would give its rows to the wrong
    /// person.
    pub fn about(asked: &str, body: &[u8]) -> Result<Self, Unreadable> {
        let Read { value, flaws } = json::read(body)?;
        let (value, flaws) = match interview_in(asked, value)? {
            Found::Enveloped(value) => (value, flaws.within("data")),
            Found::Bare(value) => (value, flaws),
        };
        let answer = Self::new(value, flaws)?;
        if !answer.states("status") || !answer.states("posting_id") {
            return Err(Unreadable::NotAnInterview);
        }
        Ok(answer)
    }

    /// Whether a field holds a text, a number or a boolean.
    pub fn states(&self, name: &str) -> bool {
        let value = self.get(name).unwrap_or(&Value::Null);
        !matches!(value, Value::Null | Value::Array(_) | Value::Object(_))
    }

    fn new(value: Value, flaws: Flaws) -> Result<Self, Unreadable> {
        if !value.is_object() {
            return Err(Unreadable::NotAnObject);
        }
        Ok(Self { value, flaws })
    }

    /// The fingerprint of the answer's content. It is computed at each call.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.value)
    }

    /// The fingerprint without some fields.
    pub(super) fn fingerprint_without(&self, fields: &[&str]) -> Fingerprint {
        Fingerprint::without(&self.value, fields)
    }

    /// The answer without unknown fields and without conversations.
    pub(super) fn known(&self) -> Self {
        Self { value: redaction::redact(self.value.clone()), flaws: self.flaws.clone() }
    }

    /// A field, read before normalizing.
    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.value.get(name)
    }

    /// An id, read before normalizing.
    pub fn id(&self, name: &str) -> Option<String> {
        id(self.value.get(name)?)
    }

    /// The values of all fields, under any name.
    pub(super) fn values(&self) -> impl Iterator<Item = &Value> {
        self.value.as_object().into_iter().flat_map(Map::values)
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

/// The interview in an answer.
pub(super) enum Found {
    /// It is in `data`, as in the contract.
    Enveloped(Value),
    /// The answer itself is the interview. Its `data` is then the customer's own.
    Bare(Value),
}

/// Finds the interview that was asked for in an answer.
pub(super) fn interview_in(asked: &str, answer: Value) -> Result<Found, Unreadable> {
    let Value::Object(mut envelope) = answer else { return Err(Unreadable::NotAnObject) };
    let error = envelope.get("error");
    if !is_blank(error) && error.and_then(Value::as_str) != Some("") {
        return Err(Unreadable::Error);
    }
    if names(&envelope, asked) == Some(true) && envelope.contains_key("status") {
        return Ok(Found::Bare(Value::Object(envelope)));
    }
    match envelope.remove("data") {
        Some(Value::Object(interview)) if names(&interview, asked) == Some(false) => {
            Err(Unreadable::OtherInterview)
        }
        Some(interview @ Value::Object(_)) => Ok(Found::Enveloped(interview)),
        _ => Err(Unreadable::NotAnObject),
    }
}

/// Whether an object names the interview that was asked for. `None` when it names no interview.
fn names(interview: &Map<String, Value>, asked: &str) -> Option<bool> {
    let named = id(interview.get("interview_id")?)?;
    let named = named.trim();
    (!named.is_empty()).then(|| named.eq_ignore_ascii_case(asked.trim()))
}

/// An id. A whole number counts as one too.
fn id(value: &Value) -> Option<String> {
    match value {
        Value::String(id) => Some(id.clone()),
        Value::Number(id) if !id.is_f64() => Some(id.to_string()),
        _ => None,
    }
}

/// Whether a value says nothing: absent, null, false, or with only such values inside.
pub fn is_blank(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null | Value::Bool(false)) => true,
        Some(Value::Array(items)) => items.iter().all(|item| is_blank(Some(item))),
        Some(Value::Object(fields)) => fields.values().all(|field| is_blank(Some(field))),
        Some(_) => false,
    }
}
