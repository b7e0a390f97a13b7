//! Reads bodies up to a limit, so that no answer can fill the memory.

use bytes::{Bytes, BytesMut};
use reqwest::{Response, StatusCode};
use serde::Deserialize;

use super::{
    error::{Error, Result},
    wire,
};

/// How much of a refusal is read to find its code.
const MAX_REFUSAL_BYTES: usize = 64 * 1024;

/// A longer text does not count as a code.
const MAX_CODE_LENGTH: usize = 64;

/// A longer message is not shown.
const MAX_MESSAGE_LENGTH: usize = 160;

/// Reads the decompressed body, up to `limit` bytes.
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

/// Whether the body can be the API's, and not a proxy's page.
pub(super) fn looks_like_json(body: &[u8]) -> bool {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    matches!(body.trim_ascii_start().first(), Some(b'{' | b'['))
}

/// A description of a body that is not JSON.
pub(super) fn not_json(body: &[u8]) -> &'static str {
    match body.trim_ascii_start().first() {
        Some(b'<') => "HTML was answered, which is no answer of HeyMilo's API",
        Some(_) => "something else than JSON was answered",
        None => "nothing was answered",
    }
}

/// A refusal in HeyMilo's format, which a proxy does not use.
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
    #[serde(default, deserialize_with = "wire::lenient")]
    message: Option<String>,
}

impl Refusal {
    /// Reads the body of a refusal. `None` when it is not HeyMilo's.
    pub(super) async fn read(response: Response) -> Option<Self> {
        let body = read(response, MAX_REFUSAL_BYTES).await.ok()?;
        wire::parse(&body).ok()
    }

    /// Its code, or else its type, and its message, if these are too plain to concern a person. The
    /// message is only shown when the key or the service as a whole is refused. Other messages
    /// concern a single subject.
    pub(super) fn summary(self, status: StatusCode) -> Option<String> {
        let RefusalError { code, kind, message } = self.error;
        let code = [code, kind].into_iter().flatten().find(|code| is_plain(code));
        let is_of_all = status.is_server_error() || matches!(status.as_u16(), 401..=403);
        let message = message.filter(|message| is_of_all && is_impersonal(message));
        match (code, message) {
            (Some(code), Some(message)) => Some(format!("{code}: {message}")),
            (code, message) => code.or(message),
        }
    }
}

/// Whether a message consists of ordinary words, without a person's address, name or number.
fn is_impersonal(message: &str) -> bool {
    let is_ordinary = |(place, word): (usize, &str)| {
        let word = word.trim_matches(|sign: char| ".,:;!?()'".contains(sign));
        let is_abbreviation = word.len() <= 4 && word.bytes().all(|byte| byte.is_ascii_uppercase());
        let rest = if place == 0 { word.get(1..).unwrap_or_default() } else { word };
        let is_lower = |word: &str| {
            word.bytes().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'-' | b'\''))
        };
        let is_small_number = word.len() <= 4 && word.bytes().all(|byte| byte.is_ascii_digit());
        word.is_ascii() && (is_lower(rest) || is_abbreviation || is_small_number)
    };
    (1..=MAX_MESSAGE_LENGTH).contains(&message.len())
        && message.split_whitespace().enumerate().all(is_ordinary)
}

fn is_plain(code: &str) -> bool {
    (1..=MAX_CODE_LENGTH).contains(&code.len())
        && code.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(body: &str) -> Option<String> {
        wire::parse::<Refusal>(body.as_bytes()).unwrap().summary(StatusCode::BAD_REQUEST)
    }

    #[test]
    fn a_message_is_shown_when_it_is_of_the_key_and_of_no_person() {
        let summary = |status: u16, message: &str| {
            let body = format!(r#"{{"error": {{"code": "c", "message": "{message}"}}}}"#);
            let refusal = wire::parse::<Refusal>(body.as_bytes()).unwrap();
            refusal.summary(StatusCode::from_u16(status).unwrap()).unwrap()
        };

        assert_eq!(summary(401, "The API key was revoked."), "c: The API key was revoked.");
        assert_eq!(summary(503, "Down for maintenance"), "c: Down for maintenance");
        assert_eq!(summary(409, "Already there"), "c", "it is about one thing");
        for personal in ["No key of Ada Example", "ada@example.com", "call 0301234567", ""] {
            assert_eq!(summary(401, personal), "c", "{personal}");
        }
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
