//! Bounds how often other daemons are notified about a workspace.

use std::{
    collections::HashMap,
    sync::Mutex,
    time::{Duration, Instant},
};

use crate::records::WorkspaceId;

/// A workspace's owner is notified at most once in 50 ms. Postgres commits notifying transactions
/// one after the other, and an owner that is awake works until nothing is due.
const REST: Duration = Duration::from_millis(50);

/// When each workspace's owner was last notified.
#[derive(Debug, Default)]
pub struct Bells(Mutex<HashMap<WorkspaceId, Instant>>);

impl Bells {
    /// Whether a notification may be sent for a workspace. If so, it counts as sent.
    pub fn are_due(&self, workspace_id: &WorkspaceId) -> bool {
        let (now, mut rung) =
            (Instant::now(), self.0.lock().expect("no code panics while it holds the times"));
        let is_due = rung.get(workspace_id).is_none_or(|at| now.duration_since(*at) > REST);
        if is_due {
            rung.insert(workspace_id.clone(), now);
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bell_rests_after_it_was_rung_and_the_others_do_not() {
        let bells = Bells::default();
        let [one, other] = ["one", "other"].map(|name| WorkspaceId::new(name).unwrap());

        let rung = [&one, &one, &other].map(|id| bells.are_due(id));

        assert_eq!(rung, [true, false, true]);
    }
}
