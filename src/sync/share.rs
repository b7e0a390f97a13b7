//! A share of the rate limit for requests that may change nothing.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::time::Instant;

/// The period of the rate limit.
const MINUTE: Duration = Duration::from_secs(60);

/// Bounds the requests that deliveries cause and that change nothing: repeats, unknown interviews,
/// and lists that a delivery made due. Clones share it.
#[derive(Debug, Clone)]
pub struct Share {
    percent: u32,
    spent: Arc<Mutex<VecDeque<Instant>>>,
}

impl Share {
    /// Allows `percent` of the rate limit.
    pub fn new(percent: u32) -> Self {
        Self { percent, spent: Arc::default() }
    }

    /// Whether a request is left in the share of a limit of requests a minute.
    pub fn has_left(&self, limit: u32) -> bool {
        self.with(|spent| (spent.len() as u32) < self.most(limit))
    }

    /// Spends a request of the share. Returns whether one was left.
    pub fn spend(&self, limit: u32) -> bool {
        let most = self.most(limit);
        self.with(|spent| {
            let has_left = (spent.len() as u32) < most;
            if has_left {
                spent.push_back(Instant::now());
            }
            has_left
        })
    }

    /// Gives back a request that led to a change.
    pub fn refund(&self) {
        self.with(VecDeque::pop_back);
    }

    fn most(&self, limit: u32) -> u32 {
        (u64::from(limit) * u64::from(self.percent) / 100).clamp(1, u64::from(u32::MAX)) as u32
    }

    fn with<T>(&self, work: impl FnOnce(&mut VecDeque<Instant>) -> T) -> T {
        let mut spent = self.spent.lock().expect("no panic happens under this lock");
        while spent.front().is_some_and(|at| at.elapsed() >= MINUTE) {
            spent.pop_front();
        }
        work(&mut spent)
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn share_is_spent_within_a_minute_and_refunded() {
        let share = Share::new(10);

        let spent = (0..50).filter(|_| share.spend(300)).count();
        assert_eq!((spent, share.has_left(300)), (30, false));

        share.refund();
        assert!(share.spend(300));
        advance(MINUTE).await;
        assert!(share.has_left(300));
    }
}
