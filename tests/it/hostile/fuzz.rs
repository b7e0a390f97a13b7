//! Valid answers of every kind, damaged at random. `normalize` never panics, gives the same result
//! twice, and returns nothing that Postgres would refuse.

use std::sync::OnceLock;

use axum::{body::Body, http::Request};
use heymilo_sync::{
    http::Places,
    normalize::{self, Answer},
    records::{InterviewId, Notice, PostingId},
    simulator::{Options, Simulator},
};
use proptest::{collection, prelude::*, sample};
use serde_json::{Map, Value, json};
use tower::ServiceExt as _;

/// Answers of a simulated HeyMilo: results, and rows of each list.
#[derive(Debug)]
struct Answers {
    results: Vec<Value>,
    rows: Vec<Value>,
}

fn answers() -> &'static Answers {
    static ANSWERS: OnceLock<Answers> = OnceLock::new();
    ANSWERS.get_or_init(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(ask())
    })
}

async fn ask() -> Answers {
    let options = Options {
        postings: 2,
        candidates: 30,
        speed: 0.0,
        requests_per_minute: None,
        ..Options::default()
    };

    let heymilo = Simulator::new(options);
    let router = heymilo.router();
    let get = async |at: String| {
        let request = Request::get(format!("/api/v2/{at}")).header("x-api-key", "simulated");
        let answer = router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let body = axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        serde_json::from_slice::<Value>(&body).unwrap()["data"].take()
    };

    let mut answers = Answers { results: Vec::new(), rows: Vec::new() };
    for id in heymilo.interview_ids().iter().take(15) {
        answers.results.push(get(format!("interviews/{id}/data")).await);
    }
    let posting = &heymilo.posting_ids()[0];
    let lists = [
        "postings".to_owned(),
        format!("postings/{posting}/questions"),
        format!("postings/{posting}/candidates"),
    ];

    for list in lists {
        let items = get(list).await;
        answers.rows.extend(items.as_array().unwrap().iter().take(10).cloned());
    }
    assert!(answers.results.len() == 15 && answers.rows.len() > 10);

    answers
}

fn any_value() -> impl Strategy<Value = Value> {
    let bad = Just("\0\u{202e}😀".to_owned());
    let text = prop_oneof![
        bad.clone(),
        any::<String>(),
        Just("x".repeat(300)),
        Just("-1e999".to_owned()),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text.clone().prop_map(Value::from),
        bad.prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, move |inner| {
        let fields = collection::vec((text.clone(), inner.clone()), 0..4);
        prop_oneof![
            collection::vec(inner, 0..4).prop_map(Value::from),
            fields.prop_map(|fields| Value::Object(Map::from_iter(fields))),
        ]
    })
}

/// The kinds of damage to a value.
#[derive(Debug, Clone)]
enum Damage {
    Delete,
    Replace(Value),
    /// Replaced by a list of two copies.
    Double,
    Rename(String),
}

fn any_damage() -> impl Strategy<Value = (sample::Index, Damage)> {
    let damage = prop_oneof![
        1 => Just(Damage::Delete),
        3 => any_value().prop_map(Damage::Replace),
        1 => Just(Damage::Double),
        1 => any::<String>().prop_map(Damage::Rename),
    ];
    (any::<sample::Index>(), damage)
}

/// Damages the value at a JSON pointer.
fn damage(answer: &mut Value, pointer: &str, how: &Damage) {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let name = name.replace("~1", "/").replace("~0", "~");
    let place = answer.pointer_mut(pointer).unwrap();
    match how {
        Damage::Replace(new) => *place = new.clone(),
        Damage::Double => *place = json!([*place, *place]),
        Damage::Delete | Damage::Rename(_) => {
            let old = place.take();
            match (answer.pointer_mut(parent).unwrap(), how) {
                (Value::Object(fields), Damage::Rename(new)) => {
                    fields.remove(&name);
                    fields.insert(new.clone(), old);
                }
                (Value::Object(fields), _) => drop(fields.remove(&name)),
                (Value::Array(items), _) => drop(items.remove(name.parse().unwrap())),
                _ => unreachable!("a pointer leads through lists and objects"),
            }
        }
    }
}

