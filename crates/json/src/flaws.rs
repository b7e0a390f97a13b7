//! Where something had to be replaced, each place once, with a count.

use std::collections::BTreeMap;

use super::shown_name;

/// Distinct flaws kept of one value. A hostile one must not fill the memory.
const MOST: usize = 200;
/// Characters kept of a place: those who list flaws by their place keep it in an index.
const LONGEST_PATH: usize = 250;

/// What was wrong with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flaw {
    /// Text that is not Unicode, such as half of a surrogate pair: replaced by U+FFFD.
    BrokenText,
    /// A number that no float can hold, or a whole one that 64 bits cannot: replaced by its digits as
    /// text.
    OutOfRange,
    /// Lists and objects in one another beyond what a parser dares to follow: replaced by null.
    TooDeep,
    /// A field that its object has twice: the last is taken.
    Repeated,
}

/// The flaws of one value, by their place such as `web_interview.scorecard[].score`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flaws {
    counts: BTreeMap<(String, Flaw), i32>,
}

/// One step down into a value.
#[derive(Debug)]
pub(super) enum Step {
    /// Into the field of an object.
    Field(String),
    /// Into an element of a list.
    Element,
}

impl Step {
    /// Into a field, by its name as it may be shown.
    pub fn field(name: &str) -> Self {
        Self::Field(shown_name(name).into_owned())
    }
}

impl Flaws {
    /// Notes one flaw at the end of the path.
    pub(super) fn add(&mut self, path: &[Step], flaw: Flaw) {
        let key = (written(path), flaw);
        if self.counts.len() < MOST || self.counts.contains_key(&key) {
            let count = self.counts.entry(key).or_default();
            *count = count.saturating_add(1);
        }
    }

    /// Those of what is in a field of the outermost object, as seen from there.
    pub fn within(self, field: &str) -> Self {
        let below = |((path, flaw), count): ((String, Flaw), i32)| {
            let rest = path.strip_prefix(field)?;
            let rest = match rest.strip_prefix('.') {
                Some(rest) => rest,
                None if rest.is_empty() || rest.starts_with('[') => rest,
                None => return None,
            };
            Some(((rest.to_owned(), flaw), count))
        };
        Self { counts: self.counts.into_iter().filter_map(below).collect() }
    }

    /// Tells each with its place, and how often it occurs there.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Flaw, i32)> {
        self.counts.iter().map(|((path, flaw), count)| (path.as_str(), *flaw, *count))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }
}

fn written(path: &[Step]) -> String {
    let mut text = String::new();
    for step in path {
        match step {
            Step::Field(name) if text.is_empty() => text.push_str(name),
            Step::Field(name) => text.extend([".", name]),
            Step::Element => text.push_str("[]"),
        }
        if text.len() > 4 * LONGEST_PATH {
            break;
        }
    }
    text.truncate(LONGEST_PATH);
    text
}
