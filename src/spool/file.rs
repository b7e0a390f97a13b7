//! A file of the spool: its name, and how it is written, read and removed.
//!
//! Its name is `<receipt id of its first delivery>-<number of deliveries>`. The id begins with the
//! time of arrival, so names sort by time. The same deliveries always get the same name.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use chrono::{DateTime, Utc};
use tracing::warn;
use uuid::Uuid;

use super::{Error, Result, directory, record};
use crate::records::Delivery;

/// The extension of files that wait.
pub const WAITING: &str = "spool";
/// The extension of files that were set aside. An operator who renames one back has it replayed
/// again.
pub const ASIDE: &str = "aside";
/// The extension of incomplete files.
pub const TEMPORARY: &str = "tmp";

/// A file that was read.
#[derive(Debug)]
pub struct File {
    pub path: PathBuf,
    pub bytes: u64,
    /// The number of readable deliveries.
    pub deliveries: usize,
    /// Whether some of its bytes are unreadable.
    pub is_damaged: bool,
}

impl File {
    /// Reads a file. `None` when it is gone.
    pub fn read(path: PathBuf) -> Result<Option<(Self, Vec<Delivery>)>> {
        let Some((first, _)) = name(&path) else { return Ok(None) };
        let content = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            content => content.map_err(Error::at(&path))?,
        };
        let bytes = content.len() as u64;
        let (deliveries, damaged) = record::decode(first.as_bytes(), content.into());
        if damaged > 0 {
            warn!(
                file = %path.display(),
                deliveries = deliveries.len(),
                damaged_bytes = damaged,
                "a file of the spool is damaged: its readable deliveries are replayed, then it is \
                 set aside"
            );
        }
        let is_damaged = damaged > 0 || deliveries.is_empty();
        Ok(Some((Self { path, bytes, deliveries: deliveries.len(), is_damaged }, deliveries)))
    }

    /// Removes the file. Another process may have done so already.
    pub fn remove(&self) -> Result<()> {
        unless_gone(fs::remove_file(&self.path)).map_err(Error::at(&self.path))
    }

    /// Sets the file aside unchanged. Another process may have done so already.
    pub fn set_aside(&self) -> Result<()> {
        let aside = self.path.with_extension(ASIDE);
        unless_gone(fs::rename(&self.path, aside)).map_err(Error::at(&self.path))
    }
}

/// The content of a file with these deliveries.
pub fn encode(deliveries: &[Delivery]) -> Vec<u8> {
    record::encode(first(deliveries).as_bytes(), deliveries)
}

/// The path of a file with these deliveries.
pub fn path(directory: &Path, deliveries: &[Delivery], extension: &str) -> PathBuf {
    directory.join(format!("{}-{}.{extension}", first(deliveries), deliveries.len()))
}

fn first(deliveries: &[Delivery]) -> Uuid {
    deliveries.first().expect("a batch has a delivery").receipt_id
}

/// Writes a file that only its owner can read. The file appears completely or not at all. The
/// directory is made if it is missing.
pub fn write(path: &Path, content: &[u8]) -> Result<()> {
    let place = path.parent().expect("a file is in a directory");
    directory::create(place)?;
    let write = || -> io::Result<()> {
        let suffix = format!(".{TEMPORARY}");
        let mut file = tempfile::Builder::new().suffix(&suffix).tempfile_in(place)?;
        file.write_all(content)?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok(())
    };
    write().map_err(Error::at(path))?;
    directory::sync(place)
}

/// When the first delivery of a file was received. `None` when the file is not one of ours.
pub fn received_at(path: &Path) -> Option<DateTime<Utc>> {
    let (seconds, nanoseconds) = name(path)?.0.get_timestamp()?.to_unix();
    DateTime::from_timestamp(seconds.try_into().ok()?, nanoseconds)
}

/// The number of deliveries in a file, from its name.
pub fn deliveries(path: &Path) -> usize {
    name(path).map_or(0, |(_, deliveries)| deliveries)
}

fn name(path: &Path) -> Option<(Uuid, usize)> {
    let (first, deliveries) = path.file_stem()?.to_str()?.rsplit_once('-')?;
    Some((Uuid::try_parse(first).ok()?, deliveries.parse().ok()?))
}

fn unless_gone(done: io::Result<()>) -> io::Result<()> {
    done.or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) })
}
