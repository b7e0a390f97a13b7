//! What a process has in hand: the bytes of its answers, and whether a job must be alone.

use std::sync::Arc;

use tokio::sync::{
    OwnedRwLockReadGuard, OwnedRwLockWriteGuard, OwnedSemaphorePermit, RwLock, Semaphore,
    TryAcquireError,
};

/// Answers are counted in kibibytes, so that any limit fits into a semaphore.
const KIB: usize = 1024;

/// The answers in hand of all workspaces. Clones share it.
#[derive(Debug, Clone)]
pub struct InHand {
    room: Arc<Semaphore>,
    company: Arc<RwLock<()>>,
}

/// The bytes that an answer takes from the limit. Dropped when the answer is written.
#[derive(Debug)]
pub struct Weight {
    _held: Option<OwnedSemaphorePermit>,
}

/// Whether a job is worked on beside others. Dropped when the job is settled.
#[derive(Debug)]
pub enum Company {
    /// Beside others.
    Others(OwnedRwLockReadGuard<()>),
    /// Alone in the process.
    None(OwnedRwLockWriteGuard<()>),
}

impl InHand {
    /// Allows answers of `limit` bytes in total.
    pub fn new(limit: usize) -> Self {
        let limit = limit.div_ceil(KIB).clamp(1, u32::MAX as usize);
        Self { room: Arc::new(Semaphore::new(limit)), company: Arc::default() }
    }

    /// Waits until no job of the process must be alone. While the returned value lives, none can
    /// be.
    pub async fn in_company(&self) -> Company {
        Company::Others(self.company.clone().read_owned().await)
    }

    /// Waits until no other job of the process is in hand. While the returned value lives, none
    /// begins.
    pub async fn alone(&self) -> Company {
        Company::None(self.company.clone().write_owned().await)
    }

    /// Waits until the answers in hand are below the limit. The size of an answer is known only
    /// when it has arrived. So the requests under way may exceed the limit, and the next ones wait.
    pub async fn room(&self) {
        drop(self.room.acquire().await.expect("the semaphore is never closed"));
    }

    /// Counts an answer, as far as the limit allows.
    pub fn weigh(&self, bytes: usize) -> Weight {
        loop {
            let weight = bytes.div_ceil(KIB).min(self.room.available_permits());
            let weight = u32::try_from(weight).unwrap_or(u32::MAX);
            match self.room.clone().try_acquire_many_owned(weight) {
                Ok(held) => return Weight { _held: Some(held) },
                Err(TryAcquireError::Closed) => return Weight { _held: None },
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
        let in_hand = InHand::new(KIB);
        let (one, other) = (in_hand.in_company().await, in_hand.in_company().await);
        let mut alone = Box::pin(in_hand.alone());
        drop(one);
        assert!(poll!(&mut alone).is_pending());
        drop(other);
        let alone = alone.await;
        assert!(in_hand.in_company().now_or_never().is_none());
        drop(alone);
        assert!(in_hand.in_company().now_or_never().is_some());
    }

    #[tokio::test]
    async fn no_request_begins_while_too_much_is_in_hand() {
        let in_hand = InHand::new(100 * KIB);
        let small = in_hand.weigh(60 * KIB);
        assert!(in_hand.room().now_or_never().is_some());

        let large = in_hand.weigh(5000 * KIB);
        let mut room = Box::pin(in_hand.room());
        assert!(poll!(&mut room).is_pending());

        drop(large);
        room.await;
        drop(small);
    }
}
