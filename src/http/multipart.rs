//! Turns a multipart body into a JSON list with an object for each part, as for a form's fields.

use bytes::Bytes;
use memchr::memmem;

use super::{
    hint::{MAX_FIELDS, names},
    unpack::{Limits, Undecoded, Unpacked, from_base64, open, parameter},
};
use crate::json;

/// The reason for leaving out a part.
const BINARY: Undecoded = "a part that is no text";
const BROKEN: Undecoded = "multipart without its parts";

/// Makes the list. A part that cannot be decoded becomes null.
pub(super) fn to_json(
    body: &Bytes,
    boundary: Option<&str>,
    layers: usize,
    limits: &Limits,
) -> Result<Unpacked, Undecoded> {
    let mut list = String::new();
    let mut undecoded = None;

    for part in parts(body, boundary).ok_or(BROKEN)?.take(MAX_FIELDS) {
        let (name, content) = read(&body.slice_ref(part), layers, limits);
        let content = content.unwrap_or_else(|why| {
            undecoded = Some(why);
            "null".to_owned()
        });
        list.push(if list.is_empty() { '[' } else { ',' });
        push(&mut list, &mut names(&name), &content);
        limits.allow(list.len())?;
    }
    if list.is_empty() {
        return Err(BROKEN);
    }
    list.push(']');
    limits.allow(list.len())?;

    Ok(Unpacked { body: list.into(), undecoded })
}

/// The content between the delimiters.
fn parts<'a>(body: &'a [u8], boundary: Option<&str>) -> Option<impl Iterator<Item = &'a [u8]>> {
    let delimiter = match boundary {
        Some(boundary) => format!("--{boundary}").into_bytes(),
        None => body.split(|byte| *byte == b'\n').next()?.trim_ascii_end().to_vec(),
    };
    if delimiter.len() <= 2 || !delimiter.starts_with(b"--") {
        return None;
    }
    let found = memmem::find_iter(body, &delimiter);
    let at_line: Vec<usize> =
        found.filter(|at| *at == 0 || body[at - 1] == b'\n').take(MAX_FIELDS + 1).collect();
    let ends: Vec<usize> = at_line.iter().skip(1).copied().chain([body.len()]).collect();
    let length = delimiter.len();
    let between = at_line.into_iter().zip(ends).map(move |(at, end)| &body[at + length..end]);
    // `--` follows the last delimiter.
    Some(between.filter(|part| part.starts_with(b"\r\n") || part.starts_with(b"\n")))
}

/// A part's name and its content as JSON.
fn read(part: &Bytes, layers: usize, limits: &Limits) -> (String, Result<String, Undecoded>) {
    let (head, content) = [&b"\r\n\r\n"[..], b"\n\n"]
        .iter()
        .filter_map(|blank| memmem::find(part, blank).map(|at| (at, at + blank.len())))
        .min()
        .map_or((&part[..0], part.clone()), |(end, start)| (&part[..end], part.slice(start..)));
    let content = content.strip_suffix(b"\n").map_or(content.clone(), |rest| {
        content.slice_ref(rest.strip_suffix(b"\r").unwrap_or(rest))
    });
    let head = String::from_utf8_lossy(head);
    let header = |wanted: &str| {
        head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.trim().eq_ignore_ascii_case(wanted).then_some(value)
        })
    };
    let name = header("content-disposition").and_then(|value| parameter(value, "name"));
    let charset = header("content-type").and_then(|value| parameter(value, "charset"));
    let encoding = header("content-transfer-encoding").unwrap_or_default().trim();

    (name.unwrap_or_default().to_owned(), text(content, encoding, charset, layers, limits))
}

fn text(
    content: Bytes,
    encoding: &str,
    charset: Option<&str>,
    layers: usize,
    limits: &Limits,
) -> Result<String, Undecoded> {
    let content = match &encoding.to_ascii_lowercase()[..] {
        "base64" => from_base64(&content).ok_or("base64 that is broken")?,
        "" | "7bit" | "8bit" | "binary" => content,
        _ => return Err("an unknown content-transfer-encoding"),
    };
    let content = open(content, charset, layers, limits)?;
    let text = str::from_utf8(&content).map_err(|_| BINARY)?;
    // Each control character would take six bytes of JSON.
    if text.contains(|c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r')) {
        return Err(BINARY);
    }

    Ok(if json::is_document(&content) {
        text.trim_start_matches('\u{feff}').to_owned()
    } else {
        serde_json::Value::from(text).to_string()
    })
}

/// Writes a content inside one object for each name.
fn push(list: &mut String, names: &mut dyn Iterator<Item = &str>, content: &str) {
    match names.next() {
        Some(name) => {
            list.extend(["{", &serde_json::Value::from(name).to_string(), ":"]);
            push(list, names, content);
            list.push('}');
        }
        None => list.push_str(content),
    }
}
