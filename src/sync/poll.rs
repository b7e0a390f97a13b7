//! The poll: reads each list when it is due, and makes due what changed.
//!
//! Each list has a cursor of its own, so a poll that is interrupted goes on with the lists it has
//! not read yet.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use tokio::{sync::Notify, time};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{Error, Registrations, Result, Workspace, candidates, connection, identity, postings};
use crate::{
    config::Poll as Settings,
    heymilo,
    records::PostingId,
    store::{
        self,
        cursors::{Due, List},
    },
};

/// How long to wait after a poll that failed.
const AFTER_FAILURE: Duration = Duration::from_secs(15);
/// How often to look for lists that webhooks made due on another replica.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);

/// Discovers what is new and what changed in one workspace.
#[derive(Clone)]
pub struct Poll {
    workspace: Workspace,
    settings: Settings,
    /// `None` when the daemon does not know its public address.
    registrations: Option<Registrations>,
    /// Rung when a list was made due.
    wake: Arc<Notify>,
    /// To be rung when interviews were made due.
    workers: Arc<Notify>,
}

/// What a poll came to.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Report {
    /// Lists that were due and read.
    pub lists: usize,
    /// Postings that were new or had changed.
    pub postings: usize,
    /// Rows of candidates that were new or had changed.
    pub candidates: usize,
    /// Interviews that were made due.
    pub enqueued: usize,
}

impl Poll {
    /// Makes a poll that is woken by `wake` and wakes `workers`.
    pub fn new(
        workspace: Workspace,
        settings: Settings,
        registrations: Option<Registrations>,
        wake: Arc<Notify>,
        workers: Arc<Notify>,
    ) -> Self {
        Self { workspace, settings, registrations, wake, workers }
    }

    /// Polls until `shutdown` is cancelled. What was read is stored, so nothing is lost with it.
    pub async fn run(&self, shutdown: CancellationToken) {
        loop {
            let pause = tokio::select! {
                () = shutdown.cancelled() => return,
                polled = self.step() => match polled {
                    Ok(_) => self.until_next().await.unwrap_or(AFTER_FAILURE),
                    Err(error) => {
                        report_failure(&error);
                        AFTER_FAILURE
                    }
                },
            };
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = self.wake.notified() => {}
                () = time::sleep(pause) => {}
            }
        }
    }

    /// Reads every list that is due.
    pub async fn step(&self) -> Result<Report> {
        match self.read_due().await {
            Ok(report) => {
                if report.lists > 0 {
                    connection::accepted(&self.workspace).await?;
                    info!(
                        workspace.id = %self.workspace.id,
                        lists = report.lists,
                        postings = report.postings,
                        candidates = report.candidates,
                        enqueued = report.enqueued,
                        "polled"
                    );
                }
                Ok(report)
            }
            Err(error) => {
                if let Error::HeyMilo(heymilo::Error::Unauthorized) = error {
                    connection::refused(&self.workspace).await?;
                }
                Err(error)
            }
        }
    }

    async fn read_due(&self) -> Result<Report> {
        let Workspace { id, db, .. } = &self.workspace;
        let mut report = Report::default();
        store::cursors::add(db, id, List::Postings, None).await?;
        for due in store::cursors::due(db, id, List::Postings).await? {
            let began_at = Utc::now();
            identity::check(&self.workspace).await?;
            report.postings += postings::read(&self.workspace).await?;
            if let Some(registrations) = &self.registrations {
                registrations.keep(&self.workspace).await?;
            }
            self.finish(List::Postings, &due, began_at, true).await?;
            report.lists += 1;
        }
        for due in store::cursors::due(db, id, List::Questions).await? {
            let began_at = Utc::now();
            postings::read_questions(&self.workspace, &posting_id(&due)).await?;
            self.finish(List::Questions, &due, began_at, true).await?;
            report.lists += 1;
        }
        for due in store::cursors::due(db, id, List::Candidates).await? {
            let read = self.read_candidates(&due).await?;
            report.candidates += read.changed;
            report.enqueued += read.enqueued;
            report.lists += 1;
        }
        Ok(report)
    }

    async fn read_candidates(&self, due: &Due) -> Result<candidates::Read> {
        let Workspace { id, db, .. } = &self.workspace;
        let began_at = Utc::now();
        let posting_id = posting_id(due);
        let full = due.swept_at.is_none_or(|swept_at| {
            (began_at - swept_at).to_std().unwrap_or_default() >= self.settings.full_interval
        });
        let since = if full {
            None
        } else {
            let unfinished_for = self.settings.unfinished_for;
            store::interviews::oldest_open_invitation(db, id, &posting_id, unfinished_for)
                .await?
                .map(|oldest| oldest - self.settings.overlap)
        };
        let read = candidates::read(&self.workspace, &posting_id, since).await?;
        if read.enqueued > 0 {
            self.workers.notify_one();
        }
        self.finish(List::Candidates, due, began_at, since.is_none()).await?;
        Ok(read)
    }

    /// Notes that a list was read. Questions and the candidates of archived postings hardly ever
    /// change: they are read again with the full look.
    async fn finish(
        &self,
        list: List,
        due: &Due,
        began_at: DateTime<Utc>,
        swept: bool,
    ) -> Result<()> {
        let Workspace { id, db, .. } = &self.workspace;
        let seldom = match list {
            List::Postings => false,
            List::Questions => true,
            List::Candidates => store::postings::is_archived(db, id, &due.posting_id).await?,
        };
        let next = if seldom { self.settings.full_interval } else { self.settings.interval };
        store::cursors::finish(db, id, list, &due.posting_id, began_at, swept, next).await?;
        Ok(())
    }

    async fn until_next(&self) -> Result<Duration> {
        let Workspace { id, db, .. } = &self.workspace;
        let next = store::cursors::next_due_at(db, id).await?;
        let pause = next.map(|next| (next - Utc::now()).to_std().unwrap_or_default());
        Ok(pause.unwrap_or(LONGEST_SLEEP).min(LONGEST_SLEEP))
    }
}

fn posting_id(due: &Due) -> PostingId {
    PostingId::from(due.posting_id.clone())
}

fn report_failure(error: &Error) {
    match error {
        // It has been said already, when it was news.
        Error::HeyMilo(heymilo::Error::Unauthorized) => {}
        Error::OtherWorkspace { .. } => tracing::error!("{error}"),
        _ => warn!(error = error.in_full(), "poll not finished, will go on"),
    }
}
