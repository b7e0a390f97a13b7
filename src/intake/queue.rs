//! Deliveries that wait to be written.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit, oneshot};

use super::{Kept, Refused};
use crate::records::Delivery;

/// The most deliveries in one transaction.
const BATCH: usize = 128;
/// Above this size of a batch, no further delivery is added (4 MiB).
const BATCH_BYTES: usize = 4 << 20;
/// The memory that a delivery takes beside its body.
const OVERHEAD: usize = 1 << 10;

/// Deliveries that wait to be written, limited by their bytes.
#[derive(Debug)]
pub(super) struct Queue {
    waiting: Mutex<VecDeque<Ticket>>,
    max_bytes: usize,
    /// The bytes that may still be added.
    bytes_left: Arc<Semaphore>,
    writers: Semaphore,
}

/// A delivery and its sender, who waits for it to be kept.
#[derive(Debug)]
pub(super) struct Ticket {
    pub delivery: Delivery,
    pub sender: oneshot::Sender<Result<Kept, Refused>>,
    /// Holds the bytes of the delivery until it is kept.
    pub permit: OwnedSemaphorePermit,
}

impl Queue {
    /// Holds deliveries of up to `max_bytes` together, and allows `writers` batches at a time.
    pub fn new(max_bytes: usize, writers: usize) -> Self {
        let bytes_left = Arc::new(Semaphore::new(max_bytes));
        Self { waiting: Mutex::default(), max_bytes, bytes_left, writers: Semaphore::new(writers) }
    }

    /// Adds a delivery. The returned receiver reports where it was kept.
    pub fn push(
        &self,
        delivery: Delivery,
    ) -> Result<oneshot::Receiver<Result<Kept, Refused>>, Refused> {
        let bytes = (delivery.body.len() + OVERHEAD).min(self.max_bytes);
        let permit = self.bytes_left.clone().try_acquire_many_owned(bytes as u32);
        let permit = permit.map_err(|_| Refused::Busy)?;
        let (sender, kept) = oneshot::channel();
        self.waiting().push_back(Ticket { delivery, sender, permit });
        Ok(kept)
    }

    pub fn is_empty(&self) -> bool {
        self.waiting().is_empty()
    }

    pub fn has_free_writer(&self) -> bool {
        self.writers.available_permits() > 0
    }

    /// A writer's permit. `None` when all writers are running.
    pub fn writer(&self) -> Option<SemaphorePermit<'_>> {
        self.writers.try_acquire().ok()
    }

    pub fn next_batch(&self) -> Option<Vec<Ticket>> {
        let mut waiting = self.waiting();
        let mut bytes = 0;
        let fits = |ticket: &&Ticket| {
            let fits = bytes < BATCH_BYTES;
            bytes += ticket.delivery.body.len();
            fits
        };
        let most = waiting.iter().take(BATCH).take_while(fits).count();
        (most > 0).then(|| waiting.drain(..most).collect())
    }

    fn waiting(&self) -> MutexGuard<'_, VecDeque<Ticket>> {
        self.waiting.lock().expect("no code panics while it holds the queue")
    }
}
