//! The machine on which figures were measured.

use std::{fs, thread};

/// Describes it in one line.
pub fn description(postgres: &str) -> String {
    let value = |file: &str, field: &str| {
        let text = fs::read_to_string(file).unwrap_or_default();
        let line = text.lines().find(|line| line.starts_with(field)).unwrap_or_default();
        line.split_once(':').map_or_else(String::new, |(_, value)| value.trim().to_owned())
    };
    let cores = thread::available_parallelism().map_or(0, usize::from);
    let memory = value("/proc/meminfo", "MemTotal");
    let memory = memory.split(' ').next().and_then(|kib| kib.parse::<f64>().ok()).unwrap_or(0.0);
    format!(
        "{cores} cores of {}, {:.0} GiB, PostgreSQL {postgres} with its defaults, commits durable",
        value("/proc/cpuinfo", "model name"),
        memory / 1024.0 / 1024.0,
    )
}
