//! The simulated API: access, rate limit and answers.

use std::sync::atomic::Ordering;

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    http::{HeaderMap, HeaderName, HeaderValue, header::RETRY_AFTER},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::get,
};
use chrono::Utc;
use serde_json::{Value, json};

use super::{
    Request, Simulator,
    errors::{Error, Result},
    fault, files, held,
    limiter::Standing,
    paging::{self, Paging, Parameters},
    posting::Posting,
    question::MODALITIES,
    signing, webhooks,
    workspace::Workspace,
};

const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// How long a link to cdn.example.com works, in seconds.
const SIGNED_FOR: u64 = 3_600;

type Answer = Result<Json<Value>>;

/// Makes the router of the whole API.
pub fn router(simulator: Simulator) -> Router {
    let guarded = Router::new()
        .route("/workspaces", get(workspaces))
        .route("/postings", get(postings))
        .route("/postings/list", get(posting_summaries))
        .route("/postings/{id}", get(posting))
        .route("/postings/{id}/stats", get(stats))
        .route("/postings/{id}/candidates", get(candidates))
        .route("/postings/{id}/questions", get(questions))
        .route("/interviews/{id}/data", get(interview))
        .route("/interviews/{id}/metadata", get(metadata))
        .route("/webhooks", get(webhooks::list).post(webhooks::create))
        .route("/webhooks/{id}", get(webhooks::show).delete(webhooks::deactivate))
        .layer(middleware::from_fn_with_state(simulator.clone(), fault::spoil))
        .layer(middleware::from_fn_with_state(simulator.clone(), guard));

    Router::new()
        .route("/health", get(|| async { Json(json!({ "status": "ok" })) }))
        .nest("/api/v2", guarded)
        .route("/files/{folder}/{name}", get(files::serve))
        .fallback(|| async { Error::NotFound("path") })
        .layer(middleware::from_fn_with_state(simulator.clone(), remember))
        .with_state(simulator)
}

async fn remember(
    State(simulator): State<Simulator>,
    request: axum::extract::Request,
    next: Next,
) -> Response {
    let method = request.method().to_string();
    let path = request.uri().to_string();
    let response = next.run(request).await;
    simulator.remember(Request { method, path, status: response.status().as_u16() });
    response
}

/// Admits only requests with the key, and only within the rate limit.
async fn guard(
    State(simulator): State<Simulator>,
    request: axum::extract::Request,
    next: Next,
) -> Response {
    let key = request.headers().get("x-api-key");
    let known = key.is_some_and(|key| key.as_bytes() == simulator.0.api_key.as_bytes());
    if !known || simulator.0.refuses_keys.load(Ordering::Relaxed) {
        return Error::Unauthorized.into_response();
    }
    let Some(limiter) = &simulator.0.limiter else { return next.run(request).await };
    let standing = held(limiter).count(simulator.unix());
    let mut response = if standing.accepted {
        next.run(request).await
    } else {
        Error::RateLimited.into_response()
    };
    write_standing(&simulator, standing, response.headers_mut());
    response
}

/// Writes the state of the rate limit into the headers, in real seconds.
fn write_standing(simulator: &Simulator, standing: Standing, headers: &mut HeaderMap) {
    let reset =
        HeaderValue::from(simulator.0.clock.real_seconds(standing.reset_after).ceil() as u64);
    headers.insert(LIMIT, standing.limit.into());
    headers.insert(REMAINING, standing.remaining.into());
    if !standing.accepted {
        headers.insert(RETRY_AFTER, reset.clone());
    }
    headers.insert(RESET, reset);
}

/// Wraps one object as the API does.
pub fn single(data: Value) -> Json<Value> {
    Json(json!({ "data": data, "meta": {} }))
}

async fn workspaces() -> Json<Value> {
    Json(json!({
        "data": [{ "object": "workspace", "id": "ws_example", "name": "Example Hiring" }],
        "pagination": { "has_more": false, "total_count": 1, "url": "/api/v2/workspaces" },
    }))
}

async fn postings(
    State(simulator): State<Simulator>,
    Query(parameters): Query<Parameters>,
) -> Answer {
    list_postings(&simulator, &parameters, "/api/v2/postings", Posting::value)
}

async fn posting_summaries(
    State(simulator): State<Simulator>,
    Query(parameters): Query<Parameters>,
) -> Answer {
    list_postings(&simulator, &parameters, "/api/v2/postings/list", Posting::summary)
}

