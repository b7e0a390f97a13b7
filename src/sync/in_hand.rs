//! How many bytes of answers are in memory at a time: no request begins while there are too many.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Answers are weighed in kibibytes, so that any limit fits into a semaphore.
const KIB: usize = 1024;

/// The answers in hand of all workers. Clones weigh together.
#[derive(Debug, Clone)]
pub struct InHand {
    room: Arc<Semaphore>,
}

/// An answer's share; dropped when it is written.
#[derive(Debug)]
pub struct Weight {
    _held: Option<OwnedSemaphorePermit>,
}

impl InHand {
    /// Allows answers of so many bytes.
    pub fn new(limit: usize) -> Self {
        let limit = limit.div_ceil(KIB).clamp(1, u32::MAX as usize);
        Self { room: Arc::new(Semaphore::new(limit)) }
    }

    /// Waits until there is room for another answer. How large that will be is not known before it
    /// is there; so those that are under way at once may exceed the limit, and then others wait.
    pub async fn room(&self) {
        drop(self.room.acquire().await.expect("the semaphore is never closed"));
    }

    /// Counts an answer in, as far as there is room left.
    pub fn weigh(&self, bytes: usize) -> Weight {
        let weight = bytes.div_ceil(KIB).min(self.room.available_permits());
        let weight = u32::try_from(weight).unwrap_or(u32::MAX);
        // Others may have been quicker; a little too much in hand is no harm.
        Weight { _held: self.room.clone().try_acquire_many_owned(weight).ok() }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{FutureExt as _, poll};

    use super::*;

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
