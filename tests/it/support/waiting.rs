//! Waiting for what another process does, and does not tell.

use std::time::{Duration, Instant};

use tokio::{sync::Semaphore, time::timeout};

/// More than any request of these tests needs; without it a failure would hang.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// Between two looks: often enough to lose little, seldom enough to take nothing from who is waited for.
const PAUSE: Duration = Duration::from_millis(20);

/// Looks until it is so, at least once. Returns whether it became so within `patience`.
pub async fn becomes_true(patience: Duration, mut is_so: impl AsyncFnMut() -> bool) -> bool {
    let end = Instant::now() + patience;
    while !is_so().await {
        if Instant::now() > end {
            return false;
        }
        tokio::time::sleep(PAUSE).await;
    }
    true
}

/// Waits until a request has come in, each of which adds a permit.
pub async fn requested(requests: &Semaphore) {
    let request = timeout(REQUEST_TIMEOUT, requests.acquire()).await;
    request.expect("a request comes in").unwrap().forget();
}
