//! The defaults of the contract for absent fields.

use heymilo_sync::store::snapshots::Scope;
use serde_json::{Value, json};

use super::{IMPLIED, Instance, heymilo_with};
use crate::{replay, support::app::TestApp};

/// The place of each field with a declared default: its schema, its name, its table.
const FIELDS: &[(&str, &str, &str)] = &[
    ("CandidateResponse", "dismissed", "interviews"),
    ("CandidateResponse", "shortlisted", "interviews"),
    ("PostingResponse", "allow_sms_comms", "postings"),
    ("PostingResponse", "email_report_to_candidate", "postings"),
    ("PostingResponse", "language", "postings"),
    ("SMSCriterionResult", "is_dealbreaker", "sms_criteria"),
    ("ScorecardQuestion", "not_scored", "scorecard_questions"),
    ("ScorecardQuestion", "score_weight", "scorecard_questions"),
    ("WorkflowStepStatus", "knocked_out", "workflow_steps"),
];

/// The defaults that the contract declares, by schema and field.
fn declared() -> Vec<(String, String, Value)> {
    let contract = Instance::new(true).contract;
    let mut declared = Vec::new();
    for (schema, of) in contract["components"]["schemas"].as_object().unwrap() {
        for (name, field) in of["properties"].as_object().into_iter().flatten() {
            if let Some(default) = field.get("default")
                && !IMPLIED.contains(&name.as_str())
            {
                declared.push((schema.clone(), name.clone(), default.clone()));
            }
        }
    }
    declared
}

fn is_field(name: &str) -> bool {
    FIELDS.iter().any(|(_, field, _)| *field == name)
}

/// Removes the fields at any place.
fn leave_out(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, _| !is_field(name));
            fields.values_mut().for_each(leave_out);
        }
        Value::Array(items) => items.iter_mut().for_each(leave_out),
        _ => {}
    }
}

/// Makes the fields null at any place.
fn make_null(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                if is_field(name) { *value = Value::Null } else { make_null(value) }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(make_null),
        _ => {}
    }
}

/// Gives a step the same id in the list and in the interview's own answer.
fn name_steps(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                if name == "step_id" { *value = json!("stp_1") } else { name_steps(value) }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(name_steps),
        _ => {}
    }
}

/// The values of the fields' columns.
async fn columns(app: &TestApp) -> Vec<Value> {
    let mut columns = Vec::new();
    for (_, field, table) in FIELDS {
        let query = format!("select jsonb_agg(distinct {field}) from heymilo.{table}");
        columns.push(app.value::<Value>(&query).await);
    }
    columns
}

async fn sync(app: &TestApp) {
    app.poll().await;
    app.drain().await;
}

#[tokio::test]
async fn absent_fields_have_the_declared_defaults_and_null_stays_null() {
    let declared = declared();
    let fields: Vec<_> =
        declared.iter().map(|(schema, field, _)| (&schema[..], &field[..])).collect();
    let known: Vec<_> = FIELDS.iter().map(|(schema, field, _)| (*schema, *field)).collect();
    assert_eq!(fields, known, "the fields of the contract that have a default");
    let defaults: Vec<Value> = declared.into_iter().map(|(.., default)| json!([default])).collect();

    let absent = heymilo_with(&mut Instance::new(true), leave_out).await;
    let app = TestApp::start(&absent.uri()).await;
    sync(&app).await;
    assert_eq!(columns(&app).await, defaults);

    let null = heymilo_with(&mut Instance::new(true), make_null).await;
    let app = TestApp::start(&null.uri()).await;
    sync(&app).await;
    assert_eq!(columns(&app).await, vec![json!([null]); FIELDS.len()]);
}

#[tokio::test]
async fn a_default_replaces_no_stated_value() {
    let server = heymilo_with(&mut Instance::new(true), name_steps).await;
    let app = TestApp::start(&server.uri()).await;
    sync(&app).await;
    let before = columns(&app).await;

    let absent = heymilo_with(&mut Instance::new(true), |answer| {
        leave_out(answer);
        name_steps(answer);
    })
    .await;
    let later = app.replica(&absent.uri());
    later.execute("update heymilo_sync.cursors set due_at = now(), hastened_at = now()").await;
    sync(&later).await;

    for ((schema, field, _), (before, after)) in
        FIELDS.iter().zip(before.iter().zip(columns(&later).await))
    {
        assert_eq!(&after, before, "{schema}.{field}");
    }
    let before = later.tables().await;
    replay::empty(&later).await;
    replay::replay(&later, Scope::default()).await;
    replay::assert_equal(&later, &before).await;
}
