//! The status page: the state of the sync, and the remedy for each finding. It shows ids and never
//! a name.

mod chart;
mod failures;
mod figure;
mod figures;
mod interview;
mod workspace;

use std::{sync::LazyLock, time::Duration};

use axum::{
    Extension,
    extract::{Query, State},
    http::{HeaderName, StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use chrono::Utc;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use tokio::time;

use super::{
    AppState, api,
    buttons::{self, Operator},
};
use crate::{
    records::{InterviewId, PostingId, WorkspaceId},
    store::{
        self,
        failures::{Failure, Interview},
        interview_events::InterviewEvents,
        posting_interviews::{Count, Listed},
    },
};

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");
/// The most failures shown for each workspace.
const FAILURES: i64 = 20;
/// The most failures shown for one reason.
const MATCHING: i64 = 200;
/// How long the database may take to list them.
const LIST_TIMEOUT: Duration = Duration::from_secs(2);

/// The page loads nothing, and uses only its own style and script.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; connect-src 'self'; \
         img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        BASE64_STANDARD.encode(Sha256::digest(STYLE)),
        BASE64_STANDARD.encode(Sha256::digest(SCRIPT)),
    )
});

/// The message for a refused request, with its remedy.
type Refusal = (StatusCode, &'static str);
const NO_WORKSPACE: Refusal = (
    StatusCode::NOT_FOUND,
    "Nothing was changed: the daemon no longer copies such a workspace. Go back to /\n",
);
const NO_INTERVIEW: Refusal = (
    StatusCode::NOT_FOUND,
    "Nothing was changed: neither a list nor a delivery has named this interview. `heymilo-sync \
     sync --interview ID` asks HeyMilo for it.\n",
);
const NO_DATABASE: Refusal = (
    StatusCode::SERVICE_UNAVAILABLE,
    "Nothing was changed: the database does not do as asked. Go back to /, which says how it \
     stands, and try again.\n",
);

/// The interview of a request.
#[derive(Debug, Deserialize)]
pub struct Asked {
    workspace: String,
    interview: String,
}

/// The workspace of a request, or its interviews that failed for one reason.
#[derive(Debug, Deserialize)]
pub struct AskedAll {
    workspace: String,
    reason: Option<String>,
}

/// The posting of a request, or its interviews of one status.
#[derive(Debug, Deserialize)]
pub struct AskedPosting {
    workspace: String,
    posting: String,
    status: Option<String>,
}

/// The page.
pub async fn show(State(app): State<AppState>) -> Response {
    let figures = look(&app).await;
    page(&app, &html! {}, &figures)
}

/// The part of the page that is reloaded.
pub async fn figures(State(app): State<AppState>) -> Response {
    with_headers(look(&app).await)
}

/// The page with the state of an interview.
pub async fn interview(State(app): State<AppState>, Query(asked): Query<Asked>) -> Response {
    let found =
        match (api::workspace_id(&app, &asked.workspace), InterviewId::new(&*asked.interview)) {
            (Ok(id), Some(interview)) => about(&app, id, &interview).await,
            _ => Ok(None),
        };
    let content = match found {
        Ok(Some((found, history))) => interview::interview(&asked.workspace, &found, &history),
        Ok(None) => figures::no_interview(&asked.interview),
        Err(_) => figures::no_answer(),
    };
    let figures = look(&app).await;
    page(&app, &content, &figures)
}

async fn about(
    app: &AppState,
    id: &WorkspaceId,
    interview: &InterviewId,
) -> store::Result<Option<(Interview, InterviewEvents)>> {
    let mut connection = app.db.acquire().await?;
    let Some(found) = store::failures::look_up(&mut *connection, id, interview).await? else {
        return Ok(None);
    };
    // The history is left out when reading it takes too long.
    let history =
        store::interview_events::read(&mut connection, id, interview).await.unwrap_or_default();
    Ok(Some((found, history)))
}

/// The page, with the interviews of a posting.
pub async fn posting(State(app): State<AppState>, Query(asked): Query<AskedPosting>) -> Response {
    let AskedPosting { workspace, posting, status } = &asked;
    let found = match (api::workspace_id(&app, workspace), PostingId::new(&**posting)) {
        (Ok(id), Some(posting)) => {
            interviews_of_posting(&app, id, &posting, status.as_deref()).await
        }
        _ => Ok((Vec::new(), Vec::new())),
    };
    let content = match found {
        Ok((counts, interviews)) => {
            let chosen = status.as_deref();
            interview::posting(workspace, posting, chosen, &counts, &interviews, Utc::now())
        }
        Err(_) => figures::no_answer(),
    };
    let figures = look(&app).await;
    page(&app, &content, &figures)
}

async fn interviews_of_posting(
    app: &AppState,
    id: &WorkspaceId,
    posting: &PostingId,
    status: Option<&str>,
) -> store::Result<(Vec<Count>, Vec<Listed>)> {
    let counts = store::posting_interviews::counts(&app.db, id, posting).await?;
    Ok((counts, store::posting_interviews::interviews(&app.db, id, posting, status).await?))
}

/// The page, with the interviews that failed for one reason.
pub async fn failed(State(app): State<AppState>, Query(asked): Query<AskedAll>) -> Response {
    let reason = asked.reason.as_deref();
    let found = match api::workspace_id(&app, &asked.workspace) {
        Ok(id) => store::failures::list(&app.db, id, reason, MATCHING).await,
        Err(_) => Ok(Vec::new()),
    };
    let content = match found {
        Ok(found) => {
            let reason = reason.unwrap_or("any reason");
            failures::of_one_reason(&asked.workspace, reason, &found, Utc::now())
        }
        Err(_) => figures::no_answer(),
    };
    let figures = look(&app).await;
    page(&app, &content, &figures)
}

/// Makes every list of a workspace due.
pub async fn read_lists(
    State(app): State<AppState>,
    Extension(operator): Extension<Operator>,
    Query(asked): Query<AskedAll>,
) -> Result<Redirect, Refusal> {
    let id = api::workspace_id(&app, &asked.workspace).map_err(|_| NO_WORKSPACE)?;
    buttons::read_lists(&app, id, &operator).await.map_err(|_| NO_DATABASE)?;
    Ok(Redirect::to("/"))
}

/// Makes an interview due.
pub async fn sync(
    State(app): State<AppState>,
    Extension(operator): Extension<Operator>,
    Query(asked): Query<Asked>,
) -> Result<Redirect, Refusal> {
    let id = api::workspace_id(&app, &asked.workspace).map_err(|_| NO_WORKSPACE)?;
    let interview = InterviewId::new(asked.interview).ok_or(NO_INTERVIEW)?;
    match buttons::sync(&app, id, &operator, &interview).await {
        Ok(true) => Ok(Redirect::to("/")),
        Ok(false) => Err(NO_INTERVIEW),
        Err(_) => Err(NO_DATABASE),
    }
}

/// Makes all failed interviews due, or those with one reason.
pub async fn retry_all(
    State(app): State<AppState>,
    Extension(operator): Extension<Operator>,
    Query(asked): Query<AskedAll>,
) -> Result<Redirect, Refusal> {
    let id = api::workspace_id(&app, &asked.workspace).map_err(|_| NO_WORKSPACE)?;
    let retried = buttons::retry_all(&app, id, &operator, asked.reason.as_deref()).await;
    retried.map_err(|_| NO_DATABASE)?;
    Ok(Redirect::to("/"))
}

async fn look(app: &AppState) -> Markup {
    let report = app.status_reader.read(Some(app.intake.look_at_spool().await.into())).await;
    let mut failures: Vec<Vec<Failure>> = Vec::new();
    for (workspace, shown) in app.status_reader.workspaces().iter().zip(&report.workspaces) {
        // When the list cannot be read, the reasons above it still show.
        let list = store::failures::list(&app.db, &workspace.id, None, FAILURES);
        let listed = match shown.figures.work.failures.is_empty() {
            true => Ok(Ok(Vec::new())),
            false => time::timeout(LIST_TIMEOUT, list).await,
        };
        failures.push(listed.ok().and_then(Result::ok).unwrap_or_default());
    }
    figures::all(&report, &failures)
}

fn page(app: &AppState, content: &Markup, figures: &Markup) -> Response {
    with_headers(html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "heymilo-sync" }
                link rel="icon" href="data:,";
                noscript { meta http-equiv="refresh" content="10"; }
                style { (PreEscaped(STYLE)) }
            }

            body {
                header {
                    b { a href="/" { "heymilo-sync" } }
                    (search(app))
                }
                p #stale hidden role="alert" {}
                (content)
                main { (figures) }
                footer {
                    "For tools: " a href="/api/v1/status" { "/api/v1/status" } ", "
                    a href="/api/v1/openapi.json" { "OpenAPI" } ". Times are UTC."
                }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    })
}

fn search(app: &AppState) -> Markup {
    let workspaces = app.status_reader.workspaces();
    html! {
        form action="/interview" role="search" {
            @match workspaces {
                [only] => { input type="hidden" name="workspace" value=(only.id); }
                several => { select name="workspace" aria-label="Workspace" {
                    @for workspace in several { option { (workspace.id) } }
                } }
            }
            input name="interview" placeholder="Interview id" aria-label="Interview id" required;
            button { "Look up" }
        }
    }
}

fn with_headers(markup: Markup) -> Response {
    let headers: [(HeaderName, &str); 2] = [
        (header::CONTENT_SECURITY_POLICY, &POLICY),
        // Forms must name the page that they come from.
        (header::REFERRER_POLICY, "same-origin"),
    ];
    (headers, Html(markup.into_string())).into_response()
}
