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
    /// Says that an interview is due.
    pub fn jobs(&self) {
        self.jobs.notify_one();
    }

    /// Says that a list is due.
    pub fn lists(&self) {
        self.lists.notify_one();
    }

    /// Waits until an interview is said to be due.
    pub async fn jobs_due(&self) {
        self.jobs.notified().await;
    }

    /// Waits until a list is said to be due.
    pub async fn lists_due(&self) {
        self.lists.notified().await;
    }
}
