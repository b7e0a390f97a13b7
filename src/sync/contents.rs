//! Drops the contents of deliveries that HeyMilo has answered, and the oldest contents when the
//! inbox is too large. A delivery is only a hint, so its row, its ids and the shape of its body are
//! enough.

use std::{collections::HashSet, time::Duration};

use sqlx::{PgConnection, PgPool};
use tokio::time;
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use crate::{
    config::Retention as Settings,
    json,
    metrics::Counts,
    records::WorkspaceId,
    store::{
        self,
        contents::Scope,
        retention_runs::{ANSWERED, INBOX_BYTES},
    },
};

/// How often the task checks the size of the inbox.
const INTERVAL: Duration = Duration::from_secs(10);
/// Every sixth check also looks for answered deliveries of the last hour.
const LOOKS_PER_RECENT_SEARCH: u64 = 6;
/// Every 8,640th check, about once a day, looks at all deliveries.
const LOOKS_PER_SEARCH: u64 = 8640;
/// How long one check may take. The next checks do the rest.
const LOOK_TIMEOUT: Duration = Duration::from_secs(60 * 60);
/// Deliveries in one transaction.
const DELIVERIES: i64 = 1000;
/// Contents in memory at a time (4 MiB, and one more delivery).
const BATCH_BYTES: i64 = 4 << 20;

/// The contents of one workspace's deliveries.
#[derive(Debug, Clone)]
pub struct Contents {
    db: PgPool,
    workspace_id: WorkspaceId,
    counts: Counts,
    drop_answered: bool,
    max_bytes: i64,
}

impl Contents {
    /// Makes the task of one workspace.
    pub fn new(db: PgPool, workspace_id: WorkspaceId, counts: Counts, settings: &Settings) -> Self {
        let max_bytes = i64::try_from(settings.inbox_bytes).unwrap_or(i64::MAX);
        Self { db, workspace_id, counts, drop_answered: settings.drop_answered, max_bytes }
    }

    /// Looks every 10 seconds until `shutdown` is cancelled.
    pub async fn run(&self, shutdown: CancellationToken) {
        let mut looks = time::interval(INTERVAL);
        looks.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
        for look in 0.. {
            tokio::select! {
                () = shutdown.cancelled() => return,
                _ = looks.tick() => {}
            }

            let scope = match look {
                all if all % LOOKS_PER_SEARCH == 0 => Some(Scope::Answered),
                some if some % LOOKS_PER_RECENT_SEARCH == 0 => Some(Scope::LatelyAnswered),
                _ => None,
            };

            // Each batch is a transaction, so a cancelled check leaves no batch half dropped.
            tokio::select! {
                () = shutdown.cancelled() => return,
                looked = time::timeout(LOOK_TIMEOUT, self.step(scope)) => {
                    if let Err(error) = looked.unwrap_or(Err(sqlx::Error::PoolTimedOut)) {
                        // A database error's message could quote a delivery, so it is not logged.
                        warn!(
                            workspace.id = %self.workspace_id,
                            sqlstate = store::database::sqlstate(&error).as_deref(),
                            "contents of deliveries not dropped, retrying in 10 s"
                        );
                    }
                }
            }
        }
    }

    /// Drops the answered contents of a scope, if the settings say so, and then the oldest contents
    /// while the inbox is too large. Returns the number dropped.
    pub async fn step(&self, scope: Option<Scope>) -> store::Result<usize> {
        let mut dropped = 0;
        if let Some(scope) = scope.filter(|_| self.drop_answered) {
            dropped += self.drop(scope, i64::MAX).await?;
            debug!(workspace.id = %self.workspace_id, deliveries = dropped, "answered deliveries dropped");
            if dropped > 0 || scope == Scope::Answered {
                self.note(ANSWERED, dropped).await?;
            }
        }

        let mut bytes = store::contents::content_bytes(&self.db, &self.workspace_id).await?;
        for scope in [Scope::Answered, Scope::All] {
            if bytes <= self.max_bytes {
                break;
            }
            let oldest = self.drop(scope, bytes - self.max_bytes).await?;
            info!(
                workspace.id = %self.workspace_id,
                deliveries = oldest,
                answered = scope == Scope::Answered,
                "the inbox was larger than retention.inbox_bytes: contents of the oldest deliveries dropped"
            );
            self.note(INBOX_BYTES, oldest).await?;
            dropped += oldest;
            bytes = store::contents::content_bytes(&self.db, &self.workspace_id).await?;
        }
        self.counts.has_inbox(bytes);
        Ok(dropped)
    }

    async fn note(&self, setting: &str, dropped: usize) -> store::Result<()> {
        store::retention_runs::note(&self.db, &self.workspace_id, setting, dropped as u64).await
    }

    /// Drops the oldest contents of a scope, until `bytes` are dropped or none are left.
    async fn drop(&self, scope: Scope, bytes: i64) -> store::Result<usize> {
        let (mut last, mut left, mut dropped) = (0, bytes, 0);
        while left > 0 {
            let mut tx = store::database::begin_repeatable(&self.db).await?;
            let Batch { deliveries, newest, bytes } =
                self.next(&mut tx, scope, last, left.min(BATCH_BYTES)).await?;
            let Some(newest) = newest else { break };
            let bodies = store::contents::bodies(&mut tx, &deliveries).await?;
            let (ids, shapes): (Vec<_>, Vec<_>) =
                bodies.iter().map(|(id, body)| (*id, json::shape(body))).unzip();
            store::contents::drop_contents(&mut tx, &ids, &shapes).await?;
            tx.commit().await?;

            last = newest;
            left -= bytes;
            dropped += ids.len();
        }

        Ok(dropped)
    }

    /// Finds what one transaction drops: the first deliveries after `last` that may be dropped, with
    /// at least `max_bytes` together, or all that are left.
    async fn next(
        &self,
        db: &mut PgConnection,
        scope: Scope,
        last: i64,
        max_bytes: i64,
    ) -> store::Result<Batch> {
        let id = &self.workspace_id;
        let found = store::contents::deliveries(db, id, scope, last, DELIVERIES).await?;
        let unanswered = match scope {
            Scope::All => HashSet::new(),
            Scope::Answered | Scope::LatelyAnswered => {
                let named: HashSet<&str> = found
                    .iter()
                    .flat_map(|delivery| &delivery.interview_ids)
                    .map(String::as_str)
                    .collect();
                store::contents::unanswered(db, id, &Vec::from_iter(named)).await?
            }
        };

        let mut batch = Batch::default();
        for delivery in found {
            if batch.bytes >= max_bytes {
                break;
            }
            batch.newest = Some(delivery.delivery_id);
            if !delivery.interview_ids.iter().any(|id| unanswered.contains(id)) {
                batch.bytes += i64::from(delivery.content_bytes);
                batch.deliveries.push(delivery.delivery_id);
            }
        }
        Ok(batch)
    }
}

/// The deliveries whose contents one transaction drops.
#[derive(Debug, Default)]
struct Batch {
    deliveries: Vec<i64>,
    /// The last delivery that was considered. `None` when there was none.
    newest: Option<i64>,
    bytes: i64,
}
