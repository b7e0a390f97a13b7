//! Whether the speed stays the same when the tables are full.

use std::time::Instant;

use heymilo_sync::{
    records::WorkspaceId,
    store::jobs::{self, LowWaterMarks},
};

use super::{
    Bench,
    database::Database,
    report::{Figure, Target, median, note},
    writing::run,
};

/// The numbers of interviews at first.
const SIZES: [usize; 3] = [1_000, 10_000, 100_000];
/// The number of interviews added each time.
const ADDED: usize = 2_000;
/// The number of turns.
const TURNS: usize = 3;
const JOBS: usize = 1_000_000;
const READS: usize = 200;
/// The number of jobs of each urgency that the owner reads at once, and the number that it has in
/// hand.
const WINDOW: i64 = 64;
const IN_FLIGHT: usize = 64;

/// Measures both.
pub async fn measure(bench: &Bench) -> Vec<Figure> {
    let database = bench.postgres.database("ours").await;
    let mut rates = Vec::new();
    for size in SIZES {
        bench.heymilo.have(size);
        run(bench, &database, &["sync"]).await;
        let mut of_size = Vec::new();
        for turn in 1..=TURNS {
            // Autovacuum would run in one turn and not in another.
            database.execute("vacuum analyze").await;
            database.execute("checkpoint").await;
            bench.heymilo.have(size + turn * ADDED);
            let used = run(bench, &database, &["sync"]).await;
            let (first, last) = bench.heymilo.first_and_last_thousand();
            let rate = (first + last) / 2.0;
            note(format!("{size} interviews: {rate:.0} a second, {:.1} s", used.elapsed));
            of_size.push(rate);
        }
        rates.push(median(of_size));
    }

    let sizes = sizes(&database).await;
    database.pool.close().await;
    let [few, some, many] = rates[..] else { unreachable!("one rate for each size") };
    let figure = |what: &str, rate| {
        let yardstick = ("with 1,000", few);
        Figure::beside(what, rate, yardstick, "/s", Target::AtLeast(0.8))
    };

    let mut figures = vec![
        figure("backfill with 10,000 interviews in the tables", some),
        figure("backfill with 100,000 interviews in the tables", many),
        reads(bench).await,
    ];
    figures.extend(sizes);
    figures
}

/// What an interview takes on the database's disk.
async fn sizes(database: &Database) -> [Figure; 4] {
    let interviews = database.number("select count(*)::float8 from heymilo.interviews").await;
    let per_interview = async |what: &str, size: &str, relations: &str| {
        let sum = format!(
            "select coalesce(sum({size}(pg_class.oid)), 0)::float8
             from pg_class
             where relkind = 'r' and {relations}"
        );
        let kib = database.number(&sum).await / interviews / 1024.0;
        Figure::alone(format!("disk per interview: {what}"), kib, "KiB", Target::None)
    };
    let (ours, machinery) =
        ("relnamespace = 'heymilo'::regnamespace", "relnamespace = 'heymilo_sync'::regnamespace");
    let snapshots = "pg_class.oid = 'heymilo_sync.snapshots'::regclass";
    let others = format!("{machinery} and not {snapshots}");
    [
        per_interview("the analysts' tables", "pg_table_size", ours).await,
        per_interview("their indexes", "pg_indexes_size", ours).await,
        per_interview("answers as received", "pg_total_relation_size", snapshots).await,
        per_interview("search and all else", "pg_total_relation_size", &others).await,
    ]
}

/// How long reading the due jobs takes while a million jobs wait.
async fn reads(bench: &Bench) -> Figure {
    let database = bench.postgres.database("ours").await;
    database
        .execute(&format!(
            "insert into heymilo_sync.jobs (workspace_id, interview_id, urgency, due_at)
             select 'default', 'interview' || number, 'backfill', now() - interval '1 hour'
             from generate_series(1, {JOBS}) as number;
             checkpoint"
        ))
        .await;
    let workspace_id = WorkspaceId::from("default".to_owned());
    let in_flight: Vec<String> =
        (1..=IN_FLIGHT).map(|number| format!("interview{number}")).collect();
    let in_flight: Vec<&str> = in_flight.iter().map(String::as_str).collect();
    let mut marks = LowWaterMarks::default();
    let mut times = Vec::new();
    for _ in 0..READS {
        let began = Instant::now();
        let due = jobs::due(&database.pool, &workspace_id, WINDOW, &in_flight, true, &mut marks);
        assert_eq!(due.await.unwrap().len() as i64, WINDOW);
        times.push(began.elapsed().as_secs_f64() * 1000.0);
    }
    database.pool.close().await;
    let what = "reading what is due, a million jobs waiting";
    Figure::alone(what, median(times), "ms", Target::AtMost(2.0))
}
