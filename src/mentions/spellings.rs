//! A text with its escapes decoded, layer by layer.

use std::{
    borrow::Cow,
    ops::ControlFlow::{self, Break, Continue},
};

/// How many layers of escapes are decoded.
const LAYERS: usize = 3;
/// A larger text is read in pieces, so that its spellings take no more memory than this (1 MiB).
const PIECE: usize = 1 << 20;
/// The overlap of two pieces, so that a word at their border is whole in one of them.
const OVERLAP: usize = 4 << 10;

/// Passes the spellings of a text in lower case to `is_it` until it returns true. The flag says
/// whether a plus sign may stand for a space, as in forms.
pub fn any(text: &[u8], mut is_it: impl FnMut(&str, bool) -> bool) -> bool {
    let mut start = 0;
    loop {
        let end = text.len().min(start + PIECE);
        if each(&text[start..end], &mut is_it).is_break() {
            return true;
        }
        if end == text.len() {
            return false;
        }
        start = end - OVERLAP;
    }
}

fn each(text: &[u8], is_it: &mut impl FnMut(&str, bool) -> bool) -> ControlFlow<()> {
    let mut spelling = String::from_utf8_lossy(text).to_lowercase();
    let mut is_form = false;
    for layer in 0..=LAYERS {
        if is_it(&spelling, is_form) {
            return Break(());
        }
        if layer == LAYERS || !spelling.contains(['%', '\\']) {
            break;
        }
        is_form |= spelling.contains('%');
        spelling = decoded(&spelling).to_lowercase();
    }
    Continue(())
}

/// A text with one layer of escapes decoded.
fn decoded(text: &str) -> String {
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some(first) = rest.first() {
        let length = match rest {
            [b'%', ..] if code(rest, 1, 2).is_some() => {
                plain.extend(code(rest, 1, 2).and_then(|byte| u8::try_from(byte).ok()));
                3
            }
            [b'\\', b'u', ..] if code(rest, 2, 4).is_some() => {
                let c = code(rest, 2, 4).and_then(char::from_u32).unwrap_or(' ');
                plain.extend(c.encode_utf8(&mut [0; 4]).bytes());
                6
            }
            [b'\\', b'b' | b'f' | b'n' | b'r' | b't', ..] => {
                plain.push(b' ');
                2
            }
            [b'\\', escaped, ..] => {
                plain.push(*escaped);
                2
            }
            _ => {
                plain.push(*first);
                1
            }
        };
        rest = &rest[length..];
    }

    match String::from_utf8_lossy(&plain) {
        Cow::Owned(repaired) => repaired,
        Cow::Borrowed(_) => String::from_utf8(plain).expect("it was found to be UTF-8"),
    }
}

/// The number with `digits` hexadecimal digits at an index.
fn code(bytes: &[u8], from: usize, digits: usize) -> Option<u32> {
    let digits = bytes.get(from..from + digits)?;
    if !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}
