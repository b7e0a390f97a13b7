//! Makes sure that the key is of the workspace whose interviews are in the tables.

use chrono::Utc;

use super::{Error, Result, Workspace};
use crate::{
    normalize::{self, Answer},
    store,
};

/// Asks which workspace the key belongs to and writes what HeyMilo tells about it. A key of another
/// workspace is an error: its interviews must not be mixed with those in the tables.
pub async fn check(workspace: &Workspace) -> Result<()> {
    let items = workspace.heymilo.workspaces().await?;
    let Some(Ok(answer)) = items.first().map(|item| Answer::item(item.get().as_bytes())) else {
        return Ok(());
    };
    let told = normalize::workspace(answer);
    let known = store::workspaces::heymilo_id(&workspace.db, &workspace.id).await?;
    match (known, &told.heymilo_workspace_id) {
        (Some(known), Some(found)) if known != *found => {
            Err(Error::OtherWorkspace { known, found: found.clone() })
        }
        _ => Ok(store::workspaces::upsert(&workspace.db, &workspace.id, &told, Utc::now()).await?),
    }
}
