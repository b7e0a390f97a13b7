//! Calls the simulator's API and checks its answers against the vendor's contract.

use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Request, StatusCode},
};
use chrono::DateTime;
use heymilo_sync::simulator::{Options, Simulator};
use serde_json::{Value, json};
use tower::ServiceExt as _;

pub const DAY: Duration = Duration::from_secs(86_400);

/// A simulation whose time moves only when a test moves it.
pub fn options() -> Options {
    Options {
        candidates: 600,
        speed: 0.0,
        start: DateTime::from_timestamp(1_790_000_000, 0),
        requests_per_minute: None,
        ..Options::default()
    }
}

pub struct Api {
    pub simulator: Simulator,
    router: Router,
    pub contract: Contract,
}

impl Api {
    pub fn new(options: Options) -> Self {
        let simulator = Simulator::new(options);
        Self { router: simulator.router(), simulator, contract: Contract::read() }
    }

    pub async fn ask(
        &self,
        method: &str,
        path: &str,
        body: Value,
    ) -> (StatusCode, HeaderMap, Value) {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("x-api-key", "simulated")
            .header("content-type", "application/json")
            .body(Body::from(body.to_string()))
            .unwrap();
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let (status, headers) = (answer.status(), answer.headers().clone());
        let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        (status, headers, serde_json::from_slice(&body).unwrap())
    }

    /// Gets a path of the contract's `template` and checks the answer against its schema.
    pub async fn get(&self, template: &str, id: &str, query: &str) -> (StatusCode, Value) {
        let path = match template.split_once('{') {
            Some((before, rest)) => format!("{before}{id}{}", rest.split_once('}').unwrap().1),
            None => template.to_owned(),
        };
        let (status, _, body) = self.ask("GET", &format!("{path}{query}"), Value::Null).await;
        self.contract.check("get", template, status, &body);
        (status, body)
    }

    /// Reads all pages of a list.
    pub async fn all(&self, template: &str, id: &str, cursor: &str, limit: usize) -> Vec<Value> {
        let mut items: Vec<Value> = Vec::new();
        loop {
            let mut query = format!("?limit={limit}");
            if let Some(last) = items.last() {
                query += &format!("&starting_after={}", last[cursor].as_str().unwrap());
            }
            let (status, body) = self.get(template, id, &query).await;
            assert_eq!(status, StatusCode::OK);
            items.extend_from_slice(body["data"].as_array().unwrap());
            let total = body["pagination"]["total_count"].as_u64().unwrap() as usize;
            // A list that repeats itself would never end.
            assert!(items.len() <= total, "{template} gives more than it counts");
            if body["pagination"]["has_more"] == false {
                assert_eq!(items.len(), total);
                return items;
            }
        }
    }

    pub async fn register(&self, posting_id: &str, event_type: &str, url: &str) -> String {
        let body =
            json!({ "posting_id": posting_id, "event_type": event_type, "webhook_url": url });
        let (status, _, body) = self.ask("POST", WEBHOOKS, body).await;
        assert_eq!(status, StatusCode::CREATED);
        body["data"]["webhook_id"].as_str().unwrap().to_owned()
    }
}

pub const POSTINGS: &str = "/api/v2/postings";
pub const POSTING: &str = "/api/v2/postings/{posting_id}";
pub const STATS: &str = "/api/v2/postings/{posting_id}/stats";
pub const CANDIDATES: &str = "/api/v2/postings/{posting_id}/candidates";
pub const QUESTIONS: &str = "/api/v2/postings/{posting_id}/questions";
pub const DATA: &str = "/api/v2/interviews/{interview_id}/data";
pub const METADATA: &str = "/api/v2/interviews/{interview_id}/metadata";
pub const WEBHOOKS: &str = "/api/v2/webhooks";
pub const WEBHOOK: &str = "/api/v2/webhooks/{webhook_id}";

/// The vendor's contract, with a validator per answer.
pub struct Contract {
    document: Value,
    validators: HashMap<String, jsonschema::Validator>,
}

impl Contract {
    pub fn read() -> Self {
        let text = include_str!("../../fixtures/heymilo-v2.contract.json");
        let document: Value = serde_json::from_str(text).unwrap();
        let mut validators = HashMap::new();
        for (path, methods) in document["paths"].as_object().unwrap() {
            for (method, operation) in methods.as_object().unwrap() {
                for (status, response) in operation["responses"].as_object().unwrap() {
                    let mut schema = response["content"]["application/json"]["schema"].clone();
                    schema["components"] = document["components"].clone();
                    let validator = jsonschema::validator_for(&schema).unwrap();
                    validators.insert(format!("{method} {path} {status}"), validator);
                }
            }
        }
        Self { document, validators }
    }

    pub fn check(&self, method: &str, path: &str, status: StatusCode, body: &Value) {
        let answer = format!("{method} {path} {}", status.as_u16());
        let validator = self.validators.get(&answer).unwrap_or_else(|| panic!("no {answer}"));
        if let Some(error) = validator.iter_errors(body).next() {
            panic!("{answer}: {error} at {}", error.instance_path());
        }
    }

    /// Every property below a schema, as `Schema.property`.
    pub fn properties(&self, name: &str) -> BTreeSet<String> {
        let mut properties = BTreeSet::new();
        self.walk(&schema_of(name), None, &mut properties);
        properties
    }

    /// The properties below a schema that are not null in `values`.
    pub fn used(&self, name: &str, values: &[Value]) -> BTreeSet<String> {
        let mut used = BTreeSet::new();
        for value in values {
            self.walk(&schema_of(name), Some(value), &mut used);
        }
        used
    }

    fn walk(&self, schema: &Value, value: Option<&Value>, found: &mut BTreeSet<String>) {
        if let Some(reference) = schema["$ref"].as_str() {
            let name = reference.rsplit('/').next().unwrap();
            let properties = &self.document["components"]["schemas"][name]["properties"];
            for (property, schema) in properties.as_object().into_iter().flatten() {
                let inner = value.map(|value| &value[property]);
                if inner != Some(&Value::Null) {
                    found.insert(format!("{name}.{property}"));
                    self.walk(schema, inner, found);
                }
            }
        }
        for choice in schema["anyOf"].as_array().into_iter().flatten() {
            self.walk(choice, value, found);
        }
        match value {
            None => self.walk_items(schema, None, found),
            Some(value) => {
                for item in value.as_array().into_iter().flatten() {
                    self.walk_items(schema, Some(item), found);
                }
            }
        }
    }

    fn walk_items(&self, schema: &Value, item: Option<&Value>, found: &mut BTreeSet<String>) {
        if schema["items"].is_object() {
            self.walk(&schema["items"], item, found);
        }
    }
}

fn schema_of(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

pub fn texts(values: &[Value], field: &str) -> BTreeSet<String> {
    values.iter().map(|value| value[field].as_str().unwrap().to_owned()).collect()
}
