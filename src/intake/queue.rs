//! Deliveries that wait to be written.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit, oneshot};

use super::{Kept, Refused};
use crate::records::Delivery;

/// Most deliveries in one transaction.
const BATCH: usize = 128;
/// No further delivery is written with others that are this large together (4 MiB).
const BATCH_BYTES: usize = 4 << 20;
/// What a delivery weighs beside its body.
const OVERHEAD: usize = 1 << 10;

/// Deliveries that wait to be written, up to a number of bytes.
#[derive(Debug)]
pub(super) struct Queue {
    waiting: Mutex<VecDeque<Ticket>>,
    max_bytes: usize,
    /// How many more bytes may wait.
    room: Arc<Semaphore>,
    writers: Semaphore,
}

/// A delivery and its sender, who waits for it to be kept.
#[derive(Debug)]
pub(super) struct Ticket {
    pub delivery: Delivery,
    pub sender: oneshot::Sender<Result<Kept, Refused>>,
    /// Counts its bytes until it is kept.
    pub room: OwnedSemaphorePermit,
}

impl Queue {
    /// Holds deliveries of up to `max_bytes` together, and lets so many batches be written at a time.
    pub fn new(max_bytes: usize, writers: usize) -> Self {
        let room = Arc::new(Semaphore::new(max_bytes));
        Self { waiting: Mutex::default(), max_bytes, room, writers: Semaphore::new(writers) }
    }

    /// Adds a delivery. Returns what tells where it was kept.
    pub fn push(
        &self,
        delivery: Delivery,
    ) -> Result<oneshot::Receiver<Result<Kept, Refused>>, Refused> {
        let weight = (delivery.body.len() + OVERHEAD).min(self.max_bytes);
        let room = self.room.clone().try_acquire_many_owned(weight as u32);
        let room = room.map_err(|_| Refused::Busy)?;
        let (sender, kept) = oneshot::channel();
        self.waiting().push_back(Ticket { delivery, sender, room });
        Ok(kept)
    }

    pub fn is_empty(&self) -> bool {
        self.waiting().is_empty()
    }

    pub fn has_free_writer(&self) -> bool {
        self.writers.available_permits() > 0
    }

    /// Becomes one of the writers. `None` when they are all at work.
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
