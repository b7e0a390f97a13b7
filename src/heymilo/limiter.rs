//! Decides which request leaves next: the most urgent one, when the rate limit permits it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use tokio::{
    sync::Notify,
    time::{Instant, timeout_at},
};

use super::{
    breaker::{ApiChange, Breaker},
    limits::Limits,
    pauses::Pauses,
    window::{WINDOW, Window},
};
use crate::records::Urgency;

/// Every tenth request goes to the longest waiting one, so that no request waits for ever.
const LONGEST_WAITING_EVERY: u64 = 10;

/// Gives the permits without which no request leaves. Clones share it.
#[derive(Clone)]
pub struct Limiter(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    /// Notified when the next waiter may be another one, or may leave sooner.
    changed: Notify,
}

struct State {
    window: Window,
    breaker: Breaker,
    pauses: Pauses,
    /// Until when no request leaves because of a wrong key. Another process may have the right key.
    delayed_until: Instant,
    /// Until when requests may leave. `None` for no end.
    allowed_until: Option<Instant>,
    is_refused: bool,
    waiters: BTreeMap<u64, Waiter>,
    next_waiter: u64,
    granted: u64,
}

#[derive(Debug, Clone, Copy)]
struct Waiter {
    urgency: Urgency,
    since: Instant,
}

/// The right to send one request now. A permit that is dropped unused is lost.
#[derive(Debug)]
#[must_use]
pub struct Permit {
    /// Whether the permit is for the longest waiting request of any urgency.
    pub is_for_longest_waiting: bool,
}

/// What another process must know about the last minute.
#[derive(Debug, Clone, PartialEq)]
pub struct Usage {
    /// The requests in each second before now.
    pub by_second: Vec<i32>,
    /// The requests by urgency.
    pub by_urgency: Vec<(Urgency, usize)>,
    /// The requests that another process or another user of the key made, as far as known.
    pub others: usize,
    /// The rate limit that HeyMilo's answers last stated, in requests a minute.
    pub stated_limit: Option<u32>,
    /// The rest of a pause that HeyMilo asked for. `None` when there is no pause.
    pub paused_for: Option<Duration>,
}

/// A place among the waiters. Dropping it gives it up.
struct Place<'a> {
    limiter: &'a Limiter,
    number: u64,
}

impl Limiter {
    /// Allows `requests_per_minute`, and asks an API that is down once every `outage_interval`.
    pub fn new(requests_per_minute: u32, outage_interval: Duration) -> Self {
        let state = State {
            window: Window::new(requests_per_minute),
            breaker: Breaker::new(outage_interval),
            pauses: Pauses::new(Instant::now()),
            delayed_until: Instant::now(),
            allowed_until: None,
            is_refused: false,
            waiters: BTreeMap::new(),
            next_waiter: 0,
            granted: 0,
        };
        Self(Arc::new(Shared { state: Mutex::new(state), changed: Notify::new() }))
    }

    /// Waits for the permit to send a request. `since` is the time from which its job waits.
    pub async fn acquire(&self, urgency: Urgency, since: Instant) -> Permit {
        let place = self.place(Waiter { urgency, since });
        loop {
            let changed = self.0.changed.notified();
            let offered = self.state().offer(place.number, Instant::now());
            match offered {
                Ok(permit) => return permit,
                Err(Some(at)) => drop(timeout_at(at, changed).await),
                Err(None) => changed.await,
            }
        }
    }

    /// Lets no request leave after `end`, until a later call moves the end.
    pub fn allow_until(&self, end: Instant) {
        self.state().allowed_until = Some(end);
        self.0.changed.notify_waiters();
    }

    /// Lets no request leave for `wait`, because HeyMilo asked for it.
    pub fn pause(&self, wait: Duration) {
        self.state().pauses.extend(Instant::now(), wait);
    }

    /// Lets no request of this process leave for `wait`, because of its key.
    pub fn delay(&self, wait: Duration) {
        self.state().delayed_until = Instant::now() + wait;
    }

    /// Records whether HeyMilo refuses the key.
    pub(super) fn note_refused(&self, is_refused: bool) {
        self.state().is_refused = is_refused;
    }

    /// Whether HeyMilo refused the key last time.
    pub fn is_refused(&self) -> bool {
        self.state().is_refused
    }

    /// Lends requests a minute to commands.
    pub fn lend(&self, requests_per_minute: u32) {
        self.state().window.lend(requests_per_minute);
    }

