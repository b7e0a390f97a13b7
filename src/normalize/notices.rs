//! Collects the notices of one answer: each place once, with a count.

use std::collections::BTreeMap;

use crate::{
    json::{self, Flaw, Flaws},
    records::{Notice, Problem},
};

/// The most distinct notices kept for one answer. A hostile answer must not flood the table.
const MAX_NOTICES: usize = 200;

/// A path in an answer, as a chain from the field back to the root.
#[derive(Debug, Clone, Copy)]
pub struct Path<'a> {
    parent: Option<&'a Self>,
    name: &'a str,
    in_list: bool,
}

impl<'a> Path<'a> {
    /// The whole answer.
    pub const ROOT: Path<'static> = Path { parent: None, name: "", in_list: false };

    /// The object in field `name`.
    pub fn field(&'a self, name: &'a str) -> Self {
        Self { parent: Some(self), name, in_list: false }
    }

    /// Any element of the list in field `name`.
    pub fn element(&'a self, name: &'a str) -> Self {
        Self { parent: Some(self), name, in_list: true }
    }

    /// Writes it as `web_interview.scorecard[].score`.
    fn write(&self, text: &mut String) {
        let Some(parent) = self.parent else { return };
        parent.write(text);
        if !text.is_empty() {
            text.push('.');
        }
        text.push_str(&json::shown_name(self.name));
        if self.in_list {
            text.push_str("[]");
        }
    }
}

/// The notices of one answer.
#[derive(Debug, Default)]
pub struct Notices {
    counts: BTreeMap<Key, i32>,
}

type Key = (String, Problem, &'static str, &'static str);

impl Notices {
    /// Adds a notice about one difference at `path`.
    pub fn add(
        &mut self,
        path: &Path<'_>,
        problem: Problem,
        expected: &'static str,
        found: &'static str,
    ) {
        let mut text = String::new();
        path.write(&mut text);
        self.count((text, problem, expected, found), 1);
    }

    /// Adds notices about values that the parser had to replace.
    pub fn add_flaws(&mut self, flaws: &Flaws) {
        for (path, flaw, occurrences) in flaws.iter() {
            let (problem, expected, found) = match flaw {
                Flaw::BrokenText => (Problem::ReplacedCharacter, "Unicode", "a broken character"),
                Flaw::OutOfRange => (Problem::OutOfRange, "a number", "a number beyond 64 bits"),
                Flaw::TooDeep => (Problem::TooDeep, "a value", "lists or objects too deep"),
                Flaw::Repeated => (Problem::RepeatedField, "one value", "several"),
            };
            self.count((path.to_owned(), problem, expected, found), occurrences);
        }
    }

    fn count(&mut self, key: Key, occurrences: i32) {
        if self.counts.len() < MAX_NOTICES || self.counts.contains_key(&key) {
            let count = self.counts.entry(key).or_default();
            *count = count.saturating_add(occurrences);
        }
    }

    /// Returns the notices in the order of their paths.
    pub fn into_vec(self) -> Vec<Notice> {
        self.counts
            .into_iter()
            .map(|((path, problem, expected, found), occurrences)| Notice {
                path,
                problem,
                expected,
                found,
                occurrences,
            })
            .collect()
    }
}

/// Adds up the notices of the items of a list.
pub fn merge<'a>(items: impl Iterator<Item = &'a [Notice]>) -> Vec<Notice> {
    let mut merged = Notices::default();
    for notice in items.flatten() {
        let key = (notice.path.clone(), notice.problem, notice.expected, notice.found);
        merged.count(key, notice.occurrences);
    }
    merged.into_vec()
}
