//! The cost of being idle.

use std::{fs, process::Command, time::Duration};

use tokio::time;

use super::{
    Bench,
    program::Program,
    report::{Figure, Target, median},
};

const STARTS: usize = 5;
/// How long an idle daemon is measured.
const IDLE: Duration = Duration::from_secs(60);
const MIB: f64 = 1024.0 * 1024.0;

/// Measures starts, idle use and sizes.
pub async fn measure(bench: &Bench) -> Vec<Figure> {
    bench.heymilo.have(1_000);
    let database = bench.postgres.database("ours").await;
    let address = [("HEYMILO_SYNC__HEYMILO__BASE_URL", bench.address.as_str())];
    let settings = [address[0], ("HEYMILO_SYNC__WORKER__CONCURRENCY", "8")];
    let start = || Program::start(&bench.postgres, &database, &["run"], &settings);
    let mut starts = Vec::new();
    for _ in 0..STARTS {
        let program = start();
        starts.push(program.ready().await * 1000.0);
        program.stop().await;
    }
    let working = idle(start()).await;
    // Everything was fetched by now.
    let started = idle(start()).await;
    database.pool.close().await;

    let binary = fs::metadata(env!("CARGO_BIN_EXE_heymilo-sync")).unwrap().len() as f64 / MIB;
    let mut figures = vec![
        Figure::alone("start to ready", median(starts), "ms", Target::AtMost(300.0)),
        Figure::alone("idle memory", started.resident, "MiB", Target::AtMost(20.0)),
        Figure::alone(
            "idle memory after a thousand interviews",
            working.resident,
            "MiB",
            Target::AtMost(20.0),
        ),
        Figure::alone("idle CPU, of one core", started.cpu, "%", Target::AtMost(0.5)),
        Figure::alone("release binary", binary, "MiB", Target::None),
    ];
    if let Some(image) = image() {
        figures.push(Figure::alone("image", image, "MiB", Target::AtMost(30.0)));
    }
    figures
}

/// The use of a daemon without work.
struct Idle {
    /// Percent of one core.
    cpu: f64,
    /// MiB.
    resident: f64,
}

/// Measures a daemon once its work is done, and stops it.
async fn idle(mut program: Program) -> Idle {
    time::sleep(IDLE / 4).await;
    let before = program.look();
    time::sleep(IDLE).await;
    let after = program.look();
    program.stop().await;
    let cpu = (after.cpu - before.cpu) / IDLE.as_secs_f64() * 100.0;
    Idle { cpu, resident: after.resident }
}

/// The size of the image, if there is one.
fn image() -> Option<f64> {
    let format = ["image", "inspect", "--format", "{{.Size}}", "heymilo-sync"];
    let output = Command::new("docker").args(format).output().ok()?;
    let size: f64 = String::from_utf8(output.stdout).ok()?.trim().parse().ok()?;
    Some(size / MIB)
}
