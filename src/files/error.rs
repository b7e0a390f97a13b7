//! The errors of keeping contents.

use std::{io, path::PathBuf};

/// The result of a step.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The variants are named after the part that failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The setting is not a valid address.
    #[error(
        "{0} is no place for files: write it as file:///var/lib/heymilo-sync/files, s3://bucket/folder, \
         gs://bucket/folder or az://container/folder"
    )]
    Address(String),

    /// The setting needs a feature that this build lacks.
    #[cfg(not(feature = "cloud"))]
    #[error(
        "{0} is a bucket, and this program was built without the feature cloud: name a directory (file:///…)"
    )]
    NoCloud(String),

    /// The environment, which holds the account, the region and the credentials, is wrong.
    #[error("{url} cannot be opened: docs/operations.md lists the variables that it needs")]
    Bucket {
        /// The address.
        url: String,
        /// The cause.
        source: object_store::Error,
    },

    /// The directory cannot be used.
    #[error("the directory of files.url, {directory}, cannot be made", directory = .directory.display())]
    Directory {
        /// The directory.
        directory: PathBuf,
        /// The cause.
        source: io::Error,
    },

    /// The directory of incomplete contents cannot be used.
    #[error("unfinished files in {directory} cannot be removed", directory = .directory.display())]
    Incoming {
        /// The directory.
        directory: PathBuf,
        /// The cause.
        source: io::Error,
    },

    /// The file store failed.
    #[error("the place of files.url did not do as asked")]
    Store(#[from] object_store::Error),

    /// The source of the content failed.
    #[error("the content broke off")]
    Source(#[source] Box<dyn std::error::Error + Send + Sync>),

    /// The content is too large.
    #[error("the content has more than {0} bytes (files.max_bytes)")]
    TooLarge(u64),
}

impl Error {
    /// Whether the file store failed, and neither a content nor its source.
    pub fn is_of_the_store(&self) -> bool {
        !matches!(self, Self::Source(_) | Self::TooLarge(_))
    }

    /// Whether a content is not there.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Store(object_store::Error::NotFound { .. }))
    }
}
