//! When to retry and when to look again. Pure arithmetic.

use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBuilder};

use crate::{
    config::{Recheck, Worker},
    store::jobs::Look,
};

/// The look at an interview after a delivery that led to an unchanged answer, because the delivery
/// may have come before the change.
pub const LOOK_AFTER_DELIVERY: Look = Look { number: 0, delay: Duration::from_secs(30) };

/// The delay before the next attempt. It doubles with each failure. Jitter spreads jobs that failed
/// together.
pub fn retry_delay(settings: &Worker, attempt: i32) -> Duration {
    let doublings = usize::try_from(attempt - 1).unwrap_or_default();
    ExponentialBuilder::new()
        .with_min_delay(settings.first_retry)
        .with_max_delay(settings.longest_retry)
        .with_jitter()
        .without_max_times()
        .build()
        .nth(doublings)
        .unwrap_or(settings.longest_retry)
}

/// The next look at an interview that `number` looks in a row found unchanged and unfinished.
/// `None` when the interview is finished or not begun, or when the delay would exceed
/// `settings.longest`. The list then shows its next change.
pub fn next_look(settings: &Recheck, status: Option<&str>, number: i32) -> Option<Look> {
    let first = match status {
        Some("evaluating") => settings.evaluating,
        Some("in_progress" | "not_ready") => settings.unfinished,
        _ => return None,
    };
    let factor = 2_u32.checked_pow(u32::try_from(number).ok()?)?;
    let delay = first.checked_mul(factor)?;
    (delay <= settings.longest).then_some(Look { number, delay })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn worker() -> Worker {
        Worker {
            concurrency: 1,
            max_in_flight_bytes: 1,
            first_retry: 5 * SECOND,
            longest_retry: 60 * SECOND,
        }
    }

    fn recheck() -> Recheck {
        Recheck { evaluating: 30 * SECOND, unfinished: 300 * SECOND, longest: 1200 * SECOND }
    }

    #[test]
    fn delays_double_up_to_the_longest() {
        for (attempt, least) in [(1, 5), (2, 10), (3, 20), (4, 40), (5, 60), (500, 60)] {
            let delay = retry_delay(&worker(), attempt);

            // Jitter adds at most the delay itself.
            assert!(delay >= least * SECOND, "{attempt}: {delay:?}");
            assert!(delay <= 2 * least * SECOND, "{attempt}: {delay:?}");
        }
    }

    #[test]
    fn an_evaluating_interview_is_looked_at_again_soon() {
        let look = next_look(&recheck(), Some("evaluating"), 0);

        assert_eq!(look, Some(Look { number: 0, delay: 30 * SECOND }));
    }

    #[test]
    fn looks_in_vain_become_rarer_and_end() {
        let delay =
            |number| next_look(&recheck(), Some("in_progress"), number).map(|look| look.delay);

        assert_eq!(delay(0), Some(300 * SECOND));
        assert_eq!(delay(2), Some(1200 * SECOND));
        assert_eq!(delay(3), None);
        assert_eq!(delay(i32::MAX), None);
    }

    #[test]
    fn a_finished_interview_is_not_looked_at_again() {
        for status in [Some("completed"), Some("knocked_out"), Some("a new word"), None] {
            assert_eq!(next_look(&recheck(), status, 0), None);
        }
    }

    #[test]
    fn an_interview_that_was_not_begun_is_left_to_its_list() {
        assert_eq!(next_look(&recheck(), Some("pending"), 0), None);
    }
}
