//! Keeps deliveries before they are acknowledged: in the database, and in the spool for as long as
//! the database cannot take them.
//!
//! Whatever waits is written together, with one commit or one sync; one that comes alone is written
//! at once. Once it came in, a delivery is kept whether or not its sender still waits.

mod bells;
mod commit;
mod replay;

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use sqlx::PgPool;
use tokio::{
    sync::{Notify, OwnedSemaphorePermit, Semaphore, oneshot},
    task,
};
use tokio_util::task::TaskTracker;
use tracing::{debug, error, warn};

use bells::Bells;

use crate::{
    crash,
    records::Delivery,
    spool::{self, Spool},
    store,
};

/// How many batches are written at the same time: while one commits, another is sent.
const WRITERS: usize = 3;
/// Most deliveries in one transaction.
const BATCH: usize = 128;
/// Most bytes of deliveries that wait or are being written (32 MiB).
const MOST_BYTES: usize = 32 << 20;
/// What a delivery weighs beside its body.
const OVERHEAD: usize = 1 << 10;

/// Takes deliveries. Clones share it.
#[derive(Debug, Clone)]
pub struct Intake(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    db: PgPool,
    spool: Spool,
    /// How long the database may take.
    patience: Duration,
    /// How many interviews that only deliveries name may wait.
    unknown_waiting: u32,
    /// Whether the database failed and has not been seen to work since.
    is_away: AtomicBool,
    waiting: Mutex<VecDeque<Ticket>>,
    room: Arc<Semaphore>,
    writers: Semaphore,
    /// The writers at work, to wait for at the end.
    at_work: TaskTracker,
    /// Tell other daemons what is due.
    bells: Bells,
    /// Rung when something came into the spool, or the database is found to be away.
    spooled: Notify,
}

/// A delivery and who waits for it to be kept.
#[derive(Debug)]
struct Ticket {
    delivery: Delivery,
    sender: oneshot::Sender<Result<Kept, Refused>>,
    room: OwnedSemaphorePermit,
}

/// Where a delivery was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// In the database.
    Committed,
    /// In the spool.
    Spooled,
}

/// Why a delivery was not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// Too much waits already.
    Busy,
    /// Neither the database nor the spool can keep it.
    Unkept,
}

impl Intake {
    /// Keeps deliveries in the database, and in the spool when that takes longer than `patience`.
    pub fn new(db: PgPool, spool: Spool, patience: Duration, unknown_waiting: u32) -> Self {
        Self(Arc::new(Shared {
            db,
            spool,
            patience,
            unknown_waiting,
            is_away: AtomicBool::new(false),
            waiting: Mutex::default(),
            room: Arc::new(Semaphore::new(MOST_BYTES)),
            writers: Semaphore::new(WRITERS),
            at_work: TaskTracker::new(),
            bells: Bells::default(),
            spooled: Notify::new(),
        }))
    }

    /// Keeps a delivery. It is on disk when this returns where.
    pub async fn keep(&self, delivery: Delivery) -> Result<Kept, Refused> {
        let weight = (delivery.body.len() + OVERHEAD).min(MOST_BYTES);
        let room = self.0.room.clone().try_acquire_many_owned(weight as u32);
        let room = room.map_err(|_| Refused::Busy)?;
        let (sender, kept) = oneshot::channel();
        self.waiting().push_back(Ticket { delivery, sender, room });
        if self.0.writers.available_permits() > 0 {
            self.0.at_work.spawn(self.clone().write_what_waits());
        }
        // A writer that broke kept nothing.
        kept.await.unwrap_or(Err(Refused::Unkept))
    }

    /// Whether the database is known to take no deliveries.
    pub fn is_away(&self) -> bool {
        self.0.is_away.load(Ordering::Relaxed)
    }

    /// How the spool stands.
    pub fn spool(&self) -> spool::Status {
        self.0.spool.status()
    }

    /// Waits until all that came in is kept.
    pub async fn finish(&self) {
        self.0.at_work.close();
        self.0.at_work.wait().await;
    }

    async fn write_what_waits(self) {
        // Who comes in while the last writer leaves is seen by that one's second look.
        while !self.waiting().is_empty() {
            let Ok(_turn) = self.0.writers.try_acquire() else { return };
            while let Some(batch) = self.next_batch() {
                self.write(batch).await;
            }
        }
    }

    fn next_batch(&self) -> Option<Vec<Ticket>> {
        let mut waiting = self.waiting();
        let most = waiting.len().min(BATCH);
        (most > 0).then(|| waiting.drain(..most).collect())
    }

    fn waiting(&self) -> MutexGuard<'_, VecDeque<Ticket>> {
        self.0.waiting.lock().expect("nobody panics with the queue in hand")
    }

    /// Keeps a batch somewhere, and answers those who wait for it.
    async fn write(&self, batch: Vec<Ticket>) {
        let (mut deliveries, mut senders, mut rooms) = (Vec::new(), Vec::new(), Vec::new());
        for Ticket { delivery, sender, room } in batch {
            deliveries.push(delivery);
            senders.push(sender);
            rooms.push(room);
        }
        let deliveries: Arc<[Delivery]> = deliveries.into();
        let kept = match self.try_database(&deliveries).await {
            Some(kept) => kept,
            None => vec![self.try_spool(deliveries.clone()).await; deliveries.len()],
        };
        for (sender, kept) in senders.into_iter().zip(kept) {
            // A sender that is gone will deliver again; that does no harm.
            sender.send(kept).ok();
        }
    }

    /// Keeps deliveries in the database. `None` when it cannot take any.
    async fn try_database(&self, batch: &[Delivery]) -> Option<Vec<Result<Kept, Refused>>> {
        if self.is_away() {
            return None;
        }
        match self.commit(batch, self.0.patience).await {
            Ok(refused) => {
                let mut kept = vec![Ok(Kept::Committed); batch.len()];
                for at in refused {
                    // The spool is tried again, and what is refused again is set aside there.
                    kept[at] = self.try_spool(Arc::new([batch[at].clone()])).await;
                }
                Some(kept)
            }
            Err(error) => {
                self.turn_away(&error);
                None
            }
        }
    }

    fn turn_away(&self, error: &sqlx::Error) {
        if !self.0.is_away.swap(true, Ordering::Relaxed) {
            // The message of a database error could quote the delivery.
            warn!(
                sqlstate = store::database::sqlstate(error).as_deref(),
                "the database takes no deliveries: they wait in the spool until it does"
            );
            // Whoever replays looks when it is back, even if the spool can keep nothing.
            self.0.spooled.notify_one();
        }
    }

    /// Keeps deliveries in the spool.
    async fn try_spool(&self, batch: Arc<[Delivery]>) -> Result<Kept, Refused> {
        let number = batch.len();
        match self.with_spool(move |spool| spool.append(&batch)).await {
            Ok(()) => {
                crash::point("delivery-spooled");
                debug!(deliveries = number, "spooled");
                self.0.spooled.notify_one();
                Ok(Kept::Spooled)
            }
            Err(error) => {
                error!(
                    error = &error as &dyn std::error::Error,
                    deliveries = number,
                    "deliveries refused: neither the database nor the spool can keep them"
                );
                Err(Refused::Unkept)
            }
        }
    }

    /// Has a thread of its own wait for the disk.
    async fn with_spool<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Spool) -> spool::Result<T> + Send + 'static,
    ) -> spool::Result<T> {
        let shared = self.0.clone();
        task::spawn_blocking(move || work(&shared.spool)).await.expect("the spool does not panic")
    }
}
