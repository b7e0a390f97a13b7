//! The class of each column of the database, and of each field of an interview's answers.
//!
//! The rights of reader roles, retention, search and their tests are derived from these two lists.
//! Both are closed. A missing column or field counts as the most personal class. A record's column
//! without a class does not compile, and any other missing column fails a test.

mod answers;
mod columns;
mod dashboards;

pub use answers::ANSWERS;

use columns::TABLES;
use dashboards::DASHBOARDS;

/// Each table and view of ours, except the views of schema `heymilo_analyst`, which are made from
/// this list.
pub const COLUMNS: &[Classes] = &joined::<{ TABLES.len() + DASHBOARDS.len() }>(TABLES, DASHBOARDS);

/// The class of a column or a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Numbers, times, ids, HeyMilo's words, and the customer's texts about postings and questions.
    Fact,
    /// A value that identifies a person or leads to one. Data that the customer supplied with a
    /// candidate is one too.
    Identifier,
    /// A text of the AI or a recruiter about a candidate.
    FreeText,
    /// A text that was said or written in an interview.
    Conversation,
    /// JSON or bytes that may hold any of these.
    Open,
}

impl Class {
    /// The database's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fact => "fact",
            Self::Identifier => "identifier",
            Self::FreeText => "free_text",
            Self::Conversation => "conversation",
            Self::Open => "open",
        }
    }

    /// Whether `retention.transcripts` removes it.
    pub fn is_said(self) -> bool {
        matches!(self, Self::Conversation | Self::Open)
    }
}

/// The classes of one table's columns, or of one JSON object's fields.
#[derive(Debug, Clone, Copy)]
pub struct Classes {
    /// The table or view with its schema, or the path of the object.
    pub of: &'static str,
    /// Each column or field.
    pub names: &'static [(&'static str, Class)],
}

impl Classes {
    /// The class of a column or field. `None` when it is not listed.
    pub fn class(&self, name: &str) -> Option<Class> {
        self.names.iter().find(|(listed, _)| *listed == name).map(|(_, class)| *class)
    }
}

/// The classes of the columns of a table or view, named with its schema.
pub fn of_table(table: &str) -> Option<&'static Classes> {
    COLUMNS.iter().find(|classes| classes.of == table)
}

/// The classes of the fields of an object in an interview's answers, by its path, such as
/// `web_interview.scorecard[]`.
pub fn of_object(path: &str) -> Option<&'static Classes> {
    ANSWERS.iter().find(|classes| classes.of == path)
}

/// Stops the build when a column of a record has no class. `table` includes the schema.
pub const fn assert_classified(table: &str, column: &str) {
    let mut place = 0;
    while place < COLUMNS.len() {
        if is_same(COLUMNS[place].of, table) && lists(&COLUMNS[place], column) {
            return;
        }
        place += 1;
    }
    panic!("a column of this record has no class: add it to src/classification/columns.rs");
}

/// The standard library cannot join slices in a constant.
const fn joined<const N: usize>(first: &[Classes], second: &[Classes]) -> [Classes; N] {
    let mut all = [first[0]; N];
    let mut place = 0;
    while place < N {
        all[place] = if place < first.len() { first[place] } else { second[place - first.len()] };
        place += 1;
    }
    all
}

const fn lists(classes: &Classes, column: &str) -> bool {
    let mut place = 0;
    while place < classes.names.len() {
        if is_same(classes.names[place].0, column) {
            return true;
        }
        place += 1;
    }
    false
}

/// The standard library's comparison is not `const`.
const fn is_same(left: &str, right: &str) -> bool {
    let (left, right) = (left.as_bytes(), right.as_bytes());
    if left.len() != right.len() {
        return false;
    }
    let mut place = 0;
    while place < left.len() {
        if left[place] != right[place] {
            return false;
        }
        place += 1;
    }
    true
}

/// Declares [`Classes`]: `"name" { Fact: one two; Open: extra; }` and so on.
macro_rules! classes {
    ($($of:literal { $($class:ident: $($name:ident)+;)+ })+) => {
        &[$($crate::classification::Classes {
            of: $of,
            names: &[$($((stringify!($name), $crate::classification::Class::$class),)+)+],
        },)+]
    };
}
use classes;
