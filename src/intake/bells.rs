//! Other daemons are told that something is due, but not again and again.

use std::{
    collections::HashMap,
    sync::Mutex,
    time::{Duration, Instant},
};

use crate::records::WorkspaceId;

/// After a bell none is rung for so long. Postgres lets those who ring commit one after the other
/// only; and whoever was woken works on as long as there is work.
const REST: Duration = Duration::from_millis(50);

/// When which bell was rung last.
#[derive(Debug, Default)]
pub struct Bells(Mutex<HashMap<WorkspaceId, Instant>>);

impl Bells {
    /// Whether it is time to ring a workspace's bell, which then counts as rung.
    pub fn are_due(&self, workspace_id: &WorkspaceId) -> bool {
        let (now, mut rung) =
            (Instant::now(), self.0.lock().expect("nobody panics with the bells"));
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
