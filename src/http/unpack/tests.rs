//! Bodies as senders and proxies encode them, and the cost of decoding.

use std::io::Write as _;

use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use flate2::{
    Compression,
    write::{DeflateEncoder, GzEncoder, ZlibEncoder},
};
use proptest::prelude::*;

use super::*;

const BODY: &str = r#"{"interview_id":"int_1","name":"Müller"}"#;
const LIMIT: usize = 1 << 20;

macro_rules! compressed {
    ($encoder:ident, $body:expr) => {{
        let mut encoder = $encoder::new(Vec::new(), Compression::default());
        encoder.write_all($body.as_ref()).unwrap();
        encoder.finish().unwrap()
    }};
}

fn gzip(body: impl AsRef<[u8]>) -> Vec<u8> {
    compressed!(GzEncoder, body)
}

fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(bytes).collect()
}

fn unpacked(encoding: &str, kind: &str, body: impl Into<Vec<u8>>) -> Unpacked {
    let some = |text: &'static str| Some(text).filter(|text| !text.is_empty());
    let leak = |text: &str| -> &'static str { text.to_owned().leak() };
    let packed = Packed {
        content_encoding: some(leak(encoding)),
        content_type: some(leak(kind)),
        body: body.into().into(),
    };
    unpack(packed, LIMIT)
}

#[track_caller]
fn assert_body(encoding: &str, kind: &str, body: impl Into<Vec<u8>>, expected: &str) {
    let Unpacked { body, undecoded } = unpacked(encoding, kind, body);
    assert_eq!((String::from_utf8_lossy(&body), undecoded), (expected.into(), None));
}

#[test]
fn compressed_bodies_are_unpacked() {
    for (encoding, body) in [
        ("gzip", gzip(BODY)),
        ("GZIP", gzip(BODY)),
        ("x-gzip", gzip(BODY)),
        ("", gzip(BODY)),
        ("identity", BODY.into()),
        ("deflate", compressed!(ZlibEncoder, BODY)),
        ("deflate", compressed!(DeflateEncoder, BODY)),
        ("gzip, gzip", gzip(gzip(BODY))),
        ("deflate, gzip", gzip(compressed!(ZlibEncoder, BODY))),
        ("gzip", gzip(gzip(BODY))),
        ("gzip", [gzip(&BODY[..9]), gzip(&BODY[9..])].concat()),
        ("gzip", gzip(BASE64_STANDARD.encode(BODY))),
    ] {
        assert_body(encoding, "application/json", body, BODY);
    }
}

#[test]
fn character_sets_become_utf_8() {
    let latin1: Vec<u8> = BODY.chars().map(|c| c as u8).collect();
    let marked = format!("\u{feff}{BODY}");
    for (kind, body) in [
        ("application/json; charset=utf-16", utf16(&marked, u16::to_le_bytes)),
        ("application/json; charset=UTF-16", utf16(&marked, u16::to_be_bytes)),
        ("application/json", utf16(&marked, u16::to_be_bytes)),
        ("application/json;charset=\"utf-16le\"", utf16(BODY, u16::to_le_bytes)),
        ("", utf16(BODY, u16::to_le_bytes)),
        ("", utf16(BODY, u16::to_be_bytes)),
        ("application/json; charset=iso-8859-1", latin1),
        ("application/json; charset=iso-8859-1", BODY.into()),
        ("application/json; charset=utf8", BODY.into()),
        ("application/json; charset=none", BODY.into()),
    ] {
        assert_body("", kind, body, BODY);
    }
}

