//! The arithmetic of the request budget, at whatever time it is told; it never waits.
//!
//! The limit is kept by remembering every request of the last minute, so it can be used to the
//! full and not be broken. A tenth of it may leave at once, for a handful of webhooks should
//! not queue; beyond that requests are spread evenly, for a busy client should not spend its
//! minute in seconds and then be deaf to news until the next.

use std::{collections::VecDeque, time::Duration};

use tokio::time::Instant;

/// HeyMilo's minute, and some more for requests that spend different times on their way.
pub(super) const WINDOW: Duration = Duration::from_millis(60_250);

/// Who comes this little late keeps the beat; a longer silence starts a new one.
///
/// Without it, the rounding of timers would cost a part of the budget.
const CATCH_UP: Duration = Duration::from_millis(100);

/// How long to pause after the first refusal that does not say how long; doubled for the next.
const FIRST_PAUSE: Duration = Duration::from_secs(10);

/// No pause is shorter: a refusal that says "wait 0 seconds" would be repeated in a tight loop.
const MIN_PAUSE: Duration = Duration::from_secs(1);

/// No pause is longer: one request after it is cheap, and a mistaken header would stop us.
const MAX_PAUSE: Duration = Duration::from_secs(15 * 60);

/// The requests of the last minute, and what they leave for the next.
pub(super) struct Ledger {
    limit: usize,
    /// When the permits of the last [`WINDOW`] were taken, oldest first.
    taken: VecDeque<Instant>,
    /// When the next evenly spread permit is due.
    next: Instant,
    paused_until: Instant,
    /// Refusals in a row that did not say how long to wait.
    refusals: u32,
}

impl Ledger {
    /// Opens the books of a key that allows `limit` requests a minute.
    pub(super) fn new(limit: u32, now: Instant) -> Self {
        let limit = usize::try_from(limit).expect("32 bits fit into a usize");
        Self { limit, taken: VecDeque::new(), next: now, paused_until: now, refusals: 0 }
    }

    /// Returns when a permit may be taken; at once if that is not after `now`.
    pub(super) fn due(&mut self, now: Instant) -> Instant {
        while self.taken.front().is_some_and(|&oldest| oldest + WINDOW <= now) {
            self.taken.pop_front();
        }
        let due = match self.taken.front() {
            Some(&oldest) if self.taken.len() >= self.limit => oldest + WINDOW,
            Some(_) if self.taken.len() >= self.limit.div_ceil(10) => self.next,
            _ => now,
        };
        due.max(self.paused_until)
    }

    /// Books a request; to be called when one is due.
    pub(super) fn take(&mut self, now: Instant) {
        let spacing = WINDOW.div_f64(self.limit as f64);
        let on_beat = self.next <= now && now < self.next + spacing.max(CATCH_UP);
        let beat = if on_beat { self.next } else { now };
        self.next = beat + spacing;
        self.taken.push_back(now);
    }

    /// Strikes out a request that was not sent after all.
    pub(super) fn give_back(&mut self, taken_at: Instant) {
        if let Ok(index) = self.taken.binary_search(&taken_at) {
            self.taken.remove(index);
        }
    }

    /// Puts off everything for a while.
    pub(super) fn pause(&mut self, now: Instant, wait: Duration) {
        self.paused_until = self.paused_until.max(now + wait.min(MAX_PAUSE));
    }

    /// Books a 429 and returns how long everything is put off.
    pub(super) fn refused(&mut self, now: Instant, wait: Option<Duration>) -> Duration {
        if let Some(wait) = wait {
            self.pause(now, wait.max(MIN_PAUSE));
        } else if self.paused_until <= now {
            // Requests that were under way together are refused together, and count once.
            self.pause(now, FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(self.refusals)));
            self.refusals += 1;
        }
        self.paused_until - now
    }

    /// Books that HeyMilo took a request, so that the next refusal is a first one.
    pub(super) fn accepted(&mut self) {
        self.refusals = 0;
    }
}

#[cfg(test)]
mod tests {
    use std::iter::repeat_with;

    use super::*;

    #[test]
    fn refusals_without_a_time_pause_longer_and_longer_until_a_success() {
        let mut now = Instant::now();
        let mut ledger = Ledger::new(300, now);
        let mut refused = |ledger: &mut Ledger| {
            let wait = ledger.refused(now, None);
            assert_eq!(ledger.refused(now, None), wait, "refused together, counted once");
            now += wait;
            wait.as_secs()
        };

        let waits: Vec<_> = repeat_with(|| refused(&mut ledger)).take(9).collect();
        assert_eq!(waits, [10, 20, 40, 80, 160, 320, 640, 900, 900]);

        ledger.accepted();
        assert_eq!(refused(&mut ledger), 10);
    }

    #[test]
    fn a_pause_is_never_a_tight_loop_nor_for_ever() {
        let now = Instant::now();

        assert_eq!(Ledger::new(300, now).refused(now, Some(Duration::ZERO)), MIN_PAUSE);
        assert_eq!(Ledger::new(300, now).refused(now, Some(Duration::MAX)), MAX_PAUSE);
    }
}
