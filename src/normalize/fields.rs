//! Reads one JSON object field by field: takes what fits, notes what does not, keeps everything
//! else.

use chrono::{DateTime, Utc};
use serde_json::{Map, Number, Value};

use super::{
    notices::{Notices, Path},
    time::{self, Reading},
};
use crate::records::{Defaulted, Problem};

/// The longest id that is kept. Ids are in indexes, and an index entry must stay small.
const MAX_ID_BYTES: usize = 255;

/// An object that is being read. Each field is taken out, and the rest has no column.
#[derive(Debug)]
pub struct Fields<'a> {
    path: Path<'a>,
    unread: Map<String, Value>,
    /// Values that did not fit their column.
    misfits: Map<String, Value>,
    notices: &'a mut Notices,
}

impl<'a> Fields<'a> {
    /// Opens an object.
    pub fn new(path: Path<'a>, object: Map<String, Value>, notices: &'a mut Notices) -> Self {
        Self { path, unread: object, misfits: Map::new(), notices }
    }

    /// Adds a notice for each field that HeyMilo promises and did not send.
    pub fn require(&mut self, names: &[&'static str]) {
        for name in names {
            if self.unread.get(*name).is_none_or(Value::is_null) {
                self.note(name, Problem::MissingField, "a value", "nothing");
            }
        }
    }

    /// Gives an absent field the default of the contract. `null` is not absent. Returns whether the
    /// field was absent.
    pub fn fill(&mut self, name: &'static str, default: impl Into<Value>) -> bool {
        let is_absent = !self.unread.contains_key(name);
        if is_absent {
            self.unread.insert(name.to_owned(), default.into());
        }
        is_absent
    }

    /// Takes a number with a default in the contract.
    pub fn number_or(&mut self, name: &'static str, default: i64) -> Defaulted<f64> {
        let is_default = self.fill(name, default);
        Defaulted { value: self.number(name), is_default }
    }

    /// Takes a boolean with a default in the contract.
    pub fn boolean_or(&mut self, name: &'static str, default: bool) -> Defaulted<bool> {
        let is_default = self.fill(name, default);
        Defaulted { value: self.boolean(name), is_default }
    }

    /// Skips a field that adds nothing to the row, such as the kind of object.
    pub fn skip(&mut self, name: &str) {
        self.unread.remove(name);
    }

    /// Takes text. A number or a boolean is taken as it is written.
    pub fn text(&mut self, name: &'static str) -> Option<String> {
        match self.take(name)? {
            Value::String(text) => Some(self.clean(name, text)),
            value @ (Value::Number(_) | Value::Bool(_)) if is_exact(&value) => {
                self.note(name, Problem::Converted, "text", kind(&value));
                Some(value.to_string())
            }
            other => self.misfit(name, "text", other),
        }
    }

    /// Takes an id: text short enough for an index.
    pub fn id(&mut self, name: &'static str) -> Option<String> {
        let id = self.text(name)?;
        if id.len() > MAX_ID_BYTES {
            return self.misfit(name, "an id of at most 255 bytes", Value::String(id));
        }
        Some(id)
    }

    /// Takes a number, also one in the form of text.
    pub fn number(&mut self, name: &'static str) -> Option<f64> {
        let value = self.take(name)?;
        if let Some(number) = value.as_f64().filter(|number| number.is_finite()) {
            return Some(number);
        }
        match value.as_str().and_then(parse_number) {
            Some(number) => {
                self.note(name, Problem::Converted, "a number", "text");
                Some(number)
            }
            None => self.misfit(name, "a number", value),
        }
    }

    /// Takes a whole number, also one in the form of text or as `3.0`.
    pub fn integer(&mut self, name: &'static str) -> Option<i64> {
        let value = self.take(name)?;
        if let Some(integer) = value.as_i64().or_else(|| value.as_f64().and_then(whole)) {
            return Some(integer);
        }
        match value.as_str().and_then(|text| text.trim().parse().ok()) {
            Some(integer) => {
                self.note(name, Problem::Converted, "a whole number", "text");
                Some(integer)
            }
            None => self.misfit(name, "a whole number", value),
        }
    }

    /// Takes a boolean, also one in the form of text.
    pub fn boolean(&mut self, name: &'static str) -> Option<bool> {
        let value = self.take(name)?;
        if let Some(boolean) = value.as_bool() {
            return Some(boolean);
        }
        match value.as_str().and_then(|text| text.trim().parse().ok()) {
            Some(boolean) => {
                self.note(name, Problem::Converted, "true or false", "text");
                Some(boolean)
            }
            None => self.misfit(name, "true or false", value),
        }
    }

    /// Takes a time in Unix seconds. Milliseconds and ISO 8601 are understood too.
    pub fn time(&mut self, name: &'static str) -> Option<DateTime<Utc>> {
        let value = self.take(name)?;
        let number = value.as_f64().or_else(|| value.as_str().and_then(parse_number));
        match number.map(time::from_number) {
            Some(Reading::Seconds(time)) => {
                if value.is_string() {
                    self.note(name, Problem::Converted, "Unix seconds", "text");
                }
                return Some(time);
            }
            Some(Reading::Milliseconds(time)) => {
                self.note(name, Problem::Milliseconds, "Unix seconds", "milliseconds");
                return Some(time);
            }
            Some(Reading::OutOfRange) => return self.misfit(name, "a time of 1970 to 9999", value),
            None => {}
        }
        match value.as_str().and_then(time::from_text) {
            Some(time) => {
                self.note(name, Problem::Converted, "Unix seconds", "ISO 8601");
                Some(time)
            }
            None => self.misfit(name, "Unix seconds", value),
        }
    }

    /// Takes a time that the contract defines as ISO 8601 text.
    pub fn iso_time(&mut self, name: &'static str) -> Option<DateTime<Utc>> {
        match self.unread.get(name).and_then(Value::as_str).and_then(time::from_text) {
            Some(time) => {
                self.unread.remove(name);
                Some(time)
            }
            None => self.time(name),
        }
    }

    /// Takes a list of texts. A single text is a list of one.
    pub fn texts(&mut self, name: &'static str) -> Option<Vec<String>> {
        let items = match self.take(name)? {
            Value::Array(items) => items,
            text @ Value::String(_) => {
                self.note(name, Problem::Converted, "a list", "text");
                vec![text]
            }
            other => return self.misfit(name, "a list", other),
        };
        let mut texts = Vec::with_capacity(items.len());
        for item in items {
            match item {
                Value::String(text) => texts.push(self.clean(name, text)),
                value @ (Value::Number(_) | Value::Bool(_)) if is_exact(&value) => {
                    texts.push(value.to_string());
                }
                other => self.misfit_item(name, "text", other),
            }
        }
        Some(texts)
    }

    /// Takes any value, for columns that the contract leaves open.
    pub fn json(&mut self, name: &'static str) -> Option<Value> {
        let mut value = self.take(name)?;
        if clean_json(&mut value) {
            self.note(name, Problem::ReplacedCharacter, "text", "a NUL character");
        }
        Some(value)
    }

    /// Reads the object in a field into a record of its own.
    pub fn object<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&mut Fields<'_>) -> T,
    ) -> Option<T> {
        match self.take(name)? {
            Value::Object(object) => {
                let mut fields = Fields::new(self.path.field(name), object, self.notices);
                Some(read(&mut fields))
            }
            other => self.misfit(name, "an object", other),
        }
    }

