//! Whether it stays as fast when the tables are full.

use std::time::{Duration, Instant};

use heymilo_sync::{
    records::WorkspaceId,
    store::jobs::{self, Allowance, Turn},
};

use super::{
    Bench,
    report::{Figure, Target, median, tell},
    writing::run,
};

/// How many interviews there are at first.
const SIZES: [usize; 3] = [1_000, 10_000, 100_000];
/// How many are added each time.
const ADDED: usize = 2_000;
/// How often.
const TURNS: usize = 3;
const JOBS: usize = 1_000_000;
const CLAIMS: usize = 200;
/// What a worker claims at once.
const TOGETHER: usize = 16;

/// Measures both.
pub async fn measure(bench: &Bench) -> Vec<Figure> {
    let database = bench.postgres.database("ours").await;
    let mut rates = Vec::new();
    for size in SIZES {
        bench.heymilo.have(size);
        run(bench, &database, &["sync"]).await;
        let mut of_size = Vec::new();
        for turn in 1..=TURNS {
            // Housekeeping after so many rows would fall into one turn and not into another.
            database.execute("vacuum analyze").await;
            database.execute("checkpoint").await;
            bench.heymilo.have(size + turn * ADDED);
            let used = run(bench, &database, &["sync"]).await;
            let (first, last) = bench.heymilo.first_and_last_thousand();
            let rate = (first + last) / 2.0;
            tell(format!("{size} interviews: {rate:.0} a second, {:.1} s", used.elapsed));
            of_size.push(rate);
        }
        rates.push(median(of_size));
    }
    database.pool.close().await;
    let [few, some, many] = rates[..] else { unreachable!("one rate for each size") };
    let figure = |what: &str, rate| {
        let yardstick = ("with 1,000", few);
        Figure::beside(what, rate, yardstick, "/s", Target::AtLeast(0.8))
    };
    vec![
        figure("backfill with 10,000 interviews in the tables", some),
        figure("backfill with 100,000 interviews in the tables", many),
        claims(bench).await,
    ]
}

/// How long a claim takes while a million jobs wait.
async fn claims(bench: &Bench) -> Figure {
    let database = bench.postgres.database("ours").await;
    database
        .execute(&format!(
            "insert into heymilo_sync.jobs (workspace_id, interview_id, reason, priority, due_at)
             select 'default', 'interview' || number, 'backfill', 2, now() - interval '1 hour'
             from generate_series(1, {JOBS}) as number;
             checkpoint"
        ))
        .await;
    let workspace_id = WorkspaceId::from("default".to_owned());
    let allowance = Allowance { requests_per_minute: 300, unknown_percent: 5 };
    let mut times = Vec::new();
    for _ in 0..CLAIMS {
        let began = Instant::now();
        let lease = Duration::from_secs(30);
        let claim = jobs::claim(
            &database.pool,
            &workspace_id,
            TOGETHER,
            lease,
            Turn::MostUrgent,
            Duration::ZERO,
            allowance,
        );
        assert_eq!(claim.await.unwrap().len(), TOGETHER);
        times.push(began.elapsed().as_secs_f64() * 1000.0);
    }
    database.pool.close().await;
    let what = "claim of 16 jobs, a million waiting";
    Figure::alone(what, median(times), "ms", Target::AtMost(2.0))
}
