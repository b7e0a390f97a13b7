//! What is done when the workspace's key is wrong or the API does not answer, and when all is well
//! again.

use std::time::Duration;

use tracing::{error, info, warn};

use super::{Error, Result, Workspace};
use crate::{
    heymilo::{self, News},
    store,
};

/// How long to leave the API alone after the key turned out to be wrong.
const PAUSE: Duration = Duration::from_secs(60);

/// Says once what is wrong with the key, and leaves the API alone for a while; nothing of other
/// errors.
pub async fn tell(workspace: &Workspace, error: &Error) -> Result<()> {
    match error {
        Error::HeyMilo(refusal @ heymilo::Error::Unauthorized { .. }) => {
            refused(workspace, refusal).await
        }
        Error::OtherWorkspace { .. } => other_workspace(workspace, error).await,
        _ => Ok(()),
    }
}

/// Says once that the key is refused, and leaves the API alone for a while.
pub async fn refused(workspace: &Workspace, refusal: &heymilo::Error) -> Result<()> {
    pause(workspace);
    let Workspace { id, db, .. } = workspace;
    if store::connections::refused(db, id, &refusal.to_string()).await? {
        error!(
            workspace.id = %id,
            retry_in_s = PAUSE.as_secs(),
            "{refusal}: set it to a valid key of this workspace and start the daemon again"
        );
    }
    Ok(())
}

/// Says once that the key is of another workspace, whose interviews nobody must be asked for.
async fn other_workspace(workspace: &Workspace, error: &Error) -> Result<()> {
    pause(workspace);
    if store::connections::other_workspace(&workspace.db, &workspace.id).await? {
        error!(workspace.id = %workspace.id, retry_in_s = PAUSE.as_secs(), "{error}");
    }
    Ok(())
}

/// Makes no request with the key for a while.
fn pause(workspace: &Workspace) {
    workspace.heymilo.limiter().rest(PAUSE);
}

/// Notes that the key is accepted, and of the right workspace as far as is known.
pub async fn accepted(workspace: &Workspace) -> Result<()> {
    if store::connections::accepted(&workspace.db, &workspace.id).await? {
        info!(workspace.id = %workspace.id, "HeyMilo accepts the API key again");
    }
    Ok(())
}

/// Says once that the API does not answer any more, and once that it does again.
pub async fn watch(workspace: &Workspace) -> Result<()> {
    let Workspace { id, db, heymilo, .. } = workspace;
    match heymilo.limiter().news() {
        Some(News::Down(because)) if store::connections::down(db, id, &because).await? => {
            warn!(
                workspace.id = %id,
                because,
                "HeyMilo does not answer; a single request tries again until it does"
            );
        }
        Some(News::Back) if store::connections::back(db, id).await? => {
            info!(workspace.id = %id, "HeyMilo answers again");
        }
        _ => {}
    }
    Ok(())
}
