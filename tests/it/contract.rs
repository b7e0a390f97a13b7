//! The tables have a column for everything that the contract and the page behind it promise.

mod defaults;

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use heymilo_sync::classification::{self, COLUMNS, Class};
use serde_json::{Map, Value, json};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::path as path_is};

use crate::support::{app::TestApp, simulated::Simulated};

/// Fields that only name the kind of their object, which the table names too.
const IMPLIED: &[&str] = &["object"];

/// Makes an instance of a schema in which every value occurs nowhere else.
struct Instance {
    contract: Value,
    /// The value of booleans, because these cannot be unique.
    truth: bool,
    made: i64,
    /// The paths of booleans.
    booleans: Vec<String>,
    values: Vec<(String, Value)>,
}

impl Instance {
    fn new(truth: bool) -> Self {
        let contract = include_str!("../fixtures/heymilo-v2.contract.json");
        let contract = serde_json::from_str(contract).unwrap();
        Self { contract, truth, made: 0, booleans: Vec::new(), values: Vec::new() }
    }

    fn of(&mut self, name: &str) -> Value {
        let schema = self.contract["components"]["schemas"][name].clone();
        assert!(schema.is_object(), "the contract has no {name}");
        self.make(&schema, name)
    }

    fn make(&mut self, schema: &Value, path: &str) -> Value {
        if let Some(reference) = schema["$ref"].as_str() {
            let name = reference.rsplit('/').next().unwrap().to_owned();
            let schema = self.contract["components"]["schemas"][&name].clone();
            return self.make(&schema, path);
        }

        if let Some(variants) = schema["anyOf"].as_array() {
            let full = variants.iter().find(|variant| variant["type"] != "null").unwrap();
            return self.make(full, path);
        }
        self.made += 1;

        let value = match schema["type"].as_str() {
            Some("object") if schema["properties"].is_object() => return self.object(schema, path),
            Some("array") => return json!([self.make(&schema["items"], &format!("{path}[]"))]),
            Some("boolean") => {
                self.booleans.push(path.to_owned());
                return json!(self.truth);
            }
            Some("integer") => json!(1000 + self.made),
            Some("number") => json!(1_700_000_000.0 + self.made as f64),
            Some("string") if path.ends_with("_at") && path.contains("interview_integrity") => {
                json!(format!("2026-01-02T03:04:{:02}Z", self.made % 60))
            }
            Some("string") => json!(format!("text {}", self.made)),
            // Open objects, and the one field of any type.
            Some("object") | None => json!({ "open": format!("open {}", self.made) }),
            other => panic!("{path} is of an unknown type {other:?}"),
        };

        self.values.push((path.to_owned(), value.clone()));
        value
    }

    fn object(&mut self, schema: &Value, path: &str) -> Value {
        let properties = schema["properties"].as_object().unwrap().clone();
        let mut object = Map::new();
        for (name, property) in properties {
            if IMPLIED.contains(&name.as_str()) {
                continue;
            }
            object.insert(name.clone(), self.make(&property, &format!("{path}.{name}")));
        }
        Value::Object(object)
    }
}

/// A HeyMilo with one posting, one question, one candidate and one interview.
async fn heymilo(instance: &mut Instance) -> MockServer {
    heymilo_with(instance, |_| {}).await
}

/// The same, with each of these four edited.
async fn heymilo_with(instance: &mut Instance, edit: impl Fn(&mut Value)) -> MockServer {
    let mut posting = instance.of("PostingResponse");
    posting["id"] = json!("pos_1");
    let mut question = instance.of("QuestionResponse");
    question["posting_id"] = json!("pos_1");
    let mut candidate = instance.of("CandidateResponse");
    candidate["interview_id"] = json!("int_1");
    let mut interview = instance.of("InterviewDataResponse");
    interview["interview_id"] = json!("int_1");
    for answer in [&mut posting, &mut question, &mut candidate, &mut interview] {
        edit(answer);
    }
    // These were replaced, because they are the keys of everything else.
    const KEYS: [&str; 4] = [
        "PostingResponse.id",
        "QuestionResponse.posting_id",
        "CandidateResponse.interview_id",
        "InterviewDataResponse.interview_id",
    ];
    instance.values.retain(|(path, _)| !KEYS.contains(&path.as_str()));

    let server = MockServer::start().await;
    let list = |item: Value| json!({ "data": [item], "pagination": { "has_more": false } });
    for (path, body) in [
        ("workspaces", list(json!({ "id": "ws_1", "name": "Example" }))),
        ("postings", list(posting)),
        ("postings/pos_1/questions", list(question)),
        ("postings/pos_1/candidates", list(candidate)),
        ("interviews/int_1/data", json!({ "data": interview, "meta": {} })),
    ] {
        Mock::given(path_is(format!("/api/v2/{path}")))
            .respond_with(ResponseTemplate::new(200).set_body_json(body))
            .mount(&server)
            .await;
    }
    server
}

