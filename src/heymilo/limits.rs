//! What an answer's headers say about the rate limit. Their names are not published, so the usual
//! ones are understood, and none is needed.

use std::time::{Duration, SystemTime};

use reqwest::header::HeaderMap;

/// A reset that is larger than this is a point in Unix time, not a number of seconds from now.
const UNIX_TIME_FROM: f64 = 1e9;

/// How long a refused request should wait: `Retry-After`, else until the limit is reset.
pub fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let asked = text(headers, "retry-after").and_then(|value| {
        let seconds = value.parse().ok().and_then(from_seconds);
        seconds.or_else(|| {
            let until = httpdate::parse_http_date(value).ok()?;
            Some(until.duration_since(now).unwrap_or_default())
        })
    });
    asked.or_else(|| reset_after(headers, now))
}

/// How long to wait when an answer says that no request is left. `None` while there are some.
pub fn exhausted_for(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let remaining = number(headers, &["x-ratelimit-remaining", "ratelimit-remaining"])?;
    if remaining >= 1.0 {
        return None;
    }
    reset_after(headers, now)
}

fn reset_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let reset = number(headers, &["x-ratelimit-reset", "ratelimit-reset"])?;
    let now = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs_f64();
    from_seconds(if reset > UNIX_TIME_FROM { (reset - now).max(0.0) } else { reset })
}

fn number(headers: &HeaderMap, names: &[&str]) -> Option<f64> {
    names.iter().find_map(|name| text(headers, name)?.parse().ok())
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

fn from_seconds(seconds: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(seconds).ok()
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderName, HeaderValue};

    use super::*;

    fn headers<const N: usize>(pairs: [(&'static str, &'static str); N]) -> HeaderMap {
        let pairs = pairs.into_iter();
        pairs
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect()
    }

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let seconds = headers([("retry-after", "7")]);
        let date = headers([("retry-after", "Sun, 16 Feb 2025 13:50:10 GMT")]);

        assert_eq!(retry_after(&seconds, at(0)), Some(Duration::from_secs(7)));
        assert_eq!(retry_after(&date, at(1_739_713_800)), Some(Duration::from_secs(10)));
        assert_eq!(retry_after(&date, at(1_739_713_900)), Some(Duration::ZERO));
    }

    #[test]
    fn without_retry_after_the_reset_tells() {
        let relative = headers([("ratelimit-reset", "12")]);
        let absolute = headers([("x-ratelimit-reset", "1739713812")]);

        assert_eq!(retry_after(&relative, at(1_739_713_800)), Some(Duration::from_secs(12)));
        assert_eq!(retry_after(&absolute, at(1_739_713_800)), Some(Duration::from_secs(12)));
        assert_eq!(retry_after(&headers([]), at(0)), None);
    }

    #[test]
    fn only_an_exhausted_limit_makes_wait() {
        let left = headers([("x-ratelimit-remaining", "1"), ("x-ratelimit-reset", "30")]);
        let none = headers([("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "30")]);
        let nonsense = headers([("x-ratelimit-remaining", "few"), ("x-ratelimit-reset", "-1")]);

        assert_eq!(exhausted_for(&left, at(0)), None);
        assert_eq!(exhausted_for(&none, at(0)), Some(Duration::from_secs(30)));
        assert_eq!(exhausted_for(&nonsense, at(0)), None);
    }
}
