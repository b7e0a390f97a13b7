//! Bounds how often other daemons are notified about a workspace.

use std::{
    collections::HashMap,
    sync::Mutex,
    time::{Duration, Instant},
};

use crate::records::WorkspaceId;

/// A workspace's owner is notified at most once in 50 ms. Postgres commits notifying transactions
/// one after the other, and an owner that is awake works until nothing is due.
const MIN_INTERVAL: Duration = Duration::from_millis(50);

/// When each workspace's owner was last notified.
#[derive(Debug, Default)]
pub struct NotifyLimit(Mutex<HashMap<WorkspaceId, Instant>>);

impl NotifyLimit {
    /// Whether a notification may be sent for a workspace. If so, it counts as sent.
    pub fn admits(&self, workspace_id: &WorkspaceId) -> bool {
        let now = Instant::now();
        let mut last = self.0.lock().expect("no code panics while it holds the times");
        let is_due = last.get(workspace_id).is_none_or(|at| now.duration_since(*at) > MIN_INTERVAL);
        if is_due {
            last.insert(workspace_id.clone(), now);
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workspace_is_notified_at_most_once_in_an_interval() {
        let limit = NotifyLimit::default();
        let [one, other] = ["one", "other"].map(|name| WorkspaceId::new(name).unwrap());

        let admitted = [&one, &one, &other].map(|id| limit.admits(id));

        assert_eq!(admitted, [true, false, true]);
    }
}
