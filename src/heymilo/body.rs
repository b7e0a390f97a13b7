//! Reads an answer's body, at most so much of it.

use bytes::{Bytes, BytesMut};
use reqwest::Response;

use super::{
    Error, Result,
    wire::{ErrorBody, ErrorEnvelope},
};

/// An error's body is only looked at for its code.
const ERROR_LIMIT: usize = 64 * 1024;
/// Longest code that is told on. A code is a word; anything longer may be about somebody.
const LONGEST_CODE: usize = 64;

/// Reads the whole body. The limit counts what it is after decompression.
pub async fn read(mut response: Response, limit: usize) -> Result<Bytes> {
    let announced = response.content_length().unwrap_or_default();
    if announced > limit as u64 {
        return Err(Error::TooLarge { limit });
    }
    let mut body = BytesMut::with_capacity(announced as usize);
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > limit {
            return Err(Error::TooLarge { limit });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// Reads the code of an error envelope, when there is one that says nothing about anybody.
pub async fn error_code(response: Response) -> Option<String> {
    let body = read(response, ERROR_LIMIT).await.ok()?;
    let ErrorEnvelope { error: ErrorBody { code } } = serde_json::from_slice(&body).ok()?;
    code.filter(|code| {
        code.len() <= LONGEST_CODE
            && code.bytes().all(|byte| byte.is_ascii_lowercase() || b"_.-".contains(&byte))
    })
}
