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
/// Most fields of a form that is searched, and most names in one another of each.
const MOST_FIELDS: usize = 1000;
const MOST_NAMES: usize = 8;
/// So many times JSON may be wrapped in text that is JSON again, or in a form.
const MOST_WRAPPERS: usize = 2;

/// Names of a field that tells an event's type, without separators.
const EVENT_TYPE_NAMES: [&str; 3] = ["eventtype", "event", "type"];
/// Longest type of an event that is kept.
const MAX_EVENT_TYPE_CHARS: usize = 100;

/// The way to an id that is there already.
const ITSELF: &[&str] = &[];

/// Where a delivery may name what it is about.
#[derive(Debug)]
pub struct Places {
    interviews: Wanted,
    postings: Wanted,
}

/// Where a delivery may name one kind of thing, most telling first: at the places of the settings,
/// then wherever a field's name says so, and at last where an `id` may be anything's.
#[derive(Debug)]
struct Wanted {
    noun: &'static str,
    telling: Vec<Place>,
    vague: Vec<Place>,
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
    /// Whether it names no interview, or only something's `id`, which may be the event's: then lists
    /// are worth a look.
    pub is_vague: bool,
    /// The type of the event, where a field at the top tells it.
    pub event_type: Option<String>,
}

impl Places {
    /// Reads places such as `data.interview_id`.
    pub fn new(interviews: &[String], postings: &[String]) -> Self {
        Self {
            interviews: Wanted::new("interview", interviews),
            postings: Wanted::new("posting", postings),
        }
    }

    /// Searches the body, which may be JSON or a form, and then the query.
    pub fn read(&self, body: &[u8], query: Option<&str>) -> Hint {
        let mut left = MOST_PARTS;
        let body = parts(body, &mut left).unwrap_or_else(|| form(body));
        let mut sources = [body, form(query.unwrap_or_default().as_bytes())];
        sources.iter_mut().for_each(|source| unwrap(source, MOST_WRAPPERS, &mut left));
        let (ids, is_vague) = self.interviews.find(&sources);
        let interview_ids: Vec<InterviewId> =
            ids.into_iter().filter_map(InterviewId::new).take(MOST_IDS).collect();
        let (postings, _) = self.postings.find(&sources);
        Hint {
            is_vague: interview_ids.is_empty() || is_vague,
            interview_ids,
            posting_id: postings.into_iter().find_map(PostingId::new),
            event_type: event_type(&sources),
        }
    }
}

/// The first short text in a field at the top whose name is one of those that senders use for an event's
/// type, the most telling name first.
fn event_type(sources: &[Value]) -> Option<String> {
    EVENT_TYPE_NAMES.iter().find_map(|wanted| {
        let fields = sources.iter().filter_map(Value::as_object).flatten();
        let mut found = fields.filter(|(name, _)| plain(name) == *wanted);
        found.find_map(|(_, value)| value.as_str()).map(|text| {
            text.chars().take(MAX_EVENT_TYPE_CHARS).filter(|c| !c.is_control()).collect()
        })
    })
}

impl Wanted {
    fn new(noun: &'static str, places: &[String]) -> Self {
        let places = places.iter().map(|place| place.split('.').map(str::to_owned).collect());
        let (vague, telling) = places.partition(|place| is_vague(place, noun));
        Self { noun, telling, vague }
    }

    /// The ids at the most telling place, and whether that is a vague one.
    fn find(&self, sources: &[Value]) -> (BTreeSet<String>, bool) {
        let ids = at(&self.telling, sources);
        if !ids.is_empty() {
            return (ids, false);
        }
        let mut named = Named::default();
        sources.iter().for_each(|source| named.search(source, self.noun));
        match named.most_telling() {
            Some(ids) => (ids, false),
            None => (at(&self.vague, sources), true),
        }
    }
}

/// Ids that the names of fields tell to be those of the wanted kind.
#[derive(Debug, Default)]
struct Named {
    /// In fields such as `interviewId`.
    by_id: BTreeSet<String>,
    /// As the `id` of something such as an `interview`.
    of_object: BTreeSet<String>,
    /// As an `interview` itself.
    as_text: BTreeSet<String>,
}

