//! The lists that are being read.

use std::collections::HashSet;

use tokio::{task::JoinSet, time::Instant};

use super::{Name, Report};
use crate::sync::{Error, Result};

/// After three lists in a row could not be read, the API is at fault, not the lists.
const MAX_FAILURES_IN_A_ROW: usize = 3;

/// The readings under way.
#[derive(Default)]
pub(super) struct Readings {
    pub tasks: JoinSet<(Name, Result<Report>)>,
    pub names: HashSet<Name>,
    pub full_scans: HashSet<Name>,
    /// The lists whose readings have ended.
    pub ended: HashSet<Name>,
    pub report: Report,
    /// Whether a list is read that must be alone.
    pub is_one_alone: bool,
    pub failures_in_a_row: usize,
    pub refreshed_at: Option<Instant>,
    pub failure: Option<Error>,
}

impl Readings {
    /// Records the result of a reading.
    pub fn end(&mut self, name: Name, read: Result<Report>) {
        self.names.remove(&name);
        self.is_one_alone = false;
        self.full_scans.remove(&name);
        self.ended.insert(name);

        match read {
            Ok(report) => {
                self.failures_in_a_row = 0;
                self.report.add(&report);
            }
            Err(error) if is_of_the_list(&error) => {
                self.report.postponed += 1;
                self.failures_in_a_row += usize::from(error.is_transient());
                if self.failures_in_a_row > MAX_FAILURES_IN_A_ROW {
                    self.failure.get_or_insert(error);
                }
            }
            Err(error) => {
                self.failure.get_or_insert(error);
            }
        }
    }
}

/// Whether the error concerns one list, and not the key, the rate limit or the database.
pub(super) fn is_of_the_list(error: &Error) -> bool {
    matches!(error, Error::HeyMilo(error) if !error.is_of_the_key())
}
