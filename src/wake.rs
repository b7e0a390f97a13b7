//! Wakes the loops of a workspace when jobs or lists become due.

use std::sync::Arc;

use tokio::sync::Notify;

/// Wakes the loops of one workspace in this process. Clones wake the same loops.
#[derive(Debug, Clone, Default)]
pub struct Wake {
    jobs: Arc<Notify>,
    lists: Arc<Notify>,
}

impl Wake {
    /// Wakes the loop that fetches interviews.
    pub fn jobs(&self) {
        self.jobs.notify_one();
    }

    /// Wakes the loop that reads lists.
    pub fn lists(&self) {
        self.lists.notify_one();
    }

    /// Waits until an interview becomes due.
    pub async fn jobs_due(&self) {
        self.jobs.notified().await;
    }

    /// Waits until a list becomes due.
    pub async fn lists_due(&self) {
        self.lists.notified().await;
    }
}
