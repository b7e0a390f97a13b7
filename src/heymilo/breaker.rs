//! A circuit breaker. After some failures in a row, only one request at a time is let through, to
//! check whether the API is back.

use std::time::Duration;

use tokio::time::Instant;

/// After 10 failures in a row without an answer, the API is down, and not a single subject at
/// fault.
const FAILURES: u32 = 10;

/// Counts the failures of one key's requests.
#[derive(Debug)]
pub(super) struct Breaker {
    interval: Duration,
    failures: u32,
    /// When to ask the API again. `None` while the API is not down.
    ask_at: Option<Instant>,
    /// The cause of the last failure.
    cause: String,
    /// Whether the last change was reported.
    is_reported: bool,
}

/// A change of the API's state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApiChange {
    /// The API does not answer any longer. Holds the error and the address.
    Down(String),
    /// The API answers again.
    Back,
}

impl Breaker {
    /// Asks an API that is down once every `interval`.
    pub(super) fn new(interval: Duration) -> Self {
        Self { interval, failures: 0, ask_at: None, cause: String::new(), is_reported: true }
    }

    /// Whether the API counts as down.
    pub(super) fn is_down(&self) -> bool {
        self.ask_at.is_some()
    }

    /// Whether a request may leave now. Otherwise returns when to ask again.
    pub(super) fn may_leave(&self, now: Instant) -> Result<(), Instant> {
        match self.ask_at {
            Some(at) if at > now => Err(at),
            _ => Ok(()),
        }
    }

    /// Records that a request leaves. While the API is down, the next request waits for an
    /// interval, whether or not this one succeeds.
    pub(super) fn leaves(&mut self, now: Instant) {
        if self.is_down() {
            self.ask_at = Some(now + self.interval);
        }
    }

    /// Records that the API did not answer a request, and why.
    pub(super) fn failed(&mut self, now: Instant, cause: String) {
        self.cause = cause;
        self.failures = self.failures.saturating_add(1);
        if self.failures >= FAILURES && !self.is_down() {
            self.ask_at = Some(now + self.interval);
            self.is_reported = !self.is_reported;
        }
    }

    /// Records that the API answered, even with a refusal.
    pub(super) fn answered(&mut self) {
        self.failures = 0;
        if self.ask_at.take().is_some() {
            self.is_reported = !self.is_reported;
        }
    }

    /// The change since the last call. `None` when nothing changed.
    pub(super) fn take_change(&mut self) -> Option<ApiChange> {
        let is_reported = std::mem::replace(&mut self.is_reported, true);
        (!is_reported).then(|| {
            if self.is_down() { ApiChange::Down(self.cause.clone()) } else { ApiChange::Back }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: Duration = Duration::from_secs(10);

    fn down(now: Instant) -> Breaker {
        let mut breaker = Breaker::new(INTERVAL);
        for _ in 0..FAILURES {
            breaker.failed(now, "refused".to_owned());
        }
        breaker
    }

    #[test]
    fn a_failure_among_answers_stops_nothing() {
        let (now, mut breaker) = (Instant::now(), Breaker::new(INTERVAL));

        for _ in 0..100 {
            for _ in 1..FAILURES {
                breaker.failed(now, "refused".to_owned());
            }
            breaker.answered();
        }

        assert_eq!(breaker.may_leave(now), Ok(()));
        assert_eq!(breaker.take_change(), None);
    }

    #[test]
    fn an_api_that_is_down_is_asked_once_an_interval() {
        let now = Instant::now();
        let mut breaker = down(now);
        assert_eq!(breaker.may_leave(now), Err(now + INTERVAL));

        let later = now + INTERVAL;
        assert_eq!(breaker.may_leave(later), Ok(()));
        breaker.leaves(later);

        assert_eq!(breaker.may_leave(later), Err(later + INTERVAL));
        breaker.failed(later, "refused".to_owned());
        assert_eq!(breaker.may_leave(later), Err(later + INTERVAL));
    }

    #[test]
    fn one_answer_opens_the_way_again() {
        let now = Instant::now();
        let mut breaker = down(now);

        breaker.answered();

        assert_eq!(breaker.may_leave(now), Ok(()));
    }

    #[test]
    fn each_change_is_reported_once() {
        let now = Instant::now();
        let mut breaker = down(now);
        assert_eq!(
            [breaker.take_change(), breaker.take_change()],
            [Some(ApiChange::Down("refused".to_owned())), None]
        );

        breaker.answered();
        assert_eq!([breaker.take_change(), breaker.take_change()], [Some(ApiChange::Back), None]);

        let mut breaker = down(now);
        breaker.answered();
        assert_eq!(breaker.take_change(), None);
    }
}
