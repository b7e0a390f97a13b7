//! The errors of the file of receipts.

use std::{io, path::Path};

/// The result of a call.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error with the file.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A line was changed, or one before it is missing.
    #[error(
        "line {line} of {path} was changed, or a line before it is missing: use a copy of the file"
    )]
    Damaged {
        /// The file.
        path: String,
        /// The first line that does not follow from the lines before it.
        line: usize,
    },

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
