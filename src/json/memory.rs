//! How much memory a value takes once it is read, found out without reading it.

use memchr::memchr2;

/// Bytes of any value, with what a list that grows has to spare.
const VALUE: usize = 80;
/// Bytes of a list beside its items.
const LIST: usize = 130;
/// Bytes of an object with one field, whose node has room for eleven.
const OBJECT: usize = 700;
/// Bytes of a text beside its characters.
const TEXT: usize = 48;

/// An upper bound, in bytes, of what a value takes once it is read. Nested lists take thirty times as much as
/// they are long.
pub fn memory(json: &[u8]) -> usize {
    let (mut at, mut memory) = (0, VALUE);
    while let Some(byte) = json.get(at) {
        at += 1;
        memory += match byte {
            b'{' => OBJECT,
            b'[' => LIST,
            b',' => VALUE,
            b'"' => {
                let start = at;
                at = end_of_text(json, at);
                TEXT + (at - start)
            }
            _ => 1,
        };
    }
    memory
}

/// Where the text that began before `at` ends, behind its quote.
fn end_of_text(json: &[u8], mut at: usize) -> usize {
    while let Some(length) = json.get(at..).and_then(|rest| memchr2(b'"', b'\\', rest)) {
        at += length;
        if json[at] == b'"' {
            return at + 1;
        }
        at += 2;
    }
    json.len()
}
