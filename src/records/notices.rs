//! Where an answer differs from what was expected.

/// One difference at one place of an answer. It never holds a value, only where and what kind.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Notice {
    /// Where, such as `web_interview.scorecard[].score`; positions in lists are left out.
    pub path: String,
    /// What is different.
    pub problem: Problem,
    /// What was expected there.
    pub expected: &'static str,
    /// The type of what was there instead.
    pub found: &'static str,
    /// How often in the answer.
    pub occurrences: i32,
}

impl Notice {
    /// One difference that is not at any place, but of the answer as a whole.
    pub const fn of_all(problem: Problem, expected: &'static str, found: &'static str) -> Self {
        Self { path: String::new(), problem, expected, found, occurrences: 1 }
    }
}

/// The kinds of difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Problem {
    /// A value of another type than documented: the column is NULL, the value is in `extra`.
    WrongType,
    /// A field that has no column yet: its value is in `extra`.
    UnknownField,
    /// A field that HeyMilo promises and did not send: the column is NULL.
    MissingField,
    /// A value of another type that says the same, such as `"3"` for 3: taken.
    Converted,
    /// An id in the answer that is not the one asked for: the one asked for is kept.
    OtherId,
    /// A character that Postgres or Unicode does not allow: replaced by U+FFFD.
    ReplacedCharacter,
    /// A time in milliseconds where seconds are documented: taken as milliseconds.
    Milliseconds,
    /// A number that no float can hold, or a whole one that 64 bits cannot: kept as text.
    OutOfRange,
    /// Lists and objects in one another beyond what is read: replaced by null.
    TooDeep,
    /// A field that is there twice: the last is taken.
    RepeatedField,
    /// An item of a list that does not say what it is about: kept, and in no table.
    NoId,
    /// An item of a page that ended the process each time it was read: kept, and in no table.
    Deadly,
    /// Rows that the database did not take: the answer is kept, and the rows are left as they were.
    Refused,
    /// A delivery, or a part of it, that could not be unpacked: left out.
    Undecoded,
}

impl Problem {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::WrongType,
        Self::UnknownField,
        Self::MissingField,
        Self::Converted,
        Self::OtherId,
        Self::ReplacedCharacter,
        Self::Milliseconds,
        Self::OutOfRange,
        Self::TooDeep,
        Self::RepeatedField,
        Self::NoId,
        Self::Deadly,
        Self::Refused,
        Self::Undecoded,
    ];

    /// The word for it in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::WrongType => "wrong_type",
            Self::UnknownField => "unknown_field",
            Self::MissingField => "missing_field",
            Self::Converted => "converted",
            Self::OtherId => "other_id",
            Self::ReplacedCharacter => "replaced_character",
            Self::Milliseconds => "milliseconds",
            Self::OutOfRange => "out_of_range",
            Self::TooDeep => "too_deep",
            Self::RepeatedField => "repeated_field",
            Self::NoId => "no_id",
            Self::Deadly => "deadly",
            Self::Refused => "refused",
            Self::Undecoded => "undecoded",
        }
    }
}
