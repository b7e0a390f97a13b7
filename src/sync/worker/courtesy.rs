//! What deliveries name goes first: while some of it is in hand, the others put off writing.

use std::time::Duration;

use tokio::{sync::watch, time};

/// For how long, at most: a backfill goes on under whatever deliveries.
const AT_MOST: Duration = Duration::from_millis(50);

/// How many jobs that deliveries name are in hand. Clones count together.
#[derive(Debug, Clone)]
pub struct Courtesy(watch::Sender<usize>);

/// Counts as in hand until this is dropped.
#[derive(Debug)]
pub struct News<'a> {
    courtesy: &'a Courtesy,
    jobs: usize,
}

impl Courtesy {
    /// Begins with none.
    pub fn new() -> Self {
        Self(watch::Sender::new(0))
    }

    /// Counts jobs.
    pub fn news(&self, jobs: usize) -> News<'_> {
        self.0.send_modify(|in_hand| *in_hand += jobs);
        News { courtesy: self, jobs }
    }

    /// Waits until none are in hand, or long enough.
    pub async fn wait(&self) {
        let mut in_hand = self.0.subscribe();
        time::timeout(AT_MOST, in_hand.wait_for(|in_hand| *in_hand == 0)).await.ok();
    }
}

impl Drop for News<'_> {
    fn drop(&mut self) {
        self.courtesy.0.send_modify(|in_hand| *in_hand -= self.jobs);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::poll;
    use tokio::time::Instant;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_others_wait_for_what_is_in_hand_and_not_for_ever() {
        let courtesy = Courtesy::new();
        let began = Instant::now();
        courtesy.wait().await;
        let (one, other) = (courtesy.news(1), courtesy.news(2));
        let mut waiting = Box::pin(courtesy.wait());
        drop(one);
        assert!(poll!(&mut waiting).is_pending());
        drop(other);
        assert!(poll!(&mut waiting).is_ready());
        assert_eq!(began.elapsed(), Duration::ZERO);

        let _stuck = courtesy.news(1);
        courtesy.wait().await;

        assert_eq!(began.elapsed(), AT_MOST);
    }
}
