//! The time from a webhook to committed rows: alone, and during a backfill at full speed.

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use reqwest::Client;
use sqlx::{Connection as _, PgConnection};
use tokio::time;

use super::{
    Bench,
    database::Database,
    heymilo::HeyMilo,
    program::Program,
    report::{Figure, Target, note, quantile},
    writing::run,
};

/// Interviews that deliveries name.
const KNOWN: usize = 1_000;
/// Interviews that are backfilled meanwhile.
const BACKFILL: usize = 20_000;
/// Deliveries.
const DELIVERIES: usize = 200;
/// The longest time that a delivery may take.
const WAIT_LIMIT: Duration = Duration::from_secs(30);
/// The time between two deliveries.
const PAUSE: Duration = Duration::from_millis(50);

/// Measures both.
pub async fn measure(bench: &Bench) -> Vec<Figure> {
    let database = bench.postgres.database("ours").await;
    bench.heymilo.have(KNOWN);
    run(bench, &database, &["sync"]).await;

    let address = [("HEYMILO_SYNC__HEYMILO__BASE_URL", bench.address.as_str())];
    let start = || Program::start(&bench.postgres, &database, &["run"], &address);
    let program = start();
    program.ready().await;
    let quiet = deliver(bench, &database, &program).await;
    program.stop().await;

    bench.heymilo.have(KNOWN + BACKFILL);
    // The list was just read, and would not be read again for minutes.
    database.execute("update heymilo_sync.cursors set due_at = now()").await;
    let program = start();
    program.ready().await;
    let began = Instant::now();
    while bench.heymilo.served() < 100 {
        assert!(began.elapsed() < WAIT_LIMIT, "the backfill does not begin");
        time::sleep(Duration::from_millis(10)).await;
    }
    let busy = deliver(bench, &database, &program).await;
    let left = KNOWN + BACKFILL - bench.heymilo.served();
    note(format!("{left} interviews of the backfill were left at the end"));
    program.stop().await;
    database.pool.close().await;
    let at = |share| quantile(busy.iter().copied(), share);
    vec![
        Figure::alone(
            "webhook to rows with nothing else to do, p50",
            quantile(quiet.iter().copied(), 0.5),
            "ms",
            Target::AtMost(20.0),
        ),
        Figure::alone(
            "webhook to rows during a backfill, p50",
            at(0.5),
            "ms",
            Target::AtMost(20.0),
        ),
        Figure::alone("the same, p99", at(0.99), "ms", Target::AtMost(100.0)),
    ]
}

/// Delivers one after the other. Returns the milliseconds until each delivery's rows were there.
pub async fn deliver(bench: &Bench, database: &Database, program: &Program) -> Vec<f64> {
    let mut sender = Sender::new(database, program).await;
    let mut times = Vec::new();
    for number in 0..DELIVERIES {
        times.push(sender.deliver(bench, number).await.as_secs_f64() * 1000.0);
        time::sleep(PAUSE).await;
    }
    times
}

/// Delivers, and waits each time until the rows are there.
pub struct Sender {
    client: Client,
    url: String,
    /// A single connection with few queries, because the measured program shares the cores with it.
    watcher: PgConnection,
}

impl Sender {
    /// Delivers to a program that works on the database.
    pub async fn new(database: &Database, program: &Program) -> Self {
        let client = Client::builder().no_proxy().build().unwrap();
        let url = format!("http://{}{}", program.public, program.webhook);
        let watcher = PgConnection::connect_with(&database.options).await.unwrap();
        Self { client, url, watcher }
    }

    /// Changes the score of an interview and delivers it. Returns the time until the rows were
    /// there.
    pub async fn deliver(&mut self, bench: &Bench, number: usize) -> Duration {
        let id = HeyMilo::id(number);
        let before = fetched_at(&mut self.watcher, &id).await;
        // There must be something to write each time.
        bench.heymilo.edit();
        let began = Instant::now();
        let body = format!(r#"{{"interview_id":"{id}"}}"#);
        let answer = self.client.post(&self.url).body(body).send().await.unwrap();
        assert_eq!(answer.status(), 202);
        while fetched_at(&mut self.watcher, &id).await <= before {
            assert!(began.elapsed() < WAIT_LIMIT, "{id} did not arrive");
            time::sleep(Duration::from_millis(1)).await;
        }
        began.elapsed()
    }
}

/// When the results in an interview's rows were fetched.
async fn fetched_at(watcher: &mut PgConnection, interview_id: &str) -> Option<DateTime<Utc>> {
    sqlx::query_scalar("select fetched_at from heymilo.interviews where interview_id = $1")
        .bind(interview_id)
        .fetch_optional(watcher)
        .await
        .unwrap()
        .flatten()
}