impl Named {
    fn search(&mut self, value: &Value, noun: &str) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| self.search(item, noun)),
            Value::Object(fields) => {
                for (name, field) in fields {
                    match plain(name).strip_prefix(noun) {
                        Some("id" | "ids") => collect(field, ITSELF, &mut self.by_id),
                        Some("" | "s") => {
                            collect(field, &["id"], &mut self.of_object);
                            collect(field, ITSELF, &mut self.as_text);
                        }
                        _ => {}
                    }
                    self.search(field, noun);
                }
            }
            _ => {}
        }
    }

    fn most_telling(self) -> Option<BTreeSet<String>> {
        [self.by_id, self.of_object, self.as_text].into_iter().find(|ids| !ids.is_empty())
    }
}

/// A name as one might write it in another language: `interviewID` is `interview_id`.
fn plain(name: &str) -> String {
    let name = name.chars().filter(|c| !matches!(c, '_' | '-'));
    name.map(|c| c.to_ascii_lowercase()).collect()
}

/// Whether a place ends in an `id` that may be anything's.
fn is_vague(place: &Place, noun: &str) -> bool {
    match &place[..] {
        [.., of, id] => id == "id" && of != noun,
        [id] => id == "id",
        [] => false,
    }
}

/// The ids at the first of the places where any source has one.
fn at(places: &[Place], sources: &[Value]) -> BTreeSet<String> {
    let found = sources.iter().flat_map(|source| {
        places.iter().map(move |place| {
            let mut ids = BTreeSet::new();
            collect(source, place, &mut ids);
            ids
        })
    });
    found.into_iter().find(|ids| !ids.is_empty()).unwrap_or_default()
}

fn collect(value: &Value, place: &[impl AsRef<str>], ids: &mut BTreeSet<String>) {
    match (value, place) {
        (Value::Array(items), _) => items.iter().for_each(|item| collect(item, place, ids)),
        (Value::Object(fields), [name, rest @ ..]) => {
            if let Some(field) = fields.get(name.as_ref()) {
                collect(field, rest, ids);
            }
        }
        (Value::String(id), []) if !id.is_empty() => {
            ids.insert(id.clone());
        }
        // A fraction names nothing.
        (Value::Number(id), []) if !id.is_f64() => {
            ids.insert(id.to_string());
        }
        _ => {}
    }
}

/// Takes JSON apart. `None` when it is none, or has so many parts that they would fill the memory,
/// however short it is: it is kept all the same, and the poll finds what it tells of.
fn parts(json: &[u8], left: &mut usize) -> Option<Value> {
    let parts = json.iter().filter(|byte| matches!(byte, b'{' | b',')).count();
    *left = left.checked_sub(parts)?;
    json::read(json).ok().map(|read| read.value)
}

/// Takes out of its text what is JSON again, as in a form with the one field `payload`.
fn unwrap(value: &mut Value, wrappers: usize, left: &mut usize) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| unwrap(item, wrappers, left)),
        Value::Object(fields) => {
            fields.values_mut().for_each(|field| unwrap(field, wrappers, left));
        }
        Value::String(text) if wrappers > 0 && text.trim_start().starts_with(['{', '[']) => {
            if let Some(inner) = parts(text.as_bytes(), left) {
                *value = inner;
                unwrap(value, wrappers - 1, left);
            }
        }
        _ => {}
    }
}

