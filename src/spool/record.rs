//! A delivery as bytes: marker, length, checksum; then its fields as JSON, and the body as it is.
//!
//! Every file has a marker of its own that no sender can know. So after a damaged place the next
//! record is found, and nothing inside a body is taken for one.

use std::{fs::File, io, os::unix::fs::FileExt as _};

use bytes::Bytes;

use super::{Error, Result};
use crate::records::Delivery;

/// Begins each record of a file.
pub type Marker = [u8; 16];

/// Marker, length and checksum.
const HEADER: u64 = 24;
/// No record is longer, so that a reader knows how much memory it needs at most.
const LONGEST: usize = 64 << 20;
/// How much is searched at once.
const CHUNK: usize = 64 << 10;

/// A stretch of a file.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece {
    /// A delivery, and where it ends.
    Delivery(Box<Delivery>, u64),
    /// From here to there nothing can be read.
    Damaged(u64, u64),
    /// From here on there is a record that was not written to its end.
    Torn(u64),
}

/// Appends the record of a delivery to `bytes`.
pub fn encode(marker: &Marker, delivery: &Delivery, bytes: &mut Vec<u8>) -> Result<()> {
    let fields = serde_json::to_vec(delivery).expect("a delivery's fields are JSON");
    let length = 4 + fields.len() + delivery.body.len();
    if length > LONGEST {
        return Err(Error::TooLarge);
    }
    let fields_length = number(fields.len());
    let parts: [&[u8]; 3] = [&fields_length, &fields, &delivery.body];
    bytes.extend_from_slice(marker);
    bytes.extend_from_slice(&number(length));
    bytes.extend_from_slice(&checksum(&parts));
    parts.iter().for_each(|part| bytes.extend_from_slice(part));
    Ok(())
}

/// The pieces of a file between two places.
#[derive(Debug)]
pub struct Pieces<'a> {
    file: &'a File,
    marker: Marker,
    at: u64,
    end: u64,
}

impl<'a> Pieces<'a> {
    /// Reads a file whose records begin with `marker`.
    pub fn new(file: &'a File, marker: Marker, at: u64, end: u64) -> Self {
        Self { file, marker, at, end }
    }

    fn next_piece(&mut self) -> io::Result<Piece> {
        let at = self.at;
        let is_torn = match self.record(at)? {
            Record::Whole(delivery, end) => {
                self.at = end;
                return Ok(Piece::Delivery(delivery, end));
            }
            Record::Unfinished => true,
            Record::Unreadable => false,
        };
        let next = self.next_whole(at + 1)?;
        self.at = next.unwrap_or(self.end);
        let ends_here = is_torn && next.is_none();
        Ok(if ends_here { Piece::Torn(at) } else { Piece::Damaged(at, self.at) })
    }

    /// Reads the record at a place, if there is one.
    fn record(&self, at: u64) -> io::Result<Record> {
        let mut header = [0; HEADER as usize];
        if at + HEADER > self.end {
            return Ok(Record::Unfinished);
        }
        self.file.read_exact_at(&mut header, at)?;
        let (marker, numbers) = header.split_at(self.marker.len());
        let (length, expected) = numbers.split_at(4);
        let length = u32::from_le_bytes(length.try_into().expect("four bytes"));
        if marker != self.marker || length as usize > LONGEST {
            return Ok(Record::Unreadable);
        }
        let end = at + HEADER + u64::from(length);
        if end > self.end {
            return Ok(Record::Unfinished);
        }
        let mut content = vec![0; length as usize];
        self.file.read_exact_at(&mut content, at + HEADER)?;
        if checksum(&[&content]) != expected {
            return Ok(Record::Unreadable);
        }
        Ok(match decode(content) {
            Some(delivery) => Record::Whole(Box::new(delivery), end),
            None => Record::Unreadable,
        })
    }

    /// Where the next record begins that can be read.
    fn next_whole(&self, mut at: u64) -> io::Result<Option<u64>> {
        while let Some(found) = self.next_marker(at)? {
            if let Record::Whole(..) = self.record(found)? {
                return Ok(Some(found));
            }
            at = found + 1;
        }
        Ok(None)
    }

    fn next_marker(&self, mut at: u64) -> io::Result<Option<u64>> {
        let mut chunk = vec![0; CHUNK];
        while at + HEADER <= self.end {
            let length = chunk.len().min((self.end - at) as usize);
            let chunk = &mut chunk[..length];
            self.file.read_exact_at(chunk, at)?;
            if let Some(found) = chunk.windows(16).position(|bytes| bytes == self.marker) {
                return Ok(Some(at + found as u64));
            }
            // A marker may begin at the end of this chunk.
            at += (length - 15) as u64;
        }
        Ok(None)
    }
}

impl Iterator for Pieces<'_> {
    type Item = io::Result<Piece>;

    fn next(&mut self) -> Option<Self::Item> {
        let piece = (self.at < self.end).then(|| self.next_piece())?;
        if piece.is_err() {
            self.at = self.end;
        }
        Some(piece)
    }
}

enum Record {
    Whole(Box<Delivery>, u64),
    Unfinished,
    Unreadable,
}

fn decode(content: Vec<u8>) -> Option<Delivery> {
    let mut body = Bytes::from(content);
    let length = body.split_off(4.min(body.len()));
    let (length, mut rest) = (body, length);
    let length = u32::from_le_bytes(length.as_ref().try_into().ok()?) as usize;
    if length > rest.len() {
        return None;
    }
    let fields = rest.split_to(length);
    let delivery: Delivery = serde_json::from_slice(&fields).ok()?;
    Some(Delivery { body: rest, ..delivery })
}

fn checksum(parts: &[&[u8]]) -> [u8; 4] {
    let mut hasher = crc32fast::Hasher::new();
    parts.iter().for_each(|part| hasher.update(part));
    hasher.finalize().to_le_bytes()
}

fn number(length: usize) -> [u8; 4] {
    u32::try_from(length).expect("a record is shorter than 4 GiB").to_le_bytes()
}
