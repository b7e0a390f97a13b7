//! The pauses in which no request may leave because HeyMilo refused one.

use std::time::Duration;

use tokio::time::Instant;

/// The pause after the first refusal that does not say how long. It doubles with each further one.
const FIRST_PAUSE: Duration = Duration::from_secs(10);
/// The shortest pause. A refusal that says "wait 0 seconds" would be repeated in a tight loop.
const MIN_PAUSE: Duration = Duration::from_secs(1);
/// The longest pause. One request after it is cheap, and a wrong header could stop us for hours.
const MAX_PAUSE: Duration = Duration::from_secs(15 * 60);
/// The pauses of one key.
#[derive(Debug)]
pub(super) struct Pauses {
    until: Instant,
    /// Refusals in a row that did not say how long to wait.
    refusals: u32,
}

impl Pauses {
    pub(super) fn new(now: Instant) -> Self {
        Self { until: now, refusals: 0 }
    }

    /// Until when no request may leave.
    pub(super) fn until(&self) -> Instant {
        self.until
    }

    /// Records that HeyMilo accepted a request.
    pub(super) fn accepted(&mut self) {
        self.refusals = 0;
    }

    /// Lets no request leave for `wait`.
    pub(super) fn extend(&mut self, now: Instant, wait: Duration) {
        self.until = self.until.max(now + wait.min(MAX_PAUSE));
    }

    /// Records a refusal. Returns how long no request leaves.
    pub(super) fn refused(&mut self, now: Instant, wait: Option<Duration>) -> Duration {
        if let Some(wait) = wait {
            self.extend(now, wait.max(MIN_PAUSE));
        } else if self.until <= now {
            // Requests that were under way together are refused together, and count as one refusal.
            self.extend(now, FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(self.refusals)));
            self.refusals += 1;
        }
        self.until - now
    }
}

#[cfg(test)]
mod tests {
    use std::iter::repeat_with;

    use super::*;

    #[test]
    fn refusals_without_a_time_pause_longer_and_longer_until_a_success() {
        let mut now = Instant::now();
        let mut pauses = Pauses { until: now, refusals: 0 };
        let refused = || {
            let wait = pauses.refused(now, None);
            assert_eq!(pauses.refused(now, None), wait, "refused together, counted once");
            now += wait;
            wait.as_secs()
        };

        let waits: Vec<_> = repeat_with(refused).take(9).collect();

        assert_eq!(waits, [10, 20, 40, 80, 160, 320, 640, 900, 900]);
    }

    #[test]
    fn a_pause_is_never_a_tight_loop_nor_for_ever() {
        let now = Instant::now();
        let refused = |wait| Pauses { until: now, refusals: 0 }.refused(now, Some(wait));

        assert_eq!(refused(Duration::ZERO), MIN_PAUSE);
        assert_eq!(refused(Duration::MAX), MAX_PAUSE);
    }
}
