//! Answers that HeyMilo should not give, or seldom gives, to test how they are handled.

use axum::{
    Json,
    body::to_bytes,
    extract::{Request, State},
    http::StatusCode,
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use serde_json::{Map, Value, json};

use super::{Simulator, errors::Error, held};

/// The fault of every answer of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Interviews have no data.
    Empty,
    /// Interviews hold only a good status.
    StatusOnly,
    /// Interviews have an error beside their data.
    ErrorBeside,
    /// Interviews come without their envelope.
    NoEnvelope,
    /// Interviews are replaced by another one.
    OtherInterview,
    /// Results of completed interviews are not ready any longer.
    NotReady,
    /// Results are missing, and the status stays.
    NoResults,
    /// Interviews have nested lists that would fill the memory.
    TooManyValues,
    /// The first row of candidates has nested lists that would fill the memory.
    TooManyValuesInLists,
    /// Lists of candidates are not lists.
    NoList,
    /// Postings and candidates have only their ids.
    IdsAlone,
    /// Postings have no questions any longer.
    NoQuestions,
    /// The list of workspaces begins with another one.
    AnotherWorkspaceFirst,
    /// Workspaces have the company's id in place of their own.
    CompanyAlone,
    /// Only the list of workspaces refuses the key.
    WorkspacesRefused,
    /// Only the list of workspaces answers that the rate limit is exceeded.
    WorkspacesLimited,
    /// Fields with a default are left out.
    LeftOutFields,
    /// Interviews have a field whose name is about a person.
    PersonalFieldName,
    /// Interviews have other scores, and their list rows are unchanged.
    NewScores,
}

/// The fields that hold an interview's results.
const RESULTS: [&str; 5] = ["resume", "form", "sms", "web_interview", "cheat_detection"];
/// Fields for which the contract declares a default.
const DEFAULTED: [&str; 9] = [
    "allow_sms_comms",
    "dismissed",
    "email_report_to_candidate",
    "is_dealbreaker",
    "knocked_out",
    "language",
    "not_scored",
    "score_weight",
    "shortlisted",
];
/// Lists that take more memory than any answer may.
const LISTS: usize = 400_000;

/// Applies the fault to the answers that it concerns.
pub async fn spoil(State(simulator): State<Simulator>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let fault = held(&simulator.0.fault).filter(|fault| fault.is_about(path));
    if let Some(refusal) = fault.and_then(Fault::refusal) {
        return refusal.into_response();
    }

    let response = next.run(request).await;
    match fault {
        Some(fault) if response.status() == StatusCode::OK => {
            let body = to_bytes(response.into_body(), usize::MAX).await;
            let body = body.expect("the simulator's own answer can be read");
            let answer = serde_json::from_slice(&body);
            Json(fault.of(answer.expect("the simulator answers in JSON"))).into_response()
        }
        _ => response,
    }
}

impl Fault {
    /// All faults with their names.
    pub const ALL: [(&'static str, Self); 19] = [
        ("empty", Self::Empty),
        ("status-only", Self::StatusOnly),
        ("error-beside", Self::ErrorBeside),
        ("no-envelope", Self::NoEnvelope),
        ("other-interview", Self::OtherInterview),
        ("not-ready", Self::NotReady),
        ("no-results", Self::NoResults),
        ("too-many-values", Self::TooManyValues),
        ("too-many-values-in-lists", Self::TooManyValuesInLists),
        ("no-list", Self::NoList),
        ("ids-alone", Self::IdsAlone),
        ("no-questions", Self::NoQuestions),
        ("another-workspace-first", Self::AnotherWorkspaceFirst),
        ("company-alone", Self::CompanyAlone),
        ("workspaces-refused", Self::WorkspacesRefused),
        ("workspaces-limited", Self::WorkspacesLimited),
        ("left-out-fields", Self::LeftOutFields),
        ("personal-field-name", Self::PersonalFieldName),
        ("new-scores", Self::NewScores),
    ];

    /// The fault of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find_map(|(known, fault)| (known == name).then_some(fault))
    }

