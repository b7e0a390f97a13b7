//! Deliveries on this machine's disk, while the database cannot take them.
#![doc = include_str!("README.md")]

pub mod aside;
mod directory;
mod error;
mod file;
mod record;
mod status;

#[cfg(test)]
mod tests;

use std::{
    collections::VecDeque,
    error::Error as StdError,
    path::PathBuf,
    sync::{Mutex, MutexGuard},
    time::Duration,
};

use tokio::time::Instant;
use tracing::warn;

pub use directory::probe;
pub use error::{Error, Result};
pub use status::{State, Status, look};

use crate::records::Delivery;
use file::File;

/// Files are read together until they hold this many deliveries.
const BATCH: usize = 128;
/// Files are read together until they are this large (4 MiB).
const BATCH_BYTES: u64 = 4 << 20;

/// For 15 s after a failed write the spool counts as unwritable, even if another write succeeds.
const FAILURE_MEMORY: Duration = Duration::from_secs(15);

/// The spool of this machine. Its calls block until the disk keeps what they wrote.
#[derive(Debug)]
pub struct Spool {
    directory: PathBuf,
    max_bytes: u64,
    known: Mutex<Known>,
}

/// The state that is known without reading the disk.
#[derive(Debug, Default)]
struct Known {
    /// As of the last count, with this process's changes since.
    counted: Status,
    is_unwritable: bool,
    /// When a write last failed. On a nearly full disk, some deliveries still fit.
    write_failed_at: Option<Instant>,
    /// The size of the spool when it was full.
    full_at: Option<u64>,
}

/// Deliveries to replay, and the files that hold them.
#[derive(Debug, Default)]
pub struct Batch {
    /// In the order in which they were received.
    pub deliveries: Vec<Delivery>,
    files: Vec<File>,
    /// Whether the files hold more than the deliveries.
    is_shortened: bool,
}

impl Batch {
    /// Whether part of its files is unreadable.
    pub fn is_damaged(&self) -> bool {
        self.files.iter().any(|file| file.is_damaged)
    }

    /// Replaces the deliveries by the same ones, some of them shortened.
    pub fn replace(&mut self, shorter: Vec<Delivery>) {
        self.is_shortened |= shorter != self.deliveries;
        self.deliveries = shorter;
    }
}

/// The outcome of a delivery that could not be replayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It waits in a file of its own for another try.
    Again,
    /// It is set aside in a file of its own, for an operator to inspect.
    Aside,
}

impl Spool {
    /// `directory` is made when it is needed. `max_bytes` bounds all files together.
    pub fn new(directory: PathBuf, max_bytes: u64) -> Self {
        Self { directory, max_bytes, known: Mutex::default() }
    }

    /// The state of the spool. Never waits for the disk.
    pub fn status(&self) -> Status {
        let Known { counted, is_unwritable, write_failed_at, full_at } = &*self.known();
        let failed_lately = write_failed_at.is_some_and(|at| at.elapsed() < FAILURE_MEMORY);
        let state = match full_at {
            _ if *is_unwritable || failed_lately => State::Unwritable,
            // Full until a replay made space.
            Some(bytes) if counted.bytes >= *bytes => State::Full,
            _ => State::Writable,
        };
        Status { state, ..counted.clone() }
    }

    /// Keeps deliveries. When this returns, all of them are on the disk.
    pub fn append(&self, deliveries: &[Delivery]) -> Result<()> {
        let records = file::encode(deliveries);
        let bytes = records.len() as u64;
        {
            let mut known = self.known();
            if known.counted.bytes + bytes > self.max_bytes {
                known.full_at = Some(known.counted.bytes);
                return Err(Error::Full);
            }
        }

        let path = file::path(&self.directory, deliveries, file::WAITING);
        let written = file::write(&path, &records);

        let mut known = self.known();
        known.is_unwritable = written.is_err();
        if written.is_err() {
            known.write_failed_at = Some(Instant::now());
        } else {
            known.counted.waiting += deliveries.len();
            known.counted.bytes += bytes;
            known.counted.oldest = known.counted.oldest.or_else(|| file::received_at(&path));
        }
        written
    }

    /// Checks that the directory can be written, and counts its files.
    pub fn probe(&self) -> Result<()> {
        let probed = directory::create(&self.directory)
            .and_then(|()| probe(&self.directory))
            .and_then(|()| directory::remove_stale(&self.directory));
        self.known().is_unwritable = probed.is_err();
        probed.and(self.count())
    }

