//! Answers that no sane vendor would send. The good parts arrive, a notice names the place, the
//! snapshot keeps the bytes, and a replay gives the same tables.
//!
//! Each case of `tests/fixtures/hostile/fields` is tried in all four kinds of answers: as an
//! interview's results, as a list row, as a posting and as a question.

mod fuzz;
mod memory;
mod others;

use std::{collections::BTreeMap, fs, path::Path};

use heymilo_sync::{
    records::WorkspaceId,
    store::snapshots::{self, Kind, Scope},
    sync::{Replay, Replayed},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::path};

use crate::support::app::TestApp;

const DIRECTORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/hostile");

/// One case.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// The bytes before the answer.
    #[serde(default)]
    before: String,
    /// Fields of the interview beyond its ids and address. `{{…}}` are recipes.
    fields: String,
    /// The notices of the results, without missing fields. Not compared when left out.
    notices: Option<Vec<String>>,
    /// The notices of the list row, if they differ.
    listed: Option<Vec<String>>,
    /// Questions to the database, and the answers.
    values: BTreeMap<String, String>,
}

/// Reads a file of the hostile fixtures.
fn fixture<T: DeserializeOwned>(name: &str) -> T {
    toml::from_str(&fs::read_to_string(Path::new(DIRECTORY).join(name)).unwrap()).unwrap()
}

/// The names of the cases in a folder of the hostile fixtures.
fn cases_in(folder: &str) -> Vec<String> {
    let files = fs::read_dir(Path::new(DIRECTORY).join(folder)).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.map(|name| name.replace(".toml", "")).collect();
    names.sort();
    names
}

/// Expands the recipes in a text: `{{hex BYTES}}`, `{{repeat TIMES TEXT}}` and `{{list TIMES
/// TEXT}}`. In the last one, each `#` of the text is the item's number.
fn cook(text: &str) -> Vec<u8> {
    let mut cooked = Vec::new();
    let mut rest = text;
    while let Some((before, recipe)) = rest.split_once("{{") {
        let end = recipe.find("}}").unwrap();
        // A text may end with braces of its own.
        let end = end + recipe[end..].bytes().take_while(|byte| *byte == b'}').count() - 2;
        let (verb, what) = recipe[..end].split_once(' ').unwrap();
        cooked.extend(before.bytes());
        if verb == "hex" {
            let digits = what.as_bytes().chunks(2).map(|pair| str::from_utf8(pair).unwrap());
            cooked.extend(digits.map(|pair| u8::from_str_radix(pair, 16).unwrap()));
        } else {
            let (times, what) = what.split_once(' ').unwrap();
            let times: usize = times.parse().unwrap();
            cooked.extend(match verb {
                "repeat" => what.repeat(times).into_bytes(),
                "list" => {
                    let items = (0..times).map(|n| what.replace('#', &n.to_string()));
                    items.collect::<Vec<_>>().join(",").into_bytes()
                }
                other => panic!("{other} is no recipe"),
            });
        }
        rest = &recipe[end + 2..];
    }

    cooked.extend(rest.bytes());
    cooked
}

/// An object of these fields, and then those of the case.
fn object(fields: &str, hostile: &[u8]) -> Vec<u8> {
    [b"{", fields.as_bytes(), b", ", hostile.trim_ascii(), b"}"].concat()
}

/// A HeyMilo that answers these bytes.
async fn heymilo(answers: &[(&str, Vec<u8>)]) -> MockServer {
    let heymilo = MockServer::start().await;
    for (at, body) in answers {
        let answer = ResponseTemplate::new(200).set_body_raw(body.clone(), "application/json");
        Mock::given(path(format!("/api/v2/{at}"))).respond_with(answer).mount(&heymilo).await;
    }
    heymilo
}

fn list(items: &[&[u8]]) -> Vec<u8> {
    let items = items.join(&b", "[..]);
    [&b"{\"data\": ["[..], &items, b"], \"pagination\": {\"has_more\": false}}"].concat()
}

