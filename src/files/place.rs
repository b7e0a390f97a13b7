//! Opens the file store: a directory of this machine, or a bucket.

use std::{fs, os::unix::fs::DirBuilderExt as _, path::PathBuf, sync::Arc};

use object_store::local::LocalFileSystem;
use url::Url;

use super::{Error, Files, Result};

/// Opens a store. No request is made to a bucket yet.
pub fn open(url: &Url) -> Result<Files> {
    match url.scheme() {
        "file" => {
            let directory = url.to_file_path().map_err(|()| Error::Address(url.to_string()))?;
            in_directory(directory)
        }
        "s3" | "gs" | "az" => in_bucket(url),
        _ => Err(Error::Address(url.to_string())),
    }
}

/// Opens a directory that only this user may read.
fn in_directory(directory: PathBuf) -> Result<Files> {
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(&directory);
    made.map_err(|source| Error::Directory { directory: directory.clone(), source })?;
    let store = LocalFileSystem::new_with_prefix(&directory)?.with_fsync(true);
    Ok(Files { store: Arc::new(store), directory: Some(directory) })
}

/// Opens a bucket. Its region, endpoint and credentials come from the environment.
#[cfg(feature = "cloud")]
fn in_bucket(url: &Url) -> Result<Files> {
    use object_store::{
        ObjectStore, aws::AmazonS3Builder, azure::MicrosoftAzureBuilder,
        gcp::GoogleCloudStorageBuilder, path::Path, prefix::PrefixStore,
    };

    // An error says that a provider is installed already, which is enough.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let opened: object_store::Result<Arc<dyn ObjectStore>> = match url.scheme() {
        "s3" => {
            AmazonS3Builder::from_env().with_url(url.as_str()).build().map(|s3| Arc::new(s3) as _)
        }
        "gs" => GoogleCloudStorageBuilder::from_env()
            .with_url(url.as_str())
            .build()
            .map(|gcs| Arc::new(gcs) as _),
        _ => MicrosoftAzureBuilder::from_env()
            .with_url(url.as_str())
            .build()
            .map(|azure| Arc::new(azure) as _),
    };
    let bucket = opened.map_err(|source| Error::Bucket { url: url.to_string(), source })?;

    let folder = Path::from_url_path(url.path()).map_err(object_store::Error::from)?;
    Ok(Files { store: Arc::new(PrefixStore::new(bucket, folder)), directory: None })
}

#[cfg(not(feature = "cloud"))]
fn in_bucket(url: &Url) -> Result<Files> {
    Err(Error::NoCloud(url.to_string()))
}
