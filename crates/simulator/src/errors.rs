//! Error answers, each in its documented envelope.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

/// Why a request is refused.
#[derive(Debug)]
pub enum Error {
    Unauthorized,
    NotFound(&'static str),
    RateLimited,
    /// A parameter that cannot be read.
    Unreadable(&'static str),
    /// A field that fails validation: its place and the reason.
    Invalid {
        location: [&'static str; 2],
        message: &'static str,
        kind: &'static str,
    },
}

/// The result of a handler.
pub type Result<T> = std::result::Result<T, Error>;

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let (status, body) = match self {
            Self::Unauthorized => (
                StatusCode::UNAUTHORIZED,
                envelope("authentication_error", "invalid_api_key", "no valid key was given", None),
            ),
            Self::NotFound(what) => (
                StatusCode::NOT_FOUND,
                envelope(
                    "invalid_request_error",
                    "resource_not_found",
                    &format!("no such {what}"),
                    None,
                ),
            ),
            Self::RateLimited => (
                StatusCode::TOO_MANY_REQUESTS,
                envelope("rate_limit_error", "rate_limit_exceeded", "too many requests", None),
            ),
            Self::Unreadable(parameter) => (
                StatusCode::BAD_REQUEST,
                envelope(
                    "invalid_request_error",
                    "invalid_param",
                    &format!("{parameter} cannot be read"),
                    Some(parameter),
                ),
            ),
            Self::Invalid { location, message, kind } => (
                StatusCode::UNPROCESSABLE_ENTITY,
                json!({ "detail": [{ "loc": location, "msg": message, "type": kind }] }),
            ),
        };

        (status, Json(body)).into_response()
    }
}

fn envelope(kind: &str, code: &str, message: &str, parameter: Option<&str>) -> Value {
    json!({
        "error": {
            "type": kind,
            "code": code,
            "message": message,
            "param": parameter,
            "doc_url": "https://docs.example.com/errors",
            "errors": [],
        }
    })
}
