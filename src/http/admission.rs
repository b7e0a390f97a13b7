//! Checks the token before the rest of a request is read. Passes a delivery on once its body has
//! arrived.

use std::{
    net::{IpAddr, SocketAddr},
    num::NonZeroU32,
    sync::Arc,
    time::Duration,
};

use axum::{
    extract::{ConnectInfo, Path, Request, State, rejection::PathRejection},
    http::{Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use governor::{
    DefaultDirectRateLimiter, Quota,
    clock::{Clock as _, DefaultClock},
};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use tokio::{
    sync::Semaphore,
    time::{sleep, timeout},
};

use super::{
    Limits, Receiver,
    bodies::{self, Bodies, Refused},
    connections::Connection,
    networks::Networks,
    unknown_paths::later,
};
use crate::{intake::LARGE, metrics::Delivery as Outcome};

/// The methods of the webhook's address. Some senders deliver with GET, and others check with HEAD
/// first.
const ALLOWED: [(header::HeaderName, &str); 1] = [(header::ALLOW, "GET, HEAD, OPTIONS, POST")];
/// How long a delivery waits for a slot before it is refused.
const SLOT_TIMEOUT: Duration = Duration::from_secs(1);
/// How long the refusal of a large delivery is delayed.
const LARGE_REFUSAL_DELAY: Duration = Duration::from_secs(1);

/// Admits deliveries.
pub struct Admission {
    receivers: Vec<Limited>,
    bodies: Bodies,
    slots: Semaphore,
    /// Slots for large deliveries, so that others need not wait for them.
    large_slots: Semaphore,
}

/// A receiver with limits of its own, so that deliveries of one workspace do not block another's.
struct Limited {
    receiver: Receiver,
    deliveries: DefaultDirectRateLimiter,
    /// Each network has three quarters of the limit.
    networks: Networks,
}

impl Limited {
    fn new(receiver: &Receiver, per_second: NonZeroU32) -> Self {
        let deliveries = DefaultDirectRateLimiter::direct(Quota::per_second(per_second));
        let share = NonZeroU32::new(per_second.get() - per_second.get() / 4).unwrap_or(per_second);
        let networks = Networks::new(Quota::per_second(share), DefaultClock::default());
        Self { receiver: receiver.clone(), deliveries, networks }
    }

    /// Counts a delivery. Returns how long its sender must wait when there are too many.
    fn count(&self, peer: IpAddr) -> Result<(), Duration> {
        self.networks.count(peer)?;
        let checked = self.deliveries.check();
        checked.map_err(|refused| refused.wait_time_from(DefaultClock::default().now()))
    }
}

impl Admission {
    /// Admits deliveries to these receivers, within the limits.
    pub fn new(receivers: &[Receiver], max_body_bytes: usize, limits: &Limits) -> Self {
        let limited = |receiver| Limited::new(receiver, limits.deliveries_per_second);
        Self {
            receivers: receivers.iter().map(limited).collect(),
            bodies: Bodies::new(max_body_bytes, limits.body_timeout),
            slots: Semaphore::new(limits.requests),
            large_slots: Semaphore::new(limits.requests.div_ceil(4)),
        }
    }

    /// The receiver of a token.
    fn receiver(&self, token: &str) -> Option<&Limited> {
        let mut found = None;
        // All tokens are compared, so that the time reveals nothing.
        for limited in &self.receivers {
            if is_same(token, &limited.receiver.token) {
                found = Some(limited);
            }
        }
        found
    }
}

/// Passes a delivery on with its [`Receiver`], or refuses it.
pub async fn admit(
    State(admission): State<Arc<Admission>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    path: Result<Path<String>, PathRejection>,
    request: Request,
    next: Next,
) -> Response {
    let limited = path.ok().and_then(|Path(path)| admission.receiver(token(&path)?));
    let Some(limited) = limited else {
        return StatusCode::NOT_FOUND.into_response();
    };
    match *request.method() {
        Method::GET | Method::POST => {}
        Method::HEAD => return StatusCode::OK.into_response(),
        Method::OPTIONS => return (StatusCode::NO_CONTENT, ALLOWED).into_response(),
        _ => return (StatusCode::METHOD_NOT_ALLOWED, ALLOWED).into_response(),
    }
    let receiver = &limited.receiver;
    if let Err(wait) = limited.count(peer.ip()) {
        // The sender made no mistake, and some senders never repeat a delivery after a 4xx.
        receiver.counts.delivered(Outcome::Limited);
        return later(StatusCode::SERVICE_UNAVAILABLE, wait);
    }

    let is_large = bodies::is_large(request.body());
    let answer = take(&admission, receiver, request, next).await;
    if is_large && answer.status() == StatusCode::SERVICE_UNAVAILABLE {
        // Meanwhile the daemon reads nothing more from this sender, which could otherwise occupy it
        // with refusals.
        sleep(LARGE_REFUSAL_DELAY).await;
    }
    answer
}

/// Reads the body, and passes the delivery on once a slot is free.
async fn take(
    admission: &Admission,
    receiver: &Receiver,
    request: Request,
    next: Next,
) -> Response {
    let (mut parts, body) = request.into_parts();
    let (body, _share) = match admission.bodies.read(body).await {
        Ok(read) => read,
        Err(refused) => {
            match refused {
                Refused::TooLarge => receiver.counts.delivered(Outcome::TooLarge),
                Refused::Slowest => receiver.counts.delivered(Outcome::Limited),
                Refused::TooSlow | Refused::Broken => {}
            }
            return refused.into_response();
        }
    };
    if let Some(connection) = parts.extensions.remove::<Arc<Connection>>() {
        connection.begin_answer();
    }

    let slots = if body.len() > LARGE { &admission.large_slots } else { &admission.slots };
    let Ok(_slot) = timeout(SLOT_TIMEOUT, slots.acquire()).await else {
        receiver.counts.delivered(Outcome::Limited);
        return later(StatusCode::SERVICE_UNAVAILABLE, Duration::ZERO);
    };
    parts.extensions.insert(receiver.clone());
    next.run(Request::from_parts(parts, body.into())).await
}

/// The token in `webhooks/heymilo/<token>`. Senders and proxies may add slashes.
fn token(path: &str) -> Option<&str> {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    match parts[..] {
        ["webhooks", "heymilo", token] => Some(token),
        _ => None,
    }
}

/// Compares in constant time: digests have one length and are compared to the end.
pub fn is_same(given: &str, secret: &SecretString) -> bool {
    Sha256::digest(given).ct_eq(&Sha256::digest(secret.expose_secret())).into()
}
