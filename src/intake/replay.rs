//! Writes deliveries of the spool to the database when it is back, as if they had just arrived.

use std::{
    collections::VecDeque, error::Error, path::PathBuf, sync::atomic::Ordering, time::Duration,
};

use tokio::time;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::{
    Intake,
    commit::{Failure, Origin},
};
use crate::{
    crash,
    spool::{Batch, Fate, Spool, State},
    store::{
        self,
        database::{blames_the_rows, sqlstate},
    },
};

/// How often to try the database while it is away.
const PROBE_INTERVAL: Duration = Duration::from_secs(1);
/// How often to look for files of other processes, and to retry deliveries that failed alone.
const IDLE_INTERVAL: Duration = Duration::from_secs(30);
/// A delivery that failed alone this many times, while the database accepted another, is set aside.
const MAX_FAILURES: u32 = 3;

impl Intake {
    /// Replays the spool whenever the database accepts deliveries, until `shutdown` is cancelled.
    /// The remaining deliveries wait for the next start.
    pub async fn run(&self, shutdown: CancellationToken) {
        let replay = async {
            loop {
                let is_idle = self.replay().await.is_ok();
                tokio::select! {
                    () = self.0.spooled.notified(), if is_idle => {}
                    () = time::sleep(if is_idle { IDLE_INTERVAL } else { PROBE_INTERVAL }) => {}
                }
            }
        };
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = replay => {}
        }
    }

    /// Replays the waiting deliveries, oldest first. Returns the number written. Fails when the
    /// database still accepts none.
    pub async fn replay(&self) -> store::Result<usize> {
        self.probe_spool().await;
        if self.is_away() {
            self.try_another().await?;
            self.0.is_away.store(false, Ordering::Relaxed);
            info!("the database takes deliveries again");
        }

        let (mut waiting, mut replayed) = (self.spooled_files().await, 0);
        while let Some(batch) = self.next_spooled(&mut waiting).await {
            let failures = self.commit(&batch.deliveries, Origin::Spool).await?;
            crash::point("spool-replayed");
            replayed += batch.deliveries.len() - failures.len();
            self.put_away(batch, failures).await?;
        }
        if replayed > 0 {
            info!(deliveries = replayed, "the spool was replayed");
        }
        Ok(replayed)
    }

    async fn probe_spool(&self) {
        let was_writable = self.spool().state != State::Unwritable;
        if let Err(error) = self.with_spool(Spool::probe).await
            && was_writable
        {
            error!(
                error = &error as &dyn Error,
                "the spool cannot be written: deliveries are refused while the database is away"
            );
        }
    }

    async fn spooled_files(&self) -> VecDeque<PathBuf> {
        self.with_spool(Spool::waiting).await.unwrap_or_else(|error| {
            error!(error = &error as &dyn Error, "the spool cannot be read, will retry");
            VecDeque::new()
        })
    }

    async fn next_spooled(&self, waiting: &mut VecDeque<PathBuf>) -> Option<Batch> {
        let mut files = std::mem::take(waiting);
        let read = self.with_spool(move |spool| (spool.read(&mut files), files)).await;
        *waiting = read.1;
        read.0
    }

    /// Removes a batch from the spool. A delivery that failed alone is kept for another try or set
    /// aside, without what it says about people erased since. An erasure searches only what was set
    /// aside before it.
    async fn put_away(&self, mut batch: Batch, failures: Vec<Failure>) -> store::Result<()> {
        let failed = self.judge(&batch, failures);
        if !failed.is_empty() || batch.is_damaged() {
            let searched = self.search(&batch.deliveries).await?.deliveries.into_owned();
            batch.replace(searched);
        }

        let put = self.with_spool(move |spool| spool.put_away(&batch, &failed)).await;
        if let Err(error) = &put {
            error!(error = error as &dyn Error, "a replayed file of the spool stays, will retry");
        }
        Ok(())
    }

    fn judge(&self, batch: &Batch, failures: Vec<Failure>) -> Vec<(usize, Fate)> {
        let mut counts = self.0.failures.lock().expect("no thread panics while it counts failures");
        let (mut failures, mut failed) = (failures.into_iter().peekable(), Vec::new());
        for (at, delivery) in batch.deliveries.iter().enumerate() {
            // A delivery that was written needs no count any longer.
            let earlier = counts.remove(&delivery.receipt_id).unwrap_or_default();
            let Some(Failure { error, .. }) = failures.next_if(|failure| failure.at == at) else {
                continue;
            };
            let (receipt, sqlstate) = (delivery.receipt_id, sqlstate(&error));
            if blames_the_rows(&error) || earlier + 1 >= MAX_FAILURES {
                error!(
                    receipt.id = %receipt, sqlstate = sqlstate.as_deref(),
                    "a delivery failed alone and is set aside: rename its .aside file to .spool \
                     when the cause is gone"
                );
                failed.push((at, Fate::Aside));
            } else {
                warn!(
                    receipt.id = %receipt, sqlstate = sqlstate.as_deref(),
                    "a delivery failed alone although the database takes others, will retry"
                );
                counts.insert(receipt, earlier + 1);
                failed.push((at, Fate::Again));
            }
        }

        failed
    }
}
