//! Serves recordings and resumes by links that expire, and with all their possible faults.

use std::{convert::Infallible, io, time::Duration};

use axum::{
    body::{Body, Bytes},
    extract::{Path, Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use chrono::Utc;
use futures_util::{StreamExt as _, stream};
use serde_json::Value;

use super::{Simulator, content, held, paging::Parameters, signing::for_each_link};

/// The address of links when the simulator serves no files.
pub const ELSEWHERE: &str = "https://cdn.example.com";
/// The size of a file that does not fit into memory.
const LARGE: usize = 500 << 20;
const PIECE: usize = 64 << 10;
/// The pause before each piece of a slow file.
const PAUSE: Duration = Duration::from_secs(1);
/// The pause in which the server sends the written bytes before the file ends.
const FLUSH: Duration = Duration::from_millis(100);
/// The number of pieces of a slow file.
const PIECES: usize = 30;
/// The folder that redirects lead to.
const MOVED: &str = "moved";

/// The fault of every file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileFault {
    /// The link is refused although it has not expired.
    Refused,
    /// The file breaks off.
    Truncated,
    /// The file is shorter than its header says.
    WrongLength,
    /// The file comes in pieces, one a second.
    Slow,
    /// The file has 500 MiB.
    Large,
    /// The link leads to another one.
    Redirected,
}

impl FileFault {
    /// All faults with their names.
    pub const ALL: [(&'static str, Self); 6] = [
        ("refused", Self::Refused),
        ("truncated", Self::Truncated),
        ("wrong-length", Self::WrongLength),
        ("slow", Self::Slow),
        ("large", Self::Large),
        ("redirected", Self::Redirected),
    ];

    /// The fault of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find_map(|(known, fault)| (known == name).then_some(fault))
    }
}

/// Serves a file if its link has not expired.
pub async fn serve(
    State(simulator): State<Simulator>,
    Path((folder, name)): Path<(String, String)>,
    Query(parameters): Query<Parameters>,
) -> Response {
    let expires = parameters.get("Expires").and_then(|at| at.parse::<i64>().ok());
    if expires.is_none_or(|at| at <= Utc::now().timestamp()) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let Some((media_type, content)) = content::of(&name) else {
        return StatusCode::NOT_FOUND.into_response();
    };

    let media_type = [(header::CONTENT_TYPE, HeaderValue::from_static(media_type))];
    let fault = *held(&simulator.0.file_fault);
    match fault {
        Some(FileFault::Refused) => StatusCode::FORBIDDEN.into_response(),
        Some(FileFault::Redirected) if folder != MOVED => {
            let to = format!("/files/{MOVED}/{name}?Expires={}", expires.unwrap_or_default());
            (StatusCode::FOUND, [(header::LOCATION, to)]).into_response()
        }
        Some(FileFault::WrongLength) => {
            let length = [(header::CONTENT_LENGTH, HeaderValue::from(content.len() + 1))];
            (media_type, length, begun(content, Ok(Bytes::new()))).into_response()
        }
        Some(FileFault::Truncated) => {
            (media_type, begun(content, Err(io::Error::other("cut")))).into_response()
        }
        Some(FileFault::Slow) => (media_type, slow(&content)).into_response(),
        Some(FileFault::Large) => (media_type, large(content)).into_response(),
        None | Some(FileFault::Redirected) => (media_type, content).into_response(),
    }
}

/// A file whose content is sent before it ends like this.
fn begun(content: Vec<u8>, end: io::Result<Bytes>) -> Body {
    let end = stream::once(async {
        tokio::time::sleep(FLUSH).await;
        end
    });
    Body::from_stream(stream::iter([Ok(Bytes::from(content))]).chain(end))
}

/// A file that is sent in pieces.
fn slow(content: &[u8]) -> Body {
    let length = content.len().div_ceil(PIECES).max(1);
    let pieces: Vec<Bytes> = content.chunks(length).map(Bytes::copy_from_slice).collect();
    Body::from_stream(stream::iter(pieces).then(async |piece| {
        tokio::time::sleep(PAUSE).await;
        Ok::<_, Infallible>(piece)
    }))
}

/// A file that is too large for memory. It begins with its own content, so that no two are equal.
fn large(content: Vec<u8>) -> Body {
    let rest = stream::repeat(Bytes::from_static(&[0; PIECE])).take(LARGE / PIECE);
    let pieces = stream::iter([Bytes::from(content)]).chain(rest);
    Body::from_stream(pieces.map(Ok::<_, Infallible>))
}

/// Makes the links of an answer point to this simulator, whose address is in the request.
pub fn point_here(answer: &mut Value, request: &HeaderMap) {
    let Some(host) = request.get(header::HOST).and_then(|host| host.to_str().ok()) else { return };
    let here = format!("http://{host}/files");
    for_each_link(answer, |link| {
        if let Some(file) = link.strip_prefix(ELSEWHERE) {
            *link = format!("{here}{file}");
        }
    });
}
