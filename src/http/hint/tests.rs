//! The ids found in deliveries, and the cost of finding them.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

/// The places of the default settings.
fn places() -> Places {
    let defaults: toml::Table = include_str!("../../../config/default.toml").parse().unwrap();
    let places = |name| defaults["webhooks"][name].clone().try_into::<Vec<String>>().unwrap();
    Places::new(&places("interview_id_at"), &places("posting_id_at"))
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

    // Hiding them in text does not help either.
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

/// Bytes allocated for each byte of the most hostile body, without those for ids.
const BYTES_PER_BYTE: u64 = 8;
const BYTES_OF_IDS: u64 = 600 << 10;

fn assert_frugal(body: &[u8]) {
    let places = places();
    let used = allocation_counter::measure(|| _ = places.read(body, None));

    let most = BYTES_PER_BYTE * body.len() as u64 + BYTES_OF_IDS;
    let begin = String::from_utf8_lossy(&body[..body.len().min(40)]);
    assert!(used.bytes_total <= most, "{} of {} bytes for {begin}", used.bytes_total, body.len());
}

/// Repeats a piece to a body of 1 MiB.
fn mebibyte(begin: &str, piece: &str, end: &str) -> Vec<u8> {
    let times = ((1 << 20) - begin.len() - end.len()) / piece.len();
    [begin, &piece.repeat(times), end].concat().into()
}

#[test]
fn no_body_takes_many_times_its_size() {
    let long = "a".repeat(900);
    for body in [
        mebibyte("", "[", ""),
        mebibyte("", "[]", ""),
        mebibyte("[", "[[]],", "[]]"),
        [mebibyte("", "[", ""), mebibyte("", "]", "")].concat(),
        mebibyte("", r#"{"":"#, ""),
        mebibyte("{", r#""interview":{"id":[]},"#, r#""":0}"#),
        mebibyte(r#"{"interview_id":""#, "a", r#""}"#),
        mebibyte(r#"{"interview_id":""#, "\\u0061", r#""}"#),
        mebibyte(r#"{"event":""#, "\\u0061", r#""}"#),
        mebibyte(r#"{"interview_id":["#, r#""abcdefghijklmnopqrst","#, r#"""]}"#),
        mebibyte("{", &format!(r#""{long}":0,"#), r#""":0}"#),
        mebibyte("{", &format!(r#""\\u0061{long}":0,"#), r#""":0}"#),
        mebibyte("[", r#""\u007b\u007b","#, "0]"),
        mebibyte("[", "1e999,", "0]"),
        mebibyte(r#"{"interview_ids":["#, "123456789012345678901234,", "0]}"),
        mebibyte("[\"", r#"{\"a\":"#, "\"]"),
        mebibyte("", "a=%7B&", ""),
        mebibyte("payload=%7B", "%22", ""),
        mebibyte("", "a[", "]=1"),
        vec![0xff; 1 << 20],
        vec![0; 1 << 20],
    ] {
        assert_frugal(&body);
    }

    let ids: Vec<String> = (0..40_000).map(|id| format!("{id:020}")).collect();
    assert_frugal(json!({ "interview_ids": ids }).to_string().as_bytes());
}

#[test]
fn what_is_too_deep_hides_no_id_beside_it() {
    let body =
        format!(r#"{{"a":{}{},"interview_id":"int_1"}}"#, "[".repeat(9_999), "]".repeat(9_999));

    assert_eq!(places().read(body.as_bytes(), None).interview_ids.len(), 1);
}

#[test]
fn ids_of_one_delivery_are_at_most_a_thousand() {
    let ids: Vec<String> = (0..5_000).map(|id| format!("int_{id}")).collect();

    assert_eq!(interviews(&json!({ "interview_ids": ids })).len(), MAX_IDS);
}

/// Pieces of JSON, of forms and of neither.
const PIECES: [&[u8]; 22] = [
    b"[",
    b"]",
    b"{",
    b"}",
    b",",
    b":",
    b"\"",
    b"\\",
    b"\\u007b",
    b"\"interview_id\":",
    b"\"interviews\":[",
    b"\"id\":\"a\"",
    b"{\"a\":[",
    b"1e999",
    b"-12",
    b"null",
    b"&a=",
    b"%7B",
    b"+",
    b"\xff",
    b"\0",
    "ü".as_bytes(),
];

/// Sequences of pieces.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let run = (prop::sample::select(&PIECES[..]), 1..200_usize);
    let runs = prop::collection::vec(run, 0..60);
    runs.prop_map(|runs| runs.into_iter().flat_map(|(piece, times)| piece.repeat(times)).collect())
}

proptest! {
    #[test]
    fn no_bytes_take_many_times_their_size(body in hostile()) {
        assert_frugal(&body);
    }
}
