//! Visits the texts and numbers of JSON, each with the fields around it. It builds no tree: its
//! memory is a stack frame for each open list and object.

use std::{borrow::Cow, iter};

use super::{lenient::DEEPEST, outline::Outline, text};

/// The longest name of a field in bytes with its escapes. A longer one counts as empty.
const MAX_NAME_BYTES: usize = 1024;

/// The fields around a value, as a chain from the innermost outwards.
#[derive(Debug, Clone, Copy)]
pub struct Way<'a> {
    field: Option<(&'a str, &'a Way<'a>)>,
    /// Whether any list contains the value.
    pub is_in_list: bool,
}

impl<'a> Way<'a> {
    /// The path of the outermost value.
    pub const START: Way<'static> = Way { field: None, is_in_list: false };

    /// The path of a field of the object here.
    pub fn field(&'a self, name: &'a str) -> Self {
        Self { field: Some((name, self)), is_in_list: self.is_in_list }
    }

    /// The names of the fields, the innermost first.
    pub fn names(&self) -> impl Iterator<Item = &'a str> + Clone {
        iter::successors(self.field, |(_, outer)| outer.field).map(|(name, _)| name)
    }
}

/// A text or a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaf<'a> {
    /// The text between two quotes, with its escapes.
    Text(&'a [u8]),
    /// A number, as written.
    Number(&'a str),
}

/// Passes every text and number to `seen` in turn. Returns `None` where the bytes stop being JSON.
/// The lenient rules are those of [`read`](super::read), and deeper values are skipped.
pub fn leaves<'a>(
    json: &'a [u8],
    way: &Way<'_>,
    seen: &mut dyn FnMut(&Way<'_>, Leaf<'a>),
) -> Option<()> {
    let mut outline = Outline::new(json);
    value(&mut outline, way, 0, seen)?;
    outline.ends().then_some(())
}

/// Whether the bytes are a list or an object.
pub fn is_document(json: &[u8]) -> bool {
    matches!(Outline::new(json).peek(), Some(b'{' | b'['))
        && leaves(json, &Way::START, &mut |_, _| {}).is_some()
}

/// Decodes the escapes of a [`Leaf::Text`]. Unreadable parts are replaced.
pub fn unescaped(raw: &[u8]) -> Cow<'_, str> {
    match str::from_utf8(raw) {
        Ok(plain) if !raw.contains(&b'\\') => plain.into(),
        _ => text::unescape(raw).0.into(),
    }
}

fn value<'a>(
    outline: &mut Outline<'a>,
    way: &Way<'_>,
    depth: usize,
    seen: &mut dyn FnMut(&Way<'_>, Leaf<'a>),
) -> Option<()> {
    let mut first = true;
    match outline.peek()? {
        b'{' | b'[' if depth == DEEPEST => _ = outline.skip()?,
        b'{' => {
            outline.step(b'{')?;
            while outline.goes_on(first, b'}')? {
                let name = outline.name()?;
                let name = if name.len() > MAX_NAME_BYTES { &[] } else { name };
                value(outline, &way.field(&unescaped(name)), depth + 1, seen)?;
                first = false;
            }
        }
        b'[' => {
            outline.step(b'[')?;
            let item = Way { is_in_list: true, ..*way };
            while outline.goes_on(first, b']')? {
                value(outline, &item, depth + 1, seen)?;
                first = false;
            }
        }
        b'"' => seen(way, Leaf::Text(outline.string()?)),
        _ => match outline.scalar()? {
            b"null" | b"true" | b"false" => {}
            written => seen(way, Leaf::Number(number(written)?)),
        },
    }

    Some(())
}

/// A number of any size. `parse` alone would accept words such as `inf`.
fn number(written: &[u8]) -> Option<&str> {
    let digits = written.strip_prefix(b"-").unwrap_or(written);
    let text = str::from_utf8(written).ok()?;
    (digits.first()?.is_ascii_digit() && text.parse::<f64>().is_ok()).then_some(text)
}
