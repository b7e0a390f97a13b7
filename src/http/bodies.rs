//! Reads the bodies of deliveries. Ordinary bodies share a number of bytes, and large ones another.
//! When the bytes are used up, the body that has been arriving for the longest time is refused. So
//! slow senders cannot block others.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use axum::{
    body::{Body, Bytes, HttpBody as _},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use futures_util::StreamExt as _;
use tokio::time;
use tokio_util::sync::CancellationToken;

use super::unknown_paths::later;
use crate::intake::LARGE;

/// The most bytes of ordinary bodies together (16 MiB).
const ORDINARY_BYTES: usize = 16 << 20;
/// The most bytes of large bodies and of bodies without a length together (32 MiB).
const LARGE_BYTES: usize = 32 << 20;
/// The bytes that a body takes from the shared number at a time.
const CHUNK_BYTES: usize = 64 << 10;

/// Reads bodies, and counts the bytes that they hold together.
pub struct Bodies {
    max_body_bytes: usize,
    timeout: Duration,
    ordinary: Arc<Mutex<Budget>>,
    large: Arc<Mutex<Budget>>,
}

struct Budget {
    free: usize,
    bodies: BTreeMap<u64, Entry>,
    next_id: u64,
}

struct Entry {
    bytes: usize,
    /// Stops the reading of a body. `None` once the body has arrived.
    refuse: Option<CancellationToken>,
}

/// The bytes that one body holds until this is dropped.
pub struct Share {
    id: u64,
    budget: Arc<Mutex<Budget>>,
}

/// Why a body was not read.
#[derive(Debug, PartialEq, Eq)]
pub enum Refused {
    /// The bytes are used up, and this body had been arriving for the longest time.
    Slowest,
    TooSlow,
    TooLarge,
    /// The sender closed the connection or broke the HTTP protocol.
    Broken,
}

/// Whether a body may be large. A body without a length may be.
pub fn is_large(body: &Body) -> bool {
    body.size_hint().exact().is_none_or(|length| length > LARGE as u64)
}

impl Bodies {
    /// Reads bodies of up to `max_body_bytes`, each within `timeout`.
    pub fn new(max_body_bytes: usize, timeout: Duration) -> Self {
        Self::with_budgets([ORDINARY_BYTES, LARGE_BYTES], max_body_bytes, timeout)
    }

    fn with_budgets(free: [usize; 2], max_body_bytes: usize, timeout: Duration) -> Self {
        let [ordinary, large] = free
            .map(|free| Arc::new(Mutex::new(Budget { free, bodies: BTreeMap::new(), next_id: 0 })));
        Self { max_body_bytes, timeout, ordinary, large }
    }

    /// Reads a body to its end. Its bytes count until the share is dropped.
    pub async fn read(&self, body: Body) -> Result<(Bytes, Share), Refused> {
        let refuse = CancellationToken::new();
        let budget = if is_large(&body) { &self.large } else { &self.ordinary };
        let share = Share::new(budget, refuse.clone());

        let arriving = time::timeout(self.timeout, self.collect(body, &share));
        let bytes = match refuse.run_until_cancelled(arriving).await {
            Some(arrived) => arrived.map_err(|_| Refused::TooSlow)??,
            None => return Err(Refused::Slowest),
        };

        share.arrived()?;
        Ok((bytes, share))
    }

    async fn collect(&self, body: Body, share: &Share) -> Result<Bytes, Refused> {
        let expected = body.size_hint();
        if expected.lower() > self.max_body_bytes as u64 {
            return Err(Refused::TooLarge);
        }
        let most = expected.exact().map_or(self.max_body_bytes, |length| length as usize);
        let mut frames = body.into_data_stream();
        let mut chunks: Vec<Vec<u8>> = Vec::new();
        let mut left = most;

        // An announced length reserves nothing. Chunks of one size leave no gaps in the heap,
        // unlike a buffer that grows.
        while let Some(frame) = frames.next().await {
            let mut frame = frame.map_err(|_| Refused::Broken)?;
            if frame.len() > left {
                return Err(Refused::TooLarge);
            }
            while !frame.is_empty() {
                let free = chunks.last().map_or(0, |chunk| chunk.capacity() - chunk.len());
                if free == 0 {
                    let size = left.min(CHUNK_BYTES);
                    share.grow(size)?;
                    chunks.push(Vec::with_capacity(size));
                }
                let chunk = chunks.last_mut().expect("there is one with free bytes");
                let taken = frame.split_to(frame.len().min(chunk.capacity() - chunk.len()));
                chunk.extend_from_slice(&taken);
                left -= taken.len();
            }
        }

        let bytes = if chunks.len() == 1 { chunks.remove(0) } else { chunks.concat() };
        Ok(bytes.into_boxed_slice().into())
    }
}