    /// Reads the object in a field into columns of this record. A field without a column stays in
    /// this record's `extra`, under the object's name. An absent object reads as an empty one.
    pub fn inline<T>(&mut self, name: &'static str, read: impl FnOnce(&mut Fields<'_>) -> T) -> T {
        let object = match self.take(name) {
            Some(Value::Object(object)) => object,
            Some(other) => {
                self.misfit::<()>(name, "an object", other);
                Map::new()
            }
            None => Map::new(),
        };
        let mut fields = Fields::new(self.path.field(name), object, self.notices);
        let columns = read(&mut fields);
        if let Some(extra) = fields.extra() {
            self.misfits.insert(name.to_owned(), extra);
        }
        columns
    }

    /// Reads each object of a list into a record, with its position from 1. A single object counts
    /// as a list of one. An item that is not an object is kept in `extra`.
    pub fn list<T>(
        &mut self,
        name: &'static str,
        mut read: impl FnMut(i32, &mut Fields<'_>) -> T,
    ) -> Vec<T> {
        let items = match self.take(name) {
            None => return Vec::new(),
            Some(Value::Array(items)) => items,
            Some(object @ Value::Object(_)) => {
                self.note(name, Problem::Converted, "a list", "an object");
                vec![object]
            }
            Some(other) => {
                self.misfit::<()>(name, "a list", other);
                return Vec::new();
            }
        };

        let mut records = Vec::with_capacity(items.len());
        for (position, item) in (1..).zip(items) {
            match item {
                Value::Object(object) => {
                    let path = self.path.element(name);
                    records.push(read(position, &mut Fields::new(path, object, self.notices)));
                }
                other => self.misfit_item(name, "an object", other),
            }
        }

        records
    }

    /// Whether the field is present and not null.
    pub fn has(&self, name: &str) -> bool {
        self.unread.get(name).is_some_and(|value| !value.is_null())
    }

    /// Takes all remaining fields, where the contract leaves the shape open.
    pub fn rest(&mut self) -> Value {
        let mut rest = Value::Object(std::mem::take(&mut self.unread));
        if clean_json(&mut rest) {
            self.notices.add(&self.path, Problem::ReplacedCharacter, "text", "a NUL character");
        }
        rest
    }

    /// Adds a notice when the answer's id is not the one that was asked for.
    pub fn check_id(&mut self, name: &'static str, asked: &str) {
        if self.id(name).is_some_and(|found| found != asked) {
            self.note(name, Problem::OtherId, "the id asked for", "another id");
        }
    }

    /// The fields without a column, and the values that did not fit. It is read last.
    pub fn extra(&mut self) -> Option<Value> {
        let mut extra = std::mem::take(&mut self.unread);
        for (name, value) in &extra {
            self.notices.add(&self.path.field(name), Problem::UnknownField, "", kind(value));
        }
        extra.append(&mut self.misfits);
        if extra.is_empty() {
            return None;
        }
        let mut extra = Value::Object(extra);
        clean_json(&mut extra);
        Some(extra)
    }

    /// Takes a field out. Null counts as absent.
    fn take(&mut self, name: &str) -> Option<Value> {
        self.unread.remove(name).filter(|value| !value.is_null())
    }

    fn note(&mut self, name: &str, problem: Problem, expected: &'static str, found: &'static str) {
        self.notices.add(&self.path.field(name), problem, expected, found);
    }

    fn misfit<T>(&mut self, name: &str, expected: &'static str, value: Value) -> Option<T> {
        self.note(name, Problem::WrongType, expected, kind(&value));
        self.misfits.insert(name.to_owned(), value);
        None
    }

    /// Keeps an item of a list that has the wrong type.
    fn misfit_item(&mut self, name: &str, expected: &'static str, item: Value) {
        self.notices.add(&self.path.element(name), Problem::WrongType, expected, kind(&item));
        let items = self.misfits.entry(name).or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(items) = items {
            items.push(item);
        }
    }

    fn clean(&mut self, name: &str, text: String) -> String {
        if !text.contains('\0') {
            return text;
        }
        self.note(name, Problem::ReplacedCharacter, "text", "a NUL character");
        without_nul(&text)
    }
}

