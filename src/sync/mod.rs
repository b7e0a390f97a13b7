//! The engine: the only module that uses both the API and the tables.
//!
//! A job says "this interview may have changed". Deliveries and the poll enqueue jobs. The process
//! that owns the workspace fetches the interviews and writes their rows.

mod candidates;
mod command;
mod connection;
mod contents;
mod downloads;
mod engine;
mod error;
mod figures;
mod first_copy;
mod gone;
mod identity;
mod in_flight;
mod indexer;
mod interview;
mod listing;
mod outage;
mod outcome;
mod owner;
mod poll;
mod postings;
mod refresh;
mod registrations;
mod removal;
mod replay;
mod retention;
mod rows;
mod schedule;
mod scheduler;
mod share;
mod unusable;
mod verify;

use std::sync::Arc;

use sqlx::PgPool;
use tokio::sync::RwLock;

pub use command::{Backfill, Command, Progress};
pub use contents::Contents;
pub use downloads::{Downloader, Wanted, remove_unclaimed};
pub use engine::Engine;
pub use error::{Error, Result};
pub use figures::Figures;
pub use first_copy::Watch as FirstCopyWatch;
pub use identity::Identity;
pub use in_flight::InFlight;
pub use indexer::Indexer;
pub use owner::{Contender, Owner};
pub use poll::{Poll, Report};
pub use registrations::{Plan, Registrations, registered};
pub use removal::{Again, Cause, Removal, Remover, Review};
pub use replay::{Replay, Replayed};
pub use retention::{Expired, Retention};
pub use scheduler::Scheduler;
pub use share::Share;
pub use verify::{Difference, Drift, Subject, Verify};

use crate::{
    heymilo,
    metrics::Counts,
    records::{Urgency, WorkspaceId},
    store::tombstones::Tombstones,
    wake::Wake,
};

/// One workspace that is being copied: its source and its target.
#[derive(Clone)]
pub struct Workspace {
    /// Its name in the tables.
    pub id: WorkspaceId,
    /// The database.
    pub db: PgPool,
    /// The API, with the workspace's key.
    pub heymilo: heymilo::Client,
    /// The right to make requests and to write rows.
    pub owner: Owner,
    /// The part of the rate limit for deliveries that change nothing.
    pub share: Share,
    /// The workspace's counters.
    pub counts: Counts,
    /// Whether the key is known to belong to the workspace.
    pub identity: Identity,
    /// The erased people and interviews that must stay away.
    pub tombstones: Tombstones,
    /// Whether the first copy is known to be complete.
    pub first_copy: FirstCopyWatch,
    /// Which recordings and resumes are kept. `None` when files are not kept.
    pub wanted_files: Option<Arc<Wanted>>,
    /// Wakes the loops of this process.
    pub wake: Wake,
    /// Fetches are written together, and each list page alone, because both may be about the same
    /// interview.
    pub writes: Arc<RwLock<()>>,
}

impl Workspace {
    /// A clone whose requests have this urgency.
    pub fn at(&self, urgency: Urgency) -> Self {
        Self { heymilo: self.heymilo.at(urgency), ..self.clone() }
    }
}
