//! How long something is kept.

use std::{fmt, time::Duration};

use humantime_serde::re::humantime;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

const FOREVER: &str = "forever";

/// A duration, or `forever`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeptFor(Option<Duration>);

impl KeptFor {
    /// The age from which it is removed. `None` when it is kept for ever.
    pub fn limit(self) -> Option<Duration> {
        self.0
    }
}

impl<'de> Deserialize<'de> for KeptFor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text == FOREVER {
            return Ok(Self(None));
        }
        match humantime::parse_duration(&text) {
            Ok(duration) if !duration.is_zero() => Ok(Self(Some(duration))),
            _ => Err(de::Error::custom("write a duration such as \"365d\", or \"forever\"")),
        }
    }
}

impl fmt::Display for KeptFor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(duration) => humantime::format_duration(duration).fmt(f),
            None => f.write_str(FOREVER),
        }
    }
}

impl Serialize for KeptFor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<KeptFor, toml::de::Error> {
        #[derive(Deserialize)]
        struct Table {
            inbox: KeptFor,
        }
        toml::from_str::<Table>(&format!("inbox = {text:?}")).map(|table| table.inbox)
    }

    #[test]
    fn something_is_kept_for_a_time_or_forever() {
        assert_eq!(read("30d").unwrap().limit(), Some(Duration::from_secs(30 * 86_400)));
        assert_eq!(read("forever").unwrap().limit(), None);
        assert!(read("0s").is_err());
        assert!(read("never").is_err());
    }
}
