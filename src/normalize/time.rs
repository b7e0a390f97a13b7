//! Times: Unix seconds as in the contract, and the other forms that occur.

use chrono::{DateTime, NaiveDateTime, Utc};
use serde_json::Value;

/// A larger number cannot be in seconds, because it would be the year 5138.
const MILLISECONDS_FROM: f64 = 1e11;
/// The end of the year 9999. Later times are errors, and not every BI tool can read them.
const LATEST_SECONDS: f64 = 253_402_300_799.0;

/// A number read as a time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Reading {
    /// Unix seconds, as in the contract.
    Seconds(DateTime<Utc>),
    /// Unix milliseconds in place of seconds.
    Milliseconds(DateTime<Utc>),
    /// Before 1970 or after 9999.
    OutOfRange,
}

/// The time in a value of any form. `None` when there is none.
pub fn of(value: &Value) -> Option<DateTime<Utc>> {
    match value {
        Value::Number(number) => match from_number(number.as_f64()?) {
            Reading::Seconds(time) | Reading::Milliseconds(time) => Some(time),
            Reading::OutOfRange => None,
        },
        Value::String(text) => from_text(text),
        _ => None,
    }
}

/// Reads a number as Unix seconds, or as milliseconds when it is too large.
pub fn from_number(number: f64) -> Reading {
    if number < MILLISECONDS_FROM {
        from_seconds(number).map_or(Reading::OutOfRange, Reading::Seconds)
    } else {
        from_seconds(number / 1000.0).map_or(Reading::OutOfRange, Reading::Milliseconds)
    }
}

/// Reads ISO 8601, also with a blank in place of `T`. A time without a zone is in UTC.
pub fn from_text(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim().trim_end_matches(" UTC").replacen([' ', 't'], "T", 1);
    let time = DateTime::parse_from_str(&text, "%Y-%m-%dT%H:%M:%S%.f%#z")
        .map(|time| time.to_utc())
        .or_else(|_| text.parse().map(|naive: NaiveDateTime| naive.and_utc()))
        .ok()?;
    from_seconds(time.timestamp() as f64).map(|_| time)
}

fn from_seconds(seconds: f64) -> Option<DateTime<Utc>> {
    if !(0.0..=LATEST_SECONDS).contains(&seconds) {
        return None;
    }
    DateTime::from_timestamp_micros((seconds * 1e6).round() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_keep_their_fraction() {
        let Reading::Seconds(time) = from_number(1_739_713_800.25) else { panic!("not seconds") };

        assert_eq!(time.to_rfc3339(), "2025-02-16T13:50:00.250+00:00");
    }

    #[test]
    fn milliseconds_are_recognised() {
        assert_eq!(
            from_number(1_739_713_800_000.0),
            Reading::Milliseconds(DateTime::from_timestamp(1_739_713_800, 0).unwrap())
        );
    }

    #[test]
    fn times_before_1970_and_after_9999_are_refused() {
        for number in [-1.0, 3e14, 1e300, f64::NAN] {
            assert_eq!(from_number(number), Reading::OutOfRange, "{number}");
        }
    }

    #[test]
    fn iso_times_are_read_with_and_without_zone() {
        let noon = DateTime::from_timestamp(1_739_707_200, 0);

        for text in [
            "2025-02-16T13:00:00+01:00",
            "2025-02-16T12:00:00Z",
            "2025-02-16T12:00:00",
            "2025-02-16T12:00:00.000",
            "2025-02-16 12:00:00",
            "2025-02-16 12:00:00.000000",
            "2025-02-16t12:00:00z",
            "2025-02-16 12:00:00Z",
            "2025-02-16 12:00:00 UTC",
            "2025-02-16 12:00:00 +0000",
            "2025-02-16 13:00:00.0+01",
        ] {
            assert_eq!(from_text(text), noon, "{text}");
        }
        assert_eq!(from_text("yesterday"), None);
    }
}
