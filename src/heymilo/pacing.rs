//! Keeps the client within the requests that HeyMilo allows in a minute, by making it wait.

use std::{
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use tokio::{
    sync::Notify,
    time::{Instant, timeout_at},
};

use super::ledger::Ledger;

/// Hands out the permits without which no request leaves. Clones share one budget.
#[derive(Clone)]
pub struct Pacing(Arc<Shared>);

struct Shared {
    /// Queues those who wait, in the order they came.
    turn: tokio::sync::Mutex<()>,
    ledger: Mutex<Ledger>,
    returned: Notify,
}

/// The right to send one request, to be used at once. Dropped unused, it is given back.
#[must_use]
pub struct Permit {
    /// `None` once spent.
    origin: Option<Pacing>,
    taken_at: Instant,
}

impl Pacing {
    /// Opens a budget of so many requests a minute, at least one.
    pub fn new(requests_per_minute: u32) -> Self {
        let ledger = Ledger::new(requests_per_minute.max(1), Instant::now());
        Self(Arc::new(Shared {
            turn: tokio::sync::Mutex::new(()),
            ledger: Mutex::new(ledger),
            returned: Notify::new(),
        }))
    }

    /// Waits for a permit, in order of arrival.
    pub async fn acquire(&self) -> Permit {
        self.acquire_up_to(1).await.pop().expect("at least one permit is acquired")
    }

    /// Waits for a permit, in order of arrival, and takes up to `most` if they are there by then.
    ///
    /// With the permits in hand, a worker can choose what is most urgent *now*.
    pub async fn acquire_up_to(&self, most: usize) -> Vec<Permit> {
        let _turn = self.0.turn.lock().await;
        loop {
            let due = match self.take_up_to(most) {
                Ok(permits) => return permits,
                Err(due) => due,
            };
            // However the wait ends, we look again: a pause may have been added meanwhile.
            let _ = timeout_at(due, self.0.returned.notified()).await;
        }
    }

    /// Lets nobody send for a while, because HeyMilo said so, here or to another replica.
    pub fn pause(&self, wait: Duration) {
        self.ledger().pause(Instant::now(), wait);
    }

    /// Notes a 429 and returns how long everybody now waits.
    pub(super) fn refused(&self, wait: Option<Duration>) -> Duration {
        self.ledger().refused(Instant::now(), wait)
    }

    /// Notes that HeyMilo took a request.
    pub(super) fn accepted(&self) {
        self.ledger().accepted();
    }

    /// Takes at least one permit, or tells when there will be one.
    fn take_up_to(&self, most: usize) -> Result<Vec<Permit>, Instant> {
        let now = Instant::now();
        let mut ledger = self.ledger();
        let due = ledger.due(now);
        if due > now {
            return Err(due);
        }
        let mut permits = Vec::new();
        while permits.is_empty() || (permits.len() < most && ledger.due(now) <= now) {
            ledger.take(now);
            permits.push(Permit { origin: Some(self.clone()), taken_at: now });
        }
        Ok(permits)
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.0.ledger.lock().expect("nobody panics while holding the ledger")
    }
}

impl Permit {
    /// Turns the permit into a request that counts.
    pub(super) fn spend(mut self) {
        self.origin = None;
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if let Some(pacing) = self.origin.take() {
            pacing.ledger().give_back(self.taken_at);
            pacing.0.returned.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::ledger::WINDOW, *};

    const MINUTE: Duration = Duration::from_secs(60);

    /// Sends as much as it may for `time`, and returns when.
    async fn send_for(pacing: &Pacing, time: Duration) -> Vec<Instant> {
        let end = Instant::now() + time;
        let mut sent = Vec::new();
        while let Ok(permit) = timeout_at(end, pacing.acquire()).await {
            permit.spend();
            sent.push(Instant::now());
        }
        sent
    }

    fn keeps_within(limit: usize, sent: &[Instant]) -> bool {
        sent.windows(limit + 1).all(|window| window[limit] - window[0] > MINUTE)
    }

    fn longest_gap(sent: &[Instant]) -> Duration {
        sent.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn the_limit_is_used_and_never_broken() {
        for limit in [1, 7, 300] {
            let sent = send_for(&Pacing::new(limit), 10 * MINUTE).await;

            assert!(keeps_within(limit as usize, &sent));
            assert!(sent.len() as f64 >= 0.99 * 10.0 * f64::from(limit), "{}", sent.len());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_pace_finer_than_the_timer_loses_nothing() {
        let sent = send_for(&Pacing::new(120_000), MINUTE).await;

        assert!(sent.len() >= 118_800, "{}", sent.len());
    }

    #[tokio::test(start_paused = true)]
    async fn a_tenth_may_leave_at_once_and_the_rest_evenly() {
        let pacing = Pacing::new(300);

        let start = Instant::now();
        let sent = send_for(&pacing, MINUTE / 2).await;

        assert_eq!(sent.iter().filter(|&&at| at == start).count(), 30);
        assert!(longest_gap(&sent) < Duration::from_millis(205));
    }

    #[tokio::test(start_paused = true)]
    async fn after_the_first_minute_a_busy_client_never_falls_silent() {
        let pacing = Pacing::new(300);

        send_for(&pacing, 2 * MINUTE).await;
        let sent = send_for(&pacing, 10 * MINUTE).await;

        assert!(longest_gap(&sent) < Duration::from_millis(205), "{:?}", longest_gap(&sent));
    }

    #[tokio::test(start_paused = true)]
    async fn permits_go_to_who_came_first() {
        let pacing = Pacing::new(10);
        pacing.acquire().await.spend();
        let order = Mutex::new(Vec::new());

        let wait = async |name| {
            pacing.acquire().await.spend();
            order.lock().unwrap().push(name);
        };
        tokio::join!(wait("first"), wait("second"), wait("third"));

        assert_eq!(*order.lock().unwrap(), ["first", "second", "third"]);
    }

    #[tokio::test(start_paused = true)]
    async fn several_permits_are_taken_when_they_are_there_and_one_is_waited_for() {
        let pacing = Pacing::new(100);

        let at_once = pacing.acquire_up_to(64).await;
        let later = pacing.acquire_up_to(64).await;

        assert_eq!(at_once.len(), 10);
        assert_eq!(later.len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn an_unused_permit_is_given_back_to_who_waits() {
        let pacing = Pacing::new(1);
        let permit = pacing.acquire().await;
        let start = Instant::now();

        let (next, ()) = tokio::join!(pacing.acquire(), async { drop(permit) });
        next.spend();
        assert_eq!(Instant::now(), start);

        pacing.acquire().await.spend();
        assert!(Instant::now() >= start + WINDOW);
    }

    #[tokio::test(start_paused = true)]
    async fn who_stops_waiting_takes_nothing_along() {
        let pacing = Pacing::new(1);
        pacing.acquire().await.spend();
        let start = Instant::now();

        assert!(timeout_at(start + MINUTE / 2, pacing.acquire()).await.is_err());
        pacing.acquire().await.spend();

        assert!(Instant::now() < start + WINDOW + Duration::from_secs(1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_pauses_those_who_wait_already() {
        let pacing = Pacing::new(1);
        pacing.acquire().await.spend();
        let start = Instant::now();

        let refuse = async { pacing.refused(Some(2 * MINUTE)) };
        let (permit, wait) = tokio::join!(pacing.acquire(), refuse);
        permit.spend();

        assert_eq!(wait, 2 * MINUTE);
        assert!(Instant::now() >= start + 2 * MINUTE);
    }
}
