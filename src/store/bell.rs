//! Wakes the workers of other processes: a channel that says in which workspace something is due.

use sqlx::{PgExecutor, PgPool, postgres::PgListener};

use super::Result;
use crate::records::WorkspaceId;

const CHANNEL: &str = "heymilo_sync_due";

/// Rings once the transaction is committed. Workers look for themselves as well, only later.
pub async fn ring(db: impl PgExecutor<'_>, workspace_id: &WorkspaceId) -> Result<()> {
    sqlx::query!(r#"select pg_notify($1, $2)"#, CHANNEL, workspace_id.as_str()).execute(db).await?;

    Ok(())
}

/// Hears the bell of every process on the database.
#[derive(Debug)]
pub struct Bell(PgListener);

impl Bell {
    /// Begins to listen, on a connection of its own.
    pub async fn listen(db: &PgPool) -> Result<Self> {
        let mut listener = PgListener::connect_with(db).await?;
        listener.listen(CHANNEL).await?;
        Ok(Self(listener))
    }

    /// Waits for the next ring. Returns the workspace in which something is due. A lost connection
    /// is made again; what rang meanwhile is missed.
    pub async fn heard(&mut self) -> Result<WorkspaceId> {
        let ring = self.0.recv().await?;
        Ok(WorkspaceId::from(ring.payload().to_owned()))
    }
}
