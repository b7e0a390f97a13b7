//! Differences between an answer and the contract.

/// One difference at one place of an answer. It holds the place and the kind, and never a value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Notice {
    /// The path, such as `web_interview.scorecard[].score`. Positions in lists are left out.
    pub path: String,
    /// The kind of difference.
    pub problem: Problem,
    /// The expected type or value.
    pub expected: &'static str,
    /// The type of the value that was found.
    pub found: &'static str,
    /// How often it occurs in the answer.
    pub occurrences: i32,
}

impl Notice {
    /// A difference of the answer as a whole.
    pub const fn of_all(problem: Problem, expected: &'static str, found: &'static str) -> Self {
        Self { path: String::new(), problem, expected, found, occurrences: 1 }
    }
}

/// The kinds of difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Problem {
    /// A value of another type than in the contract. The column is NULL, and `extra` has the value.
    WrongType,
    /// A field that has no column yet. `extra` has its value.
    UnknownField,
    /// A field that HeyMilo promises and did not send. The column is NULL.
    MissingField,
    /// A value of another type with the same meaning, such as `"3"` for 3. It is taken.
    Converted,
    /// An id that differs from the one asked for. The one asked for is kept.
    OtherId,
    /// A character that Postgres or Unicode does not allow. It is replaced by U+FFFD.
    ReplacedCharacter,
    /// A time in milliseconds in place of seconds. It is taken as milliseconds.
    Milliseconds,
    /// A number that no float can hold, or a whole number that 64 bits cannot hold. It is kept as
    /// text.
    OutOfRange,
    /// Lists and objects that are nested too deeply. They are replaced by null.
    TooDeep,
    /// A field that occurs twice. The last value is taken.
    RepeatedField,
    /// An item of a list that does not name its subject. It is kept, and is in no table.
    NoId,
    /// An item of a page that ended the process each time. It is kept, and is in no table.
    Poison,
    /// Rows that the database refuses. The answer is kept, and the rows stay as they were.
    Refused,
    /// A delivery, or a part of one, that could not be decoded. It is left out.
    Undecoded,
}

impl Problem {
    /// All kinds.
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
        Self::Poison,
        Self::Refused,
        Self::Undecoded,
    ];

    /// The database's word for it.
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
            Self::Poison => "poison",
            Self::Refused => "refused",
            Self::Undecoded => "undecoded",
        }
    }
}
