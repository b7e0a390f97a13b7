//! The engine: the only room that sees both the API and the tables.
//!
//! A job says "this interview may have changed". Webhooks and the poll make jobs, workers claim
//! them, fetch the interview and write its rows.

mod budget;
mod candidates;
mod connection;
mod erasure;
mod errand;
mod error;
mod gone;
mod history;
mod identity;
mod in_hand;
mod indexer;
mod interview;
mod ledger;
mod listing;
mod poll;
mod postings;
mod refresh;
mod registrations;
mod replay;
mod retention;
mod schedule;
mod strays;
mod told;
mod verify;
mod worker;

use sqlx::PgPool;

pub use budget::SharedBudget;
pub use erasure::{Erased, Erasure};
pub use errand::{Backfill, Errand};
pub use error::{Error, Result};
pub use identity::Identity;
pub use in_hand::InHand;
pub use indexer::Indexer;
pub use poll::{Poll, Report};
pub use registrations::{Plan, Registrations, registered};
pub use replay::{Replay, Replayed};
pub use retention::{Expired, Retention};
pub use verify::{Difference, Drift, Subject, Verify};
pub use worker::Worker;

use crate::{heymilo, metrics::Counts, records::WorkspaceId, store::jobs::Allowance, wake::Wake};

/// One workspace being copied: where from, and where to.
#[derive(Clone)]
pub struct Workspace {
    /// Its name in the tables.
    pub id: WorkspaceId,
    /// The database.
    pub db: PgPool,
    /// The API, with the workspace's key.
    pub heymilo: heymilo::Client,
    /// What may be asked in vain.
    pub allowance: Allowance,
    /// What is counted of it.
    pub counts: Counts,
    /// Whether its key is known to be right.
    pub identity: Identity,
    /// Rung when interviews are due.
    pub workers: Wake,
}
