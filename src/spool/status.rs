//! How the spool stands.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use super::{Result, directory, file};

/// What is in the spool of this machine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Status {
    /// Whether it takes deliveries.
    pub state: State,
    /// How many deliveries wait to be replayed.
    pub waiting: usize,
    /// How large it is, with what was set aside.
    pub bytes: u64,
    /// How much was set aside for a person to look at.
    pub aside_bytes: u64,
    /// When the first delivery of the oldest file that waits was received.
    pub oldest: Option<DateTime<Utc>>,
}

/// Whether the spool takes deliveries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum State {
    /// The spool does, as far as is known.
    #[default]
    Writable,
    /// The limit is reached.
    Full,
    /// Its directory cannot be written.
    Unwritable,
}

impl State {
    /// The words for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Writable => "ok",
            Self::Full => "full",
            Self::Unwritable => "cannot be written",
        }
    }
}

/// How the spool in a directory stands, for processes that keep no deliveries. Nothing is changed.
pub fn look(directory: &Path, max_bytes: u64) -> Result<Status> {
    let mut status = count(directory)?;
    if directory::probe(directory).is_err() {
        status.state = State::Unwritable;
    } else if status.bytes >= max_bytes {
        status.state = State::Full;
    }
    Ok(status)
}

/// Counts what is in a directory, by the names of the files.
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
    // A file that is gone meanwhile was replayed.
    files.iter().filter_map(|path| path.metadata().ok()).map(|metadata| metadata.len()).sum()
}