/// The values of all columns but `extra`, in the form for a look-up.
async fn contents(app: &TestApp) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for rows in app.tables().await.as_object().unwrap().values() {
        for row in rows.as_array().unwrap() {
            for (column, value) in row.as_object().unwrap() {
                if !matches!(column.as_str(), "extra" | "list_extra") {
                    collect(value, &mut found);
                }
            }
        }
    }
    found
}

/// The number of columns with this value, without the columns of our own.
async fn count_of(app: &TestApp, truth: bool) -> usize {
    const OURS: [&str; 2] = ["results_ready", "first_observation"];
    let tables = app.tables().await;
    // Outcomes are our own columns.
    let of_heymilo =
        tables.as_object().unwrap().iter().filter(|(table, _)| !table.ends_with("_outcomes"));
    let rows = of_heymilo.flat_map(|(_, rows)| rows.as_array().unwrap());
    rows.flat_map(|row| row.as_object().unwrap())
        .filter(|(column, value)| !OURS.contains(&column.as_str()) && **value == json!(truth))
        .count()
}

fn collect(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Object(fields) => fields.values().for_each(|field| collect(field, found)),
        scalar => {
            found.insert(written(scalar));
        }
    }
}

/// A number as a column may hold it: itself, or as a time.
fn written(value: &Value) -> String {
    match value {
        Value::Number(number) => format!("number {}", number.as_f64().unwrap()),
        Value::String(text) => match text.parse::<DateTime<Utc>>() {
            Ok(time) => format!("number {}", time.timestamp_micros() as f64 / 1e6),
            Err(_) => text.clone(),
        },
        other => other.to_string(),
    }
}

fn assert_all_found(instance: &Instance, schemas: &[&str], found: &BTreeSet<String>) {
    let of_schemas =
        |path: &&(String, Value)| schemas.iter().any(|schema| path.0.starts_with(schema));
    let mut looked_for = 0;
    for (path, value) in instance.values.iter().filter(of_schemas) {
        let mut leaves = BTreeSet::new();
        collect(value, &mut leaves);
        for leaf in leaves {
            assert!(found.contains(&leaf), "{path} has no column");
            looked_for += 1;
        }
    }
    assert!(looked_for > 0);
}

#[tokio::test]
async fn every_property_of_the_contract_has_a_column() {
    const LISTS: [&str; 3] = ["PostingResponse.", "QuestionResponse.", "CandidateResponse."];
    for truth in [true, false] {
        let mut instance = Instance::new(truth);
        let heymilo = heymilo(&mut instance).await;
        let app = TestApp::start(&heymilo.uri()).await;

        app.poll().await;
        assert_all_found(&instance, &LISTS, &contents(&app).await);
        let booleans = |keep: &dyn Fn(&str) -> bool| {
            instance.booleans.iter().filter(|path| keep(path.as_str())).count()
        };
        let of_lists = booleans(&|path| LISTS.iter().any(|schema| path.starts_with(schema)));
        assert_eq!(count_of(&app, truth).await, of_lists);

        app.drain().await;
        assert_all_found(&instance, &["InterviewDataResponse."], &contents(&app).await);
        // From now on the steps come from the results and not from the list.
        let of_all = booleans(&|path| !path.starts_with("CandidateResponse.workflow"));
        assert_eq!(count_of(&app, truth).await, of_all);
        assert_eq!(app.count("heymilo_sync.notices").await, 0);
    }
}

/// Whether a field has a class, or is a part of a field that retention and roles treat as a whole.
fn is_classified(path: &str) -> bool {
    let mut object = String::new();
    for step in path.split('.') {
        let name = step.trim_end_matches("[]");
        match classification::of_object(&object).and_then(|classes| classes.class(name)) {
            None => return false,
            Some(Class::Identifier | Class::Conversation | Class::Open) => return true,
            Some(Class::Fact | Class::FreeText) => {}
        }
        object = if object.is_empty() { step.to_owned() } else { format!("{object}.{step}") };
    }
    true
}

