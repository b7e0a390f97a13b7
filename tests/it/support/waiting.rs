//! Waiting for what another process does, and does not tell.

use std::time::{Duration, Instant};

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