/// Pointers to all values in a value.
fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    let inner: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(name, field)| (name.replace('~', "~0").replace('/', "~1"), field))
            .collect(),
        Value::Array(items) => {
            items.iter().enumerate().map(|(index, item)| (index.to_string(), item)).collect()
        }
        _ => Vec::new(),
    };
    for (name, value) in inner {
        let at = format!("{at}/{name}");
        pointers(value, &at, found);
        found.push(at);
    }
}

/// One of the answers, damaged.
fn damaged(answers: &'static [Value]) -> impl Strategy<Value = Value> {
    (sample::select(answers), collection::vec(any_damage(), 0..12)).prop_map(
        |(mut answer, damages)| {
            for (index, how) in damages {
                let mut found = Vec::new();
                pointers(&answer, "", &mut found);
                if !found.is_empty() {
                    damage(&mut answer, index.get::<String>(&found), &how);
                }
            }
            answer
        },
    )
}

/// The result of normalizing an answer as text, for each kind that it may be.
fn normalized(json: &[u8]) -> Option<(String, Vec<Notice>)> {
    let (interview, posting) = (InterviewId::new("int_1")?, PostingId::new("pos_1")?);
    let answer = || Answer::item(json).ok();
    let enveloped = [b"{\"data\": ", json, b"}"].concat();
    let results = normalize::results(&interview, Answer::enveloped(&enveloped).ok()?);
    let listing = normalize::listing(&interview, answer()?);
    let of_posting = normalize::posting(&posting, answer()?);
    let question = normalize::question(&posting, 1, answer()?);
    let ids = (normalize::id_of_listing(&answer()?), normalize::id_of_posting(&answer()?));
    let records = (results.records, listing.records, of_posting.records, question.records);
    let looks = (normalize::is_untouched(&answer()?), normalize::results_fingerprint(&answer()?));
    let notices = [results.notices, listing.notices, of_posting.notices, question.notices];
    Some((format!("{records:?} {ids:?} {looks:?}"), notices.concat()))
}

fn check(json: &[u8]) -> Result<(), TestCaseError> {
    let once = normalized(json);
    prop_assert_eq!(&once, &normalized(json));
    if let Some((records, notices)) = once {
        // The printed form of NUL, unless a second backslash precedes it.
        prop_assert!(!records.replace("\\\\", "").contains("\\0"), "{}", records);
        for Notice { path, occurrences, .. } in &notices {
            prop_assert!(
                path.len() <= 1000 && !path.contains(char::is_control) && *occurrences > 0
            );
        }
        prop_assert!(notices.len() <= 4 * 200);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn damaged_results_are_normalised(answer in damaged(&answers().results)) {
        prop_assert!(normalized(answer.to_string().as_bytes()).is_some());
        check(answer.to_string().as_bytes())?;
    }

    #[test]
    fn damaged_items_of_lists_are_normalised(answer in damaged(&answers().rows)) {
        check(answer.to_string().as_bytes())?;
    }

    #[test]
    fn flipped_bytes_are_normalised_or_refused(
        answer in sample::select(&answers().results[..]),
        flips in collection::vec((any::<sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut json = answer.to_string().into_bytes();
        for (index, byte) in flips {
            let at = index.index(json.len());
            json[at] = byte;
        }
        check(&json)?;
    }

    #[test]
    fn any_delivery_is_read(
        body in prop_oneof![
            collection::vec(any::<u8>(), 0..300),
            any_value().prop_map(|value| json!({ "data": value, "interview_id": value }).to_string().into_bytes()),
        ],
        query in proptest::option::of("[ -~]{0,40}"),
    ) {
        let places = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let places = Places::new(&places(&["interview_id", "data.id", "data"]), &places(&["data.posting_id"]));

        let hint = places.read(&body, query.as_deref());

        prop_assert!(hint.interview_ids.iter().all(|id| (1..=255).contains(&id.as_str().len())));
        prop_assert_eq!(hint, places.read(&body, query.as_deref()));
    }
}
