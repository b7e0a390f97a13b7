//! Stops work that hangs. Work either waits for something with a timeout of its own, such as a
//! request, or is busy, and busy time is bounded.

use std::{
    future::Future,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use tokio::{
    task_local,
    time::{Instant, sleep},
};

task_local! {
    static CURRENT: Progress;
}

/// The progress of one piece of work.
#[derive(Debug, Clone)]
struct Progress(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    waits: usize,
    busy_since: Instant,
}

/// While this value lives, the work counts as waiting.
#[must_use]
pub struct Waiting(Progress);

/// The work was busy for longer than its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hung;

/// Runs `work` and stops it when it is busy for longer than `limit` without a wait.
pub async fn watched<T>(limit: Duration, work: impl Future<Output = T>) -> Result<T, Hung> {
    let state = State { waits: 0, busy_since: Instant::now() };
    let progress = Progress(Arc::new(Mutex::new(state)));
    tokio::select! {
        done = CURRENT.scope(progress.clone(), work) => Ok(done),
        () = progress.hangs(limit) => Err(Hung),
    }
}

/// Marks the watched work of this task as waiting for something with a timeout of its own. `None`
/// when no work is watched.
pub fn wait() -> Option<Waiting> {
    let progress = CURRENT.try_with(Clone::clone).ok()?;
    progress.state().waits += 1;
    Some(Waiting(progress))
}

impl Progress {
    async fn hangs(&self, limit: Duration) {
        while let Some(left) = limit.checked_sub(self.busy_for()) {
            sleep(left.max(Duration::from_millis(1))).await;
        }
    }

    /// The time since the last wait. Zero during a wait.
    fn busy_for(&self) -> Duration {
        let state = self.state();
        if state.waits > 0 { Duration::ZERO } else { state.busy_since.elapsed() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("no panic happens under this lock")
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.waits -= 1;
        state.busy_since = Instant::now();
    }
}

/// A loop's sign of progress, given on each turn. Clones belong to the same loop.
#[derive(Debug, Clone, Default)]
pub struct Pulse(Arc<Mutex<Option<Instant>>>);

impl Pulse {
    /// Records that the loop makes a turn.
    pub fn beat(&self) {
        *self.state() = Some(Instant::now());
    }

    /// Records that the loop has ended.
    pub fn end(&self) {
        *self.state() = None;
    }

    /// The time since the loop's last turn. Zero while it does not run.
    pub fn age(&self) -> Duration {
        self.state().map_or(Duration::ZERO, |at| at.elapsed())
    }

    fn state(&self) -> MutexGuard<'_, Option<Instant>> {
        self.0.lock().expect("no panic happens under this lock")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(5);

    #[tokio::test(start_paused = true)]
    async fn work_that_waits_is_not_stopped() {
        let work = async {
            for _ in 0..3 {
                sleep(LIMIT / 2).await;
                let _waiting = wait();
                sleep(LIMIT * 10).await;
            }
        };

        assert_eq!(watched(LIMIT, work).await, Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn work_that_is_busy_for_too_long_is_stopped() {
        let began = Instant::now();
        let work = async {
            drop(wait());
            sleep(LIMIT * 10).await;
        };

        assert_eq!(watched(LIMIT, work).await, Err(Hung));
        assert_eq!(began.elapsed().as_secs(), LIMIT.as_secs());
    }
}
