//! Deliveries go into the database: each into the inbox, and what it names becomes due, in one
//! transaction.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    slice,
    time::Duration,
};

use sqlx::{Connection as _, PgConnection};
use tokio::time;

use super::{Intake, Shared};
use crate::{
    crash,
    records::{Delivery, InterviewId, PostingId, WorkspaceId},
    store::{self, database::blames_the_rows, jobs::Named},
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
        let inserted = time::timeout_at(end, insert(&mut connection, batch, &self.0)).await;
        if inserted.is_err() {
            // It would be waited for once more when it is given back.
            connection.close_on_drop();
        }
        inserted.map_err(too_late)?
    }
}

async fn insert(db: &mut PgConnection, batch: &[Delivery], shared: &Shared) -> store::Result<()> {
    let mut tx = db.begin().await?;
    // What was written before, and is replayed, has been made due then.
    let new = store::inbox::insert(&mut *tx, batch).await?;
    let mut workspaces: BTreeMap<&WorkspaceId, Vec<&Delivery>> = BTreeMap::new();
    for delivery in batch.iter().filter(|delivery| new.contains(&delivery.receipt_id)) {
        workspaces.entry(&delivery.workspace_id).or_default().push(delivery);
    }
    // Always in the same order, so that two batches cannot deadlock.
    for (workspace_id, deliveries) in &workspaces {
        enqueue(&mut tx, workspace_id, deliveries, shared.unknown_waiting).await?;
    }
    for (workspace_id, deliveries) in &workspaces {
        hasten(&mut tx, workspace_id, deliveries).await?;
        if shared.bells.are_due(workspace_id) {
            store::bell::ring(&mut *tx, workspace_id).await?;
        }
    }
    crash::point("delivery-written");
    tx.commit().await?;
    crash::point("delivery-committed");
    Ok(())
}

/// Makes the interviews due that deliveries name.
async fn enqueue(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    deliveries: &[&Delivery],
    unknown_waiting: u32,
) -> store::Result<()> {
    // Sorted by id; of several deliveries about an interview the last one's trace is gone on with.
    let mut named: BTreeMap<&str, (Vec<&str>, Option<&str>)> = BTreeMap::new();
    for delivery in deliveries {
        for id in &delivery.interview_ids {
            let (event_types, traceparent) = named.entry(id.as_str()).or_default();
            let event_type = delivery.event_type.as_deref().unwrap_or_default();
            if !event_types.contains(&event_type) {
                event_types.push(event_type);
            }
            *traceparent = delivery.traceparent.as_deref();
        }
    }
    if named.is_empty() {
        return Ok(());
    }
    let named: Vec<Named<'_>> = named
        .into_iter()
        .map(|(interview_id, (event_types, traceparent))| Named {
            interview_id,
            event_types: event_types.join("\n"),
            traceparent,
        })
        .collect();
    store::jobs::enqueue_named(db, workspace_id, &named, unknown_waiting).await
}

/// Makes the lists due that are worth a look.
async fn hasten(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    deliveries: &[&Delivery],
) -> store::Result<()> {
    let mut vague: Vec<&Delivery> =
        deliveries.iter().copied().filter(|delivery| delivery.is_vague).collect();
    let ids: Vec<&str> = vague
        .iter()
        .flat_map(|delivery| &delivery.interview_ids)
        .map(InterviewId::as_str)
        .collect();
    if !ids.is_empty() {
        // What names an interview that is known meant it.
        let known: HashSet<InterviewId> =
            store::hints::known(&mut *db, workspace_id, &ids).await?.into_iter().collect();
        vague.retain(|delivery| !delivery.interview_ids.iter().any(|id| known.contains(id)));
    }
    let postings: BTreeSet<Option<&PostingId>> =
        vague.iter().map(|delivery| delivery.posting_id.as_ref()).collect();
    let mut all_known = true;
    for posting_id in postings {
        all_known &= match posting_id {
            Some(posting_id) => store::hints::hasten(&mut *db, workspace_id, posting_id).await?,
            None => false,
        };
    }
    if !all_known {
        // It may be about any posting, or about one that is not known yet.
        store::hints::hasten_all(db, workspace_id).await?;
    }
    Ok(())
}
