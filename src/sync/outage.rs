//! The database's outages in the log: one line when an outage begins, one when it ends.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tracing::{debug, info, warn};

use super::Error;
use crate::records::WorkspaceId;

/// Whether the database is known to be away. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Outage(Arc<AtomicBool>);

impl Outage {
    /// Logs why a loop failed and what happens next. During an outage only the first loop logs it.
    pub fn report(&self, id: &WorkspaceId, error: &Error, message: &str) {
        let is_of_the_database = matches!(error, Error::Database(_) | Error::Hung(_));
        if is_of_the_database && self.0.swap(true, Ordering::Relaxed) {
            debug!(workspace.id = %id, error = error.in_full(), "{message}");
        } else {
            warn!(workspace.id = %id, error = error.in_full(), "{message}");
        }
    }

    /// Records that the database answers.
    pub fn is_over(&self) {
        if self.0.swap(false, Ordering::Relaxed) {
            info!("the database answers again");
        }
    }
}
