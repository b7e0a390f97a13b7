//! Removes incomplete contents of processes that died while writing.

use std::{
    fs, io,
    path::Path as FilePath,
    time::{Duration, SystemTime},
};

use futures_util::TryStreamExt as _;
use object_store::{ObjectStoreExt as _, path::Path};

use super::{Error, Files, INCOMING, Result};

/// A content that was not written to for an hour belongs to a process that died.
const MAX_AGE: Duration = Duration::from_secs(60 * 60);

impl Files {
    /// Removes incomplete contents that were not written to for an hour. Returns their number.
    pub async fn remove_unfinished(&self) -> Result<usize> {
        self.remove_last_written_before(SystemTime::now() - MAX_AGE).await
    }

    pub(super) async fn remove_last_written_before(&self, time: SystemTime) -> Result<usize> {
        // The store hides incomplete files, so the directory itself is read.
        if let Some(directory) = &self.directory {
            let incoming = directory.join(INCOMING);
            return remove_files(&incoming, time)
                .map_err(|source| Error::Incoming { directory: incoming, source });
        }

        let objects = self.store.list(Some(&Path::from(INCOMING)));
        let objects: Vec<_> = objects.try_collect().await?;
        let mut removed = 0;
        for object in objects {
            if SystemTime::from(object.last_modified) < time {
                self.store.delete(&object.location).await?;
                removed += 1;
            }
        }
        Ok(removed)
    }
}

/// Removes the files of a directory that were last written before a time. Returns their number.
fn remove_files(directory: &FilePath, last_written_before: SystemTime) -> io::Result<usize> {
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        entries => entries?,
    };
    let mut removed = 0;

    for entry in entries {
        let entry = entry?;
        let removal = match entry.metadata().and_then(|metadata| metadata.modified()) {
            Ok(modified) if modified < last_written_before => fs::remove_file(entry.path()),
            Ok(_) => continue,
            Err(error) => Err(error),
        };
        match removal {
            // The file has its final name by now, or another process removed it.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            removal => {
                removal?;
                removed += 1;
            }
        }
    }

    Ok(removed)
}
