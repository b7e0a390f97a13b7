//! The workspace an API key belongs to. Its shape is not published, so it is only looked over.

use serde_json::Value;

use super::{Answer, notices::Notices};
use crate::records::Workspace;

/// Whether an item of the workspaces list carries an id, under whatever name.
pub fn carries(answer: &Answer, id: &str) -> bool {
    answer.values().any(|value| match value {
        Value::String(text) => text == id,
        Value::Number(number) => number.to_string() == id,
        _ => false,
    })
}

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
