//! The places where the parser replaced something, each once, with a count.

use std::collections::BTreeMap;

use super::shown_name;

/// The most distinct flaws kept for one value. A hostile value must not fill the memory.
const MAX_FLAWS: usize = 200;
/// The longest path that is kept, because callers store paths in an index.
const MAX_PATH_BYTES: usize = 250;

/// The kinds of flaws.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flaw {
    /// Text that is not Unicode, such as half of a surrogate pair. It is replaced by U+FFFD.
    BrokenText,
    /// A number that no float can hold, or a whole number that 64 bits cannot hold. It is replaced
    /// by its digits as text.
    OutOfRange,
    /// Lists and objects that are nested more deeply than a parser can safely follow. They are
    /// replaced by null.
    TooDeep,
    /// A field that its object has twice. The last value is taken.
    Repeated,
}

/// The flaws of one value, by paths such as `web_interview.scorecard[].score`.
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
    /// Into a field, by its name in the form that may be shown.
    pub fn field(name: &str) -> Self {
        Self::Field(shown_name(name).into_owned())
    }
}

impl Flaws {
    /// Adds one flaw at the end of the path.
    pub(super) fn add(&mut self, path: &[Step], flaw: Flaw) {
        let key = (written(path), flaw);
        if self.counts.len() < MAX_FLAWS || self.counts.contains_key(&key) {
            let count = self.counts.entry(key).or_default();
            *count = count.saturating_add(1);
        }
    }

    /// The flaws inside a field of the outermost object, with paths that begin there.
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

    /// Each flaw with its path and its number of occurrences.
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
        if text.len() > 4 * MAX_PATH_BYTES {
            break;
        }
    }
    text.truncate(MAX_PATH_BYTES);
    text
}
