//! The time from an acknowledged delivery until the interview was fetched.

use std::{collections::HashMap, sync::Mutex, time::Duration};

use chrono::{DateTime, Utc};
use sqlx::PgPool;

/// How often to check.
pub const INTERVAL: Duration = Duration::from_millis(250);

/// Interviews that were named and not fetched yet, and the times of the others.
#[derive(Default)]
pub struct Stalls {
    waiting: Mutex<HashMap<String, DateTime<Utc>>>,
    took: Mutex<Vec<Duration>>,
}

impl Stalls {
    /// Records that a delivery was acknowledged. Of several waiting ones, the oldest counts.
    pub fn acknowledged(&self, interview_id: String, at: DateTime<Utc>) {
        self.waiting.lock().unwrap().entry(interview_id).or_insert(at);
    }

    /// Checks which of them are in the tables now. While the database is away, all of them wait.
    pub async fn look(&self, db: &PgPool) {
        let ids: Vec<String> = self.waiting.lock().unwrap().keys().cloned().collect();
        let seen: Result<Vec<(String, DateTime<Utc>)>, _> = sqlx::query_as(
            "select subject_id, max(seen_at) from heymilo_sync.snapshots
             where kind = 'interview' and subject_id = any($1) group by subject_id",
        )
        .bind(ids)
        .fetch_all(db)
        .await;
        let now = Utc::now();
        let mut waiting = self.waiting.lock().unwrap();
        for (id, seen_at) in seen.unwrap_or_default() {
            if let Some(since) = waiting.get(&id).copied().filter(|since| *since < seen_at) {
                waiting.remove(&id);
                let took = (now - since).to_std().unwrap_or_default();
                self.took.lock().unwrap().push(took);
            }
        }
    }

    /// The number of waiting interviews.
    pub fn waiting(&self) -> usize {
        self.waiting.lock().unwrap().len()
    }

    /// The median and the longest time.
    pub fn figures(&self) -> (Duration, Duration) {
        let mut took = self.took.lock().unwrap().clone();
        took.sort_unstable();
        let median = took.get(took.len() / 2).copied().unwrap_or_default();
        (median, took.last().copied().unwrap_or_default())
    }
}
