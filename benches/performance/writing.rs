//! Writes interviews as rows: by `sync`, by `backfill`, again after a change, again without one,
//! and from snapshots. All are compared with `COPY` of the same rows, and `backfill` also with a
//! plain loader.

use super::{
    Bench,
    copy::Rows,
    database::Database,
    loader,
    program::{Program, Used},
    report::{Figure, Target, median, note},
};

/// Interviews a second in each round, with the other measurements.
#[derive(Default)]
struct Rounds {
    copy: Vec<f64>,
    loader: Vec<f64>,
    sync: Vec<f64>,
    backfill: Vec<f64>,
    rewrite: Vec<f64>,
    replay: Vec<f64>,
    sync_cpu: Vec<f64>,
    backfill_cpu: Vec<f64>,
    peak: Vec<f64>,
    wal: Vec<f64>,
    copied_wal: Vec<f64>,
    slowing: Vec<f64>,
    idle_wal: Vec<f64>,
    idle_rows: f64,
    poll_rows: f64,
    edit_rows: f64,
}

/// Measures all of them.
pub async fn measure(bench: &Bench) -> Vec<Figure> {
    let mut rounds = Rounds::default();
    for round in 1..=bench.plan.rounds {
        measure_round(bench, &mut rounds).await;
        note(format!(
            "round {round}: copy {:.0}, loader {:.0}, sync {:.0}, backfill {:.0}, rewrite {:.0}, \
             replay {:.0} a second",
            rounds.copy[round - 1],
            rounds.loader[round - 1],
            rounds.sync[round - 1],
            rounds.backfill[round - 1],
            rounds.rewrite[round - 1],
            rounds.replay[round - 1],
        ));
    }

    let interviews = bench.plan.interviews as f64;
    let copy = ("parallel COPY", median(rounds.copy));
    let (sync, backfill) = (median(rounds.sync), median(rounds.backfill));
    let loader = ("plain loader", median(rounds.loader));

    vec![
        Figure::beside(
            "interviews replayed from snapshots",
            median(rounds.replay),
            copy,
            "/s",
            Target::AtLeast(0.65),
        ),
        Figure::beside("sync over HTTP", sync, copy, "/s", Target::AtLeast(0.42)),
        Figure::beside("backfill over HTTP", backfill, copy, "/s", Target::AtLeast(0.48)),
        Figure::beside("the same", backfill, loader, "/s", Target::AtLeast(1.0)),
        Figure::beside(
            "rewriting changed interviews",
            median(rounds.rewrite),
            ("sync", sync),
            "/s",
            Target::AtLeast(0.6),
        ),
        Figure::alone(
            "last thousand against the first, never analysed",
            median(rounds.slowing),
            "times",
            Target::AtLeast(0.9),
        ),
        Figure::alone(
            "CPU per interview, sync",
            median(rounds.sync_cpu),
            "ms",
            Target::AtMost(0.75),
        ),
        Figure::alone(
            "CPU per interview, backfill",
            median(rounds.backfill_cpu),
            "ms",
            Target::AtMost(0.75),
        ),
        Figure::beside(
            "write-ahead log per interview",
            median(rounds.wal) / interviews / 1024.0,
            ("COPY", median(rounds.copied_wal) / interviews / 1024.0),
            "KiB",
            Target::AtMost(1.2),
        ),
        Figure::alone("peak memory of a sync", median(rounds.peak), "MiB", Target::AtMost(64.0)),
        Figure::alone(
            "rows written by a second backfill without a change",
            rounds.idle_rows,
            "rows",
            Target::AtMost(0.0),
        ),
        Figure::alone(
            "write-ahead log of it, per interview",
            median(rounds.idle_wal) / interviews / 1024.0,
            "KiB",
            Target::AtMost(1.0),
        ),
        Figure::alone(
            "rows written by a poll without a change",
            rounds.poll_rows,
            "rows",
            Target::AtMost(0.0),
        ),
        Figure::alone(
            "rows written per changed score",
            rounds.edit_rows / interviews,
            "rows",
            Target::AtMost(4.0),
        ),
    ]
}

async fn measure_round(bench: &Bench, rounds: &mut Rounds) {
    let interviews = bench.plan.interviews;
    let per_second = |used: Used| interviews as f64 / used.elapsed;
    let cpu = |used: Used| used.cpu * 1000.0 / interviews as f64;
    bench.heymilo.have(interviews);
    let database = bench.postgres.database("ours").await;

    // Autovacuum would affect one of the compared measurements and not the other.
    bench.postgres.set("autovacuum = off").await;
    let before = database.wal().await;
    let used = run(bench, &database, &["sync"]).await;
    assert_eq!(bench.heymilo.served(), interviews);
    rounds.wal.push(database.wal().await - before);
    rounds.sync.push(per_second(used));
    rounds.sync_cpu.push(cpu(used));
    rounds.peak.push(used.peak);
    let (first, last) = bench.heymilo.first_and_last_thousand();
    rounds.slowing.push(last / first);

    let rows = Rows::of(&database).await;
    let copied = rows.copy(&bench.postgres).await;
    rounds.copy.push(interviews as f64 / copied.elapsed);
    rounds.copied_wal.push(copied.wal);
    drop(rows);

    rounds.loader.push(loader::load(&bench.postgres, &bench.address, interviews).await);
    let used = backfill(bench).await;
    rounds.backfill.push(per_second(used));
    rounds.backfill_cpu.push(cpu(used));

    let (rows, wal) = (database.rows_written().await, database.wal().await);
    run(bench, &database, &["backfill"]).await;
    rounds.idle_wal.push(database.wal().await - wal);
    rounds.idle_rows += database.rows_written().await - rows;

    let rows = database.rows_written().await;
    run(bench, &database, &["sync"]).await;
    rounds.poll_rows += database.rows_written().await - rows;

    database.empty().await;
    rounds.replay.push(per_second(run(bench, &database, &["replay"]).await));

    bench.heymilo.edit();
    let rows = database.rows_written().await;
    database.execute("checkpoint").await;
    rounds.rewrite.push(per_second(run(bench, &database, &["backfill"]).await));
    rounds.edit_rows = database.rows_written().await - rows;
    bench.postgres.set("autovacuum = on").await;
    database.pool.close().await;
}

/// Fetches known interviews that have no results yet, into tables of their own.
async fn backfill(bench: &Bench) -> Used {
    let interviews = bench.plan.interviews;
    let database = bench.postgres.database("backfilled").await;
    database.know(interviews).await;
    database.execute("checkpoint").await;
    bench.heymilo.have(interviews);
    let used = run(bench, &database, &["backfill"]).await;
    assert_eq!(bench.heymilo.served(), interviews);
    database.pool.close().await;
    used
}

/// Runs a command to its end.
pub async fn run(bench: &Bench, database: &Database, arguments: &[&str]) -> Used {
    let address = [("HEYMILO_SYNC__HEYMILO__BASE_URL", bench.address.as_str())];
    Program::start(&bench.postgres, database, arguments, &address).finish().await
}
