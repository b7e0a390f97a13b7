//! When to retry and when to look again. Pure arithmetic.

use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBuilder};

use crate::store::jobs::Look;

/// The delay after the first failed attempt.
const FIRST_RETRY: Duration = Duration::from_secs(2);
/// The longest delay between two attempts.
pub const LONGEST_RETRY: Duration = Duration::from_secs(15 * 60);
/// The delay of the first look at an interview whose results are being computed.
const EVALUATING_LOOK: Duration = Duration::from_secs(30);
/// The delay of the first look at an interview that is under way or not ready.
const UNFINISHED_LOOK: Duration = Duration::from_secs(5 * 60);
/// Beyond this delay there is no further look, and the list shows the next change.
const LONGEST_LOOK: Duration = Duration::from_secs(24 * 60 * 60);

/// The look at an interview after a delivery that led to an unchanged answer, because the delivery
/// may have come before the change.
pub const LOOK_AFTER_DELIVERY: Look = Look { number: 0, delay: Duration::from_secs(30) };

/// The delay before the next attempt. It doubles with each failure. Jitter spreads jobs that failed
/// together.
pub fn retry_delay(attempt: i32) -> Duration {
    let doublings = usize::try_from(attempt - 1).unwrap_or_default();
    ExponentialBuilder::new()
        .with_min_delay(FIRST_RETRY)
        .with_max_delay(LONGEST_RETRY)
        .with_jitter()
        .without_max_times()
        .build()
        .nth(doublings)
        .unwrap_or(LONGEST_RETRY)
}

/// The next look at an interview that `number` looks in a row found unchanged and unfinished.
/// `None` when the interview is finished or not begun, or when the delay would exceed
/// [`LONGEST_LOOK`].
pub fn next_look(status: Option<&str>, number: i32) -> Option<Look> {
    let first = match status {
        Some("evaluating") => EVALUATING_LOOK,
        Some("in_progress" | "not_ready") => UNFINISHED_LOOK,
        _ => return None,
    };
    let factor = 2_u32.checked_pow(u32::try_from(number).ok()?)?;
    let delay = first.checked_mul(factor)?;
    (delay <= LONGEST_LOOK).then_some(Look { number, delay })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn delays_double_up_to_the_longest() {
        for (attempt, least) in [(1, 2), (2, 4), (3, 8), (9, 512), (10, 900), (500, 900)] {
            let delay = retry_delay(attempt);

            // Jitter adds at most the delay itself.
            assert!(delay >= least * SECOND, "{attempt}: {delay:?}");
            assert!(delay <= 2 * least * SECOND, "{attempt}: {delay:?}");
        }
    }

    #[test]
    fn an_evaluating_interview_is_looked_at_again_soon() {
        let look = next_look(Some("evaluating"), 0);

        assert_eq!(look, Some(Look { number: 0, delay: 30 * SECOND }));
    }

    #[test]
    fn looks_in_vain_become_rarer_and_end() {
        let delay = |number| next_look(Some("in_progress"), number).map(|look| look.delay);

        assert_eq!(delay(0), Some(300 * SECOND));
        assert_eq!(delay(8), Some(76_800 * SECOND));
        assert_eq!(delay(9), None);
        assert_eq!(delay(i32::MAX), None);
    }

    #[test]
    fn a_finished_interview_is_not_looked_at_again() {
        for status in [Some("completed"), Some("knocked_out"), Some("a new word"), None] {
            assert_eq!(next_look(status, 0), None);
        }
    }

    #[test]
    fn an_interview_that_was_not_begun_is_left_to_its_list() {
        assert_eq!(next_look(Some("pending"), 0), None);
    }
}
