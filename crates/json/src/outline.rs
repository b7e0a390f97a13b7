//! The outline of JSON: where values begin and end, with any content.

use memchr::memchr2;

use super::text;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The items of a list, each exactly as written. `None` when it is not a list, or when it is longer
/// than `max_items`.
pub fn elements(json: &[u8], max_items: usize) -> Option<Vec<&[u8]>> {
    let mut outline = Outline::new(json);
    let mut items = Vec::new();
    outline.step(b'[')?;
    while outline.goes_on(items.is_empty(), b']')? {
        if items.len() == max_items {
            return None;
        }
        items.push(outline.skip()?);
    }
    outline.ends().then_some(items)
}

/// A field of an object, exactly as written, the last one of that name. `None` when the field is
/// missing, or when the text is not an object.
pub fn member<'a>(json: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let mut outline = Outline::new(json);
    let (mut first, mut found) = (true, None);
    outline.step(b'{')?;
    while outline.goes_on(first, b'}')? {
        let is_it = text::unescape(outline.name()?).0 == name;
        let field = outline.skip()?;
        found = if is_it { Some(field) } else { found };
        first = false;
    }
    found.filter(|_| outline.ends())
}

/// Skips a byte order mark.
pub(super) fn without_mark(json: &[u8]) -> &[u8] {
    json.strip_prefix(BYTE_ORDER_MARK).unwrap_or(json)
}

/// Steps through JSON from value to value. It only requires that quotes and brackets close.
#[derive(Debug)]
pub(super) struct Outline<'a> {
    json: &'a [u8],
    at: usize,
}

impl<'a> Outline<'a> {
    /// Begins before the first value.
    pub fn new(json: &'a [u8]) -> Self {
        Self { json: without_mark(json), at: 0 }
    }

    /// The next byte that is not white space.
    pub fn peek(&mut self) -> Option<u8> {
        while matches!(self.json.get(self.at)?, b' ' | b'\t' | b'\n' | b'\r') {
            self.at += 1;
        }
        self.json.get(self.at).copied()
    }

    /// Steps over a bracket or a quote that must be present.
    pub fn step(&mut self, bracket: u8) -> Option<()> {
        self.eat(bracket).then_some(())
    }

    /// Whether another item follows after a comma, or the list is closed. The first item has no
    /// comma.
    pub fn goes_on(&mut self, first: bool, closing: u8) -> Option<bool> {
        if self.eat(closing) {
            return Some(false);
        }
        (first || self.eat(b',')).then_some(true)
    }

    /// The name of a field with its escapes. Stops before the value.
    pub fn name(&mut self) -> Option<&'a [u8]> {
        let name = self.string()?;
        self.eat(b':').then_some(name)
    }

    /// The text between two quotes, with its escapes.
    pub fn string(&mut self) -> Option<&'a [u8]> {
        self.step(b'"')?;
        let start = self.at;
        loop {
            let length = memchr2(b'"', b'\\', self.json.get(self.at..)?)?;
            self.at += length;
            if self.json[self.at] == b'"' {
                break;
            }
            self.at += 2;
        }
        self.at += 1;
        Some(&self.json[start..self.at - 1])
    }

    /// A value that is neither text nor list nor object, as written.
    pub fn scalar(&mut self) -> Option<&'a [u8]> {
        let rest = &self.json[self.at..];
        let ends = |byte: &u8| b",:[]{}\" \t\n\r".contains(byte);
        let length = rest.iter().position(ends).unwrap_or(rest.len());
        self.at += length;
        (length > 0).then(|| &rest[..length])
    }

    /// Skips a value of any depth, and returns it.
    pub fn skip(&mut self) -> Option<&'a [u8]> {
        self.peek()?;
        let start = self.at;
        let mut open = Vec::new();

        loop {
            match self.peek()? {
                b'"' => {
                    self.string()?;
                }
                opening @ (b'{' | b'[') => {
                    self.step(opening)?;
                    open.push(if opening == b'{' { b'}' } else { b']' });
                }
                b'}' | b']' => self.step(open.pop()?)?,
                b',' | b':' if !open.is_empty() => self.at += 1,
                _ => {
                    self.scalar()?;
                }
            }
            if open.is_empty() {
                return Some(&self.json[start..self.at]);
            }
        }
    }

    /// Whether the end is reached.
    pub fn ends(&mut self) -> bool {
        self.peek().is_none()
    }

    fn eat(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }
}
