//! What wakes the workers of a workspace.

use std::sync::Arc;

use tokio::sync::Notify;

/// Rings for those who wait for interviews to become due. Clones ring the same.
#[derive(Debug, Clone, Default)]
pub struct Wake {
    work: Arc<Notify>,
    news: Arc<Notify>,
}

impl Wake {
    /// Something is due.
    pub fn work(&self) {
        self.work.notify_one();
    }

    /// Something is due that a delivery named.
    pub fn news(&self) {
        self.news.notify_one();
        self.work.notify_one();
    }

    /// Waits until something is due; `only_news`: that a delivery named.
    pub async fn rung(&self, only_news: bool) {
        let bell = if only_news { &self.news } else { &self.work };
        bell.notified().await;
    }
}
