//! The memory of a backfill.

use super::{
    Bench,
    report::{Figure, Target},
    writing::run,
};

/// Measures with few and many interviews, and last with one of 20 MB among them.
pub async fn measure(bench: &Bench) -> Vec<Figure> {
    let few = peak(bench, 1_000).await;
    let many = peak(bench, 20_000).await;
    bench.heymilo.have_a_giant(20_000_000);
    let giant = peak(bench, 1_000).await;
    vec![
        Figure::alone("peak memory, 20,000 interviews", many, "MiB", Target::AtMost(64.0)),
        Figure::beside(
            "peak memory, 20,000 interviews",
            many,
            ("1,000 interviews", few),
            "MiB",
            Target::AtMost(1.15),
        ),
        Figure::alone("peak memory, one interview of 20 MB", giant, "MiB", Target::AtMost(256.0)),
    ]
}

async fn peak(bench: &Bench, interviews: usize) -> f64 {
    bench.heymilo.have(interviews);
    let database = bench.postgres.database("ours").await;
    let used = run(bench, &database, &["sync"]).await;
    database.pool.close().await;
    used.peak
}
