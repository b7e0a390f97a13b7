//! Turns HeyMilo's JSON into records. Pure: no clock, no network, no database.
//!
//! Lenient by design. A field that cannot be read becomes `None` and a notice, and a field without
//! a column goes to `extra`. The others are read as usual.

mod answer;
mod fields;
mod fingerprint;
mod form;
pub mod history;
mod integrity;
mod interview;
mod listing;
mod notices;
mod posting;
mod question;
mod redaction;
mod resume;
mod sms;
mod time;
mod web_interview;
mod workspace;

pub use answer::{Answer, Unreadable};
pub use fingerprint::Fingerprint;
pub use interview::results;
pub use listing::{changed_at, id_of_listing, is_untouched, listing, results_fingerprint};
pub use notices::merge;
pub use posting::{id_of_posting, posting};
pub use question::question;
pub use redaction::{row_without_conversations, without_conversations};
pub use workspace::{carries, workspace};

use crate::records::Notice;

/// Records, and the differences between their answer and the contract.
#[derive(Debug, Clone, PartialEq)]
pub struct Normalized<T> {
    /// The rows to write.
    pub records: T,
    /// Where the answer differs from the contract.
    pub notices: Vec<Notice>,
}
