//! Waits for conditions that another process fulfils without notice.

use std::time::{Duration, Instant};

use tokio::{sync::Semaphore, time::timeout};

/// More than any request of these tests needs. Without it, a failure would hang.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// The pause between two checks. It loses little time and uses little of the CPU.
const PAUSE: Duration = Duration::from_millis(20);

/// Checks a condition until it is true, at least once. Returns whether it became true within
/// `limit`.
pub async fn becomes_true(limit: Duration, mut is_so: impl AsyncFnMut() -> bool) -> bool {
    let end = Instant::now() + limit;
    while !is_so().await {
        if Instant::now() > end {
            return false;
        }
        tokio::time::sleep(PAUSE).await;
    }
    true
}

/// Waits until a request has arrived. Each request adds a permit.
pub async fn requested(requests: &Semaphore) {
    let request = timeout(REQUEST_TIMEOUT, requests.acquire()).await;
    request.expect("a request comes in").unwrap().forget();
}
