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

/// After a failed write the spool counts as unwritable for so long, even if another write succeeds.
const FAILURE_MEMORY: Duration = Duration::from_secs(15);

/// The spool of this machine. Its calls block until the disk has what they wrote.
#[derive(Debug)]
pub struct Spool {
    directory: PathBuf,
    max_bytes: u64,
    known: Mutex<Known>,
}

/// What is known without asking the disk.
#[derive(Debug, Default)]
struct Known {
    /// As of the last count, and what this process did since.
    counted: Status,
    is_unwritable: bool,
    /// When a write last failed: while the disk is nearly full, some deliveries still fit.
    write_failed_at: Option<Instant>,
    /// How large the spool was when there was no room for more.
    full_at: Option<u64>,
}

/// Deliveries that are to be replayed, and the files that hold them.
#[derive(Debug, Default)]
pub struct Batch {
    /// In the order in which they were received.
    pub deliveries: Vec<Delivery>,
    files: Vec<File>,
    /// Whether the files hold what the deliveries do not.
    is_shortened: bool,
}

impl Batch {
    /// Whether something in its files cannot be read.
    pub fn is_damaged(&self) -> bool {
        self.files.iter().any(|file| file.is_damaged)
    }

    /// Puts deliveries in place of the same ones, of which some are shorter.
    pub fn replace(&mut self, shorter: Vec<Delivery>) {
        self.is_shortened |= shorter != self.deliveries;
        self.deliveries = shorter;
    }
}

/// What becomes of a delivery that could not be replayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It waits in a file of its own.
    Again,
    /// It is set aside in a file of its own, for a person to look at.
    Aside,
}

impl Spool {
    /// Names the directory, which is made when it is needed, and how large all files may become.
    pub fn new(directory: PathBuf, max_bytes: u64) -> Self {
        Self { directory, max_bytes, known: Mutex::default() }
    }

    /// How the spool stands. Never waits for the disk.
    pub fn status(&self) -> Status {
        let Known { counted, is_unwritable, write_failed_at, full_at } = &*self.known();
        let failed_lately = write_failed_at.is_some_and(|at| at.elapsed() < FAILURE_MEMORY);
        let state = match full_at {
            _ if *is_unwritable || failed_lately => State::Unwritable,
            // Until something was replayed.
            Some(bytes) if counted.bytes >= *bytes => State::Full,
            _ => State::Writable,
        };
        Status { state, ..counted.clone() }
    }

    /// Keeps deliveries: all of them are on the disk when this returns.
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

    /// Sees whether the directory can be written, and counts what is in it.
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

    /// How the spool stands, after a look at the directory: other processes write and replay files too.
    pub fn look(&self) -> Status {
        // A directory that cannot be read is as it was last counted.
        self.count().ok();
        self.status()
    }

    /// The files that wait, oldest first.
    pub fn waiting(&self) -> Result<VecDeque<PathBuf>> {
        let mut files = directory::list(&self.directory, file::WAITING)?;
        // Other names are not ours.
        files.retain(|path| file::received_at(path).is_some());
        Ok(files.into())
    }

    /// Takes files from the front and reads them. Their deliveries stay until they are put away.
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
                // Another process replayed it meanwhile.
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

    /// Puts the files of a batch away, except for the deliveries at the places that are named. A file of
    /// which something cannot be read is set aside whole, or without what the batch was shortened by.
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
            // A file that stays keeps none after it.
            all = all.and(if file.is_damaged && batch.is_shortened {
                self.keep_readable(file, readable)
            } else {
                self.put_file_away(file, &failed, batch.is_shortened)
            });
        }
        all
    }

    /// Sets aside what can be read of a damaged file, in its place.
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
