//! Keeps the requests of a key below its limit: a bucket of permits that fills steadily.

use std::{
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use tokio::time::{self, Instant};

const MINUTE: f64 = 60.0;
/// Part of the limit that may be used at once. The rest comes evenly, so that no minute, wherever it
/// begins, sees more requests than the limit.
const BURST: f64 = 0.1;

/// The permits of a key. Clones share them.
#[derive(Debug, Clone)]
pub struct Pacing {
    /// Held by the one who is next, so that permits go out in the order of asking.
    turn: Arc<tokio::sync::Mutex<()>>,
    bucket: Arc<Mutex<Bucket>>,
}

/// The right to make one request. Dropped unused, it goes back.
#[derive(Debug)]
pub struct Permit {
    bucket: Arc<Mutex<Bucket>>,
    used: bool,
}

#[derive(Debug)]
struct Bucket {
    permits: f64,
    capacity: f64,
    per_second: f64,
    filled_at: Instant,
    paused_until: Option<Instant>,
}

impl Pacing {
    /// Paces to `requests_per_minute`.
    pub fn new(requests_per_minute: u32) -> Self {
        let limit = f64::from(requests_per_minute);
        let capacity = (limit * BURST).max(1.0);
        let bucket = Bucket {
            permits: capacity,
            capacity,
            per_second: (limit - capacity).max(limit * BURST) / MINUTE,
            filled_at: Instant::now(),
            paused_until: None,
        };
        Self { turn: Arc::default(), bucket: Arc::new(Mutex::new(bucket)) }
    }

    /// Waits for one permit at least, and takes up to `most` if there are. Giving up the wait loses
    /// nothing.
    pub async fn take(&self, most: usize) -> Vec<Permit> {
        let _turn = self.turn.lock().await;
        loop {
            let wait = match lock(&self.bucket).take(most) {
                Ok(taken) => {
                    return std::iter::repeat_with(|| Permit::new(&self.bucket))
                        .take(taken)
                        .collect();
                }
                Err(wait) => wait,
            };
            time::sleep(wait).await;
        }
    }

    /// Gives out nothing for `duration` from now on.
    pub fn pause(&self, duration: Duration) {
        let mut bucket = lock(&self.bucket);
        let until = Instant::now() + duration;
        if bucket.paused_until.is_none_or(|paused| paused < until) {
            bucket.paused_until = Some(until);
        }
    }
}

impl Permit {
    fn new(bucket: &Arc<Mutex<Bucket>>) -> Self {
        Self { bucket: bucket.clone(), used: false }
    }

    /// Uses it up.
    pub fn spend(mut self) {
        self.used = true;
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if !self.used {
            let mut bucket = lock(&self.bucket);
            bucket.permits = (bucket.permits + 1.0).min(bucket.capacity);
        }
    }
}

impl Bucket {
    /// Takes what there is, up to `most`, or tells how long to wait before asking again.
    fn take(&mut self, most: usize) -> Result<usize, Duration> {
        let now = Instant::now();
        if let Some(until) = self.paused_until {
            if now < until {
                return Err(until - now);
            }
            // What a pause was for is not made up for with a burst.
            (self.paused_until, self.permits, self.filled_at) = (None, 1.0, now);
        }
        let filled = (now - self.filled_at).as_secs_f64() * self.per_second;
        self.permits = (self.permits + filled).min(self.capacity);
        self.filled_at = now;
        if self.permits < 1.0 {
            let missing = Duration::from_secs_f64((1.0 - self.permits) / self.per_second);
            return Err(missing.max(Duration::from_millis(1)));
        }
        let taken = (self.permits as usize).min(most);
        self.permits -= taken as f64;
        Ok(taken)
    }
}

fn lock(bucket: &Mutex<Bucket>) -> MutexGuard<'_, Bucket> {
    bucket.lock().expect("nobody panics while holding the bucket")
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn spend(pacing: &Pacing, requests: usize) {
        for _ in 0..requests {
            for permit in pacing.take(1).await {
                permit.spend();
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn no_minute_sees_more_than_the_limit() {
        let pacing = Pacing::new(300);
        let mut times = Vec::new();

        for _ in 0..1200 {
            spend(&pacing, 1).await;
            times.push(Instant::now());
        }

        for (index, begin) in times.iter().enumerate() {
            let end = *begin + Duration::from_secs(60);
            let in_minute = times[index..].iter().take_while(|time| **time < end).count();
            assert!(in_minute <= 300, "{in_minute} requests from {index} on");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_quiet_key_answers_a_burst_at_once() {
        let pacing = Pacing::new(300);
        let start = Instant::now();

        let permits = pacing.take(20).await;

        assert_eq!(permits.len(), 20);
        assert_eq!(Instant::now(), start);
    }

    #[tokio::test(start_paused = true)]
    async fn an_unused_permit_goes_back() {
        let pacing = Pacing::new(300);
        let start = Instant::now();

        for _ in 0..100 {
            drop(pacing.take(30).await);
        }

        assert_eq!(Instant::now(), start);
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_holds_everybody_up() {
        let pacing = Pacing::new(300);
        let start = Instant::now();

        pacing.pause(Duration::from_secs(20));
        pacing.pause(Duration::from_secs(5));
        spend(&pacing.clone(), 1).await;

        assert_eq!(Instant::now() - start, Duration::from_secs(20));
    }
}
