//! Keeps deliveries before they are acknowledged.
#![doc = include_str!("README.md")]

mod bells;
mod commit;
mod erased;
mod queue;
mod replay;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use sqlx::PgPool;
use tokio::{sync::Notify, task};
use tokio_util::task::TaskTracker;
use tracing::{debug, error, warn};
use uuid::Uuid;

use bells::Bells;
use commit::Origin;
use erased::Known;
use queue::{Queue, Ticket};

use crate::{
    crash,
    records::Delivery,
    spool::{self, Spool},
    store::{self, tombstones::Tombstones},
};

/// Larger bodies wait for each other, and the others do not wait for them (64 KiB).
pub const LARGE: usize = 64 << 10;
/// How many batches are written at the same time: while one commits, another is sent.
const WRITERS: usize = 3;
/// Most bytes of deliveries that wait or are being written (8 MiB).
const MOST_BYTES: usize = 8 << 20;
/// The same of large ones (16 MiB).
const MOST_LARGE_BYTES: usize = 16 << 20;

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
    ordinary: Arc<Queue>,
    large: Arc<Queue>,
    /// The writers at work, to wait for at the end.
    at_work: TaskTracker,
    /// Whom deliveries must not name.
    tombstones: Known,
    /// Tell other daemons what is due.
    bells: Bells,
    /// How many times deliveries that wait in the spool failed alone, by receipt.
    failures: Mutex<HashMap<Uuid, u32>>,
    /// Rung when something came into the spool, or the database is found to be away.
    spooled: Notify,
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
    pub fn new(
        db: PgPool,
        spool: Spool,
        patience: Duration,
        unknown_waiting: u32,
        tombstones: Tombstones,
    ) -> Self {
        Self(Arc::new(Shared {
            db,
            spool,
            patience,
            unknown_waiting,
            is_away: AtomicBool::new(false),
            ordinary: Arc::new(Queue::new(MOST_BYTES, WRITERS)),
            large: Arc::new(Queue::new(MOST_LARGE_BYTES, 1)),
            at_work: TaskTracker::new(),
            tombstones: Known::new(tombstones),
            bells: Bells::default(),
            failures: Mutex::default(),
            spooled: Notify::new(),
        }))
    }

    /// Keeps a delivery. It is on disk when this returns where.
    pub async fn keep(&self, delivery: Delivery) -> Result<Kept, Refused> {
        let is_large = delivery.body.len() > LARGE;
        let queue = if is_large { &self.0.large } else { &self.0.ordinary };
        let kept = queue.push(delivery)?;
        if queue.has_free_writer() {
            self.0.at_work.spawn(self.clone().write_what_waits(queue.clone()));
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

    /// How the spool stands, after a look at its directory.
    pub async fn look_at_spool(&self) -> spool::Status {
        self.with_spool(Spool::look).await
    }

    /// Waits until all that came in is kept.
    pub async fn finish(&self) {
        self.0.at_work.close();
        self.0.at_work.wait().await;
    }

    async fn write_what_waits(self, queue: Arc<Queue>) {
        // What comes in while the last writer leaves is seen by that one's second look.
        while !queue.is_empty() {
            let Some(_writer) = queue.writer() else { return };
            while let Some(batch) = queue.next_batch() {
                self.write(batch).await;
            }
        }
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
        match self.commit(batch, Origin::Senders).await {
            Ok(refused) => {
                let mut kept = vec![Ok(Kept::Committed); batch.len()];
                for at in refused.into_iter().map(|failure| failure.at) {
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
                "the database failed to take deliveries: they wait in the spool until it does"
            );
            // The replay looks whether it is back at once, even if the spool can keep nothing.
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
        work: impl FnOnce(&Spool) -> T + Send + 'static,
    ) -> T {
        let shared = self.0.clone();
        task::spawn_blocking(move || work(&shared.spool)).await.expect("the spool does not panic")
    }
}
