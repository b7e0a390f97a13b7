//! The rate limit as a sliding window. Pure arithmetic on times.
//!
//! Each request counts for a minute and the longest jitter, so the limit is used to 99 % and never
//! exceeded. Requests leave evenly, so that the minute's requests are not spent in its first
//! seconds. After a quiet time some may leave early. Each early request slows the others slightly
//! for a minute.

use std::{collections::VecDeque, time::Duration};

use tokio::time::Instant;

use crate::records::Urgency;

/// The period of HeyMilo's rate limit.
const MINUTE: Duration = Duration::from_secs(60);
/// The longest difference between the travel times of two requests.
const MAX_JITTER: Duration = Duration::from_millis(450);
/// How long a request counts.
pub(super) const WINDOW: Duration = MINUTE.saturating_add(MAX_JITTER);
/// A time without requests is made up for by at most 2 s of requests.
const CATCH_UP: Duration = Duration::from_secs(2);
/// One in 15 requests of a minute may leave early: 20 of 300. With [`CATCH_UP`] at most 30 leave at
/// once.
const EARLY_SHARE: usize = 15;

/// The requests of the last minute, and the limit for more.
#[derive(Debug)]
pub(super) struct Window {
    /// The rate limit of the settings, in requests a minute.
    setting: u32,
    /// The rate limit that HeyMilo's answers last stated, in requests a minute.
    stated: Option<u32>,
    /// The requests a minute that are lent to commands.
    lent: u32,
    /// In the order in which they stop counting.
    sent: VecDeque<Sent>,
    early: usize,
    next_at: Option<Instant>,
}

#[derive(Debug)]
struct Sent {
    counts_until: Instant,
    /// `None` for a request that another process or another user of the key made.
    urgency: Option<Urgency>,
    is_early: bool,
}

impl Window {
    pub(super) fn new(setting: u32) -> Self {
        Self {
            setting: setting.max(1),
            stated: None,
            lent: 0,
            sent: VecDeque::new(),
            early: 0,
            next_at: None,
        }
    }

    /// The requests a minute that may be sent.
    pub(super) fn limit(&self) -> u32 {
        let limit = self.stated.map_or(self.setting, |stated| stated.min(self.setting));
        limit.saturating_sub(self.lent).max(1)
    }

    pub(super) fn stated_limit(&self) -> Option<u32> {
        self.stated
    }

    pub(super) fn lent(&self) -> u32 {
        self.lent
    }

    pub(super) fn lend(&mut self, lent: u32) {
        self.lent = lent;
    }

    /// Sends a request, or returns when to ask again.
    pub(super) fn send(&mut self, now: Instant, urgency: Urgency) -> Result<(), Instant> {
        self.forget(now);
        let limit = self.limit() as usize;
        if let Some(first) = self.sent.front().filter(|_| self.sent.len() >= limit) {
            return Err(first.counts_until);
        }
        let next_at = self.next_at.unwrap_or(now);
        let is_early = next_at > now;
        // Half of the early requests is kept for commands, deliveries and changes.
        let share = if urgency.is_fresh() { EARLY_SHARE } else { 2 * EARLY_SHARE };
        if is_early && self.early >= limit / share {
            return Err(next_at);
        }
        if is_early {
            self.early += 1;
        } else {
            let spacing =
                WINDOW / u32::try_from((limit - self.early.min(limit - 1)).max(1)).unwrap_or(1);
            self.next_at = Some(next_at.max(now.checked_sub(CATCH_UP).unwrap_or(now)) + spacing);
        }
        self.sent.push_back(Sent { counts_until: now + WINDOW, urgency: Some(urgency), is_early });

        Ok(())
    }

    /// Adopts the limit that an answer stated.
    pub(super) fn learn_limit(&mut self, stated: u32) {
        self.stated = Some(stated.max(1));
    }

    /// Learns from the answer to a request that left at `sent_at` how many more are allowed until
    /// `reset`. Missing ones were sent by another user of the key.
    pub(super) fn learn_remaining(
        &mut self,
        now: Instant,
        remaining: u32,
        sent_at: Instant,
        reset: Option<Duration>,
    ) {
        self.forget(now);
        // HeyMilo may or may not have counted requests that left after that one.
        let counted = self.limit().saturating_sub(remaining) as usize;
        let others = counted.saturating_sub(self.sent.len());
        self.count(others, sent_at + reset.unwrap_or(WINDOW).min(WINDOW));
    }

