//! Makes sure that the key is of the workspace whose interviews are in the tables.

use chrono::Utc;
use tracing::warn;

use super::{Error, Result, Workspace};
use crate::{
    heymilo,
    normalize::{self, Answer},
    store,
};

/// Asks which workspace the key belongs to and writes what HeyMilo tells about it. A key of another
/// workspace is an error: its interviews must not be mixed with those in the tables.
pub async fn check(workspace: &Workspace) -> Result<()> {
    let items = match workspace.heymilo.workspaces().await {
        Ok(items) => items,
        Err(error @ (heymilo::Error::Unauthorized | heymilo::Error::RateLimited { .. })) => {
            return Err(error.into());
        }
        // The answer's shape is not published: without it we go on as before.
        Err(error) => {
            warn!(workspace.id = %workspace.id, error = %error, "workspace not identified");
            return Ok(());
        }
    };
    let Some(Ok(answer)) = items.first().map(|item| Answer::item(item)) else {
        return Ok(());
    };
    let Workspace { id, db, .. } = workspace;
    let told = normalize::workspace(answer);
    let known = store::workspaces::get(db, id).await?;
    if known.as_ref() == Some(&told) {
        return Ok(());
    }
    let known_id = known.and_then(|known| known.heymilo_workspace_id);
    if let (Some(known), Some(found)) = (known_id, &told.heymilo_workspace_id)
        && known != *found
    {
        return Err(Error::OtherWorkspace { known, found: found.clone() });
    }
    Ok(store::workspaces::upsert(db, id, &told, Utc::now()).await?)
}
