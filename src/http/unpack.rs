//! Decodes a delivery's body from the encodings of the sender or a proxy. So ids can be found in
//! it, and an erasure can search it. Knows nothing of the content.

use std::{
    cell::Cell,
    io::{self, Read},
};

use base64::{
    Engine as _,
    alphabet::{Alphabet, STANDARD, URL_SAFE},
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use bytes::Bytes;
use encoding_rs::{Encoding, REPLACEMENT, UTF_8, UTF_16BE, UTF_16LE};
use flate2::bufread::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use url::form_urlencoded;

use super::multipart;
use crate::json::{self, Leaf, Way};

/// The most layers of compression and base64 around a body.
const MAX_LAYERS: usize = 2;
/// How many times the limit may be decoded in total. A body is decoded once in each layer, and
/// refused parts count too.
const WORK: usize = 4;
const TOO_LARGE: Undecoded = "a body larger than max_body_bytes once unpacked";
/// The first bytes of gzip. No text begins with them.
const GZIP: &[u8] = b"\x1f\x8b\x08";
/// Fewer characters of base64 cannot hold an interview.
const MIN_BASE64_CHARS: usize = 16;

/// A body as it arrived.
#[derive(Debug, Default)]
pub struct Packed<'a> {
    /// The compression that the sender named.
    pub content_encoding: Option<&'a str>,
    /// The content type that the sender named.
    pub content_type: Option<&'a str>,
    /// Its bytes.
    pub body: Bytes,
}

/// A decoded body.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Unpacked {
    /// The body. Empty when it could not be decoded.
    pub body: Bytes,
    /// Why the body, or a part of it that is left out, could not be decoded.
    pub undecoded: Option<Undecoded>,
}

/// Why something could not be decoded. A notice uses these words.
pub type Undecoded = &'static str;

/// How much may be decoded.
pub(super) struct Limits {
    /// The most bytes of a result.
    bytes: usize,
    /// The bytes that may still be decoded, including those of refused parts.
    left: Cell<usize>,
}

impl Limits {
    /// Fails when a result is too large.
    pub fn allow(&self, length: usize) -> Result<(), Undecoded> {
        if length > self.bytes { Err(TOO_LARGE) } else { Ok(()) }
    }

    /// Counts decoded bytes.
    fn spend(&self, bytes: usize) -> Result<(), Undecoded> {
        let left = self.left.get().checked_sub(bytes);
        self.left.set(left.unwrap_or_default());
        left.map(|_| ()).ok_or(TOO_LARGE)
    }
}

/// Decodes a body to at most `limit` bytes. A body without encodings stays byte for byte.
pub fn unpack(packed: Packed<'_>, limit: usize) -> Unpacked {
    decode(packed, &Limits { bytes: limit, left: Cell::new(limit.saturating_mul(WORK)) })
        .unwrap_or_else(|why| Unpacked { body: Bytes::new(), undecoded: Some(why) })
}

fn decode(packed: Packed<'_>, limits: &Limits) -> Result<Unpacked, Undecoded> {
    let Packed { content_encoding, content_type, mut body } = packed;
    let encodings: Vec<String> = content_encoding
        .unwrap_or_default()
        .split(',')
        .map(|encoding| encoding.trim().to_ascii_lowercase())
        .filter(|encoding| !matches!(&encoding[..], "" | "identity"))
        .take(MAX_LAYERS + 1)
        .collect();

    let layers = MAX_LAYERS.checked_sub(encodings.len()).ok_or("a body packed too often")?;
    // The encoding named last was applied last.
    for encoding in encodings.iter().rev() {
        body = match &encoding[..] {
            "gzip" | "x-gzip" => gunzip(&body, limits)?,
            "deflate" => inflate(&body, limits)?,
            _ => return Err("an unknown content-encoding"),
        };
    }

    let charset = content_type.and_then(|kind| parameter(kind, "charset"));
    let is_multipart = content_type.is_some_and(|kind| {
        kind.get(..10).is_some_and(|start| start.eq_ignore_ascii_case("multipart/"))
    });
    if is_multipart && !json::is_document(&body) {
        let boundary = content_type.and_then(|kind| parameter(kind, "boundary"));
        return multipart::to_json(&body, boundary, layers, limits);
    }

    Ok(Unpacked { body: open(body, charset, layers, limits)?, undecoded: None })
}

