//! How the spool stands, for those who watch.

use std::{fs::File, path::Path};

use chrono::{DateTime, Utc};

use super::{Result, directory, segment};

/// What is in the spool of this process.
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
    /// When the oldest delivery that waits was received.
    pub oldest: Option<DateTime<Utc>>,
}

/// Whether the spool takes deliveries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum State {
    /// It does, as far as is known.
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

/// How the spool in a directory stands, for those who keep no deliveries: nothing is changed or
/// adopted. What a process is about to replay to its end counts as waiting.
pub fn look(directory: &Path, max_bytes: u64) -> Result<Status> {
    let mut status = Status::default();
    if !directory.exists() {
        return Ok(status);
    }
    for path in directory::list(directory, segment::EXTENSION)? {
        // One that is gone meanwhile was replayed.
        let Ok(file) = File::open(&path) else { continue };
        let (waiting, oldest) = segment::contents(&path, &file)?;
        status.waiting += waiting;
        status.oldest = status.oldest.into_iter().chain(oldest).min();
    }
    status.aside_bytes = directory::bytes(directory, segment::ASIDE)?;
    status.bytes = status.aside_bytes + directory::bytes(directory, segment::EXTENSION)?;
    if status.bytes >= max_bytes {
        status.state = State::Full;
    }
    Ok(status)
}