    /// The requests a minute that are lent to commands.
    pub fn lent(&self) -> u32 {
        self.state().window.lent()
    }

    /// The requests a minute that may be sent.
    pub fn limit(&self) -> u32 {
        self.state().window.limit()
    }

    /// Counts requests that another process sent with the key `age` ago.
    pub fn count(&self, requests: usize, age: Duration) {
        if let Some(left) = WINDOW.checked_sub(age) {
            self.state().window.count(requests, Instant::now() + left);
        }
    }

    /// Lowers the limit to one that HeyMilo stated to another process.
    pub fn learn_limit(&self, stated: u32) {
        self.state().window.learn_limit(stated);
    }

    /// The use of the last minute.
    pub fn usage(&self) -> Usage {
        let (now, mut state) = (Instant::now(), self.state());
        let by_second = state.window.by_second(now);
        let by_urgency = Urgency::ALL.map(|urgency| (urgency, state.window.used(Some(urgency))));
        Usage {
            by_second,
            by_urgency: by_urgency.to_vec(),
            others: state.window.used(None),
            stated_limit: state.window.stated_limit(),
            paused_for: state
                .pauses
                .until()
                .checked_duration_since(now)
                .filter(|left| !left.is_zero()),
        }
    }

    /// Whether the process may send requests at all.
    pub fn is_allowed(&self) -> bool {
        self.state().allowed_until.is_none_or(|end| Instant::now() < end)
    }

    /// Whether no request may leave for now, because of a pause or an API that does not answer.
    pub fn is_blocked(&self) -> bool {
        let state = self.state();
        state.breaker.is_down() || state.blocked_until() > Instant::now()
    }

    /// Whether the API does not answer and is only probed.
    pub fn is_down(&self) -> bool {
        self.state().breaker.is_down()
    }

    /// Reports once that the API went down or came back.
    pub fn take_change(&self) -> Option<ApiChange> {
        self.state().breaker.take_change()
    }

    /// Records that the API answered a request, or the error.
    pub(super) fn note_answer(&self, failure: Option<String>) {
        let mut state = self.state();
        let was_down = state.breaker.is_down();
        let answered = failure.is_none();
        match failure {
            None => state.breaker.answered(),
            Some(cause) => state.breaker.failed(Instant::now(), cause),
        }
        drop(state);
        if was_down && answered {
            self.0.changed.notify_waiters();
        }
    }

    /// Records a 429. Returns how long no request leaves.
    pub(super) fn refused(&self, wait: Option<Duration>) -> Duration {
        self.state().pauses.refused(Instant::now(), wait)
    }

    /// Records that HeyMilo accepted a request that left at `sent_at`, and its headers.
    pub(super) fn accepted(&self, limits: &Limits, sent_at: Instant) {
        let (now, mut state) = (Instant::now(), self.state());
        state.pauses.accepted();
        if let Some(limit) = limits.limit {
            state.window.learn_limit(limit);
        }
        let Some(remaining) = limits.remaining else { return };
        state.window.learn_remaining(now, remaining, sent_at, limits.reset);
        if let Some(reset) = limits.reset.filter(|_| remaining == 0) {
            state.pauses.extend(now, reset.saturating_sub(sent_at.elapsed()));
        }
    }

    fn place(&self, waiter: Waiter) -> Place<'_> {
        let mut state = self.state();
        let number = state.next_waiter;
        state.next_waiter += 1;
        state.waiters.insert(number, waiter);
        Place { limiter: self, number }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().expect("no panic happens under this lock")
    }
}

impl State {
    fn blocked_until(&self) -> Instant {
        self.pauses.until().max(self.delayed_until)
    }

