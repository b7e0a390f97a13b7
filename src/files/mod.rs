//! Recordings and resumes, kept as objects that are named after their content.
//!
//! A content is at `ab/cd/abcd…`, its SHA-256 in hexadecimal. It is received below `incoming/` and
//! gets its name when it is complete. So no object under a final name is incomplete, and each
//! content is there once.

mod error;
mod place;
mod unfinished;

use std::{ops::Range, path::PathBuf, sync::Arc};

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, TryStreamExt as _};
use object_store::{GetOptions, GetRange, GetResult, ObjectStore, ObjectStoreExt as _, path::Path};
use sha2::{Digest as _, Sha256};
use url::Url;
use uuid::Uuid;

pub use error::{Error, Result};

/// The folder of incomplete contents.
const INCOMING: &str = "incoming";
/// The part of a content that is held in memory before it is written.
const PART: usize = 5 << 20;

/// The file store. Clones share it.
#[derive(Debug, Clone)]
pub struct Files {
    store: Arc<dyn ObjectStore>,
    /// The directory, if the store is on this machine.
    directory: Option<PathBuf>,
}

/// A content that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// Its SHA-256 in hexadecimal, and its name.
    pub sha256: String,
    /// Its size in bytes.
    pub bytes: u64,
}

/// A complete content that does not have its final name yet.
#[derive(Debug)]
pub struct Received {
    /// The content.
    pub content: Content,
    at: Path,
}

impl Files {
    /// Opens the store at `url`: `file:///…`, `s3://…`, `gs://…` or `az://…`.
    pub fn open(url: &Url) -> Result<Self> {
        place::open(url)
    }

    /// Receives a content. Leaves nothing behind when the stream fails or has more than
    /// `max_bytes`.
    pub async fn receive<E>(
        &self,
        content: impl Stream<Item = Result<Bytes, E>>,
        max_bytes: u64,
    ) -> Result<Received>
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        let at = Path::from_iter([INCOMING, &Uuid::now_v7().to_string()]);
        let content = self.write(&at, content, max_bytes).await?;
        Ok(Received { content, at })
    }

    /// Gives a content its final name, unless it is there already.
    pub async fn place(&self, received: Received) -> Result<()> {
        let Received { content, at } = received;
        if self.is_there(&content.sha256).await? {
            return Ok(self.store.delete(&at).await?);
        }
        Ok(self.store.rename(&at, &name(&content.sha256)).await?)
    }

    async fn write<E>(
        &self,
        to: &Path,
        content: impl Stream<Item = Result<Bytes, E>>,
        max_bytes: u64,
    ) -> Result<Content>
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        let mut upload = self.store.put_multipart(to).await?;
        let mut content = std::pin::pin!(content);
        let (mut hasher, mut bytes, mut part) = (Sha256::new(), 0, Vec::with_capacity(PART));
        let written = async {
            while let Some(chunk) = content.next().await {
                let chunk = chunk.map_err(|error| Error::Source(Box::new(error)))?;
                bytes += chunk.len() as u64;
                if bytes > max_bytes {
                    return Err(Error::TooLarge(max_bytes));
                }
                hasher.update(&chunk);
                part.extend_from_slice(&chunk);
                if part.len() >= PART {
                    let part = std::mem::replace(&mut part, Vec::with_capacity(PART));
                    upload.put_part(part.into()).await?;
                }
            }
            // An empty last part is refused, unless it is the only part.
            if !part.is_empty() || bytes == 0 {
                upload.put_part(std::mem::take(&mut part).into()).await?;
            }
            upload.complete().await?;
            Ok(())
        }
        .await;
        if let Err(error) = written {
            upload.abort().await.ok();
            return Err(error);
        }

        Ok(Content { sha256: hex(&hasher.finalize()), bytes })
    }

    /// Reads a content, or a part of it.
    pub async fn read(&self, sha256: &str, part: Option<Range<u64>>) -> Result<GetResult> {
        let options = GetOptions { range: part.map(GetRange::Bounded), ..GetOptions::default() };
        Ok(self.store.get_opts(&name(sha256), options).await?)
    }

    /// Whether a content is there.
    pub async fn is_there(&self, sha256: &str) -> Result<bool> {
        match self.store.head(&name(sha256)).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether a content is what its name says. `None` when it is not there.
    pub async fn is_intact(&self, sha256: &str) -> Result<Option<bool>> {
        let content = match self.read(sha256, None).await {
            Err(error) if error.is_missing() => return Ok(None),
            content => content?,
        };
        let mut stream = content.into_stream();
        let mut hasher = Sha256::new();
        while let Some(chunk) = stream.try_next().await? {
            hasher.update(&chunk);
        }
        Ok(Some(hex(&hasher.finalize()) == sha256))
    }

    /// Removes a content. A missing content is not an error.
    pub async fn remove(&self, sha256: &str) -> Result<()> {
        match self.store.delete(&name(sha256)).await {
            Err(object_store::Error::NotFound { .. }) => Ok(()),
            removed => Ok(removed?),
        }
    }

    /// The names of all contents.
    pub async fn names(&self) -> Result<Vec<String>> {
        let objects = self.store.list(None).map_ok(|object| object.location);
        let paths: Vec<Path> = objects.try_collect().await?;
        let names = paths.iter().filter(|path| !path.as_ref().starts_with(INCOMING));
        Ok(names.filter_map(|path| path.filename().map(str::to_owned)).collect())
    }
}

fn name(sha256: &str) -> Path {
    Path::from_iter([&sha256[..2], &sha256[2..4], sha256])
}

fn hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
