//! Webhooks at a steady rate. A delivery without acknowledgement is not sent again.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use chrono::Utc;
use heymilo_sync::simulator::Simulator;
use serde_json::json;
use tokio::{
    task::JoinSet,
    time::{self, Instant, MissedTickBehavior},
};

use super::stalls::Stalls;

/// Longer than the daemon may take to answer.
const TIMEOUT: Duration = Duration::from_secs(20);

/// The deliveries and their results. Clones share it.
#[derive(Clone)]
pub struct Deliveries {
    webhook: String,
    tally: Arc<Mutex<Tally>>,
    stalls: Arc<Stalls>,
}

/// The number of deliveries by result.
#[derive(Debug, Default, Clone)]
pub struct Tally {
    pub sent: usize,
    pub acknowledged: BTreeSet<usize>,
    /// Answered 503: the daemon said that it could not keep them.
    pub refused: usize,
    /// Not answered: the daemon was down, or died.
    pub unanswered: usize,
    pub slowest: Duration,
}

impl Deliveries {
    /// Begins without deliveries.
    pub fn new(webhook: String, stalls: Arc<Stalls>) -> Self {
        Self { webhook, tally: Arc::default(), stalls }
    }

    /// Delivers events of random interviews until `end`, `rate` each second.
    pub async fn send(self, rate: u32, heymilo: Simulator, end: Instant) {
        // An error says that a provider is installed already, which is enough.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().timeout(TIMEOUT).no_proxy().build().unwrap();
        let mut ticks = time::interval(Duration::from_secs(1) / rate);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let mut under_way = JoinSet::new();
        let mut ids = heymilo.interview_ids();
        while Instant::now() < end {
            ticks.tick().await;
            let number = self.number();
            if number.is_multiple_of(1000) {
                ids = heymilo.interview_ids();
            }
            let id = ids[fastrand::usize(..ids.len())].clone();
            under_way.spawn(self.clone().deliver(client.clone(), number, id));
            while under_way.try_join_next().is_some() {}
        }
        under_way.join_all().await;
    }

    /// The results of all deliveries.
    pub fn tally(&self) -> Tally {
        self.lock().clone()
    }

    fn number(&self) -> usize {
        let mut tally = self.lock();
        tally.sent += 1;
        tally.sent
    }

    async fn deliver(self, client: reqwest::Client, number: usize, id: String) {
        let body = json!({ "interview_id": id, "delivery": number }).to_string();
        let began = Instant::now();
        let answer = client.post(&self.webhook).body(body).send().await;
        let mut tally = self.lock();
        match answer.map(|answer| answer.status().as_u16()) {
            Ok(202) => {
                tally.acknowledged.insert(number);
                tally.slowest = tally.slowest.max(began.elapsed());
                self.stalls.acknowledged(id, Utc::now());
            }
            Ok(503) => tally.refused += 1,
            Ok(status) => panic!("a delivery was answered {status}"),
            Err(_) => tally.unanswered += 1,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap()
    }
}
