//! Recordings and resumes for operators, read from where they are kept, never from HeyMilo.

use std::net::SocketAddr;

use axum::{
    Extension,
    body::Body,
    extract::{ConnectInfo, Path, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use object_store::GetRange;
use tracing::info;

use super::{AppState, api};
use crate::{
    records::FileKind,
    store::{self, files::File, privacy_log::Entry},
};

/// The media type of a file whose server gave none.
const UNKNOWN_MEDIA_TYPE: HeaderValue = HeaderValue::from_static("application/octet-stream");
const NOT_KEPT: (StatusCode, &str) = (
    StatusCode::NOT_FOUND,
    "No such file is kept: heymilo-sync files list tells which are, and why the others are not.\n",
);
const AWAY: (StatusCode, &str) = (
    StatusCode::SERVICE_UNAVAILABLE,
    "The file cannot be read now: see the log, and heymilo-sync files verify.\n",
);

/// Serves the newest file of this kind of an interview. A read that cannot be logged is refused.
pub async fn serve(
    State(app): State<AppState>,
    Path((workspace, interview, kind)): Path<(String, String, String)>,
    headers: HeaderMap,
    peer: Option<Extension<ConnectInfo<SocketAddr>>>,
) -> Response {
    let (Some(files), Ok(id)) = (&app.files, api::workspace_id(&app, &workspace)) else {
        return NOT_KEPT.into_response();
    };
    let Some(kind) = FileKind::named(&kind) else { return NOT_KEPT.into_response() };
    let file = match store::files::newest(&app.db, id, &interview, kind).await {
        Ok(Some(file)) => file,
        Ok(None) => return NOT_KEPT.into_response(),
        Err(_) => return AWAY.into_response(),
    };
    let Some(sha256) = &file.sha256 else { return NOT_KEPT.into_response() };

    let size = file.bytes.and_then(|bytes| u64::try_from(bytes).ok()).unwrap_or_default();
    let asked = headers.get(header::RANGE).and_then(|range| range.to_str().ok()).and_then(range);
    let Ok(part) = asked.map(|range| range.as_range(size)).transpose() else {
        return StatusCode::RANGE_NOT_SATISFIABLE.into_response();
    };
    let is_part = part.is_some();
    let Ok(content) = files.read(sha256, part).await else { return AWAY.into_response() };
    let by = peer.map_or("operator".to_owned(), |peer| format!("operator at {}", peer.0.0.ip()));
    let entry =
        Entry { by: Some(&by), action: "file", asked_for: Some("interview"), ..Entry::default() };
    if store::privacy_log::add(&app.db, id, &entry).await.is_err() {
        return AWAY.into_response();
    }
    info!(workspace.id = %id, interview.id = interview, kind = kind.as_str(), by, "file read");

    let (part, whole) = (content.range.clone(), content.meta.size);
    let mut answer = Response::new(Body::from_stream(content.into_stream()));
    *answer.status_mut() = if is_part { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
    let answered = answer.headers_mut();
    answered.insert(header::CONTENT_TYPE, media_type(&file));
    answered.insert(header::CONTENT_LENGTH, (part.end - part.start).into());
    answered.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    answered.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment"));
    answered.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    answered.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if is_part {
        let of = format!("bytes {}-{}/{whole}", part.start, part.end.saturating_sub(1));
        answered.insert(header::CONTENT_RANGE, HeaderValue::from_str(&of).expect("digits"));
    }
    answer
}

fn media_type(file: &File) -> HeaderValue {
    let stated = file.media_type.as_deref();
    stated.and_then(|stated| HeaderValue::from_str(stated).ok()).unwrap_or(UNKNOWN_MEDIA_TYPE)
}

/// The range that is asked for. Several ranges and other units are answered with the whole file.
fn range(asked: &str) -> Option<GetRange> {
    let (first, last) = asked.strip_prefix("bytes=")?.split_once('-')?;
    match (first.trim(), last.trim()) {
        ("", last) => Some(GetRange::Suffix(last.parse().ok()?)),
        (first, "") => Some(GetRange::Offset(first.parse().ok()?)),
        (first, last) => {
            let (first, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
            (first <= last).then(|| GetRange::Bounded(first..last.saturating_add(1)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_of_bytes_is_understood() {
        assert_eq!(range("bytes=0-99"), Some(GetRange::Bounded(0..100)));
        assert_eq!(range("bytes=5-"), Some(GetRange::Offset(5)));
        assert_eq!(range("bytes=-5"), Some(GetRange::Suffix(5)));
        for odd in ["bytes=", "bytes=a-b", "bytes=5-1", "bytes=0-1,3-4", "lines=1-2", "0-1"] {
            assert_eq!(range(odd), None, "{odd}");
        }
    }
}