/// Decodes a body, or a part of one, from gzip, its character set and base64.
pub(super) fn open(
    body: Bytes,
    charset: Option<&str>,
    layers: usize,
    limits: &Limits,
) -> Result<Bytes, Undecoded> {
    if body.starts_with(GZIP) {
        let layers = layers.checked_sub(1).ok_or("a body packed too often")?;
        return open(gunzip(&body, limits)?, charset, layers, limits);
    }
    let body = to_utf8(body, charset, limits)?;
    if layers == 0 {
        return Ok(body);
    }
    match document_in(&body, layers, limits)? {
        Some(document) => Ok(document),
        None => Ok(unwrap_fields(&body, layers, limits)?.map_or(body, Bytes::from)),
    }
}

/// Replaces each text in JSON that is base64 of JSON by that JSON.
fn unwrap_fields(
    body: &[u8],
    layers: usize,
    limits: &Limits,
) -> Result<Option<Vec<u8>>, Undecoded> {
    let mut wrapped: Vec<&[u8]> = Vec::new();
    let mut remember = |_: &Way<'_>, leaf: Leaf<'_>| {
        if let Leaf::Text(raw) = leaf
            && may_be_document(raw)
        {
            let start = raw.as_ptr().addr() - body.as_ptr().addr();
            wrapped.push(&body[start..start + raw.len()]);
        }
    };

    if json::leaves(body, &Way::START, &mut remember).is_none() {
        return unwrap_form(body, layers, limits);
    }

    let (mut unwrapped, mut copied) = (Vec::new(), 0);
    for raw in wrapped {
        let text = json::unescaped(raw);
        if let Some(document) = document_in(text.as_bytes(), layers, limits)? {
            let quote = raw.as_ptr().addr() - body.as_ptr().addr() - 1;
            unwrapped.extend_from_slice(&body[copied..quote]);
            unwrapped.extend_from_slice(&document);
            copied = quote + raw.len() + 2;
        }
        limits.allow(unwrapped.len())?;
    }

    unwrapped.extend_from_slice(&body[copied..]);
    limits.allow(unwrapped.len())?;
    Ok((copied > 0).then_some(unwrapped))
}

/// The same in the fields of a form.
fn unwrap_form(body: &[u8], layers: usize, limits: &Limits) -> Result<Option<Vec<u8>>, Undecoded> {
    let mut fields = form_urlencoded::parse(body);
    if !fields.any(|(_, value)| may_be_document(value.as_bytes())) {
        return Ok(None);
    }
    let (mut is_wrapped, mut length) = (false, 0);
    let mut form = form_urlencoded::Serializer::new(String::new());
    for (name, value) in form_urlencoded::parse(body) {
        if let Some(document) = document_in(value.as_bytes(), layers, limits)? {
            is_wrapped = true;
            length += document.len();
            limits.allow(length)?;
            form.append_pair(&name, &String::from_utf8_lossy(&document));
        } else {
            form.append_pair(&name, &value);
        }
    }
    let form = Some(form.finish()).filter(|_| is_wrapped);
    form.map(|form| limits.allow(form.len()).map(|()| form.into_bytes())).transpose()
}

/// The list or object that a text holds as base64. `None` for a text that only looks like base64.
fn document_in(text: &[u8], layers: usize, limits: &Limits) -> Result<Option<Bytes>, Undecoded> {
    if !may_be_document(text) {
        return Ok(None);
    }
    let Some(decoded) = from_base64(text) else { return Ok(None) };
    let is_packed = decoded.starts_with(GZIP);
    let opened = open(decoded, None, layers - 1, limits);
    match opened {
        Ok(document) if json::is_document(&document) => Ok(Some(document)),
        Err(why) if is_packed => Err(why),
        Ok(_) if is_packed => Err("base64 of gzip that holds no JSON"),
        _ => Ok(None),
    }
}

