//! Handles a wrong key and an API that does not answer, and their end.

use std::time::Duration;

use tracing::{error, info, warn};

use super::{Error, Result, Workspace};
use crate::{
    heymilo::{self, ApiChange},
    store,
};

/// How long the limiter sends no request after the key was found to be wrong.
const PAUSE: Duration = Duration::from_secs(60);

/// Logs once that the key is wrong and pauses requests for 60 s. Other errors are ignored.
pub async fn report(workspace: &Workspace, error: &Error) -> Result<()> {
    match error {
        Error::HeyMilo(refusal @ heymilo::Error::Unauthorized { .. }) => {
            refused(workspace, refusal).await
        }
        Error::OtherWorkspace { .. } => other_workspace(workspace, error).await,
        _ => Ok(()),
    }
}

/// Logs once that HeyMilo refuses the key, and pauses requests for 60 s.
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

/// Logs once that the key belongs to another workspace. No interview may be asked for with it.
async fn other_workspace(workspace: &Workspace, error: &Error) -> Result<()> {
    pause(workspace);
    if store::connections::other_workspace(&workspace.db, &workspace.id).await? {
        error!(workspace.id = %workspace.id, retry_in_s = PAUSE.as_secs(), "{error}");
    }
    Ok(())
}

/// Makes no request with the key for 60 s.
fn pause(workspace: &Workspace) {
    workspace.heymilo.limiter().delay(PAUSE);
}

/// Records that HeyMilo accepts the key, and that nothing shows it to be of another workspace.
pub async fn accepted(workspace: &Workspace) -> Result<()> {
    if store::connections::accepted(&workspace.db, &workspace.id).await? {
        info!(workspace.id = %workspace.id, "HeyMilo accepts the API key again");
    }
    Ok(())
}

/// Logs once that the API stopped answering, and once that it answers again.
pub async fn watch(workspace: &Workspace) -> Result<()> {
    let Workspace { id, db, heymilo, .. } = workspace;
    match heymilo.limiter().take_change() {
        Some(ApiChange::Down(because)) if store::connections::down(db, id, &because).await? => {
            warn!(
                workspace.id = %id,
                because,
                "HeyMilo does not answer, single requests try again until it does"
            );
        }
        Some(ApiChange::Back) if store::connections::back(db, id).await? => {
            info!(workspace.id = %id, "HeyMilo answers again");
        }
        _ => {}
    }
    Ok(())
}
