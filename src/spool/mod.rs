//! Deliveries on this machine's disk, for as long as the database cannot take them.
//!
//! Each process appends to a file of its own, which it keeps locked; a file whose process is gone
//! is adopted. Nothing counts as kept before it is synced to the disk.

pub mod aside;
mod directory;
mod error;
mod record;
mod segment;
mod status;

#[cfg(test)]
mod tests;

use std::{
    collections::VecDeque,
    error::Error as StdError,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard},
};

use segment::Segment;
use tracing::warn;

pub use error::{Error, Result};
pub use status::{State, Status, look};

use crate::records::Delivery;

/// A file is not appended to beyond this size, so that it is replayed and removed before long.
const SEGMENT_BYTES: u64 = 8 << 20;
/// Most deliveries that are read at once.
const BATCH: usize = 128;
/// No further delivery is read when those in hand are larger together.
const BATCH_BYTES: usize = 4 << 20;

/// The spool of this process. Its calls block, until the disk has what they wrote.
#[derive(Debug)]
pub struct Spool {
    directory: PathBuf,
    max_bytes: u64,
    files: Mutex<Files>,
    status: Mutex<Status>,
}

/// The files that are ours, oldest first.
#[derive(Debug, Default)]
struct Files {
    segments: VecDeque<Segment>,
    /// How much was set aside, by whomever.
    aside_bytes: u64,
    /// How large all was when there was no room for more.
    full_at: Option<u64>,
}

/// Deliveries that were read and are not yet marked as replayed.
#[derive(Debug)]
pub struct Batch {
    /// In the order in which they were received.
    pub deliveries: Vec<Delivery>,
    segment: PathBuf,
    end: u64,
    is_damaged: bool,
}

impl Spool {
    /// Names the directory, which is made when it is needed, and how large all may become.
    pub fn new(directory: PathBuf, max_bytes: u64) -> Self {
        let (files, status) = (Mutex::default(), Mutex::default());
        Self { directory, max_bytes, files, status }
    }

    /// How it stands. Never waits for the disk.
    pub fn status(&self) -> Status {
        self.status.lock().expect("nobody panics with the status in hand").clone()
    }

    /// Keeps deliveries: all of them are on the disk when this returns, with one sync.
    pub fn append(&self, deliveries: &[Delivery]) -> Result<()> {
        let mut files = self.files();
        let appended = self.try_append(&mut files, deliveries);
        self.note(&files, appended.as_ref().err());
        appended
    }

    fn try_append(&self, files: &mut Files, deliveries: &[Delivery]) -> Result<()> {
        let segment = files.growing(&self.directory)?;
        let records = segment.encode(deliveries)?;
        if files.bytes() + records.len() as u64 > self.max_bytes {
            files.full_at = Some(files.bytes());
            return Err(Error::Full);
        }
        let appended = files.growing(&self.directory)?.append(&records, deliveries);
        if appended.is_err() {
            // Or a full disk would be left with a file for each attempt.
            files.sweep().ok();
        }
        appended
    }

    /// Adopts the files of processes that are gone, and sees whether the directory can be written.
    pub fn adopt(&self) -> Result<()> {
        let mut files = self.files();
        let adopted = self.try_adopt(&mut files);
        self.note(&files, adopted.as_ref().err());
        adopted
    }

    fn try_adopt(&self, files: &mut Files) -> Result<()> {
        directory::create(&self.directory)?;
        for path in directory::list(&self.directory, segment::EXTENSION)? {
            if files.segments.iter().any(|segment| segment.path() == path) {
                continue;
            }
            match Segment::adopt(path) {
                Ok(adopted) => files.segments.extend(adopted),
                Err(error) => warn!(error = &error as &dyn StdError, "a file is not adopted"),
            }
        }
        files.segments.make_contiguous().sort_by(|one, other| one.path().cmp(other.path()));
        files.aside_bytes = directory::bytes(&self.directory, segment::ASIDE)?;
        files.sweep()?;
        files.growing(&self.directory).map(drop)
    }

    /// Reads the oldest deliveries. They stay until they are marked as replayed.
    pub fn read(&self) -> Result<Option<Batch>> {
        let files = self.files();
        let waiting = files.segments.iter().filter(|segment| !segment.is_replayed());
        let mut unreadable = None;
        for segment in waiting {
            match segment.read(BATCH, BATCH_BYTES) {
                Ok(batch) => return Ok(Some(batch)),
                // It must not hold up those after it.
                Err(error) => unreadable = Some(error),
            }
        }
        unreadable.map_or(Ok(None), Err)
    }

    /// Marks a batch as replayed. A file of which nothing is left is removed; one of which something
    /// was refused, or cannot be read, is set aside for a person to look at.
    pub fn replayed(&self, batch: &Batch, refused: usize) -> Result<()> {
        let mut files = self.files();
        let swept = match files.segments.iter_mut().find(|one| one.path() == batch.segment) {
            Some(segment) => {
                segment.advance(batch, refused);
                files.sweep()
            }
            None => Ok(()),
        };
        self.note(&files, None);
        swept
    }

    fn files(&self) -> MutexGuard<'_, Files> {
        self.files.lock().expect("nobody panics with the files in hand")
    }

    fn note(&self, files: &Files, error: Option<&Error>) {
        let state = match error {
            // Until something was replayed.
            _ if files.full_at.is_some_and(|bytes| files.bytes() >= bytes) => State::Full,
            Some(Error::Io { .. }) => State::Unwritable,
            Some(Error::Full | Error::TooLarge) | None => State::Writable,
        };
        let status = Status {
            state,
            waiting: files.segments.iter().map(Segment::waiting).sum(),
            bytes: files.bytes(),
            aside_bytes: files.aside_bytes,
            oldest: files.segments.iter().filter_map(Segment::oldest).min(),
        };
        *self.status.lock().expect("nobody panics with the status in hand") = status;
    }
}

impl Drop for Spool {
    /// Leaves no empty file behind.
    fn drop(&mut self) {
        if let Ok(files) = self.files.get_mut() {
            files.segments.iter_mut().for_each(Segment::close);
            // Whoever adopts it removes it.
            files.sweep().ok();
        }
    }
}

impl Files {
    fn bytes(&self) -> u64 {
        self.aside_bytes + self.segments.iter().map(Segment::bytes).sum::<u64>()
    }

    /// The file to append to; a new one when there is none, or it is large enough.
    fn growing(&mut self, directory: &Path) -> Result<&mut Segment> {
        let fits = |segment: &Segment| segment.is_growing() && segment.bytes() < SEGMENT_BYTES;
        let at = match self.segments.iter().position(fits) {
            Some(at) => at,
            None => {
                directory::create(directory)?;
                self.segments.iter_mut().for_each(Segment::close);
                self.segments.push_back(Segment::create(directory)?);
                self.segments.len() - 1
            }
        };
        Ok(&mut self.segments[at])
    }

    /// Puts away the files in which nothing waits any more.
    fn sweep(&mut self) -> Result<()> {
        let (done, left) = self.segments.drain(..).partition(Segment::is_done);
        self.segments = left;
        let done: VecDeque<Segment> = done;
        for segment in done {
            self.aside_bytes += segment.put_away()?;
        }
        Ok(())
    }
}
