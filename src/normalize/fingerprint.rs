//! Compares two answers by content, without the order of fields and the signatures of links.

use std::fmt;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// Fields that hold signed links: their query string differs from fetch to fetch.
const SIGNED_LINKS: &[&str] = &[
    "audio_recording_url",
    "video_recording_url",
    "resume_url",
    "audio_recording_link",
    "video_recording_link",
    "resume_link",
    "image",
];

/// SHA-256 of an answer's content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Computes the fingerprint. The order of an object's fields and the signatures of links do not
    /// count.
    pub fn of(value: &Value) -> Self {
        Self::without(value, &[])
    }

    /// Computes the fingerprint of an object without some of its fields.
    pub fn without(value: &Value, fields: &[&str]) -> Self {
        let mut hasher = Hasher::new();
        match value {
            Value::Object(object) => {
                let counted = object.iter().filter(|(name, _)| !fields.contains(&name.as_str()));
                feed_fields(&mut hasher, counted);
            }
            other => feed(&mut hasher, other),
        }
        hasher.finish()
    }

    /// Combines the fingerprints of the items of a list, whose order counts.
    pub fn of_list(items: &[Self]) -> Self {
        let mut hasher = Sha256::new();
        for item in items {
            hasher.update(item.0);
        }
        Self(hasher.finalize().into())
    }

    /// Computes the fingerprint of bytes that cannot be read as an answer.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Its 32 bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// As hexadecimal digits.
impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// An answer has thousands of small pieces, which are collected into larger blocks for hashing.
struct Hasher {
    sha: Sha256,
    pending: Vec<u8>,
}

impl Hasher {
    const PENDING: usize = 16 << 10;

    fn new() -> Self {
        Self { sha: Sha256::new(), pending: Vec::with_capacity(Self::PENDING) }
    }

    fn update(&mut self, bytes: impl AsRef<[u8]>) {
        let bytes = bytes.as_ref();
        if self.pending.len() + bytes.len() > Self::PENDING {
            self.sha.update(&self.pending);
            self.pending.clear();
        }
        self.pending.extend_from_slice(bytes);
    }

    fn finish(mut self) -> Fingerprint {
        self.sha.update(&self.pending);
        Fingerprint(self.sha.finalize().into())
    }
}

/// Every value follows its kind and length, so that no two values give the same bytes.
fn feed(hasher: &mut Hasher, value: &Value) {
    match value {
        Value::Null => hasher.update(b"0"),
        Value::Bool(value) => hasher.update(if *value { b"t" } else { b"f" }),
        Value::Number(number) => text(hasher, b'n', &number.to_string()),
        Value::String(string) => text(hasher, b's', string),
        Value::Array(items) => {
            length(hasher, b'a', items.len());
            for item in items {
                feed(hasher, item);
            }
        }
        Value::Object(fields) => {
            length(hasher, b'o', fields.len());
            feed_fields(hasher, fields.iter());
        }
    }
}

fn feed_fields<'a>(hasher: &mut Hasher, fields: impl Iterator<Item = (&'a String, &'a Value)>) {
    for (name, field) in fields {
        text(hasher, b'k', name);
        match field {
            Value::String(link) if SIGNED_LINKS.contains(&name.as_str()) => {
                text(hasher, b's', without_query(link));
            }
            other => feed(hasher, other),
        }
    }
}

fn text(hasher: &mut Hasher, kind: u8, text: &str) {
    length(hasher, kind, text.len());
    hasher.update(text);
}

fn length(hasher: &mut Hasher, kind: u8, length: usize) {
    hasher.update([kind]);
    hasher.update(length.to_le_bytes());
}

fn without_query(link: &str) -> &str {
    link.split_once('?').map_or(link, |(path, _)| path)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn same(left: &Value, right: &Value) -> bool {
        Fingerprint::of(left) == Fingerprint::of(right)
    }

    /// Fingerprints are stored and compared for years, so a change of the hashing must not change
    /// them.
    #[test]
    fn it_is_the_hash_of_kinds_lengths_and_bytes_however_many_there_are() {
        for length in [0, 1, Hasher::PENDING - 19, Hasher::PENDING, 3 * Hasher::PENDING] {
            let text = "x".repeat(length);
            let mut bytes = Vec::new();
            for name in ["a", "b"] {
                for (kind, text) in [(b'k', name), (b's', &text)] {
                    bytes.push(kind);
                    bytes.extend((text.len() as u64).to_le_bytes());
                    bytes.extend(text.as_bytes());
                }
            }

            let fingerprint = Fingerprint::of(&json!({ "a": text, "b": text }));

            assert_eq!(fingerprint.as_bytes(), Sha256::digest(&bytes).as_slice(), "{length}");
        }
    }

    #[test]
    fn signatures_do_not_count() {
        let first = json!({ "resume": { "resume_url": "https://cdn.example/1.pdf?Signature=a" } });
        let second = json!({ "resume": { "resume_url": "https://cdn.example/1.pdf?Signature=b" } });

        assert!(same(&first, &second));
    }

    #[test]
    fn another_recording_counts() {
        let first = json!({ "audio_recording_url": "https://cdn.example/1.mp3?s=a" });
        let second = json!({ "audio_recording_url": "https://cdn.example/2.mp3?s=a" });

        assert!(!same(&first, &second));
    }

    #[test]
    fn queries_of_other_links_count() {
        let first = json!({ "interview_url": "https://example.com/i?token=a" });
        let second = json!({ "interview_url": "https://example.com/i?token=b" });

        assert!(!same(&first, &second));
    }

    #[test]
    fn the_order_of_fields_does_not_count_and_that_of_items_does() {
        let ordered: Value = serde_json::from_str(r#"{"a": 1, "b": [1, 2]}"#).unwrap();
        let reordered: Value = serde_json::from_str(r#"{"b": [1, 2], "a": 1}"#).unwrap();
        let shuffled: Value = serde_json::from_str(r#"{"b": [2, 1], "a": 1}"#).unwrap();

        assert!(same(&ordered, &reordered));
        assert!(!same(&ordered, &shuffled));
    }

    #[test]
    fn types_are_distinguished() {
        for (left, right) in [
            (json!(1), json!("1")),
            (json!(null), json!(false)),
            (json!(["ab", "c"]), json!(["a", "bc"])),
            (json!({}), json!([])),
        ] {
            assert!(!same(&left, &right), "{left} and {right}");
        }
    }
}
