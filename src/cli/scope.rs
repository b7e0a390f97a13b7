//! Parses arguments that name times, postings and interviews.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};

use crate::records::{InterviewId, PostingId};

/// Reads a time, or a day as its first moment.
pub fn time(text: &str) -> Result<DateTime<Utc>, String> {
    let day = || Some(text.parse::<NaiveDate>().ok()?.and_time(NaiveTime::MIN).and_utc());
    text.parse()
        .ok()
        .or_else(day)
        .ok_or_else(|| "write a day as 2026-11-23 or a time as 2026-11-23T09:30:00Z".to_owned())
}

/// Reads a posting's id.
pub fn posting_id(text: &str) -> Result<PostingId, String> {
    PostingId::new(text).ok_or_else(|| "not an id that HeyMilo gives".to_owned())
}

/// Reads an interview's id.
pub fn interview_id(text: &str) -> Result<InterviewId, String> {
    InterviewId::new(text).ok_or_else(|| "not an id that HeyMilo gives".to_owned())
}

/// Reads a text that is not blank.
pub fn word(text: &str) -> Result<String, String> {
    let word = text.trim();
    if word.is_empty() { Err("must not be empty".to_owned()) } else { Ok(word.to_owned()) }
}

/// Reads an e-mail address.
pub fn address(text: &str) -> Result<String, String> {
    let address = word(text)?;
    let is_one = address.split_once('@').is_some_and(|(who, at)| !who.is_empty() && !at.is_empty());
    if is_one && !address.contains(char::is_whitespace) {
        Ok(address)
    } else {
        Err("not an e-mail address: write ada@example.com".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_are_no_word() {
        assert_eq!(word(" ada@example.com "), Ok("ada@example.com".to_owned()));
        assert!(word("").is_err() && word(" ").is_err());
    }

    #[test]
    fn nonsense_is_no_address() {
        assert_eq!(address(" ada@example.com "), Ok("ada@example.com".to_owned()));
        for odd in ["nonsense", "@example.com", "ada@", "ada @example.com"] {
            assert!(address(odd).is_err(), "{odd}");
        }
    }

    #[test]
    fn a_day_is_its_first_moment() {
        assert_eq!(time("2026-11-23"), time("2026-11-23T00:00:00Z"));
        assert_eq!(time("2026-11-23T01:00:00+01:00"), time("2026-11-23"));
        assert!(time("yesterday").is_err());
    }
}
