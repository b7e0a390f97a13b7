//! The errors of calls to HeyMilo, classified by what to do about them.
//!
//! No message holds a URL, a key or a part of a body, because all of them may be secret or
//! personal.

use std::{error::Error as _, iter::successors, time::Duration};

use reqwest::StatusCode;

use crate::{json, metrics::Answer};

/// The result of a call to HeyMilo.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A call to HeyMilo failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// 401. HeyMilo refuses the API key. An operator must check it.
    #[error("HeyMilo refuses the API key of {variable}{}", in_brackets(said.as_deref()))]
    Unauthorized {
        /// The variable that holds the key.
        variable: String,
        /// HeyMilo's code and message, if they are plain.
        said: Option<String>,
    },

    /// HeyMilo says that it does not have, or no longer has, the subject.
    ///
    /// A bare 404 is a [`Error::Status`]. A wrong base URL or a proxy answers it too, and it must
    /// not make every interview look gone.
    #[error("HeyMilo does not know what was asked for")]
    NotFound,

    /// 429. HeyMilo asked for a pause, and the client sends nothing until it ends.
    #[error("rate limited by HeyMilo for {} s", retry_after.as_secs())]
    RateLimited {
        /// The rest of the pause.
        retry_after: Duration,
    },

    /// Any other refusal.
    #[error("HeyMilo answered {status}{}", in_brackets(said.as_deref()))]
    Status {
        /// The status of the answer.
        status: StatusCode,
        /// HeyMilo's code and message, if they are plain.
        said: Option<String>,
        /// How long HeyMilo asks to wait, if it says so.
        retry_after: Option<Duration>,
    },

    /// A success whose body is not the known JSON.
    ///
    /// It counts as transient, because most often a proxy answered in HTML or cut the body short.
    #[error("HeyMilo's answer could not be read: {0}")]
    Shape(&'static str),

    /// A page without items announces more. The list ends there, and may have further items.
    #[error("HeyMilo promises more of a list, and gives nothing")]
    CutShort,

    /// The body is larger than the settings allow. A retry would not make it smaller.
    #[error("HeyMilo's answer is longer than the limit of {limit} bytes")]
    TooLarge {
        /// The limit, which applies after decompression.
        limit: usize,
    },

    /// The answer was not complete within the timeout.
    #[error("HeyMilo did not answer in time")]
    Timeout,

    /// The connection failed before the answer was complete.
    #[error("HeyMilo could not be reached")]
    Transport(#[source] reqwest::Error),

    /// Many requests in a row were not answered, so no more are sent for now.
    #[error("HeyMilo does not answer, and the remaining work stays due")]
    Down,

    /// The id cannot be one segment of a path, so it cannot be HeyMilo's.
    #[error("an id that HeyMilo cannot have given")]
    Id,

    /// A client cannot be made from the settings.
    #[error("{0}")]
    Settings(&'static str),

    /// The HTTP client could not be built, for example because no root certificates were found.
    #[error("the HTTP client could not be built")]
    Build(#[source] reqwest::Error),
}

impl Error {
    /// How long the answer asks to wait before the same request, if it says so.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { retry_after } => Some(*retry_after),
            Self::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// Whether the same request may succeed later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::RateLimited { .. }
            | Self::Shape(_)
            | Self::CutShort
            | Self::Timeout
            | Self::Transport(_)
            | Self::Down => true,
            Self::Status { status, .. } => {
                // A redirect, or a 404 that is not HeyMilo's, comes from a proxy.
                status.is_server_error()
                    || status.is_redirection()
                    || matches!(*status, StatusCode::REQUEST_TIMEOUT | StatusCode::NOT_FOUND)
                    // HeyMilo refuses one subject. If it refused the key, the status would be 401.
                    || *status == StatusCode::FORBIDDEN
            }
            Self::Unauthorized { .. }
            | Self::NotFound
            | Self::TooLarge { .. }
            | Self::Id
            | Self::Settings(_)
            | Self::Build(_) => false,
        }
    }

    /// Whether the same request may succeed at once. A pause is not worth a retry, because the next
    /// request waits for its end.
    pub(super) fn is_worth_a_retry(&self) -> bool {
        self.is_transient() && !matches!(self, Self::RateLimited { .. } | Self::Down)
    }

    /// Whether the error concerns the key or its rate limit, and not the subject.
    pub fn is_of_the_key(&self) -> bool {
        matches!(self, Self::Unauthorized { .. } | Self::RateLimited { .. })
    }

    /// The label under which the error is counted.
    pub(super) fn outcome(&self) -> Answer {
        match self {
            Self::Unauthorized { .. } => Answer::Unauthorized,
            Self::NotFound => Answer::NotFound,
            Self::RateLimited { .. } => Answer::RateLimited,
            Self::Status { status, .. } if status.is_client_error() => Answer::ClientError,
            Self::Status { .. } => Answer::ServerError,
            Self::Shape(_) | Self::CutShort | Self::TooLarge { .. } => Answer::Unreadable,
            Self::Timeout => Answer::Timeout,
            // The other errors do not end a request.
            Self::Transport(_) | Self::Down | Self::Id | Self::Settings(_) | Self::Build(_) => {
                Answer::Unreachable
            }
        }
    }

    /// Whether the API itself did not answer: it is down, or a proxy answered.
    pub fn is_outage(&self) -> bool {
        match self {
            Self::Timeout | Self::Transport(_) | Self::Shape(_) => true,
            Self::Status { status, .. } => status.is_server_error() || status.is_redirection(),
            _ => false,
        }
    }

    /// The failure with its cause, such as a refused connection, DNS, TLS or the answer.
    pub(super) fn cause(&self) -> String {
        let Self::Transport(error) = self else { return self.to_string() };
        let causes: Vec<String> = successors(error.source(), |cause| (*cause).source())
            .map(ToString::to_string)
            .collect();
        let innermost = causes.last().map_or("it ended early", String::as_str);
        if causes.iter().any(|cause| cause.starts_with("dns error")) {
            format!("the name cannot be resolved: {innermost}")
        } else {
            format!("the connection failed: {innermost}")
        }
    }

    /// Whether the API's certificate is from no known authority. A proxy may inspect TLS.
    pub fn is_untrusted(&self) -> bool {
        let Self::Transport(error) = self else { return false };
        let mut causes = successors(error.source(), |cause| (*cause).source());
        causes.any(|cause| cause.to_string().starts_with("invalid peer certificate"))
    }

    /// Whether the API answers no request for now.
    pub fn is_silence(&self) -> bool {
        self.is_outage() || matches!(self, Self::Down)
    }
}

impl From<reqwest::Error> for Error {
    fn from(error: reqwest::Error) -> Self {
        if error.is_timeout() { Self::Timeout } else { Self::Transport(error.without_url()) }
    }
}

/// Drops the parser's own message, because it quotes the answer.
impl From<json::Error> for Error {
    fn from(error: json::Error) -> Self {
        match error {
            json::Error::Syntax(error) => error.into(),
            json::Error::TooManyValues => {
                Self::Shape("it holds more values than can be held in memory")
            }
        }
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        use serde_json::error::Category;

        Self::Shape(match error.classify() {
            Category::Eof => "it ends too early",
            Category::Syntax | Category::Io => "it is not JSON",
            Category::Data => "a member is missing or of another type",
        })
    }
}

fn in_brackets(said: Option<&str>) -> String {
    said.map(|said| format!(" ({said})")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(status: StatusCode) -> Error {
        Error::Status { status, said: None, retry_after: None }
    }

    #[test]
    fn only_what_may_pass_is_tried_again() {
        assert!(Error::RateLimited { retry_after: Duration::ZERO }.is_transient());
        assert!(Error::Shape("it is not JSON").is_transient());
        assert!(Error::Timeout.is_transient());
        assert!(status(StatusCode::BAD_GATEWAY).is_transient());
        assert!(status(StatusCode::REQUEST_TIMEOUT).is_transient());
        assert!(status(StatusCode::FOUND).is_transient());

        assert!(!Error::Unauthorized { variable: String::new(), said: None }.is_transient());
        assert!(!Error::NotFound.is_transient());
        assert!(!Error::TooLarge { limit: 1 }.is_transient());
        assert!(!status(StatusCode::UNPROCESSABLE_ENTITY).is_transient());
    }

    #[test]
    fn the_parser_does_not_get_to_quote_the_answer() {
        let error = serde_json::from_str::<u8>(r#""ada@example.com""#).unwrap_err();
        assert!(error.to_string().contains("ada@example.com"));

        let error = Error::from(error);
        assert!(!format!("{error} {error:?}").contains("ada"));
    }

    #[test]
    fn a_refusal_names_its_code() {
        let said = Some("invalid_parameter".to_owned());
        let status_code = StatusCode::BAD_REQUEST;
        let error = Error::Status { status: status_code, said, retry_after: None };

        assert_eq!(error.to_string(), "HeyMilo answered 400 Bad Request (invalid_parameter)");
        assert_eq!(status(StatusCode::CONFLICT).to_string(), "HeyMilo answered 409 Conflict");
    }
}
