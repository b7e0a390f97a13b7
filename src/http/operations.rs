//! Operators show a token, where one is set. Probes need none and learn yes or no.

use axum::{
    extract::{Request, State},
    http::{StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use secrecy::SecretString;

use super::gate::is_same;

/// Where an orchestrator asks.
const PROBES: [&str; 2] = ["/healthz", "/readyz"];

/// Lets those pass who show the token.
pub async fn guard(
    State(token): State<Option<SecretString>>,
    request: Request,
    next: Next,
) -> Response {
    if token.is_none_or(|token| bearer(&request).is_some_and(|given| is_same(given, &token))) {
        return next.run(request).await;
    }
    if PROBES.contains(&request.uri().path()) {
        return next.run(request).await.status().into_response();
    }
    (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Bearer")]).into_response()
}

fn bearer(request: &Request) -> Option<&str> {
    let shown = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = shown.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
