//! `/api/v1`: the page's figures and buttons, for tools.

use axum::{
    Extension, Json,
    extract::{
        Path, Query, State,
        rejection::{PathRejection, QueryRejection},
    },
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::{
    OpenApi, PartialSchema as _, ToSchema,
    openapi::{Content, ResponseBuilder},
};

use super::{
    AppState,
    buttons::{self, Operator},
    operations::{FORBIDDEN, MISDIRECTED, UNAUTHORIZED},
};
use crate::{
    records::{InterviewId, WorkspaceId},
    status::Report,
    store::{
        self,
        failures::{Failure, Interview},
    },
};

/// The most failures in one answer, unless the request asks for more.
const FAILURES: u16 = 100;

/// The OpenAPI document.
#[derive(OpenApi)]
#[openapi(
    info(title = "heymilo-sync operations", license(name = "Apache-2.0", identifier = "Apache-2.0")),
    paths(status, failed, retry_all, interview, sync),
    security((), ("bearer" = []), ("basic" = [])),
    modifiers(&Security, &Refusals),
)]
pub struct Document;

/// The token, where one is set, is sent as a bearer token or as the password of any user name.
struct Security;

impl utoipa::Modify for Security {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};

        let components = document.components.get_or_insert_default();
        for (name, scheme) in [("bearer", HttpAuthScheme::Bearer), ("basic", HttpAuthScheme::Basic)]
        {
            components.add_security_scheme(name, SecurityScheme::Http(Http::new(scheme)));
        }
    }
}

/// Refusals that any request may get before it is handled.
struct Refusals;

impl utoipa::Modify for Refusals {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        for path in document.paths.paths.values_mut() {
            let read = path.get.iter_mut().map(|read| (read, &[UNAUTHORIZED, MISDIRECTED][..]));
            let change = path.post.iter_mut();
            let change = change.map(|change| (change, &[UNAUTHORIZED, FORBIDDEN, MISDIRECTED][..]));
            for (operation, refusals) in read.chain(change) {
                for (status, sentence) in refusals {
                    let answer = ResponseBuilder::new()
                        .description(sentence.trim_end())
                        .content("text/plain", Content::new(Some(String::schema())));
                    let status = status.as_u16().to_string();
                    operation.responses.responses.insert(status, answer.build().into());
                }
            }
        }
    }
}

/// Why a request was not carried out.
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem {
    /// The reason, for the operator.
    problem: &'static str,
    #[serde(skip)]
    status: u16,
}

impl Problem {
    const fn new(status: StatusCode, problem: &'static str) -> Self {
        Self { problem, status: status.as_u16() }
    }
}

const NO_WORKSPACE: Problem = Problem::new(StatusCode::NOT_FOUND, "there is no such workspace");
const NO_INTERVIEW: Problem =
    Problem::new(StatusCode::NOT_FOUND, "neither a list nor a delivery has named this interview");
const NO_NUMBER: Problem = Problem::new(StatusCode::BAD_REQUEST, "limit is a number up to 1000");

impl From<sqlx::Error> for Problem {
    fn from(_: sqlx::Error) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "the database does not do as asked")
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_REQUEST);
        (status, Json(self)).into_response()
    }
}

/// How many interviews were enqueued.
#[derive(Debug, Serialize, ToSchema)]
pub struct Due {
    /// The number of interviews.
    interviews: usize,
}

/// How many to return.
#[derive(Debug, Deserialize)]
pub struct Most {
    limit: Option<u16>,
}

/// The OpenAPI document of this interface.
pub async fn openapi() -> Json<utoipa::openapi::OpenApi> {
    std::future::ready(Json(Document::openapi())).await
}

/// Returns the status, with findings and remedies.
#[utoipa::path(get, path = "/api/v1/status", responses((status = OK, body = Report)))]
pub async fn status(State(app): State<AppState>) -> Json<Report> {
    Json(app.status_reader.read(Some(app.intake.look_at_spool().await.into())).await)
}

