//! What can go wrong when contents are kept.

use std::{io, path::PathBuf};

/// A step either works or fails with an [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Sorted by whose trouble it is.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The settings'.
    #[error(
        "{0} is no place for files: write it as file:///var/lib/heymilo-sync/files, s3://bucket/folder, \
         gs://bucket/folder or az://container/folder"
    )]
    Address(String),

    /// The settings', for this build.
    #[cfg(not(feature = "cloud"))]
    #[error(
        "{0} is a bucket, and this program was built without the feature cloud: name a directory (file:///…)"
    )]
    NoCloud(String),

    /// The environment's, which holds the account, the region and the credentials.
    #[error("{url} cannot be opened: docs/operations.md lists the variables that it needs")]
    Bucket {
        /// The address.
        url: String,
        /// Why.
        source: object_store::Error,
    },

    /// The directory's.
    #[error("the directory of files.url, {directory}, cannot be made", directory = .directory.display())]
    Directory {
        /// Which.
        directory: PathBuf,
        /// Why.
        source: io::Error,
    },

    /// The directory's, where contents are that are not whole.
    #[error("unfinished files in {directory} cannot be removed", directory = .directory.display())]
    Incoming {
        /// Which.
        directory: PathBuf,
        /// Why.
        source: io::Error,
    },

    /// The store's.
    #[error("the place of files.url did not do as asked")]
    Store(#[from] object_store::Error),

    /// The content's source's.
    #[error("the content broke off")]
    Source(#[source] Box<dyn std::error::Error + Send + Sync>),

    /// The content's.
    #[error("the content has more than {0} bytes (files.max_bytes)")]
    TooLarge(u64),
}

impl Error {
    /// Whether the place of the contents failed, and neither a content nor its source.
    pub fn is_of_the_store(&self) -> bool {
        !matches!(self, Self::Source(_) | Self::TooLarge(_))
    }

    /// Whether a content is not there.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Store(object_store::Error::NotFound { .. }))
    }
}