/// Replaces NUL, which neither text nor jsonb can hold in Postgres. Returns whether it occurred.
fn clean_json(value: &mut Value) -> bool {
    match value {
        Value::String(text) if text.contains('\0') => {
            *text = without_nul(text);
            true
        }
        Value::Array(items) => items.iter_mut().fold(false, |any, item| clean_json(item) | any),
        Value::Object(fields) => {
            let odd: Vec<String> = fields.keys().filter(|k| k.contains('\0')).cloned().collect();
            for name in &odd {
                if let Some(field) = fields.remove(name) {
                    let mut clean = without_nul(name);
                    while fields.contains_key(&clean) {
                        clean.push(char::REPLACEMENT_CHARACTER);
                    }
                    fields.insert(clean, field);
                }
            }
            fields.values_mut().fold(!odd.is_empty(), |any, field| clean_json(field) | any)
        }
        _ => false,
    }
}

fn without_nul(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

fn parse_number(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|number: &f64| number.is_finite())
}

/// Up to here every whole number has a float of its own.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// The whole number that a float represents, if it does so exactly.
fn whole(number: f64) -> Option<i64> {
    (number.fract() == 0.0 && number.abs() <= EXACT).then_some(number as i64)
}

/// Whether a value keeps its digits. A float loses digits of a long number, such as an id.
fn is_exact(value: &Value) -> bool {
    let number = value.as_number().filter(|number| number.is_f64()).and_then(Number::as_f64);
    number.is_none_or(|number| number.abs() <= EXACT)
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests;
