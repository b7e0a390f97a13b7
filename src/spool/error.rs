//! Why the spool can keep or read nothing.

use std::{io, path::Path};

/// A call of the spool either works or fails with an [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What can go wrong with files.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The limit of the settings is reached.
    #[error("the spool is full (spool.max_bytes)")]
    Full,

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
