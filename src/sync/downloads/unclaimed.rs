//! Removes contents that belong to no file: of erased people, of gone interviews, of files past
//! their retention, and of downloads that a process did not finish.

use std::time::Duration;

use sqlx::PgPool;

use crate::{
    files::Files,
    store::{self, database::within},
    sync::Result,
};

/// How long the database may take.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Contents removed in one step.
const REMOVED: i64 = 100;

/// Removes due contents that belong to no file. When one fails, it still removes the others and
/// then returns the last error. Several processes may run it at once. Returns the number of
/// contents that this process settled.
pub async fn remove_unclaimed(db: &PgPool, files: &Files) -> Result<usize> {
    let unclaimed = within(TIMEOUT, store::files::unclaimed(db, REMOVED)).await?;
    let (mut settled, mut failed) = (0, None);
    for sha256 in &unclaimed {
        match remove(db, files, sha256).await {
            Ok(is_settled) => settled += usize::from(is_settled),
            Err(error) => failed = Some(error),
        }
    }
    failed.map_or(Ok(settled), Err)
}

async fn remove(db: &PgPool, files: &Files, sha256: &str) -> Result<bool> {
    let mut tx = db.begin().await?;
    let Some(is_of_none) = store::files::lock_unclaimed(&mut tx, sha256).await? else {
        return Ok(false);
    };
    if is_of_none {
        files.remove(sha256).await?;
    }
    store::files::forget_unclaimed(&mut tx, sha256).await?;
    tx.commit().await?;
    Ok(true)
}