/// Whether the text begins like base64 of `{`, `[`, white space, gzip or a byte order mark.
fn may_be_document(text: &[u8]) -> bool {
    let text = text.trim_ascii_start();
    text.len() >= MIN_BASE64_CHARS
        && matches!(text[0], b'e' | b'W' | b'C' | b'D' | b'I' | b'H' | b'A' | b'/' | b'_' | b'7')
}

/// Decodes base64 of either alphabet, with or without line breaks and padding.
pub(super) fn from_base64(text: &[u8]) -> Option<Bytes> {
    let config =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let decode = |alphabet: &Alphabet, text: &[u8]| {
        GeneralPurpose::new(alphabet, config).decode(text).ok().map(Bytes::from)
    };
    let alphabet =
        if text.iter().any(|byte| matches!(byte, b'-' | b'_')) { &URL_SAFE } else { &STANDARD };
    if !text.iter().any(u8::is_ascii_whitespace) {
        return decode(alphabet, text);
    }
    let joined: Vec<u8> = text.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    decode(alphabet, &joined)
}

/// Converts text in another character set to UTF-8. Without a character set, bytes stay as they
/// are.
fn to_utf8(body: Bytes, charset: Option<&str>, limits: &Limits) -> Result<Bytes, Undecoded> {
    let encoding = match (&body[..], charset) {
        ([0xff, 0xfe, ..] | [b'{' | b'[' | b'"', 0, ..], _) => UTF_16LE,
        ([0xfe, 0xff, ..] | [0, b'{' | b'[' | b'"', ..], _) => UTF_16BE,
        (_, None) => return Ok(body),
        (_, Some(label)) => match Encoding::for_label(label.as_bytes()) {
            Some(encoding) if encoding != REPLACEMENT => encoding,
            _ if str::from_utf8(&body).is_ok() => UTF_8,
            _ => return Err("an unknown character set"),
        },
    };

    // Some senders name Latin-1 and send UTF-8. Latin-1 that is also valid UTF-8 almost never
    // occurs.
    let is_utf8 =
        encoding == UTF_8 || encoding.is_ascii_compatible() && str::from_utf8(&body).is_ok();
    if is_utf8 {
        return Ok(body);
    }

    let (text, _) = encoding.decode_with_bom_removal(&body);
    // UTF-32 begins like UTF-16, and then has a NUL in every character.
    if text.contains('\0') {
        return Err("an unknown character set");
    }
    limits.allow(text.len())?;

    Ok(text.into_owned().into())
}

fn gunzip(body: &[u8], limits: &Limits) -> Result<Bytes, Undecoded> {
    read(MultiGzDecoder::new(body), limits)?.map_err(|_| "gzip that is broken")
}

/// The standard is a zlib stream, but some senders leave out zlib's header and checksum.
fn inflate(body: &[u8], limits: &Limits) -> Result<Bytes, Undecoded> {
    match read(ZlibDecoder::new(body), limits)? {
        Ok(inflated) => Ok(inflated),
        Err(_) => read(DeflateDecoder::new(body), limits)?.map_err(|_| "deflate that is broken"),
    }
}

fn read(packed: impl Read, limits: &Limits) -> Result<io::Result<Bytes>, Undecoded> {
    let mut unpacked = Vec::new();
    let most = limits.bytes.min(limits.left.get());
    let read = packed.take(most as u64 + 1).read_to_end(&mut unpacked);
    limits.spend(unpacked.len())?;
    limits.allow(unpacked.len())?;
    Ok(read.map(|_| unpacked.into()))
}

/// A parameter of a header, such as the `charset` of a content type.
pub(super) fn parameter<'a>(header: &'a str, wanted: &str) -> Option<&'a str> {
    header.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let value = value.trim().trim_matches('"');
        (name.trim().eq_ignore_ascii_case(wanted) && !value.is_empty()).then_some(value)
    })
}

#[cfg(test)]
mod tests;
