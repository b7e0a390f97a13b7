//! Erased people are known by salted digests only: the words of a text that may be an id or an address
//! are hashed and compared.

use sha2::{Digest as _, Sha256};

use super::{fold, is_of_id, is_telling, is_value_of_id, spellings};
use crate::records::WorkspaceId;

/// What an address ends with in a sentence or between quotes.
const AFTER_ADDRESS: [char; 3] = ['.', '\'', '!'];
/// In how many places before an `@`, where a plus sign may be a space, an address may begin.
const PLUS_SIGNS: usize = 4;

/// The beginnings of the digests of all tombstones, and the version of the tombstones that they are of.
///
/// A beginning is enough: by chance, one word in 10^13 equals one of a million of them.
#[derive(Debug, Default)]
pub struct Digests {
    version: i64,
    salt: Vec<u8>,
    beginnings: Vec<u64>,
}

/// The erased ids and addresses of one workspace.
pub struct Erased<'a> {
    all: &'a Digests,
    /// Has taken in the salt and the workspace.
    hasher: Sha256,
}

impl Digests {
    /// Takes the digests in any order.
    pub fn new(version: i64, salt: Vec<u8>, mut beginnings: Vec<u64>) -> Self {
        beginnings.sort_unstable();
        Self { version, salt, beginnings }
    }

    /// The version of the tombstones.
    pub fn version(&self) -> i64 {
        self.version
    }

    /// Whether nobody was ever erased.
    pub fn is_empty(&self) -> bool {
        self.beginnings.is_empty()
    }

    /// Those of one workspace.
    pub fn of(&self, workspace_id: &WorkspaceId) -> Erased<'_> {
        let hasher = Sha256::new()
            .chain_update(&self.salt)
            .chain_update(Sha256::digest(workspace_id.as_str()));
        Erased { all: self, hasher }
    }
}

impl Erased<'_> {
    /// Whether this id is erased.
    pub fn contains(&self, id: &str) -> bool {
        self.has(&fold(id))
    }

    /// Whether a text, such as the body of a delivery, names an erased person or interview.
    pub fn are_named_in(&self, text: &[u8]) -> bool {
        !self.all.is_empty()
            && spellings::any(text, |spelling, is_form| {
                words(spelling, is_form, &mut |word| self.has(word))
            })
    }

    /// Takes a word as it is compared.
    fn has(&self, word: &str) -> bool {
        self.all.beginnings.binary_search(&self.beginning(word)).is_ok()
    }

    /// What the digest of a word begins with, which `heymilo_sync.tombstone` computes too.
    pub(super) fn beginning(&self, word: &str) -> u64 {
        let digest = self.hasher.clone().chain_update(word).finalize();
        u64::from_be_bytes(*digest.first_chunk().expect("a digest has 32 bytes"))
    }
}

/// Shows the words that may be an id or an address, until one of them is what was looked for. Each
/// character is in a bounded number of them, so that their length together is linear.
pub(super) fn words(text: &str, is_form: bool, is_it: &mut impl FnMut(&str) -> bool) -> bool {
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
        seen = start + id.len();
    }
    false
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

/// Whether one of the addresses around an `@` is what was looked for: with any sign that can be in one, and
/// with the usual signs only.
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

/// What is in no address.
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
