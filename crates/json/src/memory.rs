//! How much memory a value takes once it is read, found out without reading it.

use memchr::memchr2;

use super::lenient::DEEPEST;

/// Bytes of a value in a list, with what a list that grows has to spare.
const ITEM: usize = 80;
/// Bytes of a list beside its items.
const LIST: usize = 130;
/// Bytes of an object's node, which has room for this many fields.
const NODE: usize = 700;
const NODE_FIELDS: usize = 11;
/// Bytes of a further field: a node may be half full, and has a parent.
const FIELD: usize = 170;
/// Bytes of a text beside its characters.
const TEXT: usize = 24;

/// An upper bound, in bytes, of what a value takes once it is read. Lists in lists take thirty times as much as
/// they are long. What is too deep to be read takes nothing.
pub fn memory(json: &[u8]) -> usize {
    // How many fields each object has had that is open, by depth. `None` for a list.
    let mut fields: [Option<usize>; DEEPEST + 1] = [None; DEEPEST + 1];
    let (mut at, mut depth, mut memory) = (0, 0_usize, ITEM);
    while let Some(byte) = json.get(at) {
        at += 1;
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        let Some(fields) = fields.get_mut(depth) else {
            if *byte == b'"' {
                at = end_of_text(json, at);
            }
            continue;
        };
        memory += match byte {
            b'{' => {
                *fields = Some(1);
                NODE
            }
            b'[' => {
                *fields = None;
                LIST
            }
            b',' => fields.as_mut().map_or(ITEM, |fields| {
                *fields += 1;
                if *fields > NODE_FIELDS { FIELD } else { 1 }
            }),
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
