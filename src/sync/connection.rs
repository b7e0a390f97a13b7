//! What is done when the API refuses the workspace's key, or accepts it again.

use std::time::Duration;

use tracing::{error, info};

use super::{Result, Workspace};
use crate::store;

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
