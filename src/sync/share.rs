//! A share of the rate limit for requests that may well be in vain.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::time::Instant;

/// The time that the rate limit is about.
const MINUTE: Duration = Duration::from_secs(60);

/// Bounds what deliveries cause that changes nothing: repeated deliveries, unknown interviews, and lists that
/// a delivery made due. Clones share it.
#[derive(Debug, Clone)]
pub struct Share {
    percent: u32,
    spent: Arc<Mutex<VecDeque<Instant>>>,
}

impl Share {
    /// Allows so many percent of a limit.
    pub fn new(percent: u32) -> Self {
        Self { percent, spent: Arc::default() }
    }

    /// Whether there is anything left of the share of a limit of requests a minute.
    pub fn has_left(&self, limit: u32) -> bool {
        self.with(|spent| (spent.len() as u32) < self.most(limit))
    }

    /// Spends a request of the share. Returns whether there was one left.
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

    /// Gives a request back that was not in vain.
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