async fn replay(app: &TestApp) -> Replayed {
    let workspace = WorkspaceId::new("default").unwrap();
    let mut replay = Replay::new(app.db.clone(), workspace, Scope::default());
    let mut replayed = replay.postings().await.unwrap();
    while let Some(more) = replay.step().await.unwrap() {
        replayed += more;
    }
    replayed
}

/// One digest per table of everything that an answer leaves behind.
async fn everything(app: &TestApp) -> BTreeMap<String, String> {
    let mut tables: Vec<String> =
        app.table_names().await.iter().map(|t| format!("heymilo.{t}")).collect();
    tables.push("heymilo_sync.notices".to_owned());
    let mut digests = BTreeMap::new();
    for table in tables {
        let digest = format!(
            "select md5(coalesce(string_agg(md5(t::text), '' order by md5(t::text)), '')) from {table} t"
        );
        digests.insert(table, app.value(&digest).await);
    }
    digests
}

async fn assert_replay_changes_nothing(app: &TestApp) {
    let before = everything(app).await;
    let replayed = replay(app).await;
    assert_eq!((replayed.unreadable, replayed.refused), (0, 0));
    assert_eq!(everything(app).await, before);
}

async fn snapshot(app: &TestApp, kind: Kind, subject_id: &str) -> Vec<u8> {
    let workspace = WorkspaceId::new("default").unwrap();
    snapshots::newest(&app.db, &workspace, kind, subject_id).await.unwrap().unwrap()
}

async fn notices(app: &TestApp, kind: &str) -> Vec<String> {
    let notices: Value = app
        .value(&format!(
            "select coalesce(jsonb_agg(notice order by notice collate \"C\"), '[]')
             from (select distinct path || ' ' || problem as notice from heymilo_sync.notices
                   where kind = '{kind}' and problem <> 'missing_field') as notices"
        ))
        .await;
    serde_json::from_value(notices).unwrap()
}

/// HeyMilo's answers in a case, as they will be kept.
struct Answers {
    results: Vec<u8>,
    row: Vec<u8>,
    posting: Vec<u8>,
    question: Vec<u8>,
}

