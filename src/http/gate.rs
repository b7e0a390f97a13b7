//! Who may deliver: whoever knows a token. All others cost nothing: neither is the body of their
//! request read nor the database asked.

use std::{sync::Arc, time::Duration};

use axum::{
    body::Body,
    extract::{Path, Request, State, rejection::PathRejection},
    http::{Method, StatusCode},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use futures_util::{StreamExt as _, stream};
use governor::{
    DefaultDirectRateLimiter, Quota,
    clock::{Clock as _, DefaultClock},
};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use tokio::time::{Instant, timeout_at};

use super::{Limits, Receiver, strangers::later};
use crate::metrics::Delivery as Outcome;

/// Where deliveries come in; the rest of the path is the token.
const ADDRESS: &str = "/webhooks/heymilo/";

/// Lets deliveries in.
pub struct Gate {
    /// Each with its own limit: nobody's deliveries shut out another's.
    receivers: Vec<(Receiver, DefaultDirectRateLimiter)>,
    body_timeout: Duration,
}

impl Gate {
    /// Lets the deliveries of these in, as many as the limits allow.
    pub fn new(receivers: &[Receiver], limits: &Limits) -> Self {
        let quota = Quota::per_second(limits.deliveries_per_second);
        let limited =
            |receiver: &Receiver| (receiver.clone(), DefaultDirectRateLimiter::direct(quota));
        let receivers = receivers.iter().map(limited).collect();
        Self { receivers, body_timeout: limits.body_timeout }
    }

    /// Counts a delivery that is turned away before anybody looks at it.
    pub fn turn_away(&self, path: &str) {
        let token = path.strip_prefix(ADDRESS);
        if let Some((receiver, _)) = token.and_then(|token| self.receiver(token)) {
            receiver.counts.delivered(Outcome::Limited);
        }
    }

    /// The workspace that a token belongs to, with the limit of its deliveries.
    fn receiver(&self, token: &str) -> Option<&(Receiver, DefaultDirectRateLimiter)> {
        let mut found = None;
        // All are compared: time tells nothing.
        for limited in &self.receivers {
            if is_same(token, &limited.0.token) {
                found = Some(limited);
            }
        }
        found
    }
}

/// Passes a delivery on with its [`Receiver`], or answers it.
pub async fn admit(
    State(gate): State<Arc<Gate>>,
    token: Result<Path<String>, PathRejection>,
    mut request: Request,
    next: Next,
) -> Response {
    if request.method() != Method::GET && request.method() != Method::POST {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let Some((receiver, deliveries)) = token.ok().and_then(|Path(token)| gate.receiver(&token))
    else {
        return StatusCode::NOT_FOUND.into_response();
    };
    if let Err(refused) = deliveries.check() {
        // The sender did nothing wrong: some take a 4xx for the last word.
        receiver.counts.delivered(Outcome::Limited);
        let wait = refused.wait_time_from(DefaultClock::default().now());
        return later(StatusCode::SERVICE_UNAVAILABLE, wait);
    }
    request.extensions_mut().insert(receiver.clone());
    let deadline = Instant::now() + gate.body_timeout;
    let answer = next.run(request.map(|body| until(deadline, body))).await;
    if answer.status() == StatusCode::PAYLOAD_TOO_LARGE {
        receiver.counts.delivered(Outcome::TooLarge);
    }
    answer
}

/// Compares in a time that tells nothing: digests have one length and are compared to the end.
pub fn is_same(given: &str, secret: &SecretString) -> bool {
    Sha256::digest(given).ct_eq(&Sha256::digest(secret.expose_secret())).into()
}

/// A body that breaks off when it has not come by then, however busily it drips.
fn until(deadline: Instant, body: Body) -> Body {
    let frames = body.into_data_stream();
    Body::from_stream(stream::try_unfold(frames, move |mut frames| async move {
        let frame = timeout_at(deadline, frames.next()).await.map_err(axum::Error::new)?;
        Ok::<_, axum::Error>(frame.transpose()?.map(|frame| (frame, frames)))
    }))
}
