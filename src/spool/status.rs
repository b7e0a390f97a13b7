//! How the spool stands, for those who watch.

use chrono::{DateTime, Utc};

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
