//! Recognises erased people by keyed digests. Each word of a text that may be an id or an address
//! is hashed and compared.

use super::{Key, fold, key::Hasher, spellings, words::each};
use crate::records::WorkspaceId;

/// The first bytes of the digests of all tombstones, and the version of these tombstones.
///
/// The first bytes are enough: one word in 10^13 equals one of a million by chance.
#[derive(Debug, Default)]
pub struct Digests {
    version: i64,
    /// The keys with which they were made.
    keys: Vec<Key>,
    beginnings: Vec<u64>,
}

/// The erased ids and addresses of one workspace.
pub struct Erased<'a> {
    all: &'a Digests,
    hashers: Vec<Hasher>,
}

impl Digests {
    /// The digests may be in any order.
    pub fn new(version: i64, keys: Vec<Key>, mut beginnings: Vec<u64>) -> Self {
        beginnings.sort_unstable();
        Self { version, keys, beginnings }
    }

    /// The version of the tombstones.
    pub fn version(&self) -> i64 {
        self.version
    }

    /// Whether there are no tombstones.
    pub fn is_empty(&self) -> bool {
        self.beginnings.is_empty()
    }

    /// The erased ids and addresses of one workspace.
    pub fn of(&self, workspace_id: &WorkspaceId) -> Erased<'_> {
        Erased { all: self, hashers: self.keys.iter().map(|key| key.of(workspace_id)).collect() }
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
                each(spelling, is_form, &mut |word| self.has(word))
            })
    }

    /// `word` must be folded.
    fn has(&self, word: &str) -> bool {
        let is_known = |hasher: &Hasher| {
            let beginning = beginning(&hasher.of_folded(word));
            self.all.beginnings.binary_search(&beginning).is_ok()
        };
        self.hashers.iter().any(is_known)
    }
}

/// The first bytes of a digest.
pub fn beginning(digest: &[u8]) -> u64 {
    let first = digest.first_chunk().expect("a digest has 32 bytes");
    u64::from_be_bytes(*first)
}
