//! Notifies the owner when another process takes a delivery. The channel carries the name of the
//! workspace.

use std::sync::LazyLock;

use sqlx::{PgExecutor, PgPool, postgres::PgListener};

use super::{Result, database::keeps_its_session};
use crate::records::WorkspaceId;

pub(super) const CHANNEL: &str = "heymilo_sync_due";
/// A pool with fewer connections has none to spare for listening.
const MIN_CONNECTIONS: u32 = 4;

/// Names this process in its notifications.
pub(super) static PROCESS: LazyLock<String> =
    LazyLock::new(|| format!("{:016x}", fastrand::u64(..)));

/// A notification that arrived.
#[derive(Debug)]
pub struct Notification {
    /// The workspace in which something is due.
    pub workspace_id: WorkspaceId,
    /// Whether this process sent the notification, and so needs no wake-up.
    pub is_own: bool,
}

/// Notifies the owner when the transaction commits. Without a notification the owner looks later by
/// itself.
pub async fn notify(db: impl PgExecutor<'_>, workspace_id: &WorkspaceId) -> Result<()> {
    let payload = format!("{} {workspace_id}", *PROCESS);
    sqlx::query!(r#"select pg_notify($1, $2)"#, CHANNEL, payload).execute(db).await?;

    Ok(())
}

/// Listens to the notifications of every process on the database.
#[derive(Debug)]
pub struct Listener(PgListener);

impl Listener {
    /// Begins to listen on a connection of its own. `None` when no connection is to spare, or
    /// behind a pooler that shares its sessions with other programs.
    pub async fn listen(db: &PgPool) -> Result<Option<Self>> {
        let has_few = db.options().get_max_connections() < MIN_CONNECTIONS;
        if has_few || !keeps_its_session(&mut *db.acquire().await?).await? {
            return Ok(None);
        }
        let mut listener = PgListener::connect_with(db).await?;
        listener.listen(CHANNEL).await?;
        Ok(Some(Self(listener)))
    }

    /// Waits for the next notification. A lost connection is made again, and notifications sent
    /// meanwhile are missed.
    pub async fn recv(&mut self) -> Result<Notification> {
        let notification = self.0.recv().await?;
        let (process, workspace_id) = notification.payload().split_once(' ').unwrap_or_default();
        let workspace_id = WorkspaceId::from(workspace_id.to_owned());
        Ok(Notification { workspace_id, is_own: process == *PROCESS })
    }
}
