//! Requests for commands that only ask HeyMilo: with the ownership, or with a loan from the owner.

use std::future::Future;

use tokio::time::{Instant, sleep};

use super::{HEARTBEAT_TIMEOUT, Owner, Shared, TAKE_INTERVAL, TAKE_TIMEOUT};
use crate::{
    store::{self, database::within},
    sync::{Error, Result},
};

/// A command borrows a fifth of the rate limit from a live owner.
const LOAN_SHARE: u32 = 5;

impl Owner {
    /// Does work that makes requests. The command owns the workspace when it is free, and otherwise
    /// sends requests that the owner lends.
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

    /// Owns the workspace while it is free, and otherwise borrows requests from its owner, again
    /// and again. Returns when neither is possible.
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
                // A waiting daemon takes the workspace first.
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
