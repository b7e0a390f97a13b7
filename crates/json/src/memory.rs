//! Computes how much memory a parsed value would take, without parsing it.

use memchr::memchr2;

use super::lenient::DEEPEST;

/// Bytes of a value in a list, with the spare capacity of a growing list.
const ITEM: usize = 80;
/// Bytes of a list beside its items.
const LIST: usize = 130;
/// Bytes of an object's node, which holds this many fields.
const NODE: usize = 700;
const NODE_FIELDS: usize = 11;
/// Bytes of each further field. A node may be half full, and has a parent.
const FIELD: usize = 170;
/// Bytes of a text beside its characters.
const TEXT: usize = 24;

/// An upper bound, in bytes, of a parsed value. Lists in lists take thirty times their length.
/// Values that are too deep to be parsed take nothing.
pub fn memory(json: &[u8]) -> usize {
    // The number of fields of each open object, by depth. `None` for a list.
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

/// The position after the closing quote of the text that began before `at`.
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