#[test]
fn base64_of_json_is_replaced_by_the_json() {
    let standard = BASE64_STANDARD.encode(BODY);
    let lines = format!("{}\r\n{}\r\n", &standard[..20], &standard[20..]);
    let packed = BASE64_STANDARD.encode(gzip(BODY));
    let wide = BASE64_STANDARD.encode(utf16(&format!("\u{feff}{BODY}"), u16::to_le_bytes));

    for (body, expected) in [
        (standard.clone(), BODY.to_owned()),
        (BASE64_URL_SAFE_NO_PAD.encode(BODY), BODY.to_owned()),
        (lines, BODY.to_owned()),
        (packed.clone(), BODY.to_owned()),
        (wide, BODY.to_owned()),
        // Base64 of base64 begins differently from base64 of JSON.
        (BASE64_STANDARD.encode(&standard), BASE64_STANDARD.encode(&standard)),
        (format!("\"{standard}\""), BODY.to_owned()),
        (
            format!(r#"{{"message": {{"data": "{standard}", "id": "1"}}}}"#),
            format!(r#"{{"message": {{"data": {BODY}, "id": "1"}}}}"#),
        ),
        ("a=1&payload=".to_owned() + &standard.replace('=', "%3D"), {
            let mut form = form_urlencoded::Serializer::new(String::new());
            form.append_pair("a", "1").append_pair("payload", BODY).finish()
        }),
        (format!(r#"["{packed}", "{standard}"]"#), format!("[{BODY}, {BODY}]")),
    ] {
        assert_body("", "", body, &expected);
    }
}

#[test]
fn parts_become_a_list_of_fields() {
    let form = "multipart/form-data; boundary=xX";
    let head = "content-disposition: form-data; name=";
    let encoded = BASE64_STANDARD.encode(BODY);

    for (kind, body, expected) in [
        (
            form,
            format!("--xX\r\n{head}\"payload\"\r\n\r\n{BODY}\r\n--xX--\r\n"),
            format!(r#"[{{"payload":{BODY}}}]"#),
        ),
        (
            form,
            format!("\r\n--xX\n{head}data[id]\n\nint_1\n--xX\n{head}\"b\"\n\n\"2\"\n--xX--"),
            r#"[{"data":{"id":"int_1"}},{"b":"\"2\""}]"#.to_owned(),
        ),
        (
            "Multipart/Form-Data",
            format!(
                "--xX\r\nContent-Transfer-Encoding: base64\r\n{head}\"a\"\r\n\r\n{encoded}\r\n--xX--"
            ),
            format!(r#"[{{"a":{BODY}}}]"#),
        ),
        (form, format!("--xX\r\n\r\n{BODY}"), format!("[{BODY}]")),
        (form, BODY.to_owned(), BODY.to_owned()),
    ] {
        assert_body("", kind, body, &expected);
    }
}

#[test]
fn a_part_that_is_no_text_is_left_out() {
    let body = b"--xX\r\ncontent-disposition: form-data; name=cv\r\n\r\n%PDF\xff\r\n--xX\r\n\
                 content-disposition: form-data; name=interview_id\r\n\r\nint_1\r\n--xX--";

    let Unpacked { body, undecoded } = unpacked("", "multipart/form-data; boundary=xX", *body);

    assert_eq!(body, r#"[{"cv":null},{"interview_id":"int_1"}]"#);
    assert_eq!(undecoded, Some("a part that is no text"));
}

#[test]
fn what_is_not_packed_stays_byte_for_byte() {
    for body in [
        &b""[..],
        b"\xff\x00 not JSON at all",
        b"interview_id=int_1",
        b"Interview_0123456789",
        b"{\"id\": \"eW91IGFuZCBJIGFyZSBub3QgSlNPTg==\"}",
        b"{\"name\": \"\xff\"}",
        b"[1, 2",
        b"\0",
    ] {
        assert_eq!(
            unpacked("", "text/plain", body),
            Unpacked { body: Bytes::from_static(body), undecoded: None }
        );
    }
}

#[test]
fn what_cannot_be_decoded_leaves_no_body_and_a_reason() {
    let bomb = vec![b' '; LIMIT + 1];
    let wide = utf16(&"漢".repeat(LIMIT / 2), u16::to_le_bytes);
    let utf32: Vec<u8> = "\u{feff}{}".chars().flat_map(|c| u32::from(c).to_le_bytes()).collect();
    for (encoding, kind, body, expected) in [
        ("gzip", "", b"not gzip".to_vec(), "gzip that is broken"),
        ("gzip", "", gzip(BODY)[..20].to_vec(), "gzip that is broken"),
        ("deflate", "", b"\xff\xff\xff".to_vec(), "deflate that is broken"),
        ("br", "", BODY.into(), "an unknown content-encoding"),
        ("gzip, zstd", "", gzip(BODY), "an unknown content-encoding"),
        ("gzip, gzip, gzip", "", gzip(gzip(gzip(BODY))), "a body packed too often"),
        ("gzip", "", gzip(gzip(gzip(BODY))), "a body packed too often"),
        ("gzip", "", gzip(&bomb), "a body larger than max_body_bytes once unpacked"),
        ("gzip, gzip", "", gzip(gzip(&bomb)), "a body larger than max_body_bytes once unpacked"),
        ("", "a/b; charset=utf-16le", wide, "a body larger than max_body_bytes once unpacked"),
        ("", "", utf32, "an unknown character set"),
        ("", "a/b; charset=ebcdic", b"\xc1\xff".to_vec(), "an unknown character set"),
        ("", "multipart/mixed; boundary=a", b"none".to_vec(), "multipart without its parts"),
    ] {
        let nothing = Unpacked { body: Bytes::new(), undecoded: Some(expected) };
        assert_eq!(unpacked(encoding, kind, body), nothing, "{encoding} {kind}");
    }
}

/// The memory of the decoders beside their output.
const BYTES_OF_DECODERS: u64 = 256 << 10;

#[track_caller]
fn assert_frugal(encoding: &str, kind: &str, body: &[u8]) {
    let most = 8 * LIMIT as u64 + BYTES_OF_DECODERS;
    let body = Bytes::copy_from_slice(body);
    let used = allocation_counter::measure(|| {
        let packed = Packed { content_encoding: Some(encoding), content_type: Some(kind), body };
        assert!(unpack(packed, LIMIT).body.len() <= LIMIT);
    });
    assert!(used.bytes_max <= most, "{} bytes at once", used.bytes_max);
}

#[test]
fn no_packed_body_takes_many_times_the_limit() {
    let spaces = vec![b' '; 64 << 20];
    let bomb = gzip(&spaces);
    let full = &spaces[..LIMIT];
    let encoded = format!("\"{}\",", BASE64_STANDARD.encode(gzip(full)));
    let fields = format!("[{}0]", encoded.repeat(LIMIT / encoded.len() - 1));
    let form = "multipart/form-data; boundary=x";
    assert_frugal("gzip", "", &bomb);
    assert_frugal("gzip, gzip", "", &gzip(&bomb));
    assert_frugal("deflate", "", &compressed!(DeflateEncoder, &spaces));
    assert_frugal("", "", fields.as_bytes());
    assert_frugal("", "", format!("[{}0]", "\"eyJhIjoxfSAgICAg\",".repeat(50_000)).as_bytes());
    let list = format!("[{}]", " ".repeat(LIMIT - 2));
    let fields = format!("x={}&", BASE64_STANDARD.encode(gzip(list)));
    assert_frugal("", "", fields.repeat(LIMIT / fields.len()).as_bytes());
    let controls = gzip(vec![1; LIMIT]);
    let parts = [&b"--x\r\n\r\n"[..], &controls, b"\r\n"].concat();
    assert_frugal("", form, &parts.repeat(LIMIT / parts.len()));
    assert_frugal("", "a/b; charset=utf-16", &vec![b'a'; LIMIT]);
    assert_frugal("", form, &b"--x\r\n\r\n".repeat(LIMIT / 7));
    assert_frugal("", form, &[b"--x\r\n\r\n", &vec![0; LIMIT - 7][..]].concat());
    assert_frugal("", form, &[b"--x\r\n\r\n", &vec![b'"'; LIMIT - 7][..]].concat());
}

proptest! {
    #[test]
    fn no_bytes_stop_the_unpacking(
        body in prop::collection::vec(any::<u8>(), 0..2000),
        encoding in prop::sample::select(&["", "gzip", "deflate", "gzip,deflate", "br"][..]),
        kind in prop::sample::select(
            &["", "multipart/form-data; boundary=a", "multipart/mixed", "a/b; charset=utf-16"][..],
        ),
        wrapper in 0..4,
    ) {
        let body = match wrapper {
            0 => body,
            1 => gzip(body),
            2 => BASE64_STANDARD.encode(body).into(),
            _ => [b"--a\r\n\r\n", &body[..], b"\r\n--a--"].concat(),
        };
        assert_frugal(encoding, kind, &body);
    }
}
