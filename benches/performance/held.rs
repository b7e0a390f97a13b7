//! A steady stream of deliveries while another transaction holds its snapshot, like a long query of
//! an analyst. Postgres then keeps every row version and index entry that the jobs leave behind.

use std::time::{Duration, Instant};

use heymilo_sync::{
    records::WorkspaceId,
    store::jobs::{self, LowWaterMarks},
};
use sqlx::{Connection as _, PgConnection};
use tokio::time;

use super::{
    Bench,
    database::Database,
    deliveries::Load,
    program::Program,
    report::{Figure, Target, median, note},
    writing::run,
};

/// Deliveries per second.
const RATE: f64 = 200.0;
const CLIENTS: usize = 16;
/// The numbers of interviews that the deliveries name in turn.
const INTERVIEWS: [(usize, &str); 2] = [(2_000, "of 2,000 interviews"), (1, "of one interview")];
/// How long the final state is measured, and how often.
const END: Duration = Duration::from_secs(10);
const SAMPLE_INTERVAL: Duration = Duration::from_millis(100);
/// The number of jobs of each urgency that the owner reads at once.
const WINDOW: i64 = 64;
/// The transaction that an analyst leaves open.
const HOLD: &str =
    "begin isolation level repeatable read; select 1 from heymilo.interviews limit 1";

/// The measurements with or without the open transaction.
struct Outcome {
    /// Interviews written per second.
    written: f64,
    /// Milliseconds to read the due jobs from the last marks on, as the owner mostly does.
    read: f64,
    /// Milliseconds to read the due jobs from the beginning, as the owner does once a minute.
    read_all: f64,
    /// Jobs that are due.
    backlog: f64,
}

/// Measures each stream of deliveries without the open transaction and with it.
pub async fn measure(bench: &Bench) -> Vec<Figure> {
    let mut figures = Vec::new();
    for (interviews, of) in INTERVIEWS {
        let free = outcome(bench, interviews, false).await;
        let held = outcome(bench, interviews, true).await;
        let beside = |what: &str, value: fn(&Outcome) -> f64, unit, target| {
            let what = format!("{what}, 200 deliveries/s {of}, transaction held");
            Figure::beside(what, value(&held), ("not held", value(&free)), unit, target)
        };
        figures.extend([
            beside("interviews written", |found| found.written, "/s", Target::AtLeast(0.8)),
            beside("reading what is due", |found| found.read, "ms", Target::AtMost(1.2)),
            beside("the same from the beginning", |found| found.read_all, "ms", Target::None),
            // A backlog of more than a second of deliveries grows, and is more than the jobs in
            // hand.
            Figure::alone(
                format!("jobs due at the end, 200 deliveries/s {of}, transaction held"),
                held.backlog,
                "jobs",
                Target::AtMost(RATE),
            ),
        ]);
    }
    figures
}

async fn outcome(bench: &Bench, interviews: usize, is_held: bool) -> Outcome {
    let database = bench.postgres.database("ours").await;
    bench.heymilo.have(interviews);
    run(bench, &database, &["sync"]).await;
    database.execute("vacuum analyze").await;
    database.read_no_lists().await;
    let address = [("HEYMILO_SYNC__HEYMILO__BASE_URL", bench.address.as_str())];
    let program = Program::start(&bench.postgres, &database, &["run"], &address);
    program.ready().await;
    let mut holder = PgConnection::connect_with(&database.options).await.unwrap();
    if is_held {
        sqlx::raw_sql(HOLD).execute(&mut holder).await.unwrap();
    }

    let lasts = Duration::from_secs(bench.plan.held).max(2 * END);
    let load = Load {
        clients: CLIENTS,
        rate: Some(RATE),
        lasts,
        interviews,
        edits: Some(bench.heymilo.clone()),
    };
    let before = written(&database).await;
    let (delivered, (read, backlog)) = tokio::join!(load.run(&program), async {
        time::sleep(lasts - END).await;
        end(&database).await
    });
    let written = (written(&database).await - before) / lasts.as_secs_f64();
    let read_all = read_all(&database).await;

    drop(holder);
    program.stop().await;
    database.pool.close().await;
    note(format!(
        "{interviews} interviews, held: {is_held}: delivered {:.0} a second, written {written:.0}, \
         read {read:.2} ms, from the beginning {read_all:.2} ms, {backlog:.0} jobs due",
        delivered.per_second
    ));
    Outcome { written, read, read_all, backlog }
}

/// The number of kept answers, one for each time that an interview was written.
async fn written(database: &Database) -> f64 {
    database.number("select count(*) from heymilo_sync.snapshots where kind = 'interview'").await
}

/// The time to read the due jobs, and their number: the medians of the last seconds.
async fn end(database: &Database) -> (f64, f64) {
    let mut marks = LowWaterMarks::default();
    let (mut times, mut backlog) = (Vec::new(), Vec::new());
    let began = Instant::now();
    while began.elapsed() < END - SAMPLE_INTERVAL {
        times.push(read(database, &mut marks).await);
        backlog.push(
            database
                .number("select count(*) from heymilo_sync.jobs where heymilo_sync.is_due(jobs)")
                .await,
        );
        time::sleep(SAMPLE_INTERVAL).await;
    }
    (median(times), median(backlog))
}

async fn read_all(database: &Database) -> f64 {
    let mut times = Vec::new();
    for _ in 0..20 {
        times.push(read(database, &mut LowWaterMarks::default()).await);
    }
    median(times)
}

/// The milliseconds to read the due jobs.
async fn read(database: &Database, marks: &mut LowWaterMarks) -> f64 {
    let workspace_id = WorkspaceId::from("default".to_owned());
    let began = Instant::now();
    jobs::due(&database.pool, &workspace_id, WINDOW, &[], true, marks).await.unwrap();
    began.elapsed().as_secs_f64() * 1000.0
}
