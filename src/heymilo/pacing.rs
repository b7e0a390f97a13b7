//! Makes the client wait until the budget permits a request.

use std::{
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use tokio::{
    sync,
    time::{Instant, sleep, sleep_until},
};

use super::{
    breaker::{Breaker, News},
    budget::{Ask, Budget, Grant, Heard, Purpose},
    limits::Limits,
};

/// How long to pause after the first refusal that does not say how long; doubled for the next.
const FIRST_PAUSE: Duration = Duration::from_secs(10);

/// No pause is shorter: a refusal that says "wait 0 seconds" would be repeated in a tight loop.
const MIN_PAUSE: Duration = Duration::from_secs(1);

/// No pause is longer: one request after it is cheap, and a mistaken header would stop us.
const MAX_PAUSE: Duration = Duration::from_secs(15 * 60);

/// Hands out the permits without which no request leaves. Clones share them.
#[derive(Clone)]
pub struct Pacing(Arc<Shared>);

struct Shared {
    budget: Arc<dyn Budget>,
    /// Queue those who wait, in the order they came; one queue for each purpose, so that the less
    /// urgent does not stand in the way of the other.
    interviews: Arc<sync::Mutex<()>>,
    news: Arc<sync::Mutex<()>>,
    lists: sync::Mutex<()>,
    pauses: Mutex<Pauses>,
    breaker: Mutex<Breaker>,
    /// Told when the API answers again.
    back: sync::Notify,
    heard: Mutex<Option<(Heard, Instant)>>,
}

/// The right to send one request, to be used at once. Dropped unused, it is lost.
#[must_use]
pub struct Permit(());

/// Permits to fetch results, and the choice of what for: as long as that is held, nobody else of the
/// queue takes permits for what may be claimed right now.
#[must_use]
#[derive(Default)]
pub struct Permits {
    /// One for each request.
    pub permits: Vec<Permit>,
    /// To be dropped once what they are for is claimed.
    pub choice: Option<sync::OwnedMutexGuard<()>>,
}

/// What this process knows of pauses; the budget knows those of the others too.
struct Pauses {
    until: Instant,
    /// Refusals in a row that did not say how long to wait.
    refusals: u32,
}

impl Pacing {
    /// Paces by this budget, and asks an API that is down once every `outage_interval`.
    pub fn new(budget: Arc<dyn Budget>, outage_interval: Duration) -> Self {
        Self(Arc::new(Shared {
            budget,
            interviews: Arc::default(),
            news: Arc::default(),
            lists: sync::Mutex::default(),
            pauses: Mutex::new(Pauses { until: Instant::now(), refusals: 0 }),
            breaker: Mutex::new(Breaker::new(outage_interval)),
            back: sync::Notify::new(),
            heard: Mutex::default(),
        }))
    }

    /// Waits for the permit to make one request that is not about results, in order of arrival.
    pub async fn acquire(&self) -> Permit {
        let _turn = self.0.lists.lock().await;
        self.take(Purpose::Lists, 1).await.pop().expect("lists are always worth a permit")
    }

    /// Waits for permits to fetch results, in order of arrival, and takes up to `most` if they are
    /// there by then. None when no such interview is due any more.
    ///
    /// With the permits in hand, a worker can choose what is most urgent *now*.
    pub async fn acquire_up_to(&self, most: usize, purpose: Purpose) -> Permits {
        let queue = if purpose == Purpose::News { &self.0.news } else { &self.0.interviews };
        let choice = queue.clone().lock_owned().await;
        let permits = self.take(purpose, most).await;
        Permits { permits, choice: Some(choice) }
    }

    /// Lets nobody of this process send for a while.
    pub fn pause(&self, wait: Duration) {
        self.pauses().extend(Instant::now(), wait);
    }

    /// Whether the API is left alone because it does not answer.
    pub fn is_down(&self) -> bool {
        self.breaker().is_down()
    }

    /// Tells once that the API went down or came back.
    pub fn news(&self) -> Option<News> {
        self.breaker().news()
    }

    /// Notes whether the API answered a request at all.
    pub(super) fn heard_of(&self, answered: bool) {
        let was_down = self.is_down();
        if answered {
            self.breaker().answered();
        } else {
            self.breaker().failed(Instant::now());
        }
        if was_down && answered {
            self.0.back.notify_waiters();
        }
    }

    /// Notes a 429, for every process with the key, and returns how long everybody now waits.
    pub(super) async fn refused(&self, wait: Option<Duration>) -> Duration {
        let wait = self.pauses().refused(Instant::now(), wait);
        self.0.budget.pause(wait).await;
        wait
    }

    /// Notes that HeyMilo took a request that left at `sent_at`, and what it said.
    pub(super) fn accepted(&self, limits: &Limits, sent_at: Instant) {
        self.pauses().refusals = 0;
        let Limits { limit, remaining, reset, .. } = *limits;
        if limit.is_some() || remaining.is_some() {
            let heard = Heard { limit, remaining, reset, age: Duration::ZERO };
            *self.heard() = Some((heard, sent_at));
        }
    }

    async fn take(&self, purpose: Purpose, most: usize) -> Vec<Permit> {
        loop {
            // However a wait ends, we look again: a pause may have been added meanwhile.
            let paused_until = self.pauses().until;
            sleep_until(paused_until).await;
            if self.pauses().until > Instant::now() {
                continue;
            }
            let Some(most) = self.room(most).await else { continue };
            let heard = self.heard().take();
            let heard = heard.map(|(heard, sent_at)| Heard { age: sent_at.elapsed(), ..heard });
            match self.0.budget.take(Ask { purpose, most, heard }).await {
                Grant::Permits(permits) => {
                    self.breaker().leaves(Instant::now());
                    return (0..permits).map(|_| Permit(())).collect();
                }
                Grant::NotNeeded => return Vec::new(),
                Grant::Wait(wait) => sleep(wait).await,
            }
        }
    }

    /// How many of `most` requests may leave. While the API is down, waits and returns none.
    async fn room(&self, most: usize) -> Option<usize> {
        let back = self.0.back.notified();
        let room = self.breaker().room(Instant::now(), most);
        match room {
            Ok(most) => Some(most),
            Err(at) => {
                tokio::select! {
                    () = back => {}
                    () = sleep_until(at) => {}
                }
                None
            }
        }
    }

    fn breaker(&self) -> MutexGuard<'_, Breaker> {
        self.0.breaker.lock().expect("nobody panics while holding the breaker")
    }

    fn pauses(&self) -> MutexGuard<'_, Pauses> {
        self.0.pauses.lock().expect("nobody panics while holding the pauses")
    }

    fn heard(&self) -> MutexGuard<'_, Option<(Heard, Instant)>> {
        self.0.heard.lock().expect("nobody panics while holding what was heard")
    }
}