    fn count(&self) -> Result<()> {
        let counted = status::count(&self.directory)?;
        self.known().counted = counted;
        Ok(())
    }

    /// The state of the spool, after counting the directory. Other processes write and replay files
    /// too.
    pub fn look(&self) -> Status {
        // When the directory cannot be read, the last count stays.
        self.count().ok();
        self.status()
    }

    /// The files that wait, oldest first.
    pub fn waiting(&self) -> Result<VecDeque<PathBuf>> {
        let mut files = directory::list(&self.directory, file::WAITING)?;
        // Files with other names are not ours.
        files.retain(|path| file::received_at(path).is_some());
        Ok(files.into())
    }

    /// Takes files from the front and reads them. The files stay until `put_away`.
    pub fn read(&self, waiting: &mut VecDeque<PathBuf>) -> Option<Batch> {
        let (mut batch, mut bytes) = (Batch::default(), 0);

        while batch.deliveries.len() < BATCH
            && bytes < BATCH_BYTES
            && let Some(path) = waiting.pop_front()
        {
            match File::read(path) {
                Ok(Some((file, deliveries))) => {
                    bytes += file.bytes;
                    batch.deliveries.extend(deliveries);
                    batch.files.push(file);
                }
                // Another process replayed the file meanwhile.
                Ok(None) => {}
                Err(error) => warn!(
                    error = &error as &dyn StdError,
                    "a file of the spool cannot be read, and is tried again: give it to the \
                     daemon's user (chown), or move it away"
                ),
            }
        }
        let first = batch.files.first()?;
        self.known().counted.oldest = file::received_at(&first.path);

        Some(batch)
    }

    /// Removes the files of a batch. The deliveries in `failed` get their fate. A file with
    /// unreadable parts is set aside as it is, or without what was removed from the batch's
    /// deliveries.
    pub fn put_away(&self, batch: &Batch, failed: &[(usize, Fate)]) -> Result<()> {
        let (mut begin, mut all) = (0, Ok(()));
        for file in &batch.files {
            let end = begin + file.deliveries;
            let failed: Vec<(&Delivery, Fate)> = failed
                .iter()
                .filter(|(at, _)| (begin..end).contains(at))
                .map(|(at, fate)| (&batch.deliveries[*at], *fate))
                .collect();
            let readable = &batch.deliveries[begin..end];
            begin = end;
            // A file that cannot be removed does not keep the later files.
            all = all.and(if file.is_damaged && batch.is_shortened {
                self.keep_readable(file, readable)
            } else {
                self.put_file_away(file, &failed, batch.is_shortened)
            });
        }
        all
    }

    /// Sets the readable part of a damaged file aside, in place of the file.
    fn keep_readable(&self, file: &File, readable: &[Delivery]) -> Result<()> {
        if !readable.is_empty() {
            let path = file::path(&self.directory, readable, file::ASIDE);
            file::write(&path, &file::encode(readable))?;
        }
        file.remove()?;
        self.count()
    }

    fn put_file_away(
        &self,
        file: &File,
        failed: &[(&Delivery, Fate)],
        is_shortened: bool,
    ) -> Result<()> {
        if failed.is_empty() && !file.is_damaged {
            file.remove()?;
            let counted = &mut self.known().counted;
            counted.waiting = counted.waiting.saturating_sub(file.deliveries);
            counted.bytes = counted.bytes.saturating_sub(file.bytes);
            counted.oldest = counted.oldest.filter(|_| counted.waiting > 0);
            return Ok(());
        }

        match failed {
            [(_, Fate::Again)] if file.deliveries == 1 && !file.is_damaged => return Ok(()),
            [(_, Fate::Aside)] if file.deliveries == 1 && !is_shortened => file.set_aside()?,
            _ => {
                for (delivery, fate) in failed {
                    let alone = std::slice::from_ref(*delivery);
                    let extension = if *fate == Fate::Aside { file::ASIDE } else { file::WAITING };
                    let path = file::path(&self.directory, alone, extension);
                    file::write(&path, &file::encode(alone))?;
                }
                if file.is_damaged { file.set_aside()? } else { file.remove()? }
            }
        }
        self.count()
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().expect("no thread panics while it holds what is known")
    }
}
