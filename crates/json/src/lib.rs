#![doc = include_str!("../README.md")]

mod flaws;
mod leaves;
mod lenient;
mod memory;
mod outline;
mod shape;
mod strict;
mod text;

use std::borrow::Cow;

use serde_json::Value;

pub use flaws::{Flaw, Flaws};
pub use leaves::{Leaf, Way, is_document, leaves, unescaped};
pub use memory::memory;
pub use outline::{elements, member};
pub use shape::shape;

use self::{lenient::Reader, outline::without_mark, strict::Strict};

/// The longest name of a field that is shown, in characters.
const MAX_NAME_LENGTH: usize = 80;

/// A field's name in the form that may be shown. A name that is not an identifier may be about a
/// person, so its length is shown in its place.
pub fn shown_name(name: &str) -> Cow<'_, str> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let starts_plain = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    if starts_plain && name.len() <= MAX_NAME_LENGTH && name.bytes().all(is_plain) {
        name.into()
    } else {
        format!("<{} characters>", name.chars().count()).into()
    }
}

/// A value, and the places where it differs from what was sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Read {
    /// The value. Its unreadable parts are replaced.
    pub value: Value,
    /// The places where something was replaced.
    pub flaws: Flaws,
}

/// Why nothing was read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The text is not JSON at all.
    #[error(transparent)]
    Syntax(#[from] serde_json::Error),
    /// The value would take more than [`MAX_MEMORY`].
    #[error("more values than can be held")]
    TooManyValues,
}

/// The most bytes that one parsed value may take: a conversation of 50,000 turns, or a day without
/// a pause.
pub const MAX_MEMORY: usize = 64 << 20;

/// Reads one value that takes at most [`MAX_MEMORY`].
pub fn read(json: &[u8]) -> Result<Read, Error> {
    let json = without_mark(json);
    if memory(json) > MAX_MEMORY {
        return Err(Error::TooManyValues);
    }
    match serde_json::from_slice(json) {
        Ok(Strict(value)) => Ok(Read { value, flaws: Flaws::default() }),
        Err(error) => Ok(Reader::new(json).read().ok_or(error)?),
    }
}

#[cfg(test)]
mod tests;
