//! The workspace of an API key. Its shape is not published, so only a few fields are read.

use serde_json::Value;

use super::{Answer, notices::Notices};
use crate::records::Workspace;

/// Whether an item of the workspaces list carries an id, under any name.
pub fn carries(answer: &Answer, id: &str) -> bool {
    answer.values().any(|value| match value {
        Value::String(text) => text == id,
        Value::Number(number) => number.to_string() == id,
        _ => false,
    })
}

/// Turns the item of the workspaces list into a record. Without a contract there are no notices.
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
