//! Text between quotes.

/// Decodes the escapes of a text between two quotes. Returns whether anything was replaced.
pub(super) fn unescape(raw: &[u8]) -> (String, bool) {
    let utf8 = String::from_utf8_lossy(raw);
    let mut is_broken = utf8.as_bytes() != raw;
    let mut text = String::with_capacity(utf8.len());
    let mut rest = &*utf8;
    while let Some((before, escape)) = rest.split_once('\\') {
        text.push_str(before);
        let (character, length) = escaped(escape);
        text.push(character.unwrap_or(char::REPLACEMENT_CHARACTER));
        is_broken |= character.is_none();
        rest = &escape[length..];
    }
    text.push_str(rest);
    (text, is_broken)
}

/// Reads the rest of an escape after the backslash: the character, if it is valid, and its length
/// in bytes.
fn escaped(escape: &str) -> (Option<char>, usize) {
    let Some(letter) = escape.chars().next() else { return (None, 0) };
    let character = match letter {
        '"' | '\\' | '/' => letter,
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'u' => return code_point(&escape[1..]),
        _ => return (None, letter.len_utf8()),
    };
    (Some(character), 1)
}

/// Reads the rest of an escape after `\u`. Two halves of a surrogate pair are one character.
fn code_point(digits: &str) -> (Option<char>, usize) {
    let Some(unit) = unit(digits) else { return (None, 1) };
    let low = digits[4..].strip_prefix("\\u").and_then(self::unit);
    let pair = [unit, low.unwrap_or_default()];
    match char::decode_utf16(pair).next() {
        Some(Ok(character)) => (Some(character), if character.len_utf16() == 2 { 11 } else { 5 }),
        _ => (None, 5),
    }
}

fn unit(digits: &str) -> Option<u16> {
    let digits = digits.get(..4).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
    u16::from_str_radix(digits, 16).ok()
}
