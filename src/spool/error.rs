//! The errors of the spool.

use std::{io, path::Path};

/// The result of a call to the spool.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error with files.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The spool has reached the limit of the settings.
    #[error("the spool is full (spool.max_bytes)")]
    Full,

    /// The system returned an error.
    #[error("{path}")]
    Io {
        /// The file or directory.
        path: String,
        /// The system's error.
        source: io::Error,
    },
}

impl Error {
    /// Adds the file's path to an error.
    pub(super) fn at(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.display().to_string();
        |source| Self::Io { path, source }
    }
}
