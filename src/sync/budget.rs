//! One budget per key for all replicas: permits are taken from the database, one at a time or as
//! many as are due.

use std::time::Duration;

use futures_util::future::BoxFuture;
use sqlx::PgPool;
use tokio::time;
use tracing::{info, warn};

use super::{
    Result,
    ledger::{Class, Ledger, WINDOW},
};
use crate::{
    heymilo::{Ask, Budget, Grant, Purpose},
    records::WorkspaceId,
    store::{
        self,
        budgets::{Demand, Taken},
        jobs::{Allowance, NEWS_WAIT, Turn},
    },
};

/// How long to wait when the database is away: nothing is fetched then anyway.
const DATABASE_AWAY: Duration = Duration::from_secs(2);

/// How long the database may take: a connection that hangs may never answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// A workspace's budget, shared by every process that uses its database.
#[derive(Debug, Clone)]
pub struct SharedBudget {
    workspace_id: WorkspaceId,
    db: PgPool,
    allowance: Allowance,
    lease: Duration,
}

impl SharedBudget {
    /// Shares a budget of so many requests a minute, or fewer where HeyMilo tells so. Permits are for
    /// jobs that can be claimed for `lease`.
    pub fn new(
        workspace_id: WorkspaceId,
        db: PgPool,
        allowance: Allowance,
        lease: Duration,
    ) -> Self {
        Self { workspace_id, db, allowance, lease }
    }

    async fn try_take(&self, ask: Ask) -> Result<Grant> {
        let (turn, news_wait) = match ask.purpose {
            Purpose::Lists => return self.take_for(Class::Polling, ask.most, ask).await,
            Purpose::Interviews => (Turn::MostUrgent, Duration::ZERO),
            Purpose::News => (Turn::News, Duration::ZERO),
            Purpose::BesidesNews => (Turn::MostUrgent, NEWS_WAIT),
        };
        let Self { db, workspace_id: id, allowance, lease } = self;
        let demand = store::budgets::demand(db, id, ask.most, *lease, turn, news_wait).await?;
        let Demand { jobs, priority, is_unknown_due } = demand;
        let jobs = usize::try_from(jobs).unwrap_or(ask.most);
        let unknown = if is_unknown_due {
            store::jobs::unknown_due(db, id, ask.most, *allowance).await?
        } else {
            0
        };
        let class = match priority {
            _ if unknown > 0 => Class::Webhook,
            None => return Ok(Grant::NotNeeded),
            Some(0) => Class::Webhook,
            Some(1) => Class::Polling,
            Some(_) => Class::Backfill,
        };
        self.take_for(class, ask.most.min(jobs + unknown), ask).await
    }

    async fn take_for(&self, class: Class, most: usize, ask: Ask) -> Result<Grant> {
        let id = &self.workspace_id;
        let age = ask.heard.map(|heard| heard.age).unwrap_or_default();
        // A server that crashes permits nothing for longer than the moment that it forgets.
        let mut tx = store::database::begin_repeatable(&self.db).await?;
        let budget = store::budgets::lock(&mut tx, id).await?;
        let usage = store::budgets::usage(&mut tx, id, class.as_str(), WINDOW, age).await?;
        let mut ledger = Ledger { setting: self.allowance.requests_per_minute, budget, usage };

        let limit = ledger.limit();
        let others = ask.heard.and_then(|heard| ledger.hear(heard));
        let grant = ledger.take(class, most);
        let ours = match grant {
            Grant::Permits(permits) => Some(Taken {
                at: usage.now,
                class: class.as_str(),
                requests: i32::try_from(permits).unwrap_or(i32::MAX),
            }),
            Grant::Wait(_) | Grant::NotNeeded => None,
        };
        let taken: Vec<Taken> = ours.into_iter().chain(others).collect();
        if !taken.is_empty() || ledger.budget != budget {
            store::budgets::update(&mut tx, id, &ledger.budget, &taken).await?;
        }
        tx.commit().await?;
        if ledger.limit() != limit {
            info!(workspace.id = %id, before = limit, now = ledger.limit(), "HeyMilo's limit changed");
        }
        Ok(grant)
    }
}

impl Budget for SharedBudget {
    fn take(&self, ask: Ask) -> BoxFuture<'_, Grant> {
        Box::pin(async move {
            let taken = time::timeout(PATIENCE, self.try_take(ask)).await;
            taken.unwrap_or(Err(sqlx::Error::PoolTimedOut.into())).unwrap_or_else(|error| {
                warn!(error = error.in_full(), "no permits taken, will retry");
                Grant::Wait(DATABASE_AWAY)
            })
        })
    }

    fn pause(&self, wait: Duration) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            let paused = store::budgets::pause(&self.db, &self.workspace_id, wait);
            let paused = time::timeout(PATIENCE, paused).await;
            // This process pauses all the same; the others will be told by HeyMilo.
            if let Err(error) = paused.unwrap_or(Err(sqlx::Error::PoolTimedOut)) {
                warn!(error = &error as &dyn std::error::Error, "other replicas not told to pause");
            }
        })
    }
}
