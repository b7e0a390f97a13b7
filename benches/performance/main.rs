//! How fast it is, beside its yardsticks: `cargo bench --bench performance`.
//!
//! Everything runs on this machine: a private Postgres whose commits are durable, a HeyMilo that
//! answers at once, and the program as a process of its own.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a program for a person at a terminal"
)]

mod acknowledging;
mod copy;
mod database;
mod freshness;
mod growth;
mod heymilo;
mod machine;
mod memory;
mod program;
mod report;
mod small;
mod writing;

use clap::{Parser, ValueEnum};

use database::Postgres;
use heymilo::HeyMilo;
use report::tell;

/// What to measure.
#[derive(Debug, Parser)]
pub struct Plan {
    /// Only these parts; all of them when none is named.
    #[arg(value_enum)]
    parts: Vec<Part>,
    /// Interviews to write.
    #[arg(long, default_value_t = 10_000)]
    interviews: usize,
    /// How often ours and the yardstick take turns.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// What cargo says to every bench.
    #[arg(long, hide = true)]
    bench: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Webhooks acknowledged, beside pgbench.
    Acknowledging,
    /// Interviews fetched, replayed and written again, beside COPY.
    Writing,
    /// From a webhook to its rows, while a backfill runs.
    Freshness,
    /// The same with many interviews, and many jobs, in the tables already.
    Growth,
    /// Start, idleness, sizes.
    Small,
    /// Memory, with few, many and large interviews; last, because the largest stays.
    Memory,
}

/// What is measured with.
pub struct Bench {
    plan: Plan,
    postgres: Postgres,
    heymilo: HeyMilo,
    /// Where that HeyMilo is.
    address: String,
}

#[tokio::main]
async fn main() {
    // An error says that a provider is installed already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let plan = Plan::parse();
    let heymilo = HeyMilo::new();
    let address = heymilo.serve().await;
    let bench = Bench { plan, postgres: Postgres::start().await, heymilo, address };
    tell(machine::description(&bench.postgres.version().await));

    let mut figures = Vec::new();
    for part in Part::value_variants() {
        if !bench.plan.parts.is_empty() && !bench.plan.parts.contains(part) {
            continue;
        }
        tell(format!("measuring: {part:?}"));
        figures.extend(match part {
            Part::Acknowledging => acknowledging::measure(&bench).await,
            Part::Writing => writing::measure(&bench).await,
            Part::Freshness => freshness::measure(&bench).await,
            Part::Growth => growth::measure(&bench).await,
            Part::Small => small::measure(&bench).await,
            Part::Memory => memory::measure(&bench).await,
        });
    }
    report::print(&figures);
    bench.postgres.stop().await;
}