impl Pauses {
    fn extend(&mut self, now: Instant, wait: Duration) {
        self.until = self.until.max(now + wait.min(MAX_PAUSE));
    }

    fn refused(&mut self, now: Instant, wait: Option<Duration>) -> Duration {
        if let Some(wait) = wait {
            self.extend(now, wait.max(MIN_PAUSE));
        } else if self.until <= now {
            // Requests that were under way together are refused together, and count once.
            self.extend(now, FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(self.refusals)));
            self.refusals += 1;
        }
        self.until - now
    }
}

#[cfg(test)]
mod tests {
    use std::iter::repeat_with;

    use futures_util::future::{BoxFuture, ready};
    use tokio::time::timeout;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// Grants one permit a second, and notes what it was told.
    struct OneASecond {
        next: Mutex<Instant>,
        told: Mutex<Vec<String>>,
    }

    impl Budget for OneASecond {
        fn take(&self, ask: Ask) -> BoxFuture<'_, Grant> {
            if let Some(Heard { limit, remaining, .. }) = ask.heard {
                self.told.lock().unwrap().push(format!("heard {limit:?} {remaining:?}"));
            }
            let (now, mut next) = (Instant::now(), self.next.lock().unwrap());
            let grant = if *next > now {
                Grant::Wait(*next - now)
            } else {
                *next = now + SECOND;
                Grant::Permits(1)
            };
            Box::pin(ready(grant))
        }