impl Answers {
    fn of(case: &Case) -> Self {
        let hostile = cook(&case.fields);
        let own = r#""interview_id": "int_1", "posting_id": "pos_1", "email": "ada@example.com""#;
        let row = object(own, &hostile);
        // The fields that make an answer an interview, unless the case has them.
        let has_status = match serde_json::from_slice::<Value>(&row) {
            Ok(row) => row.get("status").is_some(),
            Err(_) => String::from_utf8_lossy(&hostile).contains("\"status\""),
        };
        let status = if has_status { "" } else { r#", "status": "completed""# };
        let interview = object(&format!("{own}{status}"), &hostile);
        let results =
            [&cook(&case.before), &b"{\"data\": "[..], &interview, b", \"meta\": {}}"].concat();
        let posting = object(r#""id": "pos_1", "title": "One""#, &hostile);
        let question = object(r#""id": "q_1", "posting_id": "pos_1", "text": "Why?""#, &hostile);
        Self { results, row, posting, question }
    }

    /// A HeyMilo that gives these answers, each beside a harmless one.
    async fn served(&self, before: &[u8]) -> MockServer {
        let Self { results, row, posting, question } = self;
        let both =
            |hostile: &[u8], fine: &str| [before, &list(&[hostile, fine.as_bytes()])].concat();
        heymilo(&[
            ("postings", both(posting, r#"{"id": "pos_2", "title": "Two"}"#)),
            ("postings/pos_1/questions", both(question, r#"{"id": "q_2", "text": "How?"}"#)),
            ("postings/pos_2/questions", list(&[])),
            ("postings/pos_1/candidates", both(row, r#"{"interview_id": "int_2"}"#)),
            ("postings/pos_2/candidates", list(&[])),
            ("interviews/int_1/data", results.clone()),
            ("interviews/int_2/data", br#"{"data": {"email": "b@example.com", "posting_id": "pos_1", "status": "completed"}}"#.to_vec()),
        ])
        .await
    }

    async fn assert_kept(&self, app: &TestApp) {
        let questions = [b"[", &self.question[..]].concat();
        assert!(snapshot(app, Kind::Interview, "int_1").await == self.results);
        assert!(snapshot(app, Kind::Candidate, "int_1").await == self.row);
        assert!(snapshot(app, Kind::Posting, "pos_1").await == self.posting);
        assert!(snapshot(app, Kind::Questions, "pos_1").await.starts_with(&questions));
    }
}

impl Case {
    fn read(name: &str) -> Self {
        fixture(&format!("fields/{name}.toml"))
    }

    async fn assert_arrived(&self, app: &TestApp) {
        let good: Value = app
            .value(
                "select jsonb_build_array(
                     (select jsonb_agg(candidate_email order by interview_id) from heymilo.interviews),
                     (select jsonb_agg(title order by posting_id) from heymilo.postings),
                     (select jsonb_agg(question_text order by position) from heymilo.questions))",
            )
            .await;
        let emails = ["ada@example.com", "b@example.com"];
        assert_eq!(good, json!([emails, ["One", "Two"], ["Why?", "How?"]]));
        for (question, answer) in &self.values {
            let answer: Value = serde_json::from_str(answer).unwrap();
            assert_eq!(app.value::<Value>(question).await, answer, "{question}");
        }
    }

    async fn assert_noticed(&self, app: &TestApp) {
        let Some(expected) = &self.notices else { return };
        let listed = self.listed.as_ref().unwrap_or(expected);
        assert_eq!(notices(app, "interview").await, *expected);
        assert_eq!(notices(app, "candidate").await, *listed);
        // The fields are unknown in postings and questions, and their flaws are the same.
        let flaws = ["out_of_range", "too_deep", "repeated_field"];
        let is_flaw = |notice: &&String| flaws.iter().any(|flaw| notice.ends_with(flaw));
        for kind in ["posting", "questions"] {
            let noticed = notices(app, kind).await;
            for flaw in listed.iter().filter(is_flaw) {
                assert!(noticed.contains(flaw), "{kind}: {flaw}");
            }
        }
    }
}

async fn survives(name: &str) {
    let case = Case::read(name);
    let answers = Answers::of(&case);
    let heymilo = answers.served(&cook(&case.before)).await;
    let app = TestApp::start(&heymilo.uri()).await;

    let report = app.poll().await;
    app.drain().await;

    assert_eq!((report.postponed, report.postings, report.candidates), (0, 2, 2));
    assert_eq!(app.count("heymilo_sync.jobs").await, 0);
    case.assert_arrived(&app).await;
    case.assert_noticed(&app).await;
    answers.assert_kept(&app).await;
    assert_replay_changes_nothing(&app).await;

    // The next look finds nothing new.
    let kept = app.count("heymilo_sync.snapshots").await;
    app.forget_cursors().await;
    let again = app.poll().await;
    assert_eq!((again.postings, again.candidates, again.enqueued), (0, 0, 0));
    assert_eq!(app.count("heymilo_sync.snapshots").await, kept);
}

/// A test for each case, and one that no case is missing.
macro_rules! cases {
    ($($name:ident)*) => {
        $(
            // As in the daemon, a large answer that occupies one thread leaves others to the
            // heartbeat.
            #[tokio::test(flavor = "multi_thread", worker_threads = 8)]
            async fn $name() {
                survives(stringify!($name)).await;
            }
        )*

        #[test]
        fn every_case_has_its_test() {
            assert_eq!(cases_in("fields"), [$(stringify!($name)),*]);
        }
    };
}

cases! {
    bare_line_ends
    beyond_64_bits
    beyond_any_float
    broken_utf_8
    byte_order_mark
    deep
    empty
    lone_surrogate
    long_names
    long_text
    many_new_fields
    many_steps
    many_turns
    nul
    nulls
    odd_times
    repeated_fields
    repeated_ids
    scripts
    unknown_words
    wrong_types
}
