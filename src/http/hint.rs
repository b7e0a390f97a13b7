//! What a delivery is about. Its shape is not published, so it is searched, and never believed: an
//! id only says what to ask HeyMilo for.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use url::form_urlencoded;

use crate::{
    json,
    records::{InterviewId, PostingId},
};

/// Most interviews taken from one delivery. What is beyond stays in the inbox, and the poll finds it.
const MOST_IDS: usize = 1000;

/// Most values of a delivery that is searched.
const MOST_PARTS: usize = 50_000;

/// Where a delivery may name what it is about, most telling first.
#[derive(Debug)]
pub struct Places {
    interviews: Vec<Place>,
    postings: Vec<Place>,
}

/// The names of the fields on the way to an id.
type Place = Vec<String>;

/// What was found in a delivery.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Hint {
    /// The interviews it names, sorted and distinct.
    pub interview_ids: Vec<InterviewId>,
    /// The posting it names.
    pub posting_id: Option<PostingId>,
    /// Whether it names no interview, or only something's `id`, which may be the event's: then its
    /// posting is worth a look.
    pub is_vague: bool,
}

impl Places {
    /// Reads places such as `data.interview_id`.
    pub fn new(interviews: &[String], postings: &[String]) -> Self {
        let split = |places: &[String]| {
            places.iter().map(|place| place.split('.').map(str::to_owned).collect()).collect()
        };
        Self { interviews: split(interviews), postings: split(postings) }
    }

    /// Searches the body, which may be JSON or a form, and then the query.
    pub fn read(&self, body: &[u8], query: Option<&str>) -> Hint {
        let body = if is_too_rich(body) {
            Value::Null
        } else {
            json::read(body).map_or_else(|_| form(body), |read| read.value)
        };
        let query = form(query.unwrap_or_default().as_bytes());
        let sources = [&body, &query];
        let (ids, place) = find(&self.interviews, &sources);
        let interview_ids: Vec<InterviewId> =
            ids.into_iter().filter_map(InterviewId::new).take(MOST_IDS).collect();
        let (postings, _) = find(&self.postings, &sources);
        Hint {
            is_vague: interview_ids.is_empty() || place.is_some_and(is_vague),
            interview_ids,
            posting_id: postings.into_iter().find_map(PostingId::new),
        }
    }
}

/// Whether a body has so many parts that they would fill the memory, however short it is. It is kept
/// all the same, and the poll finds what it tells of.
fn is_too_rich(body: &[u8]) -> bool {
    body.iter().filter(|byte| matches!(byte, b'{' | b',')).nth(MOST_PARTS).is_some()
}

/// The ids at the first place where any source has one, and that place.
fn find<'a>(places: &'a [Place], sources: &[&Value]) -> (BTreeSet<String>, Option<&'a Place>) {
    let mut ids = BTreeSet::new();
    for source in sources {
        for place in places {
            collect(source, place, &mut ids);
            if !ids.is_empty() {
                return (ids, Some(place));
            }
        }
    }
    (ids, None)
}

fn is_vague(place: &Place) -> bool {
    match &place[..] {
        [.., of, id] => id == "id" && of != "interview",
        [id] => id == "id",
        [] => false,
    }
}

fn collect(value: &Value, place: &[String], ids: &mut BTreeSet<String>) {
    match (value, place) {
        (Value::Array(items), _) => items.iter().for_each(|item| collect(item, place, ids)),
        (Value::Object(fields), [name, rest @ ..]) => {
            if let Some(field) = fields.get(name) {
                collect(field, rest, ids);
            }
        }
        (Value::String(id), []) if !id.is_empty() => {
            ids.insert(id.clone());
        }
        // A fraction names nothing, nor does a number whose digits are lost.
        (Value::Number(id), []) if !id.is_f64() => {
            ids.insert(id.to_string());
        }
        _ => {}
    }
}

fn form(text: &[u8]) -> Value {
    let fields = form_urlencoded::parse(text);
    Value::Object(
        fields.map(|(name, value)| (name.into_owned(), value.into())).collect::<Map<_, _>>(),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::config::Config;

    /// The places of the default settings.
    fn places() -> Places {
        let webhooks = Config::load(None, []).unwrap().webhooks;
        Places::new(&webhooks.interview_id_at, &webhooks.posting_id_at)
    }

    fn interviews(body: &Value) -> Vec<String> {
        let hint = places().read(body.to_string().as_bytes(), None);
        hint.interview_ids.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_interview_is_found_at_the_usual_places() {
        for body in [
            json!({ "interview_id": "int_1" }),
            json!({ "interviewId": "int_1" }),
            json!({ "id": "int_1" }),
            json!({ "data": { "interview_id": "int_1" } }),
            json!({ "data": { "interview": { "id": "int_1" } } }),
            json!({ "interview": { "id": "int_1" } }),
            json!({ "payload": { "interviewId": "int_1" } }),
            json!({ "candidate": { "interview_id": "int_1", "id": "cand_1" } }),
            json!([{ "interview_id": "int_1" }]),
        ] {
            assert_eq!(interviews(&body), ["int_1"], "{body}");
        }
    }

    #[test]
    fn the_id_of_the_event_is_not_taken_for_that_of_the_interview() {
        let body = json!({ "id": "evt_1", "data": { "interview_id": "int_1" } });

        assert_eq!(interviews(&body), ["int_1"]);
    }

    #[test]
    fn every_interview_of_a_list_is_found_once() {
        let body = json!({ "data": [
            { "interview_id": "b" }, { "interview_id": "a" }, { "interview_id": "b" },
        ] });

        assert_eq!(interviews(&body), ["a", "b"]);
    }

    #[test]
    fn a_get_names_its_interview_in_the_query() {
        let hint = places().read(b"", Some("event=done&interview_id=int%2F1"));

        assert_eq!(hint.interview_ids, [InterviewId::new("int/1").unwrap()]);
    }

    #[test]
    fn a_delivery_without_an_interview_may_name_its_posting() {
        let hint = places().read(br#"{"data": {"posting": {"id": "pos_1"}}}"#, None);

        assert_eq!(hint.interview_ids, []);
        assert_eq!(hint.posting_id, PostingId::new("pos_1"));
    }

    #[test]
    fn an_id_of_who_knows_what_makes_the_posting_worth_a_look() {
        let vague = places().read(br#"{"id": "evt_1", "data": {"posting_id": "pos_1"}}"#, None);
        let clear = places().read(br#"{"interview_id": "int_1", "posting_id": "pos_1"}"#, None);

        assert!(vague.is_vague && vague.posting_id.is_some());
        assert!(!clear.is_vague);
    }

    #[test]
    fn a_byte_order_mark_and_broken_text_hide_nothing() {
        let body = b"\xef\xbb\xbf{\"name\": \"\xff\", \"interview_id\": \"int_1\"}";

        assert_eq!(places().read(body, None).interview_ids.len(), 1);
    }

    #[test]
    fn a_body_of_very_many_parts_is_not_taken_apart() {
        let mut body = br#"[{"interview_id":"int_1"}"#.to_vec();
        body.extend(br#",{"":0}"#.repeat(100_000));
        body.push(b']');

        let hint = places().read(&body, None);

        assert_eq!(hint, Hint { is_vague: true, ..Hint::default() });
    }

    #[test]
    fn nonsense_names_nothing() {
        for body in ["", "null", "17", "{", "\u{0}", r#"{"interview_id": {"id": null}}"#] {
            let hint = places().read(body.as_bytes(), None);
            assert_eq!((hint.interview_ids, hint.posting_id), (vec![], None), "{body:?}");
        }
    }
}
