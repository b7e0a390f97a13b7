//! Limits requests for paths that do not exist, by address. Other requests are not counted, because
//! deliveries may come through the same proxy.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    extract::{ConnectInfo, Request, State},
    http::{StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};

use super::networks::Networks;

/// Answers 429 to an address that has requested too many unknown paths. Such a request costs
/// little, because nothing of its body is read.
pub async fn refuse(
    State(unknown_paths): State<Arc<Networks>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    let response = next.run(request).await;
    if !matches!(response.status(), StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED) {
        return response;
    }
    match unknown_paths.count(peer.ip()) {
        Ok(()) => response,
        Err(wait) => {
            let close = [(header::CONNECTION, "close")];
            (close, later(StatusCode::TOO_MANY_REQUESTS, wait)).into_response()
        }
    }
}

/// Asks the sender to wait before the next request.
pub fn later(status: StatusCode, wait: Duration) -> Response {
    let seconds = (wait.as_secs() + 1).to_string();
    (status, [(header::RETRY_AFTER, seconds)]).into_response()
}
