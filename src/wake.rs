//! What wakes the workers of a workspace.

use std::sync::Arc;

use tokio::sync::Notify;

/// Rings for those who wait for interviews to become due. Clones ring the same.
#[derive(Debug, Clone, Default)]
pub struct Wake {
    work: Arc<Notify>,
    news: Arc<Notify>,
}

/// Which of the due interviews a worker takes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// All, and there is no other lane.
    Only,
    /// All, besides a lane for what deliveries name, to which that is left for a while.
    All,
    /// What deliveries name.
    News,
}

impl Wake {
    /// Something is due.
    pub fn work(&self) {
        self.work.notify_one();
    }

    /// Something is due that a delivery named.
    pub fn news(&self) {
        self.news.notify_one();
    }

    /// Waits until something is due that this lane should look at.
    pub async fn rung(&self, lane: Lane) {
        let (work, news) = (self.work.notified(), self.news.notified());
        match lane {
            Lane::All => work.await,
            Lane::News => news.await,
            Lane::Only => tokio::select! {
                () = work => {}
                () = news => {}
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn news_wake_the_lane_that_is_there_for_them_or_the_only_one() {
        let wake = Wake::default();

        wake.news();
        assert!(wake.rung(Lane::All).now_or_never().is_none());
        assert!(wake.rung(Lane::News).now_or_never().is_some());

        wake.news();
        assert!(wake.rung(Lane::Only).now_or_never().is_some());
    }
}
