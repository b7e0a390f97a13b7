//! A server of recordings and resumes with signed links, and with all their possible faults.

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::get,
};
use futures_util::{StreamExt as _, stream};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// The server.
#[derive(Clone, Default)]
pub struct Links(Arc<Shared>);

#[derive(Default)]
struct Shared {
    address: std::sync::OnceLock<String>,
    served: AtomicUsize,
    is_refusing: AtomicBool,
    released: CancellationToken,
    has_seen_a_key: AtomicBool,
}

/// The size of the large file.
pub const LARGE: usize = 64 << 20;

impl Links {
    /// Starts it.
    pub async fn start() -> Self {
        let links = Self::default();
        let router = Router::new().route("/{what}/{name}", get(serve)).with_state(links.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        links.0.address.set(address).unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        links
    }

    /// A link to a file of this kind, signed until a time in Unix seconds.
    pub fn link(&self, what: &str, name: &str, expires: i64) -> String {
        let address = self.0.address.get().unwrap();
        format!("{address}/{what}/{name}?Expires={expires}&Signature={expires:x}")
    }

    /// The number of files that it served.
    pub fn served(&self) -> usize {
        self.0.served.load(Ordering::SeqCst)
    }

    /// Answers 403 from now on, or stops doing so.
    pub fn refuse(&self, is_refusing: bool) {
        self.0.is_refusing.store(is_refusing, Ordering::SeqCst);
    }

    /// Lets slow files end.
    pub fn release(&self) {
        self.0.released.cancel();
    }

    /// Whether a request carried an API key.
    pub fn has_seen_a_key(&self) -> bool {
        self.0.has_seen_a_key.load(Ordering::SeqCst)
    }
}

async fn serve(
    State(links): State<Links>,
    Path((what, name)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    links.0.served.fetch_add(1, Ordering::SeqCst);
    links.0.has_seen_a_key.fetch_or(headers.contains_key("x-api-key"), Ordering::SeqCst);
    if links.0.is_refusing.load(Ordering::SeqCst) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let media_type = [(header::CONTENT_TYPE, "audio/mpeg")];
    match what.as_str() {
        "file" => (media_type, format!("What {name} said.")).into_response(),
        "same" => (media_type, "What both said.").into_response(),
        "redirect" => {
            (StatusCode::FOUND, [(header::LOCATION, format!("/file/{name}"))]).into_response()
        }
        "elsewhere" => {
            (StatusCode::FOUND, [(header::LOCATION, "ftp://files.example.com/a")]).into_response()
        }
        "truncated" => {
            let body = Body::from_stream(stream::iter([Ok::<_, Infallible>(Bytes::from("What"))]));
            ([(header::CONTENT_LENGTH, "1000")], body).into_response()
        }
        "slow" => {
            let begun = stream::iter([Bytes::from("What ")]);
            let ended = stream::once(async move {
                links.0.released.cancelled().await;
                Bytes::from(format!("{name} said."))
            });
            Body::from_stream(begun.chain(ended).map(Ok::<_, Infallible>)).into_response()
        }
        "broken" => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        "large" => {
            let piece = Bytes::from(vec![b'a'; 64 << 10]);
            let pieces = LARGE / piece.len();
            let body = stream::repeat(piece).take(pieces).map(Ok::<_, Infallible>);
            Body::from_stream(body).into_response()
        }
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}
