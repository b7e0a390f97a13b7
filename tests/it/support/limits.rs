//! Limits that are no settings, for tests that change them.

use std::{str::FromStr, time::Duration};

use heymilo_sync::config::Limits;

/// Changes a limit by its name.
pub fn set(limits: &mut Limits, name: &str, value: &str) {
    match name {
        "connections" => limits.connections = number(value),
        "requests" => limits.requests = number(value),
        "unknown_paths_per_minute" => limits.unknown_paths_per_minute = number(value),
        "idle_timeout" => limits.idle_timeout = duration(value),
        "body_timeout" => limits.body_timeout = duration(value),
        "delivery_bytes" => limits.delivery_bytes = number(value),
        "unchanged_percent" => limits.unchanged_percent = number(value),
        "spool_after" => limits.spool_after = duration(value),
        "outage_interval" => limits.outage_interval = duration(value),
        "answer_bytes" => limits.answer_bytes = number(value),
        "overlap" => limits.overlap = duration(value),
        other => panic!("no limit has the name {other}"),
    }
}

fn number<T: FromStr>(value: &str) -> T {
    value.parse().ok().expect("a number")
}

fn duration(value: &str) -> Duration {
    humantime_serde::re::humantime::parse_duration(value).unwrap()
}