    /// Counts requests of other processes until a given time.
    pub(super) fn count(&mut self, requests: usize, counts_until: Instant) {
        let at = self.sent.partition_point(|sent| sent.counts_until <= counts_until);
        for _ in 0..requests.min(self.limit() as usize) {
            self.sent.insert(at, Sent { counts_until, urgency: None, is_early: false });
        }
    }

    /// The requests of the last minute by the second before `now` in which they left.
    pub(super) fn by_second(&mut self, now: Instant) -> Vec<i32> {
        self.forget(now);
        let mut seconds = vec![0; WINDOW.as_secs() as usize + 1];
        for sent in &self.sent {
            let left = sent.counts_until.saturating_duration_since(now);
            let second = (WINDOW.saturating_sub(left)).as_secs() as usize;
            let last = seconds.len() - 1;
            seconds[second.min(last)] += 1;
        }
        seconds
    }

    /// The number of requests of the last minute with this urgency. `None` means requests of
    /// others.
    pub(super) fn used(&self, urgency: Option<Urgency>) -> usize {
        self.sent.iter().filter(|sent| sent.urgency == urgency).count()
    }

    fn forget(&mut self, now: Instant) {
        while self.sent.front().is_some_and(|first| first.counts_until <= now) {
            let first = self.sent.pop_front().expect("there is a first");
            self.early -= usize::from(first.is_early);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const LIMIT: u32 = 300;

    /// Sends whenever it may, for `time`. Returns when each request left.
    fn send_for(window: &mut Window, from: Instant, time: Duration) -> Vec<Instant> {
        let (mut now, mut left) = (from, Vec::new());
        while now < from + time {
            match window.send(now, Urgency::Backfill) {
                Ok(()) => left.push(now),
                Err(at) => now = at.max(now + Duration::from_millis(1)),
            }
        }
        left
    }

    fn most_in_a_minute(arrivals: &mut [Instant]) -> usize {
        arrivals.sort_unstable();
        let within = |(at, first): (usize, &Instant)| {
            arrivals[at..].iter().take_while(|later| **later < *first + MINUTE).count()
        };
        arrivals.iter().enumerate().map(within).max().unwrap_or_default()
    }

    #[test]
    fn limit_is_used_and_never_broken_behind_jitter() {
        for limit in [7, LIMIT] {
            let mut window = Window::new(limit);
            let mut random = fastrand::Rng::with_seed(1);

            let left = send_for(&mut window, Instant::now(), MINUTE * 30);

            assert!(left.len() as u32 >= limit * 30 * 99 / 100, "{} of 30 * {limit}", left.len());
            let jitter = |at: &Instant| *at + Duration::from_millis(random.u64(0..400));
            let mut arrivals: Vec<_> = left.iter().map(jitter).collect();
            assert!(most_in_a_minute(&mut arrivals) as u32 <= limit);
        }
    }

    #[test]
    fn at_most_30_requests_leave_in_one_burst() {
        let mut window = Window::new(LIMIT);
        let now = Instant::now();
        window.send(now, Urgency::Backfill).unwrap();

        let later = now + MINUTE * 10;
        let burst =
            (0..LIMIT).take_while(|_| window.send(later, Urgency::Delivery).is_ok()).count();

        assert!((20..=30).contains(&burst), "{burst}");
    }

    #[test]
    fn requests_of_other_users_of_the_key_count() {
        let mut window = Window::new(LIMIT);
        let now = Instant::now();
        window.send(now, Urgency::List).unwrap();

        window.learn_remaining(now, 2, now, Some(20 * SECOND));
        let left = send_for(&mut window, now, 19 * SECOND);

        assert_eq!(left.len(), 2);
        assert!(window.send(now + 20 * SECOND, Urgency::List).is_ok());
    }

    #[test]
    fn a_lower_limit_that_an_answer_tells_counts() {
        let mut window = Window::new(LIMIT);

        window.learn_limit(10);

        assert_eq!(window.limit(), 10);
    }

    #[test]
    fn a_successor_counts_the_requests_of_its_predecessor() {
        let mut window = Window::new(LIMIT);
        let now = Instant::now();
        send_for(&mut window, now, 30 * SECOND);
        let later = now + 31 * SECOND;
        let by_second = window.by_second(later);

        let mut successor = Window::new(LIMIT);
        for (second, requests) in (0..).zip(by_second) {
            successor.count(requests as usize, later + WINDOW - SECOND * second);
        }
        let mut all = send_for(&mut window, now + 200 * SECOND, SECOND);
        all.clear();
        all.extend(send_for(&mut Window::new(LIMIT), now, 30 * SECOND));
        all.extend(send_for(&mut successor, later, MINUTE));

        assert!(most_in_a_minute(&mut all) as u32 <= LIMIT);
    }
}