    /// Gives a permit to a waiter. Otherwise returns when the waiter may leave, or nothing when
    /// another waiter is next.
    fn offer(&mut self, number: u64, now: Instant) -> Result<Permit, Option<Instant>> {
        if self.allowed_until.is_some_and(|end| end <= now) {
            return Err(None);
        }
        let is_for_longest_waiting = (self.granted + 1).is_multiple_of(LONGEST_WAITING_EVERY);
        let next = self.waiters.iter().min_by_key(|(number, waiter)| {
            let urgency = (!is_for_longest_waiting).then_some(waiter.urgency);
            (urgency, waiter.since, **number)
        });
        let Some((_, waiter)) = next.filter(|(next, _)| **next == number) else { return Err(None) };
        let urgency = waiter.urgency;
        if self.blocked_until() > now {
            return Err(Some(self.blocked_until()));
        }
        self.breaker.may_leave(now).map_err(Some)?;
        self.window.send(now, urgency).map_err(Some)?;
        self.breaker.leaves(now);
        self.granted += 1;
        Ok(Permit { is_for_longest_waiting })
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.limiter.state().waiters.remove(&self.number);
        self.limiter.0.changed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::{sleep, timeout};

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// One request every ten seconds.
    fn limiter() -> Limiter {
        Limiter::new(6, 10 * SECOND)
    }

    #[tokio::test(start_paused = true)]
    async fn most_urgent_request_leaves_first() {
        let limiter = limiter();
        let _first = limiter.acquire(Urgency::List, Instant::now()).await;
        let order = Mutex::new(Vec::new());

        let wait = async |urgency| {
            let _permit = limiter.acquire(urgency, Instant::now()).await;
            order.lock().unwrap().push(urgency);
        };
        let urgencies = [Urgency::Backfill, Urgency::Delivery, Urgency::FirstCopy];
        tokio::join!(wait(urgencies[0]), wait(urgencies[1]), wait(urgencies[2]));

        let expected = [Urgency::Delivery, Urgency::FirstCopy, Urgency::Backfill];
        assert_eq!(*order.lock().unwrap(), expected);
    }

    #[tokio::test(start_paused = true)]
    async fn each_tenth_request_is_for_what_waited_longest() {
        let limiter = limiter();
        let since = Instant::now();
        let _first = limiter.acquire(Urgency::List, since).await;
        let waiting = limiter.clone();
        let refresh = tokio::spawn(async move { waiting.acquire(Urgency::Refresh, since).await });
        sleep(SECOND / 2).await;

        let mut deliveries = 0;
        while !refresh.is_finished() {
            let permit = limiter.acquire(Urgency::Delivery, Instant::now()).await;
            assert!(!permit.is_for_longest_waiting);
            deliveries += 1;
        }

        assert!((8..=9).contains(&deliveries), "{deliveries}");
        assert!(refresh.await.unwrap().is_for_longest_waiting);
    }

    #[tokio::test(start_paused = true)]
    async fn a_waiter_that_gives_up_takes_no_permit() {
        let limiter = limiter();
        let _permit = limiter.acquire(Urgency::List, Instant::now()).await;

        assert!(timeout(SECOND, limiter.acquire(Urgency::List, Instant::now())).await.is_err());

        assert!(timeout(10 * SECOND, limiter.acquire(Urgency::List, Instant::now())).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_pauses_the_waiters() {
        let limiter = Limiter::new(6000, 10 * SECOND);
        let _permit = limiter.acquire(Urgency::List, Instant::now()).await;
        let start = Instant::now();

        assert_eq!(limiter.refused(Some(9 * SECOND)), 9 * SECOND);
        let _permit = limiter.acquire(Urgency::List, Instant::now()).await;

        assert!(start.elapsed() >= 9 * SECOND);
    }

    #[tokio::test(start_paused = true)]
    async fn no_request_leaves_after_the_time_allowed() {
        let limiter = limiter();
        limiter.allow_until(Instant::now());
        let mut permit = Box::pin(limiter.acquire(Urgency::List, Instant::now()));
        assert!(timeout(60 * SECOND, &mut permit).await.is_err());

        limiter.allow_until(Instant::now() + SECOND);

        assert!(timeout(SECOND / 2, permit).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn an_api_that_is_down_is_asked_once_an_interval_until_it_answers() {
        let limiter = Limiter::new(6000, 10 * SECOND);
        let _permit = limiter.acquire(Urgency::List, Instant::now()).await;
        for _ in 0..10 {
            limiter.note_answer(Some("refused".to_owned()));
        }
        let start = Instant::now();

        let _probe = limiter.acquire(Urgency::List, Instant::now()).await;
        assert_eq!(start.elapsed().as_secs(), 10);
        let answered = async {
            sleep(2 * SECOND).await;
            limiter.note_answer(None);
        };
        let (_permit, ()) = tokio::join!(limiter.acquire(Urgency::List, Instant::now()), answered);

        assert_eq!(start.elapsed().as_secs(), 12);
    }
}
