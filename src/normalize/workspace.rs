//! The workspace an API key belongs to. Its shape is not published, so it is only looked over.

use super::{Answer, notices::Notices};
use crate::records::Workspace;

/// Turns the item of the workspaces list into a record. There is nothing to be noticed where
/// nothing is promised.
pub fn workspace(answer: Answer) -> Workspace {
    let mut notices = Notices::default();
    let mut fields = answer.fields(&mut notices);
    fields.skip("object");
    Workspace {
        heymilo_workspace_id: ["workspace_id", "id", "company_id"]
            .into_iter()
            .find_map(|name| fields.text(name)),
        title: ["name", "title"].into_iter().find_map(|name| fields.text(name)),
        extra: fields.extra(),
    }
}
