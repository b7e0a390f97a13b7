//! Careful mode for lists. After an unclean takeover, a list that was due may have ended the
//! process.

use std::{collections::HashSet, sync::MutexGuard};

use tracing::error;

use super::{Name, Poll};
use crate::{
    store::{
        self,
        cursors::{Due, List},
    },
    sync::Workspace,
};

/// How careful the process must be with a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Care {
    /// The list is read beside others.
    None,
    /// An earlier process ended while it read the list, so the list is read alone.
    Alone,
    /// The list ended the process too often, so it is not read. Of a candidates list only the page
    /// that ends the process is left out.
    LeftOut,
}

impl Poll {
    /// Marks a list that was due when the last owner died, once in this process.
    pub(super) async fn careful(&self, due: &Due, name: &Name) -> store::Result<Care> {
        let Workspace { id, owner, .. } = &self.workspace;
        let is_marked = self.marked().contains(name);

        if due.is_poison() && due.list != List::Candidates {
            error!(
                list = due.list.as_str(),
                posting.id = due.posting_id,
                "the process died each time it read this list; the next full scan reads it again"
            );
            self.postpone(due, self.settings.full_interval).await?;
            return Ok(Care::LeftOut);
        }
        let held = owner.held().filter(|held| held.is_unclean && due.due_at <= held.taken_at);
        if held.is_some() && !is_marked {
            let mut tx = owner.begin().await?;
            store::cursors::mark(&mut *tx, id, due.list, &due.posting_id).await?;
            tx.commit().await?;
            self.marked().insert(name.clone());
        }

        Ok(if due.marks > 0 { Care::Alone } else { Care::None })
    }

    pub(super) fn marked(&self) -> MutexGuard<'_, HashSet<Name>> {
        self.marked.lock().expect("no panic happens under this lock")
    }
}