#[test]
fn every_property_of_an_interview_is_classified() {
    let mut instance = Instance::new(true);
    let mut classified = 0;
    for schema in ["InterviewDataResponse", "CandidateResponse"] {
        instance.of(schema);
        let values = instance.values.iter().map(|(path, _)| path);
        for path in values.chain(&instance.booleans) {
            if let Some(path) = path.strip_prefix(&format!("{schema}.")) {
                assert!(is_classified(path), "{path} has no class");
                classified += 1;
            }
        }
    }

    assert!(classified > 100);
    assert!(!is_classified("web_interview.scorecard[].new_field"));
    assert!(!is_classified("new_block.field"));
}

#[tokio::test]
async fn every_value_of_the_page_s_example_is_found_in_the_tables() {
    let body = include_str!("../fixtures/interview_data.page.json");
    let heymilo = MockServer::start().await;
    Mock::given(path_is("/api/v2/interviews/int_abc123/data"))
        .respond_with(ResponseTemplate::new(200).set_body_raw(body, "application/json"))
        .mount(&heymilo)
        .await;
    let app = TestApp::start(&heymilo.uri()).await;

    app.deliver(json!({ "interview_id": "int_abc123" })).await;
    assert_eq!(app.drain().await, 1);

    let found = contents(&app).await;
    let mut example: Value = serde_json::from_str(body).unwrap();
    drop_implied(&mut example);
    let mut values = BTreeSet::new();
    collect(&example["data"], &mut values);
    assert!(values.len() > 50);
    for value in values {
        assert!(found.contains(&value), "{value} is in no table");
    }
    assert_eq!(app.count("heymilo_sync.notices").await, 0);
    let kept: Vec<u8> = app.snapshot("int_abc123").await;
    assert_eq!(kept, body.as_bytes());
}

fn drop_implied(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(drop_implied),
        Value::Object(fields) => {
            fields.retain(|name, _| !IMPLIED.contains(&name.as_str()));
            fields.values_mut().for_each(drop_implied);
        }
        _ => {}
    }
}

#[tokio::test]
async fn many_rows_are_written_like_few() {
    let mut interview = Instance::new(true).of("InterviewDataResponse");
    let world = Simulated::start().await;
    let posting = &world.heymilo.posting_ids()[0];
    for id in ["int_few", "int_many"] {
        interview["interview_id"] = json!(id);
        if id == "int_many" {
            repeat(&mut interview);
        }
        world.heymilo.put_interview(posting, interview.clone());
        world.deliver(json!({ "interview_id": id })).await;
        world.drain().await;
    }

    let mut long = Vec::new();
    for table in world.table_names().await {
        let of_many =
            format!("heymilo.{table} where to_jsonb({table}) ->> 'interview_id' = 'int_many'");
        if world.count(&of_many).await < MANY as i64 {
            continue;
        }
        let contents = |ids: &str| {
            format!(
                "select count(distinct (
                     select jsonb_object_agg(key, value)
                     from jsonb_each(to_jsonb({table}))
                     where key not like '%position'
                       and key not in ('interview_id', 'observed_at')
                 ))
                 from heymilo.{table}
                 where interview_id in ({ids})"
            )
        };
        let few: i64 = world.value(&contents("'int_few'")).await;
        let both: i64 = world.value(&contents("'int_few', 'int_many'")).await;
        assert_eq!(both, few, "{table}");
        long.push(table);
    }
    // Tables of list items, and their history, have a row for each item of a list.
    let lists = COLUMNS
        .iter()
        .filter(|table| table.of.starts_with("heymilo.") && table.class("interview_id").is_some());
    let lists = lists.filter(|table| table.class("position").is_some());
    let lists = lists.map(|table| table.of.trim_start_matches("heymilo."));
    let lists: BTreeSet<&str> = lists.filter(|table| *table != "transcripts").collect();
    assert_eq!(long.iter().map(String::as_str).collect::<BTreeSet<_>>(), lists);
}

/// More rows than one statement writes singly.
const MANY: usize = 600;

/// Repeats the items of every list of objects.
fn repeat(value: &mut Value) {
    match value {
        Value::Array(items) if items.first().is_some_and(Value::is_object) => {
            *items = std::iter::repeat_n(items[0].clone(), MANY).collect();
        }
        Value::Object(fields) => fields.values_mut().for_each(repeat),
        _ => {}
    }
}
