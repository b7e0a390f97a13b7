//! The slow parser. It continues where `serde_json` gives up.

use serde_json::{Map, Number, Value};

use super::{Flaw, Flaws, Read, flaws::Step, outline::Outline, strict::BEYOND_64_BITS, text};

/// This many nested lists and objects are read, as by `serde_json`. Deeper values are skipped, so
/// that no answer can exhaust the stack.
pub(super) const DEEPEST: usize = 127;

/// Reads a value, and records where it had to replace something.
pub(super) struct Reader<'a> {
    outline: Outline<'a>,
    path: Vec<Step>,
    flaws: Flaws,
}

impl<'a> Reader<'a> {
    /// Begins before the value.
    pub fn new(json: &'a [u8]) -> Self {
        Self { outline: Outline::new(json), path: Vec::new(), flaws: Flaws::default() }
    }

    /// Reads one value to the end of the JSON. `None` when quotes or brackets do not close, or when
    /// a value has none of JSON's types.
    pub fn read(mut self) -> Option<Read> {
        let value = self.value()?;
        self.outline.ends().then_some(Read { value, flaws: self.flaws })
    }

    fn value(&mut self) -> Option<Value> {
        match self.outline.peek()? {
            b'{' | b'[' if self.path.len() == DEEPEST => {
                self.outline.skip()?;
                self.note(Flaw::TooDeep);
                Some(Value::Null)
            }
            b'{' => self.object(),
            b'[' => self.list(),
            b'"' => {
                let raw = self.outline.string()?;
                Some(self.text(raw).into())
            }
            _ => self.scalar(),
        }
    }

    fn list(&mut self) -> Option<Value> {
        self.outline.step(b'[')?;
        self.path.push(Step::Element);
        let mut items = Vec::new();
        while self.outline.goes_on(items.is_empty(), b']')? {
            items.push(self.value()?);
        }
        self.path.pop();
        Some(items.into())
    }

    fn object(&mut self) -> Option<Value> {
        self.outline.step(b'{')?;
        let mut fields = Map::new();
        while self.outline.goes_on(fields.is_empty(), b'}')? {
            let raw = self.outline.name()?;
            let name = self.text(raw);
            self.path.push(Step::field(&name));
            let field = self.value()?;
            if fields.insert(name, field).is_some() {
                self.note(Flaw::Repeated);
            }
            self.path.pop();
        }
        Some(fields.into())
    }

    fn text(&mut self, raw: &[u8]) -> String {
        let (text, is_broken) = text::unescape(raw);
        if is_broken {
            self.note(Flaw::BrokenText);
        }
        text
    }

    /// Reads a number or a word. A number that none of our types can hold stays as text.
    fn scalar(&mut self) -> Option<Value> {
        let written = self.outline.scalar()?;
        match written {
            b"null" => return Some(Value::Null),
            b"true" => return Some(true.into()),
            b"false" => return Some(false.into()),
            _ => {}
        }
        let text = str::from_utf8(written).ok()?;
        match serde_json::from_slice::<Number>(written) {
            Ok(number) if !is_beyond_64_bits(&number, text) => return Some(number.into()),
            Ok(_) => {}
            Err(_) => drop(text.parse::<f64>().ok().filter(|number| !number.is_finite())?),
        }
        self.note(Flaw::OutOfRange);
        Some(text.into())
    }

    fn note(&mut self, flaw: Flaw) {
        self.flaws.add(&self.path, flaw);
    }
}

/// Whether a whole number lost digits in a float.
fn is_beyond_64_bits(number: &Number, written: &str) -> bool {
    let float = number.as_f64().filter(|_| number.is_f64()).unwrap_or_default();
    float.abs() >= BEYOND_64_BITS && !written.contains(['.', 'e', 'E'])
}
