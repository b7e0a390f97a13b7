//! Ids and addresses that a text mentions: as they are, and behind the escapes of JSON, of links and of
//! forms. The one place that decides whether a text names a person. The time is linear in the length of
//! the text, whatever the text is.

mod contacts;
mod digests;
mod key;
mod spellings;
mod words;

pub use contacts::{Contact, base_address};
pub use digests::{Digests, Erased, beginning};
pub use key::Key;
pub use words::Words;

/// A shorter id may be a word or a number that means something else: it is an id only where a field says so.
const TELLING_LENGTH: usize = 6;
/// What fields with ids are called at their end.
const ID_FIELDS: [&str; 4] = ["_id", "-id", "candidateid", "interviewid"];

/// An id or an address as it is compared: without blanks around it and in small letters.
pub fn fold(word: &str) -> String {
    word.trim().to_lowercase()
}

/// Whether an id means its subject wherever it stands.
fn is_telling(id: &str) -> bool {
    id.len() >= TELLING_LENGTH && id.contains(|c: char| !c.is_ascii_digit())
}

fn is_of_id(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-')
}

/// Whether what follows is the value of a field that holds an id, in JSON or in a form.
fn is_value_of_id(before: &str) -> bool {
    let quoted = |text: &str| text.trim_end_matches(['"', '\'']).len();
    let before = before[..quoted(before)].trim_end();
    let Some(name) = before.strip_suffix([':', '=']).map(str::trim_end) else { return false };
    let name = &name[..quoted(name)];
    let is_whole = name.strip_suffix("id").is_some_and(|rest| !rest.ends_with(is_of_id));
    is_whole || ID_FIELDS.iter().any(|field| name.ends_with(field))
}

#[cfg(test)]
mod tests;
