//! What is done when the API refuses the workspace's key or does not answer, and when it does again.

use std::time::Duration;

use tracing::{error, info, warn};

use super::{Result, Workspace};
use crate::{heymilo::News, store};

/// How long to leave the API alone after it refused the key.
pub const REFUSED_PAUSE: Duration = Duration::from_secs(60);

/// Says once that the key is refused, and leaves the API alone for a while.
pub async fn refused(workspace: &Workspace) -> Result<()> {
    pause(workspace);
    if store::connections::refused(&workspace.db, &workspace.id).await? {
        error!(
            workspace.id = %workspace.id,
            retry_in_s = REFUSED_PAUSE.as_secs(),
            "HeyMilo refuses the API key: set HEYMILO_API_KEY to a valid key of this workspace"
        );
    }
    Ok(())
}

/// Makes no request with the key for a while.
pub fn pause(workspace: &Workspace) {
    workspace.heymilo.pacing().pause(REFUSED_PAUSE);
}

/// Notes that the key is accepted.
pub async fn accepted(workspace: &Workspace) -> Result<()> {
    if store::connections::accepted(&workspace.db, &workspace.id).await? {
        info!(workspace.id = %workspace.id, "HeyMilo accepts the API key again");
    }
    Ok(())
}

/// Says once that the API does not answer any more, and once that it does again.
pub async fn watch(workspace: &Workspace) -> Result<()> {
    let Workspace { id, db, heymilo, .. } = workspace;
    match heymilo.pacing().news() {
        Some(News::Down) if store::connections::down(db, id).await? => {
            warn!(
                workspace.id = %id,
                "HeyMilo does not answer; asking now and then until it does, nothing is lost"
            );
        }
        Some(News::Back) if store::connections::back(db, id).await? => {
            info!(workspace.id = %id, "HeyMilo answers again");
        }
        _ => {}
    }
    Ok(())
}
