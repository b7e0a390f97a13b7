//! What waits in the spool goes into the database once that is back, as if it came in now.

use std::{error::Error, sync::atomic::Ordering, time::Duration};

use tokio::time;
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

use super::Intake;
use crate::{
    crash,
    spool::{Batch, Spool, State},
    store,
};

/// How often to try the database while it is away.
const PROBE: Duration = Duration::from_secs(1);
/// Nobody waits for a replay: a batch may take so many times as long as one that comes in, or one
/// that is slow to write would hold up all others for ever.
const LONGER: u32 = 6;
/// How often to look for what a process that is gone has left.
const IDLE: Duration = Duration::from_secs(30);

impl Intake {
    /// Replays the spool whenever the database can take it, until `shutdown` is cancelled. What is
    /// not replayed by then waits for the next start.
    pub async fn run(&self, shutdown: CancellationToken) {
        let replay = async {
            loop {
                let is_idle = self.replay().await.is_ok();
                tokio::select! {
                    () = self.0.spooled.notified(), if is_idle => {}
                    () = time::sleep(if is_idle { IDLE } else { PROBE }) => {}
                }
            }
        };
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = replay => {}
        }
    }

    /// Replays all that waits, oldest first. Returns how many deliveries that were; fails when the
    /// database still cannot take them.
    pub async fn replay(&self) -> store::Result<usize> {
        self.adopt().await;
        let mut replayed = 0;
        while let Some(batch) = self.next_spooled().await {
            let refused = self.commit(&batch.deliveries, self.0.patience * LONGER).await?;
            crash::point("spool-replayed");
            replayed += batch.deliveries.len();
            self.came_back();
            if !self.put_away(batch, refused.len()).await {
                return Ok(replayed);
            }
        }
        if self.is_away() {
            // Nothing is left to try it with.
            self.ping().await?;
            self.came_back();
        }
        if replayed > 0 {
            info!(deliveries = replayed, "the spool was replayed");
        }
        Ok(replayed)
    }

    async fn adopt(&self) {
        let was_writable = self.spool().state != State::Unwritable;
        if let Err(error) = self.with_spool(Spool::adopt).await
            && was_writable
        {
            error!(
                error = &error as &dyn Error,
                "the spool cannot be written: deliveries are refused while the database is away"
            );
        }
    }

    async fn next_spooled(&self) -> Option<Batch> {
        match self.with_spool(Spool::read).await {
            Ok(batch) => batch,
            Err(error) => {
                error!(error = &error as &dyn Error, "the spool cannot be read, will retry");
                None
            }
        }
    }

    /// Marks a batch as replayed. Returns whether that was possible.
    async fn put_away(&self, batch: Batch, refused: usize) -> bool {
        if refused > 0 {
            error!(
                deliveries = refused,
                "the database refuses deliveries: their file is set aside"
            );
        }
        let put = self.with_spool(move |spool| spool.replayed(&batch, refused)).await;
        if let Err(error) = &put {
            error!(error = error as &dyn Error, "a replayed file of the spool stays");
        }
        put.is_ok()
    }

    async fn ping(&self) -> store::Result<()> {
        let ping = time::timeout(self.0.patience, store::database::reach(&self.0.db)).await;
        ping.map_err(|_| sqlx::Error::PoolTimedOut)?
    }

    fn came_back(&self) {
        if self.0.is_away.swap(false, Ordering::Relaxed) {
            info!("the database takes deliveries again");
        }
    }
}