    /// The error in place of any answer.
    fn refusal(self) -> Option<Error> {
        match self {
            Self::WorkspacesRefused => Some(Error::Unauthorized),
            Self::WorkspacesLimited => Some(Error::RateLimited),
            _ => None,
        }
    }

    fn is_about(self, path: &str) -> bool {
        match self {
            Self::TooManyValuesInLists | Self::NoList => path.ends_with("/candidates"),
            Self::IdsAlone => path.ends_with("/postings") || path.ends_with("/candidates"),
            Self::NoQuestions => path.ends_with("/questions"),
            Self::AnotherWorkspaceFirst
            | Self::CompanyAlone
            | Self::WorkspacesRefused
            | Self::WorkspacesLimited => path.ends_with("/workspaces"),
            // Questions have fields of these names without a default.
            Self::LeftOutFields => !path.ends_with("/questions"),
            _ => path.ends_with("/data"),
        }
    }

    fn of(self, mut answer: Value) -> Value {
        match self {
            Self::Empty => answer["data"] = json!({}),
            Self::StatusOnly => answer["data"] = json!({ "status": "ok" }),
            Self::ErrorBeside => answer["error"] = json!({ "code": "internal_error" }),
            Self::NoEnvelope => return answer["data"].take(),
            Self::OtherInterview => answer["data"]["interview_id"] = json!("another"),
            // Other interviews may really not be ready.
            Self::NotReady if answer["data"]["status"] != "completed" => {}
            Self::NotReady => {
                without_results(&mut answer["data"]);
                answer["data"]["status"] = json!("not_ready");
            }
            Self::NoResults => without_results(&mut answer["data"]),
            Self::TooManyValues => answer["data"]["filling"] = vec![[0]; LISTS].into(),
            Self::TooManyValuesInLists => {
                if let Some(first) = items(&mut answer).next() {
                    first["filling"] = vec![[0]; LISTS].into();
                }
            }
            Self::NoList => answer["data"] = json!({ "items": answer["data"].take() }),
            Self::IdsAlone => {
                for item in items(&mut answer) {
                    let fields = item.as_object_mut().map(std::mem::take).unwrap_or_default();
                    let ids = ["id", "interview_id"];
                    let of_ids = |(name, _): &(String, Value)| ids.contains(&&name[..]);
                    *item = fields.into_iter().filter(of_ids).collect::<Map<_, _>>().into();
                }
            }
            Self::NoQuestions => answer["data"] = json!([]),
            Self::AnotherWorkspaceFirst => {
                let items = answer["data"].as_array_mut().into_iter();
                items.for_each(|items| items.insert(0, json!({ "id": "ws_another" })));
            }
            Self::CompanyAlone => {
                for item in items(&mut answer) {
                    let fields = item.as_object_mut().into_iter();
                    fields.for_each(|fields| drop(fields.remove("id")));
                    item["company_id"] = json!("co_example");
                }
            }
            Self::WorkspacesRefused | Self::WorkspacesLimited => {}
            Self::LeftOutFields => leave_out(&mut answer),
            Self::PersonalFieldName => answer["data"]["Ada Example <ada@example.com>"] = json!(1),
            Self::NewScores => raise_scores(&mut answer["data"]),
        }

        answer
    }
}

/// The items of a list.
fn items(answer: &mut Value) -> impl Iterator<Item = &mut Value> {
    answer["data"].as_array_mut().into_iter().flatten()
}

/// Removes the fields with a default in the contract, at any place.
fn leave_out(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, _| !DEFAULTED.contains(&&name[..]));
            fields.values_mut().for_each(leave_out);
        }
        Value::Array(items) => items.iter_mut().for_each(leave_out),
        _ => {}
    }
}

fn raise_scores(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value.as_f64() {
                    Some(score) if name == "match_score" => *value = json!(score + 1.0),
                    _ => raise_scores(value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(raise_scores),
        _ => {}
    }
}

fn without_results(interview: &mut Value) {
    for part in RESULTS {
        interview[part] = Value::Null;
    }
}
