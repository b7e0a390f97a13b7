//! The result after all faults have ended.

use std::{collections::BTreeSet, time::Duration};

use sqlx::PgPool;
use tokio::time::{self, Instant};

use super::{
    Plan, Soak,
    deliveries::Tally,
    faithful::{at_heymilo, in_the_tables},
    stalls,
};

/// How long it may take until no work is left.
const WAIT_LIMIT: Duration = Duration::from_secs(180);
/// How often the daemon polls.
const POLL: Duration = Duration::from_secs(10);
/// The longest time from a delivery until the interview was fetched. In the worst case the owner is
/// killed, and another daemon owns the workspace 15 s later. That happens three times, because
/// every daemon is killed after 30 s. Meanwhile the database is away (3 s and its start). An
/// attempt that HeyMilo hangs on ends by its timeout (3 s) and is repeated after at most 2, 4, 8
/// and 16 s. A pause adds to that.
const MAX_STALL: Duration = Duration::from_secs(120);

/// The figures.
pub struct Outcome {
    tally: Tally,
    kept: usize,
    lost: usize,
    fetches: usize,
    faults: usize,
    kills: usize,
    restarts: usize,
    stalls: (Duration, Duration),
    longest_allowed: Duration,
    interviews: usize,
    still_waiting: usize,
    failed: i64,
    is_equal: bool,
    is_verified: bool,
    recovery: Duration,
}

impl Soak {
    /// Ends the faults, and waits until the daemon has done everything.
    pub async fn recover(&mut self, plan: &Plan) -> Outcome {
        self.api.recover();
        self.database.is_up().await;
        let began = Instant::now();
        let expected = at_heymilo(&self.api.heymilo);

        let mut is_equal = false;
        while !(is_equal && self.stalls.waiting() == 0) && began.elapsed() < WAIT_LIMIT {
            time::sleep(stalls::INTERVAL).await;
            self.stalls.look(&self.database.pool).await;
            is_equal = in_the_tables(&self.database.pool).await == expected;
        }
        let recovery = began.elapsed();
        let (tally, kept) = (self.deliveries.tally(), kept(&self.database.pool).await);
        Outcome {
            kept: kept.len(),
            lost: tally.acknowledged.difference(&kept).count(),
            tally,
            fetches: self.api.fetches(),
            faults: self.api.faults(),
            kills: self.daemon.kills,
            restarts: self.database.restarts(),
            stalls: self.stalls.figures(),
            longest_allowed: MAX_STALL + Duration::from_secs(plan.pause),
            interviews: expected.len(),
            still_waiting: self.stalls.waiting(),
            failed: failed(&self.database.pool).await,
            is_equal,
            is_verified: self.is_verified(expected.len(), began).await,
            recovery,
        }
    }
}

impl Soak {
    /// Whether `verify` finds no difference. The last changes of the list may be known only after
    /// the next poll.
    async fn is_verified(&self, interviews: usize, began: Instant) -> bool {
        while !self.daemon.verify(interviews).await {
            if began.elapsed() > WAIT_LIMIT {
                return false;
            }
            time::sleep(POLL).await;
        }
        true
    }
}

/// The deliveries in the inbox, each once.
async fn kept(db: &PgPool) -> BTreeSet<usize> {
    let kept: Vec<i32> = sqlx::query_scalar(
        "select (convert_from(body, 'UTF8')::jsonb ->> 'delivery')::integer
         from heymilo_sync.inbox",
    )
    .fetch_all(db)
    .await
    .unwrap();
    let distinct: BTreeSet<usize> = kept.iter().map(|n| usize::try_from(*n).unwrap()).collect();
    assert_eq!(distinct.len(), kept.len(), "a delivery is in the inbox twice");
    distinct
}

async fn failed(db: &PgPool) -> i64 {
    let count = "select count(*) from heymilo_sync.jobs where failed_at is not null";
    sqlx::query_scalar(count).fetch_one(db).await.unwrap()
}

impl Outcome {
    /// Whether all guarantees held.
    pub fn is_good(&self) -> bool {
        !self.tally.acknowledged.is_empty()
            && self.lost == 0
            && self.stalls.1 < self.longest_allowed
            && self.still_waiting == 0
            && self.failed == 0
            && self.is_equal
            && self.is_verified
    }

    /// Prints the figures.
    pub fn print(&self, plan: &Plan) {
        let Tally { sent, acknowledged, refused, unanswered, slowest } = &self.tally;
        let (median, longest) = self.stalls;
        println!(
            "{} s, {} webhooks a second, {} interviews",
            plan.seconds, plan.rate, self.interviews
        );
        println!("daemon killed           {}", self.kills);
        println!("Postgres restarted      {}", self.restarts);
        println!("Postgres stood still    {} s", plan.pause);
        println!("API failures            {}", self.faults);
        println!("webhooks sent           {sent}");
        println!("  acknowledged          {}", acknowledged.len());
        println!("  refused (503)         {refused}");
        println!("  not answered          {unanswered} (daemon dead)");
        println!("  slowest answer        {} ms", slowest.as_millis());
        println!("lost                    {}", self.lost);
        println!("kept, not acknowledged  {}", self.kept + self.lost - acknowledged.len());
        println!("answers fetched         {}", self.fetches);
        println!("duplicates absorbed     {}", self.kept.saturating_sub(self.fetches));
        println!("from webhook to tables  median {} ms", median.as_millis());
        println!(
            "longest stall           {} ms (allowed {} ms)",
            longest.as_millis(),
            self.longest_allowed.as_millis()
        );
        println!("recovered after         {} ms", self.recovery.as_millis());
        println!("still waiting, failed   {}, {}", self.still_waiting, self.failed);
        println!("tables equal HeyMilo    {}", if self.is_equal { "yes" } else { "NO" });
        println!(
            "verify                  {}",
            if self.is_verified { "no difference" } else { "DIFFERENCES" }
        );
    }
}
