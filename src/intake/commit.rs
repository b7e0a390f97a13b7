//! Writes deliveries to the database. One statement writes each to the inbox and enqueues what it
//! names.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use sqlx::{Connection as _, PgConnection};
use tokio::time;
use uuid::Uuid;

use super::{Intake, erased::Searched};
use crate::{
    crash,
    records::{Delivery, InterviewId, WorkspaceId},
    store::{self, database::blames_the_rows},
};

/// A batch of the spool may take this many times as long as one that senders wait for.
const LONGER: u32 = 6;

/// Where a batch comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// Senders, who wait. Only a batch that the database refuses at once is split into halves.
    Senders,
    /// The spool. No sender waits, so every failed batch may be split.
    Spool,
}

/// A delivery that fails alone while the database accepts another.
#[derive(Debug)]
pub(super) struct Failure {
    /// Its index in the batch.
    pub at: usize,
    pub error: sqlx::Error,
}

impl Intake {
    /// Commits deliveries together. A batch that fails because of its rows is split into halves, so
    /// that the other deliveries are written. Returns the deliveries that fail alone. Fails when
    /// the database accepts no delivery at all.
    pub(super) async fn commit(
        &self,
        batch: &[Delivery],
        origin: Origin,
    ) -> store::Result<Vec<Failure>> {
        let shortest = self.0.database_timeout;
        let longest = if origin == Origin::Spool { shortest * LONGER } else { shortest };
        let (mut parts, mut failures) = (vec![(0..batch.len(), longest)], Vec::new());
        while let Some((part, limit)) = parts.pop() {
            let Err(error) = self.insert(&batch[part.clone()], limit).await else { continue };
            if !blames_the_rows(&error) {
                match origin {
                    Origin::Senders => return Err(error),
                    Origin::Spool => self.try_another().await?,
                }
            }
            if part.len() == 1 {
                failures.push(Failure { at: part.start, error });
                continue;
            }

            let middle = part.start + part.len() / 2;
            let limit = shortest.max(limit / 2);
            parts.extend([(middle..part.end, limit), (part.start..middle, limit)]);
        }
        Ok(failures)
    }

    /// Checks whether the database accepts deliveries: writes a harmless one and rolls it back. If
    /// that works, a delivery that fails is itself the cause.
    pub async fn try_another(&self) -> store::Result<()> {
        let limit = self.0.database_timeout;
        let attempt = async {
            let harmless = [harmless()];
            let searched = self.search(&harmless).await?;
            let mut connection = self.0.db.acquire().await?;
            let mut tx = store::database::begin_bounded(&mut connection, limit).await?;
            self.take(&mut tx, &searched).await?;
            tx.rollback().await
        };
        store::database::within(limit, attempt).await
    }

    /// Inserts deliveries without what they say about erased people. `limit` bounds the
    /// database's time. The search for names takes time of its own.
    async fn insert(&self, batch: &[Delivery], limit: Duration) -> store::Result<()> {
        let too_late = |_| sqlx::Error::PoolTimedOut;
        loop {
            let digests = time::timeout(limit, self.0.tombstones.get(&self.0.db));
            let digests = digests.await.map_err(too_late)??;
            let searched = self.0.tombstones.search(digests, batch).await;
            crash::point("delivery-searched");

            let end = time::Instant::now() + limit;
            let acquired = time::timeout_at(end, self.0.db.acquire()).await;
            let mut connection = acquired.map_err(too_late)??;
            let inserted = time::timeout_at(end, self.insert_searched(&mut connection, &searched));
            let inserted = inserted.await;
            if inserted.is_err() {
                // A late query would delay the pool when the connection is returned.
                connection.close_on_drop();
            }
            if inserted.map_err(too_late)?? {
                crash::point("delivery-committed");
                return Ok(());
            }
            // A person was erased since the tombstones were read.
            self.0.tombstones.forget(searched.version);
        }
    }

    /// The deliveries without what they say about erased people.
    pub(super) async fn search<'a>(&self, batch: &'a [Delivery]) -> store::Result<Searched<'a>> {
        let digests = self.0.tombstones.get(&self.0.db).await?;
        Ok(self.0.tombstones.search(digests, batch).await)
    }

    /// Inserts deliveries. Returns false, and inserts nothing, when a person was erased since the
    /// search.
    async fn insert_searched(
        &self,
        db: &mut PgConnection,
        searched: &Searched<'_>,
    ) -> store::Result<bool> {
        let undecoded = undecoded(&searched.deliveries);
        if undecoded.is_empty() {
            return self.take(db, searched).await;
        }
        let mut tx = db.begin().await?;
        let is_current = self.take(&mut tx, searched).await?;
        for ((workspace_id, why), (count, last_at)) in undecoded {
            store::notices::count_undecoded(&mut tx, workspace_id, why, count, last_at).await?;
        }
        if is_current {
            tx.commit().await?;
        }
        Ok(is_current)
    }

    async fn take(&self, db: &mut PgConnection, searched: &Searched<'_>) -> store::Result<bool> {
        let Searched { deliveries, version } = searched;
        let workspaces: BTreeSet<&WorkspaceId> =
            deliveries.iter().map(|delivery| &delivery.workspace_id).collect();
        let notified: Vec<&str> = workspaces
            .into_iter()
            .filter(|workspace_id| self.0.notify_limit.admits(workspace_id))
            .map(WorkspaceId::as_str)
            .collect();
        store::inbox::take(db, deliveries, *version, self.0.unknown_waiting, &notified).await
    }
}

/// The number of undecoded deliveries and the time of the last one, by workspace and reason. The
/// order is always the same, so that two batches cannot deadlock.
fn undecoded(deliveries: &[Delivery]) -> BTreeMap<(&WorkspaceId, &str), (i32, DateTime<Utc>)> {
    let mut undecoded = BTreeMap::new();
    for delivery in deliveries {
        let Some(why) = delivery.undecoded.as_deref() else { continue };
        let (count, last_at) =
            undecoded.entry((&delivery.workspace_id, why)).or_insert((0, delivery.received_at));
        *count += 1;
        *last_at = delivery.received_at.max(*last_at);
    }
    undecoded
}

/// A delivery of no workspace. It names an interview, so that it takes the same way as all others.
fn harmless() -> Delivery {
    let (workspace, interview) = (WorkspaceId::new("probe"), InterviewId::new("probe"));
    Delivery {
        receipt_id: Uuid::now_v7(),
        workspace_id: workspace.expect("a workspace may have this name"),
        received_at: Utc::now(),
        method: "POST".to_owned(),
        query: None,
        content_type: None,
        content_encoding: None,
        body: Bytes::new(),
        interview_ids: vec![interview.expect("an interview may have this id")],
        posting_id: None,
        is_vague: false,
        undecoded: None,
        event_type: None,
        traceparent: None,
    }
}
