//! The state of the spool.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use super::{Result, directory, file};

/// The contents of this machine's spool.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Status {
    /// Whether it takes deliveries.
    pub state: State,
    /// How many deliveries wait to be replayed.
    pub waiting: usize,
    /// Its size in bytes, with the files that were set aside.
    pub bytes: u64,
    /// The bytes that were set aside for an operator to inspect.
    pub aside_bytes: u64,
    /// When the first delivery of the oldest waiting file was received.
    pub oldest: Option<DateTime<Utc>>,
}

/// Whether the spool takes deliveries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum State {
    /// It does, as far as known.
    #[default]
    Writable,
    /// It has reached its limit.
    Full,
    /// Its directory cannot be written.
    Unwritable,
}

impl State {
    /// The word for it on the status page and at `/readyz`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Writable => "ok",
            Self::Full => "full",
            Self::Unwritable => "cannot be written",
        }
    }
}

/// The state of the spool in a directory, for processes that keep no deliveries. Changes nothing.
pub fn look(directory: &Path, max_bytes: u64) -> Result<Status> {
    let mut status = count(directory)?;
    if directory::probe(directory).is_err() {
        status.state = State::Unwritable;
    } else if status.bytes >= max_bytes {
        status.state = State::Full;
    }
    Ok(status)
}

/// Counts the files of a directory by their names.
pub fn count(directory: &Path) -> Result<Status> {
    let waiting = directory::list(directory, file::WAITING)?;
    let aside_bytes = bytes(&directory::list(directory, file::ASIDE)?);
    Ok(Status {
        state: State::Writable,
        waiting: waiting.iter().map(|path| file::deliveries(path)).sum(),
        bytes: bytes(&waiting) + aside_bytes,
        aside_bytes,
        oldest: waiting.iter().find_map(|path| file::received_at(path)),
    })
}

fn bytes(files: &[PathBuf]) -> u64 {
    // A file that is gone was replayed meanwhile.
    files.iter().filter_map(|path| path.metadata().ok()).map(|metadata| metadata.len()).sum()
}
