//! Why the embedded server does not run, each with its remedy.

use std::{io, path::PathBuf};

/// The result of starting or stopping the embedded server.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why the embedded server could not be started or stopped.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The machine has no server binaries, or the chosen directory has none.
    #[error(
        "no PostgreSQL server binaries (initdb, pg_ctl, postgres) found in {searched}: install \
         PostgreSQL's server package, or set DATABASE_URL, or use docker compose"
    )]
    NoBinaries {
        /// The directories that were searched.
        searched: String,
    },

    /// Another major version than that of any binaries wrote the data.
    #[error(
        "the data in {} was written by PostgreSQL {needed}, and only {found} is installed: install \
         PostgreSQL {needed}'s server package, or choose another directory", data.display()
    )]
    Version {
        /// The server's data directory.
        data: PathBuf,
        /// The version that wrote it.
        needed: String,
        /// The installed versions.
        found: String,
    },

    /// Another process holds the lock of the directory.
    #[error("another heymilo-sync uses {}: stop it, or choose another directory", .0.display())]
    Locked(PathBuf),

    /// The process runs as root, and no other account can run the server.
    #[error(
        "PostgreSQL refuses to run as root, and there is neither an account `postgres` nor `nobody`: \
         create one, or start heymilo-sync as an ordinary user"
    )]
    NoAccount,

    /// The socket's path is too long for an address.
    #[error("the path {} is too long for a socket: choose a directory nearer to the root", .0.display())]
    PathTooLong(PathBuf),

    /// One of PostgreSQL's programs failed.
    #[error("PostgreSQL's {program} failed: {message}")]
    Failed {
        /// The program's name.
        program: &'static str,
        /// The program's message, and where more is logged.
        message: String,
    },

    /// A file or directory could not be used, or a program could not be run.
    #[error("{} cannot be used: check that it exists and whom it belongs to", path.display())]
    Unusable {
        /// The file, directory or program.
        path: PathBuf,
        /// The system's error.
        #[source]
        source: io::Error,
    },
}

impl Error {
    /// Makes the function for `map_err` that adds the path to an error.
    pub(super) fn at(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        |source| Self::Unusable { path: path.into(), source }
    }
}
