//! Finds the words of a text that may be an id or an address, and compares them with known ones.

use std::collections::HashSet;

use super::{fold, is_of_id, is_telling, is_value_of_id, spellings};

/// The characters that may follow an address in a sentence or between quotes.
const AFTER_ADDRESS: [char; 3] = ['.', '\'', '!'];
/// How many starts of an address are tried before an `@` where a plus sign may be a space.
const PLUS_SIGNS: usize = 4;

/// The characters that join the parts of a word.
const JOINTS: [char; 2] = ['_', '-'];
/// An id inside a longer word may begin at any of its first three parts, and end at any of its last
/// three.
const JOINED: usize = 3;
/// The form of a UUID. A zero stands for a digit.
const UUID: &[u8; 36] = b"00000000-0000-0000-0000-000000000000";
const UUID_JOINT: usize = 8;

/// Known ids and addresses. Searching for a thousand takes as long as for one.
pub struct Words(HashSet<String>);

impl Words {
    /// The words may have any case. Blank words are left out.
    pub fn new<'a>(words: impl IntoIterator<Item = &'a String>) -> Self {
        let words = words.into_iter().map(|word| fold(word));
        Self(words.filter(|word| !word.is_empty()).collect())
    }

    /// Whether this is one of the words.
    pub fn contains(&self, word: &str) -> bool {
        self.0.contains(&fold(word))
    }

    /// Whether any of the words is in the text.
    pub fn are_in(&self, text: &[u8]) -> bool {
        spellings::any(text, |spelling, is_form| {
            each(spelling, is_form, &mut |word| self.0.contains(word))
        })
    }
}

/// Passes the words that may be an id or an address to `is_it` until it returns true. Each
/// character is in a bounded number of words, so that their total length is linear.
pub(super) fn each(text: &str, is_form: bool, is_it: &mut impl FnMut(&str) -> bool) -> bool {
    ids(text, is_it) || addresses(text, is_form, is_it)
}

fn ids(text: &str, is_it: &mut impl FnMut(&str) -> bool) -> bool {
    let mut seen = 0;
    while let Some(start) = text[seen..].find(is_of_id).map(|found| seen + found) {
        let rest = &text[start..];
        let id = &rest[..rest.find(|c| !is_of_id(c)).unwrap_or(rest.len())];
        if (is_telling(id) || is_value_of_id(&text[..start])) && is_it(id) {
            return true;
        }
        if parts(id, is_it) || uuids(id, is_it) {
            return true;
        }
        seen = start + id.len();
    }
    false
}

/// The ids in a word of joined parts, such as a file name.
fn parts(word: &str, is_it: &mut impl FnMut(&str) -> bool) -> bool {
    let starts = word.match_indices(JOINTS).map(|(at, _)| at + 1);
    let starts = [0].into_iter().chain(starts).take(JOINED);
    let ends = word.rmatch_indices(JOINTS).map(|(at, _)| at);
    let ends: Vec<usize> = [word.len()].into_iter().chain(ends).take(JOINED).collect();
    starts.into_iter().any(|start| {
        ends.iter().any(|&end| {
            let is_part = start < end && end - start < word.len();
            is_part && is_telling(&word[start..end]) && is_it(&word[start..end])
        })
    })
}

/// The UUIDs in a word, also between letters.
fn uuids(word: &str, is_it: &mut impl FnMut(&str) -> bool) -> bool {
    let bytes = word.as_bytes();
    bytes.windows(UUID.len()).enumerate().any(|(start, part)| {
        part[UUID_JOINT] == b'-'
            && part.iter().zip(UUID).all(|(byte, form)| match form {
                b'-' => *byte == b'-',
                _ => byte.is_ascii_hexdigit(),
            })
            && part.len() < bytes.len()
            && is_it(&word[start..start + UUID.len()])
    })
}

fn addresses(text: &str, is_form: bool, is_it: &mut impl FnMut(&str) -> bool) -> bool {
    let mut seen = 0;
    while let Some(at) = text[seen..].find('@').map(|found| seen + found) {
        let local = &text[seen..at];
        let rest = &text[at + 1..];
        let domain = &rest[..rest.find(is_no_sign).unwrap_or(rest.len())];
        if is_named(text, local, at, domain, is_form, is_it) {
            return true;
        }
        seen = at + 1;
    }
    false
}

/// Whether `is_it` accepts one of the addresses around an `@`: with all characters that an address
/// may have, and with the usual ones only.
fn is_named(
    text: &str,
    local: &str,
    at: usize,
    domain: &str,
    is_form: bool,
    is_it: &mut impl FnMut(&str) -> bool,
) -> bool {
    let any = local.rfind(is_no_sign).map_or(0, |last| last + width(local, last));
    let usual = local.rfind(|c| !is_usual(c)).map_or(0, |last| last + width(local, last));
    let usual = usual + local[usual..].find(is_first).unwrap_or(local.len() - usual);
    let mut starts = [local.len(); 2 + PLUS_SIGNS];
    starts[..2].copy_from_slice(&[any, usual]);
    if is_form {
        let signs = local[any..].rmatch_indices('+');
        for (start, (sign, _)) in starts[2..].iter_mut().zip(signs) {
            *start = any + sign + 1;
        }
    }

    let any = domain.trim_end_matches(AFTER_ADDRESS).len();
    let usual = domain.find(|c| !is_of_domain(c)).unwrap_or(domain.len());
    let usual = domain[..usual].trim_end_matches(|c: char| !c.is_alphanumeric()).len();
    let ends = [any, if usual == any { 0 } else { usual }];

    starts.iter().enumerate().any(|(place, start)| {
        let is_new = *start < local.len() && !starts[..place].contains(start);
        let start = at - local.len() + start;
        let mut ends = ends.iter().filter(|length| is_new && **length > 0);
        ends.any(|length| is_it(&text[start..at + 1 + length]))
    })
}

fn width(text: &str, at: usize) -> usize {
    text[at..].chars().next().map_or(0, char::len_utf8)
}

/// Whether a character cannot be in an address.
fn is_no_sign(c: char) -> bool {
    c.is_whitespace() || "\"<>()[]{},:;\\@=&?|".contains(c)
}

fn is_first(c: char) -> bool {
    is_of_id(c) || c == '+'
}

fn is_usual(c: char) -> bool {
    is_first(c) || matches!(c, '.' | '\'')
}

fn is_of_domain(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '.' | '-')
}
