//! Leaves out differences that are only late: HeyMilo changed, and the poll has not had the time to
//! see it.

use std::{
    collections::{HashMap, HashSet},
    sync::atomic::Ordering,
    time::Duration,
};

use chrono::{DateTime, Utc};
use tokio::time::{Instant, sleep};

use super::{Difference, Drift, Verify};
use crate::{
    normalize::Fingerprint,
    records::PostingId,
    store::{self, cursors::List},
    sync::{Result, Workspace},
};

/// When interviews last changed, as far as HeyMilo says.
pub(super) type Changes = HashMap<String, Option<DateTime<Utc>>>;

/// How long a daemon may take to read a list that was made due.
const READING_TIMEOUT: Duration = Duration::from_secs(60);
/// How often to check whether the daemon has read it.
const LOOK_INTERVAL: Duration = Duration::from_millis(200);

impl Verify {
    /// The differences that the tables should not have any longer. The late ones are counted.
    pub(super) async fn due_by_now(
        &self,
        posting_id: &PostingId,
        found: Vec<Difference>,
        changes: &Changes,
    ) -> Result<Vec<Difference>> {
        if found.is_empty() {
            return Ok(found);
        }
        let Workspace { id, db, .. } = &self.workspace;
        let ids: Vec<&str> = found.iter().map(|difference| &*difference.subject_id).collect();
        let times: Vec<_> = ids.iter().map(|id| changes.get(*id).copied().flatten()).collect();
        let not_yet = store::verify::not_due_yet(db, id, posting_id, &ids, &times).await?;
        self.not_yet.fetch_add(not_yet.len(), Ordering::Relaxed);
        let is_due = |difference: &Difference| !not_yet.contains(&difference.subject_id);
        Ok(found.into_iter().filter(is_due).collect())
    }

    /// The differences that remain after a daemon has read the list once more. A change such as a
    /// recruiter's decision carries no time, so only this shows whether it is late or lost. Without
    /// a daemon, nothing changes meanwhile.
    pub(super) async fn outlasting(
        &self,
        posting_id: &PostingId,
        found: Vec<Difference>,
        answered: &[(String, Fingerprint)],
    ) -> Result<Vec<Difference>> {
        let is_stale = found.iter().any(|difference| difference.drift == Drift::Stale);
        if found.is_empty() || !self.is_read_again(posting_id, is_stale).await? {
            return Ok(found);
        }
        let subject = found[0].subject;
        let ids: HashSet<&str> = found.iter().map(|difference| &*difference.subject_id).collect();
        let answered: Vec<_> =
            answered.iter().filter(|(id, _)| ids.contains(&**id)).cloned().collect();
        let still = self.compare(subject, &answered).await?;
        self.not_yet.fetch_add(found.len() - still.len(), Ordering::Relaxed);
        Ok(still)
    }

    /// Waits until a daemon has read a posting's candidates again, with `whole` in a full scan.
    /// Returns false when no daemon does.
    pub(super) async fn is_read_again(&self, posting_id: &PostingId, whole: bool) -> Result<bool> {
        let Workspace { id, db, owner, .. } = &self.workspace;
        if owner.held().is_some() {
            return Ok(false);
        }
        let since = store::database::now(db).await?;
        if whole {
            store::cursors::restart(db, id, List::Candidates, posting_id).await?;
        } else {
            store::cursors::make_due(db, id, List::Candidates, Some(posting_id)).await?;
        }
        let asked_at = Instant::now();
        while asked_at.elapsed() < READING_TIMEOUT {
            sleep(LOOK_INTERVAL).await;
            if store::verify::is_read_since(db, id, posting_id, since).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