impl Share {
    fn new(budget: &Arc<Mutex<Budget>>, refuse: CancellationToken) -> Self {
        let mut locked = lock(budget);
        let id = locked.next_id;
        locked.next_id += 1;
        locked.bodies.insert(id, Entry { bytes: 0, refuse: Some(refuse) });
        Self { id, budget: budget.clone() }
    }

    /// Takes more bytes, from slower bodies if necessary.
    fn grow(&self, bytes: usize) -> Result<(), Refused> {
        let mut budget = lock(&self.budget);
        loop {
            let free = budget.free;
            let own = budget.bodies.get_mut(&self.id).ok_or(Refused::Slowest)?;
            if bytes <= free {
                own.bytes += bytes;
                budget.free -= bytes;
                return Ok(());
            }
            budget.refuse_slowest();
        }
    }

    /// Protects the body from being refused, because it has arrived.
    fn arrived(&self) -> Result<(), Refused> {
        let mut budget = lock(&self.budget);
        let own = budget.bodies.get_mut(&self.id).ok_or(Refused::Slowest)?;
        own.refuse = None;
        Ok(())
    }
}

impl Budget {
    fn refuse_slowest(&mut self) {
        let slowest = self.bodies.iter().find(|(_, body)| body.refuse.is_some());
        let id = *slowest.expect("the body that needs the bytes is arriving").0;
        if let Some(refuse) = self.remove(id).and_then(|body| body.refuse) {
            refuse.cancel();
        }
    }

    fn remove(&mut self, id: u64) -> Option<Entry> {
        let body = self.bodies.remove(&id)?;
        self.free += body.bytes;
        Some(body)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        lock(&self.budget).remove(self.id);
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        match self {
            Self::Slowest => later(StatusCode::SERVICE_UNAVAILABLE, Duration::ZERO),
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT.into_response(),
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE.into_response(),
            Self::Broken => StatusCode::BAD_REQUEST.into_response(),
        }
    }
}

fn lock(budget: &Mutex<Budget>) -> MutexGuard<'_, Budget> {
    budget.lock().expect("no code panics while it holds the budget")
}

#[cfg(test)]
mod tests {
    use std::io;

    use futures_util::{FutureExt as _, stream};

    use super::*;

    fn bodies() -> Bodies {
        Bodies::with_budgets([100, 100], 50, Duration::from_secs(3600))
    }

    #[tokio::test]
    async fn large_bodies_leave_the_others_their_bytes() {
        let bodies = Bodies::with_budgets([10, LARGE + 1], LARGE + 1, Duration::from_secs(3600));
        let _large = bodies.read(Body::from(vec![b' '; LARGE + 1])).await.ok().unwrap();

        assert!(bodies.read(Body::from("ordinary")).await.is_ok());
    }

    /// A body of which `bytes` arrive, and the rest never does.
    fn half_sent(bytes: usize) -> Body {
        let first = stream::iter([Ok::<_, io::Error>(vec![b' '; bytes])]);
        Body::from_stream(first.chain(stream::pending()))
    }

    /// A body without a length.
    fn whole(bytes: usize) -> Body {
        Body::from_stream(stream::iter([Ok::<_, io::Error>(vec![b' '; bytes])]))
    }

    #[tokio::test]
    async fn the_slowest_body_is_refused_when_the_budget_is_used_up() {
        let bodies = bodies();
        let mut slowest = Box::pin(bodies.read(half_sent(50)));
        let mut slow = Box::pin(bodies.read(half_sent(50)));
        assert!(slowest.as_mut().now_or_never().is_none());
        assert!(slow.as_mut().now_or_never().is_none());

        let (body, _share) = bodies.read(whole(5)).await.ok().unwrap();

        assert_eq!(body.len(), 5);
        assert_eq!(slowest.await.err(), Some(Refused::Slowest));
        assert!(slow.as_mut().now_or_never().is_none(), "one was enough");
    }

    #[tokio::test]
    async fn a_body_that_has_arrived_is_not_refused_any_more() {
        let bodies = bodies();
        let first = bodies.read(whole(50)).await.ok().unwrap();
        let _second = bodies.read(whole(50)).await.ok().unwrap();

        assert_eq!(bodies.read(whole(50)).await.err(), Some(Refused::Slowest));
        drop(first);
        assert!(bodies.read(whole(50)).await.is_ok());
    }

    #[tokio::test]
    async fn a_body_without_a_length_is_bounded() {
        let bodies = bodies();
        let chunks = [[b' '; 20]; 3].map(|chunk| Ok::<_, io::Error>(chunk.to_vec()));

        let read = bodies.read(Body::from_stream(stream::iter(chunks))).await;

        assert_eq!(read.err(), Some(Refused::TooLarge));
        assert_eq!(lock(&bodies.large).free, 100);
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_stops_is_given_up() {
        assert_eq!(bodies().read(half_sent(1)).await.err(), Some(Refused::TooSlow));
    }
}
