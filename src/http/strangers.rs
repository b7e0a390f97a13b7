//! Whoever asks for what is not there is a stranger: told so a number of times, and then sent away.
//! The address alone is counted, for deliveries may come through the same proxy.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    extract::{ConnectInfo, Request, State},
    http::{StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};

use super::networks::Networks;

/// Answers 429 to strangers who have asked too often. The request has cost nothing by then: what
/// there is not is found out before anything of it is read.
pub async fn refuse(
    State(strangers): State<Arc<Networks>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    let response = next.run(request).await;
    if !matches!(response.status(), StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED) {
        return response;
    }
    match strangers.count(peer.ip()) {
        Ok(()) => response,
        Err(wait) => {
            let close = [(header::CONNECTION, "close")];
            (close, later(StatusCode::TOO_MANY_REQUESTS, wait)).into_response()
        }
    }
}

/// Asks to come back after a while.
pub fn later(status: StatusCode, wait: Duration) -> Response {
    let seconds = (wait.as_secs() + 1).to_string();
    (status, [(header::RETRY_AFTER, seconds)]).into_response()
}
