//! Rows as `copy … (format binary)` takes them: each field as its length and its bytes, in network
//! order (PostgreSQL's documentation of `COPY`, *Binary Format*).

use chrono::{DateTime, Utc};
use serde_json::Value;

const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0";
/// The length of a field that is NULL.
const NULL: i32 = -1;
/// In the place of a number of fields.
const END: i16 = -1;
/// Microseconds from 1970 to 2000, where Postgres begins to count.
const EPOCH: i64 = 946_684_800_000_000;
/// The type of an array's items.
const TEXT_OID: i32 = 25;
/// jsonb begins with the version of its format.
const JSONB_VERSION: u8 = 1;

/// Rows that are still to be sent.
#[derive(Debug)]
pub struct RowBuffer(Vec<u8>);

impl RowBuffer {
    /// Begins with what stands before the first row: the signature, no flags, no extension.
    pub fn begin() -> Self {
        Self([SIGNATURE, &[0; 8]].concat())
    }

    /// Begins a row of so many columns.
    pub fn begin_row(&mut self, columns: usize) {
        let columns = i16::try_from(columns).expect("a table has fewer columns");
        self.0.extend(columns.to_be_bytes());
    }

    /// Ends the last row.
    pub fn end(&mut self) {
        self.0.extend(END.to_be_bytes());
    }

    /// How many bytes there are.
    pub fn bytes(&self) -> usize {
        self.0.len()
    }

    /// Hands out what there is, and has room for more.
    pub fn drain(&mut self) -> impl AsRef<[u8]> {
        self.0.drain(..)
    }

    /// Appends a text.
    pub fn text(&mut self, text: &str) {
        self.field(text.as_bytes());
    }

    fn field(&mut self, bytes: &[u8]) {
        self.length(bytes.len());
        self.0.extend_from_slice(bytes);
    }

    fn length(&mut self, length: usize) {
        let length = i32::try_from(length).expect("an answer is shorter than 2 GiB");
        self.0.extend(length.to_be_bytes());
    }

    /// Appends a field whose length is known when it has been written.
    fn field_of(&mut self, write: impl FnOnce(&mut Self)) {
        let at = self.0.len();
        self.length(0);
        write(self);
        let length = i32::try_from(self.0.len() - at - size_of::<i32>());
        let length = length.expect("an answer is shorter than 2 GiB");
        self.0[at..at + size_of::<i32>()].copy_from_slice(&length.to_be_bytes());
    }
}

/// A value that can stand in a field.
pub trait Encode {
    /// Appends it.
    fn encode(&self, row: &mut RowBuffer);
}

impl<T: Encode> Encode for Option<T> {
    fn encode(&self, row: &mut RowBuffer) {
        match self {
            Some(value) => value.encode(row),
            None => row.0.extend(NULL.to_be_bytes()),
        }
    }
}

impl Encode for i32 {
    fn encode(&self, row: &mut RowBuffer) {
        row.field(&self.to_be_bytes());
    }
}

impl Encode for i64 {
    fn encode(&self, row: &mut RowBuffer) {
        row.field(&self.to_be_bytes());
    }
}

impl Encode for f64 {
    fn encode(&self, row: &mut RowBuffer) {
        row.field(&self.to_be_bytes());
    }
}

impl Encode for bool {
    fn encode(&self, row: &mut RowBuffer) {
        row.field(&[u8::from(*self)]);
    }
}

impl Encode for DateTime<Utc> {
    fn encode(&self, row: &mut RowBuffer) {
        (self.timestamp_micros() - EPOCH).encode(row);
    }
}

impl Encode for String {
    fn encode(&self, row: &mut RowBuffer) {
        row.text(self);
    }
}

impl Encode for Value {
    fn encode(&self, row: &mut RowBuffer) {
        row.field_of(|row| {
            row.0.push(JSONB_VERSION);
            serde_json::to_writer(&mut row.0, self).expect("memory takes what is written");
        });
    }
}

impl Encode for Vec<String> {
    fn encode(&self, row: &mut RowBuffer) {
        row.field_of(|row| {
            // Of how many dimensions; no flag for NULL among the items.
            let dimensions = i32::from(!self.is_empty());
            for number in [dimensions, 0, TEXT_OID] {
                row.0.extend(number.to_be_bytes());
            }
            if !self.is_empty() {
                row.length(self.len());
                // The first item's number.
                row.0.extend(1_i32.to_be_bytes());
            }
            self.iter().for_each(|item| row.text(item));
        });
    }
}
