//! How long jobs have been in flight without one of them being settled.

use std::{sync::Mutex, time::Duration};

use tokio::time::Instant;

/// The number of settled jobs when it last changed, and the time of that. `None` while no job is in
/// hand.
#[derive(Debug, Default)]
pub(super) struct Stall(Mutex<Option<(usize, Instant)>>);

impl Stall {
    /// Compares with the numbers of the last call. `None` while no job is in flight.
    pub(super) fn held_for(&self, in_flight: i32, settled: usize) -> Option<Duration> {
        let mut seen = self.0.lock().expect("no panic happens under this lock");
        let is_same = seen.is_some_and(|(earlier, _)| earlier == settled);
        if in_flight == 0 {
            *seen = None;
        } else if !is_same {
            *seen = Some((settled, Instant::now()));
        }
        seen.map(|(_, since)| since.elapsed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn only_jobs_of_which_none_is_settled_are_held() {
        let (stall, minute) = (Stall::default(), Duration::from_secs(60));
        assert_eq!(stall.held_for(0, 0), None);
        assert_eq!(stall.held_for(3, 0), Some(Duration::ZERO));
        tokio::time::advance(minute).await;
        assert_eq!(stall.held_for(3, 0), Some(minute));

        assert_eq!(stall.held_for(3, 1), Some(Duration::ZERO), "one was settled");
        tokio::time::advance(minute).await;
        assert_eq!(stall.held_for(0, 1), None);
        assert_eq!(stall.held_for(1, 1), Some(Duration::ZERO));
    }
}