/// A list with an object for each field; `data[id]` and `data.id` are an `id` in `data`.
fn form(text: &[u8]) -> Value {
    let fields = form_urlencoded::parse(text).take(MOST_FIELDS).map(|(name, value)| {
        let names = name.split(['[', ']', '.']).filter(|name| !name.is_empty());
        let names: Vec<&str> = names.take(MOST_NAMES).collect();
        names.into_iter().rfold(Value::from(value), |inner, name| {
            Value::Object(Map::from_iter([(name.to_owned(), inner)]))
        })
    });
    fields.collect()
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
            json!({ "interview_id": "int_1", "interview": { "id": "int_2" } }),
            json!({ "interviewId": "int_1" }),
            json!({ "id": "int_1" }),
            json!({ "data": { "interview_id": "int_1" } }),
            json!({ "data": { "interview": { "id": "int_1" } } }),
            json!({ "interview": { "id": "int_1" } }),
            json!({ "payload": { "interviewId": "int_1" } }),
            json!({ "candidate": { "interview_id": "int_1", "id": "cand_1" } }),
            json!([{ "interview_id": "int_1" }]),
            json!({ "interview": "int_1" }),
            json!({ "InterviewId": "int_1" }),
            json!({ "interviewID": "int_1" }),
            json!({ "interview-id": "int_1", "id": "evt_1" }),
            json!({ "interviews": [{ "id": "int_1", "title": "One" }] }),
            json!({ "result": { "interview_id": "int_1" } }),
            json!({ "data": { "attributes": { "interview_id": "int_1" } } }),
            json!({ "data": { "id": "cand_1", "object": { "interview_id": "int_1" } } }),
            json!({ "interview_data": { "interview_id": "int_1", "id": 7 } }),
            json!({ "interview": "The first", "data": [{ "Interview": { "id": "int_1" } }] }),
            json!({ "Records": [{ "body": r#"{"Message": "{\"interview_id\": \"int_1\"}"}"# }] }),
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
    fn a_form_is_as_good_as_json() {
        for form in [
            "event=done&interview_id=int_1",
            "payload=%7B%22interview_id%22%3A+%22int_1%22%7D&id=evt_1",
            r#"payload={"id":"int_1"}"#,
            "data[interview_id]=int_1&data[id]=cand_1",
            "data%5Binterview%5D%5Bid%5D=int_1",
            "data.interview.id=int_1",
        ] {
            let found = places().read(form.as_bytes(), None).interview_ids;
            assert_eq!(found, [InterviewId::new("int_1").unwrap()], "{form}");
        }
    }

    #[test]
    fn what_the_settings_name_comes_first() {
        let places = Places::new(&["subject.ref".to_owned()], &[]);
        let body = br#"{"interview_id": "other", "subject": {"ref": "int_1"}}"#;

        assert_eq!(places.read(body, None).interview_ids, [InterviewId::new("int_1").unwrap()]);
    }

    #[test]
    fn a_delivery_without_an_interview_may_name_its_posting() {
        for body in [
            r#"{"data": {"posting": {"id": "pos_1"}}}"#,
            r#"{"data": {"interview": {"posting_id": "pos_1"}}}"#,
            r#"{"event": {"postingId": "pos_1"}}"#,
            "data[posting]=pos_1",
        ] {
            let hint = places().read(body.as_bytes(), None);
            assert_eq!(hint.interview_ids, [], "{body}");
            assert_eq!(hint.posting_id, PostingId::new("pos_1"), "{body}");
        }
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

        let nothing = Hint { is_vague: true, ..Hint::default() };
        assert_eq!(places().read(&body, None), nothing);

        // Nor is one that hides them in text.
        let body = format!(r#"["{}"]"#, str::from_utf8(&body).unwrap().replace('"', "\\\""));
        let body = body.replace('{', "\\u007b").replace(',', "\\u002c");
        assert_eq!(places().read(body.as_bytes(), None), nothing);
    }

    #[test]
    fn no_name_of_a_forms_field_is_too_deep() {
        let name = "a[".repeat(500_000);

        assert_eq!(places().read(name.as_bytes(), None).interview_ids, []);
    }

    #[test]
    fn nonsense_names_nothing() {
        for body in ["", "null", "17", "{", "\u{0}", r#"{"interview_id": {"id": null}}"#] {
            let hint = places().read(body.as_bytes(), None);
            assert_eq!((hint.interview_ids, hint.posting_id), (vec![], None), "{body:?}");
        }
    }
}