        fn pause(&self, wait: Duration) -> BoxFuture<'_, ()> {
            self.told.lock().unwrap().push(format!("pause {wait:?}"));
            Box::pin(ready(()))
        }
    }

    fn pacing() -> (Pacing, Arc<OneASecond>) {
        let (next, told) = (Mutex::new(Instant::now()), Mutex::default());
        let budget = Arc::new(OneASecond { next, told });
        (Pacing::new(budget.clone(), 10 * SECOND), budget)
    }

    #[tokio::test(start_paused = true)]
    async fn permits_go_to_who_came_first() {
        let (pacing, _) = pacing();
        let order = Mutex::new(Vec::new());

        let wait = async |name| {
            let _permit = pacing.acquire().await;
            order.lock().unwrap().push(name);
        };
        tokio::join!(wait("first"), wait("second"), wait("third"));

        assert_eq!(*order.lock().unwrap(), ["first", "second", "third"]);
    }

    #[tokio::test(start_paused = true)]
    async fn who_stops_waiting_takes_nothing_along() {
        let (pacing, _) = pacing();
        let _permit = pacing.acquire().await;

        assert!(timeout(SECOND / 2, pacing.acquire()).await.is_err());

        assert!(timeout(SECOND, pacing.acquire()).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn who_has_permits_chooses_before_others_of_the_queue_take_theirs() {
        let (pacing, _) = pacing();
        let mut first = pacing.acquire_up_to(1, Purpose::Interviews).await;

        assert!(timeout(9 * SECOND, pacing.acquire_up_to(1, Purpose::Interviews)).await.is_err());
        assert!(timeout(9 * SECOND, pacing.acquire_up_to(1, Purpose::News)).await.is_ok());

        drop(first.choice.take());
        assert!(timeout(9 * SECOND, pacing.acquire_up_to(1, Purpose::Interviews)).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_pauses_those_who_wait_already_and_is_told_to_the_budget() {
        let (pacing, budget) = pacing();
        let _permit = pacing.acquire().await;
        let start = Instant::now();

        let (_permit, wait) = tokio::join!(pacing.acquire(), pacing.refused(Some(9 * SECOND)));

        assert_eq!(wait, 9 * SECOND);
        assert!(Instant::now() >= start + 9 * SECOND);
        assert_eq!(*budget.told.lock().unwrap(), ["pause 9s"]);
    }

    #[tokio::test(start_paused = true)]
    async fn what_an_answer_told_is_passed_on_once() {
        let (pacing, budget) = pacing();
        let limits = Limits { limit: Some(100), remaining: Some(7), ..Limits::default() };

        pacing.accepted(&limits, Instant::now());
        let _permits = (pacing.acquire().await, pacing.acquire().await);

        assert_eq!(*budget.told.lock().unwrap(), ["heard Some(100) Some(7)"]);
    }

    #[tokio::test(start_paused = true)]
    async fn an_api_that_is_down_lets_one_request_at_a_time_through_until_it_answers() {
        let (pacing, _) = pacing();
        let _permit = pacing.acquire().await;
        for _ in 0..10 {
            pacing.heard_of(false);
        }
        let start = Instant::now();

        let _probe = pacing.acquire_up_to(8, Purpose::Interviews).await;
        assert_eq!(start.elapsed(), 10 * SECOND);
        let answered = async {
            sleep(2 * SECOND).await;
            pacing.heard_of(true);
        };
        let (_permit, ()) = tokio::join!(pacing.acquire(), answered);

        assert_eq!(start.elapsed(), 12 * SECOND);
    }

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
