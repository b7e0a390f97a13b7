//! Records the completion of a workspace's first copy, and logs its progress until then.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;
use tracing::info;

use super::{Result, Workspace};
use crate::store::{self, database::within, first_copies::FirstCopy};

/// How often the progress of the first copy is logged.
const LOG_INTERVAL: Duration = Duration::from_secs(30);
/// How long the database may take to report the progress.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Whether this process knows that the first copy is complete. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Watch {
    is_complete: Arc<AtomicBool>,
    logged_at: Arc<Mutex<Option<Instant>>>,
}

impl Watch {
    fn is_log_due(&self) -> bool {
        let mut logged_at = self.logged_at.lock().expect("no panic happens under this lock");
        let is_due = logged_at.is_none_or(|at| at.elapsed() >= LOG_INTERVAL);
        if is_due {
            *logged_at = Some(Instant::now());
        }
        is_due
    }
}

/// Records the progress of the first copy, until it is known to be complete.
pub async fn note(workspace: &Workspace) -> Result<()> {
    let Workspace { id, db, first_copy, heymilo, .. } = workspace;
    if first_copy.is_complete.load(Ordering::Relaxed) {
        return Ok(());
    }
    match within(TIMEOUT, store::first_copies::progress(db, id)).await? {
        Some(progress) if first_copy.is_log_due() => {
            log_progress(workspace, &progress, heymilo.limiter().limit());
        }
        Some(_) => {}
        None => {
            let is_new = within(TIMEOUT, store::first_copies::complete(db, id)).await?;
            first_copy.is_complete.store(true, Ordering::Relaxed);
            if is_new {
                info!(workspace.id = %id, "first copy complete, keeping it up to date");
            }
        }
    }
    Ok(())
}

fn log_progress(workspace: &Workspace, progress: &FirstCopy, requests_per_minute: u32) {
    info!(
        workspace.id = %workspace.id,
        interviews = progress.interviews,
        copied = progress.copied(),
        lists_left = progress.lists_left,
        time_left = progress.time_left(requests_per_minute),
        "first copy under way"
    );
}
