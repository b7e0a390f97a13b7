//! A delivery as bytes: marker, length and checksum, then its fields as JSON, then the body
//! unchanged.
//!
//! The marker is the receipt id in the file's name. No sender can know it, so nothing in a body can
//! pass for a record. After a damaged place, reading goes on at the next marker.

use bytes::{Buf as _, Bytes};
use memchr::memmem;

use crate::records::Delivery;

/// The first bytes of each record of a file.
pub type Marker = [u8; 16];

/// Marker, length and checksum.
const HEADER: usize = 24;

/// The records of deliveries.
pub fn encode(marker: &Marker, deliveries: &[Delivery]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for delivery in deliveries {
        let fields = serde_json::to_vec(delivery).expect("a delivery's fields are JSON");
        let content = [&number(fields.len()), &fields[..], &delivery.body].concat();
        let header = [&marker[..], &number(content.len()), &checksum(&content)].concat();
        bytes.extend([header, content].concat());
    }
    bytes
}

/// The deliveries of a file, and the number of bytes that belong to none.
pub fn decode(marker: &Marker, mut bytes: Bytes) -> (Vec<Delivery>, usize) {
    let (mut deliveries, mut read) = (Vec::new(), 0);
    let all = bytes.len();
    while let Some(at) = memmem::find(&bytes, marker) {
        bytes.advance(at);
        match first(&bytes) {
            Some((delivery, length)) => {
                deliveries.push(delivery);
                read += length;
                bytes.advance(length);
            }
            None => bytes.advance(1),
        }
    }
    (deliveries, all - read)
}

/// The delivery whose record begins here, and the length of the record.
fn first(bytes: &Bytes) -> Option<(Delivery, usize)> {
    let length = length(bytes.get(16..20)?)?;
    let end = HEADER.checked_add(length)?;
    let content = bytes.get(HEADER..end)?;
    if checksum(content) != bytes.get(20..HEADER)? {
        return None;
    }
    let body = 4_usize.checked_add(self::length(content.get(..4)?)?)?;
    let delivery: Delivery = serde_json::from_slice(content.get(4..body)?).ok()?;
    Some((Delivery { body: bytes.slice(HEADER + body..end), ..delivery }, end))
}

fn checksum(content: &[u8]) -> [u8; 4] {
    crc32fast::hash(content).to_le_bytes()
}

fn number(length: usize) -> [u8; 4] {
    u32::try_from(length).expect("a delivery is shorter than 4 GiB").to_le_bytes()
}

fn length(number: &[u8]) -> Option<usize> {
    u32::from_le_bytes(number.try_into().ok()?).try_into().ok()
}
