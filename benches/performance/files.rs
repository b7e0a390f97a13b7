//! The cost of downloads of recordings and resumes: memory, and latency of deliveries.

use std::time::Duration;

use tempfile::TempDir;
use tokio::time;

use super::{
    Bench,
    database::Database,
    freshness::deliver,
    program::Program,
    report::{Figure, Target, median, note},
    writing::run,
};

/// Interviews whose files are downloaded while deliveries arrive.
const KNOWN: usize = 1_000;
/// The size of their files.
const SMALL: usize = 5 << 20;
/// The size of a file that does not fit into memory.
const LARGE: usize = 500 << 20;
/// How often to check whether files are kept.
const LOOK: Duration = Duration::from_millis(200);

/// Measures latency and memory.
pub async fn measure(bench: &Bench) -> Vec<Figure> {
    let mut figures = freshness(bench).await;
    figures.push(memory(bench).await);
    bench.heymilo.have_files(0);
    figures
}

/// The time from a webhook to its rows, with and without three downloads at a time.
async fn freshness(bench: &Bench) -> Vec<Figure> {
    let database = bench.postgres.database("ours").await;
    bench.heymilo.have(KNOWN);
    bench.heymilo.have_files(SMALL);
    run(bench, &database, &["sync"]).await;

    let (mut without, mut with) = (Vec::new(), Vec::new());
    for round in 0..bench.plan.rounds {
        let program = Program::start(&bench.postgres, &database, &["run"], &address(bench));
        program.ready().await;
        without.push(median(deliver(bench, &database, &program).await));
        program.stop().await;

        let directory = TempDir::new().unwrap();
        let program = start(bench, &database, &directory);
        program.ready().await;
        while kept(&database).await == 0.0 {
            time::sleep(LOOK).await;
        }
        with.push(median(deliver(bench, &database, &program).await));
        program.stop().await;
        let (kept, waiting) = (kept(&database).await, waiting(&database).await);
        assert!(waiting > 0.0, "all files were kept before the last delivery");
        note(format!("round {}: {kept} files of 5 MiB kept, {waiting} still waiting", round + 1));
        database.execute("delete from heymilo_sync.downloads").await;
        database.execute("delete from heymilo.files").await;
    }
    database.pool.close().await;
    vec![Figure::beside(
        "webhook to rows while files are downloaded, p50",
        median(with),
        ("without downloads", median(without)),
        "ms",
        Target::AtMost(1.1),
    )]
}

/// The memory above an idle daemon's for three files of 500 MiB at a time.
async fn memory(bench: &Bench) -> Figure {
    let (database, directory) = (bench.postgres.database("ours").await, TempDir::new().unwrap());
    bench.heymilo.have(2);
    bench.heymilo.have_files(LARGE);
    run(bench, &database, &["sync"]).await;

    let idle = Program::start(&bench.postgres, &database, &["run"], &address(bench));
    let idle = used(idle).await;
    let program = start(bench, &database, &directory);
    while kept(&database).await == 0.0 || waiting(&database).await > 0.0 {
        time::sleep(LOOK).await;
    }
    let downloading = used(program).await;
    database.pool.close().await;
    Figure::alone(
        "memory above idle for files of 500 MiB",
        downloading - idle,
        "MiB",
        Target::AtMost(64.0),
    )
}

/// Stops a daemon, and returns the most memory that it had.
async fn used(mut program: Program) -> f64 {
    program.ready().await;
    time::sleep(LOOK).await;
    let peak = program.look().peak;
    program.stop().await;
    peak
}

fn address(bench: &Bench) -> [(&str, &str); 1] {
    [("HEYMILO_SYNC__HEYMILO__BASE_URL", bench.address.as_str())]
}

/// Starts a daemon that keeps files.
fn start(bench: &Bench, database: &Database, directory: &TempDir) -> Program {
    let url = format!("file://{}", directory.path().display());
    let settings = [
        address(bench)[0],
        ("HEYMILO_SYNC__FILES__URL", url.as_str()),
        ("HEYMILO_SYNC__FILES__ALLOW_PRIVATE_ADDRESSES", "true"),
    ];
    Program::start(&bench.postgres, database, &["run"], &settings)
}

async fn kept(database: &Database) -> f64 {
    database.number("select count(*) from heymilo.files where state = 'kept'").await
}

async fn waiting(database: &Database) -> f64 {
    database.number("select count(*) from heymilo_sync.downloads").await
}