fn list_postings(
    simulator: &Simulator,
    parameters: &Parameters,
    path: &str,
    write: impl Fn(&Posting) -> Value,
) -> Answer {
    let paging = Paging::read(parameters)?;
    let search = parameters.get("search").map(|text| text.to_lowercase()).unwrap_or_default();
    let workspace = simulator.workspace();
    let found: Vec<&Posting> = workspace
        .world
        .postings
        .iter()
        .filter(|posting| posting.title().to_lowercase().contains(&search))
        .collect();
    paging
        .answer(path, &found, |posting, cursor| posting.id == cursor, |posting| write(posting))
        .map(Json)
}

async fn posting(State(simulator): State<Simulator>, Path(id): Path<String>) -> Answer {
    Ok(single(find(&simulator.workspace(), &id)?.value()))
}

async fn stats(State(simulator): State<Simulator>, Path(id): Path<String>) -> Answer {
    let workspace = simulator.workspace();
    Ok(single(workspace.stats(find(&workspace, &id)?, simulator.unix())))
}

async fn candidates(
    State(simulator): State<Simulator>,
    Path(id): Path<String>,
    Query(parameters): Query<Parameters>,
    headers: HeaderMap,
) -> Answer {
    let paging = Paging::read(&parameters)?;
    let bounds = [
        paging::bound(&parameters, "created_after")?,
        paging::bound(&parameters, "created_before")?,
    ];

    let (workspace, now) = (simulator.workspace(), simulator.unix());
    let entries = workspace.candidates(find(&workspace, &id)?, bounds, now);
    let write = |id: &String| {
        let mut row = workspace.row(id, now).unwrap_or_default();
        simulator.sign(&mut row, &headers);
        row
    };

    paging
        .answer(
            &format!("/api/v2/postings/{id}/candidates"),
            &entries,
            |entry, cursor| workspace.interview_id(entry) == cursor,
            |entry| write(&workspace.interview_id(entry)),
        )
        .map(Json)
}

async fn questions(
    State(simulator): State<Simulator>,
    Path(id): Path<String>,
    Query(parameters): Query<Parameters>,
) -> Answer {
    let paging = Paging::read(&parameters)?;
    let modality = parameters.get("modality").map(String::as_str);
    if modality.is_some_and(|modality| !MODALITIES.contains(&modality)) {
        return Err(Error::Invalid {
            location: ["query", "modality"],
            message: "is not a modality",
            kind: "literal_error",
        });
    }

    let workspace = simulator.workspace();
    let posting = find(&workspace, &id)?;
    let found: Vec<_> = posting
        .questions
        .iter()
        .filter(|question| modality.is_none_or(|modality| question.modality() == modality))
        .collect();

    paging
        .answer(
            &format!("/api/v2/postings/{id}/questions"),
            &found,
            |question, cursor| question.id == cursor,
            |question| question.value(posting),
        )
        .map(Json)
}

async fn interview(
    State(simulator): State<Simulator>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Answer {
    let mut data = simulator.interview(&id).ok_or(Error::NotFound("interview"))?;
    simulator.sign(&mut data, &headers);
    Ok(single(data))
}

async fn metadata(State(simulator): State<Simulator>, Path(id): Path<String>) -> Answer {
    let row = simulator.candidate(&id).ok_or(Error::NotFound("interview"))?;
    let pairs = Some(&row["metadata"]).filter(|pairs| pairs.is_object());
    Ok(single(json!({
        "object": "metadata",
        "metadata": pairs.cloned().unwrap_or_else(|| json!({})),
    })))
}

fn find<'a>(workspace: &'a Workspace, posting_id: &str) -> Result<&'a Posting> {
    workspace.posting(posting_id).ok_or(Error::NotFound("posting"))
}

impl Simulator {
    fn sign(&self, answer: &mut Value, request: &HeaderMap) {
        let expires = match self.0.link_lifetime {
            // A client that follows a link compares its expiry with the real time.
            Some(lifetime) => {
                files::point_here(answer, request);
                Utc::now().timestamp().unsigned_abs() + lifetime.as_secs()
            }
            None => self.unix() as u64 + SIGNED_FOR,
        };
        signing::sign(answer, expires, self.0.signatures.fetch_add(1, Ordering::Relaxed));
    }
}
