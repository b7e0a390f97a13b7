//! The simulated time: real time, sped up, and moved by hand in tests. A faster time never passes
//! the real time.

use std::{sync::Mutex, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::Instant;

/// The simulated clock.
#[derive(Debug)]
pub struct Clock {
    start: DateTime<Utc>,
    started: Instant,
    speed: f64,
    advanced: Mutex<Duration>,
}

impl Clock {
    /// Starts at `start`, or at the real time.
    pub fn new(start: Option<DateTime<Utc>>, speed: f64) -> Self {
        let start = start.unwrap_or_else(Utc::now);
        Self { start, started: Instant::now(), speed, advanced: Mutex::default() }
    }

    /// The simulated time.
    pub fn now(&self) -> DateTime<Utc> {
        let advanced = *self.advanced.lock().expect("no panic while the lock is held");
        let elapsed = self.started.elapsed();
        let sped_up = elapsed.mul_f64(self.speed) + advanced;
        let passed =
            if self.speed > 1.0 { sped_up.min(self.until_now().max(advanced)) } else { sped_up };
        self.start + TimeDelta::from_std(passed).expect("a simulation lasts less than an age")
    }

    /// How long ago the simulation began, in real time.
    fn until_now(&self) -> Duration {
        (Utc::now() - self.start).to_std().unwrap_or_default()
    }

    /// The simulated time as the API writes it.
    pub fn unix(&self) -> f64 {
        unix(self.now())
    }

    /// Moves the time forward.
    pub fn advance(&self, by: Duration) {
        *self.advanced.lock().expect("no panic while the lock is held") += by;
    }

    /// The real seconds that the caller waits for simulated ones.
    pub fn real_seconds(&self, simulated: f64) -> f64 {
        // A stopped clock is moved by hand, in simulated seconds.
        if self.speed > 0.0 { simulated / self.speed } else { simulated }
    }
}

/// Writes an instant as Unix seconds.
pub fn unix(at: DateTime<Utc>) -> f64 {
    at.timestamp_micros() as f64 / 1e6
}

/// Rounds to milliseconds, so that a time stays equal when it is written and read.
pub fn to_millis(seconds: f64) -> f64 {
    (seconds * 1_000.0).round() / 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_that_is_sped_up_never_passes_the_real_time() {
        let behind = Clock::new(Some(Utc::now() - TimeDelta::days(1)), 60.0);
        assert!(behind.now() < Utc::now() - TimeDelta::hours(23));
        behind.advance(Duration::from_secs(24 * 60 * 60 - 1));
        assert!(behind.now() <= Utc::now());

        let ahead = Clock::new(None, 1e9);
        assert!(ahead.now() <= Utc::now());
        let by_hand = Clock::new(None, 0.0);
        by_hand.advance(Duration::from_secs(3600));
        assert!(by_hand.now() > Utc::now());
    }
}
