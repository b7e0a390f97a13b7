//! What a process has in flight: the bytes of its answers, and whether a job must be alone.

use std::sync::Arc;

use tokio::sync::{
    OwnedRwLockReadGuard, OwnedRwLockWriteGuard, OwnedSemaphorePermit, RwLock, Semaphore,
    TryAcquireError,
};

/// Answers are counted in kibibytes, so that any limit fits into a semaphore.
const KIB: usize = 1024;

/// The answers in flight of all workspaces. Clones share it.
#[derive(Debug, Clone)]
pub struct InFlight {
    /// In kibibytes.
    bytes_left: Arc<Semaphore>,
    jobs: Arc<RwLock<()>>,
}

/// The bytes that an answer takes from the limit. Dropped when the answer is written.
#[derive(Debug)]
pub struct ReservedBytes {
    _held: Option<OwnedSemaphorePermit>,
}

/// Whether a job is worked on beside others. Dropped when the job is settled.
#[derive(Debug)]
pub enum Exclusivity {
    /// Beside others.
    Shared(OwnedRwLockReadGuard<()>),
    /// Alone in the process.
    Exclusive(OwnedRwLockWriteGuard<()>),
}

impl InFlight {
    /// Allows answers of `limit` bytes in total.
    pub fn new(limit: usize) -> Self {
        let limit = limit.div_ceil(KIB).clamp(1, u32::MAX as usize);
        Self { bytes_left: Arc::new(Semaphore::new(limit)), jobs: Arc::default() }
    }

    /// Waits until no job of the process must be alone. While the returned value lives, none can
    /// be.
    pub async fn shared(&self) -> Exclusivity {
        Exclusivity::Shared(self.jobs.clone().read_owned().await)
    }

    /// Waits until no other job of the process is in flight. While the returned value lives, none
    /// begins.
    pub async fn exclusive(&self) -> Exclusivity {
        Exclusivity::Exclusive(self.jobs.clone().write_owned().await)
    }

    /// Waits until the answers in flight are below the limit. The size of an answer is known only
    /// when it has arrived. So the requests under way may exceed the limit, and the next ones wait.
    pub async fn wait_below_limit(&self) {
        drop(self.bytes_left.acquire().await.expect("the semaphore is never closed"));
    }

    /// Reserves the bytes of an answer, as far as the limit allows.
    pub fn reserve(&self, bytes: usize) -> ReservedBytes {
        loop {
            let permits = bytes.div_ceil(KIB).min(self.bytes_left.available_permits());
            let permits = u32::try_from(permits).unwrap_or(u32::MAX);
            match self.bytes_left.clone().try_acquire_many_owned(permits) {
                Ok(held) => return ReservedBytes { _held: Some(held) },
                Err(TryAcquireError::Closed) => return ReservedBytes { _held: None },
                // Another task took permits meanwhile, so fewer are left to take.
                Err(TryAcquireError::NoPermits) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{FutureExt as _, poll};

    use super::*;

    #[tokio::test]
    async fn a_job_that_must_be_alone_waits_for_the_others_and_they_for_it() {
        let in_flight = InFlight::new(KIB);
        let (one, other) = (in_flight.shared().await, in_flight.shared().await);
        let mut alone = Box::pin(in_flight.exclusive());
        drop(one);
        assert!(poll!(&mut alone).is_pending());
        drop(other);
        let alone = alone.await;
        assert!(in_flight.shared().now_or_never().is_none());
        drop(alone);
        assert!(in_flight.shared().now_or_never().is_some());
    }

    #[tokio::test]
    async fn no_request_begins_while_too_much_is_in_flight() {
        let in_flight = InFlight::new(100 * KIB);
        let small = in_flight.reserve(60 * KIB);
        assert!(in_flight.wait_below_limit().now_or_never().is_some());

        let large = in_flight.reserve(5000 * KIB);
        let mut below_limit = Box::pin(in_flight.wait_below_limit());
        assert!(poll!(&mut below_limit).is_pending());

        drop(large);
        below_limit.await;
        drop(small);
    }
}
