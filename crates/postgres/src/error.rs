//! Why the embedded server does not run, each with the way out.

use std::{io, path::PathBuf};

/// The result of starting or stopping the embedded server.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why the embedded server could not be started or stopped.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The machine has no server binaries, or not where it was told to look.
    #[error(
        "no PostgreSQL server binaries (initdb, pg_ctl, postgres) found in {searched}: install \
         PostgreSQL's server package, or set DATABASE_URL, or use docker compose"
    )]
    NoBinaries {
        /// Where was looked.
        searched: String,
    },

    /// The data belongs to another major version than any of the binaries.
    #[error(
        "the data in {} was written by PostgreSQL {needed}, and only {found} is installed: install \
         PostgreSQL {needed}'s server package, or choose another directory", data.display()
    )]
    Version {
        /// The server's data directory.
        data: PathBuf,
        /// The version that wrote it.
        needed: String,
        /// The versions at hand.
        found: String,
    },

    /// Another process holds the lock of the directory.
    #[error("another heymilo-sync uses {}: stop it, or choose another directory", .0.display())]
    Locked(PathBuf),

    /// Started as root where no other account can be found to run the server.
    #[error(
        "PostgreSQL refuses to run as root, and there is neither an account `postgres` nor `nobody`: \
         create one, or start heymilo-sync as an ordinary user"
    )]
    NoAccount,

    /// The socket's path does not fit into an address.
    #[error("the path {} is too long for a socket: choose a directory nearer to the root", .0.display())]
    PathTooLong(PathBuf),

    /// One of PostgreSQL's programs did not do what it was asked.
    #[error("PostgreSQL's {program} failed: {message}")]
    Failed {
        /// Its name.
        program: &'static str,
        /// What it said, and where it says more.
        message: String,
    },

    /// A file or directory could not be used, or a program not be run.
    #[error("{} cannot be used: check that it exists and whom it belongs to", path.display())]
    Unusable {
        /// The file, directory or program.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
}

impl Error {
    /// Makes the adapter for `map_err` that adds which path an error is about.
    pub(super) fn at(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        |source| Self::Unusable { path: path.into(), source }
    }
}
