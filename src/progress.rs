//! Whether a loop makes progress: it waits for something that has an end of its own, or it works, and then
//! not for long. What works for too long hangs.

use std::{
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use tokio::time::Instant;

/// The progress of one loop. Clones tell of the same loop.
#[derive(Debug, Clone)]
pub struct Progress(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    waits: usize,
    working_since: Instant,
}

/// The loop waits as long as this lives.
#[must_use]
pub struct Waiting(Progress);

impl Default for Progress {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(State { waits: 0, working_since: Instant::now() })))
    }
}

impl Progress {
    /// Says that the loop waits for something that has an end of its own, such as a request's timeout.
    pub fn wait(&self) -> Waiting {
        self.state().waits += 1;
        Waiting(self.clone())
    }

    /// The time since the loop last waited. Zero while it waits.
    pub fn working_for(&self) -> Duration {
        let state = self.state();
        if state.waits > 0 { Duration::ZERO } else { state.working_since.elapsed() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("no panic happens under this lock")
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.waits -= 1;
        state.working_since = Instant::now();
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[tokio::test(start_paused = true)]
    async fn work_is_timed_from_the_last_wait() {
        let progress = Progress::default();
        advance(MINUTE).await;
        assert_eq!(progress.working_for(), MINUTE);

        let (first, second) = (progress.wait(), progress.wait());
        advance(MINUTE).await;
        drop(first);
        assert_eq!(progress.working_for(), Duration::ZERO);

        drop(second);
        advance(MINUTE).await;
        assert_eq!(progress.working_for(), MINUTE);
    }
}
