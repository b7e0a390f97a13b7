//! Makes sure that the key is of the workspace whose interviews are in the tables.

use std::{sync::Arc, time::Duration};

use chrono::Utc;
use tokio::{sync::OnceCell, time};
use tracing::{debug, warn};

use super::{Error, Result, Workspace, connection};
use crate::{
    normalize::{self, Answer},
    store,
};

/// How long to wait before asking again whose the key is.
const AGAIN: Duration = Duration::from_secs(2);
/// How long one attempt may take: a connection to the database that hangs may never answer.
const PATIENCE: Duration = Duration::from_secs(5 * 60);

/// Whether a process knows that its key is not of another workspace. Clones know it together.
#[derive(Debug, Clone, Default)]
pub struct Identity(Arc<OnceCell<()>>);

impl Workspace {
    /// Waits until it is known that the key is not of another workspace, once in a process: whoever
    /// asks another one for interviews learns that none of them exist.
    pub async fn identified(&self) {
        self.identity.0.get_or_init(|| settle(self)).await;
    }
}

async fn settle(workspace: &Workspace) {
    let attempt = || async {
        let tried = time::timeout(PATIENCE, try_to_settle(workspace)).await;
        tried.unwrap_or(Err(sqlx::Error::PoolTimedOut.into()))
    };
    while let Err(error) = attempt().await {
        // What is wrong with the key, and that the API does not answer, is said elsewhere.
        debug!(workspace.id = %workspace.id, error = error.in_full(), "workspace not identified yet");
        time::sleep(AGAIN).await;
    }
}

async fn try_to_settle(workspace: &Workspace) -> Result<()> {
    let checked = check(workspace).await;
    connection::watch(workspace).await?;
    match checked {
        Ok(()) => connection::accepted(workspace).await,
        Err(error) => {
            connection::tell(workspace, &error).await?;
            Err(error)
        }
    }
}

/// Asks which workspace the key belongs to and writes what HeyMilo tells about it. A key of another
/// workspace is an error: its interviews must not be mixed with those in the tables.
pub async fn check(workspace: &Workspace) -> Result<()> {
    let heymilo = &workspace.heymilo;
    let items = match heymilo.workspaces().await {
        Ok(items) => items,
        Err(error) if error.is_of_the_key() => return Err(error.into()),
        // The answer's shape is not published: without it we go on as before.
        Err(error) => {
            if error.is_outage() {
                // Unless nothing else is answered either: then it will be told later.
                heymilo.postings(None).await?;
            }
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
