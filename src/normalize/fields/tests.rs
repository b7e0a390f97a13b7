//! Each way in which a value may differ from the contract.

use serde_json::json;

use super::*;
use crate::records::Notice;

/// Reads one field named `f`. Returns its value, the extra, and the notices as `path problem
/// found`.
fn read<T>(
    value: Value,
    read: impl FnOnce(&mut Fields<'_>) -> T,
) -> (T, Option<Value>, Vec<String>) {
    let mut notices = Notices::default();
    let Value::Object(object) = json!({ "f": value }) else { unreachable!() };
    let mut fields = Fields::new(Path::ROOT, object, &mut notices);
    let taken = read(&mut fields);
    let extra = fields.extra();
    let notices = notices.into_vec();
    let line = |Notice { path, problem, found, .. }| format!("{path} {} {found}", problem.as_str());
    (taken, extra, notices.into_iter().map(line).collect())
}

#[test]
fn what_fits_is_taken_without_a_word() {
    assert_eq!(read(json!("a"), |f| f.text("f")), (Some("a".into()), None, vec![]));
    assert_eq!(read(json!(1.5), |f| f.number("f")), (Some(1.5), None, vec![]));
    assert_eq!(read(json!(3), |f| f.integer("f")), (Some(3), None, vec![]));
    assert_eq!(read(json!(3.0), |f| f.integer("f")), (Some(3), None, vec![]));
    assert_eq!(read(json!(true), |f| f.boolean("f")), (Some(true), None, vec![]));
    assert_eq!(read(json!([]), |f| f.texts("f")), (Some(vec![]), None, vec![]));
    assert_eq!(read(json!(null), |f| f.text("f")), (None, None, vec![]));
}

#[test]
fn what_says_the_same_in_another_type_is_taken_and_noticed() {
    let text = || vec!["f converted text".to_owned()];

    assert_eq!(read(json!("1.5"), |f| f.number("f")), (Some(1.5), None, text()));
    assert_eq!(read(json!(" 3 "), |f| f.integer("f")), (Some(3), None, text()));
    assert_eq!(read(json!("false"), |f| f.boolean("f")), (Some(false), None, text()));
    assert_eq!(read(json!("a"), |f| f.texts("f")), (Some(vec!["a".into()]), None, text()));
    let number = vec!["f converted a number".to_owned()];
    assert_eq!(read(json!(7), |f| f.text("f")), (Some("7".into()), None, number));
}

#[test]
fn what_would_lose_something_is_null_and_kept_aside() {
    let extra = |value: Value| Some(json!({ "f": value }));
    let notices = |found: &str| vec![format!("f wrong_type {found}")];

    for value in [json!(1.5), json!(1e300), json!(u64::MAX), json!("1.5"), json!("")] {
        let found = if value.is_string() { "text" } else { "a number" };
        let expected = (None, extra(value.clone()), notices(found));
        assert_eq!(read(value, |f| f.integer("f")), expected);
    }
    for value in [json!("many"), json!("NaN"), json!("1e999")] {
        let expected = (None, extra(value.clone()), notices("text"));
        assert_eq!(read(value, |f| f.number("f")), expected);
    }
    let value = json!({ "a": [1] });
    assert_eq!(read(value.clone(), |f| f.text("f")), (None, extra(value), notices("an object")));
    assert_eq!(read(json!(1), |f| f.boolean("f")), (None, extra(json!(1)), notices("a number")));
}

#[test]
fn an_id_too_long_for_an_index_is_kept_aside() {
    let long = json!("x".repeat(256));

    let (id, extra, notices) = read(long.clone(), |f| f.id("f"));

    assert_eq!((id, extra), (None, Some(json!({ "f": long }))));
    assert_eq!(notices, ["f wrong_type text"]);
}

#[test]
fn times_are_understood_in_every_form_that_occurs() {
    let noon = DateTime::from_timestamp(1_739_707_200, 0);

    for (value, notice) in [
        (json!(1_739_707_200), None),
        (json!(1_739_707_200.0), None),
        (json!("1739707200"), Some("f converted text")),
        (json!(1_739_707_200_000_i64), Some("f milliseconds milliseconds")),
        (json!("2025-02-16T12:00:00Z"), Some("f converted ISO 8601")),
    ] {
        let notices = notice.into_iter().map(str::to_owned).collect();
        assert_eq!(read(value.clone(), |f| f.time("f")), (noon, None, notices), "{value}");
    }
    for value in [json!(-1), json!(1e300), json!("soon"), json!([])] {
        let (time, extra, notices) = read(value.clone(), |f| f.time("f"));
        assert_eq!((time, extra), (None, Some(json!({ "f": value }))));
        assert_eq!(notices.len(), 1);
    }
}

#[test]
fn misfits_in_a_list_are_kept_and_the_others_read() {
    let list = json!([{ "n": 1 }, "unusable", { "n": 2 }]);

    let (items, extra, notices) =
        read(list, |f| f.list("f", |position, item| (position, item.integer("n"))));

    assert_eq!(items, [(1, Some(1)), (3, Some(2))]);
    assert_eq!(extra, Some(json!({ "f": ["unusable"] })));
    assert_eq!(notices, ["f[] wrong_type text"]);
}

#[test]
fn what_an_inlined_object_has_beyond_its_columns_stays_below_its_name() {
    let object = json!({ "known": "a", "new": { "deep": 1 } });

    let (known, extra, notices) = read(object, |f| f.inline("f", |inner| inner.text("known")));

    assert_eq!(known.as_deref(), Some("a"));
    assert_eq!(extra, Some(json!({ "f": { "new": { "deep": 1 } } })));
    assert_eq!(notices, ["f.new unknown_field an object"]);
}

#[test]
fn a_missing_field_that_is_promised_is_noticed() {
    let (_, _, notices) = read(json!("a"), |f| {
        f.require(&["f", "g"]);
        f.text("f")
    });

    assert_eq!(notices, ["g missing_field nothing"]);
}

#[test]
fn notices_of_a_hostile_answer_do_not_grow_without_end() {
    let object = (0..10_000).map(|n| (format!("new_{n}"), json!(n))).collect();
    let mut notices = Notices::default();

    Fields::new(Path::ROOT, object, &mut notices).extra();

    assert_eq!(notices.into_vec().len(), 200);
}
