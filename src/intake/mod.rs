//! Keeps deliveries before they are acknowledged.
#![doc = include_str!("README.md")]

mod commit;
mod erased;
mod notify_limit;
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

use commit::Origin;
use erased::Known;
use notify_limit::NotifyLimit;
use queue::{Queue, Ticket};

use crate::{
    crash,
    records::Delivery,
    spool::{self, Spool},
    store::{self, tombstones::Tombstones},
};

/// Larger bodies wait for each other, so that small ones need not wait for them (64 KiB).
pub const LARGE: usize = 64 << 10;
/// How many batches are written at the same time. While one commits, another is sent.
const WRITERS: usize = 3;
/// The most bytes of deliveries that wait or are being written (8 MiB).
const MAX_BYTES: usize = 8 << 20;
/// The same for large deliveries (16 MiB).
const MAX_LARGE_BYTES: usize = 16 << 20;

/// Accepts deliveries. Clones share it.
#[derive(Debug, Clone)]
pub struct Intake(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    db: PgPool,
    spool: Spool,
    /// The database's timeout for a batch.
    database_timeout: Duration,
    /// How many interviews that only deliveries name may wait.
    unknown_waiting: u32,
    /// Whether the database failed and no later write has succeeded.
    is_away: AtomicBool,
    ordinary: Arc<Queue>,
    large: Arc<Queue>,
    /// The running writers. `finish` waits for them.
    at_work: TaskTracker,
    /// The people and interviews that deliveries must not name.
    tombstones: Known,
    /// Bounds the notifications to other daemons.
    notify_limit: NotifyLimit,
    /// How often a delivery of the spool failed alone, by receipt id.
    failures: Mutex<HashMap<Uuid, u32>>,
    /// Notified when the spool received a delivery, or the database is found to be away.
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
    /// Too many bytes wait already.
    Busy,
    /// Neither the database nor the spool can keep it.
    Unkept,
}

impl Intake {
    /// Keeps deliveries in the database, or in the spool when that takes longer than
    /// `database_timeout`.
    pub fn new(
        db: PgPool,
        spool: Spool,
        database_timeout: Duration,
        unknown_waiting: u32,
        tombstones: Tombstones,
    ) -> Self {
        Self(Arc::new(Shared {
            db,
            spool,
            database_timeout,
            unknown_waiting,
            is_away: AtomicBool::new(false),
            ordinary: Arc::new(Queue::new(MAX_BYTES, WRITERS)),
            large: Arc::new(Queue::new(MAX_LARGE_BYTES, 1)),
            at_work: TaskTracker::new(),
            tombstones: Known::new(tombstones),
            notify_limit: NotifyLimit::default(),
            failures: Mutex::default(),
            spooled: Notify::new(),
        }))
    }

    /// Keeps a delivery. When this returns, the delivery is on disk.
    pub async fn keep(&self, delivery: Delivery) -> Result<Kept, Refused> {
        let is_large = delivery.body.len() > LARGE;
        let queue = if is_large { &self.0.large } else { &self.0.ordinary };
        let kept = queue.push(delivery)?;
        if queue.has_free_writer() {
            self.0.at_work.spawn(self.clone().write_what_waits(queue.clone()));
        }
        // A writer that panicked kept nothing.
        kept.await.unwrap_or(Err(Refused::Unkept))
    }

    /// Whether the database is known to accept no deliveries.
    pub fn is_away(&self) -> bool {
        self.0.is_away.load(Ordering::Relaxed)
    }

    /// The state of the spool.
    pub fn spool(&self) -> spool::Status {
        self.0.spool.status()
    }

    /// The state of the spool, after it was counted again.
    pub async fn look_at_spool(&self) -> spool::Status {
        self.with_spool(Spool::look).await
    }

    /// Waits until all received deliveries are kept.
    pub async fn finish(&self) {
        self.0.at_work.close();
        self.0.at_work.wait().await;
    }

    async fn write_what_waits(self, queue: Arc<Queue>) {
        // A delivery that arrives while the last writer ends is written by that writer, because it
        // looks twice.
        while !queue.is_empty() {
            let Some(_writer) = queue.writer() else { return };
            while let Some(batch) = queue.next_batch() {
                self.write(batch).await;
            }
        }
    }

    /// Keeps a batch and answers its senders.
    async fn write(&self, batch: Vec<Ticket>) {
        let (mut deliveries, mut senders, mut permits) = (Vec::new(), Vec::new(), Vec::new());
        for Ticket { delivery, sender, permit } in batch {
            deliveries.push(delivery);
            senders.push(sender);
            permits.push(permit);
        }
        let deliveries: Arc<[Delivery]> = deliveries.into();
        let kept = match self.try_database(&deliveries).await {
            Some(kept) => kept,
            None => vec![self.try_spool(deliveries.clone()).await; deliveries.len()],
        };
        for (sender, kept) in senders.into_iter().zip(kept) {
            // A sender that is gone will deliver again, which does no harm.
            sender.send(kept).ok();
        }
    }

    /// Keeps deliveries in the database. `None` when the database accepts none.
    async fn try_database(&self, batch: &[Delivery]) -> Option<Vec<Result<Kept, Refused>>> {
        if self.is_away() {
            return None;
        }
        match self.commit(batch, Origin::Senders).await {
            Ok(refused) => {
                let mut kept = vec![Ok(Kept::Committed); batch.len()];
                for at in refused.into_iter().map(|failure| failure.at) {
                    // The replay tries this delivery again, and sets it aside when it is refused
                    // again.
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
            // A database error's message could quote the delivery, so only its code is logged.
            warn!(
                sqlstate = store::database::sqlstate(error).as_deref(),
                "the database failed to take deliveries: they wait in the spool until it does"
            );
            // The replay checks the database at once, even when the spool can keep nothing.
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

    /// Runs disk work on a blocking thread.
    async fn with_spool<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Spool) -> T + Send + 'static,
    ) -> T {
        let shared = self.0.clone();
        task::spawn_blocking(move || work(&shared.spool)).await.expect("the spool does not panic")
    }
}
