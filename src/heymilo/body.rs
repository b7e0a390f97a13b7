//! Reads bodies up to a cap, so that no answer can fill the memory.

use bytes::{Bytes, BytesMut};
use reqwest::Response;
use serde::Deserialize;

use super::{
    error::{Error, Result},
    wire,
};

/// How much of a refusal is read, in search of its code.
const MAX_REFUSAL_BYTES: usize = 64 * 1024;

/// How long a code may be before it looks like something else.
const MAX_CODE_LENGTH: usize = 64;

/// Reads the body as it is after decompression, up to `limit` bytes.
pub(super) async fn read(mut response: Response, limit: usize) -> Result<Bytes> {
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > limit {
            return Err(Error::TooLarge { limit });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// Whether the body can be the API's, and not the page of something on the way to it.
pub(super) fn looks_like_json(body: &[u8]) -> bool {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    matches!(body.trim_ascii_start().first(), Some(b'{' | b'['))
}

/// HeyMilo's own words for a refusal; a proxy does not know them.
#[derive(Deserialize)]
pub(super) struct Refusal {
    error: RefusalError,
}

#[derive(Deserialize)]
struct RefusalError {
    #[serde(default, deserialize_with = "wire::lenient")]
    code: Option<String>,
    #[serde(default, rename = "type", deserialize_with = "wire::lenient")]
    kind: Option<String>,
}

impl Refusal {
    /// Reads the body of a refusal; `None` when it is not HeyMilo's.
    pub(super) async fn read(response: Response) -> Option<Self> {
        let body = read(response, MAX_REFUSAL_BYTES).await.ok()?;
        wire::parse(&body).ok()
    }

    /// Returns the code, or else the type, but only one too plain to be about a person.
    pub(super) fn into_code(self) -> Option<String> {
        [self.error.code, self.error.kind].into_iter().flatten().find(|code| is_plain(code))
    }
}

fn is_plain(code: &str) -> bool {
    (1..=MAX_CODE_LENGTH).contains(&code.len())
        && code.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(body: &str) -> Option<String> {
        wire::parse::<Refusal>(body.as_bytes()).unwrap().into_code()
    }

    #[test]
    fn a_plain_code_is_kept() {
        let body = r#"{"error": {"code": "rate_limit.v2-a", "type": "t", "message": "no"}}"#;
        assert_eq!(code(body).as_deref(), Some("rate_limit.v2-a"));
    }

    #[test]
    fn the_type_stands_in_for_a_code_that_may_be_personal() {
        for bad in [r#""ada@example.com""#, r#""Ada Example""#, r#""""#, "null", "7"] {
            let body = format!(r#"{{"error": {{"code": {bad}, "type": "not_found"}}}}"#);
            assert_eq!(code(&body).as_deref(), Some("not_found"));
        }
    }

    #[test]
    fn a_long_code_is_not_kept() {
        let body = format!(r#"{{"error": {{"code": "{}"}}}}"#, "a".repeat(65));
        assert_eq!(code(&body), None);
    }
}
