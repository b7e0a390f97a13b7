//! Requests for commands that only ask: of their own, or borrowed from the owner.

use std::future::Future;

use tokio::time::{Instant, sleep};

use super::{HEARTBEAT_TIMEOUT, Owner, Shared, TAKE_INTERVAL, TAKE_TIMEOUT};
use crate::{
    store::{self, database::within},
    sync::{Error, Result},
};

/// The share of the rate limit that a command borrows from a live owner.
const LOAN_SHARE: u32 = 5;

impl Owner {
    /// Does some work that makes requests: as the owner when the workspace is free, otherwise with requests
    /// that the owner lends.
    pub async fn with_requests<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        let done = tokio::select! {
            done = work => done,
            error = self.borrow() => Err(error),
        };
        let Shared { db, workspace_id: id, contender, .. } = &*self.0;
        self.release().await;
        let repaid = store::owners::repay(db, id, &contender.process);
        within(HEARTBEAT_TIMEOUT, repaid).await.ok();
        done
    }

    /// Owns the workspace as long as it is free, and otherwise borrows requests from its owner, again and again.
    /// Returns when neither is possible any more.
    async fn borrow(&self) -> Error {
        let Shared { db, workspace_id: id, limiter, contender, .. } = &*self.0;
        let limit = limiter.limit();
        let loan = (limit / LOAN_SHARE).max(1);
        loop {
            let asked_at = Instant::now();
            let wanted = i32::try_from(loan).unwrap_or(i32::MAX);
            if self.take().await.unwrap_or(false) {
                let lost = self.keep().await;
                self.lost(lost);
                self.release().await;
                // A daemon that waits takes it first.
                sleep(2 * TAKE_INTERVAL).await;
                continue;
            }
            limiter.lend(limit - loan.min(limit - 1));
            let borrowed = store::owners::borrow(db, id, &contender.process, wanted);
            match within(TAKE_TIMEOUT, borrowed).await {
                Ok(Some(left)) => limiter.allow_until(asked_at + left),
                Ok(None) => {}
                Err(error) => return error.into(),
            }
            sleep(TAKE_INTERVAL).await;
        }
    }
}
