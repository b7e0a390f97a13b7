//! Valid JSON is read as by `serde_json`. Of invalid JSON, everything but the bad value is read.

use proptest::{collection, prelude::*};
use serde_json::{Map, json};

use super::*;

/// Reads JSON. Returns the value, and the flaws as `path flaw`.
fn parsed(json: impl AsRef<[u8]>) -> (Value, Vec<String>) {
    let Read { value, flaws } = read(json.as_ref()).unwrap();
    (value, flaws.iter().map(|(path, flaw, count)| format!("{path} {flaw:?} {count}")).collect())
}

/// `depth` lists inside each other.
fn nested(depth: usize) -> String {
    format!("{}{}", "[".repeat(depth), "]".repeat(depth))
}

/// Any value, with all that JSON allows.
pub fn any_value() -> impl Strategy<Value = Value> {
    let text = prop_oneof!["\\PC{0,8}", any::<String>(), Just("\0\u{202e}😀\"\\".to_owned())];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text.clone().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 64, 8, move |inner| {
        let fields = collection::vec((text.clone(), inner.clone()), 0..8);
        prop_oneof![
            collection::vec(inner, 0..8).prop_map(Value::from),
            fields.prop_map(|fields| Value::Object(Map::from_iter(fields))),
        ]
    })
}

#[test]
fn half_a_surrogate_pair_is_replaced_and_its_place_reported() {
    let (value, flaws) = parsed(r#"{"a": [{"b": "x\ud800y"}, {"b": "\udc00\ud83d\ude00\ud83d"}]}"#);

    assert_eq!(value, json!({ "a": [{ "b": "x\u{fffd}y" }, { "b": "\u{fffd}😀\u{fffd}" }] }));
    assert_eq!(flaws, ["a[].b BrokenText 2"]);
}

#[test]
fn bytes_that_are_not_utf_8_are_replaced_and_reported() {
    let (value, flaws) = parsed(b"\xef\xbb\xbf{\"a\": \"x\xff\", \"\xfe\": 1}");

    assert_eq!(value, json!({ "a": "x\u{fffd}", "\u{fffd}": 1 }));
    assert_eq!(flaws, [" BrokenText 1", "a BrokenText 1"]);
}

#[test]
fn a_number_that_no_float_can_hold_is_kept_as_text() {
    let (value, flaws) = parsed(r#"{"a": 1e400, "b": -1E+999, "c": NaN, "d": 1e-400}"#);

    assert_eq!(value, json!({ "a": "1e400", "b": "-1E+999", "c": "NaN", "d": 0.0 }));
    assert_eq!(flaws, ["a OutOfRange 1", "b OutOfRange 1", "c OutOfRange 1"]);
}

#[test]
fn a_whole_number_beyond_64_bits_keeps_its_digits_as_text() {
    let (value, flaws) = parsed(
        r#"{"a": 123456789012345678901234567890, "b": [-9223372036854775809, 18446744073709551615,
            -9223372036854775808, 1e20, 123456789012345678901.5]}"#,
    );

    let fine = [json!(u64::MAX), json!(i64::MIN), json!(1e20), json!(123456789012345678901.5)];
    assert_eq!(value["a"], json!("123456789012345678901234567890"));
    assert_eq!(value["b"][0], json!("-9223372036854775809"));
    assert_eq!(value["b"].as_array().unwrap()[1..], fine);
    assert_eq!(flaws, ["a OutOfRange 1", "b[] OutOfRange 1"]);
}

