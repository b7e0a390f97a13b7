//! Deliveries go into the database: each into the inbox, and what it names becomes due, in one
//! statement.

use std::{collections::BTreeSet, slice, time::Duration};

use tokio::time;

use super::Intake;
use crate::{
    crash,
    records::{Delivery, WorkspaceId},
    store::{self, database::blames_the_rows},
};

impl Intake {
    /// Commits deliveries together; one by one when one of them is to blame, so that the others do
    /// not suffer. Returns the places of those that the database refuses for their own sake.
    pub(super) async fn commit(
        &self,
        batch: &[Delivery],
        patience: Duration,
    ) -> store::Result<Vec<usize>> {
        match self.insert(batch, patience).await {
            Ok(()) => Ok(Vec::new()),
            Err(error) if !blames_the_rows(&error) => Err(error),
            Err(_) => {
                let mut refused = Vec::new();
                for (at, alone) in batch.iter().enumerate() {
                    match self.insert(slice::from_ref(alone), patience).await {
                        Err(error) if blames_the_rows(&error) => refused.push(at),
                        inserted => inserted?,
                    }
                }
                Ok(refused)
            }
        }
    }

    /// Inserts deliveries, within the time that the database may take.
    async fn insert(&self, batch: &[Delivery], patience: Duration) -> store::Result<()> {
        let end = time::Instant::now() + patience;
        let too_late = |_| sqlx::Error::PoolTimedOut;
        let acquired = time::timeout_at(end, self.0.db.acquire()).await;
        let mut connection = acquired.map_err(too_late)??;
        let workspaces: BTreeSet<&WorkspaceId> =
            batch.iter().map(|delivery| &delivery.workspace_id).collect();
        let notified: Vec<&str> = workspaces
            .into_iter()
            .filter(|workspace_id| self.0.bells.are_due(workspace_id))
            .map(WorkspaceId::as_str)
            .collect();
        crash::point("delivery-received");
        let taken = store::inbox::take(&mut *connection, batch, self.0.unknown_waiting, &notified);
        let taken = time::timeout_at(end, taken).await;
        if taken.is_err() {
            // It would be waited for once more when it is given back.
            connection.close_on_drop();
        }
        crash::point("delivery-committed");
        taken.map_err(too_late)?
    }
}
