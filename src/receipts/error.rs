//! Why the file of receipts cannot be read or written.

use std::{io, path::Path};

/// A call either works or fails with an [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What can go wrong with the file.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A line was changed, or one before it is missing.
    #[error(
        "line {line} of {path} was changed, or a line before it is missing: use a copy of the file"
    )]
    Damaged {
        /// The file.
        path: String,
        /// The first line that does not follow from those before it.
        line: usize,
    },

    /// The system's.
    #[error("{path}")]
    Io {
        /// The file or directory.
        path: String,
        /// What the system says.
        source: io::Error,
    },
}

impl Error {
    /// Names the file that an error is about.
    pub(super) fn at(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.display().to_string();
        |source| Self::Io { path, source }
    }
}
