//! Finds ids and addresses in a text, also behind escapes of JSON, links and forms. Only this
//! module decides whether a text names a person. Its time is linear in the length of any text.

mod contacts;
mod digests;
mod key;
mod spellings;
mod words;

pub use contacts::{Contact, base_address};
pub use digests::{Digests, Erased, beginning};
pub use key::Key;
pub use words::Words;

/// A shorter id may be an ordinary word or number. It counts as an id only in a field for ids.
const TELLING_LENGTH: usize = 6;
/// The ends of the names of fields with ids.
const ID_FIELDS: [&str; 4] = ["_id", "-id", "candidateid", "interviewid"];

/// An id or an address for comparison: without surrounding blanks and in lower case.
pub fn fold(word: &str) -> String {
    word.trim().to_lowercase()
}

/// Whether an id identifies its subject in any place.
fn is_telling(id: &str) -> bool {
    id.len() >= TELLING_LENGTH && id.contains(|c: char| !c.is_ascii_digit())
}

fn is_of_id(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-')
}

/// Whether the next word is the value of a field for ids, in JSON or in a form.
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
