//! The rate limit in an answer's headers, under the names that are in use.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::header::HeaderMap;

/// A larger number is a Unix time in seconds. A smaller one is a number of seconds.
const UNIX_TIMES_START: Duration = Duration::from_secs(1_000_000_000);
/// From here on a Unix time is in milliseconds. In seconds it would be the year 5138.
const MILLISECONDS_START: Duration = Duration::from_secs(100_000_000_000);

/// What one answer says about the rate limit.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Limits {
    /// How long HeyMilo asks us to wait.
    pub(super) retry_after: Option<Duration>,
    /// How many requests HeyMilo accepts in a minute.
    pub(super) limit: Option<u32>,
    /// How many more requests HeyMilo accepts until the reset.
    pub(super) remaining: Option<u32>,
    /// How long until HeyMilo accepts all requests of a minute again.
    pub(super) reset: Option<Duration>,
}

impl Limits {
    /// Reads the headers. A missing or invalid header is `None`.
    pub(super) fn read(headers: &HeaderMap) -> Self {
        // A time is compared with the clock of the machine that wrote it.
        let now = text(headers, "date").and_then(http_date).unwrap_or_else(Utc::now);
        Self {
            retry_after: text(headers, "retry-after").and_then(|value| {
                wait(value, now).or_else(|| http_date(value).map(|then| until(then, now)))
            }),
            limit: limit(headers),
            remaining: either(headers, "remaining", "r").and_then(whole),
            reset: either(headers, "reset", "t").and_then(|value| wait(value, now)),
        }
    }

    /// How long to wait after a refusal, if the headers say so.
    pub(super) fn wait(&self) -> Option<Duration> {
        self.retry_after.or(self.reset)
    }
}

/// The value of `name` among the separate headers, or else in the combined header of either IETF
/// draft.
fn either<'a>(headers: &'a HeaderMap, name: &str, short: &str) -> Option<&'a str> {
    text(headers, &format!("x-ratelimit-{name}"))
        .or_else(|| text(headers, &format!("ratelimit-{name}")))
        .or_else(|| {
            text(headers, "ratelimit")?
                .split([',', ';'])
                .filter_map(|part| part.split_once('='))
                .find(|(key, _)| [name, short].contains(&key.trim()))
                .map(|(_, value)| value.trim())
        })
}

/// The number of requests allowed in a minute, as in `300` or `300, 300;w=60`.
fn limit(headers: &HeaderMap) -> Option<u32> {
    let value = either(headers, "limit", "l")?;
    // A limit of another window does not apply to us.
    let of_a_minute = value.split_once("w=").is_none_or(|(_, window)| window == "60");
    whole(value.split([',', ';']).next()?).filter(|limit| *limit > 0 && of_a_minute)
}

fn whole(value: &str) -> Option<u32> {
    let value: f64 = value.trim().parse().ok()?;
    (0.0..=f64::from(u32::MAX)).contains(&value).then_some(value as u32)
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

fn wait(value: &str, now: DateTime<Utc>) -> Option<Duration> {
    let value = Duration::try_from_secs_f64(value.parse().ok()?).ok()?;
    if value < UNIX_TIMES_START {
        return Some(value);
    }
    let value = if value < MILLISECONDS_START { value } else { value / 1000 };
    let then = DateTime::UNIX_EPOCH.checked_add_signed(TimeDelta::from_std(value).ok()?)?;
    Some(until(then, now))
}

fn http_date(value: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc2822(value).ok().map(|date| date.to_utc())
}

/// A time in the past means no wait.
fn until(then: DateTime<Utc>, now: DateTime<Utc>) -> Duration {
    (then - now).to_std().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderName, HeaderValue};

    use super::*;

    const DATE: (&str, &str) = ("date", "Sun, 01 Mar 2026 12:00:00 GMT");

    fn limits(headers: &[(&'static str, &'static str)]) -> Limits {
        let headers = headers
            .iter()
            .map(|&(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        Limits::read(&headers.collect())
    }

    fn seconds(seconds: u64) -> Option<Duration> {
        Some(Duration::from_secs(seconds))
    }

    #[test]
    fn no_headers_say_nothing() {
        assert_eq!(limits(&[]), Limits::default());
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        assert_eq!(limits(&[("retry-after", "17")]).wait(), seconds(17));
        assert_eq!(
            limits(&[DATE, ("retry-after", "Sun, 01 Mar 2026 12:00:42 GMT")]).wait(),
            seconds(42)
        );
        assert_eq!(
            limits(&[DATE, ("retry-after", "Sun, 01 Mar 2026 11:00:00 GMT")]).wait(),
            seconds(0)
        );
    }

    #[test]
    fn reset_is_seconds_or_unix_time() {
        assert_eq!(limits(&[("x-ratelimit-reset", "30")]).wait(), seconds(30));
        assert_eq!(limits(&[DATE, ("x-ratelimit-reset", "1772366430")]).wait(), seconds(30));
        assert_eq!(limits(&[DATE, ("x-ratelimit-reset", "1772366430.0")]).wait(), seconds(30));
        assert_eq!(limits(&[DATE, ("x-ratelimit-reset", "1772366430000")]).wait(), seconds(30));
    }

    #[test]
    fn retry_after_outranks_the_reset() {
        assert_eq!(limits(&[("retry-after", "5"), ("ratelimit-reset", "30")]).wait(), seconds(5));
    }

    #[test]
    fn the_last_request_is_known_under_every_name() {
        let spellings: [&[_]; 4] = [
            &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "9")],
            &[("ratelimit-remaining", "0"), ("ratelimit-reset", "9")],
            &[("ratelimit", "limit=300, remaining=0, reset=9")],
            &[("ratelimit", r#""default";r=0;t=9"#)],
        ];
        for headers in spellings {
            let limits = limits(headers);
            assert_eq!((limits.remaining, limits.reset), (Some(0), seconds(9)), "{headers:?}");
        }
    }

    #[test]
    fn the_limit_is_known_when_it_is_of_a_minute() {
        let limit = |name, value| limits(&[(name, value)]).limit;

        assert_eq!(limit("x-ratelimit-limit", "300"), Some(300));
        assert_eq!(limit("ratelimit-limit", "300, 300;w=60"), Some(300));
        assert_eq!(limit("ratelimit", "limit=300, remaining=1, reset=9"), Some(300));
        assert_eq!(limit("ratelimit-limit", "10, 10;w=1"), None);
        assert_eq!(limit("ratelimit-limit", "0"), None);
    }

    #[test]
    fn nonsense_says_nothing() {
        for value in ["", "soon", "-5", "NaN", "inf", "1e300"] {
            let names = ["retry-after", "x-ratelimit-limit", "x-ratelimit-remaining"];
            let found = limits(&names.map(|name| (name, value)));
            assert_eq!(found, Limits::default(), "{value}");
            assert_eq!(limits(&[("x-ratelimit-reset", value)]).wait(), None);
        }
    }
}
