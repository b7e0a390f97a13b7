//! The few JSON types of HeyMilo that the daemon itself uses. Everything else is passed on as
//! received.
//!
//! Unknown members are ignored, and members of an unexpected type count as absent. Registrations
//! are not `Debug`, because their URL contains our token.

use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::error::{Error, Result};
use crate::json;

/// The counts of a posting. They change when anything in the posting does.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
pub struct PostingStats {
    /// All candidates ever invited.
    #[serde(default, deserialize_with = "lenient")]
    pub total_candidates: Option<i64>,
    /// Candidates who finished.
    #[serde(default, deserialize_with = "lenient")]
    pub completed_interviews: Option<i64>,
    /// Mean interview score, 0 to 100.
    #[serde(default, deserialize_with = "lenient")]
    pub average_interview_score: Option<f64>,
    /// Mean resume score, 0 to 100.
    #[serde(default, deserialize_with = "lenient")]
    pub average_resume_score: Option<f64>,
}

/// A webhook registration: one event type of one posting.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct Webhook {
    /// HeyMilo's id of the registration, if it gives one that can be used.
    #[serde(default, deserialize_with = "id")]
    pub webhook_id: Option<String>,
    /// The posting whose events are delivered.
    #[serde(default, deserialize_with = "lenient")]
    pub posting_id: Option<String>,
    /// The event type that is delivered.
    #[serde(default, deserialize_with = "lenient")]
    pub event_type: Option<String>,
    /// Whether HeyMilo still delivers. `None` when it does not say.
    #[serde(default, deserialize_with = "lenient")]
    pub is_active: Option<bool>,
    #[serde(default, deserialize_with = "lenient")]
    webhook_url: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    url: Option<String>,
}

impl Webhook {
    /// The address that HeyMilo delivers to, under the name of either revision of the API.
    pub fn delivers_to(&self) -> Option<&str> {
        self.webhook_url.as_deref().or(self.url.as_deref())
    }
}

/// A webhook registration to be made.
#[derive(Clone, Copy, Serialize)]
pub struct NewWebhook<'a> {
    /// The posting whose events are wanted.
    pub posting_id: &'a str,
    /// The address that HeyMilo must deliver to.
    pub webhook_url: &'a str,
    /// The event type that is wanted.
    pub event_type: &'a str,
}

/// The envelope of a single object. Its `meta` is not used.
#[derive(Deserialize)]
pub(super) struct Single<T> {
    pub(super) data: T,
}

/// The part of a list's envelope that holds the next cursor.
#[derive(Deserialize)]
pub(super) struct Pagination {
    pub(super) has_more: bool,
}

/// Parses a JSON object leniently.
pub(super) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T> {
    let value = json::read(body)?.value;
    if !value.is_object() {
        return Err(Error::Shape("it is not a JSON object"));
    }
    Ok(serde_json::from_value(value)?)
}

/// The `data` of an envelope with any content, exactly as received.
pub(super) fn data(envelope: &[u8]) -> Result<&[u8]> {
    json::member(envelope, "data").ok_or(Error::Shape("it is not JSON, or has no data"))
}

/// Reads a member of an unexpected type as absent.
pub(super) fn lenient<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: for<'any> Deserialize<'any>,
{
    let value = Value::deserialize(deserializer)?;
    Ok(T::deserialize(value).ok())
}

/// Reads a number as an id too, and anything else as absent.
fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(id) => Some(id),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_envelope(body: &[u8]) -> bool {
        data(body).is_ok()
    }

    #[test]
    fn an_envelope_is_an_object_with_data() {
        assert!(is_envelope(br#"{"data": {"interview_id": "int_1"}, "meta": {}}"#));
        assert!(is_envelope(br#" {"data": null}"#));

        for other in ["", " ", "null", "[1]", r#""data""#, "{}", r#"{"error": {}}"#, "<html>"] {
            assert!(!is_envelope(other.as_bytes()), "{other}");
        }
    }

    #[test]
    fn odd_bytes_do_not_hide_an_envelope() {
        assert!(is_envelope(b"\xEF\xBB\xBF{\"data\": {}}"));
        assert!(is_envelope(b"{\"data\": {\"name\": \"Ada \xFF\"}}"));
        assert!(is_envelope(br#"{"data": {"name": "\ud800 \u0000"}}"#));
    }

    #[test]
    fn a_cut_body_is_no_envelope() {
        let whole = br#"{"data": {"name": "Ada"}}"#;
        for end in 0..whole.len() {
            assert!(!is_envelope(&whole[..end]));
        }
    }

    #[test]
    fn deep_nesting_is_passed_on() {
        let depth = 10_000;
        let body = format!(r#"{{"data": {}{}}}"#, "[".repeat(depth), "]".repeat(depth));
        assert!(is_envelope(body.as_bytes()));
    }

    #[test]
    fn a_bad_member_does_not_hide_the_others() {
        let body = br#"{"total_candidates": 12, "new": 1e400, "also": "\ud800"}"#;

        assert_eq!(parse::<PostingStats>(body).unwrap().total_candidates, Some(12));
    }

    #[test]
    fn stats_survive_unknown_and_mistyped_members() {
        let stats: PostingStats = parse(
            br#"{"posting_id": "pos_1", "total_candidates": 12, "completed_interviews": "many",
                 "average_interview_score": 78, "new": {}}"#,
        )
        .unwrap();

        assert_eq!(stats.total_candidates, Some(12));
        assert_eq!(stats.completed_interviews, None);
        assert_eq!(stats.average_interview_score, Some(78.0));
        assert_eq!(stats.average_resume_score, None);
    }

    #[test]
    fn a_registration_is_read_in_either_revision() {
        let delivers_to = |members: &str| {
            let body = format!(r#"{{"webhook_id": "wh_1", {members}}}"#);
            parse::<Webhook>(body.as_bytes()).unwrap().delivers_to().map(str::to_owned)
        };

        assert_eq!(delivers_to(r#""webhook_url": "a""#).as_deref(), Some("a"));
        assert_eq!(delivers_to(r#""url": "b""#).as_deref(), Some("b"));
        assert_eq!(delivers_to(r#""url": "b", "webhook_url": "a""#).as_deref(), Some("a"));
        assert_eq!(delivers_to(r#""url": "b", "webhook_url": null"#).as_deref(), Some("b"));
        assert_eq!(delivers_to(r#""is_active": true"#), None);
    }

    #[test]
    fn a_registration_is_read_whatever_its_id_is() {
        let id = |member: &str| {
            let body = format!(r#"{{"url": "a" {member}}}"#);
            parse::<Webhook>(body.as_bytes()).unwrap().webhook_id
        };

        assert_eq!(id(r#", "webhook_id": "wh_1""#).as_deref(), Some("wh_1"));
        assert_eq!(id(r#", "webhook_id": 7"#).as_deref(), Some("7"));
        assert_eq!(id(r#", "webhook_id": {}"#), None);
        assert_eq!(id(""), None);
    }
}
