//! Cuts lists into pages, and reads the parameters of a page.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, NaiveDateTime};
use serde_json::{Value, json};

use super::{
    clock,
    errors::{Error, Result},
};

const DEFAULT_LIMIT: usize = 20;
const LARGEST_LIMIT: usize = 100;

/// The query parameters of a request.
pub type Parameters = HashMap<String, String>;

/// The page that is asked for.
#[derive(Debug)]
pub struct Paging<'a> {
    limit: usize,
    starting_after: Option<&'a str>,
}

impl<'a> Paging<'a> {
    /// Reads `limit` and `starting_after`.
    pub fn read(parameters: &'a Parameters) -> Result<Self> {
        let limit = match parameters.get("limit") {
            None => DEFAULT_LIMIT,
            Some(text) => {
                text.parse().ok().filter(|limit| (1..=LARGEST_LIMIT).contains(limit)).ok_or(
                    Error::Invalid {
                        location: ["query", "limit"],
                        message: "must be a whole number from 1 to 100",
                        kind: "value_error",
                    },
                )?
            }
        };
        Ok(Self { limit, starting_after: parameters.get("starting_after").map(String::as_str) })
    }

    /// Cuts the page out of `items` and wraps it. `is_at` recognises a cursor.
    pub fn answer<T>(
        &self,
        path: &str,
        items: &[T],
        is_at: impl Fn(&T, &str) -> bool,
        write: impl Fn(&T) -> Value,
    ) -> Result<Value> {
        let first = match self.starting_after {
            None => 0,
            Some(cursor) => items
                .iter()
                .position(|item| is_at(item, cursor))
                .map(|position| position + 1)
                .ok_or(Error::Unreadable("starting_after"))?,
        };
        let end = items.len().min(first + self.limit);

        Ok(json!({
            "data": items[first..end].iter().map(write).collect::<Vec<_>>(),
            "pagination": {
                "has_more": end < items.len(),
                "total_count": items.len(),
                "url": path,
            },
        }))
    }
}

/// Reads a bound of the invitation time: Unix seconds or ISO 8601. A time without offset is in UTC.
pub fn bound(parameters: &Parameters, name: &'static str) -> Result<Option<f64>> {
    let Some(text) = parameters.get(name) else { return Ok(None) };
    if let Some(seconds) = text.parse().ok().filter(|seconds: &f64| seconds.is_finite()) {
        return Ok(Some(seconds));
    }
    // A plus sign that was not encoded arrives as a space.
    let text = text.replace(' ', "+");
    DateTime::parse_from_rfc3339(&text)
        .map(|at| at.to_utc())
        .or_else(|_| text.parse::<NaiveDateTime>().map(|at| at.and_utc()))
        .or_else(|_| {
            text.parse::<NaiveDate>().map(|day| day.and_time(Default::default()).and_utc())
        })
        .map(|at| Some(clock::unix(at)))
        .map_err(|_| Error::Unreadable(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bound_of(text: &str) -> Result<Option<f64>> {
        bound(&Parameters::from([("created_after".to_owned(), text.to_owned())]), "created_after")
    }

    #[test]
    fn a_bound_is_seconds_or_an_iso_time() {
        for text in [
            "1773360000",
            "1773360000.0",
            "2026-03-13",
            "2026-03-13T00:00:00",
            "2026-03-13T00:00:00Z",
            "2026-03-13T02:00:00+02:00",
            "2026-03-13T02:00:00 02:00",
        ] {
            assert_eq!(bound_of(text).unwrap(), Some(1_773_360_000.0), "{text}");
        }
    }

    #[test]
    fn an_unreadable_bound_is_named() {
        assert!(matches!(bound_of("yesterday"), Err(Error::Unreadable("created_after"))));
        assert!(matches!(bound_of("NaN"), Err(Error::Unreadable("created_after"))));
    }
}
