//! What can go wrong between us and HeyMilo, sorted by what to do about it.

use std::time::Duration;

use reqwest::StatusCode;

/// A request either gives an answer or fails with an [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a request failed. Neither the key, nor an address, nor anything of an answer's body is in it,
/// but for the short code that HeyMilo's error envelope gives.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The key is refused: 401 or 403. Nothing helps but another key.
    #[error("HeyMilo refuses the API key")]
    Unauthorized,

    /// 404. It does not exist, or not yet.
    #[error("HeyMilo does not know it")]
    NotFound,

    /// 429. The client pauses by itself.
    #[error("rate limited by HeyMilo")]
    RateLimited {
        /// How long HeyMilo asks to wait.
        retry_after: Option<Duration>,
    },

    /// Any other answer that is not a success, redirects included: they are never followed.
    #[error("HeyMilo answered {status}{}", code.as_ref().map(|c| format!(" ({c})")).unwrap_or_default())]
    Status {
        /// The status.
        status: StatusCode,
        /// The code of the error envelope.
        code: Option<String>,
    },

    /// A success whose body is not what the contract says: a proxy's page, half a document, nothing.
    #[error("HeyMilo's answer is not the JSON that was expected")]
    Shape,

    /// The list's pages go in circles.
    #[error("HeyMilo's list has a next page but does not get on")]
    EndlessList,

    /// The body is larger than the settings allow.
    #[error("HeyMilo's answer is larger than heymilo.max_body_bytes ({limit} bytes)")]
    TooLarge {
        /// The limit.
        limit: usize,
    },

    /// No answer in time.
    #[error("HeyMilo did not answer in time (heymilo.timeout)")]
    Timeout,

    /// No connection, or it broke.
    #[error("HeyMilo could not be reached")]
    Transport(#[source] reqwest::Error),

    /// The key cannot be sent in a header.
    #[error("the API key holds characters that no HTTP header can carry")]
    Key,
}

impl Error {
    /// Whether the same request may succeed later.
    pub fn is_transient(&self) -> bool {
        match self {
            // What stands between us and HeyMilo may answer for it for a while.
            Self::RateLimited { .. } | Self::Shape | Self::Timeout | Self::Transport(_) => true,
            Self::Status { status, .. } => {
                status.is_server_error() || *status == StatusCode::REQUEST_TIMEOUT
            }
            Self::Unauthorized
            | Self::NotFound
            | Self::EndlessList
            | Self::TooLarge { .. }
            | Self::Key => false,
        }
    }
}

impl From<reqwest::Error> for Error {
    fn from(error: reqwest::Error) -> Self {
        if error.is_timeout() { Self::Timeout } else { Self::Transport(error.without_url()) }
    }
}
