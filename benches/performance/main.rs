//! The program's speed, compared with its yardsticks: `cargo bench --bench performance`.
//!
//! Everything runs on this machine: a private Postgres whose commits are durable, a HeyMilo that
//! answers at once, and the program as a separate process.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a program for a person at a terminal"
)]

mod acknowledging;
mod copy;
mod database;
mod deliveries;
mod files;
mod freshness;
mod growth;
mod held;
mod heymilo;
mod loader;
mod machine;
mod memory;
mod program;
mod proxy;
mod report;
mod round_trips;
mod small;
mod writing;

use clap::{Parser, ValueEnum};

use database::Postgres;
use heymilo::HeyMilo;
use report::note;

/// The measurements to make.
#[derive(Debug, Parser)]
pub struct Plan {
    /// Only these parts. All parts when none is named.
    #[arg(value_enum)]
    parts: Vec<Part>,
    /// Interviews to write.
    #[arg(long, default_value_t = 10_000)]
    interviews: usize,
    /// How often the program and the yardstick take turns.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Seconds of each turn of the part `held`, with and without the open transaction.
    #[arg(long, default_value_t = 60)]
    held: u64,
    /// An argument that cargo passes to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Webhooks acknowledged by 64 and by 8 clients, compared with pgbench, and a single one
    /// compared with the disk.
    Acknowledging,
    /// `sync`, `backfill`, replay and rewriting, compared with COPY and with a plain loader.
    Writing,
    /// The time from a webhook to its rows during a backfill.
    Freshness,
    /// Round trips to Postgres from a webhook to its rows.
    RoundTrips,
    /// 200 webhooks a second while another transaction is held open.
    Held,
    /// The same with many interviews and many jobs in the tables already.
    Growth,
    /// Downloads of recordings and resumes: the time from a webhook to its rows meanwhile, and
    /// memory.
    Files,
    /// Start, idleness, sizes.
    Small,
    /// Memory with few, many and large interviews. Last, because the largest stays.
    Memory,
}

/// The parts that all measurements use.
pub struct Bench {
    plan: Plan,
    postgres: Postgres,
    heymilo: HeyMilo,
    /// The address of that HeyMilo.
    address: String,
}

#[tokio::main]
async fn main() {
    // An error says that a provider is installed already, which is enough.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let plan = Plan::parse();
    let heymilo = HeyMilo::new();
    let address = heymilo.serve().await;
    let bench = Bench { plan, postgres: Postgres::start().await, heymilo, address };
    note(machine::description(&bench.postgres.version().await));

    let mut figures = Vec::new();
    for part in Part::value_variants() {
        if !bench.plan.parts.is_empty() && !bench.plan.parts.contains(part) {
            continue;
        }
        note(format!("measuring: {part:?}"));
        figures.extend(match part {
            Part::Acknowledging => acknowledging::measure(&bench).await,
            Part::Writing => writing::measure(&bench).await,
            Part::Freshness => freshness::measure(&bench).await,
            Part::RoundTrips => round_trips::measure(&bench).await,
            Part::Held => held::measure(&bench).await,
            Part::Growth => growth::measure(&bench).await,
            Part::Files => files::measure(&bench).await,
            Part::Small => small::measure(&bench).await,
            Part::Memory => memory::measure(&bench).await,
        });
    }
    report::print(&figures);
    bench.postgres.stop().await;
}