/// Lists the interviews that were set aside or keep failing.
#[utoipa::path(
    get,
    path = "/api/v1/workspaces/{workspace}/failed",
    params(
        ("workspace" = String, Path, description = "The workspace's name."),
        ("limit" = Option<u16>, Query, minimum = 1, maximum = 1000, description = "The largest number to return."),
    ),
    responses(
        (status = OK, body = Vec<Failure>),
        (status = BAD_REQUEST, body = Problem),
        (status = NOT_FOUND, body = Problem),
        (status = SERVICE_UNAVAILABLE, body = Problem),
    ),
)]
pub async fn failed(
    State(app): State<AppState>,
    workspace: Result<Path<String>, PathRejection>,
    most: Result<Query<Most>, QueryRejection>,
) -> Result<Json<Vec<Failure>>, Problem> {
    let id = workspace_id(&app, &workspace.map_err(|_| NO_WORKSPACE)?)?;
    let limit = most.map_err(|_| NO_NUMBER)?.limit.unwrap_or(FAILURES);
    if !(1..=1000).contains(&limit) {
        return Err(NO_NUMBER);
    }
    Ok(Json(store::failures::list(&app.db, id, None, limit.into()).await?))
}

/// Makes all failed interviews due now.
#[utoipa::path(
    post,
    path = "/api/v1/workspaces/{workspace}/failed/retry",
    params(("workspace" = String, Path, description = "The workspace's name.")),
    responses(
        (status = ACCEPTED, body = Due),
        (status = NOT_FOUND, body = Problem),
        (status = SERVICE_UNAVAILABLE, body = Problem),
    ),
)]
pub async fn retry_all(
    State(app): State<AppState>,
    Extension(operator): Extension<Operator>,
    workspace: Result<Path<String>, PathRejection>,
) -> Result<(StatusCode, Json<Due>), Problem> {
    let id = workspace_id(&app, &workspace.map_err(|_| NO_WORKSPACE)?)?;
    let interviews = buttons::retry_all(&app, id, &operator, None).await?;
    Ok((StatusCode::ACCEPTED, Json(Due { interviews })))
}

/// Returns the state of an interview.
#[utoipa::path(
    get,
    path = "/api/v1/workspaces/{workspace}/interviews/{interview}",
    params(
        ("workspace" = String, Path, description = "The workspace's name."),
        ("interview" = String, Path, description = "HeyMilo's id of the interview."),
    ),
    responses(
        (status = OK, body = Interview),
        (status = NOT_FOUND, body = Problem),
        (status = SERVICE_UNAVAILABLE, body = Problem),
    ),
)]
pub async fn interview(
    State(app): State<AppState>,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<Json<Interview>, Problem> {
    let Path((workspace, interview)) = path.map_err(|_| NO_INTERVIEW)?;
    let id = workspace_id(&app, &workspace)?;
    let interview = InterviewId::new(interview).ok_or(NO_INTERVIEW)?;
    let found = store::failures::look_up(&app.db, id, &interview).await?;
    found.map(Json).ok_or(NO_INTERVIEW)
}

/// Makes an interview due now, before all others.
#[utoipa::path(
    post,
    path = "/api/v1/workspaces/{workspace}/interviews/{interview}/sync",
    params(
        ("workspace" = String, Path, description = "The workspace's name."),
        ("interview" = String, Path, description = "HeyMilo's id of the interview."),
    ),
    responses(
        (status = ACCEPTED, body = Due),
        (status = NOT_FOUND, body = Problem),
        (status = SERVICE_UNAVAILABLE, body = Problem),
    ),
)]
pub async fn sync(
    State(app): State<AppState>,
    Extension(operator): Extension<Operator>,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<(StatusCode, Json<Due>), Problem> {
    let Path((workspace, interview)) = path.map_err(|_| NO_INTERVIEW)?;
    let id = workspace_id(&app, &workspace)?;
    let interview = InterviewId::new(interview).ok_or(NO_INTERVIEW)?;
    match buttons::sync(&app, id, &operator, &interview).await? {
        true => Ok((StatusCode::ACCEPTED, Json(Due { interviews: 1 }))),
        false => Err(NO_INTERVIEW),
    }
}

/// The workspace with this name.
pub(super) fn workspace_id<'a>(app: &'a AppState, name: &str) -> Result<&'a WorkspaceId, Problem> {
    let ids = app.status_reader.workspaces().iter().map(|workspace| &workspace.id);
    ids.into_iter().find(|id| id.as_str() == name).ok_or(NO_WORKSPACE)
}