#[test]
fn what_is_too_deep_is_null_and_the_rest_is_read() {
    let (value, flaws) = parsed(format!(r#"{{"a": {}, "b": 1}}"#, nested(500)));

    assert_eq!(value["b"], json!(1));
    assert_eq!(value["a"].to_string(), format!("{}null{}", "[".repeat(126), "]".repeat(126)));
    assert_eq!(flaws.len(), 1);
    assert!(flaws[0].starts_with("a[][]") && flaws[0].ends_with("TooDeep 1"), "{flaws:?}");
}

#[test]
fn no_depth_exhausts_the_stack() {
    assert!(parsed(nested(100_000)).1[0].ends_with("TooDeep 1"));
    assert!(read("[".repeat(5_000_000).as_bytes()).is_err());
    assert!(read(r#"{"a":"#.repeat(100_000).as_bytes()).is_err());
}

#[test]
fn of_a_field_that_is_there_twice_the_last_is_taken() {
    let (value, flaws) = parsed(r#"{"a": {"b": 1, "b": {"c": 2}, "\u0062": 3}}"#);

    assert_eq!(value, json!({ "a": { "b": 3 } }));
    assert_eq!(flaws, ["a.b Repeated 2"]);
}

#[test]
fn line_ends_in_text_are_text() {
    assert_eq!(parsed("{\"a\": \"one\ntwo\"}"), (json!({ "a": "one\ntwo" }), vec![]));
}

#[test]
fn what_is_not_json_is_refused() {
    for other in [
        "", " ", "{", "[1", r#""a"#, r#""a\"#, "[1,]", "{1: 2}", "<html>", "[1]]", "[}", "nul",
        "0x1",
    ] {
        assert!(read(other.as_bytes()).is_err(), "{other}");
    }
}

#[test]
fn flaws_are_seen_from_where_one_looks() {
    let flaws = |json: &str| {
        let flaws = read(json.as_bytes()).unwrap().flaws.within("data");
        flaws.iter().map(|(path, ..)| path.to_owned()).collect::<Vec<_>>()
    };

    assert_eq!(flaws(r#"{"data": {"a": 1e999}, "data_2": 1e999, "meta": 1e999}"#), ["a"]);
    assert_eq!(flaws(r#"{"data": [1e999]}"#), ["[]"]);
    assert_eq!(flaws(r#"{"data": 1, "data": 2}"#), [""]);
}

#[test]
fn flaws_do_not_grow_without_end() {
    let many: Vec<String> = (0..10_000).map(|n| format!(r#""n{n}": 1e999"#)).collect();
    let long = format!(r#"{{"{}": {{"b": 1e999}}}}"#, "\\u0007".repeat(100_000));

    assert_eq!(
        read(format!("{{{}}}", many.join(",")).as_bytes()).unwrap().flaws.iter().count(),
        200
    );
    assert_eq!(parsed(long).1, ["<100000 characters>.b OutOfRange 1"]);
}

#[test]
fn outlines_show_what_is_there_byte_for_byte() {
    let list = b" [ {\"a\" : \"]\\\"\"},1e400 , \"\xff\", [[{}]] ] ";
    let items: [&[u8]; 4] = [b"{\"a\" : \"]\\\"\"}", b"1e400", b"\"\xff\"", b"[[{}]]"];

    assert_eq!(elements(list, 9).unwrap(), items);
    assert_eq!(elements(b"[]", 9).unwrap(), [[0; 0]; 0]);
    assert_eq!(member(br#"{"b": 1, "\u0061": [2], "a": 3}"#, "a"), Some(&b"3"[..]));
    assert_eq!(member(br#"{"a": 1"#, "a"), None);
    assert_eq!(elements(b"{}", 9), None);
}

proptest! {
    #[test]
    fn what_is_sound_is_read_as_it_was_written(value in any_value()) {
        let json = value.to_string();
        let strict: Value = serde_json::from_str(&json).unwrap();

        prop_assert_eq!(parsed(&json), (strict.clone(), vec![]));
        prop_assert!(size_of::<Value>() + heap(&strict) <= memory(json.as_bytes()));
        let long_way = Reader::new(json.as_bytes()).read().unwrap();
        prop_assert_eq!(long_way, Read { value: strict, flaws: Flaws::default() });
    }

    #[test]
    fn whatever_comes_is_read_to_something_sound_of_its_size(
        value in any_value(),
        edits in collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
    ) {
        let mut json = value.to_string().into_bytes();
        for (at, byte) in edits {
            let at = at.index(json.len());
            json[at] = byte;
        }
        assert_frugal(&json);
        let strict = serde_json::from_slice::<Value>(&json);
        if let Ok(Read { value, flaws }) = read(&json) {
            let written = value.to_string();
            prop_assert!(serde_json::from_str::<Value>(&written).is_ok());
            // A control character may grow to an escape, a broken byte to three bytes, and a short
            // float to 17 digits.
            prop_assert!(written.len() <= 20 * json.len());
            if let Ok(strict) = strict && flaws.is_empty() {
                prop_assert_eq!(strict, value);
            }
        } else {
            prop_assert!(strict.is_err());
        }
    }

    #[test]
    fn no_bytes_stop_a_reader(json in collection::vec(any::<u8>(), 0..200)) {
        let _ = (read(&json), elements(&json, 9), member(&json, "a"));
    }

    #[test]
    fn items_are_parts_of_their_list(items in collection::vec(any_value(), 0..8)) {
        let written: Vec<String> = items.iter().map(Value::to_string).collect();
        let list = format!("[{}]", written.join(" , "));

        let written: Vec<&[u8]> = written.iter().map(String::as_bytes).collect();
        prop_assert_eq!(elements(list.as_bytes(), usize::MAX).unwrap(), written);
    }
}

#[test]
fn only_a_name_that_looks_like_an_identifier_is_shown() {
    for name in ["score", "web_interview", "_v2", "camelCase", "x-id"] {
        assert_eq!(shown_name(name), name);
    }
    for name in
        ["Ada Lovelace (ada@example.com)", "", "4", "ada@example.com", "a.b", "naïve", "a\0"]
    {
        assert_eq!(shown_name(name), format!("<{} characters>", name.chars().count()));
    }
    assert_eq!(shown_name(&"a".repeat(81)), "<81 characters>");
}

#[test]
fn a_list_of_more_items_than_asked_for_is_none() {
    assert_eq!(elements(b"[1, 2]", 2).unwrap().len(), 2);
    assert_eq!(elements(b"[1, 2, 3]", 2), None);
}

#[test]
fn what_would_fill_the_memory_is_not_read() {
    let nested = |text: &str| format!("[{}]", vec![text; MAX_MEMORY / 100].join(","));
    for filling in ["[[[[]]]]", r#"{"a":1}"#, "[0]", r#""a""#] {
        let error = read(nested(filling).as_bytes()).unwrap_err();
        assert!(matches!(error, Error::TooManyValues), "{filling}");
    }
    let long = format!("{:?}", "a".repeat(MAX_MEMORY / 2));
    assert_eq!(read(long.as_bytes()).unwrap().value.as_str().unwrap().len(), MAX_MEMORY / 2);
}

/// Reading takes at most the computed memory, twice while a list grows, and little for flaws.
fn assert_frugal(json: &[u8]) {
    let used = allocation_counter::measure(|| drop(read(json)));
    let foreseen = 2 * memory(json).min(MAX_MEMORY) + 8 * json.len() + (64 << 10);
    assert!(used.bytes_max <= foreseen as u64, "{} of {foreseen} bytes at once", used.bytes_max);
}

#[test]
fn no_answer_takes_more_memory_than_foreseen() {
    let repeated = |text: &str| format!("[{}0]", text.repeat((1 << 20) / text.len()));
    let deep = format!("{}{}{}", r#"{"name":"#.repeat(120), repeated("1e999,"), "}".repeat(120));
    let names: Vec<String> = (0..50_000).map(|name| format!(r#""{name}":1e999"#)).collect();
    for json in [
        repeated("[[]],"),
        repeated(r#"{"a":1},"#),
        repeated(r#"{"a":1,"a":2},"#),
        repeated(r#""\ud800","#),
        repeated("1e999,"),
        "[".repeat(1 << 20),
        deep,
        format!("{{{}}}", names.join(",")),
    ] {
        assert_frugal(json.as_bytes());
    }
}

/// Bytes that a value takes on the heap, as `serde_json` and the standard library lay it out.
fn heap(value: &Value) -> usize {
    const NODE: usize = 16 + 11 * (size_of::<String>() + size_of::<Value>());
    match value {
        Value::String(text) => text.capacity(),
        Value::Array(items) => {
            items.capacity() * size_of::<Value>() + items.iter().map(heap).sum::<usize>()
        }
        Value::Object(fields) => {
            // Each of several nodes is at least half full, and about every sixth has a parent.
            let several = fields.len().div_ceil(5) + fields.len() / 30;
            let nodes = if fields.len() > 11 { several } else { fields.len().min(1) };
            let held = fields.iter().map(|(name, value)| name.capacity() + heap(value));
            nodes * NODE + held.sum::<usize>()
        }
        _ => 0,
    }
}
